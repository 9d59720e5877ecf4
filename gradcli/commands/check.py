"""`gradcli check`: is my answer right? Decided by values, at the user's point and at random ones, never by text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from gradcli.commands.checking.known_mistakes import named
from gradcli.commands.checking.submission import Submission, read_submission
from gradcli.commands.checking.trials import Claim, Trial, trials
from gradcli.commands.closed_forms import Wanted, compared, formed, question, shape_of
from gradcli.commands.grad import refusal
from gradcli.commands.problem import GUESSED_ONES, Problem, understand
from gradcli.commands.tangents import directions
from gradcli.compare import HALF_UNITS, SUBMISSION, Tolerance, differs, first_place
from gradcli.message import N_, NN_, Message, fault, message
from gradcli.report import Array, Part, Warning, Weights, arranged
from gradcli.report.additions import Tangents, Verdict
from gradcli.request import Request
from gradcli.shapes import LAYOUTS, by_layout, is_one_number, size, written

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


def run(request: Request) -> Iterator[Part]:
    """The parts of `check`'s answer."""
    from gradcli import notation

    problem = understand(request)
    _refuse_without_gradient(problem)
    claim = _claim(problem)
    submission = read_submission(problem, claim.known(problem.point, problem.v, claim.t))
    weighted = request.of in ("vjp", "hessian")
    yield question(problem, notation.latex(problem.program), (claim.name,), weighted=weighted)
    yield from (Warning("reading", note) for note in problem.program.notes)
    if problem.guessed and request.of == "vjp":
        yield Warning("weights", Message(GUESSED_ONES))
    yield (
        Weights(problem.v, problem.y)
        if weighted
        else Tangents(claim.t, {} if claim.moving is None else claim.moving.given, problem.y)
    )
    tried, kept = trials(claim, submission)
    yield _verdict(claim, submission, tried, kept)
    yield from _closed(claim)


def _closed(claim: Claim) -> Iterator[Part]:
    """The right answer in closed form, and its value at the user's point by both sides."""
    problem = claim.problem
    wanted = Wanted(_spoken(claim), *claim.method, claim.of in ("jacobian", "hessian"))
    forms = yield from formed(problem, [wanted], claim.variables, claim.tangents, unit=claim.unit)
    known = {**problem.point, problem.weights: problem.v, **claim.named(claim.t)}
    yield compared(
        problem, wanted.name, forms.get(wanted.name), known, claim.by_pytorch(problem.point, problem.v, claim.t)
    )


def _claim(problem: Problem) -> Claim:
    of = problem.request.of
    if of == "grad" and not is_one_number(problem.program.output_shape):
        raise refusal(problem)
    if of == "hessian":
        if len(problem.wrt) > (1 if problem.request.wrt is None else 2):
            raise _which_block(problem)
        return Claim(problem, of, problem.wrt[0], problem.wrt[-1], None, None)
    if of == "jvp":
        moving = directions(problem)
        return Claim(problem, of, ", ".join(moving.t), "", moving, None)
    if len(problem.wrt) > 1:
        raise _which(problem)
    return Claim(problem, of, problem.wrt[0], "", None, problem.request.layout)


def _refuse_without_gradient(problem: Problem) -> None:
    """A point at which PyTorch's gradient is known to be wrong, or is one of nothing."""
    from gradcli.explain.cautions import singular, undefined

    if np.isnan(problem.y).any():
        for warning in undefined(problem.program, problem.values):
            raise fault(
                "domain",
                N_("no answer can be judged at this point. {why}"),
                hint=N_("give numbers at which the function has a value"),
                why=warning.text,
            )
    for warning in singular(problem.program, problem.values):
        raise fault(
            "domain",
            N_("no answer can be judged at this point. {why}"),
            hint=N_("give a matrix whose determinant is not 0"),
            why=warning.text,
        )


def _which(problem: Problem) -> Exception:
    return fault(
        "option",
        N_("the answer is for one variable, and there are {names}"),
        hint=N_("say which:  --wrt {first}"),
        names=", ".join(problem.wrt),
        first=problem.wrt[0],
    )


def _which_block(problem: Problem) -> Exception:
    return fault(
        "option",
        N_("the answer is for one block of second derivatives, and there are those by {names}"),
        hint=N_("say which:  --wrt {first}  for {first} twice,  --wrt {first},{second}  for the mixed ones"),
        names=", ".join(problem.wrt),
        first=problem.wrt[0],
        second=problem.wrt[1],
    )


# The verdict


def _verdict(claim: Claim, submission: Submission, tried: Sequence[Trial], kept: Message | None) -> Verdict:
    where = _compared_at(claim, submission, tried, kept)
    for layout, says in _layouts(claim):
        fitted = [layout(t.yours, t.correct.shape) for t in tried]
        if all(
            f is not None and not _differs(claim, submission, f, t.correct).any()
            for f, t in zip(fitted, tried, strict=True)
        ):
            return Verdict(
                _spoken(claim),
                submission.text,
                claim.of,
                True,
                says,
                where,
                yours=tried[0].yours,
                correct=tried[0].correct,
            )
    return _wrong(claim, submission, tried, where)


def _wrong(claim: Claim, submission: Submission, tried: Sequence[Trial], where: Message) -> Verdict:
    mistake = named(claim, submission, tried)
    worst = next(t for t in tried if _shaped(t.yours, t.correct.shape) is None or _bad(claim, submission, t).any())
    says, first = _difference(claim, submission, worst)
    return Verdict(
        _spoken(claim),
        submission.text,
        claim.of,
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
    yours = _shaped(t.yours, t.correct.shape)
    if yours is None:
        return message(
            N_("wrong: the right answer has the shape {wanted}, yours has {given}"),
            wanted=written(t.correct.shape),
            given=written(t.yours.shape),
        ), None
    bad = _bad(claim, submission, t)
    first = first_place(bad)
    place = f"[{','.join(map(str, first))}]" if first else ""
    said = (
        NN_(
            "wrong: {count} of {total} entries differs: {place}, yours {a:.6g}, correct {b:.6g}",
            "wrong: {count} of {total} entries differ; the first is {place}, yours {a:.6g}, correct {b:.6g}",
        )
        if first
        else N_("wrong: yours is {a:.6g}, correct is {b:.6g}")
    )
    return message(
        said, count=int(bad.sum()), total=bad.size, place=place, a=float(yours[first]), b=float(t.correct[first])
    ), first


def _bad(claim: Claim, submission: Submission, t: Trial) -> Array:
    yours = _shaped(t.yours, t.correct.shape)
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


# Layouts and points


Layout = Callable[[Array, tuple[int, ...]], Array | None]


def _shaped(yours: Array, shape: tuple[int, ...]) -> Array | None:
    """The answer in the right shape; one number stands for every entry."""
    if yours.shape == shape:
        return yours
    return np.full(shape, float(yours)) if yours.ndim == 0 else None


_FLAT = {
    "numerator": N_("right: the flattened matrix, in numerator layout"),
    "denominator": N_("right: the flattened matrix, in denominator layout"),
}


def _layouts(claim: Claim) -> Iterator[tuple[Layout, Message]]:
    """The ways in which an answer may lie, and how each is told: in the layout that was said, else in either."""
    yield _shaped, message(N_("right"))
    if claim.of not in ("jacobian", "hessian"):
        return
    yield partial(_flat, claim), Message(_FLAT[claim.layout or LAYOUTS[0]])
    if claim.of == "jacobian" and claim.layout is None:
        yield partial(_turned, claim), message(N_("right, in denominator layout: the flattened matrix, transposed"))
        yield partial(_moved, claim), message(N_("right, in denominator layout: the input's axes first"))


def _flat(claim: Claim, yours: Array, shape: tuple[int, ...]) -> Array | None:
    rows, columns = by_layout(claim.layout, *_sizes(claim))
    return yours.reshape(shape) if yours.shape == (rows, columns) else None


def _turned(claim: Claim, yours: Array, shape: tuple[int, ...]) -> Array | None:
    rows, columns = _sizes(claim)
    return yours.T.reshape(shape) if yours.shape == (columns, rows) else None


def _moved(claim: Claim, yours: Array, shape: tuple[int, ...]) -> Array | None:
    axes = min(yours.ndim, len(shape) - len(claim.problem.program.output_shape))
    back = arranged(yours, axes, "denominator")
    return back if back.shape == shape else None


def _sizes(claim: Claim) -> tuple[int, int]:
    """How many entries the output and the variable have; of a Hessian's block, its two variables."""
    problem = claim.problem
    rows = shape_of(problem, claim.name) if claim.second else problem.program.output_shape
    return size(rows), size(shape_of(problem, claim.second or claim.name))


def _compared_at(claim: Claim, submission: Submission, tried: Sequence[Trial], kept: Message | None) -> Message:
    count = len(tried) - 1
    if count:
        by_v = bool(submission.names & claim.weight_names) and claim.of in ("vjp", "hessian")
        return message(_RANDOM[by_v, kept is not None], count=count, kept=kept)
    if submission.names:
        return message(N_("compared at your point only: at random points the two sides are not both numbers"))
    request = claim.problem.request
    if submission.unit is not None and request.rtol is None and request.atol is None:
        return message(N_("compared at your point only, to half a unit of the last digit that was typed"))
    return message(N_("compared at your point only, for the answer names no variable"))


def _point(claim: Claim, submission: Submission, t: Trial) -> dict[str, Array]:
    """The inputs of a counterexample, and what else the answer names."""
    problem = claim.problem
    weights = {problem.weights: t.v} if submission.names & claim.weight_names else {}
    return {**t.point, **weights, **claim.named(t.t)}


def _spoken(claim: Claim) -> str:
    return f"{claim.name},{claim.second}" if claim.of == "hessian" else claim.name
