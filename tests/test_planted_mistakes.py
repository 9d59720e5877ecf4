"""Derivatives that computer algebra gets silently wrong: ours are right, and the verdict catches wrong ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from gradcli import numeric
from gradcli.cli import entry, records
from gradcli.commands import COMMANDS
from gradcli.compare import Evidence, verdict
from gradcli.ops import SPELLED
from gradcli.program import trace
from gradcli.symbolic import derived
from gradcli.symbolic.memory import forget
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
    compared = verdict(Evidence("X", np.zeros_like(wanted), wanted, "float64"))
    assert compared.agrees is False
    assert compared.max_abs_diff == np.abs(wanted).max()


def test_pytorch_undefined_is_told_apart_from_a_disagreement() -> None:
    x = np.array([-1.0, -4.0])
    program = trace(parse("where(x > 0, sqrt(x), x)"), {"x": (2,)})
    ours = derived(program, ["x"])[0].value({"x": x}, np.ones(2))
    theirs = numeric.vjp(program, ["x"], {"x": x}, np.ones(2)).grads["x"]
    assert ours.tolist() == [1.0, 1.0]
    assert np.isnan(theirs).all()
    assert verdict(Evidence("x", ours, theirs, "float64")).agrees is None


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


# ── one verdict ─────────────────────────────────────────────────────────────────────────────────

PLANTED: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "jvp": [{"t": {"x": "ones"}}],
    "hvp": [{"t": {"x": "ones"}}],
    "check": [{"answer": "2*(1 - tanh(x)**2)"}],
    "plot": [{"inputs": {"x": "linspace:-1:1:5"}}, {"inputs": {"x": "linspace:-1:1:5"}, "order": 2}],
    "functions": [{"expr": "tanh"}],
    "explain": [{"expr": "weights"}],
    "vjp": [{}, {"entries": True}, {"inputs": {"x": "0.5,1"}}],
    "grad": [{}, {"order": 2}, {"wrt": "x,x"}],
    "jacobian": [{}, {"flat": True}, {"inputs": {"x": "linspace:-1:1:101"}}],
    "hessian": [{}],
    "backward": [{}, {"calls": 2, "retain_graph": True}],
    "steps": [{}],
    "code": [{"to": "numpy"}],
    "graph": [{"to": "dot"}],
}
"""What each command is asked about tanh(x), beside the plain question."""
WRONG_NOTHING = {"explain", "code", "graph"}
"""Commands that compare nothing with PyTorch, or nothing of tanh's."""


def _words(command: str, record: Mapping[str, Any]) -> list[str]:
    """The record as a command line."""
    words = [command, record["expr"]]
    for name, value in record["inputs"].items():
        words += [f"--{name}", str(value)]
    for name, value in record.items():
        if name in ("command", "expr", "inputs"):
            continue
        flag = f"--{name.replace('_', '-')}"
        values = [f"{n}={text}" for n, text in value.items()] if isinstance(value, Mapping) else [value]
        words += [word for v in values for word in ([flag] if v is True else [flag, str(v)])]
    return words


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_line_and_a_batch_give_one_verdict(
    command: str, wrong: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = SPELLED["tanh"]
    before: Any = row.sympy
    forget()
    if wrong:
        object.__setattr__(row, "sympy", lambda *of: 2 * before(*of))
    try:
        for more in PLANTED[command]:
            record = {"command": command, "expr": "tanh(x)", "inputs": {"x": 0.5}, **more}
            if command in ("functions", "explain"):
                record["inputs"] = {}
            status = entry.run(_words(command, record))
            out = capsys.readouterr().out
            told, good = records.answer_with_verdict(record)
            assert told["ok"], told
            assert status == (0 if good else 1), out
            if command != "check":
                assert good == (not wrong or command in WRONG_NOTHING), out
    finally:
        object.__setattr__(row, "sympy", before)
        forget()


def test_every_command_is_asked() -> None:
    assert PLANTED.keys() == COMMANDS.keys()
