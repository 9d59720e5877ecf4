"""A scalar expression and an entry in it -> the partial derivative, every other entry held fixed: SymPy's `diff`.

The rules of sums, products and chains are SymPy's; a function brings its own partials (`fdiff`). Only powers are not
left to it: SymPy says x**y*y/x, which has no value at x = 0, where y*x**(y - 1) may have one.
"""

from __future__ import annotations

import operator
from functools import cache, lru_cache

import sympy
from sympy import Add, Dummy, Expr
from sympy.core.cache import clear_cache

from gradcli.symbolic import calls
from gradcli.symbolic.dims import ZERO
from gradcli.symbolic.scalars import Bound, Entry, Unknown, atoms, in_order, log
from gradcli.symbolic.tensor_graph import entries_in


def partial(e: Expr, x: Entry) -> Expr:
    """∂e/∂x. Entries that stand elsewhere in like expressions have like partials, so that each is found once."""
    sums = [part for part in in_order(atoms(e, Bound)) if not part.has(x)]  # no symbol stands for what they bind
    slots = {part: _slot(number) for number, part in enumerate([*entries_in(e), *sums])}
    return _slope(e.xreplace(slots), slots[x]).xreplace({slot: part for part, slot in slots.items()})


class Slot(Unknown, Dummy):
    """What stands for an entry, or a sum that is held fixed, while SymPy differentiates."""


@cache
def _slot(number: int) -> Slot:
    return Slot(f"u{number}")


@lru_cache(1 << 12)
def _slope(e: Expr, u: Slot) -> Expr:
    constant, rest = e.as_independent(u, as_Add=False)  # SymPy would ask for the sign of the whole
    slope = _as_powers(_as_functions(rest).diff(u))
    return Add(*(constant * term for term in slope.args)) if rest.is_Mul and slope.is_Add else constant * slope


def forget() -> None:
    """Keeps no slope any more, nor does SymPy."""
    _slope.cache_clear()
    calls.slope_in_tables_words.cache_clear()
    clear_cache()


class Power(Unknown, sympy.Function):
    """base**exponent while it is differentiated."""

    nargs = (2,)

    def fdiff(self, argindex: int = 1) -> Expr:
        """y*x**(y - 1), or x**y*log(x), which is 0 where x is 0: 0**y is 0 for every y > 0."""
        base, exponent = self.args
        if argindex == 1:
            return exponent * base ** (exponent - 1)
        return ZERO if base == 0 else base**exponent * log(base)


def _as_functions(e: Expr) -> Expr:
    """e with its powers as functions."""
    if not e.args:
        return e
    args = tuple(map(_as_functions, e.args))
    if e.is_Pow and not isinstance(e, sympy.exp):
        return Power(*args)
    return e if all(map(operator.is_, args, e.args)) else e.func(*args)


def _as_powers(e: Expr) -> Expr:
    return e.replace(Power, sympy.Pow) if e.has(Power) else e
