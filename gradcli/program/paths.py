"""A program and its variables -> the steps a gradient flows through. Knows which arguments carry no derivative."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcli.program.cache import memoize
from gradcli.program.program import Apply, Program, Ref


@dataclass(frozen=True, slots=True)
class Paths:
    """The steps on differentiable paths from the variables to the output, as PyTorch's autograd would record them."""

    reached: frozenset[int]
    carrying: frozenset[int]
    reach_output: bool
    """Whether the output requires a gradient."""


@memoize
def paths(program: Program, names: tuple[str, ...]) -> Paths:
    """Those of the variables of these names."""
    reached = _reached_from(program, {ref.step for name in names if (ref := program.variable(name)) is not None})
    return Paths(frozenset(reached), frozenset(_carrying(program) & reached), program.output.step in reached)


def _reached_from(program: Program, reached: set[int]) -> set[int]:
    for place, step in enumerate(program.steps):
        if isinstance(step.how, Apply) and any(r.step in reached for r in differentiable_refs(step.how, program)):
            reached.add(place)
    return reached


def _carrying(program: Program) -> set[int]:
    return set(program.used(lambda how: differentiable_refs(how, program) if isinstance(how, Apply) else ()))


def differentiable_refs(apply: Apply, program: Program) -> Iterator[Ref]:
    """The arguments that a derivative passes to: no indices, classes or conditions, and none of a comparison."""
    row = apply.row
    if not row.differentiable:
        return
    for param, argument in zip(row.takes, apply.arguments, strict=True):
        if param.kind == "index" or param.name == "condition" or (row.name == "index" and param.name == "tensors"):
            continue
        if param.kind == "target" and _classes(apply, argument, program):
            continue
        for ref in argument if isinstance(argument, tuple) else (argument,):
            if isinstance(ref, Ref):
                yield ref


def _classes(apply: Apply, target: Ref, program: Program) -> bool:
    """Probabilities have the scores' own shape, classes do not."""
    return program[target].shape != program[apply.arguments[0]].shape
