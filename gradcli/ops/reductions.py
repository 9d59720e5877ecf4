"""Functions that reduce axes: sums, norms, extremes, softmax and its kin. `dim` counts from the end when negative."""

from __future__ import annotations

from fractions import Fraction
from math import isinf, prod
from typing import Any

from gradcli.message import N_, fault
from gradcli.ops.families import DIMS, KEEPDIM, Kink, Param
from gradcli.ops.row import Row
from gradcli.shapes import Shape, axes, axis, reduced, size, written

# Shapes and dims, as the columns share them


def _reduced(x: Shape, dim: Any = None, keepdim: bool = False) -> Shape:
    return reduced(x, axes(dim, len(x)), keepdim)


def _not_empty(x: Shape, dim: Any = None, keepdim: bool = False) -> Shape:
    if (dim is None and size(x) == 0) or any(x[a] == 0 for a in axes(dim, len(x))):
        raise fault("shape", N_("the tensor is empty: it has no largest or smallest entry"))
    return _reduced(x, dim, keepdim)


def _spread_shape(x: Shape, dim: Any, correction: int, keepdim: bool) -> Shape:
    if dim == () and x:
        raise fault("shape", N_("dim=() is all axes, and PyTorch differentiates it as something else: leave dim out"))
    return _reduced(x, dim, keepdim)


def _norm_shape(x: Shape, p: Any, dim: Any, keepdim: bool) -> Shape:
    if isinf(p) and 0 in (x[a] for a in axes(dim, len(x))):
        raise fault(
            "shape",
            N_("the tensor is {s}: along an axis without entries there is no largest or smallest one"),
            s=written(x),
        )
    return _reduced(x, dim, keepdim)


def _one_axis(x: Shape, dim: int | None) -> Shape:
    """x's own shape; `dim` may be left out only where there is one axis to mean."""
    if dim is None and len(x) > 1:
        raise fault(
            "shape",
            N_("which axis? the tensor has {rank} dimensions, so dim must be given"),
            hint=N_("dim=-1 is the last axis, dim=0 the first"),
            rank=len(x),
        )
    axis(dim or 0, len(x))
    return x


def _on(x: Any, dim: Any) -> tuple[int, ...]:
    """The axes of an array, as NumPy's reductions take them."""
    return axes(dim, x.ndim)


def _plain(dim: Any, keepdim: bool) -> bool:
    """Whether everything is reduced: PyTorch has a grad_fn of its own for that (SumBackward0)."""
    return dim is None and not keepdim


def _all(x: Any, dim: Any) -> list[int]:
    """The axes of a tensor, as PyTorch's reductions take them; PyTorch reads no dims as all of them."""
    return list(axes(dim, x.dim()))


def _kept(x: Any, y: Any, keepdim: bool) -> Any:
    """The reduction of everything with the axes of x: torch.max(x) itself knows no keepdim."""
    return y.reshape((1,) * x.dim()) if keepdim else y


# Jacobians in index notation


def _matches(s: Any, o: tuple[Any, ...], i: tuple[Any, ...], over: tuple[int, ...], keepdim: bool) -> Any:
    """delta(o, i) on every axis that is not reduced."""
    kept = [a for a in range(len(i)) if a not in over]
    out = [o[a] for a in kept] if keepdim else list(o)
    product = s.scalar.number(1)
    for place, a in zip(out, kept, strict=True):
        product = product * s.delta(place, i[a])
    return product


def _reducing(
    s: Any,
    letter: str,
    x: Any,
    dim: Any,
    keepdim: bool,
    local: Any,
    arguments: Any = None,
    row: str | None = None,
    at_zero: bool = False,
) -> Any:
    """A primitive that reduces axes: its Jacobian is `local(y's entry, x's entry, i)` where the kept axes match.

    `arguments` are its row's after x (default: dim and keepdim); `at_zero`: PyTorch takes 1/y as 0 where y is 0.
    """
    over = axes(dim, x.rank)
    source = s.node(x)

    def rule(y: Any) -> Any:
        return lambda o, i: _matches(s, o, i, over, keepdim) * local(y(*o), source(*i), i)

    given = (source, *((dim, keepdim) if arguments is None else arguments))
    return s.primitive(letter, s.reduced(x, over, keepdim), given, (source, rule), row=row, at_zero=at_zero)


def _along(s: Any, letter: str, x: Any, dim: int | None, local: Any) -> Any:
    """A primitive of x's shape that mixes one axis: `local(y, o, i, axis)` where the other axes match."""
    a = axis(dim or 0, x.rank)
    source = s.node(x)

    def rule(y: Any) -> Any:
        def entry(o: Any, i: Any) -> Any:
            product = local(y, o, i, a)
            for k in range(x.rank):
                product = product * (s.delta(o[k], i[k]) if k != a else 1)
            return product

        return entry

    return s.primitive(letter, x.dims, (source, dim), (source, rule))


def _softmax(s: Any, x: Any, dim: int | None) -> Any:
    if x.rank == 0:
        return s.each(lambda u: s.scalar.number(1), x)
    return _along(s, "s", x, dim, lambda y, o, i, a: y(*o) * (s.delta(o[a], i[a]) - y(*i)))


def _log_softmax(s: Any, x: Any, dim: int | None) -> Any:
    """∂l[o]/∂x[i] = δ - softmax(x)[i], and softmax(x)[i] = exp(l[i])."""
    if x.rank == 0:
        return s.each(lambda u: s.scalar.number(0), x)
    return _along(s, "l", x, dim, lambda y, o, i, a: s.delta(o[a], i[a]) - s.scalar.exp(y(*i)))


def _norm(s: Any, x: Any, p: Any, dim: Any, keepdim: bool) -> Any:
    if p == 2:
        return _reducing(s, "r", x, dim, keepdim, lambda r, u, i: u / r, (p, dim, keepdim), at_zero=True)
    if p == 1:
        return s.reduce(x, dim, keepdim, lambda u, n: s.scalar.abs(u), "r")
    if p == 0:
        return s.reduce(x, dim, keepdim, lambda u, n: 1 - s.same(u, 0), "r")
    magnitude = s.each(lambda u: s.scalar.abs(u), x)
    if p in (float("inf"), float("-inf")):
        return s.call("amax" if p > 0 else "amin", magnitude, dim, keepdim)
    return _general_norm(s, x, s.scalar.number(p), p, dim, keepdim)


def _general_norm(s: Any, x: Any, power: Any, p: Any, dim: Any, keepdim: bool) -> Any:
    """∂r/∂x[i] = sign(x[i]) (|x[i]|/r)^(p-1)"""

    def local(r: Any, u: Any, i: Any) -> Any:
        return s.scalar.sign(u) * s.scalar.abs(u) ** (power - 1) / r ** (power - 1)

    return _reducing(s, "r", x, dim, keepdim, local, (p, dim, keepdim), at_zero=True)


def _variance(s: Any, x: Any, dim: Any, correction: int, keepdim: bool, root: bool) -> Any:
    """∂var/∂x[i] = 2 (x[i] - mean)/(n - correction): the mean's own share sums to zero."""
    over = axes(dim, x.rank)
    mean = s.node(s.unnamed().reduce(x, dim, True, lambda u, n: u / n, "mu"))
    count = s.count(x, over)

    def local(y: Any, u: Any, i: Any) -> Any:
        centred = (u - mean(*(0 if a in over else k for a, k in enumerate(i)))) / (count - correction)
        return centred / y if root else 2 * centred

    given = (dim, correction, keepdim)
    return _reducing(s, "sigma" if root else "var", x, dim, keepdim, local, given, at_zero=root)


def _extreme(s: Any, x: Any, dim: Any, keepdim: bool, row: str) -> Any:
    """amax and amin: the entries that reach the extreme share its gradient equally, as PyTorch has it."""
    over = axes(dim, x.rank)
    source = s.node(x)

    def rule(y: Any) -> Any:
        def ties(*k: Any) -> Any:
            bound = [s.index(x.dims[a]) for a in over]
            at = s.inserted(k, over, [0] * len(over), False) if keepdim else k
            return bound, s.same(source(*s.inserted(k, over, bound, False)), y(*at))

        def entry(o: Any, i: Any) -> Any:
            count = s.node(s.unnamed().define("c", s.reduced(x, over, False), ties))
            share = s.same(source(*i), y(*o)) / count(*(k for a, k in enumerate(i) if a not in over))
            return _matches(s, o, i, over, keepdim) * share

        return entry

    return s.primitive("m", s.reduced(x, over, keepdim), (source, dim, keepdim), (source, rule), row=row)


def _max(s: Any, x: Any, dim: int | None, keepdim: bool, row: str) -> Any:
    """max(x, dim): the gradient goes to the one entry that is returned; max(x): ties share."""
    if dim is None:
        return _extreme(s, x, None, keepdim, f"a{row}")
    over = axes(dim, x.rank)
    source = s.node(x)
    where = s.node(s.unnamed().primitive("k", s.reduced(x, over, True), (source, dim, True), row=f"arg{row}"))

    def local(y: Any, u: Any, i: Any) -> Any:
        return s.delta(i[over[0]], where(*(0 if a in over else k for a, k in enumerate(i)))) if over else 1

    return _reducing(s, "m", x, dim, keepdim, local)


def _cumulative(s: Any, x: Any, dim: int) -> Any:
    """y[..., m, ...] = the sum over k <= m"""
    if x.rank == 0:
        return x
    a = axis(dim, x.rank)

    def entry(*o: Any) -> Any:
        k = s.index(x.dims[a])
        return [k], x.at(*(k if b == a else p for b, p in enumerate(o))) * s.at_least(o[a], k)

    return s.define("z", x.dims, entry)


def _cumulative_product(s: Any, x: Any, dim: int) -> Any:
    if x.rank == 0:
        return x
    a = axis(dim, x.rank)

    def entry(*o: Any) -> Any:
        k = s.index(x.dims[a])
        return [k], s.scalar.where(s.at_least(o[a], k), x.at(*(k if b == a else p for b, p in enumerate(o))), 1)

    return s.define("z", x.dims, entry, product=True)


def largest(n: Any, x: Any, on: Any) -> Any:
    """The largest entry over axes that stay, with size 1; -inf where there is none."""
    return n.max(x, axis=on, keepdims=True, **({"initial": -n.inf} if 0 in x.shape else {}))


def _numpy_log_sum(n: Any, x: Any, dim: Any, keepdim: bool) -> Any:
    on = _on(x, dim)
    top = largest(n, x, on)
    safe = n.where(n.isfinite(top), top, 0.0)
    result = n.log(n.sum(n.exp(x - safe), axis=on, keepdims=True)) + safe
    return result if keepdim else n.squeeze(result, axis=on)


def _numpy_softmax(n: Any, x: Any, dim: int | None) -> Any:
    if x.ndim == 0:
        return n.ones_like(x)
    e = n.exp(x - largest(n, x, dim or 0))
    return e / n.sum(e, axis=dim or 0, keepdims=True)


def _numpy_log_softmax(n: Any, x: Any, dim: int | None) -> Any:
    return x - _numpy_log_sum(n, x, (dim or 0,), True) if x.ndim else n.zeros_like(x)


def numpy_norm(n: Any, x: Any, p: float, dim: Any, keepdim: bool) -> Any:
    """The p-norm over axes, for any p."""
    on, size_of = _on(x, dim), n.abs(x)
    if p in (n.inf, -n.inf):
        return (n.max if p > 0 else n.min)(size_of, axis=on, keepdims=keepdim)
    if p == 0:
        return 1.0 * n.sum(x != 0, axis=on, keepdims=keepdim)
    if p == 2:
        return n.sqrt(n.sum(x * x, axis=on, keepdims=keepdim))
    return n.sum(size_of**p, axis=on, keepdims=keepdim) ** (1 / p)


def _numpy_variance(n: Any, x: Any, dim: Any, correction: int, keepdim: bool) -> Any:
    """As PyTorch: nan or inf where too few entries are left to divide by (n.var would print a warning)."""
    on = _on(x, dim)
    spread = n.sum((x - n.mean(x, axis=on, keepdims=True)) ** 2, axis=on, keepdims=keepdim)
    return spread / n.float64(max(prod(x.shape[a] for a in on) - correction, 0))


CORRECTION = Param("correction", "integer", 1)
AXIS = Param("dim", "dim", None)
P = Param("p", "number", Fraction(2))
_TIES = N_("several entries reach it; PyTorch shares the gradient equally among them")


def _tied(n: Any, x: Any, dim: Any, keepdim: bool, best: Any) -> Any:
    on = _on(x, dim)
    return n.sum(x == best(x, axis=on, keepdims=True), axis=on, keepdims=keepdim) > 1


# fmt: off
REDUCTIONS: tuple[Row, ...] = (
    Row("sum", "reduction", N_("the sum over axes (all of them without dim)"), "sum(x, dim=0)",
        takes=(Param("x"), DIMS, KEEPDIM), shape=_reduced,
        torch=lambda t, x, dim, keepdim: t.sum(x) if _plain(dim, keepdim) else t.sum(x, _all(x, dim), keepdim),
        numpy=lambda n, x, dim, keepdim: n.sum(x, axis=_on(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: s.reduce(x, dim, keepdim, lambda u, n: u)),
    Row("mean", "reduction", N_("the mean over axes (all of them without dim)"), "mean(x, dim=0)",
        takes=(Param("x"), DIMS, KEEPDIM), shape=_reduced,
        torch=lambda t, x, dim, keepdim: t.mean(x) if _plain(dim, keepdim) else t.mean(x, _all(x, dim), keepdim),
        numpy=lambda n, x, dim, keepdim: n.mean(x, axis=_on(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: s.reduce(x, dim, keepdim, lambda u, n: u / n, "mu")),
    Row("prod", "reduction", N_("the product over an axis (all of them without dim)"), "prod(x, dim=0)",
        takes=(Param("x"), AXIS, KEEPDIM), shape=_reduced,
        torch=lambda t, x, dim, keepdim: _kept(x, t.prod(x), keepdim) if dim is None else t.prod(x, dim, keepdim),
        numpy=lambda n, x, dim, keepdim: n.prod(x, axis=_on(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: s.reduce(x, dim, keepdim, lambda u, n: u, "p", product=True)),
    Row("cumsum", "reduction", N_("sums of the first entries along an axis"), "cumsum(x, dim=0)",
        takes=(Param("x"), Param("dim", "dim")), shape=lambda x, dim: _one_axis(x, dim),
        torch=lambda t, x, dim: t.cumsum(x, dim), numpy=lambda n, x, dim: n.cumsum(x, axis=dim) if x.ndim else x,
        symbolic=_cumulative),
    Row("cumprod", "reduction", N_("products of the first entries along an axis"), "cumprod(x, dim=0)",
        takes=(Param("x"), Param("dim", "dim")), shape=lambda x, dim: _one_axis(x, dim),
        torch=lambda t, x, dim: t.cumprod(x, dim), numpy=lambda n, x, dim: n.cumprod(x, axis=dim) if x.ndim else x,
        symbolic=_cumulative_product),
    # Spread
    Row("var", "reduction", N_("the variance; correction=1 divides by n - 1"), "var(x, dim=0)",
        takes=(Param("x"), DIMS, CORRECTION, KEEPDIM), shape=_spread_shape,
        torch=lambda t, x, dim, correction, keepdim: t.var(x, dim, correction=correction, keepdim=keepdim),
        numpy=_numpy_variance,
        symbolic=lambda s, x, dim, correction, keepdim: _variance(s, x, dim, correction, keepdim, root=False)),
    Row("std", "reduction", N_("the standard deviation; correction=1 divides by n - 1"), "std(x, dim=0)",
        takes=(Param("x"), DIMS, CORRECTION, KEEPDIM), shape=_spread_shape,
        torch=lambda t, x, dim, correction, keepdim: t.std(x, dim, correction=correction, keepdim=keepdim),
        numpy=lambda n, *arguments: n.sqrt(_numpy_variance(n, *arguments)),
        symbolic=lambda s, x, dim, correction, keepdim: _variance(s, x, dim, correction, keepdim, root=True),
        kinks=(Kink(lambda n, *arguments: _numpy_variance(n, *arguments) == 0,
                    N_("all entries are equal, where std has no derivative; PyTorch takes 0")),)),
    Row("norm", "reduction", N_("the p-norm of the entries, p = 2 unless given"), "norm(x, dim=0)",
        takes=(Param("x"), P, DIMS, KEEPDIM), shape=_norm_shape, aliases=("vector_norm",), latex=r"\left\|{}\right\|",
        torch=lambda t, x, p, dim, keepdim: t.linalg.vector_norm(x, p, _all(x, dim), keepdim),
        numpy=numpy_norm, symbolic=_norm,
        kinks=(Kink(lambda n, x, p, dim, keepdim: numpy_norm(n, x, p, dim, keepdim) == 0,
                    N_("the norm of zero has no derivative; PyTorch takes 0")),
               Kink(lambda n, x, p, dim, keepdim: n.any(x == 0, axis=_on(x, dim), keepdims=keepdim) & (0 != p < 1),
                    N_("with p < 1 the norm has no derivative where an entry is 0; PyTorch takes 0")))),
    # Extremes
    Row("amax", "reduction", N_("the largest entry over axes; ties share the gradient"), "amax(x, dim=0)",
        takes=(Param("x"), DIMS, KEEPDIM), shape=_not_empty,
        torch=lambda t, x, dim, keepdim: t.amax(x, _all(x, dim), keepdim),
        numpy=lambda n, x, dim, keepdim: n.max(x, axis=_on(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: _extreme(s, x, dim, keepdim, "amax"),
        kinks=(Kink(lambda n, x, dim, keepdim: _tied(n, x, dim, keepdim, n.max), _TIES),)),
    Row("amin", "reduction", N_("the smallest entry over axes; ties share the gradient"), "amin(x, dim=0)",
        takes=(Param("x"), DIMS, KEEPDIM), shape=_not_empty,
        torch=lambda t, x, dim, keepdim: t.amin(x, _all(x, dim), keepdim),
        numpy=lambda n, x, dim, keepdim: n.min(x, axis=_on(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: _extreme(s, x, dim, keepdim, "amin"),
        kinks=(Kink(lambda n, x, dim, keepdim: _tied(n, x, dim, keepdim, n.min), _TIES),)),
    Row("argmax", "reduction", N_("where the largest entry is; it has no derivative"), "x[argmax(x, dim=0)]",
        takes=(Param("x"), Param("dim", "dim", None), KEEPDIM), shape=_not_empty, differentiable=False,
        torch=lambda t, x, dim, keepdim: t.argmax(x, dim, keepdim),
        numpy=lambda n, x, dim, keepdim: n.argmax(x, axis=dim, keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: s.primitive(
            "k", s.reduced(x, axes(dim, x.rank), keepdim), (s.node(x), dim, keepdim))),
    Row("argmin", "reduction", N_("where the smallest entry is; it has no derivative"), "x[argmin(x, dim=0)]",
        takes=(Param("x"), Param("dim", "dim", None), KEEPDIM), shape=_not_empty, differentiable=False,
        torch=lambda t, x, dim, keepdim: t.argmin(x, dim, keepdim),
        numpy=lambda n, x, dim, keepdim: n.argmin(x, axis=dim, keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: s.primitive(
            "k", s.reduced(x, axes(dim, x.rank), keepdim), (s.node(x), dim, keepdim))),
    Row("max", "reduction", N_("the largest entry; with dim, of each line along it (its value, not its place)"),
        "max(x)", takes=(Param("x"), AXIS, KEEPDIM), shape=_not_empty,
        torch=lambda t, x, dim, keepdim: _kept(x, t.max(x), keepdim) if dim is None else t.max(x, dim, keepdim).values,
        numpy=lambda n, x, dim, keepdim: n.max(x, axis=_on(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: _max(s, x, dim, keepdim, "max"),
        kinks=(Kink(lambda n, x, dim, keepdim: _tied(n, x, dim, keepdim, n.max), N_(
            "several entries reach it; PyTorch's max(x) shares the gradient, max(x, dim) gives it to one of them")),)),
    Row("min", "reduction", N_("the smallest entry; with dim, of each line along it (its value, not its place)"),
        "min(x)", takes=(Param("x"), AXIS, KEEPDIM), shape=_not_empty,
        torch=lambda t, x, dim, keepdim: _kept(x, t.min(x), keepdim) if dim is None else t.min(x, dim, keepdim).values,
        numpy=lambda n, x, dim, keepdim: n.min(x, axis=_on(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: _max(s, x, dim, keepdim, "min"),
        kinks=(Kink(lambda n, x, dim, keepdim: _tied(n, x, dim, keepdim, n.min), N_(
            "several entries reach it; PyTorch's min(x) shares the gradient, min(x, dim) gives it to one of them")),)),
    # Softmax and its kin
    Row("softmax", "reduction", N_("e^x over its sum along an axis"), "softmax(x, dim=0)",
        takes=(Param("x"), AXIS), shape=_one_axis,
        torch=lambda t, x, dim: t.softmax(x, dim or 0), numpy=_numpy_softmax, symbolic=_softmax),
    Row("softmin", "reduction", N_("softmax of -x"), "softmin(x, dim=0)",
        takes=(Param("x"), AXIS), shape=_one_axis,
        torch=lambda t, x, dim: t.nn.functional.softmin(x, dim or 0),
        numpy=lambda n, x, dim: _numpy_softmax(n, -x, dim),
        symbolic=lambda s, x, dim: s.call("softmax", s.each(lambda u: -u, x), dim)),
    Row("log_softmax", "reduction", N_("the logarithm of softmax"), "log_softmax(x, dim=0)",
        takes=(Param("x"), AXIS), shape=_one_axis,
        torch=lambda t, x, dim: t.log_softmax(x, dim or 0), numpy=_numpy_log_softmax, symbolic=_log_softmax),
    Row("logsumexp", "reduction", N_("log of the sum of e^x over axes"), "logsumexp(x, dim=0)",
        takes=(Param("x"), DIMS, KEEPDIM), shape=_reduced,
        torch=lambda t, x, dim, keepdim: t.logsumexp(x, _all(x, dim), keepdim) if x.dim() else x + 0,
        numpy=_numpy_log_sum,
        symbolic=lambda s, x, dim, keepdim: _reducing(s, "l", x, dim, keepdim, lambda y, u, i: s.scalar.exp(u - y))),
)
# fmt: on
