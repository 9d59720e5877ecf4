"""check: a right answer is right however it is written, a wrong one wrong, and a mistake is named only if it fits."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcli
from gradcli.cli.entry import run
from gradcli.commands.checking.trials import resampler
from gradcli.message import GradcliError
from gradcli.report import Closed
from gradcli.report.additions import Verdict
from tests.programs import program

M, N = "[[1., 2.], [3., 5.]]", "[[2., -1.], [0.5, 3.]]"
R = "[[1., 2., 0.5], [3., -1., 2.]]"

WRONG: list[tuple[str | None, str, dict[str, str], str | None, str, str]] = [
    ("transposed", "trace(X @ A)", {"X": M, "A": N}, None, "X", "A"),
    ("transposed", "X @ A", {"X": M, "A": N}, "ones", "X", "(v @ A.T).T"),
    ("transposed", "a @ X @ b", {"X": R, "a": "1,2", "b": "1,2,3"}, None, "X", "outer(b, a)"),
    ("transposed", "sum(X**2)", {"X": R}, None, "X", "2*X.T"),
    ("transposed", "W @ x", {"W": R, "x": "1,2,3"}, "ones", "W", "outer(x, v)"),
    ("transposed", "A @ x", {"A": N, "x": "1,2"}, "1,3", "x", "A @ v"),
    ("transposed", "logdet(X)", {"X": N}, None, "X", "inv(X)"),
    ("order", "A @ X", {"A": N, "X": M}, "ones", "X", "v @ A.T"),
    ("order", "X @ A", {"A": N, "X": M}, "ones", "X", "A.T @ v"),
    ("order", "trace(A @ X @ B)", {"A": N, "X": M, "B": "[[1.,1.],[0.,2.]]"}, None, "X", "B.T @ A.T"),
    ("order", "trace(X @ X @ A)", {"A": N, "X": M}, None, "X", "A.T @ X.T + A.T @ X.T"),
    ("order", "inv(X)", {"X": M}, "[[1,2],[0,1]]", "X", "-inv(X).T @ inv(X).T @ v"),
    ("order", "sigmoid(A @ X)", {"A": N, "X": M}, "ones", "X", "(v*sigmoid(A@X)*(1-sigmoid(A@X))) @ A.T"),
    ("chain", "sin(x**2)", {"x": "1,2"}, "ones", "x", "v*cos(x**2)"),
    ("chain", "exp(3*x)", {"x": "1,2"}, "ones", "x", "v*exp(3*x)"),
    ("chain", "sum(log(1+x**3))", {"x": "1,2"}, None, "x", "1/(1+x**3)"),
    ("chain", "tanh(5*x+1)", {"x": "0.1,0.2"}, "ones", "x", "v*(1-tanh(5*x+1)**2)"),
    ("chain", "sigmoid(W @ x)", {"W": N, "x": "1,2"}, "ones", "W", "outer(v, x)"),
    ("chain", "cos(exp(x))", {"x": "0.5,1,2"}, "1,2,3", "x", "-v*sin(exp(x))"),
    ("chain", "sqrt(1+x**2)", {"x": "1,2,3"}, "ones", "x", "1/(2*sqrt(1+x**2))*v"),
    ("broadcast", "X + b", {"X": R, "b": "1,2,3"}, "ones", "b", "v"),
    ("broadcast", "X*b", {"X": R, "b": "1,2,3"}, "ones", "b", "v*X"),
    ("broadcast", "sum((X-m)**2)", {"X": R, "m": "[[1.],[2.]]"}, None, "m", "-2*(X-m)"),
    ("broadcast", "c*X", {"X": R, "c": "2"}, "ones", "c", "v*X"),
    ("broadcast", "x @ W + b", {"x": R, "W": "ones:3x2", "b": "1,2"}, "ones", "b", "v"),
    ("mean", "mean(x**2)", {"x": "1,2,3"}, None, "x", "2*x"),
    ("mean", "mean((x-y)**2)", {"x": "1,2,3,4", "y": "0,1,0,1"}, None, "x", "2*(x-y)"),
    ("mean", "mse_loss(x,y)", {"x": "1,2,3,4", "y": "0,1,0,1"}, None, "x", "2*(x-y)"),
    ("mean", "sum(x**2)", {"x": "1,2,3"}, None, "x", "2*x/3"),
    ("mean", "mean(X, dim=0)", {"X": "[[1.,2.],[3.,4.],[5.,7.]]"}, "1,2", "X", "v + 0*X"),
    ("mean", "mean(exp(x))", {"x": "1,2,3"}, None, "x", "exp(x)"),
    ("factor-2", "sum(x**2)", {"x": "1,2,3"}, None, "x", "x"),
    ("factor-2", "x @ A @ x", {"x": "1,2", "A": "[[2,1],[1,3]]"}, None, "x", "A @ x"),
    ("factor-2", "x**2", {"x": "1,2,3"}, "ones", "x", "v*x"),
    ("factor-2", "dot(x, x)", {"x": "1,2,3"}, None, "x", "4*x"),
    ("factor-2", "norm(x)**2", {"x": "1,2,3"}, None, "x", "x"),
    ("sign", "cos(x)", {"x": "1,2"}, "ones", "x", "v*sin(x)"),
    ("sign", "1/x", {"x": "1,2"}, "ones", "x", "v/x**2"),
    ("sign", "sum((y-x)**2)", {"x": "1,2", "y": "3,5"}, None, "x", "2*(y-x)"),
    ("sign", "inv(X)", {"X": M}, "ones", "X", "inv(X).T @ v @ inv(X).T"),
    ("sign", "-log(x)", {"x": "1,2,3"}, "ones", "x", "v/x"),
    ("diagonal", "softmax(x, dim=0)", {"x": "1,2,3"}, "1,2,4", "x", "s=softmax(x,dim=0); v*s*(1-s)"),
    ("diagonal", "A @ x", {"A": M, "x": "1,2"}, "1,2", "x", "diagonal(A)*v"),
    ("diagonal", "x*sum(x)", {"x": "1,2,3"}, "1,2,4", "x", "v*(sum(x)+x)"),
    ("diagonal", "x/sum(x)", {"x": "1,2,3"}, "1,2,4", "x", "v*(1/sum(x) - x/sum(x)**2)"),
    ("diagonal", "log_softmax(x, dim=0)", {"x": "1,2,3"}, "1,2,4", "x", "v*(1-softmax(x,dim=0))"),
    ("jacobian", "A @ x", {"A": R, "x": "1,2,3"}, "1,2", "x", "A"),
    ("jacobian", "A @ x", {"A": M, "x": "1,2"}, "1,2", "x", "A"),
    ("jacobian", "x**2", {"x": "1,2,3"}, "1,2,3", "x", "2*diag(x)"),
    ("jacobian", "softmax(x,dim=0)", {"x": "1,2,3"}, "1,2,3", "x", "s=softmax(x,dim=0); diag(s)-outer(s,s)"),
    ("jacobian", "outer(x,x)[0]", {"x": "1,2,3"}, "1,2,3", "x", "x[0]*eye(3) + outer(x, eye(3)[0])"),
    ("v-forgotten", "x**3", {"x": "1,2,3"}, "1,2,5", "x", "3*x**2"),
    ("v-forgotten", "exp(x)", {"x": "1,2,3"}, "1,0,0", "x", "exp(x)"),
    ("v-forgotten", "A @ x", {"A": M, "x": "1,2"}, "1,3", "x", "A.T @ ones(2)"),
    ("v-forgotten", "sum(x**2)", {"x": "1,2,3"}, "3", "x", "2*x"),
    ("v-forgotten", "sin(X)", {"X": R}, "[[1,2,3],[4,5,6]]", "X", "cos(X)"),
    ("v-is-x", "x**2", {"x": "1,2,3"}, "x", "x", "2*x"),
    ("v-is-x", "sin(x)", {"x": "1,2,3"}, "x", "x", "cos(x)"),
    ("v-is-x", "exp(x)", {"x": "1,2,3"}, "x", "x", "exp(x)"),
    ("v-is-x", "x**3", {"x": "1,2,3"}, "ones", "x", "3*x**3"),
    ("v-is-x", "log(x)", {"x": "1,2,3"}, "ones", "x", "ones_like(x)"),
    ("v-is-x", "(x+1)**2", {"x": "eye:5"}, "ones", "x", "2*x*(x+1)"),
    ("variable", "a*b", {"a": "1,2,3", "b": "4,5,7"}, "ones", "a", "v*a"),
    ("variable", "x**2*y", {"x": "1,2", "y": "3,4"}, "ones", "x", "v*x**2"),
    ("variable", "A @ x", {"A": R, "x": "1,2,3"}, "ones", "x", "outer(v, x)"),
    ("variable", "sum((x-y)**2*w)", {"x": "1,2,3", "y": "0,1,5", "w": "1,2,1"}, None, "x", "(x-y)**2"),
    ("variable", "a @ X @ b", {"X": M, "a": "1,2", "b": "3,4"}, None, "a", "X.T @ a"),
    (None, "x**2", {"x": "1,2,3"}, "ones", "x", "v*x**3"),
    (None, "x*exp(x)", {"x": "1,2,3"}, "ones", "x", "v*exp(x)+1"),
    (None, "sin(x)", {"x": "1,2,3"}, "ones", "x", "v*tan(x)"),
    (None, "A @ x", {"A": M, "x": "1,2"}, "1,2", "x", "v + x"),
    (None, "x**2", {"x": "3"}, None, "x", "5"),
]


def verdict(expression: str, inputs: dict[str, Any], answer: Any, **options: Any) -> Verdict:
    (found,) = gradcli.check(expression, inputs, answer=answer, **options).of(Verdict)
    return found


@pytest.mark.parametrize(("kind", "expression", "inputs", "v", "wrt", "answer"), WRONG, ids=lambda part: str(part)[:30])
def test_a_mistake_is_named_and_no_other(
    kind: str | None, expression: str, inputs: dict[str, str], v: str | None, wrt: str, answer: str
) -> None:
    found = verdict(expression, inputs, answer, v=v, wrt=(wrt,))
    assert found.agrees is False
    assert found.mistake == kind, str(found.explained)


def test_each_mistake_is_tried_on_five_problems() -> None:
    counts = Counter(case[0] for case in WRONG)
    assert min(counts.values()) >= 5
    assert len(counts) == 13  # twelve names, and none


@pytest.mark.parametrize(
    ("expression", "inputs", "v", "wrt"),
    sorted({(expression, tuple(inputs.items()), v, wrt) for _, expression, inputs, v, wrt, _ in WRONG}, key=str),
)
def test_the_right_formula_is_accepted_for_each(
    expression: str, inputs: tuple[tuple[str, str], ...], v: str | None, wrt: str
) -> None:
    """PyTorch's own numbers, typed with every digit."""
    point = dict(inputs)
    answer = gradcli.answer({"expr": expression, "inputs": point, "v": v, "wrt": [wrt]})
    right = answer["gradients"][wrt]["vjp"]["pytorch"]
    assert verdict(expression, point, right, v=v, wrt=(wrt,)).agrees is True


# The problems' own formulas


def book() -> Iterator[Any]:
    path = Path(os.environ.get("GRADCLI_CASES", "cases")) / "problems.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        problem = json.loads(line)
        for name, formula in (problem.get("book_formula_expr") or {}).items():
            yield pytest.param(problem, name, formula, id=f"{problem['id']}-{name}")


@pytest.mark.parametrize(("problem", "name", "formula"), list(book()))
def test_a_books_formula_is_accepted_and_its_errata_are_not(problem: dict[str, Any], name: str, formula: str) -> None:
    found = verdict(problem["expr"], problem["inputs"], formula, v=problem["v"], wrt=(name,))
    assert found.agrees is (problem.get("book_formula_agrees") is not False), str(found.says)


# Right however it is written


@pytest.mark.parametrize("answer", ["2*x*v", "v*x + x*v", "v*(x**2 - (x - 1)**2 + 1)", "2*v_*x", "s = 2*x; s*v", "2*x"])
def test_equal_but_not_simplified_is_right(answer: str) -> None:
    assert verdict("x**2", {"x": [1.5, -2.0]}, answer, v="ones").agrees is True


def test_what_coincides_at_the_users_point_is_still_wrong() -> None:
    found = verdict("(x+1)**2", {"x": "eye:2"}, "2*x + 2*v", v="ones")
    assert found.agrees is False
    assert found.where is not None
    assert found.yours is not None
    assert not np.allclose(found.yours, found.correct)


def test_the_weights_are_random_only_if_the_answer_names_them() -> None:
    assert verdict("x**2", {"x": [1, 2]}, "2*x", v="ones").agrees is True
    assert verdict("x**2", {"x": [1, 2]}, "6*x", v="[3, 3]").agrees is True
    assert verdict("x**2", {"x": [1, 2]}, "2*x*v**2", v="ones").agrees is False
    assert verdict("x**2", {"x": [1, 2]}, "2*x**2", v="x").agrees is True


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("0.33", True),
        ("0.333", True),
        ("0.3", True),
        ("0.34", False),
        ("0.3334", False),
        ("3.3e-1", True),
        ("1/3", True),
        ("0", False),
        ("0.0", False),
        ("1", False),
        ("0e0", False),
    ],
)
def test_typed_digits_are_compared_to_half_a_unit_of_the_last(answer: str, right: bool) -> None:
    assert verdict("x/3", {"x": 1.0}, answer).agrees is right


def test_a_tolerance_can_be_given() -> None:
    assert verdict("x/3", {"x": 1.0}, "0.34", atol=0.01).agrees is True
    assert verdict("x/3", {"x": 1.0}, "0.33", rtol=1e-6).agrees is False


def test_where_pytorch_is_wrong_no_answer_is_judged() -> None:
    """PyTorch gives 0 for the gradient of a determinant that is 0; it is the matrix of cofactors."""
    singular, right = [[1, 2], [2, 4]], "[[A[1,1], -A[1,0]], [-A[0,1], A[0,0]]]"
    with pytest.raises(GradcliError, match="no answer can be judged"):
        verdict("det(A)", {"A": singular}, right)
    assert verdict("det(A)", {"A": [[1, 2], [2, 5]]}, right).agrees is True
    assert "cofactors" in str(gradcli.vjp("det(A)", {"A": singular}))
    with pytest.raises(GradcliError, match="no answer can be judged"):
        verdict("logdet(A)", {"A": [[1, 2], [3, 4]]}, "inv(A).T")  # whose determinant is negative


def test_a_hessian_by_several_variables_is_asked_for_block_by_block() -> None:
    with pytest.raises(GradcliError, match="one block of second derivatives"):
        verdict("x**2*y", {"x": 1, "y": 2}, "2*y", of="hessian")
    assert verdict("x**2*y", {"x": 1, "y": 2}, "2*y", of="hessian", wrt=("x",)).agrees is True
    assert verdict("x**2*y", {"x": 1, "y": 2}, "2x", of="hessian", wrt=("x", "y")).agrees is True


@pytest.mark.parametrize("answer", ["2x", "2.0x", "2x*1", ".5x*4", "2 x", "(2)x"])
def test_a_coefficient_may_stand_before_a_name(answer: str) -> None:
    assert verdict("x**2", {"x": 3}, answer).agrees is True


def test_an_answer_may_use_the_programs_own_names() -> None:
    assert verdict("s = softmax(x, dim=0); s", {"x": [1, 2, 3]}, "s*(v - sum(v*s))", v="[1, 2, 4]").agrees is True
    assert verdict("exp(x)", {"x": [1, 2, 3]}, "y*v", v="ones").agrees is True


def test_every_input_may_be_an_array() -> None:
    x, v = np.arange(6.0).reshape(2, 3), np.array([[1.0, -2.0], [3.0, 0.5], [4.0, 1.0]])
    assert verdict("x.T * 2", {"x": x}, "2*v.T", v=v).agrees is True
    assert verdict("x.T * 2", {"x": x}, "3*v.T", v=v).agrees is False
    assert verdict("x.T * 2", {"x": x}, 2 * v.T, v=v).agrees is True


@pytest.mark.parametrize("seed", range(12))
def test_the_printed_matrix_notation_is_a_right_answer_and_nearly_it_a_wrong_one(seed: int) -> None:
    drawn = program(seed, longest=3)
    for part in gradcli.vjp(drawn.text, drawn.point, v=drawn.v).of(Closed):
        if part.vjp is not None and part.vjp.matrix is not None:
            *statements, last = part.vjp.matrix.split("; ")
            nearly = "; ".join([*statements, f"1.001*({last}) + 0.01"])
            for answer, right in ((part.vjp.matrix, True), (nearly, False)):
                told = verdict(drawn.text, drawn.point, answer, v=drawn.v, wrt=(part.name,))
                assert told.agrees is right, (drawn.text, part.name, answer, told.says)


def test_a_program_with_a_v_of_its_own_is_answered_with_v_() -> None:
    assert verdict("v*x", {"x": [1, 2], "v": [3, 4]}, "v*v_", wrt=("x",)).agrees is True


def test_a_formula_for_symmetric_matrices_is_right_for_one_and_says_so() -> None:
    report = gradcli.check("x @ A @ x", {"x": [1, 2], "A": [[2, 1], [1, 3]]}, answer="2*A @ x", wrt=("x",))
    assert report.of(Verdict)[0].agrees is True
    assert "A symmetric and positive definite, as at yours" in str(report.of(Verdict)[0].compared_at)
    assert verdict("x @ A @ x", {"x": [1, 2], "A": [[2, 1], [0, 3]]}, "2*A @ x", wrt=("x",)).agrees is False


def test_points_outside_the_domain_are_not_held_against_an_answer() -> None:
    assert verdict("logdet(X)", {"X": N}, "inv(X).T").agrees is True
    assert verdict("log(x)", {"x": [0.5, 3.0]}, "v/x").agrees is True


# Of other derivatives


@pytest.mark.parametrize(
    ("of", "expression", "inputs", "answer", "more"),
    [
        ("jacobian", "A @ x", {"A": R, "x": "1,2,3"}, "A", {"wrt": ("x",)}),
        ("jacobian", "x**2", {"x": "1,2,3"}, "diag(2*x)", {}),
        ("grad", "sum(x**3)", {"x": "1,2,3"}, "3*x**2", {}),
        ("hessian", "sum(x**3)", {"x": "1,2,3"}, "diag(6*x)", {}),
        ("hessian", "x @ A @ y", {"x": "1,2", "A": N, "y": "3,4"}, "A", {"wrt": ("x", "y")}),
        ("jvp", "x**2", {"x": "1,2,3"}, "2*x*t", {"t": "ones"}),
    ],
)
def test_other_derivatives_are_checked_too(
    of: str, expression: str, inputs: dict[str, str], answer: str, more: dict[str, Any]
) -> None:
    assert verdict(expression, inputs, answer, of=of, **more).agrees is True
    assert verdict(expression, inputs, f"2*({answer})", of=of, **more).mistake == "factor-2"


def test_a_jacobian_in_the_other_layout_is_right_and_said() -> None:
    found = verdict("A @ x", {"A": R, "x": "1,2,3"}, "A.T", of="jacobian", wrt=("x",))
    assert found.agrees is True
    assert "denominator layout" in str(found.says)


# Not understood


@pytest.mark.parametrize(
    ("answer", "words"), [(None, "needs --answer"), ("2*q*x", "q"), ("2*(x", "bracket"), ("x @ ones(5)", "inner")]
)
def test_an_answer_that_is_not_understood_is_an_error(answer: str | None, words: str) -> None:
    with pytest.raises(GradcliError, match=words):
        gradcli.check("x**2", {"x": [1, 2]}, answer=answer)


def test_a_long_answer_is_repeated_as_it_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "2/2*softmax(x, dim=0)*(softmax(x, dim=0) - sum(softmax(x, dim=0)**2, dim=0))"
    run(["check", "mean(softmax(x, dim=0)**2)", "--x", "1,2", "--of", "grad", "--answer", typed])
    assert f"Your answer for x: {typed}" in capsys.readouterr().out.splitlines()


def test_the_variable_has_to_be_known() -> None:
    with pytest.raises(GradcliError, match="for one variable") as raised:
        gradcli.check("x*y", {"x": 1, "y": 2}, answer="y")
    assert "--wrt x" in str(raised.value.hint)


# Random points


@pytest.mark.parametrize(
    ("given", "moves", "holds"),
    [
        ([[2.0, 1.0], [1.0, 3.0]], True, lambda a: np.array_equal(a, a.T) and (np.linalg.eigvalsh(a) > 0).all()),
        ([[0.0, 1.0], [1.0, -3.0]], True, lambda a: np.array_equal(a, a.T)),
        ([[0.0, 1.0], [-1.0, 0.0]], True, lambda a: np.array_equal(a, -a.T)),
        ([[1.0, 0.0], [2.0, 3.0]], True, lambda a: a[0, 1] == 0 and a[1, 0] != 0),
        ([0.0, 1.0, 1.0], False, lambda a: a.tolist() == [0, 1, 1]),
        ([0.2, 0.8], False, lambda a: np.isclose(a.sum(), 1)),
        ([0.2, 0.9], True, lambda a: (a > 0).all() and (a < 1).all()),
        ([1.0, 20.0], True, lambda a: (a > 0).all()),
        ([-1.0, -20.0], True, lambda a: (a < 0).all()),
    ],
)
def test_a_random_point_keeps_what_is_special(given: Any, moves: bool, holds: Any) -> None:
    drawn = resampler(np.array(given), moves, whole=False)
    for seed in range(5):
        assert holds(drawn.draw(np.random.default_rng(seed)))


def test_the_identity_is_drawn_without_its_symmetry() -> None:
    drawn = resampler(np.eye(3), True, whole=False).draw(np.random.default_rng(0))
    assert not np.allclose(drawn, drawn.T)
