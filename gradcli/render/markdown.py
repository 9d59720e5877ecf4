"""Blocks -> Markdown with formulas in $$ and values in blocks of code. Knows no screen, no colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradcli.message import N_, Message
from gradcli.render import array_text, blocks
from gradcli.render.answer import agreement, blocks_of
from gradcli.render.formats import Look
from gradcli.render.layout import source_lines
from gradcli.render.tex import indexed, left_side
from gradcli.render.verbatim import verbatim
from gradcli.report import Note, Part, Question, Warning
from gradcli.shapes import written
from gradcli.visible import visible

_WIDTH, _DRAWN = 100, 80
"""Columns of a block of code, and of a drawing of curves."""


def lines_of(parts: Iterable[Part], look: Look = Look()) -> Iterator[str]:
    """The lines of the document, block by block. No character that was typed acts on a screen."""
    last = ""
    for block in _whole(blocks_of(parts)):
        for line in _lines(block, look):
            if not (isinstance(block, blocks.Formula) and line == last == ""):
                yield visible(line)
            last = line


def document(parts: Iterable[Part], look: Look) -> str:
    """The whole document."""
    return "\n".join(lines_of(parts, look)) + "\n"


def _whole(answer: Iterable[blocks.Block]) -> Iterator[blocks.Block]:
    """A document has in full what a screen says in short."""
    for block in answer:
        yield from block.whole if isinstance(block, blocks.Summary) else (block,)


def _lines(block: blocks.Block, look: Look) -> Iterable[str]:
    match block:
        case Question():
            return _question(block, look)
        case blocks.Heading():
            return "", f"## {_prose(look.speak(block.text))}", ""
        case blocks.Sentence():
            return "", _prose(look.speak(block.text))
        case blocks.Prose():
            return "", _prose(look.speak(block.text)), ""
        case Note():
            return (f"- {_prose(look.speak(block.text))}",)
        case Warning():
            return "", "> " + look.speak.sentence(N_("note: ")) + _prose(look.speak(block.text)), ""
        case blocks.Formula():
            return _formula(block, look)
        case blocks.Numbers():
            return _numbers(block, look)
        case blocks.Verdict():
            return _verdict(block, look)
        case blocks.EqualCalls():
            return [f"- `{call}`: {look.speak(text)}" for call, text in block.calls]
        case blocks.Summary() | blocks.Legend():
            return ()  # a document has it whole; a reader of formulas in print knows their notation
        case blocks.Table():
            return _table(block.rows, look)
        case blocks.NestedAnswer(command, parts):
            return ["", *_fenced("sh", [command]), "", *lines_of(parts, look)]
        case _:
            fenced = _fenced(*verbatim(block, _DRAWN if isinstance(block, blocks.Curves) else _WIDTH, look))
            return ["", *fenced] if isinstance(block, (blocks.Picture, blocks.HeatMap)) else fenced


def _fenced(language: str, lines: Iterable[str]) -> list[str]:
    return [f"```{language}", *lines, "```"]


def _question(part: Question, look: Look) -> Iterator[str]:
    speak = look.speak
    yield from (f"# gradcli {part.command}", "", *_fenced("python", source_lines(part.expression.strip())), "")
    yield from ("| | |", "|---|---|")
    for name, shape in part.inputs.items():
        yield f"| `{name}` | {speak(written(shape))} |"
    output, weights = speak.sentence(N_("output")), speak.sentence(N_("weights"))
    yield f"| `{part.output_name}` ({output}) | {speak(written(part.output_shape))} |"
    if part.v_given is not None:
        yield f"| `{part.v_name}` ({weights}) | {speak(written(part.v_shape or ()))}, `{part.v_given}` |"


def _formula(block: blocks.Formula, look: Look) -> Iterator[str]:
    yield from ("", "$$", rf"{left_side(block.left)} = {block.latex}", "$$")
    for d in block.where:
        yield from ("", look.speak.sentence(N_("where")) + f" ${indexed(d.name)} = {d.latex}$")
    if block.shape is not None:
        yield ""
        yield from (f"- {look.speak(text)}" for text in (block.shape, block.structure) if text is not None)
    if block.matrix:
        yield from (f"- `{block.matrix}`",) if block.shape is not None else ("", f"`{block.matrix}`")


def _numbers(block: blocks.Numbers, look: Look) -> list[str]:
    """Arrays side by side where they fit, in one block of code."""
    columns = []
    for label, array in block.arrays:
        head = look.speak(label)
        rows = array_text.lines_of(array, _WIDTH, look.digits, look.full)
        columns.append([f"{head.removesuffix(' =')}:", *rows])
    beside = array_text.side_by_side(columns[0], columns[1], _WIDTH) if len(columns) == 2 else None
    return ["", *_fenced("text", beside or [row for rows in columns for row in rows])]


def _verdict(block: blocks.Verdict, look: Look) -> Iterator[str]:
    words = agreement(block, look.speak)
    if words and block.difference is not None:
        yield from ("", f"{words[0]}**{words[1]}**")
    if block.reason is not None:
        yield from ("", _prose(look.speak(block.reason)))


def _table(rows: Sequence[tuple[Message | str, Message | str]], look: Look) -> Iterator[str]:
    yield from ("", "| | |", "|---|---|")
    for name, text in rows:
        head = f"`{name}`" if isinstance(name, str) else look.speak(name)
        cell = _prose(look.speak(text)).replace("|", r"\|")
        yield f"| {head} | {cell} |"
    yield ""


def _prose(text: str) -> str:
    """A sentence with what Markdown would read as emphasis written out."""
    return text.replace("\\", "\\\\").replace("*", r"\*").replace("_", r"\_").replace("<", r"\<")
