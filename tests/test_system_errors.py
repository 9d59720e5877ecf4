"""Full disks, closed streams, pipes, devices and few handles: one line, an exit status of the table, no traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from test_cli import HERE

from gradcli import numeric
from gradcli.cli.system_errors import refusal
from gradcli.commands import COMMANDS
from gradcli.message import Exit, GradcliError
from gradcli.program import trace
from gradcli.syntax import parse

GRADCLI = f"{sys.executable} -m gradcli"
STATUSES = {*map(int, Exit)} - {Exit.DEFECT}
RIGHT, WRONG = "vjp 'x**2' --x 3 --symbolic-only", "vjp 'x***2' --x 1,2"

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")


def shell(line: str, folder: Path, seconds: float = 60) -> tuple[int, str, str]:
    """The line run by sh, in which `gradcli` is this one: status, stdout, stderr."""
    done = subprocess.run(
        ["bash", "-c", line.replace("gradcli ", f"{GRADCLI} ")],
        cwd=folder,
        capture_output=True,
        timeout=seconds,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


SPACE = "the answer could not be written: No space left on device"
LINES: Sequence[tuple[str, int, str]] = [
    (f"gradcli {RIGHT} > /dev/full", 2, SPACE),
    (f"PYTHONUNBUFFERED=1 gradcli {RIGHT} > /dev/full", 2, SPACE),
    (f"PYTHONUNBUFFERED=1 gradcli {WRONG} --format json > /dev/full", 2, SPACE),
    ("PYTHONUNBUFFERED=1 gradcli --help > /dev/full", 2, SPACE),
    (f"PYTHONUNBUFFERED=1 gradcli {WRONG} 2> /dev/full", 2, ""),
    (f"gradcli {RIGHT} --quiet --v ones 2> /dev/full", 0, ""),
    (f"gradcli {RIGHT} >&-", 0, ""),
    (f"gradcli {WRONG} --format json >&- 2>&- <&-", 2, ""),
    (f"PYTHONUNBUFFERED=1 gradcli {RIGHT} | true; exit ${{PIPESTATUS[0]}}", 0, ""),
    ("PYTHONUNBUFFERED=1 gradcli --help | true; exit ${PIPESTATUS[0]}", 0, ""),
    ("gradcli vjp x --x - <&-", 2, "standard input is closed"),
    ("gradcli batch <&-", 2, "standard input is closed"),
    ("mkfifo p; gradcli vjp x --x @p", 2, "is a pipe or a device"),
    (f"mkfifo p; gradcli {RIGHT} --format text --output p", 2, "p is a pipe that nobody reads"),
    (f"mkfifo p; cat p & gradcli {RIGHT} --quiet --output p; s=$?; wait; exit $s", 0, ""),
    (f"gradcli {RIGHT} --format text --output .", 2, "cannot be written: Is a directory"),
    (f"gradcli {RIGHT} --format text --output /dev/full", 2, "/dev/full cannot be written: No space left"),
    ('echo \'{"expr": "x"}\' | gradcli batch > /dev/full', 2, SPACE),
    ('ulimit -n 16; echo \'{"expr": "x"}\' | gradcli batch --jobs 2', 3, "needs 28 open files"),
    ("ulimit -n 5; gradcli functions tanh", 0, ""),
]


def test_every_surrounding_ends_in_its_status_and_one_line(tmp_path: Path) -> None:
    folders = [tmp_path / str(n) for n in range(len(LINES))]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda line, folder: shell(line[0], folder), LINES, folders))
    told = {
        line: (rc, err)
        for (line, status, sentence), (rc, _, err) in zip(LINES, found, strict=True)
        if rc != status
        or sentence not in err
        or "Traceback" in err
        or (not sentence and err)
        or len([one for one in err.splitlines() if one.startswith("error: ")]) > 1
    }
    assert told == {}


@pytest.mark.parametrize("errno", range(1, 134))
def test_whatever_the_system_refuses_is_a_mistake_or_a_limit(errno: int) -> None:
    for error in (OSError(errno, os.strerror(errno)), OSError(errno, os.strerror(errno), "a/file")):
        told = refusal(error)
        assert told.exit_status in (Exit.MISTAKE, Exit.LIMIT)
        assert os.strerror(errno) in str(told)


@pytest.mark.parametrize(
    "raised",
    [
        MemoryError(),
        np._core._exceptions._ArrayMemoryError((10**9,), np.dtype("float64")),  # type: ignore[attr-defined]
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"
        ),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    ],
    ids=["Python", "NumPy", "PyTorch", "CUDA"],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_memory_that_is_refused_is_a_limit(
    raised: BaseException, form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gradcli.cli import entry, records

    def refuse(*_: object) -> None:
        raise raised

    program = trace(parse("x**2"), {"x": ()})
    monkeypatch.setattr(numeric.autograd, "_grads_after", refuse)
    with pytest.raises((GradcliError, MemoryError)):
        numeric.vjp(program, ["x"], {"x": np.array(3.0)}, np.array(1.0))
    assert entry.run(["vjp", "x**2", "--x", "3", "--numeric-only", "--format", form]) == Exit.LIMIT
    told = capsys.readouterr()
    assert "not enough memory" in (told.err if form == "text" else json.loads(told.out)["error"]["message"])
    record = {"expr": "x**2", "inputs": {"x": 3}, "numeric_only": True}
    assert records.answer(record)["error"]["kind"] == "limit"


def test_a_pipe_s_reader_may_come_first(tmp_path: Path) -> None:
    from gradcli.cli.output_file import write_file

    os.mkfifo(tmp_path / "p")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "p").read_bytes()))
    reader.start()
    content = b"x" * 2**20
    while reader.is_alive() and not read:
        try:
            write_file(str(tmp_path / "p"), content)
            break
        except GradcliError:  # the thread is not there yet
            continue
    reader.join(10)
    assert read == [content]


class FullDisk(io.StringIO):
    """A stream that takes nothing."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_in_one_line_that_its_error_could_not_be_written(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gradcli.cli import entry

    monkeypatch.setattr(sys, "stdout", FullDisk())
    assert entry.run([command, "x***2", "--format", "json"]) == Exit.MISTAKE
    assert capsys.readouterr().err == f"error: {SPACE}\n"
    monkeypatch.setattr(sys, "stderr", FullDisk())
    assert entry.run([command, "x***2", "--format", "json"]) == Exit.MISTAKE


def test_records_without_an_end_of_line_are_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    from gradcli.cli import batch

    monkeypatch.setattr(batch, "LONGEST_LINE", 1000)
    with pytest.raises(GradcliError, match="does not end within"):
        list(batch.lines_of("/dev/zero"))
