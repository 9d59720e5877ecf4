"""An error about a name, and what the command line gave -> the same error with the option that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradcli.cli.line import quoted
from gradcli.cli.options import Option, nearest_flag
from gradcli.cli.words import Given, Reading, place_of
from gradcli.message import N_, GradcliError, Message, fault


def repaired(error: GradcliError, reading: Reading, options: Iterable[Option]) -> GradcliError:
    """Tells a mistyped option (`--formt json`) from a variable that the expression does not use, and a variable that
    bears an option's name from one that was forgotten; an option's own error gets its place."""
    declared = {option.flag: option for option in options}
    if error.kind == "option" and error.span is None:
        return _placed(error, reading, declared)
    if error.kind != "name":
        return error
    named = {value for value in error.what.values.values() if isinstance(value, str)}
    for given in reading.variables:
        near = nearest_flag(given.name, declared) if given.dashed and given.name in named else None
        if near is not None:
            return place_of(_mistyped(given, declared[near]), reading, given)
    for option in declared.values():
        if option.name in named and option.name not in {given.name for given in reading.variables}:
            error.hint = _taken(option)
    return error


def _placed(error: GradcliError, reading: Reading, declared: Mapping[str, Option]) -> GradcliError:
    option = declared.get(str(error.what.values.get("flag")))
    given = next((given for given in reading.options if option is not None and given.name == option.name), None)
    return error if given is None else place_of(error, reading, given)


def _mistyped(given: Given, option: Option) -> GradcliError:
    return fault(
        "option", N_("--{name} is not an option, and the expression has no variable {name}"),
        hint=N_("did you mean  {flag} ?") if option.kind == "flag" else N_("did you mean  {flag} {value} ?"),
        name=given.name, flag=option.flag, value=quoted(given.value),
    )


def _taken(option: Option) -> Message:
    return Message(
        N_("{flag} is an option here ({help}); for the variable write  {name}=TENSOR"),
        {"flag": option.flag, "help": option.help, "name": option.name},
    )
