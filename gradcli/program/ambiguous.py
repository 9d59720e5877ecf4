"""Text that is easily read in another way -> the refusal or the note that says how it is read here."""

from __future__ import annotations

import re
from fractions import Fraction

from gradcli.message import N_, Message, Span, fault, message
from gradcli.ops.modules import is_pytorch
from gradcli.program.arguments import Argument
from gradcli.shapes import Shape
from gradcli.syntax import tree as t
from gradcli.syntax.mistakes import mistake, patched


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
        "syntax",
        N_("{written} can be read in two ways: entry by entry, or as the product of matrices"),
        hint=N_("write {one} or {other}"),
        written=node.span.of(source),
        one=patched(source, node.span, f"{first}*{second}"),
        other=patched(source, node.span, f"{first} @ {second}"),
    ).at(node.span)


def note_on_inverse(
    source: str, node: t.Binary | t.Compare, base: Span, shape: Shape, exponent: Argument
) -> Message | None:
    """The note that A**-1 is taken entry by entry, as PyTorch takes it."""
    square = len(shape) > 1 and shape[-1] == shape[-2]
    if node.operator != "**" or exponent.value != Fraction(-1) or not square:
        return None
    return message(
        N_("{written} is taken entry by entry, as 1/{base}; the inverse of a matrix is inv({base})"),
        written=node.span.of(source),
        base=base.of(source),
    )


def note_on_max(source: str, node: t.Call, dim: Argument) -> Message | None:
    """The note that max(x, 0) is no relu: its 0 is an axis."""
    if not isinstance(dim.value, Fraction) or not isinstance(node.arguments[1], (t.Number, t.Unary)):
        return None
    first = node.arguments[0].span
    return message(
        N_("{written} is taken along dim={dim}, as in PyTorch; entry by entry it is {other}"),
        written=node.span.of(source),
        dim=dim.value,
        other=f"{node.function}imum({first.of(source)}, {dim.value})",
    )


PAIRS = ("max", "min", "cummax", "cummin", "sort", "topk", "median", "mode", "kthvalue")
"""What PyTorch answers with two tensors where a dim is given."""


def refuse_pair(source: str, node: t.Subscript) -> None:
    """max(x, dim=1)[0] is the values in PyTorch, which returns a pair, and would be the first of them here."""
    call, items = node.value, node.items
    if not isinstance(call, t.Call) or call.function not in PAIRS or len(items) != 1:
        return
    place = items[0].value if isinstance(items[0], t.Number) else None
    by_place = [a for a in call.arguments[1:] if isinstance(a, (t.Number, t.Unary))]
    if place not in (0, 1) or not (by_place or "dim" in dict(call.keywords) or "axis" in dict(call.keywords)):
        return
    whole = call.span.of(source)
    repair = whole if place == 0 else re.sub(rf"\b{call.function}\(", f"arg{call.function}(", whole, count=1)
    sentence = N_(
        "{f} along a dim is a pair in PyTorch, values and indices, and the values alone here: [{place}] "
        "has two readings"
    )
    raise mistake(source, node.span, sentence, repair, f=call.function, place=int(place))


OTHER_METHODS = ("var", "std", "repeat")
"""Methods that arrays of NumPy and JAX have too, with another meaning."""


def refuse_method_of_an_array(source: str, node: t.Call) -> None:
    """np.exp(x).std() is NumPy's method, which divides by n."""
    if not node.method or node.function not in OTHER_METHODS:
        return
    module = _maker(node)
    if not module or is_pytorch(module):
        return
    before, after = source[node.span.start : node.name_span.start - 1], source[node.name_span.end : node.span.end]
    rest = after.strip()[1:].lstrip()
    whole = f"{module}.{node.function}({before}{'' if rest == ')' else ', '}{rest}"
    sentence = N_("{f} of an array that {module} makes is another method than PyTorch's")
    raise mistake(source, node.name_span, sentence, whole, over=node.span, kind="name", f=node.function, module=module)


def _maker(node: t.Expression) -> str:
    """The module whose function the innermost tensor of an expression comes from; "" where it is of none."""
    while True:
        match node:
            case t.Call() if node.module or not node.method:
                return node.module
            case t.Call():
                node = node.arguments[0]
            case t.Binary():
                node = node.left
            case t.Attribute() | t.Subscript():
                node = node.value
            case _:
                return ""


def refuse_matrix_norm(source: str, node: t.Call, shape: Shape) -> None:
    """linalg.norm(A, 2) of a matrix is its largest singular value; norm(A, 2) here is that of its entries."""
    linalg = source[: node.name_span.start].rstrip().endswith("linalg.")
    named = dict(node.keywords)
    order = node.arguments[1] if len(node.arguments) > 1 else named.get("ord")
    if not linalg or len(shape) != 2 or order is None or (isinstance(order, t.Flag) and order.value is None):
        return
    whole = isinstance(order, t.Text) and order.value == "fro"
    if whole or len(node.arguments) > 2 or "dim" in named or "axis" in named:
        return
    raise fault(
        "syntax",
        N_(
            "linalg.norm of a matrix with an order is a norm of the matrix, which is not here; norm is that "
            "of its entries"
        ),
        hint=N_("norm(A)  is the Frobenius norm, norm(A, p)  the p-norm of the entries"),
    ).at(node.span)
