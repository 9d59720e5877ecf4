"""Blocks, as they come -> lines for a screen. Knows widths; no colours, no stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradcli.message import N_
from gradcli.render import array_text, blocks, layout
from gradcli.render.answer import agreement, blocks_of
from gradcli.render.formats import Look
from gradcli.render.layout import BLANK, Line, line
from gradcli.render.verbatim import verbatim
from gradcli.report import Array, Definition, Note, Part, Question, Warning
from gradcli.shapes import written

DOCUMENTS = ("graph", "code")
"""Commands whose answer is a text of its own, for another program to read."""

_PROSE = 88
"""Longer lines are hard to read."""


def lines_of(parts: Iterable[Part], look: Look = Look()) -> Iterator[list[Line]]:
    """The lines of each block as soon as it is there, a blank line before each section; warnings come last. No
    character that was typed acts on the screen."""
    warnings, said = [], set[str]()
    for block in blocks_of(parts):
        if isinstance(block, Warning):
            warnings.append(block)
        else:
            yield [one.visible for one in _lines(block, look, said)]
    if warnings:
        yield [BLANK, *(one.visible for warning in warnings for one in _lines(warning, look, said))]


def document(parts: Iterable[Part], look: Look) -> str:
    """The whole answer as one text, without styles."""
    return "".join(one.text + "\n" for lines in lines_of(parts, look) for one in lines)


def _lines(block: blocks.Block, look: Look, said: set[str]) -> list[Line]:
    """`said` holds what is said once, and was."""
    match block:
        case Question():
            return [] if block.command in DOCUMENTS else _question(block, look)
        case blocks.Heading():
            text = look.speak(block.text)
            rows = [text] if block.typed else layout.wrap(text, look.width, "", "  ")
            return [BLANK, *(line(row, "heading") for row in rows)]
        case blocks.Sentence():
            rows = layout.wrap(look.speak(block.text), look.width, "  ")
            return [*([BLANK] if block.apart else []), *(line(row, block.style) for row in rows)]
        case blocks.Prose():
            rows = layout.wrap(look.speak(block.text), min(look.width, _PROSE))
            return [BLANK, *map(line, rows)]
        case blocks.Formula():
            return _formula(block, look)
        case blocks.Legend():
            return _legend(block, look, said)
        case blocks.Numbers():
            return _numbers(block, look)
        case blocks.Verdict():
            return _verdict(block, look)
        case blocks.EqualCalls():
            return _ways(block, look)
        case blocks.Summary():
            return _brief(block, look, said)
        case Note():
            return [line(row) for row in layout.wrap(look.speak(block.text), min(look.width, _PROSE), "  • ", "    ")]
        case Warning():
            lead = look.speak.sentence(N_("note: "))
            return [line(row) for row in layout.wrap(look.speak(block.text), look.width, lead)]
        case blocks.Table():
            return _table(block, look)
        case blocks.NestedAnswer(command, parts):
            answer = [one for lines in lines_of(parts, look) for one in lines]
            return [BLANK, line(f"  $ {command}", "label"), *answer]
        case _:
            margin = "    " if isinstance(block, blocks.Picture) else ""
            return [line(margin + row) for row in verbatim(block, look.width, look)[1]]


# The question


def _question(part: Question, look: Look) -> list[Line]:
    say = look.speak.sentence
    inputs = ", ".join(f"{name} {look.speak(written(shape))}" for name, shape in part.inputs.items())
    rows = [
        (say(N_("function")), _function(part)),
        (say(N_("inputs")), inputs),
        (say(N_("output")), f"{part.output_name} {look.speak(written(part.output_shape))}"),
    ]
    if part.v_given is not None:
        rows.append((say(N_("weights")), f"{part.v_name} {look.speak(written(part.v_shape or ()))}, {part.v_given}"))
    if set(part.wrt) != set(part.inputs):
        rows.append((say(N_("by")), ", ".join(part.wrt)))
    column = max(layout.cells(label) for label, _ in rows) + 2
    return [one for label, text in rows for one in _source_row(label, text, column, look.width)]


def _function(part: Question) -> str:
    """The program as it was typed; a bare expression gets the name that the formulas call its output."""
    text = part.expression
    if part.bare is not None:  # a comment may stand before it
        text = f"{text[: part.bare.start]}{part.output_name} = {text[part.bare.start :]}"
    return text.strip()


def _source_row(label: str, text: str, column: int, width: int) -> Iterator[Line]:
    """A labelled text; a program of several lines stays in its column, and a long one goes on there."""
    label, first = layout.pad(label, column), True
    for source in layout.source_lines(text):
        for part in layout.formula(source, width - column, "", 2):
            yield Line(((label, "label"), (part, ""))) if first else line(" " * column + part)
            first = False


# Formulas


def _formula(block: blocks.Formula, look: Look) -> list[Line]:
    if block.left.derivative.kind.has_rows:
        return [*_equation(block, look), *_where(block.where, look), *_rows(block, look), *_entries(block, look)]
    return [*_equation(block, look), *_whole(block, look), *_where(block.where, look)]


def _equation(block: blocks.Formula, look: Look) -> list[Line]:
    """`left = right`, folded where it is long."""
    return [line(row, "formula") for row in layout.formula(block.text, look.width, f"  {block.left.text()} = ")]


def _where(definitions: Sequence[Definition], look: Look) -> list[Line]:
    """Definitions under each other, the first with the word that begins them."""
    lead = "    " + look.speak.sentence(N_("where")) + " "
    hang = " " * layout.cells(lead)
    return [
        line(row)
        for n, d in enumerate(definitions)
        for row in layout.formula(d.formula, look.width, f"{hang if n else lead}{d.name} = ")
    ]


def _whole(block: blocks.Formula, look: Look) -> list[Line]:
    """A product in matrix notation under its entries, the two = under each other."""
    left, bare = block.left.text(), block.left.whole().text()
    if not block.matrix or (bare, block.matrix) == (left, block.text):
        return []
    *statements, last = block.matrix.split("; ")  # statements stand on lines of their own, where they can be pasted
    lines = layout.formula(last, look.width, f"  {bare:<{len(left)}} = ")
    said = {f"{d.name} = {d.formula}" for d in block.where}
    lead = "    " + look.speak.sentence(N_("with")) + " "
    for statement in statements:
        if statement not in said:
            lines += layout.formula(statement, look.width, lead)
    return [line(row) for row in lines]


def _rows(block: blocks.Formula, look: Look) -> list[Line]:
    """What is said of a matrix, and the pattern of what can be other than 0."""
    say = look.speak.sentence
    if block.shape is None:
        return []
    rows = [
        (say(N_("matrix")), None if block.matrix == block.text else block.matrix),
        (say(N_("shape")), look.speak(block.shape)),
        (say(N_("structure")), None if block.structure is None else look.speak(block.structure)),
    ]
    column = max(layout.cells(label) for label, _ in rows) + 4
    lines = [
        one for label, text in rows if text for one in _labelled(layout.pad(f"  {label}", column), text, look.width)
    ]
    return [*lines, *(line(" " * column + row) for row in block.picture)]


def _entries(block: blocks.Formula, look: Look) -> list[Line]:
    """Those that are not 0, one a line."""
    if not block.entries:
        return []
    say = look.speak.sentence
    lefts = [left.text() for left, _ in block.entries]
    width = max(map(len, lefts))
    lines = [
        row
        for left, (_, text) in zip(lefts, block.entries, strict=True)
        for row in layout.formula(text, look.width, f"    {left:<{width}} = ")
    ]
    rest = ["    " + say(N_("all others are 0"))] if block.others_zero else []
    return [line("  " + say(N_("entries")), "label"), *map(line, (*lines, *rest))]


def _legend(block: blocks.Legend, look: Look, said: set[str]) -> list[Line]:
    """The sentences that no formula before needed."""
    new = [text for text in map(look.speak, block.sentences) if text not in said]
    said.update(new)
    rows = [row for text in new for row in layout.wrap(text, look.width, "  ", "    ")]
    return [BLANK, *(line(row, "quiet") for row in rows)] if new else []


def _brief(block: blocks.Summary, look: Look, said: set[str]) -> list[Line]:
    lines: list[Line] = []
    for key, one in block.short:
        if key not in said:
            said.add(key)
            lines += _lines(one, look, said)
    return lines


# Numbers


def _numbers(block: blocks.Numbers, look: Look) -> list[Line]:
    margin = 4 if block.in_line else 2
    columns = [(look.speak(label), _array(array, look.width - margin, look)) for label, array in block.arrays]
    if block.in_line and all(len(rows) == 1 for _, rows in columns):
        lines = (layout.wrap(f"{label} {rows[0]}", look.width, "  ", "      ") for label, rows in columns)
        return [line(row) for rows in lines for row in rows]
    return _beside(columns, look)


def _array(array: Array, width: int, look: Look) -> list[str]:
    return array_text.lines_of(array, width, look.digits, look.full)


def _beside(columns: Sequence[tuple[str, list[str]]], look: Look) -> list[Line]:
    """Headed blocks of numbers side by side, or under each other where the screen is too narrow."""
    if len(columns) == 2:
        (left_head, left), (right_head, right) = columns
        rows = array_text.side_by_side([left_head, *left], [right_head, *right], look.width - 2)
        if rows is not None:
            return [line("  " + row, "" if n else "label") for n, row in enumerate(rows)]
    return [one for head, rows in columns for one in (line("  " + head, "label"), *(line("  " + row) for row in rows))]


def _verdict(block: blocks.Verdict, look: Look) -> list[Line]:
    lines = []
    if words := agreement(block, look.speak):
        lines.append(Line((("  " + words[0], ""), (words[1], "good" if block.agrees else "bad"))))
    for text in (block.reason, block.checked):
        if text is not None:
            lines += map(line, layout.wrap(look.speak(text), look.width, "  "))
    return lines


def _ways(block: blocks.EqualCalls, look: Look) -> list[Line]:
    return [one for call, text in block.calls for one in _labelled(f"  {call:<24}", look.speak(text), look.width)]


def _labelled(label: str, text: str, width: int) -> Iterator[Line]:
    """A label, and beside it what it says."""
    for n, row in enumerate(layout.wrap(text, width, label)):
        yield Line(((label, "label"), (row[len(label) :], ""))) if n == 0 else line(row)


def _table(block: blocks.Table, look: Look) -> list[Line]:
    column = max(layout.cells(look.speak(name)) for name, _ in block.rows) + 4
    rows = ((layout.pad(f"  {look.speak(name)}", column), look.speak(text)) for name, text in block.rows)
    return [one for label, text in rows for one in _labelled(label, text, look.width)]
