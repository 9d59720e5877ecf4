"""Numbers that follow from shapes (`x.shape[0]`, `x.numel() - 1`): what they are now, and how they follow, so that a
formula that is made of them holds for other sizes too. Knows no tensor's values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeGuard

from gradcli.message import N_, limit

DEEPEST = 200
"""So many operations on sizes may stand inside each other."""


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


class SizeNumber(Fraction):
    """An exact number that follows from sizes. Arithmetic on it gives plain Fractions: `joined` keeps the rule."""

    rule: Rule

    def __new__(cls, value: Fraction | int, rule: Rule) -> SizeNumber:
        number = super().__new__(cls, value)
        number.rule = rule
        return number

    def __reduce__(self) -> tuple[Any, ...]:
        return SizeNumber, (Fraction(self.numerator, self.denominator), self.rule)


class SizeInteger(int):
    """The same as an int, where an option must be one."""

    rule: Rule

    def __new__(cls, value: int, rule: Rule) -> SizeInteger:
        number = super().__new__(cls, value)
        number.rule = rule
        return number

    def __reduce__(self) -> tuple[Any, ...]:
        return SizeInteger, (int(self), self.rule)


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
    return isinstance(value, (SizeNumber, SizeInteger))


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
    if isinstance(value, (SizeNumber, SizeInteger)):
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


def _rule(value: Fraction) -> Rule:
    return value.rule if isinstance(value, SizeNumber) else value
