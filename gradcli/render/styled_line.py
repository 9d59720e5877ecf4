"""A line of the answer as pieces of text with a style each; whether it is coloured is decided where it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
