"""Tensor text -> float64 array: `-3`, `[[1,2],[3,4]]`, `eye:5`, `1,2:3,4`. Knows no files; what is none of these forms
is left to the caller."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.message import N_, GradcliError, Span, fault, limit
from gradcli.report import Array
from gradcli.shapes import Shape
from gradcli.streams import Stream
from gradcli.tensors.nested import MAX_AXES, check_size, from_lists

_UNCOUNTED = 2.0**62
"""More entries than are worth telling apart."""

CONSTRUCTORS = ("eye", "ones", "zeros", "full", "linspace", "arange", "rand", "randn")
_EXAMPLES = {
    "eye": ("eye:5", "eye(5)"), "ones": ("ones:2x3", "ones(2, 3)"), "zeros": ("zeros:3", "zeros(3)"),
    "full": ("full:2x3:7", "full((2, 3), 7)"), "linspace": ("linspace:-1:1:5", "linspace(-1, 1, 5)"),
    "arange": ("arange:6", "arange(6)"), "rand": ("rand:3", "rand(3)"), "randn": ("randn:2x3", "randn(2, 3)"),
}  # fmt: skip

_PLAIN = str.maketrans("−–×、\u00a0\u3000\t\n\r", "--x,     ") | {
    wide: wide - 0xFEE0
    for wide in range(0xFF01, 0xFF5F)  # the fullwidth forms of ASCII
}
_DIGITS = r"(?:[0-9]++(?:_[0-9]++)*+\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?"
_NUMBER = re.compile(rf"[-+]?(?:{_DIGITS}|inf(?:inity)?|nan|pi)", re.IGNORECASE)
_PIECE = re.compile(rf"\s*(?:(?P<number>{_NUMBER.pattern})(?![\w.])|(?P<word>True|False)\b|(?P<mark>[\[\](),]))", re.I)


def plain(text: str) -> str:
    """Tensor text with the signs that people's keyboards and editors make of - , : and x turned back."""
    return text.translate(_PLAIN).strip()


def read_text(text: str, name: str, generator: Stream) -> Array | None:
    """The array that a plain form names, or None where the text is none: then it is an expression, if anything.

    Raises GradcliError: input for a form with a mistake in it, limit for one that names too many entries.
    """
    if _NUMBER.fullmatch(text):
        return np.array(number(text, name), dtype=np.float64)
    if text[:1] in ("[", "("):
        lists = _lists(text, name)
        return None if lists is None else from_lists(lists, name)
    word, colon, rest = text.partition(":")
    if word.strip() in CONSTRUCTORS:
        if not colon:
            raise _misformed(word, [], name, N_("{word} alone does not say the size of {name}"))
        return _construct(word.strip(), [part.strip() for part in rest.split(":")], name, generator)
    return _rows(text, name)


def number(text: str, name: str) -> float:
    """One number as written.

    Raises GradcliError (limit) where it is beyond the largest float64.
    """
    bare = text.replace("_", "").lower()
    if bare.endswith("pi"):
        return -math.pi if bare.startswith("-") else math.pi
    value = float(bare)
    if math.isinf(value) and "inf" not in bare:
        shown = text if len(text) < 30 else text[:12] + "…"
        raise limit(N_("{number} in {name} is beyond the largest float64, 1.8e308"), number=shown, name=name)
    return value


def _lists(text: str, name: str) -> Any:
    """Nested lists of numbers, or None where something else stands in them (`[pi/2, sin(1)]` is an expression)."""
    check_size((text.count(","),), name)
    top: list[Any] = []
    stack: list[list[Any]] = [top]
    opened: list[int] = []
    place, after_item = 0, False
    while place < len(text):
        piece = _PIECE.match(text, place)
        if piece is None or (not opened and top):
            return _not_lists(text, name, opened)
        place, mark = piece.end(), piece["mark"]
        if mark in ("[", "("):
            if after_item:
                return None
            if len(opened) > MAX_AXES:
                raise fault("input", N_("the lists of {name} lie more than {most} deep"), name=name, most=MAX_AXES)
            stack.append([])
            opened.append(piece.start("mark"))
        elif mark in ("]", ")"):
            if not opened or text[opened[-1]] != "[("["])".index(mark)]:
                return None
            opened.pop()
            if mark == ")" and after_item and len(stack[-1]) == 1:
                return None  # (3) is the number 3
            stack[-2].append(stack.pop())
            after_item = True
            continue
        elif mark == ",":
            if not after_item:
                return None
        elif after_item:
            return None
        else:
            stack[-1].append(piece["word"].lower() == "true" if piece["word"] else number(piece["number"], name))
        after_item = mark is None
    return top[0] if not opened else _not_lists(text, name, opened)


def _not_lists(text: str, name: str, opened: list[int]) -> None:
    """Complains about a list that is never closed; anything else may be an expression."""
    depth = text.count("[") + text.count("(") - text.count("]") - text.count(")")
    if not opened or depth <= 0:
        return
    closers = "".join("]" if text[place] == "[" else ")" for place in reversed(opened))
    raise fault(
        "input",
        N_("the bracket {bracket} of {name} is never closed"),
        hint=N_("did you mean {repair} ?"),
        bracket=text[opened[-1]],
        name=name,
        repair=text[:200] + closers,
    ).at(Span(opened[-1], opened[-1] + 1), text)


def _rows(text: str, name: str) -> Array | None:
    """`1,2,3` and `1,2:3,4`; a trailing colon makes one row a matrix."""
    if not ("," in text or ":" in text):
        return None
    check_size((max(text.count(","), text.count(":")),), name)
    rows = [row.strip().rstrip(",") for row in text.removesuffix(":").split(":")]
    entries = [[entry.strip() for entry in row.split(",")] for row in rows]
    odd = [entry for row in entries for entry in row if not _NUMBER.fullmatch(entry)]
    if odd:
        _check_entry(text, name, odd[0], sum(map(len, entries)))
        return None
    values = [[number(entry, name) for entry in row] for row in entries]
    return from_lists(values if ":" in text else values[0], name)


def _check_entry(text: str, name: str, entry: str, count: int) -> None:
    """Complains where all entries but one are numbers; otherwise the text may be an expression."""
    others = len(_NUMBER.findall(text))
    if any(mark in text for mark in "()[]{}@*'\"") or others < count - 1 or not others:
        return
    if not entry:
        raise fault("input", N_("an entry of {name} is empty: two separators stand side by side"), name=name).at(
            Span(0, len(text)), text
        )
    start = text.find(entry)
    raise fault(
        "input",
        N_("'{entry}' in {name} is not a number"),
        hint=N_("write numbers as 1,2,3, rows apart by a colon: 1,2:3,4"),
        entry=entry,
        name=name,
    ).at(Span(start, start + len(entry)), text)


def _construct(word: str, parts: list[str], name: str, generator: Stream) -> Array:
    """`word:part:part…`; every size is checked before anything is made."""
    fills: dict[str, Callable[[Shape], Any]] = {
        "ones": np.ones,
        "zeros": np.zeros,
        "rand": generator.random,
        "randn": generator.standard_normal,
    }
    makers = {"eye": _eye, "full": _full, "linspace": _linspace, "arange": _arange}
    array = makers[word](parts, name) if word in makers else fills[word](_only_sizes(word, parts, name))
    return np.asarray(array, dtype=np.float64)


def _misformed(
    word: str, parts: list[str], name: str, sentence: str = N_("{text} does not say what {name} is")
) -> GradcliError:
    text, (colons, call) = ":".join([word, *parts]), _EXAMPLES[word]
    hint = N_('write {colons} or "{call}"')
    error = fault("input", sentence, hint, text=text, word=word, name=name, colons=colons, call=call)
    return error.at(Span(0, len(text)), text)


def _only_sizes(word: str, parts: list[str], name: str) -> Shape:
    if len(parts) != 1:
        raise _misformed(word, parts, name)
    return _sizes(word, parts, name)


def _sizes(word: str, parts: list[str], name: str) -> Shape:
    """`2x3` or `2,3`."""
    if not re.fullmatch(r"[0-9]{1,12}([x,][0-9]{1,12})*", parts[0], re.IGNORECASE):
        raise _misformed(word, parts, name)
    shape = tuple(map(int, re.split("[x,]", parts[0].lower())))
    check_size(shape, name)
    return shape


def _eye(parts: list[str], name: str) -> Array:
    shape = _only_sizes("eye", parts, name)
    if len(shape) > 2:
        raise _misformed("eye", parts, name)
    check_size((shape[0], shape[-1]), name)
    return np.eye(shape[0], shape[-1])


def _numbers(word: str, parts: list[str], name: str, count: tuple[int, ...]) -> list[float]:
    """As many finite numbers as `count` allows."""
    if len(parts) not in count or not all(_NUMBER.fullmatch(part) for part in parts):
        raise _misformed(word, parts, name)
    values = [number(part, name) for part in parts]
    if not all(map(math.isfinite, values)):
        raise _misformed(word, parts, name)
    return values


def _full(parts: list[str], name: str) -> Array:
    if len(parts) != 2 or not _NUMBER.fullmatch(parts[1]):
        raise _misformed("full", parts, name)
    return np.full(_sizes("full", parts, name), number(parts[1], name))


def _linspace(parts: list[str], name: str) -> Array:
    start, stop, count = _numbers("linspace", parts, name, (3,))
    if count != int(count) or count < 0:
        raise _misformed("linspace", parts, name)
    check_size((int(count),), name)
    return np.linspace(start, stop, int(count))


def _arange(parts: list[str], name: str) -> Array:
    """`arange:6`, `arange:0:6`, `arange:0:6:2`, by NumPy's rule: `stop` is left out."""
    values = _numbers("arange", parts, name, (1, 2, 3))
    start, stop, step = (0.0, values[0], 1.0) if len(values) == 1 else (values[0], values[1], (*values, 1.0)[2])
    if step == 0:
        raise fault("input", N_("the step of {name} is zero"), name=name)
    count = (stop - start) / step
    check_size((math.ceil(max(min(count, _UNCOUNTED), 0)),), name)
    return start + step * np.arange(max(math.ceil(count), 0))
