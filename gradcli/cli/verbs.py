"""The table of commands -> verbs: what each one takes on the command line. Knows no parser."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gradcli.cli.language import preferred
from gradcli.cli.options import ASKED, SHOWN, Option, filled, understood
from gradcli.message import N_, Exit, fault
from gradcli.request import Display, Request

if TYPE_CHECKING:
    from gradcli.commands import Command


@dataclass(frozen=True, slots=True)
class Verb:
    """One command as the command line offers it.

    `perform` takes the positional (None where it was left out), the variables and the options that were given.
    """

    name: str
    summary: str
    positional: str
    required: bool
    variables: bool
    options: tuple[Option, ...]
    examples: tuple[str, ...]
    perform: Callable[[str | None, Mapping[str, str], Mapping[str, Any]], Exit]


def verbs(commands: Mapping[str, Command]) -> dict[str, Verb]:
    """Every command of the table, and those of the shell, by name."""
    return {name: _verb(command) for name, command in commands.items()} | {"batch": _BATCH, "completions": _COMPLETIONS}


def _verb(command: Command) -> Verb:
    def perform(expression: str | None, inputs: Mapping[str, str], given: Mapping[str, Any]) -> Exit:
        from gradcli.cli.show import show  # the rooms it needs import numpy, which a typing error does not wait for

        files: Mapping[str, str] = getattr(command, "files", {})
        display = _display({name: value for name, value in given.items() if name in SHOWN}, files)
        asked = {name: value for name, value in given.items() if name in ASKED}
        if "to" in command.options and "to" not in asked and (meant := files.get(_suffix(display.output))):
            asked["to"] = meant
        if "plot" in command.options and display.format == "picture":
            asked["plot"] = True
        request = Request(expression or "", command.name, inputs, **filled(ASKED, asked))
        return show(command.run(request), display)

    options = (*(ASKED[name] for name in command.options), *SHOWN.values())
    return Verb(
        command.name, command.summary, getattr(command, "positional", "EXPRESSION"), getattr(command, "required", True),
        getattr(command, "variables", True), options, command.examples, perform,
    )


_SUFFIXES = {
    ".txt": "text", ".json": "json", ".tex": "latex", ".md": "markdown",
    ".npy": "npy", ".npz": "npz", ".csv": "csv", ".tsv": "tsv",
}
_NUMBERS = (".npy", ".npz", ".csv", ".tsv")
_PICTURES = (".svg", ".png", ".pdf")


def _suffix(path: str | None) -> str:
    return "" if path is None or "." not in path else "." + path.rpartition(".")[2].lower()


def _display(given: Mapping[str, Any], files: Mapping[str, str]) -> Display:
    """How to show the answer: to a person in the language of their locale; a script's JSON does not depend on it."""
    display = _formatted(given, files)
    if display.lang is not None or display.format == "json":
        return display
    return replace(display, lang=preferred(os.environ))


def _formatted(given: Mapping[str, Any], files: Mapping[str, str]) -> Display:
    """A file's suffix sets the format, unless a format was asked for; `files` are the suffixes of the command's own."""
    display = Display(**filled(SHOWN, given))
    if display.output is None or "format" in given:
        return display
    suffix = _suffix(display.output)
    if suffix in files or suffix in _NUMBERS:
        written = _SUFFIXES[suffix] if suffix in _NUMBERS else "picture" if files[suffix] == "picture" else "text"
        return Display(**{**filled(SHOWN, given), "format": written})
    if suffix in _PICTURES and not files and not display.quiet:
        raise fault("option", N_("this command draws no picture"),
                    hint=N_("gradcli jacobian, plot and graph do; an answer ends in {suffixes}"),
                    suffixes=", ".join(_SUFFIXES))
    if suffix not in _SUFFIXES and not display.quiet:
        raise fault(
            "option", N_("the name {output} does not tell the format"),
            hint=N_("end it in {suffixes}, or add  --format text"),
            output=display.output, suffixes=", ".join([*files, *_SUFFIXES]),
        )
    return Display(**filled(SHOWN, {**given, "format": _SUFFIXES.get(suffix, "text")}))


def _batch(source: str | None, _: Mapping[str, str], given: Mapping[str, Any]) -> Exit:
    from gradcli.cli.batch import run  # as above

    return run(source, **{o.name: understood(o, given[o.name]) for o in _BATCH.options if o.name in given})


_BATCH = Verb(
    "batch", N_("one question a line, JSON in and JSON out"), "FILE", False, False,
    (
        Option("jobs", "integer", 1, N_("how many processes answer"), "N", (), 1, 1024),
        Option("timeout", "number", None, N_("seconds for one record; past it the record fails and the rest goes on"),
               "SECONDS", (), 0, float("inf")),
        Option("resume", "word", None, N_("a file for the answers; those that it holds already are not asked again"),
               "FILE", (), 0, 0),
        Option("allow_files", "flag", False, N_("let records read files in the working directory and below"), "", (),
               0, 0),
    ),
    ('echo \'{"expr": "x**2", "inputs": {"x": [1, 2]}}\' | gradcli batch', "gradcli batch questions.jsonl --jobs 4"),
    _batch,
)


def _completions(shell: str | None, _: Mapping[str, str], __: Mapping[str, Any]) -> Exit:
    from gradcli.cli.completions import FILES, script  # it reads every table

    if shell is None or shell not in FILES:
        raise fault("option", N_("there are completions for {shells}, not for {shell}"),
                    hint=N_("write  gradcli completions bash"), shells=", ".join(FILES), shell=shell)
    sys.stdout.write(script(shell))
    return Exit.ANSWERED


_COMPLETIONS = Verb(
    "completions", N_("the script that completes commands, options and variables in bash, zsh or fish"), "SHELL", True,
    False, (), ("gradcli completions bash", "gradcli completions zsh"), _completions,
)
