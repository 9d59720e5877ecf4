"""Where a Jacobian can be non-zero, known from its formula: the counts are those of the matrix itself."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.program import trace
from gradcli.symbolic import derived, structure
from gradcli.symbolic.kept import forget
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
]


def _form(text: str, shapes: dict[str, tuple[int, ...]]):
    return derived(trace(parse(text), shapes), [next(iter(shapes))])[0].jacobian


@pytest.mark.parametrize(("text", "shapes", "kind"), KINDS, ids=[t for t, _, _ in KINDS])
def test_the_pattern_has_its_name_and_its_count(text, shapes, kind) -> None:
    form = _form(text, shapes)
    point = {n: np.random.default_rng(1).uniform(0.5, 1.5, s) for n, s in shapes.items()}
    found = form.structure()
    assert (found.kind, found.nonzero, found.exact) == (kind, np.count_nonzero(form.value(point)), True)


@pytest.mark.parametrize(("text", "shapes", "kind"), KINDS, ids=[t for t, _, _ in KINDS])
def test_a_pattern_counted_from_the_formula_is_the_one_counted_out(text, shapes, kind, monkeypatch) -> None:
    small = _form(text, shapes).structure()
    monkeypatch.setattr(structure, "COUNTED", 0)
    forget()
    large = _form(text, shapes).structure()
    assert large.nonzero == small.nonzero if large.exact else large.nonzero >= small.nonzero


def test_a_million_entries_are_counted_without_a_matrix() -> None:
    found = _form("x**2", {"x": (1_000_000,)}).structure()
    assert (found.kind, found.nonzero, found.total) == ("diagonal", 10**6, 10**12)
