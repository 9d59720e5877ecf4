"""The scalars a formula is made of: entries of tensors, deltas, brackets, sums, and the table's own functions.

SymPy's Sum, Piecewise, KroneckerDelta, Max and Abs are not used: their constructors rewrite what stands inside (a
Piecewise under a Sum leaks its index; sign differentiates to DiracDelta). These classes rewrite only what is stated.
Every scalar is real.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar, cast

import sympy
from sympy import Expr, Integer

from gradcli.ops.row import Row
from gradcli.symbolic.dims import ONE, ZERO, Index, Ranged, is_nonnegative


class Unknown(Expr):
    """A number of which it is known for good that nothing more is known: SymPy would look for a proof of each of
    these facts, every time anew and in vain, for every new expression that it stands in."""

    is_commutative = is_real = True
    is_zero = is_nonzero = is_positive = is_negative = is_nonnegative = is_nonpositive = None
    is_extended_nonzero = is_extended_positive = is_extended_negative = None
    is_extended_nonnegative = is_extended_nonpositive = None
    is_integer = is_noninteger = is_rational = is_irrational = is_algebraic = is_transcendental = None
    is_even = is_odd = is_prime = is_composite = None


class Entry(Unknown):
    """One entry of a tensor, `x[i, j]`; a scalar's only entry has no indices.
    args: the tensor's Symbol, the indices."""

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def indices(self) -> tuple[Expr, ...]:
        return self.args[1:]

    def sort_key(self, order: str | None = None) -> Any:
        """By name, then by indices: the key that SymPy finds by asking for factors and powers first."""
        inside = (len(self.args), tuple(a.sort_key(order) for a in self.args))
        return self.class_key(), inside, ONE.sort_key(), ONE


class Flag(sympy.Function):
    """What is 0 or 1: its powers are itself, and its derivative is 0. It compares two."""

    nargs = (2,)
    is_real = True
    is_nonnegative = True

    def _eval_derivative(self, x: Expr) -> Expr:
        return ZERO

    def _eval_power(self, exponent: Expr) -> Expr | None:
        return self if exponent.is_positive else None


class Delta(Flag):
    """Kronecker's delta: 1 where two index expressions are equal."""

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        if isinstance(a, Index) and isinstance(b, Index):
            if a is b:
                return ONE
            return cls(b, a) if (a.name, a.dummy_index) > (b.name, b.dummy_index) else None
        difference = a - b
        if difference.is_Number:
            return Integer(difference == 0)
        if sympy.default_sort_key(a) > sympy.default_sort_key(b):
            return cls(b, a)
        return None


class Above(Flag):
    """[a > b]"""

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        return _known(a, b, operator.gt)


class AtLeast(Flag):
    """[a >= b]"""

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        if (a.has(Index) or b.has(Index)) and is_structural(a) and is_structural(b):
            if is_nonnegative(a - b):
                return ONE
            return ZERO if is_nonnegative(b - a - 1) else None
        return _known(a, b, operator.ge)


class Equal(Flag):
    """[a == b], for values."""

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        if isinstance(a, Flag) and b == 0:
            return ONE - a
        return _known(a, b, operator.eq)


def _known(a: Expr, b: Expr, holds: Callable[[Expr, Expr], Any]) -> Expr | None:
    return Integer(bool(holds(a, b))) if a.is_Rational and b.is_Rational else None


class Place(Ranged):
    """An entry of a tensor of whole numbers, used as an index into an axis of size n; -1 is the last place."""


def is_structural(e: Expr) -> bool:
    """True if e depends on indices and sizes alone, not on any tensor's values (nor on what stands in for one): it is
    made of whole numbers by arithmetic, which log(2) is not."""
    if e.has(Entry, Atomic, sympy.exp, sympy.log, sympy.NumberSymbol):
        return False
    return all(s.is_integer for s in e.free_symbols) and all(p.exp.is_Integer for p in atoms(e, sympy.Pow))


class Where(sympy.Function):
    """a where the 0/1 scalar c is 1, else b; the branch not taken is not looked at, even if it is nan."""

    nargs = (3,)
    is_real = True

    @classmethod
    def eval(cls, c: Expr, a: Expr, b: Expr) -> Expr | None:
        if a == b:
            return a
        if c.is_Number:
            return b if c == 0 else a
        if isinstance(1 - c, Flag):
            return cls(1 - c, b, a)
        if isinstance(b, cls) and b.args[0] == c:
            return cls(c, a, b.args[2])
        return c if (a, b) == (ONE, ZERO) and isinstance(c, Flag) else None

    def _eval_derivative(self, x: Expr) -> Expr:
        c, a, b = self.args
        da, db = a.diff(x), b.diff(x)
        if is_structural(c):  # which piece of a tensor this is: a bracket contracts with deltas, a Where would not
            return c * da + (1 - c) * db if db != 0 else c * da
        return Where(c, da, db)


class Bound(Unknown):
    """What a sum and a product over indices share. args: the body, the bound indices."""

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def bound(self) -> tuple[Index, ...]:
        return cast("tuple[Index, ...]", self.args[1:])

    def _eval_derivative(self, x: Expr) -> Expr:
        raise NotImplementedError("it is a tensor of its own before it is differentiated")

    def _xreplace(self, rule: Mapping[Expr, Expr]) -> tuple[Expr, bool]:
        """Substitution that captures nothing: bound indices are left alone, and renamed where a new value names one."""
        if self in rule:
            return rule[self], True
        outside = {old: new for old, new in rule.items() if old not in self.bound}
        if any(k in free_indices(new) for k in self.bound for new in outside.values()):
            fresh = {k: Index(k.dim, k.name) for k in self.bound}
            return type(self)(self.body.xreplace(fresh).xreplace(outside), *fresh.values()), True
        body, changed = self.body._xreplace(outside)
        return (type(self)(body, *self.bound), True) if changed else (self, False)


class Sigma(Bound):
    """The sum of a body over bound indices. Built by `deltas.total`, which knows how."""


class Pi(Bound):
    """The product of a body over bound indices."""


class log(sympy.log):
    """SymPy's logarithm without its search for signs and imaginary parts, which takes milliseconds for log(1 + exp(x)).
    Of a negative number it stays as it is, and is nan as a number. Its name is the one that is written."""

    @classmethod
    def eval(cls, u: Expr) -> Expr | None:
        if isinstance(u, sympy.exp):
            return u.exp
        return sympy.log(u) if u.is_number and u.is_nonnegative else None


class Atomic(Unknown, sympy.Function):
    """A function of the table that is kept as it is (`sigmoid`, `relu`), without SymPy's search for periods, signs and
    special values each time that one is made.

    args: one for each parameter of the row, tensors' entries and options alike.
    """

    row: Row

    def _eval_evalf(self, prec: int) -> None:
        """Nothing: SymPy would look for an mpmath function of the same name, whatever that does."""


def number(value: Fraction | float | int | str | Expr) -> Expr:
    """An exact number where the value is one; a float that is none (it came of a rounding) as the shortest decimal."""
    if isinstance(value, Expr):  # it follows from sizes
        return value
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    if isinstance(value, str):
        return number(Fraction(value))
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return {"inf": sympy.oo, "-inf": -sympy.oo}.get(str(value), sympy.nan)
        return sympy.Rational(Fraction(repr(value)))
    return Integer(value)


def as_float(e: Expr) -> float:
    """A number as a float; one too large for a float is infinite, as it is in the float arithmetic of PyTorch."""
    try:
        return float(e)
    except OverflowError:
        return float("inf") if e > 0 else float("-inf")


Node = TypeVar("Node", bound=Expr)


def atoms(e: Expr, kind: type[Node]) -> frozenset[Node]:
    """Every subexpression of a kind, as SymPy's `e.atoms(kind)`."""
    key: Any = kind  # a class can be a key, which mypy does not see
    return _atoms(e, key)


@lru_cache(1 << 14)
def _atoms(e: Expr, kind: type) -> frozenset[Any]:
    """Known of each subexpression from the first time on: derivatives are made of the same ones over and over."""
    inside = (_atoms(a, kind) for a in e.args)
    return frozenset((e,) if isinstance(e, kind) else ()).union(*inside)


@lru_cache(1 << 14)
def free_indices(e: Expr) -> frozenset[Index]:
    """The indices that an expression varies with, known of its parts as `atoms` is."""
    if isinstance(e, Index):
        return frozenset((e,))
    inside: frozenset[Index] = frozenset().union(*map(free_indices, e.args))
    return inside.difference(e.bound) if isinstance(e, Bound) else inside


def in_order(found: Iterable[Node]) -> list[Node]:
    """Expressions in an order that is the same in every run; one alone needs no comparing."""
    some = list(found)
    return sorted(some, key=sympy.default_sort_key) if len(some) > 1 else some


def weight(e: Expr, most: int = 10_000) -> int:
    """How large an expression is: its operations, functions and entries, counted up to `most`. SymPy's own count
    looks at signs and quotients and takes a hundred times as long."""
    count, waiting = 0, [e]
    while waiting and count < most:
        one = waiting.pop()
        if isinstance(one, Entry):
            count += 1
        elif one.args:
            count += len(one.args) - 1 if one.is_Add or one.is_Mul else 1
            waiting.extend(one.args)
    return count


def depth(e: Expr) -> int:
    """How many functions and powers stand inside each other."""
    if isinstance(e, Entry) or not e.args:
        return 0
    return max(map(depth, e.args)) + (not (e.is_Add or e.is_Mul))
