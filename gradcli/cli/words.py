"""The words after a command's name -> the expression, the variables and the declared options among them. Knows no
tensor: a value is the text that was typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from keyword import iskeyword
from unicodedata import normalize

from gradcli.cli.extra import extra_word
from gradcli.cli.line import Line, line_of
from gradcli.cli.options import Option, nearest_flag
from gradcli.message import N_, GradcliError, Span, fault

_BINDING = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)
_FORMATS = {"--json": "--format json", "--latex": "--format latex", "--tex": "--format latex",
            "--markdown": "--format markdown", "--md": "--format markdown"}
"""Flags of other tools."""
_LONG = re.compile(r"--([^\W\d][\w-]*)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Given:
    """One name with what was given for it; `at` counts the words after the command's name, `dashed` as `--name`."""

    name: str
    value: str
    at: int
    dashed: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words say. `flags` and `options` are declared; `variables` are not."""

    command: str
    words: tuple[str, ...]
    expression: Given | None = None
    variables: tuple[Given, ...] = ()
    options: tuple[Given, ...] = ()
    flags: frozenset[str] = frozenset()
    wants_help: bool = False

    @property
    def text(self) -> str | None:
        """The expression as it was typed."""
        return None if self.expression is None else self.expression.value


def read(command: str, words: Sequence[str], options: Iterable[Option]) -> Reading:
    """Tells the expression, the variables and the options apart; a declared option always wins over a variable.

    Raises GradcliError (option) with its place in the command line.
    """
    declared = {option.flag: option for option in options}
    reading, at, only_words = Reading(command, tuple(words)), 0, False
    while at < len(words):
        word = words[at]
        if word == "--" and not only_words:
            only_words, at = True, at + 1
        elif word in ("--help", "-h") and not only_words:
            reading, at = replace(reading, wants_help=True), at + 1
        elif not only_words and (long := _LONG.fullmatch(word)):
            reading, at = _with_long(reading, declared, at, "--" + long[1], long[2])
        else:
            reading, at = _with_word(reading, at), at + 1
    if not reading.wants_help:
        _refuse_twice(reading, declared)
        _refuse_two_readers_of_stdin(reading)
    return reading


def _with_long(
    reading: Reading, declared: Mapping[str, Option], at: int, flag: str, joined: str | None
) -> tuple[Reading, int]:
    option = declared.get(flag) or declared.get(flag.replace("_", "-"))
    if option is not None and option.kind == "flag":
        if joined is not None:
            raise place(fault("option", N_("{flag} takes no value"), hint=N_("write  {flag}"), flag=flag), reading, at)
        return replace(reading, flags=reading.flags | {option.name}), at + 1
    if option is None and flag != "--let":
        _refuse_what_no_variable_is_called(reading, declared, at, flag)
    value, after = _value_after(reading, declared, at, flag, joined)
    if flag == "--let":
        return _with_variable(reading, at, value), after
    if option is not None:
        return replace(reading, options=(*reading.options, Given(option.name, value, at, True))), after
    name = normalize("NFKC", flag[2:])
    return replace(reading, variables=(*reading.variables, Given(name, value, at, True))), after


def _value_after(
    reading: Reading, declared: Mapping[str, Option], at: int, flag: str, joined: str | None
) -> tuple[str, int]:
    if joined is not None:
        return joined, at + 1
    following = reading.words[at + 1] if at + 1 < len(reading.words) else None
    if following is not None and not _LONG.fullmatch(following) and following != "--":
        return following, at + 2
    near = None if flag in declared else nearest_flag(flag, declared)
    if near is not None:
        raise place(
            fault("option", N_("{flag} needs a value"), hint=N_("did you mean  {near} ?"), flag=flag, near=near),
            reading, at,
        )
    if following is None:
        wanted = _FORMATS.get(flag) or f"{flag} {declared[flag].metavar if flag in declared else 'TENSOR'}"
        raise place(
            fault("option", N_("{flag} needs a value"), hint=N_("write  {repair}"), flag=flag, repair=wanted),
            reading, at,
        )
    raise place(
        fault(
            "option", N_("{flag} needs a value, but {following} follows"),
            hint=N_("write  {flag}={following}  if that is the value"), flag=flag, following=following,
        ),
        reading, at,
    )


def _refuse_what_no_variable_is_called(
    reading: Reading, declared: Mapping[str, Option], at: int, flag: str
) -> None:
    name = flag[2:]
    if iskeyword(name):
        raise place(_reserved(name), reading, at)
    if "-" not in name:
        return
    near = nearest_flag(flag, declared) or "--" + name.replace("-", "_")
    raise place(
        fault(
            "option", N_("{flag} is not an option, and a variable has no - in its name"),
            hint=N_("did you mean  {near} ?"), flag=flag, near=near,
        ),
        reading, at,
    )


def _reserved(name: str) -> GradcliError:
    return fault(
        "name", N_("{name} is a reserved word of Python and cannot name a variable"),
        hint=N_("call it {other}, in the expression too"), name=name, other=name + "_",
    )


def _with_word(reading: Reading, at: int) -> Reading:
    word = reading.words[at]
    if reading.expression is None:
        return replace(reading, expression=Given("", word, at, False))
    if _BINDING.fullmatch(word):
        return _with_variable(reading, at, word)
    if _BINDING.fullmatch(reading.expression.value) and not _BINDING.fullmatch(word):
        swapped = _swapped(reading, at)
        raise place(
            fault("option", N_("the expression comes first, before its variables"), hint=N_("write  {line}"),
                  line=line_of(["gradcli", reading.command, *swapped]).text),
            reading, at,
        )
    raise place(extra_word(word, reading, at), reading, at)


def _swapped(reading: Reading, at: int) -> list[str]:
    words = list(reading.words)
    return [words.pop(at), *words]


def _with_variable(reading: Reading, at: int, text: str) -> Reading:
    match = _BINDING.fullmatch(text)
    if match is None:
        raise place(fault("option", N_("--let takes NAME=TENSOR, not {text}"), text=text), reading, at)
    name, value = normalize("NFKC", match[1]), match[2]
    if iskeyword(name):
        raise place(_reserved(name), reading, at)
    if not value.strip():
        raise place(
            fault("option", N_("{name} needs a value"), hint=N_("write  {name}=TENSOR"), name=name), reading, at
        )
    return replace(reading, variables=(*reading.variables, Given(name, value, at, False)))


def _refuse_twice(reading: Reading, declared: Mapping[str, Option]) -> None:
    repeatable = {option.name for option in declared.values() if option.repeats}
    for group in (reading.variables, tuple(o for o in reading.options if o.name not in repeatable)):
        seen: set[str] = set()
        for given in group:
            if given.name in seen:
                word = given.name if group is reading.variables else "--" + given.name.replace("_", "-")
                raise place(fault("option", N_("{word} is given twice"), word=word), reading, given.at)
            seen.add(given.name)


def _refuse_two_readers_of_stdin(reading: Reading) -> None:
    asked = (reading.expression, *reading.variables, *reading.options)
    readers = [given for given in asked if given is not None and given.value in ("-", "@-")]
    if len(readers) > 1:
        raise place(
            fault("option", N_("standard input can be read once, and - asks for it a second time"),
                  hint=N_("read one of them from a file: @FILE")),
            reading, readers[1].at,
        )


def place(error: GradcliError, reading: Reading, at: int) -> GradcliError:
    """The error with its place in the command line: the word, with its value where it carries one."""
    line = _line(reading)
    return error.at(line.places[at + 2], line.text)


def place_of(error: GradcliError, reading: Reading, given: Given) -> GradcliError:
    """The error, moved from wherever it was to what the command line gave."""
    line = _line(reading)
    first = line.places[given.at + 2]
    joined = "=" in reading.words[given.at] or not given.dashed
    last = first if joined or given.at + 3 >= len(line.places) else line.places[given.at + 3]
    error.source, error.span = line.text, Span(first.start, last.end)
    return error


def _line(reading: Reading) -> Line:
    return line_of(["gradcli", reading.command, *reading.words])
