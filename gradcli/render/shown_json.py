"""An answer of the commands that show -> the object of the schema: each command has its own fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.render import fields
from gradcli.render.graph_text import document
from gradcli.render.number_text import finite, plain
from gradcli.render.translation import Speak
from gradcli.report import SCHEMA, Compared, Note, Part, Question, Warning
from gradcli.report.exhibits import Example, Function, Graph, Listing, Operand, Page, Paragraph, Plot, Script, Visit

Answer = dict[str, Any]


def as_object(parts: Sequence[Part], speak: Speak, inner: Callable[[Sequence[Part], Speak], Answer]) -> Answer:
    """The whole answer as one object of plain lists, numbers and strings; `inner` gives that of an example's answer."""
    answer: Answer = {"schema": SCHEMA, "command": "functions", "ok": True, "warnings": []}
    for part in parts:
        match part:
            case Question():
                asked = fields.question(part)
                answer |= {key: asked[key] for key in ("command", "expression", "latex", "inputs", "output")}
                if part.command == "steps":
                    answer |= {"v": asked["v"], "wrt": asked["wrt"], "steps": []}
            case Listing():
                answer |= _listing(part, speak)
            case Function():
                answer |= {"command": "functions", "function": _function(part, speak), "example": None}
            case Page():
                answer |= {
                    "command": "explain",
                    "topic": part.topic,
                    "title": speak(part.title),
                    "text": [],
                    "examples": [],
                }
            case Paragraph():
                answer["text"].append(speak(part.text))
            case Example():
                told = {"line": part.line, "answer": inner(part.parts, speak)}
                answer |= {"example": told} if "function" in answer else {"examples": [*answer["examples"], told]}
            case Visit():
                answer["steps"].append(_visit(part, speak))
            case Graph():
                answer["graph"] = _graph(part, speak)
            case Script():
                answer["script"] = {"to": part.to, "text": part.text}
            case Plot():
                answer["plot"] = _plot(part)
            case Note():
                answer.setdefault("text", []).append(speak(part.text))
            case Warning():
                answer["warnings"].append({"kind": part.kind, "text": speak(part.text)})
            case Compared():
                answer.setdefault("checks", []).append({"name": part.name, **fields.compared(part, speak)})
            case _:
                raise AssertionError(part)
    return answer


def _listing(part: Listing, speak: Speak) -> Answer:
    if part.kind == "topics":
        return {"command": "explain", "topics": [{"name": i.name, "title": speak(i.text)} for i in part.items]}
    return {"functions": [{"name": i.name, "family": i.group, "doc": speak(i.text)} for i in part.items]}


def _function(part: Function, speak: Speak) -> Answer:
    return {
        "name": part.name,
        "family": part.family,
        "doc": speak(part.doc),
        "aliases": list(part.aliases),
        "parameters": [{"name": p.name, "kind": p.kind, "default": p.default} for p in part.parameters],
        "differentiable": part.differentiable,
        "expression": part.example,
        "shapes": [
            {"inputs": {n: list(s) for n, s in inputs.items()}, "output": list(output)}
            for inputs, output in part.shapes
        ],
        "kinks": [speak(told) for told in part.kinks],
        "deviations": [speak(told) for told in part.deviations],
        "value": None if part.value is None else plain(part.value),
    }


def _visit(part: Visit, speak: Speak) -> Answer:
    return {
        "name": part.name,
        "source": part.source,
        "operation": part.operation,
        "shape": list(part.value.shape),
        "value": plain(part.value),
        "gradient": plain(part.gradient),
        "arrived": [{"from": share.name, "value": plain(share.value)} for share in part.arrived],
        "max_abs_diff": finite(part.max_abs_diff),
        "operands": [_operand(o, speak) for o in part.operands],
    }


def _operand(part: Operand, speak: Speak) -> Answer:
    return {
        "name": part.name,
        "jacobian": None if part.local is None else fields.jacobian(part.local),
        **fields.compared(part.compared, speak),
    }


def _graph(part: Graph, speak: Speak) -> Answer:
    return {
        "to": part.to,
        "text": document(part, speak),
        "vertices": [
            {"name": v.name, "label": v.label, "kind": v.kind, "shape": list(v.shape), "grad_fn": v.grad_fn}
            for v in part.vertices
        ],
        "edges": [list(edge) for edge in part.edges],
    }


def _plot(part: Plot) -> Answer:
    return {
        "axes": [{"name": name, "values": plain(array)} for name, array in part.axes],
        "curves": [
            {
                "label": c.label,
                "by": list(c.order),
                "formula": c.formula,
                "latex": c.latex,
                "values": plain(c.values),
                "max_abs_diff": None if c.max_abs_diff is None else finite(c.max_abs_diff),
                "agrees": None if c.agrees is None else bool(c.agrees),
            }
            for c in part.curves
        ],
    }
