"""The answer, as data: parts of a few kinds, in the order they become known. Shaped like the JSON; knows no width,
colour or library. Arrays are NumPy's, float64 or float32, in the tensor's own shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, TypeVar

import numpy as np

from gradcli.frozen import dataclass
from gradcli.message import Message, Span
from gradcli.shapes import LAYOUTS, Shape, by_layout

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
    value_names: tuple[str, ...] = ()
    output_name: str = "y"
    v_name: str = "v"
    bare: Span | None = None
    defines: bool = False


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Entry:
    """One explicit entry of the Jacobian: the places of its row and of its column, and its formula."""

    row: tuple[int, ...]
    column: tuple[int, ...]
    formula: str


@dataclass(frozen=True)
class Jacobian:
    """d y[m,...] / d x[i,...] in closed form. `left_side` is as printed.

    `shape`, `structure`, `matrix` and `entries` are in the layout named: rows are the output's axes and columns the
    variable's in "numerator", the other way round in "denominator". A Hessian's block has none.
    """

    shape: Shape
    left_side: str
    formula: str
    latex: str
    where: tuple[Definition, ...]
    structure: Structure | None
    matrix: str | None = None
    entries: tuple[Entry, ...] | None = None
    layout: str | None = LAYOUTS[0]


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


@dataclass(frozen=True)
class Extra:
    """What the other commands about derivatives add to the parts of vjp's."""


@dataclass(frozen=True)
class Tangents(Extra):
    """The directions t in which the variables move, with the text each was given by, and y's value."""

    t: Mapping[str, Array]
    given: Mapping[str, str]
    y: Array


@dataclass(frozen=True)
class Flattened(Extra):
    """The Jacobian for one variable as a matrix, rows x columns in the layout named.

    `picture` has a line for each row, `■` where an entry can be non-zero and `·` where it cannot, None where it is too
    large to be seen; `matrix` holds the numbers where they were asked for.
    """

    name: str
    layout: str
    shape: Shape
    picture: tuple[str, ...] | None
    matrix: Array | None


@dataclass(frozen=True)
class Heatmap(Extra):
    """The flattened Jacobian for one variable as a picture. `values` are its numbers, rows x columns in the layout
    named; `pattern` is True where an entry can be non-zero at all, None where that is not known entry by entry."""

    name: str
    output: str
    layout: str
    values: Array
    pattern: Array | None


@dataclass(frozen=True)
class Together(Extra):
    """The Hessian by several variables that are one number each, as one matrix: rows and columns are `names`. A side
    without numbers is None, `formulas` where they are none or too long, `max_abs_diff` unless all entries agree."""

    names: tuple[str, ...]
    formulas: tuple[tuple[str, ...], ...] | None
    symbolic: Array | None
    pytorch: Array | None
    max_abs_diff: float | None


@dataclass(frozen=True)
class Call(Extra):
    """One `.backward()`: what `.grad` holds after it, how many single gradients that is (None: no multiple), or the
    sentence that PyTorch raised and what it means here."""

    count: int
    grads: Mapping[str, Array]
    multiple: float | None
    error: str | None = None
    meaning: Message | None = None
    repair: Message | None = None


@dataclass(frozen=True)
class Between(Extra):
    """A named intermediate: not a leaf, so its `.grad` is None unless `retain_grad()` was called; then it is
    `retained`."""

    name: str
    grad_fn: str
    retained: Array | None


@dataclass(frozen=True)
class Verdict(Extra):
    """Whether an answer is right, and where it was compared.

    `agrees` is None where nothing could be compared. `yours` and `correct` are at the user's point, or at the
    counterexample's where they coincide at the user's; `where` is then that point. `mistake` names what fits
    everywhere.
    """

    name: str
    answer: str
    of: str
    agrees: bool | None
    says: Message
    compared_at: Message
    mistake: str | None = None
    explained: Message | None = None
    yours: Array | None = None
    correct: Array | None = None
    where: Mapping[str, Array] | None = None
    first: tuple[int, ...] | None = None


class Shown:
    """What the commands that show rather than compute add: pages, listings, the steps of backward, graphs, scripts,
    plots."""


@dataclass(frozen=True)
class Item:
    """One line of a listing: what can be asked for, and what it is."""

    name: str
    text: Message
    group: str = ""


@dataclass(frozen=True)
class Listing(Shown):
    """What there is to ask for; `kind` is "functions" or "topics"."""

    kind: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function: its default as it is written, None where it has to be given."""

    name: str
    kind: str
    default: str | None


@dataclass(frozen=True)
class Function(Shown):
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


@dataclass(frozen=True)
class Page(Shown):
    """The head of a page of explanation; `topic` is one word for scripts."""

    topic: str
    title: Message


@dataclass(frozen=True)
class Paragraph(Shown):
    """One paragraph of a page."""

    text: Message


@dataclass(frozen=True)
class Example(Shown):
    """A question that was asked and answered for this page: its command line and the parts of its answer."""

    line: str
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Share:
    """The part of a gradient that came from one step, or that goes to one."""

    name: str
    value: Array


@dataclass(frozen=True)
class Operand:
    """What a step was computed from: the local derivative, and the gradient that is handed on to it.

    `compared` holds what the local formula makes of the incoming gradient beside what PyTorch handed on; `times` is how
    often the step reads it.
    """

    name: str
    local: Jacobian | None
    compared: Compared
    times: int = 1


@dataclass(frozen=True)
class Visit(Shown):
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


@dataclass(frozen=True)
class Vertex:
    """A value in the graph of a computation; `grad_fn` is PyTorch's own name of what made it, None without a
    gradient."""

    name: str
    label: str
    kind: str
    shape: Shape
    grad_fn: str | None


@dataclass(frozen=True)
class Graph(Shown):
    """The graph of a computation. An edge goes from a value (its place among the vertices) to what is computed from
    it."""

    to: str
    vertices: tuple[Vertex, ...]
    edges: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Script(Shown):
    """A program that computes the same numbers; `to` names the library it is written for."""

    to: str
    text: str


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Plot(Shown):
    """Curves (one swept variable) or surfaces (two); the values have an axis for each swept variable."""

    axes: tuple[tuple[str, Array], ...]
    curves: tuple[Curve, ...]


def arranged(whole: Array, output_axes: int, layout: str | None) -> Array:
    """A Jacobian that has the output's axes first, in the layout."""
    of = tuple(range(output_axes))
    return whole.transpose(sum(by_layout(layout, of, tuple(range(output_axes, whole.ndim))), ()))


Part = Question | Closed | Weights | Compared | Equivalence | Note | Warning | Shown | Extra


def disagrees(part: Part) -> bool:
    """Whether a check failed in this part, or in an answer that it holds."""
    match part:
        case Compared() | Verdict():
            return part.agrees is not None and not part.agrees
        case Visit():
            return any(disagrees(operand.compared) for operand in part.operands)
        case Plot():
            return any(curve.agrees is False for curve in part.curves)
        case Example():
            return any(map(disagrees, part.parts))
    return False


@dataclass(frozen=True)
class Report:
    """A whole answer: its parts, and one look-up by kind."""

    parts: tuple[Part, ...] = field(default_factory=tuple)

    def of(self, kind: type[P]) -> tuple[P, ...]:
        """Every part of one kind, in order."""
        return tuple(part for part in self.parts if isinstance(part, kind))
