"""The operators of a formula, and how each is spelt in every language. A function is spelt by its row.

Text is the calculator's own language, which is Python's and so NumPy's and PyTorch's too where they have the operator
at all; a language with spellings of its own is one more column.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Add, Expr, Mul, Pow

from gradcli.symbolic.dims import Quotient, Remainder
from gradcli.symbolic.scalars import Above, AtLeast, Delta, Equal, Pi, Sigma


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one thing is written in every language."""

    text: str
    latex: str


@dataclass(frozen=True, slots=True)
class Operator(Spelling):
    """An operator, and what it computes: of numbers, and of all that is like a number."""

    compute: Callable[[Any, Any], Any]


MINUS = Operator("-", "-", operator.sub)
OVER = Operator("/", r"\frac", operator.truediv)
BELOW = Operator("<", "<", operator.lt)
AT_MOST = Operator("<=", r"\le", operator.le)

OPERATORS: Mapping[type[Expr], Operator] = {
    Add: Operator("+", "+", operator.add),
    Mul: Operator("*", r"\,", operator.mul),
    Pow: Operator("**", "^", operator.pow),
    Quotient: Operator("//", r"\lfloor", operator.floordiv),
    Remainder: Operator("%", r"\bmod", operator.mod),
    Delta: Operator("==", "=", operator.eq),
    Equal: Operator("==", "=", operator.eq),
    Above: Operator(">", ">", operator.gt),
    AtLeast: Operator(">=", r"\ge", operator.ge),
    Sigma: Operator("Sum", r"\sum", operator.add),
    Pi: Operator("Prod", r"\prod", operator.mul),
}
"""The operator of each class of nodes that has one; a sum or a product over an index repeats it."""

MIRRORED: Mapping[Operator, Operator] = {OPERATORS[Above]: BELOW, OPERATORS[AtLeast]: AT_MOST}
"""What a comparison is when its sides change places; one of equality stays."""

CONSTANTS: Mapping[Expr, Spelling] = {sympy.pi: Spelling("pi", r"\pi"), sympy.E: Spelling("e", "e")}
"""Numbers with a name."""
