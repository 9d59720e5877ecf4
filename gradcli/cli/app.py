"""Verbs -> a Typer application. Knows how Typer finds a command and when it prints help; no tensor, no answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from shutil import get_terminal_size
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import gradcli
from gradcli.cli import help
from gradcli.cli.line import line_of
from gradcli.cli.options import nearest, nearest_flag
from gradcli.cli.repair import repaired
from gradcli.cli.verbs import Verb
from gradcli.cli.words import Reading, place, read
from gradcli.message import N_, Exit, GradcliError, fault
from gradcli.render.speech import Speak, english

_HELP_NAMES = {"help_option_names": ["--help", "-h"]}


def program(verbs: Mapping[str, Verb], words: Sequence[str], speak: Speak) -> Callable[[], Exit] | int:
    """What the words ask to be performed, or the exit status where Typer has answered (help, the version).

    Only the command that is wanted is built: building all of them takes longer than reading the words.
    """
    if words[0] in verbs:
        app, name, rest = _alone(verbs[words[0]], speak), f"gradcli {words[0]}", words[1:]
    else:
        app, name, rest = application(verbs, speak), "gradcli", words
    parse = typer.main.get_command(app).main
    parsed: Any = parse(args=list(rest), prog_name=name, standalone_mode=False, windows_expand_args=False)
    return parsed if callable(parsed) else int(parsed or Exit.ANSWERED)


def _alone(verb: Verb, speak: Speak) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    _add(app, verb, speak)
    return app


def application(verbs: Mapping[str, Verb], speak: Speak = english) -> typer.Typer:
    """The command line of these verbs. Each command returns what is then to be performed outside Typer, whose own
    answers to Ctrl-C and to a closed pipe are other than ours."""
    app = typer.Typer(
        name="gradcli", cls=_group_of(verbs, speak), add_completion=False, rich_markup_mode=None,
        invoke_without_command=True, context_settings=_HELP_NAMES,
    )
    app.callback()(_front)
    for verb in verbs.values():
        _add(app, verb, speak)
    return app


def _add(app: typer.Typer, verb: Verb, speak: Speak) -> None:
    def declare() -> None:
        raise AssertionError("the words are read by gradcli.cli.words")

    app.command(verb.name, cls=_command_of(verb, speak), help=verb.summary, context_settings=_HELP_NAMES)(declare)


def _front(version: Annotated[bool, typer.Option("--version")] = False) -> None:
    if version:
        typer.echo(f"gradcli {gradcli.__version__}")
        raise typer.Exit


def _width() -> int:
    """Of a page of help: the terminal's, which longer lines than these do not make easier to read."""
    return max(min(get_terminal_size().columns, 80) - 2, 50)


def _command_of(verb: Verb, speak: Speak) -> type[TyperCommand]:
    """Typer's command, whose words are read by us: every variable is an option that no declaration can foresee, a value
    may begin with a dash, and the validators that Typer would load for it cost 40 ms that nothing here needs. Its help
    is ours too, for Typer speaks English and counts a wide character as one column."""

    class Words(TyperCommand):
        reading = Reading(verb.name, ())

        def get_help(self, _: Any) -> str:
            return help.page(verb, _width(), speak)

        def parse_args(self, invocation: Any, words: list[str]) -> list[str]:
            self.reading = read(verb.name, words, verb.options)
            if self.reading.wants_help or invocation.resilient_parsing:
                return super().parse_args(invocation, ["--help"] if self.reading.wants_help else [])
            _refuse_incomplete(self.reading, verb)
            return []

        def invoke(self, _: Any) -> Callable[[], Exit]:
            return partial(performed, verb, self.reading)

    return Words


def performed(verb: Verb, reading: Reading) -> Exit:
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


def _group_of(verbs: Mapping[str, Verb], speak: Speak) -> type[TyperGroup]:
    class Verbs(TyperGroup):
        def get_help(self, _: Any) -> str:
            return help.front(verbs, _width(), speak)

        def parse_args(self, invocation: Any, words: list[str]) -> list[str]:
            if words and words[0] not in ("--help", "-h", "--version") and words[0] not in verbs:
                raise no_such_command(words, verbs)
            return super().parse_args(invocation, words)

    return Verbs


def no_such_command(words: Sequence[str], verbs: Mapping[str, Verb]) -> GradcliError:
    """The first word is no command: a command mistyped, or an expression whose command was left out."""
    line = line_of(["gradcli", *words])
    near = nearest(words[0], verbs)
    if near is not None:
        error = fault("option", N_("there is no command {word}"), hint=N_("did you mean  {line} ?"), word=words[0],
                      line=line_of(["gradcli", near, *words[1:]]).text)
    elif words[0].isalpha() and len(words[0]) > 1 and len(words) == 1:
        error = fault("option", N_("there is no command {word}"), hint=N_("the commands are {commands}"), word=words[0],
                      commands=", ".join(verbs))
    else:
        error = fault("option", N_("the command is missing before {word}"), hint=N_("did you mean  {line} ?"),
                      word=words[0], line=line_of(["gradcli", "vjp", *words]).text)
    return error.at(line.places[1], line.text)
