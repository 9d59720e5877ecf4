"""What is derived at some sizes holds at every size at which the program is defined, or says where it holds."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from programs import Drawn, programs
from resized import FINE, SIZED, close, exported, faults, sized

import gradcli
from gradcli.message import GradcliError
from gradcli.program import source_text, trace
from gradcli.report import Warning
from gradcli.shapes import Shape
from gradcli.symbolic import Calculus
from gradcli.syntax import parse


def wrong(text: str, point: Mapping[str, np.ndarray], wrt: list[str], seed: int) -> list[str]:
    return [line for line in faults(text, point, wrt, Random(seed)) if not line.startswith(FINE)]


def point_of(shapes: Mapping[str, Shape]) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    return {name: np.array(1.0) if name == "k" else draw.uniform(0.3, 1.7, shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(("text", "shapes"), SIZED, ids=[text for text, _ in SIZED])
def test_programs_that_write_sizes_are_right_at_other_sizes(text: str, shapes: Mapping[str, Shape]) -> None:
    assert wrong(text, point_of(shapes), [name for name in shapes if name != "k"], 1) == []


@settings(max_examples=50, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(programs(longest=4))
def test_formulas_matrix_notation_and_scripts_are_right_at_other_sizes(drawn: Drawn) -> None:
    random = Random(repr(drawn))
    try:
        lines = list(faults(sized(drawn, random), drawn.point, drawn.wrt, random))
    except GradcliError:  # a matrix without an inverse
        return
    assert [line for line in lines if not line.startswith(FINE)] == []


def test_a_script_that_wrote_the_sizes_of_its_example_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = property(lambda self: str(int(self)), lambda self, _: None)
    monkeypatch.setattr(source_text.SpelledInt, "text", plain, raising=False)
    found = [wrong(text, point_of(shapes), list(shapes), 1) for text, shapes in SIZED[:2]]
    assert all(found)


def test_a_script_says_where_it_holds() -> None:
    script = exported("x.reshape(2, -1)*y", {"x": np.ones(6), "y": np.ones((2, 3))}, ["x", "y"])
    with pytest.raises(ValueError, match=r"this holds where x\.shape\[0\] == 6"):
        script["x_grad"](np.ones(8), np.ones((2, 4)), np.ones((2, 4)))
    assert close(script["x_grad"](np.ones(6), np.full((2, 3), 7.0), np.ones((2, 3))), np.full(6, 7.0), 1e-12)


@pytest.mark.parametrize(
    "shapes",
    [
        {"A": (2, 3), "A1": (4,)},
        {"A": (2, 3), "A1": (3,)},
        {"x": (2, 3), "x1": (5,), "x_": (2,)},
        {"n_x": (2,), "x": (3,)},
        {"n": (2, 2), "n_n0": (3,)},
        {"A": (2, 2, 2), "A1": (2, 2), "A10": (2,), "A11": (3,)},
    ],
    ids=str,
)
def test_no_two_sizes_have_one_name(shapes: Mapping[str, Shape]) -> None:
    program = trace(parse(" + ".join(f"sum({name})" for name in shapes)), shapes)
    sizes = Calculus(program, list(shapes)).built.graph.sizes
    names = [symbol.name for symbol in sizes.values]
    assert len(set(names)) == len(names) == sum(map(len, shapes.values()))
    assert not {*names} & {*shapes}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x[::2]", True),
        ("x[[-1, 0]]", True),
        ("x.reshape(2, -1)", True),
        ("roll(x, 9)", True),
        ("x[: x.shape[0]//2]", True),
        ("x.reshape(2, 3)", False),
        ("x[1:]", False),
        ("x*[1, 2, 3, 4, 5, 6]", False),
        ("x[2]*x.shape[0]", False),
    ],
)
@pytest.mark.parametrize("command", ["vjp", "jacobian"])
def test_an_answer_says_for_which_sizes_it_holds(text: str, told: bool, command: str) -> None:
    warnings = getattr(gradcli, command)(text, {"x": "arange:6"}, symbolic_only=True).of(Warning)
    assert any("x.shape[0] = 6" in str(warning.text) for warning in warnings) == told
