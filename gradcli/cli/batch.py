"""JSON Lines -> JSON Lines: one question a line, one answer a line, in order, each written as soon as it is known."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Any, BinaryIO, NoReturn, TextIO

from gradcli.cli.collector import settle
from gradcli.cli.records import answer, language_of
from gradcli.cli.show import encodable
from gradcli.message import N_, Exit, GradcliError, Span, fault, limit
from gradcli.render.error import as_object
from gradcli.render.json_text import one_line
from gradcli.render.speech import speech

LONGEST_LINE = 64 * 2**20
"""Bytes; a longer record is refused, for it is held in memory as a whole."""

_TOO_LONG = b""
_WARM_UP = b'{"expr": "x**2", "inputs": {"x": 1}}'


def run(source: str | None, jobs: int = 1, timeout: float | None = None, resume: str | None = None) -> Exit:
    """Answers every record of a file, or of standard input; the exit status tells whether all of them were answered.

    `resume` is a file that the answers go to, behind those that it holds already.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # records are small: PyTorch's threads would wait for each other
    lines = lines_of(source)
    if resume is None:
        return _written(lines, jobs, timeout, sys.stdout, source)
    from gradcli.cli.resume import resumed

    with resumed(resume, lines) as (file, behind):
        return _written(lines, jobs, timeout, file, source, behind)


def _written(
    lines: Iterator[bytes], jobs: int, timeout: float | None, stream: TextIO, source: str | None,
    behind: tuple[int, int] = (0, 0),
) -> Exit:
    """Writes the answers; `behind` tells how many there are already, and how many of these failed."""
    done, failed = behind
    with closing(_answers(lines, jobs, timeout)) as answers, closing(_progress(stream, source)) as progress:
        for text, good in answers:
            stream.write(encodable(text, stream) + "\n")
            stream.flush()
            settle()
            done, failed = done + 1, failed + (not good)
            progress.send((done, failed))
    return Exit.CHECK_FAILED if failed else Exit.ANSWERED


def _answers(lines: Iterator[bytes], jobs: int, timeout: float | None) -> Generator[tuple[str, bool]]:
    if jobs == 1 and timeout is None:
        yield from map(answered, lines)
    else:
        from gradcli.cli.pool import in_processes  # the library of processes, which one process does without

        yield from in_processes(answered, lines, jobs, timeout, late, died, _WARM_UP)


def _progress(stream: TextIO, source: str | None) -> Generator[None, tuple[int, int]]:
    from gradcli.cli.progress import progress

    told = progress(stream, source)
    next(told)
    return told


def lines_of(source: str | None) -> Generator[bytes]:
    """The lines that hold something, one at a time; one that is too long is empty."""
    try:
        stream = sys.stdin.buffer if source in (None, "-") else open(str(source).removeprefix("@"), "rb")  # noqa: SIM115
    except OSError as error:
        reason = error.strerror or str(error)
        raise fault("file", N_("{path} cannot be read: {reason}"), path=source, reason=reason) from None
    return _lines(stream)


def _lines(stream: BinaryIO) -> Generator[bytes]:
    with stream:
        while line := stream.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield _TOO_LONG
            elif line.strip():
                yield line


# One line


def answered(line: bytes) -> tuple[str, bool]:
    """One line's answer as JSON on one line, and whether it is good: answered, and no comparison failed."""
    try:
        told = answer(record_of(line))
        return one_line(told), is_good(told)
    except GradcliError as error:
        told = as_object(error)
    except (RecursionError, ValueError):  # of the id, which is given back as it came
        told = as_object(fault("record", N_("the id is nested too deeply, or holds a number that JSON lacks")))
    return one_line(told), False


def record_of(line: bytes) -> Any:
    """What the line holds.

    Raises GradcliError (record) where it is no JSON.
    """
    if line == _TOO_LONG:
        raise fault("record", N_("the line is longer than {most} bytes"), most=LONGEST_LINE)
    try:
        return json.loads(line, parse_constant=_refused)
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
        raise fault("record", N_("the line holds a whole number of too many digits"),
                    hint=N_("write it as a text, or with an exponent")) from None


def _refused(constant: str) -> NoReturn:
    raise fault("record", N_("JSON has no number {constant}"), hint=N_('write it as a text:  "{constant}"'),
                constant=constant)


def is_good(told: Mapping[str, Any]) -> bool:
    """Whether the question was answered and no comparison failed, wherever in the answer the verdict stands."""
    return bool(told.get("ok")) and all(_agrees(part) for key, part in told.items() if key != "id")


def _agrees(told: Any) -> bool:
    if isinstance(told, dict):
        return told.get("agrees") is not False and all(map(_agrees, told.values()))
    if isinstance(told, list) and told and isinstance(told[0], dict):
        return all(map(_agrees, told))
    return True


# Lines that were given up


def late(line: bytes, seconds: float) -> tuple[str, bool]:
    """The answer to a record that took too long, with the record's id."""
    return _given_up(line, limit(N_("the record was given up: it took longer than {seconds:g} seconds"),
                                 seconds=seconds))


def died(line: bytes, status: int | None) -> tuple[str, bool]:
    """The answer to a record over which two processes died, with the record's id."""
    if status is not None and status < 0:
        what = limit(N_("the record was given up: its process was killed twice, by signal {signal}"), signal=-status)
    else:
        what = limit(N_("the record was given up: its process ended twice, with status {status}"), status=status)
    return _given_up(line, what)


def _given_up(line: bytes, why: GradcliError) -> tuple[str, bool]:
    try:
        record = record_of(line)
        own = {"id": record["id"]} if isinstance(record, dict) and "id" in record else {}
        return one_line({**own, **as_object(why, speech(language_of(record)))}), False
    except (GradcliError, RecursionError, ValueError):
        return one_line(as_object(why)), False
