"""Derivatives that are to be found -> their formulas, printed as soon as they are derived and kept for the verdicts."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradcli.commands.derivative_methods import Target, formula_of
from gradcli.commands.problem import Problem
from gradcli.commands.tangents import STILL, Directions
from gradcli.explain.slots import warning
from gradcli.message import N_, GradcliError, Message, message
from gradcli.program import Program, trace
from gradcli.report import Array, Closed, Part, Structure, Tensors, Warning
from gradcli.shapes import Shape
from gradcli.syntax import parse

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

    def values(self, tensors: Tensors, along: str | None = None) -> tuple[Array, Array | None]:
        """The formula's values, and those of its Jacobian contracted with v where there is one. `tensors` holds the
        inputs, v and tangents by their names in it; `along` names one with which its rows are contracted."""
        if self.pair is None:
            return self.form.value(tensors, along), None
        return self.pair.values(tensors, tensors[self.form.weights])

    @property
    def structure(self) -> Structure | None:
        """Where the Jacobian that was printed can be non-zero."""
        return None if self.printed is None or self.printed.jacobian is None else self.printed.jacobian.structure


Forms = Mapping[str, ClosedForm]
"""By the targets' names; empty where none was derived."""


def structures(forms: Forms) -> Mapping[str, Structure]:
    """Where the Jacobians that were printed can be non-zero."""
    return {name: found.structure for name, found in forms.items() if found.structure is not None}


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
        yield from (Closed(target.name, reason=Message(NOT_DERIVED)) for target in targets)
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
    yield from _needed_sizes(problem, [found.form for found in forms.values()])
    return forms


def _without(targets: Sequence[Target], kind: str, why: Message) -> Iterator[Part]:
    yield from (Closed(target.name, reason=why) for target in targets)
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
        [formula_of(target, tuple(directions.t)) for target in targets],
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
        return Closed(target.name, jacobian_part(form, entries))
    return Closed(target.name, vjp=vjp_part(form))


# For which sizes


def _needed_sizes(problem: Problem, forms: Sequence[Form]) -> Iterator[Warning]:
    """A warning where the forms hold for some sizes only, though the program is defined for others, too. What a loop
    decided is said elsewhere."""
    fixed = forms[0].graph.sizes.fixed() if forms and not problem.program.loops else {}
    free = {axis: n for axis, n in fixed.items() if _may_grow(problem.program, *axis)}
    if free:
        sizes = ", ".join(f"{name}.shape[{axis}] = {n}" for (name, axis), n in free.items())
        sentence = N_("the formulas hold for {sizes}; for other sizes they are others")
        yield warning("sizes", sentence, sizes=sizes)


def _may_grow(program: Program, name: str, axis: int) -> bool:
    """Whether the program is defined where this axis of an input is longer."""
    shapes = {other: program[ref].shape for other, ref in program.inputs.items()}
    n = shapes[name][axis]
    return any(_is_defined(program, {**shapes, name: _with(shapes[name], axis, m)}) for m in (n + 1, 2 * n))


def _with(shape: Shape, axis: int, n: int) -> Shape:
    return (*shape[:axis], n, *shape[axis + 1 :])


def _is_defined(program: Program, shapes: Mapping[str, Shape]) -> bool:
    try:
        trace(parse(program.source, tuple(shapes)), shapes, mending=False)
    except GradcliError:
        return False
    return True


# For how long

YEARS = 1e8
"""Seconds; timers do not count much further."""


class OutOfTime(Exception):
    """The symbolic work took longer than the user allows."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises OutOfTime in the block after so many seconds (in a main thread on a system with timers; else never)."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: Any) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, min(max(seconds, 1e-6), YEARS))  # 0 would be no limit
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
