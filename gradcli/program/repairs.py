"""A name or a shape that does not fit, where it stands in the text -> the whole text as it was probably meant. Every
function here gives a text to paste, or None; none of them raises or computes anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from unicodedata import normalize

from gradcli.message import N_, Message, Span, message, nearest
from gradcli.ops import SPELLED
from gradcli.ops.foreign_names import ATOM, ATTRIBUTES, DERIVATIVES, OVERLOADED, REWRITTEN, renamed, rewritten
from gradcli.ops.matrix_products import PRODUCTS
from gradcli.ops.row import Row
from gradcli.shapes import Shape
from gradcli.syntax import tree as t
from gradcli.syntax.mistakes import DID_YOU_MEAN, ROOM_FOR_A_HINT, did_you_mean, fits_a_hint, patched
from gradcli.syntax.scan import Token, scan

_PYTORCH = N_("gradcli knows PyTorch's names, for example softmax(x, dim=0)")
_PRODUCTS = (*PRODUCTS, "bmm", "dot", "vdot", "inner")


def function(source: str, node: t.Call) -> Message:
    """The hint for a function that the table does not have."""
    name, arguments = node.function, [argument.span.of(source) for argument in node.arguments]
    alone = source.strip() == node.span.of(source)
    if name in DERIVATIVES and arguments:
        if fraction := re.match(r"\s*/\s*d\w+", source[node.span.end :]):  # d(x^2)/dx
            node = replace(node, span=Span(node.span.start, node.span.end + fraction.end()))
        inner = rewritten("{0}", arguments[:1], alone) or ""
        return message(
            N_("gradcli differentiates the expression itself: {repair}"), repair=patched(source, node.span, inner)
        )
    if name.lower() in ("piecewise", "ifthenelse", "switch", "case"):
        return message(N_("choose entry by entry with where(condition, a, b)"))
    if name in REWRITTEN and (whole := rewritten(REWRITTEN[name], arguments, alone)):
        return did_you_mean(source, node.span, whole)
    near = renamed(name) or nearest(name, [*SPELLED, "numel", "size"], likeness=0.75)  # of so many names one is alike
    if near is None:
        return message(_PYTORCH)
    start = node.name_span.start if node.method else node.span.start  # np.expand_dims loses its np
    return did_you_mean(source, Span(start, node.name_span.end), near)


def factored_function(source: str, node: t.Call, known: Sequence[str]) -> Message | None:
    """`xsin(x)`: a variable before a function's name."""
    for cut in range(len(node.function) - 1, 0, -1):
        name, rest = node.function[:cut], node.function[cut:]
        if name in known and rest in SPELLED and len(rest) > 1:
            return did_you_mean(source, node.name_span, f"{name}*{rest}")
    return None


def overloaded(source: str, node: t.Call) -> Message | None:
    """The hint for a function of the table that is given what it does not take: `max(x, y)`, `log(x, 2)`."""
    template = OVERLOADED.get(node.function)
    if template is None or node.keywords or len(node.arguments) != 1 + max(map(int, re.findall(r"\{(\d)", template))):
        return None
    arguments = [argument.span.of(source) for argument in node.arguments]
    whole = rewritten(template, arguments, source.strip() == node.span.of(source))
    return None if whole is None else did_you_mean(source, node.span, whole)


def uncalled(source: str, name: str, span: Span) -> Message:
    """The hint for a function that stands without its arguments: `exp^x`, `A^T`."""
    before = re.search(r"(\^|\*\*)\s*$", source[: span.start])
    if name in ("T", "t") and before:
        return did_you_mean(source, Span(before.start(), span.end), ".T")
    listed = re.match(r"\s*\[([^\[\]]*)\]", source[span.end :])
    if listed:
        whole = f"{name}({listed[1]})"
        return did_you_mean(source, Span(span.start, span.end + listed.end()), whole)
    after = re.match(r"\s*(\^|\*\*)\s*(\w+|\([^()]*\))", source[span.end :])
    if after:
        argument = after[2] if after[2].startswith("(") else f"({after[2]})"
        return did_you_mean(source, Span(span.start, span.end + after.end()), name + argument)
    return message(N_("for example: {example}"), example=SPELLED[name].example)


def variable(source: str, name: str, span: Span, shapes: Mapping[str, Shape | None]) -> Message:
    """The hint for a name without a value. `shapes` has every name that has one (None for a number)."""
    known = list(shapes)
    same = next((other for other in known if other.casefold() == name.casefold()), None)
    if same is not None:
        return did_you_mean(source, span, same)
    if name == "end" and re.search(r"[\[:,]\s*$", source[: span.start]):
        return did_you_mean(source, span, "-1")
    equals = re.compile(r"\s*==").match(source, span.end)
    if equals is not None and not source[: span.start].strip():
        return did_you_mean(source, Span(span.end, equals.end()), " =")
    power = re.search(r"(\^|\*\*)\s*$", source[: span.start])
    factors = split(name[1:], known) if power and name.startswith("T") else None
    if power and factors:
        whole = ".T @ " + " @ ".join(factors)  # x^Tx
        return did_you_mean(source, Span(power.start(), span.end), whole)
    parts = split(name, known)
    if parts is not None:
        return message(DID_YOU_MEAN, repair=_all_products(source, span, shapes))
    entries = _entries(source, shapes)
    if entries is not None:
        return message(DID_YOU_MEAN, repair=entries)
    numbered = _NUMBERED.fullmatch(name)
    if numbered and numbered[1] in shapes:
        return _numbered(source, span, numbered[1], int(numbered[2]), shapes[numbered[1]])
    near = nearest(name, known) if len(name) > 2 else None
    if near is not None:
        return did_you_mean(source, span, near)
    return message(N_("give it as  --{name} TENSOR  (or {name}=TENSOR)"), name=name)


def split(name: str, known: Sequence[str]) -> list[str] | None:
    """`xy` as [x, y], the longest names first; None where letters are left over, or it is longer than a hint may be."""
    if len(name) > ROOM_FOR_A_HINT:
        return None
    first = {len(name): ""}  # of the parts from each place on, for the parts may be alike
    for start in reversed(range(len(name))):
        fitting = [k for k in known if k and name.startswith(k, start) and start + len(k) in first]
        if fitting:
            first[start] = max(fitting, key=len)
    parts, place = [], 0
    while part := first.get(place, ""):
        parts.append(part)
        place += len(part)
    return parts if place == len(name) else None


def _all_products(source: str, span: Span, shapes: Mapping[str, Shape | None]) -> str:
    """The text with every product of names that was written as one word taken apart, or the one at `span` alone."""

    def apart(name: str, word: Span) -> str | None:
        parts = None if name in SPELLED else split(name, list(shapes))
        return None if parts is None else _product(source, word, parts, shapes)

    whole = _respelled(source, shapes, apart)
    return whole if whole is not None else apart(normalize("NFKC", span.of(source)), span) or ""


def _respelled(
    source: str, shapes: Mapping[str, Shape | None], respell: Callable[[str, Span], str | None]
) -> str | None:
    """The text with each name that has no value respelled, where that is possible; None where no hint could hold it, or
    nothing changed."""
    whole, end = "", 0
    for word in _words(source):
        name = normalize("NFKC", word.of(source))
        text = None if name in shapes else respell(name, word)
        if text is not None:
            whole, end = whole + source[end : word.start] + text, word.end
    whole += source[end:]
    return whole.strip() if end and fits_a_hint(whole) else None


def _words(source: str) -> Iterator[Span]:
    """Where the names stand that are neither called nor assigned nor attributes."""
    tokens = [Token("newline", "", Span(0, 0)), *scan(source), Token("newline", "", Span(0, 0))]
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.kind == "name" and before.text != "." and after.text not in ("(", "="):
            yield token.span


def _product(source: str, span: Span, parts: Sequence[str], shapes: Mapping[str, Shape | None]) -> str:
    """The names with signs between them: `@` beside a matrix, `*` otherwise; in brackets where a power follows."""
    ranks = [len(shapes[part] or ()) for part in parts]
    text = parts[0]
    for left, right, part in zip(ranks, ranks[1:], parts[1:], strict=False):
        text += f" @ {part}" if left and right and max(left, right) > 1 else f"*{part}"
    before = source[: span.start].rstrip()
    divided = before.endswith(("/", "^", "**", "-", "@", ".")) and not before.endswith("-")
    return f"({text})" if divided else text


_NUMBERED = re.compile(r"(.+?)_?(?<!\d)(\d++)")


def _entries(source: str, shapes: Mapping[str, Shape | None]) -> str | None:
    """`x_0*x_1` as `x[0]*x[1]`, where x is long enough and all of it fits a hint."""

    def entry(name: str, _: Span) -> str | None:
        numbered = _NUMBERED.fullmatch(name)
        shape = shapes.get(numbered[1]) if numbered else None
        return f"{numbered[1]}[{int(numbered[2])}]" if numbered and shape and int(numbered[2]) < shape[0] else None

    return _respelled(source, shapes, entry)


def _numbered(source: str, span: Span, name: str, place: int, shape: Shape | None) -> Message:
    if shape and place == shape[0]:
        return message(N_("entries are counted from 0: {repair}"), repair=patched(source, span, f"{name}[{place - 1}]"))
    return message(
        N_("write {product} for a product, {power} for a power"),
        product=patched(source, span, f"{name}*{place}"),
        power=patched(source, span, f"{name}**{place}"),
    )


def called_tensor(source: str, node: t.Call) -> Message:
    """The hint for `x(1)` and `x(y + 1)`, where x is a tensor."""
    inner = source[node.name_span.end : node.span.end].strip()
    places = [argument for argument in node.arguments if isinstance(argument, t.Number) and argument.integral]
    if node.arguments and len(places) == len(node.arguments):
        repair = patched(source, Span(node.name_span.end, node.span.end), f"[{inner[1:-1]}]")
        return message(N_("an entry is read with square brackets, counted from 0: {repair}"), repair=repair)
    if len(node.arguments) != 1 or node.keywords:
        return message(N_("multiplication is written with *:  {name}*(...)"), name=node.function)
    text = inner[1:-1] if isinstance(node.arguments[0], (t.Name, t.Call, t.Number)) else inner
    return did_you_mean(source, Span(node.name_span.end, node.span.end), f"*{text}")


def attribute(source: str, node: t.Attribute) -> Message:
    """The hint for an attribute that tensors do not have here."""
    if node.name in SPELLED:
        return did_you_mean(source, Span(node.name_span.end, node.name_span.end), "()")
    template = ATTRIBUTES.get(node.name)
    if template is not None:
        whole = rewritten(template, [_operand(source, node.value)], alone=True)
        return did_you_mean(source, node.span, whole or "")
    near = nearest(node.name, ["T", "mT", "shape", "ndim", "data", *SPELLED])
    if near is None:
        return message(N_("the attributes are .T .mT .shape .ndim"))
    return did_you_mean(source, node.name_span, near + "()" * (near in SPELLED))


def ways_to_join(source: str, node: t.Binary | t.Compare, left: Shape, right: Shape) -> Iterator[str]:
    """Other ways to write an operation whose shapes do not fit, likeliest first: the operation alone, as text."""
    a, b = _operand(source, node.left), _operand(source, node.right)
    sign = node.operator
    if sign == "@":
        yield from (f"{a} @ {b}.T", f"{a}.T @ {b}", f"{b} @ {a}", f"{a}.T @ {b}.T")
        if not left or not right:
            yield f"{a}*{b}"
        return
    yield from (f"{kept} {sign} {b}" for kept in _keeping(source, node.left))
    yield from (f"{a} {sign} {kept}" for kept in _keeping(source, node.right))
    if len(left) != len(right):
        yield f"{a} {sign} {b}{_column(right)}"
        yield f"{a}{_column(left)} {sign} {b}"
        yield f"{a} {sign} {b}[None]"
    elif len(left) > 1:
        yield f"{a} {sign} {b}.T"
        yield f"{a}.T {sign} {b}"
    if sign == "*":
        yield from (f"{a} @ {b}", f"{a}.T @ {b}", f"{a} @ {b}.T")


def ways_to_multiply(source: str, node: t.Call) -> Iterator[str]:
    """Other ways to write `dot(A, x)`, `mm(A, x)`, `mv(A, x)`."""
    if node.function not in _PRODUCTS or len(node.arguments) != 2 or node.keywords:
        return
    a, b = (_operand(source, argument) for argument in node.arguments)
    yield from (f"{a} @ {b}", f"{a}.T @ {b}", f"{a} @ {b}.T", f"{b} @ {a}", f"sum({a}*{b})")


def _column(shape: Shape) -> str:
    return "[:, None]" if len(shape) == 1 else "[..., None]"


def _keeping(source: str, node: t.Expression) -> Iterator[str]:
    """A reduction over one axis, with that axis kept."""
    row: Row | None = SPELLED.get(node.function) if isinstance(node, t.Call) else None
    if not isinstance(node, t.Call) or row is None or not any(p.name == "keepdim" for p in row.takes):
        return
    names = [name for name, _ in node.keywords]
    if len(node.arguments) + len(names) > 1 and not {"keepdim", "keepdims"} & set(names):
        yield f"{source[node.span.start : node.span.end - 1].rstrip()}, keepdim=True)"


def _operand(source: str, node: t.Expression) -> str:
    """The text of an operand that holds together beside any operator."""
    text = node.span.of(source)
    plain = isinstance(node, (t.Name, t.Number, t.Call, t.Attribute, t.Subscript, t.Sequence)) or ATOM.fullmatch(text)
    return text if plain else f"({text})"
