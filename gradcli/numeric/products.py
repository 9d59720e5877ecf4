"""A program and directions -> J·t, second derivatives and their products by autograd, without forward mode; and the
gradient where the chain rule has lost the factor of a step: a mistake that people make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from gradcli.numeric.autograd import as_float64, as_tensor, graph
from gradcli.program import Apply, Program, Ref
from gradcli.program.work import refuse_large
from gradcli.report import Array
from gradcli.shapes import size


def jvp(
    program: Program, point: Mapping[str, Array], t: Mapping[str, Array], dtype: str = "float64", device: str = "cpu"
) -> Array:
    """J·t, of the output's shape: how fast y moves when every variable in `t` moves along its tangent.

    By two reverse passes: v -> vᵀJ is linear in v, so the gradient of (vᵀJ)·t by v is J·t, whatever v is.
    """
    with graph(program, list(t), point, dtype, device) as (_, y, variables):
        if not y.requires_grad:
            return np.zeros(y.shape)
        v = torch.ones_like(y, requires_grad=True)
        gradients = _gradients((y * v).sum(), list(variables.values()), create_graph=True)
        along = _dot(gradients, [as_tensor(a, dtype) for a in t.values()])
        return as_float64(_gradients(along, [v])[0])


def rows(
    program: Program, wrt: Sequence[str], point: Mapping[str, Array], dtype: str = "float64", device: str = "cpu"
) -> Mapping[str, Array]:
    """The whole Jacobian for each variable, output axes first: one reverse pass with a one-hot v for each row."""
    refuse_large(program, size(program.output_shape), _entries(program, wrt))
    with graph(program, wrt, point, dtype, device) as (_, y, variables):
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
    with graph(program, wrt, point, dtype, device) as (_, y, variables):
        gradients = _gradients((as_tensor(v, dtype) * y).sum(), list(variables.values()), create_graph=True)
        blocks = {}
        for a, gradient in zip(variables, gradients, strict=True):
            for b, block in zip(variables, _rows(gradient, list(variables.values())), strict=True):
                blocks[a, b] = block
    return blocks


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
    with graph(program, list(dict.fromkeys([*wrt, *t])), point, dtype, device) as (_, y, variables):
        moving = [variables[name] for name in t]
        gradients = _gradients((as_tensor(v, dtype) * y).sum(), moving, create_graph=True)
        along = _dot(gradients, [as_tensor(a, dtype) for a in t.values()])
        gradients = _gradients(along, [variables[name] for name in wrt])
        return dict(zip(wrt, map(as_float64, gradients), strict=True))


def partial(
    program: Program, names: Sequence[str], point: Mapping[str, Array], dtype: str = "float64", device: str = "cpu"
) -> Array:
    """The mixed partial of a scalar by scalar variables, one `autograd.grad` after the other."""
    with graph(program, list(dict.fromkeys(names)), point, dtype, device) as (_, y, variables):
        return as_float64(_partial(y, variables, names))


def partials(
    program: Program,
    names: Sequence[str],
    points: Sequence[Mapping[str, Array]],
    orders: Sequence[Sequence[str]],
    dtype: str = "float64",
) -> list[Array]:
    """Of a scalar that is swept over many points: for each of `orders` (scalar variables to differentiate by, one
    after the other) its value at every point."""
    values = np.zeros((len(orders), len(points)))
    for k, point in enumerate(points):
        with graph(program, names, point, dtype) as (_, y, variables):
            for n, order in enumerate(orders):
                values[n, k] = as_float64(_partial(y, variables, order))
    return list(values)


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

    with graph(program, [name], point, replace=replace) as (_, y, variables):
        return as_float64(_gradients((torch.tensor(v) * y).sum(), [variables[name]])[0])


def _partial(y: torch.Tensor, variables: Mapping[str, torch.Tensor], names: Sequence[str]) -> torch.Tensor:
    y = y.sum()
    for name in names:
        (y,) = _gradients(y, [variables[name]], create_graph=True)
    return y


def _entries(program: Program, wrt: Sequence[str]) -> int:
    """Of all the variables together."""
    return sum(size(program[ref].shape) for name in wrt if (ref := program.variable(name)) is not None)


def _gradients(
    y: torch.Tensor, variables: Sequence[torch.Tensor], create_graph: bool = False, **more: Any
) -> list[torch.Tensor]:
    """The gradient of a number by each variable; zeros where it does not depend on one."""
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in variables]
    gradients = torch.autograd.grad(
        y, list(variables), create_graph=create_graph, retain_graph=True, allow_unused=True, **more
    )
    return [torch.zeros_like(x) if g is None else g for x, g in zip(variables, gradients, strict=True)]


def _rows(y: torch.Tensor, variables: Sequence[torch.Tensor]) -> list[Array]:
    blocks: list[list[Array]] = [[] for _ in variables]
    for k in range(y.numel()):
        v = torch.zeros(y.numel())
        v[k] = 1.0
        gradients = _gradients(y, variables, grad_outputs=[v.reshape(y.shape)])
        for block, row in zip(blocks, gradients, strict=True):
            block.append(as_float64(row))
    return [
        np.stack(block).reshape((*y.shape, *x.shape)) if block else np.zeros((*y.shape, *x.shape))
        for block, x in zip(blocks, variables, strict=True)
    ]


def _dot(rows: Sequence[torch.Tensor], columns: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.stack([(a * b).sum() for a, b in zip(rows, columns, strict=True)]).sum()
