"""The largest and the smallest entry over axes, where they are, and softmax and its kin, which are computed without
overflow. `dim` counts from the end when negative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.message import N_, fault
from gradcli.ops.reductions import (
    axis_shape,
    kept_axes_match,
    numpy_axes,
    numpy_reduction,
    reduced_to_0,
    reducing_primitive,
    reduction_shape,
    torch_axes,
    with_axes,
)
from gradcli.ops.row import AXIS, DIMS, KEEPDIM, Axes, Kink, MaskColumn, Numpy, Row, X
from gradcli.ops.words import Jacobian, Node, Operand, Place, Scalar, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, axes, axis, size

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
        return s.delta(i[over[0]], where(*reduced_to_0(i, over))) if over else 1

    return reducing_primitive(s, "m", x, dim, keepdim, local)


def _ties(name: str) -> MaskColumn:
    """Where several entries are the largest, or the smallest."""

    def ties(n: Numpy, x: Array, dim: Axes, keepdim: bool) -> Array:
        on = numpy_axes(x, dim)
        return n.sum(x == getattr(n, name)(x, axis=on, keepdims=True), axis=on, keepdims=keepdim) > 1

    return ties


def _axis_primitive(
    s: Words,
    letter: str,
    x: Tensor,
    dim: int | None,
    local: Callable[[Node, Sequence[Place], Sequence[Place], int], Scalar],
) -> Tensor:
    """A primitive of x's shape that mixes one axis: `local(y, o, i, axis)` where the other axes match."""
    a = axis(dim or 0, x.rank)
    source = s.node(x)

    def rule(y: Node) -> Jacobian:
        def entry(o: Sequence[Place], i: Sequence[Place]) -> Operand:
            return local(y, o, i, a) * kept_axes_match(s, o, i, (a,), True)

        return entry

    return s.primitive(letter, x.dims, (source, dim), (source, rule))


def _softmax_symbolic(s: Words, x: Tensor, dim: int | None) -> Tensor:
    if x.rank == 0:
        return s.each(lambda u: s.scalar.number(1), x)
    return _axis_primitive(s, "s", x, dim, lambda y, o, i, a: y(*o) * (s.delta(o[a], i[a]) - y(*i)))


def _log_softmax_symbolic(s: Words, x: Tensor, dim: int | None) -> Tensor:
    """∂l[o]/∂x[i] = δ - softmax(x)[i], and softmax(x)[i] = exp(l[i])."""
    if x.rank == 0:
        return s.each(lambda u: s.scalar.number(0), x)
    return _axis_primitive(s, "l", x, dim, lambda y, o, i, a: s.delta(o[a], i[a]) - s.scalar.exp(y(*i)))


def largest(n: Numpy, x: Array, on: Axes) -> Array:
    """The largest entry over axes that stay, with size 1; -inf where there is none."""
    return n.max(x, axis=on, keepdims=True, **({"initial": -n.inf} if 0 in x.shape else {}))


def _numpy_logsumexp(n: Numpy, x: Array, dim: Axes, keepdim: bool) -> Array:
    on = numpy_axes(x, dim)
    top = largest(n, x, on)
    safe = n.where(n.isfinite(top), top, 0.0)
    result = n.log(n.sum(n.exp(x - safe), axis=on, keepdims=True)) + safe
    return result if keepdim else n.squeeze(result, axis=on)


def _numpy_softmax(n: Numpy, x: Array, dim: int | None) -> Array:
    if x.ndim == 0:
        return n.ones_like(x)
    e = n.exp(x - largest(n, x, dim or 0))
    return e / n.sum(e, axis=dim or 0, keepdims=True)


def _numpy_log_softmax(n: Numpy, x: Array, dim: int | None) -> Array:
    return x - _numpy_logsumexp(n, x, (dim or 0,), True) if x.ndim else n.zeros_like(x)


def _shared(name: str, doc: str) -> Row:
    """amax and amin."""
    extreme = name.removeprefix("a")
    return Row(
        name,
        "reduction",
        doc,
        f"{name}(x, dim=0)",
        takes=(X, DIMS, KEEPDIM),
        shape=_extreme_shape,
        torch=lambda t, x, dim, keepdim: getattr(t, name)(x, torch_axes(x, dim), keepdim),
        numpy=numpy_reduction(extreme),
        symbolic=lambda s, x, dim, keepdim: _extreme_symbolic(s, x, dim, keepdim, name),
        kinks=(Kink(_ties(extreme), _TIES),),
    )


def _place(name: str, doc: str) -> Row:
    """argmax and argmin."""
    return Row(
        name,
        "reduction",
        doc,
        f"x[{name}(x, dim=0)]",
        takes=(X, AXIS, KEEPDIM),
        shape=_extreme_shape,
        differentiable=False,
        numpy=lambda n, x, dim, keepdim: getattr(n, name)(x, axis=dim, keepdims=keepdim),
        symbolic=lambda s, x, dim, keepdim: s.primitive(
            "k", s.reduced(x, axes(dim, x.rank), keepdim), (s.node(x), dim, keepdim)
        ),
    )


def _extreme(name: str, doc: str, choice: str) -> Row:
    """max and min."""
    return Row(
        name,
        "reduction",
        doc,
        f"{name}(x)",
        takes=(X, AXIS, KEEPDIM),
        shape=_extreme_shape,
        torch=lambda t, x, dim, keepdim: (
            with_axes(getattr(t, name)(x), x, keepdim) if dim is None else getattr(t, name)(x, dim, keepdim).values
        ),
        numpy=numpy_reduction(name),
        symbolic=lambda s, x, dim, keepdim: _max_symbolic(s, x, dim, keepdim, name),
        kinks=(Kink(_ties(name), choice),),
    )


# fmt: off
EXTREMES: tuple[Row, ...] = (
    _shared("amax", N_("the largest entry over axes; ties share the gradient")),
    _shared("amin", N_("the smallest entry over axes; ties share the gradient")),
    _place("argmax", N_("where the largest entry is; it has no derivative")),
    _place("argmin", N_("where the smallest entry is; it has no derivative")),
    _extreme("max", N_("the largest entry; with dim, of each line along it (its value, not its place)"), N_(
        "several entries reach it; PyTorch's max(x) shares the gradient, max(x, dim) gives it to one of them")),
    _extreme("min", N_("the smallest entry; with dim, of each line along it (its value, not its place)"), N_(
        "several entries reach it; PyTorch's min(x) shares the gradient, min(x, dim) gives it to one of them")),
    # Softmax and its kin
    Row("softmax", "reduction", N_("e^x over its sum along an axis"), "softmax(x, dim=0)",
        takes=(X, AXIS), shape=axis_shape,
        torch=lambda t, x, dim: t.softmax(x, dim or 0), numpy=_numpy_softmax, symbolic=_softmax_symbolic),
    Row("softmin", "reduction", N_("softmax of -x"), "softmin(x, dim=0)",
        takes=(X, AXIS), shape=axis_shape,
        torch=lambda t, x, dim: t.nn.functional.softmin(x, dim or 0),
        numpy=lambda n, x, dim: _numpy_softmax(n, -x, dim),
        symbolic=lambda s, x, dim: s.call("softmax", s.each(lambda u: -u, x), dim)),
    Row("log_softmax", "reduction", N_("the logarithm of softmax"), "log_softmax(x, dim=0)",
        takes=(X, AXIS), shape=axis_shape,
        torch=lambda t, x, dim: t.log_softmax(x, dim or 0), numpy=_numpy_log_softmax, symbolic=_log_softmax_symbolic),
    Row("logsumexp", "reduction", N_("log of the sum of e^x over axes"), "logsumexp(x, dim=0)",
        takes=(X, DIMS, KEEPDIM), shape=reduction_shape,
        torch=lambda t, x, dim, keepdim: t.logsumexp(x, torch_axes(x, dim), keepdim) if x.dim() else x + 0,
        numpy=_numpy_logsumexp,
        symbolic=lambda s, x, dim, keepdim: reducing_primitive(
            s, "l", x, dim, keepdim, lambda y, u, i: s.scalar.exp(u - y))),
)
# fmt: on
