"""Tree -> the names in it: those whose values it reads, and those that it assigns. Comments and attributes are none."""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.syntax.tree import Assign, Call, Dots, Expression, Name, Slice, Statement, Tree, While, parts


def mentions(tree: Tree) -> frozenset[str]:
    """The names that stand where a variable would, with a value or without; one that is called among them."""
    return frozenset(name for statement in tree.statements for name in _in_statement(statement))


def assigns(tree: Tree) -> frozenset[str]:
    """The names that the program assigns."""
    return frozenset(name for statement in tree.statements for name in _assigned(statement))


def _assigned(statement: Statement) -> Iterator[str]:
    if isinstance(statement, Assign):
        yield statement.name
    elif isinstance(statement, While):
        for inner in statement.body:
            yield from _assigned(inner)


def _in_statement(statement: Statement) -> Iterator[str]:
    if isinstance(statement, While):
        yield from _in(statement.condition)
        for inner in statement.body:
            yield from _in_statement(inner)
    else:
        yield from _in(statement.value)


def _in(expression: Expression) -> Iterator[str]:
    """Without recursion, and each node once: the middle of `a < b < c` is in two comparisons."""
    waiting: list[Expression | Slice | Dots] = [expression]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Name) and not node.module:
            yield node.id
        elif isinstance(node, Call) and node.bare:
            yield node.function
        waiting += parts(node)
