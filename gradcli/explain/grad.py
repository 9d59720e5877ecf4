"""The gradient of a number -> what it says: which way is up, how steep, and what a higher partial derivative is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradcli.explain.slots import note, number
from gradcli.message import N_
from gradcli.report import Array, Note, Tensors
from gradcli.shapes import written


def grad(values: Tensors, partials: Sequence[tuple[str, ...]], y: Array, output: str) -> Iterator[Note]:
    """`values` holds the gradients by variable, or the partial derivatives by their names; `partials` the variables of
    each of these."""
    if partials:
        yield _partial(partials[0])
        return
    for name, gradient in values.items():
        yield _steepest(name, gradient, output) if gradient.ndim else _slope(name, gradient, y, output)
    yield note(
        "weights",
        N_("{y} is one number, so {y}.backward() needs no v: it stands for v = 1, and {names} holds the gradient."),
        y=output,
        names=", ".join(f"{name}.grad" for name in values),
    )


def _steepest(name: str, gradient: Array, output: str) -> Note:
    return note(
        "gradient",
        N_(
            "The gradient has the shape of {x}, {shape}: the slope of {y} along each entry of {x}. A small "
            "step h along it raises {y} fastest, by about h times its length, {length}."
        ),
        x=name,
        y=output,
        shape=written(gradient.shape),
        length=number(_length(gradient)),
    )


def _slope(name: str, gradient: Array, y: Array, output: str) -> Note:
    return note(
        "gradient",
        N_(
            "{x} is one number, and so is the slope: when {x} grows by a small h, {y} = {value} changes by "
            "about {slope}*h."
        ),
        x=name,
        y=output,
        value=number(y.reshape(())),
        slope=number(gradient),
    )


def _length(gradient: Array) -> float:
    """Of a vector whose squares may be beyond the largest float."""
    largest = float(np.abs(gradient).max(initial=0.0))
    return largest * float(np.linalg.norm(gradient / largest)) if 0 < largest < np.inf else largest


def _partial(names: tuple[str, ...]) -> Note:
    return note(
        "partial",
        N_(
            "{name} means: differentiate by {order}, one after the other; the order does not matter where the "
            "derivatives are continuous. In PyTorch each step is torch.autograd.grad(..., create_graph=True)."
        ),
        name="d " + " d ".join(names),
        order=", ".join(names),
    )
