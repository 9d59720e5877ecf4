"""Functions of entries, arithmetic and everyday: one row each. The meaning is `scalar` (written in simpler functions)
or `derivative` (a function of its own, with its partials). At a kink the formulas take PyTorch's choice. Comparisons
are 0 or 1 for each entry; a tensor stands for true where it is not 0."""

from __future__ import annotations

from typing import Any

from gradcli.message import N_, GradcliError, fault
from gradcli.ops.row import Deviation, Kink, Param, Row, at_zero, call, cancelling, elementwise, flat, mask

BOTH = "input other"
MIN, MAX = Param("min", "number", None), Param("max", "number", None)


# ---- where PyTorch's own rules round (in float64, against 60 digits) ------------------------------------------------
_EXPM1 = N_("PyTorch computes e^x as expm1(x) + 1, which cancels where x is far below 0")
_SQUARE = N_("1 - x^2 cancels where |x| is near 1")
_NEAR_ONE = (Deviation(lambda n, x: abs(x) > 1 - 1e-4, 5e-9, _SQUARE),)
_TANH = N_("1 - tanh(x)^2 cancels where |x| is large")


# ---- what PyTorch refuses -------------------------------------------------------------------------------------------
def _needs_a_bound(shape: Any, low: Any, high: Any) -> GradcliError | None:
    if low is None and high is None:
        return fault("option", N_("clamp needs min, max or both"), hint=N_("write clamp(x, min=0)"))
    return None


# ---- in SymPy's words -----------------------------------------------------------------------------------------------
def _between(sp: Any, u: Any, low: Any, high: Any) -> Any:
    """u at the bounds, too; where they are in the wrong order, the upper one wins."""
    if low is None:
        return sp.Piecewise((u, u <= high), (high, True))
    if high is None:
        return sp.Piecewise((u, u >= low), (low, True))
    return sp.Piecewise((u, sp.And(u >= low, u <= high)), (sp.Min(low, high), u < low), (high, True))


# fmt: off
ELEMENTWISE: tuple[Row, ...] = (
    # ---- arithmetic ------------------------------------------------------------------------------------------------
    elementwise("add", N_("the sum, x + y"), tensors=BOTH, latex=r"\left({} + {}\right)", numpy=lambda n, a, b: a + b,
                scalar=lambda s, a, b: a + b),
    elementwise("sub", N_("the difference, x - y"), tensors=BOTH, aliases=("subtract",),
                latex=r"\left({} - \left({}\right)\right)", numpy=lambda n, a, b: a - b, scalar=lambda s, a, b: a - b),
    elementwise("mul", N_("the product, x*y"), tensors=BOTH, aliases=("multiply",),
                latex=r"\left({}\right) \cdot \left({}\right)", numpy=lambda n, a, b: a * b,
                scalar=lambda s, a, b: a * b),
    elementwise("div", N_("the quotient, x/y"), tensors=BOTH, aliases=("divide", "true_divide"),
                latex=r"\frac{{{}}}{{{}}}", domain=((-2, 2), (0.5, 2)), numpy=lambda n, a, b: a / b,
                scalar=lambda s, a, b: a / b),
    elementwise("neg", N_("the negative, -x"), aliases=("negative",), latex=r"\left(-\left({}\right)\right)",
                numpy=lambda n, x: -x, scalar=lambda s, u: -u),
    elementwise("clone", N_("x itself: a copy, or x laid out anew in memory"), aliases=("contiguous", "positive"),
                latex="{}", numpy=lambda n, x: +x, scalar=lambda s, u: u),
    elementwise("detach", N_("x as a constant: its value stays, its derivative is 0"), example="x*x.detach()",
                differentiable=False, numpy=lambda n, x: +x, derivative=flat),
    elementwise("reciprocal", N_("1/x"), latex=r"\frac{{1}}{{{}}}", domain=(0.5, 2), numpy=lambda n, x: 1 / x,
                scalar=lambda s, u: 1 / u),
    elementwise("square", N_("x squared"), latex=r"\left({}\right)^{{2}}", scalar=lambda s, u: u**2),
    elementwise("addcmul", N_("x + value*y*z"), example="addcmul(x, y, y, value=2)", tensors="input tensor1 tensor2",
                options=(Param("value", "number", 1),), torch=lambda t, x, a, b, value: t.addcmul(x, a, b, value=value),
                numpy=lambda n, x, a, b, value: x + value * a * b, scalar=lambda s, x, a, b, value: x + value * a * b),
    elementwise("addcdiv", N_("x + value*y/z"), example="addcdiv(x, y, exp(x), value=2)",
                tensors="input tensor1 tensor2", options=(Param("value", "number", 1),),
                domain=((-2, 2), (-2, 2), (0.5, 2)), torch=lambda t, x, a, b, value: t.addcdiv(x, a, b, value=value),
                numpy=lambda n, x, a, b, value: x + value * a / b, scalar=lambda s, x, a, b, value: x + value * a / b),
    elementwise("lerp", N_("the point between x and y at the given share of the way, x + weight*(y - x)"),
                example="lerp(x, y, 0.25)", tensors="input end weight", numpy=lambda n, a, b, w: a + w * (b - a),
                scalar=lambda s, a, b, w: a + w * (b - a)),

    # ---- powers, exponentials, logarithms --------------------------------------------------------------------------
    elementwise("pow", N_("x to the power y"), example="pow(x, 3)", tensors="input exponent",
                latex=r"\left({}\right)^{{{}}}", domain=((0.2, 2), (-2, 2)), numpy=call("power"),
                scalar=lambda s, a, b: a**b,
                kinks=(Kink(lambda n, a, b: (a == 0) & (b < 1),
                            N_("0**y has no derivative for y < 1; PyTorch takes y*0**(y - 1) in x (0 where y is 0), "
                               "and in y the limit of 0**y*log(0) (0, and -inf where y < 0)")),)),
    elementwise("sqrt", N_("the square root"), latex=r"\sqrt{{{}}}", domain=(0.1, 4), scalar=call("sqrt"),
                kinks=(Kink(at_zero, N_("sqrt has no derivative at 0; PyTorch takes inf")),)),
    elementwise("rsqrt", N_("1 over the square root"), latex=r"\frac{{1}}{{\sqrt{{{}}}}}", domain=(0.1, 4),
                numpy=lambda n, x: 1 / n.sqrt(x), scalar=lambda s, u: 1 / s.sqrt(u)),
    elementwise("exp", N_("e to the power x"), latex=r"e^{{{}}}", scalar=call("exp")),
    elementwise("exp2", N_("2 to the power x"), latex=r"2^{{{}}}", scalar=lambda s, u: 2**u),
    elementwise("expm1", N_("e^x - 1, exact near 0"), latex=r"\left(e^{{{}}} - 1\right)",
                sympy=lambda sp, u: sp.exp(u) - 1,
                deviations=cancelling(lambda n, x: x < -11, lambda n, x: x <= -22, 1e-6, _EXPM1)),
    elementwise("log", N_("the natural logarithm"), latex=r"\ln\left({}\right)", domain=(0.1, 4), scalar=call("log")),
    elementwise("log2", N_("the logarithm to base 2"), latex=r"\log_{{2}}\left({}\right)", domain=(0.1, 4),
                scalar=lambda s, u: s.log(u) / s.log(2)),
    elementwise("log10", N_("the logarithm to base 10"), latex=r"\log_{{10}}\left({}\right)", domain=(0.1, 4),
                scalar=lambda s, u: s.log(u) / s.log(10)),
    elementwise("log1p", N_("log(1 + x), exact near 0"), latex=r"\ln\left(1 + {}\right)", domain=(-0.8, 4),
                sympy=lambda sp, u: sp.log(1 + u)),
    elementwise("logaddexp", N_("log(e^x + e^y), without overflow"), tensors=BOTH,
                sympy=lambda sp, a, b: sp.log(sp.exp(a) + sp.exp(b)),
                derivative=(lambda s, a, b, y: s.sigmoid(a - b), lambda s, a, b, y: s.sigmoid(b - a))),
    elementwise("logaddexp2", N_("log2(2^x + 2^y), without overflow"), tensors=BOTH,
                sympy=lambda sp, a, b: sp.log(2**a + 2**b, 2),
                derivative=(lambda s, a, b, y: 1 / (1 + 2 ** (b - a)), lambda s, a, b, y: 1 / (1 + 2 ** (a - b)))),

    # ---- circular and hyperbolic functions -------------------------------------------------------------------------
    elementwise("sin", N_("the sine"), sympy=call("sin")),
    elementwise("cos", N_("the cosine"), sympy=call("cos")),
    elementwise("tan", N_("the tangent"), domain=(-1.4, 1.4), sympy=call("tan")),
    elementwise("asin", N_("the arc sine"), latex=r"\arcsin\left({}\right)", aliases=("arcsin",), domain=(-0.95, 0.95),
                numpy=call("arcsin"), sympy=call("asin"),
                kinks=(Kink(lambda n, x: abs(x) == 1, N_("asin has no derivative at 1 and -1; PyTorch takes inf")),),
                deviations=_NEAR_ONE),
    elementwise("acos", N_("the arc cosine"), latex=r"\arccos\left({}\right)", aliases=("arccos",),
                domain=(-0.95, 0.95), numpy=call("arccos"), sympy=call("acos"),
                kinks=(Kink(lambda n, x: abs(x) == 1, N_("acos has no derivative at 1 and -1; PyTorch takes -inf")),),
                deviations=_NEAR_ONE),
    elementwise("atan", N_("the arc tangent"), latex=r"\arctan\left({}\right)", aliases=("arctan",),
                numpy=call("arctan"), sympy=call("atan")),
    elementwise("atan2", N_("the angle of the point (y, x) seen from the origin: atan(x/y) in the right quadrant"),
                tensors=BOTH, aliases=("arctan2",), numpy=call("arctan2"), sympy=call("atan2"),
                kinks=(Kink(lambda n, a, b: (a == 0) & (b == 0),
                            N_("atan2 has no derivative at (0, 0); PyTorch takes 0")),
                       Kink(lambda n, a, b: (a == 0) & (b < 0),
                            N_("atan2 jumps from -pi to pi; PyTorch takes the slope on either side")))),
    elementwise("sinh", N_("the hyperbolic sine"), sympy=call("sinh")),
    elementwise("cosh", N_("the hyperbolic cosine"), sympy=call("cosh")),
    elementwise("tanh", N_("the hyperbolic tangent"), sympy=call("tanh"),
                deviations=cancelling(lambda n, x: abs(x) > 6, lambda n, x: abs(x) >= 13, 2e-5, _TANH)),
    elementwise("asinh", N_("the inverse hyperbolic sine"), aliases=("arcsinh",),
                latex=r"\operatorname{{arsinh}}\left({}\right)", numpy=call("arcsinh"), sympy=call("asinh")),
    elementwise("acosh", N_("the inverse hyperbolic cosine"), aliases=("arccosh",),
                latex=r"\operatorname{{arcosh}}\left({}\right)", domain=(1.1, 4), numpy=call("arccosh"),
                sympy=call("acosh"),
                kinks=(Kink(lambda n, x: x == 1, N_("acosh has no derivative at 1; PyTorch takes inf")),),
                deviations=(Deviation(lambda n, x: x < 1 + 1e-4, 5e-9, _SQUARE),)),
    elementwise("atanh", N_("the inverse hyperbolic tangent"), aliases=("arctanh",),
                latex=r"\operatorname{{artanh}}\left({}\right)", domain=(-0.95, 0.95), numpy=call("arctanh"),
                sympy=call("atanh"), deviations=_NEAR_ONE),
    elementwise("deg2rad", N_("degrees as radians"), scalar=lambda s, u: u * s.pi / 180),
    elementwise("rad2deg", N_("radians as degrees"), scalar=lambda s, u: u * 180 / s.pi),
    elementwise("hypot", N_("the length of the vector (x, y), without overflow"), tensors=BOTH,
                sympy=lambda sp, a, b: sp.sqrt(a**2 + b**2),
                kinks=(Kink(lambda n, a, b: (a == 0) & (b == 0),
                            N_("hypot has no derivative at (0, 0); PyTorch gives nan")),)),

    # ---- signs and choices: constant or linear between kinks -------------------------------------------------------
    elementwise("abs", N_("the absolute value"), aliases=("absolute",), latex=r"\left|{}\right|", sympy=call("Abs"),
                kinks=(Kink(at_zero, N_("abs has no derivative at 0; PyTorch takes 0")),)),
    elementwise("sign", N_("-1, 0 or 1 as x is negative, zero or positive"), aliases=("sgn",), sympy=call("sign"),
                derivative=flat, kinks=(Kink(at_zero, N_("sign jumps at 0; PyTorch takes 0")),)),
    elementwise("copysign", N_("the size of x with the sign of y"), tensors=BOTH,
                # the sign of the result, not of y: at y = ±0 the sign bit counts
                sympy=lambda sp, a, b: sp.Abs(a) * sp.sign(b),
                derivative=(lambda s, a, b, y: s.sign(a) * s.sign(y), flat),
                kinks=(Kink(lambda n, a, b: (a == 0) & ~n.isnan(b),
                            N_("copysign has no derivative in x at 0; PyTorch takes 0")),
                       Kink(lambda n, a, b: (b == 0) & (a != 0), N_("copysign jumps at y = 0; PyTorch takes 0 in y")))),
    elementwise("maximum", N_("the larger of x and y"), tensors=BOTH, latex=r"\max\left({}, {}\right)",
                sympy=call("Max"),
                derivative=(lambda s, a, b, y: s.gt(a, b) + s.eq(a, b) / 2,
                            lambda s, a, b, y: s.gt(b, a) + s.eq(a, b) / 2),
                kinks=(Kink(lambda n, a, b: a == b,
                            N_("maximum has no derivative where x equals y; PyTorch takes 1/2 in each")),)),
    elementwise("minimum", N_("the smaller of x and y"), tensors=BOTH, latex=r"\min\left({}, {}\right)",
                sympy=call("Min"),
                derivative=(lambda s, a, b, y: s.lt(a, b) + s.eq(a, b) / 2,
                            lambda s, a, b, y: s.lt(b, a) + s.eq(a, b) / 2),
                kinks=(Kink(lambda n, a, b: a == b,
                            N_("minimum has no derivative where x equals y; PyTorch takes 1/2 in each")),)),
    elementwise("fmax", N_("the larger of x and y; a nan gives way to the other"), tensors=BOTH,
                sympy=lambda sp, a, b: sp.Piecewise((a, a >= b), (b, True)),
                derivative=(None, lambda s, a, b, y: s.lt(a, b)),
                kinks=(Kink(lambda n, a, b: a == b,
                            N_("fmax has no derivative where x equals y; PyTorch takes 1 in x and 0 in y")),)),
    elementwise("fmin", N_("the smaller of x and y; a nan gives way to the other"), tensors=BOTH,
                sympy=lambda sp, a, b: sp.Piecewise((a, a <= b), (b, True)),
                derivative=(None, lambda s, a, b, y: s.gt(a, b)),
                kinks=(Kink(lambda n, a, b: a == b,
                            N_("fmin has no derivative where x equals y; PyTorch takes 1 in x and 0 in y")),)),
    elementwise("clamp", N_("x kept between min and max"), example="clamp(x, -1, 1)", aliases=("clip",),
                options=(MIN, MAX), check=_needs_a_bound, numpy=call("clip"), sympy=_between,
                kinks=(Kink(lambda n, x, low, high: (x == (n.nan if low is None else low))
                                                    | (x == (n.nan if high is None else high)),
                            N_("clamp has no derivative at min and max; PyTorch takes 1")),)),
    elementwise("clamp_min", N_("x, but at least min"), example="clamp_min(x, 0)", options=(Param("min", "number"),),
                numpy=call("maximum"), sympy=lambda sp, u, low: sp.Piecewise((u, u >= low), (low, True)),
                kinks=(Kink(lambda n, x, low: x == low,
                            N_("clamp_min has no derivative at min; PyTorch takes 1")),)),
    elementwise("clamp_max", N_("x, but at most max"), example="clamp_max(x, 1)", options=(Param("max", "number"),),
                numpy=call("minimum"), sympy=lambda sp, u, high: sp.Piecewise((u, u <= high), (high, True)),
                kinks=(Kink(lambda n, x, high: x == high,
                            N_("clamp_max has no derivative at max; PyTorch takes 1")),)),
    elementwise("where", N_("x where the condition holds (is not 0), else y"), example="where(x > 0, x, y)",
                tensors="condition input other", torch=lambda t, c, a, b: t.where(c != 0, a, b),
                numpy=lambda n, c, a, b: n.where(c != 0, a, b), scalar=lambda s, c, a, b: s.where(s.ne(c, 0), a, b)),

    # ---- rounding: steps, and what is left of x above them ---------------------------------------------------------
    elementwise("floor", N_("x rounded down"), latex=r"\left\lfloor {} \right\rfloor", derivative=flat,
                kinks=(Kink(lambda n, x: x == n.floor(x), N_("floor jumps at whole numbers; PyTorch takes 0")),)),
    elementwise("ceil", N_("x rounded up"), latex=r"\left\lceil {} \right\rceil", derivative=flat,
                kinks=(Kink(lambda n, x: x == n.floor(x), N_("ceil jumps at whole numbers; PyTorch takes 0")),)),
    elementwise("round", N_("x rounded to the nearest whole number, halves to the even one"), derivative=flat,
                kinks=(Kink(lambda n, x: abs(x - n.trunc(x)) == 0.5,
                            N_("round jumps half-way between whole numbers; PyTorch takes 0")),)),
    elementwise("trunc", N_("x rounded towards 0"), aliases=("fix",), derivative=flat,
                kinks=(Kink(lambda n, x: (x == n.trunc(x)) & (x != 0),
                            N_("trunc jumps at whole numbers; PyTorch takes 0")),)),
    elementwise("frac", N_("what trunc leaves of x, with its sign"), numpy=lambda n, x: x - n.trunc(x),
                scalar=lambda s, u: u - s.trunc(u),
                kinks=(Kink(lambda n, x: (x == n.trunc(x)) & (x != 0),
                            N_("frac jumps at whole numbers; PyTorch takes 1")),)),
    elementwise("fmod", N_("what is left of x after division by y, with the sign of x"), tensors=BOTH,
                domain=((-4, 4), (0.5, 2)), derivative=(lambda s, a, b, y: 1, lambda s, a, b, y: -s.trunc(a / b)),
                kinks=(Kink(lambda n, a, b: (n.fmod(a, b) == 0) & (a != 0),
                            N_("fmod jumps where y divides x; PyTorch takes 1 in x and -x/y in y")),)),
    elementwise("remainder", N_("what is left of x after division by y, with the sign of y (Python's x % y)"),
                tensors=BOTH, domain=((-4, 4), (0.5, 2)), latex=r"\left({}\right) \bmod \left({}\right)",
                derivative=(lambda s, a, b, y: 1, lambda s, a, b, y: -s.floor_divide(a, b)),
                kinks=(Kink(lambda n, a, b: n.fmod(a, b) == 0,
                            N_("the remainder jumps where y divides x; PyTorch takes 1 in x and -x/y in y")),)),
    elementwise("floor_divide", N_("x/y rounded down (Python's x // y)"), tensors=BOTH, domain=((-4, 4), (0.5, 2)),
                latex=r"\left\lfloor \frac{{{}}}{{{}}} \right\rfloor",
                # torch.floor_divide refuses to be differentiated; div with a rounding mode is the same function
                torch=lambda t, a, b: t.div(a, b, rounding_mode="floor"), derivative=(flat, flat),
                kinks=(Kink(lambda n, a, b: n.fmod(a, b) == 0,
                            N_("x // y jumps where y divides x; PyTorch takes 0")),)),
)
# fmt: on

# fmt: off
MASKS: tuple[Row, ...] = (
    # ---- comparisons -----------------------------------------------------------------------------------------------
    mask("gt", N_("1 where x > y, else 0"), tensors=BOTH, aliases=("greater",), latex=r"\left[{} > {}\right]",
         numpy=lambda n, a, b: 1.0 * (a > b), scalar=call("gt")),
    mask("ge", N_("1 where x >= y, else 0"), tensors=BOTH, aliases=("greater_equal",), latex=r"\left[{} \ge {}\right]",
         numpy=lambda n, a, b: 1.0 * (a >= b), scalar=call("ge")),
    mask("lt", N_("1 where x < y, else 0"), tensors=BOTH, aliases=("less",), latex=r"\left[{} < {}\right]",
         numpy=lambda n, a, b: 1.0 * (a < b), scalar=call("lt")),
    mask("le", N_("1 where x <= y, else 0"), tensors=BOTH, aliases=("less_equal",), latex=r"\left[{} \le {}\right]",
         numpy=lambda n, a, b: 1.0 * (a <= b), scalar=call("le")),
    mask("eq", N_("1 where x equals y, else 0"), tensors=BOTH, latex=r"\left[{} = {}\right]",
         numpy=lambda n, a, b: 1.0 * (a == b), scalar=call("eq")),
    mask("ne", N_("1 where x differs from y, else 0"), tensors=BOTH, aliases=("not_equal",),
         latex=r"\left[{} \ne {}\right]", numpy=lambda n, a, b: 1.0 * (a != b), scalar=call("ne")),

    # ---- logic -----------------------------------------------------------------------------------------------------
    mask("logical_and", N_("1 where both hold (x & y), else 0"), example="logical_and(x > 0, y > 0)", tensors=BOTH,
         scalar=lambda s, a, b: s.ne(a, 0) * s.ne(b, 0)),
    mask("logical_or", N_("1 where at least one holds (x | y), else 0"), example="logical_or(x > 0, y > 0)",
         tensors=BOTH, scalar=lambda s, a, b: 1 - s.eq(a, 0) * s.eq(b, 0)),
    mask("logical_xor", N_("1 where exactly one holds, else 0"), example="logical_xor(x > 0, y > 0)", tensors=BOTH,
         scalar=lambda s, a, b: s.ne(a, 0) * s.eq(b, 0) + s.eq(a, 0) * s.ne(b, 0)),
    mask("logical_not", N_("1 where x does not hold (~x), else 0"), example="logical_not(x > 0)",
         scalar=lambda s, u: s.eq(u, 0)),

    # ---- what floating point adds to the numbers; no bracket says these, so they are functions of their own --------
    mask("isnan", N_("1 where x is not a number, else 0"), derivative=flat),
    mask("isinf", N_("1 where x is inf or -inf, else 0"), derivative=flat),
    mask("isfinite", N_("1 where x is an ordinary number, else 0"), derivative=flat),
)
# fmt: on
