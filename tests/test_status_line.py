"""What a person sees while a long answer is being computed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

SLOW = """
import time
from gradcli.cli import status_line
from gradcli.render.translation import english

status_line.PATIENCE = 0.05

def parts():
    time.sleep({seconds})
    yield "first"
    yield "second"

print(*status_line.watch(parts(), english))
"""


def seen(seconds: float, terminal: bool) -> tuple[bytes, bytes]:
    """What stands on stdout, and what came to stderr, a terminal or a pipe."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    environment = {**os.environ, "TERM": "xterm"}
    done = subprocess.run(
        [sys.executable, "-c", SLOW.format(seconds=seconds)], stdout=subprocess.PIPE, stderr=theirs, env=environment,
        timeout=60, check=True,
    )  # fmt: skip
    os.set_blocking(ours, False)
    os.close(theirs)
    told = b""
    try:
        while piece := os.read(ours, 65536):
            told += piece
    except OSError:  # the terminal's other side is closed
        pass
    os.close(ours)
    return done.stdout, told


def test_a_terminal_is_told_what_takes_long_and_the_line_goes_again() -> None:
    out, told = seen(3, terminal=True)
    assert out == b"first second\n"
    assert b"deriving the formulas" in told
    assert told.rstrip().endswith(b"\x1b[2K") and told.rindex(b"\x1b[?25h") > told.rindex(b"\x1b[?25l")


def test_a_pipe_is_told_nothing() -> None:
    assert seen(1, terminal=False) == (b"first second\n", b"")


def test_an_answer_that_is_there_at_once_is_not_announced() -> None:
    assert seen(0, terminal=True) == (b"first second\n", b"")
