"""Slopes are SymPy's: every partial of the table, and of what is made of its functions, is `sympy.diff` of the function
written in SymPy's own words. Points are drawn from the rows' domains and compared with 30 digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Expr, Symbol

from gradcli.ops import ROWS
from gradcli.ops.row import Row
from gradcli.ops.row import n as numpy_library
from gradcli.symbolic import diff as slopes
from gradcli.symbolic.calls import NOTHING, SCALARS, atomic
from gradcli.symbolic.diff import partial
from gradcli.symbolic.dims import Index
from gradcli.symbolic.scalars import Above, AtLeast, Atomic, Entry, Equal, Sigma, Where
from tests.test_elementwise import OPTIONS, arguments, tensor_places

POINTS, DIGITS = 24, 30
WORDED = [row for row in ROWS if row.sympy is not None]
CASES = [pytest.param(row, o, id=" ".join([row.name, *(f"{k}={v}" for k, v in o.items())]))
         for row in WORDED for o in OPTIONS.get(row.name, ({},))]  # fmt: skip
each_case = pytest.mark.parametrize(("row", "options"), CASES)
ENTRIES = [Entry(Symbol(f"x{k}")) for k in range(3)]
SYMBOLS = sympy.symbols("u:3", real=True)
SIMPLIFIED = {
    "sigmoid",
    "logsigmoid",
    "softplus",
    "softsign",
    "logaddexp",
    "logaddexp2",
    "xlog1py",
    "log_ndtr",
    "logit",
}
"""Partials of their own form that SymPy's `simplify` shows to be its derivative."""


def exact(value: Any) -> Any:
    """An option as the row's columns take it."""
    return sympy.Rational(str(value))


def as_argument(value: Any) -> Any:
    return NOTHING if value is None else sympy.sympify(value)


def in_words(row: Row, options: Mapping[str, Any], us: Sequence[Any]) -> Expr:
    """The function in SymPy's words."""
    assert row.sympy is not None
    return sympy.sympify(row.sympy(sympy, *arguments(row, options, us, exact)))


def said(e: Expr) -> Expr:
    """A formula in the table's functions, in SymPy's."""
    if isinstance(e, Entry):
        return SYMBOLS[ENTRIES.index(e)]
    if not e.args:
        return e
    inside = [said(a) for a in e.args]
    if isinstance(e, Atomic):
        return sympy.sympify(e.row.sympy(sympy, *(None if a is NOTHING else a for a in inside)))  # type: ignore[misc]
    if isinstance(e, Where):
        return sympy.Piecewise((inside[1], sympy.Ne(inside[0], 0)), (inside[2], True))
    relation = {Above: sympy.Gt, AtLeast: sympy.Ge, Equal: sympy.Eq}.get(type(e))
    if relation is not None:
        return sympy.Piecewise((sympy.Integer(1), relation(*inside)), (sympy.Integer(0), True))
    return sympy.log(*inside) if isinstance(e, sympy.log) else e.func(*inside)


def at(e: Expr, point: Sequence[Any]) -> Any:
    """Its value, with 30 digits."""
    return sympy.N(e.subs(dict(zip(SYMBOLS, point, strict=False))), DIGITS)


def points(row: Row, options: Mapping[str, Any], seed: int) -> list[list[Any]]:
    """Points of the domain with few digits, which are none of its kinks."""
    random = Random(seed)
    found: list[list[Any]] = []
    while len(found) < POINTS:
        point = [sympy.Rational(round(random.uniform(*d) * 997), 997) for d in row.domain]
        given = arguments(row, options, [np.asarray(float(u)) for u in point])
        if not any(np.any(kink.at(numpy_library, *given)) for kink in row.kinks):
            found.append(point)
    return found


def assert_alike(one: Expr, other: Expr, point: Sequence[Any]) -> None:
    a, b = at(one, point), at(other, point)
    assert abs(a - b) <= sympy.Float("1e-25") * (1 + abs(b)), (point, a, b)


@each_case
def test_the_function_in_sympys_words_is_the_function(row: Row, options: Mapping[str, Any]) -> None:
    value = in_words(row, options, SYMBOLS[: len(row.tensors)])
    for point in points(row, options, 1):
        with np.errstate(all="ignore"):
            known = row.numpy(numpy_library, *arguments(row, options, [np.asarray(float(u)) for u in point]))
        np.testing.assert_allclose(float(at(value, point)), float(known), rtol=1e-11, atol=1e-13)


@each_case
def test_every_partial_is_sympys_derivative(row: Row, options: Mapping[str, Any]) -> None:
    places = tensor_places(row)
    us, entries = SYMBOLS[: len(places)], ENTRIES[: len(places)]
    function = atomic(row.name)(*map(as_argument, arguments(row, options, entries, exact)))
    value = in_words(row, options, us)
    for place, u in zip(places, us, strict=True):
        slope, wanted = said(function.fdiff(place + 1)), value.diff(u)
        if row.name in SIMPLIFIED and "threshold" not in options and "eps" not in options:
            assert sympy.simplify(slope - wanted) == 0
        for point in points(row, options, 2):
            assert_alike(slope, wanted, point)


@pytest.mark.parametrize("row", [row for row in ROWS if row.derivative is not None], ids=lambda row: row.name)
def test_a_function_that_sympy_has_no_words_for_jumps_or_is_a_constant(row: Row) -> None:
    assert row.sympy is not None or row.kinks or not row.differentiable


SMOOTH = [row for row in WORDED if not row.kinks and not row.slope_kinks and row.name not in OPTIONS]


def drawn(random: Random, depth: int) -> Expr:
    """A formula in the table's functions, sums, products and powers."""
    if depth == 0:
        return random.choice(ENTRIES[:2])
    match random.choice(["f", "f", "f", "+", "*", "^", "/"]):
        case "+":
            return drawn(random, depth - 1) - 2 * drawn(random, depth - 1)
        case "*":
            return drawn(random, depth - 1) * drawn(random, depth - 1)
        case "/":
            return drawn(random, depth - 1) / (3 + drawn(random, depth - 1) ** 2)
        case "^":
            return (2 + drawn(random, depth - 1) ** 2) ** random.choice(
                [drawn(random, 0), sympy.Rational(1, 2), -sympy.Rational(3, 2), sympy.Integer(3)]
            )
        case _:
            row = random.choice(SMOOTH)
            inside = [_within(drawn(random, depth - 1), *d) for d in row.domain[: len(row.tensors)]]
            return atomic(row.name)(*inside)


def _within(e: Expr, low: float, high: float) -> Expr:
    """Drawn into an interval, smoothly."""
    middle, half = Fraction(low + high) / 2, Fraction(high - low) / 2
    return exact(middle) + exact(half) * SCALARS.sin(e)


@pytest.mark.parametrize("seed", range(40))
def test_a_slope_of_any_formula_is_sympys_derivative(seed: int) -> None:
    random = Random(seed)
    e = drawn(random, 2)
    for entry, u in zip(ENTRIES[:2], SYMBOLS, strict=False):
        slope = said(partial(e, entry)) if e.has(entry) else sympy.Integer(0)
        for _ in range(3):
            point = [sympy.Rational(random.randint(-90, 90), 97) for _ in range(2)]
            assert_alike(slope, said(e).diff(u), point)


X, Y = ENTRIES[:2]


@pytest.mark.parametrize(
    "both",
    [  # made in the test: forgetting what is cached makes the functions anew
        lambda: (X**Y, Y * X ** (Y - 1)),
        lambda: (X**2, 2 * X),
        lambda: (sympy.sqrt(X * Y), Y / (2 * sympy.sqrt(X * Y))),
        lambda: (sympy.Integer(0) ** (X + 1), 0),
        lambda: (SCALARS.sign(X), 0),
        lambda: (SCALARS.abs(X), SCALARS.sign(X)),
        lambda: (SCALARS.sign(X) * X, SCALARS.sign(X)),
        lambda: (SCALARS.relu(X), SCALARS.gt(X, 0)),
    ],
)
def test_a_slope_has_the_form_that_has_a_value_where_pytorchs_has(both: Callable[[], tuple[Expr, Expr]]) -> None:
    e, slope = both()
    assert partial(e, X) == slope


def test_a_sum_that_is_held_fixed_stays_what_it_is() -> None:
    r = Index(sympy.Integer(3), "r")
    held = Sigma(Entry(Symbol("z"), r) ** 2, r)
    assert partial(X**2 * held, X) == 2 * X * held
    with pytest.raises(NotImplementedError):
        partial(Sigma(X * Entry(Symbol("z"), r), r), X)


def test_a_like_formula_is_differentiated_once() -> None:
    slopes.forget()
    z = [Entry(Symbol(f"z{k}")) for k in range(4)]
    partial(SCALARS.tanh(z[0]) * z[1], z[0])
    partial(SCALARS.tanh(z[2]) * z[3], z[2])
    assert slopes._slope.cache_info().misses == 1
