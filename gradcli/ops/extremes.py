"""The largest and the smallest entry over axes, and where they are. `dim` counts from the end when negative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.message import N_, fault
from gradcli.ops.families import AXIS, DIMS, KEEPDIM
from gradcli.ops.libraries import Numpy
from gradcli.ops.reductions import (
    kept_axes_match,
    numpy_axes,
    reducing_primitive,
    reduction_shape,
    torch_axes,
    with_axes,
)
from gradcli.ops.row import Axes, Kink, Param, Row
from gradcli.ops.words import Jacobian, Node, Operand, Place, Scalar, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, axes, size

_TIES = N_("several entries reach it; PyTorch shares the gradient equally among them")


def _extreme_shape(x: Shape, dim: Axes, keepdim: bool) -> Shape:
    if (dim is None and size(x) == 0) or any(x[a] == 0 for a in axes(dim, len(x))):
        raise fault("shape", N_("the tensor is empty: it has no largest or smallest entry"))
    return reduction_shape(x, dim, keepdim)


def _extreme_symbolic(s: Words, x: Tensor, dim: Axes, keepdim: bool, row: str) -> Tensor:
    """amax and amin: the entries that reach the extreme share its gradient equally, as PyTorch has it."""
    over = axes(dim, x.rank)
    source = s.node(x)

    def rule(y: Node) -> Jacobian:
        def ties(*k: Any) -> Any:
            bound = [s.index(x.dims[a]) for a in over]
            at = s.inserted(k, over, [0] * len(over), False) if keepdim else k
            return bound, s.same(source(*s.inserted(k, over, bound, False)), y(*at))

        def entry(o: Sequence[Place], i: Sequence[Place]) -> Operand:
            count = s.node(s.unnamed().define("c", s.reduced(x, over, False), ties))
            share = s.same(source(*i), y(*o)) / count(*(k for a, k in enumerate(i) if a not in over))
            return kept_axes_match(s, o, i, over, keepdim) * share

        return entry

    return s.primitive("m", s.reduced(x, over, keepdim), (source, dim, keepdim), (source, rule), row=row)


def _max_symbolic(s: Words, x: Tensor, dim: int | None, keepdim: bool, row: str) -> Tensor:
    """max(x, dim): the gradient goes to the one entry that is returned; max(x): ties share."""
    if dim is None:
        return _extreme_symbolic(s, x, None, keepdim, f"a{row}")
    over = axes(dim, x.rank)
    source = s.node(x)
    where = s.node(s.unnamed().primitive("k", s.reduced(x, over, True), (source, dim, True), row=f"arg{row}"))

    def local(y: Scalar, u: Scalar, i: Sequence[Place]) -> Operand:
        return s.delta(i[over[0]], where(*(0 if a in over else k for a, k in enumerate(i)))) if over else 1

    return reducing_primitive(s, "m", x, dim, keepdim, local)


def _ties(n: Numpy, x: Array, dim: Axes, keepdim: bool, extreme: Callable[..., Array]) -> Array:
    on = numpy_axes(x, dim)
    return n.sum(x == extreme(x, axis=on, keepdims=True), axis=on, keepdims=keepdim) > 1


# fmt: off
EXTREMES: tuple[Row, ...] = (
    # Extremes
    Row("amax", "reduction", N_("the largest entry over axes; ties share the gradient"), "amax(x, dim=0)",
        takes=(Param("x"), DIMS, KEEPDIM), shape=_extreme_shape,
        torch=lambda t, x, dim, keepdim: t.amax(x, torch_axes(x, dim), keepdim),
        numpy=lambda n, x, dim, keepdim: n.max(x, axis=numpy_axes(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: _extreme_symbolic(s, x, dim, keepdim, "amax"),
        kinks=(Kink(lambda n, x, dim, keepdim: _ties(n, x, dim, keepdim, n.max), _TIES),)),
    Row("amin", "reduction", N_("the smallest entry over axes; ties share the gradient"), "amin(x, dim=0)",
        takes=(Param("x"), DIMS, KEEPDIM), shape=_extreme_shape,
        torch=lambda t, x, dim, keepdim: t.amin(x, torch_axes(x, dim), keepdim),
        numpy=lambda n, x, dim, keepdim: n.min(x, axis=numpy_axes(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: _extreme_symbolic(s, x, dim, keepdim, "amin"),
        kinks=(Kink(lambda n, x, dim, keepdim: _ties(n, x, dim, keepdim, n.min), _TIES),)),
    Row("argmax", "reduction", N_("where the largest entry is; it has no derivative"), "x[argmax(x, dim=0)]",
        takes=(Param("x"), Param("dim", "dim", None), KEEPDIM), shape=_extreme_shape, differentiable=False,
        numpy=lambda n, x, dim, keepdim: n.argmax(x, axis=dim, keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: s.primitive(
            "k", s.reduced(x, axes(dim, x.rank), keepdim), (s.node(x), dim, keepdim))),
    Row("argmin", "reduction", N_("where the smallest entry is; it has no derivative"), "x[argmin(x, dim=0)]",
        takes=(Param("x"), Param("dim", "dim", None), KEEPDIM), shape=_extreme_shape, differentiable=False,
        numpy=lambda n, x, dim, keepdim: n.argmin(x, axis=dim, keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: s.primitive(
            "k", s.reduced(x, axes(dim, x.rank), keepdim), (s.node(x), dim, keepdim))),
    Row("max", "reduction", N_("the largest entry; with dim, of each line along it (its value, not its place)"),
        "max(x)", takes=(Param("x"), AXIS, KEEPDIM), shape=_extreme_shape,
        torch=lambda t, x, dim, keepdim: with_axes(t.max(x), x, keepdim) if dim is None else t.max(x, dim, keepdim)[0],
        numpy=lambda n, x, dim, keepdim: n.max(x, axis=numpy_axes(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: _max_symbolic(s, x, dim, keepdim, "max"),
        kinks=(Kink(lambda n, x, dim, keepdim: _ties(n, x, dim, keepdim, n.max), N_(
            "several entries reach it; PyTorch's max(x) shares the gradient, max(x, dim) gives it to one of them")),)),
    Row("min", "reduction", N_("the smallest entry; with dim, of each line along it (its value, not its place)"),
        "min(x)", takes=(Param("x"), AXIS, KEEPDIM), shape=_extreme_shape,
        torch=lambda t, x, dim, keepdim: with_axes(t.min(x), x, keepdim) if dim is None else t.min(x, dim, keepdim)[0],
        numpy=lambda n, x, dim, keepdim: n.min(x, axis=numpy_axes(x, dim), keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: _max_symbolic(s, x, dim, keepdim, "min"),
        kinks=(Kink(lambda n, x, dim, keepdim: _ties(n, x, dim, keepdim, n.min), N_(
            "several entries reach it; PyTorch's min(x) shares the gradient, min(x, dim) gives it to one of them")),)),
)
# fmt: on
