"""Text -> tokens, each with its place in the text as typed. Knows spellings (π, ×, ², smart quotes), no grammar."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from gradcli.message import N_, GradcliError, Span, limit
from gradcli.syntax.mistakes import characters

MAX_LITERAL = 1_000
"""Digits of one number; Python itself refuses 4300, and float64 tells no more than 17 apart."""
MAX_EXPONENT = 5_000
"""Of a number as written: `1e-5000` is kept exactly (and is zero in float64), `1e-999999999` would fill the memory."""
LARGEST = Fraction(2**1024 - 2**970)
"""From here on a number is rounded to no float64."""

Kind = Literal[
    "number",
    "name",
    "word",
    "flag",
    "text",
    "operator",
    "newline",
    "unary",
    "binary",
    "open",
    "close",
    "comma",
    "colon",
    "dot",
    "equals",
]
"""The second row is what `arrange` makes of operators once it knows where they stand."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the text. `text` is its one canonical spelling (`**` for `^` and for the ² of x²)."""

    kind: Kind
    text: str
    span: Span


def text_of(source: str, tokens: Sequence[Token]) -> str:
    """The text from the first of these tokens to the last; "" of none."""
    return tokens[0].span.to(tokens[-1].span).of(source) if tokens else ""


LINE_ENDS = "\n\r\u2028\u2029\x85"

_SAME = {
    "-": "−–—‐‑‒﹣",
    "*": "×⋅∙∗⨯•\u00b7\u0387",
    "/": "÷∕⁄",
    '"': "“”„‟«»",
    "'": "‘’‚‛′",
    "|": "∣",
    ",": "、",
    " ": "\t\f\v\xa0\u1680\u200b\u202f\u205f\u2060\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B))),
    "\n": LINE_ENDS,
}
_ONE_FOR_ONE = str.maketrans(
    {char: plain for plain, chars in _SAME.items() for char in chars}
    | {chr(wide): chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}  # the fullwidth forms of ASCII
)
"""One character for one character, so that places stay the same."""
_LONGER = {"≤": "<=", "≦": "<=", "≥": ">=", "≧": ">=", "≠": "!=", "…": "...", "^": "**"}
_NAMED = {"π": "pi", "∞": "inf", "√": "sqrt"}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_NOT_IN_NAMES = "ⁿᵀ"  # letters to Unicode, and to Python part of a name: xⁿ would be the name xn

_TOKEN = re.compile(
    r"""
    (?P<space>[ ]+ | \\\n | \#[^\n]*)
  | (?P<newline>\n)
  | (?P<number>0[xX][0-9a-fA-F]+ | 0[bB][01]+ | 0[oO][0-7]+
      | (?:[0-9]+(?:_[0-9]+)*(?:\.(?!\.\.)[0-9]*)? | \.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<text>"[^"\n]*" | '[^'\n]*')
  | (?P<raised>[⁺⁻]?[⁰¹²³⁴-⁹]+ | ⁿ)
  | (?P<transposed>ᵀ)
  | (?P<operator>\*\*= | //= | << | >> | \.\.\. | === | \*\* | // | <= | >= | == | != | => | =<
      | <> | -> | := | && | \|\| | [-+*/%@&|^]= | [-+*/%@&|^~<>=()\[\],:;.≤≦≥≧≠…])
    """,
    re.VERBOSE,
)  # fmt: skip


def scan(source: str) -> Iterator[Token]:
    """The tokens of a program, newlines among them, one by one: a mistake at the beginning is found at once.

    Raises GradcliError (syntax, limit) with the span of the first character that belongs to no token.
    """
    plain = source.translate(_ONE_FOR_ONE)
    place, last = 0, None
    while place < len(plain):
        end = _name_end(plain, place)
        if end > place:
            found = [_name(plain[place:end], Span(place, end))]
        else:
            found, end = _other(source, plain, place, last)
        yield from found
        place, last = end, found[-1] if found else last


def words(source: str) -> Iterator[str]:
    """The words of a program, or of a part of one, as they were typed, without its comments."""
    return (token.span.of(source) for token in scan(source))


def one_line(source: str) -> str:
    """The text of a program, or of a part of one, on one line without its comments."""
    pieces, end = [], 0
    for token in scan(source):
        pieces += [" " if token.span.start > end else "", token.span.of(source)]
        end = token.span.end
    return " ".join("".join(pieces).split())


_COMMENT = re.compile(rf"""("[^"\n]*"|'[^'\n]*')|[#＃][^{LINE_ENDS}]*""")


def uncommented(text: str) -> str:
    """The text of a tensor, which may be no program (`1,2:3,4`), without its comments."""
    return _COMMENT.sub(lambda found: found[1] or "", text) if "#" in text or "＃" in text else text


def _other(source: str, plain: str, place: int, last: Token | None) -> tuple[list[Token], int]:
    """The token at `place` that is no name (two for x²), and where it ends."""
    if plain[place] in "\"'" and last is not None and _touches(last, place):
        raise characters.quote_after(source, plain, last.span, place)
    if plain[place] in _NAMED:
        return [Token("name", _NAMED[plain[place]], Span(place, place + 1))], place + 1
    match = _TOKEN.match(plain, place)
    if match is None:
        raise characters.character(source, plain, place)
    span, written = Span(place, match.end()), match.group()
    match match.lastgroup:
        case "number":
            return [_number(plain, span)], span.end
        case "text":
            return [Token("text", written[1:-1], span)], span.end
        case "raised":
            return list(_power(written, span)), span.end
        case "transposed":
            return [Token("operator", ".", Span(place, place)), Token("name", "T", span)], span.end
        case "newline":
            return [Token("newline", "\n", span)], span.end
        case "operator":
            return [Token("operator", _LONGER.get(written, written), span)], span.end
        case _:
            return [], span.end


def _touches(token: Token, place: int) -> bool:
    """Whether an operand ends right before `place`: a quote there opens no text, it is x' or f'...'."""
    return token.span.end == place and (token.kind in ("number", "name", "word", "text") or token.text in ")]")


def _name_end(plain: str, start: int) -> int:
    """Where the identifier that begins at `start` ends; `start` itself where there is none."""
    if not plain[start].isidentifier() or plain[start] in _NOT_IN_NAMES:
        return start
    end = start + 1
    if plain[start] == "π" and plain[end : end + 1].isalpha():
        return end  # 2πr is a product
    while end < len(plain) and _continues(plain[end]):
        end += 1
    return end


def _continues(char: str) -> bool:
    return char not in _NOT_IN_NAMES and (("x" + char).isidentifier() or "₀" <= char <= "₉")


def _name(written: str, span: Span) -> Token:
    text = _NAMED.get(written) or unicodedata.normalize("NFKC", written)
    if text in ("True", "False", "None"):
        return Token("flag", text, span)
    if keyword.iskeyword(text):
        return Token("word", text, span)
    if text.startswith("__"):  # v__ is what weights are called where v and v_ are variables
        raise characters.underscores(text).at(span)
    return Token("name", text, span)


def _power(written: str, span: Span) -> Iterator[Token]:
    """`²` is a power whose operator has no width; `⁻¹` has a sign."""
    yield Token("operator", "**", Span(span.start, span.start))
    plain = written.translate(_RAISED)
    sign = plain[0] in "+-"
    if sign:
        yield Token("operator", plain[0], Span(span.start, span.start + 1))
    rest = Span(span.start + sign, span.end)
    if plain == "ⁿ":
        yield Token("name", "n", rest)
    else:
        _check_digits(plain[sign:], rest)
        yield Token("number", plain[sign:], rest)


def _number(plain: str, span: Span) -> Token:
    text = span.of(plain)
    after = plain[span.end : span.end + 2]
    if after[:1] in ("j", "J") and not after[1:].isidentifier() and not after[1:].isdigit():
        raise characters.complex_number(text).at(Span(span.start, span.end + 1))
    _check_digits(text, span)
    return Token("number", text, span)


def _check_digits(text: str, span: Span) -> None:
    mantissa, _, exponent = text.lower().partition("e") if text[:2].lower() != "0x" else (text, "", "")
    if len(mantissa) > MAX_LITERAL or len(exponent) > 20:
        many = limit(N_("this number has {count} digits; the limit is {most}"), count=len(text), most=MAX_LITERAL)
        raise many.at(span)
    if abs(int(exponent or 0)) > MAX_EXPONENT or number(text) >= LARGEST:
        raise out_of_range(text, span)


def out_of_range(text: str, span: Span) -> GradcliError:
    """The complaint about a number that no float64 is near to."""
    return limit(
        N_("{number} is out of the range of floating-point numbers, which goes from about 5e-324 to 1.8e308"),
        hint=N_("write inf for infinity, or 0"),
        number=text if len(text) < 30 else text[:12] + "…",
    ).at(span)


def number(text: str) -> Fraction:
    """The exact value of a number as written: `0.1` is 1/10, `0x1f` is 31."""
    digits = text.replace("_", "")
    if digits[:2].lower() in ("0x", "0b", "0o"):
        return Fraction(int(digits, 0))
    return Fraction(digits)


def integral(text: str) -> bool:
    """Whether a number was written without point or exponent."""
    return text[:2].lower() == "0x" or not set(".eE") & set(text)
