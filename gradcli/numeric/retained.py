"""A program run by PyTorch with `retain_grad()` on every value, and what each step of backward hands on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gradcli.numeric.autograd import DTYPES, _default, forward
from gradcli.program import Apply, Program
from gradcli.program.values import filled
from gradcli.report import Array


@dataclass(frozen=True)
class Retained:
    """A value at the place it has in the program, its `.grad` after backward, and the gradient that its step hands on to
    each step it was computed from (by place); empty at a leaf."""

    place: int
    value: Array
    gradient: Array
    handed: Mapping[int, Array]


def retained(program: Program, wrt: Sequence[str], point: Mapping[str, Array], v: Array, dtype: str = "float64") -> tuple[
        Retained, ...]:
    """Every value that backward reaches, in the order it visits them: the output first, the leaves last."""
    with _default(DTYPES[dtype]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = forward(program, wrt, point, dtype)
        y = values[program.output.step]
        if not y.requires_grad:
            return ()
        for value in values:
            if value.requires_grad and not value.is_leaf:
                value.retain_grad()
        y.backward(torch.tensor(v, dtype=DTYPES[dtype]))
        return tuple(_visits(program, values))


def _visits(program: Program, values: list[torch.Tensor]) -> Iterator[Retained]:
    for place in range(program.output.step, -1, -1):
        value = values[place]
        if value.requires_grad and value.grad is not None:
            yield Retained(place, _array(value), _array(value.grad), dict(_handed(program, place, values)))


def _handed(program: Program, place: int, values: list[torch.Tensor]) -> Iterator[tuple[int, Array]]:
    """The step once more on copies of what it read, and its own backward with the gradient that had arrived."""
    how = program.steps[place].how
    if not isinstance(how, Apply) or values[place].is_leaf:
        return
    copies = dict(enumerate(values))
    moving = [ref for ref in dict.fromkeys(how.refs) if values[ref.step].requires_grad]
    for ref in moving:
        copies[ref.step] = values[ref.step].detach().clone().requires_grad_(True)
    read = [copies[k] for k in range(len(values))]
    result = how.row.torch(torch, *(filled(a, read) for a in how.arguments))
    arrived = values[place].grad
    grads = torch.autograd.grad(result, [copies[ref.step] for ref in moving], arrived, allow_unused=True)
    for ref, grad in zip(moving, grads, strict=True):
        yield ref.step, _array(torch.zeros_like(values[ref.step]) if grad is None else grad)


def _array(value: torch.Tensor) -> Array:
    return np.array(value.detach().numpy(), dtype=np.float64)


def grad_fns(program: Program, wrt: Sequence[str], point: Mapping[str, Array], dtype: str = "float64") -> tuple[str | None, ...]:
    """What PyTorch calls the step of backward behind each value; AccumulateGrad at a leaf, None where there is none."""
    with _default(DTYPES[dtype]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = forward(program, wrt, point, dtype)
        return tuple(_grad_fn(value) for value in values)


def _grad_fn(value: torch.Tensor) -> str | None:
    if value.grad_fn is not None:
        return str(value.grad_fn.name())
    return "AccumulateGrad" if value.requires_grad else None
