"""What is drawn, and what is written in a language of its own -> its lines, as three formats show them."""

from __future__ import annotations

from typing import assert_never

from gradcli.render import blocks
from gradcli.render.formats import Look


def verbatim(block: blocks.Drawn, width: int, look: Look) -> tuple[str, list[str]]:
    """The language of the lines, and the lines; a drawing has at most so many columns."""
    match block:
        case blocks.Picture(rows):
            return "text", list(rows)
        case blocks.HeatMap(part):
            from gradcli.render.terminal_drawings import draw_matrix  # which most answers do without

            return "text", draw_matrix(part, width, look.digits, look.speak)
        case blocks.Curves(plot):
            from gradcli.render.terminal_drawings import draw_plot

            return "text", draw_plot(plot, width, look.digits, look.speak)
        case blocks.Diagram(graph):
            from gradcli.render.graph_text import document

            return graph.to, document(graph, look.speak).rstrip("\n").split("\n")
        case blocks.Code(language, text):
            return language, text.rstrip("\n").split("\n")
        case _:
            assert_never(block)
