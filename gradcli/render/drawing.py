"""A graph -> DOT, Mermaid or SVG."""

from __future__ import annotations

from gradcli.report import Graph


def document(graph: Graph) -> str:
    """The whole text in the language that `graph.to` names."""
    return ""
