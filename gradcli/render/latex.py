r"""Parts of a report -> a LaTeX snippet that compiles with amsmath. Knows LaTeX's special characters; no screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from gradcli.message import N_
from gradcli.ops.latex import latex_name
from gradcli.render import extra
from gradcli.render.numbers import number
from gradcli.render.speech import Speak, english
from gradcli.render.structure import structure
from gradcli.report import (
    Array,
    Closed,
    Compared,
    Definition,
    Equivalence,
    Extra,
    Note,
    Part,
    Question,
    Shown,
    Warning,
    Weights,
)

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "×": r"$\times$", "·": r"$\cdot$", "−": r"$-$",
    "…": r"\dots{}", "∂": r"$\partial$", "∇": r"$\nabla$", "≠": r"$\ne$", "≤": r"$\le$", "≥": r"$\ge$",
    "ᵀ": r"$^\top$", "′": r"$'$", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "²": r"$^2$", "³": r"$^3$", "⟨": r"$\langle$",
    "⟩": r"$\rangle$", "→": r"$\to$", "Σ": r"$\sum$", "δ": r"$\delta$",
}
_LARGEST_MATRIX = 100
"""Entries; amsmath's matrices have ten columns unless told otherwise."""


def lines_of(parts: Iterable[Part], digits: int = 6, speak: Speak = english) -> Iterator[str]:
    """The lines of the snippet, part by part."""
    yield "% " + speak.sentence(N_("needs \\usepackage{{amsmath}}"))
    output, question, begun = "y", None, set[str]()
    for part in parts:
        match part:
            case Question():
                question = part
                output = part.output_name
                yield "% " + " ".join(f"gradcli {part.command} {part.expression}".split())
                if " = " in part.latex:  # statements say themselves what they define
                    yield from (r"\begin{align*}", f"  {part.latex}", r"\end{align*}")
                else:
                    yield from align([(latex_name(output), part.latex)])
            case Closed():
                yield from _closed(part, speak)
            case Weights():
                y, v = values(part.y, digits, speak), values(part.v, digits, speak)
                yield from align([(latex_name(output), y), ("v", v)])
            case Compared():
                yield from _compared(part, question, digits, speak)
            case Equivalence():
                yield _equivalence(part, speak)
            case Note():
                yield from ("", escaped(speak(part.text)))
            case Warning():
                yield from ("", escaped(speak.sentence(N_("note: ")) + speak(part.text)))
            case Extra():
                yield from _extra(part, question, digits, speak, first=type(part).__name__ not in begun)
                begun.add(type(part).__name__)
            case Shown():
                from gradcli.render import shown_formats  # it is written with what this module has

                yield from shown_formats.latex(part, digits, speak)
            case _:
                assert_never(part)


def _extra(part: Extra, question: Question | None, digits: int, speak: Speak, first: bool) -> Iterator[str]:
    for block in extra.blocks(part, question, first):
        match block:
            case extra.Head(text):
                yield from ("", rf"\textbf{{{escaped(speak(text))}}}", "")
            case extra.Say(text):
                yield escaped(speak(text))
            case extra.Numbers(arrays):
                yield from align([(_label(speak(told)), values(a, digits, speak)) for told, a in arrays])
            case extra.Picture() | extra.Heat():
                pass  # a picture of characters is for screens


def _label(text: str) -> str:
    bare = text.removesuffix(" =")
    return left_side(bare) if " / " in bare or " " not in bare else rf"\text{{{escaped(bare)}}}"


def align(rows: Sequence[tuple[str, str]]) -> list[str]:
    """An align* environment of `left &= right` rows."""
    body = [f"  {left} &= {right}" for left, right in rows]
    return [r"\begin{align*}", *(row + r" \\" for row in body[:-1]), body[-1], r"\end{align*}"]


def _closed(part: Closed, speak: Speak) -> Iterator[str]:
    for closed in (part.jacobian, part.vjp):
        if closed is not None:
            yield from align([(left_side(closed.left_side), closed.latex), *_where(closed.where, speak)])
    if part.jacobian is not None and part.jacobian.structure is not None:
        yield escaped(speak(structure(part.jacobian.structure)) + ".")
    if part.reason is not None:
        yield escaped(speak(part.reason))


def _where(definitions: Sequence[Definition], speak: Speak) -> list[tuple[str, str]]:
    told = escaped(speak.sentence(N_("where")))
    lead = rf"\text{{{told} }} "
    return [(lead * (n == 0) + indexed(d.name), d.latex) for n, d in enumerate(definitions)]


def _compared(part: Compared, question: Question | None, digits: int, speak: Speak) -> Iterator[str]:
    array = part.symbolic if part.pytorch is None else part.pytorch
    if array is not None:
        yield from align([(_result(part.name, question), values(array, digits, speak))])
    if part.agrees is not None and part.max_abs_diff is not None:
        verdict = N_("SymPy and PyTorch agree; the largest difference is {difference}.")
        if not part.agrees:
            verdict = N_("SymPy and PyTorch DISAGREE; the largest difference is {difference}.")
        yield escaped(speak.sentence(verdict, difference=number(part.max_abs_diff, 2)))
    if part.reason is not None:
        yield escaped(speak(part.reason))


def _result(by: str, question: Question | None) -> str:
    """What the numbers of a command are called."""
    command, output = ("vjp", "y") if question is None else (question.command, latex_name(question.output_name))
    several = ", ".join(latex_name(one.strip()) for one in by.split(","))
    match command:
        case "jvp":
            return r"J \, t"
        case "hvp":
            return rf"\left(H t\right)_{{{several}}}"
        case "jacobian":
            return rf"\frac{{\partial {output}}}{{\partial {several}}}"
        case "hessian":
            return rf"\nabla^2_{{{several}}} {output}"
        case "grad":
            return rf"\partial_{{{several}}} {output}" if "," in by else rf"\nabla_{{{several}}} {output}"
        case _:
            return rf"\bar{{{several}}}"


def _equivalence(part: Equivalence, speak: Speak) -> str:
    told = N_("(v*y).sum().backward() leaves the same in {name}.grad but for {difference}.")
    return escaped(speak.sentence(told, name=part.name, difference=number(part.max_abs_diff, 2)))


def left_side(text: str) -> str:
    r"""`d y[m,n] / d x[i,j]` is a fraction of \partial, `x.grad[i,j]` is \bar{x} with indices."""
    if text.startswith("(H t)."):
        return rf"\left(H t\right)_{{{indexed(text.removeprefix('(H t).'))}}}"
    higher = re.fullmatch(r"d(\d*) (.+?) / (d .+)", text)
    if higher and (higher[1] or higher[3].count("d ") > 1):
        below = r" \, ".join(rf"\partial {indexed(one)}" for one in re.split(r" ?\bd ", higher[3])[1:])
        return rf"\frac{{\partial^{{{higher[1]}}} {indexed(higher[2])}}}{{{below}}}"
    quotient = re.fullmatch(r"d (.+?) / d (.+)", text)
    if quotient:
        return rf"\frac{{\partial {indexed(quotient[1])}}}{{\partial {indexed(quotient[2])}}}"
    return indexed(text)


def indexed(text: str) -> str:
    """`w1[i,j]` with its indices as subscripts."""
    match = re.fullmatch(r"([^\[\]]+)(?:\[([^\]]*)\])?", text.strip())
    if match is None:
        return rf"\text{{{escaped(text)}}}"
    bare = match[1].removesuffix(".grad")
    base = rf"\bar{{{latex_name(bare)}}}" if bare != match[1] else latex_name(bare)
    return base if match[2] is None else f"{{{base}}}_{{{match[2]}}}"


def values(array: Array, digits: int, speak: Speak) -> str:
    """A scalar, a vector or a matrix; of anything larger, its shape."""
    if array.ndim > 2 or array.size > _LARGEST_MATRIX or (array.ndim == 2 and array.shape[1] > 10):
        told = escaped(speak.sentence(N_("a tensor of shape")))
        return rf"\text{{{told} }} " + r" \times ".join(map(str, array.shape))
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


def escaped(text: str) -> str:
    """Prose with LaTeX's special characters written out."""
    return "".join(_SPECIAL.get(c) or (c if c.isascii() or latex_name(c) == c else f"${latex_name(c)}$") for c in text)

