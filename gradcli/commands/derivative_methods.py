"""A kind of derivative -> the method of Calculus that gives its formula, and the function of `numeric` that gives its
numbers: the one table that binds the two sides. Opens neither door before it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcli.commands.problem import Problem
from gradcli.commands.tangents import STILL, Directions
from gradcli.derivatives import KINDS, Kind
from gradcli.message import N_, GradcliError, Message
from gradcli.report import Array, arranged

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

    values: Mapping[str, Array] = field(default_factory=dict)
    missing: Message | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """How one kind of derivative is computed.

    `formula` names the method of Calculus and `arguments` makes its arguments from the target's variables and those
    that move. `numbers` gives PyTorch's values by the targets' names, for all variables of a problem at once;
    `optional` where PyTorch does not implement every such derivative.
    """

    formula: str
    arguments: Callable[[tuple[str, ...], tuple[str, ...]], tuple[Any, ...]]
    numbers: Callable[[Problem, Sequence[Target], Directions], Mapping[str, Array]]
    optional: bool = False

    def call(self, target: Target, moving: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
        """The method of Calculus and its arguments for one derivative."""
        return self.formula, self.arguments(target.by, moving)


def autograd(
    problem: Problem, targets: Sequence[Target], directions: Directions = STILL, formulas: bool = True
) -> Numbers:
    """The targets' numbers by PyTorch, all of one kind; none with --symbolic-only.

    `formulas`: there are some, so that an answer stands without PyTorch: what it does not implement is then no mistake
    of the user's. Else that is raised as a GradcliError.
    """
    if problem.request.symbolic_only:
        return Numbers(missing=Message(NOT_ASKED))
    method = METHODS[targets[0].kind.name]
    try:
        return Numbers(method.numbers(problem, targets, directions))
    except GradcliError as error:
        if error.kind != "domain" or not (formulas and method.optional):
            raise
        return Numbers(missing=error.what)


# PyTorch is imported when one of these is called: half a second, after the formulas are on the screen


def _vjp(problem: Problem, targets: Sequence[Target], directions: Directions) -> Mapping[str, Array]:
    from gradcli import numeric

    names = [target.by[0] for target in targets]
    return numeric.vjp(problem.program, names, problem.point, problem.v, *problem.dtype_device).grads


def _jvp(problem: Problem, targets: Sequence[Target], directions: Directions) -> Mapping[str, Array]:
    from gradcli import numeric

    product = numeric.jvp(problem.program, problem.point, directions.t, *problem.dtype_device)
    return {targets[0].name: product}


def _jacobian(problem: Problem, targets: Sequence[Target], directions: Directions) -> Mapping[str, Array]:
    from gradcli import numeric

    axes, names = len(problem.program.output_shape), [target.by[0] for target in targets]
    rows = numeric.rows(problem.program, names, problem.point, *problem.dtype_device)
    return {name: arranged(whole, axes, problem.request.layout) for name, whole in rows.items()}


def _partial(problem: Problem, targets: Sequence[Target], directions: Directions) -> Mapping[str, Array]:
    from gradcli import numeric

    return {
        target.name: numeric.partial(problem.program, target.by, problem.point, *problem.dtype_device)
        for target in targets
    }


def _hessian(problem: Problem, targets: Sequence[Target], directions: Directions) -> Mapping[str, Array]:
    from gradcli import numeric

    names = tuple(dict.fromkeys(name for target in targets for name in target.by))
    blocks = numeric.hessian(problem.program, names, problem.point, problem.v, *problem.dtype_device)
    return {target.name: blocks[target.by[0], target.by[1]] for target in targets}


def _hvp(problem: Problem, targets: Sequence[Target], directions: Directions) -> Mapping[str, Array]:
    from gradcli import numeric

    names = [target.by[0] for target in targets]
    return numeric.hvp(problem.program, names, problem.point, problem.v, directions.t, *problem.dtype_device)


METHODS: Mapping[str, Method] = {
    "vjp": Method("vjp", lambda by, moving: by, _vjp),
    "jvp": Method("jvp", lambda by, moving: (moving,), _jvp),
    "jacobian": Method("jacobian", lambda by, moving: by, _jacobian),
    "grad": Method("jacobian", lambda by, moving: by, _vjp, optional=True),
    "partial": Method("partial", lambda by, moving: (by,), _partial, optional=True),
    "hessian": Method("hessian", lambda by, moving: by, _hessian, optional=True),
    "hvp": Method("hvp", lambda by, moving: (by[0], moving), _hvp, optional=True),
}
"""By the kinds of gradcli.derivatives."""
