"""Arrays with named axes, multiplied and summed over some of the names: two at a time, by matrix products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import prod
from typing import Any

import numpy as np

from gradcli.report import Array

Axes = tuple[Any, ...]
Part = tuple[Axes, Array]


def contract_pairs(parts: Sequence[Part], summed: frozenset[Any], within: Callable[[int], None]) -> Part:
    """The product of the parts, summed over `summed`; each step joins the pair whose result is smallest.

    `within` is told the size of each result before it is made.
    """
    waiting = list(parts)
    while True:
        waiting = [_sum_alone(part, k, waiting, summed) for k, part in enumerate(waiting)]
        if len(waiting) == 1:
            return waiting[0]
        a, b = min(combinations(range(len(waiting)), 2), key=lambda pair: _cost(pair, waiting, summed))
        others = [part for k, part in enumerate(waiting) if k not in (a, b)]
        needed = {k for axes, _ in others for k in axes}
        waiting = [*others, _joined(waiting[a], waiting[b], summed - needed, within)]


def _sum_alone(part: Part, place: int, parts: Sequence[Part], summed: frozenset[Any]) -> Part:
    """The part summed over the names that no other part has."""
    axes, array = part
    elsewhere = {k for other, (names, _) in enumerate(parts) if other != place for k in names}
    over = tuple(p for p, k in enumerate(axes) if k in summed and k not in elsewhere)
    if not over:
        return part
    return tuple(k for p, k in enumerate(axes) if p not in over), np.sum(array, axis=over)


def _cost(pair: tuple[int, int], parts: Sequence[Part], summed: frozenset[Any]) -> tuple[int, int]:
    sizes = {k: n for axes, array in parts for k, n in zip(axes, array.shape, strict=True)}
    a, b = (set(parts[p][0]) for p in pair)
    needed = {k for p, (axes, _) in enumerate(parts) if p not in pair for k in axes}
    kept = [k for k in a | b if k not in summed or k in needed]
    return prod(sizes[k] for k in kept), prod(sizes[k] for k in a | b)


def _joined(one: Part, other: Part, free: frozenset[Any], within: Callable[[int], None]) -> Part:
    """Two parts as one matrix product: batch names stay, `free` names that both have are summed."""
    (a_axes, a), (b_axes, b) = one, other
    shared = [k for k in a_axes if k in b_axes]
    inner = [k for k in shared if k in free]
    batch = [k for k in shared if k not in free]
    left = [k for k in a_axes if k not in shared]
    right = [k for k in b_axes if k not in shared]
    sizes = {**dict(zip(a_axes, a.shape, strict=True)), **dict(zip(b_axes, b.shape, strict=True))}
    within(prod(sizes[k] for k in (*batch, *left, *right)))
    axes = (*batch, *left, *right)
    if not inner:
        return axes, _laid(a_axes, a, axes) * _laid(b_axes, b, axes)
    count = {
        name: prod(sizes[k] for k in names) for name, names in (("b", batch), ("l", left), ("i", inner), ("r", right))
    }
    first = a.transpose([a_axes.index(k) for k in (*batch, *left, *inner)]).reshape(count["b"], count["l"], count["i"])
    second = b.transpose([b_axes.index(k) for k in (*batch, *inner, *right)]).reshape(
        count["b"], count["i"], count["r"]
    )
    return axes, np.matmul(first, second).reshape([sizes[k] for k in axes])


def _laid(axes: Axes, array: Array, onto: Axes) -> Array:
    order = [axes.index(k) for k in onto if k in axes]
    return array.transpose(order).reshape([array.shape[axes.index(k)] if k in axes else 1 for k in onto])
