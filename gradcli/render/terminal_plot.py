"""Curves and surfaces -> a drawing of characters, as wide as the screen: dots of braille, or shades for surfaces."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from gradcli.message import N_, NN_, Message, message
from gradcli.render import layout
from gradcli.render.number_text import number
from gradcli.render.translation import Speak
from gradcli.report import Array
from gradcli.report.exhibits import Curve, Plot

ROWS = 12
"""Lines of one curve; a surface has as many as it has steps upwards, at most twice that."""
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a braille character: four rows of two."""
SHADES = " ░▒▓█"
WIDEST = 100


def draw(plot: Plot, width: int, digits: int, speak: Speak) -> list[str]:
    """The lines of the drawing: each curve under its formula, with its range at the left and that of x below."""
    lines: list[str] = []
    for curve in plot.curves:
        lines += ["", *layout.formula(f"{curve.label} = {curve.formula}" if curve.formula else curve.label, width, "")]
        lines += list((_curve if len(plot.axes) == 1 else _surface)(plot, curve, min(width, WIDEST), digits))
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
    labels = [number(high, min(digits, 4)), number(low, min(digits, 4))]
    column = max(map(len, labels)) + 1
    cells = max(width - column - 2, 10)
    canvas = _dots(x, curve.values, low, high, cells)
    for row in range(ROWS):
        label = labels[0] if row == 0 else labels[1] if row == ROWS - 1 else ""
        yield (f"{label:>{column}} ┤" + "".join(chr(0x2800 + int(c)) for c in canvas[row])).rstrip(chr(0x2800) + " ")
    yield " " * (column + 1) + "└" + "─" * cells
    yield _below(name, x, column + 2, cells, digits)


def _below(name: str, x: Array, start: int, cells: int, digits: int) -> str:
    left, right = number(x[0], min(digits, 4)), number(x[-1], min(digits, 4))
    return " " * start + left + name.center(max(cells - len(left) - len(right), len(name) + 2)) + right


def _dots(x: Array, values: Array, low: float, high: float, cells: int) -> Array:
    """Braille characters as numbers: the polyline through the points, cut where it leaves the range or is no number."""
    wide, tall = 2 * cells, 4 * ROWS
    canvas = np.zeros((ROWS, cells), dtype=int)
    across = _share(x, x.min(), x.max()) * (wide - 1)
    up = _share(values, low, high) * (tall - 1)
    order = np.argsort(across)
    for a, b in pairwise(order):
        if np.isfinite(up[a]) and np.isfinite(up[b]) and abs(up[b] - up[a]) < 4 * tall:
            steps = int(max(abs(across[b] - across[a]), abs(up[b] - up[a]))) + 1
            for t in np.linspace(0, 1, steps + 1):
                _dot(canvas, across[a] + t * (across[b] - across[a]), up[a] + t * (up[b] - up[a]), tall)
    return canvas


def _share(values: Array, low: float, high: float) -> Array:
    """How far each value is on the way from `low` to `high`; 0 where there is no way."""
    with np.errstate(all="ignore"):
        return np.asarray((values / 2 - low / 2) / (high / 2 - low / 2 or 1.0))  # halves: 1e308 - -1e308 is no float


def _dot(canvas: Array, across: float, up: float, tall: int) -> None:
    column, row = round(across), tall - 1 - round(up)
    if 0 <= row < tall:
        canvas[row // 4, column // 2] |= DOTS[row % 4][column % 2]


def _surface(plot: Plot, curve: Curve, width: int, digits: int) -> Iterator[str]:
    (across, x), (up, y) = plot.axes
    low, high = curve.visible()
    labels = [f"{up} = {number(y[-1], min(digits, 4))}", number(y[0], min(digits, 4))]
    column = max(map(len, labels)) + 1
    cells, rows = max(width - column - 2, 10), min(len(y), 2 * ROWS)
    picked = curve.values[np.ix_(_nearest(len(x), cells), _nearest(len(y), rows))]
    share = np.clip(_share(picked, low, high), 0, 1)
    for row in range(rows - 1, -1, -1):
        label = labels[0] if row == rows - 1 else labels[1] if row == 0 else ""
        yield f"{label:>{column}} ┤" + "".join(_shade(v) for v in share[:, row])
    yield " " * (column + 1) + "└" + "─" * cells
    yield _below(across, x, column + 2, cells, digits)
    steps = np.linspace(low, high, len(SHADES) + 1)
    sentence = (
        f"'{mark}'\xa0{number(a, 3)}..{number(b, 3)}" for mark, a, b in zip(SHADES, steps, steps[1:], strict=False)
    )
    yield from layout.wrap("   ".join(sentence), width, " " * (column + 2))


def _shade(share: float) -> str:
    return "?" if np.isnan(share) else SHADES[min(int(share * len(SHADES)), len(SHADES) - 1)]


def _nearest(have: int, want: int) -> Array:
    return np.round(np.linspace(0, have - 1, want)).astype(int)
