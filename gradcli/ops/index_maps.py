"""Functions that move entries without computing: transposes, reshapes, indexing, stacking.
Symbolically an index map."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from gradcli.message import N_, NN_, fault
from gradcli.ops.families import Param
from gradcli.ops.row import Row
from gradcli.shapes import Shape, axes, axis, broadcast, size, written

X = Param("x")
Item = tuple[Any, ...]

# Shapes


def _swapped(x: Sequence[Any], a: int, b: int) -> tuple[Any, ...]:
    order = _swap(len(x), a, b)
    return tuple(x[k] for k in order)


def _swap(rank: int, a: int, b: int) -> list[int]:
    a, b = axis(a, rank), axis(b, rank)
    order = list(range(rank))
    if rank:
        order[a], order[b] = b, a
    return order


def _matrix_transposed(x: Shape) -> Shape:
    if len(x) < 2:
        raise fault("shape", N_("mT transposes the last two dimensions, and the tensor is {s}"), s=written(x))
    return _swapped(x, -2, -1)


def _at_most_matrix(x: Shape) -> Shape:
    if len(x) > 2:
        raise fault(
            "shape",
            N_("t() takes a matrix, and the tensor is {s}"),
            hint=N_("x.mT transposes the last two"),
            s=written(x),
        )
    return x[::-1]


def _order(x: Shape, dims: tuple[int, ...]) -> list[int]:
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


def reshaped(x: Shape, sizes: tuple[int, ...]) -> Shape:
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


def _flattened(x: Shape, start_dim: int, end_dim: int) -> Shape:
    a, b = axis(start_dim, len(x)), axis(end_dim, len(x))
    if a > b:
        raise fault("shape", N_("flatten joins axes up to end_dim={b}, which comes before start_dim={a}"), a=a, b=b)
    if not x:
        return (1,)
    return (*x[:a], prod(x[a : b + 1]), *x[b + 1 :])


def _squeezed(x: Shape, dim: Any) -> Shape:
    return tuple(n for a, n in enumerate(x) if a not in _single(x, dim))


def _single(x: Shape, dim: Any) -> tuple[int, ...]:
    """The axes that squeeze takes out."""
    named = () if dim == () else axes(dim, len(x))
    return tuple(a for a in named if x[a] == 1)


def _named(dim: Any, rank: int) -> list[int]:
    """The axes that a dim or several name."""
    return [axis(d, rank) for d in (dim if isinstance(dim, tuple) else (dim,))]


def _unsqueezed(x: Shape, dim: int) -> Shape:
    a = axis(dim, len(x) + 1)
    return (*x[:a], 1, *x[a:])


def _expanded(x: Shape, sizes: tuple[int, ...]) -> Shape:
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


def _repeated(x: Shape, sizes: tuple[int, ...]) -> Shape:
    if len(sizes) < len(x):
        raise fault(
            "shape", NN_("repeat needs at least {count} number", "repeat needs at least {count} numbers"), count=len(x)
        )
    if any(n < 0 for n in sizes):
        raise fault("shape", N_("a tensor can't be repeated {sizes} times"), sizes=sizes)
    return tuple(m * n for m, n in zip((1,) * (len(sizes) - len(x)) + x, sizes, strict=True))


def _tiles(x: Sequence[Any], dims: tuple[int, ...]) -> tuple[int, ...]:
    """How often the tensor is laid along each axis; once along the first where fewer numbers are given."""
    return (1,) * (len(x) - len(dims)) + dims


def _interleaved(x: Shape, repeats: int, dim: int | None) -> Shape:
    if repeats < 0:
        raise fault("shape", N_("repeat_interleave needs a number from 0 on, not {count}"), count=repeats)
    if dim is None:
        return (size(x) * repeats,)
    if not x:
        raise fault("shape", N_("repeat_interleave along dim={dim}: the tensor is a scalar"), dim=dim)
    a = axis(dim, len(x))
    return (*x[:a], x[a] * repeats, *x[a + 1 :])


def _joined(tensors: tuple[Shape, ...], dim: int) -> Shape:
    first = tensors[0]
    if not first:
        raise fault(
            "shape",
            N_("cat joins tensors that have an axis; scalars are stacked"),
            hint=N_("[a, b]  or  stack([a, b])"),
        )
    a = axis(dim, len(first))
    for other in tensors[1:]:
        if len(other) != len(first) or any(m != n for k, (m, n) in enumerate(zip(first, other, strict=True)) if k != a):
            raise fault(
                "shape",
                N_("cat along dim={dim}: shapes {a} and {b} differ elsewhere"),
                dim=dim,
                a=written(first),
                b=written(other),
            )
    return (*first[:a], sum(s[a] for s in tensors), *first[a + 1 :])


def _stacked(tensors: tuple[Shape, ...], dim: int) -> Shape:
    common = broadcast(*tensors) if all(not s for s in tensors) else tensors[0]
    for place, other in enumerate(tensors):
        if other != common:
            raise fault(
                "shape",
                N_("a list stacks tensors of one shape; item 0 is {a} and item {k} is {b}"),
                hint=N_("cat([a, b]) joins tensors along an axis they have"),
                a=written(common),
                b=written(other),
                k=place,
            )
    a = axis(dim, len(common) + 1)
    return (*common[:a], len(tensors), *common[a:])


def _diagonal_shape(x: Shape, diagonal: int) -> Shape:
    if len(x) == 1:
        return (x[0] + abs(diagonal),) * 2
    if len(x) == 2:
        return (max(0, min(x[0] + min(diagonal, 0), x[1] - max(diagonal, 0))),)
    raise fault("shape", N_("diag takes a vector or a matrix, and the tensor is {s}"), s=written(x))


def _two_axes(rank: int, dim1: int, dim2: int) -> tuple[int, int]:
    a, b = axis(dim1, rank), axis(dim2, rank)
    if a == b:
        raise fault("shape", N_("a diagonal needs two axes; dim1={a} and dim2={b} are one"), a=dim1, b=dim2)
    return a, b


def _diagonals_shape(x: Shape, offset: int, dim1: int, dim2: int) -> Shape:
    if len(x) < 2:
        raise fault("shape", N_("a matrix is needed, and the tensor is {s}"), s=written(x))
    a, b = _two_axes(len(x), dim1, dim2)
    rest = tuple(n for k, n in enumerate(x) if k not in (a, b))
    return (*rest, *_diagonal_shape((x[a], x[b]), offset))


def _embedded_shape(x: Shape, offset: int, dim1: int, dim2: int) -> Shape:
    if not x:
        raise fault("shape", N_("diag_embed lays an axis on a diagonal, and the tensor is a scalar"))
    places = _two_axes(len(x) + 1, dim1, dim2)
    rest = iter(x[:-1])
    return tuple(x[-1] + abs(offset) if k in places else next(rest) for k in range(len(x) + 1))


def _matrices(x: Shape, diagonal: int) -> Shape:
    if len(x) < 2:
        raise fault("shape", N_("a matrix is needed, and the tensor is {s}"), s=written(x))
    return x


def _flipped(x: Shape, dims: tuple[int, ...]) -> Shape:
    axes(dims, len(x))
    return x


def _rolled(x: Shape, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Shape:
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


# Indexing


def _indexed(x: Shape, items: tuple[Item, ...], tensors: tuple[Shape, ...]) -> Shape:
    shape: list[int] = []
    a = 0
    for item in items:
        if item[0] == "new":
            shape.append(1)
            continue
        if item[0] == "slice":
            shape.append(len(range(*slice(*item[1:]).indices(x[a]))))
        a += 1
    if not tensors:
        return tuple(shape)
    place = _advanced_place(items)
    return (*shape[:place], *broadcast(*tensors), *shape[place:])


def _advanced_place(items: tuple[Item, ...]) -> int:
    """Where the axes of index tensors come out: where they stand if they stand together, else in front. PyTorch takes
    the plain numbers out first, so that they neither join nor part the tensors (NumPy counts them as tensors)."""
    kept = [item[0] for item in items if item[0] != "at"]
    first, last = kept.index("tensor"), len(kept) - 1 - kept[::-1].index("tensor")
    return first if set(kept[first : last + 1]) == {"tensor"} else 0


def _numpy_indexed(x: Any, items: tuple[Item, ...], tensors: Sequence[Any]) -> Any:
    """In two steps: numbers, slices and new axes, then tensors."""
    plain = x[_python_index(tuple(("slice", None, None, 1) if item[0] == "tensor" else item for item in items), ())]
    kept = [item for item in items if item[0] != "at"]
    return plain[tuple(tensors[item[1]] if item[0] == "tensor" else slice(None) for item in kept)] if tensors else plain


def _python_index(items: tuple[Item, ...], tensors: Sequence[Any]) -> tuple[Any, ...]:
    def one(item: Item) -> Any:
        match item[0]:
            case "at":
                return item[1]
            case "slice":
                return slice(*item[1:])
            case "new":
                return None
        return tensors[item[1]]

    return tuple(map(one, items))


def _index_symbolic(s: Any, x: Any, items: tuple[Item, ...], tensors: tuple[Any, ...]) -> Any:
    kept: list[Any] = []  # the dim of each axis that a slice or None makes
    a = 0
    for item in items:
        if item[0] == "new":
            kept.append(1)
            continue
        if item[0] == "slice":
            kept.append(_slice_dim(s, x.dims[a], *item[1:])[1])
        a += 1
    common = s.broadcast(*(t.dims for t in tensors)) if tensors else ()
    place = _advanced_place(items) if tensors else 0
    dims = (*kept[:place], *common, *kept[place:])

    def entry(*o: Any) -> Any:
        advanced = o[place : place + len(common)]
        free = iter((*o[:place], *o[place + len(common) :]))
        return x.at(*_source_indices(s, x, items, tensors, free, advanced))

    return s.tensor(dims, entry)


def _source_indices(
    s: Any, x: Any, items: tuple[Item, ...], tensors: tuple[Any, ...], free: Any, advanced: Any
) -> list[Any]:
    at: list[Any] = []
    for item in items:
        dim = x.dims[len(at)] if len(at) < x.rank else 1
        match item[0]:
            case "new":
                next(free)
            case "at":
                at.append(_place(s, item[1], dim))
            case "slice":
                start, _, step = _slice_dim(s, dim, *item[1:])
                at.append(start + step * next(free))
            case "tensor":
                at.append(s.as_place(s.spread(tensors[item[1]], advanced), dim))
    return [0 if d == 1 else p for p, d in zip(at, x.dims, strict=True)]


def _slice_dim(s: Any, dim: Any, start: int | None, stop: int | None, step: int) -> tuple[Any, Any, int]:
    """(first place, size, step) in symbols where the size follows for any n, in numbers where it does not."""
    n = s.value(dim)
    ends = [end for end in (start, stop) if end is not None]
    first, last = (None if end is None else s.value(end) for end in (start, stop))
    first, last, _ = slice(first, last, s.value(step)).indices(n)
    count = len(range(first, last, s.value(step)))
    clipped = any(not -n <= s.value(end) <= n for end in ends)
    if not ends and s.value(step) == 1:
        return 0, dim, 1
    if count <= 1 or s.value(step) != 1 or clipped:
        if s.value(step) == 1 and isinstance(start, int) and isinstance(stop, int) and 0 <= start <= stop <= n:
            s.require(stop, "<=", dim)
            return start, count, 1
        for size in (dim, step, *ends):
            s.fix(size)
        return first, count, s.value(step)
    low = 0 if start is None else _place(s, start, dim)
    high = dim if stop is None else _place(s, stop, dim)
    s.require(0, "<=", low)
    s.require(low + 2, "<=", high)  # a single one would broadcast
    s.require(high, "<=", dim)
    return low, high - low, 1


def _place(s: Any, place: Any, dim: Any) -> Any:
    """A place from the start; a negative one counts from the end."""
    from_end = s.value(place) < 0
    s.require(place if from_end else 0, "<=", -1 if from_end else place)
    return dim + place if from_end else place


# Symbolic index maps


def _permuted(s: Any, x: Any, order: Sequence[int]) -> Any:
    """y[o] = x[i] with o[k] = i[order[k]]."""

    def entry(*o: Any) -> Any:
        i: list[Any] = [0] * x.rank
        for place, source in enumerate(order):
            i[source] = o[place]
        return x.at(*i)

    return s.tensor([x.dims[k] for k in order], entry)


def reshape_symbolic(s: Any, x: Any, sizes: tuple[int, ...]) -> Any:
    """Row-major order kept. Runs of axes whose sizes match are taken apart; only inside a run are there quotients."""
    new = list(reshaped(tuple(map(s.value, x.dims)), tuple(map(s.value, sizes))))
    maps = _runs([s.value(d) for d in x.dims], new)
    if any(len(ins) == len(outs) == 1 and _differ(s, x.dims[ins[0]], sizes[outs[0]]) for ins, outs in maps):
        maps = [(list(range(x.rank)), list(range(len(new))))]  # sizes that are equal by chance
    dims: list[Any] = [1] * len(new)
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

    def entry(*o: Any) -> Any:
        i: list[Any] = [0] * x.rank
        for ins, outs in maps:
            flat: Any = 0
            for b in outs:
                flat = flat * dims[b] + o[b]
            for a in reversed(ins):
                i[a] = s.remainder(flat, x.dims[a]) if a != ins[0] else flat
                flat = s.quotient(flat, x.dims[a])
        return x.at(*i)

    return s.tensor(dims, entry)


def _differ(s: Any, dim: Any, size: Any) -> bool:
    """Whether a size that follows from others is another than this axis's, though they are the same number here."""
    return not isinstance(size, int) and s.resolve(dim - size) != 0


def _squeeze_symbolic(s: Any, x: Any, dim: Any) -> Any:
    shape = tuple(s.value(d) for d in x.dims)
    for a in () if dim == () else axes(dim, x.rank):
        if shape[a] == 1:
            s.needs_ones()
        else:
            s.require(2, "<=", x.dims[a])  # one of size 1 would be taken out, too
    return reshape_symbolic(s, x, tuple(d for a, d in enumerate(x.dims) if a not in _single(shape, dim)))


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


def _expand_symbolic(s: Any, x: Any, sizes: tuple[int, ...]) -> Any:
    shape = _expanded(tuple(s.value(d) for d in x.dims), tuple(map(s.value, sizes)))
    lead = len(shape) - x.rank
    dims = []
    for k, n in enumerate(sizes):
        own = 1 if k < lead else x.dims[k - lead]
        dims.append(own if s.value(n) == -1 else n if own == 1 else s.equal(own, n, broadcast=True))
    return s.tensor(dims, lambda *o: s.spread(x, o))


def _repeat_symbolic(s: Any, x: Any, sizes: tuple[int, ...]) -> Any:
    lead = len(sizes) - x.rank
    dims = [n * (x.dims[k - lead] if k >= lead else 1) for k, n in enumerate(sizes)]

    def entry(*o: Any) -> Any:
        return x.at(*(0 if d == 1 else s.remainder(p, d) for p, d in zip(o[lead:], x.dims, strict=True)))

    return s.tensor(dims, entry)


def _cat_symbolic(s: Any, tensors: tuple[Any, ...], dim: int) -> Any:
    """The sum of the pieces, each shifted and within a bracket; a Where would hide the pieces from each other."""
    a = axis(dim, tensors[0].rank)
    dims = list(tensors[0].dims)
    for other in tensors[1:]:
        for k, d in enumerate(other.dims):
            dims[k] = dims[k] if k == a else s.unify(dims[k], d)
    offsets = [0]
    for piece in tensors:
        offsets.append(offsets[-1] + piece.dims[a])
    dims[a] = offsets[-1]

    def entry(*o: Any) -> Any:
        value: Any = None
        for piece, low in reversed(list(zip(tensors, offsets, strict=False))):
            local = [p if k != a else (0 if piece.dims[a] == 1 else p - low) for k, p in enumerate(o)]
            here = piece.at(*local)
            value = here if value is None else s.choose(o[a], low + piece.dims[a], here, value)
        return value

    return s.tensor(dims, entry)


def _stack_symbolic(s: Any, tensors: tuple[Any, ...], dim: int) -> Any:
    a = axis(dim, tensors[0].rank + 1)
    common = s.broadcast(*(x.dims for x in tensors))
    dims = [*common[:a], len(tensors), *common[a:]]

    def entry(*o: Any) -> Any:
        rest = [p for k, p in enumerate(o) if k != a]
        return s.pick(o[a], [x.at(*rest) for x in tensors])

    return s.tensor(dims, entry)


def _flip_symbolic(s: Any, x: Any, dims: tuple[int, ...]) -> Any:
    over = {axis(d, x.rank) for d in dims}
    return s.tensor(
        x.dims,
        lambda *o: x.at(
            *(d - 1 - p if a in over and d != 1 else p for a, (p, d) in enumerate(zip(o, x.dims, strict=True)))
        ),
    )


def _roll_symbolic(s: Any, x: Any, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Any:
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

    def source(p: Any, a: int) -> Any:
        if a not in shift or sizes[a] <= 1:
            return p
        return s.remainder(p - shift[a] + (x.dims[a] if shift[a] > 0 else 0), x.dims[a])

    return s.tensor(x.dims, lambda *o: x.at(*(source(p, a) for a, p in enumerate(o))))


def _diag_symbolic(s: Any, x: Any, diagonal: int) -> Any:
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


def _interleave_symbolic(s: Any, x: Any, repeats: int, dim: int | None) -> Any:
    if dim is None:
        x, dim = reshape_symbolic(s, x, (-1,)), 0
    a = axis(dim, x.rank)
    dims = [d * repeats if k == a else d for k, d in enumerate(x.dims)]
    one = x.dims[a] == 1
    return s.tensor(
        dims, lambda *o: x.at(*(p if k != a else 0 if one else s.quotient(p, repeats) for k, p in enumerate(o)))
    )


def _diagonals_symbolic(s: Any, x: Any, offset: int, dim1: int, dim2: int) -> Any:
    a, b = _two_axes(x.rank, dim1, dim2)
    rest = [k for k in range(x.rank) if k not in (a, b)]

    def along(*o: Any) -> Any:
        def matrix(i: Any, j: Any) -> Any:
            at: list[Any] = [0] * x.rank
            for place, k in zip(o, rest, strict=False):
                at[k] = place
            at[a], at[b] = i, j
            return x.at(*at)

        return _diag_symbolic(s, s.tensor((x.dims[a], x.dims[b]), matrix), offset)

    size_of = along(*(0 for _ in rest)).dims[0]
    return s.tensor([*(x.dims[k] for k in rest), size_of], lambda *o: along(*o[:-1]).at(o[-1]))


def _embedded_symbolic(s: Any, x: Any, offset: int, dim1: int, dim2: int) -> Any:
    a, b = _two_axes(x.rank + 1, dim1, dim2)
    n = x.dims[-1] + abs(offset)
    lead = iter(x.dims[:-1])
    dims = [n if k in (a, b) else next(lead) for k in range(x.rank + 1)]

    def entry(*o: Any) -> Any:
        rest = [p for k, p in enumerate(o) if k not in (a, b)]
        line = s.tensor((x.dims[-1],), lambda k: x.at(*rest, k))
        return _diag_symbolic(s, line, offset).at(o[a], o[b])

    return s.tensor(dims, entry)


def _numpy_embedded(n: Any, x: Any, offset: int, dim1: int, dim2: int) -> Any:
    rows = n.pad(x, [(0, 0)] * (x.ndim - 1) + [(max(-offset, 0), max(offset, 0))])[..., None]
    on = n.eye(x.shape[-1] + abs(offset), x.shape[-1] + abs(offset), k=offset) != 0
    return n.moveaxis(n.where(on, rows, 0.0), (-2, -1), (dim1, dim2))


def _flat_rolled(n: Any, x: Any, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Any:
    return n.roll(x, shifts, axis=dims or None) if dims else n.roll(x, shifts[0])


DIM0 = Param("dim", "dim", 0)
DIAGONAL = Param("diagonal", "integer", 0)
OFFSET = Param("offset", "integer", 0)

# fmt: off
MOVES: tuple[Row, ...] = (
    Row("index", "move", N_("entries picked by numbers, slices, None, ... and lists"), "x[1:, None]",
        takes=(X, Param("items", "items", follows=True), Param("tensors", "tensors")), shape=_indexed, method=False,
        torch=lambda t, x, items, tensors: x[_python_index(items, [k.long() for k in tensors])],
        numpy=lambda n, x, items, tensors: _numpy_indexed(x, items, [k.astype(int) for k in tensors]),
        symbolic=_index_symbolic),
    Row("T", "move", N_("the transpose: all axes in reverse"), "x.T", takes=(X,), shape=lambda x: x[::-1],
        torch=lambda t, x: x.permute(tuple(reversed(range(x.dim())))), numpy=lambda n, x: x.T,
        symbolic=lambda s, x: _permuted(s, x, range(x.rank)[::-1])),
    Row("t", "move", N_("the transpose of a matrix"), "x.t()", takes=(X,), shape=_at_most_matrix,
        torch=lambda t, x: x.t(), numpy=lambda n, x: x.T, symbolic=lambda s, x: _permuted(s, x, range(x.rank)[::-1])),
    Row("mT", "move", N_("the transpose of the last two axes"), "x.mT",
        takes=(X,), shape=_matrix_transposed, aliases=("adjoint",),
        torch=lambda t, x: x.mT, numpy=lambda n, x: n.swapaxes(x, -1, -2),
        symbolic=lambda s, x: _permuted(s, x, _swap(x.rank, -1, -2))),
    Row("transpose", "move", N_("two axes exchanged"), "x.transpose(0, 1)", aliases=("swapaxes", "swapdims"),
        takes=(X, Param("dim0", "dim"), Param("dim1", "dim")), shape=_swapped,
        torch=lambda t, x, a, b: x.transpose(a, b), numpy=lambda n, x, a, b: x.transpose(_swap(x.ndim, a, b)),
        symbolic=lambda s, x, a, b: _permuted(s, x, _swap(x.rank, a, b))),
    Row("permute", "move", N_("the axes in another order"), "x.permute(1, 0)", takes=(X, Param("dims", "sizes")),
        shape=lambda x, dims: tuple(x[k] for k in _order(x, dims)),
        torch=lambda t, x, dims: x.permute(dims),
        numpy=lambda n, x, dims: x.transpose([d % max(x.ndim, 1) for d in dims]),
        symbolic=lambda s, x, dims: _permuted(s, x, [d % max(x.rank, 1) for d in dims])),
    # Reshapes
    Row("reshape", "move", N_("the same entries, row by row, in another shape"), "x.reshape(-1)",
        takes=(X, Param("sizes", "sizes", follows=True)), shape=reshaped, aliases=("view",),
        torch=lambda t, x, sizes: x.reshape(sizes), numpy=lambda n, x, sizes: x.reshape(sizes),
        symbolic=reshape_symbolic),
    Row("flatten", "move", N_("axes joined into one"), "x.flatten()", aliases=("ravel",),
        takes=(X, Param("start_dim", "dim", 0), Param("end_dim", "dim", -1)), shape=_flattened,
        torch=lambda t, x, a, b: x.flatten(a, b), numpy=lambda n, x, a, b: x.reshape(_flattened(x.shape, a, b)),
        symbolic=lambda s, x, a, b: reshape_symbolic(s, x, _flattened(x.dims, a, b))),
    Row("squeeze", "move", N_("axes of size 1 taken out"), "x.squeeze()",
        takes=(X, Param("dim", "dims", None)), shape=_squeezed,
        torch=lambda t, x, dim: x.squeeze() if dim is None else x.squeeze(dim),
        numpy=lambda n, x, dim: n.squeeze(x) if dim is None else n.squeeze(x, axis=_single(x.shape, dim)),
        symbolic=_squeeze_symbolic),
    Row("unsqueeze", "move", N_("a new axis of size 1"), "x.unsqueeze(0)",
        takes=(X, Param("dim", "dim")), shape=_unsqueezed,
        torch=lambda t, x, dim: x.unsqueeze(dim), numpy=lambda n, x, dim: n.expand_dims(x, dim),
        symbolic=lambda s, x, dim: reshape_symbolic(s, x, _unsqueezed(x.dims, dim))),
    Row("expand", "move", N_("axes of size 1 repeated to the sizes given"), "x.expand(2, 3)", aliases=("broadcast_to",),
        takes=(X, Param("sizes", "sizes", follows=True)), shape=_expanded,
        torch=lambda t, x, sizes: x.expand(sizes),
        numpy=lambda n, x, sizes: n.broadcast_to(x, _expanded(x.shape, sizes)),
        symbolic=_expand_symbolic),
    Row("expand_as", "move", N_("axes of size 1 repeated to another tensor's shape"), "x.expand_as(y)",
        takes=(X, Param("other")), shape=lambda x, other: _expanded(x, other),
        torch=lambda t, x, other: x.expand_as(other), numpy=lambda n, x, other: n.broadcast_to(x, other.shape),
        symbolic=lambda s, x, other: _expand_symbolic(s, x, other.dims)),
    Row("reshape_as", "move", N_("the same entries, row by row, in another tensor's shape"), "x.reshape_as(y)",
        takes=(X, Param("other")), shape=lambda x, other: reshaped(x, other), aliases=("view_as",),
        torch=lambda t, x, other: x.reshape(other.shape), numpy=lambda n, x, other: x.reshape(other.shape),
        symbolic=lambda s, x, other: reshape_symbolic(s, x, other.dims)),
    Row("repeat", "move", N_("the tensor laid next to itself"), "x.repeat(2, 3)",
        takes=(X, Param("sizes", "sizes", follows=True)), shape=_repeated,
        torch=lambda t, x, sizes: x.repeat(sizes), numpy=lambda n, x, sizes: n.tile(x, sizes),
        symbolic=_repeat_symbolic),
    Row("tile", "move", N_("the tensor laid next to itself along its last axes"), "x.tile(2)",
        takes=(X, Param("dims", "sizes", follows=True)), shape=lambda x, dims: _repeated(x, _tiles(x, dims)),
        torch=lambda t, x, dims: x.tile(dims), numpy=lambda n, x, dims: n.tile(x, dims),
        symbolic=lambda s, x, dims: _repeat_symbolic(s, x, _tiles(x.dims, dims))),
    Row("repeat_interleave", "move", N_("each entry repeated, along an axis or in one row of all entries"),
        "x.repeat_interleave(2)",
        takes=(Param("input"), Param("repeats", "integer"), Param("dim", "dim", None)), shape=_interleaved,
        torch=lambda t, x, k, dim: t.repeat_interleave(x, k, dim), numpy=lambda n, x, k, dim: n.repeat(x, k, axis=dim),
        symbolic=_interleave_symbolic),
    # Joining
    Row("cat", "move", N_("tensors joined along an axis they have"), "cat([x, y], dim=0)",
        aliases=("concat", "concatenate"),
        takes=(Param("tensors", "tensors"), DIM0), shape=_joined, method=False,
        torch=lambda t, tensors, dim: t.cat(tensors, dim),
        numpy=lambda n, tensors, dim: n.concatenate(tensors, axis=dim),
        symbolic=_cat_symbolic),
    Row("stack", "move", N_("tensors of one shape joined along a new axis"), "stack([x, y], dim=0)",
        takes=(Param("tensors", "tensors"), DIM0), shape=_stacked, method=False,
        torch=lambda t, tensors, dim: t.stack(tensors, dim), numpy=lambda n, tensors, dim: n.stack(tensors, axis=dim),
        symbolic=_stack_symbolic),
    # Order
    Row("flip", "move", N_("axes reversed"), "x.flip(0)", takes=(X, Param("dims", "sizes")),
        shape=_flipped,
        torch=lambda t, x, dims: x.flip(dims), numpy=lambda n, x, dims: n.flip(x, axes(dims, x.ndim) if dims else ()),
        symbolic=_flip_symbolic),
    Row("roll", "move", N_("entries shifted round along axes"), "roll(x, 1, 0)",
        takes=(X, Param("shifts", "sizes"), Param("dims", "sizes", ())),
        shape=_rolled,
        torch=lambda t, x, shifts, dims: t.roll(x, shifts, dims) if dims else t.roll(x, shifts[0]),
        numpy=_flat_rolled, symbolic=_roll_symbolic),
    # Diagonals and triangles
    Row("diag", "move", N_("a vector as a diagonal matrix, or a matrix's diagonal"), "diag(x)", takes=(X, DIAGONAL),
        shape=_diagonal_shape,
        torch=lambda t, x, k: t.diag(x, k), numpy=lambda n, x, k: n.diag(x, k), symbolic=_diag_symbolic),
    Row("diagonal", "move", N_("the diagonals of two axes, along a new last axis"), "x.diagonal()",
        takes=(Param("input"), OFFSET, Param("dim1", "dim", 0), Param("dim2", "dim", 1)), shape=_diagonals_shape,
        torch=lambda t, x, k, a, b: t.diagonal(x, k, a, b), numpy=lambda n, x, k, a, b: n.diagonal(x, k, a, b),
        symbolic=_diagonals_symbolic),
    Row("diag_embed", "move", N_("the last axis laid on the diagonal of two new axes, 0 elsewhere"), "diag_embed(x)",
        takes=(Param("input"), OFFSET, Param("dim1", "dim", -2), Param("dim2", "dim", -1)), shape=_embedded_shape,
        torch=lambda t, x, k, a, b: t.diag_embed(x, k, a, b), numpy=_numpy_embedded, symbolic=_embedded_symbolic),
    Row("tril", "move", N_("the lower triangle, zero above the diagonal"), "tril(x)",
        takes=(X, DIAGONAL), shape=_matrices,
        torch=lambda t, x, k: t.tril(x, k), numpy=lambda n, x, k: n.tril(x, k),
        symbolic=lambda s, x, k: s.tensor(x.dims, lambda *o: x.at(*o) * s.at_least(o[-2] + k, o[-1]))),
    Row("triu", "move", N_("the upper triangle, zero below the diagonal"), "triu(x)",
        takes=(X, DIAGONAL), shape=_matrices,
        torch=lambda t, x, k: t.triu(x, k), numpy=lambda n, x, k: n.triu(x, k),
        symbolic=lambda s, x, k: s.tensor(x.dims, lambda *o: x.at(*o) * s.at_least(o[-1], o[-2] + k))),
)
# fmt: on
