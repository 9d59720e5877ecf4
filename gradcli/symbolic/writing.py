"""Formulas -> text and LaTeX. Decides the order of factors and terms and the names of indices, never the mathematics.

The text is in the calculator's own style: `2*v[i,j]*(x[i,j] + 1)`, `Sum_r(v[i,r]*w[r,j])`, `[x[i] > 0]` for a
bracket, `delta(i,m)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import sympy
from sympy import Expr

from gradcli.ops import TABLE
from gradcli.ops.latex import latex_name
from gradcli.ops.row import REQUIRED
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
    as_float,
)

SUM, PRODUCT, UNARY, POWER, ATOM = 1, 2, 3, 4, 5
"""How tightly a piece of text holds together; a looser one goes into brackets."""

ROWS, COLUMNS, BOUND, DEFINED = "mnpqMNPQ", "ijklIJKL", "rstuRSTU", "abcdABCD"

Piece = tuple[str, int]


class Names:
    """Names for indices: letters by what an index is for, never a tensor's name."""

    def __init__(self, taken: set[str], dims: Mapping[str, tuple[Any, ...]] | None = None) -> None:
        """`taken` are all tensors' names; `dims` their sizes, from which a reader can tell what an index runs over."""
        self.taken, self.dims = taken, dims or {}

    def is_told(self, k: Index, body: Expr) -> bool:
        """Whether the index stands alone in an axis of its own size, so that its range need not be said."""
        return any(
            place == k and axis < len(self.dims.get(e.name, ())) and self.dims[e.name][axis] == k.dim
            for e in body.atoms(Entry) for axis, place in enumerate(e.indices)
        )

    def letters(self, alphabet: str, used: set[str]) -> Any:
        """Free letters of an alphabet, then numbered ones."""
        numbered = (f"{alphabet[0]}{k}" for k in count(1))
        for letter in (*alphabet, *(next(numbered) for _ in range(64))):
            if letter not in self.taken and letter not in used:
                yield letter

    def given(self, indices: Sequence[Expr], alphabet: str, known: dict[Expr, str]) -> dict[Expr, str]:
        """`known` with a name for each index that has none."""
        letters = self.letters(alphabet, set(known.values()))
        fresh = [k for k in indices if isinstance(k, Index) and k not in known]
        return {**known, **dict(zip(fresh, letters, strict=False))}


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
        if e.is_Number:
            return self.number(e)
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

    def wrapped(self, e: Expr, known: dict[Expr, str], at_least: int) -> str:
        text, holds = self.piece(e, known)
        return text if holds >= at_least else self.brackets(text)

    # Sums and products

    def total(self, e: Expr, known: dict[Expr, str]) -> Piece:
        """Positive terms first, numbers last."""
        terms = []
        for term in e.args:
            text = self.wrapped(term, known, SUM)
            negative = text.startswith("-")
            terms.append((negative, _is_constant(term), self._place(term), text.removeprefix("-")))
        terms.sort()
        first, *rest = terms
        text = ("-" if first[0] else "") + first[3]
        return text + "".join((" - " if t[0] else " + ") + t[3] for t in rest), SUM

    def ordered(self, e: Expr) -> list[Expr]:
        """The terms of a sum, positive ones first, numbers last; their order is the same in every run."""
        return sorted(e.args, key=lambda t: (is_negative(t), _is_constant(t), sympy.default_sort_key(t)))

    def _place(self, term: Expr) -> int:
        """Deltas before the rest: δ_im - s_i."""
        return 0 if any(isinstance(f, Delta) for f in sympy.Mul.make_args(term)) else 1

    def product(self, e: Expr, known: dict[Expr, str]) -> Piece:
        coefficient, above, below = self.parts(sympy.Mul.make_args(e))
        sign = "-" if coefficient < 0 else ""
        coefficient = abs(coefficient)
        above.sort(key=lambda f: self._rank(f, known))
        below.sort(key=lambda f: self._rank(f, known))
        up, down = coefficient.as_numer_denom()
        if self.decimal and down != 1 and _terminates(coefficient):
            up, down = coefficient, sympy.S.One
        numbers = [] if up == 1 and above else [self.number(up)[0]]
        if up == 1 and not above:
            numbers = ["1"]
        inside = len(above) + len(numbers) + len(below) > 1 or down != 1
        tops = [*numbers, *(self._factor(f, known, inside) for f in above)]
        bottoms = [*([] if down == 1 else [self.number(down)[0]]), *(self._factor(f, known, True) for f in below)]
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
                below.append(factor.base ** -factor.exp)
            else:
                above.append(factor)
        return coefficient, above, below

    def _factor(self, f: Expr, known: dict[Expr, str], inside: bool) -> str:
        return self.wrapped(f, known, POWER if inside else SUM)

    def _rank(self, f: Expr, known: dict[Expr, str]) -> tuple[int, str]:
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
        return kind, self.write(f, known)

    def kind_of(self, f: Expr) -> tuple[int, Any]:
        """The order of factors where indices have no names yet."""
        base = f.base if f.is_Pow else f
        first = isinstance(base, Entry) and base.name == self.weights
        kind = 0 if first else 4 if base.is_Add else 5 if isinstance(base, (Bound, Flag)) else 2
        return kind, sympy.default_sort_key(f)

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
            given[-1] is NOTHING
            or given[-1] == sympy.oo
            or _is_default(given[-1], e.row.takes[len(given) - 1].default)
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
                if _is_constant(a):
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


class TextWriter(Writer):
    """Formulas as the calculator's own text."""

    def number(self, e: Expr) -> Piece:
        text = number_text(e, self.decimal)
        return text, SUM if text.startswith("-") else PRODUCT if "/" in text else ATOM

    def symbol(self, e: Expr) -> str:
        return {sympy.pi: "pi", sympy.E: "e"}.get(e, str(e))

    def brackets(self, text: str) -> str:
        return f"({text})"

    def entry(self, name: str, indices: list[str]) -> str:
        return f"{name}[{','.join(indices)}]" if indices else name

    def fraction(self, tops: list[str], bottoms: list[str]) -> Piece:
        top = "*".join(tops)
        if not bottoms:
            return top, ATOM if len(tops) == 1 else PRODUCT
        bottom = "*".join(bottoms)
        return f"{top}/{bottom if len(bottoms) == 1 else self.brackets(bottom)}", PRODUCT

    def root(self, text: str) -> str:
        return f"sqrt({text})"

    def raised(self, base: str, exponent: Expr, known: dict[Expr, str]) -> str:
        text, holds = self.piece(exponent, known)
        return f"{base}**{text if holds == ATOM else self.brackets(text)}"

    def call(self, name: str, arguments: list[str]) -> str:
        return f"{name}({', '.join(arguments)})"

    def over(self, kind: str, indices: list[str], body: str) -> str:
        below = indices[0] if len(indices) == 1 and "<" not in indices[0] else "{" + ",".join(indices) + "}"
        return f"{kind}_{below}({body})"

    def compared(self, a: str, sign: str, b: str) -> str:
        return f"{a} {sign} {b}"

    def special(self, e: Expr, known: dict[Expr, str]) -> Piece:
        if isinstance(e, Delta):
            return f"delta({','.join(sorted(self.write(a, known) for a in e.args))})", ATOM
        if isinstance(e, Where):
            condition = self.condition(e.args[0], known) or self.write(e.args[0], known)
            return self.call("where", [condition, *(self.write(a, known) for a in e.args[1:])]), ATOM
        if isinstance(e, Quotient):
            return f"floor({self.wrapped(e.args[0], known, PRODUCT)}/{self.wrapped(e.args[1], known, POWER)})", ATOM
        if isinstance(e, Remainder):
            return f"({self.wrapped(e.args[0], known, PRODUCT)} % {self.wrapped(e.args[1], known, POWER)})", ATOM
        return f"[{self.condition(e, known)}]", ATOM


class LatexWriter(Writer):
    """Formulas as LaTeX that compiles with amsmath."""

    def number(self, e: Expr) -> Piece:
        text = number_text(e, self.decimal)
        sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
        if "/" in text:
            up, down = text.split("/")
            return sign + rf"\frac{{{up}}}{{{down}}}", SUM if sign else ATOM
        if "e" in text:
            digits, power = text.split("e")
            return sign + rf"{digits} \cdot 10^{{{int(power)}}}", SUM if sign else PRODUCT
        return sign + {"inf": r"\infty", "nan": r"\mathrm{nan}"}.get(text, text), SUM if sign else ATOM

    def symbol(self, e: Expr) -> str:
        return {sympy.pi: r"\pi", sympy.E: "e"}.get(e) or latex_name(str(e))

    def brackets(self, text: str) -> str:
        return rf"\left({text}\right)"

    def entry(self, name: str, indices: list[str]) -> str:
        return f"{{{latex_name(name)}}}_{{{','.join(indices)}}}" if indices else latex_name(name)

    def fraction(self, tops: list[str], bottoms: list[str]) -> Piece:
        top = r" \, ".join(tops)
        if not bottoms:
            return top, ATOM if len(tops) == 1 else PRODUCT
        bottom = r" \, ".join(bottoms)
        return rf"\frac{{{top}}}{{{bottom}}}", PRODUCT

    def root(self, text: str) -> str:
        return rf"\sqrt{{{text}}}"

    def raised(self, base: str, exponent: Expr, known: dict[Expr, str]) -> str:
        return f"{{{base}}}^{{{self.write(exponent, known)}}}"

    def call(self, name: str, arguments: list[str]) -> str:
        row = TABLE.get(name)
        if row is not None and row.latex is not None and row.latex.count("{}") == len(arguments):
            return row.latex.format(*arguments)
        if name in _LATEX_FUNCTIONS:
            return rf"\{name}\left({', '.join(arguments)}\right)"
        escaped = name.replace("_", r"\_")
        return rf"\operatorname{{{escaped}}}\left({', '.join(arguments)}\right)"

    def over(self, kind: str, indices: list[str], body: str) -> str:
        sign = r"\sum" if kind == "Sum" else r"\prod"
        return rf"{sign}_{{{','.join(indices)}}} \left({body}\right)"

    def compared(self, a: str, sign: str, b: str) -> str:
        return " ".join((a, {"==": "=", ">=": r"\ge", "<=": r"\le"}.get(sign, sign), b))

    def special(self, e: Expr, known: dict[Expr, str]) -> Piece:
        if isinstance(e, Delta):
            return rf"\delta_{{{','.join(sorted(self.write(a, known) for a in e.args))}}}", ATOM
        if isinstance(e, Where):
            condition = self.condition(e.args[0], known) or self.write(e.args[0], known)
            a, b = (self.write(branch, known) for branch in e.args[1:])
            return rf"\begin{{cases}} {a} & {condition} \\ {b} & \text{{else}} \end{{cases}}", PRODUCT
        if isinstance(e, Quotient):
            top, bottom = (self.write(a, known) for a in e.args)
            return rf"\left\lfloor \frac{{{top}}}{{{bottom}}} \right\rfloor", ATOM
        if isinstance(e, Remainder):
            return rf"\left({self.wrapped(e.args[0], known, PRODUCT)} \bmod {self.write(e.args[1], known)}\right)", ATOM
        return rf"\left[{self.condition(e, known)}\right]", ATOM


_LATEX_FUNCTIONS = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "det", "max", "min"}
def number_text(e: Expr, decimal: bool) -> str:
    """An exact number as people write it: 3, 1/3, 0.05 where decimals were typed, 6.02e23."""
    if not e.is_Rational:
        return {sympy.oo: "inf", -sympy.oo: "-inf", sympy.nan: "nan"}.get(e) or repr(float(e))
    value = Fraction(int(e.p), int(e.q))
    if not 1e-300 < abs(as_float(e)) < 1e300 and value != 0:
        return f"{Decimal(value.numerator) / Decimal(value.denominator):.15e}"
    if value.denominator == 1:
        return str(value.numerator) if abs(value.numerator) < 10**15 else repr(float(value))
    if decimal and _terminates(e):
        return repr(float(value))
    text, digits = str(value), repr(float(value))
    return digits if len(text) > 16 or (_terminates(e) and len(digits) < len(text)) else text


def _terminates(e: Expr) -> bool:
    """True if the number is a decimal of at most 16 digits, so that its float's shortest form is exactly it."""
    return bool(abs(as_float(e)) < 1e300 and Fraction(repr(float(e))) == Fraction(int(e.p), int(e.q)))


def is_negative(term: Expr) -> bool:
    coefficient, _ = term.as_coeff_Mul()
    return bool(coefficient.is_negative)


def _is_constant(term: Expr) -> bool:
    return not term.has(Entry) and not term.has(Index)


def _is_default(value: Expr, default: Any) -> bool:
    if default is REQUIRED or default is None:
        return False
    return str(value) == default if isinstance(default, str) else bool(value == sympy.Rational(str(default)))
