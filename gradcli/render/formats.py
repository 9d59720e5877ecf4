"""The formats that an answer is written in; the choices of --format in `request` are these. Knows names, suffixes and
who writes; loads a writer when it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from gradcli.render.translation import Speak, english

if TYPE_CHECKING:  # the command line chooses a format before NumPy is loaded
    from gradcli.report import Part


@dataclass(frozen=True, slots=True)
class Look:
    """How an answer is written in any format: how wide, how precise, how complete, in which language."""

    width: int = 80
    digits: int = 6
    full: bool = False
    speak: Speak = english


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, the suffix of its files, and the module whose `document(parts, look)` writes it. `streams`:
    a screen gets it block by block."""

    name: str
    suffix: str
    module: str
    streams: bool = False


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("text", ".txt", "text", streams=True),
        Format("json", ".json", "as_json"),
        Format("latex", ".tex", "latex"),
        Format("markdown", ".md", "markdown"),
        Format("html", ".html", "html_page"),
    )
}

NUMBER_FILES = ("npy", "npz", "csv", "tsv")
"""What a file of numbers alone may be, each with its name as its suffix."""

SUFFIXES: Mapping[str, str] = {
    **{one.suffix: one.name for one in FORMATS.values()},
    **{f".{name}": name for name in NUMBER_FILES},
}
"""What a file's suffix says of its format."""


def document(name: str, parts: Sequence[Part], look: Look) -> str:
    """The whole answer in the format of this name."""
    text: str = import_module(f"gradcli.render.{FORMATS[name].module}").document(parts, look)
    return text
