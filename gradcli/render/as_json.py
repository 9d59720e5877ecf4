"""Parts of a report -> the object of the schema, each command with an arrangement of its own. Knows keys; not how they
are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

from gradcli.render.formats import Look
from gradcli.render.json_fields import Fields, Object
from gradcli.render.json_text import several_lines
from gradcli.render.number_text import plain
from gradcli.render.translation import Speak, english
from gradcli.report import SCHEMA, Closed, Compared, Jacobian, Part, Question, Vjp, Weights


def as_object(parts: Iterable[Part], speak: Speak = english) -> Object:
    """The whole answer as one object of plain lists, numbers and strings."""
    answer = Fields(tuple(parts), speak)
    return {**_ARRANGED.get(answer.command, _derivative)(answer), "warnings": answer.listed("Warning")}


def document(parts: Iterable[Part], look: Look) -> str:
    """The whole answer as JSON text."""
    return several_lines(as_object(parts, look.speak)) + "\n"


# What is said of every question


def _head(answer: Fields, *own: str) -> Object:
    """The question as it was understood, with the values of y and v; `own` are the keys that not every command has."""
    part = answer.question
    assert part is not None
    known: Object = {
        "schema": SCHEMA,
        "command": part.command,
        "expression": part.expression,
        "latex": part.latex,
        "ok": True,
        "inputs": {name: {"shape": list(shape), "dtype": part.dtype} for name, shape in part.inputs.items()},
    }
    if "wrt" in own:
        known["wrt"] = list(part.wrt)
    values = [part.y for kind in ("Weights", "Value", "Tangents") for part in answer.of(kind)]
    known["output"] = {"shape": list(part.output_shape), "value": plain(values[0]) if values else None}
    if "v" in own:
        known["v"] = _weights(part, answer.first("Weights"))
    return known


def _weights(part: Question, weights: Weights | None) -> Object | None:
    """v with its shape and, once it is known, its value; None where the question has none."""
    known: Object | None = None
    if part.v_given is not None or part.v_shape is not None:
        known = {"given": part.v_given, "shape": list(part.v_shape or ()), "value": None, "name": part.v_name}
    if weights is None:
        return known
    return {"given": None, **(known or {}), "shape": list(weights.v.shape), "value": plain(weights.v)}


def _derivative(answer: Fields, *own: str, **made: Any) -> Object:
    return {**_head(answer, "wrt", *own), **made, "explanation": answer.listed("Note")}


# Closed forms and numbers by variable

Known = tuple[Closed, Compared]


def _known(answer: Fields) -> dict[str, Known]:
    """What is known of each variable, in the order in which something was; a part without values where nothing is."""
    closed = {part.name: part for part in answer.of("Closed")}
    compared = {part.name: part for part in answer.of("Compared")}
    return {
        name: (closed.get(name, Closed(name, None, None)), compared.get(name, Compared(name, None, None, None, None)))
        for name in {**closed, **compared}
    }


def _form(answer: Fields, kind: type[Jacobian | Vjp], part: Jacobian | Vjp | None) -> Object:
    """The fields of a closed form; each of them null where there is none."""
    if part is not None:
        return answer.fields(part)
    return {field.name: [] if field.name == "where" else None for field in fields(kind)}


def _numbers(answer: Fields, part: Compared) -> Object:
    return answer.fields(part, without=("name", "whole"))


def _gradient(answer: Fields, known: Known) -> Object:
    closed, compared = known
    return {
        "jacobian": answer.value(closed.jacobian),
        "vjp": {**_form(answer, Vjp, closed.vjp), **_numbers(answer, compared)},
        "reason": answer.value(closed.reason),
    }


def _flat(answer: Fields, kind: type[Jacobian | Vjp], known: Known) -> Object:
    """A closed form of that kind and its numbers side by side, with the reason of either."""
    closed, compared = known
    form = _form(answer, kind, closed.jacobian if kind is Jacobian else closed.vjp)
    numbers = answer.fields(compared, without=("name", "whole", "jacobian_checked"))
    return {**form, **numbers, "reason": answer.value(closed.reason or compared.reason)}


def _products(answer: Fields) -> Object:
    return {name: _flat(answer, Vjp, known) for name, known in _known(answer).items()}


def _tangents(answer: Fields) -> Object:
    return {
        name: {"shape": list(t.shape), "value": plain(t), "given": part.given[name]}
        for part in answer.of("Tangents")
        for name, t in part.t.items()
    }


# One arrangement a command


def _vjp(answer: Fields) -> Object:
    gradients = {name: _gradient(answer, known) for name, known in _known(answer).items()}
    return _derivative(answer, "v", gradients=gradients, equivalence=answer.by_name("Equivalence"))


def _jvp(answer: Fields) -> Object:
    return _derivative(answer, t=_tangents(answer), jvp=next(iter(_products(answer).values()), None))


def _jacobian(answer: Fields) -> Object:
    flattened = answer.by_name("FlatJacobian")
    jacobians = {}
    for name, known in _known(answer).items():
        jacobians[name] = {
            **_flat(answer, Jacobian, known),
            "layout": flattened[name]["layout"],
            "compared": "jacobian" if known[1].whole else "vjp",
            "flattened": flattened[name],
        }
    return _derivative(answer, "v", jacobians=jacobians)


def _grad(answer: Fields) -> Object:
    return _derivative(
        answer, gradients={name: _flat(answer, Jacobian, known) for name, known in _known(answer).items()}
    )


def _hessian(answer: Fields) -> Object:
    blocks: Object = {}
    for name, known in _known(answer).items():
        row, _, column = name.partition(",")
        blocks.setdefault(row, {})[column] = _flat(answer, Jacobian, known)
    return _derivative(answer, "v", hessian=blocks)


def _hvp(answer: Fields) -> Object:
    return _derivative(answer, "v", t=_tangents(answer), hvp=_products(answer))


def _backward(answer: Fields) -> Object:
    between = answer.by_name("Intermediate")
    return _derivative(
        answer,
        "v",
        gradients=_products(answer),
        calls=answer.listed("Call"),
        intermediates={name: {"leaf": False, "grad": None, **known} for name, known in between.items()},
    )


def _check(answer: Fields) -> Object:
    matrices = {part.name for part in answer.of("Verdict") if part.of in ("jacobian", "hessian")}
    closed = {
        name: _flat(answer, Jacobian if name in matrices else Vjp, known) for name, known in _known(answer).items()
    }
    return _derivative(answer, "v", checks=answer.by_name("Verdict"), closed=closed)


def _steps(answer: Fields) -> Object:
    steps = [_visit(answer, part) for part in answer.of("Visit")]
    return {**_head(answer, "v", "wrt"), "steps": steps}


def _visit(answer: Fields, part: Any) -> Object:
    operands = [
        {**answer.fields(operand, without=("compared", "times")), **_numbers(answer, operand.compared)}
        for operand in part.operands
    ]
    return {**answer.fields(part), "shape": list(part.value.shape), "operands": operands}


def _graph(answer: Fields) -> Object:
    from gradcli.render.graph_text import document  # which no other answer needs

    part = answer.first("Graph")
    graph = {**answer.fields(part), "text": document(part, answer.speak)}
    return {**_head(answer), "graph": graph}


def _code(answer: Fields) -> Object:
    return {**_head(answer), "script": answer.value(answer.first("Script"))}


def _plot(answer: Fields) -> Object:
    part = answer.first("Plot")
    axes = [{"name": name, "values": plain(values)} for name, values in part.axes]
    return {**_head(answer), "plot": {**answer.fields(part), "axes": axes}}


def _page(answer: Fields, command: str, **made: Any) -> Object:
    return {"schema": SCHEMA, "command": command, "ok": True, **made}


def _topics(answer: Fields) -> Object:
    items = answer.first("Listing").items
    return _page(answer, "explain", topics=[{"name": i.name, "title": answer.value(i.text)} for i in items])


def _explain(answer: Fields) -> Object:
    text = [answer.value(part.text) for part in answer.of("Paragraph")]
    return _page(answer, "explain", **answer.fields(answer.first("Page")), text=text, examples=_examples(answer))


def _functions(answer: Fields) -> Object:
    items = answer.first("Listing").items
    listed = [{"name": i.name, "family": i.group, "doc": answer.value(i.text)} for i in items]
    return _page(answer, "functions", functions=listed)


def _function(answer: Fields) -> Object:
    part = answer.first("Function")
    shapes = [{"inputs": answer.value(inputs), "output": list(output)} for inputs, output in part.shapes]
    example = next(iter(_examples(answer)), None)
    return _page(answer, "functions", function={**answer.fields(part), "shapes": shapes}, example=example)


def _examples(answer: Fields) -> list[Object]:
    return [{"line": part.line, "answer": as_object(part.parts, answer.speak)} for part in answer.of("Example")]


_ARRANGED: Mapping[str, Callable[[Fields], Object]] = {
    "vjp": _vjp,
    "jvp": _jvp,
    "jacobian": _jacobian,
    "grad": _grad,
    "hessian": _hessian,
    "hvp": _hvp,
    "backward": _backward,
    "check": _check,
    "steps": _steps,
    "graph": _graph,
    "code": _code,
    "plot": _plot,
    "topics": _topics,
    "explain": _explain,
    "functions": _functions,
    "function": _function,
}
"""By the command, of `explain` and `functions` also by what they list; any other says what every derivative does."""
