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
class Resampler:
    """How a tensor is drawn again, and what is kept of the given one where that narrows the check: a sentence about
    {names}."""

    draw: Draw
    constraint: str | None = None


def resampler(tensor: Array, moves: bool, whole: bool) -> Resampler:
    """`moves`: the tensor is differentiated by; `whole`: it holds indices or classes, and stays."""
    if whole or tensor.size == 0 or not np.isfinite(tensor).all():
        return Resampler(lambda _: tensor)
    if not moves and tensor.size > 1 and np.isin(tensor, (0.0, 1.0)).all():
        return Resampler(lambda _: tensor, N_("{names} as given (zeros and ones)"))
    if tensor.ndim >= 2 and tensor.shape[-1] == tensor.shape[-2] > 1 and not _plain(tensor):
        structured = _square(tensor)
        if structured is not None:
            return structured
    if not moves and tensor.ndim and tensor.shape[-1] > 1 and (tensor >= 0).all() and np.allclose(tensor.sum(-1), 1.0):
        return Resampler(lambda g: _distribution(tensor, g), N_("{names} ≥ 0 with the sum 1"))
    return Resampler(lambda g: _entries(tensor, g), _sign_constraint(tensor))


def _sign_constraint(tensor: Array) -> str | None:
    """What is kept of the signs, for a formula may be right for positive numbers only."""
    if (tensor > 0).all():
        return N_("0 < {names} < 1") if (tensor < 1).all() else N_("{names} > 0")
    return N_("{names} < 0") if (tensor < 0).all() else None


def _plain(tensor: Array) -> bool:
    """Convenient rather than meant: eye, ones, zeros, a diagonal."""
    off = tensor * (1 - np.eye(tensor.shape[-1]))
    return bool(np.all(tensor == tensor.flat[0]) or not off.any())


def _square(tensor: Array) -> Resampler | None:
    turned = np.swapaxes(tensor, -1, -2)
    if np.array_equal(tensor, turned):
        if bool((np.linalg.eigvalsh(tensor) > 0).all()):
            return Resampler(lambda g: _definite(tensor, g), N_("{names} symmetric and positive definite"))
        return Resampler(lambda g: _symmetric(tensor, g), N_("{names} symmetric"))
    if np.array_equal(tensor, -turned):
        return Resampler(lambda g: _antisymmetric(tensor, g), N_("{names} antisymmetric"))
    if np.array_equal(tensor, np.tril(tensor)) or np.array_equal(tensor, np.triu(tensor)):
        return Resampler(lambda g: np.where(tensor == 0, 0.0, _entries(tensor, g)), N_("{names} triangular"))
    return None


def _symmetric(tensor: Array, g: Stream) -> Array:
    drawn = _entries(tensor, g)
    return np.asarray((drawn + np.swapaxes(drawn, -1, -2)) / 2)


def _antisymmetric(tensor: Array, g: Stream) -> Array:
    drawn = _entries(tensor, g)
    return np.asarray((drawn - np.swapaxes(drawn, -1, -2)) / 2)


def _definite(tensor: Array, g: Stream) -> Array:
    """A product of a triangular factor with its transpose, the factor near the given one's."""
    factor = np.linalg.cholesky(tensor)
    moved = factor * g.uniform(0.7, 1.4, factor.shape)
    product = moved @ np.swapaxes(moved, -1, -2)
    return np.asarray((product + np.swapaxes(product, -1, -2)) / 2)


def _distribution(tensor: Array, g: Stream) -> Array:
    drawn = tensor * np.exp(g.uniform(-0.7, 0.7, tensor.shape))
    return np.asarray(drawn / drawn.sum(-1, keepdims=True))


def _entries(tensor: Array, g: Stream) -> Array:
    """Entries of the given size: a tensor of one sign keeps it, numbers between 0 and 1 stay there."""
    top = float(np.abs(tensor).max()) or 1.0
    if (tensor > 0).all() and (tensor < 1).all():
        odds = tensor / (1 - tensor) * np.exp(g.uniform(-0.7, 0.7, tensor.shape))
        return np.asarray(odds / (1 + odds))
    if (tensor > 0).all() or (tensor < 0).all():
        return np.asarray(tensor * np.exp(g.uniform(-0.6, 0.6, tensor.shape)))
    if tensor.any() and ((tensor >= 0).all() or (tensor <= 0).all()):
        return np.asarray(np.sign(tensor.sum()) * g.uniform(0.1, 1.0, tensor.shape) * top)
    return np.asarray(top * g.uniform(-1.0, 1.0, tensor.shape))
