"""The special functions of entries (torch.special and its like): one row each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gradcli.message import N_, GradcliError, fault
from gradcli.ops.row import Deviation, Kink, Number, Param, Row, at_zero, call, cancelling, elementwise
from gradcli.shapes import Shape, size

# ---- where PyTorch's own rules round (in float64, against 60 digits) ------------------------------------------------
_SINC = N_("(cos(pi*x) - sinc(x))/x cancels near 0")
_ERFCX = N_("2*x*erfcx(x) - 2/sqrt(pi) cancels where x is large")
_LOG_NDTR = N_("-x^2/2 - log_ndtr(x) cancels where x is far below 0")
_POLE = N_("PyTorch's trigamma function loses digits near the poles at -1, -2, ...")
_TRIGAMMA = (
    Deviation(lambda n, x: x < 20, 6e-10, N_("PyTorch's trigamma function, polygamma(1, x), is an approximation")),
    Deviation(lambda n, x: (x < -0.5) & (n.abs(x - n.round(x)) < 1e-4), 1e-4, _POLE),
    Deviation(lambda n, x: (x < -0.5) & (n.abs(x - n.round(x)) < 1e-9), 20.0, _POLE),
)
"""The errors of digamma's derivative; lgamma's second is that."""


# ---- what PyTorch refuses -------------------------------------------------------------------------------------------
def _polygamma_shape(order: int, shape: Shape) -> Shape:
    if order < 0:
        raise fault("option", N_("polygamma(n, x) needs n >= 0, not {n}"), n=order)
    return shape


def _some_dimension(shape: Shape, p: int) -> GradcliError | None:
    return fault("option", N_("multigammaln needs p >= 1, not {p}"), p=p) if p < 1 else None


_A_ROUND = 100
"""A computation costs as much as so many entries, be its tensors as small as they like."""


def _less_than_half(shape: Shape, eps: Number) -> GradcliError | None:
    if eps is not None and 2 * eps > 1:
        return fault("option", N_("logit keeps x in [eps, 1 - eps], which is empty for eps={eps}"), eps=eps)
    return None


# ---- in SymPy's words -----------------------------------------------------------------------------------------------
def _logit(sp: Any, u: Any, eps: Number) -> Any:
    inside = sp.log(u / (1 - u))
    if eps is None:
        return inside
    edge = sp.log(eps / (1 - eps))
    return sp.Piecewise((inside, sp.And(u >= eps, u <= 1 - eps)), (edge, u < eps), (-edge, True))


def _special(name: str, doc: str, **rest: Any) -> Row:
    """A function that SciPy has by the same name."""
    return elementwise(name, doc, numpy=call(f"special.{name}"), **rest)


# fmt: off
SPECIAL: tuple[Row, ...] = (
    # ---- x log x and its like --------------------------------------------------------------------------------------
    _special("xlogy", N_("x*log(y), and 0 where x is 0"), tensors="input other", domain=((-2, 2), (0.1, 4)),
             sympy=lambda sp, a, b: a * sp.log(b),
             kinks=(Kink(lambda n, a, b: (a == 0) & (b <= 0),
                         N_("xlogy has no derivative at x = 0 unless y > 0; PyTorch takes 0 in x and x/y in y")),)),
    _special("xlog1py", N_("x*log(1 + y), and 0 where x is 0"), tensors="input other", domain=((-2, 2), (-0.8, 4)),
             torch=call("special.xlog1py"), sympy=lambda sp, a, b: a * sp.log(1 + b),
             derivative=(lambda s, a, b, y: s.log1p(b), None),
             kinks=(Kink(lambda n, a, b: (a == 0) & (b <= -1),
                         N_("xlog1py has no derivative at x = 0 unless y > -1; PyTorch takes 0 in x and "
                            "x/(1 + y) in y")),)),
    _special("entr", N_("the entropy -x*log(x), and 0 at 0"), domain=(0.1, 4), torch=call("special.entr"),
             sympy=lambda sp, u: -u * sp.log(u),
             kinks=(Kink(at_zero, N_("entr has no derivative at 0; PyTorch takes inf")),)),
    elementwise("logit", N_("log(x/(1 - x)), the inverse of sigmoid; with eps, x is first kept in [eps, 1 - eps]"),
                options=(Param("eps", "number", None),), domain=(0.05, 0.95), check=_less_than_half,
                numpy=lambda n, x, eps: n.special.logit(x if eps is None else n.clip(x, eps, 1 - eps)), sympy=_logit,
                derivative=lambda s, u, eps, y: (
                    1 / (u * (1 - u)) if eps is None
                    else s.where(s.ge(u, eps) * s.le(u, 1 - eps), 1 / (u * (1 - u)), 0)),
                kinks=(Kink(lambda n, x, eps: (x == (n.nan if eps is None else eps))
                                              | (x == (n.nan if eps is None else 1 - eps)),
                            N_("logit has no derivative at eps and 1 - eps; PyTorch takes 1/(x*(1 - x))")),)),
    elementwise("sinc", N_("sin(pi*x)/(pi*x), and 1 at 0"),
                # at 0 the first term of the series and not its value 0, so that the second derivative is right too
                sympy=lambda sp, u: sp.sinc(sp.pi * u),
                derivative=lambda s, u, y: s.where(s.eq(u, 0), -(s.pi**2) * u / 3, (s.cos(s.pi * u) - y) / u),
                deviations=(Deviation(lambda n, x: (n.abs(x) > 3e-6) & (n.abs(x) < 0.03), 2e-5, _SINC),
                            Deviation(lambda n, x: n.abs(x) <= 3e-6, 4.0, _SINC))),

    # ---- the error function and the normal distribution ------------------------------------------------------------
    _special("erf", N_("the error function"), sympy=call("erf")),
    _special("erfc", N_("1 - erf(x), exact in the tail"), sympy=call("erfc")),
    _special("erfcx", N_("e^(x^2)*erfc(x), without underflow"), torch=call("special.erfcx"),
             sympy=lambda sp, u: sp.exp(u**2) * sp.erfc(u),
             deviations=cancelling(lambda n, x: x > 200, lambda n, x: x >= 1e5, 1e-5, _ERFCX)),
    _special("erfinv", N_("the inverse of erf"), latex=r"\operatorname{{erf}}^{{-1}}\left({}\right)",
             domain=(-0.95, 0.95), sympy=call("erfinv")),
    _special("ndtr", N_("the distribution function of the standard normal distribution"), latex=r"\Phi\left({}\right)",
             torch=call("special.ndtr"), sympy=lambda sp, u: sp.erfc(-u / sp.sqrt(2)) / 2),
    _special("log_ndtr", N_("the logarithm of ndtr"), latex=r"\ln\Phi\left({}\right)", torch=call("special.log_ndtr"),
             # the density over ndtr; as a quotient it would be 0/0 for x < -38
             sympy=lambda sp, u: sp.log(sp.erfc(-u / sp.sqrt(2)) / 2),
             derivative=lambda s, u, y: s.exp(-(u**2) / 2 - y) / s.sqrt(2 * s.pi),
             deviations=cancelling(lambda n, x: x < -100, lambda n, x: x <= -1e5, 1e-5, _LOG_NDTR)),
    _special("ndtri", N_("the inverse of ndtr: quantiles of the standard normal distribution"),
             latex=r"\Phi^{{-1}}\left({}\right)", domain=(0.05, 0.95), torch=call("special.ndtri"),
             sympy=lambda sp, u: sp.sqrt(2) * sp.erfinv(2 * u - 1)),

    # ---- the gamma function ----------------------------------------------------------------------------------------
    elementwise("lgamma", N_("the logarithm of the gamma function's size"), aliases=("gammaln",),
                latex=r"\ln\left|\Gamma\left({}\right)\right|", domain=(0.2, 4), numpy=call("special.gammaln"),
                sympy=call("loggamma"), deviations=tuple(replace(d, order=2) for d in _TRIGAMMA)),
    elementwise("multigammaln", N_("the logarithm of the gamma function of p dimensions"),
                example="multigammaln(x + 2, 2)", aliases=("mvlgamma",), options=(Param("p", "integer"),),
                check=_some_dimension, domain=(3, 6), work=lambda shape, p: p * (size(shape) + _A_ROUND),
                torch=call("special.multigammaln"),
                numpy=lambda n, x, p: p * (p - 1) * n.log(n.pi) / 4
                                      + sum(n.special.gammaln(x - j / 2) for j in range(p)),
                scalar=lambda s, u, p: p * (p - 1) * s.log(s.pi) / 4
                                       + sum(s.lgamma((2 * u - j) / 2) for j in range(int(p))),
                deviations=(replace(_TRIGAMMA[0], at=lambda n, x, p: x < 20 + p / 2, order=2),)),
    _special("digamma", N_("the derivative of lgamma"), aliases=("psi",), latex=r"\psi\left({}\right)", domain=(0.2, 4),
             sympy=call("digamma"), deviations=_TRIGAMMA),
    replace(
        _special("polygamma", N_("the n-th derivative of digamma"), example="polygamma(1, x)", domain=(0.2, 4),
                 sympy=call("polygamma"),
                 deviations=tuple(Deviation(lambda n, order, x, at=d.at: at(n, x) & (order == 0), d.bound, d.says)
                                  for d in _TRIGAMMA)),
        takes=(Param("n", "integer"), Param("x")), shape=_polygamma_shape, method=False,  # PyTorch's order
    ),

    # ---- modified Bessel functions; torch cannot differentiate bessel_j0 and its like ------------------------------
    _special("i0", N_("the modified Bessel function of order 0"), latex=r"I_0\left({}\right)",
             sympy=lambda sp, u: sp.besseli(0, u)),
    _special("i1", N_("the modified Bessel function of order 1"), latex=r"I_1\left({}\right)", torch=call("special.i1"),
             sympy=lambda sp, u: sp.besseli(1, u),
             derivative=lambda s, u, y: s.where(s.eq(u, 0), s.number("0.5"), s.i0(u) - y / u)),
    _special("i0e", N_("e^-|x|*i0(x), without overflow"), torch=call("special.i0e"),
             sympy=lambda sp, u: sp.exp(-sp.Abs(u)) * sp.besseli(0, u),
             derivative=lambda s, u, y: s.i1e(u) - s.sign(u) * y,
             kinks=(Kink(at_zero, N_("i0e has no derivative at 0; PyTorch takes 0")),)),
    _special("i1e", N_("e^-|x|*i1(x), without overflow"), torch=call("special.i1e"),
             sympy=lambda sp, u: sp.exp(-sp.Abs(u)) * sp.besseli(1, u),
             derivative=lambda s, u, y: s.where(s.eq(u, 0), s.number("0.5"), s.i0e(u) - y * (s.sign(u) + 1 / u))),
)
# fmt: on
