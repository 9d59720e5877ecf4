"""An answer -> what it would be worth with the factors of its matrix products in another order, or one turned round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import permutations

import numpy as np

from gradcli.commands.checking.submission import Submission, Tensors
from gradcli.ops.matrix_products import PRODUCTS
from gradcli.program import Apply, Program, Ref
from gradcli.program.values import extend_values
from gradcli.report import Array

MOST_FACTORS = 4
Factors = Sequence[Array]
Product = Callable[[Factors], Array | None]


def reorderings(submission: Submission, tensors: Tensors, seed: int) -> list[tuple[str, Array | None]]:
    """("order" or "factor", value): the same list of changes at every point, None where the shapes do not allow one."""
    if submission.tree is None:
        return []
    program = submission.program(tensors, seed)
    used = {name: tensors[name] for name in submission.names}
    return [(kind, _with(program, used, changes)) for kind, changes in _changes(_chains(program))]


def _chains(program: Program) -> dict[int, list[int]]:
    """The factors of each product of matrices that is not itself a factor, by the step that completes it."""
    factors: dict[int, list[int]] = {}
    inner: set[int] = set()
    for place, step in enumerate(program.steps):
        if isinstance(step.how, Apply) and step.how.operation in PRODUCTS:
            refs = [argument.step for argument in step.how.arguments[:2] if isinstance(argument, Ref)]
            inner.update(set(refs) & set(factors))
            factors[place] = [leaf for ref in refs for leaf in factors.get(ref, [ref])]
    return {place: leaves for place, leaves in factors.items() if place not in inner and len(leaves) <= MOST_FACTORS}


def _changes(chains: Mapping[int, list[int]]) -> Iterator[tuple[str, dict[int, tuple[list[int], Product]]]]:
    """Which products are computed how: one of them with one factor transposed; one, or all, in another order."""
    for place, leaves in chains.items():
        for k in range(len(leaves)):
            yield "factor", {place: (leaves, _transposing(k))}
    for place, leaves in chains.items():
        for order in list(permutations(range(len(leaves))))[1:]:
            yield "order", {place: (leaves, _in_order(order))}
    for count in sorted({len(leaves) for leaves in chains.values()}):
        alike = {place: leaves for place, leaves in chains.items() if len(leaves) == count}
        if len(alike) > 1:
            for order in list(permutations(range(count)))[1:]:
                yield "order", {place: (leaves, _in_order(order)) for place, leaves in alike.items()}


def _transposing(k: int) -> Product:
    def product(factors: Factors) -> Array | None:
        if factors[k].ndim < 2:
            return None
        return _product_of([np.swapaxes(f, -1, -2) if n == k else f for n, f in enumerate(factors)])

    return product


def _in_order(order: Sequence[int]) -> Product:
    def product(factors: Factors) -> Array | None:
        if any(f.ndim < 2 for f in factors):  # a vector before a matrix is that matrix transposed
            return None
        return _product_of([factors[k] for k in order])

    return product


def _product_of(factors: Factors) -> Array | None:
    try:
        return reduce(np.matmul, factors)
    except ValueError:  # the shapes do not fit
        return None


def _with(program: Program, used: Tensors, changes: Mapping[int, tuple[list[int], Product]]) -> Array | None:
    """The answer's value with some of its products computed in another way."""
    values: list[Array] = []
    for place in range(len(program.steps)):
        if place in changes:
            leaves, product = changes[place]
            value = product([values[leaf] for leaf in leaves])
            if value is None or value.shape != program.steps[place].shape:
                return None
            values.append(value)
        else:
            extend_values(values, program.steps[: place + 1], used, program.source)
    return values[program.output.step]
