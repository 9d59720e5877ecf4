"""A wrong answer -> the mistake it looks like, if one explains it at every point. Names none that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod

from gradcli.commands.checking import wrong_values
from gradcli.commands.checking.claim import Claim
from gradcli.commands.checking.submission import Submission
from gradcli.commands.checking.trials import Trial
from gradcli.commands.checking.wrong_values import close, reorderings
from gradcli.message import N_, Message, message
from gradcli.program import Apply
from gradcli.program.names import source_of
from gradcli.report import Array

ENOUGH = 3
"""A single point tells mistakes apart only if so many entries fit, or if the shape does."""

Wrong = Callable[[Trial], Array | None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mistake by name, a sentence about x and y, and what it would have answered (None: it cannot have happened)."""

    kind: str
    sentence: str
    value: Wrong
    slots: Mapping[str, object] = field(default_factory=dict)

    def said_of(self, claim: Claim) -> Message:
        """The sentence with its slots filled."""
        return message(self.sentence, x=claim.name, y=claim.problem.output_name, **self.slots)


def find_mistake(claim: Claim, submission: Submission, trials: Sequence[Trial]) -> Candidate | None:
    """The first mistake that explains the answer at every point."""
    entries = sum(trial.yours.size for trial in trials)
    by_shape = any(trial.yours.shape != trial.correct.shape for trial in trials)
    if (entries < ENOUGH and not by_shape) or not any(trial.yours.any() for trial in trials):
        return None
    repair = _repair(submission, trials)
    for candidate in candidates(claim):
        if candidate.kind == "mean" and repair is not None:  # what is seen in the answer's own text is surer
            return repair
        if all(close(trial.yours, candidate.value(trial)) for trial in trials):
            return candidate
    return repair


def candidates(claim: Claim) -> Iterator[Candidate]:
    """In the order in which they count: what is plainly seen before what has to be worked out."""
    yield Candidate("sign", N_("the sign is the wrong one: yours is minus the right answer"), lambda t: -t.correct)
    if claim.layout is not None:
        yield Candidate("transposed", _OTHER_LAYOUT[claim.layout], wrong_values.in_the_other_layout)
    if claim.is_gradient:
        yield from _of_vjp(claim)
    if claim.is_matrix:
        yield Candidate(
            "diagonal",
            N_("only the diagonal is there; the entries off the diagonal are not all 0"),
            wrong_values.diagonal,
        )
    if claim.kind.directed:
        yield Candidate("vjp", N_("this is vᵀJ with t in the place of v; J·t was asked for"), wrong_values.vjp_for_jvp)
    yield from _mean_or_sum(claim)
    yield from _lost_factors(claim)
    yield Candidate("factor-2", N_("a factor 2 too much: yours is twice the right answer"), lambda t: 2 * t.correct)
    yield Candidate("factor-2", N_("a factor 2 is missing: yours is half the right answer"), lambda t: t.correct / 2)


_OTHER_LAYOUT = {
    "numerator": N_(
        "yours is in denominator layout, with the axes of {x} first; in numerator layout, which was asked "
        "for, those of {y} come first: it is the transpose"
    ),
    "denominator": N_(
        "yours is in numerator layout, with the axes of {y} first; in denominator layout, which was "
        "asked for, those of {x} come first: it is the transpose"
    ),
}


def _of_vjp(claim: Claim) -> Iterator[Candidate]:
    problem, name = claim.problem, claim.name
    yield Candidate(
        "transposed",
        N_("yours is the transpose: the gradient by {x} lies as {x} does, entry by entry"),
        wrong_values.transposed,
    )
    yield from _of_weights(claim)
    yield Candidate(
        "broadcast",
        N_("{x} was broadcast, so its gradient is added up over the axes it was repeated along; yours is not"),
        wrong_values.unsummed,
    )
    for other in problem.program.inputs:
        if other != name and other not in problem.program.whole_numbers:
            yield Candidate(
                "variable",
                N_("this is the derivative by {other}; the one by {x} was asked for"),
                partial(wrong_values.by_other, other),
                {"other": other},
            )
    yield Candidate(
        "diagonal",
        N_("only the diagonal of the Jacobian is in it: each entry of {x} moves other entries of the output too"),
        wrong_values.diagonal_product,
    )


def _of_weights(claim: Claim) -> Iterator[Candidate]:
    """Another v than the one that was asked for, or none."""
    name = claim.name
    v_text = claim.problem.request.v
    if isinstance(v_text, str) and v_text.strip() == name:
        yield Candidate(
            "v-is-x",
            N_("v is {x} itself, so the right answer is {x} times the derivative; yours is the derivative alone"),
            wrong_values.without_weights,
        )
    else:
        yield Candidate(
            "v-is-x", N_("yours is weighted with {x}, as if v were {x}; it is not"), wrong_values.with_x_as_weights
        )
    yield Candidate(
        "v-forgotten",
        N_("v is forgotten: yours is the gradient of the plain sum, with v = 1"),
        lambda t: None if (t.claim.problem.v == 1).all() else wrong_values.without_weights(t),
    )
    yield Candidate(
        "jacobian",
        N_("this is the Jacobian; the gradient that v gives is its product with v, v·J"),
        wrong_values.jacobian,
    )


def _mean_or_sum(claim: Claim) -> Iterator[Candidate]:
    """The sum for the mean, or the mean for the sum."""
    program = claim.problem.program
    for step in program.steps:
        if not isinstance(step.how, Apply) or not step.how.refs:
            continue
        shape = program[step.how.refs[0]].shape
        averages = step.how.operation == "mean" or "mean" in step.how.arguments
        adds = step.how.operation == "sum"
        for n in sorted({prod(shape) // max(prod(step.shape), 1), prod(shape), *shape[:1]} - {0, 1}):
            if averages or adds:
                factor = float(n) if averages else 1 / n
                yield Candidate("mean", _MEAN if averages else _NO_MEAN, partial(wrong_values.scaled, factor), {"n": n})


_MEAN = N_("the mean's factor 1/{n} is missing: yours is the gradient of the sum")
_NO_MEAN = N_("there is a factor 1/{n} too much: it is a sum and not a mean")


def _lost_factors(claim: Claim) -> Iterator[Candidate]:
    """One factor of the chain rule lost."""
    if not claim.is_gradient:
        return
    from gradcli.numeric.products import factors

    program = claim.problem.program
    for place, source in factors(program, claim.name):
        text = source_of(program, program.steps[place])
        yield Candidate(
            "chain",
            N_("a factor of the chain rule is lost: the derivative of {step}"),
            partial(wrong_values.factor_lost, place, source),
            {"step": text},
        )


def _repair(submission: Submission, trials: Sequence[Trial]) -> Candidate | None:
    """What the answer's own products show: with two factors exchanged, or one of them turned round, it is right."""
    changes = [reorderings(submission, t.claim.tensors) for t in trials]
    for k, (kind, _) in enumerate(changes[0]):
        if all(k < len(values) and _is_right(values[k][1], t) for values, t in zip(changes, trials, strict=True)):
            return Candidate(kind, _REPAIRED[kind], lambda _: None)
    return None


_REPAIRED = {
    "order": N_("the factors of a matrix product are in the wrong order; exchanged, your answer is right"),
    "transposed": N_("a factor of a matrix product has to be transposed; then your answer is right"),
}


def _is_right(value: Array | None, t: Trial) -> bool:
    return value is not None and close(value, t.correct)
