"""A question and an answer -> the points at which they are compared, and what is right there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.commands.checking.random_points import Like, like
from gradcli.commands.checking.submission import Submission
from gradcli.commands.problem import Problem, tensor
from gradcli.commands.tangents import Directions
from gradcli.message import N_, GradcliError, Message, message
from gradcli.program import Ref, values_of
from gradcli.report import Array, arranged
from gradcli.streams import Stream
from gradcli.syntax import parse
from gradcli.syntax.mentions import mentions
from gradcli.tensors import Stdin

if TYPE_CHECKING:  # the door opens only when a formula is asked for
    from gradcli.symbolic import Form

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


@dataclass(frozen=True)
class Claim:
    """What an answer is said to be: the derivative `of` the program by `name` (and `second`, for a Hessian's block).

    A Jacobian is right in the layout; where none was said, it is right in either, and the right one is in numerator.
    """

    problem: Problem
    of: str
    name: str
    second: str
    moving: Directions | None
    layout: str | None

    def known(self, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Mapping[str, Array]:
        """Everything that an answer may name, by its name."""
        program = self.problem.program
        values = values_of(program, point, Ref(len(program.steps) - 1))  # a value that y does not need has a name, too
        own = {name: values[ref.step] for name, ref in program.names.items() if name not in point}
        output = {self.problem.output_name: values[program.output.step]}
        return {**output, **own, **dict.fromkeys(self.weight_names, v), **self.named(t), **point}

    @property
    def weight_names(self) -> frozenset[str]:
        """What an answer may call v: as the formulas do, or v_ where nothing else is called so."""
        program = self.problem.program
        return frozenset({self.problem.weights, "v_"} - {*program.inputs, *program.names})

    def correct(self, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Array:
        """PyTorch's value; the formula's where PyTorch leaves nan."""
        found = self.by_pytorch(point, v, t)
        return found if np.isfinite(found).all() else self._by_formula(found, point, v, t)

    @property
    def t(self) -> Mapping[str, Array]:
        """The tangents that were given, by their variables."""
        return {} if self.moving is None else self.moving.t

    @property
    def tangents(self) -> Mapping[str, str] | None:
        """What the tangent of each variable is called in a formula."""
        return None if self.moving is None else self.moving.names

    @property
    def unit(self) -> bool:
        """Whether there is no v: of one number, taken as it is."""
        return self.of == "grad" or (self.of == "hessian" and self.problem.request.v is None)

    @property
    def method(self) -> tuple[str, tuple[Any, ...]]:
        """The method of Calculus that gives what is asked in closed form, and its arguments."""
        match self.of:
            case "jacobian":
                return "jacobian", (self.name,)
            case "hessian":
                return "hessian", (self.name, self.second)
            case "jvp":
                assert self.moving is not None
                return "jvp", (tuple(self.moving.t),)
            case _:
                return "vjp", (self.name,)

    def by_pytorch(self, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Array:
        from gradcli import numeric

        program = self.problem.program
        match self.of:
            case "jacobian":
                whole = numeric.rows(program, (self.name,), point)[self.name]
                return arranged(whole, len(program.output_shape), self.layout)
            case "hessian":
                names = tuple(dict.fromkeys((self.name, self.second)))
                return numeric.hessian(program, names, point, v)[self.name, self.second]
            case "jvp":
                return numeric.jvp(program, point, t)
            case _:
                return np.asarray(numeric.vjp(program, (self.name,), point, v).grads[self.name], dtype=np.float64)

    def _by_formula(self, found: Array, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Array:
        known = {**point, self.problem.weights: v, **self.named(t)}
        try:
            return np.where(np.isnan(found), self._derived.value(known).reshape(found.shape), found)
        except GradcliError:
            return found

    @cached_property
    def _derived(self) -> Form:
        from gradcli.symbolic import forms

        problem = self.problem
        return forms(
            problem.program,
            self.variables,
            [self.method],
            problem.weights,
            problem.output_name,
            self.tangents,
            self.unit,
            self.layout,
        )[0]

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that is differentiated by."""
        moving = (self.name,) if self.moving is None else tuple(self.moving.names)
        return tuple(dict.fromkeys((self.name, self.second) if self.second else moving))

    def named(self, t: Mapping[str, Array]) -> Mapping[str, Array]:
        """The tangents by the names they have in a formula."""
        return {} if self.moving is None else {self.moving.names[name]: one for name, one in t.items()}


def trials(claim: Claim, submission: Submission) -> tuple[list[Trial], Message | None]:
    """The user's point and, where the answer names something, random ones; and what was kept of the given tensors."""
    problem = claim.problem
    own = _trial(claim, submission, problem.point, problem.v, claim.t, own=True)
    if not submission.names:
        return [own], None
    drawn = {
        name: like(given, name in (claim.name, claim.second), name in problem.program.whole_numbers)
        for name, given in problem.point.items()
    }
    return [own, *_random(claim, submission, drawn)], _kept(drawn)


def _kept(drawn: Mapping[str, Like]) -> Message | None:
    """What is special about the given tensors and was kept, those of one kind together: `w, x > 0; A symmetric`."""
    names: dict[str, list[str]] = {}
    for name, one in drawn.items():
        if one.kept is not None:
            names.setdefault(one.kept, []).append(name)
    told = [message(kept, names=", ".join(of)) for kept, of in names.items()]
    return reduce(lambda first, rest: message(N_("{first}; {rest}"), first=first, rest=rest), told) if told else None


def _random(claim: Claim, submission: Submission, drawn: Mapping[str, Like]) -> Iterator[Trial]:
    generator = Stream(claim.problem.request.seed, "trials")
    for _ in range(RANDOM):
        for _ in range(DRAWS):
            point = {name: one.draw(generator) for name, one in drawn.items()}
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
        yours = np.asarray(submission.value(claim.known(point, v, t), claim.problem.request.seed), dtype=np.float64)
        return Trial(point, v, t, claim.correct(point, v, t), yours, own)


def _weights(claim: Claim, submission: Submission, point: Mapping[str, Array], generator: Stream) -> Array:
    """Random where the answer names v; else as given, and if that was by a formula over the inputs, by it."""
    problem = claim.problem
    if submission.names & claim.weight_names:
        return np.asarray(generator.uniform(-2.0, 2.0, problem.v.shape))
    given: Any = problem.request.v
    if isinstance(given, str) and _names_any(given, point):
        return tensor(given, "v", Stdin(), Stream(problem.request.seed, "v"), point).reshape(problem.v.shape)
    return problem.v


def _names_any(text: str, point: Mapping[str, Array]) -> bool:
    """Whether a tensor's text is a formula over the inputs."""
    try:
        return not mentions(parse(text)).isdisjoint(point)
    except GradcliError:
        return False


def _tangents(claim: Claim, submission: Submission, generator: Stream) -> Mapping[str, Array]:
    if claim.moving is None:
        return {}
    return {
        name: np.asarray(generator.uniform(-2.0, 2.0, one.shape))
        if claim.moving.names[name] in submission.names
        else one
        for name, one in claim.moving.t.items()
    }


def with_weights(claim: Claim, trial: Trial, v: Array) -> Array:
    """What would be right at the trial's point with another v."""
    return replace(claim, of="vjp").correct(trial.point, v, {})
