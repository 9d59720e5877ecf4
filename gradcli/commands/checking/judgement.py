"""A claim, a submission and the trials of it -> the verdict: right, in which arrangement, or wrong, where and by which
mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from gradcli.commands.checking.claim import Claim
from gradcli.commands.checking.known_mistakes import find_mistake
from gradcli.commands.checking.submission import Submission
from gradcli.commands.checking.trials import Trial
from gradcli.compare import differs, first_place
from gradcli.explain.slots import place
from gradcli.message import N_, NN_, Message, message
from gradcli.report import Array, arranged
from gradcli.report.additions import Verdict
from gradcli.shapes import LAYOUTS, Shape, by_layout, size, written

Layout = Callable[[Array, Shape], Array | None]

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
_FLAT = {
    "numerator": N_("right: the flattened matrix, in numerator layout"),
    "denominator": N_("right: the flattened matrix, in denominator layout"),
}


def judge(claim: Claim, submission: Submission, trials: Sequence[Trial], constraints: Message | None) -> Verdict:
    """Whether the submission is right at every trial, in one of the arrangements; `constraints` are what all of them
    have in common with the user's tensors."""
    head = claim.target.name, submission.text, claim.kind.name
    where = _compared_at(claim, submission, trials, constraints)
    for layout, says in arrangements(claim):
        if all(_is_right(layout(t.yours, t.correct.shape), t) for t in trials):
            return Verdict(*head, True, says, where, yours=trials[0].yours, correct=trials[0].correct)
    mistake = find_mistake(claim, submission, trials)
    worst = next(t for t in trials if not _is_right(in_shape(t.yours, t.correct.shape), t))
    says, first = _difference(worst)
    return Verdict(
        *head,
        False,
        says,
        where,
        None if mistake is None else mistake.kind,
        None if mistake is None else mistake.said_of(claim),
        worst.yours,
        worst.correct,
        None if worst.own else _counterexample(submission, worst.claim),
        first,
    )


def _is_right(yours: Array | None, t: Trial) -> bool:
    return yours is not None and not differs(yours, t.correct, t.allowed).any()


def _difference(t: Trial) -> tuple[Message, tuple[int, ...] | None]:
    yours = in_shape(t.yours, t.correct.shape)
    if yours is None:
        return message(
            N_("wrong: the right answer has the shape {wanted}, yours has {given}"),
            wanted=written(t.correct.shape),
            given=written(t.yours.shape),
        ), None
    bad = differs(yours, t.correct, t.allowed)
    first = first_place(bad)
    sentence = (
        NN_(
            "wrong: {count} of {total} entries differs: {place}, yours {a:.6g}, correct {b:.6g}",
            "wrong: {count} of {total} entries differ; the first is {place}, yours {a:.6g}, correct {b:.6g}",
        )
        if first
        else N_("wrong: yours is {a:.6g}, correct is {b:.6g}")
    )
    return message(
        sentence,
        count=int(bad.sum()),
        total=bad.size,
        place=place(first),
        a=float(yours[first]),
        b=float(t.correct[first]),
    ), first


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


def _counterexample(submission: Submission, claim: Claim) -> dict[str, Array]:
    """The inputs at its point, and what else the answer names."""
    weights = {claim.problem.v_name: claim.problem.v} if submission.names & claim.v_names else {}
    return {**claim.problem.point, **weights, **claim.directions.by_letter}


def arrangements(claim: Claim) -> Iterator[tuple[Layout, Message]]:
    """The ways in which an answer may lie, and the verdict on each: in the layout of the claim, else in either."""
    yield in_shape, message(N_("right"))
    if not claim.is_matrix:
        return
    yield partial(_flattened, claim), Message(_FLAT[claim.layout or LAYOUTS[0]])
    if claim.kind.order == 1 and claim.layout is None:
        yield partial(_transposed, claim), message(N_("right, in denominator layout: the flattened matrix, transposed"))
        yield partial(_input_axes_first, claim), message(N_("right, in denominator layout: the input's axes first"))


def in_shape(yours: Array, shape: Shape) -> Array | None:
    """The answer in the right shape; one number stands for every entry."""
    if yours.shape == shape:
        return yours
    return np.full(shape, float(yours)) if yours.ndim == 0 else None


def _flattened(claim: Claim, yours: Array, shape: Shape) -> Array | None:
    return yours.reshape(shape) if yours.shape == by_layout(claim.layout, *_sizes(claim)) else None


def _transposed(claim: Claim, yours: Array, shape: Shape) -> Array | None:
    return yours.T.reshape(shape) if yours.shape == _sizes(claim)[::-1] else None


def _input_axes_first(claim: Claim, yours: Array, shape: Shape) -> Array | None:
    axes = min(yours.ndim, len(shape) - len(claim.problem.program.output_shape))
    back = arranged(yours, axes, "denominator")
    return back if back.shape == shape else None


def _sizes(claim: Claim) -> tuple[int, int]:
    """How many entries the output and the variable have; of a Hessian's block, its two variables."""
    problem = claim.problem
    rows = problem.shape(claim.by[0]) if claim.kind.order > 1 else problem.program.output_shape
    return size(rows), size(problem.shape(claim.by[-1]))
