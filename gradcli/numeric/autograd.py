"""A program run by PyTorch, and the gradients that a real `y.backward(v)` leaves in `.grad`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch

from gradcli.message import N_, fault, limit
from gradcli.program import Apply, Constant, Input, Program
from gradcli.program.values import filled, number_of
from gradcli.report import Array

DTYPES = {"float64": torch.float64, "float32": torch.float32}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What PyTorch computed. Gradients are in the variables' own shapes, in the dtype asked for.

    `grads` after `y.backward(v)`; `weighted` after `(v*y).sum().backward()`; `plain` after `y.sum().backward()`,
    where v is 1 everywhere, else None. `refusal` is PyTorch's own sentence where y depends on no variable that
    requires a gradient; its gradients are then zeros.
    """

    grads: Mapping[str, Array]
    weighted: Mapping[str, Array]
    plain: Mapping[str, Array] | None
    refusal: str | None


def vjp(
    program: Program,
    wrt: Sequence[str],
    point: Mapping[str, Array],
    v: Array,
    dtype: str = "float64",
    device: str = "cpu",
) -> Numbers:
    """The vector-Jacobian product by autograd, three ways, each by a backward of its own through one graph.

    `point` holds every input; v has the output's shape. Raises nothing of PyTorch's for an output that does not
    require a gradient: that is an answer (zeros) and is told in `refusal`.
    """
    with computing(dtype, device):
        values = forward(program, wrt, point, dtype)
        y, weights = values[program.output.step], torch.tensor(v, dtype=DTYPES[dtype])
        variables = {name: values[program.variable(name).step] for name in wrt}  # type: ignore[union-attr]
        plain = bool((weights == 1).all())
        grads = _pulled(y, variables, lambda: y.backward(weights, retain_graph=True))
        weighted = _pulled(y, variables, lambda: (weights * y).sum().backward(retain_graph=plain))
        return Numbers(
            grads,
            weighted,
            _pulled(y, variables, lambda: y.sum().backward()) if plain else None,
            None if y.requires_grad else REFUSAL,
        )


REFUSAL = "element 0 of tensors does not require grad and does not have a grad_fn"


def _pulled(y: torch.Tensor, variables: Mapping[str, torch.Tensor], run: Callable[[], None]) -> dict[str, Array]:
    """What `run`, a backward from y, leaves in `.grad`; zeros where it never reached the variable."""
    for x in variables.values():
        x.grad = None
    if y.requires_grad:
        run()
    return {name: as_array(torch.zeros_like(x) if x.grad is None else x.grad) for name, x in variables.items()}


def as_array(value: torch.Tensor) -> Array:
    """The tensor's values, in its dtype; on the CPU its own memory, which nobody writes to any more."""
    return np.asarray(value.numpy(force=True))  # force: some zeros have no storage


def as_float64(value: torch.Tensor) -> Array:
    """A float64 copy of the tensor's values, which what PyTorch writes later does not change."""
    return np.array(value.numpy(force=True), dtype=np.float64)


def forward(
    program: Program,
    wrt: Sequence[str],
    point: Mapping[str, Array],
    dtype: str,
    changed: Callable[[int, torch.Tensor, list[torch.Tensor]], torch.Tensor] | None = None,
) -> list[torch.Tensor]:
    """The value of every step; the variables in `wrt` require gradients (an intermediate retains its own).

    `changed` may put another value, with another gradient, in the place of a step's."""
    kept = {ref.step for name in wrt if (ref := program.variable(name)) is not None}
    values: list[torch.Tensor] = []
    for place, step in enumerate(program.steps):
        match step.how:
            case Input(name):
                value = torch.tensor(np.asarray(point[name]), dtype=DTYPES[dtype], requires_grad=place in kept)
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


_NO_MEMORY = re.compile(r"can't allocate memory|not enough memory|bad alloc|out of memory", re.IGNORECASE)
"""How PyTorch says it."""


@contextmanager
def computing(dtype: str, device: str = "cpu") -> Iterator[None]:
    """The state that a computation of ours needs, put back after it.

    The default dtype and device are those asked for (eye, ones and the like take them); PyTorch's advice to its own
    users is not shown, for what matters here gradcli says itself. What PyTorch refuses (a target that is no class, a
    second derivative that it does not have) is a GradcliError with its own sentence.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(DTYPES[dtype])
    try:
        with warnings.catch_warnings(), nullcontext() if device == "cpu" else torch.device(device):
            warnings.simplefilter("ignore")
            yield
    except (RuntimeError, IndexError, NotImplementedError) as error:
        reason = str(error).strip().split("\n")[0]
        if isinstance(error, torch.OutOfMemoryError) or _NO_MEMORY.search(reason):
            raise limit(N_("there is not enough memory for this question")) from None
        raise fault("domain", N_("PyTorch does not compute this: {reason}"), reason=reason) from None
    finally:
        torch.set_default_dtype(before)
