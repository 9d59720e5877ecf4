"""A kind of derivative -> the method of Calculus that gives its formula, and the function of `numeric` that gives its
numbers: the one place that binds the two sides. Opens neither door before it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcli.commands.problem import Problem
from gradcli.commands.tangents import STILL, Directions
from gradcli.derivatives import KINDS, Kind
from gradcli.message import N_, GradcliError, Message
from gradcli.report import Tensors, arranged

NOT_ASKED = N_("PyTorch was not asked (--symbolic-only)")


@dataclass(frozen=True, slots=True)
class Target:
    """A derivative that is to be found: what the answer calls it, its kind, and the variables that it is by, one after
    the other (of a jvp none, for all that move count)."""

    name: str
    kind: Kind
    by: tuple[str, ...] = ()

    @property
    def order(self) -> int:
        """How often the output is differentiated."""
        return max(self.kind.order, len(self.by))


def target(kind: str, *by: str) -> Target:
    """The derivative of this kind by these variables, called by their names."""
    return Target(",".join(by), KINDS[kind], by)


@dataclass(frozen=True, slots=True)
class Numbers:
    """PyTorch's side by the targets' names, or why it has none."""

    values: Tensors = field(default_factory=dict)
    missing: Message | None = None


_OPTIONAL = {"grad", "partial", "hessian", "hvp"}
"""The kinds of which PyTorch does not implement every derivative."""


def formula_of(target: Target, moving: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    """The method of Calculus that gives the target's formula, and its arguments; `moving` are the variables that
    move."""
    match target.kind.name:
        case "jvp":
            return "jvp", (moving,)
        case "hvp":
            return "hvp", (target.by[0], moving)
        case "partial":
            return "partial", (target.by,)
        case "grad":
            return "jacobian", target.by
        case kind:
            return kind, target.by


def autograd(
    problem: Problem, targets: Sequence[Target], directions: Directions = STILL, formulas: bool = True
) -> Numbers:
    """The targets' numbers by PyTorch, all of one kind; none with --symbolic-only.

    `formulas`: there are some, so that an answer stands without PyTorch: what it does not implement is then no mistake
    of the user's. Else that is raised as a GradcliError.
    """
    if problem.request.symbolic_only:
        return Numbers(missing=Message(NOT_ASKED))
    try:
        return Numbers(_numbers(problem, targets, directions))
    except GradcliError as error:
        if error.kind != "domain" or not (formulas and targets[0].kind.name in _OPTIONAL):
            raise
        return Numbers(missing=error.what)


def _numbers(problem: Problem, targets: Sequence[Target], directions: Directions) -> Tensors:
    from gradcli import numeric  # PyTorch: half a second, after the formulas are on the screen

    program, point, v, where = problem.program, problem.point, problem.v, problem.dtype_device
    names = list(dict.fromkeys(name for target in targets for name in target.by))
    match targets[0].kind.name:
        case "vjp" | "grad":
            return numeric.vjp(program, names, point, v, *where).grads
        case "jvp":
            return {targets[0].name: numeric.jvp(program, point, directions.t, *where)}
        case "jacobian":
            axes, rows = len(program.output_shape), numeric.rows(program, names, point, *where)
            return {name: arranged(whole, axes, problem.request.layout) for name, whole in rows.items()}
        case "partial":
            return {target.name: numeric.partial(program, target.by, point, *where) for target in targets}
        case "hessian":
            blocks = numeric.hessian(program, names, point, v, *where)
            return {target.name: blocks[target.by[0], target.by[1]] for target in targets}
        case "hvp":
            return numeric.hvp(program, names, point, v, directions.t, *where)
        case kind:
            raise AssertionError(kind)
