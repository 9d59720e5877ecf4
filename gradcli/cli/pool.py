"""Lines and a function -> its results in order, from several processes, none of which can take a line with it when it
dies. Knows nothing of what a line says."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, TimeoutError
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context, resource_tracker
from operator import attrgetter
from queue import SimpleQueue
from threading import Semaphore, Thread
from time import monotonic
from typing import Any

from pebble import ProcessExpired, ProcessPool

from gradcli.cli import collector

Answered = tuple[str, bool]
_Answers = tuple[list[Answered], float]
Answer = Callable[[bytes], Answered]
Late = Callable[[bytes, float], Answered]
Died = Callable[[bytes, int | None], Answered]

_SPAWN = get_context("spawn")  # a fork would copy the threads' locks of whatever library is loaded
_AHEAD = 32
"""So many lines for each process are read before the first must be answered: the memory that a slow line costs."""
_GIVEN = 2
"""A process has its next lines before it has answered those in hand."""
_TOGETHER, _MOMENT = 8, 0.05
"""So many lines at most are sent together, and no more than take about so many seconds: a message costs as much as a
tenth of an easy question."""
_DEATHS = 2
"""A line whose process died so many times is given up."""


@dataclass(eq=False)
class _Line:
    """A line with its place in the order, and how many processes died over it alone. After a death, or when its company
    took too long, it is sent alone."""

    number: int
    text: bytes
    deaths: int = 0
    alone: bool = False


@dataclass(eq=False)
class _Seat:
    """One process at a time, with the lines it was given. After a death or an ending the process gets another pool of
    its own: what it held (a lock, half a message) is gone with the old one."""

    answer: Answer
    timeout: float | None
    warm_up: bytes
    heard: Callable[[_Seat, Future[_Answers]], None]
    pool: ProcessPool | None = None
    given: dict[Future[_Answers], list[_Line]] = field(default_factory=dict)
    pace: float = _MOMENT
    """Seconds a line, as it was last."""

    @property
    def load(self) -> int:
        """How much it was given; as much as it can have where its process is gone and that is still to be heard."""
        gone = self.given and self.pool is not None and not self.pool.active
        return _GIVEN if gone else len(self.given)

    def take(self, waiting: deque[_Line]) -> None:
        """Sends the next line, with those behind it if they take no longer than a moment together."""
        lines = [waiting.popleft()]
        most = 1 if lines[0].alone else min(_TOGETHER, int(_MOMENT / self.pace))
        while waiting and len(lines) < most and not waiting[0].alone:
            lines.append(waiting.popleft())
        if self.pool is None or not self.pool.active:  # a process that dies between two lines ends its pool
            self.leave()
            self.pool = ProcessPool(1, initializer=_begin, initargs=(self.answer, self.warm_up), context=_SPAWN)
        with _deaf():  # the first lines of a pool start its process
            future = self.pool.schedule(_each, (self.answer, [line.text for line in lines]), timeout=self.timeout)
        self.given[future] = lines
        future.add_done_callback(lambda found: self.heard(self, found))

    def leave(self) -> list[_Line]:
        """Ends the process; returns the lines that it leaves behind."""
        left = [line for lines in self.given.values() for line in lines]
        self.given.clear()
        if self.pool is not None:
            self.pool.stop()
            self.pool.join()
            self.pool = None
        return left


def in_processes(
    answer: Answer, lines: Iterable[bytes], jobs: int, timeout: float | None, late: Late, died: Died, warm_up: bytes
) -> Iterator[Answered]:
    """The results of `answer` on every line, in order. A line that takes longer than `timeout` seconds gets
    `late(line, timeout)`; one whose process dies is answered once more, and if that dies too, `died(line, status)`.
    Each process answers `warm_up` first, so that what is imported for the first question does not count against its
    time."""
    events: SimpleQueue[Any] = SimpleQueue()
    room = Semaphore(jobs * _AHEAD)
    Thread(target=_feed, args=(lines, events, room), daemon=True).start()
    seats = [_Seat(answer, timeout, warm_up, lambda *heard: events.put(heard)) for _ in range(jobs)]
    waiting: deque[_Line] = deque()
    done: dict[int, Answered] = {}
    taken, written, more = 0, 0, True
    try:
        while more or written < taken:
            match events.get():
                case bytes() as text:
                    waiting.append(_Line(taken, text))
                    taken += 1
                case (_Seat() as seat, Future() as future) if future in seat.given:
                    waiting.extendleft(reversed(_settled(seat, future, done, late, died)))
                case BaseException() as error:
                    raise error
                case None:
                    more = False
            while waiting and (seat := min(seats, key=attrgetter("load"))).load < _GIVEN:
                seat.take(waiting)
            while written in done:
                yield done.pop(written)
                written += 1
                room.release()
    finally:
        for seat in seats:
            seat.leave()


def _feed(lines: Iterable[bytes], events: SimpleQueue[Any], room: Semaphore) -> None:
    """Reads as far ahead as there is room; then says that there is no more, or why not."""
    source = iter(lines)
    try:
        while room.acquire() and (line := next(source, None)) is not None:
            events.put(line)
        events.put(None)
    except BaseException as error:  # it is the reader's to tell
        events.put(error)


def _settled(
    seat: _Seat, future: Future[_Answers], done: dict[int, Answered], late: Late, died: Died
) -> list[_Line]:
    """Notes the answers to lines, as far as there are any; returns the lines that have to be asked again, in order."""
    lines = seat.given.pop(future)
    error = future.exception()
    if error is None:
        answers, seconds = future.result()
        seat.pace = max(seconds / len(lines), 1e-6)
        done.update((line.number, found) for line, found in zip(lines, answers, strict=True))
        return []
    again = seat.leave()
    if len(lines) > 1:  # whose fault it was shows when each is sent alone
        for line in lines:
            line.alone = True
        return [*lines, *again]
    (line,) = lines
    if isinstance(error, TimeoutError):
        done[line.number] = late(line.text, seat.timeout or 0.0)
        return again
    line.alone, line.deaths = True, line.deaths + 1
    if line.deaths < _DEATHS:
        return [line, *again]
    done[line.number] = died(line.text, error.exitcode if isinstance(error, ProcessExpired) else None)
    return again


def _each(answer: Answer, lines: Sequence[bytes]) -> _Answers:
    """The answers, and how many seconds they took."""
    began = monotonic()
    return [answer(line) for line in lines], monotonic() - began


@contextmanager
def _deaf() -> Iterator[None]:
    """A process or thread that is started here never hears Ctrl-C, which is the first process's to answer."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which would unblock the signal for all that are started after it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(answer: Answer, warm_up: bytes) -> None:
    """What a process does first. There are as many processes as there should be threads."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    collector.pause()
    answer(warm_up)
    collector.settle()
