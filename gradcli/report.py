"""The answer, as data: parts of a few kinds, in the order they become known. Shaped like the JSON; knows no width,
colour or library. Arrays are NumPy's, float64 or float32, in the tensor's own shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from gradcli.message import Message
from gradcli.shapes import Shape

Array = np.ndarray[Any, np.dtype[Any]]

P = TypeVar("P")
SCHEMA = "gradcli/report/1"


@dataclass(frozen=True)
class Definition:
    """One `where` line: a name that a formula uses, and what it stands for (`z[a,b]`, `Sum_r(x[a,r]*w[r,b])`)."""

    name: str
    formula: str
    latex: str


@dataclass(frozen=True)
class Question:
    """What was asked, as it was understood, with every shape.

    `v_given` is how v came about: the text the user gave, or "1" / "ones" where it was left out.
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
    value_names: tuple[str, ...] = ()
    output_name: str = "y"


@dataclass(frozen=True)
class Structure:
    """Where a Jacobian can be non-zero, known from its formula alone.

    `kind` is one word ("diagonal", "block-diagonal", "banded", "dense", "zero", "sparse"); `nonzero` of `total`
    entries can be non-zero; `exact` is False where `nonzero` is only an upper bound.
    """

    kind: str
    nonzero: int
    total: int
    exact: bool


@dataclass(frozen=True)
class Entry:
    """One explicit entry of the Jacobian: `d y[0,1] / d x[2]` and its formula."""

    row: tuple[int, ...]
    column: tuple[int, ...]
    formula: str


@dataclass(frozen=True)
class Jacobian:
    """d y[m,...] / d x[i,...] in closed form. `shape` is output axes first, then input axes; `left_side` as printed."""

    shape: Shape
    left_side: str
    formula: str
    latex: str
    where: tuple[Definition, ...]
    structure: Structure | None
    matrix: str | None = None
    entries: tuple[Entry, ...] | None = None


@dataclass(frozen=True)
class Vjp:
    """x.grad[i,...] in closed form after v was contracted with the Jacobian."""

    left_side: str
    formula: str
    latex: str
    where: tuple[Definition, ...]
    matrix: str | None = None


@dataclass(frozen=True)
class Closed:
    """The closed forms for one variable. Either is None where there is none; `reason` then says why."""

    name: str
    jacobian: Jacobian | None
    vjp: Vjp | None
    reason: Message | None = None


@dataclass(frozen=True)
class Weights:
    """v itself, and y's value."""

    v: Array
    y: Array


@dataclass(frozen=True)
class Compared:
    """The values for one variable: SymPy's formula by NumPy, and PyTorch's `.grad` after a real `y.backward(v)`.

    `agrees` is None where there is nothing to compare (PyTorch not asked, or undefined there), with a `reason`.
    `jacobian_checked`: the printed Jacobian was contracted with v and gave the same values.
    """

    name: str
    symbolic: Array | None
    pytorch: Array | None
    max_abs_diff: float | None
    agrees: bool | None
    reason: Message | None = None
    jacobian_checked: bool | None = None


@dataclass(frozen=True)
class Equivalence:
    """`(v*y).sum().backward()` for one variable, and how far it is from `y.backward(v)`; with v = 1 also `y.sum()`."""

    name: str
    weighted_sum: Array
    max_abs_diff: float
    plain_sum_max_abs_diff: float | None


@dataclass(frozen=True)
class Note:
    """A sentence of the explanation; `topic` is one word for scripts (weights, einsum, equivalence, softmax, …)."""

    topic: str
    text: Message


@dataclass(frozen=True)
class Warning:
    """Something the user should know before trusting the numbers."""

    kind: str
    text: Message


Part = Question | Closed | Weights | Compared | Equivalence | Note | Warning


@dataclass(frozen=True)
class Report:
    """A whole answer: its parts, and one look-up by kind."""

    parts: tuple[Part, ...] = field(default_factory=tuple)

    def of(self, kind: type[P]) -> tuple[P, ...]:
        """Every part of one kind, in order."""
        return tuple(part for part in self.parts if isinstance(part, kind))
