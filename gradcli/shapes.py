"""Shapes: broadcasting, axes, and how a shape is written. Knows no values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import prod
from typing import TypeVar

from gradcli.message import N_, NN_, Message, fault, limit

Shape = tuple[int, ...]

LAYOUTS = ("numerator", "denominator")
"""How a Jacobian may lie: with the output's axes first (where nothing is said), or with the variable's."""

MOST = 50_000_000
"""Elements of a tensor, unless --max-elements says otherwise: 400 MB in float64. Other limits on sizes go with it."""

MOST_AXES = 64
"""Of a tensor of the program: NumPy and PyTorch count no further."""

RAISE = N_("where the memory is enough:  --max-elements {count}")

T = TypeVar("T")
_most = ContextVar("most", default=MOST)


def by_layout(layout: str | None, output: T, variable: T) -> tuple[T, T]:
    """What belongs to the rows of a Jacobian and what to its columns, of what belongs to the output and to the
    variable. It is its own way back."""
    return (variable, output) if layout == "denominator" else (output, variable)


def allowed(limit: int) -> int:
    """A limit that holds for MOST elements of a tensor, as it is for those that the question allows."""
    return limit * _most.get() // MOST


def needed(elements: int, limit: int) -> int:
    """The --max-elements for which `allowed(limit)` is enough for so many."""
    return -(-elements * MOST // limit)


@contextmanager
def allowing(most: int) -> Iterator[None]:
    """In the block a tensor may have so many elements."""
    before = _most.set(most)
    try:
        yield
    finally:
        _most.reset(before)


def size(shape: Shape) -> int:
    """How many entries a tensor of this shape has (1 for a scalar)."""
    return prod(shape)


def is_one_number(shape: Shape) -> bool:
    """Whether PyTorch takes an output of this shape for a number, so that backward() needs no v: it asks for one
    entry (numel() == 1), not for no axes."""
    return size(shape) == 1


def check_axes(count: int, name: str, most: int = MOST_AXES) -> None:
    """Raises GradcliError (limit) for a tensor of too many axes."""
    if count > most:
        raise limit(N_("{name} has {count} axes; the limit is {most}"), name=name, count=count, most=most)


def check_strides(shape: Shape, name: str, most: int) -> None:
    """Raises GradcliError (limit) for a tensor without entries whose other axes no library can stride over."""
    if 0 in shape and prod(n or 1 for n in shape) > most:
        raise limit(
            N_("{name} would be {shape}: it holds no entry, but its other axes multiply to more than {most}"),
            name=name,
            shape=written(shape),
            most=most,
        )


def written(shape: Shape) -> Message | str:
    """`3×4`, `5` for a vector, `scalar` for no axes: how messages write a shape."""
    return "×".join(map(str, shape)) if shape else Message(N_("scalar"))


def broadcast(*shapes: Shape) -> Shape:
    """The common shape of operands, by NumPy's and PyTorch's rule.

    Raises GradcliError (shape) naming the two that do not fit.
    """
    result: Shape = ()
    for shape in shapes:
        result = _broadcast_two(result, shape)
    return result


def _broadcast_two(a: Shape, b: Shape) -> Shape:
    rank = max(len(a), len(b))
    pairs = zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)
    merged = []
    for m, n in pairs:
        if m != n and 1 not in (m, n):
            raise fault(
                "shape",
                N_("shapes {a} and {b} do not broadcast: {m} and {n} differ and neither is 1"),
                a=written(a),
                b=written(b),
                m=m,
                n=n,
            )
        merged.append(n if m == 1 else m)
    return tuple(merged)


def axis(dim: int, rank: int) -> int:
    """The axis that `dim` names, counted from 0; a negative one counts from the end, as in PyTorch."""
    span = max(rank, 1)
    if not -span <= dim < span:
        raise fault(
            "shape",
            NN_(
                "dim={dim} is out of range: the tensor has {count} dimension, so dim goes from {low} to {high}",
                "dim={dim} is out of range: the tensor has {count} dimensions, so dim goes from {low} to {high}",
            ),
            dim=dim,
            count=rank,
            low=-span,
            high=span - 1,
        )
    return dim % span


def axes(dims: int | Iterable[int] | None, rank: int) -> tuple[int, ...]:
    """The axes that `dims` names, sorted; all of them for None or an empty tuple."""
    if dims is None or dims == ():
        return tuple(range(rank))
    named = [axis(d, rank) for d in ((dims,) if isinstance(dims, int) else dims)]
    if len(set(named)) < len(named):
        raise fault("shape", N_("dim={dims} names an axis twice"), dims=dims)
    return tuple(sorted(named)) if rank else ()


def reduced(shape: Shape, over: tuple[int, ...], keepdim: bool) -> Shape:
    """What is left of `shape` when the axes `over` are reduced."""
    if keepdim:
        return tuple(1 if a in over else n for a, n in enumerate(shape))
    return tuple(n for a, n in enumerate(shape) if a not in over)
