"""Axes in another order: transposes. Symbolically an index map."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.message import N_, NN_, fault
from gradcli.ops.row import Param, Row
from gradcli.ops.words import Operand, Place, Tensor, Words
from gradcli.shapes import Shape, axis, written

X = Param("x")


def _transpose_shape(x: Shape, a: int, b: int) -> Shape:
    return tuple(x[k] for k in _exchange(len(x), a, b))


def _exchange(rank: int, a: int, b: int) -> list[int]:
    """The order of the axes in which a and b have changed places."""
    a, b = axis(a, rank), axis(b, rank)
    order = list(range(rank))
    if rank:
        order[a], order[b] = b, a
    return order


def _mT_shape(x: Shape) -> Shape:
    if len(x) < 2:
        raise fault("shape", N_("mT transposes the last two dimensions, and the tensor is {s}"), s=written(x))
    return _transpose_shape(x, -2, -1)


def _t_shape(x: Shape) -> Shape:
    if len(x) > 2:
        raise fault(
            "shape",
            N_("t() takes a matrix, and the tensor is {s}"),
            hint=N_("x.mT transposes the last two"),
            s=written(x),
        )
    return x[::-1]


def _permutation(x: Shape, dims: tuple[int, ...]) -> list[int]:
    order = [axis(d, len(x)) for d in dims]
    if sorted(order) != list(range(len(x))):
        raise fault(
            "shape",
            NN_(
                "permute needs the {count} dimension once, not {dims}",
                "permute needs each of the {count} dimensions once, not {dims}",
            ),
            count=len(x),
            dims=dims,
        )
    return order


def _permute_symbolic(s: Words, x: Tensor, order: Sequence[int]) -> Tensor:
    """y[o] = x[i] with o[k] = i[order[k]]."""

    def entry(*o: Place) -> Operand:
        i: list[Place] = [0] * x.rank
        for place, source in enumerate(order):
            i[source] = o[place]
        return x.at(*i)

    return s.tensor([x.dims[k] for k in order], entry)


# fmt: off
TRANSPOSES: tuple[Row, ...] = (
    Row("T", "move", N_("the transpose: all axes in reverse"), "x.T", takes=(X,), shape=lambda x: x[::-1],
        torch=lambda t, x: x.permute(tuple(reversed(range(x.dim())))), numpy=lambda n, x: x.T,
        symbolic=lambda s, x: _permute_symbolic(s, x, range(x.rank)[::-1])),
    Row("t", "move", N_("the transpose of a matrix"), "x.t()", takes=(X,), shape=_t_shape,
        torch=lambda t, x: x.t(), numpy=lambda n, x: x.T,
        symbolic=lambda s, x: _permute_symbolic(s, x, range(x.rank)[::-1])),
    Row("mT", "move", N_("the transpose of the last two axes"), "x.mT",
        takes=(X,), shape=_mT_shape, aliases=("adjoint",),
        torch=lambda t, x: x.mT, numpy=lambda n, x: n.swapaxes(x, -1, -2),
        symbolic=lambda s, x: _permute_symbolic(s, x, _exchange(x.rank, -1, -2))),
    Row("transpose", "move", N_("two axes exchanged"), "x.transpose(0, 1)", aliases=("swapaxes", "swapdims"),
        takes=(X, Param("dim0", "dim"), Param("dim1", "dim")), shape=_transpose_shape,
        torch=lambda t, x, a, b: x.transpose(a, b), numpy=lambda n, x, a, b: x.transpose(_exchange(x.ndim, a, b)),
        symbolic=lambda s, x, a, b: _permute_symbolic(s, x, _exchange(x.rank, a, b))),
    Row("permute", "move", N_("the axes in another order"), "x.permute(1, 0)", takes=(X, Param("dims", "sizes")),
        shape=lambda x, dims: tuple(x[k] for k in _permutation(x, dims)),
        torch=lambda t, x, dims: x.permute(dims),
        numpy=lambda n, x, dims: x.transpose([d % max(x.ndim, 1) for d in dims]),
        symbolic=lambda s, x, dims: _permute_symbolic(s, x, [d % max(x.rank, 1) for d in dims])),
)
# fmt: on
