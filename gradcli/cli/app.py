"""Verbs -> a Typer application, which prints pages of help and the version. Knows no tensor and no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shutil import get_terminal_size
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import gradcli
from gradcli.cli import help
from gradcli.cli.line import line_of
from gradcli.cli.options import nearest
from gradcli.cli.verbs import Verb
from gradcli.message import N_, Exit, GradcliError, fault
from gradcli.render.speech import Speak

_HELP_NAMES = {"help_option_names": ["--help", "-h"]}


def told(verbs: Mapping[str, Verb], words: Sequence[str], speak: Speak) -> int:
    """Help or the version, as these words ask; the exit status.

    Raises GradcliError (option) where the first of them is no command.
    """
    if words[0] in verbs:  # alone: a group would load validators and build every command, which takes far longer
        app, name = typer.Typer(add_completion=False), f"gradcli {words[0]}"
        _add(app, verbs[words[0]], speak)
        words = ["--help"]
    else:
        app, name = application(verbs, speak), "gradcli"
        words = words[:1] if words[0] in _HELP_NAMES["help_option_names"] else words  # --lang was read already
    parse = typer.main.get_command(app).main
    try:
        return int(parse(list(words), name, standalone_mode=False, windows_expand_args=False) or Exit.ANSWERED)
    except SystemExit:  # how it tells that the page's reader has gone
        return Exit.ANSWERED


def application(verbs: Mapping[str, Verb], speak: Speak) -> typer.Typer:
    """The commands with their pages; what performs them is in gradcli.cli.asked."""
    app = typer.Typer(
        name="gradcli", cls=_group_of(verbs, speak), add_completion=False, rich_markup_mode=None,
        invoke_without_command=True, context_settings=_HELP_NAMES,
    )
    app.callback()(_front)
    for verb in verbs.values():
        _add(app, verb, speak)
    return app


def _add(app: typer.Typer, verb: Verb, speak: Speak) -> None:
    app.command(verb.name, cls=_command_of(verb, speak), context_settings=_HELP_NAMES)(_never)


def _never() -> None:
    raise AssertionError("a question is read by gradcli.cli.words")


def _front(version: Annotated[bool, typer.Option("--version")] = False) -> None:
    if version:
        typer.echo(f"gradcli {gradcli.__version__}")
        raise typer.Exit


def _width() -> int:
    """Of a page of help: the terminal's, which longer lines than these do not make easier to read."""
    return max(min(get_terminal_size().columns, 80) - 2, 50)


def _command_of(verb: Verb, speak: Speak) -> type[TyperCommand]:
    """Its help is ours, for Typer speaks English and counts a wide character as one column."""

    class Page(TyperCommand):
        def get_help(self, _: Any) -> str:
            return help.page(verb, _width(), speak)

    return Page


def _group_of(verbs: Mapping[str, Verb], speak: Speak) -> type[TyperGroup]:
    class Verbs(TyperGroup):
        def get_help(self, _: Any) -> str:
            return help.front(verbs, _width(), speak)

        def parse_args(self, invocation: Any, words: list[str]) -> list[str]:
            if words and words[0] not in ("--help", "-h", "--version") and words[0] not in verbs:
                raise no_such_command(words, verbs)
            return super().parse_args(invocation, words)

    return Verbs


_SAID = {
    "derivative": "grad", "diff": "grad", "differentiate": "grad", "gradient": "grad", "jac": "jacobian",
    "hess": "hessian", "backprop": "backward", "autograd": "vjp", "test": "check", "verify": "check", "draw": "plot",
    "tree": "graph", "script": "code", "export": "code", "list": "functions", "learn": "explain", "why": "explain",
    "trace": "steps", "pushforward": "jvp", "pullback": "vjp",
}
"""What people call the commands elsewhere."""


def no_such_command(words: Sequence[str], verbs: Mapping[str, Verb]) -> GradcliError:
    """The first word is no command: a command mistyped, or an expression whose command was left out."""
    line = line_of(["gradcli", *words])
    near = _SAID.get(words[0]) or nearest(words[0], verbs)
    page = words[1:2] if words[1:] and words[1] in verbs else ()
    if words[0] in ("help", "version"):
        error = fault("option", N_("there is no command {word}"), hint=N_("did you mean  {line} ?"), word=words[0],
                      line=line_of(["gradcli", *page, f"--{words[0]}"]).text)
    elif near is not None:
        error = fault("option", N_("there is no command {word}"), hint=N_("did you mean  {line} ?"), word=words[0],
                      line=line_of(["gradcli", near, *words[1:]]).text)
    elif words[0].isalpha() and len(words[0]) > 1 and len(words) == 1:
        error = fault("option", N_("there is no command {word}"), hint=N_("the commands are {commands}"), word=words[0],
                      commands=", ".join(verbs))
    else:
        error = fault("option", N_("the command is missing before {word}"), hint=N_("did you mean  {line} ?"),
                      word=words[0], line=line_of(["gradcli", "vjp", *words]).text)
    return error.at(line.places[1], line.text)
