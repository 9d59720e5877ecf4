"""`gradcli grad`: the gradient of a scalar, or its higher partial derivatives by scalar variables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement, permutations
from math import comb

from gradcli.commands.closed_forms import closed_forms
from gradcli.commands.derivative_methods import autograd, target
from gradcli.commands.problem import Problem, opening, refuse_intermediate, refuse_many_outputs, understand
from gradcli.commands.verdicts import verdicts
from gradcli.explain.cautions import cautions
from gradcli.explain.first_order import grad
from gradcli.message import N_, fault, limit
from gradcli.report import Compared, Part, numbers_of
from gradcli.request import Request
from gradcli.shapes import written

MOST = 100
"""So many partial derivatives are answered at once."""


def run(request: Request) -> Iterator[Part]:
    """The parts of `grad`'s answer."""
    problem = _understood(request)
    partials = _partials(problem)
    yield from opening(problem, weighted=False)
    targets = [target("partial", *names) for names in partials] or [target("grad", name) for name in problem.wrt]
    forms = yield from closed_forms(problem, targets)
    yield problem.value_part
    compared: list[Compared] = []
    for wanted in targets:  # PyTorch may have one of them and not another
        numbers = autograd(problem, [wanted], formulas=bool(forms))
        compared += yield from verdicts(problem, [wanted], forms, numbers)
    values = numbers_of(compared)
    order = max(wanted.order for wanted in targets)
    yield from cautions(problem.program, problem.values, problem.wrt, None if partials else values, order)
    yield from grad(values, partials, problem.y, problem.output_name)


def _understood(request: Request) -> Problem:
    """The problem; a variable may stand in --wrt as often as it is differentiated by."""
    once = None if request.wrt is None else tuple(dict.fromkeys(request.wrt))
    problem = understand(replace(request, wrt=once))
    refuse_many_outputs(problem)
    return replace(problem, request=request)


def _partials(problem: Problem) -> Sequence[tuple[str, ...]]:
    """The variables of each higher partial derivative, one after the other; none for a plain gradient."""
    wrt, order = problem.request.wrt or problem.wrt, problem.request.order
    repeated = max(Counter(wrt).values()) > 1
    if order is None and not repeated:
        return ()
    if order is not None and repeated:
        raise fault(
            "option",
            N_("--order {order} and --wrt {names} ask for different derivatives"),
            hint=N_("--wrt {names}  is one derivative; --order {order} with each variable once is all of that order"),
            order=order,
            names=",".join(wrt),
        )
    for name in problem.wrt:
        if problem.shape(name) != ():
            raise fault(
                "shape",
                N_("higher partial derivatives are by scalar variables, and {name} is {shape}"),
                hint=N_("gradcli hessian  gives every second derivative of a tensor"),
                name=name,
                shape=written(problem.shape(name)),
            )
    refuse_intermediate(problem, permutations(problem.wrt, 2))
    if order is None:
        return [tuple(wrt)]
    if comb(len(wrt) + order - 1, order) > MOST:
        raise limit(
            N_("there are more than {most} partial derivatives of order {order}"),
            hint=N_("name one:  --wrt {example}"),
            most=MOST,
            order=order,
            example=",".join([wrt[0]] * order),
        )
    return list(combinations_with_replacement(wrt, order))
