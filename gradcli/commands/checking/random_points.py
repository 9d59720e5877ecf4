"""A point -> random points like it, at which a right answer is right too: of the same shapes, and with what is special
about the given tensors (symmetry, masks, signs, distributions) kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradcli.message import N_
from gradcli.report import Array
from gradcli.streams import Stream

Draw = Callable[[Stream], Array]


@dataclass(frozen=True, slots=True)
class Like:
    """How a tensor is drawn again, and what is kept of the given one where that narrows the check: a sentence about
    {names}."""

    draw: Draw
    kept: str | None = None


def like(given: Array, moves: bool, whole: bool) -> Like:
    """`moves`: the tensor is differentiated by; `whole`: it holds indices or classes, and stays."""
    if whole or given.size == 0 or not np.isfinite(given).all():
        return Like(lambda _: given)
    if not moves and given.size > 1 and np.isin(given, (0.0, 1.0)).all():
        return Like(lambda _: given, N_("{names} as given (zeros and ones)"))
    if given.ndim >= 2 and given.shape[-1] == given.shape[-2] > 1 and not _plain(given):
        found = _square(given)
        if found is not None:
            return found
    if not moves and given.ndim and given.shape[-1] > 1 and (given >= 0).all() and np.allclose(given.sum(-1), 1.0):
        return Like(lambda g: _distribution(given, g), N_("{names} ≥ 0 with the sum 1"))
    return Like(lambda g: _entries(given, g), _sign(given))


def _sign(given: Array) -> str | None:
    """What is kept of the signs, for a formula may be right for positive numbers only."""
    if (given > 0).all():
        return N_("0 < {names} < 1") if (given < 1).all() else N_("{names} > 0")
    return N_("{names} < 0") if (given < 0).all() else None


def _plain(given: Array) -> bool:
    """Convenient rather than meant: eye, ones, zeros, a diagonal."""
    off = given * (1 - np.eye(given.shape[-1]))
    return bool(np.all(given == given.flat[0]) or not off.any())


def _square(given: Array) -> Like | None:
    turned = np.swapaxes(given, -1, -2)
    if np.array_equal(given, turned):
        if bool((np.linalg.eigvalsh(given) > 0).all()):
            return Like(lambda g: _definite(given, g), N_("{names} symmetric and positive definite"))
        return Like(lambda g: _symmetric(given, g), N_("{names} symmetric"))
    if np.array_equal(given, -turned):
        return Like(lambda g: _antisymmetric(given, g), N_("{names} antisymmetric"))
    if np.array_equal(given, np.tril(given)) or np.array_equal(given, np.triu(given)):
        return Like(lambda g: np.where(given == 0, 0.0, _entries(given, g)), N_("{names} triangular"))
    return None


def _symmetric(given: Array, g: Stream) -> Array:
    drawn = _entries(given, g)
    return np.asarray((drawn + np.swapaxes(drawn, -1, -2)) / 2)


def _antisymmetric(given: Array, g: Stream) -> Array:
    drawn = _entries(given, g)
    return np.asarray((drawn - np.swapaxes(drawn, -1, -2)) / 2)


def _definite(given: Array, g: Stream) -> Array:
    """A product of a triangular factor with its transpose, the factor near the given one's."""
    factor = np.linalg.cholesky(given)
    moved = factor * g.uniform(0.7, 1.4, factor.shape)
    product = moved @ np.swapaxes(moved, -1, -2)
    return np.asarray((product + np.swapaxes(product, -1, -2)) / 2)


def _distribution(given: Array, g: Stream) -> Array:
    drawn = given * np.exp(g.uniform(-0.7, 0.7, given.shape))
    return np.asarray(drawn / drawn.sum(-1, keepdims=True))


def _entries(given: Array, g: Stream) -> Array:
    """Entries of the given size: a tensor of one sign keeps it, numbers between 0 and 1 stay there."""
    top = float(np.abs(given).max()) or 1.0
    if (given > 0).all() and (given < 1).all():
        odds = given / (1 - given) * np.exp(g.uniform(-0.7, 0.7, given.shape))
        return np.asarray(odds / (1 + odds))
    if (given > 0).all() or (given < 0).all():
        return np.asarray(given * np.exp(g.uniform(-0.6, 0.6, given.shape)))
    if given.any() and ((given >= 0).all() or (given <= 0).all()):
        return np.asarray(np.sign(given.sum()) * g.uniform(0.1, 1.0, given.shape) * top)
    return np.asarray(top * g.uniform(-1.0, 1.0, given.shape))
