"""A scalar program over many points: the derivatives that PyTorch finds at each, one backward through another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from gradcli.numeric.autograd import computing, forward
from gradcli.program import Program
from gradcli.report import Array


def derivatives(
    program: Program,
    names: Sequence[str],
    points: Sequence[Mapping[str, Array]],
    orders: Sequence[Sequence[str]],
    dtype: str = "float64",
) -> list[Array]:
    """For each of `orders` (variables to differentiate by, one after the other) its value at every point."""
    found = np.zeros((len(orders), len(points)))
    with computing(dtype):
        for k, point in enumerate(points):
            values = forward(program, names, point, dtype)
            variables = {name: values[program.inputs[name].step] for name in names}
            for n, order in enumerate(orders):
                found[n, k] = _partial(values[program.output.step], variables, order)
    return list(found)


def _partial(y: torch.Tensor, variables: Mapping[str, torch.Tensor], order: Sequence[str]) -> float:
    for name in order:
        if not y.requires_grad:
            return 0.0
        grad = torch.autograd.grad(y, variables[name], create_graph=True, allow_unused=True)[0]
        if grad is None:
            return 0.0
        y = grad
    return float(y.detach())
