"""`gradcli steps`: the chain rule value by value, as backward goes through it, each local derivative derived and
each sum
checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.proof import OutOfTime, within
from gradcli.commands.understand import GUESSED_ONES, Understood, understand
from gradcli.compare import largest_difference, side_by_side
from gradcli.message import N_, GradcliError, Message, message
from gradcli.program import Apply, Program, Ref
from gradcli.program.alone import alone, names_of, output_name, source_of
from gradcli.report import Array, Compared, Jacobian, Operand, Part, Share, Visit, Warning
from gradcli.request import Request

if TYPE_CHECKING:  # the doors open only when a command runs
    from gradcli.numeric.retained import Retained

NO_FORMULA = N_("there is no formula to compare")


def run(request: Request) -> Iterator[Part]:
    """The question, then every value that backward visits."""
    from gradcli import notation
    from gradcli.numeric.retained import retained  # PyTorch

    asked = understand(request)
    output = output_name(asked.program)
    yield replace(asked.question(notation.latex(asked.program)), output_name=output)
    yield from (Warning("reading", note) for note in asked.program.notes)
    if asked.guessed:
        yield Warning("weights", Message(GUESSED_ONES))
    visits = retained(asked.program, asked.wrt, asked.point, asked.v, request.dtype, request.device)
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


def _shown(asked: Understood, visits: tuple[Retained, ...], names: tuple[str, ...]) -> Iterator[Visit]:
    values = {names[place]: value for place, value in enumerate(asked.values)}
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
    asked: Understood, visit: Retained, names: tuple[str, ...], values: Mapping[str, Array]
) -> Iterator[Operand]:
    """The local derivative by each value that was read, and the formula's product beside what PyTorch handed on."""
    how = asked.program.steps[visit.place].how
    if not visit.handed or not isinstance(how, Apply):
        return
    step = alone(asked.program, visit.place, names)
    reads = [names[place] for place in visit.handed]
    point = {name: values[name] for name in step.inputs}
    local = _local(step, reads, names[visit.place], point, visit.gradient, asked.request.time_limit)
    for place, handed in visit.handed.items():
        name = names[place]
        formula, product = local.get(name, (None, None))
        yield Operand(name, formula, _compared(name, product, handed, asked.request.dtype), how.refs.count(Ref(place)))


def _local(
    step: Program, wrt: list[str], output: str, point: Mapping[str, Array], gradient: Array, seconds: float
) -> dict[str, tuple[Jacobian, Array | None]]:
    """For each operand the Jacobian of this one step, and the arriving gradient times it."""
    from gradcli.symbolic import Calculus, jacobian_part

    weights = next(name for name in ("v", "v_", "weights_") if name not in (*point, output))
    try:
        with within(seconds):
            calculus = Calculus(step, wrt, weights, output)
            return {
                name: (jacobian_part(calculus.jacobian(name)), _value(calculus, name, {**point, weights: gradient}))
                for name in wrt
            }
    except (OutOfTime, RecursionError):
        return {}


def _value(calculus: object, name: str, point: Mapping[str, Array]) -> Array | None:
    try:
        return np.asarray(calculus.vjp(name).value(point))  # type: ignore[attr-defined]
    except GradcliError:
        return None


def _compared(name: str, symbolic: Array | None, pytorch: Array, dtype: str) -> Compared:
    if symbolic is None:
        return Compared(name, None, pytorch, None, None, Message(NO_FORMULA))
    return side_by_side(name, symbolic, pytorch, dtype)
