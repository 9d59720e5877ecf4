"""A claim and a submission -> the points at which they are compared, and what is right there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from gradcli.commands.checking.claim import Claim
from gradcli.commands.checking.random_points import Resampler, resampler
from gradcli.commands.checking.submission import Submission
from gradcli.commands.tensor_arguments import tensor
from gradcli.derivatives import KINDS
from gradcli.message import N_, GradcliError, Message, message
from gradcli.program import values_of
from gradcli.report import Array
from gradcli.streams import Stream
from gradcli.syntax import parse
from gradcli.syntax.tree import mentions
from gradcli.tensors import Stdin

RANDOM, DRAWS = 4, 12
"""So many random points, each drawn again at most so often until both sides are numbers there."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A point with v and tangents, what is right there and what was answered; `own` where it is the user's."""

    point: Mapping[str, Array]
    v: Array
    t: Mapping[str, Array]
    correct: Array
    yours: Array
    own: bool


def trials(claim: Claim, submission: Submission) -> tuple[list[Trial], Message | None]:
    """The user's point and, where the answer names something, random ones; and what is special about the user's
    tensors and was kept."""
    problem = claim.problem
    own = _trial(claim, submission, problem.point, problem.v, claim.directions.t, own=True)
    if not submission.names:
        return [own], None
    drawn = {
        name: resampler(value, name in claim.variables, name in problem.program.whole_numbers)
        for name, value in problem.point.items()
    }
    return [own, *_random(claim, submission, drawn)], _constraints(drawn)


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
                trial = _trial(claim, submission, point, v, t, own=False)
            except GradcliError:
                continue
            if _defined(claim, trial):
                yield trial
                break


def _defined(claim: Claim, trial: Trial) -> bool:
    """Whether the output and both sides are numbers: outside its domain there is no derivative to be right about."""
    program = claim.problem.program
    with np.errstate(all="ignore"):
        y = values_of(program, trial.point)[program.output.step]
    return all(bool(np.isfinite(a).all()) for a in (y, trial.correct, trial.yours))


def _trial(
    claim: Claim, submission: Submission, point: Mapping[str, Array], v: Array, t: Mapping[str, Array], own: bool
) -> Trial:
    with np.errstate(all="ignore"):
        yours = np.asarray(submission.value(claim.names_at(point, v, t), claim.problem.request.seed), dtype=np.float64)
        return Trial(point, v, t, claim.correct(point, v, t), yours, own)


def _weights(claim: Claim, submission: Submission, point: Mapping[str, Array], generator: Stream) -> Array:
    """Random where the answer names v; else as given, and if that was by a formula over the inputs, by it."""
    problem = claim.problem
    if submission.names & claim.v_names:
        return np.asarray(generator.uniform(-2.0, 2.0, problem.v.shape))
    text: Any = problem.request.v
    if isinstance(text, str) and _names_any(text, point):
        return tensor(text, "v", Stdin(), Stream(problem.request.seed, "v"), point).reshape(problem.v.shape)
    return problem.v


def _names_any(text: str, point: Mapping[str, Array]) -> bool:
    """Whether a tensor's text is a formula over the inputs."""
    try:
        return not mentions(parse(text)).isdisjoint(point)
    except GradcliError:
        return False


def _tangents(claim: Claim, submission: Submission, generator: Stream) -> Mapping[str, Array]:
    moving = claim.directions
    return {
        name: np.asarray(generator.uniform(-2.0, 2.0, t.shape)) if moving.names[name] in submission.names else t
        for name, t in moving.t.items()
    }


def with_weights(claim: Claim, trial: Trial, v: Array) -> Array:
    """What would be right at the trial's point with another v."""
    return replace(claim, kind=KINDS["vjp"]).correct(trial.point, v, {})
