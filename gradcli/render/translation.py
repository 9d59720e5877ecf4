"""A message and a language -> the sentence as it is spoken. The one place where sentences meet translations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradcli.message import Message, Plural, Sentence


@dataclass(frozen=True, slots=True)
class Speak:
    """One language: the words it has for an English sentence, and for one that a number rules; and its code."""

    alone: Callable[[str], str]
    counted: Callable[[Plural, int], str]
    code: str = "en"

    def __call__(self, message: Message | str) -> str:
        """What is no message is a name, the same in every language."""
        return message.said(self.alone, self.counted) if isinstance(message, Message) else message

    def sentence(self, sentence: Sentence, /, **values: object) -> str:
        """A marked sentence with its slots given by name."""
        return self(Message(sentence, values))


english = Speak(lambda sentence: sentence, Plural.english)


def speech(language: str | None) -> Speak:
    """The language by its code; where none is named, or it has no catalogue, English."""
    if language in (None, "en"):
        return english
    import gettext  # the standard library's, and still 5 ms that English need not wait for
    from importlib.resources import files

    catalogue = gettext.translation("gradcli", str(files("gradcli") / "locale"), [language], fallback=True)
    return Speak(
        lambda sentence: catalogue.gettext(sentence) if sentence else "",  # the empty one is the catalogue's head
        lambda message, count: catalogue.ngettext(message.one, message.many, count),
        str(language),
    )
