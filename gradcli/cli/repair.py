"""An error about a name, and what the command line gave -> the same error with the option that was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gradcli.cli.line import quoted
from gradcli.cli.options import ASKED, Option, nearest_flag
from gradcli.cli.words import Given, Reading, place_of
from gradcli.message import N_, GradcliError, Message, fault


def repaired(error: GradcliError, reading: Reading, options: Iterable[Option]) -> GradcliError:
    """Tells a mistyped option (`--formt json`) from a variable that the expression does not use, and a variable that
    bears an option's name from one that was forgotten; an option's own error gets its place."""
    declared = {option.flag: option for option in options}
    if error.kind == "option" and error.span is None:
        return _placed(error, reading, declared)
    for given in reading.variables:
        if given.dashed and not re.search(rf"(?<![^\W\d]){re.escape(given.name)}(?!\w)", reading.text or ""):
            near = nearest_flag(given.name, declared)
            if near is not None:
                return place_of(_mistyped(given, declared[near]), reading, given)
            if given.name in (*ASKED, "jobs", "timeout"):
                return place_of(_of_others(given, reading.command), reading, given)
    if error.kind != "name":
        return error
    reason = error.what.values.get("reason")
    said = reason if isinstance(reason, Message) else error.what
    named = {value for value in said.values.values() if isinstance(value, str)}
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


def _of_others(given: Given, command: str) -> GradcliError:
    """The complaint about an option that only other commands have."""
    from gradcli.commands import COMMANDS  # which a right question does not need here

    others = [name for name, other in COMMANDS.items() if given.name in other.options] or ["batch"]
    return fault(
        "option", N_("--{name} is no option of gradcli {command}"), hint=N_("it is one of  gradcli {others}"),
        name=given.name, command=command, others=", ".join(others),
    )


def _taken(option: Option) -> Message:
    return Message(
        N_("{flag} is an option here ({help}); for the variable write  {name}=TENSOR"),
        {"flag": option.flag, "help": Message(option.help), "name": option.name},
    )
