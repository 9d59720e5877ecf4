"""Lines and a function -> its results in order, from processes of which one that takes too long can be ended. Knows
nothing of what a line says."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from threading import Thread
from time import monotonic
from typing import Any

from gradcli.frozen import dataclass

Answered = tuple[str, bool]
Answer = Callable[[bytes], Answered]
GiveUp = Callable[[bytes, str], Answered]

_SPAWN = get_context("spawn")  # a fork would copy the threads' locks of whatever library is loaded
_AHEAD = 4
"""How many finished answers a process may be ahead of the one that is waited for."""


@dataclass
class _Worker:
    """One process; `line` is what it works on, `number` which line that is. The one mutable noun: a process changes."""

    process: BaseProcess
    pipe: Connection
    number: int | None = None
    line: bytes = b""
    deadline: float = float("inf")


def in_processes(
    answer: Answer, lines: Iterable[bytes], jobs: int, timeout: float | None, give_up: GiveUp, warm_up: bytes
) -> Iterator[Answered]:
    """The results of `answer` on every line, in order. A line that takes longer than `timeout` seconds, or whose
    process dies, gets `give_up(line, reason)`, and a new process takes the next. Each process answers `warm_up` first,
    so that what is imported for the first question does not count against its time."""
    source = _read_apart(lines)
    workers = [_started(answer, warm_up) for _ in range(jobs)]
    done: dict[int, Answered] = {}
    taken, given, more = 0, 0, True
    try:
        while more or given < taken:
            idle = next((worker for worker in workers if worker.number is None), None)
            wants_line = more and idle is not None and taken - given < jobs * _AHEAD
            for ready in _ready(workers, source if wants_line else None):
                if ready is not source:
                    _hear(next(worker for worker in workers if worker.pipe is ready), done, timeout, give_up)
                elif (line := _received(source)) is None or idle is None:
                    more = False
                else:
                    _give(idle, taken, line)
                    taken += 1
            _end_late(workers, done, timeout, give_up)
            workers = [_started(answer, warm_up) if _is_lost(worker) else worker for worker in workers]
            while given in done:
                yield done.pop(given)
                given += 1
    finally:
        for worker in workers:
            worker.process.kill()


def _is_lost(worker: _Worker) -> bool:
    """Whether the process ended and its line is accounted for; before that, its silence has still to be heard."""
    return worker.number is None and not worker.process.is_alive()


def _read_apart(lines: Iterable[bytes]) -> Connection:
    """A connection that the lines arrive on, so that waiting for one and for an answer is one wait."""
    receiving, sending = _SPAWN.Pipe(duplex=False)

    def feed() -> None:
        with contextlib.suppress(OSError), sending:
            for line in lines:
                sending.send_bytes(line)

    Thread(target=feed, daemon=True).start()
    return receiving


def _received(source: Connection) -> bytes | None:
    try:
        return source.recv_bytes()
    except EOFError:
        return None


def _started(answer: Answer, warm_up: bytes) -> _Worker:
    here, there = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_work, args=(there, answer, warm_up), daemon=True)
    process.start()
    there.close()
    return _Worker(process, here)


def _work(pipe: Connection, answer: Answer, warm_up: bytes) -> None:
    """Answers lines until the other end goes away, saying None when it begins one; Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer(warm_up)
    with contextlib.suppress(EOFError, OSError):
        while True:
            line = pipe.recv_bytes()
            pipe.send(None)
            pipe.send(answer(line))


def _give(worker: _Worker, number: int, line: bytes) -> None:
    worker.number, worker.line, worker.deadline = number, line, float("inf")
    with contextlib.suppress(OSError):  # a process that died is found out when its answer is awaited
        worker.pipe.send_bytes(line)


def _ready(workers: Iterable[_Worker], source: Connection | None) -> list[Any]:
    """Those that have something to say, or nobody once the nearest deadline has passed."""
    busy = [worker for worker in workers if worker.number is not None]
    nearest = min((worker.deadline for worker in busy), default=float("inf"))
    patience = None if nearest == float("inf") else max(0.0, nearest - monotonic())
    return wait([*([] if source is None else [source]), *(worker.pipe for worker in busy)], patience)


def _hear(worker: _Worker, done: dict[int, Answered], timeout: float | None, give_up: GiveUp) -> None:
    """Either it has begun its line, or it has answered, or it is dead."""
    try:
        said = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        said = give_up(worker.line, f"its process ended with status {worker.process.exitcode}")
    if said is None:
        worker.deadline = float("inf") if timeout is None else monotonic() + timeout
    elif worker.number is not None:
        done[worker.number] = said
        worker.number = None


def _end_late(workers: Iterable[_Worker], done: dict[int, Answered], timeout: float | None, give_up: GiveUp) -> None:
    for worker in workers:
        if worker.number is not None and worker.deadline <= monotonic():
            worker.process.kill()
            worker.process.join()
            done[worker.number] = give_up(worker.line, f"it took longer than {timeout:g} seconds")
            worker.number = None
