"""Derivatives that computer algebra gets silently wrong: ours are right, and the verdict catches wrong ones."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli import numeric
from gradcli.compare import side_by_side
from gradcli.program import trace
from gradcli.symbolic import derived
from gradcli.syntax import parse

WRONG_ZEROS = [
    "log(det(X))", "exp(trace(X))", "log(trace(X))", "1/trace(X)", "trace(X) + 1", "2*det(X)", "det(X)**2", "X[0, 0]",
    "det(X)*trace(X)",
]  # fmt: skip
X = np.array([[2.0, 0.3, -0.4], [0.1, 1.5, 0.2], [-0.3, 0.4, 1.8]])


@pytest.mark.parametrize("text", WRONG_ZEROS)
def test_a_scalar_of_a_matrix_has_the_gradient_that_autograd_finds(text) -> None:
    program = trace(parse(text), {"X": X.shape})
    form = derived(program, ["X"])[0]
    wanted = numeric.vjp(program, ["X"], {"X": X}, np.ones(())).grads["X"]
    assert np.abs(wanted).max() > 0
    np.testing.assert_allclose(form.value({"X": X}, np.ones(())), wanted, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("text", WRONG_ZEROS)
def test_the_verdict_refuses_the_wrong_zero(text) -> None:
    program = trace(parse(text), {"X": X.shape})
    wanted = numeric.vjp(program, ["X"], {"X": X}, np.ones(())).grads["X"]
    verdict = side_by_side("X", np.zeros_like(wanted), wanted, "float64")
    assert verdict.agrees is False
    assert verdict.max_abs_diff == np.abs(wanted).max()


def test_pytorch_undefined_is_told_apart_from_a_disagreement() -> None:
    x = np.array([-1.0, -4.0])
    program = trace(parse("where(x > 0, sqrt(x), x)"), {"x": (2,)})
    ours = derived(program, ["x"])[0].value({"x": x}, np.ones(2))
    theirs = numeric.vjp(program, ["x"], {"x": x}, np.ones(2)).grads["x"]
    assert ours.tolist() == [1.0, 1.0]
    assert np.isnan(theirs).all()
    assert side_by_side("x", ours, theirs, "float64").agrees is None


@pytest.mark.parametrize(("text", "x", "wanted"), [
    ("relu(x)", [0.0, 1.0], [0.0, 1.0]), ("abs(x)", [0.0, -2.0], [0.0, -1.0]),
    ("maximum(x, 0)", [0.0, 2.0], [0.5, 1.0]), ("clamp(x, min=0)", [0.0, 2.0], [1.0, 1.0]),
    ("amax(x)", [3.0, 3.0, 1.0], [0.5, 0.5, 0.0]), ("max(x)", [3.0, 3.0, 1.0], [0.5, 0.5, 0.0]),
    ("max(x, dim=0)", [3.0, 3.0, 1.0], [1.0, 0.0, 0.0]), ("norm(x)", [0.0, 0.0], [0.0, 0.0]),
    ("prod(x)", [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]), ("prod(x)", [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]),
    ("std(x)", [2.0, 2.0], [0.0, 0.0]),
])  # fmt: skip
def test_at_a_kink_the_formula_takes_what_pytorch_takes(text, x, wanted) -> None:
    point = {"x": np.array(x)}
    program = trace(parse(text), {"x": point["x"].shape})
    v = np.ones(program.output_shape)
    assert derived(program, ["x"])[0].value(point, v).tolist() == wanted
    assert numeric.vjp(program, ["x"], point, v).grads["x"].tolist() == wanted
