"""The answer, as data: parts of a few kinds, in the order they become known. Shaped like the JSON; knows no width,
colour or library. Arrays are NumPy's, float64 or float32, in the tensor's own shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from gradcli.derivatives import LeftSide
from gradcli.message import Message, Span
from gradcli.shapes import LAYOUTS, Shape, by_layout

if TYPE_CHECKING:  # loaded by the commands that have them
    from gradcli.report import additions, exhibits

Array = np.ndarray[Any, np.dtype[Any]]
Tensors: TypeAlias = "Mapping[str, Array]"
"""Tensors by their names."""

P = TypeVar("P")
SCHEMA = "gradcli/report/1"


@dataclass(frozen=True, slots=True)
class Definition:
    """One `where` line: a name that a formula uses, and what it stands for (`z[a,b]`, `Sum_r(x[a,r]*w[r,b])`)."""

    name: str
    formula: str
    latex: str


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, as it was understood, with every shape.

    `v_given` is how v came about: the text the user gave, or "1" / "ones" where it was left out; `v_name` is what the
    formulas call it, `v` unless the program has a v of its own. `bare` is where in the text the one expression stands
    that is the whole function; None where there are statements. `defines`: `latex` says itself what it defines.
    """

    command: str
    expression: str
    latex: str
    inputs: Mapping[str, Shape]
    dtype: str
    output_shape: Shape
    v_given: str | None
    v_shape: Shape | None
    wrt: tuple[str, ...]
    output_name: str = "y"
    v_name: str = "v"
    bare: Span | None = None
    defines: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """Where a Jacobian can be non-zero, known from its formula alone.

    `kind` is one word ("diagonal", "block-diagonal", "banded", "triangular", "rank-one", "dense", "zero", "sparse");
    `nonzero` of `total` entries can be non-zero; `exact` is False where `nonzero` is only an upper bound. `picture`
    has a line for each row of the flattened matrix, `■` where an entry can be non-zero and `·` where it cannot; None
    where it would not fit a screen.
    """

    kind: str
    nonzero: int
    total: int
    exact: bool
    picture: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One explicit entry of the Jacobian: the places of its row and of its column, and its formula."""

    row: tuple[int, ...]
    column: tuple[int, ...]
    formula: str


@dataclass(frozen=True, slots=True)
class Jacobian:
    """d y[m,...] / d x[i,...] in closed form.

    `shape`, `structure`, `matrix` and `entries` are in the layout named: rows are the output's axes and columns the
    variable's in "numerator", the other way round in "denominator". Second and higher derivatives have none.
    """

    shape: Shape
    left_side: LeftSide
    formula: str
    latex: str
    where: tuple[Definition, ...]
    structure: Structure | None
    matrix: str | None = None
    entries: tuple[Entry, ...] | None = None
    layout: str | None = LAYOUTS[0]


@dataclass(frozen=True, slots=True)
class Vjp:
    """x.grad[i,...] in closed form after v was contracted with the Jacobian."""

    left_side: LeftSide
    formula: str
    latex: str
    where: tuple[Definition, ...]
    matrix: str | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The closed forms of one derivative. Either is None where there is none; `reason` then says why."""

    name: str
    jacobian: Jacobian | None = None
    vjp: Vjp | None = None
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """v itself, and y's value."""

    v: Array
    y: Array


class Checked:
    """A part that holds a check, or an answer that does."""

    __slots__ = ()
    agrees: bool | None

    @property
    def failed(self) -> bool:
        """Whether a check failed in it."""
        return self.agrees is not None and not self.agrees


@dataclass(frozen=True, slots=True)
class Compared(Checked):
    """The values of one derivative: SymPy's formula by NumPy, and PyTorch's autograd.

    `agrees` is None where there is nothing to compare (PyTorch not asked, or undefined there), with a `reason`.
    `jacobian_checked`: the printed Jacobian was contracted with v and gave the same values. `whole` is False where the
    matrix was too large to be computed entry by entry: the values are its sums, or there are none.
    """

    name: str
    symbolic: Array | None = None
    pytorch: Array | None = None
    max_abs_diff: float | None = None
    agrees: bool | None = None
    reason: Message | None = None
    jacobian_checked: bool | None = None
    whole: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say: no side has values, and no reason is given."""
        return self.symbolic is None and self.pytorch is None and self.reason is None

    @property
    def numbers(self) -> Array | None:
        """PyTorch's values, or the formula's where PyTorch was not asked."""
        return self.symbolic if self.pytorch is None else self.pytorch


@dataclass(frozen=True, slots=True)
class Equivalence:
    """`(v*y).sum().backward()` for one variable, and how far it is from `y.backward(v)`; with v = 1 also `y.sum()`."""

    name: str
    weighted_sum: Array
    max_abs_diff: float
    plain_sum_max_abs_diff: float | None


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of the explanation; `topic` is one word for scripts (weights, einsum, equivalence, softmax, …)."""

    topic: str
    text: Message


@dataclass(frozen=True, slots=True)
class Warning:
    """Something the user should know before trusting the numbers."""

    kind: str
    text: Message


@dataclass(frozen=True, slots=True)
class Value:
    """y's value, where nothing else is given at the point."""

    y: Array


def arranged(whole: Array, output_axes: int, layout: str | None) -> Array:
    """A Jacobian that has the output's axes first, in the layout."""
    of = tuple(range(output_axes))
    return whole.transpose(sum(by_layout(layout, of, tuple(range(output_axes, whole.ndim))), ()))


Part: TypeAlias = (
    "Question | Closed | Weights | Value | Compared | Equivalence | Note | Warning"
    " | additions.Addition | exhibits.Exhibit"
)


def numbers_of(compared: Iterable[Compared]) -> Tensors:
    """The numbers of those that have some, by their names."""
    return {part.name: part.numbers for part in compared if part.numbers is not None}


def disagrees(part: Part) -> bool:
    """Whether a check failed in this part, or in an answer that it holds."""
    return isinstance(part, Checked) and part.failed


@dataclass(frozen=True, slots=True)
class Report:
    """A whole answer: its parts, and one look-up by kind."""

    parts: tuple[Part, ...] = field(default_factory=tuple)

    def of(self, kind: type[P]) -> tuple[P, ...]:
        """Every part of one kind, in order."""
        return tuple(part for part in self.parts if isinstance(part, kind))
