"""The verdict on two computations of one derivative, situation by situation, and the mistakes it must find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcli
from gradcli import compare
from gradcli.compare import MISTAKE, SUBMISSION, TOLERANCES, Evidence, alike, is_product, largest_difference, verdict
from gradcli.message import Message
from gradcli.report import Array, Compared, disagrees
from gradcli.symbolic import Derived
from gradcli.symbolic.memory import forget

EPS = 2.0**-52
NAN, INF = np.nan, np.inf
SAYS = "tanh loses digits there"


def compared(symbolic: Any, pytorch: Any, dtype: str = "float64", **more: Any) -> Compared:
    return verdict(Evidence("x", np.array(symbolic, dtype=float), np.array(pytorch, dtype=float), dtype, **more))


def gives(*values: float) -> Callable[[], Array]:
    return lambda: np.array(values)


SITUATIONS: dict[str, tuple[list[float], list[float], dict[str, Any], bool | None, str]] = {
    "the same numbers": ([1.0, -2.0], [1.0, -2.0], {}, True, ""),
    "one rounding apart": ([1.0, 3.0], [1.0 + EPS, 3.0], {}, True, ""),
    "zeros": ([0.0, 0.0], [0.0, -0.0], {}, True, ""),
    "no entry at all": ([], [], {}, True, ""),
    "a part in a thousand off": ([1.0, 2.0], [1.0, 2.002], {}, False, "1 of 2 entries; the first is at [1]"),
    "a part in ten million off": ([1.0], [1.0 + 1e-7], {}, False, "disagree in 1 of 1"),
    "within float32's rounding": ([1.0], [1.0 + 1e-6], {"dtype": "float32"}, True, ""),
    "beyond float32's rounding": ([1.0], [1.001], {"dtype": "float32"}, False, "disagree"),
    "the other sign": ([1.0], [-1.0], {}, False, "formula 1, PyTorch -1"),
    "a factor two": ([2.0, 4.0], [1.0, 2.0], {}, False, "disagree in 2 of 2"),
    "a zero where there is a slope": ([0.0], [1e-3], {}, False, "disagree"),
    "a small entry beside a large one, off by a rounding of the large one": ([1e-17, 1.0], [0.0, 1.0], {}, True, ""),
    "a small entry beside a large one, wrong": ([1e-6, 1.0], [0.0, 1.0], {}, False, "the first is at [0]"),
    "tiny numbers, alike": ([1e-280], [1e-280], {}, True, ""),
    "tiny numbers, wrong": ([1e-280], [2e-280], {}, False, "disagree"),
    "digits lost near the smallest number": ([3e-310], [5e-310], {}, True, ""),
    "huge numbers, alike": ([1e300], [1e300 * (1 + EPS)], {}, True, ""),
    "huge numbers, wrong": ([1e300], [1.1e300], {}, False, "disagree"),
    # not finite
    "both undefined": ([NAN, 1.0], [NAN, 1.0], {}, True, ""),
    "both the same infinity": ([INF, 1.0], [INF, 1.0], {}, True, ""),
    "opposite infinities": ([INF], [-INF], {}, False, "disagree"),
    "only PyTorch undefined": ([1.0, 2.0], [NAN, 2.0], {}, None, "PyTorch gives nan in 1 of 2 entries"),
    "only PyTorch undefined, and another entry wrong": ([1.0, 2.0], [NAN, 3.0], {}, False, "the first is at [1]"),
    "only the formula undefined": ([NAN, 2.0], [1.0, 2.0], {}, False, "the first is at [0]"),
    "only the formula infinite": ([INF], [1.0], {}, False, "disagree"),
    "only PyTorch infinite": ([1.0], [INF], {}, False, "disagree"),
    "too large for float32": ([1e39, 1.0], [INF, 1.0], {"dtype": "float32"}, None, "1 of 2 entries are too large"),
    "infinite in float32 without being large": ([1e30], [INF], {"dtype": "float32"}, False, "disagree"),
    # what settles a doubt
    "what cancellation leaves of large terms": ([1e-7], [0.0], {"terms": gives(1e8)}, True, ""),
    "more than cancellation leaves": ([1e-3], [0.0], {"terms": gives(1e8)}, False, "disagree"),
    "terms do not excuse another entry": ([1e-7, 1.0], [0.0, 2.0], {"terms": gives(1e8, 1.0)}, False, "at [1]"),
    "ill-conditioned by little": ([1.0], [1.0 + 1e-6], {"perturbed": gives(1.0 + 1e-7)}, True, ""),
    "ill-conditioned beyond a verdict": ([1.0], [1.5], {"perturbed": gives(1.1)}, None, "nothing can be decided"),
    "well-conditioned and wrong": ([1.0], [1.5], {"perturbed": gives(1.0 + 4 * EPS)}, False, "disagree"),
    "as documented": ([1.0], [1.001], {"deviation": lambda: (SAYS, 1e-2)}, True, "within PyTorch's documented error"),
    "further than documented": ([1.0], [1.1], {"deviation": lambda: (SAYS, 1e-2)}, False, "disagree"),
    "nothing documented": ([1.0], [1.001], {"deviation": lambda: None}, False, "disagree"),
    "a documented error is relative to the terms": (
        [1.0], [1.001], {"terms": gives(10.0), "deviation": lambda: (SAYS, 2e-4)}, True, "documented error"
    ),
    # at a point without a derivative
    "excused": ([1.0], [2.0], {"excuse": lambda _: Message("no derivative here")}, None, "no derivative here"),
    "an excuse is not asked for where they agree": ([1.0], [1.0], {"excuse": lambda _: 1 / 0}, True, ""),
    "no excuse": ([1.0], [2.0], {"excuse": lambda _: None}, False, "disagree"),
    "an excuse replaces what is undecided": (
        [1.0], [NAN], {"excuse": lambda agrees: Message(f"agrees is {agrees}")}, None, "agrees is None"
    ),
    # the printed Jacobian, contracted
    "the Jacobian confirms it": ([1.0, 2.0], [1.0, 2.0], {"jacobian": np.array([1.0, 2.0 + EPS])}, True, ""),
    "the Jacobian is another one": (
        [1.0, 2.0], [1.0, 2.0], {"jacobian": np.array([1.0, 2.2])}, False, "the Jacobian printed above"
    ),
    "the Jacobian has no value": ([1.0], [1.0], {"jacobian": np.array([NAN])}, False, "the Jacobian printed above"),
    "the formula is wrong and the Jacobian with it": ([2.0], [1.0], {"jacobian": np.array([2.0])}, False, "disagree"),
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_verdict_of_a_situation(name: str) -> None:
    symbolic, pytorch, more, agrees, reason = SITUATIONS[name]
    found = compared(symbolic, pytorch, **more)
    assert found.agrees is agrees, found.reason
    assert reason in str(found.reason or ""), found.reason
    assert (found.reason is None) == (reason == "")
    assert disagrees(found) == (agrees is False)


@pytest.mark.parametrize(("jacobian", "checked"), [(None, None), ([1.0], True), ([1.1], False)])
def test_whether_the_jacobian_was_checked_is_told_apart(jacobian: list[float] | None, checked: bool | None) -> None:
    contracted = None if jacobian is None else np.array(jacobian)
    assert compared([1.0], [1.0], jacobian=contracted).jacobian_checked is checked
    assert compared([1.0], [2.0], jacobian=contracted).jacobian_checked is checked


def test_what_costs_time_is_not_asked_where_there_is_no_doubt() -> None:
    def never(*_: object) -> Any:
        raise AssertionError

    assert compared([1.0], [1.0], terms=never, perturbed=never, deviation=never, excuse=never).agrees
    assert compared([1e-7], [0.0], terms=gives(1e8), perturbed=never, deviation=never, excuse=never).agrees


def test_a_wrong_jacobian_alone_fails_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The formula of the gradient is right, the Jacobian printed beside it is not."""
    before = Derived.values

    def spoilt(self: Derived, *given: Any) -> tuple[Array, Array]:
        symbolic, contracted = before(self, *given)
        return symbolic, 1.1 * contracted

    assert not any(map(disagrees, gradcli.vjp("sin(x)", {"x": "1,2"}).parts))
    forget()
    monkeypatch.setattr(Derived, "values", spoilt)
    assert any(map(disagrees, gradcli.vjp("sin(x)", {"x": "1,2"}).parts))


numbers = st.floats(min_value=1e-200, max_value=1e200).flatmap(lambda x: st.sampled_from([x, -x]))


@given(st.lists(numbers, min_size=1, max_size=6), st.integers(0, 5), st.sampled_from(["float64", "float32"]))
def test_a_planted_mistake_in_the_largest_entry_is_found(values: list[float], turn: int, dtype: str) -> None:
    """Of any size: a part in a hundred of the largest entry is never excused by a tolerance alone."""
    right = np.array(values) if dtype == "float64" else np.clip(values, -1e30, 1e30)
    largest = int(np.argmax(np.abs(right)))
    if dtype == "float32" and abs(right[largest]) < 1e-30:
        return
    wrong = right.copy()
    wrong[largest] *= (1.01, 0.99, -1.0, 0.0, 2.0, 0.5)[turn]
    assert compared(right, right, dtype).agrees is True
    assert compared(wrong, right, dtype).agrees is False


@given(st.lists(numbers, min_size=1, max_size=6), st.lists(st.sampled_from([-1, 0, 1]), min_size=6, max_size=6))
def test_a_rounding_of_each_entry_is_no_mistake(values: list[float], signs: list[int]) -> None:
    right = np.array(values)
    assert compared(right * (1 + EPS * np.array(signs[: len(values)])), right).agrees is True


ODD = [0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e308, -1e308]


@pytest.mark.parametrize("a", ODD)
@pytest.mark.parametrize("b", ODD)
def test_differences_of_what_is_not_finite(a: float, b: float) -> None:
    both_alike = a == b or (np.isnan(a) and np.isnan(b))
    with np.errstate(all="ignore"):
        plain = abs(np.float64(a) - np.float64(b))
    expected = 0.0 if both_alike else np.inf if np.isnan(plain) else plain
    with np.errstate(over="ignore"):
        assert largest_difference(np.array([a, 1.0]), np.array([b, 1.0])) == expected
        assert alike(np.array([a, 1.0]), np.array([b, 1.0]), MISTAKE) == both_alike
        assert compared([a, 1.0], [b, 1.0]).agrees is (True if both_alike else None if np.isnan(b) else False)


@pytest.mark.parametrize("size", [1, compare.PIECE - 1, compare.PIECE, compare.PIECE + 1, 3 * compare.PIECE + 5])
def test_a_mistake_is_found_wherever_a_large_tensor_has_it(size: int) -> None:
    right = np.ones(size)
    for place in {0, size // 2, size - 1}:
        wrong = right.copy()
        wrong[place] = 1.001
        found = compared(wrong, right)
        assert found.agrees is False and f"at [{place}]" in str(found.reason)
        assert found.max_abs_diff == largest_difference(wrong, right) == pytest.approx(0.001)


@pytest.mark.parametrize(("tolerance", "off", "right"), [
    (SUBMISSION, 5e-7, True), (SUBMISSION, 5e-6, False), (MISTAKE, 5e-7, True), (MISTAKE, 5e-6, False),
    (compare.MULTIPLE, 5e-6, True), (compare.MULTIPLE, 5e-5, False), (compare.MATRIX_TEXT, 5e-10, True),
    (compare.MATRIX_TEXT, 5e-9, False), (TOLERANCES["float64"], 5e-10, True), (TOLERANCES["float64"], 5e-9, False),
])  # fmt: skip
def test_a_tolerance_holds_on_both_sides_of_its_edge(tolerance: compare.Tolerance, off: float, right: bool) -> None:
    largest = tolerance.largest * 100.0
    assert alike(np.array([1.0 + off, 100.0]), np.array([1.0, 100.0]), tolerance) is (right or largest > off)
    assert alike(np.array([100.0 * (1 + off), 1.0]), np.array([100.0, 1.0]), tolerance) is right


@pytest.mark.parametrize("wrong", [(0, 0), (3, 7), (999, 999)])
@pytest.mark.parametrize("n", [12, 1000], ids=["multiplied", "by one vector"])
def test_one_wrong_entry_of_a_product_is_seen(wrong: tuple[int, int], n: int) -> None:
    first, second = np.random.default_rng(1).normal(size=(2, n, n))
    right = first @ second
    spoilt = right.copy()
    spoilt[min(wrong[0], n - 1), min(wrong[1], n - 1)] += 0.1 * abs(right).max()
    assert is_product(right, first, second)
    assert not is_product(spoilt, first, second)
    assert not is_product(right[1:], first, second)


def test_a_pattern_is_contradicted_by_more_than_a_rounding() -> None:
    pattern = np.array([True, False])
    assert not compare.contradicts(np.array([1.0, 0.0]), pattern)
    assert not compare.contradicts(np.array([1.0, 1e-15]), pattern)
    assert compare.contradicts(np.array([1.0, 0.01]), pattern)


def test_what_cancels_is_zero_and_what_does_not_is_kept() -> None:
    total, terms = np.array([1e-16, 1e-9, 0.5]), np.array([1.0, 1.0, 1.0])
    assert compare.without_cancelled(total, terms).tolist() == [0.0, 1e-9, 0.5]
