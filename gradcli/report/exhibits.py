"""What the commands that show rather than compute answer with: pages, listings, the steps of backward, graphs, scripts,
plots. Loaded by those commands alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcli.message import Message
from gradcli.report import Array, Checked, Compared, Jacobian, disagrees
from gradcli.shapes import Shape


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a listing: what can be asked for, and what it is."""

    name: str
    text: Message
    group: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is to ask for; `kind` is "functions" or "topics"."""

    kind: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function: its default as it is written, None where it has to be given."""

    name: str
    kind: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Function:
    """A row of the operations table, for people. `shapes` are examples: the inputs' shapes, and the result's;
    `value` is the example's, where it has no variable that an answer of vjp's could show."""

    name: str
    family: str
    doc: Message
    aliases: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    example: str
    shapes: tuple[tuple[Mapping[str, Shape], Shape], ...]
    kinks: tuple[Message, ...]
    deviations: tuple[Message, ...]
    differentiable: bool
    value: Array | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The head of a page of explanation; `topic` is one word for scripts."""

    topic: str
    title: Message


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a page."""

    text: Message


@dataclass(frozen=True, slots=True)
class Example(Checked):
    """A question that was asked and answered for this page: its command line and the parts of its answer."""

    line: str
    parts: tuple[Any, ...]

    @property
    def failed(self) -> bool:
        return any(map(disagrees, self.parts))


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a gradient that came from one step, or that goes to one."""

    name: str
    value: Array


@dataclass(frozen=True, slots=True)
class Operand:
    """What a step was computed from: the local derivative, and the gradient that is handed on to it.

    `compared` holds what the local formula makes of the incoming gradient beside what PyTorch handed on; `times` is how
    often the step reads it.
    """

    name: str
    local: Jacobian | None
    compared: Compared
    times: int = 1


@dataclass(frozen=True, slots=True)
class Visit(Checked):
    """One step of backward: a value, the gradient that had arrived at it, and what it hands on.

    `operation` is None at a leaf; `arrived` are the shares that add up to `gradient`, and `max_abs_diff` is how far
    their sum is from PyTorch's own `.grad`, kept by retain_grad().
    """

    name: str
    source: str
    operation: str | None
    value: Array
    gradient: Array
    arrived: tuple[Share, ...]
    operands: tuple[Operand, ...]
    max_abs_diff: float

    @property
    def failed(self) -> bool:
        return any(disagrees(operand.compared) for operand in self.operands)


@dataclass(frozen=True, slots=True)
class Vertex:
    """A value in the graph of a computation; `grad_fn` is PyTorch's own name of what made it, None without a
    gradient."""

    name: str
    label: str
    kind: str
    shape: Shape
    grad_fn: str | None


@dataclass(frozen=True, slots=True)
class Graph:
    """The graph of a computation. An edge goes from a value (its place among the vertices) to what is computed from
    it."""

    to: str
    vertices: tuple[Vertex, ...]
    edges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A program that computes the same numbers; `to` names the library it is written for."""

    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One function over the swept variables: `order` says by which variables it was differentiated. `max_abs_diff`
    is from PyTorch's derivative, `agrees` the verdict."""

    label: str
    formula: str
    latex: str
    order: tuple[str, ...]
    values: Array
    max_abs_diff: float | None = None
    agrees: bool | None = None

    def visible(self) -> tuple[float, float]:
        """The range worth showing: all of it, unless a pole makes a few values far larger than all others."""
        finite = self.values[np.isfinite(self.values)]
        if finite.size == 0:
            return -1.0, 1.0
        low, high = float(finite.min()), float(finite.max())
        inner_low, inner_high = (float(q) for q in np.quantile(finite, (0.04, 0.96)))
        if high - low > 8 * (inner_high - inner_low) > 0:
            low, high = inner_low, inner_high
        return (low, high) if high > low else (low - 1.0, high + 1.0)


@dataclass(frozen=True, slots=True)
class Plot(Checked):
    """Curves (one swept variable) or surfaces (two); the values have an axis for each swept variable."""

    axes: tuple[tuple[str, Array], ...]
    curves: tuple[Curve, ...]

    @property
    def failed(self) -> bool:
        return any(curve.agrees is False for curve in self.curves)


Exhibit = Listing | Function | Page | Paragraph | Example | Visit | Graph | Script | Plot
