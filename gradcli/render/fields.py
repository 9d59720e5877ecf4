"""One part of a report -> its fields in the schema, as plain lists, numbers and strings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gradcli.render.number_text import finite, plain
from gradcli.render.translation import Speak
from gradcli.report import Array, Closed, Compared, Definition, Entry, Equivalence, Jacobian, Question, Structure, Vjp


def question(part: Question) -> dict[str, Any]:
    """The question; the values of y and v are not known yet."""
    weights = part.v_given is not None or part.v_shape is not None
    v = {"shape": list(part.v_shape or ()), "value": None}
    return {
        "command": part.command,
        "expression": part.expression,
        "latex": part.latex,
        "wrt": list(part.wrt),
        "inputs": {name: {"shape": list(shape), "dtype": part.dtype} for name, shape in part.inputs.items()},
        "output": {"shape": list(part.output_shape), "value": None},
        "v": {**v, "given": part.v_given, "name": part.v_name} if weights else None,
    }


def closed(part: Closed, known: dict[str, Any], speak: Speak) -> dict[str, Any]:
    """The closed forms of one variable, beside what is `known` of it."""
    return {
        "jacobian": None if part.jacobian is None else jacobian(part.jacobian),
        "vjp": known["vjp"] | ({} if part.vjp is None else _vjp(part.vjp)),
        "reason": None if part.reason is None else speak(part.reason),
    }


def jacobian(part: Jacobian) -> dict[str, Any]:
    """A Jacobian in closed form."""
    return {
        "shape": list(part.shape),
        "layout": part.layout,
        "left_side": part.left_side.text(),
        "formula": part.formula,
        "latex": part.latex,
        "where": _where(part.where),
        "matrix": part.matrix,
        "structure": None if part.structure is None else _structure(part.structure),
        "entries": None if part.entries is None else [_entry(entry) for entry in part.entries],
    }


def _vjp(part: Vjp) -> dict[str, Any]:
    return {
        "left_side": part.left_side.text(),
        "formula": part.formula,
        "latex": part.latex,
        "matrix": part.matrix,
        "where": _where(part.where),
    }


def _where(definitions: Iterable[Definition]) -> list[dict[str, str]]:
    return [{"name": d.name, "formula": d.formula, "latex": d.latex} for d in definitions]


def _structure(part: Structure) -> dict[str, Any]:
    picture = None if part.picture is None else list(part.picture)
    return {"kind": part.kind, "nonzero": part.nonzero, "total": part.total, "exact": part.exact, "picture": picture}


def _entry(part: Entry) -> dict[str, Any]:
    return {"row": list(part.row), "column": list(part.column), "formula": part.formula}


def compared(part: Compared, speak: Speak) -> dict[str, Any]:
    """The numbers of both sides and the verdict."""
    return {
        "symbolic": _values(part.symbolic),
        "pytorch": _values(part.pytorch),
        "max_abs_diff": _difference(part.max_abs_diff),
        "agrees": None if part.agrees is None else bool(part.agrees),
        "reason": None if part.reason is None else speak(part.reason),
        "jacobian_checked": None if part.jacobian_checked is None else bool(part.jacobian_checked),
    }


def equivalence(part: Equivalence) -> dict[str, Any]:
    """How far the other ways to the same gradient are from it."""
    return {
        "weighted_sum": plain(part.weighted_sum),
        "max_abs_diff": _difference(part.max_abs_diff),
        "plain_sum_max_abs_diff": _difference(part.plain_sum_max_abs_diff),
    }


def _values(array: Array | None) -> Any:
    return None if array is None else plain(array)


def _difference(value: float | None) -> Any:
    return None if value is None else finite(float(value))
