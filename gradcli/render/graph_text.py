"""A graph of a computation -> DOT, Mermaid or SVG, whole documents. Knows no tensor and calls no other program."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.message import N_
from gradcli.render.svg import svg
from gradcli.render.translation import Speak, english
from gradcli.report.exhibits import Graph, Vertex
from gradcli.shapes import written

Boxes = Sequence[Sequence[str]]
LONGEST = 40
"""Characters of a label; the middle of a longer one is left out."""
_FILLS = {"leaf": "#d9ead3", "constant": "#eeeeee", "step": "#ffffff", "output": "#cfe2f3"}


def document(graph: Graph, speak: Speak = english) -> str:
    """The whole text in the language that `graph.to` names; what stands in the boxes is said to a person."""
    if graph.to == "svg":
        return picture(graph, speak)
    return {"dot": _dot, "mermaid": _mermaid}[graph.to](graph, _boxes(graph, speak))


def picture(graph: Graph, speak: Speak, arrow: str = "arrow") -> str:
    """The graph as SVG; the id `arrow` stands once on a page of several."""
    return svg(
        _boxes(graph, speak),
        [_FILLS[vertex.kind] for vertex in graph.vertices],
        [vertex.kind == "leaf" for vertex in graph.vertices],
        graph.edges,
        arrow,
    )


def _boxes(graph: Graph, speak: Speak) -> Boxes:
    return [lines(vertex, speak) for vertex in graph.vertices]


def lines(vertex: Vertex, speak: Speak) -> list[str]:
    """What stands in the box: the value, its shape, and who carries its gradient."""
    box = [_short(vertex.label)]
    if vertex.kind != "constant" or vertex.shape:
        box.append(speak(written(vertex.shape)))
    if vertex.kind == "leaf":
        sentence = N_("leaf, {grad_fn}") if vertex.grad_fn else N_("leaf, no gradient")
        box.append(speak.sentence(sentence, grad_fn=vertex.grad_fn))
    elif vertex.grad_fn:
        box.append(vertex.grad_fn)
    return box


def _short(text: str) -> str:
    half = LONGEST // 2 - 1
    return text if len(text) <= LONGEST else f"{text[:half]} … {text[-half:]}"


def _dot(graph: Graph, boxes: Boxes) -> str:
    body = [
        "digraph gradcli {",
        '  node [shape=box, style="rounded,filled", fontname="monospace", fontsize=11];',
        "  edge [arrowsize=0.7];",
    ]
    for number, vertex in enumerate(graph.vertices):
        label = r"\n".join(line.replace("\\", r"\\").replace('"', r"\"") for line in boxes[number])
        body.append(f'  n{number} [label="{label}", fillcolor="{_FILLS[vertex.kind]}"];')
    body += [f"  n{a} -> n{b};" for a, b in graph.edges]
    return "\n".join([*body, "}"]) + "\n"


def _mermaid(graph: Graph, boxes: Boxes) -> str:
    body = ["graph TD"]
    for number, vertex in enumerate(graph.vertices):
        label = "<br/>".join(_entities(line) for line in boxes[number])
        left, right = ("([", "])") if vertex.kind == "leaf" else ("[", "]")
        body.append(f'  n{number}{left}"{label}"{right}')
    body += [f"  n{a} --> n{b}" for a, b in graph.edges]
    for kind, fill in _FILLS.items():
        members = [f"n{number}" for number, vertex in enumerate(graph.vertices) if vertex.kind == kind]
        if members:
            body += [f"  classDef {kind} fill:{fill},stroke:#555,color:#111", f"  class {','.join(members)} {kind}"]
    return "\n".join(body) + "\n"


def _entities(text: str) -> str:
    """Text that Mermaid takes as it is: its own entities are #name;, and * and _ would be Markdown."""
    special = {
        "#": "#35;",
        '"': "#quot;",
        "<": "#lt;",
        ">": "#gt;",
        "&": "#amp;",
        "`": "#96;",
        "*": "#42;",
        "_": "#95;",
    }
    return "".join(special.get(c, c) for c in text)
