"""A file of answers and the records they belong to -> the file, ready for the answers that are missing."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, TextIO

from gradcli.cli.batch import record_of
from gradcli.message import N_, GradcliError, fault


@contextmanager
def resume_file(path: str, lines: Generator[bytes]) -> Iterator[tuple[TextIO, tuple[int, int]]]:
    """The file, open behind its last whole answer, and how many answers it holds and how many of them failed; `lines`
    goes on where the answers end.

    Raises GradcliError (file) where the file holds anything but the answers to these lines, as far as an answer tells.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise fault(
            "file", N_("{path} cannot be written: {reason}"), path=path, reason=error.strerror or str(error)
        ) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise fault("file", N_("{path} is a pipe or a device, not a file"), path=path)
    with open(descriptor, "r+b") as file:
        try:
            behind = _behind(path, file, lines)
        except GradcliError:
            lines.close()
            raise
        file.seek(0, os.SEEK_END)
        with open(os.dup(descriptor), "a", encoding="utf-8", errors="backslashreplace", newline="\n") as written:
            yield written, behind


def _behind(path: str, file: BinaryIO, lines: Iterator[bytes]) -> tuple[int, int]:
    """Passes over the answers and their records; cuts off an answer that was not written to its end."""
    done = failed = place = 0
    for text in file:
        if not text.endswith(b"\n"):
            file.truncate(place)
            break
        line = next(lines, None)
        if line is None:
            raise fault(
                "file",
                N_("{path} holds more answers than there are records, which are {count}"),
                hint=N_("are these the records that it was written from?"),
                path=path,
                count=done,
            )
        answer = _answer_on_line(path, done + 1, text)
        if not _may_answer(answer, _record(line)):
            raise fault(
                "file",
                N_("line {number} of {path} is the answer to another record than number {number}"),
                hint=N_("give the records that it was written from, or another file"),
                number=done + 1,
                path=path,
            )
        done, failed, place = done + 1, failed + (not is_good(answer)), place + len(text)
    return done, failed


def _answer_on_line(path: str, number: int, text: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or not str(answer.get("schema", "")).startswith("gradcli/report/"):
        raise fault(
            "file",
            N_("line {number} of {path} is no answer of gradcli's"),
            hint=N_("give the file of an earlier  gradcli batch --resume,  or one that does not exist yet"),
            number=number,
            path=path,
        )
    return answer


def is_good(answer: Mapping[str, Any]) -> bool:
    """The verdict that was given on an answer, as far as its JSON tells: it was answered, and no check failed."""
    return bool(answer.get("ok")) and all(_agrees(part) for key, part in answer.items() if key != "id")


def _agrees(answer: Any) -> bool:
    if isinstance(answer, dict):
        return answer.get("agrees") is not False and all(map(_agrees, answer.values()))
    if isinstance(answer, list) and answer and isinstance(answer[0], dict):
        return all(map(_agrees, answer))
    return True


def _record(line: bytes) -> Any:
    try:
        return record_of(line)
    except GradcliError:
        return None


def _may_answer(answer: Mapping[str, Any], record: Any) -> bool:
    """Whether the answer may be this record's: it tells the id and, where it is no error, the command, the expression
    and the names of the inputs."""
    if not isinstance(record, dict):
        return not answer.get("ok")
    if not answer.get("ok"):
        return "id" not in answer or answer["id"] == record.get("id")
    inputs, own_inputs = answer.get("inputs"), record.get("inputs")
    names = own_inputs.keys() if isinstance(own_inputs, dict) else set()
    return (
        answer.get("id") == record.get("id")
        and answer.get("command") == record.get("command", "vjp")
        and (answer.get("expression") in (None, expression := record.get("expr")) or str(expression).startswith("@"))
        and (not isinstance(inputs, dict) or inputs.keys() == names)
    )
