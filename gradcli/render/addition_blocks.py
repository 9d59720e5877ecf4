"""What the other commands about derivatives add to the parts of vjp's -> blocks. Knows no format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from gradcli.derivatives import KINDS, Derivative, LeftSide
from gradcli.message import N_, Message, message
from gradcli.render.blocks import Block, Heading, HeatMap, Numbers, Picture, Sentence
from gradcli.render.number_text import number
from gradcli.report import Question
from gradcli.report.additions import Addition, Between, Call, Flattened, Heatmap, Tangents, Together, Verdict
from gradcli.shapes import by_layout

_LAYOUTS = {"numerator": N_("numerator layout"), "denominator": N_("denominator layout")}


def blocks(part: Addition, question: Question, first: bool) -> Iterator[Block]:
    """What the part has to say; `first` where none of its kind came before."""
    output = question.output_name
    match part:
        case Tangents():
            yield Heading(message(N_("At these numbers")))
            yield Numbers(((f"{output} =", part.y), *((_tangent(part, name), t) for name, t in part.t.items())))
        case Flattened():
            yield from _flattened(part, output)
        case Heatmap():
            yield Heading(message(N_("The Jacobian by {name} as a picture"), name=part.name))
            yield HeatMap(part)
        case Together():
            yield from _together(part)
        case Call():
            if first:
                yield Heading(message(N_("What .grad holds after each call")))
            yield from _call(part)
        case Between():
            if first:
                yield Heading(message(N_("Named values in between")))
            yield from _between(part, output)
        case Verdict():
            yield from _verdict(part)
        case _:
            assert_never(part)


def _together(part: Together) -> Iterator[Block]:
    yield Heading(message(N_("The Hessian by {names} together"), names=", ".join(part.names)))
    if part.formulas is not None:
        widths = [max(map(len, column)) for column in zip(*part.formulas, strict=True)]
        yield Picture(
            tuple(
                "[" + ", ".join(f"{entry:>{width}}" for entry, width in zip(row, widths, strict=True)) + "]"
                for row in part.formulas
            )
        )
    sides = ((N_("SymPy's formula"), part.symbolic), (N_("PyTorch's rows"), part.pytorch))
    yield Numbers(tuple((message(heading), array) for heading, array in sides if array is not None))
    if part.max_abs_diff is not None:
        agree = N_("they agree in every entry; the largest difference is {difference}")
        yield Sentence(message(agree, difference=number(part.max_abs_diff, 2)), "good")


def _tangent(part: Tangents, name: str) -> Message | str:
    return "t =" if len(part.t) == 1 else message(N_("t for {name} ="), name=name)


def _flattened(part: Flattened, output: str) -> Iterator[Block]:
    if part.matrix is None:
        return  # its shape and its pattern stand with the formula
    rows, columns = part.shape
    along = by_layout(part.layout, output, part.name)
    yield Heading(message(N_("The Jacobian by {name} as a matrix"), name=part.name))
    yield Sentence(
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
        yield Sentence(
            message(N_("call {count}: PyTorch raises RuntimeError: {error}"), count=part.count, error=part.error), "bad"
        )
        yield from (Sentence(text) for text in (part.meaning, part.repair) if text is not None)
        return
    if part.multiple is not None:
        yield Sentence(
            message(
                N_("call {count}: {multiple} × the single gradient"), count=part.count, multiple=number(part.multiple)
            )
        )
    else:
        yield Sentence(message(N_("call {count}:"), count=part.count))
    yield Numbers(tuple((f"{name}.grad =", grad) for name, grad in part.grads.items()))


def _between(part: Between, output: str) -> Iterator[Block]:
    if part.retained is None:
        yield Sentence(message(N_("{name} does not depend on a variable, so it has no gradient"), name=part.name))
        return
    yield Sentence(
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
    yield Heading(message(N_("Your answer for {name}: {answer}"), name=part.name, answer=part.answer))
    yield Sentence(part.says, {True: "good", False: "bad", None: ""}[part.agrees])  # type: ignore[arg-type]
    yield Sentence(part.compared_at)
    if part.explained is not None:
        yield Sentence(part.explained)
    if part.where is not None:
        yield Sentence(message(N_("for example here:")))
        yield Numbers(tuple((f"{name} =", value) for name, value in part.where.items()))
    if part.yours is not None and part.correct is not None and not part.agrees:
        yield Numbers(((message(N_("yours =")), part.yours), (message(N_("correct =")), part.correct)))
