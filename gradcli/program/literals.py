"""Numbers as they are written -> exact numbers and arrays of numbers. Knows no steps and no shapes of inputs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import isfinite, isinf
from typing import Any

import numpy as np

from gradcli.message import N_, GradcliError, fault, limit
from gradcli.report import Array
from gradcli.shapes import check_axes, written
from gradcli.syntax import tree as t

MAX_EXACT_BITS = 4_096
"""An exact number longer than this is taken as a float: its digits are nobody's question."""

_EXACT: Mapping[str, Callable[[Fraction, Fraction], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip


def too_large() -> GradcliError:
    """Of a number that is finite and that no tensor holds: it is not infinity."""
    return limit(N_("this number is too large: the largest float64 is 1.8e308"), hint=N_("inf  is infinity"))


def refuse_outside(sign: str, a: float, b: float, result: float) -> None:
    """Raises GradcliError (limit) where arithmetic of finite numbers left the floats; 0**-1 is infinity and did not."""
    if sign not in ("+", "-", "*", "**") or not (isfinite(a) and isfinite(b)) or (sign == "**" and a == 0):
        return
    if isinf(result):
        raise too_large()
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
