"""A Jacobian's formula -> where it can be non-zero, from its deltas and brackets alone: the matrix is never built."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import sympy
from sympy import Add, Expr, Mul

from gradcli.report import Array, Structure
from gradcli.symbolic.deltas import total
from gradcli.symbolic.derive import Formula
from gradcli.symbolic.dims import Dim, Index
from gradcli.symbolic.evaluate import Evaluator
from gradcli.symbolic.scalars import AtLeast, Delta, Flag, Place, Sigma, atoms, free_indices, is_structural
from gradcli.symbolic.tensor_graph import Graph

COUNTED = 2_000_000
"""A Jacobian with at most so many entries has its pattern counted; a larger one has it worked out from the formula."""

PICTURED_ROWS, PICTURED_COLUMNS = 24, 48
"""A pattern of at most so many rows and columns is drawn."""


def structure_of(graph: Graph, formula: Formula, entry: Expr) -> Structure:
    """How many entries can be non-zero, whatever the inputs' values are, and the word for the pattern.

    `entry` is the formula as it is printed. A pattern that one term gives is exact; of several overlapping terms in a
    Jacobian too large to count it is an upper bound.
    """
    everything = _size(graph, formula.dims)
    pattern = _pattern(entry)
    if pattern == 0 or everything == 0:
        return Structure("zero", 0, everything, True)
    if everything <= COUNTED:
        exact = not entry.has(Place)  # an index that is data may meet any place
        matrix = _mask(graph, formula, pattern)
        kind = _dense_or_outer(_kind(matrix), formula, entry)
        return Structure(kind, int(matrix.sum()), everything, exact, _picture(matrix))
    every = Add.make_args(sympy.expand(pattern))
    terms = tuple(term for term in every if not term.as_coeff_Mul()[0].is_negative)  # those take away from these
    counts = [_count(graph, formula, term) for term in terms]
    if max(counts) == everything and len(terms) == len(every):
        return Structure(_dense_or_outer("dense", formula, entry), everything, everything, True)
    nonzero = min(sum(counts), everything)
    kind = _dense_or_outer(_kind_by_formula(formula, terms), formula, entry)
    return Structure(kind, nonzero, everything, len(every) == 1 and not terms[0].has(Sigma))  # a sum counts twice


def pattern_of(graph: Graph, formula: Formula) -> Array | None:
    """True where an entry of the flattened Jacobian can be non-zero; None where there are too many to be told."""
    if _size(graph, formula.dims) > COUNTED:
        return None
    return _mask(graph, formula, _pattern(formula.entry))


def _size(graph: Graph, dims: Sequence[Dim]) -> int:
    return prod(map(graph.sizes.value, dims))


def _mask(graph: Graph, formula: Formula, pattern: Expr) -> Array:
    mask = Evaluator(graph, {}).at_all(pattern, formula.indices, formula.dims) != 0
    rows = _size(graph, formula.row_dims)
    return np.asarray(mask.reshape(rows, mask.size // max(rows, 1)))


def _dense_or_outer(kind: str, formula: Formula, entry: Expr) -> str:
    """A dense matrix is an outer product where the formula is a factor of the rows times one of the columns."""
    rows, columns = ({k for k in side if isinstance(k, Index)} for side in (formula.rows, formula.columns))
    mixed = any(f & rows and f & columns for f in map(free_indices, Mul.make_args(entry)))
    return "rank-one" if kind == "dense" and rows and columns and not mixed else kind


def _picture(matrix: Array) -> tuple[str, ...] | None:
    if matrix.shape[0] > PICTURED_ROWS or matrix.shape[1] > PICTURED_COLUMNS:
        return None
    return tuple("".join("■" if entry else "·" for entry in row) for row in matrix)


def _pattern(e: Expr) -> Expr:
    """The formula with everything that depends on values replaced by 1; positive where e can be non-zero."""
    if isinstance(e, Flag):
        return e if is_structural(e) else sympy.S.One
    if e.has(Flag) and is_structural(e) and not e.is_Mul and not isinstance(e, Sigma):
        return e**2  # 1 - [i <= n] is 0 where the bracket is 1
    if e.is_Add:
        return Add(*map(_pattern, e.args))
    if e.is_Mul:
        return Mul(*map(_pattern, e.args))
    if isinstance(e, Sigma):
        inside = _pattern(e.body)
        return inside if not free_indices(inside).intersection(e.bound) else Sigma(inside, *e.bound)
    return sympy.S.Zero if e == 0 else sympy.S.One


def _count(graph: Graph, formula: Formula, term: Expr) -> int:
    """How many index tuples satisfy a product of deltas and brackets: its sum over all indices, in closed form."""
    term = term / term.as_coeff_Mul()[0]
    for flag in atoms(term, AtLeast):  # of n² pairs a >= b holds for n(n+1)/2, which need not be looked at one by one
        (a, b), rest = flag.args, term.subs(flag, 1)
        if isinstance(a, Index) and isinstance(b, Index) and a.dim == b.dim and a != b and not rest.has(a, b):
            n = graph.sizes.value(a.dim)
            return _count(graph, formula, rest) * (n + 1) // (2 * n)
    counted = total(term, formula.indices)
    fixed = Mul(*(d for k, d in zip(formula.indices, formula.dims, strict=True) if not isinstance(k, Index)))
    return round(float(Evaluator(graph, {}).named(counted * fixed).array))


def _kind_by_formula(formula: Formula, terms: tuple[Expr, ...]) -> str:
    pairs = [_paired(formula, term) for term in terms]
    if all(p == "all" for p in pairs):
        return "diagonal"
    if all(p == "none" for p in pairs):
        return "dense"
    return "block-diagonal" if all(p in ("all", "some") for p in pairs) else "sparse"


def _paired(formula: Formula, term: Expr) -> str:
    """Whether the term's deltas tie every, some or no output index to the input index of the same axis."""
    if not atoms(term, Flag):
        return "none"
    same_axes = list(zip(formula.rows, formula.columns, strict=False))
    tied = [Delta(m, i) in Mul.make_args(term) for m, i in same_axes]
    if formula.row_dims == formula.column_dims and all(tied):
        return "all"
    return "some" if tied and tied[0] else "other"


def _kind(mask: Array) -> str:
    """One word for the pattern of a flattened Jacobian."""
    rows, columns = mask.shape
    if not mask.any():
        return "zero"
    if min(rows, columns) == 1:
        return "dense" if mask.all() else "sparse"
    if mask.all():
        return "dense"
    r, c = np.nonzero(mask)
    if rows == columns and (r == c).all():
        return "diagonal"
    if _blocks(mask):
        return "block-diagonal"
    width = int(np.abs(r - c).max())
    if rows > 4 and width < max(rows, columns) // 3:
        return "banded"
    triangular = rows == columns and ((r >= c).all() or (r <= c).all()) and mask.diagonal().all()
    return "triangular" if triangular else "sparse"


def _blocks(mask: Array) -> bool:
    """True if the non-zero entries are full blocks along the diagonal, of one height and one width, at least two."""
    rows, columns = mask.shape
    width, height = int(np.argmin(mask[0])), int(np.argmin(mask[:, 0]))  # 0 where all or the first is so
    if not width or not height or columns % width or rows % height or columns // width != rows // height:
        return False
    wanted = np.kron(np.eye(rows // height, dtype=bool), np.ones((height, width), dtype=bool))
    return bool((mask == wanted).all())
