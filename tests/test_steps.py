"""`gradcli steps`: PyTorch's own retained gradients, local derivatives that give them, and sums that add up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import programs
import pytest
import torch
from jsonschema import Draft202012Validator

from gradcli.commands.steps import run
from gradcli.render.as_json import as_object
from gradcli.render.text import lines_of
from gradcli.report import Part
from gradcli.report.exhibits import Visit
from gradcli.request import Request
from gradcli.schema import report_schema

VALID = Draft202012Validator(report_schema())


def asked(expression: str, v: Any = None, **inputs: Any) -> tuple[Part, ...]:
    return tuple(run(Request(expression, "steps", inputs, v=v)))


def visits(expression: str, v: Any = None, **inputs: Any) -> dict[str, Visit]:
    return {part.name: part for part in asked(expression, v, **inputs) if isinstance(part, Visit)}


def test_the_gradients_are_those_that_retain_grad_keeps() -> None:
    x = torch.ones(2, 2, dtype=torch.float64, requires_grad=True)
    y = x + 2
    z = y * y * 3
    y.retain_grad()
    z.retain_grad()
    z.mean().backward()
    found = visits("y = x + 2; z = y*y*3; z.mean()", x="ones:2x2")
    for name, tensor in (("x", x), ("y", y), ("z", z)):
        assert tensor.grad is not None
        np.testing.assert_array_equal(found[name].gradient, tensor.grad.numpy())


def test_backward_s_order_is_the_output_first_and_the_leaves_last() -> None:
    names = list(visits("y = x + 2; z = y*y*3; z.mean()", x="ones:2x2"))
    assert names == ["f", "z", "t1", "y", "x"]


def test_a_value_used_twice_gets_the_sum_of_what_comes_back() -> None:
    x = visits("sum(x * exp(x))", x="0,1")["x"]
    assert [share.name for share in x.arrived] == ["t2", "t1"]
    np.testing.assert_allclose(sum(share.value for share in x.arrived), x.gradient)
    assert x.max_abs_diff <= 1e-12


def test_a_value_read_twice_in_one_step_is_counted_twice() -> None:
    (operand,) = visits("y = x*x; y", x="3")["y"].operands
    assert operand.times == 2
    assert operand.local is not None
    assert operand.local.formula == "2*x"


def test_the_local_derivative_is_in_the_user_s_names() -> None:
    operand = visits("h = w @ x; tanh(h)", v="ones", w="1,2:3,4", x="0.1,0.2")["h"].operands[0]
    assert operand.local is not None
    assert (operand.local.left_side.text(), operand.local.formula) == ("d h[m] / d w[i,j]", "x[j]*delta(i,m)")


def test_an_output_without_a_gradient_is_told() -> None:
    parts = asked("x.detach()**2", x="3")
    assert not [part for part in parts if isinstance(part, Visit)]
    assert as_object(parts)["warnings"][0]["kind"] == "zero"


@pytest.mark.parametrize("seed", range(12))
def test_on_random_programs_formulas_agree_and_sums_add_up(seed: int) -> None:
    drawn = programs.program(seed)
    point: Mapping[str, Any] = drawn.point
    parts = tuple(run(Request(drawn.text, "steps", point, v="ones")))
    for part in parts:
        if isinstance(part, Visit):
            assert part.max_abs_diff <= 1e-9 * max(1.0, float(np.abs(part.gradient).max(initial=0.0)))
            for operand in part.operands:
                assert operand.compared.agrees is not False, (drawn, part.name, operand.name)
    VALID.validate(json.loads(json.dumps(as_object(parts), allow_nan=False)))


def test_the_screen_shows_it() -> None:
    text = "\n".join(line.text for lines in lines_of(asked("sum(x * exp(x))", x="0,1")) for line in lines)
    assert "x is used 2 times, so its gradient is the sum of what comes back from t2, t1" in text
    assert "  d t1[m] / d x[i] = exp(x[i])*delta(i,m)" in text
