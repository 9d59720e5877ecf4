"""Typer's commands -> the manual page, for `man gradcli`. Knows troff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from typer import Context
from typer.core import TyperCommand

import gradcli
from gradcli.cli.app import commands
from gradcli.cli.help import page
from gradcli.render.translation import english

_WIDTH = 72
"""Columns of a page of help: man sets 80, and leaves seven at the left."""

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
    return "\n".join(
        [
            f'.TH GRADCLI 1 "" "gradcli {gradcli.__version__}" "User Commands"',
            ".SH NAME",
            r"gradcli \- a gradient calculator for the command line",
            ".SH SYNOPSIS",
            r".B gradcli",
            ".I COMMAND EXPRESSION",
            r"[\-\-\fINAME TENSOR\fR | \fINAME\fR=\fITENSOR\fR]... [\fIOPTIONS\fR]",
            ".SH DESCRIPTION",
            *(line for text in _DESCRIPTION for line in (".PP", _text(text))),
            ".SH COMMANDS",
            *(line for command in commands().values() for line in _command(command)),
            *_terms("TENSORS", _TENSORS),
            *_terms("EXIT STATUS", _STATUSES),
            *_terms("ENVIRONMENT", _ENVIRONMENT),
            "",
        ]
    )


def _command(command: TyperCommand) -> Iterator[str]:
    """Its page of help as it is."""
    help = page(command, command.get_params(Context(command)), english, _WIDTH)
    yield from (f".SS gradcli {command.name}", ".nf", *map(_text, help.split("\n")), ".fi")


def _terms(section: str, terms: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f".SH {section}"
    for term, meaning in terms:
        yield from (".TP", rf"\fB{_text(term)}\fR", _text(meaning))


def _text(text: str) -> str:
    r"""As troff prints it unchanged: a line may not begin with a dot or a quote, and - ^ ~ ` ' have meanings."""
    for sign, escaped in (("\\", r"\e"), ("-", r"\-"), ("^", r"\(ha"), ("~", r"\(ti"), ("`", r"\(ga"), ("'", r"\(aq")):
        text = text.replace(sign, escaped)
    return r"\&" + text if text.startswith(".") else text
