"""Verbs -> a Typer application. Knows how Typer wants a signature and a help page; no tensor, no answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import gradcli
from gradcli.cli.front import FIRST_LINES
from gradcli.cli.line import line_of
from gradcli.cli.options import Option, nearest, nearest_flag
from gradcli.cli.repair import repaired
from gradcli.cli.verbs import Verb
from gradcli.cli.words import Reading, place, read
from gradcli.message import N_, Exit, GradcliError, fault

_HELP_NAMES = {"help_option_names": ["--help", "-h"]}


def program(verbs: Mapping[str, Verb], words: Sequence[str]) -> Callable[[], Exit] | int:
    """What the words ask to be performed, or the exit status where Typer has answered (help, the version).

    Only the command that is wanted is built: building all of them takes longer than reading the words.
    """
    if words[0] in verbs:
        app, name, rest = _alone(verbs[words[0]]), f"gradcli {words[0]}", words[1:]
    else:
        app, name, rest = application(verbs), "gradcli", words
    parse = typer.main.get_command(app).main
    parsed: Any = parse(args=list(rest), prog_name=name, standalone_mode=False, windows_expand_args=False)
    return parsed if callable(parsed) else int(parsed or Exit.ANSWERED)


def _alone(verb: Verb) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    _add(app, verb)
    return app


def application(verbs: Mapping[str, Verb]) -> typer.Typer:
    """The command line of these verbs. Each command returns what is then to be performed outside Typer, whose own
    answers to Ctrl-C and to a closed pipe are other than ours."""
    app = typer.Typer(
        name="gradcli", cls=_group_of(verbs), add_completion=False, rich_markup_mode=None, invoke_without_command=True,
        context_settings=_HELP_NAMES, epilog=_paragraph("Start with:", FIRST_LINES),
        help="A gradient calculator: the symbolic Jacobian and PyTorch's y.backward(v), side by side and explained.",
    )
    app.callback()(_front)
    for verb in verbs.values():
        _add(app, verb)
    return app


def _add(app: typer.Typer, verb: Verb) -> None:
    app.command(
        verb.name, cls=_command_of(verb), help=verb.summary, context_settings=_HELP_NAMES,
        epilog=_paragraph("Examples:", verb.examples),
    )(_signature_of(verb))


def _paragraph(heading: str, lines: Sequence[str]) -> str:
    """Text that Typer prints line by line: it re-wraps a paragraph that is not marked so."""
    return "\b\n" + "\n".join([heading, *(f"  {line}" for line in lines)]) if lines else ""


def _front(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        typer.echo(f"gradcli {gradcli.__version__}")
        raise typer.Exit


def _signature_of(verb: Verb) -> Callable[..., None]:
    """A function with the signature that Typer makes its help and completions from."""

    def declare(**_: Any) -> None:
        raise AssertionError("the words are read by gradcli.cli.words")

    parameters = [_positional(verb), *([_LET] if verb.variables else []), *map(_parameter, verb.options)]
    declare.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    declare.__annotations__ = {p.name: p.annotation for p in parameters}
    return declare


def _positional(verb: Verb) -> inspect.Parameter:
    kind = typer.Argument(metavar=verb.positional, show_default=False, hidden=True)
    return _declared("positional", Annotated[str | None, kind], None)


_LET = inspect.Parameter(
    "let", inspect.Parameter.KEYWORD_ONLY, default=None,
    annotation=Annotated[
        list[str] | None,
        typer.Option("--let", metavar="NAME=TENSOR", help="a variable, whatever its name; NAME=TENSOR alone does too"),
    ],
)


def _parameter(option: Option) -> inspect.Parameter:
    shown = "" if option.default in (None, False, True) else f"  [default: {option.default}]"
    info = typer.Option(option.flag, metavar=option.metavar, help=option.help + shown, show_default=False)
    if option.kind == "flag":
        return _declared(option.name, Annotated[bool, typer.Option(option.flag, help=option.help)], False)
    return _declared(option.name, Annotated[(list[str] if option.repeats else str) | None, info], None)


def _declared(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _command_of(verb: Verb) -> type[TyperCommand]:
    """Typer's command, whose words are read by us: every variable is an option that no declaration can foresee, a value
    may begin with a dash, and the validators that Typer would load for it cost 40 ms that nothing here needs."""

    class Words(TyperCommand):
        reading = Reading(verb.name, ())

        def collect_usage_pieces(self, _: Any) -> list[str]:
            positional = verb.positional if verb.required else f"[{verb.positional}]"
            return [positional, *(["[--NAME TENSOR | NAME=TENSOR]..."] if verb.variables else []), "[OPTIONS]"]

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


def _group_of(verbs: Mapping[str, Verb]) -> type[TyperGroup]:
    class Verbs(TyperGroup):
        def collect_usage_pieces(self, _: Any) -> list[str]:
            return ["COMMAND ..."]

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
