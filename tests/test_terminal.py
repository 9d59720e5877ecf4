"""Nothing that was typed or read acts on the screen: hostile characters in every text that every command takes, and
none of them in anything that comes out."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.cli.batch import answer_line
from gradcli.cli.entry import run
from gradcli.cli.options import DISPLAY_OPTIONS, REQUEST_OPTIONS
from gradcli.commands import COMMANDS
from gradcli.message import Exit
from gradcli.render.formats import FORMATS
from gradcli.visible import escaped, visible

ACTING = ("Cc", "Cf", "Zl", "Zp", "Cs", "Co")
HOSTILE = [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) in ACTING[:4]]
LINE_ENDS = "\n\r\x85\u2028\u2029"
ESCAPE = "\x1b[31m\x1b]0;owned\x07\x9b2J"
ALL = ESCAPE + "".join(char for char in HOSTILE if char not in "\n\0")
IN_A_COMMENT = "".join(char for char in ALL if char not in LINE_ENDS)
"""One line, so that a comment holds all of it."""


def acting(text: str) -> list[str]:
    """The characters of a text that would act on a screen."""
    return sorted({repr(char) for char in text if char != "\n" and unicodedata.category(char) in ACTING})


def call(*words: str) -> tuple[int, str]:
    """The exit status, and everything that reaches either stream."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        status = run(words)
    return status, out.getvalue()


def test_what_is_shown_has_one_character_for_each_and_none_that_acts() -> None:
    text = "".join(HOSTILE) + "aé×中\u3000\xa0 \n"
    assert len(visible(text)) == len(text) and not acting(visible(text))
    assert visible("aé×中\u3000\xa0 \n") == "aé×中\u3000\xa0 \n"
    assert visible("\x1b[31m\x7f\x9b\u202e\t") == "␛[31m␡\ufffd\ufffd "


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=30))
def test_escaped_json_means_the_same(text: str) -> None:
    told = escaped(json.dumps(text, ensure_ascii=False))
    assert json.loads(told) == text and not acting(told)


QUESTIONS: dict[str, tuple[str, ...]] = {
    "check": ("--answer", f"2*x*v # {IN_A_COMMENT}"),
    "jvp": ("--t", f"1 # {IN_A_COMMENT}"),
    "hvp": ("--t", f"1 # {IN_A_COMMENT}"),
    "backward": ("--calls", "2"),
    "plot": (),
}
WAYS = (*(("--format", name) for name in FORMATS), ("--quiet",))
SHOWS = [name for name in COMMANDS if name not in ("explain", "functions")]
SUFFIXES = {"graph": (".dot", ".mmd", ".svg"), "code": (".py",), "plot": (".svg",)}


def question(name: str) -> list[str]:
    """A command line that is answered, with a comment in every text that may have one."""
    x = "linspace(0, 1, 3)" if name == "plot" else "3"
    words = [name, f"a = x**2 # {IN_A_COMMENT}\na*1 # {IN_A_COMMENT}", f"x={x} # {IN_A_COMMENT}"]
    weights = ["--v", f"1 # {IN_A_COMMENT}"] if "v" in COMMANDS[name].options else []
    return [*words, *weights, *QUESTIONS.get(name, ())]


@pytest.mark.parametrize("name", SHOWS)
def test_no_answer_acts_on_the_screen_in_any_format(name: str) -> None:
    for form in WAYS:
        status, told = call(*question(name), *form)
        assert status == Exit.ANSWERED, told
        assert not acting(told), form


@pytest.mark.parametrize("name", ["vjp", *SUFFIXES])
def test_no_file_that_is_written_holds_what_acts_on_a_screen(name: str, tmp_path: Path) -> None:
    for suffix in (*(one.suffix for one in FORMATS.values()), *SUFFIXES.get(name, ())):
        path = tmp_path / f"answer{suffix}"
        status, told = call(*question(name), "--output", str(path))
        assert status in (Exit.ANSWERED, Exit.MISTAKE) and not acting(told)
        assert not path.exists() or not acting(path.read_text("utf-8"))


def mistakes() -> Iterator[tuple[str, ...]]:
    """Command lines with the characters in every word that can hold one, none of which is answered."""
    yield (ALL,)
    yield (ALL, "x**2", "--x", "3")
    yield ("--" + ALL,)
    yield ("completions", ALL)
    yield ("batch", ALL)
    for name, command in COMMANDS.items():
        yield (name, ALL)
        yield (name, f"x + {ALL}", "x=3")
        yield (name, f"@{ALL}", "x=3")
        yield (name, "x**2", f"x={ALL}")
        yield (name, "x**2", f"x=@{ALL}")
        yield (name, "x**2", "x=3", f"{ALL}=3")
        yield (name, "x**2", "x=3", f"--{ALL}", "3")
        yield (name, "x**2", "x=3", f"--y{ALL}", "3")
        yield (name, "x**2", "x=3", ALL)
        yield (name, f"sum(x{ESCAPE}, dim=0)", "x=3")
        yield (name, f'einsum("{IN_A_COMMENT}", x)', "x=3")
        for option in (*(REQUEST_OPTIONS[o] for o in command.options), *DISPLAY_OPTIONS.values()):
            if option.kind != "flag":
                yield (name, "x**2", "x=3", option.flag, ALL)


def test_no_mistake_acts_on_the_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    for words in mistakes():
        status, told = call(*words)
        assert status in (Exit.ANSWERED, Exit.MISTAKE, Exit.LIMIT), (words, told)
        assert not acting(told), words
        if len(words) > 2 and "--format" not in words:
            _, told = call(*words, "--format", "json")
            assert not acting(told), words


@pytest.mark.parametrize(
    "record",
    [
        {"id": ALL, "expr": f"x**2 # {IN_A_COMMENT}", "inputs": {"x": 3}},
        {"id": 1, "expr": ALL, "inputs": {"x": 3}},
        {"id": 1, "expr": "x", "inputs": {ALL: 3}},
        {"id": 1, "expr": "x", "inputs": {"x": ALL}},
        {"id": 1, "expr": "x", ALL: 1},
        {"id": 1, "command": ALL, "expr": "x"},
        {"command": "check", "expr": "x**2", "inputs": {"x": 3}, "answer": f"2*x # {IN_A_COMMENT}"},
    ],
)
def test_no_record_acts_on_the_screen(record: dict[str, Any]) -> None:
    told, _ = answer_line(json.dumps(record).encode())
    assert not acting(told)
    assert json.loads(told).get("id", None) == record.get("id")
    assert not acting(answer_line(b"{" + ALL.encode() + b"}")[0])


def test_neither_a_report_nor_its_page_acts_on_a_screen() -> None:
    report = gradcli.vjp(f"x**2 # {IN_A_COMMENT}\ue0000\ue001", {"x": np.array([1.0, 2.0])})
    assert not acting(str(report))
    assert not acting(report._repr_html_())


def test_a_defect_does_not_act_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(ALL)

    monkeypatch.setattr("gradcli.cli.entry._perform", broken)
    for debug in ("0", "1"):
        monkeypatch.setenv("GRADCLI_DEBUG", debug)
        status, told = call("vjp", "x", "x=3")
        assert status == Exit.DEFECT and not acting(told)


def test_a_program_of_another_systems_line_ends_is_shown_line_by_line() -> None:
    status, told = call("vjp", "a = x**2\r\na + 1\r\n", "x=3", "--symbolic-only")
    assert status == Exit.ANSWERED
    assert told.startswith("function  a = x**2\n          a + 1\n")
