"""What a program asks of a tensor's shape -> plain numbers: `x.size(0)`, `len(x)`, `x.shape[0]`. Makes no steps."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from gradcli.message import N_, NN_, fault
from gradcli.program.size_values import SizeNumber, joined
from gradcli.shapes import size, written
from gradcli.syntax import tree as t

QUERIES = ("size", "numel", "len", "dim", "ndim", "ndimension", "item", "float", "double")
"""Functions that no row computes: a shape answers them, or their argument as it is."""


def answer(node: t.Call, value: Any, sizes: tuple[SizeNumber, ...], evaluate: Callable[[t.Expression], Any]) -> Any:
    """The answer to one of QUERIES for an argument of this value and these sizes.

    Raises GradcliError (shape) where the shape has no such answer.
    """
    shape = tuple(map(int, sizes))
    if node.function == "size":
        return _sizes(node, sizes, evaluate)
    if node.function == "len" and not shape:
        raise fault("shape", N_("len of a scalar: it has no axis")).at(node.span)
    if node.function == "item":
        if size(shape) != 1:
            raise fault("shape", N_("item() needs one entry, and the tensor is {s}"), s=written(shape)).at(node.span)
        return value
    if node.function == "numel":
        return reduce(lambda a, b: joined("*", a, b, a * b), sizes, Fraction(1))
    return sizes[0] if node.function == "len" else Fraction(len(shape))


def _sizes(node: t.Call, shape: tuple[SizeNumber, ...], evaluate: Callable[[t.Expression], Any]) -> Any:
    if len(node.arguments) == 1:
        return shape
    place = evaluate(node.arguments[1])
    if not isinstance(place, Fraction) or place.denominator != 1 or not -len(shape) <= place < len(shape):
        sentence = NN_("size: the tensor has {count} dimension", "size: the tensor has {count} dimensions")
        raise fault("shape", sentence, count=len(shape)).at(node.span)
    return shape[int(place)]


def entry_of_tuple(node: t.Subscript, values: tuple[Any, ...], evaluate: Callable[[t.Expression], Any]) -> Any:
    """`x.shape[0]`

    Raises GradcliError (shape, syntax) for any other index than a whole number in range.
    """
    item = node.items[0] if len(node.items) == 1 else None
    place = None if item is None or isinstance(item, (t.Slice, t.Dots)) else evaluate(item)
    if item is not None and isinstance(place, Fraction) and place.denominator == 1:
        if -len(values) <= place < len(values):
            return values[int(place)]
        raise fault(
            "shape",
            NN_(
                "index {i} is out of range: there is {count} size", "index {i} is out of range: there are {count} sizes"
            ),
            i=place,
            count=len(values),
        ).at(item.span)
    raise fault("syntax", N_("a shape is indexed by one whole number")).at(node.span)
