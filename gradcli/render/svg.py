"""Boxes and edges -> an SVG picture in layers: every edge goes down. Where things stand is grandalf's layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape

from grandalf.graphs import Edge, Graph, Vertex, graph_core
from grandalf.layouts import SugiyamaLayout, VertexViewer

from gradcli.render.layout import cells

Point = tuple[float, float]

CHARACTER, LINE, PADDING = 7.25, 16.0, 10.0
"""Pixels: the width of a character at 12 px, the height of a line, the room around the text."""
GAP, FALL, MARGIN = 24.0, 44.0, 16.0
"""Pixels between boxes of a layer, between layers, around the picture."""


class _Component(graph_core):  # type: ignore[misc]
    """What hangs together, with its edges in the order they were given: grandalf hands them on as a set, and the
    picture would be another each time."""

    def __init__(self, vertices: Iterable[Vertex], edges: Iterable[Edge], directed: bool) -> None:
        super().__init__(vertices, sorted(edges, key=lambda edge: edge.data), directed)


class _Components(Graph):  # type: ignore[misc]
    component_class = _Component


class _Line:
    """What the layout tells where an edge runs."""

    def __init__(self) -> None:
        self.points: list[Point] = []

    def setpath(self, points: list[Point]) -> None:
        self.points = points


def svg(
    boxes: Sequence[Sequence[str]],
    fills: Sequence[str],
    rounded: Sequence[bool],
    edges: Sequence[tuple[int, int]],
    arrow: str = "arrow",
) -> str:
    """The picture: `boxes` holds the lines of each; an edge is a pair of their numbers. `arrow` is the id of the head
    of an edge."""
    vertices = [Vertex(number) for number in range(len(boxes))]
    for vertex, lines in zip(vertices, boxes, strict=True):
        vertex.view = VertexViewer(max(map(cells, lines)) * CHARACTER + 2 * PADDING, len(lines) * LINE + PADDING)
    drawn = [Edge(vertices[a], vertices[b], data=number) for number, (a, b) in enumerate(dict.fromkeys(edges))]
    for edge in drawn:
        edge.view = _Line()
    width, height = MARGIN, 0.0
    for component in _Components(vertices, drawn).C:
        _lay_out(component, width)
        width = max(vertex.view.xy[0] + vertex.view.w / 2 for vertex in component.V()) + GAP
        height = max(height, *(vertex.view.xy[1] + vertex.view.h / 2 for vertex in component.V()))
    return (
        "\n".join(
            [
                *_head(width - GAP + MARGIN, height + MARGIN, arrow),
                *(_curve(edge, arrow) for edge in drawn),
                *(
                    part
                    for n, vertex in enumerate(vertices)
                    for part in _box(boxes[n], vertex.view, fills[n], rounded[n])
                ),
                "</svg>",
            ]
        )
        + "\n"
    )


def _lay_out(component: _Component, left: float) -> None:
    """Gives each box its place, and each edge the points that it runs through."""
    layout = SugiyamaLayout(component)
    layout.xspace, layout.yspace = GAP, FALL
    layout.dw = layout.dh = 2.0  # of the places where a long edge crosses a layer
    layout.init_all(inverted_edges=[], optimize=True)  # nothing is computed from itself: no edge goes up
    layout.draw()
    shift = left - min(vertex.view.xy[0] - vertex.view.w / 2 for vertex in component.V())
    for vertex in component.V():
        vertex.view.xy = (vertex.view.xy[0] + shift, vertex.view.xy[1] + MARGIN)
    for edge in component.E():
        edge.view.points = [(x + shift, y + MARGIN) for x, y in edge.view.points]


def _head(width: float, height: float, arrow: str) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" '
        'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">'
    )
    yield (
        f'<defs><marker id="{arrow}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>'
    )
    yield f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>'


def _curve(edge: Edge, arrow: str) -> str:
    """From the bottom of one box to the top of another, upright at each point between."""
    above, below = (vertex.view for vertex in edge.v)
    points = [
        (above.xy[0], above.xy[1] + above.h / 2),
        *edge.view.points[1:-1],
        (below.xy[0], below.xy[1] - below.h / 2),
    ]
    path = "".join(
        f" C{x:.1f},{(y + y2) / 2:.1f} {x2:.1f},{(y + y2) / 2:.1f} {x2:.1f},{y2:.1f}"
        for (x, y), (x2, y2) in pairwise(points)
    )
    (x, y), *_ = points
    return f'<path d="M{x:.1f},{y:.1f}{path}" fill="none" stroke="#555" marker-end="url(#{arrow})"/>'


def _box(lines: Sequence[str], view: VertexViewer, fill: str, rounded: bool) -> Iterator[str]:
    x, top = view.xy[0], view.xy[1] - view.h / 2
    corner = view.h / 2 if rounded else 4
    yield (
        f'<rect x="{x - view.w / 2:.1f}" y="{top:.1f}" width="{view.w:.1f}" height="{view.h:.1f}" '
        f'rx="{corner:.1f}" fill="{fill}" stroke="#555"/>'
    )
    for n, line in enumerate(lines):
        colour = ' fill="#555"' if n else ""
        yield (
            f'<text x="{x:.1f}" y="{top + PADDING / 2 + LINE * (n + 0.75):.1f}" text-anchor="middle"{colour}>'
            f"{escape(line)}</text>"
        )
