"""Matrix notation: what a textbook prints, in the calculator's own language, equal to the formula by value."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.program import trace, values_of
from gradcli.symbolic import Calculus, derived, matrix_check
from gradcli.syntax import parse

X33 = {"X": (3, 3)}
LEAST_SQUARES = {"A": (4, 3), "x": (3,), "b": (4,)}
LOGISTIC = {"X": (6, 4), "w": (4,), "y": (6,)}
LAYERS = "sum((tanh(x @ w + a) @ u - t)**2)"
PERCEPTRON = {"x": (3, 4), "w": (4, 5), "a": (5,), "u": (5, 2), "t": (3, 2)}

GRADIENTS = [  # d y / d x of a scalar
    ("x @ A @ x", {"x": (4,), "A": (4, 4)}, "x", "(A + A.T) @ x"),
    ("x @ A @ x", {"x": (4,), "A": (4, 4)}, "A", "outer(x, x)"),
    ("norm(A @ x - b)**2", LEAST_SQUARES, "x", "2*A.T @ (A @ x - b)"),
    ("(A @ x - b) @ (A @ x - b)", LEAST_SQUARES, "x", "2*A.T @ (A @ x - b)"),
    ("trace(A @ X @ B)", {"A": (2, 3), "X": (3, 4), "B": (4, 2)}, "X", "A.T @ B.T"),
    ("log(det(X))", X33, "X", "inv(X).T"),
    ("det(X)", X33, "X", "det(X)*inv(X).T"),
    ("trace(X)", X33, "X", "eye(X.shape[0])"),
    ("trace(X @ X)", X33, "X", "2*X.T"),
    ("trace(X.T @ A @ X)", {"X": (3, 2), "A": (3, 3)}, "X", "(A + A.T) @ X"),
    ("b @ inv(X) @ b", {"X": (3, 3), "b": (3,)}, "X", "B = inv(X); -outer(B.T @ b, B @ b)"),
    ("norm(x)", {"x": (4,)}, "x", "x/norm(x)"),
    ("sum(V*(X @ W.T))", {"V": (3, 2), "X": (3, 4), "W": (2, 4)}, "W", "V.T @ X"),
    ("sum(tanh(W @ x + b))", {"W": (3, 4), "x": (4,), "b": (3,)}, "x", "W.T @ (1 - tanh(b + W @ x)**2)"),
    ("-sum(y*log(sigmoid(X @ w)) + (1 - y)*log(1 - sigmoid(X @ w)))", LOGISTIC, "w", "X.T @ (sigmoid(X @ w) - y)"),
    ("cross_entropy(x, t)", {"x": (4, 3), "t": (4,)}, "x", "(softmax(x, dim=1) - one_hot(t, x.shape[1]))/t.shape[0]"),
    (LAYERS, PERCEPTRON, "w", "z = x @ w; 2*x.T @ ((1 - tanh(a + z)**2)*((tanh(a + z) @ u - t) @ u.T))"),
    (LAYERS, PERCEPTRON, "a", "z = x @ w; 2*sum((1 - tanh(a + z)**2)*((tanh(a + z) @ u - t) @ u.T), dim=0)"),
    ("sum(x)", {"x": (4,)}, "x", "ones_like(x)"),
]
WEIGHTED = [  # x.grad for weights v
    ("X @ W", {"X": (3, 4), "W": (4, 2)}, "X", "v @ W.T"),
    ("X @ W", {"X": (3, 4), "W": (4, 2)}, "W", "X.T @ v"),
    ("x @ x.T", {"x": (3, 4)}, "x", "(v + v.T) @ x"),
    ("inv(X)", X33, "X", "B = inv(X); -B.T @ v @ B.T"),
    ("outer(a, b)", {"a": (3,), "b": (4,)}, "a", "v @ b"),
    ("X*b", {"X": (3, 4), "b": (4,)}, "b", "sum(v*X, dim=0)"),
    ("X*b", {"X": (3, 4), "b": (3, 1)}, "b", "sum(v*X, dim=1, keepdim=True)"),
    ("softmax(x, dim=0)", {"x": (4,)}, "x", "s = softmax(x, dim=0); s*(v - v @ s)"),
    ("softmax(x, dim=1)", {"x": (3, 4)}, "x", "s = softmax(x, dim=1); s*(v - sum(v*s, dim=1, keepdim=True))"),
    ("linear(x, w, b)", {"x": (3, 4), "w": (2, 4), "b": (2,)}, "w", "v.T @ x"),
    ("A @ x", LEAST_SQUARES | {}, "A", "outer(v, x)"),
    ("(x+1)**2", {"x": (5, 5)}, "x", "2*v*(x + 1)"),
]


def _used(text: str, shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {name: shape for name, shape in shapes.items() if name in text}


def _ids(cases):
    return [f"{text} by {name}" for text, _, name, _ in cases]


@pytest.mark.parametrize(("text", "shapes", "name", "wanted"), GRADIENTS, ids=_ids(GRADIENTS))
def test_a_gradient_is_written_as_a_textbook_has_it(text, shapes, name, wanted) -> None:
    form = derived(trace(parse(text), _used(text, shapes)), [name])[0]
    assert form.jacobian.matrix == wanted


@pytest.mark.parametrize(("text", "shapes", "name", "wanted"), WEIGHTED, ids=_ids(WEIGHTED))
def test_a_vjp_is_written_as_a_textbook_has_it(text, shapes, name, wanted) -> None:
    form = derived(trace(parse(text), _used(text, shapes)), [name])[0]
    assert form.vjp.matrix == wanted


@pytest.mark.parametrize(("text", "shapes", "name", "wanted"), WEIGHTED, ids=_ids(WEIGHTED))
def test_the_notation_pasted_back_has_the_formulas_values(text, shapes, name, wanted) -> None:
    shapes = _used(text, shapes)
    program = trace(parse(text), shapes)
    random = np.random.default_rng(3)
    point = {n: random.uniform(0.5, 1.5, s) for n, s in shapes.items()}
    v = random.uniform(-1, 1, program.output_shape)
    form = derived(program, [name])[0]
    matrix = form.vjp.matrix
    assert matrix is not None
    known = {n: a for n, a in {**point, "v": v}.items() if n in matrix}
    pasted = trace(parse(matrix, tuple(known)), {n: a.shape for n, a in known.items()})
    got = values_of(pasted, known)[pasted.output.step]
    np.testing.assert_allclose(got, form.value(point, v), rtol=1e-10, atol=1e-12)


def test_a_proposal_with_other_values_is_dropped(monkeypatch) -> None:
    program = trace(parse("x @ A @ x"), {"x": (3,), "A": (3, 3)})
    assert Calculus(program, ["x"]).jacobian("x").matrix == "(A + A.T) @ x"
    monkeypatch.setattr(matrix_check.MatrixWriter, "program", lambda *_: "(A + A) @ x")
    assert Calculus(program, ["x"]).jacobian("x").matrix is None


def test_what_has_no_matrix_notation_has_none() -> None:
    assert derived(trace(parse("x[1:] - x[:-1]"), {"x": (5,)}), ["x"])[0].vjp.matrix is None
