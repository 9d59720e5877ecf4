"""Entries picked by numbers, slices, None, ... and lists (what `x[...]` means), and tensors put together along
an axis they have, or along a new one. Symbolically an index map."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from gradcli.message import N_, fault
from gradcli.ops.row import Param, Row, X
from gradcli.ops.words import Dim, Operand, Place, Scalar, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, axis, broadcast, written

T = TypeVar("T")
Item = tuple[Any, ...]
"""("at", i) | ("slice", start, stop, step) | ("new",) | ("tensor", k): the k-th of the index tensors."""


def _index_shape(x: Shape, items: tuple[Item, ...], tensors: tuple[Shape, ...]) -> Shape:
    shape = _plain_dims(x, items, lambda n, *ends: len(range(*slice(*ends).indices(n))))
    if not tensors:
        return tuple(shape)
    place = _advanced_place(items)
    return (*shape[:place], *broadcast(*tensors), *shape[place:])


def _plain_dims(dims: Sequence[T], items: tuple[Item, ...], sliced: Callable[..., T]) -> list[T | int]:
    """The size of each axis that a slice or None makes; `sliced` gets an axis's size, start, stop and step."""
    sizes: list[T | int] = []
    left = iter(dims)
    for item in items:
        if item[0] == "new":
            sizes.append(1)
            continue
        dim = next(left)
        if item[0] == "slice":
            sizes.append(sliced(dim, *item[1:]))
    return sizes


def _advanced_place(items: tuple[Item, ...]) -> int:
    """Where the axes of index tensors come out: where they stand if they stand together, else in front. PyTorch takes
    the plain numbers out first, so that they neither join nor part the tensors (NumPy counts them as tensors)."""
    kept = [item[0] for item in items if item[0] != "at"]
    first, last = kept.index("tensor"), len(kept) - 1 - kept[::-1].index("tensor")
    return first if set(kept[first : last + 1]) == {"tensor"} else 0


def _numpy_index(x: Array, items: tuple[Item, ...], tensors: Sequence[Any]) -> Any:
    """In two steps: numbers, slices and new axes, then tensors."""
    plain = x[_python_index(tuple(("slice", None, None, 1) if item[0] == "tensor" else item for item in items), ())]
    kept = [item for item in items if item[0] != "at"]
    return plain[tuple(tensors[item[1]] if item[0] == "tensor" else slice(None) for item in kept)] if tensors else plain


def _python_index(items: tuple[Item, ...], tensors: Sequence[Any]) -> tuple[Any, ...]:
    def entry(item: Item) -> Any:
        match item[0]:
            case "at":
                return item[1]
            case "slice":
                return slice(*item[1:])
            case "new":
                return None
        return tensors[item[1]]

    return tuple(map(entry, items))


def _index_symbolic(s: Words, x: Tensor, items: tuple[Item, ...], tensors: tuple[Tensor, ...]) -> Tensor:
    kept = _plain_dims(x.dims, items, lambda dim, *ends: _slice_dim(s, dim, *ends)[1])
    common = s.broadcast(*(t.dims for t in tensors)) if tensors else ()
    place = _advanced_place(items) if tensors else 0
    dims = (*kept[:place], *common, *kept[place:])

    def entry(*o: Place) -> Operand:
        advanced = o[place : place + len(common)]
        free = iter((*o[:place], *o[place + len(common) :]))
        return x.at(*_source_indices(s, x, items, tensors, free, advanced))

    return s.tensor(dims, entry)


def _source_indices(
    s: Words,
    x: Tensor,
    items: tuple[Item, ...],
    tensors: tuple[Tensor, ...],
    free: Iterator[Place],
    advanced: Sequence[Place],
) -> list[Place]:
    at: list[Place] = []
    for item in items:
        dim = x.dims[len(at)] if len(at) < x.rank else 1
        match item[0]:
            case "new":
                next(free)
            case "at":
                at.append(_from_start(s, item[1], dim))
            case "slice":
                start, _, step = _slice_dim(s, dim, *item[1:])
                at.append(start + step * next(free))
            case "tensor":
                at.append(s.as_place(s.spread(tensors[item[1]], advanced), dim))
    return [0 if d == 1 else p for p, d in zip(at, x.dims, strict=True)]


def _slice_dim(s: Words, dim: Dim, start: Dim | None, stop: Dim | None, step: Dim) -> tuple[Place, Dim, int]:
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
    low = 0 if start is None else _from_start(s, start, dim)
    high = dim if stop is None else _from_start(s, stop, dim)
    s.require(0, "<=", low)
    s.require(low + 2, "<=", high)  # a single one would broadcast
    s.require(high, "<=", dim)
    return low, high - low, 1


def _from_start(s: Words, place: Place, dim: Dim) -> Place:
    """A place from the start; a negative one counts from the end."""
    from_end = s.value(place) < 0
    s.require(place if from_end else 0, "<=", -1 if from_end else place)
    return dim + place if from_end else place


DIM0 = Param("dim", "dim", 0)


def _cat_shape(tensors: tuple[Shape, ...], dim: int) -> Shape:
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


def _cat_symbolic(s: Words, tensors: tuple[Tensor, ...], dim: int) -> Tensor:
    """The sum of the pieces, each shifted and within a bracket; a Where would hide the pieces from each other."""
    a = axis(dim, tensors[0].rank)
    dims = list(tensors[0].dims)
    for other in tensors[1:]:
        for k, d in enumerate(other.dims):
            dims[k] = dims[k] if k == a else s.unify(dims[k], d)
    offsets: list[Dim] = [0]
    for piece in tensors:
        offsets.append(offsets[-1] + piece.dims[a])
    dims[a] = offsets[-1]

    def entry(*o: Place) -> Operand:
        value: Scalar | None = None
        for piece, low in reversed(list(zip(tensors, offsets[:-1], strict=True))):
            local = [p if k != a else (0 if piece.dims[a] == 1 else p - low) for k, p in enumerate(o)]
            here = piece.at(*local)
            value = here if value is None else s.choose(o[a], low + piece.dims[a], here, value)
        assert value is not None
        return value

    return s.tensor(dims, entry)


def _stack_shape(tensors: tuple[Shape, ...], dim: int) -> Shape:
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


def _stack_symbolic(s: Words, tensors: tuple[Tensor, ...], dim: int) -> Tensor:
    a = axis(dim, tensors[0].rank + 1)
    common = s.broadcast(*(x.dims for x in tensors))
    dims = [*common[:a], len(tensors), *common[a:]]

    def entry(*o: Place) -> Operand:
        rest = [p for k, p in enumerate(o) if k != a]
        return s.pick(o[a], [x.at(*rest) for x in tensors])

    return s.tensor(dims, entry)


# fmt: off
INDEXING: tuple[Row, ...] = (
    Row("index", "move", N_("entries picked by numbers, slices, None, ... and lists"), "x[1:, None]",
        takes=(X, Param("items", "items", follows=True), Param("tensors", "tensors")), method=False,
        shape=_index_shape,
        torch=lambda t, x, items, tensors: x[_python_index(items, [k.long() for k in tensors])],
        numpy=lambda n, x, items, tensors: _numpy_index(x, items, [k.astype(int) for k in tensors]),
        symbolic=_index_symbolic),
)
# fmt: on

# fmt: off
JOINING: tuple[Row, ...] = (
    # Joining
    Row("cat", "move", N_("tensors joined along an axis they have"), "cat([x, y], dim=0)",
        aliases=("concat", "concatenate"), takes=(Param("tensors", "tensors"), DIM0), shape=_cat_shape, method=False,
        numpy=lambda n, tensors, dim: n.concatenate(tensors, axis=dim), symbolic=_cat_symbolic),
    Row("stack", "move", N_("tensors of one shape joined along a new axis"), "stack([x, y], dim=0)",
        takes=(Param("tensors", "tensors"), DIM0), shape=_stack_shape, method=False,
        numpy=lambda n, tensors, dim: n.stack(tensors, axis=dim), symbolic=_stack_symbolic),
)
# fmt: on
