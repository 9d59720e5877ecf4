"""`gradcli steps`: the chain rule value by value, as backward goes through it, each local derivative derived and
each sum
checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.closed_forms import compared
from gradcli.commands.problem import GUESSED_ONES, Understood, understand
from gradcli.commands.verdicts import OutOfTime, within
from gradcli.compare import largest_difference
from gradcli.message import N_, Message, message
from gradcli.program import Apply, Ref, values_of
from gradcli.program.names import fresh_name
from gradcli.program.single_step import alone, names_of, output_name, source_of
from gradcli.report import Array, Jacobian, Part, Warning
from gradcli.report.exhibits import Operand, Share, Visit
from gradcli.request import Request

if TYPE_CHECKING:  # the doors open only when a command runs
    from gradcli.numeric.step_gradients import StepGradient
    from gradcli.symbolic import Form


def run(request: Request) -> Iterator[Part]:
    """The question, then every value that backward visits."""
    from gradcli import notation
    from gradcli.numeric.step_gradients import step_gradients  # PyTorch

    asked = understand(request)
    output = output_name(asked.program)
    yield replace(asked.question(notation.latex(asked.program)), output_name=output)
    yield from (Warning("reading", note) for note in asked.program.notes)
    if asked.guessed:
        yield Warning("weights", Message(GUESSED_ONES))
    visits = step_gradients(asked.program, asked.wrt, asked.point, asked.v, request.dtype, request.device)
    if not visits:
        yield Warning(
            "zero",
            message(
                N_(
                    "the output does not depend on the variables by any differentiable step; PyTorch's backward "
                    'refuses: "{refusal}"'
                ),
                refusal="element 0 of tensors does not require grad and does not have a grad_fn",
            ),
        )
    yield from _shown(asked, visits, names_of(asked.program, output))


def _shown(asked: Understood, visits: tuple[StepGradient, ...], names: tuple[str, ...]) -> Iterator[Visit]:
    values = {names[place]: value for place, value in enumerate(asked.values)}
    values |= {names[visit.place]: np.asarray(visit.value, dtype=np.float64) for visit in visits}
    shares: dict[int, list[Share]] = {}
    for visit in visits:
        step = asked.program.steps[visit.place]
        arrived = tuple(shares.get(visit.place, ()))
        for place, handed in visit.handed.items():
            shares.setdefault(place, []).append(Share(names[visit.place], handed))
        how = step.how if visit.handed and isinstance(step.how, Apply) else None
        total = np.sum([share.value for share in arrived], axis=0) if arrived else visit.gradient
        yield Visit(
            names[visit.place],
            source_of(asked.program, step) if how else names[visit.place],
            None if how is None else how.operation,
            visit.value,
            visit.gradient,
            arrived,
            tuple(_operands(asked, visit, names, values)),
            largest_difference(np.asarray(total), visit.gradient),
        )


def _operands(
    asked: Understood, visit: StepGradient, names: tuple[str, ...], values: Mapping[str, Array]
) -> Iterator[Operand]:
    """The local derivative by each value that was read, and the formula's product beside what PyTorch handed on."""
    how = asked.program.steps[visit.place].how
    if not visit.handed or not isinstance(how, Apply):
        return
    step = alone(asked.program, visit.place, names)
    point = {name: values[name] for name in step.inputs}
    here = replace(asked, program=step, point=point, values=tuple(values_of(step, point)), v=visit.gradient)
    weights = fresh_name("v", {*point, names[visit.place]})
    local = _local(here, [names[place] for place in visit.handed], names[visit.place], weights)
    for place, handed in visit.handed.items():
        name = names[place]
        jacobian, vjp = local.get(name, (None, None))
        verdict = compared(here, name, vjp, {**point, weights: visit.gradient}, np.asarray(handed, dtype=np.float64))
        yield Operand(name, jacobian, verdict, how.refs.count(Ref(place)))


def _local(step: Understood, wrt: list[str], output: str, weights: str) -> dict[str, tuple[Jacobian, Form]]:
    """For each operand the Jacobian of this one step, and the form that is the arriving gradient times it."""
    from gradcli.symbolic import Calculus, jacobian_part

    try:
        with within(step.request.time_limit):
            calculus = Calculus(step.program, wrt, weights, output, layout=step.request.layout)
            return {name: (jacobian_part(calculus.jacobian(name)), calculus.vjp(name)) for name in wrt}
    except (OutOfTime, RecursionError):
        return {}
