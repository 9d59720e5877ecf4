"""A program and the values of its steps -> where it is not smooth, not finite or singular at that point, and where
PyTorch is known to be inexact. Facts alone: knows no sentence about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcli.ops.row import Kink, n
from gradcli.program.program import Apply, Input, Paths, Program, Step, paths
from gradcli.program.values import with_values
from gradcli.report import Array


@dataclass(frozen=True, slots=True)
class KinkedStep:
    """A step without a derivative at its arguments: the entries where `mask` is True; `says` what PyTorch takes."""

    step: int
    says: str
    mask: Array


@dataclass(frozen=True, slots=True)
class NotFinite:
    """A step that is nan, or infinite, where `mask` is True: an input as it was given, or a result whose arguments are
    finite there."""

    step: int
    mask: Array


def kinks(program: Program, values: Sequence[Array], wrt: Sequence[str], order: int = 1) -> Iterator[KinkedStep]:
    """The steps on the way from the variables to the output that have no derivative, up to this order, at this point.

    `values` holds the value of every step up to the output, float64.
    """
    on_the_way = paths(program, tuple(wrt))
    for step in sorted(on_the_way.carrying):
        how = program.steps[step].how
        if not isinstance(how, Apply):
            continue
        for kink in (*how.row.kinks, *(how.row.slope_kinks if order > 1 else ())):
            mask = _kink_mask(kink, how, values, on_the_way)
            if mask.any():
                yield KinkedStep(step, kink.says, mask)


def _kink_mask(kink: Kink, apply: Apply, values: Sequence[Array], on_the_way: Paths) -> Array:
    with np.errstate(all="ignore"):
        mask = np.asarray(kink.at(n, *(with_values(a, values) for a in apply.arguments)), dtype=bool)
    if apply.operation == "pow" and apply.refs[1].step not in on_the_way.reached:
        mask = mask & (values[apply.refs[1].step] != 0)  # x**0 is 1 everywhere: smooth in x
    return mask


def singular(program: Program, values: Sequence[Array]) -> Iterator[int]:
    """The steps that are determinants and 0: the formula divides by them, and PyTorch gives 0 for a gradient that need
    not be."""
    for step in program.used():
        how = program.steps[step].how
        if isinstance(how, Apply) and how.operation == "det" and (values[step] == 0).any():
            yield step


def undefined(program: Program, values: Sequence[Array]) -> Iterator[NotFinite]:
    """Where nan and infinity come from: an input, or the steps that make them from finite numbers."""
    for step in program.used():
        value, how = values[step], program.steps[step].how
        for bad in (np.isnan(value), np.isinf(value)):
            if isinstance(how, Apply) and bad.any():
                bad = bad & _finite_arguments(how, value.shape, values)
            if isinstance(how, Input | Apply) and bad.any():
                yield NotFinite(step, bad)


def _finite_arguments(apply: Apply, shape: tuple[int, ...], values: Sequence[Array]) -> Array:
    """Where everything that goes into the entry is finite (known entry by entry for elementwise operations)."""
    if apply.row.family != "elementwise":
        return np.asarray(all(bool(np.isfinite(values[r.step]).all()) for r in apply.refs))
    finite = np.ones(shape, dtype=bool)
    for ref in apply.refs:
        finite &= np.isfinite(np.broadcast_to(values[ref.step], shape))
    return finite


def deviation(program: Program, values: Sequence[Array], order: int = 1) -> tuple[str, float] | None:
    """The largest documented deviation of PyTorch that this program meets at this point, with the bound of all: a
    product has the relative errors of its factors together, and a derivative of an order has each factor so often."""
    used = (program.steps[place] for place in program.used())
    met = [largest for step in used if (largest := _largest_deviation(step, values, order)) is not None]
    if not met:
        return None
    _, says = max(met)
    return says, order * sum(bound for bound, _ in met)


def _largest_deviation(step: Step, values: Sequence[Array], order: int) -> tuple[float, str] | None:
    """The largest deviation that derivatives up to this order of one step have at its arguments, and what it is."""
    if not isinstance(step.how, Apply) or not step.how.row.deviations:
        return None
    arguments = [with_values(a, values) for a in step.how.arguments]
    with np.errstate(all="ignore"):
        met = [(d.bound, d.says) for d in step.how.row.deviations if d.order <= order and np.any(d.at(n, *arguments))]
    return max(met, default=None)
