"""`gradcli jvp`: J·t, how y moves when its variables move along t."""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.commands.closed_forms import closed_forms
from gradcli.commands.derivative_methods import Target, autograd, target
from gradcli.commands.problem import Problem, opening, understand
from gradcli.commands.tangents import Directions, directions
from gradcli.commands.verdicts import verdicts
from gradcli.derivatives import KINDS
from gradcli.explain.cautions import cautions
from gradcli.explain.first_order import jvp
from gradcli.report import Part, Tensors
from gradcli.report.additions import Tangents
from gradcli.request import Request


def run(request: Request) -> Iterator[Part]:
    """The parts of `jvp`'s answer."""
    problem = understand(request)
    moving = directions(problem)
    yield from opening(problem, weighted=False, wrt=tuple(moving.t))
    targets = [Target(", ".join(moving.t), KINDS["jvp"])]
    forms = yield from closed_forms(problem, targets, moving)
    yield Tangents(moving.t, moving.texts, problem.y)
    numbers, pulled = autograd(problem, targets, moving), _pulled_back(problem, moving)
    (compared,) = yield from verdicts(problem, targets, forms, numbers, moving)
    yield from cautions(problem.program, problem.values, problem.wrt)
    if compared.numbers is not None:
        yield from jvp(moving.t, problem.v, compared.numbers, pulled, problem.output_name)


def _pulled_back(problem: Problem, moving: Directions) -> Tensors | None:
    """What y.backward(v) leaves for the same variables."""
    if problem.request.symbolic_only:
        return None
    return autograd(problem, [target("vjp", name) for name in moving.t]).values
