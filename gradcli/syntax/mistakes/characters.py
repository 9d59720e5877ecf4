"""A character that belongs to no token -> what is wrong with it, and the repair. Knows no grammar, tensors or files."""

from __future__ import annotations

import re
import unicodedata

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.ops import SPELLED

ROOM_FOR_A_HINT = 100
"""A repair is shown as the whole expression, ready to paste, up to this many characters."""


def patched(source: str, span: Span, repair: str) -> str:
    """The whole source with the place mended, or the mended place alone where the source is long."""
    whole = f"{source[: span.start]}{repair}{source[span.end :]}".strip()
    return whole if len(whole) <= ROOM_FOR_A_HINT and "\n" not in whole else repair.strip()


def renamed(word: str) -> str:
    """A free name near a reserved one."""
    return "lambd" if word == "lambda" else f"{word}_"


def character(source: str, plain: str, place: int) -> GradcliError:
    """The complaint about the character at `place`, which begins no token."""
    char, span = plain[place], Span(place, place + 1)
    if char in "\"'":
        error = fault(
            "syntax",
            N_("the quote {quote} is never closed"),
            hint=N_("close it: {quote}i,j->ij{quote}"),
            quote=source[place],
        )
    elif char == "\\":
        return _latex(source, place)
    elif char in "{}":
        error = _braces(source, plain, place)
    elif char == "!":
        return _factorial(source, plain, place)
    elif char in "‖∥":
        error = fault("syntax", N_("bars are not read as a norm"), hint=N_("write norm(x)"))
    elif char == "⊗":
        error = fault(
            "syntax",
            N_("the character {char} has no meaning here"),
            hint=N_("write outer(a, b) or kron(a, b)"),
            char=_shown(char),
        )
    elif char == "$":
        error = fault(
            "syntax",
            N_("{char} has no meaning here"),
            hint=N_("leave it out: {repair}"),
            char=char,
            repair=patched(source, span, ""),
        )
    elif char == "?":
        choice = re.fullmatch(r"\s*([^?:;]+?)\s*\?\s*([^?:;]+?)\s*:\s*([^?:;]+?)\s*", plain)
        error = fault(
            "syntax",
            N_("the character {char} has no meaning here"),
            hint=N_("did you mean {repair} ?") if choice else N_("choose entry by entry with where(condition, a, b)"),
            char=char,
            repair=f"where({', '.join(choice.groups())})" if choice else "",
        )
    elif char == "\0":
        error = fault("syntax", N_("the text holds a null byte at position {place}: it is not a text"), place=place + 1)
    else:
        plainer = unicodedata.normalize("NFKC", char).replace("⁄", "/")
        similar = plainer.isascii() and plainer.isprintable() and plainer != char and plainer.strip()
        error = fault(
            "syntax",
            N_("the character {char} has no meaning here"),
            hint=N_("did you mean {repair} ?") if similar else None,
            char=_shown(char),
            repair=patched(source, span, f"({plainer})"),
        )
    return error.at(span)


def _shown(char: str) -> str:
    """A character that can be printed, or its number."""
    code = f"U+{ord(char):04X}"
    if not char.isprintable():
        return code
    return f"{char} ({code} {unicodedata.name(char, '').lower()})".replace(" )", ")") if ord(char) > 126 else char


def _latex(source: str, place: int) -> GradcliError:
    fraction = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}").match(source, place)
    if fraction:
        span = Span(*fraction.span())
        numerator, denominator = (part if part.isalnum() else f"({part})" for part in fraction.groups())
        hint = N_("did you mean {repair} ?")
        values = {"repair": patched(source, span, f"{numerator}/{denominator}")}
    else:
        word = re.compile(r"\\[A-Za-z]*").match(source, place)
        span = Span(place, word.end() if word else place + 1)
        hint, values = N_("write (a)/(b), sqrt(x), x**2, sin(x), pi"), {}
    return fault("syntax", N_("LaTeX is not read here: a backslash has no meaning"), hint=hint, **values).at(span)


def _braces(source: str, plain: str, place: int) -> GradcliError:
    sentence = N_("curly braces are not used here: ( ) groups and [ ] makes a list")
    closing = plain.find("}", place)
    if plain[place] == "}" or closing < 0 or ":" in plain[place:closing]:
        return fault("syntax", sentence)
    raised = plain[:place].rstrip().endswith(("^", "**", "_"))
    word = re.search(r"\w+$", plain[:place])
    left, right = "()" if raised or (word is not None and word[0] in SPELLED) else "[]"
    repair = patched(source, Span(place, closing + 1), f"{left}{source[place + 1 : closing]}{right}")
    return fault("syntax", sentence, hint=N_("did you mean {repair} ?"), repair=repair)


def _factorial(source: str, plain: str, place: int) -> GradcliError:
    span = Span(place, place + 1)
    start = max(0, place - ROOM_FOR_A_HINT)
    operand = re.compile(r"(\w+|\([^()]*\))\s*$").search(plain[:place], start)
    if operand is None:
        return fault(
            "syntax",
            N_("! does not mean 'not' here: a mask is negated by ~"),
            hint=N_("did you mean {repair} ?"),
            repair=_negated(source, plain, place),
        ).at(span)
    inner = source[operand.start(1) : operand.end(1)]
    inner = inner[1:-1] if inner.startswith("(") else inner
    place_of_all = Span(operand.start(1), place + 1)
    return fault(
        "syntax",
        N_("! is not a factorial here"),
        hint=N_("x! is exp(lgamma(x+1)): {repair}"),
        repair=patched(source, place_of_all, f"exp(lgamma({inner}+1))"),
    ).at(span)


def _negated(source: str, plain: str, place: int) -> str:
    """`!x` as `(x == 0)`, which holds of masks and of numbers; before a bracket, in which a mask stands, as `~`."""
    name = re.compile(r"!\s*(\w+)(?![\w(.\[])").match(plain, place)
    if name is None:
        return patched(source, Span(place, place + 1), "~")
    return patched(source, Span(place, name.end()), f"({source[name.start(1) : name.end(1)]} == 0)")


def quote_after(source: str, plain: str, before: Span, place: int) -> GradcliError:
    """The complaint about a quote right after an operand: `x'`, or the prefixed text `f'...'`."""
    prefix = source[before.start : before.end]
    quoted = re.compile(r"(['\"])([^'\"]*)\1").match(plain, place)
    products = quoted is not None and re.search(r"[@*+]", quoted.group(2))  # b' @ c' are two transposes
    if quoted and not products and re.fullmatch(r"(?i)[fbru]|[fb]r|r[fb]", prefix):
        return fault(
            "syntax",
            N_("a text with the prefix {prefix} is not allowed"),
            hint=N_("leave the prefix out"),
            prefix=prefix,
        ).at(Span(before.start, place + 1))
    span = Span(place, place + 1)
    return fault(
        "syntax",
        N_("a quote after {operand} is neither a transpose nor a derivative here"),
        hint=N_("the transpose is {repair}"),
        operand=prefix,
        repair=patched(source, span, ".T"),
    ).at(span)


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
