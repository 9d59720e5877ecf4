"""Blocks -> HTML: one page that needs nothing else, with MathML, tables and SVG. Knows no screen and no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, assert_never
from zlib import crc32

import numpy as np

from gradcli.message import N_, Message
from gradcli.ops.latex_names import latex_name
from gradcli.render import array_text, blocks
from gradcli.render.answer import agreement, blocks_of
from gradcli.render.formats import Look
from gradcli.render.layout import source_lines
from gradcli.render.mathml import mathml
from gradcli.render.number_text import number
from gradcli.render.tex import indexed, left_side
from gradcli.render.translation import Speak, english
from gradcli.report import Array, Note, Part, Question, Warning
from gradcli.shapes import written
from gradcli.visible import visible

if TYPE_CHECKING:  # which most answers do without
    from gradcli.report.exhibits import Plot

_TABLE = 400
"""Entries; more numbers than these are a text."""
_WIDTH = 100
"""Columns of a text of numbers."""

STYLE = """
.gradcli { --accent: #1f6feb; --quiet: #667; --line: #8884; --good: #1a7f37; --bad: #cf222e; line-height: 1.5; }
.gradcli :is(h1, h2, h3) { line-height: 1.2; margin: 1.4em 0 .4em; }
.gradcli :is(h1, h2, h3, p, li, figcaption, .names td) { overflow-wrap: anywhere; }
.gradcli h1 { font-size: 1.5em; } .gradcli h2 { font-size: 1.15em; border-bottom: 1px solid var(--line); }
.gradcli h3 { font-size: 1.05em; }
.gradcli p, .gradcli ul { margin: .4em 0; max-width: 46em; }
.gradcli pre, .gradcli code, .gradcli td, .gradcli figcaption { font-family: ui-monospace, Menlo, Consolas, monospace; }
.gradcli pre { overflow-x: auto; margin: .5em 0; padding: .5em .8em; background: #8881; border-radius: 4px; }
.gradcli table { border-collapse: collapse; margin: .3em 0; display: block; overflow-x: auto; }
.gradcli :is(td, th) { padding: .1em .7em; border: 1px solid var(--line); text-align: right; font-weight: normal; }
.gradcli .names :is(td, th) { text-align: left; font-family: inherit; }
.gradcli section { border-left: 3px solid var(--line); padding-left: 1em; }
.gradcli .beside { display: flex; flex-wrap: wrap; gap: .2em 2.5em; }
.gradcli figure { margin: .5em 0; max-width: 100%; } .gradcli figcaption { color: var(--quiet); }
.gradcli math { font-size: 1.12em; } .gradcli .formula { overflow: auto hidden; margin: .5em 0; padding: .1em 0; }
.gradcli svg { max-width: 100%; height: auto; }
.gradcli .quiet { color: var(--quiet); } .gradcli .good { color: var(--good); } .gradcli .bad { color: var(--bad); }
.gradcli .warning { border-left: 3px solid var(--accent); padding-left: .8em; }
@media (prefers-color-scheme: dark) {
  .gradcli { --accent: #6cb6ff; --quiet: #9aa4b2; --good: #57ab5a; --bad: #f47067; }
}
"""

_PAGE_STYLE = """
:root { color-scheme: light dark; }
body { font-family: system-ui, sans-serif; margin: 2em auto; padding: 0 1em; max-width: 60em; }
"""


def document(parts: Iterable[Part], look: Look) -> str:
    """The whole answer as a page."""
    parts = tuple(parts)
    title = " ".join([_title(parts), *(part.expression for part in parts if isinstance(part, Question))])
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{look.speak.code}">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_escaped(' '.join(title.split()))}</title>",
            f"<style>{_PAGE_STYLE}{STYLE}</style></head>",
            f'<body><main class="gradcli">{fragment(parts, look)}</main></body>',
            "</html>\n",
        ]
    )


def notebook(parts: Iterable[Part], speak: Speak = english) -> str:
    """The answer with its style, to stand in any page."""
    return f'<style>{STYLE}</style><div class="gradcli" lang="{speak.code}">{fragment(parts, Look(speak=speak))}</div>'


def fragment(parts: Iterable[Part], look: Look) -> str:
    """The answer under its title, as elements that may stand in any page that has the STYLE."""
    parts = tuple(parts)
    return "\n".join([_element("h1", _title(parts)), *_body(parts, look, 2)])


def _title(parts: Sequence[Part]) -> str:
    """The command, and the word that it was asked about."""
    from gradcli.report.exhibits import Function, Listing, Page  # which most answers do without

    for part in parts:
        match part:
            case Question():
                return f"gradcli {part.command}"
            case Function():
                return f"gradcli functions {part.name}"
            case Page():
                return f"gradcli explain {part.topic}"
            case Listing(kind="functions"):
                return "gradcli functions"
            case Listing():
                return "gradcli explain"
    return "gradcli"


def _body(parts: Iterable[Part], look: Look, level: int) -> Iterator[str]:
    """The answer with headings of this level."""
    said = set[str]()
    for is_note, group in groupby(blocks_of(parts), lambda block: isinstance(block, Note)):
        pieces = [piece for block in group for piece in _pieces(block, look, said, level)]
        yield from [f"<ul>{''.join(pieces)}</ul>"] if is_note else pieces


def _pieces(block: blocks.Block, look: Look, said: set[str], level: int) -> Iterable[str]:
    """`said` holds what is said once, and was."""
    say = look.speak
    match block:
        case Question():
            return _question(block, look)
        case blocks.Heading():
            return (_element(f"h{level}", say(block.text)),)
        case blocks.Sentence():
            return (_element("p", say(block.text), block.style),)
        case blocks.Prose():
            return (_element("p", say(block.text)),)
        case Note():
            return (_element("li", say(block.text)),)
        case Warning():
            return (_element("p", say.sentence(N_("note: ")) + say(block.text), "warning"),)
        case blocks.Formula():
            return _formula(block, look)
        case blocks.Legend():
            return _once(((text, _element("p", text, "quiet")) for text in map(say, block.sentences)), said)
        case blocks.Summary():
            return [
                piece for key, one in block.short if key not in said for piece in _short(key, one, look, said, level)
            ]
        case blocks.Numbers():
            return ('<div class="beside">', *(_array(label, array, look) for label, array in block.arrays), "</div>")
        case blocks.Verdict():
            return _verdict(block, look)
        case blocks.EqualCalls():
            rows = (f"<li><code>{_escaped(call)}</code>: {_escaped(say(text))}</li>" for call, text in block.calls)
            return ("<ul>", *rows, "</ul>")
        case blocks.Table():
            return (_names([(_name(name, look), _escaped(say(text))) for name, text in block.rows]),)
        case blocks.NestedAnswer(command, parts):
            return (_element("pre", f"$ {command}"), "<section>", *_body(parts, look, level + 1), "</section>")
        case _:
            return _drawn(block, look)


def _drawn(block: blocks.Drawn, look: Look) -> Iterable[str]:
    """What is drawn, and what is written in a language of its own."""
    match block:
        case blocks.Picture(rows):
            return (_element("pre", "\n".join(rows)),)
        case blocks.HeatMap(part):
            from gradcli.render import svg_drawings  # drawings, which most answers do without

            return svg_drawings.matrix(part), *_quiet(svg_drawings.matrix_meaning(part), look)
        case blocks.Curves(plot):
            return _curves(plot, look)
        case blocks.Diagram(graph):
            from gradcli.render.graph_text import picture

            return (picture(graph, look.speak, f"arrow-{crc32(repr(graph).encode()):x}"),)
        case blocks.Code(_, source):
            return (_element("pre", source.rstrip("\n")),)
        case _:
            assert_never(block)


def _element(tag: str, text: str, style: str = "") -> str:
    kind = f' class="{style}"' if style else ""
    return f"<{tag}{kind}>{_escaped(text)}</{tag}>"


def _escaped(text: str) -> str:
    """What was typed is text, and none of it acts on a page."""
    return escape(visible(text), quote=False) if "\n" not in text else "\n".join(map(_escaped, text.split("\n")))


def _name(name: Message | str, look: Look) -> str:
    return f"<code>{_escaped(name)}</code>" if isinstance(name, str) else _escaped(look.speak(name))


def _names(rows: Iterable[tuple[str, str]]) -> str:
    """Names with what they are, which are markup already."""
    return '<table class="names">' + "".join(f"<tr><th>{a}</th><td>{b}</td></tr>" for a, b in rows) + "</table>"


def _once(pieces: Iterable[tuple[str, str]], said: set[str]) -> Iterator[str]:
    for key, piece in pieces:
        if key not in said:
            said.add(key)
            yield piece


def _short(key: str, block: blocks.Block, look: Look, said: set[str], level: int) -> Iterable[str]:
    said.add(key)
    return _pieces(block, look, said, level)


def _question(part: Question, look: Look) -> Iterator[str]:
    say = look.speak
    yield _element("pre", "\n".join(source_lines(part.expression.strip())))
    yield _maths(part.latex if part.defines else f"{latex_name(part.output_name)} = {part.latex}")
    rows = [(f"<code>{_escaped(name)}</code>", say(written(shape))) for name, shape in part.inputs.items()]
    output, weights = say.sentence(N_("output")), say.sentence(N_("weights"))
    rows.append((f"<code>{part.output_name}</code> ({output})", say(written(part.output_shape))))
    if part.v_given is not None:
        given = f"<code>{_escaped(part.v_given)}</code>"
        rows.append((f"<code>{part.v_name}</code> ({weights})", f"{say(written(part.v_shape or ()))}, {given}"))
    yield _names(rows)


def _maths(latex: str) -> str:
    return f'<div class="formula">{mathml(latex, display=True)}</div>'


def _formula(block: blocks.Formula, look: Look) -> Iterator[str]:
    say = look.speak
    yield _maths(f"{left_side(block.left)} = {block.latex}")
    lead = _escaped(say.sentence(N_("where")))
    for d in block.where:
        equation = mathml(f"{indexed(d.name)} = {d.latex}")
        yield f'<p class="formula">{lead} {equation}</p>'
    if block.matrix and block.shape is None:
        yield _element("pre", _matrix_lines(block))
    rows = [
        (say.sentence(N_("matrix")), f"<code>{_escaped(block.matrix or '')}</code>"),
        (say.sentence(N_("shape")), "" if block.shape is None else _escaped(say(block.shape))),
        (say.sentence(N_("structure")), "" if block.structure is None else _escaped(say(block.structure))),
    ]
    if block.shape is not None:
        yield _names(rows if block.matrix else rows[1:])
    if block.picture:
        yield _element("pre", "\n".join(block.picture))
    if block.entries:
        yield from _entries(block, look)


def _matrix_lines(block: blocks.Formula) -> str:
    """A product in matrix notation: statements stand on lines of their own, where they can be pasted."""
    *statements, last = (block.matrix or "").split("; ")
    return "\n".join([*statements, f"{block.left.whole().text()} = {last}"])


def _entries(block: blocks.Formula, look: Look) -> Iterator[str]:
    width = max(len(left.text()) for left, _ in block.entries)
    rows = [f"{left.text():<{width}} = {text}" for left, text in block.entries]
    rest = [look.speak.sentence(N_("all others are 0"))] if block.others_zero else []
    yield _element("p", look.speak.sentence(N_("entries")), "quiet")
    yield _element("pre", "\n".join([*rows, *rest]))


def _array(label: blocks.Label, array: Array, look: Look) -> str:
    """The numbers under their label: a table where it is small, else a text."""
    caption = _element("figcaption", look.speak(label).removesuffix(" ="))
    if array.ndim > 2 or not 0 < array.size <= _TABLE:
        rows = array_text.lines_of(array, _WIDTH, look.digits, look.full)
        return f"<figure>{caption}{_element('pre', chr(10).join(rows))}</figure>"
    cells = (
        "<tr>" + "".join(f"<td>{number(x, look.digits)}</td>" for x in row) + "</tr>" for row in np.atleast_2d(array)
    )
    return f"<figure>{caption}<table>{''.join(cells)}</table></figure>"


def _verdict(block: blocks.Verdict, look: Look) -> Iterator[str]:
    if words := agreement(block, look.speak):
        yield f"<p>{_escaped(words[0])}{_element('strong', words[1], 'good' if block.agrees else 'bad')}</p>"
    yield from (_element("p", look.speak(text)) for text in (block.reason, block.checked) if text is not None)


def _curves(plot: Plot, look: Look) -> Iterator[str]:
    from gradcli.render import svg_drawings  # which few answers need
    from gradcli.render.terminal_drawings import remarks

    for one in plot.curves:
        caption = f"{one.label} = {one.formula}" if one.formula else one.label
        yield f"<figure>{_element('figcaption', caption)}{svg_drawings.curve(plot, one)}</figure>"
        if len(plot.axes) == 2:
            yield from _quiet(svg_drawings.surface_meaning(one), look)
        yield from _quiet(remarks(one), look)


def _quiet(sentences: Iterable[Message], look: Look) -> Iterator[str]:
    return (_element("p", look.speak(sentence), "quiet") for sentence in sentences)
