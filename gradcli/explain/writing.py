"""Numbers, places and names -> what fills the slots of a sentence: `[2, 4, 6]`, `x[0,2]`. Knows no sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcli.report import Array

MOST_ENTRIES = 25
"""A tensor of more entries is shown by its edges."""


def number(value: float) -> str:
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
    edge = 3 if values.ndim == 1 else 1
    text = np.array2string(
        values, separator=", ", threshold=MOST_ENTRIES, edgeitems=edge, formatter={"float_kind": entry}, max_line_width=10**6)
    return " ".join(text.split())


def place(index: Sequence[int]) -> str:
    """`[0,2]`; nothing for a scalar."""
    return f"[{','.join(map(str, index))}]" if index else ""


def entry(written: str, index: Sequence[int]) -> str:
    """One entry of what was written: `x[2]`, `(x - 1)[2]`."""
    if not index:
        return written
    return f"{written if written.isidentifier() else f'({written})'}{place(index)}"


def listed(names: Sequence[str]) -> str:
    """`a, b, c`"""
    return ", ".join(names)


def first(mask: Array) -> tuple[int, ...]:
    """The first place where the mask holds."""
    return tuple(int(k) for k in np.argwhere(mask)[0])
