"""Arranged tokens -> Python's `ast`, and back from its nodes to the tokens. Python sees only the skeleton: every name
is `a`, every number `1`, every text `''`, so that it decides precedence and nothing else; no user text reaches it.

Long sums and products are given to it as the arguments of a call (`a+b+c` as `a(a,a,a)`), because Python 3.11 to 3.14
refuse a sum of some thousand terms: its tree is as deep as the sum is long. The reader folds them again.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.syntax.scan import Token
from gradcli.syntax.statements import MAX_DEPTH, too_deep

FOLD = 16
"""Sums and products of more operators than this are folded here."""

_CHAINS = (("|",), ("&",), ("+", "-"), ("*", "/", "//", "%", "@"))
"""Operators of one precedence, loosest first; within one they are left-associative."""
_BLANK = {"name": "a", "number": "1", "flag": "1", "text": "''"}


@dataclass(slots=True)
class Chain:
    """A long sum or product: its first and last token and its operators', by place."""

    first: int
    operators: list[int] = field(default_factory=list)
    last: int = 0


@dataclass(slots=True)
class Skeleton:
    """The node of an expression, and where its tokens stand in the text that Python read."""

    tokens: list[Token]
    node: ast.expr
    starts: dict[int, int]
    ends: dict[int, int]
    chains: dict[int, Chain]

    def first(self, node: ast.expr | ast.keyword) -> Token:
        """The first token of a node."""
        return self.tokens[self.starts[node.col_offset]]

    def last_place(self, node: ast.expr | ast.keyword) -> int:
        """The place of a node's last token."""
        return self.ends[node.end_col_offset or 0]

    def span(self, node: ast.expr | ast.keyword) -> Span:
        """Where a node stands in the text as typed."""
        return self.first(node).span.to(self.tokens[self.last_place(node)].span)

    def in_brackets(self, node: ast.expr) -> bool:
        """Whether a node is written with its own brackets round it."""
        before, after = self.starts[node.col_offset] - 1, self.last_place(node) + 1
        if before < 0 or after >= len(self.tokens):
            return False
        return self.tokens[before].text == "(" and self.tokens[after].text == ")"


def skeleton(tokens: list[Token], fold: int = FOLD) -> Skeleton:
    """The tokens of one expression, read by Python.

    Raises GradcliError (limit) for what is nested too deep, (syntax) for what Python does not read.
    """
    _check_depth(tokens)
    chains = [chain for chain in _chains(tokens) if len(chain.operators) > fold]
    pieces, starts, ends, found = _written(tokens, chains)
    try:
        node = ast.parse(pieces, mode="eval").body
    except SyntaxError as error:
        raise _unread(tokens, starts, error) from None
    except (RecursionError, MemoryError):  # how Python's parser says that its own stack ended, whatever our estimate
        raise too_deep(tokens[0].span.to(tokens[-1].span)) from None
    return Skeleton(tokens, node, starts, ends, found)


def _unread(tokens: list[Token], starts: dict[int, int], error: SyntaxError) -> GradcliError:
    """What `arrange` lets pass and Python does not: an argument without name after a named one, and the like."""
    offset = (error.offset or 1) - 1
    place = starts[max((start for start in starts if start <= offset), default=min(starts))]
    reason = error.msg.partition(". Perhaps")[0]
    return fault("syntax", N_("this cannot be read: {reason}"), reason=reason).at(tokens[place].span)


def _check_depth(tokens: list[Token]) -> None:
    """Raises GradcliError (limit) where signs, powers, calls, indices and brackets lie too deep in one another."""
    outer: list[int] = []
    depth = 0
    for token in tokens:
        if token.kind in ("unary", "dot") or token.text == "**":
            depth += 1
        elif token.kind == "open":
            outer.append(depth)
            depth += 1
        elif token.kind == "close":
            depth = outer.pop() + 1
        elif token.kind in ("binary", "comma", "colon"):
            depth = outer[-1] + 1 if outer else 0
        if depth > MAX_DEPTH:
            raise too_deep(token.span)


def _chains(tokens: list[Token]) -> list[Chain]:
    """Every run of operators of one precedence, outer ones before inner ones that begin at the same token."""
    found: list[Chain] = []
    levels: list[list[Chain]] = [[Chain(0) for _ in _CHAINS]]
    for place, token in enumerate(tokens):
        if token.kind == "open":
            levels.append([Chain(place + 1) for _ in _CHAINS])
        elif token.kind == "close":
            found += _ended(levels.pop(), 0, place)
        elif token.kind in ("comma", "colon", "equals") or token.kind == "binary":
            rank = next((rank for rank, signs in enumerate(_CHAINS) if token.text in signs), -1)
            if token.text != "**":
                found += _ended(levels[-1], rank + 1, place)
            if rank >= 0:
                levels[-1][rank].operators.append(place)
    return found + _ended(levels.pop(), 0, len(tokens))


def _ended(level: list[Chain], rank: int, place: int) -> list[Chain]:
    """The runs of one bracket from this precedence on, which end before `place`; new ones begin after it."""
    ended = [chain for chain in level[rank:] if chain.operators]
    for chain in ended:
        chain.last = place - 1
    level[rank:] = [Chain(place + 1) for _ in level[rank:]]
    return ended


def _written(tokens: list[Token], chains: list[Chain]) -> tuple[str, dict[int, int], dict[int, int], dict[int, Chain]]:
    """The text for Python, and which token (by place) starts and ends at which column."""
    commas = {place for chain in chains for place in chain.operators}
    opening: dict[int, list[Chain]] = {}
    for chain in sorted(chains, key=lambda chain: -chain.last):
        opening.setdefault(chain.first, []).append(chain)
    closing: dict[int, int] = {}
    for chain in chains:
        closing[chain.last] = closing.get(chain.last, 0) + 1
    text, column = [], 0
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    found: dict[int, Chain] = {}
    for place, token in enumerate(tokens):
        for chain in opening.get(place, ()):
            starts[column], found[column] = place, chain
            text.append("a(")
            column += 2
        piece = "," if place in commas else token.text if token.text == "..." else _BLANK.get(token.kind, token.text)
        starts[column] = place
        text.append(f"{piece} ")
        column += len(piece)
        ends[column] = place
        column += 1
        for _ in range(closing.get(place, 0)):
            text.append(")")
            column += 1
            ends[column] = place
    return "".join(text), starts, ends, found
