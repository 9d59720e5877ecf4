"""Help: `--version`, and that every example of every command runs and is answered."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path

import pytest
from test_doors import loaded

import gradcli
from gradcli.cli.app import commands
from gradcli.cli.entry import run
from gradcli.cli.front_page import FIRST_LINES

EXAMPLES_OF = {name: str(command.epilog).splitlines() for name, command in commands().items()}
EXAMPLES = [(name, example) for name, examples in EXAMPLES_OF.items() for example in examples]
RECORD = '{"expr": "x**2", "inputs": {"x": [1, 2]}}\n'


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder where an example may write, with the file that `batch` reads."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "questions.jsonl").write_text(RECORD)


def answered(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status of a line of help, where `echo TEXT |` may stand before it."""
    before, _, command = line.rpartition(" | ")
    piped = "".join(f"{word}\n" for word in shlex.split(before)[1:])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped.encode())))
    words = shlex.split(command)
    assert words.pop(0) == "gradcli"
    return run(words)


@pytest.mark.parametrize("name, example", EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_an_example_is_answered(
    name: str, example: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if ".png" in example:
        pytest.importorskip("matplotlib")
    assert f"gradcli {name}" in example
    assert answered(example, monkeypatch) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("line", FIRST_LINES)
def test_a_first_line_is_answered(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answered(line, monkeypatch) == 0


@pytest.mark.parametrize("name", EXAMPLES_OF)
def test_help_ends_with_the_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    examples = EXAMPLES_OF[name]
    said = capsys.readouterr().out.rstrip().splitlines()
    assert len(examples) >= 2
    assert [line.strip() for line in said[-len(examples) - 1 :]] == ["Examples:", *examples]


@pytest.mark.parametrize("words", [["--version"], ["-V"], ["--version", "--lang", "ru"]])
def test_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 0
    assert capsys.readouterr().out == f"gradcli {gradcli.__version__}\n"


def test_the_first_page_waits_for_no_parser() -> None:
    seen = loaded("-m", "gradcli")
    assert "gradcli" in seen
    assert seen & {"typer", "pydantic", "rich", "numpy"} == set()


def test_what_a_page_of_help_waits_for_is_seen() -> None:
    assert "typer" in loaded("-m", "gradcli", "--help")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in EXAMPLES_OF)
