"""Arrays with named axes, multiplied and summed over some of the names: two at a time, by matrix products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import prod

import numpy as np

from gradcli.report import Array
from gradcli.symbolic.dims import Index
from gradcli.symbolic.named_arrays import NamedArray


def contract_pairs(parts: Sequence[NamedArray], summed: frozenset[Index], within: Callable[[int], None]) -> NamedArray:
    """The product of the parts, summed over `summed`; each step joins the pair whose result is smallest.

    `within` is told the size of each result before it is made.
    """
    waiting = list(parts)
    while True:
        waiting = [_sum_alone(part, summed - _axes(waiting[:k] + waiting[k + 1 :])) for k, part in enumerate(waiting)]
        if len(waiting) == 1:
            return waiting[0]
        a, b = min(combinations(waiting, 2), key=lambda pair: _cost(pair, waiting, summed))
        waiting = _without((a, b), waiting)
        waiting.append(_joined(a, b, summed - _axes(waiting), within))


def _axes(parts: Sequence[NamedArray]) -> set[Index]:
    return {k for part in parts for k in part.axes}


def _without(pair: tuple[NamedArray, NamedArray], parts: Sequence[NamedArray]) -> list[NamedArray]:
    return [part for part in parts if part is not pair[0] and part is not pair[1]]


def _sum_alone(part: NamedArray, summed: frozenset[Index]) -> NamedArray:
    """The part summed over those of its names."""
    over = tuple(place for place, k in enumerate(part.axes) if k in summed)
    return NamedArray(tuple(k for k in part.axes if k not in summed), np.sum(part.array, axis=over)) if over else part


def _cost(
    pair: tuple[NamedArray, NamedArray], parts: Sequence[NamedArray], summed: frozenset[Index]
) -> tuple[int, int]:
    sizes = _sizes(pair)
    done = summed - _axes(_without(pair, parts))
    return prod(n for k, n in sizes.items() if k not in done), prod(sizes.values())


def _sizes(parts: Sequence[NamedArray]) -> dict[Index, int]:
    return {k: n for part in parts for k, n in zip(part.axes, part.array.shape, strict=True)}


def _joined(a: NamedArray, b: NamedArray, free: frozenset[Index], within: Callable[[int], None]) -> NamedArray:
    """Two parts as one matrix product: batch names stay, `free` names that both have are summed."""
    shared = [k for k in a.axes if k in b.axes]
    inner = [k for k in shared if k in free]
    batch = [k for k in shared if k not in free]
    left, right = ([k for k in part.axes if k not in shared] for part in (a, b))
    sizes, axes = _sizes((a, b)), (*batch, *left, *right)
    within(prod(sizes[k] for k in axes))
    if not inner:
        return NamedArray(axes, a.on(axes) * b.on(axes))

    def stacked(part: NamedArray, *groups: Sequence[Index]) -> Array:
        """The part as a stack of matrices."""
        order = [part.axes.index(k) for group in groups for k in group]
        matrices: Array = part.array.transpose(order).reshape([prod(sizes[k] for k in group) for group in groups])
        return matrices

    product = np.matmul(stacked(a, batch, left, inner), stacked(b, batch, inner, right))
    return NamedArray(axes, product.reshape([sizes[k] for k in axes]))
