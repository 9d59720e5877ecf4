"""A part of a report -> an object by its fields, and the parts of an answer by their kinds. Knows no
arrangement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from gradcli.derivatives import LeftSide
from gradcli.message import Message
from gradcli.render.number_text import finite, plain
from gradcli.render.translation import Speak
from gradcli.report import Part, Question

Object = dict[str, Any]

_RENAMED: Mapping[str, Mapping[str, str]] = {
    "Call": {"count": "call"},
    "Curve": {"order": "by"},
    "Function": {"example": "expression"},
    "Operand": {"local": "jacobian"},
    "Share": {"name": "from"},
}
"""The fields whose key in the schema is another."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The parts of an answer, found by the names of their kinds: a kind is imported by the commands that have it."""

    parts: tuple[Part, ...]
    speak: Speak

    @property
    def question(self) -> Question | None:
        return self.first("Question")  # type: ignore[no-any-return]

    @property
    def command(self) -> str:
        if self.question is not None:
            return self.question.command
        listing = self.first("Listing")
        if listing is not None:
            return "topics" if listing.kind == "topics" else "functions"
        return "function" if self.of("Function") else "explain"

    def of(self, kind: str) -> list[Any]:
        """The parts of one kind, in order."""
        return [part for part in self.parts if type(part).__name__ == kind]

    def first(self, kind: str) -> Any:
        return next(iter(self.of(kind)), None)

    def listed(self, kind: str) -> list[Object]:
        return [self.fields(part) for part in self.of(kind)]

    def by_name(self, kind: str) -> Object:
        return {part.name: self.fields(part, without=("name",)) for part in self.of(kind)}

    def fields(self, part: Any, without: Iterable[str] = ()) -> Object:
        """A part as an object: its fields by their names in the schema."""
        keys = _RENAMED.get(type(part).__name__, {})
        names = [field.name for field in fields(part) if field.name not in without]
        return {keys.get(name, name): self.value(getattr(part, name)) for name in names}

    def value(self, value: Any) -> Any:
        """What stands in a field, as JSON has it."""
        match value:
            case None | str() | bool() | int():
                return value
            case Message():
                return self.speak(value)
            case LeftSide():
                return value.text()
            case np.ndarray():
                return plain(value)
            case np.bool_():
                return bool(value)
            case float():
                return finite(float(value))
            case Mapping():
                return {name: self.value(item) for name, item in value.items()}
            case _ if is_dataclass(value):
                return self.fields(value)
        return [self.value(item) for item in value]
