"""Lines and a function -> its results in order, from several processes, none of which can take a line with it when it
dies. Knows nothing of what a line says."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, TimeoutError
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context, resource_tracker
from operator import attrgetter
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any

from pebble import ProcessExpired, ProcessPool

from gradcli.cli import collector

Answered = tuple[str, bool]
Answer = Callable[[bytes], Answered]
Late = Callable[[bytes, float], Answered]
Died = Callable[[bytes, int | None], Answered]

_SPAWN = get_context("spawn")  # a fork would copy the threads' locks of whatever library is loaded
_AHEAD = 8
"""So many lines for each process are read before the first of them must be answered: the memory that one slow line
costs."""
_GIVEN = 2
"""A process has its next line before it has answered the one in hand."""
_DEATHS = 2
"""A line whose process died so many times is given up."""


@dataclass(eq=False)
class _Line:
    """A line with its place in the order, and how many processes died over it."""

    number: int
    text: bytes
    deaths: int = 0


@dataclass(eq=False)
class _Seat:
    """One process at a time, with the lines it was given. After a death or an ending the process gets another pool of
    its own: what it held (a lock, half a message) is gone with the old one."""

    answer: Answer
    timeout: float | None
    warm_up: bytes
    heard: Callable[[_Seat, Future[Answered]], None]
    pool: ProcessPool | None = None
    given: dict[Future[Answered], _Line] = field(default_factory=dict)

    @property
    def load(self) -> int:
        """How many lines it has; as many as it can have where its process is gone and that is still to be heard."""
        gone = self.given and self.pool is not None and not self.pool.active
        return _GIVEN if gone else len(self.given)

    def take(self, line: _Line) -> None:
        if self.pool is None or not self.pool.active:  # a process that dies between two lines ends its pool
            self.leave()
            self.pool = ProcessPool(1, initializer=_begin, initargs=(self.answer, self.warm_up), context=_SPAWN)
        with _deaf():  # the first line of a pool starts its process
            future = self.pool.schedule(self.answer, (line.text,), timeout=self.timeout)
        self.given[future] = line
        future.add_done_callback(lambda found: self.heard(self, found))

    def leave(self) -> list[_Line]:
        """Ends the process; returns the lines that it leaves behind."""
        left = list(self.given.values())
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
                seat.take(waiting.popleft())
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
    seat: _Seat, future: Future[Answered], done: dict[int, Answered], late: Late, died: Died
) -> list[_Line]:
    """Notes the answer to a line, if there is one; returns the lines that have to be asked again, in order."""
    line = seat.given.pop(future)
    error = future.exception()
    if error is None:
        done[line.number] = future.result()
        return []
    again = seat.leave()
    if isinstance(error, TimeoutError):
        done[line.number] = late(line.text, seat.timeout or 0.0)
        return again
    line.deaths += 1
    if line.deaths < _DEATHS:
        return [line, *again]
    done[line.number] = died(line.text, error.exitcode if isinstance(error, ProcessExpired) else None)
    return again


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
