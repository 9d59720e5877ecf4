"""The point of a question -> what to know before trusting the numbers there: kinks, and values that are not finite."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from gradcli.explain.paths import Paths, paths
from gradcli.explain.slots import entry, first, number, place, warning
from gradcli.message import N_, Message
from gradcli.ops.libraries import n
from gradcli.ops.row import Kink
from gradcli.program import Apply, Input, Program, Ref
from gradcli.program.values import filled
from gradcli.report import Array, Warning
from gradcli.syntax.scan import one_line

MOST = 3
"""So many warnings of one kind are told."""
LONGEST = 40
"""A longer piece of source is not quoted."""

_KINK = N_("a kink at {where}: {says}.")
_KINKS = N_("a kink in {count} entries, the first at {where}: {says}.")
_GIVEN = N_("{entry} is {value} as it was given, so what depends on it means nothing.")
_DIVISION = N_("division by zero: {a}/{b} is {value}, at {entry}.")
_PLAIN_DIVISION = N_("division by zero: {a}/{b} is {value}.")
_OF = N_("{function} of {numbers} is {value}, at {entry}.")
_MADE = N_("{entry} is {value}, though every number that goes into it is finite.")
_SINGULAR = N_("{whole} is 0: its gradient is the matrix of the cofactors, for which PyTorch gives 0.")
_INFINITE = N_("{entry} is {value}: the slope is not finite there.")


def hazards(
    program: Program,
    values: Sequence[Array],
    wrt: Sequence[str],
    gradients: Mapping[str, Array] | None = None,
    order: int = 1,
) -> list[Warning]:
    """The warnings that a point deserves; `values` are every step's, `gradients` may tell of infinite slopes; `order`
    how often is differentiated."""
    kinds = (undefined(program, values), singular(program, values), kinks(program, values, wrt, order))
    found = [warning for one in kinds for warning in _some(one)]
    return found or _some(infinite(gradients or {}))


def _some(warnings: Iterable[Warning]) -> list[Warning]:
    """The first few, each sentence once."""
    told: dict[str, Warning] = {}
    for one in warnings:
        told.setdefault(str(one.text), one)
        if len(told) == MOST:
            break
    return list(told.values())


# Kinks


def kinks(program: Program, values: Sequence[Array], wrt: Sequence[str], order: int = 1) -> Iterator[Warning]:
    """Where a step on the way has no derivative (up to this order) at this point, and what PyTorch takes there."""
    known = paths(program, tuple(wrt))
    for step in sorted(known.carrying):
        how = program.steps[step].how
        if not isinstance(how, Apply):
            continue
        for kink in (*how.row.kinks, *(how.row.slope_kinks if order > 1 else ())):
            mask = _mask(kink, how, values, known)
            if mask.any():
                yield warning(
                    "kink",
                    _KINK if mask.sum() == 1 else _KINKS,
                    count=int(mask.sum()),
                    says=Message(kink.says),
                    where=entry(_quoted(program, step), first(mask)),
                )


def _mask(kink: Kink, apply: Apply, values: Sequence[Array], known: Paths) -> Array:
    with np.errstate(all="ignore"):
        mask = np.asarray(kink.at(n, *(filled(a, values) for a in apply.arguments)), dtype=bool)
    if apply.operation == "pow" and apply.refs[1].step not in known.moved:
        mask = mask & (values[apply.refs[1].step] != 0)  # x**0 is 1 everywhere: smooth in x
    return mask


def _quoted(program: Program, step: int) -> str:
    """What was typed for the step, or its operation's name where that is long."""
    span, how = program.steps[step].span, program.steps[step].how
    text = one_line(program.source[span.start : span.end])
    return f"{how.operation}(...)" if len(text) > LONGEST and isinstance(how, Apply) else text


# Values that are not finite, or 0 where PyTorch divides by them


def singular(program: Program, values: Sequence[Array]) -> Iterator[Warning]:
    """Determinants that are 0: the formula divides by them, and PyTorch gives 0 for a gradient that need not be."""
    for step in program.used():
        how = program.steps[step].how
        if isinstance(how, Apply) and how.operation == "det" and (values[step] == 0).any():
            yield warning("singular", _SINGULAR, whole=_quoted(program, step))


def undefined(program: Program, values: Sequence[Array]) -> Iterator[Warning]:
    """Where nan and infinity come from: an input, or the steps that make them from finite numbers."""
    for step in program.used():
        value, how = values[step], program.steps[step].how
        for bad in (np.isnan(value), np.isinf(value)):
            if isinstance(how, Input) and bad.any():
                at = first(bad)
                yield warning("domain", _GIVEN, entry=entry(how.name, at), value=number(float(value[at])))
            elif isinstance(how, Apply) and bad.any():
                made = bad & _finite_below(how, value.shape, values)
                if made.any():
                    yield _made(program, step, how, values, first(made))


def _finite_below(apply: Apply, shape: tuple[int, ...], values: Sequence[Array]) -> Array:
    """Where everything that goes into the entry is finite (known entry by entry for elementwise operations)."""
    if apply.row.family != "elementwise":
        return np.asarray(all(bool(np.isfinite(values[r.step]).all()) for r in apply.refs))
    finite = np.ones(shape, dtype=bool)
    for ref in apply.refs:
        finite &= np.isfinite(np.broadcast_to(values[ref.step], shape))
    return finite


def _made(program: Program, step: int, apply: Apply, values: Sequence[Array], at: tuple[int, ...]) -> Warning:
    """The operation, the numbers it was given there and what it made of them."""
    value, whole = number(float(values[step][at])), entry(_quoted(program, step), at)
    if apply.row.family != "elementwise":
        return warning("domain", _MADE, entry=whole, value=value)
    shape = values[step].shape
    given = [number(float(np.broadcast_to(values[ref.step], shape)[at])) for ref in apply.refs]
    if apply.operation in ("div", "floor_divide", "remainder") and given[1] == "0":
        said = _PLAIN_DIVISION if "".join(whole.split()) == "/".join(given) else _DIVISION
        return warning("domain", said, a=given[0], b=given[1], value=value, entry=whole)
    where = entry(_argument(program, apply.refs[0]), _own_place(at, values[apply.refs[0].step]))
    return warning(
        "domain",
        _OF,
        function=_called(program, step, apply),
        value=value,
        entry=where if len(given) == 1 else whole,
        numbers=given[0] if len(given) == 1 else f"({', '.join(given)})",
    )


def _own_place(at: tuple[int, ...], value: Array) -> tuple[int, ...]:
    """The place in the argument, whose last axes are the result's."""
    own = at[len(at) - value.ndim :]
    return tuple(0 if size == 1 else k for k, size in zip(own, value.shape, strict=True))


def _argument(program: Program, ref: Ref) -> str:
    return program[ref].name or _quoted(program, ref.step)


def _called(program: Program, step: int, apply: Apply) -> str:
    """The function by the name that was typed, be it an alias."""
    span = program.steps[step].span
    words = re.findall(r"\w+", program.source[span.start : span.end])
    return next((word for word in words if word in (apply.row.name, *apply.row.aliases)), apply.row.name)


def infinite(gradients: Mapping[str, Array]) -> Iterator[Warning]:
    """A gradient that is not finite though nothing on the way is wrong."""
    for name, gradient in gradients.items():
        bad = ~np.isfinite(gradient)
        if bad.any():
            at = first(bad)
            yield warning("infinite", _INFINITE, entry=f"{name}.grad{place(at)}", value=number(float(gradient[at])))
