"""Parts of a report -> Markdown with formulas in $$ and values in code blocks. Knows headings; no screen, no colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from gradcli.derivatives import headings
from gradcli.message import N_
from gradcli.render.headings import apart
from gradcli.render.layout import shown_lines
from gradcli.render.marked import WIDTH, block, definition, prose
from gradcli.render.number_text import number
from gradcli.render.sparsity_sentences import arrangement, spoken, structure
from gradcli.render.tex import left_side
from gradcli.render.translation import Speak, english
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
    Vjp,
    Warning,
    Weights,
)
from gradcli.shapes import written
from gradcli.visible import visible


def lines_of(parts: Iterable[Part], digits: int = 6, full: bool = False, speak: Speak = english) -> Iterator[str]:
    """The lines of the document, part by part. No character that was typed acts on a screen."""
    return map(visible, _lines_of(parts, digits, full, speak))


def _lines_of(parts: Iterable[Part], digits: int, full: bool, speak: Speak) -> Iterator[str]:
    question: Question | None = None
    headed: set[str] = set()
    for part in parts:
        match part:
            case Question():
                question = part
                yield from _question(part, speak)
            case Closed():
                yield from _closed(part, question, speak)
            case Weights():
                output, v = ("y", "v") if question is None else (question.output_name, question.v_name)
                yield from block({output: part.y, v: part.v}, digits, full)
            case Compared():
                yield from _compared(part, question, digits, full, speak)
            case Equivalence():
                yield from _once(headed, speak.sentence(N_("The same gradient by other ways")))
                yield from _equivalence(part, question, speak)
            case Note():
                yield from _once(headed, speak.sentence(N_("Why")))
                yield f"- {prose(speak(part.text))}"
            case Warning():
                yield from ("", "> " + speak.sentence(N_("note: ")) + prose(speak(part.text)), "")
            case Extra():
                yield from _extra(part, question, digits, full, speak, first=type(part).__name__ not in headed)
                headed.add(type(part).__name__)
            case Shown():
                from gradcli.render import shown_formats  # which most answers do without

                yield from shown_formats.markdown(part, digits, full, speak, lines_of)
            case _:
                assert_never(part)


def _once(headed: set[str], text: str) -> list[str]:
    if text in headed:
        return []
    headed.add(text)
    return ["", f"## {text}", ""]


def _question(part: Question, speak: Speak) -> Iterator[str]:
    yield from (f"# gradcli {part.command}", "", "```python", *shown_lines(part.expression.strip()), "```", "")
    yield from ("| | |", "|---|---|")
    for given, shape in part.inputs.items():
        yield f"| `{given}` | {speak(written(shape))} |"
    output, weights = speak.sentence(N_("output")), speak.sentence(N_("weights"))
    yield f"| `{part.output_name}` ({output}) | {speak(written(part.output_shape))} |"
    if part.v_given is not None:
        yield f"| `{part.v_name}` ({weights}) | {speak(written(part.v_shape or ()))}, `{part.v_given}` |"


def _closed(part: Closed, question: Question | None, speak: Speak) -> Iterator[str]:
    output, v = ("y", "v") if question is None else (question.output_name, question.v_name)
    words = headings("vjp" if question is None else question.command, part.name)
    if part.jacobian is not None:
        told = speak.sentence(words.matrix, output=output, name=spoken(part.name))
        yield from ("", f"## {told}", "", *_formula(part.jacobian, speak), "")
        yield f"- {speak(arrangement(part.jacobian, question))}"
        if part.jacobian.structure is not None:
            yield f"- {speak(structure(part.jacobian.structure))}"
        if part.jacobian.matrix:
            yield f"- `{part.jacobian.matrix}`"
    if part.vjp is not None:
        told = speak.sentence(words.product, name=part.name, output=output, v=v)
        yield from ("", f"## {told}", "", *_formula(part.vjp, speak))
        if part.vjp.matrix:
            yield from ("", f"`{part.vjp.matrix}`")
    if part.reason is not None:
        yield from ("", prose(speak(part.reason)))


def _formula(part: Jacobian | Vjp, speak: Speak) -> Iterator[str]:
    yield from ("$$", rf"{left_side(part.left_side)} = {part.latex}", "$$")
    for named in part.where:
        yield from definition(named, speak)


def _compared(part: Compared, question: Question | None, digits: int, full: bool, speak: Speak) -> Iterator[str]:
    words = headings("vjp" if question is None else question.command, part.name)
    yield from ("", f"## {speak.sentence(words.values, name=spoken(part.name))}", "")
    columns = {speak.sentence(N_("SymPy's formula")): part.symbolic, speak.sentence(words.numeric): part.pytorch}
    yield from block({head: array for head, array in columns.items() if array is not None}, digits, full)
    if part.agrees is not None and part.max_abs_diff is not None:
        verdict = speak.sentence(N_("they agree")) if part.agrees else speak.sentence(N_("they DISAGREE"))
        told = speak.sentence(N_("largest difference {difference}: "), difference=number(part.max_abs_diff, 2))
        yield from ("", f"{told}**{verdict}**")
    if part.reason is not None:
        yield from ("", prose(speak(part.reason)))


def _extra(part: Extra, question: Question | None, digits: int, full: bool, speak: Speak, first: bool) -> Iterator[str]:
    from gradcli.render import extra, terminal_heat  # which a vjp does without

    for one in extra.blocks(part, question, first):
        match one:
            case extra.Head(text):
                yield from ("", f"## {prose(speak(text))}", "")
            case extra.Say(text):
                yield from ("", prose(speak(text)))
            case extra.Numbers(arrays):
                yield from block(
                    {extra.label_text(label, speak).removesuffix(" ="): a for label, a in arrays}, digits, full
                )
            case extra.Heat(heatmap):
                yield from ("", "```text", *terminal_heat.drawn(heatmap, WIDTH, digits, speak), "```")
            case extra.Picture(rows):
                yield from ("", "```text", *rows, "```")


def _equivalence(part: Equivalence, question: Question | None, speak: Speak) -> Iterator[str]:
    y, v = ("y", "v") if question is None else (question.output_name, question.v_name)
    ways = {f"({v}*{y}).sum().backward()": part.max_abs_diff, f"{y}.sum().backward()": part.plain_sum_max_abs_diff}
    for way, difference in ways.items():
        if difference is not None:
            yield f"- `{way}`: {speak(apart(part.name, difference))}"
