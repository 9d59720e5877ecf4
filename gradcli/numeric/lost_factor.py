"""Program + step -> the gradient where the chain rule has lost that step's factor: a mistake that people make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch

from gradcli.numeric.autograd import as_float64, computing, forward
from gradcli.program import Apply, Program, Ref
from gradcli.report import Array


def factors(program: Program, name: str) -> Iterator[tuple[int, int]]:
    """The steps whose factor in the chain rule can be lost with a gradient of the right shape left, each with the step
    it was computed from: the only argument that the variable moves, of the step's own shape."""
    variable = program.variable(name)
    moving = set() if variable is None else {variable.step}
    for place, step in enumerate(program.steps):
        if not isinstance(step.how, Apply):
            continue
        refs = [ref.step for ref in step.how.refs if ref.step in moving]
        if refs:
            moving.add(place)
        if len(set(refs)) == 1 and program[Ref(refs[0])].shape == step.shape:
            yield place, refs[0]


def gradient_without(
    program: Program, name: str, point: Mapping[str, Array], v: Array, place: int, source: int
) -> Array:
    """v·J with the local derivative of one step taken as 1: the chain rule with that factor lost."""

    def replace(step: int, value: torch.Tensor, values: list[torch.Tensor]) -> torch.Tensor:
        if step != place:
            return value
        below = values[source]
        return value.detach() + (below - below.detach())

    with computing("float64"):
        values = forward(program, [name], point, "float64", replace)
        ref = program.variable(name)
        assert ref is not None
        x, y = values[ref.step], values[program.output.step]
        if not y.requires_grad:
            return np.zeros(x.shape)
        (gradient,) = torch.autograd.grad((torch.tensor(v) * y).sum(), x, allow_unused=True)
        return np.zeros(x.shape) if gradient is None else as_float64(gradient)
