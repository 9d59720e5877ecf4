"""The fields of Request and Display -> options that a command line, a record or a Python call can give. Knows neither
argv nor JSON: only names, kinds and what a value must look like."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from gradcli.message import N_, fault, nearest
from gradcli.request import Batch, Display, Kind, Request


@dataclass(frozen=True, slots=True)
class Option:
    """One field as an option: `symbolic_only` is `--symbolic-only`, `color` (on unless refused) is `--no-color`."""

    name: str
    kind: Kind
    default: Any
    help: str
    metavar: str
    choices: tuple[str, ...]
    least: float
    most: float

    @property
    def flag(self) -> str:
        """How the command line writes it."""
        spelled = self.name.replace("_", "-")
        return f"--no-{spelled}" if self.kind == "flag" and self.default else f"--{spelled}"


def _options_of(kind: type[Request | Display | Batch]) -> dict[str, Option]:
    return {f.name: Option(f.name, default=f.default, **f.metadata) for f in fields(kind) if "help" in f.metadata}


REQUEST_OPTIONS: dict[str, Option] = _options_of(Request)
DISPLAY_OPTIONS: dict[str, Option] = _options_of(Display)
BATCH_OPTIONS: dict[str, Option] = _options_of(Batch)
"""Every declared option by its field's name, in the order declared: what is asked, how the answer is shown, and how
records are read."""


def read_option(option: Option, value: Any) -> Any:
    """The value of `option` as its field holds it, from text, from JSON or from Python.

    Raises GradcliError (option) in whole sentences.
    """
    match option.kind:
        case "flag":
            return _flag(option, value)
        case "integer":
            return int(_within_bounds(option, _integer(option, value)))
        case "number":
            return _within_bounds(option, _number(option, value))
        case "word":
            return _word(option, value)
        case "names":
            return _names(option, value)
        case "tensor":
            return value
        case "tensors":
            return _tensors(value)


def _flag(option: Option, value: Any) -> bool:
    if not isinstance(value, bool):
        raise fault(
            "option", N_("{flag} is on or off (true or false), not {value}"), flag=option.name, value=str(value)
        )
    return value


def _integer(option: Option, value: Any) -> int:
    try:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError
        return int(float(value) if isinstance(value, str) and float(value).is_integer() else value)
    except (TypeError, ValueError, OverflowError):
        raise fault(
            "option", N_("{flag} takes a whole number, not {value}"), flag=option.flag, value=_as_typed(value)
        ) from None


def _number(option: Option, value: Any) -> float:
    try:
        if isinstance(value, bool) or math.isnan(number := float(value)):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise fault(
            "option", N_("{flag} takes a number, not {value}"), flag=option.flag, value=_as_typed(value)
        ) from None
    return number


def _within_bounds(option: Option, number: float) -> float:
    flag, least, most = option.flag, option.least, option.most
    if number < least:
        raise fault("option", N_("{flag} is at least {least}, not {value}"), flag=flag, least=least, value=number)
    if number > most:
        raise fault("option", N_("{flag} is at most {most}, not {value}"), flag=flag, most=most, value=number)
    return number


def _word(option: Option, value: Any) -> str:
    if not isinstance(value, str):
        raise fault("option", N_("{flag} takes a word, not {value}"), flag=option.flag, value=str(value))
    if option.choices and value not in option.choices:
        near = nearest(value, option.choices)
        raise fault(
            "option",
            N_("{flag} is one of {choices}, not {value}"),
            hint=None if near is None else N_("did you mean  {flag} {near} ?"),
            flag=option.flag,
            choices=", ".join(option.choices),
            value=_as_typed(value),
            near=near,
        )
    return value


def _names(option: Option, value: Any) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    names = tuple(str(n).strip() for n in items) if isinstance(items, Iterable) else ()
    if not names or not all(n.isidentifier() for n in names):
        raise fault(
            "option",
            N_("{flag} takes names separated by commas, not {value}"),
            hint=N_("write  {flag} x,w"),
            flag=option.flag,
            value=_as_typed(value),
        )
    return names


def _tensors(value: Any) -> Any:
    """`x=1` given once or more is a mapping; a bare tensor stands for the one variable that moves."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return value
    name, values, _ = value[0].partition("=") if value else ("", "", "")
    if len(value) == 1 and not (values and name.strip().isidentifier()):
        return value[0]
    return {name.strip(): text for name, _, text in (item.partition("=") for item in value)}


def _as_typed(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def nearest_flag(flag: str, flags: Iterable[str]) -> str | None:
    """The flag that `--formt` was most likely meant to be, or None: the dashes say nothing about likeness."""
    bare = {known.lstrip("-"): known for known in flags}
    near = nearest(flag.lstrip("-"), bare)
    return None if near is None else bare[near]


def read_options(declared: Mapping[str, Option], values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were given, each checked and as its field holds it."""
    return {name: read_option(declared[name], value) for name, value in values.items()}
