"""A message and a language -> the sentence as it is spoken. The one place where sentences meet translations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gradcli.message import Message


@dataclass(frozen=True)
class Speak:
    """One language: `translate` turns an English sentence with its slots into that language's."""

    translate: Callable[[str], str]

    def __call__(self, told: Message) -> str:
        return self._filled(told.sentence, told.values)

    def sentence(self, sentence: str, /, **values: object) -> str:
        """A marked sentence with its slots given by name."""
        return self._filled(sentence, values)

    def _filled(self, sentence: str, values: Mapping[str, object]) -> str:
        spoken = {name: self(value) if isinstance(value, Message) else value for name, value in values.items()}
        return self.translate(sentence).format(**spoken)


def _as_it_is(sentence: str) -> str:
    return sentence


english = Speak(_as_it_is)


def speech(language: str) -> Speak:
    """The language by its code; one without a catalogue is spoken in English."""
    if language == "en":
        return english
    import gettext  # the standard library's, and still 5 ms that English need not wait for
    from importlib.resources import files

    catalogue = gettext.translation("gradcli", str(files("gradcli") / "locale"), [language], fallback=True)
    return Speak(catalogue.gettext)
