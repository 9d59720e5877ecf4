"""Tensors put together: joined along an axis they have, or along a new one. Symbolically an index map."""

from __future__ import annotations

from gradcli.message import N_, fault
from gradcli.ops.row import Param, Row
from gradcli.ops.words import Dim, Operand, Place, Scalar, Tensor, Words
from gradcli.shapes import Shape, axis, broadcast, written

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
