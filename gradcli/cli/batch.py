"""JSON Lines -> JSON Lines: one question a line, one answer a line, in order, each written as soon as it is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from gradcli.cli.collector import settle
from gradcli.cli.pool import in_processes
from gradcli.cli.records import answer
from gradcli.cli.show import encodable
from gradcli.message import N_, Exit, Span, fault
from gradcli.render.error import as_object
from gradcli.render.json_text import one_line

_LONGEST_LINE = 64 * 2**20
"""Bytes; a longer record is refused, for it is held in memory as a whole."""

_WARM_UP = b'{"expr": "x**2", "inputs": {"x": 1}}'


def run(source: str | None, jobs: int = 1, timeout: float | None = None) -> Exit:
    """Answers every record of a file, or of standard input; the exit status tells whether all of them were answered."""
    failed = False
    lines = _lines(source)
    alone = jobs == 1 and timeout is None
    answers = map(answered, lines) if alone else in_processes(answered, lines, jobs, timeout, late, _WARM_UP)
    for text, good in answers:
        sys.stdout.write(encodable(text, sys.stdout) + "\n")
        sys.stdout.flush()
        settle()
        failed = failed or not good
    return Exit.CHECK_FAILED if failed else Exit.ANSWERED


def _lines(source: str | None) -> Iterator[bytes]:
    """The lines that hold something, one at a time."""
    try:
        stream = sys.stdin.buffer if source in (None, "-") else open(str(source).removeprefix("@"), "rb")  # noqa: SIM115
    except OSError as error:
        reason = error.strerror or str(error)
        raise fault("file", N_("{path} cannot be read: {reason}"), path=source, reason=reason) from None
    with stream:
        while line := stream.readline(_LONGEST_LINE):
            if line.strip():
                yield line


def answered(line: bytes) -> tuple[str, bool]:
    """One line's answer as JSON on one line, and whether it is good: answered, and no comparison failed."""
    record = _record(line)
    told = record if isinstance(record, _Refused) else answer(record)
    return one_line(told), bool(told["ok"]) and _agrees(told)


class _Refused(dict[str, Any]):
    """An error object in place of a record that could not be read."""


def _record(line: bytes) -> Any:
    try:
        return json.loads(line)
    except UnicodeDecodeError:
        return _Refused(as_object(fault("record", N_("the line is not UTF-8"))))
    except RecursionError:
        return _Refused(as_object(fault("record", N_("the line is nested too deeply"))))
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        refused = fault("record", N_("the line is not JSON: {reason}"), reason=reason)
        if isinstance(error, json.JSONDecodeError) and len(text) < 10_000:
            refused.source, refused.span = text, Span(error.pos, error.pos + 1)
        return _Refused(as_object(refused))


def _agrees(told: Any) -> bool:
    """Whether no comparison in the answer failed, wherever in it the verdict stands."""
    if isinstance(told, Mapping):
        return told.get("agrees") is not False and all(map(_agrees, told.values()))
    if isinstance(told, list) and told and isinstance(told[0], Mapping):
        return all(map(_agrees, told))
    return True


def late(line: bytes, reason: str) -> tuple[str, bool]:
    """The answer to a record whose process did not come to an end, with the record's id."""
    refused = fault("limit", N_("the record was given up: {reason}"), reason=reason)
    refused.exit_status = Exit.LIMIT
    record = _record(line)
    own = {"id": record["id"]} if isinstance(record, dict) and "id" in record else {}
    return one_line({**own, **as_object(refused)}), False
