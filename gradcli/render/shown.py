"""The parts that show (pages, listings, steps, graphs, scripts, plots) -> blocks that every format can show. Knows no
width and no colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gradcli.derivatives import LeftSide
from gradcli.message import N_, Message, joined, message
from gradcli.render.extra import Head, Numbers, Say
from gradcli.render.graph_text import document
from gradcli.render.number_text import number
from gradcli.render.translation import Speak
from gradcli.report import Definition, Jacobian, Shown
from gradcli.report.exhibits import (
    Example,
    Function,
    Graph,
    Item,
    Listing,
    Operand,
    Page,
    Paragraph,
    Parameter,
    Plot,
    Script,
    Visit,
)
from gradcli.shapes import Shape, written


@dataclass(frozen=True, slots=True)
class Formula:
    """A closed form with its definitions."""

    left: LeftSide
    text: str
    latex: str
    where: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A text in a language of its own, shown as it is and never broken."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    text: Message


@dataclass(frozen=True, slots=True)
class Table:
    """Names with what they are; a label is said, a name is not."""

    rows: tuple[tuple[Message | str, Message | str], ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """An answer within the answer, with the command line that gives it."""

    example: Example


@dataclass(frozen=True, slots=True)
class Drawing:
    """Curves, which a screen draws as wide as it is."""

    plot: Plot


Block = Head | Say | Numbers | Formula | Code | Prose | Table | Inside | Drawing

FAMILIES: Mapping[str, str] = {
    "elementwise": N_("functions of entries"),
    "reduction": N_("reductions"),
    "linear": N_("linear algebra"),
    "move": N_("moves: shapes, orders, parts"),
    "loss": N_("losses"),
    "neural": N_("layers"),
    "layer": N_("layers"),
    "source": N_("tensors made from numbers"),
    "random": N_("random tensors"),
}

_KINDS: Mapping[str, str] = {
    "tensors": N_("tensors"),
    "index": N_("a tensor of whole numbers"),
    "target": N_("a tensor, or one of classes"),
    "dim": N_("an axis"),
    "dims": N_("an axis or several"),
    "sizes": N_("sizes"),
    "flag": N_("True or False"),
    "number": N_("a number"),
    "integer": N_("a whole number"),
    "text": N_("a text"),
    "items": N_("what stands in [...]"),
}
"""What a parameter takes that does not take a tensor."""


def blocks(part: Shown, speak: Speak) -> Iterator[Block]:
    """What the part has to say."""
    match part:
        case Listing():
            yield from _listing(part)
        case Function():
            yield from _function(part)
        case Page():
            yield Head(part.title)
        case Paragraph():
            yield Prose(part.text)
        case Example():
            yield Inside(part)
        case Visit():
            yield from _visit(part)
        case Graph():
            yield Code(part.to, document(part, speak))
        case Script():
            yield Code("python", part.text)
        case Plot():
            yield Drawing(part)
        case _:
            raise AssertionError(part)


def _listing(part: Listing) -> Iterator[Block]:
    groups: dict[str, list[Item]] = {}
    for item in part.items:
        groups.setdefault(item.group, []).append(item)
    for group, items in groups.items():
        if group:
            yield Head(Message(FAMILIES.get(group, group)))
        yield Table(tuple((item.name, item.text) for item in items))


def _function(part: Function) -> Iterator[Block]:
    yield Head(message(N_("{name}: {doc}"), name=part.name, doc=part.doc))
    rows: list[tuple[Message | str, Message | str]] = [
        (message(N_("family")), Message(FAMILIES.get(part.family, part.family)))
    ]
    if part.parameters:
        rows.append((message(N_("parameters")), joined(", ", map(_parameter, part.parameters))))
    if part.aliases:
        rows.append((message(N_("also called")), ", ".join(part.aliases)))
    if part.shapes:
        rows.append((message(N_("shapes")), joined(";  ", (_shapes(i, o) for i, o in part.shapes))))
    if not part.differentiable:
        rows.append((message(N_("derivative")), message(N_("none: its result is a constant for backward"))))
    rows += [(message(N_("kink")), kink) for kink in part.kinks]
    rows += [
        (message(N_("deviation")), message(N_("{says}; the verdict allows for it"), says=told))
        for told in part.deviations
    ]
    yield Table(tuple(rows))
    if part.value is not None:
        yield Numbers(((f"{part.example} =", part.value),))


def _parameter(given: Parameter) -> Message | str:
    written = given.name if given.default is None else f"{given.name}={given.default}"
    if given.kind == "tensor":
        return written
    return message(N_("{parameter} ({kind})"), parameter=written, kind=Message(_KINDS[given.kind]))


def _shapes(inputs: Mapping[str, Shape], output: Shape) -> Message:
    given = joined(", ", (joined(" ", (name, written(shape))) for name, shape in inputs.items()))
    return joined(" -> ", (given, written(output)))


def _visit(part: Visit) -> Iterator[Block]:
    yield Head(
        message(N_("{name} = {source}"), name=part.name, source=part.source)
        if part.name != part.source
        else message(N_("{name}, a leaf"), name=part.name)
    )
    yield from _arrived(part)
    yield Numbers(((f"{part.name} =", part.value), (f"{part.name}.grad =", part.gradient)))
    for operand in part.operands:
        yield from _operand(operand, part.name)


def _arrived(part: Visit) -> Iterator[Block]:
    if len(part.arrived) > 1:
        yield Say(
            message(
                N_(
                    "{name} is used {count} times, so its gradient is the sum of what comes back from {places} "
                    "(the sum is off PyTorch's {name}.grad by {difference}):"
                ),
                name=part.name,
                count=len(part.arrived),
                places=", ".join(share.name for share in part.arrived),
                difference=number(part.max_abs_diff, 2),
            )
        )
        yield Numbers(tuple((message(N_("from {name} ="), name=share.name), share.value) for share in part.arrived))


def _operand(part: Operand, name: str) -> Iterator[Block]:
    if part.local is not None:
        local: Jacobian = part.local
        yield Formula(local.left_side, local.formula, local.latex, local.where)
    if part.times > 1:
        yield Say(
            message(
                N_("{name} is read {count} times in this step; the local derivative counts them all"),
                name=part.name,
                count=part.times,
            )
        )
    passed = part.compared.pytorch
    if passed is not None:
        yield Numbers(((message(N_("handed on to {name} ="), name=part.name), passed),))
    if part.compared.agrees is False:
        yield Say(
            message(
                N_("the local formula and PyTorch DISAGREE by {difference}"),
                difference=number(part.compared.max_abs_diff or 0.0, 2),
            ),
            "bad",
        )
    elif part.compared.reason is not None:
        yield Say(part.compared.reason)
