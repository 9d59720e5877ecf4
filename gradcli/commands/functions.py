"""`gradcli functions [NAME]`: the operations table for people; the derivative is the engine's, of the example."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import numpy as np

from gradcli.commands.explain import example_of
from gradcli.message import N_, GradcliError, Message, fault, nearest
from gradcli.ops import ROWS, SPELLED
from gradcli.ops.row import REQUIRED, Param, Row
from gradcli.program import Program, trace, values_of
from gradcli.report import Array, Part, Tensors
from gradcli.report.exhibits import Example, Function, Item, Listing, Parameter
from gradcli.request import Request
from gradcli.shapes import Shape, size
from gradcli.syntax import parse

_VECTORS: tuple[Shape, ...] = ((3,), (2, 3), (), (3, 3), (2, 2), (1, 2, 3), (2, 1, 2))
_MATRICES: tuple[Shape, ...] = ((2, 3), (3, 2), (2, 2), (3, 3), (3,), (2,), (), (2, 2, 3), (2, 3, 2), (1, 2, 4))
SHAPES_SHOWN = 3
Fitting = tuple[Program, dict[str, Array]]
"""A row's example as a program, and a point that fits it."""
GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it, less their whole part, are spread evenly and never repeat: no matrix of them is singular."""


def run(request: Request) -> Iterator[Part]:
    """The list, or one function with its derivative."""
    name = request.expression.strip().removeprefix("torch.").removesuffix("()")
    if not name:
        yield Listing("functions", tuple(Item(row.name, Message(row.doc), row.family) for row in ROWS))
        return
    row = _row(name)
    fitting = list(islice(_fitting(row), SHAPES_SHOWN))
    program, point = fitting[0] if fitting else (None, {})
    has_derivative = bool(point) and row.differentiable
    value = None if program is None or has_derivative else values_of(program, point)[program.output.step]
    yield _function(row, fitting, value)
    if program is not None and has_derivative:
        yield _example(row, program, point)


def _row(name: str) -> Row:
    if name in SPELLED:
        return SPELLED[name]
    near = nearest(name, SPELLED)
    raise fault(
        "name",
        N_("there is no function {name}"),
        hint=N_("did you mean  gradcli functions {near} ?") if near else N_("gradcli functions  lists them all"),
        name=name,
        near=near,
    )


def _function(row: Row, fitting: list[Fitting], value: Array | None) -> Function:
    shapes = tuple(
        ({name: a.shape for name, a in point.items()}, program.output_shape) for program, point in fitting if point
    )
    return Function(
        row.name,
        row.family,
        Message(row.doc),
        row.aliases,
        tuple(map(_parameter, row.takes)),
        row.example,
        shapes,
        tuple(Message(kink.says) for kink in (*row.kinks, *row.slope_kinks)),
        tuple({d.says: Message(d.says) for d in row.deviations}.values()),
        row.differentiable,
        value,
    )


def _parameter(param: Param) -> Parameter:
    return Parameter(param.name, param.kind, None if param.default is REQUIRED else _written(param.default))


def _written(default: Any) -> str:
    if default is None or isinstance(default, (bool, str, tuple)):
        return repr(default)
    return f"{float(default):g}"


def _fitting(row: Row) -> Iterator[Fitting]:
    """The row's example as a program, with shapes and values that fit it, the plainest first."""
    tree = parse(row.example, ())
    names = list(dict.fromkeys(re.findall(r"\b[xywbz]\b", row.example)))
    candidates = _MATRICES if row.family in ("linear", "move", "layer", "loss") else _VECTORS
    for shapes in product(candidates, repeat=len(names)):
        point = {n: _values(row, k, s) for k, (n, s) in enumerate(zip(names, shapes, strict=True))}
        traced = _trace(tree, point)
        if traced is not None:
            yield traced


def _trace(tree: Any, point: dict[str, Array]) -> Fitting | None:
    try:
        program = trace(tree, {n: a.shape for n, a in point.items()}, 0, point)
        point = {n: _whole(a) if n in program.whole_numbers else a for n, a in point.items()}
        values_of(program, point)
    except GradcliError:
        return None
    return program, point


def _values(row: Row, place: int, shape: Shape) -> Array:
    """Numbers inside the row's domain, with one or two digits."""
    low, high = row.domain[place % len(row.domain)]
    share = (np.arange(1, size(shape) + 1) * GOLDEN + place / 7) % 1.0
    inside = np.round(low + (high - low) * (0.1 + 0.8 * share), 1 if high - low >= 2 else 2)
    return np.asarray(inside.reshape(shape))


def _whole(array: Array) -> Array:
    return np.asarray(np.arange(array.size).reshape(array.shape) % 2, dtype=np.float64)


def _example(row: Row, program: Program, point: Tensors) -> Example:
    v = f"onehot:{','.join('0' * len(program.output_shape))}" if program.output_shape else None
    return example_of(Request(row.example, inputs=dict(point), v=v))
