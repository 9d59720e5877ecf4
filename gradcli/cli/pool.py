"""Lines and a function -> its results in order, from pebble's pool of processes, none of which can take a line with it
when it dies. Knows nothing of what a line says."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, TimeoutError, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context, resource_tracker
from queue import Queue
from threading import Lock, Thread
from typing import Any

from pebble import ProcessExpired, ProcessPool

from gradcli.cli.start_up import pause_collection, settle

Result = tuple[str, bool]
Answer = Callable[[bytes], Result]
Late = Callable[[bytes, float], Result]
Died = Callable[[bytes, int | None], Result]
Pending = tuple[ProcessPool, Future[Result]]

_AHEAD = 32
"""So many lines for each process are read before the first must be answered: the memory that a slow line costs."""


class _Workers:
    """A pool, and another where that one broke: a process that dies between two lines can end them all."""

    def __init__(self, answer: Answer, jobs: int, timeout: float | None, warm_up: bytes) -> None:
        self.timeout, self._answer, self._jobs, self._warm_up = timeout, answer, jobs, warm_up
        self._lock, self._ended, self._pool = Lock(), False, self._new()

    def ask(self, line: bytes, broken: ProcessPool | None = None) -> Pending:
        """The line's place in the pool; in another, where the pool is the one that was found `broken`.

        Raises RuntimeError where no process can be started, and after the end.
        """
        with self._lock, _without_interrupts():  # the first line of a pool starts its processes
            try:
                if self._pool is broken:
                    raise RuntimeError  # as the pool itself does, once it has noticed
                return self._pool, self._pool.schedule(self._answer, (line,), timeout=self.timeout)
            except RuntimeError:
                if self._ended:
                    raise
            _end(self._pool)
            self._pool = self._new()
            return self._pool, self._pool.schedule(self._answer, (line,), timeout=self.timeout)

    def end(self) -> None:
        with self._lock:
            self._ended = True
            _end(self._pool)

    def _new(self) -> ProcessPool:
        context = get_context("spawn")  # a fork would copy the threads' locks of whatever library is loaded
        return ProcessPool(self._jobs, initializer=_begin, initargs=(self._answer, self._warm_up), context=context)


def map_in_processes(
    answer: Answer, lines: Iterable[bytes], jobs: int, timeout: float | None, late: Late, died: Died, warm_up: bytes
) -> Iterator[Result]:
    """The results of `answer` on every line, in order. A line that takes longer than `timeout` seconds gets
    `late(line, timeout)`; one whose process dies is answered once more, and if that dies too, `died(line, status)`.
    Each process answers `warm_up` first, so that what is imported for the first question does not count against its
    time."""
    workers = _Workers(answer, jobs, timeout, warm_up)
    window: Queue[tuple[bytes, Pending] | BaseException | None] = Queue(jobs * _AHEAD)
    with _without_interrupts():
        Thread(target=_feed, args=(lines, workers, window), daemon=True).start()
    try:
        while (first := window.get()) is not None:
            if isinstance(first, BaseException):
                raise first
            yield _result(workers, *first, late, died)
    finally:
        workers.end()


def _feed(lines: Iterable[bytes], workers: _Workers, window: Queue[Any]) -> None:
    """Asks as far ahead as there is room; then says that there is no more, or why not."""
    try:
        for line in lines:
            window.put((line, workers.ask(line)))
        window.put(None)
    except BaseException as error:  # it is the reader's to tell
        window.put(error)


def _result(workers: _Workers, line: bytes, pending: Pending, late: Late, died: Died) -> Result:
    for last in (False, True):
        broken = None
        try:
            return _wait_for(*pending)
        except TimeoutError:
            return late(line, workers.timeout or 0.0)
        except ProcessExpired as error:
            if last:
                return died(line, error.exitcode)
        except BrokenProcessPool:
            if last:
                raise
            broken = pending[0]
        pending = workers.ask(line, broken)
    raise AssertionError("the last time is answered")


def _wait_for(pool: ProcessPool, future: Future[Result]) -> Result:
    """The future's result. A pool that breaks does not tell it to what it had not yet handed on."""
    while not wait([future], timeout=1).done:
        if not pool.active:
            raise BrokenProcessPool
    return future.result()


def _end(pool: ProcessPool) -> None:
    pool.stop()
    for child in active_children():  # at once: one that is still starting would complain of what is taken from it
        child.kill()
    pool.join()


@contextmanager
def _without_interrupts() -> Iterator[None]:
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
    pause_collection()
    answer(warm_up)
    settle()
