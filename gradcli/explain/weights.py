"""What v is and does in every answer: its shape, the einsum, the equality with a weighted sum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.explain.answered import Answered
from gradcli.explain.writing import number
from gradcli.message import N_, message
from gradcli.report import Note
from gradcli.shapes import size, written

SAME = 1e-6
"""Two ways to one gradient are the same if they differ by less, relatively: float32 rounds at 1e-7."""
_OUTPUTS, _INPUTS = "mnpqrstu", "ijklabcd"


def weights(a: Answered) -> Iterator[Note]:
    """What v weighs; of a scalar output v is a factor."""
    x = a.wrt[0]
    if a.scalar:
        yield _factor(a, x)
        return
    other = next((name for name in a.wrt if a.shape(name) != a.program.output_shape), None)
    said = N_(
        "{v} has the shape of {y}, {shape}: one weight for each entry of {y}, {count} in all. "
        "Each entry of {x}.grad is the sum over all entries of {y} of {v} times d{y}/d{x}."
    ) if other is None else N_(
        "{v} has the shape of {y}, {shape}, and not of {x}, {xshape}: one weight for each entry of {y}, {count} in all. "
        "Each entry of {x}.grad is the sum over all entries of {y} of {v} times d{y}/d{x}."
    )
    x = other or x
    yield Note("weights", message(
        said, v=a.v_name, y=a.y_name, x=x, shape=written(a.program.output_shape), xshape=written(a.shape(x)), count=a.count))


def _factor(a: Answered, x: str) -> Note:
    if a.all_ones:
        return Note("weights", message(
            N_("{y} is a single number, so {v} is one too, and {y}.backward() alone means {v} = 1: {x}.grad is d{y}/d{x} itself."),
            y=a.y_name, v=a.v_name, x=x))
    return Note("scalar-v", message(
        N_("{y} is a single number, so {v} is one too, and a factor: {x}.grad is {weight} times d{y}/d{x}."),
        y=a.y_name, v=a.v_name, x=x, weight=number(float(a.v))))


def einsum(a: Answered) -> Iterator[Note]:
    """The contraction with the actual shapes, and the same as a row times a matrix."""
    if a.scalar or not a.moving:
        return
    x = max(a.moving, key=lambda name: len(a.shape(name)))
    outer, inner = a.program.output_shape, a.shape(x)
    if len(outer) > len(_OUTPUTS) or len(inner) > len(_INPUTS):
        return
    rows, columns = _OUTPUTS[: len(outer)], _INPUTS[: len(inner)]
    yield Note("einsum", message(
        N_("In one line: {x}.grad = einsum('{rows},{rows}{columns}->{columns}', {v}, J), where J = d{y}/d{x} has the shape {shape}; "
           "flattened, a row times a matrix: {v}.reshape(1, {m}) @ J.reshape({m}, {n})."),
        x=x, y=a.y_name, v=a.v_name, rows=rows, columns=columns, shape=written((*outer, *inner)), m=size(outer), n=size(inner)))


def equivalence(a: Answered) -> Iterator[Note]:
    """y.backward(v) is (v*y).sum().backward(), as it was computed for this answer."""
    if not a.equivalences or not a.moving:
        return
    known = [e for e in a.equivalences if e.name in a.gradients]
    plain = [e.plain_sum_max_abs_diff for e in known if e.plain_sum_max_abs_diff is not None]
    difference = max((*(e.max_abs_diff for e in known), *plain), default=np.inf)
    if not difference <= SAME * max(1.0, *(_scale(a.gradients[e.name]) for e in known)):
        return
    said = N_(
        "{y}.backward({v}) is ({v}*{y}).backward(), the gradient of one number: both were run here, and the largest difference is {difference}."
    ) if a.scalar else N_(
        "{y}.backward({v}) is ({v}*{y}).sum().backward(), the gradient of one number, and for {v} = 1 {y}.sum().backward(): "
        "all three were run here, and the largest difference is {difference}."
    ) if plain else N_(
        "{y}.backward({v}) is ({v}*{y}).sum().backward(), the gradient of one number, the weighted sum of {y}'s entries: "
        "both were run here, and the largest difference is {difference}."
    )
    yield Note("equivalence", message(said, v=a.v_name, y=a.y_name, difference=number(difference)))


def _scale(gradient: np.ndarray) -> float:  # type: ignore[type-arg]
    return float(np.max(np.abs(gradient[np.isfinite(gradient)]), initial=0.0))
