"""`gradcli hessian`: every block of second derivatives, the mixed ones between variables too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from math import prod

from gradcli.commands.closed_forms import (
    Forms,
    Wanted,
    by_pytorch,
    compared,
    formed,
    question,
    refuse_intermediate,
    refuse_without_weights,
    shape_of,
    small,
    warned,
)
from gradcli.commands.problem import Problem, understand
from gradcli.message import N_, message
from gradcli.program.work import fits
from gradcli.report import Array, Compared, Part, Warning, Weights
from gradcli.report.additions import Together
from gradcli.request import Request


def run(request: Request) -> Iterator[Part]:
    """The parts of `hessian`'s answer."""
    from gradcli import notation
    from gradcli.explain.hessian import hessian as explained

    problem = understand(request)
    refuse_without_weights(problem)
    pairs = [(a, b) for a in problem.wrt for b in problem.wrt]
    refuse_intermediate(problem, pairs)
    unit = request.v is None
    yield question(problem, notation.latex(problem.program), weighted=not unit)
    yield from (Warning("reading", note) for note in problem.program.notes)
    wanted = [Wanted(f"{a},{b}", "hessian", (a, b), matrix=True) for a, b in pairs]
    forms = yield from formed(problem, wanted, problem.wrt, unit=unit)
    yield Weights(problem.v, problem.y)
    found: list[Compared] = []
    for verdict in _proven(problem, forms, pairs):
        found.append(verdict)
        yield verdict
    if not _whole(problem, pairs):
        found.clear()
        yield Warning(
            "size",
            message(N_("the Hessian is too large to be computed entry by entry; the formulas hold all the same")),
        )
    yield from _together(problem, forms, found)
    yield from warned(problem, order=2)
    yield from explained(found, problem.wrt, problem.output_name)


READABLE = 60
"""The rows of a matrix of formulas have at most so many characters."""


def _together(problem: Problem, forms: Forms, found: list[Compared]) -> Iterator[Together]:
    """The blocks as one matrix, where each is one number."""
    from gradcli.explain.hessian import matrix_of

    names = problem.wrt
    if len(names) < 2 or any(shape_of(problem, name) != () for name in names) or not found:
        return
    symbolic = matrix_of({block.name: block.symbolic for block in found}, names)
    pytorch = matrix_of({block.name: block.pytorch for block in found}, names)
    texts = tuple(tuple(forms[f"{a},{b}"].written().text for b in names) for a in names) if forms else ()
    seen = bool(texts) and sum(max(map(len, column)) + 2 for column in zip(*texts, strict=True)) <= READABLE
    worst = max(b.max_abs_diff or 0.0 for b in found) if all(b.agrees for b in found) else None
    yield Together(names, texts if seen else None, symbolic, pytorch, worst)


def _whole(problem: Problem, pairs: list[tuple[str, str]]) -> bool:
    entries = sum(prod(shape_of(problem, name)) for name in problem.wrt)
    blocks = ((*shape_of(problem, a), *shape_of(problem, b)) for a, b in pairs)
    return small(*blocks) and fits(problem.program, entries, entries)


def _proven(problem: Problem, forms: Forms, pairs: list[tuple[str, str]]) -> Iterator[Compared]:
    """Each block by both sides where it is small enough."""
    if not _whole(problem, pairs):
        yield from _along_ones(problem, forms)
        return
    blocks: Mapping[tuple[str, str], Array] = {}
    silent = None
    if not problem.request.symbolic_only:
        from gradcli import numeric

        numbers = partial(
            numeric.hessian, problem.program, problem.wrt, problem.point, problem.v, *problem.dtype_device
        )
        blocks, silent = by_pytorch(forms, numbers)
    known = {**problem.point, problem.weights: problem.v}
    for a, b in pairs:
        yield compared(problem, f"{a},{b}", forms.get(f"{a},{b}"), known, blocks.get((a, b)), silent=silent, order=2)


def _along_ones(problem: Problem, forms: Forms) -> Iterator[Compared]:
    """A large Hessian is proven by its sums over rows: H·1, by both sides."""
    if problem.request.symbolic_only:
        return
    import numpy as np

    from gradcli import numeric

    for a in problem.wrt:
        ones = np.ones(shape_of(problem, a))
        numbers = partial(
            numeric.hvp, problem.program, problem.wrt, problem.point, problem.v, {a: ones}, *problem.dtype_device
        )
        pytorch, silent = by_pytorch(forms, numbers)
        for b in problem.wrt:
            form = forms.get(f"{a},{b}")
            if form is not None:
                known = {**problem.point, problem.weights: problem.v, "ones_": ones}
                yield compared(problem, f"{a},{b}", form, known, pytorch.get(b), by="ones_", silent=silent, order=2)
