"""The JSON Schema holds for every answer, and is not so wide that anything would."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import sample
from jsonschema import Draft202012Validator

from gradcli.message import Exit, Message, Span, fault, limit
from gradcli.render import error
from gradcli.render.as_json import as_object
from gradcli.report import SCHEMA, Closed, Compared, Definition, Entry, Equivalence, Jacobian, Part, Vjp, Weights
from gradcli.request import Request
from gradcli.schema import report_schema

VALID = Draft202012Validator(report_schema())

REASON = Message("PyTorch leaves nan there")
ANSWERS: dict[str, tuple[Part, ...]] = {
    "whole": tuple(sample.parts(Request("(x+1)**2"))),
    "symbolic only": tuple(sample.parts(Request("(x+1)**2", symbolic_only=True))),
    "no closed form": (sample.QUESTION, Closed("x", None, None, REASON)),
    "numbers that JSON lacks": (
        sample.QUESTION,
        Weights(np.array(1.0), np.array(np.nan)),
        Compared("x", np.array([np.inf, 1]), np.array([np.nan, 1]), float("nan"), None, REASON),
        Equivalence("x", np.array([-np.inf]), float("inf"), None),
    ),
    "entries and definitions": (
        sample.QUESTION,
        Closed(
            "x",
            Jacobian(
                (2,),
                sample.left_side("jacobian", "", "i"),
                "s[i]",
                "s",
                (Definition("s", "softmax(x)", "s"),),
                None,
                "s",
                (Entry((), (0,), "s[0]"),),
            ),
            Vjp(sample.left_side("vjp", "", "i"), "v*s[i]", "v s", ()),
        ),
    ),
}


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(report_schema())


def test_its_name_is_the_same_wherever_it_is_said() -> None:
    assert SCHEMA == error.SCHEMA == report_schema()["properties"]["schema"]["const"]


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_validates(name: str) -> None:
    VALID.validate(json.loads(json.dumps(as_object(ANSWERS[name]), allow_nan=False)))


@pytest.mark.parametrize(
    "told", [fault("shape", "no", hint="yes").at(Span(0, 1), "x"), limit("too large"), fault("name", "no")]
)
def test_every_error_validates(told: Any) -> None:
    VALID.validate(json.loads(json.dumps(error.as_object(told))))


def test_a_defect_validates() -> None:
    told = error.defect_object(ZeroDivisionError("x"))
    VALID.validate(told)
    assert told["error"]["exit_status"] == Exit.DEFECT


def test_the_fields_that_other_programs_rely_on() -> None:
    answer = as_object(ANSWERS["whole"])
    assert answer["schema"] == "gradcli/report/1"
    assert (answer["command"], answer["expression"], answer["ok"]) == ("vjp", "(x+1)**2", True)
    assert answer["inputs"] == {"x": {"shape": [5, 5], "dtype": "float64"}}
    assert answer["output"]["shape"] == answer["v"]["shape"] == [5, 5]
    assert answer["v"]["given"] == "ones"
    gradient = answer["gradients"]["x"]
    assert gradient["jacobian"]["shape"] == [5, 5, 5, 5]
    assert {"formula", "latex", "where", "matrix", "entries"} <= gradient["jacobian"].keys()
    assert {"formula", "latex", "where", "matrix", "max_abs_diff", "agrees"} <= gradient["vjp"].keys()
    assert gradient["vjp"]["symbolic"] == gradient["vjp"]["pytorch"] == sample.GRADIENT.tolist()
    assert answer["equivalence"]["x"]["max_abs_diff"] == 0.0
    assert answer["explanation"][0].keys() == answer["warnings"][0].keys() ^ {"kind", "topic"}


def test_without_pytorch_its_values_are_null_for_a_reason() -> None:
    found = as_object(ANSWERS["symbolic only"])["gradients"]["x"]["vjp"]
    assert (found["pytorch"], found["agrees"]) == (None, None)
    assert found["reason"]


def mutilated() -> list[tuple[str, Any]]:
    whole = json.dumps(as_object(ANSWERS["whole"]))

    def changed(change: Any) -> Any:
        answer = json.loads(whole)
        change(answer)
        return answer

    return [
        ("a field is gone", changed(lambda a: a.pop("gradients"))),
        ("a field is unknown", changed(lambda a: a.update(other=1))),
        ("a number is a word", changed(lambda a: a["output"].update(value="four"))),
        ("the command is unknown", changed(lambda a: a.update(command="vpj"))),
        ("a gradient has no product", changed(lambda a: a["gradients"]["x"].pop("vjp"))),
        ("an error is called an answer", {**error.as_object(fault("name", "no")), "ok": True}),
    ]


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in mutilated()])
def test_the_schema_refuses(answer: Any) -> None:
    assert not VALID.is_valid(answer)
