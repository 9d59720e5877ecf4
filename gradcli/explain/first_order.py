"""First derivatives -> what they say: which way is up and how steep, what a Jacobian's axes and layouts are and how its
rows come out of y.backward(v), what t is and how J·t differs from v·J."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gradcli.compare import first_place, without_cancelled
from gradcli.explain.slots import note, number, place, tensor
from gradcli.message import N_
from gradcli.report import Array, Note, Structure, Tensors, arranged
from gradcli.shapes import Shape, by_layout, size, written

# The gradient of a number


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


# The whole Jacobian


def jacobian(
    structures: Mapping[str, Structure],
    shapes: Mapping[str, Shape],
    found: Tensors,
    output_shape: Shape,
    output: str,
    layout: str,
) -> Iterator[Note]:
    """`structures` are those of the closed forms, `shapes` the variables', `found` the whole Jacobians in numbers where
    they are small, in the layout."""
    for name, shape in shapes.items():
        if output_shape and shape:
            yield _axes(name, shape, output_shape, output, layout)
        if name in found and size(output_shape) > 1:
            yield _row(name, found[name], output_shape, output, layout)
    yield from _layouts(shapes, output_shape, output)
    for name, structure in structures.items():
        if structure.kind == "diagonal" and name in found:
            yield note(
                "diagonal",
                N_(
                    "Each entry of {y} depends on one entry of {x} only, so the Jacobian by {x} is diagonal: its "
                    "diagonal is the ordinary derivative, and that is why y.backward(1) gives f'({x})."
                ),
                y=output,
                x=name,
            )


_AXES = {
    "numerator": N_(
        "d{y}/d{x} has the axes of {y} first and then those of {x}, {yshape} and {xshape}: J{entry} says "
        "how fast {y}{row} moves with {x}{column}."
    ),
    "denominator": N_(
        "d{y}/d{x} has the axes of {x} first and then those of {y}, {xshape} and {yshape}: J{entry} says "
        "how fast {y}{row} moves with {x}{column}."
    ),
}


def _axes(name: str, shape: Shape, output_shape: Shape, output: str, layout: str) -> Note:
    return note(
        "axes",
        _AXES[layout],
        y=output,
        x=name,
        yshape=written(output_shape),
        xshape=written(shape),
        row=place((0,) * len(output_shape)),
        column=place((0,) * len(shape)),
        entry=place((0,) * (len(output_shape) + len(shape))),
    )


_ROW = {
    "numerator": N_(
        "{y}.backward(v) with v = 1 at {place} and 0 elsewhere gives the row J{place} = {row}; with v = 1 "
        "everywhere the sum of all {count} rows, {total}."
    ),
    "denominator": N_(
        "{y}.backward(v) with v = 1 at {place} and 0 elsewhere gives the column J{column} = {row}; with "
        "v = 1 everywhere the sum of all {count} columns, {total}."
    ),
}


def _row(name: str, whole: Array, output_shape: Shape, output: str, layout: str) -> Note:
    """`whole` is in the layout."""
    rows = arranged(whole, by_layout(layout, len(output_shape), whole.ndim - len(output_shape))[0], layout)
    first = (0,) * len(output_shape)
    return note(
        "rows",
        _ROW[layout],
        y=output,
        place=place(first),
        column=f"[...,{place(first)[1:]}",
        row=tensor(rows[first]),
        count=size(output_shape),
        total=tensor(_added(rows, tuple(range(len(output_shape))))),
    )


def _layouts(shapes: Mapping[str, Shape], output_shape: Shape, output: str) -> Iterator[Note]:
    shape = next(iter(shapes.values()))
    rows, columns = size(output_shape), size(shape)
    yield note(
        "layout",
        N_(
            "As a matrix it is {rows}×{columns} in numerator layout (a row for each entry of {y}, PyTorch's way: v @ "
            "J) and {columns}×{rows} in denominator layout, its transpose (J @ v); for {y} = A @ x they are A and A.T."
        ),
        rows=number(rows),
        columns=number(columns),
        y=output,
    )


def _added(whole: Array, axes: tuple[int, ...]) -> Array:
    """The sum over the axes; 0 where the terms cancel but for their rounding."""
    return without_cancelled(whole.sum(axis=axes), np.abs(whole).sum(axis=axes))


# J·t


def jvp(t: Tensors, v: Array, result: Array, pulled: Tensors | None, output: str) -> Iterator[Note]:
    """`result` is J·t; `pulled` what y.backward(v) leaves for the same variables (None: PyTorch was not asked)."""
    yield from _meaning(t, result, output)
    if len(t) == 1:  # two variables that move add up two columns
        ((name, tangent),) = t.items()
        yield from _one_hot(name, tangent, result, output)
    if pulled is not None:
        yield _adjoint(t, v, result, pulled, output)


def _meaning(t: Tensors, result: Array, output: str) -> Iterator[Note]:
    for name, tangent in t.items():
        yield note(
            "tangent",
            N_(
                "t says how fast each entry of {x} moves, so it has the shape of {x}, {shape}; {x} + h*t is where {x} "
                "is after a short time h."
            ),
            x=name,
            shape=written(tangent.shape),
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
    back = sum(float(np.sum(pulled[name] * tangent)) for name, tangent in t.items())
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
