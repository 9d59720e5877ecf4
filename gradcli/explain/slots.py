"""Numbers, places and sentences -> notes and warnings: what fills the slots, `[2, 4, 6]`, `x[0,2]`. Knows no topic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import SupportsFloat

import numpy as np

from gradcli.message import Sentence, message
from gradcli.report import Array, Note, Warning

MOST_ENTRIES = 25
"""A tensor of more entries is shown by its edges."""


def note(topic: str, sentence: Sentence, /, **values: object) -> Note:
    """A sentence of the explanation with its slots given by name."""
    return Note(topic, message(sentence, **values))


def warning(kind: str, sentence: Sentence, /, **values: object) -> Warning:
    """A warning with its slots given by name."""
    return Warning(kind, message(sentence, **values))


def number(value: SupportsFloat) -> str:
    """Six significant digits: `4`, `0.333333`, `0.0001`, `1e-7`."""
    text = f"{float(value) + 0.0:.6g}"  # -0.0 + 0.0 is 0.0
    digits, e, exponent = text.partition("e")
    return f"{digits}e{int(exponent)}" if e else digits


def tensor(values: Array, undefined: str = "nan") -> str:
    """Nested lists on one line; `undefined` stands where an entry is nan."""

    def entry(value: float) -> str:
        return undefined if np.isnan(value) else number(value)

    if values.ndim == 0:
        return entry(float(values))
    text = np.array2string(
        values,
        separator=", ",
        threshold=MOST_ENTRIES,
        edgeitems=3 if values.ndim == 1 else 1,
        max_line_width=10**6,
        formatter={"float_kind": entry},  # type: ignore[arg-type]  # NumPy's stub wants np.floating
    )
    return " ".join(text.split())


def place(index: Sequence[int]) -> str:
    """`[0,2]`; nothing for a scalar."""
    return f"[{','.join(map(str, index))}]" if index else ""


def entry(written: str, index: Sequence[int]) -> str:
    """One entry of what was written: `x[2]`, `sqrt(x)[2]`, `(x - 1)[2]`."""
    if not index:
        return written
    return f"{written if _is_one_call(written) else f'({written})'}{place(index)}"


def _is_one_call(written: str) -> bool:
    """A name, or a name with one pair of brackets that closes at the end."""
    head, bracket, rest = written.partition("(")
    if re.fullmatch(r"[\w.]+", head) is None or not bracket:
        return written.isidentifier()
    depth = 1
    for k, c in enumerate(rest):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return k == len(rest) - 1
    return False
