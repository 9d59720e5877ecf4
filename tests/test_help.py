"""Help: `--version`, and that every example of every command runs and is answered."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path

import pytest
from test_doors import loaded

import gradcli
from gradcli.cli.entry import run
from gradcli.cli.front import FIRST_LINES
from gradcli.cli.verbs import verbs
from gradcli.commands import COMMANDS

VERBS = verbs(COMMANDS)
EXAMPLES = [(name, example) for name, verb in VERBS.items() for example in verb.examples]
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


@pytest.mark.parametrize("name", VERBS)
def test_help_ends_with_the_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    examples = VERBS[name].examples
    said = capsys.readouterr().out.rstrip().splitlines()
    assert len(examples) >= 2
    assert [line.strip() for line in said[-len(examples) - 1:]] == ["Examples:", *examples]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"gradcli {gradcli.__version__}\n"


@pytest.mark.parametrize("words", [(), ("--version",)])
def test_the_first_page_and_the_version_wait_for_no_parser(words: tuple[str, ...]) -> None:
    seen = loaded("-m", "gradcli", *words)
    assert "gradcli" in seen
    assert seen & {"typer", "pydantic", "rich", "numpy"} == set()


def test_what_a_page_of_help_waits_for_is_seen() -> None:
    assert "typer" in loaded("-m", "gradcli", "--help")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in VERBS)
