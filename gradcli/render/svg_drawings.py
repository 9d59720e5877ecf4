"""Curves, surfaces and matrices -> SVG that stands in a page and takes its colours. Knows no page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise

import numpy as np

from gradcli.render.number_text import number
from gradcli.render.terminal_drawings import nearest, share_of, stretches
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
    return _svg([_frame(), *lines, *_labels(name, x, number(high, 4), number(low, 4))], HIGH)


def _runs(order: Array, inside: Array) -> Iterator[Array]:
    """The stretches of points that are drawn, each a line of its own."""
    edges = [0, *(np.flatnonzero(np.diff(inside.astype(int))) + 1), len(order)]
    for start, end in pairwise(edges):
        if end > start and inside[start]:
            yield order[start:end]


def _path(x: Array, y: Array) -> str:
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="var(--accent)" stroke-width="2"/>'


def _surface(plot: Plot, one: Curve) -> str:
    (across, x), (up, y) = plot.axes
    low, high = one.visible()
    picked = one.values[np.ix_(nearest(len(x), min(len(x), CELLS)), nearest(len(y), min(len(y), CELLS // 2)))]
    share = np.clip(share_of(picked, low, high), 0, 1).T[::-1]
    cells = _cells(share, WIDE - LEFT - 8, HIGH - BELOW - 8)
    top, bottom = f"{up} = {number(y[-1], 4)}", number(y[0], 4)
    return _svg([*cells, _frame(), *_labels(across, x, top, bottom)], HIGH)


def matrix(part: Heatmap) -> str:
    """How large each entry of a matrix is; an entry that is 0 at any point is empty, one that is 0 here has a dot."""
    size = np.nan_to_num(np.abs(part.values), posinf=np.inf)
    largest = float(size[np.isfinite(size)].max(initial=0.0)) or 1.0
    rows, columns = stretches(size.shape[0], CELLS), stretches(size.shape[1], CELLS)
    tiles = np.array([[size[r, c].max(initial=0.0) for c in columns] for r in rows]).reshape(len(rows), len(columns))
    edge = min(24.0, (WIDE - 16) / max(len(columns), 1))
    wide, high = max(edge * len(columns), 1), max(edge * len(rows), 1)  # without entries the frame is still there
    cells = _cells(np.clip(tiles / largest, 0, 1), wide, high, 8, 8)
    frame = f'<rect x="8" y="8" width="{wide:.1f}" height="{high:.1f}" fill="none" stroke="currentColor"/>'
    return _svg([*cells, *_dots(part, tiles, rows, columns, edge), frame], high + 16)


def _dots(part: Heatmap, tiles: Array, rows: list[slice], columns: list[slice], edge: float) -> Iterator[str]:
    for i, j in zip(*np.nonzero(tiles == 0), strict=True):
        if part.pattern is None or part.pattern[rows[i], columns[j]].any():
            x, y = 8 + edge * (j + 0.5), 8 + edge * (i + 0.5)
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.5" fill="currentColor"/>'


def _cells(share: Array, wide: float, high: float, left: float = LEFT, top: float = 8) -> Iterator[str]:
    """Rectangles as strong as their share, row by row from the top."""
    rows, columns = share.shape
    w, h = wide / max(columns, 1), high / max(rows, 1)
    for i, j in zip(*np.nonzero(share > 0), strict=True):
        yield (
            f'<rect x="{left + j * w:.1f}" y="{top + i * h:.1f}" width="{w + 0.3:.1f}" height="{h + 0.3:.1f}" '
            f'fill="var(--accent)" fill-opacity="{0.12 + 0.88 * share[i, j]:.2f}"/>'
        )


def _frame() -> str:
    return (
        f'<rect x="{LEFT}" y="8" width="{WIDE - LEFT - 8}" height="{HIGH - BELOW - 8}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.4"/>'
    )


def _labels(name: str, x: Array, top: str, bottom: str) -> Iterator[str]:
    """The ends of both axes, and the name of the one below."""
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
