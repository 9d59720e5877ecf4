"""`gradcli jacobian`: the whole J, as a formula, as entries, as a picture and, where it is small, in numbers."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from gradcli.commands.closed_forms import ClosedForm, Forms, closed_forms, structures
from gradcli.commands.derivative_methods import Target, autograd, target
from gradcli.commands.problem import Problem, opening, understand
from gradcli.commands.verdicts import SMALL, is_small, verdict_on, verdicts
from gradcli.explain.cautions import cautions
from gradcli.explain.first_order import jacobian
from gradcli.message import N_, Message
from gradcli.program.work import fits
from gradcli.report import Array, Compared, Part, Tensors, Warning, numbers_of
from gradcli.report.additions import FlatJacobian, Heatmap
from gradcli.request import Request
from gradcli.shapes import LAYOUTS, Shape, by_layout, size

DRAWN = 1_000_000
"""A Jacobian of at most so many entries is drawn."""


def run(request: Request) -> Iterator[Part]:
    """The parts of `jacobian`'s answer."""
    problem = understand(request)
    yield from opening(problem, weighted=False)
    targets = [target("jacobian", name) for name in problem.wrt]
    forms = yield from closed_forms(problem, targets)
    yield problem.value_part
    whole = yield from _verdicts(problem, targets, forms)
    yield from _matrices(problem, forms, whole)
    if not _is_whole(problem):
        yield Warning("size", Message(_TOO_LARGE))
    yield from cautions(problem.program, problem.values, problem.wrt)
    yield from jacobian(
        structures(forms),
        {name: problem.shape(name) for name in problem.wrt},
        whole,
        problem.program.output_shape,
        problem.output_name,
        _layout(problem),
    )


_TOO_LARGE = N_(
    "the Jacobian is too large to be computed entry by entry; it was contracted with v = 1 on both sides instead"
)


def _is_whole(problem: Problem) -> bool:
    """Whether the Jacobians are computed entry by entry."""
    shapes = [(*problem.program.output_shape, *problem.shape(name)) for name in problem.wrt]
    rows, columns = size(problem.program.output_shape), sum(size(problem.shape(name)) for name in problem.wrt)
    return is_small(*shapes, most=DRAWN if problem.request.plot else SMALL) and fits(problem.program, rows, columns)


def _verdicts(problem: Problem, targets: Sequence[Target], forms: Forms) -> Generator[Part, None, Tensors]:
    """Every entry by both sides: the formula, and PyTorch's rows from one-hot v's; returns them. Large ones are
    contracted with v = 1, and none is returned."""
    if not _is_whole(problem):
        yield from _contracted(problem, targets, forms)
        return {}
    return numbers_of((yield from verdicts(problem, targets, forms, autograd(problem, targets))))


def _contracted(problem: Problem, targets: Sequence[Target], forms: Forms) -> Iterator[Compared]:
    numbers = autograd(problem, [target("vjp", name) for name in problem.wrt])
    for block in targets:
        compared = verdict_on(problem, block, forms.get(block.name), numbers, along=problem.v_name)
        yield replace(compared, jacobian_checked=compared.agrees)


def _matrices(problem: Problem, forms: Forms, whole: Tensors) -> Iterator[Part]:
    """Each Jacobian as a matrix, with --plot as a picture."""
    for name in problem.wrt:
        found = forms.get(name)
        yield _flattened(problem, name, found, whole.get(name))
        if problem.request.plot and name in whole:
            pattern = None if found is None else found.form.pattern()
            matrix = whole[name].reshape(_flat_shape(problem, name))
            yield Heatmap(name, problem.output_name, _layout(problem), matrix, pattern)


def _flattened(problem: Problem, name: str, found: ClosedForm | None, whole: Array | None) -> FlatJacobian:
    structure, shape = None if found is None else found.structure, _flat_shape(problem, name)
    picture = None if structure is None else structure.picture
    matrix = whole.reshape(shape) if whole is not None and problem.request.flat else None
    return FlatJacobian(name, _layout(problem), shape, picture, matrix)


def _layout(problem: Problem) -> str:
    return problem.request.layout or LAYOUTS[0]


def _flat_shape(problem: Problem, name: str) -> Shape:
    """How many rows and columns the Jacobian has as a matrix."""
    return by_layout(problem.request.layout, size(problem.program.output_shape), size(problem.shape(name)))
