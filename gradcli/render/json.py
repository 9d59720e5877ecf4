"""Parts of a report -> the object of the schema. Knows its fields; not how it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

from gradcli.render import extra_json
from gradcli.render.numbers import finite, plain
from gradcli.render.speech import Speak, english
from gradcli.report import (
    SCHEMA,
    Array,
    Closed,
    Compared,
    Definition,
    Entry,
    Equivalence,
    Extra,
    Jacobian,
    Note,
    Part,
    Question,
    Shown,
    Structure,
    Vjp,
    Warning,
    Weights,
)


def as_object(parts: Iterable[Part], speak: Speak = english) -> dict[str, Any]:
    """The whole answer as one object of plain lists, numbers and strings."""
    parts = tuple(parts)
    if any(isinstance(part, Shown) for part in parts):
        from gradcli.render import shown_json  # it is written with what this module has

        return shown_json.as_object(parts, speak)
    answer: dict[str, Any] = {
        "schema": SCHEMA, "command": None, "expression": None, "latex": None, "ok": True, "inputs": {}, "wrt": [],
        "output": None, "v": None, "gradients": {}, "equivalence": {}, "explanation": [], "warnings": [],
    }
    for part in parts:
        match part:
            case Question():
                answer |= _question(part)
            case Closed():
                _gradient(answer, part.name).update(_closed(part, _gradient(answer, part.name), speak))
            case Weights():
                answer["output"] = {**(answer["output"] or {"shape": list(part.y.shape)}), "value": plain(part.y)}
                shape = list(part.v.shape)
                answer["v"] = {"given": None, **(answer["v"] or {}), "shape": shape, "value": plain(part.v)}
            case Compared():
                _gradient(answer, part.name)["vjp"].update(_compared(part, speak))
            case Equivalence():
                answer["equivalence"][part.name] = _equivalence(part)
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


def _question(part: Question) -> dict[str, Any]:
    weights = part.v_given is not None or part.v_shape is not None
    return {
        "command": part.command,
        "expression": part.expression,
        "latex": part.latex,
        "wrt": list(part.wrt),
        "inputs": {name: {"shape": list(shape), "dtype": part.dtype} for name, shape in part.inputs.items()},
        "output": {"shape": list(part.output_shape), "value": None},
        "v": {"shape": list(part.v_shape or ()), "value": None, "given": part.v_given} if weights else None,
    }


def _gradient(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """What is known of one variable so far."""
    nothing: dict[str, Any] = {
        "formula": None, "left_side": None, "latex": None, "matrix": None, "where": [], "symbolic": None,
        "pytorch": None, "max_abs_diff": None, "agrees": None, "reason": None, "jacobian_checked": None,
    }
    known: dict[str, Any] = answer["gradients"].setdefault(name, {"jacobian": None, "vjp": nothing, "reason": None})
    return known


def _closed(part: Closed, known: dict[str, Any], speak: Speak) -> dict[str, Any]:
    return {
        "jacobian": None if part.jacobian is None else _jacobian(part.jacobian),
        "vjp": known["vjp"] | ({} if part.vjp is None else _vjp(part.vjp)),
        "reason": None if part.reason is None else speak(part.reason),
    }


def _jacobian(part: Jacobian) -> dict[str, Any]:
    return {
        "shape": list(part.shape),
        "left_side": part.left_side,
        "formula": part.formula,
        "latex": part.latex,
        "where": _where(part.where),
        "matrix": part.matrix,
        "structure": None if part.structure is None else _structure(part.structure),
        "entries": None if part.entries is None else [_entry(entry) for entry in part.entries],
    }


def _vjp(part: Vjp) -> dict[str, Any]:
    return {
        "left_side": part.left_side, "formula": part.formula, "latex": part.latex, "matrix": part.matrix,
        "where": _where(part.where),
    }


def _where(definitions: Iterable[Definition]) -> list[dict[str, str]]:
    return [{"name": d.name, "formula": d.formula, "latex": d.latex} for d in definitions]


def _structure(part: Structure) -> dict[str, Any]:
    picture = None if part.picture is None else list(part.picture)
    return {"kind": part.kind, "nonzero": part.nonzero, "total": part.total, "exact": part.exact, "picture": picture}


def _entry(part: Entry) -> dict[str, Any]:
    return {"row": list(part.row), "column": list(part.column), "formula": part.formula}


def _compared(part: Compared, speak: Speak) -> dict[str, Any]:
    return {
        "symbolic": _values(part.symbolic),
        "pytorch": _values(part.pytorch),
        "max_abs_diff": _difference(part.max_abs_diff),
        "agrees": None if part.agrees is None else bool(part.agrees),
        "reason": None if part.reason is None else speak(part.reason),
        "jacobian_checked": None if part.jacobian_checked is None else bool(part.jacobian_checked),
    }


def _equivalence(part: Equivalence) -> dict[str, Any]:
    return {
        "weighted_sum": plain(part.weighted_sum),
        "max_abs_diff": _difference(part.max_abs_diff),
        "plain_sum_max_abs_diff": _difference(part.plain_sum_max_abs_diff),
    }


def _values(array: Array | None) -> Any:
    return None if array is None else plain(array)


def _difference(value: float | None) -> Any:
    return None if value is None else finite(float(value))
