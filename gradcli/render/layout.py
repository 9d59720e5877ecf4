"""Text and a width -> lines that fit: prose is wrapped at spaces, a formula at its operators, a source line is shown
through a window. Knows how wide characters are on a screen, and what colour a style has; no
tensor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gradcli.message import Span
from gradcli.visible import visible

Style = Literal["", "heading", "label", "formula", "good", "bad", "quiet"]
Piece = tuple[str, Style]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen, without its end."""

    pieces: tuple[Piece, ...] = ()

    @property
    def text(self) -> str:
        """The line without its styles."""
        return "".join(text for text, _ in self.pieces)

    @property
    def visible(self) -> Line:
        """The line with what would act on the screen shown."""
        return Line(tuple([(visible(text), style) for text, style in self.pieces]))


BLANK = Line()


def line(text: str, style: Style = "") -> Line:
    """A line in one style."""
    return Line(((text, style),))


COLOURS: dict[Style, str] = {
    "": "",
    "heading": "bold",
    "label": "cyan",
    "formula": "bold",
    "good": "green",
    "bad": "bold red",
    "quiet": "dim",
}
"""Rich's name for each style."""

_BREAKS = re.compile(r" (?=[-+] )|(?<=\*)(?!\*)|(?<=[^/]/)|(?<=, )| (?=if | else )")


def cells(text: str) -> int:
    """How many columns of the screen the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # the table of wide characters, needed only where there may be any

    return cell_len(text)


def pad(text: str, column: int) -> str:
    """The text with spaces after it up to a column of the screen."""
    return text + " " * (column - cells(text))


def wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Prose in lines of at most `width` columns, the first one begun by `first`, the others by `rest`. Lines of the
    text that begin with a space are kept as they are; CJK text, which has no spaces, breaks anywhere."""
    rest = " " * cells(first) if rest is None else rest
    lines: list[str] = []
    for paragraph in text.split("\n"):
        begun = rest if lines else first
        if paragraph.startswith(" "):
            lines.append(begun + paragraph)
            continue
        line, empty = begun, True
        for word in _words(paragraph):
            if not empty and cells(line) + cells(word.rstrip()) > width:
                lines.append(line.rstrip())
                line, word, empty = rest, word.lstrip(), True
            line, empty = line + word, False
        lines.append(line.rstrip())
    return lines


_OPENING, _CLOSING = "（「『《〈【〔［｛“", "，。、；：！？）」』》〉】〕］｝”"
_WIDE = "⺀-\u2fff\u3040-鿿가-힯"
_WORD = (  # compiled with the first prose: ranges as wide as these take longer than all else that an error needs
    rf"[{_OPENING}]*(?:[{_WIDE}]|(?:[^\s{_WIDE}{_OPENING}{_CLOSING}]|\xa0)+)?[{_CLOSING}]*(?: [—–](?=\s))?[^\S\xa0]*"
)


def _words(text: str) -> Iterator[str]:
    """What may not be broken: a word with the spaces after it, or one wide character; with them the marks that no line
    begins with and those that none ends with."""
    return (m[0] for m in re.finditer(_WORD, text) if m[0])


def formula(text: str, width: int, first: str, hang: int = 4) -> list[str]:
    """A formula in lines that fit: broken before + and -, after * and /, where the brackets are least deep; never cut
    inside a name. Lines after the first are indented by `hang` more."""
    lines, begun = [], first
    while cells(begun + text) > width:
        at = _break(text, width - cells(begun))
        if at is None:
            break
        lines.append((begun + text[:at]).rstrip())
        text, begun = text[at:].lstrip(), " " * (len(first) - len(first.lstrip()) + hang)
    return [*lines, begun + text]


def _break(text: str, room: int) -> int | None:
    """The place to break so that the first line fits: the shallowest past its first third, else the last, else the
    first one there is."""
    places = [m.start() for m in _BREAKS.finditer(text) if 0 < m.start() < len(text)]
    fitting = [at for at in places if cells(text[:at].rstrip()) <= room]
    if not fitting:
        return places[0] if places else None
    depths = _depths(text)
    late = [at for at in fitting if at >= room // 3] or fitting[-1:]
    return min(late, key=lambda at: (depths[at], text[at] != " ", -at))  # a sum is broken rather than a product


def _depths(text: str) -> list[int]:
    depth, depths = 0, []
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        depths.append(depth)
    return depths


_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029\x85]")
"""What ends a line of a program."""


def source_lines(text: str) -> list[str]:
    """The lines of a text as it was typed, empty ones left out."""
    return [visible(line.replace("\t", "    ")) for line in _LINE_END.split(text) if line.strip()] or [""]


def point_at(source: str, span: Span, width: int) -> list[str]:
    """The line of the source that the span begins in, and carets under it; of a long line the part around the span."""
    begin = source.rfind("\n", 0, span.start) + 1
    end = source.find("\n", begin)
    line = visible(source[begin : len(source) if end < 0 else end])
    first, last = span.start - begin, max(span.start + 1, min(span.end, begin + len(line))) - begin
    line, first, last = _window(line, first, last, width)
    return [line, " " * cells(line[:first]) + "^" * max(1, cells(line[first:last]))]


def _window(line: str, first: int, last: int, width: int) -> tuple[str, int, int]:
    if cells(line) <= width:
        return line, first, last
    mark, room = "…", width - 2
    begin = max(0, min(first, (first + last) // 2 - room // 2))
    end = begin
    while end < len(line) and cells(line[begin : end + 1]) <= room:
        end += 1
    while begin > 0 and end == len(line) and cells(line[begin - 1 : end]) <= room:
        begin -= 1
    left, right = mark if begin else "", mark if end < len(line) else ""
    shift = len(left) - begin
    return left + line[begin:end] + right, first + shift, min(last, end) + shift
