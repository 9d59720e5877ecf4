"""What the other commands about derivatives add to the parts of vjp's -> blocks. Knows no format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from gradcli.derivatives import KINDS
from gradcli.message import N_, Message, message
from gradcli.ops.latex_names import latex_name
from gradcli.render import blocks
from gradcli.render.number_text import number
from gradcli.report import Question
from gradcli.report.additions import (
    Addition,
    Call,
    FlatJacobian,
    Heatmap,
    HessianMatrix,
    Intermediate,
    Tangents,
    Verdict,
)
from gradcli.shapes import by_layout

_LAYOUTS = {"numerator": N_("numerator layout"), "denominator": N_("denominator layout")}


def blocks_of(part: Addition, question: Question, first: bool) -> Iterator[blocks.Block]:
    """What the part has to say; `first` where none of its kind came before."""
    output = question.output_name
    match part:
        case Tangents():
            yield blocks.Heading(message(N_("At these numbers")))
            yield blocks.Numbers(((f"{output} =", part.y), *((_tangent(part, name), t) for name, t in part.t.items())))
        case FlatJacobian():
            yield from _flattened(part, output)
        case Heatmap():
            yield blocks.Heading(message(N_("The Jacobian by {name} as a picture"), name=part.name))
            yield blocks.HeatMap(part)
        case HessianMatrix():
            yield from _together(part)
        case Call():
            if first:
                yield blocks.Heading(message(N_("What .grad holds after each call")))
            yield from _call(part)
        case Intermediate():
            if first:
                yield blocks.Heading(message(N_("Named values in between")))
            yield from _between(part, output)
        case Verdict():
            yield from _verdict(part)
        case _:
            assert_never(part)


def _together(part: HessianMatrix) -> Iterator[blocks.Block]:
    yield blocks.Heading(message(N_("The Hessian by {names} together"), names=", ".join(part.names)))
    if part.formulas is not None:
        widths = [max(map(len, column)) for column in zip(*part.formulas, strict=True)]
        yield blocks.Picture(
            tuple(
                "[" + ", ".join(f"{entry:>{width}}" for entry, width in zip(row, widths, strict=True)) + "]"
                for row in part.formulas
            )
        )
    sides = ((N_("SymPy's formula"), part.symbolic), (N_("PyTorch's rows"), part.pytorch))
    yield blocks.Numbers(tuple((message(heading), array) for heading, array in sides if array is not None))
    if part.max_abs_diff is not None:
        agree = N_("they agree in every entry; the largest difference is {difference}")
        yield blocks.Sentence(message(agree, difference=number(part.max_abs_diff, 2)), "good")


def _tangent(part: Tangents, name: str) -> Message | str:
    return "t =" if len(part.t) == 1 else message(N_("t for {name} ="), name=name)


def _flattened(part: FlatJacobian, output: str) -> Iterator[blocks.Block]:
    if part.matrix is None:
        return  # its shape and its pattern stand with the formula
    rows, columns = part.shape
    along = by_layout(part.layout, output, part.name)
    yield blocks.Heading(message(N_("The Jacobian by {name} as a matrix"), name=part.name))
    yield blocks.Sentence(
        message(
            N_("{rows}×{columns} in {layout}: a row for each entry of {down}, a column for each entry of {across}"),
            rows=rows,
            columns=columns,
            layout=message(_LAYOUTS[part.layout]),
            down=along[0],
            across=along[1],
        )
    )
    result = KINDS["jacobian"].latex.format(of=latex_name(output), by=latex_name(part.name))
    yield blocks.Numbers(((f"d {output} / d {part.name} =", part.matrix),), result=result)


def _call(part: Call) -> Iterator[blocks.Block]:
    if part.error is not None:
        yield blocks.Sentence(
            message(N_("call {count}: PyTorch raises RuntimeError: {error}"), count=part.count, error=part.error), "bad"
        )
        yield from (blocks.Sentence(text) for text in (part.meaning, part.repair) if text is not None)
        return
    if part.multiple is not None:
        yield blocks.Sentence(
            message(
                N_("call {count}: {multiple} × the single gradient"), count=part.count, multiple=number(part.multiple)
            )
        )
    else:
        yield blocks.Sentence(message(N_("call {count}:"), count=part.count))
    yield blocks.Numbers(tuple((f"{name}.grad =", grad) for name, grad in part.grads.items()))


def _between(part: Intermediate, output: str) -> Iterator[blocks.Block]:
    if part.retained is None:
        constant = N_("{name} does not depend on a variable, so it has no gradient")
        yield blocks.Sentence(message(constant, name=part.name))
        return
    yield blocks.Sentence(
        message(
            N_(
                "{name} is not a leaf (grad_fn={grad_fn}): {name}.grad is None. After {name}.retain_grad() it would be:"
            ),
            name=part.name,
            grad_fn=part.grad_fn,
        )
    )
    yield blocks.Numbers(((f"{part.name}.grad =", part.retained),))


def _verdict(part: Verdict) -> Iterator[blocks.Block]:
    answer = message(N_("Your answer for {name}: {answer}"), name=part.name, answer=part.answer)
    yield blocks.Heading(answer, typed=True)
    yield blocks.Sentence(part.says, {True: "good", False: "bad", None: ""}[part.agrees])  # type: ignore[arg-type]
    yield blocks.Sentence(part.compared_at)
    if part.explained is not None:
        yield blocks.Sentence(part.explained)
    if part.where is not None:
        yield blocks.Sentence(message(N_("for example here:")))
        yield blocks.Numbers(tuple((f"{name} =", value) for name, value in part.where.items()))
    if part.yours is not None and part.correct is not None and not part.agrees:
        yield blocks.Numbers(((message(N_("yours =")), part.yours), (message(N_("correct =")), part.correct)))
