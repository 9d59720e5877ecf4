"""`gradcli jacobian`: the whole J, as a formula, as entries, as a picture and, where it is small, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.closed_forms import SMALL, Forms, Wanted, compared, formed, question, shape_of, small, warned
from gradcli.commands.problem import Understood, understand
from gradcli.message import N_, message
from gradcli.program.work import fits
from gradcli.report import Array, Closed, Compared, Jacobian, Part, Value, Warning, arranged
from gradcli.report.additions import Flattened, Heatmap
from gradcli.request import Request
from gradcli.shapes import LAYOUTS, Shape, by_layout, size

if TYPE_CHECKING:  # the door opens only when a formula is asked for
    from gradcli.symbolic import Form


DRAWN = 1_000_000
"""A Jacobian of at most so many entries is drawn."""


def run(request: Request) -> Iterator[Part]:
    """The parts of `jacobian`'s answer."""
    from gradcli import notation
    from gradcli.explain.jacobian import jacobian as explained

    asked = understand(request)
    yield question(asked, notation.latex(asked.program), weighted=False)
    yield from (Warning("reading", note) for note in asked.program.notes)
    wanted = [Wanted(name, "jacobian", (name,), matrix=True) for name in asked.wrt]
    closed: dict[str, Jacobian] = {}
    forms: Forms = {}
    stages = formed(asked, wanted, asked.wrt)
    try:
        while True:
            part = next(stages)
            if isinstance(part, Closed) and part.jacobian is not None:
                closed[part.name] = part.jacobian
            yield part
    except StopIteration as done:
        forms = done.value
    yield Value(asked.y)
    found: dict[str, Array] = {}
    for verdict in _proven(asked, forms):
        value = verdict.symbolic if verdict.pytorch is None else verdict.pytorch
        if value is not None and _fits(asked):
            found[verdict.name] = value
        yield verdict
    for name in asked.wrt:
        yield _flattened(asked, name, closed.get(name), found.get(name))
        if request.plot and name in found:
            yield _heatmap(asked, name, forms.get(name), found[name])
    if not _fits(asked):
        yield Warning(
            "size",
            message(
                N_(
                    "the Jacobian is too large to be computed entry by entry; it was contracted with v = 1 on both "
                    "sides instead"
                )
            ),
        )
    yield from warned(asked)
    yield from explained(
        closed,
        {name: shape_of(asked, name) for name in asked.wrt},
        found,
        asked.program.output_shape,
        asked.output_name,
        request.layout,
    )


def _fits(asked: Understood) -> bool:
    shapes = [(*asked.program.output_shape, *shape_of(asked, name)) for name in asked.wrt]
    rows = size(asked.program.output_shape)
    columns = sum(size(shape_of(asked, name)) for name in asked.wrt)
    return small(*shapes, most=DRAWN if asked.request.plot else SMALL) and fits(asked.program, rows, columns)


def _proven(asked: Understood, forms: Forms) -> Iterator[Compared]:
    """Every entry by both sides: the formula, and PyTorch's rows from one-hot v's; a large one is contracted."""
    if not _fits(asked):
        yield from _contracted(asked, forms)
        return
    rows = {}
    if not asked.request.symbolic_only:
        from gradcli import numeric

        rows = {
            name: arranged(whole, len(asked.program.output_shape), asked.request.layout)
            for name, whole in numeric.rows(asked.program, asked.wrt, asked.point, *asked.dtype_device).items()
        }
    for name in asked.wrt:
        yield compared(asked, name, forms.get(name), asked.point, rows.get(name))


def _contracted(asked: Understood, forms: Forms) -> Iterator[Compared]:
    pulled = {}
    if not asked.request.symbolic_only:
        from gradcli import numeric

        pulled = dict(numeric.vjp(asked.program, asked.wrt, asked.point, asked.v, *asked.dtype_device).grads)
    known = {**asked.point, asked.weights: asked.v}
    for name in asked.wrt:
        pytorch = None if name not in pulled else np.asarray(pulled[name], dtype=np.float64)
        verdict = compared(asked, name, forms.get(name), known, pytorch, by=asked.weights)
        yield replace(verdict, jacobian_checked=verdict.agrees, whole=False)


def _heatmap(asked: Understood, name: str, form: Form | None, whole: Array) -> Heatmap:
    pattern = None if form is None else form.pattern()
    return Heatmap(name, asked.output_name, _layout(asked), whole.reshape(_flat(asked, name)), pattern)


def _flattened(asked: Understood, name: str, closed: Jacobian | None, whole: Array | None) -> Flattened:
    picture = None if closed is None or closed.structure is None else closed.structure.picture
    matrix = whole.reshape(_flat(asked, name)) if whole is not None and asked.request.flat else None
    return Flattened(name, _layout(asked), _flat(asked, name), picture, matrix)


def _layout(asked: Understood) -> str:
    return asked.request.layout or LAYOUTS[0]


def _flat(asked: Understood, name: str) -> Shape:
    """How many rows and columns the Jacobian has as a matrix."""
    return by_layout(asked.request.layout, size(asked.program.output_shape), size(shape_of(asked, name)))
