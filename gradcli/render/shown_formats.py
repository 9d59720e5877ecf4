"""Blocks of the parts that show -> lines of a screen, of Markdown, of LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

from gradcli.message import Message
from gradcli.render import array_text, layout, marked, screen, tex
from gradcli.render.extra import Head, Numbers, Say, label_text
from gradcli.render.screen import Look
from gradcli.render.shown import Block, Code, Drawing, Formula, Inside, Prose, Table, blocks
from gradcli.render.styled_line import BLANK, Line, heading, line
from gradcli.render.terminal_plot import drawn
from gradcli.render.translation import Speak
from gradcli.report import Part, Shown

# How a whole answer is written, for the examples that hold one.
InText = Callable[[Sequence[Part], Look], Iterator[list[Line]]]
InMarkdown = Callable[[Sequence[Part], int, bool, Speak], Iterator[str]]
InLatex = Callable[[Sequence[Part], int, Speak], Iterator[str]]

_PROSE = 88
"""Longer lines are hard to read."""


def text(part: Shown, look: Look, inner: InText) -> list[Line]:
    """The lines of one part for a screen."""
    return [one for block in blocks(part, look.speak) for one in _text(block, look, inner)]


def _text(block: Block, look: Look, inner: InText) -> list[Line]:
    match block:
        case Head(told):
            return [BLANK, *(heading(one) for one in layout.wrapped(look.speak(told), look.width, "", "  "))]
        case Say(told, style):
            return [line(one, style) for one in layout.wrapped(look.speak(told), look.width, "  ")]
        case Prose(told):
            return [BLANK, *(line(one) for one in layout.wrapped(look.speak(told), min(look.width, _PROSE)))]
        case Numbers(arrays):
            blocks_of = [
                (label_text(label, look.speak), array_text.lines_of(array, look.width - 4, look.digits, look.full))
                for label, array in arrays
            ]
            return _in_rows(blocks_of, look)
        case Formula(left, right, _, where):
            return [*screen.formula(left.text(), right, look), *screen.where(where, look)]
        case Code(_, source):
            return [line(one) for one in source.rstrip("\n").split("\n")]
        case Table(rows):
            return _table(rows, look)
        case Inside(example):
            return [
                BLANK,
                line(f"  $ {example.line}", "label"),
                *(one for lines in inner(example.parts, look) for one in lines),
            ]
        case Drawing(plot):
            return [*(line(one) for one in drawn(plot, look.width, look.digits, look.speak))]
        case _:
            assert_never(block)


def _in_rows(given: list[tuple[str, list[str]]], look: Look) -> list[Line]:
    """`x = 3` on one line where the value is one number, else the numbers under their label; two side by side."""
    if all(len(lines) == 1 for _, lines in given):
        return [
            line(one)
            for label, lines in given
            for one in layout.wrapped(f"{label} {lines[0]}", look.width, "  ", "      ")
        ]
    return screen.beside(given, look)


def _table(rows: tuple[tuple[Message | str, Message | str], ...], look: Look) -> list[Line]:
    say = look.speak
    column = max(layout.cells(say(name)) for name, _ in rows) + 4
    lines: list[Line] = []
    for name, told in rows:
        label = layout.padded(f"  {say(name)}", column)
        for n, one in enumerate(layout.wrapped(say(told), look.width, label)):
            lines.append(Line(((label, "label"), (one[len(label) :], ""))) if n == 0 else line(one))
    return lines


def markdown(part: Shown, digits: int, full: bool, speak: Speak, inner: InMarkdown) -> Iterator[str]:
    """The lines of one part as Markdown."""
    for block in blocks(part, speak):
        yield from _markdown(block, digits, full, speak, inner)


def _markdown(block: Block, digits: int, full: bool, speak: Speak, inner: InMarkdown) -> Iterator[str]:
    prose = marked.prose
    match block:
        case Head(told):
            yield from ("", f"## {prose(speak(told))}", "")
        case Say(told) | Prose(told):
            yield from ("", prose(speak(told)), "")
        case Numbers(arrays):
            named = {label_text(label, speak).removesuffix(" ="): array for label, array in arrays}
            yield from marked.block(named, digits, full)
        case Formula(left, _, formula, where):
            yield from ("", "$$", rf"{tex.left_side(left)} = {formula}", "$$")
            for definition in where:
                yield from marked.definition(definition, speak)
        case Code(language, source):
            yield from (f"```{language}", *source.rstrip("\n").split("\n"), "```")
        case Table(rows):
            yield from (
                "",
                "| | |",
                "|---|---|",
                *(f"| {_name(name, speak)} | {_cell(prose(speak(told)))} |" for name, told in rows),
                "",
            )
        case Inside(example):
            yield from ("", "```sh", example.line, "```", "", *inner(example.parts, digits, full, speak))
        case Drawing(plot):
            yield from ("```text", *drawn(plot, 80, digits, speak), "```")
        case _:
            assert_never(block)


def _name(name: Message | str, speak: Speak) -> str:
    return f"`{name}`" if isinstance(name, str) else speak(name)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def latex(part: Shown, digits: int, speak: Speak, inner: InLatex) -> Iterator[str]:
    """The lines of one part as LaTeX; a drawing of characters has no place in it."""
    for block in blocks(part, speak):
        yield from _latex(block, digits, speak, inner)


def _latex(block: Block, digits: int, speak: Speak, inner: InLatex) -> Iterator[str]:
    escaped = tex.escaped
    match block:
        case Head(told):
            yield from ("", rf"\textbf{{{escaped(speak(told))}}}", "")
        case Say(told) | Prose(told):
            yield from ("", escaped(speak(told)))
        case Numbers(arrays):
            yield from tex.align(
                [
                    (
                        rf"\text{{{escaped(label_text(label, speak).removesuffix(' ='))}}}",
                        tex.values(array, digits, speak),
                    )
                    for label, array in arrays
                ]
            )
        case Formula(left, _, formula, where):
            yield from tex.align([(tex.left_side(left), formula), *tex.where(where, speak)])
        case Code(_, source):
            yield from (r"\begin{verbatim}", *source.rstrip("\n").split("\n"), r"\end{verbatim}")
        case Table(rows):
            yield r"\begin{description}"
            yield from (rf"  \item[{escaped(speak(name))}] {escaped(speak(told))}" for name, told in rows)
            yield r"\end{description}"
        case Inside(example):
            yield from (r"\begin{verbatim}", example.line, r"\end{verbatim}", *inner(example.parts, digits, speak))
        case Drawing():
            return
        case _:
            assert_never(block)
