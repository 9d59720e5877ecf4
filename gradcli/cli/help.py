"""Typer's commands -> their pages of help, in a language and a width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from shutil import get_terminal_size
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperOption

from gradcli.cli.front_page import FIRST_LINES, usage
from gradcli.message import N_
from gradcli.render.layout import cells, pad, wrap
from gradcli.render.translation import Speak

_WIDEST_TERM = 30
"""Columns; what a longer one means begins on the next line."""

_HELP = N_("show this page and leave")


def page(command: TyperCommand, params: Iterable[Any], speak: Speak, width: int | None = None) -> str:
    """The help of one command, as wide as the terminal where no width is given."""
    say, width = speak.sentence, width or _width()
    bindings = "[--NAME TENSOR | NAME=TENSOR]... " if takes_variables(command) else ""
    return _join(
        wrap(usage(f"gradcli {command.name} {positional(command)} {bindings}[OPTIONS]", say), width, "", "  "),
        wrap(say(command.help or ""), width, "  "),
        [say(N_("Options:")), *_options(params, width, speak)],
        ["  " + say(N_("Examples:")), *(f"    {line}" for line in (command.epilog or "").split("\n"))],
    )


def front(params: Iterable[Any], commands: Mapping[str, Any], speak: Speak) -> str:
    """The help of gradcli itself."""
    say, width = speak.sentence, _width()
    text = N_("A gradient calculator: the symbolic Jacobian and PyTorch's y.backward(v), side by side and explained.")
    return _join(
        [usage("gradcli COMMAND ...", say)],
        wrap(say(text), width, "  "),
        [say(N_("Options:")), *_options(params, width, speak)],
        [say(N_("Commands:")), *_definitions([(name, say(c.help or "")) for name, c in commands.items()], width)],
        ["  " + say(N_("Start with:")), *(f"    {line}" for line in FIRST_LINES)],
    )


def takes_variables(command: TyperCommand) -> bool:
    """Whether it has --let."""
    return any(param.name == "let" for param in command.params)


def positional(command: TyperCommand) -> str:
    """`EXPRESSION`, in brackets where it can be left out."""
    (argument,) = (param for param in command.params if isinstance(param, TyperArgument))
    return str(argument.metavar) if argument.required else f"[{argument.metavar}]"


def options(command: TyperCommand) -> list[TyperOption]:
    """Those of its own: neither --let nor --help."""
    return [param for param in command.params if isinstance(param, TyperOption) and param.name != "let"]


def _term(option: TyperOption) -> str:
    """`--seed N`, `--quiet`, `-h, --help`."""
    flags = ", ".join(sorted(option.opts or option.secondary_opts, key=len))
    return flags if option.is_flag else f"{flags} {option.metavar}"


def _width() -> int:
    """Of a page of help: the terminal's, which longer lines than these do not make easier to read."""
    return max(min(get_terminal_size().columns, 80) - 2, 50)


def _options(params: Iterable[Any], width: int, speak: Speak) -> Iterator[str]:
    own = [param for param in params if isinstance(param, TyperOption)]
    return _definitions([(_term(option), _meaning(option, speak)) for option in own], width)


def _join(*paragraphs: Sequence[str]) -> str:
    return "\n\n".join("\n".join(lines) for lines in paragraphs)


def _meaning(option: TyperOption, speak: Speak) -> str:
    text = speak.sentence(_HELP if option.name == "help" else option.help or "")
    if option.default in (None, False, True):
        return text
    return speak.sentence(N_("{meaning}  [default: {default}]"), meaning=text, default=option.default)


def _definitions(rows: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """Terms in a column, and beside each what it means."""
    rows = tuple(rows)
    column = 4 + max(cells(term) for term, _ in rows if cells(term) <= _WIDEST_TERM)
    return chain.from_iterable(_definition(term, meaning, column, width) for term, meaning in rows)


def _definition(term: str, meaning: str, column: int, width: int) -> list[str]:
    if cells(term) > column - 4:
        return ["  " + term, *wrap(meaning, width, " " * column)]
    return wrap(meaning, width, pad("  " + term, column))
