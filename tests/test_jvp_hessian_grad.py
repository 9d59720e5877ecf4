"""jvp, hessian, hvp and grad: numbers that people were given, the laws that tie them together, and what is refused."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import gradcli
from gradcli.message import GradcliError
from gradcli.report import Closed, Compared, Note
from gradcli.report.additions import HessianMatrix, Tangents


def numbers(command: str, expression: str, inputs: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Both columns, which agree, by what the answer calls them."""
    report = getattr(gradcli, command)(expression, inputs, **options)
    found = {}
    for part in report.of(Compared):
        assert part.agrees is True, (part.name, part.reason)
        np.testing.assert_allclose(part.symbolic, part.pytorch, rtol=1e-9, atol=1e-12)
        found[part.name] = part.pytorch
    return found


# jvp


def test_a_tangent_moves_the_output() -> None:
    assert numbers("jvp", "x**2", {"x": [1, 2, 3]}, t=[1, 0, 0])["x"].tolist() == [2, 0, 0]


def test_several_variables_move_at_once_and_the_others_stay() -> None:
    inputs = {"A": [[1, 2], [3, 4]], "x": [1, 2]}
    both = numbers("jvp", "A @ x", inputs, t={"A": [[1, 0], [0, 1]], "x": [1, 1]})["A, x"]
    assert both.tolist() == [1 + 3, 2 + 7]
    assert numbers("jvp", "A @ x", inputs, t={"x": [1, 1]})["x"].tolist() == [3, 7]


def test_a_one_hot_tangent_is_a_column_of_the_jacobian() -> None:
    inputs = {"x": [0.5, 1.0, 2.0]}
    whole = numbers("jacobian", "softmax(x, dim=0)", inputs)["x"]
    column = numbers("jvp", "softmax(x, dim=0)", inputs, t="onehot:1")["x"]
    np.testing.assert_allclose(column, whole[:, 1], rtol=1e-12)


def test_v_times_jt_is_vj_times_t() -> None:
    inputs, t, v = {"x": [[0.3, -0.2], [1.1, 0.4]]}, np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([2.0, -3.0])
    forward = numbers("jvp", "sum(tanh(x @ x), dim=0)", inputs, t=t)["x"]
    back = numbers("vjp", "sum(tanh(x @ x), dim=0)", inputs, v=v)["x"]
    assert np.sum(v * forward) == pytest.approx(np.sum(back * t), rel=1e-12)


def test_the_tangent_is_echoed_with_how_it_was_given() -> None:
    (part,) = gradcli.jvp("x**2", {"x": [1, 2]}, t="ones").of(Tangents)
    assert part.t["x"].tolist() == [1, 1]
    assert part.given == {"x": "ones"}


@pytest.mark.parametrize(
    ("t", "words"),
    [
        (None, "needs --t"),
        ([1.0, 2.0, 3.0], "has its shape, 2"),
        ({"z": "ones"}, "no variable of that name"),
        ("onehot:7", "no entry of x"),
    ],
)
def test_a_tangent_that_does_not_fit_is_told(t: Any, words: str) -> None:
    with pytest.raises(GradcliError, match=words):
        gradcli.jvp("x**2", {"x": [1, 2]}, t=t)


def test_a_bare_tangent_needs_one_variable() -> None:
    with pytest.raises(GradcliError, match="does not say which variable moves"):
        gradcli.jvp("x*y", {"x": [1, 2], "y": [1, 2]}, t="ones")


def test_a_constant_output_does_not_move() -> None:
    assert numbers("jvp", "x > 0", {"x": [1, 2]}, t="ones")["x"].tolist() == [0, 0]


# Second derivatives (question 20)


def test_the_hessian_of_a_sum_of_squares() -> None:
    assert numbers("hessian", "w[0]**2 + w[1]**2", {"w": [1, 2]})["w,w"].tolist() == [[2, 0], [0, 2]]


def test_the_product_of_the_hessian_with_ones() -> None:
    assert numbers("hvp", "3*x[0]**2 + 4*x[0]*x[1] + x[1]**2", {"x": [1, 2]}, t=[1, 1])["x"].tolist() == [10, 6]


def test_a_hessian_has_the_mixed_blocks_too() -> None:
    blocks = numbers("hessian", "sum(x*y**2)", {"x": [1, 2], "y": [3, 4]})
    assert sorted(blocks) == ["x,x", "x,y", "y,x", "y,y"]
    assert blocks["x,y"].tolist() == [[6, 0], [0, 8]]
    assert blocks["y,x"].tolist() == blocks["x,y"].T.tolist()
    assert not blocks["x,x"].any()


def test_the_product_is_the_hessian_times_the_tangent() -> None:
    inputs, t = {"A": [[2.0, 1.0], [0.0, 3.0]], "x": [0.4, 0.7]}, np.array([1.0, -2.0])
    whole = numbers("hessian", "sum(sin(A @ x)**2)", inputs, wrt=("x", "A"))
    product = numbers("hvp", "sum(sin(A @ x)**2)", inputs, t={"x": t})
    np.testing.assert_allclose(product["x"], whole["x,x"] @ t, rtol=1e-10)
    np.testing.assert_allclose(product["A"], np.einsum("m,mij->ij", t, whole["x,A"]), rtol=1e-10)


def test_the_second_derivatives_of_a_vector_need_weights() -> None:
    with pytest.raises(GradcliError, match="of one number"):
        gradcli.hessian("x**3", {"x": [1, 2]})
    assert numbers("hessian", "x**3", {"x": [1, 2]}, v=[1, 10])["x,x"].tolist() == [[6, 0], [0, 120]]


def test_a_hessian_of_one_number_is_written_without_v() -> None:
    (part,) = gradcli.hessian("sum(x**3)", {"x": [1, 2]}).of(Closed)
    assert part.jacobian is not None
    assert "v" not in part.jacobian.formula


def test_a_large_hessian_is_proven_by_its_sums() -> None:
    report = gradcli.hessian("sum(exp(x))", {"x": np.linspace(0, 1, 120)})
    (part,) = report.of(Compared)
    assert part.agrees is True
    assert part.pytorch is not None
    assert part.pytorch.shape == (120,)


@pytest.mark.parametrize(("size", "options"), [(3, {}), (200, {}), (3, {"t": "ones"})])
def test_what_pytorch_cannot_differentiate_twice_has_its_formula(size: int, options: dict[str, Any]) -> None:
    """hardsigmoid(x)**2 is (x/6 + 1/2)**2 between its kinks."""
    x = np.linspace(-2, 2, size)
    report = getattr(gradcli, "hvp" if options else "hessian")("sum(hardsigmoid(x)**2)", {"x": x}, **options)
    (found,) = report.of(Compared)
    assert (found.pytorch, found.agrees) == (None, None)
    assert "hardsigmoid_backward is not implemented" in str(found.reason)
    np.testing.assert_allclose(found.symbolic, np.eye(size) / 18 if size == 3 and not options else np.ones(size) / 18)
    with pytest.raises(GradcliError, match="does not compute this"):
        gradcli.hessian("sum(hardsigmoid(x)**2)", {"x": x}, numeric_only=True)


def test_the_hessian_by_numbers_is_one_matrix() -> None:
    report = gradcli.hessian("x**2*y + y**3", {"x": 1, "y": 2})
    (matrix,) = report.of(HessianMatrix)
    assert matrix.formulas == (("2*y", "2*x"), ("2*x", "6*y"))
    assert matrix.symbolic.tolist() == matrix.pytorch.tolist() == [[4, 2], [2, 12]]
    assert matrix.max_abs_diff == 0
    text = str(report)
    assert "[2*y, 2*x]" in text and "d2 f / d y d x" not in text  # it is the same as d2 f / d x d y
    assert [note.topic for note in report.of(Note)][-1] == "curvature"


def test_the_hessian_by_tensors_stays_in_blocks() -> None:
    assert not gradcli.hessian("sum(x*y)", {"x": [1, 2], "y": 2}).of(HessianMatrix)
    assert not gradcli.hessian("x**2", {"x": 1}).of(HessianMatrix)


def test_a_hessian_that_is_not_finite_is_answered_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = gradcli.hessian("sum(x*exp(x))", {"x": [1e200, 1]})
    assert "by at most 0." in " ".join(str(note.text) for note in report.of(Note))


def test_a_minimum_is_told_from_a_saddle() -> None:
    def told(expression: str) -> str:
        notes = gradcli.hessian(expression, {"x": 1.0, "y": 2.0}, wrt=("x",)).of(Note)
        return next(str(note.text) for note in notes if note.topic == "curvature")

    assert "minimum" in told("x**2*y")
    assert "maximum" in told("-x**2*y")


# grad


def test_the_gradient_of_a_number() -> None:
    found = numbers("grad", "sum((A @ x)**2)", {"A": [[5, 1], [1, 5]], "x": [1, 1]}, wrt=("x",))
    assert found["x"].tolist() == [72, 72]


def test_a_gradient_of_several_numbers_is_refused_in_pytorchs_words() -> None:
    with pytest.raises(GradcliError, match="grad can be implicitly created only for scalar outputs") as raised:
        gradcli.grad("x**2", {"x": [1, 2]})
    assert 'gradcli grad "sum(x**2)"' in str(raised.value.hint)
    assert "--v ones" in str(raised.value.hint)


def test_higher_partial_derivatives() -> None:
    assert numbers("grad", "x**3*y**2", {"x": 2, "y": 3}, wrt=("x", "x", "y"))["x,x,y"] == 72


def test_every_partial_derivative_of_an_order() -> None:
    found = numbers("grad", "x**3*y**2", {"x": 2, "y": 3}, order=2)
    assert {name: float(value) for name, value in found.items()} == {"x,x": 108, "x,y": 72, "y,y": 16}


def test_higher_partial_derivatives_are_by_scalars() -> None:
    with pytest.raises(GradcliError, match="by scalar variables"):
        gradcli.grad("sum(x**2)", {"x": [1, 2]}, wrt=("x", "x"))
    with pytest.raises(GradcliError, match="different derivatives"):
        gradcli.grad("x**2", {"x": 1}, wrt=("x", "x"), order=3)


@pytest.mark.parametrize("command", ["jvp", "hessian", "hvp", "grad", "jacobian"])
def test_without_pytorch_only_the_formula_is_evaluated(command: str) -> None:
    given = {"t": "ones"} if command in ("jvp", "hvp") else {}
    for part in getattr(gradcli, command)("sum(x**2)", {"x": [1, 2]}, symbolic_only=True, **given).of(Compared):
        assert part.symbolic is not None
        assert (part.pytorch, part.agrees) == (None, None)
