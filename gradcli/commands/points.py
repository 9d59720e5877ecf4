"""A point -> random points like it, at which a right answer is right too: of the same shapes, and with what is special
about the given tensors (symmetry, masks, signs, distributions) kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradcli.message import N_, Message, message
from gradcli.report import Array

Draw = Callable[[np.random.Generator], Array]


@dataclass(frozen=True)
class Like:
    """How a tensor is drawn again, and what is kept of the given one where that narrows the check."""

    draw: Draw
    kept: Message | None = None


def like(name: str, given: Array, moves: bool, whole: bool) -> Like:
    """`moves`: the tensor is differentiated by; `whole`: it holds indices or classes, and stays."""
    if whole or given.size == 0 or not np.isfinite(given).all():
        return Like(lambda _: given)
    if not moves and given.size > 1 and np.isin(given, (0.0, 1.0)).all():
        return Like(lambda _: given, message(N_("{name} stays as it is, a mask of zeros and ones"), name=name))
    if given.ndim >= 2 and given.shape[-1] == given.shape[-2] > 1 and not _plain(given):
        found = _square(name, given)
        if found is not None:
            return found
    if not moves and given.ndim and given.shape[-1] > 1 and (given >= 0).all() and np.allclose(given.sum(-1), 1.0):
        return Like(
            lambda g: _distribution(given, g),
            message(N_("the entries of {name} stay a distribution, with the sum 1"), name=name),
        )
    return Like(lambda g: _entries(given, g), _sign(name, given))


def _sign(name: str, given: Array) -> Message | None:
    """What is kept of the signs, for a formula may be right for positive numbers only."""
    if (given > 0).all():
        below_one = bool((given < 1).all())
        return message(N_("{name} stays between 0 and 1") if below_one else N_("{name} stays positive"), name=name)
    return message(N_("{name} stays negative"), name=name) if (given < 0).all() else None


def _plain(given: Array) -> bool:
    """Convenient rather than meant: eye, ones, zeros, a diagonal."""
    off = given * (1 - np.eye(given.shape[-1]))
    return bool(np.all(given == given.flat[0]) or not off.any())


def _square(name: str, given: Array) -> Like | None:
    turned = np.swapaxes(given, -1, -2)
    if np.array_equal(given, turned):
        if bool((np.linalg.eigvalsh(given) > 0).all()):
            return Like(
                lambda g: _definite(given, g), message(N_("{name} stays symmetric and positive definite"), name=name)
            )
        return Like(lambda g: _symmetric(given, g), message(N_("{name} stays symmetric"), name=name))
    if np.array_equal(given, -turned):
        return Like(lambda g: _antisymmetric(given, g), message(N_("{name} stays antisymmetric"), name=name))
    if np.array_equal(given, np.tril(given)) or np.array_equal(given, np.triu(given)):
        return Like(
            lambda g: np.where(given == 0, 0.0, _entries(given, g)), message(N_("{name} stays triangular"), name=name)
        )
    return None


def _symmetric(given: Array, g: np.random.Generator) -> Array:
    drawn = _entries(given, g)
    return np.asarray((drawn + np.swapaxes(drawn, -1, -2)) / 2)


def _antisymmetric(given: Array, g: np.random.Generator) -> Array:
    drawn = _entries(given, g)
    return np.asarray((drawn - np.swapaxes(drawn, -1, -2)) / 2)


def _definite(given: Array, g: np.random.Generator) -> Array:
    """A product of a triangular factor with its transpose, the factor near the given one's."""
    factor = np.linalg.cholesky(given)
    moved = factor * g.uniform(0.7, 1.4, factor.shape)
    product = moved @ np.swapaxes(moved, -1, -2)
    return np.asarray((product + np.swapaxes(product, -1, -2)) / 2)


def _distribution(given: Array, g: np.random.Generator) -> Array:
    drawn = given * np.exp(g.uniform(-0.7, 0.7, given.shape))
    return np.asarray(drawn / drawn.sum(-1, keepdims=True))


def _entries(given: Array, g: np.random.Generator) -> Array:
    """Entries of the given size: a tensor of one sign keeps it, numbers between 0 and 1 stay there."""
    top = float(np.abs(given).max()) or 1.0
    if (given > 0).all() and (given < 1).all():
        odds = given / (1 - given) * np.exp(g.uniform(-0.7, 0.7, given.shape))
        return np.asarray(odds / (1 + odds))
    if (given > 0).all() or (given < 0).all():
        return np.asarray(given * np.exp(g.uniform(-0.6, 0.6, given.shape)))
    if given.any() and ((given >= 0).all() or (given <= 0).all()):
        return np.asarray(np.sign(given.sum()) * g.uniform(0.1, 1.0, given.shape) * top)
    return np.asarray(g.uniform(-top, top, given.shape))
