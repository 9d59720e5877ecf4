"""The bytes of .csv, .tsv and .json files -> float64 arrays. Knows no tensor text."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator

from gradcli.message import N_, GradcliError, fault, limit
from gradcli.report import Array
from gradcli.tensors.nested import MAX_AXES, check_size, from_lists

_BETWEEN = ", \t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What stands between numbers, or ends a line for `splitlines`."""


def table(content: bytes, file: str, separator: str) -> Array:
    """The numbers of a table: one column is a vector, anything else is 2-D. One line of headings is skipped.

    Fields may also be apart by blanks. Raises GradcliError (file) naming the file, the line and the column.
    """
    text = decoded(content, file)
    _refuse_too_many(text, file)
    lines = list(_lines(text))
    if not lines:
        raise fault("file", N_("{file} is empty"), file=file)
    separator = _separator(lines[0][1], separator)
    if _is_heading(_fields(lines[0][1], separator)):
        heading, *lines = lines
        if not lines:
            raise _only_headings(*heading, file)
    rows = [_row(line, text, separator, file) for line, text in lines]
    for (line, _), row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            raise fault(
                "file",
                N_("the rows of {file} differ in length: line {line} has length {count}, line {first} has {expected}"),
                file=file,
                line=line,
                count=len(row),
                first=lines[0][0],
                expected=len(rows[0]),
            )
    return from_lists([row[0] for row in rows] if len(rows[0]) == 1 else rows, file)


def _refuse_too_many(text: str, file: str) -> None:
    """Raises GradcliError (limit) before so many texts become Python's numbers, which take far more room."""
    check_size((max(map(text.count, _BETWEEN)),), file)


def _only_headings(line: int, text: str, file: str) -> GradcliError:
    return fault(
        "file",
        N_("{file} holds no numbers, only line {line}: {text}"),
        file=file,
        line=line,
        text=text if len(text) <= 40 else text[:40] + "…",
    )


def decoded(content: bytes, file: str) -> str:
    """A text in UTF-8 or UTF-16.

    Raises GradcliError (file) for what is neither.
    """
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"  # Excel writes both
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise fault("file", N_("{file} is not a text: byte {byte} is not UTF-8"), file=file, byte=error.start) from None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that hold something, counted from 1; NumPy's `savetxt` writes headings after #."""
    for line, written in enumerate(text.splitlines(), start=1):
        if written.strip() and not written.lstrip().startswith("#"):
            yield line, written


def _separator(line: str, separator: str) -> str:
    if separator in line:
        return separator
    other = next((mark for mark in ("\t", ",") if mark in line), "")
    return other or (" " if len(line.split()) > 1 and ";" not in line and '"' not in line else separator)


def _fields(line: str, separator: str) -> list[str]:
    if separator == " ":
        return line.split()
    if '"' not in line:
        return [field.strip() for field in line.split(separator)]
    try:
        return [field.strip() for field in next(csv.reader([line.strip()], delimiter=separator))]
    except csv.Error:
        return [line]  # which is no number, and is told so


def _is_heading(fields: list[str]) -> bool:
    """Whether no field of a line is a number; `1,5;2,5` has digits and is no heading."""
    return not any(_number(field) is not None or field[:1].isdigit() for field in fields)


def _number(field: str) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None


def _row(line: int, text: str, separator: str, file: str) -> list[float]:
    fields = _fields(text, separator)
    numbers = []
    for column, field in enumerate(fields, start=1):
        number = _number(field)
        if number is None or (math.isinf(number) and "inf" not in field.lower()):
            raise _not_a_number(file, line, column, field, text)
        numbers.append(number)
    return numbers


def _not_a_number(file: str, line: int, column: int, field: str, text: str) -> GradcliError:
    if ";" in text:
        return fault(
            "file",
            N_("line {line} of {file} is separated by semicolons"),
            hint=N_("separate columns by commas and write decimals with a point: 1.5,2.5"),
            file=file,
            line=line,
        )
    if not field:
        return fault(
            "file",
            N_("line {line}, column {column} of {file} is empty"),
            hint=N_("write nan for a missing number"),
            file=file,
            line=line,
            column=column,
        )
    missing = field.lower() in ("na", "n/a", "null", "none", "-", "?", "#n/a")
    shown = field if len(field) <= 40 else field[:40] + "…"
    return fault(
        "file",
        N_("line {line}, column {column} of {file} is not a number: {field}"),
        hint=N_("write nan for a missing number") if missing else None,
        file=file,
        line=line,
        column=column,
        field=shown,
    )


def json_lists(content: bytes, file: str) -> Array:
    """Nested lists of numbers; NaN and Infinity as such or as texts."""
    text = decoded(content, file)
    if not text.strip():
        raise fault("file", N_("{file} is empty"), file=file)
    _refuse_too_many(text, file)
    try:
        value = json.loads(text, parse_int=_in_range, parse_float=_in_range)
    except RecursionError:
        raise fault("file", N_("the lists of {file} lie more than {most} deep"), file=file, most=MAX_AXES) from None
    except json.JSONDecodeError as error:
        raise fault(
            "file",
            N_("{file} is not JSON at line {line}, column {column}: {reason}"),
            file=file,
            line=error.lineno,
            column=error.colno,
            reason=error.msg,
        ) from None
    if isinstance(value, dict):
        raise fault(
            "file", N_("{file} holds an object, not a list of numbers"), hint=N_("write [[1, 2], [3, 4]]"), file=file
        )
    return from_lists(value, file)


def _in_range(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise limit(N_("the number {number} is beyond the largest float64, 1.8e308"), number=f"{digits[:12]}…")
    return value
