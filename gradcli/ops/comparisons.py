"""Comparisons and logic: 0 or 1 for each entry, with derivative zero. A tensor stands for true where it is not 0."""

from __future__ import annotations

from gradcli.message import N_
from gradcli.ops.families import elementwise, mask
from gradcli.ops.row import Row

BOTH = "input other"

# fmt: off
MASKS: tuple[Row, ...] = (
    # ---- comparisons -----------------------------------------------------------------------------------------------
    mask("gt", doc=N_("1 where x > y, else 0"), example="gt(x, y)", tensors=BOTH, aliases=("greater",),
         latex=r"\left[{} > {}\right]",
         torch=lambda t, a, b: t.gt(a, b), numpy=lambda n, a, b: 1.0 * (a > b), scalar=lambda s, a, b: s.gt(a, b)),
    mask("ge", doc=N_("1 where x >= y, else 0"), example="ge(x, y)", tensors=BOTH, aliases=("greater_equal",),
         latex=r"\left[{} \ge {}\right]",
         torch=lambda t, a, b: t.ge(a, b), numpy=lambda n, a, b: 1.0 * (a >= b), scalar=lambda s, a, b: s.ge(a, b)),
    mask("lt", doc=N_("1 where x < y, else 0"), example="lt(x, y)", tensors=BOTH, aliases=("less",),
         latex=r"\left[{} < {}\right]",
         torch=lambda t, a, b: t.lt(a, b), numpy=lambda n, a, b: 1.0 * (a < b), scalar=lambda s, a, b: s.lt(a, b)),
    mask("le", doc=N_("1 where x <= y, else 0"), example="le(x, y)", tensors=BOTH, aliases=("less_equal",),
         latex=r"\left[{} \le {}\right]",
         torch=lambda t, a, b: t.le(a, b), numpy=lambda n, a, b: 1.0 * (a <= b), scalar=lambda s, a, b: s.le(a, b)),
    mask("eq", doc=N_("1 where x equals y, else 0"), example="eq(x, y)", tensors=BOTH,
         latex=r"\left[{} = {}\right]",
         torch=lambda t, a, b: t.eq(a, b), numpy=lambda n, a, b: 1.0 * (a == b), scalar=lambda s, a, b: s.eq(a, b)),
    mask("ne", doc=N_("1 where x differs from y, else 0"), example="ne(x, y)", tensors=BOTH, aliases=("not_equal",),
         latex=r"\left[{} \ne {}\right]",
         torch=lambda t, a, b: t.ne(a, b), numpy=lambda n, a, b: 1.0 * (a != b), scalar=lambda s, a, b: s.ne(a, b)),

    # ---- logic -----------------------------------------------------------------------------------------------------
    mask("logical_and", doc=N_("1 where both hold (x & y), else 0"), example="logical_and(x > 0, y > 0)", tensors=BOTH,
         torch=lambda t, a, b: t.logical_and(a, b), numpy=lambda n, a, b: 1.0 * n.logical_and(a, b),
         scalar=lambda s, a, b: s.ne(a, 0) * s.ne(b, 0)),
    mask("logical_or", doc=N_("1 where at least one holds (x | y), else 0"), example="logical_or(x > 0, y > 0)",
         tensors=BOTH,
         torch=lambda t, a, b: t.logical_or(a, b), numpy=lambda n, a, b: 1.0 * n.logical_or(a, b),
         scalar=lambda s, a, b: 1 - s.eq(a, 0) * s.eq(b, 0)),
    mask("logical_xor", doc=N_("1 where exactly one holds, else 0"), example="logical_xor(x > 0, y > 0)",
         tensors=BOTH,
         torch=lambda t, a, b: t.logical_xor(a, b), numpy=lambda n, a, b: 1.0 * n.logical_xor(a, b),
         scalar=lambda s, a, b: s.ne(a, 0) * s.eq(b, 0) + s.eq(a, 0) * s.ne(b, 0)),
    mask("logical_not", doc=N_("1 where x does not hold (~x), else 0"), example="logical_not(x > 0)",
         torch=lambda t, x: t.logical_not(x), numpy=lambda n, x: 1.0 * n.logical_not(x),
         scalar=lambda s, u: s.eq(u, 0)),

    # ---- what floating point adds to the numbers; no bracket says these, so they are functions of their own --------
    elementwise("isnan", doc=N_("1 where x is not a number, else 0"), example="isnan(x)", differentiable=False,
                torch=lambda t, x: t.isnan(x).to(x.dtype), numpy=lambda n, x: 1.0 * n.isnan(x),
                derivative=lambda s, u, y: 0),
    elementwise("isinf", doc=N_("1 where x is inf or -inf, else 0"), example="isinf(x)", differentiable=False,
                torch=lambda t, x: t.isinf(x).to(x.dtype), numpy=lambda n, x: 1.0 * n.isinf(x),
                derivative=lambda s, u, y: 0),
    elementwise("isfinite", doc=N_("1 where x is an ordinary number, else 0"), example="isfinite(x)",
                differentiable=False,
                torch=lambda t, x: t.isfinite(x).to(x.dtype), numpy=lambda n, x: 1.0 * n.isfinite(x),
                derivative=lambda s, u, y: 0),
)
# fmt: on
