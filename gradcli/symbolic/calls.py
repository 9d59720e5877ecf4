"""The table's functions in formulas: the class of each row, its partials, and its arguments as the columns take them.

A row without a column for its partials has them from SymPy, out of the function in SymPy's own words (the `sympy`
column).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sympy
from sympy import Dummy, Expr, Integer, Mul, Symbol

from gradcli.ops import TABLE
from gradcli.ops.row import REQUIRED, Row
from gradcli.program.values import MAX_EXACT_BITS
from gradcli.symbolic.dims import ONE, ZERO
from gradcli.symbolic.scalars import Above, AtLeast, Atomic, Entry, Equal, Where, as_float, log, number

NOTHING = Symbol("None")
"""An option that was left out (`clamp(x, min=0)` has no max), where SymPy needs an argument."""


@cache
def atomic(name: str) -> type[Atomic]:
    """The SymPy function class of a row that has partials."""
    row = TABLE[name]
    assert row.sympy is not None or row.derivative is not None, name
    return type(row.name, (Atomic,), {"row": row, "fdiff": _partial, **_SYMMETRIES.get(row.name, {})})


def _partial(self: Atomic, argindex: int = 1) -> Expr:
    """The row's own partial, if it has one, else SymPy's."""
    arguments = tuple(None if a is NOTHING else a for a in self.args)
    partials = self.row.derivative
    column = None if partials is None else partials[self.row.tensor_places.index(argindex - 1)]
    if column is not None:
        return sympy.sympify(column(SCALARS, *arguments, self))
    stand_in = stand_ins(self.row, arguments)
    found = slope_in_tables_words(self.row.name, argindex - 1, stand_in)
    return found.xreplace({**dict(zip(stand_in, self.args, strict=True)), RESULT: self})


@cache
def slope_in_tables_words(name: str, place: int, arguments: tuple[Any, ...]) -> Expr:
    """SymPy's partial of a function."""
    return in_tables_words(slope(TABLE[name], place, arguments))


RESULT = Dummy("y", real=True)
"""What stands for the function's value in its partials."""


def stand_ins(row: Row, options: tuple[Any, ...]) -> tuple[Any, ...]:
    """A real symbol for each argument that is a number, so that one partial serves them all; others as they are."""
    return tuple(
        option if option is None or param.kind == "text" else _stand_in(place, param.kind)
        for place, (param, option) in enumerate(zip(row.takes, options, strict=True))
    )


@cache
def _stand_in(place: int, kind: str) -> Dummy:
    known = {"integer": True, "nonnegative": True} if kind == "integer" else {"real": True}
    return Dummy(f"u{place}", **known)


def slope(row: Row, place: int, arguments: tuple[Any, ...]) -> Expr:
    """The partial in the argument at this place, in the function's own value where that stands in it: tanh' is
    1 - y**2."""
    assert row.sympy is not None, row.name
    value = sympy.sympify(row.sympy(sympy, *arguments))
    factor, rest = value.as_independent(*value.free_symbols, as_Add=False)
    return value.diff(arguments[place]).subs(rest, RESULT / factor)


def _magnitude(kind: type[Expr], u: Expr) -> Expr | None:
    """|-u| = |u| and |c u| = |c| |u| for a number c."""
    if u.is_Number:
        return abs(u)
    c, rest = u.as_coeff_Mul()
    return None if c == 1 else abs(c) * kind(rest)


def _power_of_magnitude(e: Expr, exponent: Expr) -> Expr | None:
    """|u|² = u²"""
    u: Expr = e.args[0]
    return u**exponent if exponent.is_Integer and exponent.is_even else None


def _odd(kind: type[Expr], u: Expr) -> Expr | None:
    """f(-u) = -f(u), and f(0) = 0."""
    if u == 0:
        return ZERO
    return -kind(-u) if u.could_extract_minus_sign() else None


def _even(kind: type[Expr], u: Expr) -> Expr | None:
    """f(-u) = f(u), and f(0) = 1."""
    if u == 0:
        return ONE
    return kind(-u) if u.could_extract_minus_sign() else None


_ODD = ("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf", "erfinv")
_SYMMETRIES: Mapping[str, Mapping[str, Any]] = {
    "abs": {"eval": classmethod(_magnitude), "_eval_power": _power_of_magnitude},
    **{name: {"eval": classmethod(_odd)} for name in _ODD},
    **{name: {"eval": classmethod(_even)} for name in ("cos", "cosh")},
}
"""What SymPy asks a class of functions to do when one is made, by the row's name."""


_ELEMENTARY = {"exp": sympy.exp, "log": log, "sqrt": sympy.sqrt}
"""SymPy's own, for their algebra: exp(a)*exp(b), log(exp(a)), sqrt(a)**2. The others are the table's."""


class Scalars:
    """The vocabulary `s` of the table's `scalar` and `derivative` columns."""

    pi = sympy.pi
    number = staticmethod(number)

    def __getattr__(self, name: str) -> Any:
        if name in _ELEMENTARY:
            return _ELEMENTARY[name]
        kind = atomic(name)
        return lambda *arguments: kind(*(NOTHING if a is None else a for a in arguments))

    @staticmethod
    def gt(a: Any, b: Any) -> Expr:
        return Above(a, b)

    @staticmethod
    def ge(a: Any, b: Any) -> Expr:
        return AtLeast(a, b)

    @staticmethod
    def lt(a: Any, b: Any) -> Expr:
        return Above(b, a)

    @staticmethod
    def le(a: Any, b: Any) -> Expr:
        return AtLeast(b, a)

    @staticmethod
    def eq(a: Any, b: Any) -> Expr:
        return Equal(a, b)

    @staticmethod
    def ne(a: Any, b: Any) -> Expr:
        return 1 - Equal(a, b)

    @staticmethod
    def where(c: Any, a: Any, b: Any) -> Expr:
        return Where(c, a, b)


SCALARS = Scalars()


# Calls

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


# What SymPy made of them


def is_long_power(function: str, of: Sequence[Expr]) -> bool:
    """Whether the function is a power of numbers that SymPy would write out, with more digits than is anybody's
    question: 3**(10**10), and exp(10**10*log(3)), which it takes for the same."""
    if function not in ("pow", "exp", "exp2") or not all(e.is_number and not e.has(Atomic) for e in of):
        return False
    base, exponent = of if function == "pow" else (Integer(2), of[0])
    bits = max(base.p.bit_length(), base.q.bit_length()) if base.is_Rational else max(abs(as_float(base)), 2.0)
    return bool(bits * abs(as_float(exponent)) > MAX_EXACT_BITS)


def in_tables_words(e: Expr) -> Expr:
    """A formula in SymPy's functions as one in the table's: those that bear its names, and those of `_WORDS`."""
    if not e.args or isinstance(e, Entry):
        return e
    if isinstance(e, sympy.Piecewise):
        return _choice([tuple(map(in_tables_words, piece.args)) for piece in e.args])
    arguments = tuple(map(in_tables_words, e.args))
    word = _WORDS.get(type(e))
    if word is None and isinstance(e, sympy.Function) and type(e).__module__.startswith("sympy."):
        word = atomic(type(e).__name__)
    if word is not None:
        return word(*arguments)
    return e if all(map(operator.is_, arguments, e.args)) else e.func(*arguments)


def _choice(pieces: Sequence[Sequence[Expr]]) -> Expr:
    """Values with conditions, of which the first that holds is taken; the last always does."""
    *others, (rest, _) = pieces
    for value, condition in reversed(others):
        rest = value * condition if value.is_Number and rest == 0 else Where(condition, value, rest)
    return rest


_WORDS: Mapping[type, Callable[..., Expr]] = {
    sympy.exp: sympy.exp,
    sympy.log: log,
    sympy.Abs: lambda u: atomic("abs")(u),
    sympy.polygamma: lambda n, u: atomic("digamma")(u) if n == 0 else atomic("polygamma")(n, u),
    sympy.besseli: lambda n, u: atomic(f"i{n}")(u),
    sympy.Gt: Above,
    sympy.Ge: AtLeast,
    sympy.Lt: Scalars.lt,
    sympy.Le: Scalars.le,
    sympy.And: Mul,
}
"""What SymPy's functions, comparisons and `And` are called here, where it is another name."""


def use_stable_functions(e: Expr) -> Expr:
    """SymPy's Abs and sign, which its simplifications bring in (sqrt(x**2)), as the table's functions; log(1 + exp(u))
    as softplus(u), whose value and derivative do not overflow."""
    e = in_tables_words(e) if e.has(sympy.Abs, sympy.sign) else e
    u = e.args[0] - 1 if isinstance(e, log) and e.args[0].is_Add else None
    return atomic("softplus")(u.args[0], ONE, sympy.oo) if isinstance(u, sympy.exp) else e
