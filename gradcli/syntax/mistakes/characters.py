"""A character that belongs to no token -> what is wrong with it, and the repair. Knows no grammar, tensors or files."""

from __future__ import annotations

import re
import unicodedata

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.ops import SPELLED
from gradcli.syntax.mistakes import DID_YOU_MEAN, LEAVE_OUT, ROOM_FOR_A_HINT, mistake, patched

_NO_MEANING = N_("the character {char} has no meaning here")


def renamed(word: str) -> str:
    """A free name near a reserved one."""
    return "lambd" if word == "lambda" else f"{word}_"


def character(source: str, plain: str, place: int) -> GradcliError:
    """The complaint about the character at `place`, which begins no token."""
    char, span = plain[place], Span(place, place + 1)
    match char:
        case '"' | "'":
            unclosed = N_("the quote {quote} is never closed")
            return fault("syntax", unclosed, N_("close it: {quote}i,j->ij{quote}"), quote=source[place]).at(span)
        case "\\":
            return _latex(source, place)
        case "{" | "}":
            return _braces(source, plain, place)
        case "!":
            return _exclamation_mark(source, plain, place)
        case "‖" | "∥":
            return fault("syntax", N_("bars are not read as a norm"), N_("write norm(x)")).at(span)
        case "⊗":
            return fault("syntax", _NO_MEANING, N_("write outer(a, b) or kron(a, b)"), char=_printable(char)).at(span)
        case "$":
            return mistake(source, span, N_("{char} has no meaning here"), "", hint=LEAVE_OUT, char=char)
        case "?":
            return _question_mark(plain, span)
        case "\0":
            null = N_("the text holds a null byte at position {place}: it is not a text")
            return fault("syntax", null, place=place + 1).at(span)
        case _:
            return _like_plain_text(source, char, span)


def _question_mark(plain: str, span: Span) -> GradcliError:
    """`c ? a : b`"""
    choice = re.fullmatch(r"\s*([^?:;]+?)\s*\?\s*([^?:;]+?)\s*:\s*([^?:;]+?)\s*", plain)
    if choice is None:
        hint = N_("choose entry by entry with where(condition, a, b)")
        return fault("syntax", _NO_MEANING, hint, char="?").at(span)
    return fault("syntax", _NO_MEANING, DID_YOU_MEAN, char="?", repair=f"where({', '.join(choice.groups())})").at(span)


def _like_plain_text(source: str, char: str, span: Span) -> GradcliError:
    """`½`, which Unicode says is like 1/2, or a character that is like nothing."""
    plainer = unicodedata.normalize("NFKC", char).replace("⁄", "/")
    similar = plainer.isascii() and plainer.isprintable() and plainer != char and plainer.strip()
    if not similar:
        return fault("syntax", _NO_MEANING, char=_printable(char)).at(span)
    return mistake(source, span, _NO_MEANING, f"({plainer})", char=_printable(char))


def _printable(char: str) -> str:
    """A character that can be printed, or its number."""
    code = f"U+{ord(char):04X}"
    if not char.isprintable():
        return code
    return f"{char} ({code} {unicodedata.name(char, '').lower()})".replace(" )", ")") if ord(char) > 126 else char


def _latex(source: str, place: int) -> GradcliError:
    sentence = N_("LaTeX is not read here: a backslash has no meaning")
    fraction = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}").match(source, place)
    if fraction:
        numerator, denominator = (part if part.isalnum() else f"({part})" for part in fraction.groups())
        return mistake(source, Span(*fraction.span()), sentence, f"{numerator}/{denominator}")
    word = re.compile(r"\\[A-Za-z]*").match(source, place)
    span = Span(place, word.end() if word else place + 1)
    return fault("syntax", sentence, N_("write (a)/(b), sqrt(x), x**2, sin(x), pi")).at(span)


def _braces(source: str, plain: str, place: int) -> GradcliError:
    sentence, span = N_("curly braces are not used here: ( ) groups and [ ] makes a list"), Span(place, place + 1)
    closing = plain.find("}", place)
    if plain[place] == "}" or closing < 0 or ":" in plain[place:closing]:
        return fault("syntax", sentence).at(span)
    raised = plain[:place].rstrip().endswith(("^", "**", "_"))
    word = re.search(r"\w+$", plain[:place])
    left, right = "()" if raised or (word is not None and word[0] in SPELLED) else "[]"
    inner = source[place + 1 : closing]
    return mistake(source, span, sentence, f"{left}{inner}{right}", over=Span(place, closing + 1))


def _exclamation_mark(source: str, plain: str, place: int) -> GradcliError:
    """`x!`, or `!x` as other languages write it."""
    span = Span(place, place + 1)
    operand = re.compile(r"(\w+|\([^()]*\))\s*$").search(plain[:place], max(0, place - ROOM_FOR_A_HINT))
    if operand is None:
        sentence = N_("! does not mean 'not' here: a mask is negated by ~")
        return fault("syntax", sentence, DID_YOU_MEAN, repair=_negated(source, plain, place)).at(span)
    inner = Span(*operand.span(1)).of(source)
    inner = inner[1:-1] if inner.startswith("(") else inner
    return mistake(
        source,
        span,
        N_("! is not a factorial here"),
        f"exp(lgamma({inner}+1))",
        over=Span(operand.start(1), place + 1),
        hint=N_("x! is exp(lgamma(x+1)): {repair}"),
    )


def _negated(source: str, plain: str, place: int) -> str:
    """`!x` as `(x == 0)`, which holds of masks and of numbers; before a bracket, in which a mask stands, as `~`."""
    name = re.compile(r"!\s*(\w+)(?![\w(.\[])").match(plain, place)
    if name is None:
        return patched(source, Span(place, place + 1), "~")
    return patched(source, Span(place, name.end()), f"({Span(*name.span(1)).of(source)} == 0)")


def quote_after(source: str, plain: str, before: Span, place: int) -> GradcliError:
    """The complaint about a quote right after an operand: `x'`, or the prefixed text `f'...'`."""
    prefix = before.of(source)
    quoted = re.compile(r"(['\"])([^'\"]*)\1").match(plain, place)
    products = quoted is not None and re.search(r"[@*+]", quoted.group(2))  # b' @ c' are two transposes
    if quoted and not products and re.fullmatch(r"(?i)[fbru]|[fb]r|r[fb]", prefix):
        sentence = N_("a text with the prefix {prefix} is not allowed")
        span = Span(before.start, place + 1)
        return fault("syntax", sentence, N_("leave the prefix out"), prefix=prefix).at(span)
    return mistake(
        source,
        Span(place, place + 1),
        N_("a quote after {operand} is neither a transpose nor a derivative here"),
        ".T",
        hint=N_("the transpose is {repair}"),
        operand=prefix,
    )


def complex_number(text: str) -> GradcliError:
    """The complaint about `2j`."""
    return fault(
        "syntax",
        N_("{number}j is a complex number; only real numbers are allowed"),
        hint=N_("if j is a variable, write {number}*j"),
        number=text,
    )


def underscores(name: str) -> GradcliError:
    """The complaint about a name that begins with two underscores."""
    return fault(
        "name",
        N_("the name {name} is not allowed: names that begin with two underscores are Python's own"),
        hint=N_("use another name, for example {other}"),
        name=name,
        other=name.strip("_") or "x",
    )
