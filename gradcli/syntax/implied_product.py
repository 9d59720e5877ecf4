"""Two operands side by side -> whether the `*` between them can be supplied, or why not and what to write. Accepts
`2x`, `3sin(x)`, `2(x+1)`, `(x+1)(x+2)`; refuses `1/2x`, which has two readings, and `sin x`, which is no product."""

from __future__ import annotations

from collections.abc import Collection

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.ops import SPELLED
from gradcli.ops.foreign_names import renamed
from gradcli.syntax.mistakes import ROOM_FOR_A_HINT, mistake, patched
from gradcli.syntax.scan import Kind, Token, text_of

_TIGHT = ("/", "//", "%", "@", "**")
"""After these a product can be read in two ways."""


def check(
    source: str,
    before: list[Token],
    left: list[Token],
    tokens: list[Token],
    place: int,
    role: str,
    names: Collection[str],
) -> None:
    """Raises GradcliError (syntax) unless `left` and `tokens[place]` side by side are a product in one reading.

    `before` is what stands in front of `left`. `role` is the bracket round them: in a list, an index or a call a
    forgotten comma may be as likely as a forgotten `*`. `names` are those that have a value.
    """
    last, following = left[-1], tokens[place]
    touching = last.span.end == following.span.start
    raised = is_raised(before)
    if following.text == "(" and last.kind == "close" and (made := _module_call(source, left)) is not None:
        raise _module(source, *made, left, tokens, place)
    listed = role in ("list", "index") or (role == "call" and last.kind != "number")
    factors = _product(last, following, touching) or _with_values(left, tokens, place, names)
    if not factors or (listed and not touching):
        raise _missing_operator(source, left, tokens, place, role, names)
    if _is_power(before) and (not raised or _function_power(before, following, names)):
        raise _power_of_function(source, before, left, tokens, place, names)
    if before and before[-1].kind == "binary" and before[-1].text in _TIGHT and not raised:
        raise _two_readings(source, before[-1], left, tokens, place)


def _module_call(source: str, left: list[Token]) -> tuple[str, str] | None:
    """The class and the options of `nn.ReLU()`, which makes a module where a function is meant."""
    opener = next((at for at, token in enumerate(left) if token.kind == "open"), 0)
    if not opener or left[opener - 1].kind != "name" or not left[opener - 1].text[0].isupper():
        return None
    name = left[opener - 1].text
    if opener == 1 and renamed(name) is None:
        return None
    return name, source[left[opener].span.end : left[-1].span.start].strip()


def _module(source: str, name: str, options: str, left: list[Token], tokens: list[Token], place: int) -> GradcliError:
    span = Span(left[0].span.start, tokens[extent(tokens, place)].span.end)
    arguments = source[tokens[place].span.end : span.end - 1].strip()
    function = renamed(name)
    what = N_("{module} makes a module: here functions are called with their tensors")
    if function is None:
        return fault("name", what, module=name).at(span)
    parameters = "w, b" if function == "linear" else options
    repair = f"{function}({', '.join(filter(None, (arguments, parameters)))})"
    return mistake(source, span, what, repair, kind="name", module=name)


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
        return opening or (following.kind == "name" and (touching or last.text in (")", "]")))
    return False


def _with_values(left: list[Token], tokens: list[Token], place: int, names: Collection[str]) -> bool:
    """`x y`, `x sin(x)`, `2pi x`, where the names have values: no function stands there without its brackets."""
    following = tokens[place]
    called = place + 1 < len(tokens) and tokens[place + 1].text == "("
    if len(left) != 1 or left[0].kind != "name" or left[0].text not in (*names, "pi"):
        return False
    return following.text == "(" or (following.kind == "name" and (called or following.text in (*names, "pi")))


def _is_power(before: list[Token]) -> bool:
    """Whether the left operand is an exponent, signed or not."""
    signless = before[:-1] if before and before[-1].kind == "unary" else before
    return bool(signless) and signless[-1].text == "**"


def _function_power(before: list[Token], following: Token, names: Collection[str]) -> bool:
    """`sin²(x)`, as against `x²y` and `(x+1)²(y)`."""
    signless = before[:-1] if before[-1].kind == "unary" else before
    if len(signless) > 1 and signless[-2].text in names:
        return False
    return len(signless) > 1 and signless[-2].kind == "name" and (following.text == "(" or len(signless[-2].text) > 1)


def _power_of_function(
    source: str, before: list[Token], left: list[Token], tokens: list[Token], place: int, names: Collection[str]
) -> GradcliError:
    """`ln^2(x)`: the square of a function's value, or a product?"""
    signed = before[-1].kind == "unary"
    base = before[-3 if signed else -2] if len(before) > 1 + signed else None
    if base is None or base.kind != "name" or base.text in (*names, "e", "pi"):
        return _two_readings(source, before[-1], left, tokens, place)
    right = right_text(source, tokens, place)
    argument = right if right.startswith("(") else f"({right})"
    exponent = ("-" if signed else "") + "".join(token.text for token in left)
    span = Span(base.span.start, tokens[extent(tokens, place)].span.end)
    function = renamed(base.text) or base.text
    if exponent == "-1" and f"a{function}" in SPELLED:
        return fault(
            "syntax",
            N_("{written} can be read in two ways: the inverse function, or one over the function's value"),
            hint=N_("write {one} or {other}"),
            written=span.of(source),
            one=patched(source, span, f"a{function}{argument}"),
            other=patched(source, span, f"1/{function}{argument}"),
        ).at(span)
    sentence = N_("{written} can be read in two ways: a power belongs after the function's argument")
    if function in SPELLED:
        value = f"{function}{argument}**{exponent}" if exponent != "-1" else f"1/{function}{argument}"
        return mistake(source, span, sentence, value, written=span.of(source))
    return fault(
        "syntax",
        sentence,
        hint=N_("write {power} for the power of a function's value, {product} for a product"),
        written=span.of(source),
        power=f"{function}{argument}**{exponent}",
        product=f"{base.text}**{exponent}*{right}",
    ).at(span)


def _two_readings(source: str, operator: Token, left: list[Token], tokens: list[Token], place: int) -> GradcliError:
    factor, right = text_of(source, left), right_text(source, tokens, place)
    span = Span(left[0].span.start, tokens[extent(tokens, place)].span.end)
    return fault(
        "syntax",
        N_("{written} after {operator} can be read in two ways"),
        hint=N_("write {one} or {other}"),
        written=span.of(source),
        operator=operator.text,
        one=patched(source, span, f"({factor}*{right})"),
        other=patched(source, span, f"{factor}*{right}"),
    ).at(span)


def _missing_operator(
    source: str, left: list[Token], tokens: list[Token], place: int, role: str, names: Collection[str]
) -> GradcliError:
    first, second = text_of(source, left), right_text(source, tokens, place)
    span = Span(left[0].span.start, tokens[extent(tokens, place)].span.end)
    sentence = N_("an operator is missing between {first} and {second}")
    if [token.text for token in tokens[place + 1 : place + 2]] == ["="]:
        between = Span(left[-1].span.end, tokens[place].span.start)
        return mistake(source, span, sentence, ", ", over=between, first=first, second=second)
    alone = left[-1].text if len(left) == 1 and left[-1].kind == "name" else ""
    function = "" if alone in names else alone if alone in SPELLED else alone and renamed(alone)
    if function and tokens[place].kind == "name":
        return mistake(source, span, sentence, f"{function}({second})", first=first, second=second)
    hint = None
    if len(first) + len(second) <= ROOM_FOR_A_HINT and "text" not in (left[-1].kind, tokens[place].kind):
        hint = _likely_meanings(left[-1].kind, len(left) == 1, tokens[place].kind, role)
    return fault("syntax", sentence, hint=hint, first=first, second=second).at(span)


def _likely_meanings(left: Kind, alone: bool, right: Kind, role: str) -> str:
    """The hint for two operands side by side, by the kinds of the tokens where they meet, and whether the left operand
    is that token alone."""
    if role == "call":
        return N_("write {first}, {second} for two arguments, {first}*{second} for a product")
    if role in ("list", "index") or (left == "number" and right == "number"):
        return N_("write {first}, {second} for two entries, {first}*{second} for a product")
    if left == "name" and alone and right == "number":
        return N_("write {first}*{second} for a product, {first}**{second} for a power")
    if left == "name" and alone:
        return N_("write {first}({second}) for a function's value, {first}*{second} for a product")
    return N_("write {first}*{second} for a product")


def check_root(source: str, tokens: list[Token], place: int) -> None:
    """Raises GradcliError (syntax) unless the root sign stands before a bracket: how far would it reach?"""
    if place + 1 < len(tokens) and tokens[place + 1].text == "(":
        return
    end = extent(tokens, place + 1) if place + 1 < len(tokens) else place
    span = tokens[place].span.to(tokens[end].span)
    operand = source[span.start + 1 : span.end].strip() or "x"
    raise mistake(source, span, N_("the root sign needs brackets, to say how far it reaches"), f"sqrt({operand})")


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
