"""Several `.backward()` calls on one graph -> what `.grad` holds after each, or what PyTorch raises."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gradcli.numeric.autograd import as_float64, as_tensor, graph
from gradcli.numeric.step_gradients import grad_fn
from gradcli.program import Apply, Program
from gradcli.program.work import refuse_many
from gradcli.report import Array


@dataclass(frozen=True, slots=True)
class CallResult:
    """`.grad` of each variable after one call (those that have one), or the first sentence of PyTorch's error."""

    grads: Mapping[str, Array]
    error: str | None


def call_backward(
    program: Program,
    wrt: Sequence[str],
    point: Mapping[str, Array],
    v: Array | None,
    count: int,
    *,
    retain_graph: bool = False,
    zero_grad: bool = False,
    dtype: str = "float64",
    device: str = "cpu",
) -> list[CallResult]:
    """`y.backward(v)` so many times on one graph (v None: `y.backward()`); it ends at the first error."""
    refuse_many(program, count)
    results: list[CallResult] = []
    with graph(program, wrt, point, dtype, device) as (_, y, variables):
        weights = None if v is None else as_tensor(v, dtype)
        for _ in range(count):
            if zero_grad:
                _zero(variables)
            error = _backward(y, weights, retain_graph)
            grads = {name: as_float64(x.grad) for name, x in variables.items() if x.grad is not None}
            results.append(CallResult(grads, error))
            if error is not None:
                break
    return results


def _zero(variables: Mapping[str, torch.Tensor]) -> None:
    for x in variables.values():
        if x.grad is not None:
            x.grad = torch.zeros_like(x.grad)


def _backward(y: torch.Tensor, weights: torch.Tensor | None, retain_graph: bool) -> str | None:
    # a copy for each call: where only views lie between y and x, PyTorch keeps v itself as .grad and adds to it
    v = None if weights is None else weights.clone()
    try:
        y.backward(v, retain_graph=retain_graph)
    except RuntimeError as error:
        return re.split(r"\.(?:\s|$)", str(error), maxsplit=1)[0]
    return None


def intermediates(
    program: Program,
    wrt: Sequence[str],
    point: Mapping[str, Array],
    v: Array,
    dtype: str = "float64",
    device: str = "cpu",
) -> Mapping[str, tuple[str, Array | None]]:
    """For each named value that is no leaf and not the output: its `grad_fn`, and the `.grad` that retain_grad() keeps
    (None where it does not depend on a variable)."""
    with graph(program, wrt, point, dtype, device) as (values, y, _):
        places = {
            name: ref.step
            for name, ref in program.names.items()
            if ref != program.output and name not in wrt and isinstance(program[ref].how, Apply)
        }
        for place in places.values():
            if values[place].requires_grad:
                values[place].retain_grad()
        if y.requires_grad:
            y.backward(as_tensor(v, dtype))
        return {
            name: (str(grad_fn(program, place, values)), _retained_grad(values[place]))
            for name, place in places.items()
        }


def _retained_grad(value: torch.Tensor) -> Array | None:
    if not value.requires_grad:
        return None
    return np.zeros(tuple(value.shape)) if value.grad is None else as_float64(value.grad)
