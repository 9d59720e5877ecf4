"""Derivatives that textbooks print, from simple to tricky: in numbers by their textbook formula in NumPy, and as the
text a person reads. Then every expression on which the engine was once wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.linalg import det, inv, norm, solve

from gradcli.program import trace
from gradcli.report import Array
from gradcli.symbolic import derived
from gradcli.syntax import parse
from tests.fuzz import judged
from tests.programs import Drawn

Shapes = dict[str, tuple[int, ...]]
V3, M, S, C = (3,), (2, 3), (3, 3), (3, 2)


def drawn(text: str, shapes: Shapes, seed: int = 0) -> Drawn:
    """A program at a random point between 0.3 and 1.5, where everything here is smooth, and random weights."""
    rng = np.random.default_rng(seed)
    point = {name: rng.uniform(0.3, 1.5, shape) for name, shape in shapes.items()}
    return Drawn(text, point, rng.uniform(-1, 1, trace(parse(text), shapes).output_shape), ())


def sigmoid(u: Array) -> Array:
    return 1 / (1 + np.exp(-u))


def softmax(u: Array) -> Array:
    e = np.exp(u - u.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# ---- in numbers: (program, shapes, variable, its gradient by the textbook) ------------------------------------------
TEXTBOOK: list[tuple[str, Shapes, str, Callable[..., Array]]] = [
    # entry by entry
    ("(x + 1)**2", {"x": M}, "x", lambda v, x: 2 * v * (x + 1)),
    ("x**3 - 2*x", {"x": V3}, "x", lambda v, x: v * (3 * x**2 - 2)),
    ("exp(x)*sin(x)", {"x": M}, "x", lambda v, x: v * np.exp(x) * (np.sin(x) + np.cos(x))),
    ("log(1 + exp(x))", {"x": V3}, "x", lambda v, x: v * sigmoid(x)),
    ("x*sigmoid(x)", {"x": V3}, "x", lambda v, x: v * sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    ("sqrt(1 + x**2)", {"x": V3}, "x", lambda v, x: v * x / np.sqrt(1 + x**2)),
    # what broadcasts is summed
    ("x*y", {"x": (3, 1), "y": (4,)}, "x", lambda v, x, y: (v * y).sum(1, keepdims=True)),
    ("x + b", {"x": M, "b": V3}, "b", lambda v, x, b: v.sum(0)),
    ("a*x", {"a": (), "x": M}, "a", lambda v, a, x: (v * x).sum()),
    # sums and means
    ("mean(x**2)", {"x": M}, "x", lambda v, x: v * 2 * x / x.size),
    ("x - mean(x)", {"x": V3}, "x", lambda v, x: v - v.mean()),
    ("var(x)", {"x": V3}, "x", lambda v, x: v * 2 * (x - x.mean()) / 2),
    ("norm(x)", {"x": V3}, "x", lambda v, x: v * x / norm(x)),
    ("prod(x)", {"x": V3}, "x", lambda v, x: v * x.prod() / x),
    ("logsumexp(x, dim=0)", {"x": V3}, "x", lambda v, x: v * softmax(x)),
    ("cumsum(x, 0)", {"x": V3}, "x", lambda v, x: v[::-1].cumsum()[::-1]),
    ("softmax(x, dim=1)", {"x": M}, "x", lambda v, x: softmax(x) * (v - (v * softmax(x)).sum(1, keepdims=True))),
    ("log_softmax(x, dim=1)", {"x": M}, "x", lambda v, x: v - softmax(x) * v.sum(1, keepdims=True)),
    # vectors and matrices (Petersen and Pedersen, The Matrix Cookbook, sections 2 and 4)
    ("A @ x", {"A": M, "x": V3}, "x", lambda v, A, x: A.T @ v),
    ("A @ x", {"A": M, "x": V3}, "A", lambda v, A, x: np.outer(v, x)),
    ("x @ A @ x", {"x": V3, "A": S}, "x", lambda v, x, A: v * (A + A.T) @ x),
    ("X @ W", {"X": M, "W": C}, "W", lambda v, X, W: X.T @ v),
    ("X @ X.T", {"X": M}, "X", lambda v, X: (v + v.T) @ X),
    ("sum((X @ w - y)**2)", {"X": (4, 3), "w": V3, "y": (4,)}, "w", lambda v, X, w, y: v * 2 * X.T @ (X @ w - y)),
    ("trace(A @ X)", {"A": S, "X": S}, "X", lambda v, A, X: v * A.T),
    ("trace(X.T @ A @ X)", {"X": C, "A": S}, "X", lambda v, X, A: v * (A + A.T) @ X),
    ("det(X)", {"X": S}, "X", lambda v, X: v * det(X) * inv(X).T),
    ("logdet(X @ X.T)", {"X": M}, "X", lambda v, X: v * 2 * inv(X @ X.T) @ X),
    ("inv(X)", {"X": S}, "X", lambda v, X: -inv(X).T @ v @ inv(X).T),
    ("solve(A, b)", {"A": S, "b": V3}, "A", lambda v, A, b: -np.outer(solve(A.T, v), solve(A, b))),
    ("solve(A, b)", {"A": S, "b": V3}, "b", lambda v, A, b: solve(A.T, v)),
    ("b @ inv(X) @ b", {"X": S, "b": V3}, "X", lambda v, X, b: -v * np.outer(inv(X).T @ b, inv(X) @ b)),
    ("sqrt(sum(X**2))", {"X": M}, "X", lambda v, X: v * X / norm(X)),
    ("outer(x, y)", {"x": V3, "y": (2,)}, "x", lambda v, x, y: v @ y),
    # places
    ("x[1:] - x[:-1]", {"x": (4,)}, "x", lambda v, x: np.r_[0, v] - np.r_[v, 0]),
    ("x.T", {"x": M}, "x", lambda v, x: v.T),
    ("x.reshape(3, 2)", {"x": M}, "x", lambda v, x: v.reshape(2, 3)),
    ("flip(x, 0)", {"x": V3}, "x", lambda v, x: v[::-1]),
    ("roll(x, 1)", {"x": V3}, "x", lambda v, x: np.roll(v, -1)),
    ("x[[0, 0, 2]]", {"x": V3}, "x", lambda v, x: np.array([v[0] + v[1], 0, v[2]])),
    ("cat([x, 2*x])", {"x": V3}, "x", lambda v, x: v[:3] + 2 * v[3:]),
    ("diag(x)", {"x": V3}, "x", lambda v, x: np.diag(v)),
    # learning
    ("cross_entropy(x, [2, 0])", {"x": M}, "x", lambda v, x: v * (softmax(x) - np.eye(3)[[2, 0]]) / 2),
    ("mse_loss(x, y)", {"x": M, "y": M}, "y", lambda v, x, y: -v * 2 * (x - y) / x.size),
    (
        "sum(log(1 + exp(-y*(X @ w))))",
        {"X": (4, 3), "w": V3, "y": (4,)},
        "w",
        lambda v, X, w, y: -v * X.T @ (y * sigmoid(-y * (X @ w))),
    ),
    (
        "exp(-sum((x[:, None, :] - y[None, :, :])**2, dim=2))",
        {"x": M, "y": (4, 3)},
        "x",
        lambda v, x, y: np.einsum("ij,ijk->ik", -2 * v * np.exp(-((x[:, None] - y) ** 2).sum(2)), x[:, None] - y),
    ),
    ("softmax(q @ k.T, dim=1) @ u", {"q": M, "k": (4, 3), "u": (4, 2)}, "u", lambda v, q, k, u: softmax(q @ k.T).T @ v),
]


@pytest.mark.parametrize("text, shapes, name, gradient", TEXTBOOK, ids=[f"{t[0]} by {t[2]}" for t in TEXTBOOK])
def test_the_vjp_is_the_textbooks(text: str, shapes: Shapes, name: str, gradient: Callable[..., Array]) -> None:
    case = drawn(text, shapes)
    (form,) = derived(case.program, [name])
    expected = gradient(case.v, *case.point.values())
    np.testing.assert_allclose(form.value(case.point, case.v), expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(form.contracted(case.point, case.v), expected, rtol=1e-10, atol=1e-12)


# ---- as a person reads it: (program, shapes, variable, Jacobian, VJP) ------------------------------------------------
PRINTED: list[tuple[str, Shapes, str, str, str]] = [
    ("(x+1)**2", {"x": (5, 5)}, "x",
     "2*(x[i,j] + 1)*delta(i,m)*delta(j,n)",
     "2*v[i,j]*(x[i,j] + 1)"),
    ("sigmoid(x)", {"x": (2, 3)}, "x",
     "sigmoid(x[i,j])*(1 - sigmoid(x[i,j]))*delta(i,m)*delta(j,n)",
     "v[i,j]*sigmoid(x[i,j])*(1 - sigmoid(x[i,j]))"),
    ("x*sigmoid(x)", {"x": (4,)}, "x",
     "sigmoid(x[i])*(x[i]*(1 - sigmoid(x[i])) + 1)*delta(i,m)",
     "v[i]*sigmoid(x[i])*(x[i]*(1 - sigmoid(x[i])) + 1)"),
    ("relu(x)", {"x": (4,)}, "x",
     "[x[i] > 0]*delta(i,m)",
     "v[i]*[x[i] > 0]"),
    ("where(x > 0, x**2, -x)", {"x": (6,)}, "x",
     "where(x[i] > 0, 2*x[i], -1)*delta(i,m)",
     "v[i]*where(x[i] > 0, 2*x[i], -1)"),
    ("x*y", {"x": (3, 1), "y": (4,)}, "x",
     "y[n]*delta(i,m)",
     "Sum_r(v[i,r]*y[r])"),
    ("mean(x**2)", {"x": (2, 3)}, "x",
     "2*x[i,j]/(n_x0*n_x1)",
     "2*v*x[i,j]/(n_x0*n_x1)"),
    ("x @ w.T", {"x": (3, 4), "w": (5, 4)}, "x",
     "w[n,j]*delta(i,m)",
     "Sum_r(v[i,r]*w[r,j])"),
    ("x @ x.T", {"x": (3, 4)}, "x",
     "x[m,j]*delta(i,n) + x[n,j]*delta(i,m)",
     "Sum_r(v[i,r]*x[r,j]) + Sum_r(v[r,i]*x[r,j])"),
    ("x.T @ A @ x", {"x": (4,), "A": (4, 4)}, "x",
     "Sum_r(A[i,r]*x[r]) + Sum_r(A[r,i]*x[r])",
     "v*(Sum_r(A[i,r]*x[r]) + Sum_r(A[r,i]*x[r]))"),
    ("sum((x@w - y)**2)", {"x": (6, 4), "w": (4, 2), "y": (6, 2)}, "w",
     "2*Sum_r(x[r,i]*(Sum_s(w[s,j]*x[r,s]) - y[r,j]))",
     "2*v*Sum_r(x[r,i]*(Sum_s(w[s,j]*x[r,s]) - y[r,j]))"),
    ("softmax(x, dim=0)", {"x": (5,)}, "x",
     "s[i]*(delta(i,m) - s[m])",
     "s[i]*(v[i] - Sum_r(v[r]*s[r]))"),
    ("log_softmax(x, dim=1)", {"x": (3, 4)}, "x",
     "(delta(j,n) - exp(l[i,j]))*delta(i,m)",
     "v[i,j] - exp(l[i,j])*Sum_r(v[i,r])"),
    ("logsumexp(x, dim=0)", {"x": (4,)}, "x",
     "exp(x[i] - l)",
     "v*exp(x[i] - l)"),
    ("x/norm(x, dim=1, keepdim=True)", {"x": (3, 4)}, "x",
     "(delta(j,n) - x[i,j]*x[i,n]/r[i,0]**2)*delta(i,m)/r[i,0]",
     "(v[i,j] - x[i,j]*Sum_s(v[i,s]*x[i,s])/r[i,0]**2)/r[i,0]"),
    ("layer_norm(x)", {"x": (3, 6)}, "x",
     "(delta(j,n) - h[i,j]*h[i,n]/n_x1 - 1/n_x1)*delta(i,m)/sigma[i,0]",
     "(v[i,j] - Sum_r(v[i,r])/n_x1 - h[i,j]*Sum_r(v[i,r]*h[i,r])/n_x1)/sigma[i,0]"),
    ("exp(-sum((x[:,None,:]-y[None,:,:])**2,dim=2))", {"x": (3, 2), "y": (4, 2)}, "x",
     "-2*exp(-z[i,n])*(x[i,j] - y[n,j])*delta(i,m)",
     "-2*Sum_r(v[i,r]*exp(-z[i,r])*(x[i,j] - y[r,j]))"),
    ("log(det(x))", {"x": (4, 4)}, "x",
     "B[j,i]",
     "v*B[j,i]"),
    ("inv(x)", {"x": (4, 4)}, "x",
     "-B[j,n]*B[m,i]",
     "-Sum_{r,s}(v[r,s]*B[j,s]*B[r,i])"),
    ("solve(A, b)", {"A": (3, 3), "b": (3,)}, "A",
     "-B[m,i]*u[j]",
     "-u[j]*Sum_r(v[r]*B[r,i])"),
    ("x[1:] - x[:-1]", {"x": (6,)}, "x",
     "delta(i,m + 1) - delta(i,m)",
     "v[i - 1]*[i >= 1] - v[i]*[i <= n_x - 2]"),
    ("sin(flatten(x))", {"x": (3, 4)}, "x",
     "cos(x[i,j])*delta(i*n_x1 + j,m)",
     "v[i*n_x1 + j]*cos(x[i,j])"),
    ("[x[0]**2*x[1], sin(x[0])]", {"x": (2,)}, "x",
     "2*x[0]*x[1]*delta(0,i)*delta(0,m) + cos(x[0])*delta(0,i)*delta(1,m) + x[0]**2*delta(0,m)*delta(1,i)",
     "(2*v[0]*x[0]*x[1] + v[1]*cos(x[0]))*delta(0,i) + v[0]*x[0]**2*delta(1,i)"),
    ("cat([x, sin(x)])", {"x": (4,)}, "x",
     "cos(x[i])*delta(i + n_x,m) + delta(i,m)",
     "v[i + n_x]*cos(x[i]) + v[i]"),
    ("cross_entropy(x, t)", {"x": (4, 3), "t": (4,)}, "x",
     "(exp(l[i,j]) - delta(j,t[i]))/n_t",
     "v*(exp(l[i,j]) - delta(j,t[i]))/n_t"),
    ("sum(log(1 + exp(-y*(X@w))))", {"X": (6, 4), "w": (4,), "y": (6,)}, "w",
     "-Sum_r(X[r,i]*y[r]*sigmoid(-y[r]*z[r]))",
     "-v*Sum_r(X[r,i]*y[r]*sigmoid(-y[r]*z[r]))"),
    ("relu(x@w1+b1)@w2+b2", {"x": (3, 4), "w1": (4, 5), "b1": (5,), "w2": (5, 2), "b2": (2,)}, "w1",
     "w2[j,n]*x[m,i]*[b1[j] + z[m,j] > 0]",
     "Sum_{r,s}(v[r,s]*w2[j,s]*x[r,i]*[b1[j] + z[r,j] > 0])"),
    ("softmax(q@k.T, dim=1)@u", {"q": (3, 4), "k": (5, 4), "u": (5, 2)}, "q",
     "Sum_r(k[r,j]*s[i,r]*(u[r,n] - Sum_t(s[i,t]*u[t,n])))*delta(i,m)",
     "Sum_r(k[r,j]*s[i,r]*(g_s[i,r] - Sum_t(g_s[i,t]*s[i,t])))"),
    ("cumsum(x, 0)", {"x": (4,)}, "x",
     "[m >= i]",
     "Sum_r(v[r]*[r >= i])"),
    ("prod(x)", {"x": (4,)}, "x",
     "Prod_r(where(i == r, 1, x[r]))",
     "v*Prod_r(where(i == r, 1, x[r]))"),
    ("var(x)", {"x": (4,)}, "x",
     "2*(x[i] - Sum_r(x[r])/n_x)/(n_x - 1)",
     "2*v*(x[i] - Sum_r(x[r])/n_x)/(n_x - 1)"),
    ("max(x, dim=1)", {"x": (2, 3)}, "x",
     "delta(i,n)*delta(j,k[i,0])",
     "v[i]*delta(j,k[i,0])"),
    ("trace(A@X)", {"A": (3, 3), "X": (3, 3)}, "X",
     "A[j,i]",
     "v*A[j,i]"),
    ("sum(x[:2])*x", {"x": (4,)}, "x",
     "Sum_{r<2}(x[r])*delta(i,m) + x[m]*[i <= 1]",
     "Sum_r(v[r]*x[r])*[i <= 1] + v[i]*Sum_{r<2}(x[r])"),
    ("outer(x, y)", {"x": (3,), "y": (2,)}, "x",
     "y[n]*delta(i,m)",
     "Sum_r(v[i,r]*y[r])"),
    ("huber_loss(x, y)", {"x": (3,), "y": (3,)}, "x",
     "where(abs(x[i] - y[i]) <= 1, x[i] - y[i], sign(x[i] - y[i]))/n_x",
     "v*where(abs(x[i] - y[i]) <= 1, x[i] - y[i], sign(x[i] - y[i]))/n_x"),
]  # fmt: skip


@pytest.mark.parametrize("text, shapes, name, jacobian, vjp", PRINTED, ids=[f"{p[0]} by {p[2]}" for p in PRINTED])
def test_the_formula_reads_as_in_a_textbook(text: str, shapes: Shapes, name: str, jacobian: str, vjp: str) -> None:
    (form,) = derived(trace(parse(text), shapes), [name])
    closed = form.closed()
    assert closed.jacobian is not None and closed.vjp is not None
    assert (closed.jacobian.formula, closed.vjp.formula) == (jacobian, vjp)


# ---- on which the engine, or the verdict on it, was once wrong -------------------------------------------------------
ONCE_WRONG: list[tuple[str, Shapes]] = [
    # a sum that a delta does not wholly decide
    ("(eye(3) + x) @ y", {"x": S, "y": V3}), ("A = [x, 2*x]; A @ y", {"x": V3, "y": V3}),
        ('einsum("ij->", stack([x, x]))', {"x": V3}),
    # a delta inside a function, to a power
    ("solve(tanh(diag(y) @ diag(y)) + 3*eye(2), y)", {"y": (2,)}),
        ("c = stack([x*x, x*x]); standardize(ndtri(0.1 + 0.8*sigmoid(c)))", {"x": V3}),
    ("(1/(2 + diag(x))) @ y", {"x": (2,), "y": (2,)}),
    # a gradient that is 0 because terms cancel: rounding is no disagreement
    ("cross(x, x, dim=0)", {"x": V3}), ("cosine_similarity(x, x, dim=0)", {"x": V3}),
        ("log_softmax(x, dim=0).exp().sum()", {"x": (5,)}),
    ("softmax(x, dim=0).sum()", {"x": (6,)}), ("solve(x, x)", {"x": S}), ("addcdiv(x, y, y)", {"x": (), "y": ()}),
    # the wrong axis
    ("standardize(x, (0,))", {"x": C}), ("standardize(x, (0, -1))", {"x": C}),
    # a name assigned twice
    ("h = softmin(x); h = norm(h); h", {"x": V3}), ("out = var(x, dim=0); out = sum(out)", {"x": C}),
        ("h = mean(x); h = sum(h*x); h", {"x": V3}),
    ("g = x @ x; g = log_softmax(g, dim=0); g = g @ w", {"x": (4, 1, 1), "w": (1, 4)}),
    # a part of an axis
    ("sum(x[:2])*x", {"x": (4,)}), ("exp(sum(x[:-1]**2))", {"x": (4,)}), ("x[[-2, 1]]*y", {"x": V3, "y": (2,)}),
        ("x[1:1]", {"x": V3}),
    ("x[0, :, [1, 2]]", {"x": (2, 3, 3)}),
    # what PyTorch itself stumbles over
    ("x.T", {"x": ()}), ("kron(x.T, y)", {"x": M, "y": M}), ("soft_margin_loss(x, y)", {"x": M, "y": M}),
    # axes of size 1
    ("prod(x)", {"x": (1,)}), ("cumprod(x, 0)", {"x": (1,)}),
        ("einsum('i,j,k->ijk', x, [0.1, 0.2], y)", {"x": V3, "y": V3}),
]  # fmt: skip


@pytest.mark.parametrize("text, shapes", ONCE_WRONG, ids=[text for text, _ in ONCE_WRONG])
def test_what_was_once_wrong_is_right(text: str, shapes: Shapes) -> None:
    for seed in range(3):
        assert judged(drawn(text, shapes, seed)) == []
