"""What a submission is said to be -> what is right, at any point. Knows no submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.closed_forms import derive, variables
from gradcli.commands.derivative_methods import Target, autograd
from gradcli.commands.problem import Problem
from gradcli.commands.refusals import refuse_many_outputs
from gradcli.commands.tangents import STILL, Directions, directions
from gradcli.derivatives import KINDS, Kind
from gradcli.message import N_, GradcliError, fault
from gradcli.program import Ref, values_of
from gradcli.report import Array

if TYPE_CHECKING:  # the door opens only when a formula is asked for
    from gradcli.symbolic import Form

_FORMULA_OF = {"grad": KINDS["vjp"]}
"""A gradient of one number is written as the vjp with v = 1."""


@dataclass(frozen=True)
class Claim:
    """What a submission is said to be: the derivative of this kind by the variables `by`, one after the other (of a jvp
    none, but along the directions).

    A Jacobian is right in the layout; where none was said, it is right in either, and the right one is in numerator.
    """

    problem: Problem
    kind: Kind
    by: tuple[str, ...]
    directions: Directions = STILL

    @property
    def name(self) -> str:
        """The variable by which is differentiated (first), or all that move."""
        return self.by[0] if self.by else ", ".join(self.directions.t)

    @property
    def target(self) -> Target:
        """The derivative that is right, by what the answer calls it."""
        return Target(",".join(self.by) or self.name, _FORMULA_OF.get(self.kind.name, self.kind), self.by)

    @property
    def layout(self) -> str | None:
        """Of a Jacobian."""
        return self.problem.request.layout if self.is_matrix and self.kind.order == 1 else None

    @property
    def unit(self) -> bool:
        """Whether there is no v: of one number, taken as it is."""
        return self.kind.unit and (self.problem.request.v is None or not self.kind.weighted)

    @property
    def is_matrix(self) -> bool:
        """Whether the answer has rows and columns: a Jacobian, or a block of second derivatives."""
        return self.target.kind.has_rows

    @property
    def is_gradient(self) -> bool:
        """Whether the answer has the variable's shape: a vjp, or the gradient of one number."""
        return not (self.is_matrix or self.kind.directed)

    @property
    def v_names(self) -> frozenset[str]:
        """What a submission may call v: as the formulas do, or v_ where nothing else is called so."""
        program = self.problem.program
        return frozenset({self.problem.v_name, "v_"} - {*program.inputs, *program.names})

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that is differentiated by."""
        return variables([self.target], self.directions)

    def names_at(self, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Mapping[str, Array]:
        """Everything that a submission may name, by its name."""
        program = self.problem.program
        values = values_of(program, point, Ref(len(program.steps) - 1))  # a value that y does not need has a name, too
        own = {name: values[ref.step] for name, ref in program.names.items() if name not in point}
        output = {self.problem.output_name: values[program.output.step]}
        return {**output, **own, **dict.fromkeys(self.v_names, v), **self._moving(t).by_letter, **point}

    def correct(self, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Array:
        """PyTorch's value; the formula's where PyTorch leaves nan."""
        numbers = self.by_pytorch(point, v, t)
        return numbers if np.isfinite(numbers).all() else self._by_formula(numbers, point, v, t)

    def by_pytorch(self, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Array:
        """PyTorch's value, float64."""
        there = replace(self.problem, point=point, v=v)
        values = autograd(there, [self.target], self._moving(t), formulas=False).values
        return np.asarray(values[self.target.name], dtype=np.float64)

    def _by_formula(self, numbers: Array, point: Mapping[str, Array], v: Array, t: Mapping[str, Array]) -> Array:
        tensors = {**point, self.problem.v_name: v, **self._moving(t).by_letter}
        try:
            return np.where(np.isnan(numbers), self._form.value(tensors).reshape(numbers.shape), numbers)
        except GradcliError:
            return numbers

    @cached_property
    def _form(self) -> Form:
        return derive(self.problem, [self.target], self.directions, self.unit)[0]

    def _moving(self, t: Mapping[str, Array]) -> Directions:
        return replace(self.directions, t=t)


def claim_of(problem: Problem) -> Claim:
    """What the request says that its answer is.

    Raises GradcliError where the variable, or the direction, has to be named first.
    """
    kind = KINDS[problem.request.of]
    if kind.unit and not kind.weighted:
        refuse_many_outputs(problem)
    if kind.directed:
        return Claim(problem, kind, (), directions(problem))
    if len(problem.wrt) > (1 if problem.request.wrt is None else kind.order):
        raise _which_variable(problem) if kind.order == 1 else _which_block(problem)
    return Claim(problem, kind, (problem.wrt * kind.order)[: kind.order])


def _which_variable(problem: Problem) -> Exception:
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
