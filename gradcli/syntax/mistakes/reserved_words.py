"""A reserved word of Python in an expression -> what is wrong with it, and the repair."""

from __future__ import annotations

import re

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.syntax.mistakes import DID_YOU_MEAN, mistake, patched
from gradcli.syntax.mistakes.characters import renamed
from gradcli.syntax.scan import Token, text_of

JOIN_MASKS = N_("use & for and, | for or, ~ for not, and brackets: (x > 0) & (x < 1)")
_NOT_ALLOWED = N_("{word} is not allowed in an expression")


def word(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about a reserved word of Python in an expression."""
    token = tokens[place]
    left, right = segment(tokens, place)
    before, after = tokens[left:place], tokens[place + 1 : right]
    match token.text:
        case "if" if any(t.text == "else" for t in after):
            return _ternary(source, tokens[left:right], place - left)
        case "if" if before:
            hint = N_("choose entry by entry with where(condition, a, b)")
            return fault("syntax", _NOT_ALLOWED, hint, word=token.text).at(token.span)
        case "and" | "or":
            return _and_or(source, token, before, after)
        case "not":
            return _not(source, token, before, after)
        case "is" | "in" if before and after:
            return fault("syntax", _NOT_ALLOWED, N_("compare with == or !="), word=token.text).at(token.span)
        case "for" if before:
            return fault(
                "syntax",
                N_("comprehensions are not allowed: a list holds expressions only"),
                hint=N_("write its entries out, [0*x, 1*x, 2*x], or use arange and broadcasting"),
            ).at(token.span)
        case "lambda" if any(t.text == ":" for t in tokens[place:]):
            return _lambda(source, tokens, place)
        case "return" if source[: token.span.start].strip():
            return _return(source, token)
    return fault(
        "syntax",
        N_("{word} is a reserved word of Python and cannot be used as a name"),
        hint=N_("use another name, for example {other}: {repair}"),
        word=token.text,
        other=renamed(token.text),
        repair=_renamed_everywhere(source, token.text),
    ).at(token.span)


def compares(tokens: list[Token]) -> bool:
    """Whether there is a comparison among the tokens, so that they are a mask."""
    return any(t.kind == "operator" and t.text in ("<", "<=", ">", ">=", "==", "!=") for t in tokens)


def segment(tokens: list[Token], place: int) -> tuple[int, int]:
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


def _ternary(source: str, tokens: list[Token], place: int) -> GradcliError:
    """`a if c else b`, whose `if` stands at `place`."""
    middle = next(at for at in range(place, len(tokens)) if tokens[at].text == "else")
    parts = tokens[:place], tokens[place + 1 : middle], tokens[middle + 1 :]
    value, condition, other = (text_of(source, part) or "..." for part in parts)
    return mistake(
        source,
        tokens[0].span.to(tokens[-1].span),
        N_("'a if c else b' is not allowed: a tensor chooses entry by entry with where"),
        f"where({condition}, {value}, {other})",
    )


def _and_or(source: str, token: Token, before: list[Token], after: list[Token]) -> GradcliError:
    sign = {"and": "&", "or": "|"}[token.text]
    if any(t.kind == "word" for t in (*before, *after)) or not (compares(before) and compares(after)):
        return fault("syntax", _JOINED_BY, JOIN_MASKS, word=token.text, sign=sign).at(token.span)
    whole = before[0].span.to(after[-1].span)
    repair = f"({text_of(source, before)}) {sign} ({text_of(source, after)})"
    return mistake(source, token.span, _JOINED_BY, repair, over=whole, word=token.text, sign=sign)


def _not(source: str, token: Token, before: list[Token], after: list[Token]) -> GradcliError:
    text = text_of(source, after)
    if len(after) == 1:
        repair, over = f"({text} == 0)", token.span.to(after[0].span)
    elif any(t.kind == "word" for t in (*before, *after)) or not compares(after):
        return fault("syntax", _JOINED_BY, JOIN_MASKS, word="not", sign="~").at(token.span)
    else:
        repair, over = f"{text_of(source, before)}~({text})", (before or [token])[0].span.to(after[-1].span)
    return mistake(source, token.span, _JOINED_BY, repair, over=over, word="not", sign="~")


_JOINED_BY = N_("{word} is not allowed: masks are joined entry by entry by {sign}")


def _lambda(source: str, tokens: list[Token], place: int) -> GradcliError:
    start, colon = tokens[place].span.start, next(t for t in tokens[place:] if t.text == ":")
    body = "" if source[:start].strip() else source[colon.span.end :].strip()
    return fault(
        "syntax",
        N_("functions cannot be defined: lambda is not allowed"),
        hint=N_("write only the expression itself: {repair}") if body else N_("write only the expression itself"),
        repair=body,
    ).at(tokens[place].span)


def _return(source: str, token: Token) -> GradcliError:
    before, after = source[: token.span.start].rstrip(" ;"), source[token.span.end :].strip()
    return fault(
        "syntax",
        N_("{word} is not allowed: the last statement is the output, after a ; or on a new line"),
        hint=DID_YOU_MEAN,
        word=token.text,
        repair=f"{before}; {after}",
    ).at(token.span)


def _renamed_everywhere(source: str, word: str) -> str:
    """The source with the reserved word renamed in all of its places."""
    mended = re.sub(rf"(?<![\w.]){re.escape(word)}(?!\w)", renamed(word), source)
    return patched(mended, Span(0, len(mended)), mended)
