"""Bars as they stand on paper, `2|x|`, `||x||`, -> abs(...) and norm(...), for a hint. Knows which bar opens and which
closes; a bar that has no partner joins two masks and stays."""

from __future__ import annotations

from collections.abc import Collection

from gradcli.message import GradcliError, Span
from gradcli.ops import SPELLED
from gradcli.ops.foreign_names import renamed
from gradcli.syntax.scan import Token, scan

_CALLS = {"|": "abs(", "||": "norm("}
_OPERANDS = ("number", "name", "text", "flag")


def without_bars(source: str, names: Collection[str] = ()) -> str | None:
    """The text with each pair of bars as a call; None where there is none, or one that cannot be told.

    `names` are those that have a value: `sin|x|` is a function's value, and `x|y|` a product.
    """
    try:
        tokens = list(scan(source))
    except GradcliError:
        return None
    single = [half for token in tokens for half in _halves(token)]
    return _read(source, tokens, names) or _read(source, single, names)  # ||x||, else ||x| - |y||


def _halves(token: Token) -> list[Token]:
    if token.kind != "operator" or token.text != "||":
        return [token]
    start, end = token.span.start, token.span.end
    return [Token("operator", "|", Span(start, start + 1)), Token("operator", "|", Span(start + 1, end))]


def _read(source: str, tokens: list[Token], names: Collection[str]) -> str | None:
    text, end, pair = "", 0, _Pairs(tokens, names)
    for place, token in enumerate(tokens):
        written = pair.read(place)
        if written is None:
            return None
        if token.text in _CALLS:
            text, end = text + source[end : token.span.start] + written, token.span.end
    return text + source[end:] if pair.found and not pair.open else None


def _is_function(name: str) -> bool:
    return name in SPELLED or renamed(name) is not None


class _Pairs:
    """The bars and brackets that are open, innermost last: the text that closes each."""

    def __init__(self, tokens: list[Token], names: Collection[str]) -> None:
        self.tokens, self.names = tokens, names
        self.open: list[tuple[str, str]] = []
        self.ready, self.found = True, False

    def read(self, place: int) -> str | None:
        """What is written for the token; None where brackets and bars do not fit each other."""
        token = self.tokens[place]
        if token.kind == "operator" and token.text in _CALLS:
            return self._bar(place)
        if token.kind == "operator" and token.text in ")]":
            if not self.open or self.open.pop()[0] not in "([":
                return None
            self.ready = False
        elif token.kind == "operator":
            if token.text in "([":
                self.open.append((token.text, ""))
            elif token.text in (",", ";", "=") and self.open and self.open[-1][0] in _CALLS:
                return None
            self.ready = True
        elif token.kind == "newline" and self.open and self.open[-1][0] in _CALLS:
            return None
        else:
            self.ready = token.kind not in _OPERANDS
        return token.text

    def _bar(self, place: int) -> str | None:
        sign = self.tokens[place].text
        inner = self.open[-1][0] if self.open else ""
        if not self.ready and inner == sign:
            return self._closed(place)
        if not self.ready and sign == "||" and inner == "|":
            return None  # |x||y||z| is three absolute values, and no norm in bars
        if not self._has_partner(place, sign):
            self.ready = True
            return sign if sign == "|" else None
        before = self.tokens[place - 1] if place else None
        if self.ready or before is None:
            return self._opened(sign, "")
        called = before.kind == "name" and before.text not in self.names and _is_function(before.text)
        return self._opened(sign, "(", ")") if called else self._opened(sign, "*")

    def _opened(self, sign: str, before: str, after: str = "") -> str:
        self.open.append((sign, ")" + after))
        self.ready, self.found = True, True
        return before + _CALLS[sign]

    def _closed(self, place: int) -> str:
        _, text = self.open.pop()
        self.ready = False
        following = self.tokens[place + 1] if place + 1 < len(self.tokens) else None
        factor = following is not None and (following.kind in _OPERANDS or following.text == "(")
        return text + "*" * factor

    def _has_partner(self, place: int, sign: str) -> bool:
        """Whether a bar follows that may close this one: in the same bracket, in the same argument."""
        depth = 0
        for token in self.tokens[place + 1 :]:
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if depth < 0 or token.kind == "newline" or (depth == 0 and token.text in (",", ";", "=")):
                return False
            if depth == 0 and token.kind == "operator" and token.text == sign:
                return True
        return False
