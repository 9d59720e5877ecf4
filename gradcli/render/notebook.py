"""Parts of a report -> what a notebook shows of them: HTML, and the formulas alone for MathJax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gradcli.ops.latex_names import latex_name
from gradcli.render import tex
from gradcli.render.formats import Look
from gradcli.render.html_page import STYLE, fragment
from gradcli.render.translation import Speak, english
from gradcli.report import Closed, Definition, Part, Question


def html(parts: Iterable[Part], speak: Speak = english) -> str:
    """The answer as elements with their style, to stand in any page."""
    return f'<style>{STYLE}</style><div class="gradcli">{fragment(parts, Look(speak=speak))}</div>'


def formulas(parts: Iterable[Part]) -> str:
    """The closed forms under each other in one display, as MathJax reads it; empty where there are none."""
    rows = [row for part in parts for row in _rows(part)]
    body = " \\\\\n".join(f"{left} &= {right}" for left, right in rows)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$" if rows else ""


def _rows(part: Part) -> Iterator[tuple[str, str]]:
    match part:
        case Question() if not part.defines:
            yield latex_name(part.output_name), part.latex
        case Closed():
            for closed in (part.jacobian, part.vjp):
                if closed is not None:
                    yield tex.left_side(closed.left_side), closed.latex
                    yield from map(_defined, closed.where)


def _defined(definition: Definition) -> tuple[str, str]:
    return tex.indexed(definition.name), definition.latex
