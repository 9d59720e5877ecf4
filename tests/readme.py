"""README.md -> its console blocks: `python -m tests.readme` writes what their commands print anew.

A line `$ gradcli ...` is run in-process at 80 columns, other programs of a pipe as they are; `$ cat FILE` shows a file
that the following commands read.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from gradcli.cli.entry import run

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^```python\n(import .*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(text: str) -> list[str]:
    """The text of every console block."""
    return [match[1] for match in BLOCK.finditer(text)]


def entries(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a block, and what it is said to print."""
    for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, printed = entry.partition("\n")
        yield command, printed


def today(block: str) -> str:
    """The block with what its commands print now, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return "".join(f"$ {command}\n{_printed(command, said)}" for command, said in entries(block))


def programs(command: str) -> list[list[str]]:
    """The words of each program of a pipe."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    stages: list[list[str]] = [[]]
    for word in lexer:
        if word == "|":
            stages.append([])
        else:
            stages[-1].append(word)
    return stages


def _printed(command: str, said: str) -> str:
    stages = programs(command)
    if stages[0][0] == "cat":
        Path(stages[0][1]).write_text(said)
        return said
    text = ""
    for words in stages:
        text = _gradcli(words[1:], text) if words[0] == "gradcli" else _program(words, text)
    return text


def _program(words: list[str], text: str) -> str:
    return subprocess.run(words, input=text, capture_output=True, text=True, check=True, timeout=60).stdout


def _gradcli(words: list[str], text: str) -> str:
    """What a person sees: stdout, then stderr."""
    out, err, stdin = io.StringIO(), io.StringIO(), io.TextIOWrapper(io.BytesIO(text.encode()))
    sizes = mock.patch.dict(os.environ, {"COLUMNS": "80", "LINES": "24", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"})
    with sizes, mock.patch("sys.stdin", stdin), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        run(words)
    return out.getvalue() + err.getvalue()


def main() -> None:
    text = README.read_text()
    README.write_text(BLOCK.sub(lambda match: f"```console\n{today(match[1])}```", text))
    sys.stderr.write(f"{README}\n")


if __name__ == "__main__":
    main()
