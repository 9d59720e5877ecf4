"""An error, and the command line -> the same error with its place, and with the option that was meant."""

from __future__ import annotations

import re
from unicodedata import normalize

from typer import TyperException
from typer.core import TyperOption

from gradcli.cli.argv import Argument, Argv, flag_of
from gradcli.cli.options import BATCH_OPTIONS, REQUEST_OPTIONS, nearest_flag
from gradcli.message import N_, GradcliError, Message, fault
from gradcli.shell_line import quote


def from_typer(error: TyperException, argv: Argv, example: str) -> GradcliError:
    """What Typer refuses, in a sentence of ours: it says it in English."""
    flag, positional = str(getattr(error, "option_name", "")), getattr(error, "param", None)
    if positional is not None:
        return _missing_positional(argv, str(positional.metavar), example)
    near = nearest_flag(flag, argv.declared)
    if flag in argv.declared:
        refusal = fault("option", N_("{flag} takes no value"), hint=N_("write  {flag}"), flag=flag)
    else:
        refusal = fault(
            "option",
            N_("gradcli {command} has no option --{name}"),
            hint=None if near is None else N_("did you mean  {near} ?"),
            command=argv.command,
            name=flag.removeprefix("--"),
            near=near,
        )
    at = next(argument.at for argument in argv.arguments if argument.flag == flag)
    return argv.place(refusal, at)


def _missing_positional(argv: Argv, positional: str, example: str) -> GradcliError:
    mistyped = (nearest_flag(variable.name, argv.declared) for variable in argv.variables if variable.dashed)
    near = next((flag for flag in mistyped if flag is not None), None)
    return fault(
        "option",
        N_("gradcli {command} needs an expression")
        if positional == "EXPRESSION"
        else N_("gradcli {command} needs {positional}"),
        hint=N_("did you mean  {near} ?") if near else N_("for example  {example}") if example else None,
        command=argv.command,
        positional=positional,
        near=near,
        example=example,
    )


def repair(error: GradcliError, argv: Argv) -> GradcliError:
    """Tells a mistyped option (`--formt json`) from a variable that the expression does not use, and a variable that
    bears an option's name from one that was forgotten; an option's own error gets its place."""
    if error.kind == "option" and error.span is None:
        return _place(error, argv)
    mistyped = mistyped_option(argv)
    if mistyped is not None:
        return mistyped
    return _explain_taken_name(error, argv) if error.kind == "name" else error


def mistyped_option(argv: Argv) -> GradcliError | None:
    """The complaint about the first `--NAME` that the expression does not name and that is nearly an option's."""
    text = normalize("NFKC", argv.expression or "")
    for variable in argv.variables:
        if not variable.dashed or re.search(rf"(?<![^\W\d]){re.escape(variable.name)}(?!\w)", text):
            continue
        near = nearest_flag(variable.name, argv.declared)
        if near is not None:
            return argv.place_of(_mistyped(variable, argv.declared[near]), variable)
        if variable.name in REQUEST_OPTIONS | BATCH_OPTIONS:
            return argv.place_of(_of_other_commands(variable, argv.command), variable)
    return None


def _place(error: GradcliError, argv: Argv) -> GradcliError:
    flag = error.what.values.get("flag")
    option = next((argument for argument in argv.arguments if argument.flag and argument.flag == flag), None)
    return error if option is None else argv.place_of(error, option)


def _explain_taken_name(error: GradcliError, argv: Argv) -> GradcliError:
    reason = error.what.values.get("reason")
    sentence = reason if isinstance(reason, Message) else error.what
    names = {value for value in sentence.values.values() if isinstance(value, str)}
    for flag, option in argv.declared.items():
        if option.name in names and option.name not in {variable.name for variable in argv.variables}:
            error.hint = Message(
                N_("{flag} is an option here ({help}); for the variable write  {name}=TENSOR"),
                {"flag": flag, "help": Message(option.help or ""), "name": option.name},
            )
    return error


def _mistyped(variable: Argument, option: TyperOption) -> GradcliError:
    return fault(
        "option",
        N_("--{name} is not an option, and the expression has no variable {name}"),
        hint=N_("did you mean  {flag} ?") if option.is_flag else N_("did you mean  {flag} {value} ?"),
        name=variable.name,
        flag=flag_of(option),
        value=quote(variable.value or ""),
    )


def _of_other_commands(variable: Argument, command: str) -> GradcliError:
    """The complaint about an option that only other commands have."""
    from gradcli.commands import COMMANDS  # which a right question does not need here

    others = [name for name, other in COMMANDS.items() if variable.name in other.options] or ["batch"]
    return fault(
        "option",
        N_("--{name} is no option of gradcli {command}"),
        hint=N_("it is one of  gradcli {others}"),
        name=variable.name,
        command=command,
        others=", ".join(others),
    )
