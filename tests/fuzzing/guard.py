"""Watches an execution: what it runs and writes, by Python's audit hook, and the processor's time that it takes."""

from __future__ import annotations

import collections
import dataclasses
import gc
import inspect
import os
import resource
import signal
import sys
import time
import traceback
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from gradcli.message import GradcliError

ALARM = 5.0
"""Seconds of the processor's time after which an execution is given up."""
_RUNS = (
    "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "os.forkpty", "os.startfile", "pty.spawn",
    "subprocess.", "socket.", "ctypes.dl", "pickle.",
)  # fmt: skip
_WRITES = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "os.utime", "os.setxattr", "os.putenv", "os.unsetenv", "shutil.", "tempfile.",
)  # fmt: skip
_TYPERS_OWN = b"PYDANTIC_DISABLE_PLUGINS"
"""A variable of the environment that Typer sets, and puts back, whatever the words are."""
_MAKERS = tuple(module.__file__ for module in (inspect, typing, dataclasses, collections))
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Forbidden(BaseException):
    """Something was run or written. No handler of the product's may catch it."""


class TooSlow(BaseException):
    """An execution went on beyond the alarm."""


_watching = False
_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or (event in ("os.putenv", "os.unsetenv") and arguments[0] == _TYPERS_OWN):
        return
    if event.startswith((*_RUNS, *_WRITES)) or _is_code(event, arguments) or _opens(event, arguments):
        raise Forbidden(f"{event} {arguments!r:.200}")


def _is_code(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether code is run that is no file's: what `exec` and `eval` make of a text. A module being imported has a file,
    and Python's own makers of classes may read annotations."""
    if event != "exec" or not isinstance(arguments[0], CodeType) or not arguments[0].co_filename.startswith("<str"):
        return False
    return sys._getframe(2).f_code.co_filename not in _MAKERS


def _opens(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether a file is opened to be written."""
    if event != "open" or arguments[0] == os.devnull:
        return False
    return isinstance(arguments[2], int) and bool(arguments[2] & _WRITING)


@contextmanager
def watched() -> Iterator[None]:
    """Within this, whatever runs a program or a text or writes a file raises Forbidden."""
    global _watching, _hooked
    if not _hooked:
        sys.addaudithook(_hook)  # which stays for the life of the process
        _hooked = True
    _watching = True
    try:
        yield
    finally:
        _watching = False


@contextmanager
def settled() -> Iterator[None]:
    """Within this, the garbage collector goes through what is made here alone: one walk over the hundreds of megabytes
    that a worker holds after ten thousand tests takes longer than any input may, whichever input it happens to meet."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def timed(seconds: float = ALARM) -> Iterator[None]:
    """Within this, so many seconds of the processor's time may pass; then TooSlow is raised."""

    def ring(*_: Any) -> None:
        raise TooSlow(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def bound_memory(more: int) -> None:
    """From now on the process gets so many bytes of addresses more than it has; past it Python raises MemoryError."""
    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + more, hard))


@dataclass
class Tally:
    """What came of the executions so far; `found` holds one input for each kind of failure."""

    slow: float = 1.0
    alarm: float = ALARM
    executions: int = 0
    refused: int = 0
    slowest: float = 0.0
    found: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def execute(self, run: Callable[[bytes], object], content: bytes, watching: bool = True) -> None:
        """One execution, counted; anything but an end in time or a GradcliError is a failure."""
        self.executions += 1
        began = time.process_time()
        try:
            with settled(), timed(self.alarm), watched() if watching else nullcontext():
                run(content)
        except GradcliError as error:
            self.refused += 1
            self._told(error, content)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            self._failed(_kind_of(error), content, "".join(traceback.format_exception(error, limit=-6)))
        took = time.process_time() - began
        self.slowest = max(self.slowest, took)
        if took > self.slow:
            self._failed(f"more than {self.slow} s", content, f"{took:.2f} s")

    def _told(self, error: GradcliError, content: bytes) -> None:
        """A complaint must be speakable."""
        try:
            str(error), str(error.hint or "")
        except Exception as broken:
            self._failed(f"unspeakable {_kind_of(broken)}", content, repr(error.what))

    def _failed(self, kind: str, content: bytes, how: str) -> None:
        if kind not in self.found or len(content) < len(self.found[kind][0]):
            self.found[kind] = content, how

    def report(self) -> str:
        """The counts on one line, then every failure with its smallest input."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        lines = [
            f"{self.executions} executions, {self.refused} refused, {len(self.found)} kinds of failure, "
            f"slowest {self.slowest:.2f} s, peak memory {peak} MB"
        ]
        for kind, (content, how) in sorted(self.found.items()):
            lines += [f"--- {kind}", f"    {content!r:.2000}", *("    " + line for line in how.splitlines())]
        return "\n".join(lines) + "\n"


def _kind_of(error: BaseException) -> str:
    """What the failure is called: the exception and the last line of the product that it passed."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f"{os.sep}gradcli{os.sep}" in f.filename]
    where = f" at {frames[-1].filename.rpartition('gradcli' + os.sep)[2]}:{frames[-1].lineno}" if frames else ""
    told = f": {str(error)[:100]}" if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__}{where}{told}"
