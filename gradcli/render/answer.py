"""Parts of a report, as they become known -> blocks: what is said of each, in the words of its command. Knows no
format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module

from gradcli.derivatives import KINDS, Kind, headings, kind_of
from gradcli.message import N_, Message, message
from gradcli.ops.latex_names import latex_name
from gradcli.render import blocks
from gradcli.render.number_text import number
from gradcli.render.sparsity_sentences import arrangement, at, readable_name, structure
from gradcli.render.translation import Speak
from gradcli.report import (
    Closed,
    Compared,
    Equivalence,
    Jacobian,
    Note,
    Part,
    Question,
    Structure,
    Value,
    Vjp,
    Warning,
    Weights,
)
from gradcli.shapes import Shape

_UNASKED = Question("vjp", "", "", {}, "float64", (), None, None, ())
"""In whose words an answer without a question is given."""

_OTHERS = {
    "gradcli.report.additions": "gradcli.render.addition_blocks",
    "gradcli.report.exhibits": "gradcli.render.exhibit_blocks",
}


def blocks_of(parts: Iterable[Part]) -> Iterator[blocks.Block]:
    """What the parts have to say, each as soon as it is there."""
    question, begun, derived = _UNASKED, set[type](), dict[str, Kind]()
    for part in parts:
        if isinstance(part, Question):
            question = part
        if isinstance(part, Closed) and (form := part.jacobian or part.vjp):
            derived[part.name] = form.left_side.derivative.kind
        yield from _blocks(part, question, derived, first=type(part) not in begun)
        begun.add(type(part))


def _blocks(part: Part, question: Question, derived: Mapping[str, Kind], first: bool) -> Iterator[blocks.Block]:
    match part:
        case Question() | Warning():
            yield part
        case Closed():
            yield from _closed(part, question)
        case Weights():
            yield blocks.Heading(message(N_("At these numbers")), spare=True)
            yield blocks.Numbers(((f"{question.output_name} =", part.y), (f"{question.v_name} =", part.v)))
        case Value():
            yield blocks.Heading(message(N_("At these numbers")))
            yield blocks.Numbers(((f"{question.output_name} =", part.y),))
        case Compared():
            yield from _compared(part, question, derived.get(part.name))
        case Equivalence():
            yield from _equivalence(part, question, first)
        case Note():
            if first:
                yield blocks.Heading(message(N_("Why")), spare=True)
            yield part
        case _:
            yield from import_module(_OTHERS[type(part).__module__]).blocks_of(part, question, first)


# Closed forms


def _closed(part: Closed, question: Question) -> Iterator[blocks.Block]:
    if part.jacobian is not None:
        whole = tuple(_jacobian(part.name, part.jacobian, question))
        if _is_number_of_many(question, part.jacobian.shape):
            yield blocks.Summary(whole, tuple(_second(part.name, part.jacobian, question)))
        else:
            yield from whole
    if part.vjp is not None:
        yield from _vjp(part.name, part.vjp, question)
    if part.reason is not None:
        yield blocks.Sentence(part.reason, apart=True)
    yield blocks.Legend(tuple(legend(_formulas(part), question.inputs)))


def _is_number_of_many(question: Question, shape: Shape) -> bool:
    """Whether it is one of a Hessian's blocks that are one number each: they are told as one matrix."""
    return shape == () and question.command == "hessian" and len(question.wrt) > 1


def _second(name: str, part: Jacobian, question: Question) -> Iterator[tuple[str, blocks.Block]]:
    """One of many second derivatives, unless it is 0; the order of the two variables makes no other."""
    yield "second", blocks.Heading(message(N_("Second derivatives of {output}"), output=question.output_name))
    if part.formula != "0":
        key = f"{','.join(sorted(name.split(',')))} = {part.formula}"
        yield key, blocks.Formula(part.left_side, part.formula, part.latex, part.where)


def _jacobian(name: str, part: Jacobian, question: Question) -> Iterator[blocks.Block]:
    words = headings(question.command, name)
    yield blocks.Heading(message(words.matrix, output=question.output_name, name=readable_name(name)), spare=True)
    entries = [(at(part, entry), entry.formula) for entry in part.entries or () if entry.formula != "0"]
    yield blocks.Formula(
        part.left_side,
        part.formula,
        part.latex,
        part.where,
        part.matrix,
        arrangement(part, question),
        None if part.structure is None else structure(part.structure),
        _picture(part.structure),
        tuple(entries),
        len(entries) < len(part.entries or ()),
    )


HIGHEST_PICTURE = 12
"""Rows of a pattern that is drawn beside its formula."""

_PLAIN = ("dense", "rank-one", "zero")
"""Patterns that a picture says nothing about."""


def _picture(part: Structure | None) -> tuple[str, ...]:
    """The pattern, where there is one to see and it is small."""
    if part is None or part.picture is None or part.kind in _PLAIN:
        return ()
    return part.picture if 2 <= len(part.picture) <= HIGHEST_PICTURE else ()


def _vjp(name: str, part: Vjp, question: Question) -> Iterator[blocks.Block]:
    product = headings(question.command).product
    yield blocks.Heading(message(product, name=name, output=question.output_name, v=question.v_name), spare=True)
    yield blocks.Formula(part.left_side, part.formula, part.latex, part.where, part.matrix)


def _formulas(part: Closed) -> Iterator[str]:
    for form in (part.jacobian, part.vjp):
        if form is not None:
            yield form.formula
            yield from (definition.formula for definition in form.where)


_COMPARISONS = ("<", ">", "!=", "==")


def legend(formulas: Iterable[str], inputs: Mapping[str, Shape]) -> Iterator[Message]:
    """One sentence for each piece of notation in the formulas."""
    text = "\n".join(formulas)
    if "delta(" in text:
        yield Message(N_("delta(i,m) is 1 where i = m, else 0 (Kronecker's delta)"))
    if _has_iverson(text):
        yield Message(N_("[condition] is 1 where the condition holds, else 0"))
    if "Sum_" in text:
        yield Message(N_("Sum_r(...) adds up over every r"))
    for name, shape in inputs.items():
        for axis, n in enumerate(shape):
            if re.search(rf"\bn_{re.escape(name)}{axis}\b", text):
                yield Message(
                    N_("{size} is the size of axis {axis} of {name}: {n}"),
                    {"size": f"n_{name}{axis}", "axis": axis, "name": name, "n": n},
                )


def _has_iverson(text: str) -> bool:
    """Whether a comparison stands directly inside square brackets (inside braces it is the condition of a branch)."""
    opened: list[str] = []
    for place, character in enumerate(text):
        if character in "([{":
            opened.append(character)
        elif character in ")]}" and opened:
            opened.pop()
        elif opened and opened[-1] == "[" and text.startswith(_COMPARISONS, place):
            return True
    return False


# Numbers


def _compared(part: Compared, question: Question, derived: Kind | None) -> Iterator[blocks.Block]:
    if part.is_empty:
        return
    whole = tuple(_sides(part, question, derived))
    values = [array for array in (part.symbolic, part.pytorch) if array is not None]
    if values and _is_number_of_many(question, values[0].shape) and (part.agrees or len(values) == 1):
        reason = part.reason
        yield blocks.Summary(whole, () if reason is None else ((repr(reason), blocks.Sentence(reason, apart=True)),))
    else:
        yield from whole


def _sides(part: Compared, question: Question, derived: Kind | None) -> Iterator[blocks.Block]:
    words = headings(question.command, part.name)
    yield blocks.Heading(message(words.values, name=readable_name(part.name)), spare=True)
    sides = ((N_("SymPy's formula"), part.symbolic), (words.numeric, part.pytorch))
    arrays = tuple((Message(heading), array) for heading, array in sides if array is not None)
    yield blocks.Numbers(arrays, result=_result(part.name, question, derived))
    checked = N_("the Jacobian printed above, contracted with {v}, gives these numbers too")
    said = message(checked, v=question.v_name) if part.jacobian_checked else None
    yield blocks.Verdict(part.agrees, part.max_abs_diff, part.reason, said)


def _result(by: str, question: Question, derived: Kind | None) -> str:
    """What the numbers are called in LaTeX: by the command, or by the formula where a command may be of any kind."""
    kind = kind_of(question.command, by)
    if question.command not in KINDS and derived is not None:
        kind = derived
    names = ", ".join(latex_name(name.strip()) for name in by.split(","))
    return kind.latex.format(of=latex_name(question.output_name), by=names)


def _equivalence(part: Equivalence, question: Question, first: bool) -> Iterator[blocks.Block]:
    if first:
        yield blocks.Heading(message(N_("The same gradient by other ways")), spare=True)
    output, v = question.output_name, question.v_name
    ways = (
        (f"({v}*{output}).sum().backward()", part.max_abs_diff),
        (f"{output}.sum().backward()", part.plain_sum_max_abs_diff),
    )
    same = N_("({v}*{output}).sum().backward() leaves the same in {name}.grad but for {difference}.")
    yield blocks.EqualCalls(
        tuple((call, _apart(part.name, difference)) for call, difference in ways if difference is not None),
        message(same, name=part.name, output=output, v=v, difference=number(part.max_abs_diff, 2)),
    )


def agreement(block: blocks.Verdict, speak: Speak) -> tuple[str, str] | None:
    """How far the two sides are apart, and whether they agree; None where there is nothing to compare."""
    if block.agrees is None:
        return None
    difference = "0" if block.difference is None else number(block.difference, 2)
    lead = speak.sentence(N_("largest difference {difference}: "), difference=difference)
    return lead, speak.sentence(N_("they agree") if block.agrees else N_("they DISAGREE"))


def _apart(name: str, difference: float) -> Message:
    """How far another way to the same gradient is from it."""
    if difference == 0:
        return message(N_("{name}.grad is the same"), name=name)
    return message(N_("{name}.grad differs by at most {difference}"), name=name, difference=number(difference, 2))
