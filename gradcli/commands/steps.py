"""`gradcli steps`: the chain rule value by value, as backward goes through it, each local derivative derived and each
sum checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.closed_forms import ClosedForm, OutOfTime, within
from gradcli.commands.derivative_methods import Numbers, target
from gradcli.commands.problem import Problem, opening, understand
from gradcli.commands.verdicts import verdict_on
from gradcli.compare import largest_difference
from gradcli.explain.slots import warning
from gradcli.explain.vjp import REFUSAL
from gradcli.message import N_
from gradcli.program import Apply, Ref, values_of
from gradcli.program.names import fresh_name, names_of, output_name, single_step, source_of
from gradcli.report import Jacobian, Part, Tensors
from gradcli.report.exhibits import Operand, Share, Visit
from gradcli.request import Request

if TYPE_CHECKING:  # the doors open only when a command runs
    from gradcli.numeric.step_gradients import StepGradient


def run(request: Request) -> Iterator[Part]:
    """The question, then every value that backward visits."""
    from gradcli.numeric.step_gradients import step_gradients  # PyTorch

    problem = understand(request)
    output = output_name(problem.program)
    yield from opening(problem, output_name=output)
    visits = step_gradients(problem.program, problem.wrt, problem.point, problem.v, request.dtype, request.device)
    if not visits:
        yield warning(
            "zero",
            N_(
                "the output does not depend on the variables by any differentiable step; PyTorch's backward "
                'refuses: "{refusal}"'
            ),
            refusal=REFUSAL,
        )
    yield from _visits(problem, visits, names_of(problem.program, output))


def _visits(problem: Problem, visits: tuple[StepGradient, ...], names: tuple[str, ...]) -> Iterator[Visit]:
    values = {names[place]: value for place, value in enumerate(problem.values)}
    values |= {names[visit.place]: np.asarray(visit.value, dtype=np.float64) for visit in visits}
    shares: dict[int, list[Share]] = {}
    for visit in visits:
        step = problem.program.steps[visit.place]
        arrived = tuple(shares.get(visit.place, ()))
        for place, handed in visit.handed.items():
            shares.setdefault(place, []).append(Share(names[visit.place], handed))
        how = step.how if visit.handed and isinstance(step.how, Apply) else None
        total = np.sum([share.value for share in arrived], axis=0) if arrived else visit.gradient
        yield Visit(
            names[visit.place],
            source_of(problem.program, step) if how else names[visit.place],
            None if how is None else how.operation,
            visit.value,
            visit.gradient,
            arrived,
            tuple(_operands(problem, visit, names, values)),
            largest_difference(np.asarray(total), visit.gradient),
        )


def _operands(problem: Problem, visit: StepGradient, names: tuple[str, ...], values: Tensors) -> Iterator[Operand]:
    """The local derivative by each value that was read, and the formula's product beside what PyTorch handed on."""
    how = problem.program.steps[visit.place].how
    if not visit.handed or not isinstance(how, Apply):
        return
    step = single_step(problem.program, visit.place, names)
    point = {name: values[name] for name in step.inputs}
    v_name, values_here = fresh_name("v", {*point, names[visit.place]}), tuple(values_of(step, point))
    here = replace(problem, program=step, point=point, values=values_here, v=visit.gradient, v_name=v_name)
    local = _local(here, [names[place] for place in visit.handed], names[visit.place])
    for place, handed in visit.handed.items():
        name, numbers = names[place], Numbers({names[place]: np.asarray(handed, dtype=np.float64)})
        jacobian, vjp = local.get(name, (None, None))
        compared = verdict_on(here, target("vjp", name), vjp, numbers)
        yield Operand(name, jacobian, compared, how.refs.count(Ref(place)))


def _local(step: Problem, wrt: list[str], output: str) -> dict[str, tuple[Jacobian, ClosedForm]]:
    """For each operand the Jacobian of this one step, and the form that is the arriving gradient times it."""
    from gradcli.symbolic import Calculus, jacobian_part

    try:
        with within(step.request.time_limit):
            calculus = Calculus(step.program, wrt, step.v_name, output, layout=step.request.layout)
            return {name: (jacobian_part(calculus.jacobian(name)), ClosedForm(calculus.vjp(name))) for name in wrt}
    except (OutOfTime, RecursionError):
        return {}
