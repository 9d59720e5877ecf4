"""The tree of a program: what was written and where, and the names in it. Closed: every room that walks it matches on
these kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from gradcli.message import Message, Span

UnaryOperator = Literal["-", "+", "~"]
BinaryOperator = Literal["+", "-", "*", "/", "//", "%", "**", "@", "&", "|"]
CompareOperator = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, kept exactly: `0.1` is the fraction 1/10. `integral`: it was written without point or exponent."""

    value: Fraction
    integral: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal, as einsum and `reduction=` take it."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """True, False or None."""

    value: bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """`module`: written with its module, as `math.pi`, it is no variable of that name."""

    id: str
    span: Span
    module: str = ""


@dataclass(frozen=True, slots=True)
class Unary:
    operator: UnaryOperator
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    operator: BinaryOperator
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison; `0 < x < 1` is the `&` of two."""

    operator: CompareOperator
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`sum(x, dim=0)`, `torch.sum(x, dim=0)` and `x.sum(dim=0)` alike: a method's object is the first argument.
    `module` is what it was written with, as `torch.linalg` ("" for a bare name and a method): then it is the function
    even where a variable has its name."""

    function: str
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...]
    method: bool
    name_span: Span
    span: Span
    module: str = ""

    @property
    def bare(self) -> bool:
        """Whether the name stands alone, as that of a variable would."""
        return not self.method and not self.module


@dataclass(frozen=True, slots=True)
class Attribute:
    """`x.T`, `x.mT`, `x.shape`, `x.ndim`: a name after a point that is not called."""

    value: Expression
    name: str
    name_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Slice:
    """`start:stop:step`, any part may be left out."""

    start: Expression | None
    stop: Expression | None
    step: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class Dots:
    """`...` in an index."""

    span: Span


@dataclass(frozen=True, slots=True)
class Subscript:
    """`x[1:, None, ..., [0, 2]]`; a new axis is `Flag(None)`."""

    value: Expression
    items: tuple[Expression | Slice | Dots, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """`[a, b]`, or `(a, b)` where `tuple` is set: a list stacks tensors, a tuple is sizes or dims."""

    items: tuple[Expression, ...]
    tuple: bool
    span: Span


Expression = Number | Text | Flag | Name | Unary | Binary | Compare | Call | Attribute | Subscript | Sequence


def parts(node: Expression | Slice | Dots) -> list[Expression | Slice | Dots]:
    """What stands one level below a node, in the order in which it is written. A chain of operators is one level, and
    every walk takes it in a loop: a sum of 5,000 terms is a tree of that depth."""
    match node:
        case Binary():
            rights: list[Expression] = []
            left: Expression = node
            while isinstance(left, Binary):
                rights.append(left.right)
                left = left.left
            return [left, *reversed(rights)]
        case Compare():
            return [node.left, node.right]
        case Unary():
            return [node.operand]
        case Attribute():
            return [node.value]
        case Call():
            return [*node.arguments, *(value for _, value in node.keywords)]
        case Sequence():
            return [*node.items]
        case Subscript():
            return [node.value, *node.items]
        case Slice():
            return [bound for bound in (node.start, node.stop, node.step) if bound is not None]
        case Number() | Text() | Flag() | Name() | Dots():
            return []


def walk(expression: Expression) -> Iterator[tuple[Expression | Slice | Dots, int]]:
    """Every node of an expression and how deep it lies, 1 at the top, in the order in which they are written. Without
    recursion, and each node once: the middle of `a < b < c` is in two comparisons."""
    waiting: list[tuple[Expression | Slice | Dots, int]] = [(expression, 1)]
    seen: set[int] = set()
    while waiting:
        node, depth = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node, depth
            below = depth if isinstance(node, Slice) else depth + 1
            waiting += [(part, below) for part in reversed(parts(node))]


@dataclass(frozen=True, slots=True)
class Assign:
    name: str
    value: Expression
    name_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class While:
    condition: Expression
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Bare:
    """A statement that is only an expression."""

    value: Expression
    span: Span


Statement = Assign | While | Bare


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole program and the text it was read from (spans count code points of `source`)."""

    source: str
    statements: tuple[Statement, ...]
    notes: tuple[Message, ...] = ()
    """How a doubtful reading was taken (`2x` as `2*x`); shown with the answer."""

    @property
    def bare(self) -> Span | None:
        """Where the one expression stands that is the whole program; None where there are statements."""
        alone = self.statements[0] if len(self.statements) == 1 else None
        return alone.span if isinstance(alone, Bare) else None

    @property
    def loops(self) -> bool:
        """Whether the program has a `while`."""
        return any(isinstance(statement, While) for statement in self.statements)


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
    for node, _ in walk(expression):
        if isinstance(node, Name) and not node.module:
            yield node.id
        elif isinstance(node, Call) and node.bare:
            yield node.function
