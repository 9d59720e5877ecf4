"""Softmax and its kin, along an axis: computed without overflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradcli.message import N_
from gradcli.ops.families import AXIS, DIMS, KEEPDIM, deltas
from gradcli.ops.libraries import Numpy
from gradcli.ops.reductions import axis_shape, numpy_axes, reducing_primitive, reduction_shape, torch_axes
from gradcli.ops.row import Axes, Param, Row
from gradcli.ops.words import Jacobian, Node, Operand, Place, Scalar, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import axis


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
            return local(y, o, i, a) * deltas(s, ((o[k], i[k]) for k in range(x.rank) if k != a))

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


# fmt: off
SOFTMAX: tuple[Row, ...] = (
    # Softmax and its kin
    Row("softmax", "reduction", N_("e^x over its sum along an axis"), "softmax(x, dim=0)",
        takes=(Param("x"), AXIS), shape=axis_shape,
        torch=lambda t, x, dim: t.softmax(x, dim or 0), numpy=_numpy_softmax, symbolic=_softmax_symbolic),
    Row("softmin", "reduction", N_("softmax of -x"), "softmin(x, dim=0)",
        takes=(Param("x"), AXIS), shape=axis_shape,
        torch=lambda t, x, dim: t.nn.functional.softmin(x, dim or 0),
        numpy=lambda n, x, dim: _numpy_softmax(n, -x, dim),
        symbolic=lambda s, x, dim: s.call("softmax", s.each(lambda u: -u, x), dim)),
    Row("log_softmax", "reduction", N_("the logarithm of softmax"), "log_softmax(x, dim=0)",
        takes=(Param("x"), AXIS), shape=axis_shape,
        torch=lambda t, x, dim: t.log_softmax(x, dim or 0), numpy=_numpy_log_softmax, symbolic=_log_softmax_symbolic),
    Row("logsumexp", "reduction", N_("log of the sum of e^x over axes"), "logsumexp(x, dim=0)",
        takes=(Param("x"), DIMS, KEEPDIM), shape=reduction_shape,
        torch=lambda t, x, dim, keepdim: t.logsumexp(x, torch_axes(x, dim), keepdim) if x.dim() else x + 0,
        numpy=_numpy_logsumexp,
        symbolic=lambda s, x, dim, keepdim: reducing_primitive(
            s, "l", x, dim, keepdim, lambda y, u, i: s.scalar.exp(u - y))),
)
# fmt: on
