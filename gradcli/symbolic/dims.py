"""Sizes of axes as symbols, indices that know their range, and what can be proved about index expressions.

A formula holds for any size, so an axis of an input is a symbol (`n_x0`: axis 0 of x) unless it has size 1, which
decides how it broadcasts. Sizes that a program forces to be equal become one symbol; where an equality can't be seen
in symbols (a stride, a reshape to given numbers), the sizes concerned become the numbers they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import copy

import sympy
from sympy import Dummy, Expr, Integer, Symbol

from gradcli.program.names import fresh_name
from gradcli.shapes import Shape

Dim = Expr
"""A size: an Integer, a symbol, or a polynomial in symbols."""

ZERO, ONE = sympy.S.Zero, sympy.S.One


class Index(Dummy):
    """An index, globally unique (so that substitution never captures one), with the size of the axis it runs over."""

    dim: Dim

    def __new__(cls, dim: Dim, hint: str = "r") -> Index:
        index = super().__new__(cls, hint, integer=True, nonnegative=True)
        index.dim = dim
        return index

    def highest(self) -> Expr:
        """Its largest value."""
        return self.dim - 1


def index_for(dim: Dim, hint: str = "r") -> Expr:
    """A new index over an axis of this size; the only index of an axis of size 1 is 0."""
    return ZERO if dim == 1 else Index(dim, hint)


def indices_for(dims: tuple[Dim, ...], hint: str = "r") -> tuple[Expr, ...]:
    return tuple(index_for(d, hint) for d in dims)


class Sizes:
    """The symbols of a program's sizes, their values, and which of them are known to be equal.

    Filled by a first walk over the program, then only read: a formula is built when every equality is known.
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        """`taken` are names that a size may not have, because a tensor has it."""
        self.taken = set(taken)
        self.literal: dict[tuple[str, int], int] = {}
        """The axes of size 0 or 1, and that size."""
        self.literal_shape = False
        """Whether the shape of a value depends on which axes are of size 1."""
        self._symbols: dict[tuple[str, int], Symbol] = {}
        self.origin: dict[Symbol, tuple[str, int]] = {}
        self.values: dict[Symbol, int] = {}
        self._equal: dict[Symbol, Dim] = {}
        self.conditions: dict[tuple[Dim, str, Dim], bool] = {}
        """(a size, "==" or "<=", another): what the formulas need and the program does not, in the order found; True
        where the values do not need it either, for they broadcast."""

    def of(self, name: str, shape: Shape) -> tuple[Dim, ...]:
        """The dims of an input: a symbol for each axis, but literal 0 and 1, which decide how it broadcasts."""
        return tuple(self._axis(name, axis, len(shape), n) for axis, n in enumerate(shape))

    def _axis(self, tensor: str, axis: int, rank: int, n: int) -> Dim:
        if n <= 1:
            self.literal[tensor, axis] = n
            return Integer(n)
        if (tensor, axis) not in self._symbols:
            name = fresh_name(f"n_{tensor}{axis}" if rank > 1 else f"n_{tensor}", self.taken)  # A's axis 1, or A1's
            self.taken.add(name)
            symbol = Symbol(name, integer=True, positive=True)
            self._symbols[tensor, axis] = symbol
            self.values[symbol], self.origin[symbol] = n, (tensor, axis)
        return self.resolve(self._symbols[tensor, axis])

    @property
    def equalities(self) -> int:
        """How many are known."""
        return len(self._equal)

    def resolve(self, dim: Dim) -> Dim:
        """The dim with every known equality applied."""
        dim = sympy.sympify(dim)
        while symbols := [s for s in dim.free_symbols if s in self._equal]:
            dim = sympy.expand(dim.xreplace({s: self._equal[s] for s in symbols}))
        return dim

    def value(self, dim: Dim) -> int:
        """How large this axis is now."""
        if isinstance(dim, int):
            return dim
        if isinstance(dim, Symbol):
            return self.values[dim]
        return int(dim.xreplace({s: Integer(n) for s, n in self.values.items()}))

    def fix(self, dim: Dim) -> int:
        """The number this dim is now; from here on the formula holds for that size only."""
        for symbol in sorted(self.resolve(dim).free_symbols, key=str):
            self._equal[symbol] = Integer(self.values[symbol])
            self.require(symbol, "==", self._equal[symbol])
        return self.value(dim)

    def require(self, a: Dim, sign: str, b: Dim, broadcast: bool = False) -> None:
        """Notes that the formulas hold where a is equal to b, or at most b: it is so with the sizes given."""
        a, b = sympy.sympify(a), sympy.sympify(b)
        if a.is_Number and sign == "==":
            a, b = b, a
        if (sign == "==" and a != b) or (sign == "<=" and not is_nonnegative(b - a)):
            self.conditions[a, sign, b] = broadcast and self.conditions.get((a, sign, b), True)

    def fixed(self) -> dict[tuple[str, int], int]:
        """The axes whose size is a number in the formulas, which hold for that number only."""
        numbers = {symbol: self.resolve(symbol) for symbol in self.origin}
        return {self.origin[symbol]: int(n) for symbol, n in numbers.items() if n.is_Integer}

    def follows(self, a: Dim, sign: str, b: Dim) -> bool:
        """Whether a condition holds wherever all equalities do."""
        return sign == "<=" and is_nonnegative(self.resolve(b - a))

    def elsewhere(self) -> Iterator[Sizes]:
        """The same symbols with other values, at which all conditions hold: small ones and no two alike, so that no
        two sizes are equal by chance; else larger ones than the given."""
        free = [symbol for symbol in self.values if symbol not in self._equal]
        for sizes in (range(2, 2 + len(free)), range(1 + len(free), 1, -1), _spread(self.values[s] for s in free)):
            chosen = dict(zip(free, map(Integer, sizes), strict=True))
            values = {symbol: self.resolve(symbol).xreplace(chosen) for symbol in self.values}
            if values != self.values and all(n.is_Integer and n >= 1 for n in values.values()) and self._hold(values):
                other = copy(self)
                other.values = {symbol: int(n) for symbol, n in values.items()}
                yield other

    def _hold(self, known: Mapping[Symbol, Expr]) -> bool:
        return all(
            (b - a).xreplace(known) == 0 if sign == "==" else (b - a).xreplace(known) >= 0
            for a, sign, b in self.conditions
        )

    def unify(self, a: Dim, b: Dim) -> Dim:
        """One dim for two that must be equal (and are, with the sizes given)."""
        a, b = self.resolve(a), self.resolve(b)
        if a == b:
            return a
        for one, other in ((b, a), (a, b)):
            if isinstance(one, Symbol) and one not in other.free_symbols:
                self._equal[one] = other
                return other
        self.fix(a)
        self.fix(b)
        return self.resolve(a)


def _spread(sizes: Iterable[int]) -> list[int]:
    """Larger sizes, each by another number."""
    return [n + k for k, n in enumerate(sizes, 1)]


# What can be proved about an index expression, for every size and every value of its indices.


def is_nonnegative(e: Expr) -> bool:
    """True if e >= 0 can be proved: e is affine in indices, its coefficients polynomials in the sizes (each >= 1)."""
    low = _lowest(sympy.expand(e))
    return low is not None and _polynomial_nonnegative(low)


def in_range(e: Expr, dim: Dim) -> tuple[bool, bool]:
    """Whether 0 <= e and e <= dim - 1 can be proved."""
    return is_nonnegative(e), is_nonnegative(dim - 1 - e)


def _lowest(e: Expr) -> Expr | None:
    """A lower bound of e over its indices, as a polynomial in the sizes."""
    low = e
    for atom in sorted(_index_atoms(e), key=sympy.default_sort_key):
        coefficient = low.coeff(atom)
        if low.has(atom) and (coefficient == 0 or (rest := sympy.expand(low - coefficient * atom)).has(atom)):
            return None
        if not low.has(atom):
            continue
        positive = _polynomial_nonnegative(coefficient)
        if not positive and not _polynomial_nonnegative(-coefficient):
            return None
        bound = ZERO if positive else atom.highest()
        if bound is None:
            return None
        low = sympy.expand(rest + coefficient * bound)
    return low


def _index_atoms(e: Expr) -> set[Index | Ranged]:
    """The outermost things that vary in e: indices, quotients and remainders (not the indices inside those)."""
    if isinstance(e, (Index, Ranged)):
        return {e}
    if not e.args:
        return set()
    return set().union(*map(_index_atoms, e.args))


def _polynomial_nonnegative(p: Expr) -> bool:
    """True if every coefficient is >= 0 once each size n is written 1 + n', so that p >= 0 for all sizes >= 1."""
    if p.is_Number:
        return bool(p >= 0)
    if not all(s.is_Symbol and s.is_positive and s.is_integer for s in p.free_symbols):
        return False
    shifted = sympy.expand(p.xreplace({s: s + 1 for s in p.free_symbols}))
    return all(bool(c.is_Number and c >= 0) for c in shifted.as_coefficients_dict().values())


class Ranged(sympy.Function):
    """An index expression that is no polynomial in indices, of which it is known how large it can be: below its second
    argument, if nothing else is said."""

    nargs = (2,)
    is_integer = True
    is_nonnegative = True

    def highest(self) -> Expr | None:
        """Its largest value."""
        return self.args[1] - 1


class _Division(Ranged):
    """What quotient and remainder share: both first split off what the divisor divides."""

    @classmethod
    def eval(cls, e: Expr, n: Dim) -> Expr | None:
        if n == 1:
            return cls.of(e, ZERO)
        if e.is_Integer and n.is_Integer:
            return cls.of(*map(Integer, divmod(int(e), int(n))))
        whole, rest = cls.split(e, n)
        if all(in_range(rest, n)):
            return cls.of(whole, rest)
        if whole != 0 and is_nonnegative(rest):
            return cls.of(whole, ZERO) + cls(rest, n)
        return None

    @staticmethod
    def of(whole: Expr, rest: Expr) -> Expr:
        """What it is of whole*n + rest, for 0 <= rest < n."""
        raise NotImplementedError

    @classmethod
    def split(cls, e: Expr, n: Dim) -> tuple[Expr, Expr]:
        """e = whole*n + rest, with every term of e that n divides in `whole`."""
        whole: list[Expr] = []
        rest: list[Expr] = []
        for term in sympy.Add.make_args(sympy.expand(e)):
            ratio = term / n
            (whole if is_integral(ratio) else rest).append(ratio if is_integral(ratio) else term)
        return sympy.Add(*whole), sympy.Add(*rest)


def is_integral(ratio: Expr) -> bool:
    return all(
        bool(
            f.is_Integer
            or (f.is_integer and not f.is_Pow)
            or (f.is_Pow and f.exp.is_Integer and f.exp > 0 and f.base.is_integer)
        )
        for f in sympy.Mul.make_args(ratio)
    )


class Quotient(_Division):
    """floor(e / n) for an index expression e >= 0 and a size n."""

    @staticmethod
    def of(whole: Expr, rest: Expr) -> Expr:
        return whole

    def highest(self) -> Expr | None:
        e, n = self.args
        low = _lowest(sympy.expand(-e))
        count = None if low is None else stretches(1 - low, n)
        return None if count is None else count - 1


def stretches(dim: Dim, n: Dim) -> Dim | None:
    """How many stretches of length n cover an axis, where that division is exact or of numbers; the last may be cut."""
    ratio = sympy.expand(dim / n)
    if ratio.is_Rational:
        return sympy.ceiling(ratio)
    return ratio if all(map(is_integral, sympy.Add.make_args(ratio))) else None


class Remainder(_Division):
    """e mod n for an index expression e >= 0 and a size n."""

    @staticmethod
    def of(whole: Expr, rest: Expr) -> Expr:
        return rest
