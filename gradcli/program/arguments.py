"""Arguments as written -> one for each parameter of a row. Knows rows and values, not the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gradcli.message import N_, GradcliError, Message, Span, fault, nearest
from gradcli.ops.row import REQUIRED, Param, Row
from gradcli.program.program import Ref
from gradcli.program.size_values import whole

OTHER_NAMES = {
    "axis": "dim", "axes": "dim", "dims": "dim", "keepdims": "keepdim", "ddof": "correction", "unbiased": "correction",
    "ord": "p",
}  # fmt: skip
"""NumPy's words for PyTorch's parameters; PyTorch itself takes most of them."""
GREEDY = ("sizes", "dims", "tensors")
"""Kinds of parameter that take every position left: `x.reshape(2, 3)`, `einsum("i,i", x, y)`."""
MOST_WHOLE: Mapping[str, int] = {"integer": 2**31 - 1, "dim": 2**31 - 1, "dims": 2**31 - 1, "sizes": 2**63 - 1}
"""By the kind of parameter: a whole number beyond it is none that PyTorch and NumPy take."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument's value (a Ref, a plain value, or a tuple of them) and where it stands."""

    value: Any
    span: Span


def bind(
    row: Row, positional: Sequence[Argument], keywords: Mapping[str, Argument], where: Span
) -> dict[str, Argument]:
    """Each parameter's argument; a default for those left out.

    Raises GradcliError (name) for too many, too few, unknown or doubled arguments.
    """
    bound = _by_position(row, positional)
    for name, argument in keywords.items():
        param = _named(row, name, argument.span)
        if param.name in bound:
            raise fault("name", N_("{f} is given {name} twice"), f=row.name, name=name).at(argument.span)
        bound[param.name] = argument
    for param in row.takes:
        if param.name not in bound:
            if param.default is REQUIRED:
                raise _arity(row, len(positional)).at(where)
            bound[param.name] = Argument(param.default, where)
    return bound


def _by_position(row: Row, positional: Sequence[Argument]) -> dict[str, Argument]:
    bound: dict[str, Argument] = {}
    waiting = list(positional)
    for place, param in enumerate(row.takes):
        if not waiting:
            break
        if param.by_name:
            raise fault(
                "name",
                N_("{name} of {f} is given by its name: in PyTorch another parameter stands in this place"),
                hint=N_("write {name}={value}"),
                name=param.name,
                f=row.name,
                value=_as_text(waiting[0].value) or "...",
            ).at(waiting[0].span)
        more_than_places = len(waiting) > len(row.takes) - place or (param.kind == "dims" and len(waiting) > 1)
        if param.kind in GREEDY and more_than_places and all(_fits_many(param, g.value) for g in waiting):
            bound[param.name] = Argument(tuple(g.value for g in waiting), waiting[0].span.to(waiting[-1].span))
            waiting = []
        else:
            bound[param.name] = waiting.pop(0)
    if waiting:
        raise _arity(row, len(positional)).at(waiting[0].span)
    return bound


def _as_text(value: Any) -> str | None:
    """An option as it would be typed; None for a tensor."""
    return f'"{value}"' if isinstance(value, str) else str(value) if isinstance(value, Fraction | bool) else None


def _fits_many(param: Param, value: Any) -> bool:
    if param.kind == "tensors":
        return isinstance(value, (Ref, Fraction, float, tuple))
    return _whole(value) is not None


def _named(row: Row, name: str, where: Span) -> Param:
    by_name = {p.name: p for p in row.takes}
    wanted = name if name in by_name else OTHER_NAMES.get(name, name)
    if wanted in by_name:
        return by_name[wanted]
    near = nearest(name, by_name)
    raise fault(
        "name",
        N_("{f} has no parameter called {name}"),
        hint=N_("did you mean {near}= ?") if near else N_("its parameters are: {all}"),
        f=row.name,
        name=name,
        near=near,
        all=", ".join(by_name),
    ).at(where)


def _arity(row: Row, got: int) -> GradcliError:
    least = sum(p.default is REQUIRED for p in row.takes)
    most = len(row.takes)
    expected = str(least) if least == most else f"{least}–{most}"
    return fault(
        "name",
        N_("{f} takes {expected} of the arguments ({names}); given are {got}"),
        hint=N_("for example: {example}"),
        f=row.name,
        expected=expected,
        names=", ".join(p.name for p in row.takes),
        got=got,
        example=row.example,
    )


def option(row: Row, param: Param, argument: Argument) -> Any:
    """An option's value as its kind wants it.

    Raises GradcliError (name) where the value is of another kind, or a whole number that no library can count to.
    """
    value = None if argument.value is None is param.default else _of_kind(row, param, argument)
    most = MOST_WHOLE.get(param.kind)
    if most is not None and any(abs(n or 0) > most for n in (value if isinstance(value, tuple) else (value,))):
        raise fault(
            "name",
            N_("{name} of {f} must be a whole number from {least} to {most}"),
            name=param.name,
            f=row.name,
            least=-most,
            most=most,
        ).at(argument.span)
    return value


def _of_kind(row: Row, param: Param, argument: Argument) -> Any:
    value = argument.value
    match param.kind:
        case "flag":
            if isinstance(value, bool):
                return value
            if value in (0, 1):
                return bool(value)
            raise _wrong(row, param, N_("True or False"), argument)
        case "number":
            a_number = isinstance(value, (float, int, Fraction)) and not isinstance(value, bool)
            if a_number and (value == value or param.nan):
                return value if float(value) else Fraction(0)  # 10**-400 is 0 in every library
            raise _wrong(row, param, N_("a number"), argument)
        case "integer" if isinstance(value, bool):
            return int(value)  # var(x, unbiased=False) is correction=0
        case "integer" | "dim":
            if (number := _whole(value)) is not None:
                return number
            raise _wrong(row, param, N_("a whole number"), argument)
        case "dims":
            return _whole(value) if _whole(value) is not None else _wholes(row, param, argument)
        case "sizes":
            return (_whole(value),) if _whole(value) is not None else _wholes(row, param, argument)
        case "text":
            if isinstance(value, str) and (value in param.choices or not param.choices):
                return value
            if param.choices:
                raise _no_choice(row, param, argument)
            raise _wrong(row, param, N_("text in quotes"), argument)
    raise AssertionError(param.kind)


def _whole(value: Any) -> int | None:
    if isinstance(value, Fraction) and value.denominator == 1:
        return whole(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _wholes(row: Row, param: Param, argument: Argument) -> tuple[int, ...]:
    if isinstance(argument.value, tuple):
        wholes = [_whole(v) for v in argument.value]
        if all(w is not None for w in wholes):
            return tuple(w for w in wholes if w is not None)
    raise _wrong(row, param, N_("whole numbers"), argument)


def _no_choice(row: Row, param: Param, argument: Argument) -> GradcliError:
    near = nearest(str(argument.value), param.choices)
    return fault(
        "name",
        N_("{name} of {f} is one of {choices}"),
        hint=N_("did you mean {near} ?") if near else None,
        name=param.name,
        f=row.name,
        choices=", ".join(map(repr, param.choices)),
        near=repr(near),
    ).at(argument.span)


def _wrong(row: Row, param: Param, wanted: str, argument: Argument) -> GradcliError:
    return fault(
        "name",
        N_("{name} of {f} must be {wanted}"),
        hint=N_("for example: {example}"),
        name=param.name,
        f=row.name,
        wanted=Message(wanted),
        example=row.example,
    ).at(argument.span)
