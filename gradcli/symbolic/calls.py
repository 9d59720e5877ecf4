"""A function in an expression -> the row it is a call of, and its arguments as the row's columns take them."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr

from gradcli.ops import TABLE
from gradcli.ops.row import REQUIRED, Row
from gradcli.symbolic.scalars import NOTHING, Atomic

_SYMPY_NAMES = {"Abs": "abs"}


def row_of(e: Expr) -> Row:
    """The row of a function, which is one of the table's or one that SymPy has, too."""
    return e.row if isinstance(e, Atomic) else TABLE[_SYMPY_NAMES.get(type(e).__name__, type(e).__name__)]


def operands(e: Expr) -> list[Expr]:
    """The arguments that are tensors' entries."""
    return [e.args[k] for k in row_of(e).tensor_places]


def options(e: Expr) -> list[Any]:
    """An argument for each parameter of the row, as its numeric columns take it: None in the places of its tensors."""
    return [_option(a, p.kind) for a, p in zip(e.args, row_of(e).takes, strict=True)]


def _option(argument: Expr, kind: str) -> Any:
    if argument is NOTHING or kind == "tensor":
        return None
    if kind == "text":
        return str(argument)
    return int(argument) if kind in ("integer", "dim") else float(argument)


def arguments(e: Expr) -> list[Expr]:
    """The arguments without the options at the end that have their default (or no effect)."""
    last = len(e.args)
    takes = row_of(e).takes
    while isinstance(e, Atomic) and last and _is_default(e.args[last - 1], takes[last - 1].default):
        last -= 1
    return list(e.args[:last])


def _is_default(value: Expr, default: Any) -> bool:
    if value is NOTHING or value == sympy.oo:
        return True
    if default is REQUIRED or default is None:
        return False
    return str(value) == default if isinstance(default, str) else bool(value == sympy.Rational(str(default)))
