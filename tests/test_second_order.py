"""The engine differentiates its own gradients: blocks of the Hessian of v·y, against PyTorch's double backward."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gradcli.numeric.autograd import forward
from gradcli.program import trace
from gradcli.symbolic import Calculus
from gradcli.syntax import parse

BLOCKS = [
    ("x@A@x", {"x": (4,), "A": (4, 4)}, "x", "x"),
    ("x@A@x", {"x": (4,), "A": (4, 4)}, "x", "A"),
    ("sum(log(1+exp(-y*(X@w))))", {"X": (6, 4), "w": (4,), "y": (6,)}, "w", "w"),
    ("logsumexp(x,0)", {"x": (4,)}, "x", "x"),
    ("sum(softmax(x,0)*y)", {"x": (4,), "y": (4,)}, "x", "x"),
    ("prod(x)", {"x": (4,)}, "x", "x"),
    ("sum(prod(x*y,dim=1)**2)", {"x": (2, 3), "y": (2, 3)}, "x", "y"),
    ("sum(cumprod(x,0))", {"x": (4,)}, "x", "x"),
    ("sum(amax(x,1)**2)", {"x": (3, 4)}, "x", "x"),
    ("max(x,dim=1).exp().sum()", {"x": (3, 2)}, "x", "x"),
    ("norm(x)", {"x": (3,)}, "x", "x"),
    ("norm(x,p=3)", {"x": (3,)}, "x", "x"),
    ("logdet(x@x.T+eye(3))", {"x": (3, 3)}, "x", "x"),
    ("sum(inv(x))", {"x": (3, 3)}, "x", "x"),
    ("det(x)", {"x": (3, 3)}, "x", "x"),
    ("dot(a,solve(X,b))", {"a": (3,), "X": (3, 3), "b": (3,)}, "X", "X"),
    ("sum(cholesky(x@x.T+eye(2)))", {"x": (2, 2)}, "x", "x"),
    ("sum((x@w-y)**2)", {"x": (6, 4), "w": (4, 2), "y": (6, 2)}, "w", "x"),
    ("cross_entropy(x,y)", {"x": (4, 3), "y": (4, 3)}, "x", "x"),
    ("var(x)+std(x)", {"x": (5,)}, "x", "x"),
    ("sum(layer_norm(x)**3)", {"x": (2, 4)}, "x", "x"),
    ("x.reshape(6)@A@x.T.reshape(6)", {"x": (2, 3), "A": (6, 6)}, "x", "x"),
    ("sum(softmax(q@k.T,dim=1)@u)", {"q": (3, 2), "k": (4, 2), "u": (4, 2)}, "q", "k"),
    ("sum(cumsum(x**2,0)**2)", {"x": (4,)}, "x", "x"),
    ("sum(conv1d(x,w)**2)", {"x": (1, 1, 4), "w": (1, 1, 2)}, "w", "x"),
    ("kron(x,y).sum()**2", {"x": (2, 2), "y": (2, 2)}, "x", "y"),
    ("x**y", {"x": (), "y": ()}, "x", "y"),
    ("logsumexp(A*mean(x), dim=1)", {"A": (3, 2), "x": (2,)}, "x", "x"),
    ("sum(softmax(A*sum(x), dim=0)*B)", {"A": (3, 2), "x": (2,), "B": (3, 2)}, "x", "A"),
    ("exp(x*y)+sin(x)", {"x": (3,), "y": (3,)}, "x", "y"),
]


def _point(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    return {name: random.uniform(0.3, 1.5, shape) for name, shape in shapes.items()}


def _double_backward(program, point, v, a, b) -> np.ndarray:
    """∂²(v·y)/∂a∂b by PyTorch, one row at a time."""
    wrt = list(dict.fromkeys((a, b)))
    torch.set_default_dtype(torch.float64)
    try:
        values = forward(program, wrt, point, "float64")
        at = {name: values[program.inputs[name].step] for name in wrt}
        weighted = (torch.tensor(v) * values[program.output.step]).sum()
        (gradient,) = torch.autograd.grad(weighted, at[a], create_graph=True)
        rows = []
        for entry in gradient.reshape(-1):
            found = None
            if entry.requires_grad:
                (found,) = torch.autograd.grad(entry, at[b], retain_graph=True, allow_unused=True)
            rows.append(np.zeros(point[b].shape) if found is None else found.numpy())
    finally:
        torch.set_default_dtype(torch.float32)
    return np.stack(rows).reshape((*point[a].shape, *point[b].shape))


@pytest.mark.parametrize(("text", "shapes", "a", "b"), BLOCKS, ids=[f"{t} {a}{b}" for t, _, a, b in BLOCKS])
def test_a_block_of_the_hessian_is_double_backward(text, shapes, a, b) -> None:
    program, point = trace(parse(text), shapes), _point(shapes)
    v = np.random.default_rng(6).uniform(-1, 1, program.output_shape)
    form = Calculus(program, tuple(dict.fromkeys((a, b)))).hessian(a, b)
    got, wanted = form.value({**point, "v": v}), _double_backward(program, point, v, a, b)
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(wanted).max()))


@pytest.mark.parametrize(("text", "shapes", "a", "b"), [case for case in BLOCKS if case[2] == case[3]])
def test_a_hessian_vector_product_is_the_hessian_times_the_vector(text, shapes, a, b) -> None:
    program, point = trace(parse(text), shapes), _point(shapes)
    random = np.random.default_rng(7)
    v, t = random.uniform(-1, 1, program.output_shape), random.uniform(-1, 1, shapes[a])
    calculus = Calculus(program, (a,), tangents={a: "t"})
    dense = calculus.hessian(a, a).value({**point, "v": v})
    product = np.tensordot(t, dense, axes=len(shapes[a]))
    got = calculus.hvp(a, (a,)).value({**point, "v": v, "t": t})
    np.testing.assert_allclose(got, product, rtol=1e-8, atol=1e-9 * max(1.0, np.abs(product).max()))


@pytest.mark.parametrize(("names", "wanted"), [
    (("x",), "2*x*y**3"), (("x", "x", "y"), "6*y**2"), (("y", "y", "y"), "6*x**2"), (("x", "x", "x"), "0"),
])  # fmt: skip
def test_a_mixed_partial_of_any_order_is_a_closed_form(names, wanted) -> None:
    program = trace(parse("x**2*y**3"), {"x": (), "y": ()})
    assert Calculus(program, ("x", "y")).partial(names).written.text == wanted


def test_a_jvp_is_the_jacobian_times_the_tangents() -> None:
    shapes = {"A": (4, 3), "x": (3,)}
    program, point = trace(parse("softmax(A@x, dim=0)"), shapes), _point(shapes)
    random = np.random.default_rng(8)
    t, u = random.uniform(-1, 1, (3,)), random.uniform(-1, 1, (4, 3))
    calculus = Calculus(program, ("A", "x"), tangents={"x": "t", "A": "u"})
    got = calculus.jvp(("A", "x")).value({**point, "t": t, "u": u})
    by_a = np.tensordot(calculus.jacobian("A").value(point), u, axes=2)
    np.testing.assert_allclose(got, by_a + calculus.jacobian("x").value(point) @ t, atol=1e-12)
