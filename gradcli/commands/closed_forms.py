"""Derivatives that are to be found -> their formulas, printed as soon as they are derived and kept for the verdicts."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcli.commands.derivative_methods import METHODS, Target
from gradcli.commands.needed_sizes import needed_sizes
from gradcli.commands.problem import Problem
from gradcli.commands.tangents import STILL, Directions
from gradcli.commands.time_limit import OutOfTime, within
from gradcli.message import N_, Message, message
from gradcli.report import Array, Closed, Jacobian, Part, Structure, Warning

if TYPE_CHECKING:  # the door opens only when a formula is derived
    from gradcli.symbolic import Derived, Form

NOT_DERIVED = N_("no formula was derived (--numeric-only), so nothing was compared")


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """A formula as it is compared and as it was printed; of a vjp `pair` is its Jacobian too, from which the same
    numbers have to come."""

    form: Form
    printed: Closed | None = None
    pair: Derived | None = None

    def values(self, tensors: Mapping[str, Array], along: str | None = None) -> tuple[Array, Array | None]:
        """The formula's values, and those of its Jacobian contracted with v where there is one. `tensors` holds the
        inputs, v and tangents by their names in it; `along` names one with which its rows are contracted."""
        if self.pair is None:
            return self.form.value(tensors, along), None
        return self.pair.values(tensors, tensors[self.form.weights])

    @property
    def structure(self) -> Structure | None:
        """Where the Jacobian that was printed can be non-zero."""
        return None if self.printed is None or self.printed.jacobian is None else self.printed.jacobian.structure

    @property
    def jacobian(self) -> Jacobian | None:
        """The formula with rows and columns that was printed."""
        return None if self.printed is None else self.printed.jacobian


Forms = Mapping[str, ClosedForm]
"""By the targets' names; empty where none was derived."""


def closed_forms(
    problem: Problem,
    targets: Sequence[Target],
    directions: Directions = STILL,
    unit: bool | None = None,
    paired: bool = False,
) -> Generator[Part, None, Forms]:
    """Yields each formula and returns them; none with --numeric-only, past the time limit, or where they are nested too
    deeply, each with its reason.

    `unit`: v is 1 and not written, else where the kind has none and none was given. `paired`: of vjps, each with its
    Jacobian.
    """
    if problem.request.numeric_only:
        yield from (Closed(target.name, None, None, Message(NOT_DERIVED)) for target in targets)
        return {}
    if unit is None:
        unit = problem.request.v is None and targets[0].kind.unit
    try:
        with within(problem.request.time_limit):
            forms = _with_jacobians(problem) if paired else _with_formulas(problem, targets, directions, unit)
    except OutOfTime:
        why = N_("no closed form within {s:g} seconds; the numbers below are PyTorch's")
        yield from _without(targets, "time", message(why, s=problem.request.time_limit))
        return {}
    except RecursionError:
        why = N_("the formula is nested too deeply to be derived; the numbers below are PyTorch's")
        yield from _without(targets, "limit", Message(why))
        return {}
    yield from (found.printed for found in forms.values() if found.printed is not None)
    yield from needed_sizes(problem, [found.form for found in forms.values()])
    return forms


def _without(targets: Sequence[Target], kind: str, why: Message) -> Iterator[Part]:
    yield from (Closed(target.name, None, None, why) for target in targets)
    yield Warning(kind, why)


def _with_jacobians(problem: Problem) -> Forms:
    from gradcli.symbolic import derived  # SymPy: a quarter of a second

    pairs = derived(problem.program, problem.wrt, problem.v_name, problem.output_name, problem.request.layout)
    return {pair.name: ClosedForm(pair.vjp, pair.closed(problem.request.entries), pair) for pair in pairs}


def _with_formulas(problem: Problem, targets: Sequence[Target], directions: Directions, unit: bool) -> Forms:
    forms = derive(problem, targets, directions, unit)
    return {
        target.name: ClosedForm(form, _printed(target, form, problem.request.entries))
        for target, form in zip(targets, forms, strict=True)
    }


def derive(problem: Problem, targets: Sequence[Target], directions: Directions, unit: bool) -> Sequence[Form]:
    """The targets' formulas; `unit`: v is 1 and not written."""
    from gradcli import symbolic  # SymPy: a quarter of a second

    return symbolic.forms(
        problem.program,
        variables(targets, directions),
        [METHODS[target.kind.name].call(target, tuple(directions.t)) for target in targets],
        directions.names,
        weights=problem.v_name,
        output=problem.output_name,
        unit=unit,
        layout=problem.request.layout,
    )


def variables(targets: Sequence[Target], directions: Directions) -> tuple[str, ...]:
    """Every variable that is differentiated by."""
    return tuple(dict.fromkeys([*(name for target in targets for name in target.by), *directions.t]))


def _printed(target: Target, form: Form, entries: bool) -> Closed:
    from gradcli.symbolic import jacobian_part, vjp_part

    if target.kind.has_rows:
        return Closed(target.name, jacobian_part(form, entries), None)
    return Closed(target.name, None, vjp_part(form))
