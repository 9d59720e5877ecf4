"""Tree -> the names in it: those whose values it reads, and those that it assigns. Comments and attributes are none."""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.syntax.tree import (
    Assign,
    Attribute,
    Binary,
    Call,
    Compare,
    Expression,
    Name,
    Sequence,
    Slice,
    Statement,
    Subscript,
    Tree,
    Unary,
    While,
)


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
    """Without recursion: a sum of 5,000 terms is that deep."""
    waiting: list[object] = [expression]
    while waiting:
        node = waiting.pop()
        match node:
            case Name(name, module=""):
                yield name
            case Unary():
                waiting.append(node.operand)
            case Binary() | Compare():
                waiting += [node.left, node.right]
            case Call():
                if node.bare:
                    yield node.function
                waiting += [*node.arguments, *(value for _, value in node.keywords)]
            case Attribute():
                waiting.append(node.value)
            case Subscript():
                waiting += [node.value, *node.items]
            case Slice():
                waiting += [node.start, node.stop, node.step]
            case Sequence():
                waiting += node.items
