"""README.md: what it prints is what its commands print, its Python runs, and it names what there is."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import pytest
from readme import PYTHON, README, blocks, entries, programs, today

from gradcli.cli.app import commands
from gradcli.message import Exit

TEXT = README.read_text()
BLOCKS = blocks(TEXT)


@pytest.mark.parametrize("block", BLOCKS, ids=[block.partition("\n")[0] for block in BLOCKS])
def test_a_block_prints_what_it_says(block: str) -> None:
    for command, _ in entries(block):
        for words in programs(command):
            if words[0] != "gradcli" and shutil.which(words[0]) is None:
                pytest.skip(f"{words[0]} is not installed")
    assert block == today(block), "python -m tests.readme"


def test_a_changed_answer_is_noticed() -> None:
    block = next(block for block in BLOCKS if "--quiet" in block)
    assert today(block.replace("2.0", "3.0")) != block.replace("2.0", "3.0")


def test_the_python_prints_what_its_comments_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = PYTHON.findall(TEXT)[0]
    (tmp_path / "example.py").write_text(source)
    runpy.run_path(str(tmp_path / "example.py"))
    assert capsys.readouterr().out.splitlines() == re.findall(r"^print\(.*# (.*)$", source, re.MULTILINE)


def test_the_two_commands_stand_alone_on_their_lines() -> None:
    lines = TEXT.splitlines()
    assert '    pip install . && gradcli vjp "(x+1)**2" --x "eye(5)" --v ones' in lines
    assert '    pip install ".[test]" && pytest' in lines


def test_every_command_and_exit_status_is_named() -> None:
    assert [name for name in commands() if not re.search(rf"`{name}`|gradcli {name}\b", TEXT)] == []
    statuses = next(line for line in TEXT.splitlines() if line.startswith("Exit status:"))
    assert [int(number) for number in re.findall(r"\d+", statuses)] == [int(status) for status in Exit]


def test_no_line_is_longer_than_a_window() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 120 and not line.startswith(("|", "$", "{"))] == []
