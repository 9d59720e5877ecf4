"""The words after a command's name -> the command, performed. Knows no parser of Python's or of the shell's: every
variable is an option that no declaration could foresee, and a value may begin with a dash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gradcli.cli.options import nearest_flag
from gradcli.cli.repair import repaired
from gradcli.cli.verbs import Verb
from gradcli.cli.words import Reading, place, read
from gradcli.message import N_, Exit, GradcliError, fault


def asked(verb: Verb, words: Sequence[str]) -> Callable[[], Exit] | None:
    """What is to be performed; None where its page of help is asked for.

    Raises GradcliError (option) with its place in the command line.
    """
    reading = read(verb.name, words, verb.options)
    if reading.wants_help:
        return None
    _refuse_incomplete(reading, verb)
    return partial(_performed, verb, reading)


def _performed(verb: Verb, reading: Reading) -> Exit:
    """The command, with a name in its error repaired where the command line shows what was meant."""
    given: dict[str, Any] = {option.name: not option.default for option in verb.options if option.name in reading.flags}
    for option in reading.options:
        given[option.name] = option.value
    repeated = {option.name for option in verb.options if option.repeats}
    given |= {name: [o.value for o in reading.options if o.name == name] for name in repeated & given.keys()}
    try:
        return verb.perform(reading.text, {v.name: v.value for v in reading.variables}, given)
    except GradcliError as error:
        raise repaired(error, reading, verb.options) from None


def _refuse_incomplete(reading: Reading, verb: Verb) -> None:
    flags = [option.flag for option in verb.options]
    if not verb.variables and reading.variables:
        given = reading.variables[0]
        near = nearest_flag(given.name, flags)
        raise place(
            fault("option", N_("gradcli {command} has no option --{name}"),
                  hint=None if near is None else N_("did you mean  {near} ?"),
                  command=verb.name, name=given.name, near=near),
            reading, given.at,
        )
    if verb.required and reading.expression is None:
        mistyped = (nearest_flag(given.name, flags) for given in reading.variables if given.dashed)
        near = next((flag for flag in mistyped if flag is not None), None)
        raise fault(
            "option", N_("gradcli {command} needs an expression") if verb.positional == "EXPRESSION"
            else N_("gradcli {command} needs {positional}"),
            hint=N_("did you mean  {near} ?") if near else N_("for example  {example}") if verb.examples else None,
            command=verb.name, positional=verb.positional, near=near, example=next(iter(verb.examples), ""),
        )
