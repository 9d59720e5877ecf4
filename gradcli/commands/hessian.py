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
from gradcli.commands.problem import Understood, understand
from gradcli.message import N_, message
from gradcli.program.work import fits
from gradcli.report import Array, Compared, Part, Warning, Weights
from gradcli.report.additions import Together
from gradcli.request import Request


def run(request: Request) -> Iterator[Part]:
    """The parts of `hessian`'s answer."""
    from gradcli import notation
    from gradcli.explain.hessian import hessian as explained

    asked = understand(request)
    refuse_without_weights(asked)
    pairs = [(a, b) for a in asked.wrt for b in asked.wrt]
    refuse_intermediate(asked, pairs)
    unit = request.v is None
    yield question(asked, notation.latex(asked.program), weighted=not unit)
    yield from (Warning("reading", note) for note in asked.program.notes)
    wanted = [Wanted(f"{a},{b}", "hessian", (a, b), matrix=True) for a, b in pairs]
    forms = yield from formed(asked, wanted, asked.wrt, unit=unit)
    yield Weights(asked.v, asked.y)
    found: list[Compared] = []
    for verdict in _proven(asked, forms, pairs):
        found.append(verdict)
        yield verdict
    if not _whole(asked, pairs):
        found.clear()
        yield Warning(
            "size",
            message(N_("the Hessian is too large to be computed entry by entry; the formulas hold all the same")),
        )
    yield from _together(asked, forms, found)
    yield from warned(asked, order=2)
    yield from explained(found, asked.wrt, asked.output_name)


READABLE = 60
"""The rows of a matrix of formulas have at most so many characters."""


def _together(asked: Understood, forms: Forms, found: list[Compared]) -> Iterator[Together]:
    """The blocks as one matrix, where each is one number."""
    from gradcli.explain.hessian import matrix_of

    names = asked.wrt
    if len(names) < 2 or any(shape_of(asked, name) != () for name in names) or not found:
        return
    symbolic = matrix_of({block.name: block.symbolic for block in found}, names)
    pytorch = matrix_of({block.name: block.pytorch for block in found}, names)
    texts = tuple(tuple(forms[f"{a},{b}"].written.text for b in names) for a in names) if forms else ()
    seen = bool(texts) and sum(max(map(len, column)) + 2 for column in zip(*texts, strict=True)) <= READABLE
    worst = max(b.max_abs_diff or 0.0 for b in found) if all(b.agrees for b in found) else None
    yield Together(names, texts if seen else None, symbolic, pytorch, worst)


def _whole(asked: Understood, pairs: list[tuple[str, str]]) -> bool:
    entries = sum(prod(shape_of(asked, name)) for name in asked.wrt)
    blocks = ((*shape_of(asked, a), *shape_of(asked, b)) for a, b in pairs)
    return small(*blocks) and fits(asked.program, entries, entries)


def _proven(asked: Understood, forms: Forms, pairs: list[tuple[str, str]]) -> Iterator[Compared]:
    """Each block by both sides where it is small enough."""
    if not _whole(asked, pairs):
        yield from _along_ones(asked, forms)
        return
    blocks: Mapping[tuple[str, str], Array] = {}
    silent = None
    if not asked.request.symbolic_only:
        from gradcli import numeric

        numbers = partial(numeric.hessian, asked.program, asked.wrt, asked.point, asked.v, *asked.dtype_device)
        blocks, silent = by_pytorch(forms, numbers)
    known = {**asked.point, asked.weights: asked.v}
    for a, b in pairs:
        yield compared(asked, f"{a},{b}", forms.get(f"{a},{b}"), known, blocks.get((a, b)), silent=silent, order=2)


def _along_ones(asked: Understood, forms: Forms) -> Iterator[Compared]:
    """A large Hessian is proven by its sums over rows: H·1, by both sides."""
    if asked.request.symbolic_only:
        return
    import numpy as np

    from gradcli import numeric

    for a in asked.wrt:
        ones = np.ones(shape_of(asked, a))
        numbers = partial(numeric.hvp, asked.program, asked.wrt, asked.point, asked.v, {a: ones}, *asked.dtype_device)
        pytorch, silent = by_pytorch(forms, numbers)
        for b in asked.wrt:
            form = forms.get(f"{a},{b}")
            if form is not None:
                known = {**asked.point, asked.weights: asked.v, "ones_": ones}
                yield compared(asked, f"{a},{b}", form, known, pytorch.get(b), by="ones_", silent=silent, order=2)
