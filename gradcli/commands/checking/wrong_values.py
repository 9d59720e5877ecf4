"""A trial -> what a mistake would have answered there, or None where it cannot have happened. Says nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import permutations
from math import prod

import numpy as np

from gradcli.commands.checking.claim import Claim
from gradcli.commands.checking.submission import Submission
from gradcli.commands.checking.trials import Trial
from gradcli.commands.verdicts import SMALL
from gradcli.compare import MISTAKE, alike
from gradcli.derivatives import KINDS
from gradcli.ops.matrix_products import PRODUCTS
from gradcli.program import Apply, Program, Ref
from gradcli.program.values import extend_values
from gradcli.report import Array, Tensors, arranged
from gradcli.shapes import LAYOUTS, by_layout, size

MOST_FACTORS = 4
"""Products of more factors are not tried in other orders."""


def close(a: Array, b: Array | None) -> bool:
    """Whether two arrays are the same up to rounding."""
    return b is not None and alike(a, b, MISTAKE)


def transposed(t: Trial) -> Array | None:
    """The gradient of a matrix, turned round."""
    return t.correct.T if t.correct.ndim == 2 else None


def scaled(factor: float, t: Trial) -> Array:
    """So many times what is right."""
    return np.asarray(t.correct * factor)


def by_other(other: str, t: Trial) -> Array:
    """The derivative with respect to another variable."""
    return replace(t.claim, by=(other,)).correct


def factor_lost(place: int, source: int, t: Trial) -> Array:
    """The gradient with one factor of the chain rule lost: that of the step at `place` by the one at `source`."""
    from gradcli.numeric.products import gradient_without

    problem = t.claim.problem
    return gradient_without(problem.program, t.claim.name, problem.point, problem.v, place, source)


def vjp_for_jvp(t: Trial) -> Array | None:
    """vᵀJ with the direction in the place of v."""
    tangents = tuple(t.claim.directions.t.values())
    if len(tangents) != 1 or tangents[0].shape != t.claim.problem.v.shape:
        return None
    return t.claim.vjp(tangents[0]).correct


def without_weights(t: Trial) -> Array:
    """The vjp with v = 1."""
    return t.claim.vjp(np.ones(t.claim.problem.v.shape)).correct


def with_x_as_weights(t: Trial) -> Array | None:
    """The vjp with x in the place of v, which it can only take where it has its shape."""
    x, v = t.claim.problem.point.get(t.claim.name), t.claim.problem.v
    return t.claim.vjp(x).correct if x is not None and x.shape == v.shape and v.ndim else None


def jacobian(t: Trial) -> Array | None:
    """In whichever layout the answer has."""
    whole = _whole(t)
    if whole is None:
        return None
    return _fitting(t, [lying for layout in LAYOUTS for lying in _lying(whole, t.claim.problem.v.ndim, layout)])


def in_the_other_layout(t: Trial) -> Array | None:
    """The Jacobian with the axes first that come last in the layout, as it is or flattened."""
    axes = len(t.claim.problem.program.output_shape)
    first, _ = by_layout(t.claim.layout, axes, t.correct.ndim - axes)
    return _fitting(t, _lying(t.correct, first, "denominator"))


def _lying(whole: Array, axes: int, layout: str) -> tuple[Array, Array]:
    """A Jacobian of so many axes of the output in the layout, as it is and flattened."""
    turned = arranged(whole, axes, layout)
    first, _ = by_layout(layout, axes, whole.ndim - axes)
    return turned, turned.reshape(size(turned.shape[:first]), size(turned.shape[first:]))


def _fitting(t: Trial, values: Iterable[Array]) -> Array | None:
    return next((value for value in values if close(t.yours, value)), None)


def diagonal(t: Trial) -> Array | None:
    """A square Jacobian or Hessian with nothing off the diagonal."""
    half = t.correct.ndim // 2
    if t.correct.shape[:half] != t.correct.shape[half:] or half == 0:
        return None
    n = prod(t.correct.shape[:half])
    return (t.correct.reshape(n, n) * np.eye(n)).reshape(t.correct.shape)


def diagonal_product(t: Trial) -> Array | None:
    """v times the diagonal of the Jacobian, entry by entry."""
    v = t.claim.problem.v
    whole = _whole(t) if v.shape == t.correct.shape else None
    return None if whole is None else np.asarray(v * np.diagonal(whole.reshape(v.size, -1)).reshape(v.shape))


def _whole(t: Trial) -> Array | None:
    """The whole Jacobian, where it is small enough and not one row."""
    problem = t.claim.problem
    if problem.v.size < 2 or problem.v.size * t.correct.size > SMALL:
        return None
    return Claim(replace(problem, request=replace(problem.request, layout=None)), KINDS["jacobian"], t.claim.by).correct


def unsummed(t: Trial) -> Array | None:
    """The answer itself, where it gives the right one when it is added up over the axes that were broadcast."""
    extra = t.yours.ndim - t.correct.ndim
    if extra < 0 or t.yours.size <= t.correct.size:
        return None
    added = t.yours.sum(axis=tuple(range(extra)))
    if any(n != 1 and n != m for n, m in zip(t.correct.shape, added.shape, strict=True)):
        return None
    axes = tuple(k for k, (n, m) in enumerate(zip(t.correct.shape, added.shape, strict=True)) if n == 1 and m != 1)
    added = added.sum(axis=axes, keepdims=True)
    return t.yours if close(added, t.correct) else None


# Products in another order


def reorderings(submission: Submission, tensors: Tensors) -> list[tuple[str, Array | None]]:
    """("order" or "transposed", value): what the answer is worth with the factors of its matrix products in another
    order, or one transposed; the same list of changes at every point, None where the shapes do not allow one."""
    if submission.tree is None:
        return []
    program = submission.program(tensors)
    used = submission.used(tensors)
    chains = _chains(program)
    return [
        (kind, _value(program, used, {place: chains[place] for place in places}, order, turned))
        for kind, places, order, turned in _changes(chains)
    ]


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


def _changes(chains: Mapping[int, list[int]]) -> Iterator[tuple[str, set[int], Sequence[int], int | None]]:
    """Which products are computed how, in which order of the factors and with which one transposed: one of them with
    one factor transposed; one, or all, in another order."""
    for place, leaves in chains.items():
        for k in range(len(leaves)):
            yield "transposed", {place}, range(len(leaves)), k
    for place, leaves in chains.items():
        yield from _orders({place}, len(leaves))
    for count in sorted({len(leaves) for leaves in chains.values()}):
        alike = {place for place, leaves in chains.items() if len(leaves) == count}
        if len(alike) > 1:
            yield from _orders(alike, count)


def _orders(places: set[int], count: int) -> Iterator[tuple[str, set[int], Sequence[int], None]]:
    for order in list(permutations(range(count)))[1:]:
        yield "order", places, order, None


def _value(
    program: Program, used: Tensors, changed: Mapping[int, list[int]], order: Sequence[int], turned: int | None
) -> Array | None:
    """The answer's value with the changed products, of which the factors are given, computed in another way."""
    values: list[Array] = []
    for place in range(len(program.steps)):
        if place in changed:
            value = _product([values[leaf] for leaf in changed[place]], order, turned)
            if value is None or value.shape != program.steps[place].shape:
                return None
            values.append(value)
        else:
            extend_values(values, program.steps[: place + 1], used, program.source)
    return values[program.output.step]


def _product(factors: Sequence[Array], order: Sequence[int], turned: int | None) -> Array | None:
    moved = factors if turned is None else [factors[turned]]
    if any(factor.ndim < 2 for factor in moved):  # a vector before a matrix is that matrix transposed
        return None
    try:
        return reduce(np.matmul, [np.swapaxes(factors[k], -1, -2) if k == turned else factors[k] for k in order])
    except ValueError:  # the shapes do not fit
        return None
