"""A sentence to a person, with its place in what they typed. Knows nothing of tensors, libraries or terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import IntEnum
from types import MappingProxyType
from typing import Self

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Plural:
    """One sentence in two forms, between which the number in its slot `count` decides; other languages have more."""

    one: str
    many: str

    def english(self, count: int) -> str:
        """The form that English uses for a number."""
        return self.one if count == 1 else self.many


Sentence = str | Plural


def N_(sentence: str) -> str:
    """Marks a sentence for translation; it is translated when it is spoken."""
    return sentence


def NN_(one: str, many: str) -> Plural:
    """The same for a sentence that its `count` rules: "{count} entry", "{count} entries"."""
    return Plural(one, many)


class Exit(IntEnum):
    """The exit statuses of the command line."""

    ANSWERED = 0
    CHECK_FAILED = 1
    MISTAKE = 2
    LIMIT = 3
    DEFECT = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text: code points `start` up to, not including, `end`."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        return Span(self.start, other.end)

    def of(self, text: str) -> str:
        """What stands there."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Message:
    """A whole sentence with named slots, and what fills them."""

    sentence: Sentence
    values: Mapping[str, object] = field(default_factory=lambda: _NOTHING)

    def __str__(self) -> str:
        return self.said(lambda sentence: sentence, Plural.english)

    def said(self, alone: Callable[[str], str], counted: Callable[[Plural, int], str]) -> str:
        """The sentence in the words that a language has for it, its slots filled; a message in a slot is said too."""
        told = self.sentence
        spoken = {k: v.said(alone, counted) if isinstance(v, Message) else v for k, v in self.values.items()}
        form = alone(told) if isinstance(told, str) else counted(told, int(str(self.values["count"])))
        return form.format(**spoken)


def message(sentence: Sentence, /, **values: object) -> Message:
    """`Message` with its slots given by name."""
    return Message(sentence, values)


def joined(between: str, items: Iterable[Message | str]) -> Message:
    """A list of sentences and names, each said for itself."""
    named = {f"item{n}": item for n, item in enumerate(items)}
    return Message(between.join(f"{{{name}}}" for name in named), named)


def nearest(word: str, words: Iterable[str], likeness: float = 0.65) -> str | None:
    """The word that is most like the one that was typed, for a hint; None where none is at least so much like it.
    Likeness is the ratio of difflib: 1 for the same word, 0 for words without a letter in common."""
    return next(iter(get_close_matches(word, list(words), n=1, cutoff=likeness)), None)


LIMIT = "limit"
"""The kind of an error that is a limit; every other kind is a mistake."""


class GradcliError(Exception):
    """The user's mistake, or a limit that was hit: never a defect of the program.

    `kind` is one word for scripts (syntax, name, shape, domain, file, option, limit); `hint` is a repair that can be
    pasted. `source` and `span` say where; the room that knows the place adds it once with `at`. The exit status
    follows from the kind.
    """

    def __init__(
        self,
        kind: str,
        what: Message,
        *,
        hint: Message | None = None,
        source: str | None = None,
        span: Span | None = None,
    ) -> None:
        super().__init__(what)
        self.kind, self.what, self.hint = kind, what, hint
        self.source, self.span = source, span

    @property
    def exit_status(self) -> Exit:
        """LIMIT for a limit, MISTAKE for all that a person can mend in the question."""
        return Exit.LIMIT if self.kind == LIMIT else Exit.MISTAKE

    def __str__(self) -> str:
        return str(self.what)

    def at(self, span: Span | None = None, source: str | None = None) -> Self:
        """The same error with its place, where it had none."""
        self.span = self.span or span
        self.source = self.source if self.source is not None else source
        return self


def fault(kind: str, sentence: Sentence, /, hint: Sentence | Message | None = None, **values: object) -> GradcliError:
    """A `GradcliError` from a sentence and, if there is one, a hint; both may use the same slots."""
    advice = Message(hint, values) if isinstance(hint, Sentence) else hint
    return GradcliError(kind, Message(sentence, values), hint=advice)


def limit(sentence: Sentence, /, hint: Sentence | None = None, **values: object) -> GradcliError:
    """A limit that was hit: the question is understood but refused."""
    return fault(LIMIT, sentence, hint, **values)
