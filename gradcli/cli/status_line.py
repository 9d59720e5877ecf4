"""What a long answer is busy with -> a line on the terminal's stderr while it lasts, and nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

from gradcli.message import N_
from gradcli.render.translation import Speak
from gradcli.report import Closed, Part, Weights

if TYPE_CHECKING:
    from rich.status import Status

PATIENCE = 1.0
"""Seconds before the line appears: most parts of an answer are there by then."""
_DERIVING, _COMPUTING = N_("deriving the formulas"), N_("computing the numbers")


def watch(parts: Iterable[Part], speak: Speak) -> Iterator[Part]:
    """The same parts; where stderr is a terminal, what is being done is told while one takes long."""
    if not sys.stderr.isatty():
        yield from parts
        return
    waiting, busy = iter(parts), _DERIVING
    while True:
        with _tell_after_a_while(speak.sentence(busy)):
            part = next(waiting, None)
        if part is None:
            return
        busy = _COMPUTING if isinstance(part, (Closed, Weights)) else busy
        yield part


@contextmanager
def _tell_after_a_while(sentence: str) -> Iterator[None]:
    statuses: list[Status] = []

    def show() -> None:
        from rich.console import Console  # 60 ms that a quick answer does not wait for
        from rich.status import Status

        statuses.append(Status(sentence, console=Console(stderr=True, markup=False)))
        statuses[0].start()

    timer = Timer(PATIENCE, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        for status in statuses:
            status.stop()
