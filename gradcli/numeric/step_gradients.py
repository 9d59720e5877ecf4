"""A program run by PyTorch with `retain_grad()` on every value, and what each step of backward hands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gradcli.numeric.autograd import as_float64, as_tensor, graph
from gradcli.program import Apply, Constant, Program, Step
from gradcli.program.values import with_values
from gradcli.report import Array


@dataclass(frozen=True, slots=True)
class StepGradient:
    """A value at the place it has in the program, its `.grad` after backward, and the gradient that its step hands
    on to each step it was computed from (by place); empty at a leaf."""

    place: int
    value: Array
    gradient: Array
    handed: Mapping[int, Array]


def step_gradients(
    program: Program,
    wrt: Sequence[str],
    point: Mapping[str, Array],
    v: Array,
    dtype: str = "float64",
    device: str = "cpu",
) -> tuple[StepGradient, ...]:
    """Every value that backward reaches, in the order it visits them: the output first, the leaves last."""
    with graph(program, wrt, point, dtype, device) as (values, y, _):
        if not y.requires_grad:
            return ()
        for value in values:
            if value.requires_grad and not value.is_leaf:
                value.retain_grad()
        y.backward(as_tensor(v, dtype))
        return tuple(_visits(program, values))


def _visits(program: Program, values: list[torch.Tensor]) -> Iterator[StepGradient]:
    for place in range(program.output.step, -1, -1):
        value = values[place]
        if value.requires_grad and value.grad is not None:
            yield StepGradient(place, as_float64(value), as_float64(value.grad), dict(_hand_on(program, place, values)))


def _hand_on(program: Program, place: int, values: list[torch.Tensor]) -> Iterator[tuple[int, Array]]:
    """The step once more on copies of what it read, and its own backward with the gradient that had arrived."""
    how = program.steps[place].how
    if not isinstance(how, Apply) or values[place].is_leaf:
        return
    copies = list(values)
    moving = [ref for ref in dict.fromkeys(how.refs) if values[ref.step].requires_grad]
    for ref in moving:
        copies[ref.step] = values[ref.step].detach().clone().requires_grad_(True)
    result = how.row.torch(torch, *(with_values(a, copies) for a in how.arguments))
    operands = [copies[ref.step] for ref in moving]
    grads = torch.autograd.grad(result, operands, values[place].grad, allow_unused=True)
    for ref, grad in zip(moving, grads, strict=True):
        yield ref.step, as_float64(torch.zeros_like(values[ref.step]) if grad is None else grad)


def grad_fns(
    program: Program, wrt: Sequence[str], point: Mapping[str, Array], dtype: str = "float64"
) -> tuple[str | None, ...]:
    """What PyTorch calls the step of backward behind each value; AccumulateGrad at a leaf, None where there is none.

    A number stays a number here, as it is in a person's own program: x**2 is PowBackward0, and not the power of
    tensors.
    """
    with graph(program, wrt, point, dtype) as (values, _, _):
        return tuple(grad_fn(program, place, values) for place in range(len(values)))


def grad_fn(program: Program, place: int, values: list[torch.Tensor]) -> str | None:
    """That of the value at this place, among the values of every step."""
    value, how = values[place], program.steps[place].how
    if not value.requires_grad:
        return None
    if isinstance(how, Apply) and value.grad_fn is not None:
        value = _with_numbers(program, how, values, value)
    return "AccumulateGrad" if value.grad_fn is None else str(value.grad_fn.name())


def _with_numbers(program: Program, how: Apply, values: list[torch.Tensor], value: torch.Tensor) -> torch.Tensor:
    """The step once more with its constants as Python numbers, where PyTorch takes them so."""
    plain: list[Any] = [float(v) if _is_number(program.steps[k]) else v for k, v in enumerate(values)]
    try:
        again = how.row.torch(torch, *(with_values(a, plain) for a in how.arguments))
    except (TypeError, AttributeError, RuntimeError):
        return value
    return again if isinstance(again, torch.Tensor) and again.grad_fn is not None else value


def _is_number(step: Step) -> bool:
    return isinstance(step.how, Constant) and not isinstance(step.how.value, np.ndarray)
