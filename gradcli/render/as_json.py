"""Parts of a report -> the object of the schema. Knows its fields; not how it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

from gradcli.render import extra_json, fields
from gradcli.render.number_text import plain
from gradcli.render.translation import Speak, english
from gradcli.report import SCHEMA, Closed, Compared, Equivalence, Extra, Note, Part, Question, Shown, Warning, Weights


def as_object(parts: Iterable[Part], speak: Speak = english) -> dict[str, Any]:
    """The whole answer as one object of plain lists, numbers and strings."""
    parts = tuple(parts)
    if any(isinstance(part, Shown) for part in parts):
        from gradcli.render import shown_json  # which most answers do without

        return shown_json.as_object(parts, speak, as_object)
    answer: dict[str, Any] = {
        "schema": SCHEMA,
        "command": None,
        "expression": None,
        "latex": None,
        "ok": True,
        "inputs": {},
        "wrt": [],
        "output": None,
        "v": None,
        "gradients": {},
        "equivalence": {},
        "explanation": [],
        "warnings": [],
    }
    for part in parts:
        match part:
            case Question():
                answer |= fields.question(part)
            case Closed():
                _gradient(answer, part.name).update(fields.closed(part, _gradient(answer, part.name), speak))
            case Weights():
                answer["output"] = {**(answer["output"] or {"shape": list(part.y.shape)}), "value": plain(part.y)}
                shape = list(part.v.shape)
                answer["v"] = {"given": None, **(answer["v"] or {}), "shape": shape, "value": plain(part.v)}
            case Compared():
                _gradient(answer, part.name)["vjp"].update(fields.compared(part, speak))
            case Equivalence():
                answer["equivalence"][part.name] = fields.equivalence(part)
            case Note():
                answer["explanation"].append({"topic": part.topic, "text": speak(part.text)})
            case Warning():
                answer["warnings"].append({"kind": part.kind, "text": speak(part.text)})
            case Extra():
                extra_json.add(answer, part, speak)
            case Shown():
                raise AssertionError("answered above")
            case _:
                assert_never(part)
    return extra_json.arranged(answer)


def _gradient(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """What is known of one variable so far."""
    nothing: dict[str, Any] = {
        "formula": None,
        "left_side": None,
        "latex": None,
        "matrix": None,
        "where": [],
        "symbolic": None,
        "pytorch": None,
        "max_abs_diff": None,
        "agrees": None,
        "reason": None,
        "jacobian_checked": None,
    }
    known: dict[str, Any] = answer["gradients"].setdefault(name, {"jacobian": None, "vjp": nothing, "reason": None})
    return known
