"""A product J·t -> what t is, and how it differs from what y.backward(v) gives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.compare import first_place
from gradcli.explain.slots import note, number, place, tensor
from gradcli.message import N_
from gradcli.report import Array, Note, Tensors
from gradcli.shapes import written


def jvp(t: Tensors, v: Array, result: Array, pulled: Tensors | None, output: str) -> Iterator[Note]:
    """`result` is J·t; `pulled` what y.backward(v) leaves for the same variables (None: PyTorch was not asked)."""
    yield from _meaning(t, result, output)
    if len(t) == 1:  # two variables that move add up two columns
        ((name, one),) = t.items()
        yield from _one_hot(name, one, result, output)
    if pulled is not None:
        yield _adjoint(t, v, result, pulled, output)


def _meaning(t: Tensors, result: Array, output: str) -> Iterator[Note]:
    for name, one in t.items():
        yield note(
            "tangent",
            N_(
                "t says how fast each entry of {x} moves, so it has the shape of {x}, {shape}; {x} + h*t is where {x} "
                "is after a short time h."
            ),
            x=name,
            shape=written(one.shape),
        )
    yield note(
        "jvp",
        N_(
            "J·t has the shape of {y}, {shape}: how fast each entry of {y} moves then. For a small h, {y} changes by "
            "about h*{result}."
        ),
        y=output,
        shape=written(result.shape),
        result=tensor(result),
    )


def _one_hot(name: str, t: Array, result: Array, output: str) -> Iterator[Note]:
    if t.size < 2 or np.count_nonzero(t) != 1 or t.max() != 1:
        return
    where = first_place(t)
    yield note(
        "one-hot",
        N_(
            "t is 1 at {place} and 0 elsewhere, so it picks one column of the Jacobian: the derivative of every entry "
            "of {y} by the single number {x}{place}, {result}."
        ),
        place=place(where),
        y=output,
        x=name,
        result=tensor(result),
    )


def _adjoint(t: Tensors, v: Array, result: Array, pulled: Tensors, output: str) -> Note:
    forward = float(np.sum(v * result))
    back = sum(float(np.sum(pulled[name] * one)) for name, one in t.items())
    return note(
        "jvp-or-vjp",
        N_(
            "The JVP pushes a change of the inputs forward, J·t; {y}.backward(v) pulls weights of the output back, "
            "v·J. They are two products with one matrix, so v·(J·t) = (v·J)·t: with v = 1 the left side is {forward} "
            "and the right side, from {grads}, is {back}."
        ),
        y=output,
        forward=number(forward),
        back=number(back),
        grads=", ".join(f"{name}.grad" for name in t),
    )
