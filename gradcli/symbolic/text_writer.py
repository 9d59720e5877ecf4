"""Formulas as the calculator's own text: `2*v[i,j]*(x[i,j] + 1)`, `Sum_r(v[i,r]*w[r,j])`, `[x[i] > 0]`."""

from __future__ import annotations

from sympy import Expr

from gradcli.binding import ATOM, POWER, PRODUCT, SUM
from gradcli.symbolic.dims import Quotient, Remainder
from gradcli.symbolic.operators import OPERATORS, OVER, Spelling
from gradcli.symbolic.scalars import Delta, Where
from gradcli.symbolic.spelling import number_text
from gradcli.symbolic.writer import Piece, Writer


class TextWriter(Writer):
    """The calculator's own text."""

    times = "*"
    brackets = "({})"
    root = "sqrt({})"
    flag = "[{}]"

    def sign(self, spelling: Spelling) -> str:
        return spelling.text

    def digits(self, e: Expr) -> Piece:
        text = number_text(e, self.decimal)
        return text, SUM if text.startswith("-") else PRODUCT if "/" in text else ATOM

    def subscripted(self, name: str, indices: list[str]) -> str:
        return f"{name}[{','.join(indices)}]"

    def fraction(self, top: str, bottom: str, is_one_factor: bool) -> str:
        return top + OVER.text + (bottom if is_one_factor else f"({bottom})")

    def raised(self, base: str, exponent: Expr) -> str:
        return f"{base}**{self.wrapped(exponent, ATOM)}"

    def called(self, name: str, arguments: list[str]) -> str:
        return f"{name}({', '.join(arguments)})"

    def over(self, sign: str, indices: list[str], body: str) -> str:
        below = indices[0] if len(indices) == 1 and "<" not in indices[0] else "{" + ",".join(indices) + "}"
        return f"{sign}_{below}({body})"

    def delta(self, e: Delta) -> Piece:
        return f"delta({','.join(sorted(map(self.write, e.args)))})", ATOM

    def where(self, e: Where) -> Piece:
        return self.called("where", [self.condition(e.args[0]), *map(self.write, e.args[1:])]), ATOM

    def quotient(self, e: Quotient) -> Piece:
        return f"floor({self.wrapped(e.args[0], PRODUCT)}/{self.wrapped(e.args[1], POWER)})", ATOM

    def remainder(self, e: Remainder) -> Piece:
        sign = self.sign(OPERATORS[Remainder])
        return f"({self.wrapped(e.args[0], PRODUCT)} {sign} {self.wrapped(e.args[1], POWER)})", ATOM
