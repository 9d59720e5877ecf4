"""`gradcli backward`: what real `.backward()` calls leave in `.grad`, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.closed_forms import Wanted, compared, formed
from gradcli.commands.problem import Understood, tensor, understand
from gradcli.message import GradcliError
from gradcli.report import Array, Compared, Part, Warning, Weights
from gradcli.report.additions import Between, Call, Tangents
from gradcli.request import Request
from gradcli.streams import Stream
from gradcli.tensors import Stdin

if TYPE_CHECKING:
    from gradcli.numeric.backward_calls import CallResult
    from gradcli.symbolic import Form

MOST_SHOWN, FIRST_SHOWN = 12, 4
"""More calls than so many are shown by the first few and the last."""


def run(request: Request) -> Iterator[Part]:
    """The parts of `backward`'s answer: PyTorch's error is an answer too."""
    from gradcli import explain, notation
    from gradcli.explain.backward import backward as explained

    asked, v = _understood(request)
    echoed = asked.question(notation.latex(asked.program))
    given = v is not None and request.v is not None
    if v is not None and v.shape != asked.v.shape:
        told = str(request.v) if isinstance(request.v, (str, int, float)) else "tensor"
        echoed = replace(echoed, v_given=told, v_shape=v.shape)
    yield echoed if given or not asked.guessed else replace(echoed, v_given=None, v_shape=None)
    yield from (Warning("reading", note) for note in asked.program.notes)
    fits = (v is None and not asked.guessed) or (v is not None and v.shape == asked.v.shape)
    forms: Mapping[str, Form] = {}
    if fits:
        wanted = [Wanted(name, "vjp", (name,), matrix=False) for name in asked.wrt]
        forms = yield from formed(asked, wanted, asked.wrt, unit=v is None)
    yield Tangents({}, {}, asked.y) if v is None else Weights(v, asked.y)

    from gradcli.numeric import backward_calls  # PyTorch: half a second, after the formulas are on the screen

    after = backward_calls.call_backward(
        asked.program,
        asked.wrt,
        asked.point,
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
        yield from _proven(asked, forms, done[-1], 1 if request.zero_grad else len(done))
    kept = (
        backward_calls.intermediates(asked.program, asked.wrt, asked.point, asked.v, *asked.dtype_device)
        if fits
        else {}
    )
    yield from (Between(name, grad_fn, retained) for name, (grad_fn, retained) in kept.items())
    yield from explain.hazards(asked.program, asked.values, asked.wrt)
    yield from explained(
        calls,
        single,
        request.zero_grad,
        request.retain_graph,
        [name for name, (_, retained) in kept.items() if retained is not None],
        asked.output_name,
    )


def _understood(request: Request) -> tuple[Understood, Array | None]:
    """The question and v as it was given: of whatever shape, for PyTorch to refuse; None where it was left out."""
    try:
        asked = understand(request)
    except GradcliError as error:
        if (
            error.kind != "shape"
            or request.v is None
            or (isinstance(request.v, str) and request.v.strip().startswith("onehot"))
        ):
            raise
        asked = understand(replace(request, v=None))
        return asked, tensor(request.v, "v", Stdin(), Stream(request.seed, "v"), asked.point)
    return asked, None if request.v is None else asked.v


def _calls(after: Sequence[CallResult]) -> list[Call]:
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
    same = all(np.allclose(a, multiple * first[name], rtol=1e-5, atol=0.0) for name, a in grads.items())
    return float(multiple) if same else None


def _shown(calls: Sequence[Call]) -> Iterator[Call]:
    if len(calls) <= MOST_SHOWN:
        yield from calls
    else:
        yield from (*calls[:FIRST_SHOWN], calls[-1])


def _proven(asked: Understood, forms: Mapping[str, Form], last: Call, times: int) -> Iterator[Compared]:
    """The formula as many times as it was added up, beside PyTorch's .grad after the last call."""
    known = {**asked.point, asked.weights: asked.v}
    for name in asked.wrt:
        pytorch = last.grads.get(name)
        shape = asked.program[ref].shape if (ref := asked.program.variable(name)) else ()
        grad = np.zeros(shape) if pytorch is None else pytorch
        verdict = compared(asked, name, forms.get(name), known, grad / times)
        yield replace(
            verdict,
            pytorch=grad,
            symbolic=None if verdict.symbolic is None else verdict.symbolic * times,
            max_abs_diff=None if verdict.max_abs_diff is None else verdict.max_abs_diff * times,
        )
