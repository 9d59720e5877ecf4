"""A program and directions -> J·t, second derivatives and their products by autograd, without forward mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from gradcli.numeric.autograd import DTYPES, as_float64, computing, forward
from gradcli.program import Program
from gradcli.program.work import refuse_large
from gradcli.report import Array
from gradcli.shapes import size


def jvp(
    program: Program, point: Mapping[str, Array], t: Mapping[str, Array], dtype: str = "float64", device: str = "cpu"
) -> Array:
    """J·t, of the output's shape: how fast y moves when every variable in `t` moves along its tangent.

    By two reverse passes: v -> vᵀJ is linear in v, so the gradient of (vᵀJ)·t by v is J·t, whatever v is.
    """
    with computing(dtype, device):
        y, variables = _traced(program, list(t), point, dtype)
        if not y.requires_grad:
            return np.zeros(y.shape)
        v = torch.ones_like(y, requires_grad=True)
        pulled = _gradients((y * v).sum(), list(variables.values()), create_graph=True)
        along = _dot(pulled, [_tensor(a, dtype) for a in t.values()])
        return as_float64(_gradients(along, [v])[0])


def rows(
    program: Program, wrt: Sequence[str], point: Mapping[str, Array], dtype: str = "float64", device: str = "cpu"
) -> Mapping[str, Array]:
    """The whole Jacobian for each variable, output axes first: one reverse pass with a one-hot v for each row."""
    refuse_large(program, size(program.output_shape), _entries(program, wrt))
    with computing(dtype, device):
        y, variables = _traced(program, wrt, point, dtype)
        return dict(zip(variables, _rows(y, list(variables.values())), strict=True))


def hessian(
    program: Program,
    wrt: Sequence[str],
    point: Mapping[str, Array],
    v: Array,
    dtype: str = "float64",
    device: str = "cpu",
) -> Mapping[tuple[str, str], Array]:
    """∂²(v·y)/∂a∂b for every pair of variables, a's axes first: rows of the gradient's Jacobian."""
    refuse_large(program, _entries(program, wrt), _entries(program, wrt))
    with computing(dtype, device):
        y, variables = _traced(program, wrt, point, dtype)
        gradients = _gradients((_tensor(v, dtype) * y).sum(), list(variables.values()), create_graph=True)
        found = {}
        for a, gradient in zip(variables, gradients, strict=True):
            for b, block in zip(variables, _rows(gradient, list(variables.values())), strict=True):
                found[a, b] = block
    return found


def hvp(
    program: Program,
    wrt: Sequence[str],
    point: Mapping[str, Array],
    v: Array,
    t: Mapping[str, Array],
    dtype: str = "float64",
    device: str = "cpu",
) -> Mapping[str, Array]:
    """H·t for each variable in `wrt`, where those in `t` move: the gradient of (gradient · t)."""
    with computing(dtype, device):
        y, variables = _traced(program, list(dict.fromkeys([*wrt, *t])), point, dtype)
        moving = [variables[name] for name in t]
        gradients = _gradients((_tensor(v, dtype) * y).sum(), moving, create_graph=True)
        along = _dot(gradients, [_tensor(a, dtype) for a in t.values()])
        asked = [variables[name] for name in wrt]
        return dict(zip(wrt, map(as_float64, _gradients(along, asked)), strict=True))


def partial(
    program: Program, names: Sequence[str], point: Mapping[str, Array], dtype: str = "float64", device: str = "cpu"
) -> Array:
    """The mixed partial of a scalar by scalar variables, one `autograd.grad` after the other."""
    with computing(dtype, device):
        y, variables = _traced(program, list(dict.fromkeys(names)), point, dtype)
        y = y.sum()
        for name in names:
            (y,) = _gradients(y, [variables[name]], create_graph=True)
        return as_float64(y)


def _entries(program: Program, wrt: Sequence[str]) -> int:
    """Of all the variables together."""
    return sum(size(program[ref].shape) for name in wrt if (ref := program.variable(name)) is not None)


def _traced(
    program: Program, wrt: Sequence[str], point: Mapping[str, Array], dtype: str
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    values = forward(program, wrt, point, dtype)
    variables = {name: values[ref.step] for name in wrt if (ref := program.variable(name)) is not None}
    return values[program.output.step], variables


def _gradients(
    y: torch.Tensor, variables: Sequence[torch.Tensor], create_graph: bool = False, **more: Any
) -> list[torch.Tensor]:
    """The gradient of a number by each variable; zeros where it does not depend on one."""
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in variables]
    found = torch.autograd.grad(
        y, list(variables), create_graph=create_graph, retain_graph=True, allow_unused=True, **more
    )
    return [torch.zeros_like(x) if g is None else g for x, g in zip(variables, found, strict=True)]


def _rows(y: torch.Tensor, variables: Sequence[torch.Tensor]) -> list[Array]:
    blocks: list[list[Array]] = [[] for _ in variables]
    for k in range(y.numel()):
        v = torch.zeros(y.numel())
        v[k] = 1.0
        found = _gradients(y, variables, grad_outputs=[v.reshape(y.shape)])
        for block, row in zip(blocks, found, strict=True):
            block.append(as_float64(row))
    return [
        np.stack(block).reshape((*y.shape, *x.shape)) if block else np.zeros((*y.shape, *x.shape))
        for block, x in zip(blocks, variables, strict=True)
    ]


def _dot(rows: Sequence[torch.Tensor], columns: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.stack([(a * b).sum() for a, b in zip(rows, columns, strict=True)]).sum()


def _tensor(array: Array, dtype: str) -> torch.Tensor:
    return torch.tensor(np.asarray(array), dtype=DTYPES[dtype])
