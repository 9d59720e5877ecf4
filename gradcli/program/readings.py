"""Text that is easily read in another way -> the refusal or the note that says how it is read here."""

from __future__ import annotations

from fractions import Fraction

from gradcli.message import N_, Message, Span, fault, message
from gradcli.program.bind import Given
from gradcli.shapes import Shape
from gradcli.syntax import tree as t
from gradcli.syntax.stray import patched


def refuse_two_readings(
    source: str, node: t.Binary | t.Compare, left: Span, right: Span, shapes: tuple[Shape, Shape]
) -> None:
    """Raises GradcliError (syntax) for a product of matrices whose sign was left out: it may be `*` or `@`."""
    between = source[left.end : right.start]
    if node.operator != "*" or between.strip("() \n"):
        return
    ranks = sorted(map(len, shapes))
    if ranks[0] == 0 or ranks[1] < 2:
        return
    first = source[node.span.start : right.start].rstrip(" (")
    second = source[len(first) + node.span.start : node.span.end].strip()
    raise fault(
        "syntax", N_("{written} can be read in two ways: entry by entry, or as the product of matrices"),
        hint=N_("write {one} or {other}"), written=source[node.span.start : node.span.end],
        one=patched(source, node.span, f"{first}*{second}"), other=patched(source, node.span, f"{first} @ {second}"),
    ).at(node.span)


def no_inverse(source: str, node: t.Binary | t.Compare, base: Span, shape: Shape, exponent: Given) -> Message | None:
    """The note that A**-1 is taken entry by entry, as PyTorch takes it."""
    square = len(shape) > 1 and shape[-1] == shape[-2]
    if node.operator != "**" or exponent.value != Fraction(-1) or not square:
        return None
    return message(
        N_("{written} is taken entry by entry, as 1/{base}; the inverse of a matrix is inv({base})"),
        written=source[node.span.start : node.span.end], base=source[base.start : base.end],
    )


def no_relu(source: str, node: t.Call, dim: Given) -> Message | None:
    """The note that max(x, 0) is no relu: its 0 is an axis."""
    if not isinstance(dim.value, Fraction) or not isinstance(node.arguments[1], (t.Number, t.Unary)):
        return None
    first = node.arguments[0].span
    return message(
        N_("{written} is taken along dim={dim}, as in PyTorch; entry by entry it is {other}"),
        written=source[node.span.start : node.span.end], dim=dim.value,
        other=f"{node.function}imum({source[first.start : first.end]}, {dim.value})",
    )
