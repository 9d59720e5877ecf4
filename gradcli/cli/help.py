"""Verbs -> the pages of help, in a language and a width. Knows no parser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from gradcli.cli.front import FIRST_LINES, usage
from gradcli.cli.options import Option
from gradcli.cli.verbs import Verb
from gradcli.message import N_
from gradcli.render.layout import cells, padded, wrapped
from gradcli.render.speech import Speak

_WIDEST_TERM = 30
"""Columns; what a longer one means begins on the next line."""

_HELP = ("-h, --help", N_("show this page and leave"))
_VERSION = ("--version", N_("print the version and leave"))
_LET = ("--let NAME=TENSOR", N_("a variable, whatever its name; NAME=TENSOR alone does too"))


def page(verb: Verb, width: int, speak: Speak) -> str:
    """The help of one command."""
    say = speak.sentence
    positional = verb.positional if verb.required else f"[{verb.positional}]"
    bindings = "[--NAME TENSOR | NAME=TENSOR]... " if verb.variables else ""
    options = [(_term(option), _meaning(option, speak)) for option in verb.options]
    fixed = [(term, say(meaning)) for term, meaning in (*([_LET] if verb.variables else []), _HELP)]
    return _joined(
        wrapped(usage(f"gradcli {verb.name} {positional} {bindings}[OPTIONS]", say), width, "", "  "),
        wrapped(say(verb.summary), width, "  "),
        [say(N_("Options:")), *_described([*fixed[:-1], *options, fixed[-1]], width)],
        ["  " + say(N_("Examples:")), *(f"    {line}" for line in verb.examples)],
    )


def front(verbs: Mapping[str, Verb], width: int, speak: Speak) -> str:
    """The help of gradcli itself."""
    say = speak.sentence
    told = N_("A gradient calculator: the symbolic Jacobian and PyTorch's y.backward(v), side by side and explained.")
    return _joined(
        [usage("gradcli COMMAND ...", say)],
        wrapped(say(told), width, "  "),
        [say(N_("Options:")), *_described([(term, say(meaning)) for term, meaning in (_VERSION, _HELP)], width)],
        [say(N_("Commands:")), *_described([(verb.name, say(verb.summary)) for verb in verbs.values()], width)],
        ["  " + say(N_("Start with:")), *(f"    {line}" for line in FIRST_LINES)],
    )


def _joined(*paragraphs: Sequence[str]) -> str:
    return "\n\n".join("\n".join(lines) for lines in paragraphs)


def _term(option: Option) -> str:
    return option.flag if option.kind == "flag" else f"{option.flag} {option.metavar}"


def _meaning(option: Option, speak: Speak) -> str:
    told = speak.sentence(option.help)
    if option.default in (None, False, True):
        return told
    return speak.sentence(N_("{meaning}  [default: {default}]"), meaning=told, default=option.default)


def _described(rows: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """Terms in a column, and beside each what it means."""
    rows = tuple(rows)
    column = 4 + max(cells(term) for term, _ in rows if cells(term) <= _WIDEST_TERM)
    return chain.from_iterable(_one(term, meaning, column, width) for term, meaning in rows)


def _one(term: str, meaning: str, column: int, width: int) -> list[str]:
    if cells(term) > column - 4:
        return ["  " + term, *wrapped(meaning, width, " " * column)]
    return wrapped(meaning, width, padded("  " + term, column))
