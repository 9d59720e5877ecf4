"""Formulas as LaTeX that compiles with amsmath."""

from __future__ import annotations

from sympy import Expr

from gradcli.binding import ATOM, PRODUCT, SUM
from gradcli.ops import TABLE
from gradcli.ops.latex_names import latex_function, latex_name
from gradcli.symbolic.dims import Quotient, Remainder
from gradcli.symbolic.operators import OPERATORS, Spelling
from gradcli.symbolic.scalars import Delta, Where
from gradcli.symbolic.spelling import number_text
from gradcli.symbolic.writer import Piece, Writer


class LatexWriter(Writer):
    """LaTeX."""

    times = r" \, "
    brackets = r"\left({}\right)"
    root = r"\sqrt{{{}}}"
    flag = r"\left[{}\right]"

    def sign(self, spelling: Spelling) -> str:
        return spelling.latex

    def name(self, name: str) -> str:
        return latex_name(name)

    def digits(self, e: Expr) -> Piece:
        text = number_text(e, self.decimal)
        sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
        if "/" in text:
            up, down = text.split("/")
            return sign + rf"\frac{{{up}}}{{{down}}}", SUM if sign else ATOM
        if "e" in text:
            digits, power = text.split("e")
            return sign + rf"{digits} \cdot 10^{{{int(power)}}}", SUM if sign else PRODUCT
        return sign + {"inf": r"\infty", "nan": r"\mathrm{nan}"}.get(text, text), SUM if sign else ATOM

    def subscripted(self, name: str, indices: list[str]) -> str:
        return f"{{{name}}}_{{{','.join(indices)}}}"

    def fraction(self, top: str, bottom: str, is_one_factor: bool) -> str:
        return rf"\frac{{{top}}}{{{bottom}}}"

    def raised(self, base: str, exponent: Expr) -> str:
        return f"{{{base}}}^{{{self.write(exponent)}}}"

    def called(self, name: str, arguments: list[str]) -> str:
        row = TABLE.get(name)
        if row is not None and row.latex is not None and row.latex.count("{}") == len(arguments):
            return row.latex.format(*arguments)
        return latex_function(name) + self.brackets.format(", ".join(arguments))

    def over(self, sign: str, indices: list[str], body: str) -> str:
        return rf"{sign}_{{{','.join(indices)}}} {self.brackets.format(body)}"

    def delta(self, e: Delta) -> Piece:
        return rf"\delta_{{{','.join(sorted(map(self.write, e.args)))}}}", ATOM

    def where(self, e: Where) -> Piece:
        condition, (a, b) = self.condition(e.args[0]), map(self.write, e.args[1:])
        return rf"\begin{{cases}} {a} & {condition} \\ {b} & \text{{else}} \end{{cases}}", PRODUCT

    def quotient(self, e: Quotient) -> Piece:
        top, bottom = map(self.write, e.args)
        return rf"\left\lfloor \frac{{{top}}}{{{bottom}}} \right\rfloor", ATOM

    def remainder(self, e: Remainder) -> Piece:
        a, n = e.args
        text = f"{self.wrapped(a, PRODUCT)} {self.sign(OPERATORS[Remainder])} {self.write(n)}"
        return self.brackets.format(text), ATOM
