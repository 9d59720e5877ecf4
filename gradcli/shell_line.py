"""Words of a command line -> the line as it could be pasted into a shell, with the place of each word."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from gradcli.message import Span

_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_SAFE_IN_DOUBLE_QUOTES = re.compile(r'[^"$`\\!]*')


@dataclass(frozen=True, slots=True)
class Line:
    """A command line, and where in it each word stands."""

    text: str
    places: tuple[Span, ...]


def line_of(words: Sequence[str]) -> Line:
    """`gradcli vjp "x**2" --x 3`, quoted where a shell needs it."""
    text, places = "", []
    for word in words:
        text += " " if text else ""
        word_text = quote(word)
        places.append(Span(len(text), len(text) + len(word_text)))
        text += word_text
    return Line(text, tuple(places))


def quote(word: str) -> str:
    """The word as a shell reads it back; double quotes where they do, for they work in every shell."""
    if _PLAIN.fullmatch(word):
        return word
    name, equals, value = word.partition("=")
    if word.startswith("--") and equals and _PLAIN.fullmatch(name):
        return f"{name}={quote(value)}"
    return f'"{word}"' if _SAFE_IN_DOUBLE_QUOTES.fullmatch(word) else shlex.quote(word)
