"""The table of derivatives, and how each of them is written at the left of its formula."""

from __future__ import annotations

import pytest

from gradcli.commands import COMMANDS
from gradcli.derivatives import KINDS, Derivative, LeftSide, headings, kind_of
from gradcli.render import tex

WRITTEN = {
    "vjp": (("x",), "", "ij", "x.grad[i,j]", r"{\bar{x}}_{i,j}"),
    "jvp": ((), "", "m", "dy[m]", r"{\mathrm{dy}}_{m}"),
    "grad": (("x",), "", "i", "d y / d x[i]", r"\frac{\partial y}{\partial {x}_{i}}"),
    "jacobian": (("x",), "m", "ij", "d y[m] / d x[i,j]", r"\frac{\partial {y}_{m}}{\partial {x}_{i,j}}"),
    "hessian": (
        ("x", "w"), "m", "i", "d2 y / d x[m] d w[i]",
        r"\frac{\partial^{2} y}{\partial {x}_{m} \, \partial {w}_{i}}",
    ),
    "hvp": (("x",), "", "i", "(H t).x[i]", r"\left(H t\right)_{{x}_{i}}"),
    "partial": (
        ("x", "x", "w"), "", "", "d3 y / d x d x d w",
        r"\frac{\partial^{3} y}{\partial x \, \partial x \, \partial w}",
    ),
}  # fmt: skip


def test_every_kind_has_a_left_side_here() -> None:
    assert set(WRITTEN) == set(KINDS)


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_left_side_as_text_and_as_latex(kind: str) -> None:
    by, rows, columns, text, latex = WRITTEN[kind]
    side = LeftSide(Derivative(KINDS[kind], "y", by), tuple(rows), tuple(columns))
    assert (side.text(), tex.left_side(side)) == (text, latex)


def test_an_entry_has_numbers_and_the_whole_has_no_indices() -> None:
    side = LeftSide(Derivative(KINDS["jacobian"], "y", ("x",)), ("m",), ("i", "j"))
    assert side.at((0,), (2, 1)).text() == "d y[0] / d x[2,1]"
    assert side.whole().text() == "d y / d x"


def test_a_partial_derivative_by_a_variable_that_is_called_d() -> None:
    side = LeftSide(Derivative(KINDS["partial"], "y", ("d", "d")))
    assert tex.left_side(side) == r"\frac{\partial^{2} y}{\partial d \, \partial d}"


def test_a_kind_is_named_for_its_command_or_is_one_that_grad_gives() -> None:
    assert {name for name in KINDS if name not in COMMANDS} == {"partial"}
    assert kind_of("grad", "x,x") is KINDS["partial"] and kind_of("grad", "x") is KINDS["grad"]


def test_every_command_has_headings() -> None:
    assert all(headings(command, "x").values for command in COMMANDS)
