"""The table of commands -> a Typer application, whose commands answer. Every field of a question that a command offers
is an option of it. Knows no tensor."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import gradcli
from gradcli.cli import help
from gradcli.cli.argv import HELP, LET
from gradcli.cli.display import display, suffix_of
from gradcli.cli.expression_command import Question
from gradcli.cli.options import BATCH_OPTIONS, DISPLAY_OPTIONS, REQUEST_OPTIONS, Option, read_option, read_options
from gradcli.commands import COMMANDS, Command
from gradcli.message import N_, Exit, GradcliError, fault, nearest
from gradcli.render.translation import Speak
from gradcli.request import Request
from gradcli.shell_line import line_of

_SETTINGS = {"help_option_names": list(HELP)}


def answer(words: Sequence[str], speak: Speak) -> int:
    """Does what the words ask for; the exit status.

    Raises GradcliError for the user's mistake, with its place.
    """
    group = typer.main.get_command(application(words[0]))
    try:  # not `main`, which would answer Ctrl-C and a closed pipe itself
        with group.make_context("gradcli", list(words), obj=speak) as context:
            return int(group.invoke(context) or Exit.ANSWERED)
    except typer.Exit as end:
        return end.exit_code


def application(only: str | None = None) -> typer.Typer:
    """Every command; of a name that is one, that command alone, for each takes time to declare."""
    names = [only] if only in _names() else _names()
    app = typer.Typer(
        name="gradcli",
        cls=_Front,
        add_completion=False,
        rich_markup_mode=None,
        invoke_without_command=True,
        context_settings=_SETTINGS,
        add_help_option=len(names) > 1,  # Typer would load validators for it, though the command has its own
    )
    app.callback()(_front)
    for name in names:
        _declare(app, name)
    return app


def commands() -> dict[str, TyperCommand]:
    """Every command, by name."""
    return typer.main.get_command(application()).commands  # type: ignore[attr-defined,no-any-return]


_SHELL = {
    "batch": Command(
        "batch",
        N_("one question a line, JSON in and JSON out"),
        tuple(BATCH_OPTIONS),
        (
            'echo \'{"expr": "x**2", "inputs": {"x": [1, 2]}}\' | gradcli batch',
            "gradcli batch questions.jsonl --jobs 4",
        ),
        positional="FILE",
        required=False,
        variables=False,
    ),
    "completions": Command(
        "completions",
        N_("the script that completes commands, options and variables in bash, zsh or fish"),
        (),
        ("gradcli completions bash", "gradcli completions zsh"),
        positional="SHELL",
        variables=False,
    ),
}
"""What is no question."""


def _names() -> tuple[str, ...]:
    return *COMMANDS, *_SHELL


def _declare(app: typer.Typer, name: str) -> None:
    command = _SHELL[name] if name in _SHELL else COMMANDS[name]
    perform = {"batch": _batch, "completions": _completions}.get(name, _ask)

    def callback(context: typer.Context, positional: str | None, **values: Any) -> Exit:
        return perform(command, positional, {name: value for name, value in values.items() if _is_typed(context, name)})

    options = [(REQUEST_OPTIONS | BATCH_OPTIONS)[option] for option in command.options]
    options += [] if name in _SHELL else DISPLAY_OPTIONS.values()
    variables = [_LET] if command.variables else []
    parameters = [_keyword("context", typer.Context), _positional(command), *variables, *map(_parameter, options)]
    callback.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    add = app.command(
        name, cls=Question, help=command.summary, epilog="\n".join(command.examples), context_settings=_SETTINGS
    )
    add(callback)


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


# Parameters


def _keyword(name: str, annotation: Any, default: Any = Parameter.empty) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


_LET = _keyword(
    "let",
    Annotated[
        list[str],
        typer.Option(LET, metavar="NAME=TENSOR", help=N_("a variable, whatever its name; NAME=TENSOR alone does too")),
    ],
    None,
)


def _positional(command: Command) -> Parameter:
    annotation = Annotated[str, typer.Argument(metavar=command.positional)]
    return _keyword("positional", annotation, Parameter.empty if command.required else None)


def _parameter(option: Option) -> Parameter:
    """The option as Typer knows it; what a value must look like is judged as in a record and in Python."""
    info = typer.Option(
        f" /{option.flag}" if option.flag.startswith("--no-") else option.flag,
        help=option.help,
        metavar=option.metavar,
        parser=None if option.kind in ("flag", "tensors") else partial(read_option, option),
    )
    kind: Any = {"flag": bool, "tensors": list[str]}.get(option.kind, str)
    return _keyword(option.name, Annotated[kind, info], option.default)


# What the commands do


def _ask(command: Command, expression: str | None, typed: Mapping[str, Any]) -> Exit:
    from gradcli.cli.deliver import show  # the rooms it needs import numpy, which a typing error does not wait for

    inputs = dict(variable.split("=", 1) for variable in typed.get("let", ()))
    show_as = display({name: value for name, value in typed.items() if name in DISPLAY_OPTIONS}, command.files)
    options = read_options(REQUEST_OPTIONS, {name: value for name, value in typed.items() if name in REQUEST_OPTIONS})
    language = command.files.get(suffix_of(show_as.output))  # of the file that the answer goes to
    if "to" in command.options and language:
        options.setdefault("to", language)
    if "plot" in command.options and show_as.format == "picture":
        options["plot"] = True
    return show(command.run(Request(expression or "", command.name, inputs, **options)), show_as)


def _batch(_: Command, source: str | None, typed: Mapping[str, Any]) -> Exit:
    from gradcli.cli.batch import run  # as above

    return run(source, **typed)


def _completions(_: Command, shell: str | None, __: Mapping[str, Any]) -> Exit:
    from gradcli.cli.completions import FILES, script  # it reads every table

    if shell is None or shell not in FILES:
        raise fault(
            "option",
            N_("there are completions for {shells}, not for {shell}"),
            hint=N_("write  gradcli completions bash"),
            shells=", ".join(FILES),
            shell=shell,
        )
    sys.stdout.write(script(shell))
    return Exit.ANSWERED


# Before the commands


def _front(
    version: Annotated[bool, typer.Option("--version", "-V", help=N_("print the version and leave"))] = False,
) -> None:
    if version:
        typer.echo(f"gradcli {gradcli.__version__}")
        raise typer.Exit


class _Front(TyperGroup):
    """gradcli itself."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **named: Any) -> Any:
        """As from a shell, with its errors and exit statuses."""
        from gradcli.cli.entry import run  # which calls this module

        sys.exit(run(sys.argv[1:] if args is None else args))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises GradcliError where the first word is no command."""
        if args[0] in self.commands:
            return super().parse_args(ctx, args)
        if not any(args[0] in param.opts for param in self.get_params(ctx)):
            raise no_such_command(args, _names())
        return super().parse_args(ctx, args[:1])  # --lang, which may follow, was read already

    def get_help(self, ctx: Any) -> str:
        """Ours, for Typer's speaks English and counts a wide character as one column."""
        return help.front(self.get_params(ctx), self.commands, ctx.obj)


_OTHER_NAMES = {
    "derivative": "grad",
    "diff": "grad",
    "differentiate": "grad",
    "gradient": "grad",
    "jac": "jacobian",
    "hess": "hessian",
    "backprop": "backward",
    "autograd": "vjp",
    "test": "check",
    "verify": "check",
    "draw": "plot",
    "tree": "graph",
    "script": "code",
    "export": "code",
    "list": "functions",
    "learn": "explain",
    "why": "explain",
    "trace": "steps",
    "pushforward": "jvp",
    "pullback": "vjp",
}
"""What people call the commands elsewhere."""


def no_such_command(words: Sequence[str], commands: Sequence[str]) -> GradcliError:
    """The first word is no command: a command mistyped, or an expression whose command was left out."""
    line = line_of(["gradcli", *words])
    first, *rest = words
    near = _OTHER_NAMES.get(first) or nearest(first, commands)
    sentence, repair = N_("there is no command {word}"), None
    if first in ("help", "version"):
        repair = [*(word for word in rest[:1] if word in commands), f"--{first}"]
    elif near is not None:
        repair = [near, *rest]
    elif not first.isalpha() or len(first) == 1:
        sentence, repair = N_("the command is missing before {word}"), ["vjp", *words]
    error = fault(
        "option",
        sentence,
        hint=N_("the commands are {commands}") if repair is None else N_("did you mean  {line} ?"),
        word=first,
        commands=", ".join(commands),
        line=line_of(["gradcli", *(repair or ())]).text,
    )
    return error.at(line.places[1], line.text)
