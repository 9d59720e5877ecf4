"""Arrays, definitions and prose -> pieces of Markdown. Knows no report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradcli.message import N_
from gradcli.render import array_text
from gradcli.render.tex import indexed
from gradcli.render.translation import Speak
from gradcli.report import Array, Definition

WIDTH = 100
"""Columns of a block of code."""


def definition(part: Definition, speak: Speak) -> list[str]:
    """A name that stands for a longer formula."""
    return ["", speak.sentence(N_("where")) + f" ${indexed(part.name)} = {part.latex}$"]


def block(arrays: Mapping[str, Array], digits: int, full: bool) -> Iterator[str]:
    """Arrays side by side where they fit, in one block of code."""
    blocks = [[f"{head}:", *array_text.lines_of(array, WIDTH, digits, full)] for head, array in arrays.items()]
    beside = array_text.side_by_side(blocks[0], blocks[1], WIDTH) if len(blocks) == 2 else None
    yield from ("", "```text", *(beside or [row for block in blocks for row in block]), "```")


def prose(text: str) -> str:
    """A sentence with what Markdown would read as emphasis written out."""
    return text.replace("\\", "\\\\").replace("*", r"\*").replace("_", r"\_").replace("<", r"\<")
