"""`gradcli hessian`: every block of second derivatives, the mixed ones between variables too."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from gradcli.commands.closed_forms import Forms, closed_forms
from gradcli.commands.derivative_methods import Numbers, Target, autograd, target
from gradcli.commands.problem import Problem, opening, refuse_guessed_weights, refuse_intermediate, understand
from gradcli.commands.tangents import Directions
from gradcli.commands.verdicts import is_small, verdict_on, verdicts
from gradcli.explain.cautions import cautions
from gradcli.explain.hessian import hessian, matrix_of
from gradcli.message import N_, Message
from gradcli.program.work import fits
from gradcli.report import Compared, Part, Warning, Weights
from gradcli.report.additions import HessianMatrix
from gradcli.request import Request
from gradcli.shapes import size

READABLE = 60
"""The rows of a matrix of formulas have at most so many characters."""


def run(request: Request) -> Iterator[Part]:
    """The parts of `hessian`'s answer."""
    problem = understand(request)
    refuse_guessed_weights(problem)
    pairs = [(a, b) for a in problem.wrt for b in problem.wrt]
    refuse_intermediate(problem, pairs)
    yield from opening(problem, weighted=request.v is not None)
    targets = [target("hessian", a, b) for a, b in pairs]
    forms = yield from closed_forms(problem, targets)
    yield Weights(problem.v, problem.y)
    blocks = yield from _blocks(problem, targets, forms)
    yield from _together(problem, forms, blocks)
    yield from cautions(problem.program, problem.values, problem.wrt, order=2)
    yield from hessian(blocks, problem.wrt, problem.output_name)


def _blocks(problem: Problem, targets: Sequence[Target], forms: Forms) -> Generator[Part, None, list[Compared]]:
    """Each block by both sides; where they are too large, their products with ones, and no block is returned."""
    if _is_whole(problem, targets):
        return (yield from verdicts(problem, targets, forms, autograd(problem, targets, formulas=bool(forms))))
    yield from _along_ones(problem, targets, forms)
    yield Warning(
        "size", Message(N_("the Hessian is too large to be computed entry by entry; the formulas hold all the same"))
    )
    return []


def _is_whole(problem: Problem, targets: Sequence[Target]) -> bool:
    """Whether the Hessian is computed entry by entry."""
    entries = sum(size(problem.shape(name)) for name in problem.wrt)
    blocks = [problem.shape(target.by[0]) + problem.shape(target.by[1]) for target in targets]
    return is_small(*blocks) and fits(problem.program, entries, entries)


def _along_ones(problem: Problem, targets: Sequence[Target], forms: Forms) -> Iterator[Compared]:
    """A large Hessian is proven by its sums over rows: H·1, by both sides."""
    if problem.request.symbolic_only:
        yield from (Compared(block.name, whole=False) for block in targets)
        return
    for a in problem.wrt:
        ones = np.ones(problem.shape(a))
        sums = autograd(problem, [target("hvp", b) for b in problem.wrt], Directions({a: ones}, {}, {}), bool(forms))
        for block in targets:
            if block.by[0] == a and forms:
                numbers = Numbers({block.name: sums.values[block.by[1]]} if sums.values else {}, sums.missing)
                yield verdict_on(problem, block, forms[block.name], numbers, {"ones_": ones}, along="ones_")
            elif block.by[0] == a:
                yield Compared(block.name, whole=False)


def _together(problem: Problem, forms: Forms, blocks: Sequence[Compared]) -> Iterator[HessianMatrix]:
    """The blocks as one matrix, where each is one number."""
    names = problem.wrt
    if len(names) < 2 or any(problem.shape(name) != () for name in names) or not blocks:
        return
    symbolic = matrix_of({block.name: block.symbolic for block in blocks}, names)
    pytorch = matrix_of({block.name: block.pytorch for block in blocks}, names)
    texts = tuple(tuple(forms[f"{a},{b}"].form.written.text for b in names) for a in names) if forms else ()
    readable = bool(texts) and sum(max(map(len, column)) + 2 for column in zip(*texts, strict=True)) <= READABLE
    worst = max(b.max_abs_diff or 0.0 for b in blocks) if all(b.agrees for b in blocks) else None
    yield HessianMatrix(names, texts if readable else None, symbolic, pytorch, worst)
