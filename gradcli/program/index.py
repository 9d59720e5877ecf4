"""What stands in `x[...]` -> the arguments of the `index` row: one item for each axis that is read or made."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from gradcli.message import N_, NN_, Span, fault
from gradcli.ops.indexing import Item
from gradcli.program.arguments import Argument
from gradcli.program.program import Ref
from gradcli.program.size_values import SizeNumber, whole
from gradcli.shapes import written
from gradcli.syntax import tree as t

FARTHEST = 2**40
"""A slice ends where the axis does; PyTorch itself would complain of a farther end that it cannot count to."""


def index_arguments(
    node: t.Subscript,
    shape: tuple[SizeNumber, ...],
    value: Callable[[t.Expression], Any],
    as_index: Callable[[Argument, SizeNumber], Ref],
) -> tuple[tuple[Item, ...], tuple[Ref, ...]]:
    """The items (dots written out, so that every axis has one) and the tensors among them.

    Raises GradcliError (syntax, shape) with the place of the item.
    """
    read = sum(not _is_new(i) and not isinstance(i, t.Dots) for i in node.items)
    if sum(isinstance(i, t.Dots) for i in node.items) > 1:
        raise fault("syntax", N_("... may stand once in an index")).at(node.span)
    if read > len(shape):
        raise fault(
            "shape",
            NN_(
                "{read} indices for a tensor with {count} dimension ({shape})",
                "{read} indices for a tensor with {count} dimensions ({shape})",
            ),
            read=read,
            count=len(shape),
            shape=written(tuple(map(int, shape))),
        ).at(node.span)
    _refuse_list_of_lists(node)
    whole: Item = ("slice", None, None, 1)
    items: list[Item] = []
    tensors: list[Ref] = []
    for item in node.items:
        if isinstance(item, t.Dots):
            items += [whole] * (len(shape) - read)
        else:
            items.append(_item(item, shape[_axes(items)] if _axes(items) < len(shape) else 1, value, as_index, tensors))
    items += [whole] * (len(shape) - _axes(items))
    return tuple(items), tuple(tensors)


def _refuse_list_of_lists(node: t.Subscript) -> None:
    """`x[[[0, 1], [1, 0]]]`: to PyTorch up to 2.13 a list for each axis, to NumPy one tensor of places."""
    item = node.items[0] if len(node.items) == 1 else None
    if not isinstance(item, t.Sequence) or item.tuple:
        return
    if any(isinstance(inner, t.Sequence) for inner in item.items):
        raise fault(
            "syntax",
            N_("a list of lists as an index means a list for each axis to PyTorch, one tensor to NumPy"),
            hint=N_("write  x[[0, 1], [1, 0]]  for a list for each axis, or  x[tensor([[0, 1], [1, 0]])]"),
        ).at(item.span)


def _axes(items: list[Item]) -> int:
    return sum(item[0] != "new" for item in items)


def _is_new(item: t.Expression | t.Slice | t.Dots) -> bool:
    return isinstance(item, t.Flag) and item.value is None


def _item(
    item: t.Expression | t.Slice,
    n: Fraction | int,
    value: Callable[[t.Expression], Any],
    as_index: Callable[[Argument, Any], Ref],
    tensors: list[Ref],
) -> Item:
    if isinstance(item, t.Slice):
        return _slice(item, value)
    place = value(item)
    if place is None:
        return ("new",)
    if isinstance(place, Fraction):
        check_place(place, n, item.span)
        return ("at", whole(place))
    if isinstance(place, Ref):
        tensors.append(as_index(Argument(place, item.span), n))
        return ("tensor", len(tensors) - 1)
    raise fault("syntax", N_("an index is a whole number, a slice, None, ... or a list of whole numbers")).at(item.span)


def check_place(place: Fraction | float, n: Fraction | int, span: Span) -> None:
    """Refuses what is no place on an axis of size n; a negative one counts from the end."""
    if place != round(place):
        raise fault("syntax", N_("an index must be an integer, not {i}"), i=float(place)).at(span)
    if not -n <= place < n:
        raise fault(
            "shape",
            N_("index {i} is out of range for an axis of size {n}: it goes from {low} to {high}"),
            i=int(place),
            n=n,
            low=-n,
            high=n - 1,
        ).at(span)


def _end(place: Fraction) -> int:
    """An end of a slice, no farther than anything reaches."""
    if abs(place) < FARTHEST:
        return whole(place)
    return FARTHEST if place > 0 else -FARTHEST


def _slice(item: t.Slice, value: Callable[[t.Expression], Any]) -> Item:
    parts: list[int | None] = []
    for part in (item.start, item.stop, item.step):
        place = None if part is None else value(part)
        if place is not None and not (isinstance(place, Fraction) and place.denominator == 1):
            raise fault("syntax", N_("the parts of a slice are integers")).at(item.span)
        parts.append(None if place is None else _end(place))
    start, stop, step = parts
    if step is not None and step <= 0:
        raise fault(
            "syntax",
            N_("a slice's step must be positive (PyTorch has no negative steps)"),
            hint=N_("to reverse an axis:  flip(x, 0)"),
        ).at(item.span)
    return ("slice", start, stop, step or 1)
