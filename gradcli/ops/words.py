"""The words that a row's symbolic columns are written in, as types: what the symbolic room gives them as `s`.

`scalar` and `derivative` columns speak of entries (ScalarWords), `symbolic` columns of whole tensors (Words). A tensor
is its dims and a formula for its entry at given indices, so that a transpose, a slice or a broadcast is arithmetic on
indices. Knows no SymPy: a Scalar is whatever can be added and multiplied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal, Protocol


class Scalar(Protocol):
    """An expression for one real number: an entry of a tensor, an index, a size, or what is made of them."""

    def __eq__(self, other: object, /) -> bool: ...  # of expressions, which equal numbers need not be
    def __neg__(self) -> Scalar: ...
    def __add__(self, other: Operand, /) -> Scalar: ...
    def __radd__(self, other: Operand, /) -> Scalar: ...
    def __sub__(self, other: Operand, /) -> Scalar: ...
    def __rsub__(self, other: Operand, /) -> Scalar: ...
    def __mul__(self, other: Operand, /) -> Scalar: ...
    def __rmul__(self, other: Operand, /) -> Scalar: ...
    def __truediv__(self, other: Operand, /) -> Scalar: ...
    def __rtruediv__(self, other: Operand, /) -> Scalar: ...
    def __pow__(self, other: Operand, /) -> Scalar: ...
    def __rpow__(self, other: Operand, /) -> Scalar: ...


Operand = Scalar | int
"""What may stand beside a Scalar. A decimal is none: `number` makes it the fraction that was typed."""
Dim = Scalar | int
"""The size of an axis: a number, or an expression in the sizes of the inputs. An axis of size 1 is the number 1, so
that `dim == 1` tells whether it broadcasts; no other comparison of dims is sure (see `Words.value`)."""
Place = Scalar | int
"""Where along an axis: an index, an expression in indices, or a number. That of an axis of size 1 is 0."""
Sum = tuple[Sequence[Place], Operand]
"""The indices that are summed over, and the term."""
Jacobian = Callable[[Sequence[Place], Sequence[Place]], Operand]
"""(the output's indices, the argument's indices) -> the output's derivative there with respect to that entry."""


class Shaped(Protocol):
    """What has axes."""

    @property
    def dims(self) -> tuple[Dim, ...]:
        """The size of each axis."""


class Tensor(Shaped, Protocol):
    """A tensor as a formula."""

    @property
    def rank(self) -> int:
        """How many axes there are."""

    def at(self, *indices: Place) -> Scalar:
        """The entry at these indices, one for each axis."""


class Node(Shaped, Protocol):
    """A tensor with a name, which is what primitives are computed from."""

    def __call__(self, *indices: Place) -> Scalar:
        """The entry at these indices, one for each axis."""


class ScalarWords(Protocol):
    """`s` in the columns `scalar` and `derivative`: every elementwise row of the table by its name (`s.exp(u)`,
    `s.clamp(u, 0, 1)`, with all of its parameters), and these. A comparison is 1 where it holds, else 0."""

    @property
    def pi(self) -> Scalar:
        """π"""

    def number(self, value: Fraction | float | str) -> Scalar:
        """A number as an exact expression; a float stands for the shortest decimal that is read as it."""

    def gt(self, a: Operand, b: Operand, /) -> Scalar:
        """[a > b]"""

    def ge(self, a: Operand, b: Operand, /) -> Scalar:
        """[a >= b]"""

    def lt(self, a: Operand, b: Operand, /) -> Scalar:
        """[a < b]"""

    def le(self, a: Operand, b: Operand, /) -> Scalar:
        """[a <= b]"""

    def eq(self, a: Operand, b: Operand, /) -> Scalar:
        """[a == b]"""

    def ne(self, a: Operand, b: Operand, /) -> Scalar:
        """[a != b]"""

    def where(self, c: Operand, a: Operand, b: Operand, /) -> Scalar:
        """a where c is not 0, else b; the branch that is not taken has no part in the value, not even as nan."""

    def __getattr__(self, name: str) -> Callable[..., Scalar]:
        """The elementwise row of this name as a function of scalars; None for an option that is left out."""


class Words(Protocol):
    """`s` in the column `symbolic`: index maps, sums, primitives. `letter` is what a new tensor is called in formulas
    where the program gives it no name."""

    @property
    def scalar(self) -> ScalarWords:
        """The words for entries."""

    # Indices

    def index(self, dim: Dim) -> Scalar:
        """A new index over an axis of this size, to be summed over; 0 where the size is 1."""

    def delta(self, a: Place, b: Place) -> Scalar:
        """Kronecker's delta: 1 where two places are the same, else 0. Sums over an index in it are contracted."""

    def at_least(self, a: Place, b: Place) -> Scalar:
        """[a >= b], of places."""

    def same(self, a: Operand, b: Operand) -> Scalar:
        """[a == b], of values; sums do not look into it."""

    def quotient(self, place: Place, size: Dim) -> Scalar:
        """floor(place/size), for a place that is not negative."""

    def remainder(self, place: Place, size: Dim) -> Scalar:
        """place mod size, for a place that is not negative."""

    def as_place(self, entry: Operand, dim: Dim) -> Scalar:
        """An entry of a tensor of whole numbers as a place along an axis of size `dim`; -1 is the last."""

    def choose(self, place: Place, below: Dim, here: Operand, rest: Operand) -> Scalar:
        """`here` where place < below, else `rest`: how pieces are joined."""

    def pick(self, place: Place, items: Sequence[Operand]) -> Operand:
        """The item whose number the place is: how tensors are stacked."""

    # Sizes

    def value(self, dim: Dim) -> int:
        """How large the axis is now. A formula that depends on it holds for this size: say so (`fix`, `require`)."""

    def fix(self, dim: Dim) -> Scalar:
        """The dim as the number it is now; the formula then holds for this size."""

    def resolve(self, dim: Dim) -> Scalar:
        """The dim with every equality applied that is known by now."""

    def unify(self, a: Dim, b: Dim) -> Scalar:
        """One dim for two that the program needs to be equal: it is not defined where they differ."""

    def equal(self, a: Dim, b: Dim, broadcast: bool = False) -> Scalar:
        """One dim for two that are equal now and need not be: the formula then holds where they are. `broadcast`: one
        of them might be 1 instead."""

    def require(self, a: Dim, sign: Literal["==", "<="], b: Dim) -> None:
        """Notes what the formula needs of the sizes."""

    def needs_ones(self) -> None:
        """Notes that values, too, depend on which axes of the inputs are of size 1."""

    def broadcast(self, *dims: Sequence[Dim]) -> tuple[Dim, ...]:
        """The dims of tensors with these dims, broadcast."""

    def count(self, x: Tensor, over: Sequence[int]) -> Scalar:
        """How many entries of x a reduction over these axes takes together."""

    def reduced(self, x: Tensor, over: Sequence[int], keepdim: bool) -> tuple[Dim, ...]:
        """The dims of x reduced over these axes."""

    # Tensors without a name

    def tensor(self, dims: Sequence[Dim], entry: Callable[..., Operand]) -> Tensor:
        """The tensor of these dims whose entry at (i, j, ...) is `entry(i, j, ...)`, written out where it is read."""

    def each(self, entry: Callable[..., Operand], *tensors: Tensor) -> Tensor:
        """The tensor whose entries are `entry` of the tensors' entries, broadcast."""

    def spread(self, x: Tensor, idx: Sequence[Place]) -> Scalar:
        """x's entry where the tensor that it is broadcast to is read at `idx`."""

    def inserted(self, i: Sequence[Place], over: Sequence[int], bound: Sequence[Place], keepdim: bool) -> list[Place]:
        """The indices of a tensor whose reduction over these axes is read at `i`, the reduced axes being at `bound`."""

    def total(self, e: Operand, over: Sequence[Place]) -> Scalar:
        """The sum of e over these indices, contracted: what a delta decides is no sum any more."""

    def call(self, name: str, *arguments: Any) -> Tensor:
        """Another row's meaning: all of its parameters, in order."""

    # Tensors with a name

    def unnamed(self) -> Words:
        """The same words for a tensor on the way to the one that the program names."""

    def node(self, x: Tensor, letter: str = "a") -> Node:
        """x as a named tensor: itself, if it is one."""

    def constant(self, letter: str, values: Any) -> Node:
        """A tensor of known numbers (array-like; float64)."""

    def define(self, letter: str, dims: Sequence[Dim], entry: Callable[..., Sum], product: bool = False) -> Tensor:
        """A named tensor whose entry at (i, j, ...) is the sum (or product) of a term over indices."""

    def summed(self, letter: str, dims: Sequence[Dim], entry: Callable[..., Sum]) -> Tensor:
        """Like `define`, but the sum is contracted first: one that a delta decides makes no tensor of its own."""

    def reduce(
        self,
        x: Tensor,
        dim: Any,
        keepdim: bool,
        entry: Callable[[Scalar, Scalar], Operand],
        letter: str = "z",
        product: bool = False,
    ) -> Tensor:
        """The sum (or product) over axes of `entry(x's entry, how many are summed)`; `dim` is an int, a tuple of ints,
        or None for all axes."""

    def primitive(
        self,
        letter: str,
        dims: Sequence[Dim],
        arguments: Sequence[Any],
        *rules: tuple[Node, Callable[[Node], Jacobian]],
        row: str | None = None,
        at_zero: bool = False,
    ) -> Tensor:
        """A named tensor that NumPy computes by a row's own column (this row's, or that of the name `row`) from nodes
        and options, with a rule for each node that is differentiated: the result's node -> the Jacobian's entry.

        `at_zero`: where the value is 0, PyTorch's derivative takes its reciprocal as 0, and so does the formula.
        """
