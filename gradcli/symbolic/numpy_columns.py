"""An elementwise operation of an expression -> the NumPy column that computes it, from its operands' values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np
from sympy import Expr

from gradcli.ops import TABLE
from gradcli.ops.libraries import n as numpy_library
from gradcli.ops.row import Row
from gradcli.program.values import options_as_floats
from gradcli.report import Array
from gradcli.symbolic.dims import Quotient, Remainder
from gradcli.symbolic.scalars import NOTHING, Above, AtLeast, Atomic, Delta, Equal, Place, Where, as_float
from gradcli.symbolic.tensor_graph import Node

_SYMPY_NAMES = {"Abs": "abs"}


def operands(e: Expr) -> list[Expr]:
    if isinstance(e, Atomic):
        return [e.args[k] for k in e.row.tensor_places]
    return list(e.args)


def function(e: Expr) -> Callable[..., Any]:
    """How an elementwise expression is computed from its operands' values."""
    if e.is_Add:
        return lambda *terms: reduce(np.add, terms)
    if isinstance(e, Atomic):
        return partial(_atomic, e)
    own = _OWN.get(type(e))
    if own is not None:
        return own
    row = row_of(e)
    return lambda *u: row.numpy(numpy_library, *(np.asarray(a, dtype=np.float64) for a in u))


def _atomic(e: Atomic, *values: Array) -> Any:
    """The row's NumPy column on the values of its tensors and its options."""
    given = options_of(e)
    for place, value in zip(e.row.tensor_places, values, strict=True):
        given[place] = np.asarray(value, dtype=np.float64)
    return e.row.numpy(numpy_library, *given)


def row_of(e: Expr) -> Row:
    """The row of a function that SymPy has."""
    return TABLE[_SYMPY_NAMES.get(type(e).__name__, type(e).__name__)]


def options_of(e: Atomic) -> list[Any]:
    """An argument for each parameter of the row, as its column takes it: None in the places of its tensors."""
    return [_option(a, p.kind) for a, p in zip(e.args, e.row.takes, strict=True)]


def _option(argument: Expr, kind: str) -> Any:
    if argument is NOTHING or kind == "tensor":
        return None
    if kind == "text":
        return str(argument)
    return int(argument) if kind in ("integer", "dim") else float(argument)


def applied(node: Node, tensor: Callable[[str], Array]) -> Array:
    """A primitive's row on the values of its tensors."""
    assert node.primitive is not None
    arguments = [tensor(a.name) if isinstance(a, Node) else options_as_floats(a) for a in node.primitive.arguments]
    with np.errstate(all="ignore"):
        return np.asarray(node.primitive.row.numpy(numpy_library, *arguments))


def to_the(a: Array, exponent: Expr) -> Any:
    base = np.asarray(a, dtype=np.float64)
    if exponent.is_Integer and exponent < 0:
        return 1.0 / base ** -as_float(exponent)
    return base ** as_float(exponent)


def power_log(a: Array, b: Array) -> Any:
    """a**b log(a), which PyTorch takes as 0 where a = 0 and b >= 0."""
    return np.where((a == 0) & (b >= 0), 0.0, np.asarray(a, dtype=np.float64) ** b * np.log(a))


def _place(entry: Array, size: Array) -> Array:
    whole = np.asarray(entry).astype(np.int64)
    return np.where(whole < 0, whole + size, whole)


_OWN: dict[type, Callable[..., Any]] = {
    Delta: lambda a, b: (a == b).astype(np.float64),
    Equal: lambda a, b: (a == b).astype(np.float64),
    Above: lambda a, b: (a > b).astype(np.float64),
    AtLeast: lambda a, b: (a >= b).astype(np.float64),
    Where: lambda c, a, b: np.where(c != 0, a, b),
    Quotient: lambda e, n: e // n,
    Remainder: lambda e, n: e % n,
    Place: _place,
}
