"""The kinds of block that an answer is made of: all that a format knows. Data alone: no width, no colour, no markup.

Beside them stand three parts of a report as they are: Question, Note and Warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcli.derivatives import LeftSide
from gradcli.message import Message
from gradcli.render.layout import Style
from gradcli.report import Array, Definition, Note, Question, Warning

if TYPE_CHECKING:  # kinds of part that most answers do without
    from gradcli.report import Part
    from gradcli.report.additions import Heatmap
    from gradcli.report.exhibits import Graph, Plot

Label = Message | str


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a section; `spare` where what stands under it says the same once it is set as mathematics,
    `typed` where it holds a formula of the user's, which is never broken as prose is."""

    text: Message
    spare: bool = False
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence; `apart` where it does not belong to what stands before it."""

    text: Message
    style: Style = ""
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph of a page."""

    text: Message


@dataclass(frozen=True, slots=True)
class Formula:
    """A closed form with its definitions and, where they are known, the same in matrix notation and what is to be said
    of its rows and columns. `picture` has a line for each row; `entries` are those that are not 0, and
    `others_zero` where there are others."""

    left: LeftSide
    text: str
    latex: str
    where: tuple[Definition, ...]
    matrix: str | None = None
    shape: Message | None = None
    structure: Message | None = None
    picture: tuple[str, ...] = ()
    entries: tuple[tuple[LeftSide, str], ...] = ()
    others_zero: bool = False


@dataclass(frozen=True, slots=True)
class Legend:
    """What the notation of the formulas means, once for an answer."""

    sentences: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Arrays with a label each, beside each other where they fit; `in_line` where a number may follow its label on the
    line. `result` is what LaTeX calls the last, which is all that it
    shows then: they are one thing."""

    arrays: tuple[tuple[Label, Array], ...]
    in_line: bool = False
    result: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the two sides agree: None where there is nothing to compare, with a `reason`. `checked` says what else
    was checked."""

    agrees: bool | None
    difference: float | None
    reason: Message | None = None
    checked: Message | None = None


@dataclass(frozen=True, slots=True)
class EqualCalls:
    """Other calls that leave the same gradient, with how far each is from it; `summary` says it in one sentence."""

    calls: tuple[tuple[str, Message], ...]
    summary: Message


@dataclass(frozen=True, slots=True)
class Summary:
    """Blocks of which many alike follow each other: a document has them `whole`, a screen `short`, each key once."""

    whole: tuple[Block, ...]
    short: tuple[tuple[str, Block], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines of characters that are shown as they are."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A matrix that is drawn by how large its entries are."""

    part: Heatmap


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves or surfaces that are drawn."""

    plot: Plot


@dataclass(frozen=True, slots=True)
class Diagram:
    """The graph of a computation, in the language that it names."""

    graph: Graph


@dataclass(frozen=True, slots=True)
class Table:
    """Names with what they are; a label is a message, a name is not."""

    rows: tuple[tuple[Message | str, Message | str], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A text in a language of its own, never broken."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class NestedAnswer:
    """An answer within the answer, and the command line that gives it."""

    line: str
    parts: Sequence[Part]


Drawn = Picture | HeatMap | Curves | Diagram | Code
"""What is drawn, and what is written in a language of its own."""

Said = (
    Question
    | Note
    | Warning
    | Heading
    | Sentence
    | Prose
    | Formula
    | Legend
    | Numbers
    | Verdict
    | EqualCalls
    | Summary
    | Table
)
Block = Said | Drawn | NestedAnswer
