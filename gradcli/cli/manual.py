"""Typer's commands -> the manual page, for `man gradcli`. Knows troff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from typer.core import TyperCommand, TyperOption

import gradcli
from gradcli.cli.app import commands
from gradcli.cli.argv import flag_of
from gradcli.cli.help import options, positional, term

_DESCRIPTION = (
    "From one expression over tensors, gradcli gives the Jacobian in closed form and the numeric vector-Jacobian "
    "product, PyTorch's own y.backward(v), shows both side by side and explains with your numbers what v is.",
    "The expression is Python's with PyTorch's names; it is read and never run as Python. Write it in double quotes. A "
    "variable is given as --NAME TENSOR or as NAME=TENSOR.",
)
_TENSORS = (
    ("1,2,3", "a vector"),
    ("1,2:3,4", "a matrix: rows apart by colons"),
    ("eye:5, ones:2x3, zeros:3, full:2x3:7, rand:3, randn:2x3", "by shape"),
    ("arange:6, linspace:-1:1:5", "ranges"),
    ("@FILE, -", "a file (.npy .npz .csv .tsv .json .pt), or standard input"),
    ('"eye(5)", "[[1,2],[3,4]]"', "the forms of Python, in quotes"),
)
_STATUSES = (
    ("0", "answered"),
    ("1", "answered, but a check failed"),
    ("2", "a mistake in the question"),
    ("3", "a limit was hit"),
    ("70", "a defect of gradcli"),
    ("130", "interrupted"),
)
_ENVIRONMENT = (
    ("NO_COLOR", "no colour, as --no-color"),
    ("COLUMNS", "the width of the answer"),
    ("LC_ALL, LC_MESSAGES, LANG, LANGUAGE", "the language of the answer: Russian, Chinese, else English"),
    ("GRADCLI_DEBUG", "1 shows where a defect of gradcli happened"),
)


def manual() -> str:
    """The page gradcli(1)."""
    every = list(commands().values())
    return (
        "\n".join(
            [
                f'.TH GRADCLI 1 "" "gradcli {gradcli.__version__}" "User Commands"',
                ".SH NAME",
                r"gradcli \- a gradient calculator for the command line",
                ".SH SYNOPSIS",
                r".B gradcli",
                ".I COMMAND EXPRESSION",
                r"[\-\-\fINAME TENSOR\fR | \fINAME\fR=\fITENSOR\fR]... [\fIOPTIONS\fR]",
                ".SH DESCRIPTION",
                *_paragraphs(_DESCRIPTION),
                ".SH COMMANDS",
                *(line for command in every for line in _command(command)),
                ".SH OPTIONS",
                *(line for option in _options(every) for line in _term(term(option), option.help or "")),
                ".SH TENSORS",
                *(line for term in _TENSORS for line in _term(*term)),
                ".SH EXIT STATUS",
                *(line for term in _STATUSES for line in _term(*term)),
                ".SH ENVIRONMENT",
                *(line for term in _ENVIRONMENT for line in _term(*term)),
            ]
        )
        + "\n"
    )


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (".PP", _text(text))


def _command(command: TyperCommand) -> Iterator[str]:
    yield from (f".SS gradcli {command.name} {positional(command)}", _text(command.help or "") + ".")
    if options(command):
        yield from (".PP", "Options: " + _text(", ".join(map(flag_of, options(command)))) + ".")
    examples = (command.epilog or "").split("\n")
    yield from (".PP", "Examples:", ".PP", ".nf", *(_text("    " + example) for example in examples), ".fi")


def _options(every: Iterable[TyperCommand]) -> list[TyperOption]:
    return list({option.name: option for command in every for option in options(command)}.values())


def _term(term: str, meaning: str) -> tuple[str, ...]:
    return ".TP", rf"\fB{_text(term)}\fR", _text(meaning)


def _text(text: str) -> str:
    r"""As troff prints it unchanged: a line may not begin with a dot or a quote, and - ^ ~ ` ' have meanings."""
    for sign, escaped in (("\\", r"\e"), ("-", r"\-"), ("^", r"\(ha"), ("~", r"\(ti"), ("`", r"\(ga"), ("'", r"\(aq")):
        text = text.replace(sign, escaped)
    return r"\&" + text if text.startswith(".") else text
