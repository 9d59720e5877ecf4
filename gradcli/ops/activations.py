"""Functions of entries that neural networks use: one row each. At a kink the formulas take PyTorch's choice."""

from __future__ import annotations

from math import inf, isinf
from typing import Any

from gradcli.message import N_, GradcliError, fault
from gradcli.ops.row import Deviation, Kink, Number, Numpy, Param, Row, at_zero, call, cancelling, elementwise
from gradcli.report import Array
from gradcli.shapes import Shape, written

SELU_SCALE, SELU_SLOPE = "1.0507009873554805", "1.7580993408473766"
"""selu's two constants: its slope above 0, and its slope just below."""
DEFAULT_THRESHOLD = 20
"""Beyond it PyTorch's softplus(x) is x. At 20 that is rounding, so the derivative is written without it; at a smaller
threshold of the user's it is another function."""


# ---- where PyTorch's own rules round (in float64, against 60 digits) ------------------------------------------------
_SIGMOID = N_("1 - sigmoid(x) cancels where x is large")
_LINEAR = N_("PyTorch takes softplus(x) for x where beta*x is above the threshold")
_SOFTSIGN = N_("PyTorch differentiates softsign as a quotient, which cancels where |x| is large")
_TANHSHRINK = N_("PyTorch computes tanh(x)^2 as 1 - (1 - tanh(x)^2), which cancels near 0")
_GELU = N_("PyTorch's gelu computes 1 + erf or 1 + tanh, which cancels where x is far below 0")
_GELU_LOST = {"none": -7.5, "tanh": -6.0}
"""Below it nothing is left of that sum."""


# ---- what PyTorch refuses -------------------------------------------------------------------------------------------
def _ordered(shape: Shape, low: Any, high: Any) -> GradcliError | None:
    if low > high:
        return fault("option", N_("min_val={low} is larger than max_val={high}"), low=low, high=high)
    return None


def _not_negative(shape: Shape, lambd: Any) -> GradcliError | None:
    if 0 <= lambd < inf:
        return None
    return fault("option", N_("softshrink needs a finite lambd of 0 or more, not {lambd}"), lambd=float(lambd))


def _finite_beta(shape: Shape, beta: Number, threshold: Any) -> GradcliError | None:
    return fault("option", N_("softplus needs a finite beta, not {beta}"), beta=beta) if isinf(beta) else None


def _not_zero(shape: Shape, alpha: Any) -> GradcliError | None:
    return fault("option", N_("celu divides by alpha, which is 0")) if alpha == 0 else None


def _one_weight_a_channel(x: Shape, weight: Shape) -> GradcliError | None:
    # PyTorch lays the weight along axis 1; where that is not what broadcasting does, refuse
    fits = weight == () or (weight == (1,) and x != ()) or (len(x) == 2 and weight == x[1:])
    if fits:
        return None
    return fault(
        "shape",
        N_("prelu takes one weight, or one for each column of a matrix; x is {x} and weight is {w}"),
        hint=N_("write where(x > 0, x, weight*x), with weight shaped to broadcast"),
        x=written(x),
        w=written(weight),
    )


def _logistic(n: Numpy, x: Array) -> Array:
    """1/(1 + e^-x) to the last digit on both sides of 0. SciPy's expit is the same and takes 0.2 s to import, which the
    commonest activation of all should not wait for."""
    e = n.exp(-n.abs(x))
    return n.where(x >= 0, 1.0, e) / (1.0 + e)


def _activation(name: str, doc: str, **rest: Any) -> Row:
    """A function that PyTorch has in nn.functional."""
    return elementwise(name, doc, torch=call(f"nn.functional.{name}"), **rest)


# fmt: off
ACTIVATIONS: tuple[Row, ...] = (
    # ---- smooth ----------------------------------------------------------------------------------------------------
    elementwise("sigmoid", N_("the logistic function, 1/(1 + e^-x)"), aliases=("expit",),
                latex=r"\sigma\left({}\right)", numpy=_logistic, sympy=lambda sp, u: 1 / (1 + sp.exp(-u)),
                derivative=lambda s, u, y: y * (1 - y),
                deviations=cancelling(lambda n, x: x > 10, lambda n, x: x >= 25, 1e-5, _SIGMOID)),
    _activation("logsigmoid", N_("the logarithm of sigmoid"), latex=r"\ln\sigma\left({}\right)",
                numpy=lambda n, x: -n.logaddexp(0, -x), sympy=lambda sp, u: -sp.log(1 + sp.exp(-u)),
                derivative=lambda s, u, y: s.sigmoid(-u),
                deviations=cancelling(lambda n, x: x > 10, lambda n, x: x >= 25, 1e-5, _SIGMOID, order=2)),
    _activation("softplus", N_("a smooth relu, log(1 + e^(beta*x))/beta"),
                options=(Param("beta", "number", 1), Param("threshold", "number", DEFAULT_THRESHOLD)),
                check=_finite_beta,
                numpy=lambda n, x, beta, threshold: n.where(
                    (beta * x > threshold) & (threshold < DEFAULT_THRESHOLD), x, n.logaddexp(0, beta * x) / beta),
                sympy=lambda sp, u, beta, threshold: (
                    sp.log(1 + sp.exp(beta * u)) / beta if threshold >= DEFAULT_THRESHOLD
                    else sp.Piecewise((u, beta * u > threshold), (sp.log(1 + sp.exp(beta * u)) / beta, True))),
                derivative=lambda s, u, beta, threshold, y: (
                    s.sigmoid(beta * u) if threshold >= DEFAULT_THRESHOLD
                    else s.where(s.gt(beta * u, threshold), 1, s.sigmoid(beta * u))),
                kinks=(Kink(lambda n, x, beta, threshold: (beta * x == threshold) & (threshold < DEFAULT_THRESHOLD),
                            N_("softplus becomes x at the threshold; PyTorch takes sigmoid there")),),
                deviations=(
                    Deviation(lambda n, x, beta, threshold: (beta * x > threshold) & (threshold >= DEFAULT_THRESHOLD),
                              2.1e-9, _LINEAR),
                    Deviation(lambda n, x, beta, threshold: beta * x > 10, 1e-5, _SIGMOID, order=2),
                    Deviation(lambda n, x, beta, threshold: (beta * x >= threshold) & (threshold >= DEFAULT_THRESHOLD),
                              1.0, _LINEAR, order=2))),
    _activation("silu", N_("x times sigmoid(x), also called swish"), aliases=("swish",),
                numpy=lambda n, x: x * _logistic(n, x), scalar=lambda s, u: u * s.sigmoid(u)),
    elementwise("gelu", N_("x times the normal distribution function of x"),
                options=(Param("approximate", "text", "none", ("none", "tanh")),),
                torch=lambda t, x, approximate: t.nn.functional.gelu(x, approximate=approximate),
                numpy=lambda n, x, approximate: x * (
                    n.special.ndtr(x) if approximate == "none"
                    else _logistic(n, n.sqrt(8 / n.pi) * (x + 0.044715 * x**3))),
                # ndtr and not (1 + erf)/2, sigmoid(2z) and not (1 + tanh z)/2: the same, without cancelling at x << 0
                scalar=lambda s, u, approximate: u * (
                    s.ndtr(u) if approximate == "none"
                    else s.sigmoid(s.sqrt(8 / s.pi) * (u + s.number("0.044715") * u**3))),
                deviations=cancelling(lambda n, x, method: x < -4, lambda n, x, method: x <= _GELU_LOST[method],
                                      1e-5, _GELU)),
    _activation("mish", N_("x times tanh(softplus(x))"), numpy=lambda n, x: x * n.tanh(n.logaddexp(0, x)),
                scalar=lambda s, u: u * s.tanh(s.softplus(u, 1, DEFAULT_THRESHOLD))),
    _activation("softsign", N_("x/(1 + |x|)"), numpy=lambda n, x: x / (1 + n.abs(x)),
                sympy=lambda sp, u: u / (1 + sp.Abs(u)), derivative=lambda s, u, y: 1 / (1 + s.abs(u)) ** 2,
                deviations=cancelling(lambda n, x: n.abs(x) > 3e4, lambda n, x: n.abs(x) >= 1e10, 1e-5, _SOFTSIGN)),
    _activation("tanhshrink", N_("x - tanh(x)"), numpy=lambda n, x: x - n.tanh(x), scalar=lambda s, u: u - s.tanh(u),
                deviations=cancelling(lambda n, x: n.abs(x) < 3e-3, lambda n, x: n.abs(x) <= 3e-6, 1e-5, _TANHSHRINK)),
    _activation("celu", N_("x where positive, else alpha*(e^(x/alpha) - 1): elu without a kink"), example="celu(x, 2)",
                options=(Param("alpha", "number", 1),), check=_not_zero,
                numpy=lambda n, x, alpha: n.where(x > 0, x, alpha * n.expm1(x / alpha)),
                sympy=lambda sp, u, alpha: sp.Piecewise((u, u > 0), (alpha * (sp.exp(u / alpha) - 1), True)),
                slope_kinks=(Kink(at_zero,
                                  N_("celu has no second derivative at 0; PyTorch takes 0")),)),

    # ---- one kink --------------------------------------------------------------------------------------------------
    elementwise("relu", N_("x where x is positive, else 0"), numpy=lambda n, x: n.maximum(x, 0),
                sympy=lambda sp, u: sp.Piecewise((u, u > 0), (0, True)),
                kinks=(Kink(at_zero, N_("relu has no derivative at 0; PyTorch takes 0")),)),
    _activation("leaky_relu", N_("x where x is positive, else negative_slope*x"), example="leaky_relu(x, 0.1)",
                options=(Param("negative_slope", "number", 0.01),),
                numpy=lambda n, x, slope: n.where(x > 0, x, slope * x),
                sympy=lambda sp, u, slope: sp.Piecewise((u, u > 0), (slope * u, True)),
                kinks=(Kink(at_zero,
                            N_("leaky_relu has no derivative at 0; PyTorch takes negative_slope")),)),
    elementwise("prelu", N_("x where x is positive, else weight*x; one weight, or one for each column"),
                example="prelu(x, 0.25)", tensors="input weight", check=_one_weight_a_channel,
                numpy=lambda n, x, w: n.where(x > 0, x, w * x),
                sympy=lambda sp, u, w: sp.Piecewise((u, u > 0), (w * u, True)),
                kinks=(Kink(lambda n, x, w: (x == 0) & ~n.isnan(w),
                            N_("prelu has no derivative at 0; PyTorch takes the weight in x and 0 in the weight")),)),
    _activation("elu", N_("x where x is positive, else alpha*(e^x - 1)"), options=(Param("alpha", "number", 1),),
                numpy=lambda n, x, alpha: n.where(x > 0, x, alpha * n.expm1(x)),
                sympy=lambda sp, u, alpha: sp.Piecewise((u, u > 0), (alpha * (sp.exp(u) - 1), True)),
                kinks=(Kink(lambda n, x, alpha: (x == 0) & (alpha != 1),
                            N_("elu has no derivative at 0 unless alpha is 1; PyTorch takes alpha")),),
                slope_kinks=(Kink(at_zero,
                                  N_("elu has no second derivative at 0; PyTorch takes 0")),)),
    _activation("selu", N_("elu with the two constants that keep mean 0 and variance 1"),
                numpy=lambda n, x: n.where(x > 0, float(SELU_SCALE) * x, float(SELU_SLOPE) * n.expm1(x)),
                sympy=lambda sp, u: sp.Piecewise(
                    (sp.Rational(SELU_SCALE) * u, u > 0), (sp.Rational(SELU_SLOPE) * (sp.exp(u) - 1), True)),
                kinks=(Kink(at_zero,
                            N_("selu has no derivative at 0; PyTorch takes the slope below it, 1.758")),)),
    _activation("threshold", N_("x where x is above the threshold, else value"), example="threshold(x, 0.5, 0)",
                options=(Param("threshold", "number"), Param("value", "number")),
                numpy=lambda n, x, threshold, value: n.where(x > threshold, x, value),
                sympy=lambda sp, u, threshold, value: sp.Piecewise((u, u > threshold), (value, True)),
                kinks=(Kink(lambda n, x, threshold, value: x == threshold,
                            N_("threshold has no derivative at the threshold; PyTorch takes 0")),)),

    # ---- two kinks -------------------------------------------------------------------------------------------------
    _activation("relu6", N_("x kept between 0 and 6"), numpy=lambda n, x: n.clip(x, 0, 6),
                sympy=lambda sp, u: sp.Piecewise((u, sp.And(u > 0, u < 6)), (0, u <= 0), (6, True)), domain=(-2, 8),
                kinks=(Kink(lambda n, x: (x == 0) | (x == 6),
                            N_("relu6 has no derivative at 0 and 6; PyTorch takes 0")),)),
    _activation("hardtanh", N_("x kept between min_val and max_val"),
                options=(Param("min_val", "number", -1), Param("max_val", "number", 1)), check=_ordered,
                numpy=call("clip"),
                sympy=lambda sp, u, low, high: sp.Piecewise(
                    (u, sp.And(u > low, u < high)), (low, u <= low), (high, True)),
                kinks=(Kink(lambda n, x, low, high: (x == low) | (x == high),
                            N_("hardtanh has no derivative at min_val and max_val; PyTorch takes 0")),)),
    _activation("hardsigmoid", N_("x/6 + 1/2 kept between 0 and 1"), domain=(-5, 5),
                numpy=lambda n, x: n.clip(x + 3, 0, 6) / 6,
                sympy=lambda sp, u: sp.Piecewise(((u + 3) / 6, sp.And(u > -3, u < 3)), (0, u <= -3), (1, True)),
                kinks=(Kink(lambda n, x: n.abs(x) == 3,
                            N_("hardsigmoid has no derivative at -3 and 3; PyTorch takes 0")),),
                deviations=(Deviation(lambda n, x: n.abs(x) < 3, 3e-8,
                                      N_("PyTorch's derivative of hardsigmoid is 1/6 rounded to float32")),)),
    _activation("hardswish", N_("x times hardsigmoid(x)"), domain=(-5, 5),
                numpy=lambda n, x: x * (n.clip(x + 3, 0, 6) / 6),
                sympy=lambda sp, u: sp.Piecewise((0, u <= -3), (u, u >= 3), (u * (u + 3) / 6, True)),
                kinks=(Kink(lambda n, x: x == -3, N_("hardswish has no derivative at -3; PyTorch takes 0")),
                       Kink(lambda n, x: x == 3, N_("hardswish has no derivative at 3; PyTorch takes 1")))),
    _activation("hardshrink", N_("x where |x| is above lambd, else 0"), options=(Param("lambd", "number", 0.5),),
                numpy=lambda n, x, lambd: n.where(n.abs(x) > lambd, x, 0.0),
                sympy=lambda sp, u, lambd: sp.Piecewise((u, sp.Abs(u) > lambd), (0, True)),
                kinks=(Kink(lambda n, x, lambd: n.abs(x) == lambd,
                            N_("hardshrink jumps at -lambd and lambd; PyTorch takes 0")),)),
    _activation("softshrink", N_("x moved towards 0 by lambd, and 0 where |x| is at most lambd"),
                options=(Param("lambd", "number", 0.5),), check=_not_negative,
                numpy=lambda n, x, lambd: n.sign(x) * n.maximum(n.abs(x) - lambd, 0),
                sympy=lambda sp, u, lambd: sp.Piecewise((u - lambd * sp.sign(u), sp.Abs(u) > lambd), (0, True)),
                derivative=lambda s, u, lambd, y: s.gt(s.abs(u), lambd),
                kinks=(Kink(lambda n, x, lambd: n.abs(x) == lambd,
                            N_("softshrink has no derivative at -lambd and lambd; PyTorch takes 0")),)),
)
# fmt: on
