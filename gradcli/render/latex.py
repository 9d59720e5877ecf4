"""Parts of a report -> a LaTeX snippet that compiles with amsmath. Knows no screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from gradcli.derivatives import LeftSide, kind_of
from gradcli.message import N_, Message
from gradcli.ops.latex_names import latex_name
from gradcli.render.number_text import number
from gradcli.render.sparsity_sentences import structure
from gradcli.render.tex import align, escaped, indexed, left_side, values, where
from gradcli.render.translation import Speak, english
from gradcli.report import Closed, Compared, Equivalence, Extra, Note, Part, Question, Shown, Warning, Weights
from gradcli.visible import visible


def lines_of(parts: Iterable[Part], digits: int = 6, speak: Speak = english) -> Iterator[str]:
    """The lines of the snippet, part by part. No character that was typed acts on a screen."""
    return map(visible, _lines_of(parts, digits, speak))


def _lines_of(parts: Iterable[Part], digits: int, speak: Speak) -> Iterator[str]:
    yield "% " + speak.sentence(N_("needs \\usepackage{{amsmath}}"))
    output, weights, question, begun = "y", "v", None, set[str]()
    for part in parts:
        match part:
            case Question():
                question = part
                output, weights = part.output_name, part.v_name
                yield "% " + " ".join(f"gradcli {part.command} {part.expression}".split())
                if part.defines:
                    yield from (r"\begin{align*}", f"  {part.latex}", r"\end{align*}")
                else:
                    yield from align([(latex_name(output), part.latex)])
            case Closed():
                yield from _closed(part, speak)
            case Weights():
                y, v = values(part.y, digits, speak), values(part.v, digits, speak)
                yield from align([(latex_name(output), y), (latex_name(weights), v)])
            case Compared():
                yield from _compared(part, question, digits, speak)
            case Equivalence():
                yield _equivalence(part, question, speak)
            case Note():
                yield from ("", escaped(speak(part.text)))
            case Warning():
                yield from ("", escaped(speak.sentence(N_("note: ")) + speak(part.text)))
            case Extra():
                yield from _extra(part, question, digits, speak, first=type(part).__name__ not in begun)
                begun.add(type(part).__name__)
            case Shown():
                from gradcli.render import shown_formats  # which most answers do without

                yield from shown_formats.latex(part, digits, speak, lines_of)
            case _:
                assert_never(part)


def _extra(part: Extra, question: Question | None, digits: int, speak: Speak, first: bool) -> Iterator[str]:
    from gradcli.render import extra  # which a vjp does without

    for block in extra.blocks(part, question, first):
        match block:
            case extra.Head(text):
                yield from ("", rf"\textbf{{{escaped(speak(text))}}}", "")
            case extra.Say(text):
                yield escaped(speak(text))
            case extra.Numbers(arrays):
                yield from align([(_label(told, speak), values(a, digits, speak)) for told, a in arrays])
            case extra.Picture() | extra.Heat():
                pass  # a picture of characters is for screens


def _label(label: Message | str | LeftSide, speak: Speak) -> str:
    if isinstance(label, LeftSide):
        return left_side(label)
    bare = speak(label).removesuffix(" =")
    return indexed(bare) if " " not in bare else rf"\text{{{escaped(bare)}}}"


def _closed(part: Closed, speak: Speak) -> Iterator[str]:
    for closed in (part.jacobian, part.vjp):
        if closed is not None:
            yield from align([(left_side(closed.left_side), closed.latex), *where(closed.where, speak)])
    if part.jacobian is not None and part.jacobian.structure is not None:
        yield escaped(speak(structure(part.jacobian.structure)) + ".")
    if part.reason is not None:
        yield escaped(speak(part.reason))


def _compared(part: Compared, question: Question | None, digits: int, speak: Speak) -> Iterator[str]:
    array = part.symbolic if part.pytorch is None else part.pytorch
    if array is not None:
        yield from align([(_result(part.name, question), values(array, digits, speak))])
    if part.agrees is not None and part.max_abs_diff is not None:
        verdict = N_("SymPy and PyTorch agree; the largest difference is {difference}.")
        if not part.agrees:
            verdict = N_("SymPy and PyTorch DISAGREE; the largest difference is {difference}.")
        yield escaped(speak.sentence(verdict, difference=number(part.max_abs_diff, 2)))
    if part.reason is not None:
        yield escaped(speak(part.reason))


def _result(by: str, question: Question | None) -> str:
    """What the numbers of a command are called."""
    command, output = ("vjp", "y") if question is None else (question.command, latex_name(question.output_name))
    several = ", ".join(latex_name(one.strip()) for one in by.split(","))
    return kind_of(command, by).latex.format(of=output, by=several)


def _equivalence(part: Equivalence, question: Question | None, speak: Speak) -> str:
    output, v = ("y", "v") if question is None else (question.output_name, question.v_name)
    told = N_("({v}*{output}).sum().backward() leaves the same in {name}.grad but for {difference}.")
    return escaped(speak.sentence(told, name=part.name, output=output, v=v, difference=number(part.max_abs_diff, 2)))
