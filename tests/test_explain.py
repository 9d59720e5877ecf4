"""The explanation: which sentences an answer deserves, and that every number and claim in them is true."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from gradcli.commands.problem import Problem, understand
from gradcli.commands.vjp import run
from gradcli.explain.cautions import cautions
from gradcli.explain.slots import entry, number, tensor
from gradcli.explain.vjp import MOST
from gradcli.message import GradcliError
from gradcli.numeric import vjp as backward
from gradcli.ops import ROWS
from gradcli.ops.row import Row
from gradcli.program.program import paths
from gradcli.report import Array, Note, Part, Report, Warning
from gradcli.request import Request


@dataclass(frozen=True)
class Told:
    """An answer with its notes and warnings."""

    problem: Problem
    parts: tuple[Part, ...]

    @property
    def notes(self) -> tuple[Note, ...]:
        return Report(self.parts).of(Note)

    @property
    def topics(self) -> set[str]:
        return {note.topic for note in self.notes}

    @property
    def warned(self) -> list[str]:
        """The warnings of the point, without those about the question."""
        return [str(w.text) for w in Report(self.parts).of(Warning) if w.kind in ("kink", "domain", "infinite")]

    def text(self, topic: str) -> str:
        return " ".join(str(note.text) for note in self.notes if note.topic == topic)


def ask(expression: str, v: str | None = None, *, wrt: tuple[str, ...] | None = None, symbolic_only: bool = False,
        dtype: str = "float64", **inputs: Any) -> Told:  # fmt: skip
    request = Request(expression, "vjp", inputs, v=v, wrt=wrt, symbolic_only=symbolic_only, dtype=dtype)
    return Told(understand(request), tuple(run(request)))


# --- which topics -----------------------------------------------------------------------------------------------------

ALWAYS = {"weights", "einsum", "equivalence"}
SCALAR = {"weights", "equivalence"}
M23, M33 = "[[1, 2, 3], [4, 5, 7]]", "[[2, 1, 0.5], [1, 3, 1], [0.5, 1, 4]]"

CASES: tuple[tuple[str, Mapping[str, Any], str | None, set[str]], ...] = (
    # elementwise
    ("x**2", {"x": M23}, "ones", ALWAYS | {"diagonal"}),
    ("x**2", {"x": M23}, None, ALWAYS | {"diagonal"}),
    ("x**2", {"x": M23}, "[[1, 2, 1], [1, 1, 1]]", ALWAYS | {"diagonal"}),
    ("x**2", {"x": M23}, "onehot:0,2", ALWAYS | {"one-hot"}),
    ("x**2", {"x": M23}, "zeros(2, 3)", ALWAYS | {"zero"}),
    ("x**2", {"x": "[3]"}, None, SCALAR),
    ("x**2", {"x": "[3]"}, "[2]", {"scalar-v", "equivalence"}),
    ("x*y", {"x": "[1, 2]", "y": "[3, 4]"}, "ones", ALWAYS | {"diagonal"}),
    ("x.reshape(6)*2", {"x": M23}, "ones", ALWAYS | {"diagonal"}),
    # v is an input
    ("z", {"z": "linspace(-1, 1, 5)"}, "z", ALWAYS | {"v-is-x"}),
    ("z**2", {"z": "linspace(1, 5, 5)"}, "[1, 2, 3, 4, 5]", ALWAYS | {"v-is-x"}),
    ("x*w", {"x": "[1, 2]", "w": "[3, 4]"}, "w", ALWAYS | {"v-is-x"}),
    ("x @ x.T @ x", {"x": M33}, "x", ALWAYS | {"v-is-x"}),
    ("x**2", {"x": "[1, 1, 1]"}, "ones", ALWAYS | {"diagonal"}),
    ("x**2", {"x": "[2, 2]"}, "[2, 2]", ALWAYS | {"diagonal"}),
    # scalar outputs
    ("x**2", {"x": "3"}, None, SCALAR),
    ("x**2", {"x": "3"}, "2", {"scalar-v", "equivalence"}),
    ("x.sum()", {"x": M23}, None, SCALAR | {"sum"}),
    ("sum(x**2)", {"x": "[1, 2, 3]"}, "2", {"scalar-v", "equivalence", "sum"}),
    ("mean(x**2)", {"x": "[1, 2, 3]"}, None, SCALAR | {"mean"}),
    ("mean(x)", {"x": "[5]"}, None, SCALAR),
    ("exp(mean(x))", {"x": "[1, 2, 3]"}, None, SCALAR | {"mean"}),
    ("mse_loss(x, y)", {"x": "[1, 2]", "y": "[3, 5]"}, None, SCALAR | {"mean"}),
    ('mse_loss(x, y, reduction="sum")', {"x": "[1, 2]", "y": "[3, 5]"}, None, SCALAR),
    ("cross_entropy(x, t)", {"x": M23, "t": "[0, 2]"}, None, SCALAR | {"mean", "index-input"}),
    # not diagonal
    ("outer(x, x)", {"x": "[1, 2, 3, 4]"}, "ones", ALWAYS | {"column-sums"}),
    ("A @ x", {"A": "[[5, 1], [1, 5]]", "x": "[1, 2]"}, "ones", ALWAYS | {"column-sums", "matmul"}),
    ("A @ x", {"A": "[[5, 1], [1, 5]]", "x": "[1, 2]"}, "[3, 4]", ALWAYS | {"matmul"}),
    ("(x**2).sum(1)", {"x": M23}, "ones", ALWAYS),
    ("x.T", {"x": M23}, "ones", ALWAYS),
    ("x[1:]", {"x": "[1, 2, 3]"}, "ones", ALWAYS),
    ("cumsum(x, dim=0)", {"x": "[1, 2, 3]"}, "ones", ALWAYS | {"column-sums"}),
    ("x.mean(0)", {"x": M23}, "ones", ALWAYS | {"mean"}),
    # matrix products
    ("X @ W.T", {"X": M23, "W": M33}, "arange(6.0).reshape(2, 3)", ALWAYS | {"matmul"}),
    ("X @ W.T + b", {"X": M23, "W": M33, "b": "[1, 2, 3]"}, "arange(6.0).reshape(2, 3)",
        ALWAYS | {"matmul", "broadcast"}),
    ("x.T @ x", {"x": M23}, "arange(9.0).reshape(3, 3)", ALWAYS),
    # softmax
    ("softmax(x, dim=0)", {"x": "[0.1, 2]"}, "ones", ALWAYS | {"softmax"}),
    ("softmax(x, dim=1)", {"x": M23}, "[[2, 2, 2], [3, 3, 3]]", ALWAYS | {"softmax"}),
    ("softmax(x, dim=1)", {"x": M23}, "[[1, 2, 3], [1, 2, 4]]", ALWAYS | {"softmax"}),
    ("softmax(x, dim=0)", {"x": "[0.1, 2]"}, "[1, 2]", ALWAYS),
    ("softmax(x, dim=0)", {"x": "[0.1, 2]"}, "onehot:0", ALWAYS | {"one-hot"}),
    ("sum(softmax(x, dim=1))", {"x": M23}, None, SCALAR | {"softmax"}),
    ("softmax(x, dim=1).sum(0)", {"x": M23}, "ones", ALWAYS | {"column-sums"}),
    ("log_softmax(x, dim=0)", {"x": "[0.1, 2]"}, "ones", ALWAYS | {"column-sums"}),
    # broadcasting
    ("x + b", {"x": M23, "b": "[1, 1, 1]"}, "[[1, 2, 3], [4, 5, 6]]", ALWAYS | {"broadcast", "diagonal"}),
    ("c*x", {"c": "2", "x": "[1, 2, 3]"}, "ones", ALWAYS | {"broadcast", "diagonal", "column-sums"}),
    ("x.expand(2, 3)", {"x": "[1, 2, 3]"}, "[[1, 2, 3], [4, 5, 6]]", ALWAYS | {"broadcast"}),
    ("(x > b)*x", {"x": M23, "b": "[1, 3, 5]"}, "ones", ALWAYS | {"diagonal", "zero"}),
    # nothing there
    ("x > 0", {"x": "[1, 2]"}, "ones", {"weights", "zero"}),
    ("ones_like(x)", {"x": "[1, 2]"}, "ones", {"weights", "zero"}),
    ("x.detach()*2", {"x": "[1, 2]"}, "ones", {"weights", "zero"}),
    ("sign(x)", {"x": "[1, 2]"}, "ones", ALWAYS | {"zero"}),
    ("x**0.0", {"x": "0.0"}, None, SCALAR | {"zero"}),
    ("x[i]", {"x": "[1, 2, 3]", "i": "[0, 0]"}, "ones", ALWAYS | {"index-input", "column-sums"}),
    ("where(x > 0, sqrt(x), x)", {"x": "[-1, -4]"}, "ones", ALWAYS | {"where", "diagonal"}),
)  # fmt: skip


@cache
def told(case: int) -> Told:
    expression, inputs, v, _ = CASES[case]
    return ask(expression, v, **inputs)


each_case = pytest.mark.parametrize("case", range(len(CASES)), ids=lambda k: f"{CASES[k][0]}-{CASES[k][2]}")


@each_case
def test_an_answer_has_the_topics_it_deserves_and_no_other(case: int) -> None:
    assert told(case).topics == CASES[case][3]


@each_case
def test_an_explanation_is_no_longer_than_six_notes(case: int) -> None:
    notes = told(case).notes
    assert 2 <= len(notes) <= MOST
    assert len({str(note.text) for note in notes}) == len(notes)


# --- every claim is true ----------------------------------------------------------------------------------------------


def jacobian(problem: Problem, name: str) -> Array:
    """J by PyTorch, row by row: one backward for each one-hot v."""
    rows = []
    for k in range(problem.v.size):
        picked = np.zeros(problem.v.size)
        picked[k] = 1
        rows.append(backward(problem.program, (name,), problem.point, picked.reshape(problem.v.shape)).grads[name])
    shape = rows[0].shape if rows else ()
    return np.reshape(rows, (*problem.v.shape, *shape))


def gradient(problem: Problem, name: str) -> Array:
    return backward(problem.program, problem.wrt, problem.point, problem.v).grads[name]


def read(text: Any) -> Array:
    """A tensor in a sentence as numbers; 0/0 and nan are nan."""
    plain = str(text).replace("0/0", "None").replace("nan", "None").replace("inf", "1e999")
    return np.array(ast.literal_eval(plain), dtype=np.float64)


def near(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True))


def flat(problem: Problem, name: str) -> Array:
    return jacobian(problem, name).reshape(problem.v.size, -1)


def weights_hold(problem: Problem, said: Mapping[str, Any]) -> bool:
    if "shape" not in said:  # one number, with or without axes
        return problem.y.size == 1 and np.all(problem.v == 1)
    shape = "×".join(map(str, problem.v.shape))
    summed = np.tensordot(problem.v, jacobian(problem, said["x"]), problem.v.ndim)
    return said["shape"] == shape and said["count"] == problem.y.size and near(summed, gradient(problem, said["x"]))


def factor_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    found = gradient(problem, said["x"])
    return near(float(said["weight"]) * jacobian(problem, said["x"]).reshape(found.shape), found)


def einsum_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    j, wanted = jacobian(problem, said["x"]), gradient(problem, said["x"])
    line = f"{said['rows']},{said['rows']}{said['columns']}->{said['columns']}"
    row = problem.v.reshape(1, said["m"]) @ j.reshape(said["m"], said["n"])
    shape = tuple(map(int, said["shape"].split("×")))
    return shape == j.shape and near(np.einsum(line, problem.v, j), wanted) and near(row.reshape(wanted.shape), wanted)


def equivalence_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    numbers = backward(problem.program, problem.wrt, problem.point, problem.v)
    ways = [numbers.weighted, *([numbers.plain] if numbers.plain is not None else [])]
    pairs = [(way[x], numbers.grads[x]) for way in ways for x in problem.wrt]
    differences = [np.max(np.nan_to_num(np.abs(a - b)), initial=0.0) for a, b in pairs]
    return near(float(said["difference"]), max(differences)) and max(differences) < 1e-6


def derivative_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    j = flat(problem, said["x"])
    if j.shape[0] != j.shape[1] or np.any(np.nan_to_num(j[~np.eye(len(j), dtype=bool)])):  # a nan is 0 times nan
        return False
    shown = read(said["derivative"]) if "derivative" in said else None
    return shown is None or "..." in said["derivative"] or near(shown.ravel(), np.diag(j))


def weighted_derivative_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    if "gradient" not in said:
        return derivative_holds(problem, said)
    weights, derivative = read(said["weights"]), read(said["derivative"])
    true = near(weights, problem.v) and near(weights * derivative, read(said["gradient"]))
    return true and derivative_holds(problem, said)


def v_is_x_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    same = np.array_equal(problem.point[said["source"]], problem.v)
    if "derivative" not in said:
        return same
    diagonal, shown = np.diag(flat(problem, said["x"])).reshape(problem.v.shape), read(said["derivative"])
    return (
        same and near(shown[problem.v != 0], diagonal[problem.v != 0]) and bool(np.isnan(shown[problem.v == 0]).all())
    )


def one_hot_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    place = tuple(map(int, said["place"][1:-1].split(",")))
    return near(read(said["gradient"]), jacobian(problem, said["x"])[place]) and problem.v[place] == 1


def column_sums_hold(problem: Problem, said: Mapping[str, Any]) -> bool:
    j = flat(problem, said["x"])
    nearby = flat(replace(problem, point={name: value + 0.0371 for name, value in problem.point.items()}), said["x"])
    several = bool((np.count_nonzero(nearby, axis=0) > 1).any())  # at the point itself zeros may hide it
    return (
        several
        and np.count_nonzero(nearby) <= said["nonzero"]
        and said["total"] == j.size
        and near(float(said["sum"]), j.sum(0)[0])
    )


def softmax_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    if "lines" not in said:
        largest = max(float(np.abs(gradient(problem, x)).max()) for x in problem.wrt)
        return largest < 1e-12 and near(float(said["largest"]), largest)
    j = np.moveaxis(np.moveaxis(jacobian(problem, problem.wrt[0]), said["dim"], 0), problem.y.ndim + said["dim"], 1)
    j = j.reshape(*j.shape[:2], said["lines"], said["lines"])
    return not np.any(j[..., ~np.eye(said["lines"], dtype=bool)]) and said["count"] == problem.y.size


def broadcast_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    x = gradient(problem, said["x"])
    large = tuple(map(int, said["large"].split("×")))
    over = tuple(map(int, said["axes"].split(", ")))
    left = [1 if k in over else n for k, n in enumerate(large)]
    return near(read(said["gradient"]), x) and int(np.prod(left)) == x.size


def mean_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    if said["operation"] != "mean" or "mean(" not in problem.program.source:
        return near(float(said["share"]), 1 / said["count"])
    source = problem.program.source.replace("mean", "sum")
    summed = understand(Request(source, "vjp", problem.request.inputs, v=problem.request.v))
    inside = problem.program[problem.program.output].how
    last = getattr(inside, "operation", "") == "mean"
    return near(float(said["share"]), 1 / said["count"]) and (
        not last or near(gradient(summed, said["x"]), said["count"] * gradient(problem, said["x"]))
    )


def product_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    rules = {said["x"]: said["rule"], **({said["other"]: said["second"]} if "other" in said else {})}
    known = {**problem.point, "v": problem.v, "outer": np.outer}
    return all(near(eval(rule, {}, known), gradient(problem, x)) for x, rule in rules.items())  # noqa: S307


def sum_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    step = problem.program[problem.program.output].how
    summed = problem.values[step.refs[0].step]  # type: ignore[union-attr]
    return summed.size == said["count"] and near(float(said["weight"]), float(problem.v))


def zero_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    numbers = backward(problem.program, problem.wrt, problem.point, problem.v)
    named = [x for x in problem.wrt if x in str(said.get("x", ", ".join(problem.wrt))).split(", ")]
    refused = ("refusal" in said) == (numbers.refusal is not None) and said.get("refusal") == numbers.refusal
    return refused and not any(np.any(numbers.grads[x]) for x in named)


def index_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    return said["x"] in problem.program.whole_numbers and said["x"] not in problem.wrt


def where_holds(problem: Problem, said: Mapping[str, Any]) -> bool:
    return bool(np.isnan(gradient(problem, said["x"])).any())


CLAIMS: Mapping[str, Callable[[Problem, Mapping[str, Any]], bool]] = {
    "weights": weights_hold, "scalar-v": factor_holds, "einsum": einsum_holds, "equivalence": equivalence_holds,
    "diagonal": weighted_derivative_holds, "v-is-x": v_is_x_holds, "one-hot": one_hot_holds,
    "column-sums": column_sums_hold, "softmax": softmax_holds, "broadcast": broadcast_holds, "mean": mean_holds,
    "matmul": product_holds, "sum": sum_holds, "zero": zero_holds, "index-input": index_holds, "where": where_holds,
}  # fmt: skip


def untrue(answer: Told) -> list[str]:
    """The sentences whose claim does not hold on PyTorch's own numbers."""
    return [str(n.text) for n in answer.notes if not CLAIMS[n.topic](answer.problem, n.text.values)]


@each_case
def test_every_sentence_is_true(case: int) -> None:
    assert not untrue(told(case))


# sign_det is a part of slogdet's formulas, which PyTorch records a zero gradient for; nobody types it
TYPED = [row for row in ROWS if row.name != "sign_det"]


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row.name)
def test_every_sentence_about_any_operation_is_true(row: Row) -> None:
    random = np.random.default_rng(7)
    for shape in ((3, 3), (3,), (2, 3, 4)):
        used = {name: random.uniform(0.2, 0.9, shape) for name in ("x", "y") if name in names_of(row.example)}
        try:
            answer = ask(row.example, "ones", **used) if used else None
        except GradcliError:
            continue
        if answer is not None:
            assert not untrue(answer)


def names_of(expression: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name)}


def test_the_judge_sees_an_untrue_sentence() -> None:
    answer = told(0)
    assert not derivative_holds(answer.problem, {"x": "x", "derivative": "[[1, 2, 3], [4, 5, 6]]"})
    assert not einsum_holds(
        answer.problem, {"x": "x", "rows": "nm", "columns": "ij", "m": 6, "n": 6, "shape": "2×3×3×2"}
    )


# --- PyTorch's refusal is foreseen ------------------------------------------------------------------------------------


@each_case
def test_a_refusal_is_foreseen_from_the_program(case: int) -> None:
    problem = told(case).problem
    refused = backward(problem.program, problem.wrt, problem.point, problem.v).refusal is not None
    assert paths(problem.program, problem.wrt).reach_output is not refused


# --- the questions people ask: the numbers must appear ----------------------------------------------------------------

QUESTIONS: tuple[tuple[str, str, Mapping[str, Any], str | None, Mapping[str, list[str]]], ...] = (
    ("1 ones_like(inp)", "(inp + 1)**2", {"inp": "eye(5)"},
        "ones", {"diagonal": ["[[4, 2, 2, 2, 2], [2, 4, 2, 2, 2]"]}),
    ("1 v has the output's shape", "(inp + 1).pow(2).t()", {"inp": "eye(4, 5)"}, "ones", {
        "weights": ["5×4, and not of inp, 4×5"]}),
    ("2 gradient arguments", "3*a + 2*b**2 + log(c)", {"a": "[1, 2, 3]", "b": "[3, 4, 5]", "c": "[6, 7, 8]"},
        "[.1, 1, 1e-4]", {
        "diagonal": ["[0.3, 3, 0.0003]", "[1.2, 16, 0.002]", "[0.0166667, 0.142857, 1.25e-5]"]}),
    ("3 why pass it", "a*b", {"a": "[10, 10]", "b": "[20, 20]"}, "[2, 2]", {"diagonal": ["[40, 40]", "[20, 20]"]}),
    ("4 (x*y).sum().backward()", "x**2", {"x": "[1, 2, 3]"}, "[1, 2, 3]", {
        "equivalence": ["(v*y).sum().backward()", "difference is 0"]}),
    ("5 only for scalar outputs", "a**2 + 2", {"a": "ones:3"}, "ones", {"diagonal": ["[2, 2, 2]"]}),
    ("5 mean", "mean(a)", {"a": "ones:3"}, None, {"mean": ["1/3 = 0.333333"]}),
    ("6 equivalent multiplication", "x**2", {"x": "[[1, 2, 3], [4, 5, 6]]"}, "ones", {
        "einsum": ["'mn,mnij->ij'", "2×3×2×3", "v.reshape(1, 6) @ J.reshape(6, 6)"],
        "diagonal": ["[[2, 4, 6], [8, 10, 12]]"]}),
    ("7 grad_tensor", "x**2", {"x": "arange(1., 11.).reshape(2, 5)"}, "[[100, 1, 1, 1, 1], [1, 1, 1, 1, 1]]", {
        "diagonal": ["[[200, 4, 6, 8, 10], [12, 14, 16, 18, 20]]"]}),
    ("8 vector in quotes", "outer(x, x)", {"x": "[1, 2, 3, 4]"},
        "ones", {"column-sums": ["x.grad[0] = 20"], "weights": ["4×4"]}),
    ("9 softmax", "softmax(x, dim=0)", {"x": "[.1, 2]"}, "ones", {"softmax": ["sum to 1", "exactly zero"]}),
    ("9 one row", "softmax(x, dim=0)", {"x": "[.1, 2]"}, "onehot:0", {"one-hot": ["[0.11318, -0.11318]"]}),
    ("9 a batch", "softmax(x, dim=1)", {"x": "arange(20.0).reshape(10, 2)"},
        "onehot:0,0", {"softmax": ["10 lines", "all 20"]}),
    ("10 one-hot", "2*x", {"x": "[1, 2]"}, "onehot:1", {"one-hot": ["y[1], [0, 2]"]}),
    ("10 Q", "3*a**3 - b**2", {"a": "[2, 3]", "b": "[6, 4]"}, "ones", {"diagonal": ["[36, 81]", "[-12, -8]"]}),
    ("11 a linear layer", "X @ W.T", {"X": M23, "W": M33},
        "arange(6.0).reshape(2, 3)", {"matmul": ["W.grad = v.T @ X"]}),
    ("12 the bias", "x + b", {"x": "zeros:2x3", "b": "zeros:3"}, "[[1, 2, 3], [4, 5, 6]]", {
        "broadcast": ["axes (0): b.grad = [5, 7, 9]"]}),
    ("13 dimensions of the Jacobian", "(x**2).sum(1)", {"x": "[[1, 2], [3, 4]]"}, "ones", {
        "einsum": ["2×2×2", "J.reshape(2, 4)"]}),
    ("source 0: f' is not x",
        "z", {"z": "linspace(-1, 1, 5)"}, "z", {"v-is-x": ["z*f'(z)", "f'(z) = [1, 1, 0/0, 1, 1]"]}),
    ("source 0: divided by z", "z**2", {"z": "linspace(1, 5, 5)"}, "z", {"v-is-x": ["f'(z) = [2, 4, 6, 8, 10]"]}),
    ("source 1: matmul", "a @ b", {"a": "[[0, 0], [2, 2]]", "b": "[[1, 2], [1, 2]]"}, "ones", {
        "matmul": ["a.grad = v @ b.T and b.grad = a.T @ v"]}),
)  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q[0])
def test_the_answer_to_a_known_question_is_in_the_explanation(question: Any) -> None:
    _, expression, inputs, v, wanted = question
    answer = ask(expression, v, **inputs)
    for topic, pieces in wanted.items():
        for piece in pieces:
            assert piece in answer.text(topic)
    assert not untrue(answer)


# --- details of topics ------------------------------------------------------------------------------------------------


def test_a_gradient_by_an_intermediate_says_retain_grad() -> None:
    answer = ask("a = x.T; a @ x", "ones", wrt=("a",), x="arange(4.0).reshape(4, 1)")
    assert "a.retain_grad()" in answer.text("intermediate")
    assert "intermediate" not in ask("a = x*2; a*x", "ones", x="[1, 2]").topics


def test_weights_named_otherwise_are_called_so() -> None:
    answer = ask("q*x", "[1, 2]", q="[5, 6]", x="[3, 4]")
    assert "v has the shape" in answer.text("weights")
    request = Request("v*x", "vjp", {"v": "[5, 6]", "x": "[3, 4]"}, v="[1, 2]")
    assert "v_ has the shape" in Told(understand(request), tuple(run(request))).text("weights")


def test_without_pytorch_nothing_is_said_to_have_been_run() -> None:
    answer = ask("x**2", "ones", x="[1, 2]", symbolic_only=True)
    assert answer.topics == {"weights", "einsum", "diagonal"}


def test_in_float32_the_equality_is_told_with_its_difference() -> None:
    assert "equivalence" in ask("exp(x)*sin(x)", "ones", x="linspace(0, 8, 50)", dtype="float32").topics


def test_a_large_tensor_is_shown_by_its_edges() -> None:
    text = ask("x**2", "ones", x="arange(100.0)").text("diagonal")
    assert "[0, 2, 4, ..., 194, 196, 198]" in text
    assert len(text) < 250


def test_three_variables_leave_room_for_the_other_topics() -> None:
    answer = ask("(a*b*c).mean(0)", "ones", a="[[1, 2], [3, 4]]", b="[[1, 2], [3, 4]]", c="[1, 2]")
    assert answer.topics == {"weights", "diagonal", "broadcast", "mean", "einsum", "equivalence"}


def test_at_a_kink_no_ordinary_derivative_is_claimed() -> None:
    assert "wherever there is one" in ask("relu(x)", "ones", x="[0, 1]").text("diagonal")
    assert "[0, 1]" in ask("relu(x)", "ones", x="[-1, 1]").text("diagonal")


# --- warnings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expression, inputs, wanted", [
    ("x + 1/0", {"x": "[1.5, 2]"}, ["division by zero: 1/0 is inf."]),
    ("1/x", {"x": "[0, 1]"}, ["division by zero: 1/0 is inf, at (1/x)[0]."]),
    ("x/y", {"x": "[[1, 0]]", "y": "[[2], [0]]"}, [
        "division by zero: 0/0 is nan, at (x/y)[1,1].", "division by zero: 1/0 is inf, at (x/y)[1,0]."]),
    ("log(x)", {"x": "[1, 2, -1]"}, ["log of -1 is nan, at x[2]."]),
    ("log(x - 1)", {"x": "[1, 2]"}, ["log of 0 is -inf, at (x - 1)[0]."]),
    ("arccos(x)", {"x": "2"}, ["arccos of 2 is nan, at x."]),
    ("exp(x)", {"x": "[1000]"}, ["exp of 1000 is inf, at x[0]."]),
    ("x**y", {"x": "-2", "y": "0.5"}, ["pow of (-2, 0.5) is nan, at x**y."]),
    ("sum(log(x + b))", {"x": "[[1, 2], [3, 4]]", "b": "[0, -2]"}, ["log of 0 is -inf, at (x + b)[0,1]."]),
    ("a = x - 1; log(a)", {"x": "[0.5]"}, ["log of -0.5 is nan, at a[0]."]),
    ("x**2", {"x": "[nan, 1.0]"}, ["x[0] is nan as it was given, so what depends on it means nothing."]),
    ("x**2", {"x": "inf"}, ["x is inf as it was given, so what depends on it means nothing."]),
    ("sqrt(x)", {"x": "[0.0]"}, ["a kink at sqrt(x)[0]: sqrt has no derivative at 0; PyTorch takes inf."]),
    ("norm(x)", {"x": "[0.0, 0.0]"}, ["a kink at norm(x): the norm of zero has no derivative; PyTorch takes 0."]),
    ("maximum(x, 0)", {"x": "[0, 0, 1]"}, [
        "a kink in 2 entries, the first at maximum(x, 0)[0]: maximum has no derivative where x equals y; "
        "PyTorch takes 1/2 in each."]),
    ("abs(x - 1) + relu(x)", {"x": "[1, 0]"}, [
        "a kink at abs(x - 1)[0]: abs has no derivative at 0; PyTorch takes 0.",
        "a kink at relu(x)[1]: relu has no derivative at 0; PyTorch takes 0."]),
    ("where(x > 0, sqrt(x), x)", {"x": "[-1, 4]"}, ["sqrt of -1 is nan, at x[0]."]),
    # nothing to warn of
    ("x**0.0", {"x": "0.0"}, []),
    ("x**2", {"x": "[0, 1]"}, []),
    ("relu(x)", {"x": "[-1, 1]"}, []),
    ("x*relu(y).detach()", {"x": "[1, 2]", "y": "[0, 1]"}, []),
    ("where(x > 0, x, -inf)", {"x": "[-1, 4]"}, []),
    ("softmax(where(x > 0, x, -inf), dim=0)", {"x": "[-1, 4]"}, []),
])  # fmt: skip
def test_a_point_has_the_warnings_it_deserves(expression: str, inputs: Mapping[str, Any], wanted: list[str]) -> None:
    assert ask(expression, **inputs).warned == wanted


def test_an_infinite_slope_without_a_known_kink_is_told() -> None:
    problem = ask("x*2", "ones", x="[1, 2]").problem
    told = cautions(problem.program, problem.values, problem.wrt, {"x": np.array([1.0, np.inf])})
    assert [str(w.text) for w in told] == ["x.grad[1] is inf: the slope is not finite there."]


def test_warnings_of_one_kind_are_few() -> None:
    assert len(ask("+".join(f"log(x - {k})" for k in range(2, 12)), "ones", x="[1]").warned) == 3


@pytest.mark.parametrize("row", [row for row in ROWS if row.kinks], ids=lambda row: row.name)
def test_every_kink_of_the_table_can_be_told(row: Row) -> None:
    for points in ({"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0}, {"x": 0.0, "y": -1.0}, {"x": 3.0, "y": 3.0}):
        given = {k: np.full((3, 3), p) for k, p in points.items() if k in names_of(row.example)}
        try:
            with np.errstate(all="ignore"):
                answer = ask(row.example, **given)
        except GradcliError:
            continue
        assert all("{" not in text for text in answer.warned)


# --- how numbers are written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value, expected", [
    (4.0, "4"), (-0.0, "0"), (1 / 3, "0.333333"), (1e-7, "1e-7"), (1.25e-5, "1.25e-5"), (2e20, "2e20"), (np.inf, "inf"),
])  # fmt: skip
def test_a_number_in_a_sentence_is_short(value: float, expected: str) -> None:
    assert number(value) == expected


def test_a_tensor_in_a_sentence_is_one_line() -> None:
    assert tensor(np.array([[1.0, 0.5], [np.nan, -0.0]])) == "[[1, 0.5], [nan, 0]]"
    assert tensor(np.array([1.0, np.nan]), undefined="0/0") == "[1, 0/0]"
    assert tensor(np.array(2.5)) == "2.5"
    assert tensor(np.ones((6, 6))) == "[[1, ..., 1], ..., [1, ..., 1]]"


@pytest.mark.parametrize("written, expected", [
    ("x", "x[0,1]"), ("sin(x)", "sin(x)[0,1]"), ("torch.sin(x)", "torch.sin(x)[0,1]"), ("x - 1", "(x - 1)[0,1]"),
    ("sin(x)+cos(x)", "(sin(x)+cos(x))[0,1]"), ("sin(x", "(sin(x)[0,1]"),
])  # fmt: skip
def test_an_entry_is_written_with_brackets_where_they_are_needed(written: str, expected: str) -> None:
    assert entry(written, (0, 1)) == expected
    assert entry(written, ()) == written
