"""`gradcli graph`: PyTorch's names, every edge once, and three kinds of document that are well formed."""

from __future__ import annotations

import json
import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gradcli.commands.graph import run
from gradcli.message import GradcliError
from gradcli.render.as_json import as_object
from gradcli.render.graph_text import document
from gradcli.render.svg import svg
from gradcli.render.text import lines_of
from gradcli.report.exhibits import Graph
from gradcli.request import Request
from gradcli.schema import report_schema
from gradcli.visible import visible

VALID = Draft202012Validator(report_schema())
NETWORK = "h = relu(x @ w + b); s = softmax(h, dim=1); -(y*log(s)).sum(1).mean() + 0.1*(w**2).sum()"
POINT = {"x": "1,2:3,4", "w": "1,0:0,1", "b": "0.1,0.2", "y": "1,0:0,1"}


def graph(expression: str, to: str = "dot", **inputs: str) -> Graph:
    return next(part for part in run(Request(expression, "graph", inputs, to=to)) if isinstance(part, Graph))


def test_the_names_are_pytorch_s() -> None:
    found = {vertex.label: vertex.grad_fn for vertex in graph("x**2 + exp(x)", x="1,2").vertices}
    assert found == {
        "x": "AccumulateGrad",
        "2": None,
        "x**2": "PowBackward0",
        "exp(x)": "ExpBackward0",
        "x**2 + exp(x)": "AddBackward0",
    }


def test_a_value_outside_wrt_is_a_leaf_without_a_gradient() -> None:
    parts = run(Request("x*w", "graph", {"x": "1", "w": "2"}, wrt=("x",)))
    found = next(part for part in parts if isinstance(part, Graph))
    assert [v.grad_fn for v in found.vertices if v.label == "w"] == [None]


@pytest.mark.parametrize("to", ["dot", "mermaid", "svg"])
def test_every_value_and_edge_is_in_the_document(to: str) -> None:
    found = graph(NETWORK, to, **POINT)
    text = document(found)
    edges = {"dot": r"n\d+ -> n\d+;", "mermaid": r"n\d+ --> n\d+", "svg": "marker-end="}[to]
    assert len(re.findall(edges, text)) == len(found.edges)
    for vertex in found.vertices:
        assert vertex.grad_fn is None or vertex.grad_fn in text


def boxes_of(picture: str) -> list[tuple[float, ...]]:
    """x, y, width and height of each."""
    return [
        tuple(float(box.attrib[k]) for k in ("x", "y", "width", "height"))
        for box in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}rect")
        if "rx" in box.attrib
    ]


def overlapping(boxes: list[tuple[float, ...]]) -> bool:
    return any(
        x < x2 + w2 and x2 < x + w and y < y2 + h2 and y2 < y + h
        for (x, y, w, h), (x2, y2, w2, h2) in combinations(boxes, 2)
    )


def test_the_svg_is_xml_and_no_two_boxes_overlap() -> None:
    boxes = boxes_of(document(graph(NETWORK, "svg", **POINT)))
    assert len(boxes) > 10 and not overlapping(boxes)


def test_boxes_that_overlap_are_seen() -> None:
    assert overlapping([(0, 0, 9, 9), (20, 0, 9, 9), (25, 5, 9, 9)])


@given(st.lists(st.text(), min_size=1, max_size=12), st.data())
def test_any_graph_is_drawn_downwards_without_overlaps_and_always_alike(labels: list[str], data: st.DataObject) -> None:
    size = len(labels)
    lines = [[label or "x", "2×2"][: 1 + n % 2] for n, label in enumerate(map(visible, labels))]
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda pair: pair[0] < pair[1])
    edges = data.draw(st.lists(pairs, max_size=20)) if size > 1 else []
    picture = svg(lines, ["#fff"] * size, [False] * size, edges)
    assert picture == svg(lines, ["#fff"] * size, [False] * size, edges)
    boxes = boxes_of(picture)
    assert len(boxes) == size and not overlapping(boxes)
    drawn = re.findall(r'<path d="M([-\d.]+),([-\d.]+).* ([-\d.]+),([-\d.]+)" fill="none"', picture)
    for (a, b), (x, y, x2, y2) in zip(dict.fromkeys(edges), drawn, strict=True):
        (left, top, width, height), (left2, top2, width2, _) = boxes[a], boxes[b]
        assert (float(x), float(y)) == pytest.approx((left + width / 2, top + height), abs=0.2)
        assert (float(x2), float(y2)) == pytest.approx((left2 + width2 / 2, top2), abs=0.2)
        assert top + height < top2


def test_what_a_language_reads_as_its_own_is_written_out() -> None:
    assert 'label="einsum(\\"ij->i\\", x)' in document(graph('einsum("ij->i", x)', x="1,2:3,4"))
    assert "#quot;ij-#gt;i#quot;" in document(graph('einsum("ij->i", x)', "mermaid", x="1,2:3,4"))
    assert "x &lt; 1" in document(graph("where(x < 1, x, x**2)", "svg", x="1,2"))


def test_the_screen_shows_the_document_and_nothing_else() -> None:
    lines = [line.text for lines in lines_of(run(Request("x*2", "graph", {"x": "1"}))) for line in lines]
    assert (lines[0], lines[-1]) == ("digraph gradcli {", "}")


def test_another_language_is_refused_with_the_nearest() -> None:
    with pytest.raises(GradcliError) as told:
        graph("x", "mermad", x="1")
    assert "--to mermaid" in str(told.value.hint)


def test_the_schema_holds() -> None:
    parts = tuple(run(Request(NETWORK, "graph", POINT, to="mermaid")))
    VALID.validate(json.loads(json.dumps(as_object(parts))))
