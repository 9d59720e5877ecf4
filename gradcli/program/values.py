"""Program + inputs -> values by NumPy, without a derivative. Used where a number is needed before PyTorch is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import e, inf, nan, pi
from typing import Any

import numpy as np

from gradcli.message import N_, GradcliError, fault
from gradcli.ops.comparisons import MASKS
from gradcli.ops.libraries import n
from gradcli.program.program import Apply, Constant, Input, Program, Ref, Scalar, Step
from gradcli.report import Array

NAMED: Mapping[str, float] = {"pi": pi, "e": e, "inf": inf, "nan": nan}
"""The constants of the language."""
CONDITIONS = frozenset(row.name for row in MASKS)
_ZEROS_AND_ONES = frozenset({"ones", "zeros", "eye", "ones_like", "zeros_like", "one_hot"})
_KEEPING = frozenset({"mul", "prod", "max", "min", "amax", "amin", "maximum", "minimum", "detach", "clone", "abs"})
"""What is a mask where every tensor that it takes is one; so is a move of entries."""


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
                known.append(_constant(value, dtype))
            case Apply() as apply:
                try:
                    known.append(np.asarray(applied(apply, known)))
                except GradcliError as error:
                    raise error.at(step.span, source) from None


def constant_values(steps: Sequence[Step], places: Iterable[int]) -> dict[int, Array]:
    """The values of those of the steps at these places, in order, that depend on no input."""
    known: dict[int, Array] = {}
    for place in places:
        match steps[place].how:
            case Constant(value):
                known[place] = _constant(value)
            case Apply(refs=refs) as apply if refs and all(ref.step in known for ref in refs):
                known[place] = np.asarray(applied(apply, known))
    return known


def _constant(value: Scalar | str | Array, dtype: Any = np.float64) -> Array:
    return np.asarray(value if isinstance(value, np.ndarray) else number_of(value), dtype)


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
    if isinstance(argument, Ref):
        return known[argument.step]
    if isinstance(argument, tuple) and argument and all(isinstance(a, Ref) for a in argument):
        return tuple(known[a.step] for a in argument)
    return options_as_floats(argument)


def is_mask(steps: Sequence[Step], ref: Ref) -> bool:
    """Whether the step is a mask, 0 or 1 in every entry whatever the inputs are: what | & ~ are for, and nothing else.
    An input is none, for the next point may have other numbers."""
    waiting, seen = [ref], set[Ref]()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        match steps[here.step].how:
            case Input():
                return False
            case Constant(value):
                if not np.isin(_constant(value), (0.0, 1.0)).all():
                    return False
            case Apply(operation) as apply:
                if operation in CONDITIONS or operation in _ZEROS_AND_ONES:
                    continue
                if operation == "where":
                    waiting += apply.refs[1:]
                elif operation == "index":
                    waiting += apply.refs[:1]
                elif operation in _KEEPING or apply.row.family == "move":
                    waiting += apply.refs
                else:
                    return False
    return True
