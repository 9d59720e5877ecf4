"""What a program asks of a tensor's shape (`x.shape[0]`, `x.numel() - 1`) -> numbers: what they are now, and how they
follow, so that a formula that is made of them holds for other sizes too. Knows no tensor's values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import Any, Self, TypeGuard

from gradcli.message import N_, NN_, fault, limit
from gradcli.shapes import size, written
from gradcli.syntax import tree as t

DEEPEST = 200
"""So many operations on sizes may stand inside each other."""
QUERIES = ("size", "numel", "len", "dim", "ndim", "ndimension", "item", "float", "double")
"""Functions that no row computes: a shape answers them, or their argument as it is."""


@dataclass(frozen=True, slots=True)
class Ref:
    """The value of a step, by its place in `Program.steps`."""

    step: int


@dataclass(frozen=True, slots=True)
class AxisSize:
    """How large an axis of a step's value is."""

    of: Ref
    axis: int


@dataclass(frozen=True, slots=True)
class Computed:
    """Two rules joined by one of `+ - * / // % **`. `depth` counts how many stand inside each other."""

    operator: str
    left: Rule
    right: Rule
    depth: int = 1


Rule = AxisSize | Computed | Fraction
"""How a number follows from sizes."""


class _FromSizes:
    """A number that follows from sizes. Arithmetic on it gives plain numbers: `joined` keeps the rule."""

    rule: Rule

    def __new__(cls, value: Fraction | int, rule: Rule) -> Self:
        number = super().__new__(cls, value)  # type: ignore[call-arg]
        number.rule = rule
        return number

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (plain(self), self.rule)


class SizeNumber(_FromSizes, Fraction):
    """An exact number that follows from sizes."""


class SizeInteger(_FromSizes, int):
    """The same as an int, where an option must be one."""


def axis_sizes(of: Ref, shape: tuple[int, ...]) -> tuple[SizeNumber, ...]:
    """The sizes of a step's axes."""
    return tuple(SizeNumber(n, AxisSize(of, axis)) for axis, n in enumerate(shape))


def joined(operator: str, a: Fraction, b: Fraction, value: Fraction) -> Fraction:
    """`value`, the result of an operator on a and b, with how it follows from sizes if one of them does.

    Raises GradcliError (limit) for a rule that would be too deep to be walked.
    """
    if not has_rule(a) and not has_rule(b):
        return value
    left, right = _rule(a), _rule(b)
    depth = 1 + max(getattr(left, "depth", 0), getattr(right, "depth", 0))
    if depth > DEEPEST:
        raise limit(N_("a number here is computed from sizes in more than {most} steps"), most=DEEPEST)
    return SizeNumber(value, Computed(operator, left, right, depth))


def has_rule(value: Any) -> TypeGuard[SizeNumber | SizeInteger]:
    """Whether a number follows from sizes."""
    return isinstance(value, _FromSizes)


def whole(value: Fraction) -> int:
    """A whole number as an int, with its rule."""
    return SizeInteger(int(value), value.rule) if isinstance(value, SizeNumber) else int(value)


def plain(value: Any) -> Any:
    """The value without rules: it is what it is now."""
    if isinstance(value, SizeNumber):
        return Fraction(value.numerator, value.denominator)
    if isinstance(value, SizeInteger):
        return int(value)
    return tuple(map(plain, value)) if isinstance(value, tuple) else value


def rules_in(value: Any) -> Iterator[Rule]:
    """The rules of a value, of an option or of what it holds."""
    if has_rule(value):
        yield value.rule
    elif isinstance(value, tuple):
        for item in value:
            yield from rules_in(item)


def axis_sizes_in(rule: Rule) -> Iterator[AxisSize]:
    """The sizes that a rule reads."""
    if isinstance(rule, AxisSize):
        yield rule
    elif isinstance(rule, Computed):
        yield from axis_sizes_in(rule.left)
        yield from axis_sizes_in(rule.right)


def refs_in(rule: Rule) -> Iterator[Ref]:
    """The steps whose sizes a rule reads."""
    return (size.of for size in axis_sizes_in(rule))


def moved(value: Any, places: Mapping[int, Ref]) -> Any:
    """A rule, an argument or a tuple of those, reading the steps at their new places; other values stay."""
    match value:
        case Ref():
            return places[value.step]
        case tuple():
            return tuple(moved(item, places) for item in value)
        case SizeNumber() | SizeInteger():
            return type(value)(plain(value), moved(value.rule, places))
        case AxisSize(of, axis):
            return AxisSize(places[of.step], axis)
        case Computed(_, left, right):
            return replace(value, left=moved(left, places), right=moved(right, places))
    return value


def evaluated(
    rule: Rule,
    size: Callable[[AxisSize], Any],
    number: Callable[[Fraction], Any],
    operators: Mapping[str, Callable[[Any, Any], Any]],
) -> Any:
    """The rule in another arithmetic: symbols, or text.

    Raises KeyError for an operator that this arithmetic does not have.
    """
    match rule:
        case AxisSize():
            return size(rule)
        case Computed(operator, left, right):
            sides = (evaluated(side, size, number, operators) for side in (left, right))
            return operators[operator](*sides)
    return number(rule)


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


def _rule(value: Fraction) -> Rule:
    return value.rule if has_rule(value) else value
