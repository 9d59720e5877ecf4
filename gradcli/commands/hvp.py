"""`gradcli hvp`: H·t, how the gradient moves when the variables move along t. The Hessian is never built."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from gradcli.commands.closed_forms import closed_forms
from gradcli.commands.derivative_methods import autograd, target
from gradcli.commands.problem import opening, refuse_guessed_weights, refuse_intermediate, understand
from gradcli.commands.tangents import directions
from gradcli.commands.verdicts import verdicts
from gradcli.explain.cautions import cautions
from gradcli.explain.hessian import hvp
from gradcli.report import Part
from gradcli.report.additions import Tangents
from gradcli.request import Request


def run(request: Request) -> Iterator[Part]:
    """The parts of `hvp`'s answer."""
    problem = understand(request)
    refuse_guessed_weights(problem)
    moving = directions(problem)
    refuse_intermediate(problem, product(moving.t, problem.wrt))
    yield from opening(problem, weighted=request.v is not None)
    targets = [target("hvp", name) for name in problem.wrt]
    forms = yield from closed_forms(problem, targets, moving)
    yield Tangents(moving.t, moving.texts, problem.y)
    numbers = autograd(problem, targets, moving, bool(forms))
    compared = yield from verdicts(problem, targets, forms, numbers, moving)
    yield from cautions(problem.program, problem.values, problem.wrt, order=2)
    yield from hvp(compared, moving.t)
