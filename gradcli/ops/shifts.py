"""Entries reversed or shifted along their axes; diagonals and triangles of matrices. Symbolically an index map."""

from __future__ import annotations

from gradcli.message import N_, fault
from gradcli.ops.reshapes import reshape_symbolic
from gradcli.ops.row import Numpy, Param, Row, X, method, own_shape
from gradcli.ops.words import Operand, Place, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, axes, axis, written


def _flip_symbolic(s: Words, x: Tensor, dims: tuple[int, ...]) -> Tensor:
    over = {axis(d, x.rank) for d in dims}
    return s.tensor(
        x.dims,
        lambda *o: x.at(
            *(d - 1 - p if a in over and d != 1 else p for a, (p, d) in enumerate(zip(o, x.dims, strict=True)))
        ),
    )


def _roll_shape(x: Shape, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Shape:
    """x's own shape, once there is a shift for each of the axes; without axes one shifts all entries in a row."""
    if len(shifts) != (len(dims) or 1):
        raise fault(
            "shape",
            N_("roll takes one shift for each of its dims, not shifts={shifts} for dims={dims}"),
            hint=N_("without dims there is one shift, and all entries move in a row"),
            shifts=shifts,
            dims=dims,
        )
    if dims and not x:
        raise fault("shape", N_("a scalar has no axis along which entries could be rolled"))
    for d in dims:
        axis(d, len(x))
    return x


def _roll_symbolic(s: Words, x: Tensor, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Tensor:
    if dims == ():
        flat = reshape_symbolic(s, x, (-1,))
        rolled = _roll_symbolic(s, flat, shifts, (0,))
        return reshape_symbolic(s, rolled, x.dims)
    shift: dict[int, int] = {}
    for k, d in zip(shifts, dims, strict=True):
        shift[axis(d, x.rank)] = shift.get(axis(d, x.rank), 0) + k
    sizes = [s.value(d) for d in x.dims]
    for a, k in shift.items():
        if abs(k) <= sizes[a]:
            s.require(abs(k), "<=", x.dims[a])
        else:
            s.fix(x.dims[a])  # further than once around: what is left of it depends on the size
            shift[a] = k % max(sizes[a], 1)

    def source(p: Place, a: int) -> Place:
        if a not in shift or sizes[a] <= 1:
            return p
        return s.remainder(p - shift[a] + (x.dims[a] if shift[a] > 0 else 0), x.dims[a])

    return s.tensor(x.dims, lambda *o: x.at(*(source(p, a) for a, p in enumerate(o))))


def _numpy_roll(n: Numpy, x: Array, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Array:
    return n.roll(x, shifts, axis=dims or None) if dims else n.roll(x, shifts[0])


DIAGONAL = Param("diagonal", "integer", 0)
OFFSET = Param("offset", "integer", 0)


def _diag_shape(x: Shape, diagonal: int) -> Shape:
    if len(x) == 1:
        return (x[0] + abs(diagonal),) * 2
    if len(x) == 2:
        return (max(0, min(x[0] + min(diagonal, 0), x[1] - max(diagonal, 0))),)
    raise fault("shape", N_("diag takes a vector or a matrix, and the tensor is {s}"), s=written(x))


def _diag_symbolic(s: Words, x: Tensor, diagonal: int) -> Tensor:
    down, right = max(-diagonal, 0), max(diagonal, 0)
    if x.rank == 1:
        n = x.dims[0] + abs(diagonal)
        if x.dims[0] == 1:
            return s.tensor((n, n), lambda i, j: x.at(0) * s.delta(i, down) * s.delta(j, right))
        return s.tensor((n, n), lambda i, j: x.at(i - down) * s.delta(i + right, j + down))
    m, n = s.value(x.dims[0]) - down, s.value(x.dims[1]) - right
    size_of, other = sorted((x.dims[0] - down, x.dims[1] - right), key=s.value)
    if min(m, n) <= 1:
        s.fix(size_of)
        return s.tensor((max(min(m, n), 0),), lambda k: x.at(down, right))
    s.require(size_of, "<=", other)
    s.require(2, "<=", size_of)
    return s.tensor((size_of,), lambda k: x.at(k + down, k + right))


def _two_axes(rank: int, dim1: int, dim2: int) -> tuple[int, int]:
    a, b = axis(dim1, rank), axis(dim2, rank)
    if a == b:
        raise fault("shape", N_("a diagonal needs two axes; dim1={a} and dim2={b} are one"), a=dim1, b=dim2)
    return a, b


def _diagonal_shape(x: Shape, offset: int, dim1: int, dim2: int) -> Shape:
    _refuse_vector(x)
    a, b = _two_axes(len(x), dim1, dim2)
    rest = tuple(n for k, n in enumerate(x) if k not in (a, b))
    return (*rest, *_diag_shape((x[a], x[b]), offset))


def _diagonal_symbolic(s: Words, x: Tensor, offset: int, dim1: int, dim2: int) -> Tensor:
    a, b = _two_axes(x.rank, dim1, dim2)
    rest = [k for k in range(x.rank) if k not in (a, b)]

    def along(*o: Place) -> Tensor:
        def matrix(i: Place, j: Place) -> Operand:
            at: list[Place] = [0] * x.rank
            for place, k in zip(o, rest, strict=False):
                at[k] = place
            at[a], at[b] = i, j
            return x.at(*at)

        return _diag_symbolic(s, s.tensor((x.dims[a], x.dims[b]), matrix), offset)

    size_of = along(*(0 for _ in rest)).dims[0]
    return s.tensor([*(x.dims[k] for k in rest), size_of], lambda *o: along(*o[:-1]).at(o[-1]))


def _embed_shape(x: Shape, offset: int, dim1: int, dim2: int) -> Shape:
    if not x:
        raise fault("shape", N_("diag_embed lays an axis on a diagonal, and the tensor is a scalar"))
    places = _two_axes(len(x) + 1, dim1, dim2)
    rest = iter(x[:-1])
    return tuple(x[-1] + abs(offset) if k in places else next(rest) for k in range(len(x) + 1))


def _embed_symbolic(s: Words, x: Tensor, offset: int, dim1: int, dim2: int) -> Tensor:
    a, b = _two_axes(x.rank + 1, dim1, dim2)
    n = x.dims[-1] + abs(offset)
    lead = iter(x.dims[:-1])
    dims = [n if k in (a, b) else next(lead) for k in range(x.rank + 1)]

    def entry(*o: Place) -> Operand:
        rest = [p for k, p in enumerate(o) if k not in (a, b)]
        line = s.tensor((x.dims[-1],), lambda k: x.at(*rest, k))
        return _diag_symbolic(s, line, offset).at(o[a], o[b])

    return s.tensor(dims, entry)


def _numpy_embed(n: Numpy, x: Array, offset: int, dim1: int, dim2: int) -> Array:
    rows = n.pad(x, [(0, 0)] * (x.ndim - 1) + [(max(-offset, 0), max(offset, 0))])[..., None]
    on = n.eye(x.shape[-1] + abs(offset), x.shape[-1] + abs(offset), k=offset) != 0
    return n.moveaxis(n.where(on, rows, 0.0), (-2, -1), (dim1, dim2))


def _triangle_shape(x: Shape, diagonal: int) -> Shape:
    _refuse_vector(x)
    return x


def _refuse_vector(x: Shape) -> None:
    if len(x) < 2:
        raise fault("shape", N_("a matrix is needed, and the tensor is {s}"), s=written(x))


# fmt: off
SHIFTS: tuple[Row, ...] = (
    Row("flip", "move", N_("axes reversed"), "x.flip(0)", takes=(X, Param("dims", "sizes")),
        shape=own_shape,
        torch=method("flip"), numpy=lambda n, x, dims: n.flip(x, axes(dims, x.ndim) if dims else ()),
        symbolic=_flip_symbolic),
    Row("roll", "move", N_("entries shifted round along axes"), "roll(x, 1, 0)",
        takes=(X, Param("shifts", "sizes"), Param("dims", "sizes", ())),
        shape=_roll_shape,
        torch=lambda t, x, shifts, dims: t.roll(x, shifts, dims) if dims else t.roll(x, shifts[0]),
        numpy=_numpy_roll, symbolic=_roll_symbolic),
    Row("diag", "move", N_("a vector as a diagonal matrix, or a matrix's diagonal"), "diag(x)", takes=(X, DIAGONAL),
        shape=_diag_shape, symbolic=_diag_symbolic),
    Row("diagonal", "move", N_("the diagonals of two axes, along a new last axis"), "x.diagonal()",
        takes=(Param("input"), OFFSET, Param("dim1", "dim", 0), Param("dim2", "dim", 1)), shape=_diagonal_shape,
        symbolic=_diagonal_symbolic),
    Row("diag_embed", "move", N_("the last axis laid on the diagonal of two new axes, 0 elsewhere"), "diag_embed(x)",
        takes=(Param("input"), OFFSET, Param("dim1", "dim", -2), Param("dim2", "dim", -1)), shape=_embed_shape,
        numpy=_numpy_embed, symbolic=_embed_symbolic),
    Row("tril", "move", N_("the lower triangle, zero above the diagonal"), "tril(x)", takes=(X, DIAGONAL),
        shape=_triangle_shape,
        symbolic=lambda s, x, k: s.tensor(x.dims, lambda *o: x.at(*o) * s.at_least(o[-2] + k, o[-1]))),
    Row("triu", "move", N_("the upper triangle, zero below the diagonal"), "triu(x)", takes=(X, DIAGONAL),
        shape=_triangle_shape,
        symbolic=lambda s, x, k: s.tensor(x.dims, lambda *o: x.at(*o) * s.at_least(o[-1], o[-2] + k))),
)
# fmt: on
