"""A program run by PyTorch, and the gradients that a real `y.backward(v)` leaves in `.grad`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from gradcli.frozen import dataclass
from gradcli.program import Apply, Constant, Input, Program
from gradcli.program.values import filled, number_of
from gradcli.report import Array

DTYPES = {"float64": torch.float64, "float32": torch.float32}


@dataclass(frozen=True)
class Numbers:
    """What PyTorch computed. Gradients are in the variables' own shapes, in the dtype asked for.

    `grads` after `y.backward(v)`; `weighted` after `(v*y).sum().backward()`; `plain` after `y.sum().backward()`,
    where v is 1 everywhere, else None. `refusal` is PyTorch's own sentence where y depends on no variable that
    requires a gradient; its gradients are then zeros.
    """

    y: Array
    grads: Mapping[str, Array]
    weighted: Mapping[str, Array]
    plain: Mapping[str, Array] | None
    refusal: str | None


def vjp(program: Program, wrt: Sequence[str], point: Mapping[str, Array], v: Array, dtype: str = "float64") -> Numbers:
    """The vector-Jacobian product by autograd, three ways, each on a graph of its own.

    `point` holds every input; v has the output's shape. Raises nothing of PyTorch's for an output that does not
    require a gradient: that is an answer (zeros) and is told in `refusal`.
    """
    with computing(dtype):
        weights = torch.tensor(v, dtype=DTYPES[dtype])
        y, grads, refusal = _backward(program, wrt, point, dtype, lambda y: y.backward(weights))
        _, weighted, _ = _backward(program, wrt, point, dtype, lambda y: (weights * y).sum().backward())
        plain = None
        if bool((weights == 1).all()):
            _, plain, _ = _backward(program, wrt, point, dtype, lambda y: y.sum().backward())
    return Numbers(y, grads, weighted, plain, refusal)


def _backward(program: Program, wrt: Sequence[str], point: Mapping[str, Array], dtype: str, run: Any) -> tuple[
        Array, dict[str, Array], str | None]:
    values = forward(program, wrt, point, dtype)
    y = values[program.output.step]
    variables = {name: values[program.variable(name).step] for name in wrt}  # type: ignore[union-attr]
    refusal = None
    if y.requires_grad:
        run(y)
    else:
        refusal = "element 0 of tensors does not require grad and does not have a grad_fn"
    grads = {name: _gradient(x) for name, x in variables.items()}
    return np.array(y.detach().numpy()), grads, refusal


def _gradient(x: torch.Tensor) -> Array:
    """`.grad`; zeros where backward never reached x."""
    grad = torch.zeros_like(x) if x.grad is None else x.grad
    return np.array(grad.detach().numpy())


def forward(
    program: Program, wrt: Sequence[str], point: Mapping[str, Array], dtype: str,
    changed: Callable[[int, torch.Tensor, list[torch.Tensor]], torch.Tensor] | None = None,
) -> list[torch.Tensor]:
    """The value of every step; the variables in `wrt` require gradients (an intermediate retains its own).

    `changed` may put another value, with another gradient, in the place of a step's."""
    kept = {ref.step for name in wrt if (ref := program.variable(name)) is not None}
    values: list[torch.Tensor] = []
    for place, step in enumerate(program.steps):
        match step.how:
            case Input(name):
                value = torch.tensor(np.asarray(point[name]), dtype=DTYPES[dtype])
            case Constant(constant):
                known = constant if isinstance(constant, np.ndarray) else number_of(constant)
                value = torch.tensor(known, dtype=DTYPES[dtype])
            case Apply() as apply:
                value = apply.row.torch(torch, *(filled(a, values) for a in apply.arguments))
        if changed is not None:
            value = changed(place, value, values)
        if place in kept:
            value = _tracked(value)
        values.append(value)
    return values


def _tracked(value: torch.Tensor) -> torch.Tensor:
    """A leaf that requires a gradient, or an intermediate that keeps its own."""
    if value.requires_grad:
        value.retain_grad()
        return value
    return value.detach().clone().requires_grad_(True)


@contextmanager
def computing(dtype: str) -> Iterator[None]:
    """The state that a computation of ours needs, put back after it.

    The default dtype is the one asked for (eye, ones and the like take it); PyTorch's advice to its own users is not
    shown, for what matters here gradcli says itself.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(DTYPES[dtype])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_default_dtype(before)
