"""A claim and a submission -> the points at which they are compared, and what is right there: the user's, and random
points like it, with what is special about the given tensors (symmetry, masks, signs, distributions) kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from gradcli.commands.checking.claim import Claim
from gradcli.commands.checking.submission import Submission
from gradcli.commands.tensor_arguments import tensor
from gradcli.message import N_, GradcliError, Message, message
from gradcli.report import Array, Tensors
from gradcli.streams import Stream
from gradcli.syntax import parse
from gradcli.syntax.tree import mentions
from gradcli.tensors import Stdin

RANDOM, DRAWS = 4, 12
"""So many random points, each drawn again at most so often until both sides are numbers there."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The claim at a point, what is right there, what was answered and how far that may be off; `own` where the point
    is the user's."""

    claim: Claim
    correct: Array
    yours: Array
    allowed: Array
    own: bool = False


def trials(claim: Claim, submission: Submission) -> tuple[list[Trial], Message | None]:
    """The user's point and, where the answer names something, random ones; and what is special about the user's
    tensors and was kept."""
    problem = claim.problem
    own = _trial(claim, submission, own=True)
    if not submission.names:
        return [own], None
    drawn = {
        name: resampler(value, name in claim.variables, name in problem.program.whole_numbers)
        for name, value in problem.point.items()
    }
    return [own, *_random(claim, submission, drawn)], _constraints(drawn)


def _trial(claim: Claim, submission: Submission, own: bool = False) -> Trial:
    yours, correct = submission.value(claim.tensors), claim.correct
    return Trial(claim, correct, yours, submission.allowed(correct), own)


def _constraints(drawn: Mapping[str, Resampler]) -> Message | None:
    """What is special about the given tensors and was kept, those of one kind together: `w, x > 0; A symmetric`."""
    names: dict[str, list[str]] = {}
    for name, resampled in drawn.items():
        if resampled.constraint is not None:
            names.setdefault(resampled.constraint, []).append(name)
    sentences = [message(constraint, names=", ".join(of)) for constraint, of in names.items()]
    if not sentences:
        return None
    return reduce(lambda first, rest: message(N_("{first}; {rest}"), first=first, rest=rest), sentences)


def _random(claim: Claim, submission: Submission, drawn: Mapping[str, Resampler]) -> Iterator[Trial]:
    generator = Stream(claim.problem.request.seed, "trials")
    for _ in range(RANDOM):
        for _ in range(DRAWS):
            point = {name: like.draw(generator) for name, like in drawn.items()}
            v, t = _weights(claim, submission, point, generator), _tangents(claim, submission, generator)
            try:
                trial = _trial(claim.at(point, v, t), submission)
            except GradcliError:
                continue
            if _is_defined(trial):
                yield trial
                break


def _is_defined(t: Trial) -> bool:
    """Whether the output and both sides are numbers: outside its domain there is no derivative to be right about."""
    y = t.claim.tensors[t.claim.problem.output_name]
    return all(bool(np.isfinite(a).all()) for a in (y, t.correct, t.yours))


def _weights(claim: Claim, submission: Submission, point: Tensors, generator: Stream) -> Array:
    """Random where the answer names v; else as given, and if that was by a formula over the inputs, by it."""
    problem = claim.problem
    if submission.names & claim.v_names:
        return np.asarray(generator.uniform(-2.0, 2.0, problem.v.shape))
    text = problem.request.v
    if isinstance(text, str) and _names_any(text, point):
        return tensor(text, "v", Stdin(), Stream(problem.request.seed, "v"), point).reshape(problem.v.shape)
    return problem.v


def _names_any(text: str, point: Tensors) -> bool:
    """Whether a tensor's text is a formula over the inputs."""
    try:
        return not mentions(parse(text)).isdisjoint(point)
    except GradcliError:
        return False


def _tangents(claim: Claim, submission: Submission, generator: Stream) -> Tensors:
    moving = claim.directions
    return {
        name: np.asarray(generator.uniform(-2.0, 2.0, t.shape)) if moving.names[name] in submission.names else t
        for name, t in moving.t.items()
    }


# Points like the given one

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
        return Resampler(lambda g: _with_transpose(_entries(tensor, g), 1), N_("{names} symmetric"))
    if np.array_equal(tensor, -turned):
        return Resampler(lambda g: _with_transpose(_entries(tensor, g), -1), N_("{names} antisymmetric"))
    if np.array_equal(tensor, np.tril(tensor)) or np.array_equal(tensor, np.triu(tensor)):
        return Resampler(lambda g: np.where(tensor == 0, 0.0, _entries(tensor, g)), N_("{names} triangular"))
    return None


def _definite(tensor: Array, g: Stream) -> Array:
    """A product of a triangular factor with its transpose, the factor near the given one's."""
    factor = np.linalg.cholesky(tensor)
    moved = factor * g.uniform(0.7, 1.4, factor.shape)
    return _with_transpose(moved @ np.swapaxes(moved, -1, -2), 1)


def _with_transpose(a: Array, sign: int) -> Array:
    """Half the sum of a matrix and `sign` times its transpose."""
    return np.asarray((a + sign * np.swapaxes(a, -1, -2)) / 2)


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
