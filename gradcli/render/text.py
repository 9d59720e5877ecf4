"""Parts of a report, as they become known -> lines for a screen. Knows headings and widths; no colours, no stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from gradcli.derivatives import headings
from gradcli.message import N_
from gradcli.render import layout
from gradcli.render.headings import apart
from gradcli.render.legend import legend
from gradcli.render.number_text import number
from gradcli.render.screen import Look, beside, formula, labelled, numbers, prose, where
from gradcli.render.sparsity_sentences import arrangement, at, spoken, structure
from gradcli.render.styled_line import BLANK, Line, Piece, heading, line
from gradcli.report import (
    Closed,
    Compared,
    Equivalence,
    Extra,
    Jacobian,
    Note,
    Part,
    Question,
    Shown,
    Structure,
    Vjp,
    Warning,
    Weights,
)
from gradcli.shapes import Shape, written

DOCUMENTS = ("graph", "code")
"""Commands whose answer is a text of its own, for another program to read."""


def lines_of(parts: Iterable[Part], look: Look = Look()) -> Iterator[list[Line]]:
    """The lines of each part as soon as it is there, a blank line before each section; warnings come last. No
    character that was typed acts on the screen."""
    return ([one.visible for one in lines] for lines in _lines_of(parts, look))


def _lines_of(parts: Iterable[Part], look: Look) -> Iterator[list[Line]]:
    question: Question | None = None
    warned, explained, begun = [], set[str](), set[str]()
    for part in parts:
        match part:
            case Question():
                question = part
                yield [] if part.command in DOCUMENTS else _question(part, look)
            case Closed():
                yield _closed(part, question, look, explained, begun)
            case Weights():
                yield _weights(part, question, look)
            case Compared():
                yield _compared(part, question, look, begun)
            case Equivalence():
                yield _equivalence(part, question, look, first="equivalence" not in begun)
                begun.add("equivalence")
            case Note():
                yield _note(part, look, first="note" not in begun)
                begun.add("note")
            case Warning():
                warned.append(part)
            case Extra():
                yield _extra(part, question, look, first=type(part).__name__ not in begun)
                begun.add(type(part).__name__)
            case Shown():
                from gradcli.render import shown_formats  # which most answers do without

                yield shown_formats.text(part, look, lines_of)
            case _:
                assert_never(part)
    if warned:
        yield [BLANK, *(one for warning in warned for one in _warning(warning, look))]


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
    return [one for label, text in rows for one in _row(label, text, column, look.width)]


def _function(part: Question) -> str:
    """The program as it was typed; a bare expression gets the name that the formulas call its output."""
    text = part.expression
    if part.bare is not None:  # a comment may stand before it
        text = f"{text[: part.bare.start]}{part.output_name} = {text[part.bare.start :]}"
    return text.strip()


def _row(label: str, text: str, column: int, width: int) -> Iterator[Line]:
    """A labelled text; a program of several lines stays in its column, and a long one goes on there."""
    label, first = layout.padded(label, column), True
    for source in layout.shown_lines(text):
        for part in layout.formula(source, width - column, "", 2):
            yield Line(((label, "label"), (part, ""))) if first else line(" " * column + part)
            first = False


def _closed(part: Closed, question: Question | None, look: Look, explained: set[str], begun: set[str]) -> list[Line]:
    lines: list[Line] = []
    if part.jacobian is not None and _is_number_of_many(question, part.jacobian.shape):
        lines += _second(part.name, part.jacobian, question, look, begun)
    elif part.jacobian is not None:
        lines += _jacobian(part.name, part.jacobian, question, look)
    if part.vjp is not None:
        lines += _vjp(part.name, part.vjp, question, look)
    if part.reason is not None:
        lines += [BLANK, *prose(look.speak(part.reason), look)]
    told = [look.speak(message) for message in legend(_formulas(part), _inputs(question))]
    new = [sentence for sentence in told if sentence not in explained]
    explained.update(new)
    if new:
        lines.append(BLANK)
    wrapped = (one for sentence in new for one in layout.wrapped(sentence, look.width, "  ", "    "))
    return lines + [line(one, "quiet") for one in wrapped]


def _is_number_of_many(question: Question | None, shape: Shape) -> bool:
    """Whether it is one of a Hessian's blocks that are one number each: they are told as one matrix."""
    return shape == () and question is not None and question.command == "hessian" and len(question.wrt) > 1


def _second(name: str, part: Jacobian, question: Question | None, look: Look, begun: set[str]) -> list[Line]:
    """One of many second derivatives on a line of its own, unless it is 0 or the order alone is another."""
    say = look.speak.sentence
    output = "y" if question is None else question.output_name
    lines = [] if "second" in begun else [BLANK, heading(say(N_("Second derivatives of {output}"), output=output))]
    known = f"{','.join(sorted(name.split(',')))} = {part.formula}"
    fresh = known not in begun and part.formula != "0"
    begun |= {"second", known}
    return [*lines, *formula(part.left_side.text(), part.formula, look), *where(part.where, look)] if fresh else lines


def _formulas(part: Closed) -> Iterator[str]:
    for closed in (part.jacobian, part.vjp):
        if closed is not None:
            yield closed.formula
            yield from (definition.formula for definition in closed.where)


def _inputs(question: Question | None) -> dict[str, Shape]:
    return {} if question is None else dict(question.inputs)


def _jacobian(name: str, part: Jacobian, question: Question | None, look: Look) -> list[Line]:
    say = look.speak.sentence
    output = "y" if question is None else question.output_name
    rows = [
        (say(N_("matrix")), None if part.matrix == part.formula else part.matrix),
        (say(N_("shape")), look.speak(arrangement(part, question))),
        (say(N_("structure")), None if part.structure is None else look.speak(structure(part.structure))),
    ]
    column = max(layout.cells(label) for label, _ in rows) + 4
    told = [
        one for label, text in rows if text for one in labelled(layout.padded(f"  {label}", column), text, look.width)
    ]
    return [
        BLANK,
        heading(say(headings(_command(question), name).matrix, output=output, name=spoken(name))),
        *formula(part.left_side.text(), part.formula, look),
        *where(part.where, look),
        *told,
        *_drawn(part.structure, column),
        *_entries(part, look),
    ]


def _drawn(part: Structure | None, column: int) -> list[Line]:
    """The pattern as a picture, where there is one to see and it is small."""
    if part is None or part.picture is None or part.kind in _PLAIN or not 2 <= len(part.picture) <= DRAWN_ROWS:
        return []
    return [line(" " * column + row) for row in part.picture]


DRAWN_ROWS = 12
_PLAIN = ("dense", "rank-one", "zero")
"""Patterns that a picture says nothing about."""


def _vjp(name: str, part: Vjp, question: Question | None, look: Look) -> list[Line]:
    say = look.speak.sentence
    words = headings(_command(question))
    output, v = ("y", "v") if question is None else (question.output_name, question.v_name)
    lines = [BLANK, heading(say(words.product, name=name, output=output, v=v))]
    lines += formula(part.left_side.text(), part.formula, look)
    left, bare = part.left_side.text(), part.left_side.whole().text()
    if part.matrix and (bare, part.matrix) != (left, part.formula):  # under it, the two = under each other
        *statements, last = part.matrix.split("; ")  # statements stand on lines of their own, where they can be pasted
        head = f"  {bare:<{len(left)}} = "
        lines += [line(one) for one in layout.formula(last, look.width, head)]
        said = {f"{d.name} = {d.formula}" for d in part.where}
        fresh = [text for text in statements if text not in said]
        lead = "    " + say(N_("with")) + " "
        lines += [line(one) for text in fresh for one in layout.formula(text, look.width, lead)]
    return lines + where(part.where, look)


def _command(question: Question | None) -> str:
    return "vjp" if question is None else question.command


def _entries(part: Jacobian, look: Look) -> list[Line]:
    """Those that are not 0, one a line."""
    entries = part.entries or ()
    told = [e for e in entries if e.formula != "0"]
    if not told:
        return []
    left = [at(part, e).text() for e in told]
    width = max(map(len, left))
    shown = [
        one
        for side, entry in zip(left, told, strict=True)
        for one in layout.formula(entry.formula, look.width, f"    {side:<{width}} = ")
    ]
    rest = ["    " + look.speak.sentence(N_("all others are 0"))] if len(told) < len(entries) else []
    return [Line((("  " + look.speak.sentence(N_("entries")), "label"),)), *map(line, (*shown, *rest))]


def _extra(part: Extra, question: Question | None, look: Look, first: bool) -> list[Line]:
    from gradcli.render import extra, terminal_heat  # which a vjp does without

    lines: list[Line] = []
    for block in extra.blocks(part, question, first):
        match block:
            case extra.Head(text):
                lines += [BLANK, heading(look.speak(text))]
            case extra.Say(text, style):
                lines += [line(one, style) for one in layout.wrapped(look.speak(text), look.width, "  ")]
            case extra.Numbers(arrays):
                lines += beside(
                    [(extra.label_text(label, look.speak), numbers(array, look)) for label, array in arrays], look
                )
            case extra.Heat(heatmap):
                lines += [line(one) for one in terminal_heat.drawn(heatmap, look.width, look.digits, look.speak)]
            case extra.Picture(rows):
                lines += [line("    " + row) for row in rows]
    return lines


def _weights(part: Weights, question: Question | None, look: Look) -> list[Line]:
    output, v = ("y", "v") if question is None else (question.output_name, question.v_name)
    blocks = [(f"{output} =", numbers(part.y, look)), (f"{v} =", numbers(part.v, look))]
    return [BLANK, heading(look.speak.sentence(N_("At these numbers"))), *beside(blocks, look)]


def _compared(part: Compared, question: Question | None, look: Look, begun: set[str]) -> list[Line]:
    say = look.speak.sentence
    sides = [array for array in (part.symbolic, part.pytorch) if array is not None]
    if sides and _is_number_of_many(question, sides[0].shape) and (part.agrees or len(sides) == 1):
        why = look.speak(part.reason) if part.reason is not None else ""
        lines = [BLANK, *prose(why, look)] if why and why not in begun else []
        begun.add(why)
        return lines
    words = headings(_command(question), part.name)
    columns = ((N_("SymPy's formula"), part.symbolic), (words.numeric, part.pytorch))
    blocks = [(say(head), numbers(array, look)) for head, array in columns if array is not None]
    lines = [BLANK, heading(say(words.values, name=spoken(part.name))), *beside(blocks, look)]
    return lines + _verdict(part, look, "v" if question is None else question.v_name)


def _verdict(part: Compared, look: Look, v: str) -> list[Line]:
    say, lines = look.speak.sentence, []
    if part.agrees is not None:
        difference = "0" if part.max_abs_diff is None else number(part.max_abs_diff, 2)
        pieces: list[Piece] = [("  " + say(N_("largest difference {difference}: "), difference=difference), "")]
        pieces.append((say(N_("they agree")), "good") if part.agrees else (say(N_("they DISAGREE")), "bad"))
        lines.append(Line(tuple(pieces)))
    if part.reason is not None:
        lines += prose(look.speak(part.reason), look)
    if part.jacobian_checked:
        lines += prose(say(N_("the Jacobian printed above, contracted with {v}, gives these numbers too"), v=v), look)
    return lines


def _equivalence(part: Equivalence, question: Question | None, look: Look, first: bool) -> list[Line]:
    say = look.speak.sentence
    output, v = ("y", "v") if question is None else (question.output_name, question.v_name)
    lines = [BLANK, heading(say(N_("The same gradient by other ways")))] if first else []
    ways = [(f"({v}*{output}).sum().backward()", part.max_abs_diff)]
    if part.plain_sum_max_abs_diff is not None:
        ways.append((f"{output}.sum().backward()", part.plain_sum_max_abs_diff))
    for way, difference in ways:
        lines += labelled(f"  {way:<24}", look.speak(apart(part.name, difference)), look.width)
    return lines


def _note(part: Note, look: Look, first: bool) -> list[Line]:
    lines = [BLANK, heading(look.speak.sentence(N_("Why")))] if first else []
    width = min(look.width, 88)  # longer lines are hard to read
    return lines + [line(one) for one in layout.wrapped(look.speak(part.text), width, "  • ", "    ")]


def _warning(part: Warning, look: Look) -> list[Line]:
    lead = look.speak.sentence(N_("note: "))
    return [line(one) for one in layout.wrapped(look.speak(part.text), look.width, lead)]
