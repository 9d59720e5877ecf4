"""A token that cannot stand where it does, a bracket without its partner -> what is wrong, where, and the repair."""

from __future__ import annotations

import re
from collections.abc import Collection

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.syntax.mistakes import DID_YOU_MEAN, LEAVE_OUT, fits_a_hint, mistake, patched
from gradcli.syntax.mistakes.reserved_words import JOIN_MASKS, compares, segment
from gradcli.syntax.mistakes.textbook import without_bars
from gradcli.syntax.scan import Token, text_of
from gradcli.syntax.tree import Call

_BRACKETS = ("(", ")", "[", "]")
_BETTER = {"===": "==", "=>": ">=", "=<": "<=", "<>": "!="}


def no_operand(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about `x +` or `* x`: the operand that should stand before `tokens[place]` is missing."""
    before = tokens[place - 1] if place else None
    here = tokens[place] if place < len(tokens) else None
    paired = _paired_bars(source, tokens, place)
    if paired is not None:
        return paired
    if here is None or here.text in (")", "]"):
        return _nothing_after(source, tokens, place)
    if here.text in ("*", "**") and before is not None and before.text in ("(", ","):
        star = fault("syntax", N_("arguments with {star} are not allowed"), N_("name them one by one"), star=here.text)
        return star.at(here.span)
    if here.text == "<" and (inner := _inner_product(source, tokens, place)) is not None:
        return inner
    if before is None or before.text in ("(", "["):
        sentence, hint = N_("an operand is missing before {operator}"), LEAVE_OUT if len(tokens) > 1 else None
        return mistake(source, here.span, sentence, "", hint=hint, operator=_as_typed(source, here))
    sentence, both = N_("an operand is missing between {first} and {second}"), before.span.to(here.span)
    if before.text == here.text == "*":
        return mistake(source, both, sentence, "**", first="*", second="*")
    return fault("syntax", sentence, first=_as_typed(source, before), second=_as_typed(source, here)).at(both)


def _inner_product(source: str, tokens: list[Token], place: int) -> GradcliError | None:
    """`<x, y>`"""
    right = next((at for at in range(place, len(tokens)) if tokens[at].text == ">"), None)
    commas = [at for at in range(place, right or place) if tokens[at].text == ","]
    if right is None or len(commas) != 1:
        return None
    x, y = text_of(source, tokens[place + 1 : commas[0]]), text_of(source, tokens[commas[0] + 1 : right])
    span = tokens[place].span.to(tokens[right].span)
    return mistake(source, span, N_("the signs < and > are no brackets here"), f"sum(({x})*({y}))")


def arrow(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about `x <- 3`: other languages assign so."""
    span = tokens[place].span.to(tokens[place + 1].span)
    spaces = len(source[span.end :]) - len(source[span.end :].lstrip())
    return fault(
        "syntax",
        N_("{written} can be read in two ways: as an assignment, or as a comparison with a negative number"),
        hint=N_("write {one} or {other}"),
        written=span.of(source),
        one=patched(source, span, "="),
        other=patched(source, Span(span.start, span.end + spaces), "< -"),
    ).at(span)


def root(source: str, tokens: list[Token], first: int, place: int) -> GradcliError:
    """The complaint about `x^1/2`, whose 2 the power does not reach."""
    span = tokens[first].span.to(tokens[place + 1].span)
    power, one = tokens[first - 1].span, tokens[first].span.to(tokens[place - 1].span)
    sign = source[power.start : span.start].strip()
    return fault(
        "syntax",
        N_("{exponent} after {sign} can be read in two ways"),
        hint=N_("write {one} or {other}"),
        exponent=span.of(source),
        sign=sign,
        one=patched(source, span, f"({span.of(source)})"),
        other=patched(source, power.to(span), f"{sign}({one.of(source)}){source[one.end : span.end]}"),
    ).at(span)


def _nothing_after(source: str, tokens: list[Token], place: int) -> GradcliError:
    """`x +`, `(x *)`, `x++`: every operator at the end is one too many."""
    last = first = place - 1
    while first > 0 and tokens[first - 1].kind == "operator" and tokens[first - 1].text not in _BRACKETS:
        first -= 1
    surplus = tokens[first].span.to(tokens[last].span)
    hint = LEAVE_OUT if patched(source, surplus, "") else None
    if place == len(tokens) and "\n" in source[tokens[last].span.end :].strip(" "):
        hint = N_("an expression goes on over the end of a line only inside brackets")
    sentence, operator = N_("an operand is missing after {operator}"), _as_typed(source, tokens[last])
    return mistake(source, tokens[last].span, sentence, "", over=surplus, hint=hint, operator=operator)


def _paired_bars(source: str, tokens: list[Token], place: int) -> GradcliError | None:
    """`|x|` and `||x||`: the bar that lacks an operand is the first or the last of a pair."""
    all_bars = [at for at, token in enumerate(tokens) if token.text in ("|", "||") and token.kind == "operator"]
    if place in all_bars:
        pair = [at for at in all_bars if at >= place][:2]
    elif place - 1 in all_bars:
        pair = [at for at in all_bars if at < place][-2:]
    else:
        return None
    if len(pair) < 2 or pair[1] - pair[0] < 2:
        return None
    first, last = pair
    return bars(source, tokens[first].span.to(tokens[last].span), "norm" if tokens[first].text == "||" else "abs")


def bars(source: str, span: Span, function: str = "abs", names: Collection[str] = ()) -> GradcliError:
    """The complaint about bars that are meant as an absolute value, or as a norm."""
    repair = without_bars(source, names)
    short = repair is not None and fits_a_hint(repair)
    return fault(
        "syntax",
        N_("bars are not read as {function}: | joins masks"),
        hint=DID_YOU_MEAN if short else N_("write abs(x) for |x|, norm(x) for ||x||"),
        function=function,
        repair=repair,
    ).at(span)


def foreign(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about an operator that is not of this language, or not at this place."""
    token = tokens[place]
    if token.text == "||" and (paired := _paired_bars(source, tokens, place)):
        return paired
    sentence, operator = N_("{operator} is not allowed here"), _as_typed(source, token)
    repair = _local_spelling(tokens, place)
    if repair is not None:
        return mistake(source, token.span, sentence, repair, operator=operator)
    match token.text:
        case ":=":
            hint = N_("assign in a statement of its own: y = x**2; y + 1")
        case "&&" | "||":
            hint = JOIN_MASKS
        case "<<" | ">>":
            hint = N_("multiply or divide by a power of two: x*2**3")
        case "~":
            hint = N_("~ negates the mask that follows it; unequal is !=")
        case _:
            hint = N_("the operators are + - * / // % ** @, comparisons, & | ~")
    return fault("syntax", sentence, hint, operator=operator).at(token.span)


def _local_spelling(tokens: list[Token], place: int) -> str | None:
    """How the operator of another language is spelled in this one; None where more than the sign has to change."""
    sign = tokens[place].text
    if sign == ":=":
        return "=" if place == 1 and tokens[0].kind == "name" else None
    if sign not in ("&&", "||"):
        return _BETTER.get(sign)
    left, right = segment(tokens, place)
    masks = compares(tokens[left:place]) and compares(tokens[place + 1 : right])
    bracketed = tokens[place - 1].text == ")" and tokens[place + 1].text in ("(", "~") if masks else False
    return sign[0] if bracketed else None


def comma(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about a comma outside brackets: a decimal comma, or several outputs."""
    left, right = tokens[place - 1 : place], tokens[place + 1 : place + 2]
    numbers = [t.kind == "number" and t.text.isdigit() for t in (*left, *right)] == [True, True]
    if numbers and left[0].span.end + 1 == right[0].span.start:
        sentence = N_("a comma does not separate decimals: write a point")
        return mistake(source, left[0].span.to(right[0].span), sentence, ".", over=tokens[place].span)
    if left and not right:
        return _nothing_after(source, tokens, place + 1)
    if not left:
        return no_operand(source, tokens, place)
    return mistake(
        source,
        tokens[place].span,
        N_("a comma outside brackets: there is one output, not several"),
        f"[{text_of(source, tokens)}]",
        over=tokens[0].span.to(tokens[-1].span),
        hint=N_("to stack them write {repair}"),
    )


def equals(source: str, token: Token) -> GradcliError:
    """The complaint about `=` inside an expression."""
    sentence = N_("= does not stand inside an expression, except to name an argument, as in sum(x, dim=0)")
    return mistake(source, token.span, sentence, "==", hint=N_("to compare write {repair}"))


def colon(token: Token) -> GradcliError:
    """The complaint about a colon that is in no index."""
    sentence = N_("a colon stands only in an index, as in x[1:], and after the condition of while")
    return fault("syntax", sentence).at(token.span)


def dot(source: str, token: Token) -> GradcliError:
    """The complaint about a point with nothing before or after it."""
    sentence = N_("a point stands between a tensor and a name, as in x.T")
    return mistake(source, token.span, sentence, "", hint=LEAVE_OUT)


def after_dot(token: Token) -> GradcliError:
    """The complaint about `x.(`, `x.2`, `x.for`."""
    return fault("syntax", N_("a name must follow the point, as in x.T or x.sum()")).at(token.span)


def dots(token: Token) -> GradcliError:
    """The complaint about `...` that is in no index."""
    return fault(
        "syntax", N_("... stands only in an index, as in x[..., 0]"), hint=N_("write every entry out, or use arange(5)")
    ).at(token.span)


def unbracketed_comparison(source: str, tokens: list[Token]) -> GradcliError:
    """The complaint about a comparison, these tokens: `x > 0 & y > 0`, which is `x > (0 & y) > 0`, as in Python."""
    parts, start, depth = list[str](), 0, 0
    for place, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.kind == "binary" and token.text in "&|":
            parts += [f"({text_of(source, tokens[start:place])})", token.text]
            start = place + 1
    repair = " ".join([*parts, f"({text_of(source, tokens[start:])})"])
    sentence = N_("& and | bind tighter than comparisons: each comparison needs brackets")
    return mistake(source, tokens[0].span.to(tokens[-1].span), sentence, repair)


def backward(source: str, call: Call) -> GradcliError:
    """The complaint about `y.backward()`."""
    value = source[call.span.start : call.name_span.start].rstrip().rstrip(".").rstrip()
    sentence = N_("gradcli calls backward itself: the program only computes the output")
    hint = N_("leave the call out: {repair}")
    return mistake(source, call.name_span, sentence, value, over=call.span, hint=hint, kind="name")


def empty_index(span: Span) -> GradcliError:
    """The complaint about `x[]`."""
    return fault("syntax", N_("the index is empty"), hint=N_("write x[0], or x[:] for all of it")).at(span)


def _as_typed(source: str, token: Token) -> str:
    return token.span.of(source) or token.text


_ASSIGNS = re.compile(r"(^|[;\n:])\s*\w+\s*=(?!=)[^;\n]*$")
"""What stands before a bracket in a statement that gives a name."""


def unbalanced(source: str, opener: Token | None, closer: Token) -> GradcliError:
    """The complaint about a bracket that closes nothing, or the wrong one."""
    if opener is not None:
        sentence, both = N_("the bracket {opener} is closed by {closer}"), opener.span.to(closer.span)
        slots = {"opener": opener.text, "closer": closer.text}
        return mistake(source, both, sentence, _closing(opener), over=closer.span, **slots)
    rest = source[closer.span.end :]
    again = len(rest) - len(rest.lstrip(closer.text + " "))
    every = Span(closer.span.start, closer.span.end + again)
    sentence = N_("the bracket {closer} closes nothing")
    return mistake(source, closer.span, sentence, " " * bool(again), over=every, closer=closer.text)


def never_closed(source: str, opened: list[Token]) -> GradcliError:
    """The complaint about brackets still open at the end; the span is the innermost."""
    closers = "".join(map(_closing, reversed(opened)))
    end = len(source.rstrip())
    sentence, innermost = N_("the bracket {opener} is never closed"), opened[-1]
    return mistake(source, innermost.span, sentence, closers, over=Span(end, end), opener=innermost.text)


def semicolon_inside(source: str, opener: Token, semicolon: Token) -> GradcliError:
    """The complaint about `;` inside a bracket: a matrix as other languages write it, or a bracket left open."""
    end = source.find("]", semicolon.span.start)
    if opener.text == "(" or end < 0:
        return _left_open(source, opener, semicolon)
    rows = source[opener.span.end : end].split(";")
    matrix = ", ".join(f"[{', '.join(row.replace(',', ' ').split())}]" for row in rows)
    sentence = N_("a matrix is written as a list of rows; ; separates statements")
    return mistake(source, Span(opener.span.start, end + 1), sentence, f"[{matrix}]")


def _left_open(source: str, opener: Token, semicolon: Token) -> GradcliError:
    closed = _closing(opener) in source[semicolon.span.end :]
    if not closed and _ASSIGNS.search(source[: opener.span.start]):
        repair = f"{_closing(opener)};"
    else:  # an expression that ended here would be lost
        repair, source = ",", source + _closing(opener) * (not closed)
    sentence = N_("the bracket {opener} is not closed before the ;")
    return mistake(source, opener.span, sentence, repair, over=semicolon.span, opener=opener.text)


def _closing(opener: Token) -> str:
    return ")" if opener.text == "(" else "]"
