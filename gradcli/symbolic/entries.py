"""A formula -> its explicit entries, by putting numbers for its indices. For small sizes, on a person's screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

import sympy
from sympy import Add, Expr, Integer, Mul

from gradcli.symbolic.deltas import outer_bound
from gradcli.symbolic.dims import Index, Sizes
from gradcli.symbolic.factor import tidy
from gradcli.symbolic.scalars import Bound, Entry, Pi


def places(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every index tuple, the last index running fastest."""
    return product(*map(range, sizes))


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
        ranges = [range(sizes.value(k.dim)) for k in part.bound]
        terms = (
            write_out(part.body.xreplace(dict(zip(part.bound, map(Integer, at), strict=True))), sizes)
            for at in product(*ranges)
        )
        replaced[part] = (Mul if isinstance(part, Pi) else Add)(*terms)
    return sympy.sympify(e.xreplace(replaced)) if replaced else e
