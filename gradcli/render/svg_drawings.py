"""Curves, surfaces and matrices -> SVG that stands in a page and takes its colours. Knows no page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np

from gradcli.message import N_, Message, message
from gradcli.render.number_text import number
from gradcli.render.terminal_drawings import nearest, share_of, steps, stretches
from gradcli.report import Array
from gradcli.report.additions import Heatmap
from gradcli.report.exhibits import Curve, Plot

WIDE, HIGH, LEFT, BELOW = 640, 220, 64, 24
"""Pixels of a drawing, and of its margins for labels."""
CELLS = 60
"""A matrix larger than this is drawn in tiles, each as strong as its largest entry."""


def curve(plot: Plot, one: Curve) -> str:
    """One curve over its range, cut where it leaves what is worth showing; a surface as shades."""
    if len(plot.axes) == 2:
        return _surface(plot, one)
    ((name, x),) = plot.axes
    low, high = one.visible()
    across = LEFT + share_of(x, float(x.min()), float(x.max())) * (WIDE - LEFT - 8)
    up = 8 + (1 - share_of(one.values, low, high)) * (HIGH - BELOW - 8)
    inside = np.isfinite(one.values) & (one.values >= low) & (one.values <= high)
    order = np.argsort(x)
    lines = [_path(across[run], up[run]) for run in _runs(order, inside[order])]
    return _svg([_frame(), *lines, *_labels(name, x[order], number(high, 4), number(low, 4))], HIGH)


def _runs(order: Array, inside: Array) -> Iterator[Array]:
    """The stretches of points that are drawn, each a line of its own."""
    edges = [0, *(np.flatnonzero(np.diff(inside.astype(int))) + 1), len(order)]
    for start, end in pairwise(edges):
        if end > start and inside[start]:
            yield order[start:end]


def _path(x: Array, y: Array) -> str:
    if len(x) == 1:  # no line is as long as a point
        return _dot(x[0], y[0], 2, "var(--accent)")
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="var(--accent)" stroke-width="2"/>'


def _dot(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}"/>'


def _surface(plot: Plot, one: Curve) -> str:
    (across, x), (up, y) = plot.axes
    low, high = one.visible()
    picked = one.values[np.ix_(nearest(len(x), min(len(x), CELLS)), nearest(len(y), min(len(y), CELLS // 2)))].T[::-1]
    share = np.where(np.isfinite(picked), np.clip(share_of(picked, low, high), 0, 1), np.nan)
    grid = _Grid((WIDE - LEFT - 8) / share.shape[1], (HIGH - BELOW - 8) / share.shape[0], LEFT)
    labels = _labels(across, x, f"{up} = {number(y[-1], 4)}", number(y[0], 4))
    key = _key(low, high, HIGH) if np.isfinite(one.values).any() else ()
    return _svg([*grid.cells(share), *grid.marks(np.isnan(share)), _frame(), *labels, *key], HIGH + 24)


def surface_meaning(one: Curve) -> Iterator[Message]:
    """What the colours and marks of a surface stand for."""
    yield message(N_("the stronger the colour, the larger the value"))
    yield from _undefined(one.values)


def matrix(part: Heatmap) -> str:
    """How large each entry of a matrix is; an entry that is 0 at any point is empty, one that is 0 here has a dot."""
    size = np.abs(part.values)
    largest = float(size[np.isfinite(size)].max(initial=0.0))
    rows, columns = _tiles(part)
    tiles = np.array([[size[r, c].max(initial=0.0) for c in columns] for r in rows]).reshape(len(rows), len(columns))
    share = np.where(np.isfinite(tiles) & (tiles > 0), tiles / (largest or 1.0), np.nan)
    edge = min(24.0, (WIDE - 16) / max(len(columns), 1))
    grid = _Grid(edge, edge, 8)
    wide, high = max(edge * len(columns), 1), max(edge * len(rows), 1)  # without entries the frame is still there
    frame = f'<rect x="8" y="8" width="{wide:.1f}" height="{high:.1f}" fill="none" stroke="currentColor"/>'
    possible = [[part.pattern is None or part.pattern[r, c].any() for c in columns] for r in rows]
    zeros = (tiles == 0) & np.array(possible, dtype=bool).reshape(tiles.shape)
    key = _key(0.0, largest, high + 16) if largest else ()
    content = [*grid.cells(share), *grid.marks(~np.isfinite(tiles)), *grid.dots(zeros), frame, *key]
    return _svg(content, high + 40 if largest else high + 16)


def matrix_meaning(part: Heatmap) -> Iterator[Message]:
    """What the colours and marks of a matrix stand for."""
    yield message(N_("the stronger the colour, the larger |entry|"))
    if part.pattern is None:
        yield message(N_("a cell with a dot is 0 at these numbers"))
    else:
        yield message(N_("a cell with a dot is 0 at these numbers, an empty one is 0 at any"))
    yield from _undefined(part.values)
    (high, wide), (rows, columns) = part.values.shape, map(len, _tiles(part))
    if (rows, columns) != (high, wide):
        yield message(
            N_("each cell stands for about {a}×{b} entries and shows the largest of them"),
            a=-(-high // rows),
            b=-(-wide // columns),
        )


def _undefined(values: Array) -> Iterator[Message]:
    if not np.isfinite(values).all():
        yield message(N_("a cell with ? is not finite"))


def _tiles(part: Heatmap) -> tuple[list[slice], list[slice]]:
    """The rows and the columns of the matrix that each row and each column of cells stands for."""
    high, wide = part.values.shape
    return stretches(high, CELLS), stretches(wide, CELLS)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells row by row from the top: pixels of one cell, and of the margin at the left."""

    wide: float
    high: float
    left: float

    def cells(self, share: Array) -> Iterator[str]:
        """Rectangles as strong as their share; none where it is no number."""
        for i, j in zip(*np.nonzero(np.isfinite(share)), strict=True):
            yield _shade(self.left + j * self.wide, 8 + i * self.high, self.wide + 0.3, self.high + 0.3, share[i, j])

    def marks(self, undefined: Array) -> Iterator[str]:
        """A question mark in each of these cells."""
        size = min(12.0, self.wide, self.high)
        for x, y in self._centres(undefined):
            yield (
                f'<text x="{x:.1f}" y="{y + size / 3:.1f}" text-anchor="middle" font-size="{size:.1f}" '
                'fill="currentColor">?</text>'
            )

    def dots(self, zeros: Array) -> Iterator[str]:
        """A dot in each of these cells."""
        return (_dot(x, y, 1.5, "currentColor") for x, y in self._centres(zeros))

    def _centres(self, cells: Array) -> Iterator[tuple[float, float]]:
        for i, j in zip(*np.nonzero(cells), strict=True):
            yield self.left + self.wide * (j + 0.5), 8 + self.high * (i + 0.5)


def _shade(x: float, y: float, wide: float, high: float, share: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" '
        f'fill="var(--accent)" fill-opacity="{0.12 + 0.88 * share:.2f}"/>'
    )


def _key(low: float, high: float, top: float) -> Iterator[str]:
    """Samples of the colour, each with the values that it stands for."""
    for n, values in enumerate(steps(low, high, 4, 3)):
        left = 8 + n * (WIDE - 16) / 4
        yield _shade(left, top + 4, 14, 14, (n + 0.5) / 4)
        yield _text(left + 20, top + 15, "start", values)


def _frame() -> str:
    return (
        f'<rect x="{LEFT}" y="8" width="{WIDE - LEFT - 8}" height="{HIGH - BELOW - 8}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.4"/>'
    )


def _labels(name: str, x: Array, top: str, bottom: str) -> Iterator[str]:
    """The ends of both axes, and the name of the one below, whose values `x` stand from left to right."""
    base = HIGH - 6
    yield _text(LEFT - 6, 20, "end", top)
    yield _text(LEFT - 6, HIGH - BELOW, "end", bottom)
    yield _text(LEFT, base, "start", number(x[0], 4))
    yield _text((LEFT + WIDE) / 2, base, "middle", name)
    yield _text(WIDE - 8, base, "end", number(x[-1], 4))


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="currentColor">{escape(text)}</text>'


def _svg(content: list[str], high: float) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high:.0f}" width="{WIDE}" font-size="12">'
    return "\n".join([head, *content, "</svg>"])
