"""A formula -> its explicit entries, by putting numbers for its indices. For small sizes, on a person's screen."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import sympy
from sympy import Add, Expr, Integer, Mul

from gradcli.symbolic.deltas import outer_bound
from gradcli.symbolic.dims import Index, Sizes
from gradcli.symbolic.factor import tidy
from gradcli.symbolic.scalars import Bound, Entry, Pi


def entry_at(e: Expr, indices: Sequence[Expr], at: Sequence[int], sizes: Sizes) -> Expr:
    """The formula at one place, sums written out and sizes as numbers."""
    numbers = {k: Integer(p) for k, p in zip(indices, at, strict=True) if isinstance(k, Index)}
    numbered = {s: Integer(n) for s, n in sizes.values.items()}
    return tidy(write_out(e.xreplace(numbers), sizes).xreplace(numbered))


def size_at(e: Expr, sizes: Sizes) -> int:
    """About how large an entry is with its sums written out."""
    if isinstance(e, Bound):
        return size_at(e.body, sizes) * prod(sizes.value(k.dim) for k in e.bound)
    return 1 if isinstance(e, Entry) or not e.args else sum(size_at(a, sizes) for a in e.args)


def write_out(e: Expr, sizes: Sizes) -> Expr:
    """The formula with every sum and product over an index term by term."""
    replaced = {}
    for part in outer_bound(e):
        terms = (
            write_out(part.body.xreplace(dict(zip(part.bound, map(Integer, at), strict=True))), sizes)
            for at in np.ndindex(*(sizes.value(k.dim) for k in part.bound))
        )
        replaced[part] = (Mul if isinstance(part, Pi) else Add)(*terms)
    return sympy.sympify(e.xreplace(replaced)) if replaced else e
