"""`gradcli jacobian`: the whole J, as a formula, as entries, as a picture and, where it is small, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.closed_forms import SMALL, Forms, Wanted, compared, formed, question, shape_of, small, warned
from gradcli.commands.problem import Problem, understand
from gradcli.message import N_, message
from gradcli.program.work import fits
from gradcli.report import Array, Closed, Compared, Jacobian, Part, Warning, arranged
from gradcli.report.additions import Flattened, Heatmap, Tangents
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

    problem = understand(request)
    yield question(problem, notation.latex(problem.program), weighted=False)
    yield from (Warning("reading", note) for note in problem.program.notes)
    wanted = [Wanted(name, "jacobian", (name,), matrix=True) for name in problem.wrt]
    closed: dict[str, Jacobian] = {}
    forms: Forms = {}
    stages = formed(problem, wanted, problem.wrt)
    try:
        while True:
            part = next(stages)
            if isinstance(part, Closed) and part.jacobian is not None:
                closed[part.name] = part.jacobian
            yield part
    except StopIteration as done:
        forms = done.value
    yield Tangents({}, {}, problem.y)
    found: dict[str, Array] = {}
    for verdict in _proven(problem, forms):
        value = verdict.symbolic if verdict.pytorch is None else verdict.pytorch
        if value is not None and _fits(problem):
            found[verdict.name] = value
        yield verdict
    for name in problem.wrt:
        yield _flattened(problem, name, closed.get(name), found.get(name))
        if request.plot and name in found:
            yield _heatmap(problem, name, forms.get(name), found[name])
    if not _fits(problem):
        yield Warning(
            "size",
            message(
                N_(
                    "the Jacobian is too large to be computed entry by entry; it was contracted with v = 1 on both "
                    "sides instead"
                )
            ),
        )
    yield from warned(problem)
    yield from explained(
        closed,
        {name: shape_of(problem, name) for name in problem.wrt},
        found,
        problem.program.output_shape,
        problem.output_name,
        request.layout,
    )


def _fits(problem: Problem) -> bool:
    shapes = [(*problem.program.output_shape, *shape_of(problem, name)) for name in problem.wrt]
    rows = size(problem.program.output_shape)
    columns = sum(size(shape_of(problem, name)) for name in problem.wrt)
    return small(*shapes, most=DRAWN if problem.request.plot else SMALL) and fits(problem.program, rows, columns)


def _proven(problem: Problem, forms: Forms) -> Iterator[Compared]:
    """Every entry by both sides: the formula, and PyTorch's rows from one-hot v's; a large one is contracted."""
    if not _fits(problem):
        yield from _contracted(problem, forms)
        return
    rows = {}
    if not problem.request.symbolic_only:
        from gradcli import numeric

        rows = {
            name: arranged(whole, len(problem.program.output_shape), problem.request.layout)
            for name, whole in numeric.rows(problem.program, problem.wrt, problem.point, *problem.dtype_device).items()
        }
    for name in problem.wrt:
        yield compared(problem, name, forms.get(name), problem.point, rows.get(name))


def _contracted(problem: Problem, forms: Forms) -> Iterator[Compared]:
    pulled = {}
    if not problem.request.symbolic_only:
        from gradcli import numeric

        pulled = dict(numeric.vjp(problem.program, problem.wrt, problem.point, problem.v, *problem.dtype_device).grads)
    known = {**problem.point, problem.weights: problem.v}
    for name in problem.wrt:
        pytorch = None if name not in pulled else np.asarray(pulled[name], dtype=np.float64)
        verdict = compared(problem, name, forms.get(name), known, pytorch, by=problem.weights)
        yield replace(verdict, jacobian_checked=verdict.agrees)


def _heatmap(problem: Problem, name: str, form: Form | None, whole: Array) -> Heatmap:
    pattern = None if form is None else form.pattern()
    return Heatmap(name, problem.output_name, _layout(problem), whole.reshape(_flat(problem, name)), pattern)


def _flattened(problem: Problem, name: str, closed: Jacobian | None, whole: Array | None) -> Flattened:
    picture = None if closed is None or closed.structure is None else closed.structure.picture
    matrix = whole.reshape(_flat(problem, name)) if whole is not None and problem.request.flat else None
    return Flattened(name, _layout(problem), _flat(problem, name), picture, matrix)


def _layout(problem: Problem) -> str:
    return problem.request.layout or LAYOUTS[0]


def _flat(problem: Problem, name: str) -> Shape:
    """How many rows and columns the Jacobian has as a matrix."""
    return by_layout(problem.request.layout, size(problem.program.output_shape), size(shape_of(problem, name)))
