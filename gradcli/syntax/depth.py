"""Arranged tokens, and their tree -> the refusal of what is nested too deep to be read, or to be walked by the other
rooms. Knows no precedence."""

from __future__ import annotations

from gradcli.syntax.scan import Token
from gradcli.syntax.statements import MAX_DEPTH, too_deep
from gradcli.syntax.tree import Dots, Expression, Slice, parts


def check_nesting(tokens: list[Token]) -> None:
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


def check_levels(expression: Expression) -> None:
    """Raises GradcliError (limit) where the tree is too deep for the rooms that walk it. A chain of operators is one
    level: every walk takes it in a loop."""
    waiting: list[tuple[Expression | Slice | Dots, int]] = [(expression, 1)]
    seen: set[int] = set()  # the middle of a < b < c is in two comparisons
    while waiting:
        node, depth = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if depth > MAX_DEPTH:
            raise too_deep(node.span)
        below = depth if isinstance(node, Slice) else depth + 1
        waiting += [(part, below) for part in reversed(parts(node))]
