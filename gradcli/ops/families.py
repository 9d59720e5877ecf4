"""What rows of one kind share: a family supplies parameters, shape rule and entries, so that a row says only what is
particular. A newcomer adds a function with one call here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gradcli.message import GradcliError
from gradcli.ops.row import Axes, Param, Row, ScalarColumn, call
from gradcli.ops.words import Place, Scalar, ScalarWords, Words
from gradcli.shapes import Shape, axes, broadcast

Interval = tuple[float, float]

AXIS = Param("dim", "dim", None)
DIMS = Param("dim", "dims", None)
KEEPDIM = Param("keepdim", "flag", False)


def elementwise(
    name: str,
    doc: str,
    *,
    example: str | None = None,
    derivative: ScalarColumn | tuple[ScalarColumn | None, ...] | None = None,
    tensors: str = "x",
    options: tuple[Param, ...] = (),
    domain: Interval | Sequence[Interval] = (-2.0, 2.0),
    check: Callable[..., GradcliError | None] | None = None,
    **rest: Any,
) -> Row:
    """A function of entries. `tensors` names its tensor parameters ("x", or "input other"), which broadcast; options
    follow them. Its example is the call of x, or of x and y. One `domain` serves all tensors, or one each. `check` gets
    what `shape` gets and returns the error of options that PyTorch would refuse (by a `fault`), or None."""
    names = tensors.split()

    def shape(*arguments: Any) -> Shape:
        if check is not None and (error := check(*arguments)) is not None:
            raise error
        return broadcast(*arguments[: len(names)])

    return Row(
        name,
        "elementwise",
        doc,
        example or f"{name}({', '.join('xy'[: len(names)])})",
        takes=(*map(Param, names), *options),
        shape=shape,
        derivative=(derivative,) if callable(derivative) else derivative,
        domain=(domain,) * len(names) if isinstance(domain[0], (int, float)) else tuple(domain),  # type: ignore[arg-type]
        **rest,
    )


def flat(s: ScalarWords, *arguments: Any) -> int:
    """The partial of a function in steps."""
    return 0


def mask(name: str, doc: str, **rest: Any) -> Row:
    """A comparison or a logical operation: 0 or 1 for each entry, with derivative zero everywhere."""
    function = call(name)
    return elementwise(
        name,
        doc,
        differentiable=False,
        torch=lambda t, *arguments: function(t, *arguments).to(arguments[0].dtype),
        **{"numpy": lambda n, *arguments: 1.0 * function(n, *arguments), **rest},
    )


def own_shape(x: Shape, dims: Axes) -> Shape:
    """x's own shape, once dims are known to be its axes."""
    axes(dims, len(x))
    return x


def deltas(s: Words, pairs: Iterable[tuple[Place, Place]]) -> Scalar:
    """1 where the two places of every pair are the same, else 0."""
    product = s.scalar.number(1)
    for a, b in pairs:
        product = product * s.delta(a, b)
    return product
