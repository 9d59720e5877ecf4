"""The point of a question -> what to know before trusting the numbers there: kinks, and values that are not finite."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.explain.paths import Paths, used
from gradcli.explain.writing import entry, first, number, place
from gradcli.message import N_, Message, message
from gradcli.ops.libraries import n
from gradcli.ops.row import Kink
from gradcli.program import Apply, Input, Program, Ref
from gradcli.program.values import filled
from gradcli.report import Array, Warning

MOST = 3
"""So many warnings of one kind are told."""
LONGEST = 40
"""A longer piece of source is not quoted."""


def hazards(program: Program, values: Sequence[Array], wrt: Sequence[str], gradients: Mapping[str, Array] | None = None) -> list[Warning]:
    """The warnings that a point deserves; `values` are every step's, `gradients` may tell of infinite slopes."""
    found = [*_some(undefined(program, values)), *_some(kinks(program, values, wrt))]
    return found or _some(infinite(gradients or {}))


def _some(warnings: Iterator[Warning]) -> list[Warning]:
    """The first few, each sentence once."""
    told: dict[str, Warning] = {}
    for warning in warnings:
        told.setdefault(str(warning.text), warning)
        if len(told) == MOST:
            break
    return list(told.values())


# Kinks


def kinks(program: Program, values: Sequence[Array], wrt: Sequence[str]) -> Iterator[Warning]:
    """Where a step on the way has no derivative at this point, and what PyTorch takes there."""
    paths = Paths(program, wrt)
    for step in sorted(paths.carrying):
        how = program.steps[step].how
        if isinstance(how, Apply):
            for kink in how.row.kinks:
                mask = _mask(kink, how, program, values, paths)
                if mask.any():
                    yield _kink(program, step, how, kink, mask)


def _mask(kink: Kink, apply: Apply, program: Program, values: Sequence[Array], paths: Paths) -> Array:
    with np.errstate(all="ignore"):
        mask = np.asarray(kink.at(n, *(filled(a, values) for a in apply.arguments)), dtype=bool)
    if apply.operation == "pow" and apply.refs[1].step not in paths.moved:
        mask = mask & (values[apply.refs[1].step] != 0)  # x**0 is 1 everywhere: smooth in x
    return mask


def _kink(program: Program, step: int, apply: Apply, kink: Kink, mask: Array) -> Warning:
    count = int(mask.sum())
    said = N_("a kink at {where}: {says}.") if count == 1 else N_("a kink in {count} entries, the first at {where}: {says}.")
    return Warning("kink", message(
        said, where=entry(_quoted(program, step, apply), first(mask)), count=count, says=Message(kink.says)))


def _quoted(program: Program, step: int, apply: Apply) -> str:
    span = program.steps[step].span
    text = " ".join(program.source[span.start : span.end].split())
    return text if len(text) <= LONGEST else f"{apply.operation}(...)"


# Values that are not finite


def undefined(program: Program, values: Sequence[Array]) -> Iterator[Warning]:
    """Where nan or infinity comes from: an input, or the first steps that make it from finite numbers."""
    for step in used(program):
        value, how = values[step], program.steps[step].how
        bad = ~np.isfinite(value)
        if not bad.any():
            continue
        if isinstance(how, Input):
            yield _given(how.name, value, first(bad))
        elif isinstance(how, Apply):
            made = bad & _finite_below(how, value.shape, values)
            if made.any():
                yield _made(program, step, how, values, first(made))


def _given(name: str, value: Array, at: tuple[int, ...]) -> Warning:
    if at:
        return Warning("domain", message(
            N_("{x} has {value} at {place}, so what depends on it there means nothing."), x=name, value=number(float(value[at])), place=place(at)))
    return Warning("domain", message(N_("{x} is {value}, so what depends on it means nothing."), x=name, value=number(float(value))))


def _finite_below(apply: Apply, shape: tuple[int, ...], values: Sequence[Array]) -> Array:
    """Where everything that goes into the entry is finite (known entry by entry for elementwise operations)."""
    if apply.row.family != "elementwise":
        return np.asarray(all(bool(np.isfinite(values[r.step]).all()) for r in apply.refs))
    finite = np.ones(shape, dtype=bool)
    for ref in apply.refs:
        finite &= np.isfinite(np.broadcast_to(values[ref.step], shape))
    return finite


def _made(program: Program, step: int, apply: Apply, values: Sequence[Array], at: tuple[int, ...]) -> Warning:
    result = number(float(values[step][at]))
    whole = entry(_quoted(program, step, apply), at)
    if apply.row.family != "elementwise":
        return Warning("domain", message(
            N_("{entry} is {value}, though every number that goes into it is finite."), entry=whole, value=result))
    numbers = [_at(values[ref.step], values[step].shape, at) for ref in apply.refs]
    if apply.operation in ("div", "floor_divide", "remainder") and numbers[1] == 0:
        return Warning("domain", message(
            N_("division by zero: {entry} is {a}/{b}, which is {value}."), entry=whole, a=number(numbers[0]), b=number(numbers[1]), value=result))
    called = _called(program, step, apply)
    if len(numbers) != 1:
        return Warning("domain", message(
            N_("{function} of {arguments} is {value}, at {entry}."), function=called, arguments=_pair(numbers), value=result, entry=whole))
    return Warning("domain", message(
        N_("{function} of {argument} is {value}, at {entry}."), function=called, argument=number(numbers[0]), value=result,
        entry=entry(_argument_text(program, apply.refs[0]), _own_place(at, values[apply.refs[0].step]))))


def _pair(numbers: Sequence[float]) -> str:
    return f"({', '.join(map(number, numbers))})"


def _at(value: Array, shape: tuple[int, ...], at: tuple[int, ...]) -> float:
    return float(np.broadcast_to(value, shape)[at])


def _own_place(at: tuple[int, ...], value: Array) -> tuple[int, ...]:
    """The place in the argument, whose last axes are the result's."""
    own = at[len(at) - value.ndim :]
    return tuple(0 if size == 1 else k for k, size in zip(own, value.shape, strict=True))


def _argument_text(program: Program, ref: Ref) -> str:
    step = program[ref]
    if step.name is not None:
        return step.name
    text = " ".join(program.source[step.span.start : step.span.end].split())
    return text if len(text) <= LONGEST else f"{step.how.operation}(...)" if isinstance(step.how, Apply) else text[:LONGEST]


def _called(program: Program, step: int, apply: Apply) -> str:
    """The function by the name that was typed, be it an alias."""
    span = program.steps[step].span
    words: list[Any] = re.findall(r"\w+", program.source[span.start : span.end])
    return next((w for w in words if w in (apply.row.name, *apply.row.aliases)), apply.row.name)


def infinite(gradients: Mapping[str, Array]) -> Iterator[Warning]:
    """A gradient that is not finite though nothing on the way is wrong."""
    for name, gradient in gradients.items():
        bad = ~np.isfinite(gradient)
        if bad.any():
            at = first(bad)
            yield Warning("infinite", message(
                N_("{entry} is {value}: the slope is not finite there."), entry=entry(f"{name}.grad", at).replace("(", "").replace(")", ""),
                value=number(float(gradient[at]))))
