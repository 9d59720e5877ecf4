"""A whole Jacobian -> what its axes are, the two layouts, and how its rows come out of y.backward(v)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from gradcli.compare import without_cancelled
from gradcli.explain.slots import note, number, place, tensor
from gradcli.message import N_
from gradcli.report import Array, Jacobian, Note, Tensors, arranged
from gradcli.shapes import LAYOUTS, Shape, by_layout, size, written


def jacobian(
    closed: Mapping[str, Jacobian],
    shapes: Mapping[str, Shape],
    found: Tensors,
    output_shape: Shape,
    output: str,
    layout: str | None,
) -> Iterator[Note]:
    """`shapes` are the variables', `found` the whole Jacobians in numbers where they are small, in the layout."""
    for name, shape in shapes.items():
        if output_shape and shape:
            yield _axes(name, shape, output_shape, output, layout)
        if name in found and size(output_shape) > 1:
            yield _row(name, found[name], output_shape, output, layout)
    yield from _layouts(shapes, output_shape, output)
    for name, one in closed.items():
        if one.structure is not None and one.structure.kind == "diagonal" and name in found:
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


def _axes(name: str, shape: Shape, output_shape: Shape, output: str, layout: str | None) -> Note:
    return note(
        "axes",
        _AXES[layout or LAYOUTS[0]],
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


def _row(name: str, whole: Array, output_shape: Shape, output: str, layout: str | None) -> Note:
    """`whole` is in the layout."""
    rows = arranged(whole, by_layout(layout, len(output_shape), whole.ndim - len(output_shape))[0], layout)
    first = (0,) * len(output_shape)
    return note(
        "rows",
        _ROW[layout or LAYOUTS[0]],
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
