"""What v is and does in every answer: its shape, the einsum, the equality with a weighted sum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.compare import SAME_GRADIENT
from gradcli.explain.facts import Facts
from gradcli.explain.slots import note, number
from gradcli.message import N_
from gradcli.report import Array, Note
from gradcli.shapes import by_layout, size, written

_OUTPUTS, _INPUTS = "mnpqrstu", "ijklabcd"

_WEIGHTS = N_(
    "{v} has the shape of {y}, {shape}: one weight for each entry of {y}, {count} in all. "
    "Each entry of {x}.grad is the sum over all entries of {y} of {v} times d{y}/d{x}."
)
_OTHER_SHAPE = N_(
    "{v} has the shape of {y}, {shape}, and not of {x}, {xshape}: one weight for each entry of {y}, {count} in all. "
    "Each entry of {x}.grad is the sum over all entries of {y} of {v} times d{y}/d{x}."
)
_SCALAR = N_(
    "{y} is a single number, so {v} is one too, and {y}.backward() alone means {v} = 1: {x}.grad is d{y}/d{x} itself."
)
_FACTOR = N_("{y} is a single number, so {v} is one too, and a factor: {x}.grad is {weight} times d{y}/d{x}.")
_EINSUM = {
    "numerator": N_(
        "In one line: {x}.grad = einsum('{rows},{rows}{columns}->{columns}', {v}, J), where J = d{y}/d{x} has the "
        "shape {shape}; flattened, a row times a matrix: {v}.reshape(1, {m}) @ J.reshape({m}, {n})."
    ),
    "denominator": N_(
        "In one line: {x}.grad = einsum('{columns}{rows},{rows}->{columns}', J, {v}), where J = d{y}/d{x} has the "
        "shape {shape}; flattened, a matrix times a column: J.reshape({n}, {m}) @ {v}.reshape({m}, 1)."
    ),
}
_EQUAL = N_(
    "{y}.backward({v}) is ({v}*{y}).sum().backward(), the gradient of one number, the weighted sum of {y}'s entries: "
    "both were run here, and the largest difference is {difference}."
)
_EQUAL_TO_SUM = N_(
    "{y}.backward({v}) is ({v}*{y}).sum().backward(), the gradient of one number, and for {v} = 1 {y}.sum().backward"
    "(): all three were run here, and the largest difference is {difference}."
)
_EQUAL_SCALAR = N_(
    "{y}.backward({v}) is ({v}*{y}).backward(): both were run here, and the largest difference is {difference}."
)


def weights(facts: Facts) -> Iterator[Note]:
    """What v weighs; of a scalar output v is a factor."""
    x = facts.wrt[0]
    if facts.one_number and facts.all_ones:
        yield note("weights", _SCALAR, y=facts.y_name, v=facts.v_name, x=x)
    elif facts.one_number:
        yield note("scalar-v", _FACTOR, y=facts.y_name, v=facts.v_name, x=x, weight=number(facts.v.item()))
    else:
        other = next((name for name in facts.wrt if facts.shape(name) != facts.y.shape), None)
        yield note(
            "weights",
            _WEIGHTS if other is None else _OTHER_SHAPE,
            v=facts.v_name,
            y=facts.y_name,
            x=other or x,
            shape=written(facts.y.shape),
            xshape=written(facts.shape(other or x)),
            count=facts.y.size,
        )


def einsum(facts: Facts) -> Iterator[Note]:
    """The contraction with the actual shapes, and the same as the product of a matrix."""
    if facts.one_number or not facts.moving:
        return
    x = max(facts.moving, key=lambda name: len(facts.shape(name)))
    outer, inner = facts.y.shape, facts.shape(x)
    if len(outer) <= len(_OUTPUTS) and len(inner) <= len(_INPUTS):
        yield note(
            "einsum",
            _EINSUM[facts.layout],
            x=x,
            y=facts.y_name,
            v=facts.v_name,
            rows=_OUTPUTS[: len(outer)],
            columns=_INPUTS[: len(inner)],
            shape=written(sum(by_layout(facts.layout, outer, inner), ())),
            m=size(outer),
            n=size(inner),
        )


def equivalence(facts: Facts) -> Iterator[Note]:
    """y.backward(v) is (v*y).sum().backward(), as it was computed for this answer."""
    equal = [e for e in facts.equivalences if e.name in facts.gradients]
    if not equal or not facts.moving:
        return
    plain = [e.plain_sum_max_abs_diff for e in equal if e.plain_sum_max_abs_diff is not None]
    difference = max(*(e.max_abs_diff for e in equal), *plain, 0.0)
    if difference <= SAME_GRADIENT * max(1.0, *(_largest(facts.gradients[e.name]) for e in equal)):
        sentence = _EQUAL_SCALAR if facts.one_number else _EQUAL_TO_SUM if plain else _EQUAL
        yield note("equivalence", sentence, v=facts.v_name, y=facts.y_name, difference=number(difference))


def _largest(gradient: Array) -> float:
    return float(np.max(np.abs(gradient[np.isfinite(gradient)]), initial=0.0))
