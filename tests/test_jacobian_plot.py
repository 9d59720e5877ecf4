"""`gradcli jacobian --plot`: the heat map and the structure of a Jacobian, on the screen and in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import gradcli
from gradcli import figure
from gradcli.message import GradcliError
from gradcli.render.as_json import as_object
from gradcli.render.terminal_drawings import NEVER, SHADES, UNDEFINED, ZERO, draw_matrix
from gradcli.render.translation import english
from gradcli.report.additions import Heatmap
from gradcli.schema import report_schema

RELU = ("relu(x) * w", {"x": [-1.0, 2.0, 4.0], "w": [1.0, 1.0, 1.0]})


def heatmap(expression: str, inputs: dict[str, object], layout: str = "numerator") -> Heatmap:
    return gradcli.jacobian(expression, inputs, plot=True, wrt=("x",), layout=layout).of(Heatmap)[0]


def field(part: Heatmap, width: int = 80) -> list[str]:
    """What stands inside the frame."""
    return [line[3:-1] for line in draw_matrix(part, width, 6, english) if line.startswith("  │")]


def test_the_picture_shows_how_large_an_entry_is_and_which_zeros_are_zero_at_any_numbers() -> None:
    part = heatmap(*RELU)
    np.testing.assert_array_equal(part.values, np.diag([0.0, 1.0, 1.0]))
    np.testing.assert_array_equal(part.pattern, np.eye(3, dtype=bool))
    assert field(part) == [ZERO + NEVER * 2, NEVER + SHADES[-1] + NEVER, NEVER * 2 + SHADES[-1]]


def test_the_darkest_shade_is_the_largest_entry_of_either_sign() -> None:
    assert field(heatmap("x * w", {"x": [1.0, 1, 1, 1], "w": [1.0, -2, 3, -4]})) == [
        SHADES[1] + "   ", " " + SHADES[2] + "  ", "  " + SHADES[3] + " ", "   " + SHADES[3]
    ]  # fmt: skip


def test_the_denominator_layout_is_the_transpose() -> None:
    given = ("cumsum(x, 0)", {"x": [1.0, 2.0, 3.0]})
    one, other = heatmap(*given), heatmap(*given, layout="denominator")
    np.testing.assert_array_equal(one.values.T, other.values)
    np.testing.assert_array_equal(one.pattern.T, other.pattern)  # type: ignore[union-attr]


def test_a_matrix_larger_than_the_screen_is_drawn_in_tiles_and_says_so() -> None:
    part = heatmap("x * 2", {"x": np.ones(300)})
    lines = field(part, 60)
    assert len(lines) <= 40 and all(len(line) <= 56 for line in lines)
    assert all(SHADES[-1] in line for line in lines)  # the diagonal is never lost
    assert any("each character stands for" in line for line in draw_matrix(part, 60, 6, english))


def test_what_is_not_finite_is_marked() -> None:
    with np.errstate(all="ignore"):
        assert UNDEFINED in field(heatmap("log(x)", {"x": [0.0, 1.0]}))[0]


@pytest.mark.parametrize(("suffix", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_picture_is_written(tmp_path: Path, suffix: str, begins: bytes) -> None:
    path = tmp_path / f"j.{suffix}"
    figure.save(gradcli.jacobian(*RELU, plot=True).parts, str(path))
    assert path.read_bytes().startswith(begins)


def test_one_too_large_is_refused_with_a_way_out(tmp_path: Path) -> None:
    report = gradcli.jacobian("x * 2", {"x": np.ones(1_001)}, plot=True)
    assert not report.of(Heatmap)
    with pytest.raises(GradcliError) as told:
        figure.save(report.parts, str(tmp_path / "j.png"))
    assert told.value.hint is not None


def test_the_answer_as_json_is_the_same_with_a_picture() -> None:
    with_picture, without = (as_object(gradcli.jacobian(*RELU, plot=plot).parts, english) for plot in (True, False))
    Draft202012Validator(report_schema()).validate(with_picture)
    assert with_picture == without
