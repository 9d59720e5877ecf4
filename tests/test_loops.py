"""`while` is define-by-run: it runs with the numbers given, and the path taken is differentiated."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.message import Exit, GradcliError
from gradcli.program import trace
from gradcli.symbolic import derived
from gradcli.syntax import parse

DOUBLING = "y = x*2\nwhile y.data.norm() < 1000: y = y*2"


def _traced(text: str, **point: object):
    arrays = {name: np.array(value, dtype=float) for name, value in point.items()}
    return trace(parse(text), {n: a.shape for n, a in arrays.items()}, point=arrays)


@pytest.mark.parametrize(("x", "factor"), [([1.0, -2.0, 0.5], 512), ([100.0, 0.0, 0.0], 16), ([1000.0, 0.0, 0.0], 2)])
def test_the_doubling_loop_has_the_factor_of_the_path_it_takes(x, factor) -> None:
    form = derived(_traced(DOUBLING, x=x), ["x"])[0].closed()
    assert form.vjp.formula == f"{factor}*v[i]"


def test_the_answer_says_that_it_holds_for_the_path() -> None:
    assert [str(note) for note in _traced(DOUBLING, x=[1.0, -2.0, 0.5]).notes] == [
        "the while loop ran 8 times with these numbers; the formulas hold for the path taken"
    ]


def test_an_endless_loop_is_refused_in_time() -> None:
    with pytest.raises(GradcliError) as refused:
        _traced("while x > 0: x = x + 1", x=1.0)
    assert refused.value.exit_status is Exit.LIMIT


def test_a_condition_of_many_numbers_is_a_mistake_with_its_place() -> None:
    with pytest.raises(GradcliError) as refused:
        _traced("while x > 0: x = x - 1", x=[1.0, 2.0])
    assert refused.value.kind == "shape"
    assert refused.value.span is not None


def test_a_loop_inside_a_loop_is_followed() -> None:
    text = "k = 0; y = x\nwhile k < 2:\n  k = k + 1; j = 0\n  while j < 3:\n    y = y*2; j = j + 1\ny"
    program = _traced(text, x=1.5)
    assert derived(program, ["x"])[0].closed().vjp.formula == "64*v"
