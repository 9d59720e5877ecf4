"""Formulas as the calculator's own text: `2*v[i,j]*(x[i,j] + 1)`, `Sum_r(v[i,r]*w[r,j])`, `[x[i] > 0]`."""

from __future__ import annotations

import sympy
from sympy import Expr

from gradcli.binding import ATOM, POWER, PRODUCT, SUM
from gradcli.symbolic.dims import Quotient, Remainder
from gradcli.symbolic.scalars import Delta, Where
from gradcli.symbolic.spelling import number_text
from gradcli.symbolic.writer import Piece, Writer


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
