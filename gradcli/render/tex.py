r"""Names, numbers and prose -> pieces of LaTeX with amsmath. Knows LaTeX's special characters; no report."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcli.derivatives import LeftSide, places
from gradcli.message import N_
from gradcli.ops.latex_names import latex_name
from gradcli.render.number_text import number
from gradcli.render.translation import Speak
from gradcli.report import Array, Definition

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "−": r"$-$",
    "…": r"\dots{}",
    "∂": r"$\partial$",
    "∇": r"$\nabla$",
    "≠": r"$\ne$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "ᵀ": r"$^\top$",
    "′": r"$'$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "²": r"$^2$",
    "³": r"$^3$",
    "⟨": r"$\langle$",
    "⟩": r"$\rangle$",
    "→": r"$\to$",
    "Σ": r"$\sum$",
    "δ": r"$\delta$",
}
_LARGEST_MATRIX = 100
"""Entries; amsmath's matrices have ten columns unless told otherwise."""


def align(rows: Sequence[tuple[str, str]]) -> list[str]:
    """An align* environment of `left &= right` rows."""
    body = [f"  {left} &= {right}" for left, right in rows]
    return [r"\begin{align*}", *(row + r" \\" for row in body[:-1]), body[-1], r"\end{align*}"]


def where(definitions: Sequence[Definition], speak: Speak) -> list[tuple[str, str]]:
    """Definitions as rows of an `align`, the first with the word that begins them."""
    word = escape(speak.sentence(N_("where")))
    lead = rf"\text{{{word} }} "
    return [(lead * (n == 0) + indexed(d.name), d.latex) for n, d in enumerate(definitions)]


def left_side(side: LeftSide) -> str:
    r"""`d y[m,n] / d x[i,j]` is a fraction of \partial, `x.grad[i,j]` is \bar{x} with indices."""
    if side.derivative.kind.name == "hvp":
        return rf"\left(H t\right)_{{{indexed(side.derivative.by[0] + places(side.columns))}}}"
    if not side.derivative.kind.has_rows:
        return indexed(side.text())
    (of, rows), below = side.above, side.below
    order = f"^{{{len(below)}}}" if len(below) > 1 else ""
    under = r" \, ".join(rf"\partial {indexed(name + places(at))}" for name, at in below)
    return rf"\frac{{\partial{order} {indexed(of + places(rows))}}}{{{under}}}"


def indexed(text: str) -> str:
    """`w1[i,j]` with its indices as subscripts."""
    match = re.fullmatch(r"([^\[\]]+)(?:\[([^\]]*)\])?", text.strip())
    if match is None:
        return rf"\text{{{escape(text)}}}"
    bare = match[1].removesuffix(".grad")
    base = rf"\bar{{{latex_name(bare)}}}" if bare != match[1] else latex_name(bare)
    return base if match[2] is None else f"{{{base}}}_{{{match[2]}}}"


def values(array: Array, digits: int, speak: Speak) -> str:
    """A scalar, a vector or a matrix; of anything larger, its shape."""
    if array.ndim > 2 or array.size > _LARGEST_MATRIX or (array.ndim == 2 and array.shape[1] > 10):
        word = escape(speak.sentence(N_("a tensor of shape")))
        return rf"\text{{{word} }} " + r" \times ".join(map(str, array.shape))
    if array.ndim == 0:
        return _number(array, digits)
    rows = array.reshape(-1, 1) if array.ndim == 1 else array
    body = r" \\ ".join(" & ".join(_number(x, digits) for x in row) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def _number(value: object, digits: int) -> str:
    text = number(value, digits)
    mantissa, e, exponent = text.partition("e")
    if e:
        return rf"{mantissa} \cdot 10^{{{exponent}}}"
    return text.replace("inf", r"\infty").replace("nan", r"\text{nan}")


def escape(text: str) -> str:
    """Prose with LaTeX's special characters written out."""
    return "".join(_SPECIAL.get(c) or (c if c.isascii() or latex_name(c) == c else f"${latex_name(c)}$") for c in text)
