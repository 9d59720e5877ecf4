"""The table of commands -> Python functions: `gradcli.vjp(expr, {name: value}, **options)`. Knows no stream."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradcli.cli.options import DISPLAY_OPTIONS, REQUEST_OPTIONS, Option, read_option, read_options
from gradcli.cli.records import answer
from gradcli.commands import COMMANDS, Command
from gradcli.message import N_, fault, nearest
from gradcli.render.translation import speech
from gradcli.report import Report
from gradcli.request import Request, TensorText


@dataclass(frozen=True, slots=True)
class Answer(Report):
    """A report that shows itself, in English unless `lang` says otherwise: as text where it is printed, with typeset
    formulas in a notebook."""

    lang: str | None = None

    def __str__(self) -> str:
        from gradcli.render.formats import Look, document

        return document("text", self.parts, Look(speak=speech(self.lang))).removesuffix("\n")

    def _repr_html_(self) -> str:
        from gradcli.render.html_page import notebook

        return notebook(self.parts, speech(self.lang))

    def _repr_latex_(self) -> str:
        from gradcli.render.latex import formulas

        return formulas(self.parts)


def function(name: str) -> Callable[..., Answer]:
    """The command as a function from an expression and its variables to an Answer, whose `parts` are the report.

    It raises GradcliError for what would be an error on the command line.
    """
    command = COMMANDS[name]

    def ask(expression: str, inputs: Mapping[str, TensorText] | None = None, **options: Any) -> Answer:
        lang = options.pop("lang", None)
        lang = None if lang is None else read_option(DISPLAY_OPTIONS["lang"], lang)
        _refuse_unknown(command, options)
        request = Request(expression, command.name, dict(inputs or {}), **read_options(REQUEST_OPTIONS, options))
        return Answer(tuple(command.run(request)), lang)

    ask.__name__ = ask.__qualname__ = name
    ask.__module__ = "gradcli"
    ask.__doc__ = f"{command.summary}\n\nOptions:\n" + "".join(
        f"    {option.name}: {option.help}\n" for option in _options(command)
    )
    ask.__signature__ = _signature(command)  # type: ignore[attr-defined]
    return ask


def _options(command: Command) -> list[Option]:
    return [*(REQUEST_OPTIONS[name] for name in command.options), DISPLAY_OPTIONS["lang"]]


def _signature(command: Command) -> inspect.Signature:
    first = [
        inspect.Parameter("expression", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("inputs", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None),
    ]
    keyword = inspect.Parameter.KEYWORD_ONLY
    rest = [inspect.Parameter(option.name, keyword, default=option.default) for option in _options(command)]
    return inspect.Signature([*first, *rest], return_annotation=Answer)


def _refuse_unknown(command: Command, options: Mapping[str, Any]) -> None:
    for name in options:
        if name not in command.options:
            near = nearest(name, command.options)
            raise fault(
                "option",
                N_("{command} takes no option {name}"),
                hint=None if near is None else N_("did you mean  {near} ?"),
                command=command.name,
                name=name,
                near=near,
            )


__all__ = ["COMMANDS", "answer", "function"]
