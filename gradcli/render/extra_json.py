"""The parts that are not vjp's -> fields of the schema, and each command's own arrangement of an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcli.render.number_text import finite, plain
from gradcli.render.translation import Speak
from gradcli.report import Array, Extra
from gradcli.report.additions import Between, Call, Flattened, Heatmap, Tangents, Together, Verdict

Answer = dict[str, Any]


def add(answer: Answer, part: Extra, speak: Speak) -> None:
    """Writes the part into the answer."""
    match part:
        case Tangents():
            answer["output"] = {**(answer["output"] or {"shape": list(part.y.shape)}), "value": plain(part.y)}
            answer["t"] = {
                name: {"shape": list(t.shape), "value": plain(t), "given": part.given[name]}
                for name, t in part.t.items()
            }
        case Flattened():
            answer.setdefault("flattened", {})[part.name] = {
                "layout": part.layout,
                "shape": list(part.shape),
                "picture": None if part.picture is None else list(part.picture),
                "matrix": None if part.matrix is None else plain(part.matrix),
            }
        case Heatmap() | Together():
            pass  # a picture of what `flattened` holds with --flat; a matrix of what the blocks hold
        case Call():
            answer.setdefault("calls", []).append(_call(part, speak))
        case Between():
            retained = None if part.retained is None else plain(part.retained)
            answer.setdefault("intermediates", {})[part.name] = {
                "leaf": False,
                "grad": None,
                "grad_fn": part.grad_fn,
                "retained": retained,
            }
        case Verdict():
            answer.setdefault("checks", {})[part.name] = _verdict(part, speak)


def _call(part: Call, speak: Speak) -> Answer:
    return {
        "call": part.count,
        "grads": _named(part.grads),
        "multiple": None if part.multiple is None else finite(part.multiple),
        "error": part.error,
        "meaning": None if part.meaning is None else speak(part.meaning),
        "repair": None if part.repair is None else speak(part.repair),
    }


def _verdict(part: Verdict, speak: Speak) -> Answer:
    return {
        "answer": part.answer,
        "of": part.of,
        "agrees": part.agrees,
        "says": speak(part.says),
        "compared_at": speak(part.compared_at),
        "mistake": part.mistake,
        "explained": None if part.explained is None else speak(part.explained),
        "yours": None if part.yours is None else plain(part.yours),
        "correct": None if part.correct is None else plain(part.correct),
        "where": None if part.where is None else _named(part.where),
        "first": None if part.first is None else list(part.first),
    }


def _named(arrays: Mapping[str, Array]) -> Answer:
    return {name: plain(array) for name, array in arrays.items()}


def arranged(answer: Answer) -> Answer:
    """The answer with the fields of its command's branch of the schema."""
    arrange = _ARRANGED.get(answer["command"])
    return answer if arrange is None else arrange(answer)


_COMMON = ("schema", "command", "expression", "latex", "ok", "inputs", "wrt", "output")
_LAST = ("explanation", "warnings")


def _with(answer: Answer, *own: str, **made: Any) -> Answer:
    kept = {key: answer[key] for key in (*_COMMON, *own) if key in answer}
    return {**kept, **made, **{key: answer[key] for key in _LAST}}


def _form(known: Answer) -> Answer:
    """A closed form with rows and columns, and its values."""
    closed = known["jacobian"] or {
        "shape": None,
        "layout": None,
        "left_side": None,
        "formula": None,
        "latex": None,
        "where": [],
        "matrix": None,
        "structure": None,
        "entries": None,
    }
    compared = {key: known["vjp"][key] for key in ("symbolic", "pytorch", "max_abs_diff", "agrees", "reason")}
    return {**closed, **compared, "reason": known["reason"] or compared["reason"]}


def _product(known: Answer) -> Answer:
    """A product of a matrix with a vector in closed form, and its values."""
    product = {key: value for key, value in known["vjp"].items() if key != "jacobian_checked"}
    return {**product, "reason": known["reason"] or product["reason"]}


def _forms(answer: Answer) -> Answer:
    return {name: _form(known) for name, known in answer["gradients"].items()}


def _products(answer: Answer) -> Answer:
    return {name: _product(known) for name, known in answer["gradients"].items()}


def _jvp(answer: Answer) -> Answer:
    return _with(answer, "t", jvp=next(iter(_products(answer).values()), None))


def _jacobian(answer: Answer) -> Answer:
    whole = not any(warning["kind"] == "size" for warning in answer["warnings"])
    flattened = answer.get("flattened", {})
    return _with(
        answer,
        "v",
        jacobians={
            name: {
                **form,
                "layout": flattened[name]["layout"],
                "compared": "jacobian" if whole else "vjp",
                "flattened": flattened[name],
            }
            for name, form in _forms(answer).items()
        },
    )


def _hessian(answer: Answer) -> Answer:
    blocks: Answer = {}
    for name, form in _forms(answer).items():
        row, _, column = name.partition(",")
        blocks.setdefault(row, {})[column] = form
    return _with(answer, "v", hessian=blocks)


def _check(answer: Answer) -> Answer:
    checks = answer.get("checks", {})
    whole = {name for name, told in checks.items() if told["of"] in ("jacobian", "hessian")}
    closed = {name: _form(known) if name in whole else _product(known) for name, known in answer["gradients"].items()}
    return _with(answer, "v", checks=checks, closed=closed)


_ARRANGED: Mapping[str, Callable[[Answer], Answer]] = {
    "jvp": _jvp,
    "jacobian": _jacobian,
    "grad": lambda answer: _with(answer, gradients=_forms(answer)),
    "hessian": _hessian,
    "hvp": lambda answer: _with(answer, "v", "t", hvp=_products(answer)),
    "backward": lambda answer: _with(
        answer,
        "v",
        gradients=_products(answer),
        calls=answer.get("calls", []),
        intermediates=answer.get("intermediates", {}),
    ),
    "check": _check,
}
