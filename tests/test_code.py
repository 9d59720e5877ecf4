"""`gradcli code`: the scripts are run as they are, and print the numbers that vjp gives."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import programs
import pytest
from jsonschema import Draft202012Validator

from gradcli.commands import code, functions, vjp
from gradcli.message import GradcliError
from gradcli.ops import ROWS
from gradcli.ops.row import Row
from gradcli.render.as_json import as_object
from gradcli.report import Compared
from gradcli.report.exhibits import Script
from gradcli.request import Request
from gradcli.schema import report_schema

VALID = Draft202012Validator(report_schema())
RUN = ("torch", "numpy")


def script(request: Request, to: str) -> str:
    parts = tuple(code.run(replace(request, command="code", to=to)))
    VALID.validate(json.loads(json.dumps(as_object(parts))))
    return next(part.text for part in parts if isinstance(part, Script))


def printed(text: str) -> dict[str, Any]:
    """What the script prints, by name."""
    out = io.StringIO()
    with redirect_stdout(out), np.errstate(all="ignore"):
        exec(compile(text, "script", "exec"), {"__name__": "__main__"})  # noqa: S102  (it is our own)
    return read(out.getvalue())


def read(printed: str) -> dict[str, Any]:
    found = {}
    for line in printed.splitlines():
        name, _, value = line.partition(" = ")
        found[name] = np.array(ast.literal_eval(value.replace("nan", "None").replace("inf", "1e999")), dtype=float)
    return found


def expected(request: Request) -> dict[str, Any]:
    compared = [part for part in vjp.run(request) if isinstance(part, Compared)]
    return {f"{part.name}.grad": part.pytorch for part in compared}


def same(request: Request, to: str) -> None:
    got = printed(script(request, to))
    for name, want in expected(request).items():
        assert got[name].shape == want.shape
        np.testing.assert_allclose(got[name], want, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("to", RUN)
@pytest.mark.parametrize("row", [row for row in ROWS if row.differentiable], ids=lambda row: row.name)
def test_every_row_can_be_written_as_a_script(row: Row, to: str) -> None:
    for program, point in islice(functions._fitting(row), 1):
        if point:
            v = f"onehot:{','.join('0' * len(program.output_shape))}" if program.output_shape else None
            same(Request(row.example, inputs=point, v=v), to)


@pytest.mark.parametrize("to", RUN)
@pytest.mark.parametrize("seed", range(12))
def test_random_programs_give_the_same_numbers(seed: int, to: str) -> None:
    drawn = programs.program(seed)
    same(Request(drawn.text, inputs=drawn.point, v="ones"), to)


@pytest.mark.parametrize("to", RUN)
def test_an_intermediate_keeps_its_gradient(to: str) -> None:
    same(Request("a = 3*x; b = a*a + x; b.mean()", inputs={"x": "1,2"}, wrt=("a", "x")), to)


@pytest.mark.parametrize("to", RUN)
def test_a_name_may_be_assigned_again(to: str) -> None:
    same(Request("x = x*2; x = x + exp(x); v = 3; sum(x)*v", inputs={"x": "1,2"}), to)


def test_an_output_without_a_gradient_has_zeros() -> None:
    assert printed(script(Request("x.detach()*2", inputs={"x": "3"}), "torch"))["x.grad"] == 0


@pytest.mark.parametrize("to", [*RUN, *(["jax"] if find_spec("jax") else [])])
def test_the_script_runs_alone(tmp_path: Path, to: str) -> None:
    request = Request(
        "h = relu(x @ w + b); mean(softmax(h, dim=1)[:, 0]**2)",
        inputs={"x": "1,2:3,4", "w": "1,0:0,-1", "b": "0.5,0.1"},
    )
    path = tmp_path / "script.py"
    path.write_text(script(request, to))
    ran = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True, cwd=tmp_path)
    got = read(ran.stdout)
    for name, want in expected(request).items():
        np.testing.assert_allclose(got[name], want, rtol=1e-7, atol=1e-12)


def test_the_numpy_script_has_no_autograd_and_the_jax_one_has_64_bits() -> None:
    request = Request("sum(x**2)", inputs={"x": "1,2"})
    assert "torch" not in script(request, "numpy")
    assert 'jax.config.update("jax_enable_x64", True)' in script(request, "jax")


def test_what_a_script_cannot_have_is_told() -> None:
    with pytest.raises(GradcliError) as told:
        script(Request("torch_ + np", inputs={"torch_": "1", "np": "2"}), "numpy")
    assert "np" in str(told.value)


@pytest.mark.parametrize(
    ("text", "inputs", "wrt"),
    [
        ("h = x*2; sum(relu(h)**2)", {"x": "1,-2"}, ("h",)),
        ("h = x*2; g = h*3; sum(g**2)", {"x": "1,-2"}, ("h", "g")),
        ("x_grad*x", {"x_grad": "1", "x": "2"}, None),
        ("0**x", {"x": "1"}, None),
        ("x*1e308*10/1e308", {"x": "1"}, None),
    ],
)
@pytest.mark.parametrize("to", RUN)
def test_scripts_that_once_did_not_run(text: str, inputs: dict[str, str], wrt: tuple[str, ...] | None, to: str) -> None:
    same(Request(text, inputs=inputs, wrt=wrt), to)


def test_a_script_of_a_singular_matrix_is_refused_as_the_formula_is() -> None:
    with pytest.raises(GradcliError, match="singular"):
        script(Request("det(A)", inputs={"A": "1,2:2,4"}), "numpy")
