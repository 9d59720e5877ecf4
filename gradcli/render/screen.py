"""Formulas, arrays and prose -> lines of a screen. Knows widths; no report, no colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gradcli.message import N_
from gradcli.render import array_text, layout
from gradcli.render.styled_line import Line, line
from gradcli.render.translation import Speak, english
from gradcli.report import Array, Definition


@dataclass(frozen=True, slots=True)
class Look:
    """How wide, how precise, how complete, in which language."""

    width: int = 80
    digits: int = 6
    full: bool = False
    speak: Speak = field(default=english)


def formula(left: str, right: str, look: Look) -> list[Line]:
    """`left = right`, folded where it is long."""
    return [line(one, "formula") for one in layout.formula(right, look.width, f"  {left} = ")]


def where(definitions: Sequence[Definition], look: Look) -> list[Line]:
    """Definitions under each other, the first with the word that begins them."""
    lead = "    " + look.speak.sentence(N_("where")) + " "
    hang = " " * layout.cells(lead)
    return [
        line(one)
        for n, d in enumerate(definitions)
        for one in layout.formula(d.formula, look.width, f"{hang if n else lead}{d.name} = ")
    ]


def labelled(label: str, text: str, width: int) -> Iterator[Line]:
    """A label, and beside it what it says."""
    for n, part in enumerate(layout.wrapped(text, width, label)):
        yield Line(((label, "label"), (part[len(label) :], ""))) if n == 0 else line(part)


def numbers(array: Array, look: Look) -> list[str]:
    """An array in the room that the margins leave."""
    return array_text.lines_of(array, look.width - 2, look.digits, look.full)


def beside(blocks: Sequence[tuple[str, list[str]]], look: Look) -> list[Line]:
    """Headed blocks of numbers side by side, or under each other where the screen is too narrow."""
    if len(blocks) == 2:
        (left_head, left), (right_head, right) = blocks
        rows = array_text.side_by_side([left_head, *left], [right_head, *right], look.width - 2)
        if rows is not None:
            return [line("  " + one, "" if n else "label") for n, one in enumerate(rows)]
    return [one for head, block in blocks for one in (line("  " + head, "label"), *(line("  " + row) for row in block))]


def prose(text: str, look: Look) -> list[Line]:
    """A paragraph with a margin."""
    return [line(one) for one in layout.wrapped(text, look.width, "  ")]
