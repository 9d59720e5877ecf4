"""The words after a command's name -> the words that Typer reads: every variable as --let NAME=TENSOR, the expression
behind --. Refuses what people mistype around variables. Knows no tensor: a value is the text that was typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from unicodedata import normalize

from typer.core import TyperOption

from gradcli.cli.options import nearest_flag
from gradcli.cli.surplus_words import surplus_word
from gradcli.message import N_, GradcliError, Span, fault
from gradcli.render.formats import FORMATS
from gradcli.shell_line import Line, line_of

LET, HELP = "--let", ("--help", "-h")
_BINDING = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)
_LONG = re.compile(r"--([^\W\d][\w-]*)(?:=(.*))?", re.DOTALL)
_FORMATS = {
    f"--{word}": f"--format {one.name}"
    for one in FORMATS.values()
    if not one.streams
    for word in (one.name, one.suffix.removeprefix("."))
}
"""Flags of other tools."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What the word `at`, or it and the next, says: an option by its flag, a variable (the flag --let), or, without a
    flag, the expression. `dashed`: a variable as `--NAME`."""

    at: int
    words: int
    flag: str
    name: str
    value: str | None
    dashed: bool = False

    @property
    def for_typer(self) -> str:
        """The word that Typer reads."""
        value = f"{self.name}={self.value}" if self.flag == LET else self.value
        return self.flag if value is None else f"{self.flag}={value}" if self.flag else value


@dataclass(frozen=True, slots=True)
class Argv:
    """The words after a command's name, the options that it declares by their flags, and what the words say."""

    command: str
    words: tuple[str, ...]
    declared: Mapping[str, TyperOption]
    arguments: tuple[Argument, ...] = ()

    @property
    def variables(self) -> tuple[Argument, ...]:
        """The variables that have a value."""
        return tuple(argument for argument in self.arguments if argument.flag == LET)

    @property
    def expression(self) -> str | None:
        """The first positional."""
        return next((argument.value for argument in self.arguments if not argument.flag), None)

    @property
    def for_typer(self) -> list[str]:
        """The words that Typer reads."""
        options = [argument.for_typer for argument in self.arguments if argument.flag]
        return [*options, "--", *(argument.for_typer for argument in self.arguments if not argument.flag)]

    def place(self, error: GradcliError, at: int) -> GradcliError:
        """The error with its place in the command line: the word, with its value where it carries one."""
        line = self._line()
        return error.at(line.places[at + 2], line.text)

    def place_of(self, error: GradcliError, argument: Argument) -> GradcliError:
        """The error, moved from wherever it was to what the command line says."""
        line, first = self._line(), argument.at + 2
        error.source = line.text
        error.span = Span(line.places[first].start, line.places[first + argument.words - 1].end)
        return error

    def _line(self) -> Line:
        return line_of(["gradcli", self.command, *self.words])


def flag_of(option: TyperOption) -> str:
    """How it is typed: `--seed`, `--no-color`."""
    return (option.opts or option.secondary_opts)[0]


def read_words(argv: Argv) -> tuple[Argument, ...]:
    """What the words say, one after the other; a declared option always wins over a variable.

    Raises GradcliError (option) with its place in the command line.
    """
    arguments: tuple[Argument, ...] = ()
    at, options = 0, True
    while at < len(argv.words):
        if options and argv.words[at] == "--":
            at, options = at + 1, False
            continue
        try:
            argument = (_option(argv, at) if options else None) or _positional(argv, at, arguments)
        except GradcliError as error:
            raise argv.place(error, at) from None
        if argument.flag in HELP:
            return (argument,)
        arguments, at = (*arguments, argument), at + argument.words
    _refuse_twice(argv, arguments)
    _refuse_two_readers_of_stdin(argv, arguments)
    return arguments


def _option(argv: Argv, at: int) -> Argument | None:
    word = argv.words[at]
    long = _LONG.fullmatch(word)
    if long is None and word not in argv.declared:
        return None
    flag, joined = (f"--{long[1]}", long[2]) if long else (word, None)
    if flag not in argv.declared and flag.replace("_", "-") in argv.declared:
        flag = flag.replace("_", "-")
    option = argv.declared.get(flag)
    if option is None and LET not in argv.declared:
        return Argument(at, 1, flag, "", joined)  # no such option: Typer says so
    if option is not None and option.is_flag:
        return Argument(at, 1, flag, option.name, joined)
    if option is None:
        _refuse_what_no_variable_is_called(argv, flag)
    value = _value_after(argv, at, flag) if joined is None else joined
    words = 2 if joined is None else 1
    if flag == LET:
        return _variable(at, words, value)
    if option is None:
        return Argument(at, words, LET, normalize("NFKC", flag[2:]), value, dashed=True)
    return Argument(at, words, flag, option.name, value)


def _value_after(argv: Argv, at: int, flag: str) -> str:
    following = argv.words[at + 1] if at + 1 < len(argv.words) else None
    if following is not None and not _LONG.fullmatch(following) and following != "--":
        return following
    near = None if flag in argv.declared else nearest_flag(flag, argv.declared)
    if near is None and following is not None:
        raise fault(
            "option",
            N_("{flag} needs a value, but {following} follows"),
            hint=N_("write  {flag}={following}  if that is the value"),
            flag=flag,
            following=following,
        )
    metavar = argv.declared[flag].metavar if flag in argv.declared else "TENSOR"
    raise fault(
        "option",
        N_("{flag} needs a value"),
        hint=N_("write  {repair}") if near is None else N_("did you mean  {near} ?"),
        flag=flag,
        near=near,
        repair=_FORMATS.get(flag) or f"{flag} {metavar}",
    )


def _refuse_what_no_variable_is_called(argv: Argv, flag: str) -> None:
    name = flag[2:]
    if iskeyword(name):
        raise _reserved(name)
    if "-" in name:
        near = nearest_flag(flag, argv.declared) or "--" + name.replace("-", "_")
        raise fault(
            "option",
            N_("{flag} is not an option, and a variable has no - in its name"),
            hint=N_("did you mean  {near} ?"),
            flag=flag,
            near=near,
        )


def _reserved(name: str) -> GradcliError:
    return fault(
        "name",
        N_("{name} is a reserved word of Python and cannot name a variable"),
        hint=N_("call it {other}, in the expression too"),
        name=name,
        other=name + "_",
    )


def _positional(argv: Argv, at: int, before: Iterable[Argument]) -> Argument:
    word = argv.words[at]
    expression = next((argument.value for argument in before if not argument.flag), None)
    if expression is None:
        return Argument(at, 1, "", "", word)
    bound = _BINDING.fullmatch(word)
    if bound and LET in argv.declared:
        return _variable(at, 1, word)
    if _BINDING.fullmatch(expression) and not bound:
        words = list(argv.words)
        raise fault(
            "option",
            N_("the expression comes first, before its variables"),
            hint=N_("write  {line}"),
            line=line_of(["gradcli", argv.command, words.pop(at), *words]).text,
        )
    raise surplus_word(argv.command, argv.words, at)


def _variable(at: int, words: int, text: str) -> Argument:
    match = _BINDING.fullmatch(text)
    if match is None:
        raise fault("option", N_("--let takes NAME=TENSOR, not {text}"), text=text)
    name, value = normalize("NFKC", match[1]), match[2]
    if iskeyword(name):
        raise _reserved(name)
    if not value.strip():
        raise fault("option", N_("{name} needs a value"), hint=N_("write  {name}=TENSOR"), name=name)
    return Argument(at, words, LET, name, value)


def _refuse_twice(argv: Argv, arguments: Iterable[Argument]) -> None:
    seen: set[str] = set()
    for argument in arguments:
        option = argv.declared.get(argument.flag)
        if option is None or option.is_flag:
            continue
        word = _what_it_sets(argument, option)
        if word in seen:
            raise argv.place(fault("option", N_("{word} is given twice"), word=word), argument.at)
        seen.add(word)


def _what_it_sets(argument: Argument, option: TyperOption) -> str:
    """What can be given once: the variable x, `--t x` of `--t x=TENSOR`, `--seed` of `--seed 3`."""
    if argument.flag == LET:
        return argument.name
    binding = _BINDING.fullmatch(argument.value or "") if option.multiple else None
    return argument.flag if binding is None else f"{argument.flag} {binding[1]}"


def _refuse_two_readers_of_stdin(argv: Argv, arguments: Iterable[Argument]) -> None:
    readers = [argument for argument in arguments if argument.value in ("-", "@-")]
    if len(readers) > 1:
        error = fault(
            "option",
            N_("standard input can be read once, and - asks for it a second time"),
            hint=N_("read one of them from a file: @FILE"),
        )
        raise argv.place(error, readers[1].at)
