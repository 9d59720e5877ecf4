"""JSON Lines -> JSON Lines: one question a line, one answer a line, in order, each written as soon as it is known."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from time import monotonic
from typing import Any, BinaryIO, NoReturn

from gradcli.cli.deliver import encodable
from gradcli.cli.display import preferred
from gradcli.cli.records import answer_with_verdict, language_of
from gradcli.cli.start_up import settle
from gradcli.message import N_, Exit, GradcliError, Span, fault, limit
from gradcli.render.error import as_object
from gradcli.render.json_text import one_line
from gradcli.render.translation import speech

LONGEST_LINE = 64 * 2**20
"""Bytes; a longer record is refused, for it is held in memory as a whole."""

_ENDLESS = 16
"""Times as much: what has no end of line by then is no file of records."""

_TOO_LONG = b""
_WARM_UP = b'{"expr": "x**2", "inputs": {"x": 1}}'


def run(source: str | None, jobs: int = 1, timeout: float | None = None, allow_files: bool = False) -> Exit:
    """Answers every record of a file, or of standard input; the exit status tells whether all of them were answered.
    Records read no other file, unless `allow_files`: then those in the working directory and below."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # records are small: PyTorch's threads would wait for each other
    answers = _answers(partial(answer_line, allow_files=allow_files), lines_of(source), jobs, timeout)
    failed = 0
    with closing(answers), _progress(source) as show:
        for done, (text, good) in enumerate(answers, 1):
            sys.stdout.write(encodable(text, sys.stdout) + "\n")
            sys.stdout.flush()
            settle()
            failed += not good
            show(done, failed)
    return Exit.CHECK_FAILED if failed else Exit.ANSWERED


_DONE = N_("{done} answered, {failed} failed, {rate:.3g} a second")


@contextmanager
def _progress(source: str | None) -> Iterator[Callable[[int, int], None]]:
    """Shows how many records are done and how many of them failed: a bar where stderr is a terminal and the answers go
    elsewhere, for answers on the screen show their progress themselves."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda done, failed: None
        return
    from rich.console import Console  # 60 ms that no other batch waits for
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    began, say = monotonic(), speech(preferred(os.environ)).sentence
    columns = BarColumn(), TextColumn("{task.description}", markup=False), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False) as bar:
        task = bar.add_task("", total=_lines_in(source))

        def show(done: int, failed: int) -> None:
            rate = done / (monotonic() - began)
            bar.update(task, completed=done, description=say(_DONE, done=done, failed=failed, rate=rate))

        yield show


def _lines_in(source: str | None) -> int | None:
    """How many records a file holds; of a stream nobody knows."""
    path = str(source).removeprefix("@")
    if source in (None, "-") or not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return sum(1 for line in file if line.strip())


def _answers(
    answer: Callable[[bytes], tuple[str, bool]], lines: Iterator[bytes], jobs: int, timeout: float | None
) -> Generator[tuple[str, bool]]:
    if jobs == 1 and timeout is None:
        yield from map(answer, lines)
    else:
        from gradcli.cli.pool import map_in_processes  # the library of processes, which one process does without

        _refuse_more_than_files(jobs)
        try:
            yield from map_in_processes(answer, lines, jobs, timeout, answer_late, answer_dead, _WARM_UP)
        except RuntimeError as error:  # of a thread or a process that does not start
            raise limit(
                N_("the processes that answer cannot be started: {reason}"),
                hint=N_("fewer of them:  --jobs 1"),
                reason=" ".join(str(error).split()) or type(error).__name__,
            ) from None


def _refuse_more_than_files(jobs: int) -> None:
    """Told before the first process begins: one that lacks a handle half-way leaves the others waiting.

    Raises GradcliError (limit) where the system lets this process open too few files.
    """
    try:
        from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit
    except ImportError:  # Windows has no such limit
        return
    most, _ = getrlimit(RLIMIT_NOFILE)
    if most != RLIM_INFINITY and most < _OWN_FILES + jobs * _FILES_A_PROCESS:
        raise limit(
            N_("--jobs {jobs} needs {wanted} open files, and the system allows {most}"),
            hint=N_("fewer processes, or a higher limit:  ulimit -n {wanted}"),
            jobs=jobs,
            wanted=_OWN_FILES + jobs * _FILES_A_PROCESS,
            most=most,
        )


_OWN_FILES, _FILES_A_PROCESS = 24, 2
"""As many are open with no process (9, four while one starts, and some room), and more with each."""


def lines_of(source: str | None) -> Generator[bytes]:
    """The lines that hold something, one at a time; one that is too long is empty."""
    try:
        stream = _standard_input() if source in (None, "-") else open(str(source).removeprefix("@"), "rb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise _unreadable(source, error) from None
    return _lines(stream, source)


def _standard_input() -> BinaryIO:
    from gradcli.tensors.files import standard_input  # NumPy, which a file of records answered by others does without

    return standard_input()


def _unreadable(source: str | None, error: OSError | ValueError) -> GradcliError:
    reason = getattr(error, "strerror", None) or str(error)
    return fault("file", N_("{path} cannot be read: {reason}"), path=source or "-", reason=reason)


def _lines(stream: BinaryIO, source: str | None) -> Generator[bytes]:
    try:
        with stream:
            while line := stream.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    _pass_over(stream)
                    yield _TOO_LONG
                elif line.strip():
                    yield line
    except OSError as error:  # a directory as standard input, a disk that fails
        raise _unreadable(source, error) from None


def _pass_over(stream: BinaryIO) -> None:
    """The rest of a line that is too long.

    Raises GradcliError (limit) where it has no end: a device.
    """
    for _ in range(_ENDLESS):
        rest = stream.readline(LONGEST_LINE)
        if not rest or rest.endswith(b"\n"):
            return
    raise limit(N_("a line of the records does not end within {most} bytes"), most=_ENDLESS * LONGEST_LINE)


# One line


def answer_line(line: bytes, allow_files: bool = False) -> tuple[str, bool]:
    """One line's answer as JSON on one line, and whether it is good: answered, and no check failed."""
    try:
        answer, good = answer_with_verdict(record_of(line), allow_files)
        return one_line(answer), good
    except GradcliError as error:
        answer = as_object(error)
    except (RecursionError, ValueError):  # of the id, which is given back as it came
        answer = as_object(fault("record", N_("the id is nested too deeply, or holds a number that JSON lacks")))
    return one_line(answer), False


def record_of(line: bytes) -> Any:
    """What the line holds.

    Raises GradcliError (record) where it is no JSON.
    """
    if line == _TOO_LONG:
        raise fault("record", N_("the line is longer than {most} bytes"), most=LONGEST_LINE)
    try:
        return json.loads(line, parse_constant=_refuse_constant, object_pairs_hook=_without_repetition)
    except UnicodeDecodeError:
        raise fault("record", N_("the line is not UTF-8")) from None
    except RecursionError:
        raise fault("record", N_("the line is nested too deeply")) from None
    except json.JSONDecodeError as error:
        refused = fault("record", N_("the line is not JSON: {reason}"), reason=error.msg)
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if len(text) < 10_000:
            refused.source, refused.span = text, Span(error.pos, error.pos + 1)
        raise refused from None
    except ValueError:  # Python's bound on the digits of an int
        raise fault(
            "record",
            N_("the line holds a whole number of too many digits"),
            hint=N_("write it as a text, or with an exponent"),
        ) from None


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, in which each name stands once: of two values one would be lost in silence."""
    mapping: dict[str, Any] = {}
    for name, value in pairs:
        if name in mapping:
            raise fault("record", N_("the record has {name} twice"), name=name)
        mapping[name] = value
    return mapping


def _refuse_constant(constant: str) -> NoReturn:
    raise fault(
        "record", N_("JSON has no number {constant}"), hint=N_('write it as a text:  "{constant}"'), constant=constant
    )


# Lines that were given up


def answer_late(line: bytes, seconds: float) -> tuple[str, bool]:
    """The answer to a record that took too long, with the record's id."""
    return _give_up(
        line, limit(N_("the record was given up: it took longer than {seconds:g} seconds"), seconds=seconds)
    )


def answer_dead(line: bytes, status: int | None) -> tuple[str, bool]:
    """The answer to a record over which two processes died, with the record's id."""
    if status is not None and status < 0:
        what = limit(N_("the record was given up: its process was killed twice, by signal {signal}"), signal=-status)
    else:
        what = limit(N_("the record was given up: its process ended twice, with status {status}"), status=status)
    return _give_up(line, what)


def _give_up(line: bytes, why: GradcliError) -> tuple[str, bool]:
    try:
        record = record_of(line)
        own = {"id": record["id"]} if isinstance(record, dict) and "id" in record else {}
        return one_line({**own, **as_object(why, speech(language_of(record)))}), False
    except (GradcliError, RecursionError, ValueError):
        return one_line(as_object(why)), False
