"""Typer's commands and the table of operations -> completion scripts for bash, zsh and fish, which start no Python.
`python -m gradcli.cli.completions` writes them anew. A script is a template of shells/ with these tables as `case`s."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from typer.core import TyperCommand, TyperOption

from gradcli.cli.app import commands
from gradcli.cli.argv import LET, flag_of
from gradcli.cli.help import options, positional, takes_variables
from gradcli.ops import ROWS
from gradcli.program.values import NAMED
from gradcli.tensors.tensor_text import CONSTRUCTORS

FILES: Mapping[str, str] = {"bash": "gradcli.bash", "zsh": "_gradcli", "fish": "gradcli.fish"}
"""The script of each shell, by the name that its shell looks for."""
NOT_VARIABLES = (
    *NAMED,
    "torch",
    "np",
    "numpy",
    "math",
    "F",
    "True",
    "False",
    "None",
    "while",
    "if",
    "and",
    "or",
    "not",
)
"""Words of an expression that are no variable, though nothing is called."""


Offer = tuple[str, str]
"""A word that may be typed, and what it means."""


def script(shell: str) -> str:
    """The completion script of a shell."""
    name = FILES[shell]
    template = files("gradcli.cli").joinpath("shells", name).read_text(encoding="utf-8")
    quote = _fish_quote if shell == "fish" else _quote
    return template.replace("# @TABLES@\n", "\n\n".join(_tables(shell, quote)) + "\n")


def _tables(shell: str, quote: Callable[[str], str]) -> Iterator[str]:
    """The functions that a template calls: each prints or sets what is known of its argument."""
    every = commands()
    case = _fish_case if shell == "fish" else _case
    yield case("commands", {"*": quote(_lines((name, each.help or "") for name, each in every.items()))})
    yield case("positional", {name: quote(positional(each).strip("[]").lower()) for name, each in every.items()})
    yield case("variables", {name: quote("yes") for name, each in every.items() if takes_variables(each)})
    yield case("options", {name: quote(_lines(_options(each))) for name, each in every.items()})
    yield case("takes", {pattern: quote(kind) for pattern, kind in _takes(every).items()})
    yield case("functions", {"*": quote(_lines((row.name, row.doc) for row in ROWS if row.name.isidentifier()))})
    yield case("topics", {"*": quote(_lines(_topics()))})
    yield case("not_variables", {"*": quote(" ".join(NOT_VARIABLES))})
    yield case("constructors", {"*": quote(" ".join(f"{name}:" for name in CONSTRUCTORS))})


def _options(command: TyperCommand) -> Iterator[Offer]:
    yield from ((flag_of(option), option.help or "") for option in options(command))
    if takes_variables(command):
        yield LET, "a variable, whatever its name, as NAME=TENSOR"
    yield "--help", "what the command takes, with examples"


def _takes(every: Mapping[str, TyperCommand]) -> dict[str, str]:
    """What stands behind each option, by a pattern of command and flag: `--to` alone differs between commands."""
    rows = {
        f"{name if option.name == 'to' else '*'}:{flag_of(option)}": _value_kind(name, option)
        for name, command in every.items()
        for option in options(command)
    }
    return rows | {"*:--help": "flag", f"*:{LET}": "binding"}


_VALUE_KINDS = {"FILE": "file", "NAMES": "names", "TENSOR": "tensor", "ANSWER": "tensor", "[NAME=]TENSOR": "tangent"}


def _value_kind(command: str, option: TyperOption) -> str:
    """One word for the kind of value, or `words` and the words themselves."""
    if option.is_flag:
        return "flag"
    metavar = str(option.metavar)
    choices = import_module(f"gradcli.commands.{command}").KINDS if option.name == "to" else metavar.split("|")
    if len(choices) > 1:
        return " ".join(["words", *choices])
    return "weights" if option.name == "v" else _VALUE_KINDS.get(metavar, "nothing")


def _topics() -> Iterator[Offer]:
    from gradcli.explain.topics import TOPICS  # it takes half a second that nobody else here needs

    return ((topic.name, topic.title) for topic in TOPICS)


def _lines(offers: Iterable[Offer]) -> str:
    """An offer a line, word and meaning apart by a tab."""
    return "\n".join(map("\t".join, offers))


def _case(name: str, values: Mapping[str, str]) -> str:
    if list(values) == ["*"]:
        return f"_gradcli_{name}() {{\n    REPLY={values['*']}\n}}"
    rows = "".join(
        f"        {_patterns(key, '|')})\n            REPLY={text} ;;\n" for key, text in _keys_by_value(values)
    )
    return f"_gradcli_{name}() {{\n    REPLY=\n    case $1 in\n{rows}    esac\n}}"


def _fish_case(name: str, values: Mapping[str, str]) -> str:
    if list(values) == ["*"]:
        return f"function __gradcli_{name}\n    printf '%s\\n' {values['*']}\nend"
    rows = "".join(
        f"        case {_patterns(key, ' ', _fish_quote)}\n            printf '%s\\n' {text}\n"
        for key, text in _keys_by_value(values)
    )
    return f"function __gradcli_{name}\n    switch $argv[1]\n{rows}    end\nend"


def _keys_by_value(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Keys of one value in one row, apart by blanks."""
    keys: dict[str, list[str]] = {}
    for key, text in values.items():
        keys.setdefault(text, []).append(key)
    return ((" ".join(together), text) for text, together in keys.items())


def _patterns(key: str, between: str, quote: Callable[[str], str] = str) -> str:
    return between.join(quote(pattern) for pattern in key.split())


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main() -> None:
    """Writes every script, and the man page, into the folder `completions` of a checkout."""
    from gradcli.cli.manual import manual

    folder = Path(__file__).parents[2] / "completions"
    folder.mkdir(exist_ok=True)
    for shell, name in FILES.items():
        (folder / name).write_text(script(shell), encoding="utf-8")
    (folder / "gradcli.1").write_text(manual(), encoding="utf-8")
    sys.stderr.write(f"{folder}\n")


if __name__ == "__main__":
    main()
