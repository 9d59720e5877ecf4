"""The elementwise rows: values, derivatives, kinks and deviations, against PyTorch, mpmath and central differences.

The vocabulary `s` of the rows is a small one of this file's own, so that the rows are tested without the formulas of
the symbolic room: what SymPy makes of their `sympy` columns is taken as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from string import Formatter
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
import torch

from gradcli.message import GradcliError
from gradcli.ops.activations import ACTIVATIONS
from gradcli.ops.elementwise import ELEMENTWISE, MASKS
from gradcli.ops.row import REQUIRED, Deviation, Row, n
from gradcli.ops.special import SPECIAL
from gradcli.symbolic.calls import RESULT, slope, stand_ins

ROWS = (*ELEMENTWISE, *SPECIAL, *ACTIVATIONS, *MASKS)
TABLE = {row.name: row for row in ROWS}
ROUNDING = 1e-12
"""How closely two ways of computing one derivative agree, relatively."""
FAR_OUT = 1e-11
"""The same over the whole range of a function, where x itself rounds."""

Options = Mapping[str, Any]
Values = Sequence[np.ndarray]

OPTIONS: Mapping[str, tuple[Options, ...]] = {
    "addcmul": ({}, {"value": 2}), "addcdiv": ({}, {"value": 2}),
    "clamp": ({"min": -1, "max": 1}, {"min": 0}, {"max": 0.5}, {"min": 1, "max": -1}),
    "clamp_min": ({"min": 0.5},), "clamp_max": ({"max": 0.5},),
    "logit": ({}, {"eps": 0.2}), "multigammaln": ({"p": 1}, {"p": 3}), "polygamma": ({"n": 0}, {"n": 2}, {"n": 3}),
    "softplus": ({}, {"beta": 2}, {"beta": 2, "threshold": 1}), "gelu": ({}, {"approximate": "tanh"}),
    "leaky_relu": ({}, {"negative_slope": 0.2}), "elu": ({}, {"alpha": 2}), "celu": ({}, {"alpha": 2}),
    "threshold": ({"threshold": 0.5, "value": -1},), "hardtanh": ({}, {"min_val": 0, "max_val": 0.5}),
    "hardshrink": ({}, {"lambd": 1}, {"lambd": -1}), "softshrink": ({}, {"lambd": 0}),
}  # fmt: skip
CASES = [pytest.param(row, o, id=" ".join([row.name, *(f"{k}={v}" for k, v in o.items())]))
         for row in ROWS for o in OPTIONS.get(row.name, ({},))]  # fmt: skip
each_case = pytest.mark.parametrize(("row", "options"), CASES)
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


# ---- a small vocabulary ---------------------------------------------------------------------------------------------
NOTHING = sympy.Symbol("nothing")
NUMERIC: dict[str, Callable[..., Any]] = {}


def function(name: str, fdiff: Callable[..., Any], numeric: Callable[..., Any]) -> Any:
    """A SymPy function of ours, with its partials and its value."""
    NUMERIC[f"row_{name}"] = numeric
    return type(f"row_{name}", (sympy.Function,), {"fdiff": fdiff, "is_real": True})


class Vocabulary:
    """What the `scalar` and `derivative` columns are written in."""

    pi = sympy.pi
    elementary = ("exp", "log", "sqrt")

    def number(self, text: str) -> Any:
        return sympy.Rational(text)

    def where(self, c: Any, a: Any, b: Any) -> Any:
        return where(c, a, b)

    def __getattr__(self, name: str) -> Any:
        if name in self.elementary:
            return getattr(sympy, name)
        kind = bracket(name) if name in ("gt", "ge", "lt", "le", "eq", "ne") else atomic(name)
        return lambda *arguments: kind(*(NOTHING if a is None else a for a in arguments))


S = Vocabulary()


@cache
def bracket(name: str) -> Any:
    return function(name, lambda self, k=1: sympy.Integer(0), lambda a, b: TABLE[name].numpy(n, a, b))


@cache
def atomic(name: str) -> Any:
    row = TABLE[name]
    assert row.sympy or row.derivative, f"{name} has no partials, so s has no {name}"

    def fdiff(self: Any, k: int = 1) -> Any:
        given = tuple(None if a is NOTHING else a for a in self.args)
        own = row.derivative and row.derivative[tensor_places(row).index(k - 1)]
        if own:
            return sympy.sympify(own(S, *given, self))
        stand_in = stand_ins(row, given)
        found = slope(row, k - 1, stand_in).xreplace({**dict(zip(stand_in, self.args, strict=True)), RESULT: self})
        return found.replace(sympy.sign, atomic("sign"))  # SymPy's has a DiracDelta for a derivative

    return function(name, fdiff, lambda *a: row.numpy(n, *a))


where = function("where", lambda self, k=1: None, lambda c, a, b: np.where(c != 0, a, b))
where._eval_derivative = lambda self, u: where(self.args[0], self.args[1].diff(u), self.args[2].diff(u))


def tensor_places(row: Row) -> list[int]:
    return [k for k, p in enumerate(row.takes) if p.kind == "tensor"]


# ---- one row, computed in several ways ------------------------------------------------------------------------------
def arguments(row: Row, options: Options, tensors: Sequence[Any], number: Callable[[Any], Any] = float) -> list[Any]:
    """All arguments in the order of `takes`: the tensors, and options as the column takes them."""
    rest = iter(tensors)
    filled: list[Any] = []
    for p in row.takes:
        if p.kind == "tensor":
            filled.append(next(rest))
            continue
        value = options.get(p.name, p.default)
        assert value is not REQUIRED, f"{row.name} needs {p.name}"
        filled.append(number(value) if p.kind == "number" and value is not None else value)
    return filled


def by_numpy(row: Row, options: Options, x: Values) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(row.numpy(n, *arguments(row, options, x)), np.float64)


def by_torch(row: Row, options: Options, x: Values, order: int = 1) -> tuple[np.ndarray, list[np.ndarray]]:
    """The value, and the gradient of its sum (of order 2: of the gradient's own sum) in each tensor."""
    xs = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in x]
    y = row.torch(torch, *arguments(row, options, xs))
    total = y.sum()
    gradients: list[torch.Tensor] = []
    for _ in range(order):
        if total.grad_fn is None:
            gradients = [torch.zeros_like(a) for a in xs]
            break
        got = torch.autograd.grad(total, xs, create_graph=True, allow_unused=True)
        gradients = [torch.zeros_like(a) if g is None else g for a, g in zip(xs, got, strict=True)]
        total = torch.stack([g.sum() for g in gradients]).sum()
    return y.detach().numpy(), [g.numpy(force=True) for g in gradients]


@cache
def formulas(row: Row, options: tuple[tuple[str, Any], ...], order: int) -> list[Callable[..., np.ndarray]]:
    """What the row's own columns say of the gradients that `by_torch` computes."""
    symbols = [sympy.Symbol(f"u{k}", real=True) for k in tensor_places(row)]
    filled = arguments(row, dict(options), symbols, lambda v: sympy.Rational(str(v)))
    given = [NOTHING if a is None else a for a in filled]
    value = row.scalar(S, *filled) if row.scalar is not None else atomic(row.name)(*given)
    gradients = [sympy.sympify(value).diff(u) for u in symbols]
    for _ in range(order - 1):
        gradients = [sum(gradients).diff(u) for u in symbols]
    return [as_numbers(symbols, g) for g in gradients]


def as_numbers(symbols: Sequence[Any], formula: Any) -> Callable[..., np.ndarray]:
    compiled = sympy.lambdify(symbols, formula, modules=[{**NUMERIC, "nothing": None}, "scipy", "numpy"])

    def evaluate(*x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(compiled(*x), np.float64), np.broadcast_shapes(*(a.shape for a in x)))

    return evaluate


def by_formula(row: Row, options: Options, x: Values, order: int = 1) -> list[np.ndarray]:
    return [f(*x).reshape(a.shape) for f, a in zip(formulas(row, tuple(options.items()), order), x, strict=True)]


def sample(row: Row, shapes: Sequence[tuple[int, ...]], seed: int = 0) -> list[np.ndarray]:
    """Points of the row's domain."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(low, high, shape) for (low, high), shape in zip(row.domain, shapes, strict=False)]


def points(row: Row, seed: int = 0) -> list[np.ndarray]:
    """200 points of the domain; the first tensor is a matrix of one row, because prelu wants channels."""
    return sample(row, [(1, 200), (200,), (200,)], seed)


def of_order(row: Row, order: int) -> list[Deviation]:
    """The deviations that a row's derivative of this order is the first to have."""
    return [d for d in row.deviations if d.order == order]


def known_error(row: Row, options: Options, x: Values) -> np.ndarray:
    """The relative error of PyTorch's derivative that the row admits to, at each point."""
    bound = np.zeros(np.broadcast_shapes(*(a.shape for a in x)))
    for d in of_order(row, 1):
        bound = np.maximum(bound, d.bound * np.asarray(d.at(n, *arguments(row, options, x))))
    return bound


def relative(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far a is from b, relatively; 0 where they are equal (inf and nan too) or too small for all their digits."""
    with np.errstate(all="ignore"):
        off = np.abs(a - b) / np.abs(b)
    same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.maximum(np.abs(a), np.abs(b)) < 1e-290)
    return np.where(same, 0, off)


# ---- values ---------------------------------------------------------------------------------------------------------
@each_case
@pytest.mark.parametrize("shapes", [((), (), ()), ((2, 3), (3,), ()), ((3, 1), (4,), (2, 1, 1))], ids=str)
def test_numpys_value_and_shape_are_pytorchs(row: Row, options: Options, shapes: Any) -> None:
    if row.name == "prelu" and shapes[0] == (3, 1):
        pytest.skip("prelu does not broadcast: see test_prelu_takes_one_weight_a_channel")
    x = sample(row, shapes)
    value, _ = by_torch(row, options, x)
    np.testing.assert_allclose(by_numpy(row, options, x), value, rtol=1e-13, atol=1e-15, strict=True)
    assert row.shape(*arguments(row, options, [a.shape for a in x], Fraction)) == value.shape


@each_case
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_pytorchs_value_keeps_the_dtype(row: Row, options: Options, dtype: torch.dtype) -> None:
    x = [torch.tensor(a, dtype=dtype) for a in sample(row, [(2, 3), (3,), ()])]
    assert row.torch(torch, *arguments(row, options, x)).dtype == dtype


@pytest.mark.parametrize("row", [row for row in ROWS if not row.differentiable], ids=lambda row: row.name)
def test_what_is_not_differentiable_does_not_require_grad(row: Row) -> None:
    x = [torch.tensor(a, requires_grad=True) for a in points(row)]
    assert not row.torch(torch, *x).requires_grad
    assert all(not g.any() for g in by_formula(row, {}, points(row)))


SPECIMENS = np.array([-np.inf, -2.0, -0.0, 0.0, 1.0, 2.0, np.inf, np.nan])


@pytest.mark.parametrize("row", MASKS, ids=lambda row: row.name)
def test_a_mask_is_0_or_1_for_all_pairs_of_numbers(row: Row) -> None:
    pairs = [np.repeat(SPECIMENS, len(SPECIMENS)), np.tile(SPECIMENS, len(SPECIMENS))][: len(row.takes)]
    value, _ = by_torch(row, {}, pairs)
    assert set(value) == {0, 1}
    np.testing.assert_array_equal(by_numpy(row, {}, pairs), value)
    if row.scalar is not None:
        symbols = sympy.symbols("u:2", real=True)[: len(pairs)]
        np.testing.assert_array_equal(as_numbers(symbols, row.scalar(S, *symbols))(*pairs), value)


# ---- derivatives ----------------------------------------------------------------------------------------------------
UNUSUAL: Mapping[str, tuple[Options, ...]] = {
    "clamp": ({"min": 1, "max": -1},), "logit": ({"eps": 0.2},), "multigammaln": ({"p": 3},),
    "polygamma": ({"n": 0}, {"n": 3}), "hardshrink": ({"lambd": -1},), "softshrink": ({"lambd": 0},),
}  # fmt: skip
"""Options with which test_table, which compares every row with autograd, does not try a row."""


@pytest.mark.parametrize(
    ("row", "options"),
    [pytest.param(TABLE[name], o, id=f"{name} {o}") for name, several in UNUSUAL.items() for o in several],
)
def test_the_formula_with_unusual_options_is_pytorchs_derivative(row: Row, options: Options) -> None:
    x = points(row)
    allowed = np.maximum(ROUNDING, known_error(row, options, x))
    for ours, theirs in zip(by_formula(row, options, x), by_torch(row, options, x)[1], strict=True):
        assert (np.abs(ours - theirs) <= allowed * (1e-3 + np.abs(theirs))).all()


@each_case
def test_the_formula_is_the_central_difference(row: Row, options: Options) -> None:
    if row.name == "detach":
        pytest.skip("its derivative is 0 by decree")
    x, h = points(row), 1e-6
    for k, ours in enumerate(by_formula(row, options, x)):
        above, below = ([a + sign * h * (j == k) for j, a in enumerate(x)] for sign in (1, -1))
        difference = (by_numpy(row, options, above) - by_numpy(row, options, below)) / (2 * h)
        np.testing.assert_allclose(difference.reshape(ours.shape), ours, rtol=1e-6, atol=1e-6)


@each_case
def test_the_formula_of_the_second_derivative_is_pytorchs(row: Row, options: Options) -> None:
    x = points(row, seed=1)
    if row.name == "hardsigmoid":
        with pytest.raises(RuntimeError, match="hardsigmoid_backward is not implemented"):
            by_torch(row, options, x, 2)
        return
    for ours, theirs in zip(by_formula(row, options, x, 2), by_torch(row, options, x, 2)[1], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-9, atol=1e-9)


def test_the_second_derivative_of_sinc_at_0_is_right_where_pytorchs_is_nan() -> None:
    x = [np.asarray(0.0)]
    np.testing.assert_allclose(by_formula(TABLE["sinc"], {}, x, 2)[0], -(np.pi**2) / 3)
    assert np.isnan(by_torch(TABLE["sinc"], {}, x, 2)[1][0])


NEAR_ONE = np.geomspace(1e-12, 0.1, 40)
RANGE = np.concatenate([
    sign * part for sign in (1, -1)
    for part in (np.geomspace(1e-9, 1e7, 400), np.linspace(0.3, 45, 150), 1 - NEAR_ONE, 1 + NEAR_ONE)
])  # fmt: skip
GAMMA = ("lgamma", "digamma", "polygamma", "multigammaln")
OSCILLATING = ("sin", "cos", "sinc", "silu", "gelu", "hardswish", *GAMMA)
"""Their derivatives have roots, where no relative error is small."""


def in_range(row: Row, options: Options) -> np.ndarray:
    """The points of RANGE where a function of one tensor has a finite value, and no kink."""
    x = np.append(RANGE, np.geomspace(1e7, 1e15, 50)) if row.name == "softsign" else RANGE
    if row.name in GAMMA:
        x = x[(x > -40) & (x < 1e4)]  # SciPy's polygamma takes |x| steps where x < 0
    a = arguments(row, options, [x])
    with np.errstate(all="ignore"):
        smooth = ~np.any([np.zeros(x.shape, bool), *(k.at(n, *a) for k in row.kinks)], axis=0)
    return x[np.isfinite(by_numpy(row, options, [x])) & np.isfinite(by_torch(row, options, [x])[0]) & smooth]


ONE_TENSOR = [case for case in CASES if len(tensor_places(case.values[0])) == 1]


@pytest.mark.parametrize(("row", "options"), ONE_TENSOR)
def test_the_formula_is_pytorchs_derivative_far_out(row: Row, options: Options) -> None:
    x = in_range(row, options)
    ours, theirs = by_formula(row, options, [x])[0], by_torch(row, options, [x])[1][0]
    at_a_root = 1e-15 * np.abs(x) if row.name in OSCILLATING else 0
    allowed = np.maximum(FAR_OUT, 2 * known_error(row, options, [x]))
    wrong = np.abs(ours - theirs) > allowed * np.maximum(np.abs(ours), np.abs(theirs)) + at_a_root + 1e-290
    assert not wrong.any(), list(zip(x[wrong], ours[wrong], theirs[wrong], strict=True))[:5]


def test_two_tensors_far_apart_have_pytorchs_derivatives() -> None:
    rng = np.random.default_rng(2)
    for row in (row for row in ROWS if len(row.takes) == 2 and len(tensor_places(row)) == 2 and row.name != "prelu"):
        x = [np.exp(rng.uniform(-9, 6, 500)) * (rng.choice([-1, 1], 500) if low < 0 else 1) for low, _ in row.domain]
        for ours, theirs in zip(by_formula(row, {}, x), by_torch(row, {}, x)[1], strict=True):
            assert relative(ours, theirs).max() < FAR_OUT, row.name


# ---- deviations: PyTorch's own errors, against 60 digits -------------------------------------------------------------
def _normal(x: Any) -> Any:
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def _density(x: Any) -> Any:
    return mpmath.exp(-(x**2) / 2) / mpmath.sqrt(2 * mpmath.pi)


def _logistic(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def _gelu_tanh(x: Any) -> Any:
    z = mpmath.sqrt(8 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)
    slope = mpmath.sqrt(8 / mpmath.pi) * (1 + 3 * mpmath.mpf("0.044715") * x**2)
    return _logistic(z) + x * _logistic(z) * _logistic(-z) * slope


TRUE_DERIVATIVE: Mapping[str, Callable[..., Any]] = {
    "expm1": mpmath.exp,
    "asin": lambda x: 1 / mpmath.sqrt(1 - x**2),
    "acos": lambda x: -1 / mpmath.sqrt(1 - x**2),
    "acosh": lambda x: 1 / mpmath.sqrt(x**2 - 1),
    "atanh": lambda x: 1 / (1 - x**2),
    "tanh": lambda x: mpmath.sech(x) ** 2,
    "sinc": lambda x: (mpmath.cos(mpmath.pi * x) - mpmath.sin(mpmath.pi * x) / (mpmath.pi * x)) / x,
    "erfcx": lambda x: 2 * x * mpmath.exp(x**2) * mpmath.erfc(x) - 2 / mpmath.sqrt(mpmath.pi),
    "log_ndtr": lambda x: _density(x) / _normal(x),
    "digamma": lambda x: mpmath.psi(1, x),
    "polygamma": lambda x, n: mpmath.psi(n + 1, x),
    "sigmoid": lambda x: _logistic(x) * _logistic(-x),
    "softplus": lambda x, beta=1: _logistic(beta * x),
    "gelu": lambda x, approximate="none": _gelu_tanh(x) if approximate == "tanh" else _normal(x) + x * _density(x),
    "softsign": lambda x: 1 / (1 + abs(x)) ** 2,
    "tanhshrink": lambda x: mpmath.tanh(x) ** 2,
    "hardsigmoid": lambda x: mpmath.mpf(abs(x) < 3) / 6,
}
TRUE_SECOND: Mapping[str, Callable[..., Any]] = {
    "logsigmoid": lambda x: -_logistic(x) * _logistic(-x),
    "softplus": lambda x, beta=1: beta * _logistic(beta * x) * _logistic(-beta * x),
    "lgamma": lambda x: mpmath.psi(1, x),
    "multigammaln": lambda x, p: sum(mpmath.psi(1, x - mpmath.mpf(j) / 2) for j in range(p)),
}
DEVIATING = [case for case in CASES if of_order(case.values[0], 1) and "threshold" not in case.values[1]]


def true_derivative(row: Row, options: Options, x: np.ndarray) -> np.ndarray:
    with mpmath.workdps(60):
        return np.array([float(TRUE_DERIVATIVE[row.name](mpmath.mpf(float(a)), **options)) for a in x])


@cache
def torchs_error(row: Row, options: tuple[tuple[str, Any], ...]) -> tuple[np.ndarray, np.ndarray]:
    """Points all over, and the relative error of PyTorch's derivative there."""
    x = in_range(row, dict(options))
    if row.name == "sinc":
        x = x[np.abs(x) < 0.4]  # beyond, its derivative has roots
    if row.name == "polygamma" and dict(options)["n"] > 0:
        x = x[x > 0]  # below, its derivative has roots
    return x, relative(by_torch(row, dict(options), [x])[1][0], true_derivative(row, dict(options), x))


@pytest.mark.parametrize(("row", "options"), DEVIATING)
def test_pytorchs_derivative_is_as_wrong_as_the_row_says_and_only_there(row: Row, options: Options) -> None:
    x, off = torchs_error(row, tuple(options.items()))
    wrong = off > np.maximum(FAR_OUT, known_error(row, options, [x]) * (1 + 1e-9))
    assert not wrong.any(), list(zip(x[wrong], off[wrong], strict=True))[:5]


@pytest.mark.parametrize("row", [row for row in ROWS if of_order(row, 1)], ids=lambda row: row.name)
def test_a_deviation_is_real(row: Row) -> None:
    cases = [case.values[1] for case in DEVIATING if case.values[0] is row]
    for deviation in of_order(row, 1):
        worst = [0.0]
        for options in cases:
            x, off = torchs_error(row, tuple(options.items()))
            worst += list(off[np.asarray(deviation.at(n, *arguments(row, options, [x])))])
        assert max(worst) > max(1e-10, deviation.bound / 1000), deviation


@pytest.mark.parametrize(
    ("row", "options"), [case for case in CASES if of_order(case.values[0], 2) and "threshold" not in case.values[1]]
)
def test_a_deviation_of_the_second_derivative_is_real_and_no_larger(row: Row, options: Options) -> None:
    at_bound: dict[float, list[float]] = {}
    x, off = second_error(row, options)
    for point, error in zip(x, off, strict=True):
        met = [d.bound for d in of_order(row, 2) if d.at(n, *arguments(row, options, [np.asarray(point)]))]
        at_bound.setdefault(max(met, default=1e-9), []).append(error)
    assert {bound for bound in at_bound if bound != 1e-9} == {d.bound for d in of_order(row, 2)} - UNREACHED
    for bound, errors in at_bound.items():
        assert max(errors) <= bound * (1 + 1e-9)
        assert bound == 1e-9 or max(errors) > bound / 1000


UNREACHED = {1e-4, 20.0}
"""At the poles of polygamma, where SciPy's own values have no digits to compare."""


def second_error(row: Row, options: Options) -> tuple[np.ndarray, np.ndarray]:
    """Points, and the relative error of PyTorch's second derivative there."""
    x = np.concatenate([np.linspace(1.6, 30, 150), [40.0, 100.0]])
    with mpmath.workdps(60):
        true = np.array([float(TRUE_SECOND[row.name](mpmath.mpf(float(a)), **options)) for a in x])
    return x, relative(second_by_torch(row, options, x), true)


def second_by_torch(row: Row, options: Options, x: np.ndarray) -> np.ndarray:
    at = torch.tensor(x, requires_grad=True)
    given = [float(options.get(p.name, p.default)) if p.name != "p" else options[p.name] for p in row.takes[1:]]
    (slope,) = torch.autograd.grad(row.torch(torch, at, *given).sum(), at, create_graph=True)
    return np.asarray(torch.autograd.grad(slope.sum(), at)[0])


def test_pytorchs_trigamma_is_an_approximation_also_as_a_value() -> None:
    x = np.linspace(0.5, 5, 50)
    off = relative(by_torch(TABLE["polygamma"], {"n": 1}, [x])[0], by_numpy(TABLE["polygamma"], {"n": 1}, [x]))
    assert 4e-10 < off.max() < 6e-10


# ---- kinks ----------------------------------------------------------------------------------------------------------
inf, nan = float("inf"), float("nan")
CHOICES: Mapping[str, Sequence[tuple[Options, Sequence[float], Sequence[float]]]] = {
    # options, the kink, PyTorch's gradient there
    "pow": [({}, (0, -1), (-inf, -inf)), ({}, (0, 0.5), (inf, 0)), ({}, (0, 0), (0, 0))],
    "sqrt": [({}, (0,), (inf,))],
    "asin": [({}, (1,), (inf,)), ({}, (-1,), (inf,))],
    "acos": [({}, (1,), (-inf,)), ({}, (-1,), (-inf,))],
    "acosh": [({}, (1,), (inf,))],
    "atan2": [({}, (0, 0), (0, 0)), ({}, (0, -2), (-0.5, 0))],
    "hypot": [({}, (0, 0), (nan, nan))],
    "abs": [({}, (0,), (0,))],
    "sign": [({}, (0,), (0,))],
    "copysign": [({}, (0, 2), (0, 0)), ({}, (0, 0), (0, 0)), ({}, (3, 0), (1, 0)), ({}, (3, -0.0), (-1, 0)),
                 ({}, (-3, 0), (-1, 0))],
    "maximum": [({}, (2, 2), (0.5, 0.5))],
    "minimum": [({}, (2, 2), (0.5, 0.5))],
    "fmax": [({}, (2, 2), (1, 0))],
    "fmin": [({}, (2, 2), (1, 0))],
    "clamp": [({"min": -1, "max": 1}, (-1,), (1,)), ({"min": -1, "max": 1}, (1,), (1,)), ({"min": 0}, (0,), (1,)),
              ({"max": 0}, (0,), (1,))],
    "clamp_min": [({"min": 1}, (1,), (1,))],
    "clamp_max": [({"max": 1}, (1,), (1,))],
    "floor": [({}, (2,), (0,)), ({}, (0,), (0,))],
    "ceil": [({}, (2,), (0,)), ({}, (0,), (0,))],
    "round": [({}, (0.5,), (0,)), ({}, (-1.5,), (0,))],
    "trunc": [({}, (2,), (0,)), ({}, (-1,), (0,))],
    "frac": [({}, (2,), (1,)), ({}, (-1,), (1,))],
    "fmod": [({}, (6, 2), (1, -3)), ({}, (-6, 2), (1, 3))],
    "remainder": [({}, (6, 2), (1, -3)), ({}, (0, 2), (1, 0)), ({}, (-6, 2), (1, 3))],
    "floor_divide": [({}, (6, 2), (0, 0)), ({}, (0, 2), (0, 0))],
    "xlogy": [({}, (0, 0), (0, nan)), ({}, (0, -1), (0, 0))],
    "xlog1py": [({}, (0, -1), (0, nan)), ({}, (0, -2), (0, 0))],
    "entr": [({}, (0,), (inf,))],
    "logit": [({"eps": 0.25}, (0.25,), (16 / 3,)), ({"eps": 0.25}, (0.75,), (16 / 3,))],
    "i0e": [({}, (0,), (0,))],
    "softplus": [({"beta": 2, "threshold": 3}, (1.5,), (1 / (1 + np.exp(-3)),))],
    "relu": [({}, (0,), (0,))],
    "leaky_relu": [({"negative_slope": 0.25}, (0,), (0.25,))],
    "prelu": [({}, (0, 0.25), (0.25, 0))],
    "elu": [({"alpha": 2}, (0,), (2,))],
    "selu": [({}, (0,), (1.7580993408473766,))],
    "threshold": [({"threshold": 1, "value": 5}, (1,), (0,))],
    "relu6": [({}, (0,), (0,)), ({}, (6,), (0,))],
    "hardtanh": [({}, (-1,), (0,)), ({}, (1,), (0,))],
    "hardsigmoid": [({}, (-3,), (0,)), ({}, (3,), (0,))],
    "hardswish": [({}, (-3,), (0,)), ({}, (3,), (1,))],
    "hardshrink": [({}, (0.5,), (0,)), ({}, (-0.5,), (0,)), ({"lambd": 0}, (0,), (0,))],
    "softshrink": [({}, (0.5,), (0,)), ({}, (-0.5,), (0,))],
}  # fmt: skip
UNDEFINED_BY_FORMULA = {"pow", "atan2", "xlogy", "xlog1py"}
"""Here the plain formula is 0/0 or log(0), and PyTorch's choice is an exception in its code."""
KINKS = [pytest.param(TABLE[name], *choice, id=f"{name}{choice[1]}") for name in CHOICES for choice in CHOICES[name]]


def test_every_kink_is_listed_with_pytorchs_choice() -> None:
    assert set(CHOICES) == {row.name for row in ROWS if row.kinks}
    for name, choices in CHOICES.items():
        for kink in TABLE[name].kinks:
            assert any(fires(kink, TABLE[name], options, at) for options, at, _ in choices), kink.says


SLOPES = {  # options, the point, the second derivative on both sides, PyTorch's
    "celu": [({}, 1.0, 0.0), ({"alpha": 2}, 0.5, 0.0)],
    "elu": [({}, 1.0, 0.0), ({"alpha": 2}, 2.0, 0.0)],
}


def test_a_kink_of_the_slope_is_where_the_second_derivative_jumps() -> None:
    assert set(SLOPES) == {row.name for row in ELEMENTWISE + ACTIVATIONS + SPECIAL if row.slope_kinks}
    for name, cases in SLOPES.items():
        row = TABLE[name]
        for options, below, choice in cases:
            assert [fires(kink, row, options, [at]) for kink in row.slope_kinks for at in (0.0, 1e-9)] == [True, False]
            found = second_by_torch(row, options, np.array([-1e-9, 0.0, 1e-9]))
            np.testing.assert_allclose(found, [below, choice, 0.0], atol=1e-8)


def fires(kink: Any, row: Row, options: Options, at: Sequence[float]) -> bool:
    with np.errstate(all="ignore"):
        mask = np.asarray(kink.at(n, *arguments(row, options, [np.asarray(float(a)) for a in at])))
    assert mask.shape == () and mask.dtype == bool
    return bool(mask)


@pytest.mark.parametrize(("row", "options", "at", "choice"), KINKS)
def test_a_kink_is_found_with_pytorchs_choice(row: Row, options: Options, at: Any, choice: Any) -> None:
    x = [np.asarray(float(a)) for a in at]
    assert any(fires(kink, row, options, at) for kink in row.kinks)
    np.testing.assert_allclose([float(g) for g in by_torch(row, options, x)[1]], choice, rtol=1e-15)
    if row.name not in UNDEFINED_BY_FORMULA:
        np.testing.assert_allclose([float(g) for g in by_formula(row, options, x)], choice, rtol=1e-15)


@pytest.mark.parametrize(("row", "options", "at", "choice"), KINKS)
def test_beside_a_kink_there_is_none(row: Row, options: Options, at: Any, choice: Any) -> None:
    nudged = [a + step for a, step in zip(at, (1e-9, 3.3e-9), strict=False)]
    assert not any(fires(kink, row, options, nudged) for kink in row.kinks)


@each_case
def test_a_kink_is_a_mask_over_the_result_and_does_not_fire_in_the_domain(row: Row, options: Options) -> None:
    x = sample(row, [(2, 3), (3,), ()])
    for kink in row.kinks:
        mask = np.asarray(kink.at(n, *arguments(row, options, x)))
        assert mask.shape == (2, 3) and not mask.any()


@pytest.mark.parametrize("row", [TABLE["celu"], TABLE["softplus"], TABLE["elu"]], ids=lambda row: row.name)
def test_what_is_smooth_with_its_defaults_has_no_kink(row: Row) -> None:
    x = np.array([-20.0, -1.0, 0.0, 1.0, 20.0])
    assert not any(np.any(kink.at(n, *arguments(row, {}, [x]))) for kink in row.kinks)


@pytest.mark.parametrize(("name", "at", "slopes"), [
    ("sinc", (0,), (0,)), ("i1", (0,), (0.5,)), ("i1e", (0,), (0.5,)), ("softsign", (0,), (1,)), ("trunc", (0,), (0,)),
    ("pow", (0, 2), (0, 0)), ("pow", (0, 1), (1, 0)), ("frac", (0,), (1,)), ("fmod", (0, 2), (1, 0)),
    ("atan2", (0, 2), (0.5, 0)), ("xlog1py", (0, 1), (np.log(2), 0)), ("celu", (0,), (1,)), ("elu", (0,), (1,)),
    ("tanhshrink", (0,), (0,)), ("xlogy", (0, 2), (np.log(2), 0)),
    ("logaddexp", (800, -800), (1, 0)), ("logsigmoid", (-800,), (1,)),
])  # fmt: skip
def test_a_point_that_looks_like_a_kink_is_none(name: str, at: Any, slopes: Any) -> None:
    row, x = TABLE[name], [np.asarray(float(a)) for a in at]
    assert not any(fires(kink, row, {}, at) for kink in row.kinks)
    np.testing.assert_allclose([float(g) for g in by_torch(row, {}, x)[1]], slopes)
    if name != "pow":  # SymPy writes y*x**y/x
        np.testing.assert_allclose([float(g) for g in by_formula(row, {}, x)], slopes)


# ---- what PyTorch refuses -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "options"), [
    ("clamp", {}), ("hardtanh", {"min_val": 1, "max_val": -1}),
    ("softshrink", {"lambd": -1}), ("celu", {"alpha": 0}), ("polygamma", {"n": -1}), ("multigammaln", {"p": 0}),
])  # fmt: skip
def test_options_that_pytorch_refuses_are_refused_with_the_shapes(name: str, options: Options) -> None:
    row = TABLE[name]
    with pytest.raises((RuntimeError, ValueError)):
        by_torch(row, options, [np.asarray(2.0)])
    with pytest.raises(GradcliError) as caught:
        row.shape(*arguments(row, options, [()], Fraction))
    assert caught.value.kind == "option" and str(caught.value)


@pytest.mark.parametrize(("x", "weight"), [((), ()), ((3,), ()), ((3,), (1,)), ((2, 3), (3,)), ((2, 3, 4), (1,))])
def test_prelu_takes_one_weight_a_channel(x: Any, weight: Any) -> None:
    row = TABLE["prelu"]
    value = row.torch(torch, torch.randn(x), torch.randn(weight))
    assert row.shape(x, weight) == value.shape


@pytest.mark.parametrize(("x", "weight"), [((2, 3, 4), (3,)), ((2, 3, 4), (4,)), ((3,), (3,)), ((2, 1), (1, 3)),
                                           ((), (1,))])  # fmt: skip
def test_prelu_refuses_weights_that_broadcasting_would_lay_otherwise(x: Any, weight: Any) -> None:
    with pytest.raises(GradcliError) as caught:
        TABLE["prelu"].shape(x, weight)
    assert caught.value.kind == "shape" and "where(x > 0" in str(caught.value.hint)


# ---- names and texts ------------------------------------------------------------------------------------------------
NOT_PYTORCHS = {"swish"}
"""Spelled as in the papers; PyTorch has silu only."""


def test_names_and_aliases_are_unique() -> None:
    spelled = [name for row in ROWS for name in (row.name, *row.aliases)]
    assert len(spelled) == len(set(spelled))


@each_row
def test_names_and_aliases_are_pytorchs_and_mean_this_function(row: Row) -> None:
    x = [torch.tensor(a) for a in points(row)]
    options = OPTIONS.get(row.name, ({},))[0]
    expected = row.torch(torch, *arguments(row, options, x))
    for name in {row.name, *row.aliases} - NOT_PYTORCHS:
        homes = (torch, torch.special, torch.nn.functional, torch.Tensor)
        spelled = [getattr(home, name) for home in homes if hasattr(home, name)]
        assert spelled, name
        got = spelled[0](*(a.bool() if (row.name, k) == ("where", 0) else a
                           for k, a in enumerate(filled_without_defaults(row, options, x))))  # fmt: skip
        torch.testing.assert_close(got.to(expected.dtype), expected, rtol=0, atol=0, equal_nan=True)


def filled_without_defaults(row: Row, options: Options, x: Sequence[Any]) -> Iterator[Any]:
    rest = iter(x)
    for p in row.takes:
        if p.kind == "tensor":
            yield next(rest)
        elif p.name in options:
            yield options[p.name]


@each_row
def test_the_example_runs_and_shows_the_function(row: Row) -> None:
    assert row.name in {
        node.id for node in ast.walk(ast.parse(row.example, mode="eval")) if isinstance(node, ast.Name)
    } | {node.attr for node in ast.walk(ast.parse(row.example)) if isinstance(node, ast.Attribute)}
    values = {"x": torch.tensor([1.25, 1.5]), "y": torch.tensor([2.0, 3.0])}
    if row.domain[0][1] < 1.25:
        values = {"x": torch.tensor([0.25, 0.5]), "y": torch.tensor([2.0, 3.0])}
    got = eval(row.example, {"__builtins__": {}, **{r.name: called(r) for r in ROWS}}, values)  # noqa: S307
    assert got.shape == (2,) and got.double().isfinite().all()


def called(row: Row) -> Callable[..., Any]:
    """The row as a Python function over torch tensors, with its parameters by place or by name."""

    def function_of(*given: Any, **named: Any) -> Any:
        assert set(named) <= {p.name for p in row.takes}
        filled = [*given, *(named.get(p.name, p.default) for p in row.takes[len(given) :])]
        as_tensors = [torch.as_tensor(a) if p.kind == "tensor" else a for p, a in zip(row.takes, filled, strict=True)]
        return row.torch(torch, *as_tensors)

    return function_of


@each_row
def test_the_latex_has_a_slot_for_each_tensor_and_balanced_braces(row: Row) -> None:
    if row.latex is None:
        return
    slots = [field for _, field, _, _ in Formatter().parse(row.latex) if field is not None]
    assert slots == [""] * len(row.tensors)
    written = row.latex.format(*"abc"[: len(slots)])
    assert written.count("{") == written.count("}") and written.count(r"\left") == written.count(r"\right")


def test_a_row_with_options_leaves_its_latex_to_the_writer_who_can_show_them() -> None:
    assert [row.name for row in ROWS if row.latex is not None and len(row.takes) > len(row.tensors)] == []


@each_row
def test_the_text_is_for_people(row: Row) -> None:
    assert row.doc and not row.doc.endswith(".")
    assert row.doc[0].islower() or not row.doc[0].isalpha()
    assert all(kink.says and not kink.says.endswith(".") for kink in row.kinks)
    assert all(deviation.says and deviation.bound > 0 for deviation in row.deviations)
