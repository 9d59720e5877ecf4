"""`gradcli backward`: what real `.backward()` calls leave in `.grad`, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.closed_forms import Forms, closed_forms
from gradcli.commands.derivative_methods import Numbers, target
from gradcli.commands.problem import Problem, opening, understand
from gradcli.commands.tensor_arguments import tensor
from gradcli.commands.verdicts import verdict_on
from gradcli.compare import MULTIPLE, alike
from gradcli.explain.backward import backward, meaning
from gradcli.explain.cautions import cautions
from gradcli.message import GradcliError
from gradcli.report import Compared, Part, Tensors, Weights
from gradcli.report.additions import Call, Intermediate
from gradcli.request import Request
from gradcli.streams import Stream
from gradcli.tensors import Stdin

if TYPE_CHECKING:
    from gradcli.numeric.backward_calls import CallResult

MOST_SHOWN, FIRST_SHOWN = 12, 4
"""More calls than so many are shown by the first few and the last."""


def run(request: Request) -> Iterator[Part]:
    """The parts of `backward`'s answer: PyTorch's error is an answer too."""
    problem = _understood(request)
    yield from opening(problem, weighted=not problem.v_is_guessed)
    fits = problem.v.shape == problem.program.output_shape and not problem.v_is_guessed
    targets = [target("vjp", name) for name in problem.wrt]
    forms: Forms = (yield from closed_forms(problem, targets, unit=request.v is None)) if fits else {}
    yield problem.value_part if request.v is None else Weights(problem.v, problem.y)
    after = _autograd(problem)
    calls = _calls(after)
    yield from calls if len(calls) <= MOST_SHOWN else (*calls[:FIRST_SHOWN], calls[-1])
    done = [call for call in calls if call.error is None]
    if fits and done:
        yield from _verdicts(problem, forms, done[-1], 1 if request.zero_grad else len(done))
    between = _between(problem) if fits else []
    yield from between
    yield from cautions(problem.program, problem.values, problem.wrt)
    kept = [value.name for value in between if value.retained is not None]
    yield from backward(calls, request, kept, problem.output_name)


def _understood(request: Request) -> Problem:
    """The problem, with a v of whatever shape, for PyTorch to refuse."""
    try:
        return understand(request)
    except GradcliError as error:
        text = request.v.strip() if isinstance(request.v, str) else ""
        if error.kind != "shape" or request.v is None or text.startswith("onehot"):
            raise
    problem = understand(replace(request, v=None))
    v = tensor(request.v, "v", Stdin(), Stream(request.seed, "v"), problem.point)
    text = str(request.v) if isinstance(request.v, (str, int, float)) else "tensor"
    return replace(problem, request=request, v=v, v_given=text, v_is_guessed=False)


def _autograd(problem: Problem) -> Sequence[CallResult]:
    """What `.grad` holds after each call."""
    from gradcli.numeric import backward_calls  # PyTorch: half a second, after the formulas are on the screen

    request = problem.request
    return backward_calls.call_backward(
        problem.program,
        problem.wrt,
        problem.point,
        None if request.v is None else problem.v,
        request.calls,
        retain_graph=request.retain_graph,
        zero_grad=request.zero_grad,
        dtype=request.dtype,
        device=request.device,
    )


def _between(problem: Problem) -> Sequence[Intermediate]:
    """The named values on the way, which are no leaves."""
    from gradcli.numeric import backward_calls

    values = backward_calls.intermediates(problem.program, problem.wrt, problem.point, problem.v, *problem.dtype_device)
    return [Intermediate(name, grad_fn, retained) for name, (grad_fn, retained) in values.items()]


def _calls(after: Sequence[CallResult]) -> list[Call]:
    first = after[0].grads
    return [
        Call(count, call.grads, None if call.error else _multiple(call.grads, first), call.error, *meaning(call.error))
        for count, call in enumerate(after, 1)
    ]


def _multiple(grads: Tensors, first: Tensors) -> float | None:
    """How many times the single gradient it is, entry by entry; None where that is no one number."""
    sizes = [
        (float(np.abs(a).max(initial=0.0)), float(np.abs(first[name]).max(initial=0.0))) for name, a in grads.items()
    ]
    top = max(sizes, key=lambda pair: pair[1], default=(0.0, 0.0))
    if not np.isfinite(top).all() or top[1] == 0.0:
        return None
    multiple = round(top[0] / top[1])
    same = all(alike(a, multiple * first[name], MULTIPLE) for name, a in grads.items())
    return float(multiple) if same else None


def _verdicts(problem: Problem, forms: Forms, last: Call, times: int) -> Iterator[Compared]:
    """The formula as many times as it was added up, beside PyTorch's .grad after the last call."""
    for name in problem.wrt:
        pytorch = last.grads.get(name)
        grad = np.zeros(problem.shape(name)) if pytorch is None else pytorch
        compared = verdict_on(problem, target("vjp", name), forms.get(name), Numbers({name: grad / times}))
        yield replace(
            compared,
            pytorch=grad,
            symbolic=None if compared.symbolic is None else compared.symbolic * times,
            max_abs_diff=None if compared.max_abs_diff is None else compared.max_abs_diff * times,
        )
