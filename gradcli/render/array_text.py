"""An array -> lines of text with brackets, commas and aligned columns, so that it can be read and pasted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from gradcli.render import layout
from gradcli.render.number_text import number
from gradcli.report import Array
from gradcli.shapes import Shape, written

LONGEST_ROW, LONGEST_AXIS, LONGEST_OUTER = 12, 8, 4
"""A vector of up to 12, an axis of a matrix of up to 8, any outer axis of up to 4 is shown whole."""

EDGE, OUTER_EDGE = 3, 2
"""How much of a longer one is shown at each end."""

Picks = tuple[int | None, ...]
"""Which positions of an axis are shown; None is the gap between them."""


def lines_of(array: Array, width: int, digits: int = 6, full: bool = False) -> list[str]:
    """The array in at most `width` columns; a row that does not fit shows fewer columns, or goes on in the next line
    where every value was asked for."""
    if array.ndim == 0:
        return [number(array, digits)]
    if array.size == 0:
        return [f"[] ({written(array.shape)})"]
    lines: list[str] = []
    for edge in (EDGE,) if full else range(EDGE, 0, -1):
        picks = _picks(array.shape, edge, full)
        lines = _nested(picks, (), _aligned(array, picks, digits), width)
        if max(map(len, lines)) <= width and (full or array.ndim == 1 or not _continued(lines)):
            break
    return lines


def _picks(shape: Shape, edge: int, full: bool) -> list[Picks]:
    """What is shown of each axis; `edge` is for the last one, whose columns have to fit."""
    rank = len(shape)
    last = _pick(shape[-1], LONGEST_ROW if rank == 1 else LONGEST_AXIS if edge == EDGE else 2 * edge, edge, full)
    rows = [_pick(n, LONGEST_AXIS, EDGE, full) for n in shape[-2:-1]]
    return [*(_pick(n, LONGEST_OUTER, OUTER_EDGE, full) for n in shape[:-2]), *rows, last]


def _pick(n: int, longest: int, edge: int, full: bool) -> Picks:
    if full or n <= max(longest, 2 * edge + 1):
        return tuple(range(n))
    return (*range(edge), None, *range(n - edge, n))


def _continued(lines: Sequence[str]) -> bool:
    """Whether some row was broken: a line of a matrix that does not begin a row."""
    return any(line and not line.lstrip(" ").startswith(("[", "...")) for line in lines)


Aligned = dict[tuple[int, ...], list[str]]
"""The cells of each row that is shown, with nothing after them."""


def _aligned(array: Array, picks: Sequence[Picks], digits: int) -> Aligned:
    """Every shown row as cells whose decimal points stand under each other, column by column."""
    columns = picks[-1]
    rows = list(product(*([i for i in axis if i is not None] for axis in picks[:-1])))
    texts = {row: [_split(None if c is None else number(array[(*row, c)], digits)) for c in columns] for row in rows}
    before = [max(len(texts[row][c][0]) for row in rows) for c in range(len(columns))]
    return {
        row: [" " * (before[c] - len(left)) + left + right for c, (left, right) in enumerate(cells)]
        for row, cells in texts.items()
    }


def _split(text: str | None) -> tuple[str, str]:
    """What stands before the decimal point, and from it on."""
    if text is None:
        return "...", ""
    fraction = re.search(r"[.e]", text) if text[-1].isdigit() else None
    cut = len(text) if fraction is None else fraction.start()
    return text[:cut], text[cut:]


def _nested(picks: Sequence[Picks], at: tuple[int, ...], rows: Aligned, width: int) -> list[str]:
    axis = len(at)
    if axis == len(picks) - 1:
        return _row(rows, at, width - axis)
    inner = [_nested(picks, (*at, i), rows, width) if i is not None else ["..."] for i in picks[axis]]
    gap = [""] if len(picks) - axis > 2 else []
    return list(_bracketed(inner, gap))


def _bracketed(blocks: Sequence[list[str]], gap: list[str]) -> Iterator[str]:
    for k, block in enumerate(blocks):
        closing = "]" if k == len(blocks) - 1 else ","
        for n, line in enumerate(block):
            ending = closing if n == len(block) - 1 else ""
            yield (("[" if k == n == 0 else " ") + line + ending) if line else line
        if k < len(blocks) - 1:
            yield from gap


def _row(rows: Aligned, at: tuple[int, ...], width: int) -> list[str]:
    """One row; padding stands where the columns need it, and the row goes on in the next line where it is too long."""
    lines, line = [], "["
    for c, column in enumerate(zip(*rows.values(), strict=True)):
        cell = rows[at][c]
        last = c == len(rows[at]) - 1
        if len(line) + len(cell) + 1 > width and line.strip("[ "):
            lines.append(line.rstrip())
            line = " "
        line += cell + "]" if last else f"{cell},".ljust(max(map(len, column)) + 2)
    return [*lines, line]


def side_by_side(left: Sequence[str], right: Sequence[str], width: int, gap: int = 4) -> list[str] | None:
    """Two blocks beside each other, or None where they do not fit."""
    left_width = max(map(layout.cells, left), default=0)
    if left_width + gap + max(map(layout.cells, right), default=0) > width:
        return None
    rows = max(len(left), len(right))
    padded = ([*block, *[""] * (rows - len(block))] for block in (left, right))
    return [(layout.pad(a, left_width + gap) + b).rstrip() for a, b in zip(*padded, strict=True)]
