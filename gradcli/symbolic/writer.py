"""Formulas -> words, whatever they are written in: the order of factors and terms, and where brackets stand.

Two writers complete it, for text and for LaTeX; none changes the mathematics.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Self

import sympy
from sympy import Add, Expr, Mul, Symbol

from gradcli.binding import ATOM, POWER, PRODUCT, SUM, UNARY, Binding
from gradcli.symbolic import calls
from gradcli.symbolic.calls import NOTHING
from gradcli.symbolic.dims import Index
from gradcli.symbolic.fold import Algebra, fold
from gradcli.symbolic.operators import CONSTANTS, MINUS, MIRRORED, OPERATORS, Spelling
from gradcli.symbolic.scalars import Above, AtLeast, Bound, Delta, Entry, Equal, Flag, Place
from gradcli.symbolic.spelling import BOUND, Names, is_constant, is_negative, terminates

Piece = tuple[str, Binding]


class Writer(Algebra[Piece]):
    """What text and LaTeX share: order and brackets. `weights` is v's name; `decimal`: 0.05 rather than 1/20."""

    def __init__(self, names: Names, weights: str = "v", decimal: bool = False) -> None:
        self.names, self.weights, self.decimal = names, weights, decimal
        self.letters: Mapping[Expr, str] = {}
        """The names of the indices that are free in what is written."""

    def naming(self, indices: Sequence[Expr], alphabet: str) -> Self:
        """The same writer where these indices have names, too, of this alphabet."""
        other = copy(self)
        other.letters = self.names.named(indices, alphabet, self.letters)
        return other

    def write(self, e: Expr) -> str:
        """The expression."""
        return fold(e, self)[0]

    def piece(self, e: Expr) -> Piece:
        """The expression and how it holds together."""
        return fold(e, self)

    def wrapped(self, e: Expr, at_least: Binding) -> str:
        """The expression, in brackets where it binds less."""
        text, holds = fold(e, self)
        return text if holds >= at_least else self.brackets.format(text)

    # Names and numbers

    def number(self, e: Expr) -> Piece:
        if e in CONSTANTS:
            return self.sign(CONSTANTS[e]), ATOM
        return self.digits(sympy.nan if e is sympy.zoo else e)

    def size(self, e: Symbol) -> Piece:
        return self.name(e.name), ATOM

    def index(self, e: Index) -> Piece:
        return self.letters[e], ATOM

    def entry(self, e: Entry) -> Piece:
        name = self.name(e.name)
        return self.subscripted(name, list(map(self.write, e.indices))) if e.indices else name, ATOM

    def place(self, e: Place) -> Piece:
        return self.piece(e.args[0])

    # Sums and products

    def total(self, e: Expr) -> Piece:
        """Positive terms first, numbers last."""
        terms = []
        for term in e.args:
            text = self.wrapped(term, SUM)
            negative = text.startswith("-")
            terms.append((negative, is_constant(term), self._deltas_first(term), text.removeprefix("-")))
        plus, minus = (f" {self.sign(operator)} " for operator in (OPERATORS[Add], MINUS))
        (negative, _, _, text), *rest = sorted(terms)
        return ("-" if negative else "") + text + "".join((minus if t[0] else plus) + t[3] for t in rest), SUM

    def ordered(self, e: Expr) -> list[Expr]:
        """The terms of a sum, positive ones first, numbers last; their order is the same in every run."""
        return sorted(e.args, key=lambda t: (is_negative(t), is_constant(t), sympy.default_sort_key(t)))

    @staticmethod
    def _deltas_first(term: Expr) -> int:
        """δ_im - s_i"""
        return 0 if any(isinstance(f, Delta) for f in Mul.make_args(term)) else 1

    def product(self, e: Expr) -> Piece:
        coefficient, above, below = self.parts(Mul.make_args(e))
        sign = "-" if coefficient < 0 else ""
        coefficient = abs(coefficient)
        up, down = coefficient.as_numer_denom()
        if self.decimal and down != 1 and terminates(coefficient):
            up, down = coefficient, sympy.S.One
        numbers = [] if up == 1 and above else [self.write(up)]
        inside = len(above) + len(numbers) + len(below) > 1 or down != 1
        tops = [*numbers, *self._factors(above, POWER if inside else SUM)]
        bottoms = [*([] if down == 1 else [self.write(down)]), *self._factors(below, POWER)]
        times = self.times
        if bottoms:
            text, holds = self.fraction(times.join(tops), times.join(bottoms), len(bottoms) == 1), PRODUCT
        else:
            text, holds = times.join(tops), ATOM if len(tops) == 1 else PRODUCT
        return sign + text, UNARY if sign and holds > UNARY else holds

    def parts(self, factors: Sequence[Expr]) -> tuple[Expr, list[Expr], list[Expr]]:
        """The number in front (with what the sums among the factors share), the factors above and below the line."""
        coefficient: Expr = sympy.S.One
        above: list[Expr] = []
        below: list[Expr] = []
        for factor in factors:
            if factor.is_Number:
                coefficient *= factor
            elif factor.is_Add:
                content, rest = factor.primitive()
                if all(is_negative(t) for t in rest.args):
                    content, rest = -content, -rest
                coefficient *= content
                above.append(rest)
            elif factor.is_Pow and factor.exp.is_Number and factor.exp.is_negative:
                below.append(factor.base**-factor.exp)
            else:
                above.append(factor)
        return coefficient, above, below

    def _factors(self, factors: Sequence[Expr], at_least: Binding) -> list[str]:
        """The texts in order. Each is written once: twice at every depth would double the work at every depth."""
        ranked = sorted((self._rank(f), *self.piece(f)) for f in factors)
        return [text if holds >= at_least else self.brackets.format(text) for _, text, holds in ranked]

    def _rank(self, f: Expr) -> int:
        """v, then sizes, tensors, functions, sums of terms, sums over an index, brackets, deltas."""
        base = f.base if f.is_Pow else f
        if isinstance(base, Entry):
            return 0 if base.name == self.weights else 2
        if base.is_Symbol or base.is_NumberSymbol:
            return 1
        for kind, rank in ((Delta, 7), (Flag, 6), (Bound, 5)):
            if isinstance(base, kind):
                return rank
        return 4 if base.is_Add else 3

    def by_kind(self, factors: Sequence[Expr]) -> list[Expr]:
        """The order of factors where indices have no names yet: v, tensors and functions, sums of terms, the rest."""
        return sorted(factors, key=lambda f: ((0, 1, 1, 1, 2, 3, 3, 3)[self._rank(f)], sympy.default_sort_key(f)))

    def power(self, e: Expr) -> Piece:
        base, exponent = e.as_base_exp()
        if exponent.is_Number and exponent.is_negative:
            return self.product(e)
        if exponent == sympy.Rational(1, 2):
            return self.root.format(self.write(base)), ATOM
        return self.raised(self.wrapped(base, ATOM), exponent), POWER

    def bound(self, e: Bound) -> Piece:
        """A sum or a product over indices."""
        inside = self.naming(e.bound, BOUND)
        below = [
            inside.letters[k] if self.names.is_range_evident(k, e.body) else f"{inside.letters[k]}<{self.write(k.dim)}"
            for k in e.bound
        ]
        return self.over(self.sign(OPERATORS[type(e)]), below, inside.write(e.body)), ATOM

    sum_over = product_over = bound

    # Functions and comparisons

    def call(self, e: Expr) -> Piece:
        return self.called(calls.row_of(e).name, list(map(self.argument, calls.arguments(e)))), ATOM

    def argument(self, a: Expr) -> str:
        """An argument of a function; text and a missing option are kept as SymPy symbols."""
        if a.is_Symbol and not isinstance(a, Index) and not a.is_integer:
            return "None" if a is NOTHING else f'"{a}"'
        return self.write(a)

    def comparison(self, e: Above | AtLeast | Equal) -> Piece:
        return self.flag.format(self.compared(e)), ATOM

    def condition(self, e: Expr) -> str:
        """What a branch depends on; a comparison without its bracket."""
        return self.compared(e) if isinstance(e, Flag) else self.write(e)

    def compared(self, e: Flag) -> str:
        """The two sides; a constant stands on the right."""
        (a, b), operator = e.args, OPERATORS[type(e)]
        if is_constant(a):
            a, b, operator = b, a, MIRRORED.get(operator, operator)
        return f"{self.write(a)} {self.sign(operator)} {self.write(b)}"

    # What differs

    times: str
    """What stands between factors."""
    brackets: str
    """Round ones, about what is put into the braces."""
    root: str
    """The square root."""
    flag: str
    """1 where the condition holds, else 0."""

    @abstractmethod
    def sign(self, spelling: Spelling) -> str:
        """The operator in this language."""

    def name(self, name: str) -> str:
        """A tensor's or a size's name."""
        return name

    @abstractmethod
    def digits(self, e: Expr) -> Piece:
        """A number without a name."""

    @abstractmethod
    def subscripted(self, name: str, indices: list[str]) -> str:
        """A tensor's entry."""

    @abstractmethod
    def fraction(self, top: str, bottom: str, is_one_factor: bool) -> str:
        """A quotient; whether what stands below is a single factor."""

    @abstractmethod
    def raised(self, base: str, exponent: Expr) -> str:
        """A power that is no root."""

    @abstractmethod
    def called(self, name: str, arguments: list[str]) -> str:
        """A function of the table."""

    @abstractmethod
    def over(self, sign: str, indices: list[str], body: str) -> str:
        """A sum or a product over indices."""
