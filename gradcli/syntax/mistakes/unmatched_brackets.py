"""Brackets that do not match, or that a `;` tears apart -> what is wrong, where, and the repair."""

from __future__ import annotations

import re

from gradcli.message import N_, GradcliError, Span
from gradcli.syntax.mistakes.mistake import mistake
from gradcli.syntax.scan import Token

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
