"""Entries reversed or shifted along their axes. Symbolically an index map."""

from __future__ import annotations

from gradcli.message import N_, fault
from gradcli.ops.families import own_shape
from gradcli.ops.libraries import Numpy
from gradcli.ops.reshapes import reshape_symbolic
from gradcli.ops.row import Param, Row
from gradcli.ops.words import Place, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, axes, axis

X = Param("x")


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


# fmt: off
SHIFTS: tuple[Row, ...] = (
    Row("flip", "move", N_("axes reversed"), "x.flip(0)", takes=(X, Param("dims", "sizes")),
        shape=own_shape,
        torch=lambda t, x, dims: x.flip(dims), numpy=lambda n, x, dims: n.flip(x, axes(dims, x.ndim) if dims else ()),
        symbolic=_flip_symbolic),
    Row("roll", "move", N_("entries shifted round along axes"), "roll(x, 1, 0)",
        takes=(X, Param("shifts", "sizes"), Param("dims", "sizes", ())),
        shape=_roll_shape,
        torch=lambda t, x, shifts, dims: t.roll(x, shifts, dims) if dims else t.roll(x, shifts[0]),
        numpy=_numpy_roll, symbolic=_roll_symbolic),
)
# fmt: on
