"""No plain input is a defect: what nobody means is answered or refused in a sentence, in every command.

A sample of `python -m tests.fuzzing.odd --records 20000 --sweep --lines 300`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from fuzzing import answers, odd
from fuzzing.guard import Tally

from gradcli import answer
from gradcli.message import GradcliError
from gradcli.numeric.autograd import computing, forward
from gradcli.ops import TABLE
from gradcli.ops.row import Param, Row
from gradcli.program import trace, values_of
from gradcli.syntax import parse


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """A defect is raised where it is, and so is a warning."""
    with odd.defects_raised(), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def hunt(run: Any, asked: Any) -> Tally:
    tally = Tally(slow=10.0, alarm=20.0)
    for one in asked:
        tally.execute(lambda _, one=one: run(one), answers.shown(one), watching=False)
    return tally


def test_odd_arguments_are_answered_or_refused() -> None:
    tally = hunt(odd.judged, odd.records(seed=1, count=2_000))
    assert tally.found == {}, tally.report()
    assert 300 < tally.refused < 1_800  # the records are neither all right nor all wrong


def test_every_command_answers_about_few_entries_or_none() -> None:
    tally = hunt(odd.judged, islice(odd.sweep(), 0, None, 13))
    assert tally.found == {}, tally.report()
    assert tally.executions > 1_500 and tally.refused < 0.6 * tally.executions


def test_odd_command_lines_end_with_an_answer_or_a_sentence() -> None:
    tally = hunt(odd.answered, odd.lines(seed=2, count=200))
    assert tally.found == {}, tally.report()


def test_the_hunt_finds_what_breaks_warns_and_what_a_script_cannot_do(monkeypatch: pytest.MonkeyPatch) -> None:
    record = {"command": "vjp", "expr": "tanh(x)", "inputs": {"x": [1, 2]}}
    assert hunt(odd.judged, [record]).found == {}
    monkeypatch.setattr("gradcli.commands.problem.trace", lambda *_: 1 / 0)
    for broken in ({**record, "expr": "tanh(x) + 1"}, {**record, "command": "jacobian", "expr": "tanh(x) + 2"}):
        assert [kind.split()[0] for kind in hunt(odd.judged, [broken]).found] == ["ZeroDivisionError"]
    assert list(hunt(lambda _: warnings.warn("odd", stacklevel=1), ["x"]).found) == ["UserWarning"]
    assert list(hunt(odd._execute, ["undefined"]).found) == ["NameError"]


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_a_tensor_without_entries_has_the_shape_that_pytorch_gives_it(row: Row) -> None:
    for sizes in [sizes for sizes in odd.fitting(row) if any("0" in s for s in sizes.values())][::3]:
        point = {name: np.zeros(tuple(map(int, s.split("x"))) if s else ()) for name, s in sizes.items()}
        program = trace(parse(row.example, list(point)), {name: value.shape for name, value in point.items()})
        try:
            ours = values_of(program, point)[program.output.step]
        except GradcliError:
            continue  # a place that an empty axis does not have
        with computing("float64"):
            theirs = forward(program, (), point, "float64")[program.output.step]
        assert program.output_shape == ours.shape == tuple(theirs.shape), sizes
        np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(theirs.numpy()), str(sizes))


CHOICES = [
    pytest.param(row.name, param, id=f"{row.name}-{param.name}") for row in TABLE.values() for param in row.takes
    if param.choices
]  # fmt: skip


@pytest.mark.parametrize(("name", "param"), CHOICES)
def test_the_texts_that_are_taken_are_those_that_pytorch_takes(name: str, param: Param) -> None:
    given: dict[str, Any] = {"x": [[0.25, 0.5]], "y": [1] if name == "nll_loss" else [[0.5, 0.5]]}
    if name == "gelu":
        del given["y"]
    for text in (*param.choices, "batchmean", "erf", "Mean", ""):
        told = answer({"expr": f"{name}({', '.join(given)}, {param.name}='{text}')", "inputs": given})
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # kl_div's own "mean"
                getattr(torch.nn.functional, name)(*map(torch.tensor, given.values()), **{param.name: text})
        except (RuntimeError, ValueError):
            assert not told["ok"] and text not in param.choices, (text, told)
        else:
            assert told["ok"] and text in param.choices, (text, told)


# ── some that are answered, with what they are ──────────────────────────────────────────────────


def grad(text: str, x: Any) -> Any:
    told = answer({"command": "vjp", "expr": text, "inputs": {"x": x}})
    assert told["ok"], told
    found = told["gradients"]["x"]["vjp"]
    assert found["agrees"] and found["jacobian_checked"], found
    return found["pytorch"]


@pytest.mark.parametrize(("text", "x", "expected"), [
    ("x*10**400/10**399", [1.0], None), ("x*(10**400/10**399)", [1.0], [10.0]), ("x + sum(zeros(0))", [1.0], [1.0]),
    ("logit(0.5)*x + x", [1.0], [1.0]), ("where(sqrt(2) >= 1.5, x, 2*x)", [3.0], [2.0]),
    ("where(2 >= asinh(-3), x, 0)", [3.0], [1.0]), ("roll(x, (1, 2), (0, 0))*[1, 2, 3, 4]", [0, 0, 0, 0], [4, 1, 2, 3]),
    ("amax(zeros(0, 3), 1).sum() + x", [1.0], [1.0]), ("x[:10**30]", [1.0, 2.0], [1.0, 1.0]),
    ("prod(x)", [], []), ("x.reshape(-1, 2).sum()", [], []),
    ("x.flip(0)", 2.0, 1.0), ("spread(x, (-1,)) + x", 2.0, 1.0), ("standardize(x) + x", 2.0, 1.0),
])  # fmt: skip
def test_what_has_an_answer_is_answered(text: str, x: Any, expected: Any) -> None:
    if expected is None:
        told = answer({"expr": text, "inputs": {"x": x}})
        assert told["error"]["exit_status"] in (2, 3) and "range" in told["error"]["message"]
        return
    np.testing.assert_allclose(grad(text, x), expected)


@pytest.mark.parametrize(("text", "words"), [
    ("roll(x, (1, 2))", "one shift for each of its dims"), ("x.repeat(-1)", "repeated"),
    ("cat([])*x", "empty list"), ("clamp_max(x, None)", "must be a number"), ("x*10**400", "out of the range"),
    ('mse_loss(x, x, reduction="batchmean")', "is one of 'mean', 'sum', 'none'"),
    ("eye(10**30)*x", "whole number from"),
    ("softplus(x, nan)", "must be a number"), ("x.expand(-1, 2)", "expand"), ("conv1d(x, x, stride=0)", "conv1d"),
    ("layer_norm(x[0])", "layer_norm needs an axis"),
])  # fmt: skip
def test_what_has_none_is_refused_with_its_reason(text: str, words: str) -> None:
    told = answer({"expr": text, "inputs": {"x": [1.0, 2.0]}})["error"]
    assert told["exit_status"] in (2, 3) and words in told["message"], told
    assert told["span"] is not None
