"""Program + point -> the values of its steps by PyTorch, and what a real `y.backward(v)` leaves in `.grad`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from gradcli.message import N_, fault, limit, message
from gradcli.program import Apply, Constant, Input, Program
from gradcli.program.values import number_of, with_values
from gradcli.report import Array

DTYPES = {"float64": torch.float64, "float32": torch.float32}
Replace = Callable[[int, torch.Tensor, list[torch.Tensor]], torch.Tensor]
REFUSAL = "element 0 of tensors does not require grad and does not have a grad_fn"


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
    require a gradient: that is an answer (zeros), and `refusal` says so.
    """
    with graph(program, wrt, point, dtype, device) as (_, y, variables):
        weights = as_tensor(v, dtype)
        plain = bool((weights == 1).all())
        return Numbers(
            _grads_after(lambda: y.backward(weights, retain_graph=True), y, variables),
            _grads_after(lambda: (weights * y).sum().backward(retain_graph=plain), y, variables),
            _grads_after(lambda: y.sum().backward(), y, variables) if plain else None,
            None if y.requires_grad else REFUSAL,
        )


def _grads_after(
    backward: Callable[[], None], y: torch.Tensor, variables: Mapping[str, torch.Tensor]
) -> dict[str, Array]:
    """What a backward from y leaves in `.grad`; zeros where it never reached the variable."""
    for x in variables.values():
        x.grad = None
    if y.requires_grad:
        backward()
    return {name: as_array(torch.zeros_like(x) if x.grad is None else x.grad) for name, x in variables.items()}


def as_tensor(values: Array, dtype: str) -> torch.Tensor:
    """A copy of the values that requires no gradient."""
    return torch.tensor(np.asarray(values), dtype=DTYPES[dtype])


def as_array(value: torch.Tensor) -> Array:
    """The tensor's values, in its dtype; on the CPU its own memory, which nobody writes to any more."""
    return np.asarray(value.numpy(force=True))  # force: some zeros have no storage


def as_float64(value: torch.Tensor) -> Array:
    """A float64 copy of the tensor's values, which what PyTorch writes later does not change."""
    return np.array(value.numpy(force=True), dtype=np.float64)


def forward(
    program: Program, wrt: Sequence[str], point: Mapping[str, Array], dtype: str, replace: Replace | None = None
) -> list[torch.Tensor]:
    """The value of every step; the variables in `wrt` require gradients (an intermediate retains its own).

    `replace(place, value, values before it)` may put another value, with another gradient, in the place of a step's."""
    tracked = {ref.step for name in wrt if (ref := program.variable(name)) is not None}
    values: list[torch.Tensor] = []
    for place, step in enumerate(program.steps):
        match step.how:
            case Input(name):
                value = as_tensor(point[name], dtype).requires_grad_(place in tracked)
            case Constant(constant):
                number = constant if isinstance(constant, np.ndarray) else number_of(constant)
                value = torch.tensor(number, dtype=DTYPES[dtype])
            case Apply() as apply:
                value = apply.row.torch(torch, *(with_values(a, values) for a in apply.arguments))
        if replace is not None:
            value = replace(place, value, values)
        if place in tracked:
            value = _track(value)
        values.append(value)
    return values


def _track(value: torch.Tensor) -> torch.Tensor:
    """A leaf that requires a gradient, or an intermediate that keeps its own."""
    if value.requires_grad:
        value.retain_grad()
        return value
    return value.detach().clone().requires_grad_(True)


def refuse_missing(device: str) -> None:
    """Raises GradcliError (option) where PyTorch has no such device; nothing has been computed yet."""
    if device == "cpu" or torch.cuda.is_available():
        return
    built = N_("this PyTorch is built without CUDA") if torch.version.cuda is None else N_("it finds no device")
    raise fault(
        "option",
        N_("PyTorch cannot compute on {device} here: {reason}"),
        hint=N_("leave --device out to compute on the processor"),
        device=device,
        reason=message(built),
    )


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


class Graph(NamedTuple):
    """What a forward pass leaves: the value of every step, the output's among them, and the variables' by their
    names."""

    values: list[torch.Tensor]
    y: torch.Tensor
    variables: dict[str, torch.Tensor]


@contextmanager
def graph(
    program: Program,
    wrt: Sequence[str],
    point: Mapping[str, Array],
    dtype: str = "float64",
    device: str = "cpu",
    replace: Replace | None = None,
) -> Iterator[Graph]:
    """The graph of a forward pass, in the state that a computation of ours needs."""
    with computing(dtype, device):
        values = forward(program, wrt, point, dtype, replace)
        variables = {name: values[ref.step] for name in wrt if (ref := program.variable(name)) is not None}
        yield Graph(values, values[program.output.step], variables)
