"""Text -> Tree. Knows neither shapes nor numbers. `parse` reads a program; `variable` reads a name."""

from gradcli.syntax.parse import MAX_CHARACTERS, MAX_NODES, parse
from gradcli.syntax.scan import variable
from gradcli.syntax.tree import (
    Assign,
    Attribute,
    Bare,
    Binary,
    BinaryOperator,
    Call,
    Compare,
    CompareOperator,
    Dots,
    Expression,
    Flag,
    Name,
    Number,
    Sequence,
    Slice,
    Statement,
    Subscript,
    Text,
    Tree,
    Unary,
    UnaryOperator,
    While,
)

__all__ = [
    "MAX_CHARACTERS", "MAX_NODES", "Assign", "Attribute", "Bare", "Binary", "BinaryOperator", "Call", "Compare",
    "CompareOperator", "Dots", "Expression", "Flag", "Name", "Number", "Sequence", "Slice", "Statement", "Subscript",
    "Text", "Tree", "Unary", "UnaryOperator", "While", "parse", "variable",
]  # fmt: skip
