"""Parts of a report -> what a notebook shows of them: HTML with formulas for MathJax, and the formulas alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from gradcli.ops.latex_names import latex_name
from gradcli.render import markdown, tex
from gradcli.render.look import Look
from gradcli.render.translation import Speak, english
from gradcli.report import Closed, Definition, Part, Question

_MATHS = re.compile(r"^\$\$\n.*?\n\$\$$|\$[^$\n]+\$", re.M | re.S)
_BLOCK = re.compile(r"^(`{3,}).*?^\1", re.M | re.S)


def html(parts: Iterable[Part], speak: Speak = english) -> str:
    """The answer in Markdown as HTML. Formulas are put aside meanwhile, for Markdown would read their _ and *."""
    from markdown_it import MarkdownIt

    kept: list[str] = []

    def aside(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\ue000{len(kept) - 1}\ue001"

    source = "\n".join(markdown.lines_of(parts, Look(speak=speak)))
    bare = "".join(piece if code else _MATHS.sub(aside, piece) for piece, code in _pieces(source))
    told = str(MarkdownIt("commonmark", {"html": False}).enable("table").render(bare))
    return re.sub("\ue000(\\d+)\ue001", lambda found: escape(kept[int(found[1])], quote=False), told)


def _pieces(source: str) -> Iterator[tuple[str, bool]]:
    """The source in pieces, with whether each is a block of code, in which a $ starts no formula."""
    end = 0
    for block in _BLOCK.finditer(source):
        yield source[end : block.start()], False
        yield block[0], True
        end = block.end()
    yield source[end:], False


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
