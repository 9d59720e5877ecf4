"""The scalars a formula is made of: entries of tensors, deltas, brackets, sums, and the table's own functions.

SymPy's Sum, Piecewise, KroneckerDelta, Max and Abs are not used: their constructors rewrite what stands inside (a
Piecewise under a Sum leaks its index; sign differentiates to DiracDelta). These classes rewrite only what is stated.
Every scalar is real.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

import sympy
from sympy import Expr, Integer, Mul, Symbol

from gradcli.ops import TABLE
from gradcli.ops.row import Row
from gradcli.program.values import MAX_EXACT_BITS
from gradcli.symbolic.dims import ONE, ZERO, Index, Ranged, is_nonnegative
from gradcli.symbolic.slopes import RESULT, slope, stand_ins


class Unknown(Expr):
    """A number of which it is known for good that nothing more is known: SymPy would look for a proof of each of
    these facts, every time anew and in vain, for every new expression that it stands in."""

    is_real = True
    is_zero = is_nonzero = is_positive = is_negative = is_nonnegative = is_nonpositive = None
    is_extended_nonzero = is_extended_positive = is_extended_negative = None
    is_extended_nonnegative = is_extended_nonpositive = None
    is_integer = is_noninteger = is_rational = is_irrational = is_algebraic = is_transcendental = None
    is_even = is_odd = is_prime = is_composite = None


class Entry(Unknown):
    """One entry of a tensor, `x[i, j]`; a scalar's only entry has no indices.
    args: the tensor's Symbol, the indices."""

    is_commutative = True

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def indices(self) -> tuple[Expr, ...]:
        return self.args[1:]

    def sort_key(self, order: str | None = None) -> Any:
        """By name, then by indices: the key that SymPy finds by asking for factors and powers first."""
        one = ONE.sort_key()
        inside = (len(self.args), tuple(a.sort_key(order) for a in self.args))
        return self.class_key(), inside, one, ONE


class Flag(sympy.Function):
    """What is 0 or 1: its powers are itself, and its derivative is 0."""

    is_real = True
    is_nonnegative = True

    def _eval_derivative(self, x: Expr) -> Expr:
        return ZERO

    def _eval_power(self, exponent: Expr) -> Expr | None:
        return self if exponent.is_positive else None


class Delta(Flag):
    """Kronecker's delta: 1 where two index expressions are equal."""

    nargs = (2,)

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        if isinstance(a, Index) and isinstance(b, Index):
            if a is b:
                return ONE
            return cls(b, a) if (a.name, a.dummy_index) > (b.name, b.dummy_index) else None
        difference = a - b
        if difference.is_Number:
            return ONE if difference == 0 else ZERO
        if sympy.default_sort_key(a) > sympy.default_sort_key(b):
            return cls(b, a)
        return None


class Above(Flag):
    """[a > b]"""

    nargs = (2,)

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        return _known(a, b, lambda d: d > 0)


class AtLeast(Flag):
    """[a >= b]"""

    nargs = (2,)

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        if (a.has(Index) or b.has(Index)) and is_structural(a) and is_structural(b):
            if is_nonnegative(a - b):
                return ONE
            return ZERO if is_nonnegative(b - a - 1) else None
        return _known(a, b, lambda d: d >= 0)


class Equal(Flag):
    """[a == b], for values."""

    nargs = (2,)

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        if isinstance(a, Flag) and b == 0:
            return ONE - a
        return _known(a, b, lambda d: d == 0)


def _known(a: Expr, b: Expr, test: Callable[[Expr], Any]) -> Expr | None:
    if a.is_Rational and b.is_Rational:
        return ONE if test(a - b) else ZERO
    return None


class Place(Ranged):
    """An entry of a tensor of whole numbers, used as an index into an axis of size n; -1 is the last place."""

    nargs = (2,)
    is_integer = True
    is_nonnegative = True

    def _eval_derivative(self, x: Expr) -> Expr:
        return ZERO

    def highest(self) -> Expr:
        """The largest place there is (for proofs about index expressions)."""
        return self.args[1] - 1


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

    is_commutative = True

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def bound(self) -> tuple[Index, ...]:
        return cast("tuple[Index, ...]", self.args[1:])

    @property
    def free_symbols(self) -> set[Symbol]:
        return set(self.args[0].free_symbols) - set(self.args[1:])

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
    """The sum of a body over bound indices. Built by `contract`, which knows how."""


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

    def fdiff(self, argindex: int = 1) -> Expr:
        """The row's own partial, if it has one, else SymPy's."""
        arguments = tuple(map(_plain, self.args))
        partials = self.row.derivative
        column = None if partials is None else partials[self.row.tensor_places.index(argindex - 1)]
        if column is not None:
            return sympy.sympify(column(SCALARS, *arguments, self))
        stand_in = stand_ins(self.row, arguments)
        found = slope_in_tables_words(self.row.name, argindex - 1, stand_in)
        return found.xreplace({**dict(zip(stand_in, self.args, strict=True)), RESULT: self})

    def _eval_evalf(self, prec: int) -> None:
        """Nothing: SymPy would look for an mpmath function of the same name, whatever that does."""


NOTHING = Symbol("None")
"""An option that was left out (`clamp(x, min=0)` has no max), where SymPy needs an argument."""


def _plain(argument: Expr) -> Expr | None:
    return None if argument is NOTHING else argument


@cache
def slope_in_tables_words(name: str, place: int, arguments: tuple[Any, ...]) -> Expr:
    """SymPy's partial of a function."""
    return in_tables_words(slope(TABLE[name], place, arguments))


@cache
def atomic(name: str) -> type[Atomic]:
    """The SymPy function class of a row that has partials."""
    row = TABLE[name]
    assert row.sympy is not None or row.derivative is not None, name
    return type(row.name, (Atomic,), {"row": row, **_SYMMETRIES.get(row.name, {})})


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
    deepest, waiting = 0, [(e, 0)]
    while waiting:
        part, above = waiting.pop()
        if isinstance(part, Entry) or not part.args:
            continue
        here = above + (not (part.is_Add or part.is_Mul))
        deepest = max(deepest, here)
        waiting.extend((a, here) for a in part.args)
    return deepest


def is_long_power(function: str, of: Sequence[Expr]) -> bool:
    """Whether the function is a power of numbers that SymPy would write out, with more digits than is anybody's
    question: 3**(10**10), and exp(10**10*log(3)), which it takes for the same."""
    if function not in ("pow", "exp", "exp2") or not all(e.is_number and not e.has(Atomic) for e in of):
        return False
    base, exponent = of if function == "pow" else (Integer(2), of[0])
    bits = max(base.p.bit_length(), base.q.bit_length()) if base.is_Rational else max(abs(as_float(base)), 2.0)
    return bool(bits * abs(as_float(exponent)) > MAX_EXACT_BITS)


def own(e: Expr) -> Expr:
    """SymPy's Abs and sign, which its simplifications bring in (sqrt(x**2)), as the table's functions."""
    return in_tables_words(e) if e.has(sympy.Abs, sympy.sign) else e


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
    sympy.Lt: lambda a, b: Above(b, a),
    sympy.Le: lambda a, b: AtLeast(b, a),
    sympy.And: Mul,
}
"""What SymPy's functions, comparisons and `And` are called here, where it is another name."""


def softened(e: Expr) -> Expr:
    """log(1 + exp(u)) as softplus(u), whose value and derivative do not overflow."""
    u = e.args[0] - 1 if isinstance(e, log) and e.args[0].is_Add else None
    return atomic("softplus")(u.args[0], ONE, sympy.oo) if isinstance(u, sympy.exp) else e
