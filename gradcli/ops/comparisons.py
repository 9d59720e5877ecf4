"""Comparisons and logic: 0 or 1 for each entry, with derivative zero. A tensor stands for true where it is not 0."""

from __future__ import annotations

from gradcli.message import N_
from gradcli.ops.families import flat, mask
from gradcli.ops.row import Row, call

BOTH = "input other"

# fmt: off
MASKS: tuple[Row, ...] = (
    # ---- comparisons -----------------------------------------------------------------------------------------------
    mask("gt", N_("1 where x > y, else 0"), tensors=BOTH, aliases=("greater",), latex=r"\left[{} > {}\right]",
         numpy=lambda n, a, b: 1.0 * (a > b), scalar=call("gt")),
    mask("ge", N_("1 where x >= y, else 0"), tensors=BOTH, aliases=("greater_equal",), latex=r"\left[{} \ge {}\right]",
         numpy=lambda n, a, b: 1.0 * (a >= b), scalar=call("ge")),
    mask("lt", N_("1 where x < y, else 0"), tensors=BOTH, aliases=("less",), latex=r"\left[{} < {}\right]",
         numpy=lambda n, a, b: 1.0 * (a < b), scalar=call("lt")),
    mask("le", N_("1 where x <= y, else 0"), tensors=BOTH, aliases=("less_equal",), latex=r"\left[{} \le {}\right]",
         numpy=lambda n, a, b: 1.0 * (a <= b), scalar=call("le")),
    mask("eq", N_("1 where x equals y, else 0"), tensors=BOTH, latex=r"\left[{} = {}\right]",
         numpy=lambda n, a, b: 1.0 * (a == b), scalar=call("eq")),
    mask("ne", N_("1 where x differs from y, else 0"), tensors=BOTH, aliases=("not_equal",),
         latex=r"\left[{} \ne {}\right]", numpy=lambda n, a, b: 1.0 * (a != b), scalar=call("ne")),

    # ---- logic -----------------------------------------------------------------------------------------------------
    mask("logical_and", N_("1 where both hold (x & y), else 0"), example="logical_and(x > 0, y > 0)", tensors=BOTH,
         scalar=lambda s, a, b: s.ne(a, 0) * s.ne(b, 0)),
    mask("logical_or", N_("1 where at least one holds (x | y), else 0"), example="logical_or(x > 0, y > 0)",
         tensors=BOTH, scalar=lambda s, a, b: 1 - s.eq(a, 0) * s.eq(b, 0)),
    mask("logical_xor", N_("1 where exactly one holds, else 0"), example="logical_xor(x > 0, y > 0)", tensors=BOTH,
         scalar=lambda s, a, b: s.ne(a, 0) * s.eq(b, 0) + s.eq(a, 0) * s.ne(b, 0)),
    mask("logical_not", N_("1 where x does not hold (~x), else 0"), example="logical_not(x > 0)",
         scalar=lambda s, u: s.eq(u, 0)),

    # ---- what floating point adds to the numbers; no bracket says these, so they are functions of their own --------
    mask("isnan", N_("1 where x is not a number, else 0"), derivative=flat),
    mask("isinf", N_("1 where x is inf or -inf, else 0"), derivative=flat),
    mask("isfinite", N_("1 where x is an ordinary number, else 0"), derivative=flat),
)
# fmt: on
