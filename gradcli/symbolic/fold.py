"""An expression and an algebra -> what the algebra makes of it: the one place that tells the kinds of node apart.

An algebra says what each kind of node means to it (a number, a text, a piece of a script) and goes into the node's
parts itself, because a product under a sum is more to it than its factors. It cannot leave out a kind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, TypeVar

import sympy
from sympy import Expr, Symbol

from gradcli.symbolic.dims import Index, Quotient, Remainder
from gradcli.symbolic.scalars import Above, AtLeast, Delta, Entry, Equal, Pi, Place, Sigma, Where

T = TypeVar("T")


class Algebra(ABC, Generic[T]):
    """A meaning for every kind of node."""

    @abstractmethod
    def number(self, e: Expr) -> T:
        """A number, π, or 1/0."""

    @abstractmethod
    def size(self, e: Symbol) -> T:
        """The size of an axis."""

    @abstractmethod
    def index(self, e: Index) -> T:
        """An index, as a number."""

    @abstractmethod
    def entry(self, e: Entry) -> T:
        """An entry of a tensor."""

    @abstractmethod
    def place(self, e: Place) -> T:
        """An entry of a tensor of whole numbers as an index."""

    @abstractmethod
    def quotient(self, e: Quotient) -> T:
        """floor(a/n)"""

    @abstractmethod
    def remainder(self, e: Remainder) -> T:
        """a mod n"""

    @abstractmethod
    def delta(self, e: Delta) -> T:
        """1 where two index expressions are equal, else 0."""

    @abstractmethod
    def comparison(self, e: Above | AtLeast | Equal) -> T:
        """1 where it holds, else 0."""

    @abstractmethod
    def where(self, e: Where) -> T:
        """One of two, as a condition has it."""

    @abstractmethod
    def call(self, e: Expr) -> T:
        """A function of the table (`calls` says which, and of what)."""

    @abstractmethod
    def total(self, e: Expr) -> T:
        """A sum of terms."""

    @abstractmethod
    def product(self, e: Expr) -> T:
        """A product of factors."""

    @abstractmethod
    def power(self, e: Expr) -> T:
        """base**exponent; exp(x) is a call."""

    @abstractmethod
    def sum_over(self, e: Sigma) -> T:
        """The sum of a body over indices."""

    @abstractmethod
    def product_over(self, e: Pi) -> T:
        """The product of a body over indices."""


def fold(e: Expr, algebra: Algebra[T]) -> T:
    """What the algebra makes of the expression."""
    made: T = getattr(algebra, kind_of(type(e)))(e)
    return made


KINDS: Mapping[type, str] = {
    sympy.Number: "number",
    sympy.NumberSymbol: "number",
    type(sympy.zoo): "number",
    Symbol: "size",
    Index: "index",
    Entry: "entry",
    Place: "place",
    Quotient: "quotient",
    Remainder: "remainder",
    Delta: "delta",
    Above: "comparison",
    AtLeast: "comparison",
    Equal: "comparison",
    Where: "where",
    sympy.Function: "call",
    sympy.Add: "total",
    sympy.Mul: "product",
    sympy.Pow: "power",
    Sigma: "sum_over",
    Pi: "product_over",
}
"""Classes of nodes, and the method of an algebra that is for them; a class not named here is what its base is."""


_KNOWN: dict[type, str] = {}


def kind_of(kind: type) -> str:
    """The method for nodes of this class."""
    if kind not in _KNOWN:
        _KNOWN[kind] = next(KINDS[base] for base in kind.__mro__ if base in KINDS)
    return _KNOWN[kind]
