"""What a record may read: nothing, or with --allow-files the files in the working directory and below."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli import process

from gradcli import answer
from gradcli.cli.options import REQUEST_OPTIONS
from gradcli.commands import COMMANDS

SECRET = "quagmire42"
_OWN: Mapping[str, Mapping[str, Any]] = {
    "jvp": {"t": {"x": [1.0, 1.0]}},
    "hvp": {"t": {"x": [1.0, 1.0]}},
    "check": {"answer": "2*x*y", "wrt": "x"},
    "plot": {"inputs": {"x": "linspace:0:1:3", "y": 1.0}, "expr": "x*y"},
}
"""What a command needs beside an expression and its inputs."""
TEXTS = ("-", "@-", " - ", "@secret.txt", "file:secret.txt", "@ secret.txt", "@secret.txt:key", "@missing.npy", "@/")


def records(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every place of every command's record where a tensor or an expression is written, with `text` there."""
    for command in COMMANDS.values():
        if not command.variables:
            continue
        whole = {
            "id": 7,
            "command": command.name,
            "expr": "sum(x**2*y)",
            "inputs": {"x": [1.0, 2.0], "y": 1.0},
            **_OWN.get(command.name, {}),
        }
        if not text.startswith("file:") and text != " - ":
            yield f"{command.name}.expr", {**whole, "expr": text}
        yield f"{command.name}.y", {**whole, "inputs": {**whole["inputs"], "y": text}}
        for name in command.options:
            if REQUEST_OPTIONS[name].kind == "tensor":
                yield f"{command.name}.{name}", {**whole, name: text}
            if REQUEST_OPTIONS[name].kind == "tensors" and command.name != "check":  # which asks for t with --of jvp
                yield f"{command.name}.{name}", {**whole, "expr": "sum(x**2)", "inputs": {"x": [1.0]}, name: text}
                yield f"{command.name}.{name}.x", {**whole, name: {"x": text}}
    asked = {"command": "check", "of": "jvp", "expr": "x", "inputs": {"x": 1}, "answer": "t"}
    yield "check.t", {**asked, "t": text}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a secret in it, and another beside it."""
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    for place in (tmp_path, below):
        (place / "secret.txt").write_text(f"{SECRET} is no tensor\n")
    return below


@pytest.mark.parametrize("text", TEXTS)
def test_no_record_reads_a_file_or_standard_input_wherever_it_names_one(text: str, folder: Path) -> None:
    for where, record in records(text):
        told = answer(record)
        error = told.get("error", {})
        assert (error.get("kind"), error.get("exit_status")) == ("file", 2), (where, told)
        assert "--allow-files" in error["hint"], where
        assert SECRET not in json.dumps(told), where


@pytest.mark.parametrize("text", ["-", "@-"])
def test_standard_input_is_no_record_s_even_with_allow_files(text: str, folder: Path) -> None:
    for where, record in records(text):
        assert answer(record, allow_files=True)["error"]["kind"] == "file", where


def _outside(folder: Path) -> Iterator[str]:
    """Ways out of the working directory, to files that are there."""
    (folder / "link").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to("..")
    yield from (
        "../secret.txt",
        str(folder.parent / "secret.txt"),
        "link",
        "up/secret.txt",
        "./../secret.txt",
        f"../{folder.name}/../secret.txt",
        "/etc/passwd",
        "~/secret.txt",
        "/dev/zero",
        "../below.npy",
        "..",
    )


def test_allow_files_ends_at_the_working_directory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    (folder.parent / "below.npy").write_bytes(b"")
    for path in _outside(folder):
        for record in ({"expr": "x", "inputs": {"x": f"@{path}"}}, {"expr": f"@{path}", "inputs": {"x": 1}}):
            told = answer(record, allow_files=True)
            assert "is not in the working directory or below" in told["error"]["message"], path
            assert (told["error"]["kind"], SECRET in json.dumps(told)) == ("file", False)


def test_allow_files_opens_what_is_below(folder: Path) -> None:
    (folder / "data").mkdir()
    np.save(folder / "data" / "x.npy", [1.0, 2.0])
    (folder / "link.npy").symlink_to("data/x.npy")
    (folder / "program.txt").write_text("x**2")
    for path in ("data/x.npy", "./data/../data/x.npy", "link.npy", str(folder / "data" / "x.npy")):
        record = {"expr": "@program.txt", "inputs": {"x": f"@{path}"}, "v": "file:data/x.npy", "symbolic_only": True}
        assert answer(record, allow_files=True)["gradients"]["x"]["vjp"]["symbolic"] == [2.0, 8.0]


def test_an_error_in_a_file_shows_its_place_and_little_more(folder: Path) -> None:
    (folder / "notes.txt").write_text(f"{SECRET} = 1\n" * 50 + f"y = x ** * 3 # {'.' * 300} {SECRET}\n{SECRET}\n")
    error = answer({"expr": "@notes.txt", "inputs": {"x": 1}}, allow_files=True)["error"]
    start, end = error["span"]
    assert error["source"].startswith("y = x ** * 3") and error["source"][start:end] == "** *"
    assert SECRET not in json.dumps(error)


@pytest.mark.parametrize("options", [(), ("--jobs", "2"), ("--allow-files",)])
def test_a_record_that_asks_for_standard_input_leaves_the_other_records_there(options: tuple[str, ...]) -> None:
    asking = {"command": "check", "expr": "x", "inputs": {"x": 1}, "answer": "-"}
    lines = [json.dumps({"id": n, **({"expr": "x", "inputs": {"x": 1}} if n != 1 else asking)}) for n in range(4)]
    found = process("-m", "gradcli", "batch", *options, program=None, input="\n".join(lines).encode())
    told = [json.loads(line) for line in found.stdout.splitlines()]
    assert [(t["id"], t["ok"]) for t in told] == [(0, True), (1, False), (2, True), (3, True)]
    assert (found.returncode, found.stderr) == (1, b"")


def test_the_command_line_and_python_read_files_as_before(folder: Path) -> None:
    import gradcli

    np.save(folder.parent / "x.npy", [3.0])
    report = gradcli.vjp("x**2", {"x": f"@..{os.sep}x.npy"}, symbolic_only=True)
    assert report.of(gradcli.report.Compared)[0].symbolic.tolist() == [6.0]
