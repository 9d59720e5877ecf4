"""`gradcli plot`: the curve, its derivative by formula and by PyTorch, on the screen and in a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from gradcli import figure
from gradcli.commands.plot import run
from gradcli.message import GradcliError
from gradcli.render.as_json import as_object
from gradcli.render.formats import Look
from gradcli.render.layout import cells
from gradcli.render.text import lines_of
from gradcli.report.exhibits import Curve, Plot
from gradcli.request import Request
from gradcli.schema import report_schema

VALID = Draft202012Validator(report_schema())


def plot(expression: str, order: int | None = None, **inputs: str) -> Plot:
    return next(p for p in run(Request(expression, "plot", inputs, order=order)) if isinstance(p, Plot))


def test_the_derivatives_are_right_and_agree_with_pytorch() -> None:
    found = plot("a*sin(x)", 2, a="3", x="linspace:0:6:50")
    x = np.linspace(0, 6, 50)
    f, first, second = found.curves
    np.testing.assert_allclose(f.values, 3 * np.sin(x))
    np.testing.assert_allclose(first.values, 3 * np.cos(x), atol=1e-12)
    np.testing.assert_allclose(second.values, -3 * np.sin(x), atol=1e-12)
    assert (first.label, first.formula, first.agrees) == ("dy/dx", "a*cos(x)", True)
    assert (second.label, second.agrees) == ("d2y/dx2", True)


def test_two_ranges_make_a_surface() -> None:
    found = plot("sin(x)*y", x="linspace:0:6:20", y="linspace(-1, 1, 10)")
    assert [axis for axis, _ in found.axes] == ["x", "y"]
    assert [curve.values.shape for curve in found.curves] == [(20, 10)] * 3
    assert [curve.order for curve in found.curves] == [(), ("x",), ("y",)]


@pytest.mark.parametrize(
    ("expression", "inputs", "part"),
    [
        ("x**2", {"x": "3"}, "range"),
        ("x**2 + w", {"x": "linspace:0:1:5", "w": "1,2"}, "one number for each point"),
        ("x + y + z", {"x": "linspace:0:1:5", "y": "arange:3", "z": "arange:3"}, "one variable or two"),
        ("x**2", {"x": "linspace:0:1:20000"}, "more than"),
    ],
)
def test_what_cannot_be_plotted_is_told(expression: str, inputs: dict[str, str], part: str) -> None:
    with pytest.raises(GradcliError) as told:
        plot(expression, **inputs)
    assert part in str(told.value)


@pytest.mark.parametrize("width", [30, 60, 80, 120])
@pytest.mark.parametrize("inputs", [{"x": "linspace:-3:3:50"}, {"x": "linspace:-3:3:30", "y": "linspace:0:1:9"}])
def test_the_drawing_fits_the_screen(width: int, inputs: dict[str, str]) -> None:
    expression = "tanh(x)*y" if "y" in inputs else "tanh(x)"
    parts = run(Request(expression, "plot", inputs))
    lines = [line.text for some in lines_of(parts, Look(width=width)) for line in some]
    assert max(map(cells, lines)) <= width


def test_a_pole_does_not_flatten_the_curve() -> None:
    x = np.linspace(-3, 3, 1001)
    curve = Curve("y", "1/x", "", (), 1 / (x + 1e-9))
    low, high = curve.visible()
    assert -100 < low < high < 100


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_picture_is_written(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"picture.{suffix}"
    figure.save(tuple(run(Request("exp(x)", "plot", {"x": "linspace:0:1:9"}))), str(path))
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(begins)


def test_without_matplotlib_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcli.figure.picture.find_spec", lambda name: None)
    with pytest.raises(GradcliError) as told:
        figure.ready()
    assert "gradcli[plot]" in str(told.value.hint)


def test_the_schema_holds() -> None:
    parts = tuple(run(Request("1/x", "plot", {"x": "linspace:-1:1:5"})))
    VALID.validate(json.loads(json.dumps(as_object(parts), allow_nan=False)))
