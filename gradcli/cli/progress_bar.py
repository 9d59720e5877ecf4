"""How far a long batch is -> a bar on the terminal's stderr, and nothing anywhere else."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Generator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from gradcli.cli.language import preferred
from gradcli.message import N_
from gradcli.render.translation import speech

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 1.0
"""Seconds before the bar appears: most batches are done by then."""
_DONE = N_("{done} answered, {failed} failed, {rate:.3g} a second")


def progress(stream: TextIO, source: str | None) -> Generator[None, tuple[int, int]]:
    """Takes how many records are done and how many of them failed. There is a bar where stderr is a terminal and the
    answers go elsewhere: answers on the screen show their progress themselves."""
    began = monotonic()
    done, failed = yield
    first = done - 1  # those that were there already tell nothing of the rate
    if not sys.stderr.isatty() or stream.isatty():
        while True:
            yield
    while monotonic() - began < _PATIENCE:
        done, failed = yield
    speak = speech(preferred(os.environ))
    with _bar() as bar:
        task = bar.add_task("", total=_lines_in(source))
        while True:
            rate = (done - first) / (monotonic() - began)
            description = speak.sentence(_DONE, done=done, rate=rate, failed=failed)
            bar.update(task, completed=done, description=description)
            done, failed = yield


def _bar() -> Progress:
    from rich.console import Console  # 60 ms that a short batch does not wait for
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        BarColumn(),
        TextColumn("{task.description}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        redirect_stdout=False,
    )


def _lines_in(source: str | None) -> int | None:
    """How many records a file holds; of a stream nobody knows."""
    if source in (None, "-") or not stat.S_ISREG((path := Path(str(source).removeprefix("@"))).stat().st_mode):
        return None
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())
