"""Program + inputs -> values by NumPy, without a derivative. Used where a number is needed before PyTorch is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import e, inf, nan, pi
from typing import Any

import numpy as np

from gradcli.message import N_, GradcliError, fault
from gradcli.ops.row import n
from gradcli.program.program import Apply, Constant, Input, Program, Ref, Scalar, Step, with_refs
from gradcli.report import Array

NAMED: Mapping[str, float] = {"pi": pi, "e": e, "inf": inf, "nan": nan}
"""The constants of the language."""


def number_of(value: Scalar | str) -> float:
    """A constant as a float."""
    return NAMED[value] if isinstance(value, str) else float(value)


def options_as_floats(argument: Any) -> Any:
    """An option as the numeric columns take it: Fractions become floats, everything else stays."""
    return float(argument) if isinstance(argument, Fraction) else argument


def values_of(program: Program, point: Mapping[str, Array], upto: Ref | None = None) -> list[Array]:
    """The value of every step (up to and with `upto`), in order, in the dtype of the inputs (float64 without any)."""
    last = program.output.step if upto is None else upto.step
    known: list[Array] = []
    extend_values(known, program.steps[: last + 1], point, program.source)
    return known


def extend_values(known: list[Array], steps: Sequence[Step], point: Mapping[str, Array], source: str) -> None:
    """Adds the values of the steps that `known` does not hold yet."""
    dtype = np.result_type(np.float32, *(a.dtype for a in point.values())) if point else np.dtype(np.float64)
    for step in steps[len(known) :]:
        match step.how:
            case Input(name):
                known.append(np.asarray(point[name]))
            case Constant(value):
                known.append(np.asarray(number_of(value) if not isinstance(value, np.ndarray) else value, dtype))
            case Apply() as apply:
                try:
                    known.append(np.asarray(applied(apply, known)))
                except GradcliError as error:
                    raise error.at(step.span, source) from None


def constant_values(program: Program) -> dict[int, Array]:
    """The values of the steps that depend on no input, by their places."""
    known: dict[int, Array] = {}
    for place, step in enumerate(program.steps):
        if isinstance(step.how, Constant):
            value = step.how.value
            known[place] = np.asarray(number_of(value) if not isinstance(value, np.ndarray) else value, np.float64)
        elif isinstance(step.how, Apply) and step.how.refs and all(r.step in known for r in step.how.refs):
            known[place] = np.asarray(applied(step.how, known))
    return known


def applied(apply: Apply, known: Sequence[Array] | Mapping[int, Array]) -> Any:
    """The row's NumPy column on the values of its arguments."""
    try:
        with np.errstate(all="ignore"):
            return apply.row.numpy(n, *(filled(a, known) for a in apply.arguments))
    except IndexError:
        if not any(param.kind in ("index", "target", "items") for param in apply.row.takes):
            raise  # which a shape column should have told
        raise fault("domain", N_("an index or a class is out of range here"), hint=N_("they count from 0")) from None


def filled(argument: Any, known: Sequence[Any] | Mapping[int, Any]) -> Any:
    """An argument with its references replaced by values, as a numeric column takes it."""
    return options_as_floats(with_refs(argument, lambda ref: known[ref.step]))
