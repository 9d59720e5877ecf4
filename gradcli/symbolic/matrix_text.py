"""Pieces of matrix notation: texts with the axes of the arrays that they denote, and how they are put together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from gradcli.binding import ATOM, POWER, PRODUCT, UNARY, Binding
from gradcli.symbolic.dims import Index

Axes = tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A piece of text and what it denotes: an array with these axes, in this order.

    `chain` holds the factors of a matrix product, so that it can be transposed and shared. `column` is the text of the
    same values as a column, where there is a better one than `[:, None]`.
    """

    text: str
    axes: Axes
    holds: Binding = ATOM
    chain: tuple[Value, ...] = ()
    column: str | None = None

    def at_least(self, holds: Binding) -> str:
        return self.text if self.holds >= holds else f"({self.text})"


def is_one(text: str) -> bool:
    """A name, or one call: its first bracket closes at the end."""
    head, bracket, rest = text.partition("(")
    if not bracket:
        return text.isidentifier()
    depths = list(accumulate((c == "(") - (c == ")") for c in bracket + rest))
    return head.replace(".", "_").isidentifier() and depths.index(0) == len(depths) - 1


def times(text: str, ones: str) -> str:
    """`v` as v*ones, `1/n` as ones/n, `v/n` as v*ones/n: what divides stays behind."""
    above, slash, below = text.rpartition("/")
    if not slash or not re.fullmatch(r"[\w.]+(\[\d+\])?", below):
        above, slash, below = text, "", ""
    return f"{ones if above == '1' else f'{above}*{ones}'}{slash}{below}"


def divided(result: Value | None, below: Sequence[Value]) -> tuple[Value | None, Sequence[Value]]:
    """diag(a)/b as diag(a/b): a vector that divides a diagonal matrix stands inside it."""
    vectors = [b for b in below if len(b.axes) == 1]
    if result is None or result.holds != ATOM or not vectors or not result.text.startswith(("eye(", "diag(")):
        return result, below
    inside = "1" if result.text.startswith("eye(") else result.text.removeprefix("diag(").removesuffix(")")
    if re.search(r" [-+<>=]+ ", inside):
        inside = f"({inside})"
    over = "*".join(b.at_least(POWER) for b in vectors)
    text = f"diag({inside}/{over if len(vectors) == 1 else f'({over})'})"
    return replace(result, text=text), [b for b in below if len(b.axes) != 1]


def transposed(value: Value) -> Value:
    """(A @ B).T is B.T @ A.T; x.T.T is x; a vector is its own transpose."""
    if len(value.axes) < 2:
        return value
    if value.chain:
        return chained(tuple(transposed(v) for v in reversed(value.chain)))
    if value.text.startswith(("eye(", "diag(")) and value.holds == ATOM:
        return replace(value, axes=value.axes[::-1])
    if value.holds == ATOM and value.text.endswith(".T"):
        return Value(value.text.removesuffix(".T"), value.axes[::-1])
    if value.text.startswith("outer(") and value.holds == ATOM and value.text.count(",") == 1:
        a, b = value.text.removeprefix("outer(").removesuffix(")").split(", ")
        return Value(f"outer({b}, {a})", value.axes[::-1])
    return Value(f"{value.at_least(ATOM)}.T", value.axes[::-1])


def links(value: Value) -> tuple[Value, ...]:
    return value.chain or (value,)


def chained(links: tuple[Value, ...], axes: Axes | None = None) -> Value:
    """A matrix product; its axes are those at its two ends."""
    if len(links) == 1:
        return links[0]
    if axes is None:
        axes = tuple(k for k, v in ((links[0].axes[0], links[0]), (links[-1].axes[-1], links[-1])) if len(v.axes) > 1)
    return Value(" @ ".join(v.at_least(UNARY) for v in links), axes, PRODUCT, links)


def with_statements(used: dict[str, Value], last: str) -> str:
    """The statements and the last expression; what is read once is written where it is read."""
    texts = {name: value.text for name, value in used.items()}
    for name in reversed(list(used)):
        pattern = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
        readers = [other for other in texts if other != name and pattern.search(texts[other])]
        count = len(pattern.findall(last)) + sum(len(pattern.findall(texts[other])) for other in readers)
        if count != 1:
            continue
        inside = replace(used[name], text=texts.pop(name))
        if readers:
            texts[readers[0]] = _put(inside, pattern, texts[readers[0]])
        else:
            last = _put(inside, pattern, last)
    return "; ".join([*(f"{name} = {text}" for name, text in texts.items()), last])


def _put(inside: Value, pattern: re.Pattern[str], text: str) -> str:
    """The text with the name replaced, in brackets only where something binds tighter than the value holds."""
    place = pattern.search(text)
    assert place is not None
    before, after = text[: place.start()].rstrip()[-1:], text[place.end() :].lstrip()[:1]
    alone = before in ("", "(", ",") and after in ("", ")", ",")
    loose = inside.holds >= PRODUCT and before in ("", "(", ",", "+", "-") and after in ("", ")", ",", "+", "-", ">")
    written = inside.text if inside.holds == ATOM or alone or loose else f"({inside.text})"
    return text[: place.start()] + written + text[place.end() :]
