"""`gradcli check`: is my answer right? Decided by values, at the user's point and at random ones, never by text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.commands.checking.claim import Claim, claim_of
from gradcli.commands.checking.judgement import judge
from gradcli.commands.checking.submission import read_submission
from gradcli.commands.checking.trials import trials
from gradcli.commands.closed_forms import closed_forms
from gradcli.commands.derivative_methods import Numbers
from gradcli.commands.problem import Problem, opening, understand
from gradcli.commands.verdicts import verdicts
from gradcli.explain.cautions import singular, undefined
from gradcli.message import N_, fault
from gradcli.report import Part, Value, Weights
from gradcli.report.additions import Tangents
from gradcli.request import Request


def run(request: Request) -> Iterator[Part]:
    """The parts of `check`'s answer."""
    problem = understand(request)
    _refuse_without_gradient(problem)
    claim = claim_of(problem)
    submission = read_submission(problem, claim.tensors)
    yield from opening(problem, claim.kind.weighted, wrt=(claim.name,))
    yield _vectors(claim)
    points, constraints = trials(claim, submission)
    yield judge(claim, submission, points, constraints)
    yield from _right_answer(claim)


def _refuse_without_gradient(problem: Problem) -> None:
    """A point at which PyTorch's gradient is known to be wrong, or is one of nothing."""
    where = problem.program, problem.values
    for why, hint in (
        (undefined(*where) if np.isnan(problem.y).any() else (), N_("give numbers at which the function has a value")),
        (singular(*where), N_("give a matrix whose determinant is not 0")),
    ):
        for caution in why:
            raise fault("domain", N_("no answer can be judged at this point. {why}"), hint=hint, why=caution.text)


def _vectors(claim: Claim) -> Part:
    """v, or the directions, with the output's value."""
    if claim.kind.weighted:
        return Weights(claim.problem.v, claim.problem.y)
    if not claim.directions.t:
        return Value(claim.problem.y)
    return Tangents(claim.directions.t, claim.directions.texts, claim.problem.y)


def _right_answer(claim: Claim) -> Iterator[Part]:
    """In closed form, and its value at the user's point by both sides."""
    problem, targets, moving = claim.problem, [claim.target], claim.directions
    forms = yield from closed_forms(problem, targets, moving, unit=claim.unit)
    numbers = Numbers({claim.target.name: claim.by_pytorch()})
    yield from verdicts(problem, targets, forms, numbers, moving)
