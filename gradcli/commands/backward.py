"""`gradcli backward`: what real `.backward()` calls leave in `.grad`, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.closed_forms import Wanted, compared, formed
from gradcli.commands.problem import Problem, tensor, understand
from gradcli.compare import MULTIPLE, alike
from gradcli.message import GradcliError
from gradcli.report import Array, Compared, Part, Warning, Weights
from gradcli.report.additions import Between, Call, Tangents
from gradcli.request import Request
from gradcli.streams import Stream
from gradcli.tensors import Stdin

if TYPE_CHECKING:
    from gradcli.numeric.backward_calls import After
    from gradcli.symbolic import Form

MOST_SHOWN, FIRST_SHOWN = 12, 4
"""More calls than so many are shown by the first few and the last."""


def run(request: Request) -> Iterator[Part]:
    """The parts of `backward`'s answer: PyTorch's error is an answer too."""
    from gradcli import explain, notation
    from gradcli.explain.backward import backward as explained

    problem, v = _understood(request)
    echoed = problem.question(notation.latex(problem.program))
    given = v is not None and request.v is not None
    if v is not None and v.shape != problem.v.shape:
        told = str(request.v) if isinstance(request.v, (str, int, float)) else "tensor"
        echoed = replace(echoed, v_given=told, v_shape=v.shape)
    yield echoed if given or not problem.guessed else replace(echoed, v_given=None, v_shape=None)
    yield from (Warning("reading", note) for note in problem.program.notes)
    fits = (v is None and not problem.guessed) or (v is not None and v.shape == problem.v.shape)
    forms: Mapping[str, Form] = {}
    if fits:
        wanted = [Wanted(name, "vjp", (name,), matrix=False) for name in problem.wrt]
        forms = yield from formed(problem, wanted, problem.wrt, unit=v is None)
    yield Tangents({}, {}, problem.y) if v is None else Weights(v, problem.y)

    from gradcli.numeric import backward_calls  # PyTorch: half a second, after the formulas are on the screen

    after = backward_calls.calls(
        problem.program,
        problem.wrt,
        problem.point,
        v,
        request.calls,
        retain_graph=request.retain_graph,
        zero_grad=request.zero_grad,
        dtype=request.dtype,
        device=request.device,
    )
    calls = _calls(after)
    yield from _shown(calls)
    single = after[0].grads
    done = [call for call in calls if call.error is None]
    if fits and done:
        yield from _proven(problem, forms, done[-1], 1 if request.zero_grad else len(done))
    kept = (
        backward_calls.between(problem.program, problem.wrt, problem.point, problem.v, *problem.dtype_device)
        if fits
        else {}
    )
    yield from (Between(name, grad_fn, retained) for name, (grad_fn, retained) in kept.items())
    yield from explain.cautions(problem.program, problem.values, problem.wrt)
    yield from explained(
        calls,
        single,
        request.zero_grad,
        request.retain_graph,
        [name for name, (_, retained) in kept.items() if retained is not None],
        problem.output_name,
    )


def _understood(request: Request) -> tuple[Problem, Array | None]:
    """The question and v as it was given: of whatever shape, for PyTorch to refuse; None where it was left out."""
    try:
        problem = understand(request)
    except GradcliError as error:
        if (
            error.kind != "shape"
            or request.v is None
            or (isinstance(request.v, str) and request.v.strip().startswith("onehot"))
        ):
            raise
        problem = understand(replace(request, v=None))
        return problem, tensor(request.v, "v", Stdin(), Stream(request.seed, "v"), problem.point)
    return problem, None if request.v is None else problem.v


def _calls(after: Sequence[After]) -> list[Call]:
    from gradcli.explain.backward import meaning

    first = after[0].grads
    found = []
    for count, one in enumerate(after, 1):
        said, repair = (None, None) if one.error is None else meaning(one.error)
        found.append(
            Call(count, one.grads, None if one.error else _multiple(one.grads, first), one.error, said, repair)
        )
    return found


def _multiple(grads: Mapping[str, Array], first: Mapping[str, Array]) -> float | None:
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


def _shown(calls: Sequence[Call]) -> Iterator[Call]:
    if len(calls) <= MOST_SHOWN:
        yield from calls
    else:
        yield from (*calls[:FIRST_SHOWN], calls[-1])


def _proven(problem: Problem, forms: Mapping[str, Form], last: Call, times: int) -> Iterator[Compared]:
    """The formula as many times as it was added up, beside PyTorch's .grad after the last call."""
    known = {**problem.point, problem.weights: problem.v}
    for name in problem.wrt:
        pytorch = last.grads.get(name)
        shape = problem.program[ref].shape if (ref := problem.program.variable(name)) else ()
        grad = np.zeros(shape) if pytorch is None else pytorch
        verdict = compared(problem, name, forms.get(name), known, grad / times)
        yield replace(
            verdict,
            pytorch=grad,
            symbolic=None if verdict.symbolic is None else verdict.symbolic * times,
            max_abs_diff=None if verdict.max_abs_diff is None else verdict.max_abs_diff * times,
        )
