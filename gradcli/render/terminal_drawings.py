"""Curves, surfaces and matrices -> drawings of characters, as wide as the screen: dots of braille, or shades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from gradcli.message import N_, NN_, Message, message
from gradcli.render import layout
from gradcli.render.number_text import number
from gradcli.render.translation import Speak
from gradcli.report import Array
from gradcli.report.additions import Heatmap
from gradcli.report.exhibits import Curve, Plot

ROWS, MATRIX_ROWS, WIDEST = 12, 40, 100
"""Lines of one curve and of a matrix; a surface has as many as it has steps upwards, at most twice a curve's."""
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a braille character: four rows of two."""
SHADES = "░▒▓█"
NEVER, ZERO, UNDEFINED = " ", "·", "?"


# Curves and surfaces


def draw_plot(plot: Plot, width: int, digits: int, speak: Speak) -> list[str]:
    """The lines of the drawing: each curve under its formula, with its range at the left and that of x below."""
    draw, lines = _curve if len(plot.axes) == 1 else _surface, list[str]()
    for curve in plot.curves:
        lines += ["", *layout.formula(f"{curve.label} = {curve.formula}" if curve.formula else curve.label, width, "")]
        lines += list(draw(plot, curve, min(width, WIDEST), min(digits, 4)))
        lines += [row for remark in remarks(curve) for row in layout.wrap(speak(remark), width, "  ")]
    return lines


def remarks(curve: Curve) -> Iterator[Message]:
    """What a drawing does not show: values outside it, values that are not finite, and whether PyTorch agrees."""
    low, high = curve.visible()
    outside = int(np.sum((curve.values < low) | (curve.values > high)))
    undefined = int(np.sum(~np.isfinite(curve.values)))
    if outside - undefined > 0 and undefined < curve.values.size:
        sentence = NN_("{count} value lies outside what is drawn", "{count} values lie outside what is drawn")
        yield message(sentence, count=outside)
    if undefined:
        yield message(NN_("{count} value is not finite", "{count} values are not finite"), count=undefined)
    if curve.agrees:
        yield message(
            N_("the formula and PyTorch agree at all {count} points; the largest difference is {difference}"),
            count=curve.values.size,
            difference=number(curve.max_abs_diff or 0.0, 2),
        )
    elif curve.order and not curve.formula:
        yield message(N_("PyTorch's values: there is no closed form within the time allowed"))


def _curve(plot: Plot, curve: Curve, width: int, digits: int) -> Iterator[str]:
    ((name, x),) = plot.axes
    low, high = curve.visible()
    labels = number(high, digits), number(low, digits)
    canvas = _dots(x, curve.values, low, high, _cells(labels, width))
    rows = ["".join(chr(0x2800 + int(c)) for c in row).rstrip(chr(0x2800)) for row in canvas]
    return _framed(rows, labels, name, np.sort(x), width, digits)


def _surface(plot: Plot, curve: Curve, width: int, digits: int) -> Iterator[str]:
    (across, x), (up, y) = plot.axes
    low, high = curve.visible()
    labels = f"{up} = {number(y[-1], digits)}", number(y[0], digits)
    columns = nearest(len(x), _cells(labels, width))
    picked = curve.values[np.ix_(columns, nearest(len(y), min(len(y), 2 * ROWS)))]
    shades = " " + SHADES
    share = np.clip(share_of(picked, low, high), 0, 1)
    rows = ["".join("?" if np.isnan(v) else _shade(v, shades) for v in row) for row in share.T[::-1]]
    yield from _framed(rows, labels, across, x, width, digits)
    yield from layout.wrap("   ".join(_ranges(shades, low, high, 3)), width, " " * (_column(labels) + 2))


def _column(labels: Sequence[str]) -> int:
    return max(map(len, labels)) + 1


def _cells(labels: Sequence[str], width: int) -> int:
    """How many characters of a line are left for the drawing."""
    return max(width - _column(labels) - 2, 10)


def _framed(
    rows: Sequence[str], labels: tuple[str, str], name: str, x: Array, width: int, digits: int
) -> Iterator[str]:
    """The rows with a label at the first and the last, and under them the ends of x, whose values stand from left to
    right."""
    column, cells = _column(labels), _cells(labels, width)
    for n, row in enumerate(rows):
        label = labels[0] if n == 0 else labels[1] if n == len(rows) - 1 else ""
        yield f"{label:>{column}} ┤{row}"
    yield " " * (column + 1) + "└" + "─" * cells
    left, right = number(x[0], digits), number(x[-1], digits)
    yield " " * (column + 2) + left + name.center(max(cells - len(left) - len(right), len(name) + 2)) + right


def _dots(x: Array, values: Array, low: float, high: float, cells: int) -> Array:
    """Braille characters as numbers: the polyline through the points, cut where it leaves the range or is no number."""
    wide, tall = 2 * cells, 4 * ROWS
    canvas = np.zeros((ROWS, cells), dtype=int)
    across = share_of(x, x.min(), x.max()) * (wide - 1)
    up = share_of(values, low, high) * (tall - 1)
    order = np.argsort(across)
    for a in np.flatnonzero(np.isfinite(up)):  # one without a neighbour is on no line
        _dot(canvas, across[a], up[a], tall)
    for a, b in pairwise(order):
        if np.isfinite(up[a]) and np.isfinite(up[b]) and abs(up[b] - up[a]) < 4 * tall:
            steps = int(max(abs(across[b] - across[a]), abs(up[b] - up[a]))) + 1
            for t in np.linspace(0, 1, steps + 1):
                _dot(canvas, across[a] + t * (across[b] - across[a]), up[a] + t * (up[b] - up[a]), tall)
    return canvas


def _dot(canvas: Array, across: float, up: float, tall: int) -> None:
    column, row = round(across), tall - 1 - round(up)
    if 0 <= row < tall:
        canvas[row // 4, column // 2] |= DOTS[row % 4][column % 2]


def share_of(values: Array, low: float, high: float) -> Array:
    """How far each value is on the way from `low` to `high`; 0 where there is no way."""
    with np.errstate(all="ignore"):
        return np.asarray((values / 2 - low / 2) / (high / 2 - low / 2 or 1.0))  # halves: 1e308 - -1e308 is no float


def nearest(have: int, want: int) -> Array:
    """The places of `want` values, as even as can be, among 0..have-1."""
    return np.round(np.linspace(0, have - 1, want)).astype(int)


def _shade(share: float, shades: str) -> str:
    return shades[min(int(share * len(shades)), len(shades) - 1)]


def _ranges(shades: str, low: float, high: float, digits: int) -> list[str]:
    """What each shade stands for."""
    return [f"'{mark}'\xa0{step}" for mark, step in zip(shades, steps(low, high, len(shades), digits), strict=True)]


def steps(low: float, high: float, count: int, digits: int) -> list[str]:
    """The range in so many parts, each with its ends."""
    return [f"{a}..{b}" for a, b in pairwise(number(end, digits) for end in np.linspace(low, high, count + 1))]


# Matrices


def draw_matrix(part: Heatmap, width: int, digits: int, speak: Speak) -> list[str]:
    """How large each entry is, and where it can be non-zero at all: the lines of the drawing in a frame, and what its
    characters mean. A matrix larger than the screen is drawn in tiles, each as dark as its largest entry."""
    size = np.abs(part.values)
    largest = float(size[np.isfinite(size)].max(initial=0.0))
    rows, columns = stretches(size.shape[0], MATRIX_ROWS), stretches(size.shape[1], min(width, WIDEST) - 4)
    lines = ["  │" + "".join(_mark(part, r, c, largest) for c in columns) + "│" for r in rows]
    frame = "─" * len(columns)
    legend = [_legend(part, largest, digits), *_tiles(part, rows, columns)]
    meaning = [row for sentence in legend for row in layout.wrap(speak(sentence), width, "  ")]
    return ["  ┌" + frame + "┐", *lines, "  └" + frame + "┘", *meaning]


def stretches(have: int, most: int) -> list[slice]:
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
    return _shade(top / largest, SHADES)


def _legend(part: Heatmap, largest: float, digits: int) -> Message:
    shades = ", ".join(_ranges(SHADES, 0.0, largest, min(digits, 3))) if largest else ""
    if part.pattern is None:
        return message(N_("|entry|: {shades}; '·' is 0 at these numbers"), shades=shades)
    return message(N_("|entry|: {shades}; '·' is 0 at these numbers, ' ' is 0 at any"), shades=shades)


def _tiles(part: Heatmap, rows: Sequence[slice], columns: Sequence[slice]) -> Iterator[Message]:
    high, wide = part.values.shape
    if (len(rows), len(columns)) != (high, wide):
        yield message(
            N_("each character stands for about {a}×{b} entries and shows the largest of them"),
            a=-(-high // len(rows)),
            b=-(-wide // len(columns)),
        )
