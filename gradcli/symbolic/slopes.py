"""A row of the table -> its partials as SymPy finds them, from the function in SymPy's own words (the `sympy` column).

Their words are still SymPy's; `scalars` says them in the table's.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy
from sympy import Dummy, Expr

from gradcli.ops.row import Row

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
