"""What the other commands about derivatives add to the parts of vjp's: directions, matrices, calls, verdicts. Loaded by
those commands alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradcli.message import Message
from gradcli.report import Array, Checked
from gradcli.shapes import Shape


@dataclass(frozen=True, slots=True)
class Tangents:
    """The directions t in which the variables move, with the text each was given by, and y's value."""

    t: Mapping[str, Array]
    given: Mapping[str, str]
    y: Array


@dataclass(frozen=True, slots=True)
class FlatJacobian:
    """The Jacobian for one variable as a matrix, rows x columns in the layout named.

    `picture` has a line for each row, `■` where an entry can be non-zero and `·` where it cannot, None where it is too
    large to be seen; `matrix` holds the numbers where they were asked for.
    """

    name: str
    layout: str
    shape: Shape
    picture: tuple[str, ...] | None
    matrix: Array | None


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The flattened Jacobian for one variable as a picture. `values` are its numbers, rows x columns in the layout
    named; `pattern` is True where an entry can be non-zero at all, None where that is not known entry by entry."""

    name: str
    output: str
    layout: str
    values: Array
    pattern: Array | None


@dataclass(frozen=True, slots=True)
class HessianMatrix:
    """The Hessian by several variables that are one number each, as one matrix: rows and columns are `names`. A side
    without numbers is None, `formulas` where they are none or too long, `max_abs_diff` unless all entries agree."""

    names: tuple[str, ...]
    formulas: tuple[tuple[str, ...], ...] | None
    symbolic: Array | None
    pytorch: Array | None
    max_abs_diff: float | None


@dataclass(frozen=True, slots=True)
class Call:
    """One `.backward()`: what `.grad` holds after it, how many single gradients that is (None: no multiple), or the
    sentence that PyTorch raised and what it means here."""

    count: int
    grads: Mapping[str, Array]
    multiple: float | None
    error: str | None = None
    meaning: Message | None = None
    repair: Message | None = None


@dataclass(frozen=True, slots=True)
class Intermediate:
    """A named intermediate: not a leaf, so its `.grad` is None unless `retain_grad()` was called; then it is
    `retained`. None for `retained`: PyTorch records no gradient for it."""

    name: str
    grad_fn: str
    retained: Array | None


@dataclass(frozen=True, slots=True)
class Verdict(Checked):
    """Whether an answer is right, and where it was compared.

    `yours` and `correct` are at the user's point, or at the
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


Addition = Tangents | FlatJacobian | Heatmap | HessianMatrix | Call | Intermediate | Verdict
