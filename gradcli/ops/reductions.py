"""Functions that reduce axes: sums, products, spread and norms. `dim` counts from the end when negative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import isinf, prod
from typing import Any

from gradcli.message import N_, fault
from gradcli.ops.row import (
    AXIS,
    DIMS,
    KEEPDIM,
    Axes,
    Kink,
    Number,
    Numpy,
    NumpyColumn,
    Param,
    Row,
    Torch,
    TorchColumn,
    TorchTensor,
    X,
    deltas,
)
from gradcli.ops.words import Jacobian, Node, Operand, Place, Scalar, Sum, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, axes, axis, reduced, written

CORRECTION = Param("correction", "integer", 1)
P = Param("p", "number", Fraction(2))


def reduction_shape(x: Shape, dim: Axes, keepdim: bool) -> Shape:
    return reduced(x, axes(dim, len(x)), keepdim)


def _variance_shape(x: Shape, dim: Axes, correction: int, keepdim: bool) -> Shape:
    if dim == () and x:
        raise fault("shape", N_("dim=() is all axes, and PyTorch differentiates it as something else: leave dim out"))
    return reduction_shape(x, dim, keepdim)


def _norm_shape(x: Shape, p: Number, dim: Axes, keepdim: bool) -> Shape:
    if isinf(p) and 0 in (x[a] for a in axes(dim, len(x))):
        raise fault(
            "shape",
            N_("the tensor is {s}: along an axis without entries there is no largest or smallest one"),
            s=written(x),
        )
    return reduction_shape(x, dim, keepdim)


def axis_shape(x: Shape, dim: int | None) -> Shape:
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


def numpy_axes(x: Array, dim: Axes) -> tuple[int, ...]:
    """The axes of an array, as NumPy's reductions take them."""
    return axes(dim, x.ndim)


def numpy_reduction(name: str) -> NumpyColumn:
    """The column of a reduction that NumPy has by this name."""
    return lambda n, x, dim, keepdim: getattr(n, name)(x, axis=numpy_axes(x, dim), keepdims=keepdim)


def _torch_reduction(name: str) -> TorchColumn:
    """PyTorch has a grad_fn of its own for the reduction of everything (SumBackward0)."""

    def reduce(t: Torch, x: TorchTensor, dim: Axes, keepdim: bool) -> TorchTensor:
        function = getattr(t, name)
        return function(x) if dim is None and not keepdim else function(x, torch_axes(x, dim), keepdim)

    return reduce


def torch_axes(x: TorchTensor, dim: Axes) -> list[int]:
    """The axes of a tensor, as PyTorch's reductions take them; PyTorch reads no dims as all of them."""
    return list(axes(dim, x.dim()))


def with_axes(y: TorchTensor, x: TorchTensor, keepdim: bool) -> TorchTensor:
    """The reduction of everything with the axes of x: torch.max(x) itself knows no keepdim."""
    return y.reshape((1,) * x.dim()) if keepdim else y


def kept_axes_match(s: Words, o: Sequence[Place], i: Sequence[Place], over: tuple[int, ...], keepdim: bool) -> Scalar:
    """delta(o, i) on every axis that is not reduced."""
    kept = [a for a in range(len(i)) if a not in over]
    return deltas(s, zip((o[a] for a in kept) if keepdim else o, (i[a] for a in kept), strict=True))


def reduced_to_0(i: Sequence[Place], over: tuple[int, ...]) -> list[Place]:
    """The indices of what is left where these axes are reduced and kept."""
    return [0 if a in over else p for a, p in enumerate(i)]


def reducing_primitive(
    s: Words,
    letter: str,
    x: Tensor,
    dim: Axes,
    keepdim: bool,
    local: Callable[[Scalar, Scalar, Sequence[Place]], Operand],
    arguments: tuple[Any, ...] | None = None,
    at_zero: bool = False,
    row: str | None = None,
) -> Tensor:
    """A primitive that reduces axes: its Jacobian is `local(y's entry, x's entry, i)` where the kept axes match.

    `arguments` are its row's after x (default: dim and keepdim); `at_zero`: PyTorch takes 1/y as 0 where y is 0.
    """
    over = axes(dim, x.rank)
    source = s.node(x)

    def rule(y: Node) -> Jacobian:
        return lambda o, i: kept_axes_match(s, o, i, over, keepdim) * local(y(*o), source(*i), i)

    options = (dim, keepdim) if arguments is None else arguments
    return s.primitive(
        letter, s.reduced(x, over, keepdim), (source, *options), (source, rule), at_zero=at_zero, row=row
    )


def _cumulative(s: Words, x: Tensor, dim: int, product: bool) -> Tensor:
    """y[..., m, ...] = the sum (or product) over k <= m"""
    if x.rank == 0:
        return x
    a = axis(dim, x.rank)

    def entry(*o: Place) -> Sum:
        k = s.index(x.dims[a])
        term, is_first = x.at(*(k if b == a else p for b, p in enumerate(o))), s.at_least(o[a], k)
        return [k], s.scalar.where(is_first, term, 1) if product else term * is_first

    return s.define("z", x.dims, entry, product=product)


def _variance_symbolic(s: Words, x: Tensor, dim: Axes, correction: int, keepdim: bool, root: bool) -> Tensor:
    """∂var/∂x[i] = 2 (x[i] - mean)/(n - correction): the mean's own share sums to zero."""
    over = axes(dim, x.rank)
    mean = s.node(s.unnamed().reduce(x, dim, True, lambda u, n: u / n, "mu"))
    count = s.count(x, over)

    def local(y: Scalar, u: Scalar, i: Sequence[Place]) -> Operand:
        centred = (u - mean(*reduced_to_0(i, over))) / (count - correction)
        return centred / y if root else 2 * centred

    options = (dim, correction, keepdim)
    return reducing_primitive(s, "sigma" if root else "var", x, dim, keepdim, local, options, at_zero=root)


def _numpy_variance(n: Numpy, x: Array, dim: Axes, correction: int, keepdim: bool) -> Array:
    """As PyTorch: nan or inf where too few entries are left to divide by (n.var would print a warning)."""
    on = numpy_axes(x, dim)
    spread = n.sum((x - n.mean(x, axis=on, keepdims=True)) ** 2, axis=on, keepdims=keepdim)
    return spread / n.float64(max(prod(x.shape[a] for a in on) - correction, 0))


def _norm_symbolic(s: Words, x: Tensor, p: Number, dim: Axes, keepdim: bool) -> Tensor:
    if p == 2:
        return reducing_primitive(s, "r", x, dim, keepdim, lambda r, u, i: u / r, (p, dim, keepdim), at_zero=True)
    if p == 1:
        return s.reduce(x, dim, keepdim, lambda u, n: s.scalar.abs(u), "r")
    if p == 0:
        return s.reduce(x, dim, keepdim, lambda u, n: 1 - s.same(u, 0), "r")
    magnitude = s.each(lambda u: s.scalar.abs(u), x)
    if p in (float("inf"), float("-inf")):
        return s.call("amax" if p > 0 else "amin", magnitude, dim, keepdim)
    return _general_norm(s, x, p, dim, keepdim)


def _general_norm(s: Words, x: Tensor, p: Number, dim: Axes, keepdim: bool) -> Tensor:
    """∂r/∂x[i] = sign(x[i]) (|x[i]|/r)^(p-1)"""
    power = s.scalar.number(p)

    def local(r: Scalar, u: Scalar, i: Sequence[Place]) -> Operand:
        return s.scalar.sign(u) * s.scalar.abs(u) ** (power - 1) / r ** (power - 1)

    return reducing_primitive(s, "r", x, dim, keepdim, local, (p, dim, keepdim), at_zero=True)


def numpy_norm(n: Numpy, x: Array, p: float, dim: Axes, keepdim: bool) -> Array:
    """The p-norm over axes, for any p."""
    on, size_of = numpy_axes(x, dim), n.abs(x)
    if p in (n.inf, -n.inf):
        return (n.max if p > 0 else n.min)(size_of, axis=on, keepdims=keepdim)
    if p == 0:
        return 1.0 * n.sum(x != 0, axis=on, keepdims=keepdim)
    if p == 2:
        return n.sqrt(n.sum(x * x, axis=on, keepdims=keepdim))
    return n.sum(size_of**p, axis=on, keepdims=keepdim) ** (1 / p)


# fmt: off
REDUCTIONS: tuple[Row, ...] = (
    Row("sum", "reduction", N_("the sum over axes (all of them without dim)"), "sum(x, dim=0)",
        takes=(X, DIMS, KEEPDIM), shape=reduction_shape,
        torch=_torch_reduction("sum"), numpy=numpy_reduction("sum"),
        symbolic=lambda s, x, dim, keepdim: s.reduce(x, dim, keepdim, lambda u, n: u)),
    Row("mean", "reduction", N_("the mean over axes (all of them without dim)"), "mean(x, dim=0)",
        takes=(X, DIMS, KEEPDIM), shape=reduction_shape,
        torch=_torch_reduction("mean"), numpy=numpy_reduction("mean"),
        symbolic=lambda s, x, dim, keepdim: s.reduce(x, dim, keepdim, lambda u, n: u / n, "mu")),
    Row("prod", "reduction", N_("the product over an axis (all of them without dim)"), "prod(x, dim=0)",
        takes=(X, AXIS, KEEPDIM), shape=reduction_shape,
        torch=lambda t, x, dim, keepdim: with_axes(t.prod(x), x, keepdim) if dim is None else t.prod(x, dim, keepdim),
        numpy=numpy_reduction("prod"),
        symbolic=lambda s, x, dim, keepdim: s.reduce(x, dim, keepdim, lambda u, n: u, "p", product=True)),
    Row("cumsum", "reduction", N_("sums of the first entries along an axis"), "cumsum(x, dim=0)",
        takes=(X, Param("dim", "dim")), shape=axis_shape,
        numpy=lambda n, x, dim: n.cumsum(x, axis=dim) if x.ndim else x,
        symbolic=lambda s, x, dim: _cumulative(s, x, dim, product=False)),
    Row("cumprod", "reduction", N_("products of the first entries along an axis"), "cumprod(x, dim=0)",
        takes=(X, Param("dim", "dim")), shape=axis_shape,
        numpy=lambda n, x, dim: n.cumprod(x, axis=dim) if x.ndim else x,
        symbolic=lambda s, x, dim: _cumulative(s, x, dim, product=True)),
    # Spread
    Row("var", "reduction", N_("the variance; correction=1 divides by n - 1"), "var(x, dim=0)",
        takes=(X, DIMS, CORRECTION, KEEPDIM), shape=_variance_shape,
        torch=lambda t, x, dim, correction, keepdim: t.var(x, dim, correction=correction, keepdim=keepdim),
        numpy=_numpy_variance,
        symbolic=lambda s, x, dim, correction, keepdim: _variance_symbolic(s, x, dim, correction, keepdim, root=False)),
    Row("std", "reduction", N_("the standard deviation; correction=1 divides by n - 1"), "std(x, dim=0)",
        takes=(X, DIMS, CORRECTION, KEEPDIM), shape=_variance_shape,
        torch=lambda t, x, dim, correction, keepdim: t.std(x, dim, correction=correction, keepdim=keepdim),
        numpy=lambda n, *arguments: n.sqrt(_numpy_variance(n, *arguments)),
        symbolic=lambda s, x, dim, correction, keepdim: _variance_symbolic(s, x, dim, correction, keepdim, root=True),
        kinks=(Kink(lambda n, *arguments: _numpy_variance(n, *arguments) == 0,
                    N_("all entries are equal, where std has no derivative; PyTorch takes 0")),)),
    Row("norm", "reduction", N_("the p-norm of the entries, p = 2 unless given"), "norm(x, dim=0)",
        takes=(X, P, DIMS, KEEPDIM), shape=_norm_shape, aliases=("vector_norm",), latex=r"\left\|{}\right\|",
        torch=lambda t, x, p, dim, keepdim: t.linalg.vector_norm(x, p, torch_axes(x, dim), keepdim),
        numpy=numpy_norm, symbolic=_norm_symbolic,
        kinks=(Kink(lambda n, x, p, dim, keepdim: numpy_norm(n, x, p, dim, keepdim) == 0,
                    N_("the norm of zero has no derivative; PyTorch takes 0")),
               Kink(lambda n, x, p, dim, keepdim:
                    n.any(x == 0, axis=numpy_axes(x, dim), keepdims=keepdim) & (0 != p < 1),
                    N_("with p < 1 the norm has no derivative where an entry is 0; PyTorch takes 0")))),
)
# fmt: on
