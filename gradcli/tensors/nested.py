"""Nested lists and arrays -> float64 arrays. Knows no text and no files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.message import N_, GradcliError, fault, limit
from gradcli.report import Array
from gradcli.shapes import MOST, RAISE, Shape, allowed, check_axes, check_strides, needed, size

MAX_ENTRIES = MOST
MAX_AXES = 32

_NOT_IN_JSON = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def check_size(shape: Shape, name: str) -> None:
    """Raises GradcliError (limit) for a tensor too large to be made; nothing has been allocated yet."""
    check_axes(len(shape), name, MAX_AXES)
    most = allowed(MAX_ENTRIES)
    if size(shape) > most:
        written = "×".join(map(str, shape))
        raise limit(
            N_("{name} would be {shape}, which is {count} entries; the limit is {most}"),
            hint=RAISE,
            name=name,
            shape=written,
            count=size(shape),
            most=most,
        )
    check_strides(shape, name, most)


def check_bytes(count: int, file: str, most: int) -> None:
    """Raises GradcliError (limit) for a file that is, or unpacks to, more bytes than are allowed."""
    if count > allowed(most):
        raise limit(
            N_("{file} is larger than {most} megabytes"),
            hint=RAISE,
            file=file,
            most=allowed(most) // 2**20,
            count=needed(count, most),
        )


def real(array: Array, name: str) -> Array:
    """An array as float64: integers and bools as floats.

    Raises GradcliError (input) for complex numbers, Python objects, texts and dates.
    """
    check_size(array.shape, name)
    if array.dtype.kind == "c":
        raise not_real(name)
    if array.dtype.kind not in "fiub":
        raise fault("input", N_("{name} holds {dtype}, not numbers"), name=name, dtype=array.dtype.name)
    with np.errstate(over="ignore"):  # a long double beyond the range is infinite, as when typed
        return np.array(array, dtype=np.float64)


def not_real(name: str) -> GradcliError:
    """The complaint about complex numbers."""
    return fault(
        "input",
        N_("{name} holds complex numbers; only real numbers are differentiated"),
        hint=N_("give the real part and the imaginary part as two variables"),
        name=name,
    )


def from_lists(value: Any, name: str) -> Array:
    """A number, or lists of lists of numbers, as a float64 array.

    "NaN", "Infinity" and "-Infinity" are numbers that JSON lacks. Raises GradcliError (input) for rows of unequal
    length, naming them, and for what is no number.
    """
    shape = _first_shape(value, name)
    check_size(shape, name)
    entries: list[float] = []
    _collect(value, shape, name, "", entries)
    return np.array(entries, dtype=np.float64).reshape(shape)


def _first_shape(value: Any, name: str) -> Shape:
    """The shape that the first entry of each list promises."""
    shape: list[int] = []
    while _is_list(value):
        shape.append(len(value))
        if len(shape) > MAX_AXES:
            check_size(tuple(shape), name)
        value = value[0] if len(value) else None
        if not shape[-1]:
            break
    return tuple(shape)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def _collect(value: Any, shape: Shape, name: str, place: str, entries: list[float]) -> None:
    """Appends the entries of `value`, which must have this shape, in order."""
    if not shape:
        entries.append(_entry(value, name, place))
        return
    if not _is_list(value):
        raise fault(
            "input", N_("{place} is one number where a list of {count} is expected"), place=name + place, count=shape[0]
        )
    if len(value) != shape[0]:
        raise _ragged(name, place, len(value), shape[0])
    for index, item in enumerate(value):
        _collect(item, shape[1:], name, f"{place}[{index}]", entries)


def _ragged(name: str, place: str, count: int, expected: int) -> GradcliError:
    first = "[0]" * place.count("[")
    return fault(
        "input",
        N_("the rows of {name} differ in length: {place} has length {count}, {first} has length {expected}"),
        name=name,
        place=name + place,
        count=count,
        first=name + first,
        expected=expected,
    )


def _entry(value: Any, name: str, place: str) -> float:
    if isinstance(value, (bool, int, float, np.bool_, np.integer, np.floating)):
        try:
            return float(value)
        except OverflowError:
            raise fault("input", N_("{place} is too large for a floating-point number"), place=name + place) from None
    if isinstance(value, str) and value in _NOT_IN_JSON:
        return _NOT_IN_JSON[value]
    if isinstance(value, (complex, np.complexfloating)):
        raise not_real(name)
    if _is_list(value):
        raise fault("input", N_("{place} is a list where one number is expected"), place=name + place)
    shown = "null" if value is None else repr(value) if isinstance(value, str) else type(value).__name__
    raise fault("input", N_("{place} is {value}, not a number"), place=name + place, value=shown)
