"""A page of explanation as data: what is said, which small questions are asked for it, what of their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcli.explain.slots import tensor
from gradcli.message import Message
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


def _nothing(_: Answers) -> Iterator[Message]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Topic:
    """One page."""

    name: str
    title: str
    said: tuple[Message, ...]
    asks: tuple[Ask, ...]
    then: Callable[[Answers], Iterator[Message]] = _nothing
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
