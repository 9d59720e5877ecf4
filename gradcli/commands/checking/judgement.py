"""A claim, a submission and the trials of it -> the verdict: right, in which arrangement, or wrong, where and by which
mistake."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcli.commands.checking.arrangements import arrangements, in_shape
from gradcli.commands.checking.claim import Claim
from gradcli.commands.checking.known_mistakes import find_mistake
from gradcli.commands.checking.submission import Submission
from gradcli.commands.checking.trials import Trial
from gradcli.compare import HALF_UNITS, SUBMISSION, Tolerance, differs, first_place
from gradcli.message import N_, NN_, Message, message
from gradcli.report import Array
from gradcli.report.additions import Verdict
from gradcli.shapes import written

_RANDOM = {
    (False, False): N_("compared at your point and at {count} random points of the same shapes"),
    (False, True): N_(
        "compared at your point and at {count} random points of the same shapes with {kept}, as at yours"
    ),
    (True, False): N_("compared at your point and at {count} random points of the same shapes, each with a random v"),
    (True, True): N_(
        "compared at your point and at {count} random points of the same shapes with {kept}, as at yours, each with a "
        "random v"
    ),
}
"""By whether the answer names v, and whether something of the given tensors is kept."""


def judge(claim: Claim, submission: Submission, trials: Sequence[Trial], constraints: Message | None) -> Verdict:
    """Whether the submission is right at every trial, in one of the arrangements; `kept` is what they have in common
    with the user's tensors."""
    where = _compared_at(claim, submission, trials, constraints)
    for layout, says in arrangements(claim):
        fitted = [layout(t.yours, t.correct.shape) for t in trials]
        if all(
            f is not None and not _differs(claim, submission, f, t.correct).any()
            for f, t in zip(fitted, trials, strict=True)
        ):
            return Verdict(
                claim.target.name,
                submission.text,
                claim.kind.name,
                True,
                says,
                where,
                yours=trials[0].yours,
                correct=trials[0].correct,
            )
    return _wrong(claim, submission, trials, where)


def _wrong(claim: Claim, submission: Submission, trials: Sequence[Trial], where: Message) -> Verdict:
    mistake = find_mistake(claim, submission, trials)
    worst = next(t for t in trials if in_shape(t.yours, t.correct.shape) is None or _bad(claim, submission, t).any())
    says, first = _difference(claim, submission, worst)
    return Verdict(
        claim.target.name,
        submission.text,
        claim.kind.name,
        False,
        says,
        where,
        None if mistake is None else mistake.kind,
        None if mistake is None else mistake.says,
        worst.yours,
        worst.correct,
        None if worst.own else _point(claim, submission, worst),
        first,
    )


def _difference(claim: Claim, submission: Submission, t: Trial) -> tuple[Message, tuple[int, ...] | None]:
    yours = in_shape(t.yours, t.correct.shape)
    if yours is None:
        return message(
            N_("wrong: the right answer has the shape {wanted}, yours has {given}"),
            wanted=written(t.correct.shape),
            given=written(t.yours.shape),
        ), None
    bad = _bad(claim, submission, t)
    first = first_place(bad)
    place = f"[{','.join(map(str, first))}]" if first else ""
    sentence = (
        NN_(
            "wrong: {count} of {total} entries differs: {place}, yours {a:.6g}, correct {b:.6g}",
            "wrong: {count} of {total} entries differ; the first is {place}, yours {a:.6g}, correct {b:.6g}",
        )
        if first
        else N_("wrong: yours is {a:.6g}, correct is {b:.6g}")
    )
    return message(
        sentence, count=int(bad.sum()), total=bad.size, place=place, a=float(yours[first]), b=float(t.correct[first])
    ), first


def _bad(claim: Claim, submission: Submission, t: Trial) -> Array:
    yours = in_shape(t.yours, t.correct.shape)
    return np.ones(t.correct.shape, dtype=bool) if yours is None else _differs(claim, submission, yours, t.correct)


def _differs(claim: Claim, submission: Submission, yours: Array, correct: Array) -> Array:
    """Where the answer is off by more than it may be."""
    request, half_units = claim.problem.request, submission.unit
    if request.rtol is not None or request.atol is not None:
        return differs(yours, correct, Tolerance(request.rtol or 0.0, 0.0, request.atol or 0.0).around(correct))
    allowed = SUBMISSION.around(correct)
    if half_units is not None and half_units.size in (1, correct.size):
        fitted = half_units.reshape(correct.shape if half_units.size == correct.size else ())
        allowed = np.maximum(allowed, fitted * HALF_UNITS)
    return differs(yours, correct, allowed)


def _compared_at(claim: Claim, submission: Submission, trials: Sequence[Trial], constraints: Message | None) -> Message:
    count = len(trials) - 1
    if count:
        by_v = bool(submission.names & claim.v_names) and claim.kind.weighted
        return message(_RANDOM[by_v, constraints is not None], count=count, kept=constraints)
    if submission.names:
        return message(N_("compared at your point only: at random points the two sides are not both numbers"))
    request = claim.problem.request
    if submission.unit is not None and request.rtol is None and request.atol is None:
        return message(N_("compared at your point only, to half a unit of the last digit that was typed"))
    return message(N_("compared at your point only, for the answer names no variable"))


def _point(claim: Claim, submission: Submission, t: Trial) -> dict[str, Array]:
    """The inputs of a counterexample, and what else the answer names."""
    weights = {claim.problem.v_name: t.v} if submission.names & claim.v_names else {}
    tangents = {claim.directions.names[name]: tangent for name, tangent in t.t.items()}
    return {**t.point, **weights, **tangents}
