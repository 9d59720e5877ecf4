"""A matrix of derivatives as a student may write it -> the same, in the shape of the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from gradcli.commands.checking.claim import Claim
from gradcli.message import N_, Message, message
from gradcli.report import Array, arranged
from gradcli.shapes import LAYOUTS, by_layout, size

Layout = Callable[[Array, tuple[int, ...]], Array | None]


def in_shape(yours: Array, shape: tuple[int, ...]) -> Array | None:
    """The answer in the right shape; one number stands for every entry."""
    if yours.shape == shape:
        return yours
    return np.full(shape, float(yours)) if yours.ndim == 0 else None


_FLAT = {
    "numerator": N_("right: the flattened matrix, in numerator layout"),
    "denominator": N_("right: the flattened matrix, in denominator layout"),
}


def arrangements(claim: Claim) -> Iterator[tuple[Layout, Message]]:
    """The ways in which an answer may lie, and the verdict on each: in the layout of the claim, else in either."""
    yield in_shape, message(N_("right"))
    if not claim.is_matrix:
        return
    yield partial(_flattened, claim), Message(_FLAT[claim.layout or LAYOUTS[0]])
    if claim.kind.order == 1 and claim.layout is None:
        yield partial(_transposed, claim), message(N_("right, in denominator layout: the flattened matrix, transposed"))
        yield partial(_input_axes_first, claim), message(N_("right, in denominator layout: the input's axes first"))


def _flattened(claim: Claim, yours: Array, shape: tuple[int, ...]) -> Array | None:
    rows, columns = by_layout(claim.layout, *_sizes(claim))
    return yours.reshape(shape) if yours.shape == (rows, columns) else None


def _transposed(claim: Claim, yours: Array, shape: tuple[int, ...]) -> Array | None:
    rows, columns = _sizes(claim)
    return yours.T.reshape(shape) if yours.shape == (columns, rows) else None


def _input_axes_first(claim: Claim, yours: Array, shape: tuple[int, ...]) -> Array | None:
    axes = min(yours.ndim, len(shape) - len(claim.problem.program.output_shape))
    back = arranged(yours, axes, "denominator")
    return back if back.shape == shape else None


def _sizes(claim: Claim) -> tuple[int, int]:
    """How many entries the output and the variable have; of a Hessian's block, its two variables."""
    problem = claim.problem
    rows = problem.shape(claim.by[0]) if claim.kind.order > 1 else problem.program.output_shape
    return size(rows), size(problem.shape(claim.by[-1]))
