"""Where a Jacobian can be non-zero, known from its formula: the counts are those of the matrix itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from programs import Drawn, programs

import gradcli
from gradcli.compare import contradicts
from gradcli.message import GradcliError
from gradcli.numeric import rows
from gradcli.program import trace
from gradcli.report import Compared
from gradcli.symbolic import derived, sparsity
from gradcli.symbolic.memory import forget
from gradcli.syntax import parse

KINDS = [
    ("(x+1)**2", {"x": (5, 5)}, "diagonal"),
    ("softmax(x, dim=1)", {"x": (3, 4)}, "block-diagonal"),
    ("softmax(x, dim=0)", {"x": (4,)}, "dense"),
    ("x[1:] - x[:-1]", {"x": (9,)}, "banded"),
    ("cumsum(x, 0)", {"x": (5,)}, "triangular"),
    ("x @ w.T", {"x": (3, 4), "w": (5, 4)}, "block-diagonal"),
    ("sum(x)", {"x": (4,)}, "dense"),
    ("ones_like(x)", {"x": (4,)}, "zero"),
    ("flip(x, 0)", {"x": (4,)}, "sparse"),
    ("sum(x**2) - x[0]", {"x": (3,)}, "dense"),
    ("sum(x**2)*ones(3) - x", {"x": (3,)}, "dense"),
    ("cumsum(x, 0) - sum(x)", {"x": (4,)}, "sparse"),
    ("sum(x**3) - cumsum(x, 0) + 3*x", {"x": (4,)}, "dense"),
]


def _form(text: str, shapes: dict[str, tuple[int, ...]]):
    return derived(trace(parse(text), shapes), [next(iter(shapes))])[0].jacobian


@pytest.mark.parametrize(("text", "shapes", "kind"), KINDS, ids=[t for t, _, _ in KINDS])
def test_the_pattern_has_its_name_and_its_count(text, shapes, kind) -> None:
    form = _form(text, shapes)
    point = {n: np.random.default_rng(1).uniform(0.5, 1.5, s) for n, s in shapes.items()}
    found = form.structure
    assert (found.kind, found.nonzero, found.exact) == (kind, np.count_nonzero(form.value(point)), True)


@pytest.mark.parametrize(("text", "shapes", "kind"), KINDS, ids=[t for t, _, _ in KINDS])
def test_a_pattern_counted_from_the_formula_is_the_one_counted_out(text, shapes, kind, monkeypatch) -> None:
    small = _form(text, shapes).structure
    monkeypatch.setattr(sparsity, "COUNTED", 0)
    forget()
    large = _form(text, shapes).structure
    assert large.nonzero == small.nonzero if large.exact else large.nonzero >= small.nonzero


def test_a_million_entries_are_counted_without_a_matrix() -> None:
    found = _form("x**2", {"x": (1_000_000,)}).structure
    assert (found.kind, found.nonzero, found.total) == ("diagonal", 10**6, 10**12)


@settings(max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(programs(longest=4))
def test_an_entry_that_pytorch_finds_lies_in_the_pattern(drawn: Drawn) -> None:
    try:
        found = rows(drawn.program, tuple(drawn.wrt), drawn.point)
    except GradcliError:
        return
    for form in derived(drawn.program, drawn.wrt, drawn.weights):
        pattern, whole = form.jacobian.pattern(), found[form.name]
        if pattern is not None:
            assert not contradicts(whole.reshape(pattern.shape), pattern)
            assert form.jacobian.structure.nonzero == pattern.sum()


@pytest.mark.parametrize("command", ["jacobian", "grad"])
def test_a_pattern_that_misses_an_entry_is_a_disagreement(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "sum(x**2)*x" if command == "jacobian" else "sum(x**2)"
    assert all(part.agrees for part in getattr(gradcli, command)(text, {"x": "1,2,3"}).of(Compared))
    pattern = sparsity._mask
    monkeypatch.setattr(sparsity, "_mask", lambda *given: pattern(*given) & np.eye(*pattern(*given).shape, dtype=bool))
    answer = getattr(gradcli, command)(text, {"x": "1,2,3"})
    assert [part.agrees for part in answer.of(Compared)] == [False]
