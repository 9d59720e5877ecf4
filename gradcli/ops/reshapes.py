"""Entries in another shape, with their axes in another order, or repeated. Symbolically an index map."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from gradcli.message import N_, NN_, fault
from gradcli.ops.row import Axes, Param, Row, X, call, method
from gradcli.ops.words import Dim, Operand, Place, Tensor, Words
from gradcli.shapes import Shape, axes, axis, size, written


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


def _reshape_shape(x: Shape, sizes: tuple[int, ...]) -> Shape:
    """The shape that `sizes` means for as many entries as x has; one of them may be -1."""
    known = 0 if any(n < -1 for n in sizes) else prod(n for n in sizes if n != -1)
    if sizes.count(-1) == 1 and known > 0 and size(x) % known == 0:
        return tuple(size(x) // known if n == -1 else n for n in sizes)
    if -1 in sizes or known != size(x) or any(n < 0 for n in sizes):
        raise fault(
            "shape",
            NN_(
                "a tensor of shape {s} has {count} element and can't be reshaped to {sizes}",
                "a tensor of shape {s} has {count} elements and can't be reshaped to {sizes}",
            ),
            hint=N_("one size may be -1: it is worked out from the rest"),
            s=written(x),
            count=size(x),
            sizes=written(sizes),
        )
    return sizes


def reshape_symbolic(s: Words, x: Tensor, sizes: tuple[Dim, ...]) -> Tensor:
    """Row-major order kept. Runs of axes whose sizes match are taken apart; only inside a run are there quotients."""
    new = list(_reshape_shape(tuple(map(s.value, x.dims)), tuple(map(s.value, sizes))))
    maps = _runs([s.value(d) for d in x.dims], new)
    if any(len(ins) == len(outs) == 1 and _differ(s, x.dims[ins[0]], sizes[outs[0]]) for ins, outs in maps):
        maps = [(list(range(x.rank)), list(range(len(new))))]  # sizes that are equal by chance
    dims: list[Dim] = [1] * len(new)
    for ins, outs in maps:
        total = prod(x.dims[a] for a in ins)
        if len(outs) == 1:
            dims[outs[0]] = total if s.value(sizes[outs[0]]) == -1 else s.equal(total, sizes[outs[0]])
        elif all(s.value(sizes[b]) >= 0 for b in outs) and any(not isinstance(sizes[b], int) for b in outs):
            s.equal(total, prod(sizes[b] for b in outs))
            for b in outs:
                dims[b] = sizes[b]
        else:
            for a in ins:
                s.fix(x.dims[a])
            for b in outs:
                dims[b] = new[b]

    def entry(*o: Place) -> Operand:
        i: list[Place] = [0] * x.rank
        for ins, outs in maps:
            flat: Place = 0
            for b in outs:
                flat = flat * dims[b] + o[b]
            for a in reversed(ins):
                i[a] = s.remainder(flat, x.dims[a]) if a != ins[0] else flat
                flat = s.quotient(flat, x.dims[a])
        return x.at(*i)

    return s.tensor(dims, entry)


def _differ(s: Words, dim: Dim, size: Dim) -> bool:
    """Whether a size that follows from others is another than this axis's, though they are the same number here."""
    return not isinstance(size, int) and s.resolve(dim - size) != 0


def _runs(old: Sequence[int], new: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """The shortest runs of axes with equal products, in order; axes of size 1 belong to no run."""
    ins = [a for a, n in enumerate(old) if n != 1]
    outs = [b for b, n in enumerate(new) if n != 1]
    runs: list[tuple[list[int], list[int]]] = []
    while ins and outs:
        left, right = [ins.pop(0)], [outs.pop(0)]
        while (m := prod(old[a] for a in left)) != (n := prod(new[b] for b in right)):
            if m < n:
                left.append(ins.pop(0))
            else:
                right.append(outs.pop(0))
        runs.append((left, right))
    return runs


def _flatten_shape(x: Shape, start_dim: int, end_dim: int) -> Shape:
    a, b = axis(start_dim, len(x)), axis(end_dim, len(x))
    if a > b:
        raise fault("shape", N_("flatten joins axes up to end_dim={b}, which comes before start_dim={a}"), a=a, b=b)
    if not x:
        return (1,)
    return (*x[:a], prod(x[a : b + 1]), *x[b + 1 :])


def _squeeze_shape(x: Shape, dim: Axes) -> Shape:
    return tuple(n for a, n in enumerate(x) if a not in _axes_to_squeeze(x, dim))


def _axes_to_squeeze(x: Shape, dim: Axes) -> tuple[int, ...]:
    """The axes that squeeze takes out."""
    named = () if dim == () else axes(dim, len(x))
    return tuple(a for a in named if x[a] == 1)


def _squeeze_symbolic(s: Words, x: Tensor, dim: Axes) -> Tensor:
    shape = tuple(s.value(d) for d in x.dims)
    for a in () if dim == () else axes(dim, x.rank):
        if shape[a] == 1:
            s.needs_ones()
        else:
            s.require(2, "<=", x.dims[a])  # one of size 1 would be taken out, too
    return reshape_symbolic(s, x, tuple(d for a, d in enumerate(x.dims) if a not in _axes_to_squeeze(shape, dim)))


def _unsqueeze_shape(x: Shape, dim: int) -> Shape:
    a = axis(dim, len(x) + 1)
    return (*x[:a], 1, *x[a:])


def _expand_shape(x: Shape, sizes: tuple[int, ...]) -> Shape:
    if len(sizes) < len(x):
        raise fault(
            "shape", NN_("expand needs at least {count} size", "expand needs at least {count} sizes"), count=len(x)
        )
    new = len(sizes) - len(x)
    padded = (1,) * new + x
    wanted = tuple(m if n == -1 and k >= new else n for k, (m, n) in enumerate(zip(padded, sizes, strict=True)))
    if any(n < 0 for n in wanted):
        raise fault(
            "shape",
            N_("expand: a size is a number from 0 on, or -1 to leave an axis as it is, not {sizes}"),
            sizes=sizes,
        )
    if any(m not in (1, n) for m, n in zip(padded, wanted, strict=True)):
        raise fault(
            "shape",
            N_("shape {s} can't be expanded to {sizes}: only axes of size 1 grow"),
            s=written(x),
            sizes=written(wanted),
        )
    return wanted


def _expand_symbolic(s: Words, x: Tensor, sizes: tuple[Dim, ...]) -> Tensor:
    shape = _expand_shape(tuple(s.value(d) for d in x.dims), tuple(map(s.value, sizes)))
    lead = len(shape) - x.rank
    dims = []
    for k, n in enumerate(sizes):
        own = 1 if k < lead else x.dims[k - lead]
        dims.append(own if s.value(n) == -1 else n if own == 1 else s.equal(own, n, broadcast=True))
    return s.tensor(dims, lambda *o: s.spread(x, o))


def _repeat_shape(x: Shape, sizes: tuple[int, ...]) -> Shape:
    if len(sizes) < len(x):
        raise fault(
            "shape", NN_("repeat needs at least {count} number", "repeat needs at least {count} numbers"), count=len(x)
        )
    if any(n < 0 for n in sizes):
        raise fault("shape", N_("a tensor can't be repeated {sizes} times"), sizes=sizes)
    return tuple(m * n for m, n in zip((1,) * (len(sizes) - len(x)) + x, sizes, strict=True))


def _repeat_symbolic(s: Words, x: Tensor, sizes: tuple[Dim, ...]) -> Tensor:
    lead = len(sizes) - x.rank
    dims = [n * (x.dims[k - lead] if k >= lead else 1) for k, n in enumerate(sizes)]

    def entry(*o: Place) -> Operand:
        return x.at(*(0 if d == 1 else s.remainder(p, d) for p, d in zip(o[lead:], x.dims, strict=True)))

    return s.tensor(dims, entry)


def _interleave_shape(x: Shape, repeats: int, dim: int | None) -> Shape:
    if repeats < 0:
        raise fault("shape", N_("repeat_interleave needs a number from 0 on, not {count}"), count=repeats)
    if dim is None:
        return (size(x) * repeats,)
    if not x:
        raise fault("shape", N_("repeat_interleave along dim={dim}: the tensor is a scalar"), dim=dim)
    a = axis(dim, len(x))
    return (*x[:a], x[a] * repeats, *x[a + 1 :])


def _interleave_symbolic(s: Words, x: Tensor, repeats: int, dim: int | None) -> Tensor:
    if dim is None:
        x, dim = reshape_symbolic(s, x, (-1,)), 0
    a = axis(dim, x.rank)
    dims = [d * repeats if k == a else d for k, d in enumerate(x.dims)]
    one = x.dims[a] == 1
    return s.tensor(
        dims, lambda *o: x.at(*(p if k != a else 0 if one else s.quotient(p, repeats) for k, p in enumerate(o)))
    )


# fmt: off
RESHAPES: tuple[Row, ...] = (
    Row("T", "move", N_("the transpose: all axes in reverse"), "x.T", takes=(X,), shape=lambda x: x[::-1],
        torch=lambda t, x: x.permute(tuple(reversed(range(x.dim())))), numpy=lambda n, x: x.T,
        symbolic=lambda s, x: _permute_symbolic(s, x, range(x.rank)[::-1])),
    Row("t", "move", N_("the transpose of a matrix"), "x.t()", takes=(X,), shape=_t_shape,
        torch=method("t"), numpy=lambda n, x: x.T,
        symbolic=lambda s, x: _permute_symbolic(s, x, range(x.rank)[::-1])),
    Row("mT", "move", N_("the transpose of the last two axes"), "x.mT",
        takes=(X,), shape=_mT_shape, aliases=("adjoint",),
        torch=lambda t, x: x.mT, numpy=lambda n, x: n.swapaxes(x, -1, -2),
        symbolic=lambda s, x: _permute_symbolic(s, x, _exchange(x.rank, -1, -2))),
    Row("transpose", "move", N_("two axes exchanged"), "x.transpose(0, 1)", aliases=("swapaxes", "swapdims"),
        takes=(X, Param("dim0", "dim"), Param("dim1", "dim")), shape=_transpose_shape,
        torch=method("transpose"), numpy=lambda n, x, a, b: x.transpose(_exchange(x.ndim, a, b)),
        symbolic=lambda s, x, a, b: _permute_symbolic(s, x, _exchange(x.rank, a, b))),
    Row("permute", "move", N_("the axes in another order"), "x.permute(1, 0)", takes=(X, Param("dims", "sizes")),
        shape=lambda x, dims: tuple(x[k] for k in _permutation(x, dims)),
        torch=method("permute"),
        numpy=lambda n, x, dims: x.transpose([d % max(x.ndim, 1) for d in dims]),
        symbolic=lambda s, x, dims: _permute_symbolic(s, x, [d % max(x.rank, 1) for d in dims])),
    Row("reshape", "move", N_("the same entries, row by row, in another shape"), "x.reshape(-1)",
        takes=(X, Param("sizes", "sizes", follows=True)), shape=_reshape_shape, aliases=("view",),
        torch=method("reshape"), numpy=method("reshape"),
        symbolic=reshape_symbolic),
    Row("flatten", "move", N_("axes joined into one"), "x.flatten()", aliases=("ravel",),
        takes=(X, Param("start_dim", "dim", 0), Param("end_dim", "dim", -1)), shape=_flatten_shape,
        torch=method("flatten"), numpy=lambda n, x, a, b: x.reshape(_flatten_shape(x.shape, a, b)),
        symbolic=lambda s, x, a, b: reshape_symbolic(s, x, _flatten_shape(x.dims, a, b))),
    Row("squeeze", "move", N_("axes of size 1 taken out"), "x.squeeze()",
        takes=(X, Param("dim", "dims", None)), shape=_squeeze_shape,
        torch=lambda t, x, dim: x.squeeze() if dim is None else x.squeeze(dim),
        numpy=lambda n, x, dim: n.squeeze(x) if dim is None else n.squeeze(x, axis=_axes_to_squeeze(x.shape, dim)),
        symbolic=_squeeze_symbolic),
    Row("unsqueeze", "move", N_("a new axis of size 1"), "x.unsqueeze(0)", takes=(X, Param("dim", "dim")),
        shape=_unsqueeze_shape, torch=method("unsqueeze"), numpy=call("expand_dims"),
        symbolic=lambda s, x, dim: reshape_symbolic(s, x, _unsqueeze_shape(x.dims, dim))),
    Row("expand", "move", N_("axes of size 1 repeated to the sizes given"), "x.expand(2, 3)", aliases=("broadcast_to",),
        takes=(X, Param("sizes", "sizes", follows=True)), shape=_expand_shape,
        torch=method("expand"),
        numpy=lambda n, x, sizes: n.broadcast_to(x, _expand_shape(x.shape, sizes)),
        symbolic=_expand_symbolic),
    Row("expand_as", "move", N_("axes of size 1 repeated to another tensor's shape"), "x.expand_as(y)",
        takes=(X, Param("other")), shape=_expand_shape,
        torch=method("expand_as"), numpy=lambda n, x, other: n.broadcast_to(x, other.shape),
        symbolic=lambda s, x, other: _expand_symbolic(s, x, other.dims)),
    Row("reshape_as", "move", N_("the same entries, row by row, in another tensor's shape"), "x.reshape_as(y)",
        takes=(X, Param("other")), shape=_reshape_shape, aliases=("view_as",),
        torch=lambda t, x, other: x.reshape(other.shape), numpy=lambda n, x, other: x.reshape(other.shape),
        symbolic=lambda s, x, other: reshape_symbolic(s, x, other.dims)),
    Row("repeat", "move", N_("the tensor laid next to itself"), "x.repeat(2, 3)",
        takes=(X, Param("sizes", "sizes", follows=True)), shape=_repeat_shape,
        torch=method("repeat"), numpy=call("tile"), symbolic=_repeat_symbolic),
    Row("tile", "move", N_("the tensor laid next to itself along its last axes"), "x.tile(2)",
        takes=(X, Param("dims", "sizes", follows=True)),
        shape=lambda x, dims: _repeat_shape(x, (1,) * (len(x) - len(dims)) + dims),
        torch=method("tile"),
        symbolic=lambda s, x, dims: _repeat_symbolic(s, x, (1,) * (x.rank - len(dims)) + dims)),
    Row("repeat_interleave", "move", N_("each entry repeated, along an axis or in one row of all entries"),
        "x.repeat_interleave(2)", takes=(Param("input"), Param("repeats", "integer"), Param("dim", "dim", None)),
        shape=_interleave_shape, numpy=lambda n, x, k, dim: n.repeat(x, k, axis=dim), symbolic=_interleave_symbolic),
)
# fmt: on
