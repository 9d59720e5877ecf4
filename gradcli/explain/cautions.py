"""The point of a question -> what to know before trusting the numbers there: kinks, and values that are not finite."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gradcli.compare import first_place
from gradcli.explain.slots import entry, number, place, warning
from gradcli.message import N_, Message
from gradcli.program import Apply, Input, Program, Ref, hazards
from gradcli.program.names import source_of
from gradcli.report import Array, Tensors, Warning

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


def cautions(
    program: Program, values: Sequence[Array], wrt: Sequence[str], gradients: Tensors | None = None, order: int = 1
) -> list[Warning]:
    """The warnings that a point deserves. `values` are those of the steps up to the output; `gradients` may tell of
    infinite slopes; `order` is how often is differentiated."""
    kinds = (undefined(program, values), singular(program, values), _kinks(program, values, wrt, order))
    here = [caution for kind in kinds for caution in _some(kind)]
    return here or _some(_infinite(gradients or {}))


def _some(warnings: Iterable[Warning]) -> list[Warning]:
    """The first few, each sentence once."""
    by_text: dict[str, Warning] = {}
    for caution in warnings:
        by_text.setdefault(str(caution.text), caution)
        if len(by_text) == MOST:
            break
    return list(by_text.values())


def singular(program: Program, values: Sequence[Array]) -> Iterator[Warning]:
    """Which determinants are 0."""
    for step in hazards.singular(program, values):
        yield warning("singular", _SINGULAR, whole=_source_of(program, step))


def undefined(program: Program, values: Sequence[Array]) -> Iterator[Warning]:
    """Where nan and infinity come from."""
    for bad in hazards.undefined(program, values):
        how, at = program.steps[bad.step].how, first_place(bad.mask)
        if isinstance(how, Apply):
            yield _arising(program, bad.step, how, values, at)
        elif isinstance(how, Input):
            yield warning("domain", _GIVEN, entry=entry(how.name, at), value=number(values[bad.step][at]))


def _kinks(program: Program, values: Sequence[Array], wrt: Sequence[str], order: int) -> Iterator[Warning]:
    """Where there is no derivative, and what PyTorch takes there."""
    for kink in hazards.kinks(program, values, wrt, order):
        count = int(kink.mask.sum())
        yield warning(
            "kink",
            _KINK if count == 1 else _KINKS,
            count=count,
            says=Message(kink.says),
            where=entry(_source_of(program, kink.step), first_place(kink.mask)),
        )


def _infinite(gradients: Tensors) -> Iterator[Warning]:
    """A gradient that is not finite though nothing on the way is wrong."""
    for name, gradient in gradients.items():
        bad = ~np.isfinite(gradient)
        if bad.any():
            at = first_place(bad)
            yield warning("infinite", _INFINITE, entry=f"{name}.grad{place(at)}", value=number(gradient[at]))


def _arising(program: Program, step: int, apply: Apply, values: Sequence[Array], at: tuple[int, ...]) -> Warning:
    """The operation, the numbers it was given there and what it made of them."""
    value, whole = number(values[step][at]), entry(_source_of(program, step), at)
    if apply.row.family != "elementwise":
        return warning("domain", _MADE, entry=whole, value=value)
    shape = values[step].shape
    numbers = [number(np.broadcast_to(values[ref.step], shape)[at]) for ref in apply.refs]
    if apply.operation in ("div", "floor_divide", "remainder") and numbers[1] == "0":
        sentence = _PLAIN_DIVISION if "".join(whole.split()) == "/".join(numbers) else _DIVISION
        return warning("domain", sentence, a=numbers[0], b=numbers[1], value=value, entry=whole)
    where = entry(_argument(program, apply.refs[0]), _own_place(at, values[apply.refs[0].step]))
    return warning(
        "domain",
        _OF,
        function=_typed_name(program, step, apply),
        value=value,
        entry=where if len(numbers) == 1 else whole,
        numbers=numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})",
    )


def _own_place(at: tuple[int, ...], value: Array) -> tuple[int, ...]:
    """The place in the argument, whose last axes are the result's."""
    own = at[len(at) - value.ndim :]
    return tuple(0 if size == 1 else k for k, size in zip(own, value.shape, strict=True))


def _argument(program: Program, ref: Ref) -> str:
    return program[ref].name or _source_of(program, ref.step)


def _typed_name(program: Program, step: int, apply: Apply) -> str:
    """The function by the name that was typed, be it an alias."""
    words = re.findall(r"\w+", program.steps[step].span.of(program.source))
    return next((word for word in words if word in (apply.row.name, *apply.row.aliases)), apply.row.name)


def _source_of(program: Program, place: int) -> str:
    """What was typed for the step, or its operation's name where that is long."""
    step = program.steps[place]
    text = source_of(program, step)
    return f"{step.how.operation}(...)" if len(text) > LONGEST and isinstance(step.how, Apply) else text
