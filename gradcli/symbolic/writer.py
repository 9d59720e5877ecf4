"""Formulas -> words, whatever they are written in: the order of factors and terms, and where brackets stand.

Two writers complete it, for text and for LaTeX; none changes the mathematics.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr

from gradcli.binding import ATOM, POWER, SUM, UNARY, Binding
from gradcli.symbolic.dims import Index, Quotient, Remainder
from gradcli.symbolic.scalars import (
    NOTHING,
    Above,
    AtLeast,
    Atomic,
    Bound,
    Delta,
    Entry,
    Equal,
    Flag,
    Pi,
    Place,
    Where,
    in_order,
)
from gradcli.symbolic.spelling import BOUND, Names, is_constant, is_default, is_negative, terminates

Piece = tuple[str, Binding]


class Writer:
    """What text and LaTeX share: order and brackets. `weights` is v's name; `decimal`: 0.05 rather than 1/20."""

    def __init__(self, names: Names, weights: str = "v", decimal: bool = False) -> None:
        self.names, self.weights, self.decimal = names, weights, decimal

    def write(self, e: Expr, known: dict[Expr, str]) -> str:
        """The expression with its free indices named as `known`."""
        return self.piece(e, known)[0]

    def piece(self, e: Expr, known: dict[Expr, str]) -> Piece:
        if isinstance(e, Index):
            return known[e], ATOM
        if e.is_Number or e is sympy.zoo:
            return self.number(sympy.nan if e is sympy.zoo else e)
        if e.is_Symbol or e.is_NumberSymbol:
            return self.symbol(e), ATOM
        if isinstance(e, Entry):
            return self.entry(e.name, [self.write(k, known) for k in e.indices]), ATOM
        if isinstance(e, Place):
            return self.piece(e.args[0], known)
        if e.is_Add:
            return self.total(e, known)
        if e.is_Mul:
            return self.product(e, known)
        if e.is_Pow:
            return self.power(e, known)
        if isinstance(e, Bound):
            return self.bound(e, known)
        if isinstance(e, (Flag, Where, Quotient, Remainder)):
            return self.special(e, known)
        return self.function(e, known)

    def wrapped(self, e: Expr, known: dict[Expr, str], at_least: Binding) -> str:
        text, holds = self.piece(e, known)
        return text if holds >= at_least else self.brackets(text)

    # Sums and products

    def total(self, e: Expr, known: dict[Expr, str]) -> Piece:
        """Positive terms first, numbers last."""
        terms = []
        for term in e.args:
            text = self.wrapped(term, known, SUM)
            negative = text.startswith("-")
            terms.append((negative, is_constant(term), self._place(term), text.removeprefix("-")))
        terms.sort()
        first, *rest = terms
        text = ("-" if first[0] else "") + first[3]
        return text + "".join((" - " if t[0] else " + ") + t[3] for t in rest), SUM

    def ordered(self, e: Expr) -> list[Expr]:
        """The terms of a sum, positive ones first, numbers last; their order is the same in every run."""
        return sorted(e.args, key=lambda t: (is_negative(t), is_constant(t), sympy.default_sort_key(t)))

    def _place(self, term: Expr) -> int:
        """Deltas before the rest: δ_im - s_i."""
        return 0 if any(isinstance(f, Delta) for f in sympy.Mul.make_args(term)) else 1

    def product(self, e: Expr, known: dict[Expr, str]) -> Piece:
        coefficient, above, below = self.parts(sympy.Mul.make_args(e))
        sign = "-" if coefficient < 0 else ""
        coefficient = abs(coefficient)
        up, down = coefficient.as_numer_denom()
        if self.decimal and down != 1 and terminates(coefficient):
            up, down = coefficient, sympy.S.One
        numbers = [] if up == 1 and above else [self.number(up)[0]]
        if up == 1 and not above:
            numbers = ["1"]
        inside = len(above) + len(numbers) + len(below) > 1 or down != 1
        tops = [*numbers, *self._factors(above, known, POWER if inside else SUM)]
        bottoms = [*([] if down == 1 else [self.number(down)[0]]), *self._factors(below, known, POWER)]
        text, holds = self.fraction(tops, bottoms)
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

    def _factors(self, factors: Sequence[Expr], known: dict[Expr, str], at_least: Binding) -> list[str]:
        """The texts in order. Each is written once: twice at every depth would double the work at every depth."""
        ranked = sorted((self._rank(f), *self.piece(f, known)) for f in factors)
        return [text if holds >= at_least else self.brackets(text) for _, text, holds in ranked]

    def _rank(self, f: Expr) -> int:
        """v, then sizes, tensors, functions, sums of terms, sums over an index, brackets, deltas."""
        base = f.base if f.is_Pow else f
        if isinstance(base, Entry):
            kind = 0 if base.name == self.weights else 2
        elif base.is_Symbol or base.is_NumberSymbol:
            kind = 1
        elif isinstance(base, Delta):
            kind = 7
        elif isinstance(base, Flag):
            kind = 6
        elif isinstance(base, Bound):
            kind = 5
        else:
            kind = 4 if base.is_Add else 3
        return kind

    def by_kind(self, factors: Sequence[Expr]) -> list[Expr]:
        """The order of factors where indices have no names yet: v, tensors and functions, sums of terms, the rest."""
        kinds: dict[int, list[Expr]] = {0: [], 2: [], 4: [], 5: []}
        for f in factors:
            base = f.base if f.is_Pow else f
            first = isinstance(base, Entry) and base.name == self.weights
            kinds[0 if first else 4 if base.is_Add else 5 if isinstance(base, (Bound, Flag)) else 2].append(f)
        return [f for alike in kinds.values() for f in in_order(alike)]

    def power(self, e: Expr, known: dict[Expr, str]) -> Piece:
        base, exponent = e.as_base_exp()
        if base == sympy.E or isinstance(e, sympy.exp):
            return self.call("exp", [self.write(e.exp, known)]), ATOM
        if exponent.is_Number and exponent.is_negative:
            return self.product(e, known)
        if exponent == sympy.Rational(1, 2):
            return self.root(self.write(base, known)), ATOM
        return self.raised(self.wrapped(base, known, ATOM), exponent, known), POWER

    # Functions

    def function(self, e: Expr, known: dict[Expr, str]) -> Piece:
        name = e.row.name if isinstance(e, Atomic) else type(e).__name__
        arguments = self._told(e) if isinstance(e, Atomic) else list(e.args)
        return self.call(name, [self._argument(a, known) for a in arguments]), ATOM

    def _told(self, e: Atomic) -> list[Expr]:
        """The arguments without the options at the end that have their default (or no effect)."""
        given = list(e.args)
        while given and (
            given[-1] is NOTHING or given[-1] == sympy.oo or is_default(given[-1], e.row.takes[len(given) - 1].default)
        ):
            given.pop()
        return given

    def _argument(self, a: Expr, known: dict[Expr, str]) -> str:
        """An argument of a function; text and a missing option are kept as SymPy symbols."""
        if a.is_Symbol and not isinstance(a, Index) and not a.is_integer:
            return "None" if a is NOTHING else f'"{a}"'
        return self.write(a, known)

    def bound(self, e: Bound, known: dict[Expr, str]) -> Piece:
        inner = self.names.given(e.bound, BOUND, known)
        below = [inner[k] if self.names.is_told(k, e.body) else f"{inner[k]}<{self.write(k.dim, {})}" for k in e.bound]
        return self.over("Prod" if isinstance(e, Pi) else "Sum", below, self.write(e.body, inner)), ATOM

    def condition(self, e: Expr, known: dict[Expr, str]) -> str | None:
        """A comparison without its bracket."""
        for kind, sign in ((Delta, "=="), (Equal, "=="), (Above, ">"), (AtLeast, ">=")):
            if isinstance(e, kind):
                a, b = e.args
                if is_constant(a):
                    a, b, sign = b, a, {">": "<", ">=": "<="}.get(sign, sign)
                return self.compared(self.write(a, known), sign, self.write(b, known))
        return None

    # What differs

    def number(self, e: Expr) -> Piece:
        raise NotImplementedError

    def symbol(self, e: Expr) -> str:
        raise NotImplementedError

    def brackets(self, text: str) -> str:
        raise NotImplementedError

    def entry(self, name: str, indices: list[str]) -> str:
        raise NotImplementedError

    def fraction(self, tops: list[str], bottoms: list[str]) -> Piece:
        raise NotImplementedError

    def root(self, text: str) -> str:
        raise NotImplementedError

    def raised(self, base: str, exponent: Expr, known: dict[Expr, str]) -> str:
        raise NotImplementedError

    def call(self, name: str, arguments: list[str]) -> str:
        raise NotImplementedError

    def over(self, kind: str, indices: list[str], body: str) -> str:
        raise NotImplementedError

    def compared(self, a: str, sign: str, b: str) -> str:
        raise NotImplementedError

    def special(self, e: Expr, known: dict[Expr, str]) -> Piece:
        raise NotImplementedError
