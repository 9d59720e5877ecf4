"""Formulas as LaTeX that compiles with amsmath."""

from __future__ import annotations

import sympy
from sympy import Expr

from gradcli.binding import ATOM, PRODUCT, SUM
from gradcli.ops import TABLE
from gradcli.ops.latex_names import latex_name
from gradcli.symbolic.dims import Quotient, Remainder
from gradcli.symbolic.scalars import Delta, Where
from gradcli.symbolic.spelling import number_text
from gradcli.symbolic.writer import Piece, Writer


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
