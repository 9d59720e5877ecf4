"""Programs on which a formula or a verdict was once wrong, one for each class of mistake, found by random programs."""

from __future__ import annotations

import re

import numpy as np
import pytest

import gradcli
from gradcli.commands.problem import understand
from gradcli.program import hazards
from gradcli.report import Compared
from gradcli.report.exhibits import Visit
from gradcli.request import Request

PROGRAMS = {
    "two digits of an index are joined where the low one is a digit": ("diag(x, 1).flatten()", {"x": (4,)}),
    "and multiplied with what varies": ("z = diag(x, 1) * linspace(-1, 1, 5); z.flatten()", {"x": (4,)}),
    "and in a Kronecker product": ("cumsum(kron(diag(x, 1), diag(x, 1)).swapaxes(1, -2), -2).flip(0)", {"x": (2,)}),
    "sums are equal only with the same free indices": ("h = inv(x + 4*eye(3)); cumprod(x @ h, -1)", {"x": (3, 3)}),
    "a class that the program itself names": ("cross_entropy(concat([normalize(x, dim=2), x], dim=1), [[1]])",
                                              {"x": (1, 1, 1)}),
    "a quotient of two numbers is a number": (
        "g = stack([x, x], dim=-1); m = cat([y, g, g], dim=-1).unsqueeze(0); conv1d(sin(m), w, stride=2)",
        {"x": (), "y": (1,), "w": (2, 1, 1)}),
    "an axis that is cut by another's size has a last stretch": (
        "m = prod(x, dim=-3); f = mm(kron(m, y), w); diag(exp(f).repeat(1, 2))",
        {"x": (2, 4, 1), "y": (3, 1), "w": (1, 4)}),
    "a mean taken off numbers that are all alike": (
        "a = isinf(x)*mse_loss(x, x); b = binary_cross_entropy_with_logits(a.cumsum(-1), a.cumsum(-1), "
        'reduction="none"); layer_norm(b, (3,), y, x)', {"x": (3,), "y": (3,)}),
    "one entry has no spread": ("layer_norm(x)", {"x": (3, 1)}),
    "a tie that a rounding decides": ("amin(cosine_similarity(x, x, dim=0), dim=0).log10()", {"x": (2, 2)}),
    "a place that a rounding chooses": ("r = cosine_similarity(x, x, dim=1); r[argmax(r, dim=0)]", {"x": (4, 3)}),
    "a product of what cancels": ("prod(cross(x, x, dim=1), dim=-2)", {"x": (2, 3)}),
}  # fmt: skip


def test_a_sum_may_be_differentiated_by_under_its_own_name() -> None:
    report = gradcli.vjp("a = x @ x; a + x", {"x": [[1.0, 2.0], [3.0, 5.0]]}, wrt=("a",), v="ones")
    assert report.of(Compared)[0].agrees


def test_a_name_that_is_assigned_again_is_differentiated_by_its_last_value() -> None:
    report = gradcli.vjp("m = x @ x; m = m*x; s = sum(m); s = 3*s; s + m", {"x": [1.0, 2.0]}, wrt=("m", "s"), v="ones")
    assert [found.agrees for found in report.of(Compared)] == [True, True]
    assert report.of(Compared)[0].symbolic.tolist() == [7, 7]  # 3*sum(m) twice, and m itself


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_was_once_wrong_is_right(name: str) -> None:
    text, shapes = PROGRAMS[name]
    for seed in range(3):
        draw = np.random.default_rng(seed)
        point = {x: draw.normal(size=shape) for x, shape in shapes.items()}
        output = understand(Request(text, inputs=point)).program.output_shape
        compared = gradcli.vjp(text, point, v=draw.normal(size=output)).of(Compared)
        assert [(c.agrees, c.jacobian_checked) for c in compared] == [(True, True)] * len(shapes)


VERDICTS = {
    "a sum of softmax over 300 entries is 1 up to roundings": ("jacobian", "softmax(x, dim=0)", {"x": (300,)}, {}),
    "the same step by step": ("steps", "softmax(x, dim=0)", {"x": (3,)}, {"v": "ones"}),
    "and curved": ("hessian", "sum(softmax(x, dim=0))", {"x": (150,)}, {}),
    "PyTorch's trigamma function is squared": ("hessian", "sum(digamma(x)**2)", {"x": (6,)}, {}),
    "or comes with the third derivative": ("grad", "lgamma(x)*x", {"x": ()}, {"wrt": ("x", "x", "x")}),
    "or stands in itself": ("vjp", "digamma(digamma(x))", {"x": (6,)}, {"v": "ones"}),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_every_command_allows_for_what_rounding_leaves(name: str) -> None:
    command, text, shapes, options = VERDICTS[name]
    for seed in range(3):
        draw = np.random.default_rng(seed)
        point = {x: draw.uniform(1.8, 3.5, shape) for x, shape in shapes.items()}
        answer = getattr(gradcli, command)(text, point, **options)
        visited = [operand.compared for visit in answer.of(Visit) for operand in visit.operands]
        compared = [*answer.of(Compared), *visited]
        assert compared and all(c.agrees for c in compared), compared


UNDECIDED = {
    "a function without a value": ("vjp", "acosh(x)", -3.0, "no value"),
    "and without a second derivative": ("hessian", "logit(x)", 2.0, "no value"),
    "a kink without a formula": ("vjp", "x**x", 0.0, "no value at this kink"),
    "a value that overflows on the way": ("vjp", "sqrt(x**2)", 1e200, "not finite"),
    "a logarithm of a negative determinant": ("vjp", "logdet(x)", [[1.0, 2.0], [3.0, 4.0]], "no value"),
    "a kink of the slope": ("hessian", "elu(x)", 0.0, "kink"),
    "a kink": ("hessian", "selu(x)", 0.0, "kink"),
    "a jump that a rounding decides": ("hessian", "huber_loss(x, x - 1)", 0.3, "rounding|kink"),
}


def test_in_single_precision_both_sides_are_as_exact_as_that() -> None:
    for text, x in (("sigmoid(x)", -100.0), ("(1 - cos(x))/x**2", 1e-3), ("exp(x)", 3.0), ("x*1e-40", 1.0)):
        assert gradcli.vjp(text, {"x": x}, dtype="float32").of(Compared)[0].agrees is True
    for text, x in (("exp(x)", 100.0), ("1/x", 1e-30), ("x*x*x", 1e20)):
        found = gradcli.vjp(text, {"x": x}, dtype="float32").of(Compared)[0]
        assert found.agrees is None and "too large for float32" in str(found.reason)


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_has_no_derivative_is_neither_right_nor_wrong(name: str) -> None:
    command, text, x, words = UNDECIDED[name]
    for found in getattr(gradcli, command)(text, {"x": x}).of(Compared):
        assert found.agrees is None or found.max_abs_diff == 0
        assert found.agrees or re.search(words, str(found.reason))


UNUSED = "a = x*2; b = sigmoid(x); c = sigmoid(b); d = hardsigmoid(c)/0; a"


@pytest.mark.parametrize("order", [1, 2])
def test_what_the_output_does_not_need_has_no_part_in_what_is_known_of_the_point(order: int) -> None:
    problem = understand(Request(UNUSED, inputs={"x": "1,2"}))
    program, values = problem.program, problem.values
    assert hazards.deviation(program, values, order) is None
    assert not [*hazards.kinks(program, values, ("x",), order), *hazards.undefined(program, values)]
    used = understand(Request(UNUSED[: -len("; a")] + "; d", inputs={"x": "1,2"}))
    assert hazards.deviation(used.program, used.values, order) is not None
    assert [*hazards.undefined(used.program, used.values)]
