"""A page of explanation as data: its paragraphs, the small questions asked for it, and what their answers show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcli.explain.slots import tensor
from gradcli.message import Message, message
from gradcli.report import Array, Compared, Part
from gradcli.request import Request


@dataclass(frozen=True, slots=True)
class Ask:
    """A question asked for a page; where it is not `shown`, only its numbers are used."""

    request: Request
    shown: bool = True
    explained: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to a page's questions, in order."""

    parts: Sequence[tuple[Part, ...]]

    def grad(self, question: int, name: str = "x") -> str:
        """The gradient that PyTorch left, as text."""
        return tensor(self._grads(question)[name])

    def count(self, question: int, name: str = "x") -> int:
        """How many entries the variable has."""
        return int(self._grads(question)[name].size)

    def _grads(self, question: int) -> Mapping[str, Array]:
        compared = [part for part in self.parts[question] if isinstance(part, Compared)]
        return {part.name: part.numbers for part in compared if part.numbers is not None}


Slot = Callable[[Answers], object]
"""What fills a slot of a sentence once the questions are answered."""


def grad(question: int, name: str = "x") -> Slot:
    """The gradient that PyTorch left for a variable of a question, counted from 0."""
    return lambda answers: answers.grad(question, name)


def count(question: int, name: str = "x") -> Slot:
    """How many entries a variable of a question has."""
    return lambda answers: answers.count(question, name)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A sentence about the answers."""

    sentence: str
    slots: Mapping[str, Slot]

    def about(self, answers: Answers) -> Message:
        """The sentence with its slots filled."""
        return message(self.sentence, **{name: fill(answers) for name, fill in self.slots.items()})


def conclude(sentence: str, **slots: Slot) -> Conclusion:
    """A sentence with what fills its slots by name."""
    return Conclusion(sentence, slots)


@dataclass(frozen=True, slots=True)
class Topic:
    """One page; a paragraph with slots is a Message."""

    name: str
    title: str
    paragraphs: tuple[str | Message, ...]
    asks: tuple[Ask, ...]
    conclusion: Conclusion | None = None
    aliases: tuple[str, ...] = ()


def ask(
    expression: str,
    *,
    command: str = "vjp",
    shown: bool = True,
    explained: bool = False,
    v: str | None = None,
    options: Mapping[str, Any] | None = None,
    **inputs: str,
) -> Ask:
    """A question with its variables by name."""
    return Ask(Request(expression, command, inputs, v=v, **dict(options or {})), shown, explained)
