"""Boxes and edges -> an SVG picture in layers: every edge goes down, a long one through a place of its own in each
layer
it crosses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from xml.sax.saxutils import escape

Edge = tuple[int, int]

CHARACTER, LINE, PADDING = 7.25, 16.0, 10.0
"""Pixels: the width of a character at 12 px, the height of a line, the room around the text."""
GAP, FALL, MARGIN = 24.0, 44.0, 16.0
"""Pixels between boxes of a layer, between layers, around the picture."""
SWEEPS = 6


@dataclass
class _Layers:
    """Where everything stands. Numbers from the number of boxes on are places that only an edge runs through."""

    rows: list[list[int]]
    edges: list[Edge]
    width: Mapping[int, float]
    x: dict[int, float] = field(default_factory=dict)

    def near(self, node: int, upwards: bool) -> list[int]:
        return [a if upwards else b for a, b in self.edges if (b if upwards else a) == node]


def svg(boxes: Sequence[Sequence[str]], fills: Sequence[str], rounded: Sequence[bool], edges: Sequence[Edge]) -> str:
    """The picture: `boxes` holds the lines of each; an edge is a pair of their numbers."""
    layer = _ranks(len(boxes), edges)
    layers, paths = _laid(boxes, edges, layer)
    _ordered(layers)
    _placed(layers)
    tops, height = _tops(boxes, layers.rows)
    return _drawn(boxes, fills, rounded, layers, paths, tops, height)


def _ranks(count: int, edges: Sequence[Edge]) -> list[int]:
    """The layer of each box: below everything it is computed from; a source stands right above its first reader."""
    rank = [0] * count
    for a, b in sorted(edges, key=lambda e: e[1]):
        rank[b] = max(rank[b], rank[a] + 1)
    for node in range(count):
        below = [rank[b] for a, b in edges if a == node]
        if below and not any(b == node for _, b in edges):
            rank[node] = min(below) - 1
    return rank


def _laid(
    boxes: Sequence[Sequence[str]], edges: Sequence[Edge], rank: Sequence[int]
) -> tuple[_Layers, list[list[int]]]:
    rows: list[list[int]] = [[] for _ in range(max(rank, default=0) + 1)]
    width = {}
    for node, lines in enumerate(boxes):
        rows[rank[node]].append(node)
        width[node] = max(map(len, lines)) * CHARACTER + 2 * PADDING
    pieces: list[Edge] = []
    paths = []
    for a, b in dict.fromkeys(edges):
        path = [a]
        for level in range(rank[a] + 1, rank[b]):
            place = len(width)
            width[place] = 2.0
            rows[level].append(place)
            path.append(place)
        path.append(b)
        pieces += list(pairwise(path))
        paths.append(path)
    return _Layers(rows, pieces, width), paths


def _ordered(layers: _Layers) -> None:
    """Each layer in the order of its neighbours' mean place, from above and from below in turn."""
    for sweep in range(SWEEPS):
        upwards = sweep % 2 == 0
        for row in layers.rows if upwards else reversed(layers.rows):
            place = {node: float(k) for r in layers.rows for k, node in enumerate(r)}
            row.sort(key=lambda node, p=place: _mean([p[m] for m in layers.near(node, upwards)], p[node]))  # type: ignore[misc]


def _placed(layers: _Layers) -> None:
    """Left to right without overlap, then each layer drawn towards its neighbours."""
    for row in layers.rows:
        _packed(layers, row, [0.0] * len(row))
    for sweep in range(SWEEPS):
        upwards = sweep % 2 == 0
        for row in layers.rows if upwards else reversed(layers.rows):
            _packed(
                layers, row, [_mean([layers.x[m] for m in layers.near(node, upwards)], layers.x[node]) for node in row]
            )
    left = min(layers.x[n] - layers.width[n] / 2 for row in layers.rows for n in row)
    for node in layers.x:
        layers.x[node] += MARGIN - left


def _packed(layers: _Layers, row: Sequence[int], wanted: Sequence[float]) -> None:
    """Centres as near to those wanted as the widths allow: pushed right where they overlap, then half of it back."""
    centres: list[float] = []
    for node, x in zip(row, wanted, strict=True):
        least = -1e18
        if centres:
            before = row[len(centres) - 1]
            least = centres[-1] + (layers.width[before] + layers.width[node]) / 2 + GAP
        centres.append(max(x, least))
    shift = _mean([w - c for w, c in zip(wanted, centres, strict=True)], 0.0)
    layers.x.update({node: c + shift for node, c in zip(row, centres, strict=True)})


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _tops(boxes: Sequence[Sequence[str]], rows: Sequence[Sequence[int]]) -> tuple[list[tuple[float, float]], float]:
    """The top and the height of each layer, and the height of the picture."""
    tops, y = [], MARGIN
    for row in rows:
        tall = max((len(boxes[node]) * LINE + PADDING for node in row if node < len(boxes)), default=LINE)
        tops.append((y, tall))
        y += tall + FALL
    return tops, y - FALL + MARGIN


def _drawn(
    boxes: Sequence[Sequence[str]],
    fills: Sequence[str],
    rounded: Sequence[bool],
    layers: _Layers,
    paths: Sequence[Sequence[int]],
    tops: Sequence[tuple[float, float]],
    height: float,
) -> str:
    level = {node: k for k, row in enumerate(layers.rows) for node in row}
    right = max(layers.x[n] + layers.width[n] / 2 for n in layers.x) + MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {right:.0f} {height:.0f}" '
        'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">',
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>',
        f'<rect width="{right:.0f}" height="{height:.0f}" fill="white"/>',
    ]
    out += [_curve(path, layers, level, tops, boxes) for path in paths]
    for node, lines in enumerate(boxes):
        top, tall = _box(node, level, tops, boxes)
        out += _text(lines, layers.x[node], top, tall, layers.width[node], fills[node], rounded[node])
    return "\n".join([*out, "</svg>"]) + "\n"


def _box(
    node: int, level: Mapping[int, int], tops: Sequence[tuple[float, float]], boxes: Sequence[Sequence[str]]
) -> tuple[float, float]:
    """The top and the height of a box, in the middle of its layer; of a place in an edge, the whole layer."""
    top, tall = tops[level[node]]
    if node >= len(boxes):
        return top, tall
    own = len(boxes[node]) * LINE + PADDING
    return top + (tall - own) / 2, own


def _curve(
    path: Sequence[int],
    layers: _Layers,
    level: Mapping[int, int],
    tops: Sequence[tuple[float, float]],
    boxes: Sequence[Sequence[str]],
) -> str:
    x, (top, tall) = layers.x[path[0]], _box(path[0], level, tops, boxes)
    y = top + tall
    told = [f"M{x:.1f},{y:.1f}"]
    for node in path[1:]:
        below, tall = _box(node, level, tops, boxes)
        middle = (y + below) / 2
        told.append(f"C{x:.1f},{middle:.1f} {layers.x[node]:.1f},{middle:.1f} {layers.x[node]:.1f},{below:.1f}")
        x, y = layers.x[node], below
        if node >= len(boxes):
            y = below + tall
            told.append(f"L{x:.1f},{y:.1f}")
    return f'<path d="{" ".join(told)}" fill="none" stroke="#555" marker-end="url(#arrow)"/>'


def _text(lines: Sequence[str], x: float, top: float, tall: float, width: float, fill: str, rounded: bool) -> list[str]:
    corner = tall / 2 if rounded else 4
    return [
        f'<rect x="{x - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" height="{tall:.1f}" '
        f'rx="{corner:.1f}" fill="{fill}" stroke="#555"/>',
        *(
            f'<text x="{x:.1f}" y="{top + PADDING / 2 + LINE * (n + 0.75):.1f}" text-anchor="middle"'
            f"{'' if n == 0 else ' fill=' + chr(34) + '#555' + chr(34)}>{escape(line)}</text>"
            for n, line in enumerate(lines)
        ),
    ]
