"""Stages that commands share: the closed forms with their time limit, and the two columns with their verdict."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gradcli.commands.needed_sizes import needed_sizes
from gradcli.commands.problem import Problem
from gradcli.compare import Evidence, slightly_off, verdict
from gradcli.message import N_, GradcliError, Message, message
from gradcli.program import hazards
from gradcli.program.hazards import deviation
from gradcli.report import Array, Closed, Compared, Part, Warning

if TYPE_CHECKING:  # the doors open only when a command runs
    from gradcli.numeric import Numbers
    from gradcli.symbolic import Derived, Form

NOT_ASKED = N_("PyTorch was not asked (--symbolic-only)")
NOT_DERIVED = N_("no formula was derived (--numeric-only), so nothing was compared")


def without_formula(problem: Problem) -> Message:
    """Why there is nothing to compare."""
    return Message(NOT_DERIVED if problem.request.numeric_only else N_("there is no formula to compare"))


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


YEARS = 1e8
"""Seconds; timers do not count much further."""
F = TypeVar("F")


def in_time(
    problem: Problem, names: Sequence[str], derive: Callable[[], tuple[Mapping[str, F], list[Closed]]]
) -> Generator[Part, None, Mapping[str, F]]:
    """Yields what `derive` writes of the forms and returns the forms; none with --numeric-only, past the time limit, or
    where they are nested too deeply, each with its reason."""
    if problem.request.numeric_only:
        yield from (Closed(name, None, None, Message(NOT_DERIVED)) for name in names)
        return {}
    try:
        with within(problem.request.time_limit):
            forms, parts = derive()
    except OutOfTime:
        told = message(
            N_("no closed form within {s:g} seconds; the numbers below are PyTorch's"), s=problem.request.time_limit
        )
        yield from _without(names, "time", told)
        return {}
    except RecursionError:
        told = message(N_("the formula is nested too deeply to be derived; the numbers below are PyTorch's"))
        yield from _without(names, "limit", told)
        return {}
    yield from parts
    return forms


def _without(names: Sequence[str], kind: str, why: Message) -> Iterator[Part]:
    yield from (Closed(name, None, None, why) for name in names)
    yield Warning(kind, why)


def closed_forms(problem: Problem) -> Generator[Part, None, Mapping[str, Derived]]:
    """Yields the Jacobian and the VJP for each variable; returns them for evaluation."""

    def derive() -> tuple[dict[str, Derived], list[Closed]]:
        from gradcli.symbolic import derived  # SymPy: a quarter of a second

        forms = derived(problem.program, problem.wrt, problem.weights, problem.output_name, problem.request.layout)
        return {form.name: form for form in forms}, [form.closed(problem.request.entries) for form in forms]

    forms = yield from in_time(problem, problem.wrt, derive)
    yield from needed_sizes(problem, [form.vjp for form in forms.values()])
    return forms


def proven(problem: Problem, forms: Mapping[str, Derived], numbers: Numbers | None) -> Iterator[Compared]:
    """The verdict for each variable."""
    for name in problem.wrt:
        pytorch = None if numbers is None else np.asarray(numbers.grads[name], dtype=np.float64)
        yield _one(problem, name, forms.get(name), pytorch)


def _one(problem: Problem, name: str, form: Derived | None, pytorch: Array | None) -> Compared:
    if form is None:
        return Compared(name, None, pytorch, None, None, without_formula(problem))
    try:
        symbolic, contracted = form.values(problem.point, problem.v)
    except GradcliError as error:
        return Compared(name, None, pytorch, None, None, error.what)
    given = {**problem.point, form.vjp.weights: problem.v}
    return judged(problem, name, form.vjp, given, symbolic, pytorch, contracted)


def judged(
    problem: Problem,
    name: str,
    form: Form,
    given: Mapping[str, Array],
    symbolic: Array,
    pytorch: Array | None,
    contracted: Array | None = None,
    by: str | None = None,
    silent: Message | None = None,
    order: int = 1,
) -> Compared:
    """The verdict on a form's values beside PyTorch's; `given` are the inputs, v and tangents by their names in it.
    `by` names the one with which the form was contracted; `silent` says why PyTorch has no numbers; `order` how often
    was differentiated."""
    if pytorch is None:
        return Compared(name, symbolic, None, None, None, silent or Message(NOT_ASKED))
    dtype = problem.request.dtype

    def shaken() -> Array:
        moved = {k: slightly_off(a, dtype) if k in problem.point else a for k, a in given.items()}
        return form.value(moved, by).reshape(symbolic.shape)

    return verdict(
        Evidence(
            name,
            symbolic,
            pytorch,
            dtype,
            jacobian=contracted,
            terms=lambda: _terms(problem, form, given, by).reshape(symbolic.shape),
            shaken=shaken,
            deviation=lambda: deviation(problem.program, problem.values, order),
            excuse=lambda agrees: _excuse(problem, symbolic, agrees, order),
        )
    )


def _excuse(problem: Problem, symbolic: Array, agrees: bool | None, order: int) -> Message | None:
    """Why there may be nothing to agree on at this point: what is undefined there. (At a kink the first derivative is
    PyTorch's choice on both sides, if the formula has a value; a higher one may be another on each.)"""
    program, values, wrt = problem.program, problem.values, problem.wrt
    if np.isnan(problem.y).any():
        return message(N_("the function has no value at this point (nan), so there is no derivative to agree on"))
    if order > 1 and any(hazards.kinks(program, values, wrt, order)):
        return message(
            N_("the function has a kink at this point, so there is no derivative of order {order} to agree on"),
            order=order,
        )
    if agrees is None:
        return None
    if np.isnan(symbolic).any() and any(hazards.kinks(program, values, wrt)):
        return message(N_("the formula has no value at this kink, where PyTorch takes a slope of its own"))
    if any(hazards.undefined(program, values)):
        return message(N_("a value on the way is not finite at this point, where the two sides may differ"))
    return None


def _terms(problem: Problem, form: Form, given: Mapping[str, Array], by: str | None) -> Array:
    """The size of what the formula adds up; where that is 0 and PyTorch cancels to it, of v and the values."""
    floor = 0.0
    if form.formula.entry == 0:
        largest = max((float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) for a in problem.values), default=0.0)
        others = [float(np.abs(a).max(initial=0.0)) for name, a in given.items() if name not in problem.point]
        floor = max(largest, 1.0) * max(others, default=1.0)
    return np.asarray(form.magnitude(given, by) + floor)
