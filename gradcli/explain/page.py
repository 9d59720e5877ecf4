"""A page of explanation as data: its paragraphs, the small questions asked for it, and what their answers show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from gradcli.explain.slots import tensor
from gradcli.message import Message, message
from gradcli.report import Tensors
from gradcli.request import Request


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """A question asked for a page; where it is not `shown`, only its numbers are used."""

    request: Request
    shown: bool = True
    explained: bool = False


Grads = Sequence[Tensors]
"""The gradients that the answers to a page's questions hold, in order, by the variables' names."""
Slot = Callable[[Grads], object]
"""What fills a slot of a sentence once the questions are answered."""


def grad(question: int, name: str = "x") -> Slot:
    """The gradient that PyTorch left for a variable of a question, counted from 0."""
    return lambda grads: tensor(grads[question][name])


def count(question: int, name: str = "x") -> Slot:
    """How many entries a variable of a question has."""
    return lambda grads: grads[question][name].size


def conclude(sentence: str, **slots: Slot) -> Callable[[Grads], Message]:
    """A sentence about the answers, with what fills its slots by name."""
    return lambda grads: message(sentence, **{name: fill(grads) for name, fill in slots.items()})


@dataclass(frozen=True, slots=True)
class Topic:
    """One page; a paragraph with slots is a Message."""

    name: str
    title: str
    paragraphs: tuple[str | Message, ...]
    asks: tuple[PageQuestion, ...]
    conclusion: Callable[[Grads], Message] | None = None
    aliases: tuple[str, ...] = ()


_OPTIONS = frozenset(field.name for field in fields(Request))


def ask(expression: str, *, shown: bool = True, explained: bool = False, **given: Any) -> PageQuestion:
    """A question with its options and its variables by name."""
    options = {name: value for name, value in given.items() if name in _OPTIONS}
    inputs = {name: value for name, value in given.items() if name not in _OPTIONS}
    return PageQuestion(Request(expression, inputs=inputs, **options), shown, explained)
