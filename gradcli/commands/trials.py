"""A question and an answer -> the points at which they are compared, and what is right there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcli.commands.answers import Answer
from gradcli.commands.points import Like, like
from gradcli.commands.tangents import Directions
from gradcli.commands.understand import Understood, tensor
from gradcli.message import GradcliError, Message
from gradcli.program import values_of
from gradcli.report import Array
from gradcli.tensors import Stdin

RANDOM, DRAWS = 4, 12
"""So many random points, each drawn again at most so often until both sides are numbers there."""


@dataclass(frozen=True)
class Trial:
    """A point with v and tangents, what is right there and what was answered; `own` where it is the user's."""

    point: Mapping[str, Array]
    v: Array
    t: Mapping[str, Array]
    correct: Array
    yours: Array
    own: bool


@dataclass(frozen=True)
class Asked:
    """What an answer is said to be: the derivative `of` the program by `name` (and `second`, for a Hessian's block)."""

    understood: Understood
    of: str
    name: str
    second: str
    moving: Directions | None

    def known(self, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Mapping[str, Array]:
        """Everything that an answer may name, by its name."""
        program = self.understood.program
        values = values_of(program, point)
        own = {name: values[ref.step] for name, ref in program.names.items() if name not in point}
        tangents = {} if self.moving is None else {self.moving.names[name]: one for name, one in t.items()}
        output = {self.understood.output_name: values[program.output.step]}
        return {**output, **own, "v_": v, self.understood.weights: v, **tangents, **point}

    def correct(self, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Array:
        """PyTorch's value; the formula's where PyTorch leaves nan."""
        found = self._by_pytorch(point, v, t)
        return found if np.isfinite(found).all() else self._by_formula(found, point, v, t)

    def _by_pytorch(self, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Array:
        from gradcli import numeric

        program = self.understood.program
        match self.of:
            case "jacobian":
                return numeric.rows(program, (self.name,), point)[self.name]
            case "hessian":
                names = tuple(dict.fromkeys((self.name, self.second)))
                return numeric.hessian(program, names, point, v)[self.name, self.second]
            case "jvp":
                return numeric.jvp(program, point, t)
            case _:
                return np.asarray(numeric.vjp(program, (self.name,), point, v).grads[self.name], dtype=np.float64)

    def _by_formula(self, found: Array, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Array:
        from gradcli.symbolic import Calculus

        if self.of not in ("vjp", "grad", "jacobian"):
            return found
        calculus = Calculus(self.understood.program, (self.name,), self.understood.weights, self.understood.output_name)
        form = calculus.jacobian(self.name) if self.of == "jacobian" else calculus.vjp(self.name)
        try:
            formula = form.value({**point, self.understood.weights: v})
        except GradcliError:
            return found
        return np.where(np.isnan(found), formula, found)


def trials(asked: Asked, answer: Answer) -> tuple[list[Trial], list[Message]]:
    """The user's point and, where the answer names something, random ones; and what was kept of the given tensors."""
    u = asked.understood
    t = {} if asked.moving is None else asked.moving.t
    own = _trial(asked, answer, u.point, u.v, t, own=True)
    if not answer.names:
        return [own], []
    drawn = {
        name: like(name, given, name in (asked.name, asked.second), name in u.program.whole_numbers)
        for name, given in u.point.items()
    }
    found = [own, *_random(asked, answer, drawn)]
    return found, [one.kept for one in drawn.values() if one.kept is not None] if len(found) > 1 else []


def _random(asked: Asked, answer: Answer, drawn: Mapping[str, Like]) -> Iterator[Trial]:
    generator = np.random.default_rng((asked.understood.request.seed, 3))
    for _ in range(RANDOM):
        for _ in range(DRAWS):
            point = {name: one.draw(generator) for name, one in drawn.items()}
            v, t = _weights(asked, answer, point, generator), _tangents(asked, answer, generator)
            try:
                trial = _trial(asked, answer, point, v, t, own=False)
            except GradcliError:
                continue
            if _defined(asked, trial):
                yield trial
                break


def _defined(asked: Asked, trial: Trial) -> bool:
    """Whether the output and both sides are numbers: outside its domain a function has no derivative to be right "
    "about."""
    program = asked.understood.program
    with np.errstate(all="ignore"):
        y = values_of(program, trial.point)[program.output.step]
    return all(bool(np.isfinite(a).all()) for a in (y, trial.correct, trial.yours))


def _trial(
    asked: Asked, answer: Answer, point: Mapping[str, Array], v: Array, t: Mapping[str, Array], own: bool
) -> Trial:
    with np.errstate(all="ignore"):
        yours = np.asarray(answer.value(asked.known(point, v, t), asked.understood.request.seed), dtype=np.float64)
        return Trial(point, v, t, asked.correct(point, v, t), yours, own)


def _weights(asked: Asked, answer: Answer, point: Mapping[str, Array], generator: np.random.Generator) -> Array:
    """Random where the answer names v; else as given, and if that was by a formula over the inputs, by it."""
    u = asked.understood
    if answer.names & {"v_", u.weights}:
        return np.asarray(generator.uniform(-2.0, 2.0, u.v.shape))
    given: Any = u.request.v
    if isinstance(given, str) and any(re.search(rf"(?<!\w){re.escape(n)}(?!\w)", given) for n in point):
        return tensor(given, "v", Stdin(), np.random.default_rng(u.request.seed), point).reshape(u.v.shape)
    return u.v


def _tangents(asked: Asked, answer: Answer, generator: np.random.Generator) -> Mapping[str, Array]:
    if asked.moving is None:
        return {}
    return {
        name: np.asarray(generator.uniform(-2.0, 2.0, one.shape)) if asked.moving.names[name] in answer.names else one
        for name, one in asked.moving.t.items()
    }


def with_weights(asked: Asked, trial: Trial, v: Array) -> Array:
    """What would be right at the trial's point with another v."""
    return replace(asked, of="vjp").correct(trial.point, v, {})
