"""A trial -> what a mistake would have answered there, or None where it cannot have happened. Says nothing of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import prod

import numpy as np

from gradcli.commands.checking.claim import Claim
from gradcli.commands.checking.trials import Trial, with_weights
from gradcli.commands.verdicts import SMALL
from gradcli.compare import MISTAKE, alike
from gradcli.derivatives import KINDS
from gradcli.report import Array, arranged
from gradcli.shapes import LAYOUTS, by_layout, size


def close(a: Array, b: Array) -> bool:
    """Whether two arrays of one shape are the same up to rounding."""
    return alike(a, b, MISTAKE)


def transposed(t: Trial) -> Array | None:
    """The gradient of a matrix, turned round."""
    return t.correct.T if t.correct.ndim == 2 else None


def scaled(factor: float, t: Trial) -> Array:
    return np.asarray(t.correct * factor)


def by_other(claim: Claim, other: str, t: Trial) -> Array:
    """The derivative with respect to another variable."""
    return replace(claim, by=(other,)).correct(t.point, t.v, t.t)


def factor_lost(claim: Claim, place: int, source: int, t: Trial) -> Array:
    """The gradient with one factor of the chain rule lost: that of the step at `place` by the one at `source`."""
    from gradcli.numeric.products import gradient_without

    return gradient_without(claim.problem.program, claim.name, t.point, t.v, place, source)


def vjp_for_jvp(claim: Claim, t: Trial) -> Array | None:
    """vᵀJ with the direction in the place of v."""
    (name,) = t.t if len(t.t) == 1 else (None,)
    if name is None or t.t[name].shape != t.v.shape:
        return None
    return Claim(claim.problem, KINDS["vjp"], (name,)).correct(t.point, t.t[name], {})


def with_x_as_weights(claim: Claim, t: Trial) -> Array | None:
    """The VJP with x in the place of v, which it can only take where it has its shape."""
    x = t.point.get(claim.name)
    return with_weights(claim, t, x) if x is not None and x.shape == t.v.shape and t.v.ndim else None


def jacobian(claim: Claim, t: Trial) -> Array | None:
    """In whichever layout the answer has."""
    whole = _whole(claim, t)
    if whole is None:
        return None
    return _fitting(t, [lying for layout in LAYOUTS for lying in _lying(whole, t.v.ndim, layout)])


def in_the_other_layout(claim: Claim, t: Trial) -> Array | None:
    """The Jacobian with the axes first that come last in the layout, as it is or flattened."""
    axes = len(claim.problem.program.output_shape)
    first, _ = by_layout(claim.layout, axes, t.correct.ndim - axes)
    return _fitting(t, _lying(t.correct, first, "denominator"))


def _lying(whole: Array, axes: int, layout: str) -> tuple[Array, Array]:
    """A Jacobian of so many axes of the output in the layout, as it is and flattened."""
    turned = arranged(whole, axes, layout)
    first, _ = by_layout(layout, axes, whole.ndim - axes)
    return turned, turned.reshape(size(turned.shape[:first]), size(turned.shape[first:]))


def _fitting(t: Trial, values: Iterable[Array]) -> Array | None:
    return next((one for one in values if one.shape == t.yours.shape and close(t.yours, one)), None)


def diagonal(t: Trial) -> Array | None:
    """A square Jacobian or Hessian with nothing off the diagonal."""
    half = t.correct.ndim // 2
    if t.correct.shape[:half] != t.correct.shape[half:] or half == 0:
        return None
    n = prod(t.correct.shape[:half])
    return (t.correct.reshape(n, n) * np.eye(n)).reshape(t.correct.shape)


def diagonal_product(claim: Claim, t: Trial) -> Array | None:
    """v times the diagonal of the Jacobian, entry by entry."""
    if t.v.shape != t.correct.shape:
        return None
    whole = _whole(claim, t)
    return None if whole is None else (t.v.ravel() * np.diagonal(whole.reshape(t.v.size, -1))).reshape(t.v.shape)


def _whole(claim: Claim, t: Trial) -> Array | None:
    """The whole Jacobian, where it is small enough and not one row."""
    if t.v.size < 2 or t.v.size * t.correct.size > SMALL:
        return None
    problem = replace(claim.problem, request=replace(claim.problem.request, layout=None))
    return Claim(problem, KINDS["jacobian"], claim.by).correct(t.point, t.v, {})


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
    return t.yours if added.shape == t.correct.shape and close(added, t.correct) else None
