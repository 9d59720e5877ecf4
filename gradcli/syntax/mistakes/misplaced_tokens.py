"""A token that cannot stand where it does in an expression -> what is wrong, where, and the repair."""

from __future__ import annotations

import re
from collections.abc import Collection

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.syntax.bars import without_bars
from gradcli.syntax.mistakes.characters import ROOM_FOR_A_HINT, patched, renamed
from gradcli.syntax.scan import Token

_DID_YOU_MEAN = N_("did you mean {repair} ?")
_LEAVE_OUT = N_("leave it out: {repair}")
_BRACKETS = ("(", ")", "[", "]")
_BETTER = {"===": "==", "=>": ">=", "=<": "<=", "<>": "!="}


def word(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about a reserved word of Python in an expression."""
    token = tokens[place]
    left, right = _segment(tokens, place)
    before, after = tokens[left:place], tokens[place + 1 : right]
    if token.text == "if" and any(t.text == "else" for t in after):
        return _ternary(source, tokens, left, place, right)
    if token.text == "if" and before:
        return fault(
            "syntax",
            N_("{word} is not allowed in an expression"),
            hint=N_("choose entry by entry with where(condition, a, b)"),
            word=token.text,
        ).at(token.span)
    if token.text in ("and", "or", "not"):
        return _logic(source, token, before, after)
    if token.text in ("is", "in") and before and after:
        return fault(
            "syntax", N_("{word} is not allowed in an expression"), hint=N_("compare with == or !="), word=token.text
        ).at(token.span)
    if token.text == "for" and before:
        return fault(
            "syntax",
            N_("comprehensions are not allowed: a list holds expressions only"),
            hint=N_("write its entries out, [0*x, 1*x, 2*x], or use arange and broadcasting"),
        ).at(token.span)
    if token.text == "lambda" and any(t.text == ":" for t in tokens[place:]):
        colon = next(t for t in tokens[place:] if t.text == ":")
        rest = "" if source[: token.span.start].strip() else source[colon.span.end :].strip()
        return fault(
            "syntax",
            N_("functions cannot be defined: lambda is not allowed"),
            hint=N_("write only the expression itself: {repair}") if rest else N_("write only the expression itself"),
            repair=rest,
        ).at(token.span)
    return _reserved(source, token)


_JOIN = N_("use & for and, | for or, ~ for not, and brackets: (x > 0) & (x < 1)")


def _compares(tokens: list[Token]) -> bool:
    """Whether there is a comparison among the tokens, so that they are a mask."""
    return any(t.kind == "operator" and t.text in ("<", "<=", ">", ">=", "==", "!=") for t in tokens)


def _everywhere(source: str, token: Token) -> str:
    """The source with the reserved word renamed in all of its places."""
    mended = re.sub(rf"(?<![\w.]){re.escape(token.text)}(?!\w)", renamed(token.text), source)
    return patched(mended, Span(0, len(mended)), mended)


def _reserved(source: str, token: Token) -> GradcliError:
    if token.text == "return" and source[: token.span.start].strip():
        before, after = source[: token.span.start].rstrip(" ;"), source[token.span.end :].strip()
        return fault(
            "syntax",
            N_("{word} is not allowed: the last statement is the output, after a ; or on a new line"),
            hint=_DID_YOU_MEAN,
            word=token.text,
            repair=f"{before}; {after}",
        ).at(token.span)
    return fault(
        "syntax",
        N_("{word} is a reserved word of Python and cannot be used as a name"),
        hint=N_("use another name, for example {other}: {repair}"),
        word=token.text,
        other=renamed(token.text),
        repair=_everywhere(source, token),
    ).at(token.span)


def _segment(tokens: list[Token], place: int) -> tuple[int, int]:
    """The run of tokens round `place` that no comma, `=`, colon or bracket of the same depth interrupts."""
    left, depth = place, 0
    while left > 0 and (depth or tokens[left - 1].text not in ("(", "[", ",", "=", ":")):
        left -= 1
        depth += (tokens[left].text in (")", "]")) - (tokens[left].text in ("(", "["))
    right, depth = place, 0
    while right < len(tokens) and (depth or tokens[right].text not in (")", "]", ",", "=", ":")):
        depth += (tokens[right].text in ("(", "[")) - (tokens[right].text in (")", "]"))
        right += 1
    return left, right


def _ternary(source: str, tokens: list[Token], left: int, place: int, right: int) -> GradcliError:
    middle = next(at for at in range(place, right) if tokens[at].text == "else")
    parts = tokens[left:place], tokens[place + 1 : middle], tokens[middle + 1 : right]
    value, condition, other = (_text(source, part) or "..." for part in parts)
    span = tokens[left].span.to(tokens[right - 1].span)
    return fault(
        "syntax",
        N_("'a if c else b' is not allowed: a tensor chooses entry by entry with where"),
        hint=_DID_YOU_MEAN,
        repair=patched(source, span, f"where({condition}, {value}, {other})"),
    ).at(span)


def _logic(source: str, token: Token, before: list[Token], after: list[Token]) -> GradcliError:
    sign = {"and": "&", "or": "|", "not": "~"}[token.text]
    more = any(t.kind == "word" for t in (*before, *after))
    masks = _compares(after) and (token.text == "not" or _compares(before))
    if token.text == "not" and len(after) == 1:
        span = token.span.to(after[0].span)
        hint, repair = _DID_YOU_MEAN, patched(source, span, f"({_text(source, after)} == 0)")
    elif more or not masks:
        hint, repair = _JOIN, ""
    else:
        left = f"({_text(source, before)}) " if token.text != "not" else _text(source, before)
        span = Span((before[0] if before else token).span.start, after[-1].span.end)
        right = f"({_text(source, after)})"
        repair = patched(source, span, f"{left}{sign} {right}" if token.text != "not" else f"{left}~{right}")
        hint = _DID_YOU_MEAN
    return fault(
        "syntax",
        N_("{word} is not allowed: masks are joined entry by entry by {sign}"),
        hint=hint,
        word=token.text,
        sign=sign,
        repair=repair,
    ).at(token.span)


def no_operand(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about `x +` or `* x`: the operand that should stand before `tokens[place]` is missing."""
    before = tokens[place - 1] if place else None
    here = tokens[place] if place < len(tokens) else None
    paired = _bars(source, tokens, place)
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
        return fault(
            "syntax",
            N_("an operand is missing before {operator}"),
            hint=_LEAVE_OUT if len(tokens) > 1 else None,
            operator=_written(source, here),
            repair=patched(source, here.span, ""),
        ).at(here.span)
    if before.text == here.text == "*":
        return fault(
            "syntax",
            N_("an operand is missing between {first} and {second}"),
            hint=_DID_YOU_MEAN,
            first="*",
            second="*",
            repair=patched(source, before.span.to(here.span), "**"),
        ).at(before.span.to(here.span))
    return fault(
        "syntax",
        N_("an operand is missing between {first} and {second}"),
        first=_written(source, before),
        second=_written(source, here),
    ).at(before.span.to(here.span))


def _inner_product(source: str, tokens: list[Token], place: int) -> GradcliError | None:
    """`<x, y>`"""
    right = next((at for at in range(place, len(tokens)) if tokens[at].text == ">"), None)
    commas = [at for at in range(place, right or place) if tokens[at].text == ","]
    if right is None or len(commas) != 1:
        return None
    span = tokens[place].span.to(tokens[right].span)
    return fault(
        "syntax",
        N_("the signs < and > are no brackets here"),
        hint=_DID_YOU_MEAN,
        repair=patched(
            source,
            span,
            f"sum(({_text(source, tokens[place + 1 : commas[0]])})*({_text(source, tokens[commas[0] + 1 : right])}))",
        ),
    ).at(span)


def arrow(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about `x <- 3`: other languages assign so."""
    span = tokens[place].span.to(tokens[place + 1].span)
    return fault(
        "syntax",
        N_("{written} can be read in two ways: as an assignment, or as a comparison with a negative number"),
        hint=N_("write {one} or {other}"),
        written=source[span.start : span.end],
        one=patched(source, span, "="),
        other=patched(source, Span(span.start, _skip(source, span.end)), "< -"),
    ).at(span)


def root(source: str, tokens: list[Token], first: int, place: int) -> GradcliError:
    """The complaint about `x^1/2`, whose 2 the power does not reach."""
    span = tokens[first].span.to(tokens[place + 1].span)
    exponent = source[span.start : span.end]
    whole = tokens[first - 1].span.to(span)
    sign = source[whole.start : span.start].strip()
    return fault(
        "syntax",
        N_("{exponent} after {sign} can be read in two ways"),
        hint=N_("write {one} or {other}"),
        exponent=exponent,
        sign=sign,
        one=patched(source, span, f"({exponent})"),
        other=patched(
            source,
            whole,
            f"{sign}({source[span.start : tokens[place - 1].span.end]}){source[tokens[place - 1].span.end : span.end]}",
        ),
    ).at(span)


def _skip(source: str, place: int) -> int:
    """The next place that is no space."""
    return place + len(source[place:]) - len(source[place:].lstrip())


def _nothing_after(source: str, tokens: list[Token], place: int) -> GradcliError:
    """`x +`, `(x *)`, `x++`: every operator at the end is one too many."""
    last = first = place - 1
    while first > 0 and tokens[first - 1].kind == "operator" and tokens[first - 1].text not in _BRACKETS:
        first -= 1
    repair = patched(source, tokens[first].span.to(tokens[last].span), "")
    hint = _LEAVE_OUT if repair else None
    if place == len(tokens) and "\n" in source[tokens[last].span.end :].strip(" "):
        hint = N_("an expression goes on over the end of a line only inside brackets")
    return fault(
        "syntax",
        N_("an operand is missing after {operator}"),
        hint=hint,
        operator=_written(source, tokens[last]),
        repair=repair,
    ).at(tokens[last].span)


def _bars(source: str, tokens: list[Token], place: int) -> GradcliError | None:
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
    short = repair is not None and len(repair) <= ROOM_FOR_A_HINT and "\n" not in repair
    return fault(
        "syntax",
        N_("bars are not read as {function}: | joins masks"),
        hint=_DID_YOU_MEAN if short else N_("write abs(x) for |x|, norm(x) for ||x||"),
        function=function,
        repair=repair,
    ).at(span)


def foreign(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about an operator that is not of this language, or not at this place."""
    token = tokens[place]
    if token.text == "||" and (paired := _bars(source, tokens, place)):
        return paired
    if token.text == ":=" and place == 1 and tokens[0].kind == "name":
        hint, values = _DID_YOU_MEAN, {"repair": patched(source, token.span, "=")}
    elif token.text == ":=":
        hint, values = N_("assign in a statement of its own: y = x**2; y + 1"), {}
    elif token.text in ("&&", "||"):
        left, right = _segment(tokens, place)
        compared = _compares(tokens[left:place]) and _compares(tokens[place + 1 : right])
        bracketed = (
            place
            and tokens[place - 1].text == ")"
            and tokens[place + 1 : place + 2][:1]
            and (tokens[place + 1].text in ("(", "~"))
        )
        fits = compared and bracketed
        hint, values = (_DID_YOU_MEAN, {"repair": patched(source, token.span, token.text[0])}) if fits else (_JOIN, {})
    elif token.text in _BETTER:
        hint, values = _DID_YOU_MEAN, {"repair": patched(source, token.span, _BETTER[token.text])}
    elif token.text in ("<<", ">>"):
        hint, values = N_("multiply or divide by a power of two: x*2**3"), {}
    elif token.text == "~":
        hint, values = N_("~ negates the mask that follows it; unequal is !="), {}
    else:
        hint, values = N_("the operators are + - * / // % ** @, comparisons, & | ~"), {}
    operator = _written(source, token)
    return fault("syntax", N_("{operator} is not allowed here"), hint, operator=operator, **values).at(token.span)


def comma(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about a comma outside brackets: a decimal comma, or several outputs."""
    left, right = tokens[place - 1 : place], tokens[place + 1 : place + 2]
    numbers = [t.kind == "number" and t.text.isdigit() for t in (*left, *right)] == [True, True]
    if numbers and left[0].span.end + 1 == right[0].span.start:
        return fault(
            "syntax",
            N_("a comma does not separate decimals: write a point"),
            hint=_DID_YOU_MEAN,
            repair=patched(source, tokens[place].span, "."),
        ).at(left[0].span.to(right[0].span))
    span = tokens[0].span.to(tokens[-1].span)
    if left and not right:
        return _nothing_after(source, tokens, place + 1)
    if not left:
        return no_operand(source, tokens, place)
    return fault(
        "syntax",
        N_("a comma outside brackets: there is one output, not several"),
        hint=N_("to stack them write {repair}"),
        repair=patched(source, span, f"[{_text(source, tokens)}]"),
    ).at(tokens[place].span)


def equals(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about `=` inside an expression."""
    return fault(
        "syntax",
        N_("= does not stand inside an expression, except to name an argument, as in sum(x, dim=0)"),
        hint=N_("to compare write {repair}"),
        repair=patched(source, tokens[place].span, "=="),
    ).at(tokens[place].span)


def colon(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about a colon that is in no index."""
    return fault("syntax", N_("a colon stands only in an index, as in x[1:], and after the condition of while")).at(
        tokens[place].span
    )


def dot(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about a point with nothing before or after it."""
    return fault(
        "syntax",
        N_("a point stands between a tensor and a name, as in x.T"),
        hint=_LEAVE_OUT,
        repair=patched(source, tokens[place].span, ""),
    ).at(tokens[place].span)


def after_dot(token: Token) -> GradcliError:
    """The complaint about `x.(`, `x.2`, `x.for`."""
    return fault("syntax", N_("a name must follow the point, as in x.T or x.sum()")).at(token.span)


def dots(token: Token) -> GradcliError:
    """The complaint about `...` that is in no index."""
    return fault(
        "syntax", N_("... stands only in an index, as in x[..., 0]"), hint=N_("write every entry out, or use arange(5)")
    ).at(token.span)


def empty_index(span: Span) -> GradcliError:
    """The complaint about `x[]`."""
    return fault("syntax", N_("the index is empty"), hint=N_("write x[0], or x[:] for all of it")).at(span)


def _written(source: str, token: Token) -> str:
    return source[token.span.start : token.span.end] or token.text


def _text(source: str, tokens: list[Token]) -> str:
    return source[tokens[0].span.start : tokens[-1].span.end] if tokens else ""
