"""Numbers as they are written, and a program + its inputs -> values by NumPy, without a derivative. Used where a number
is needed before PyTorch is."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import e, inf, isfinite, isinf, nan, pi
from typing import Any

import numpy as np

from gradcli.message import N_, GradcliError, fault, limit
from gradcli.ops.elementwise import MASKS
from gradcli.ops.row import n
from gradcli.program.program import Apply, Constant, Input, Program, Ref, Scalar, Step, with_refs
from gradcli.report import Array
from gradcli.shapes import check_axes, written
from gradcli.syntax import tree as t

NAMED: Mapping[str, float] = {"pi": pi, "e": e, "inf": inf, "nan": nan}
"""The constants of the language."""
MAX_EXACT_BITS = 4_096
"""An exact number longer than this is taken as a float: its digits are nobody's question."""

_EXACT: Mapping[str, Callable[[Fraction, Fraction], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip
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
            return apply.row.numpy(n, *(with_values(a, known) for a in apply.arguments))
    except IndexError:
        if not any(param.kind in ("index", "target", "items") for param in apply.row.takes):
            raise  # which a shape column should have told
        raise fault("domain", N_("an index or a class is out of range here"), hint=N_("they count from 0")) from None


def with_values(argument: Any, known: Sequence[Any] | Mapping[int, Any]) -> Any:
    """An argument with its references replaced by values, as a numeric column takes it."""
    return options_as_floats(with_refs(argument, lambda ref: known[ref.step]))


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


def refuse_outside(sign: str, a: float, b: float, result: float) -> None:
    """Raises GradcliError (limit) where arithmetic of finite numbers left the floats; 0**-1 is infinity and did not."""
    if sign not in ("+", "-", "*", "**") or not (isfinite(a) and isfinite(b)) or (sign == "**" and a == 0):
        return
    if isinf(result):
        raise limit(N_("this number is too large: the largest float64 is 1.8e308"), hint=N_("inf  is infinity"))
    if sign == "**" and result == 0:
        raise limit(N_("this number is too small: the smallest float64 is 5e-324"), hint=N_("write  0"))


def exact(sign: str, a: Fraction, b: Fraction) -> Fraction | None:
    """Arithmetic of two known numbers, kept exact; None where it must be a float or an error of its own."""
    if sign in ("/", "//", "%") and b == 0:
        return None
    if sign == "/":
        return _bounded(a / b)
    if sign == "**":
        bits = max(a.numerator.bit_length(), a.denominator.bit_length())
        if b.denominator != 1 or bits * abs(b) > MAX_EXACT_BITS or (a == 0 and b < 0):
            return None
        return _bounded(Fraction(a ** int(b)))
    return _bounded(Fraction(_EXACT[sign](a, b))) if sign in _EXACT else None


def _bounded(value: Fraction) -> Fraction | None:
    return value if max(value.numerator.bit_length(), value.denominator.bit_length()) <= MAX_EXACT_BITS else None


def literal(node: t.Expression) -> Array | None:
    """Nested lists of written numbers as one float64 array; None where anything else stands in them.

    Raises GradcliError (shape) for rows that differ, (limit) for more lists in one another than a tensor has axes.
    """
    if isinstance(node, t.Number):
        return np.float64(node.value)  # type: ignore[return-value]
    if isinstance(node, t.Unary) and node.operator == "-" and isinstance(node.operand, t.Number):
        return np.float64(-node.operand.value)  # type: ignore[return-value]
    if not isinstance(node, t.Sequence) or not node.items:
        return None
    items = [literal(i) for i in node.items]
    if any(i is None for i in items):
        return None
    shapes = [i.shape for i in items if i is not None]
    if len(set(shapes)) > 1:
        place = next(k for k, shape in enumerate(shapes) if shape != shapes[0])
        raise fault(
            "shape",
            N_("the rows of the list differ: row 0 is {a}, row {k} is {b}"),
            a=written(shapes[0]),
            b=written(shapes[place]),
            k=place,
        ).at(node.items[place].span)
    try:
        check_axes(1 + len(shapes[0]), "[...]")
    except GradcliError as error:
        raise error.at(node.span) from None
    return np.array(items, dtype=np.float64)


def as_array(values: Sequence[Any]) -> Array | None:
    """Known numbers as a float64 array of one axis; None where one of them is a tensor, a text or a truth."""
    if not all(isinstance(v, (Fraction, float)) and not isinstance(v, bool) for v in values):
        return None
    return np.array([float(v) for v in values], dtype=np.float64)
