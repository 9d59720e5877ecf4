"""jacobian and backward: axes, layouts and pictures; what several calls leave in .grad, and PyTorch's own errors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import gradcli
from gradcli.cli.entry import run
from gradcli.report import Compared, Jacobian, Note, Warning
from gradcli.report.additions import Call, FlatJacobian, Intermediate
from gradcli.schema import report_schema

VALID = Draft202012Validator(report_schema())


def whole(expression: str, inputs: dict[str, Any], **options: Any) -> Any:
    report = gradcli.jacobian(expression, inputs, **options)
    compared = report.of(Compared)
    assert all(part.agrees is True for part in compared)
    return compared[0].pytorch, report


def test_output_axes_come_first() -> None:  # question 13
    values, _ = whole("(x**2).sum(1)", {"x": [[1, 2], [3, 4]]})
    assert values.tolist() == [[[2, 4], [0, 0]], [[0, 0], [6, 8]]]


def test_the_flattened_matrix_is_two_by_four() -> None:
    _, report = whole("(x**2).sum(1)", {"x": [[1, 2], [3, 4]]}, flat=True)
    (flat,) = report.of(FlatJacobian)
    assert (flat.shape, flat.layout) == ((2, 4), "numerator")
    assert flat.matrix is not None
    assert flat.matrix.tolist() == [[2, 4, 0, 0], [0, 0, 6, 8]]
    assert flat.picture == ("■■··", "··■■")


def test_the_denominator_layout_is_the_transpose() -> None:  # question 14
    inputs = {"A": [[1, 2, 3], [4, 5, 6]], "x": [1, 1, 1]}
    numerator = whole("A @ x", inputs, wrt=("x",), flat=True)[1].of(FlatJacobian)[0]
    denominator = whole("A @ x", inputs, wrt=("x",), flat=True, layout="denominator")[1].of(FlatJacobian)[0]
    assert numerator.matrix.tolist() == inputs["A"]
    assert denominator.matrix.tolist() == np.array(inputs["A"]).T.tolist()


def test_softmax_by_the_forums_numbers() -> None:  # question 9
    values, _ = whole("softmax(x, dim=0)", {"x": [0.1, 2]})
    np.testing.assert_allclose(values, 0.11318026 * np.array([[1, -1], [-1, 1]]), atol=5e-9)


def test_a_batch_of_softmaxes_is_block_diagonal() -> None:
    _, report = whole("softmax(x, dim=1)", {"x": [[1.0, 2.0], [3.0, 5.0]]})
    assert report.of(FlatJacobian)[0].picture == ("■■··", "■■··", "··■■", "··■■")


def test_a_large_jacobian_is_contracted_and_says_so() -> None:
    report = gradcli.jacobian("tanh(x)", {"x": np.linspace(-1, 1, 400)})
    (part,) = report.of(Compared)
    assert part.agrees is True
    assert part.pytorch is not None
    assert part.pytorch.shape == (400,)
    assert [w.kind for w in report.of(Warning)] == ["size"]
    assert report.of(FlatJacobian)[0].picture is None


def test_every_entry_is_written_on_demand() -> None:
    report = gradcli.jacobian("x**2", {"x": [1, 2, 3, 4, 5]}, entries=True)
    jacobian = next(part.jacobian for part in report.parts if getattr(part, "jacobian", None) is not None)
    assert isinstance(jacobian, Jacobian)
    assert jacobian.entries is not None
    assert len(jacobian.entries) == 25


# backward


def calls(expression: str, inputs: dict[str, Any], **options: Any) -> tuple[Call, ...]:
    report = gradcli.backward(expression, inputs, **options)
    assert all(part.agrees is True for part in report.of(Compared))
    return report.of(Call)


def test_a_second_call_adds_to_grad() -> None:  # question 1
    first, second = calls("(inp + 1).pow(2)", {"inp": np.eye(5)}, v="ones", calls=2, retain_graph=True)
    assert (first.multiple, second.multiple) == (1, 2)
    np.testing.assert_array_equal(first.grads["inp"], 2 + 2 * np.eye(5))
    np.testing.assert_array_equal(second.grads["inp"], 4 + 4 * np.eye(5))


def test_zero_grad_leaves_the_single_gradient() -> None:
    found = calls("x**2", {"x": 3}, calls=3, retain_graph=True, zero_grad=True)
    assert [float(call.grads["x"]) for call in found] == [6, 6, 6]
    assert [call.multiple for call in found] == [1, 1, 1]


def test_a_second_call_fails_where_a_value_was_saved() -> None:  # question 16
    first, second = calls("x*x", {"x": [1, 2]}, v="ones", calls=3)
    assert first.error is None
    assert second.error is not None
    assert second.error.startswith("Trying to backward through the graph a second time")
    assert "retain_graph=True" in str(second.repair)


def test_a_second_call_works_where_nothing_was_saved() -> None:
    found = calls("x + 2", {"x": [1, 2]}, v="ones", calls=2)
    assert [call.error for call in found] == [None, None]
    notes = gradcli.backward("x + 2", {"x": [1, 2]}, v="ones", calls=2).of(Note)
    assert "retain-graph" in [note.topic for note in notes]


@pytest.mark.parametrize(
    ("expression", "v", "words"),
    [
        ("x**2", None, "grad can be implicitly created only for scalar outputs"),  # question 5
        ("x**2", [1, 2, 3], "Mismatch in shape: grad_output[0] has a shape of torch.Size([3])"),
        ("x**2", "2", "Mismatch in shape"),  # question 3
        ("x > 1", "ones", "element 0 of tensors does not require grad and does not have a grad_fn"),
    ],
)
def test_pytorchs_own_error_is_the_answer(expression: str, v: Any, words: str) -> None:
    (call,) = calls(expression, {"x": [1, 2]}, v=v)
    assert call.error is not None
    assert call.error.startswith(words)
    assert call.meaning is not None
    assert call.repair is not None


def test_what_is_no_leaf_keeps_no_gradient() -> None:  # question 17
    report = gradcli.backward("a = x**2; b = a*3; b.sum()", {"x": [3, 4]})
    kept = {part.name: part.retained for part in report.of(Intermediate)}
    assert {name: None if one is None else one.tolist() for name, one in kept.items()} == {"a": [3, 3], "b": [1, 1]}


# On the command line and in JSON


@pytest.mark.parametrize(
    "record",
    [
        {"command": "jvp", "expr": "x**2", "inputs": {"x": [1, 2]}, "t": [1, 0]},
        {"command": "jvp", "expr": "A @ x", "inputs": {"A": "eye:2", "x": [1, 2]}, "t": {"A": "ones", "x": "ones"}},
        {"command": "jacobian", "expr": "x**2", "inputs": {"x": [1, 2]}, "flat": True, "layout": "denominator"},
        {"command": "grad", "expr": "sum(x**2)", "inputs": {"x": [1, 2]}},
        {"command": "grad", "expr": "x*y", "inputs": {"x": 1, "y": 2}, "order": 2},
        {"command": "hessian", "expr": "sum(x*y)", "inputs": {"x": [1, 2], "y": [3, 4]}},
        {"command": "hvp", "expr": "sum(x**3)", "inputs": {"x": [1, 2]}, "t": [1, 1]},
        {"command": "backward", "expr": "a = x**2; sum(a)", "inputs": {"x": [1, 2]}, "calls": 2},
        {"command": "backward", "expr": "x**2", "inputs": {"x": [1, 2]}},
        {"command": "check", "expr": "x**2", "inputs": {"x": [1, 2]}, "answer": "2*x*v"},
        {"command": "check", "expr": "x**2", "inputs": {"x": [1, 2]}, "answer": "x*v"},
    ],
    ids=lambda record: f"{record['command']} {record['expr']}",
)
def test_every_answer_validates(record: dict[str, Any]) -> None:
    answer = json.loads(json.dumps(gradcli.answer(record), allow_nan=False))
    VALID.validate(answer)
    assert answer["ok"] is True


@pytest.mark.parametrize("format", ["text", "latex", "markdown"])
@pytest.mark.parametrize(
    "words",
    [
        ("jvp", "x**2", "--x", "1,2", "--t", "1,0"),
        ("jacobian", "x**2", "--x", "1,2", "--flat"),
        ("grad", "x**2*y", "--x", "1", "--y", "2", "--order", "2"),
        ("hessian", "sum(x*y)", "--x", "1,2", "--y", "3,4"),
        ("hvp", "sum(x**3)", "--x", "1,2", "--t", "x=1,1"),
        ("backward", "a = x**2; sum(a)", "--x", "1,2", "--calls", "2"),
        ("check", "x**2", "--x", "1,2", "--answer", "2*x*v"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_has_every_format(words: tuple[str, ...], format: str, capsys: Any) -> None:
    status = run([*words, "--format", format])
    assert status == 0
    assert len(capsys.readouterr().out) > 100


@pytest.mark.parametrize(("answer", "status"), [("2*x*v", 0), ("x*v", 1), ("2*(x", 2)])
def test_check_tells_right_from_wrong_by_its_exit_status(answer: str, status: int, capsys: Any) -> None:
    assert run(["check", "x**2", "--x", "1,2", "--answer", answer]) == status
    assert bool(capsys.readouterr().err) == (status == 2)


def test_quiet_and_files_get_the_matrix_that_was_asked_for(tmp_path, capsys) -> None:
    assert (
        run(
            [
                "jacobian",
                "A @ x",
                "--A",
                "1,2:3,4",
                "--x",
                "1,2",
                "--wrt",
                "x",
                "--flat",
                "--layout",
                "denominator",
                "--quiet",
            ]
        )
        == 0
    )
    assert capsys.readouterr().out == "[[1.0, 3.0], [2.0, 4.0]]\n"
    target = tmp_path / "j.csv"
    assert run(["jacobian", "outer(x, x)", "--x", "1,2", "--flat", "--output", str(target)]) == 0
    assert np.loadtxt(target, delimiter=",").shape == (4, 2)


def test_sums_of_a_jacobian_are_not_written_as_the_jacobian(tmp_path, capsys) -> None:
    target = tmp_path / "j.npy"
    assert run(["jacobian", "cumsum(x, 0)", "--x", "rand:2000", "--output", str(target)]) == 3
    assert "too large" in capsys.readouterr().err and not target.exists()
