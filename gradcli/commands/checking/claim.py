"""What a submission is said to be -> what is right, at any point. Knows no submission."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gradcli.commands.closed_forms import derive, variables
from gradcli.commands.derivative_methods import Target, autograd
from gradcli.commands.problem import Problem, refuse_many_outputs
from gradcli.commands.tangents import STILL, Directions, directions
from gradcli.derivatives import KINDS, Kind
from gradcli.message import N_, GradcliError, fault
from gradcli.program import Ref, values_of
from gradcli.report import Array, Tensors

_FORMULA_OF = {"grad": KINDS["vjp"]}
"""A gradient of one number is written as the vjp with v = 1."""


@dataclass(frozen=True)
class Claim:
    """What a submission is said to be: the derivative of this kind by the variables `by`, one after the other (of a jvp
    none, but along the directions), at the problem's point.

    A Jacobian is right in the layout; where none was said, it is right in either, and the right one is in numerator.
    """

    problem: Problem
    kind: Kind
    by: tuple[str, ...]
    directions: Directions = STILL

    def at(self, point: Tensors, v: Array, t: Tensors) -> Claim:
        """The same at another point, with another v and other tangents."""
        there = replace(self.problem, point=point, v=v)
        return replace(self, problem=there, directions=replace(self.directions, t=t))

    def vjp(self, v: Array) -> Claim:
        """The vjp with this v, in place of what was claimed."""
        return Claim(replace(self.problem, v=v), KINDS["vjp"], self.by or tuple(self.directions.t))

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

    @cached_property
    def tensors(self) -> Tensors:
        """Everything that a submission may name, by its name."""
        program, point = self.problem.program, self.problem.point
        values = values_of(program, point, Ref(len(program.steps) - 1))  # a value that y does not need has a name, too
        own = {name: values[ref.step] for name, ref in program.names.items() if name not in point}
        output = {self.problem.output_name: values[program.output.step]}
        return {**output, **own, **dict.fromkeys(self.v_names, self.problem.v), **self.directions.by_letter, **point}

    @property
    def correct(self) -> Array:
        """PyTorch's value; the formula's where PyTorch leaves nan."""
        numbers = self.by_pytorch()
        if np.isfinite(numbers).all():
            return numbers
        tensors = {**self.problem.point, self.problem.v_name: self.problem.v, **self.directions.by_letter}
        try:
            (form,) = derive(self.problem, [self.target], self.directions, self.unit)
            return np.where(np.isnan(numbers), form.value(tensors).reshape(numbers.shape), numbers)
        except GradcliError:
            return numbers

    def by_pytorch(self) -> Array:
        """PyTorch's value, float64."""
        values = autograd(self.problem, [self.target], self.directions, formulas=False).values
        return np.asarray(values[self.target.name], dtype=np.float64)


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
        raise _ambiguous(problem, kind)
    return Claim(problem, kind, (problem.wrt * kind.order)[: kind.order])


def _ambiguous(problem: Problem, kind: Kind) -> GradcliError:
    first, second, *_ = problem.wrt
    return fault(
        "option",
        N_("the answer is for one variable, and there are {names}")
        if kind.order == 1
        else N_("the answer is for one block of second derivatives, and there are those by {names}"),
        hint=N_("say which:  --wrt {first}")
        if kind.order == 1
        else N_("say which:  --wrt {first}  for {first} twice,  --wrt {first},{second}  for the mixed ones"),
        names=", ".join(problem.wrt),
        first=first,
        second=second,
    )
