"""Two operands side by side -> whether the `*` between them can be supplied, or why not and what to write. Accepts
`2x`, `3sin(x)`, `2(x+1)`, `(x+1)(x+2)`; refuses `1/2x`, which has two readings, and `sin x`, which is no product."""

from __future__ import annotations

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.syntax.scan import Token
from gradcli.syntax.stray import ROOM_FOR_A_HINT, patched

_TIGHT = ("/", "//", "%", "@", "**")
"""After these a product can be read in two ways."""
_TEXTBOOK = {"ln": "log", "tg": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}


def check(
    source: str, before: list[Token], left: list[Token], tokens: list[Token], place: int, *, in_list: bool
) -> None:
    """Raises GradcliError (syntax) unless `left` and `tokens[place]` side by side are a product in one reading.

    `before` is what stands in front of `left`; `in_list` where a forgotten comma is as likely as a forgotten `*`.
    """
    last, following = left[-1], tokens[place]
    touching = last.span.end == following.span.start
    raised = is_raised(before)
    if not _product(last, following, touching) or (in_list and not touching):
        raise _apart(source, left, tokens, place, in_list)
    if _is_power(before) and (not raised or _function_power(before, following)):
        raise _power(source, before, left, tokens, place)
    if before and before[-1].kind == "binary" and before[-1].text in _TIGHT and not raised:
        raise _two_readings(source, before[-1], left, tokens, place)


def is_raised(before: list[Token]) -> bool:
    """Whether the left operand is an exponent written small: x²."""
    return bool(before) and before[-1].text == "**" and before[-1].span.start == before[-1].span.end


def _product(last: Token, following: Token, touching: bool) -> bool:
    opening = following.text == "(" and following.kind == "operator"
    if last.kind == "number" and last.text != "...":
        return opening or (following.kind == "name" and not (touching and last.text.endswith(".")))
    if last.text == "pi" and last.span.end == last.span.start + 1:
        return touching and following.kind == "name"  # 2πr
    if last.kind == "close":
        return opening or (following.kind == "name" and touching and last.text == ")")
    return False


def _is_power(before: list[Token]) -> bool:
    """Whether the left operand is an exponent, signed or not."""
    signless = before[:-1] if before and before[-1].kind == "unary" else before
    return bool(signless) and signless[-1].text == "**"


def _function_power(before: list[Token], following: Token) -> bool:
    """`sin²(x)`, as against `x²y` and `(x+1)²(y)`."""
    signless = before[:-1] if before[-1].kind == "unary" else before
    return len(signless) > 1 and signless[-2].kind == "name" and (following.text == "(" or len(signless[-2].text) > 1)


def _power(source: str, before: list[Token], left: list[Token], tokens: list[Token], place: int) -> GradcliError:
    """`ln^2(x)`: the square of a function's value, or a product?"""
    signed = before[-1].kind == "unary"
    base = before[-3 if signed else -2] if len(before) > 1 + signed else None
    if base is None or base.kind != "name":
        return _two_readings(source, before[-1], left, tokens, place)
    right = right_text(source, tokens, place)
    argument = right if right.startswith("(") else f"({right})"
    exponent = ("-" if signed else "") + "".join(token.text for token in left)
    span = Span(base.span.start, tokens[extent(tokens, place)].span.end)
    function = _TEXTBOOK.get(base.text, base.text)
    return fault(
        "syntax", N_("{written} can be read in two ways: a power belongs after the function's argument"),
        hint=N_("write {power} for the power of a function's value, {product} for a product"),
        written=source[span.start : span.end],
        power=f"{function}{argument}**{exponent}", product=f"{base.text}**{exponent}*{right}",
    ).at(span)


def _two_readings(source: str, operator: Token, left: list[Token], tokens: list[Token], place: int) -> GradcliError:
    factor, right = _text(source, left), right_text(source, tokens, place)
    span = Span(left[0].span.start, tokens[extent(tokens, place)].span.end)
    return fault(
        "syntax", N_("{written} after {operator} can be read in two ways"),
        hint=N_("write {one} or {other}"), written=source[span.start : span.end], operator=operator.text,
        one=patched(source, span, f"({factor}*{right})"), other=patched(source, span, f"{factor}*{right}"),
    ).at(span)


def _apart(source: str, left: list[Token], tokens: list[Token], place: int, in_list: bool) -> GradcliError:
    first, second = _text(source, left), right_text(source, tokens, place)
    span = Span(left[0].span.start, tokens[extent(tokens, place)].span.end)
    sentence = N_("an operator is missing between {first} and {second}")
    if len(first) + len(second) > ROOM_FOR_A_HINT or "text" in (left[-1].kind, tokens[place].kind):
        hint = None
    elif in_list or (left[-1].kind == "number" and tokens[place].kind == "number"):
        hint = N_("write {first}, {second} for two entries, {first}*{second} for a product")
    elif left[-1].kind == "name" and len(left) == 1:
        hint = N_("write {first}({second}) for a function's value, {first}*{second} for a product")
    else:
        hint = N_("write {first}*{second} for a product")
    return fault("syntax", sentence, hint=hint, first=first, second=second).at(span)


def check_root(source: str, tokens: list[Token], place: int) -> None:
    """Raises GradcliError (syntax) unless the root sign stands before a bracket: how far would it reach?"""
    if place + 1 < len(tokens) and tokens[place + 1].text == "(":
        return
    end = extent(tokens, place + 1) if place + 1 < len(tokens) else place
    span = tokens[place].span.to(tokens[end].span)
    raise fault(
        "syntax", N_("the root sign needs brackets, to say how far it reaches"),
        hint=N_("did you mean {repair} ?"),
        repair=patched(source, span, f"sqrt({source[span.start + 1:span.end].strip() or 'x'})"),
    ).at(span)


def right_text(source: str, tokens: list[Token], place: int) -> str:
    """The operand that begins at `place`, as written."""
    return source[tokens[place].span.start : tokens[extent(tokens, place)].span.end]


def extent(tokens: list[Token], place: int) -> int:
    """Where the operand that begins at `place` ends: its brackets, its call, its indices and attributes."""
    if tokens[place].text in ("(", "["):
        end = _closing(tokens, place)
    elif place + 1 < len(tokens) and tokens[place + 1].text == "(" and tokens[place].kind == "name":
        end = _closing(tokens, place + 1)
    else:
        end = place
    while end + 2 < len(tokens) and tokens[end + 1].text in (".", "["):
        end = _closing(tokens, end + 1) if tokens[end + 1].text == "[" else end + 2
    return end


def _closing(tokens: list[Token], opener: int) -> int:
    depth = 0
    for place in range(opener, len(tokens)):
        if tokens[place].kind == "operator":
            depth += (tokens[place].text in "([") - (tokens[place].text in ")]")
            if depth == 0:
                return place
    return len(tokens) - 1


def _text(source: str, tokens: list[Token]) -> str:
    return source[tokens[0].span.start : tokens[-1].span.end]
