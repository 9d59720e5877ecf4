"""Blocks -> a LaTeX snippet that compiles with amsmath. Knows no screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from gradcli.message import N_
from gradcli.ops.latex_names import latex_name
from gradcli.render import blocks
from gradcli.render.answer import blocks_of
from gradcli.render.formats import Look
from gradcli.render.number_text import number
from gradcli.render.tex import align, escape, indexed, left_side, values, where
from gradcli.render.verbatim import verbatim
from gradcli.report import Closed, Note, Part, Question, Warning
from gradcli.visible import visible


def lines_of(parts: Iterable[Part], look: Look = Look()) -> Iterator[str]:
    """The lines of the snippet, block by block. No character that was typed acts on a screen."""
    yield "% " + look.speak.sentence(N_("needs \\usepackage{{amsmath}}"))
    for block in blocks_of(parts):
        yield from map(visible, _lines(block, look))


def document(parts: Iterable[Part], look: Look) -> str:
    """The whole snippet."""
    return "\n".join(lines_of(parts, look)) + "\n"


def formulas(parts: Iterable[Part]) -> str:
    """The closed forms under each other in one display, as MathJax reads it; empty where there are none."""
    rows = [row for part in parts for row in _rows(part)]
    body = " \\\\\n".join(f"{left} &= {right}" for left, right in rows)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$" if rows else ""


def _rows(part: Part) -> Iterator[tuple[str, str]]:
    match part:
        case Question() if not part.defines:
            yield latex_name(part.output_name), part.latex
        case Closed():
            for closed in (part.jacobian, part.vjp):
                if closed is not None:
                    yield left_side(closed.left_side), closed.latex
                    yield from ((indexed(d.name), d.latex) for d in closed.where)


def _lines(block: blocks.Block, look: Look) -> Iterable[str]:
    match block:
        case Question():
            return _question(block)
        case blocks.Heading():
            return () if block.spare else ("", rf"\textbf{{{escape(look.speak(block.text))}}}", "")
        case blocks.Sentence() | blocks.Prose() | Note():
            return "", escape(look.speak(block.text))
        case Warning():
            return "", escape(look.speak.sentence(N_("note: ")) + look.speak(block.text))
        case blocks.Formula():
            return _formula(block, look)
        case blocks.Numbers():
            return align(list(_numbers(block, look)))
        case blocks.Verdict():
            return _verdict(block, look)
        case blocks.EqualCalls():
            return (escape(look.speak(block.summary)),)
        case blocks.Summary():
            return [line for one in block.whole for line in _lines(one, look)]
        case blocks.Table():
            items = (rf"  \item[{escape(look.speak(n))}] {escape(look.speak(t))}" for n, t in block.rows)
            return [r"\begin{description}", *items, r"\end{description}"]
        case blocks.Diagram() | blocks.Code():
            return _verbatim(verbatim(block, look.width, look)[1])
        case blocks.NestedAnswer():
            return [*_verbatim([block.line]), *lines_of(block.parts, look)]
        case blocks.Legend() | blocks.Picture() | blocks.HeatMap() | blocks.Curves():
            return ()  # what is drawn with characters is for screens
        case _:
            assert_never(block)


def _verbatim(lines: Iterable[str]) -> list[str]:
    return [r"\begin{verbatim}", *lines, r"\end{verbatim}"]


def _question(part: Question) -> list[str]:
    command = "% " + " ".join(f"gradcli {part.command} {part.expression}".split())
    if part.defines:
        return [command, r"\begin{align*}", f"  {part.latex}", r"\end{align*}"]
    return [command, *align([(latex_name(part.output_name), part.latex)])]


def _formula(block: blocks.Formula, look: Look) -> Iterator[str]:
    yield from align([(left_side(block.left), block.latex), *where(block.where, look.speak)])
    if block.structure is not None:
        yield escape(look.speak(block.structure) + ".")


def _numbers(block: blocks.Numbers, look: Look) -> Iterator[tuple[str, str]]:
    """The rows of an `align`; of several arrays that are the same thing the last."""
    for label, array in block.arrays[-1:] if block.result else block.arrays:
        yield block.result or _label(label, look), values(array, look.digits, look.speak)


def _label(label: blocks.Label, look: Look) -> str:
    text = look.speak(label).removesuffix(" =")
    return indexed(text) if " " not in text else rf"\text{{{escape(text)}}}"


def _verdict(block: blocks.Verdict, look: Look) -> Iterator[str]:
    if block.agrees is not None and block.difference is not None:
        verdict = N_("SymPy and PyTorch agree; the largest difference is {difference}.")
        if not block.agrees:
            verdict = N_("SymPy and PyTorch DISAGREE; the largest difference is {difference}.")
        yield escape(look.speak.sentence(verdict, difference=number(block.difference, 2)))
    if block.reason is not None:
        yield escape(look.speak(block.reason))
