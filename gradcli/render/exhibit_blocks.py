"""What the commands that show rather than compute answer with (pages, listings, steps, graphs, scripts, plots) ->
blocks. Knows no format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from gradcli.message import N_, Message, joined, message
from gradcli.render import blocks
from gradcli.render.number_text import number
from gradcli.report.exhibits import (
    Example,
    Exhibit,
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


def blocks_of(part: Exhibit, *_: object) -> Iterator[blocks.Block]:
    """What the part has to say; it needs no question and depends on no other part."""
    match part:
        case Listing():
            yield from _listing(part)
        case Function():
            yield from _function(part)
        case Page():
            yield blocks.Heading(part.title)
        case Paragraph():
            yield blocks.Prose(part.text)
        case Example():
            yield blocks.NestedAnswer(part.line, part.parts)
        case Visit():
            yield from _visit(part)
        case Graph():
            yield blocks.Diagram(part)
        case Script():
            yield blocks.Code("python", part.text)
        case Plot():
            yield blocks.Curves(part)
        case _:
            assert_never(part)


def _listing(part: Listing) -> Iterator[blocks.Block]:
    groups: dict[str, list[Item]] = {}
    for item in part.items:
        groups.setdefault(item.group, []).append(item)
    for group, items in groups.items():
        if group:
            yield blocks.Heading(Message(FAMILIES.get(group, group)))
        yield blocks.Table(tuple((item.name, item.text) for item in items))


def _function(part: Function) -> Iterator[blocks.Block]:
    yield blocks.Heading(message(N_("{name}: {doc}"), name=part.name, doc=part.doc))
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
        (message(N_("deviation")), message(N_("{says}; the verdict allows for it"), says=text))
        for text in part.deviations
    ]
    yield blocks.Table(tuple(rows))
    if part.value is not None:
        yield blocks.Numbers(((f"{part.example} =", part.value),), in_line=True)


def _parameter(parameter: Parameter) -> Message | str:
    text = parameter.name if parameter.default is None else f"{parameter.name}={parameter.default}"
    if parameter.kind == "tensor":
        return text
    return message(N_("{parameter} ({kind})"), parameter=text, kind=Message(_KINDS[parameter.kind]))


def _shapes(inputs: Mapping[str, Shape], output: Shape) -> Message:
    takes = joined(", ", (joined(" ", (name, written(shape))) for name, shape in inputs.items()))
    return joined(" -> ", (takes, written(output)))


def _visit(part: Visit) -> Iterator[blocks.Block]:
    yield blocks.Heading(
        message(N_("{name} = {source}"), name=part.name, source=part.source)
        if part.name != part.source
        else message(N_("{name}, a leaf"), name=part.name)
    )
    yield from _arrived(part)
    yield blocks.Numbers(((f"{part.name} =", part.value), (f"{part.name}.grad =", part.gradient)), in_line=True)
    for operand in part.operands:
        yield from _operand(operand, part.name)


def _arrived(part: Visit) -> Iterator[blocks.Block]:
    if len(part.arrived) > 1:
        yield blocks.Sentence(
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
        shares = ((message(N_("from {name} ="), name=share.name), share.value) for share in part.arrived)
        yield blocks.Numbers(tuple(shares), in_line=True)


def _operand(part: Operand, name: str) -> Iterator[blocks.Block]:
    if part.local is not None:
        local = part.local
        yield blocks.Formula(local.left_side, local.formula, local.latex, local.where)
    if part.times > 1:
        yield blocks.Sentence(
            message(
                N_("{name} is read {count} times in this step; the local derivative counts them all"),
                name=part.name,
                count=part.times,
            )
        )
    passed = part.compared.pytorch
    if passed is not None:
        yield blocks.Numbers(((message(N_("handed on to {name} ="), name=part.name), passed),), in_line=True)
    if part.compared.agrees is False:
        yield blocks.Sentence(
            message(
                N_("the local formula and PyTorch DISAGREE by {difference}"),
                difference=number(part.compared.max_abs_diff or 0.0, 2),
            ),
            "bad",
        )
    elif part.compared.reason is not None:
        yield blocks.Sentence(part.compared.reason)
