"""Everything that is drawn at random has a stream of its own: no two purposes of one question see the same numbers."""

from __future__ import annotations

from itertools import combinations
from typing import get_args

import numpy as np
import pytest

import gradcli
from gradcli.commands.problem import understand
from gradcli.report.additions import Tangents
from gradcli.request import Request
from gradcli.streams import Purpose, Stream

PURPOSES = get_args(Purpose)


@pytest.mark.parametrize("seed", [0, 1, 7, 2**40])
def test_two_purposes_of_one_seed_draw_different_numbers(seed: int) -> None:
    drawn = {purpose: Stream(seed, purpose).random((8,)) for purpose in PURPOSES}
    for one, other in combinations(PURPOSES, 2):
        assert not np.intersect1d(drawn[one], drawn[other]).size, (one, other)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_seed_and_a_purpose_draw_the_same_numbers_again(purpose: Purpose) -> None:
    assert np.array_equal(Stream(3, purpose).random((8,)), Stream(3, purpose).random((8,)))
    assert not np.array_equal(Stream(3, purpose).random((8,)), Stream(4, purpose).random((8,)))


def test_inputs_are_the_draws_of_numpys_generator() -> None:
    assert np.array_equal(Stream(5, "inputs").random((4,)), np.random.default_rng(5).random(4))


@pytest.mark.parametrize("draw", ["rand", "randn"])
def test_the_parts_of_a_question_share_no_number(draw: str) -> None:
    understood = understand(
        Request(f"x*{draw}(6) + 0*w", inputs={"x": f"{draw}:6", "w": f"{draw}:6"}, v=f"{draw}:6", seed=11)
    )
    constants = [step.how.value for step in understood.program.steps if getattr(step.how, "value", None) is not None]
    drawn = [a for a in constants if isinstance(a, np.ndarray)]
    assert len(drawn) == 1
    parts = [*understood.point.values(), understood.v, *drawn]
    for one, other in combinations(parts, 2):
        assert not np.intersect1d(one, other).size


@pytest.mark.parametrize("draw", ["rand", "randn"])
def test_a_tangent_shares_no_number_with_what_it_moves(draw: str) -> None:
    (tangents,) = gradcli.jvp("x", {"x": f"{draw}:6"}, t={"x": f"{draw}:6"}).of(Tangents)
    assert not np.intersect1d(tangents.t["x"], tangents.y).size
