"""The parts that are not vjp's -> blocks that every format can show: a heading, a sentence, numbers, a picture. Knows
no width and no colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcli.derivatives import KINDS, Derivative, LeftSide
from gradcli.message import N_, Message, message
from gradcli.render.number_text import number
from gradcli.render.styled_line import Style
from gradcli.render.translation import Speak
from gradcli.report import Array, Extra, Question
from gradcli.report.additions import Between, Call, Flattened, Heatmap, Tangents, Together, Verdict
from gradcli.shapes import by_layout

_LAYOUTS = {"numerator": N_("numerator layout"), "denominator": N_("denominator layout")}


@dataclass(frozen=True, slots=True)
class Head:
    """The heading of a section."""

    text: Message


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence."""

    text: Message
    style: Style = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Arrays with a label each (a name, or what is said of it), beside each other where they fit."""

    arrays: tuple[tuple[Message | str | LeftSide, Array], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines that are shown as they are."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """A matrix that a screen draws as wide as it is."""

    part: Heatmap


Block = Head | Say | Numbers | Picture | Heat


def label_text(label: Message | str | LeftSide, speak: Speak) -> str:
    """What stands before the numbers, with its equals sign."""
    return f"{label.text()} =" if isinstance(label, LeftSide) else speak(label)


def blocks(part: Extra, question: Question | None, first: bool) -> Iterator[Block]:
    """What the part has to say; `first` where none of its kind came before."""
    output = "y" if question is None else question.output_name
    match part:
        case Tangents():
            yield Head(message(N_("At these numbers")))
            yield Numbers(((f"{output} =", part.y), *((_tangent(part, name), t) for name, t in part.t.items())))
        case Flattened():
            yield from _flattened(part, output)
        case Heatmap():
            yield Head(message(N_("The Jacobian by {name} as a picture"), name=part.name))
            yield Heat(part)
        case Together():
            yield from _together(part)
        case Call():
            if first:
                yield Head(message(N_("What .grad holds after each call")))
            yield from _call(part)
        case Between():
            if first:
                yield Head(message(N_("Named values in between")))
            yield from _between(part, output)
        case Verdict():
            yield from _verdict(part)


def _together(part: Together) -> Iterator[Block]:
    yield Head(message(N_("The Hessian by {names} together"), names=", ".join(part.names)))
    if part.formulas is not None:
        widths = [max(map(len, column)) for column in zip(*part.formulas, strict=True)]
        yield Picture(
            tuple(
                "[" + ", ".join(f"{one:>{width}}" for one, width in zip(row, widths, strict=True)) + "]"
                for row in part.formulas
            )
        )
    sides = ((N_("SymPy's formula"), part.symbolic), (N_("PyTorch's rows"), part.pytorch))
    yield Numbers(tuple((message(said), array) for said, array in sides if array is not None))
    if part.max_abs_diff is not None:
        said = N_("they agree in every entry; the largest difference is {difference}")
        yield Say(message(said, difference=number(part.max_abs_diff, 2)), "good")


def _tangent(part: Tangents, name: str) -> Message | str:
    return "t =" if len(part.t) == 1 else message(N_("t for {name} ="), name=name)


def _flattened(part: Flattened, output: str) -> Iterator[Block]:
    if part.matrix is None:
        return  # its shape and its pattern stand with the formula
    rows, columns = part.shape
    along = by_layout(part.layout, output, part.name)
    yield Head(message(N_("The Jacobian by {name} as a matrix"), name=part.name))
    yield Say(
        message(
            N_("{rows}×{columns} in {layout}: a row for each entry of {down}, a column for each entry of {across}"),
            rows=rows,
            columns=columns,
            layout=message(_LAYOUTS[part.layout]),
            down=along[0],
            across=along[1],
        )
    )
    yield Numbers(((LeftSide(Derivative(KINDS["jacobian"], output, (part.name,))), part.matrix),))


def _call(part: Call) -> Iterator[Block]:
    if part.error is not None:
        yield Say(
            message(N_("call {count}: PyTorch raises RuntimeError: {error}"), count=part.count, error=part.error), "bad"
        )
        yield from (Say(told) for told in (part.meaning, part.repair) if told is not None)
        return
    if part.multiple is not None:
        yield Say(
            message(
                N_("call {count}: {multiple} × the single gradient"), count=part.count, multiple=number(part.multiple)
            )
        )
    else:
        yield Say(message(N_("call {count}:"), count=part.count))
    yield Numbers(tuple((f"{name}.grad =", grad) for name, grad in part.grads.items()))


def _between(part: Between, output: str) -> Iterator[Block]:
    if part.retained is None:
        yield Say(message(N_("{name} does not depend on a variable, so it has no gradient"), name=part.name))
        return
    yield Say(
        message(
            N_(
                "{name} is not a leaf (grad_fn={grad_fn}): {name}.grad is None. After {name}.retain_grad() it would be:"
            ),
            name=part.name,
            grad_fn=part.grad_fn,
        )
    )
    yield Numbers(((f"{part.name}.grad =", part.retained),))


def _verdict(part: Verdict) -> Iterator[Block]:
    yield Head(message(N_("Your answer for {name}: {answer}"), name=part.name, answer=part.answer))
    yield Say(part.says, {True: "good", False: "bad", None: ""}[part.agrees])  # type: ignore[arg-type]
    yield Say(part.compared_at)
    if part.explained is not None:
        yield Say(part.explained)
    if part.where is not None:
        yield Say(message(N_("for example here:")))
        yield Numbers(tuple((f"{name} =", value) for name, value in part.where.items()))
    if part.yours is not None and part.correct is not None and not part.agrees:
        yield Numbers(((message(N_("yours =")), part.yours), (message(N_("correct =")), part.correct)))
