"""A matrix of derivatives -> a drawing of characters: how large each entry is, and where it can be non-zero at all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from gradcli.message import N_, Message, message
from gradcli.render import layout
from gradcli.render.number_text import number
from gradcli.render.translation import Speak
from gradcli.report.additions import Heatmap

ROWS, WIDEST = 40, 100
SHADES = "░▒▓█"
NEVER, ZERO, UNDEFINED = " ", "·", "?"


def draw(part: Heatmap, width: int, digits: int, speak: Speak) -> list[str]:
    """The lines of the drawing in a frame, and what its characters mean. A matrix larger than the screen is drawn in
    tiles, each as dark as its largest entry."""
    size = np.abs(part.values)
    largest = float(size[np.isfinite(size)].max(initial=0.0))
    rows, columns = _cuts(size.shape[0], ROWS), _cuts(size.shape[1], min(width, WIDEST) - 4)
    lines = ["  │" + "".join(_mark(part, r, c, largest) for c in columns) + "│" for r in rows]
    frame = "─" * len(columns)
    legend = layout.wrap(speak(_legend(part, largest, digits)), width, "  ")
    return ["  ┌" + frame + "┐", *lines, "  └" + frame + "┘", *legend, *_tiles(part, rows, columns, width, speak)]


def _cuts(have: int, most: int) -> list[slice]:
    """0..have in at most so many stretches, as even as can be."""
    edges = np.linspace(0, have, min(have, most) + 1).round().astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


def _mark(part: Heatmap, rows: slice, columns: slice, largest: float) -> str:
    values = part.values[rows, columns]
    if not np.isfinite(values).all():
        return UNDEFINED
    top = float(np.abs(values).max(initial=0.0))
    if top == 0:
        never = part.pattern is not None and not part.pattern[rows, columns].any()
        return NEVER if never else ZERO
    return SHADES[min(int(top / largest * len(SHADES)), len(SHADES) - 1)]


def _legend(part: Heatmap, largest: float, digits: int) -> Message:
    steps = [number(largest * k / len(SHADES), min(digits, 3)) for k in range(len(SHADES) + 1)]
    shades = (
        ", ".join(f"'{mark}'\xa0{a}..{b}" for mark, a, b in zip(SHADES, steps, steps[1:], strict=False))
        if largest
        else ""
    )
    if part.pattern is None:
        return message(N_("|entry|: {shades}; '·' is 0 at these numbers"), shades=shades)
    return message(N_("|entry|: {shades}; '·' is 0 at these numbers, ' ' is 0 at any"), shades=shades)


def _tiles(part: Heatmap, rows: list[slice], columns: list[slice], width: int, speak: Speak) -> Iterator[str]:
    high, wide = part.values.shape
    if (len(rows), len(columns)) != (high, wide):
        legend = message(
            N_("each character stands for about {a}×{b} entries and shows the largest of them"),
            a=-(-high // len(rows)),
            b=-(-wide // len(columns)),
        )
        yield from layout.wrap(speak(legend), width, "  ")
