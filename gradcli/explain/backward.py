"""Several calls of .backward() -> why .grad grows, what an error of PyTorch's means, and what a leaf is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradcli.explain.slots import note, number, place
from gradcli.message import N_, Message
from gradcli.report import Note
from gradcli.report.additions import Call
from gradcli.request import Request

_MEANINGS: Sequence[tuple[str, str, str]] = (
    (
        "a second time",
        N_(
            "The first call freed what the graph had saved for it (the factors that a derivative needs, such as x for "
            "x**2), so there is nothing left to go back through."
        ),
        N_(
            "Repair: y.backward(retain_graph=True) in every call but the last (here --retain-graph), or compute y "
            "again."
        ),
    ),
    (
        "implicitly created only for scalar",
        N_(
            "y is not one number, so there is not one gradient: PyTorch wants to be told how much each entry of y "
            "counts."
        ),
        N_(
            "Repair: y.backward(torch.ones_like(y)), which is y.sum().backward() (here --v ones), or other weights of "
            "y's shape."
        ),
    ),
    (
        "Mismatch in shape",
        N_(
            "v weighs the entries of y, so it has the shape of y: the first shape in the message is v's, the second "
            "y's."
        ),
        N_(
            "Repair: torch.ones_like(y) has the right shape (here --v ones); one weight for all entries is "
            "2*torch.ones_like(y)."
        ),
    ),
    (
        "does not require grad",
        N_("y does not depend on a variable by differentiable steps, so no graph was recorded; the derivative is 0."),
        N_("Repair: x.requires_grad_() before y is computed, and no .detach(), comparison or rounding on the way."),
    ),
)


def meaning(error: str | None) -> tuple[Message | None, Message | None]:
    """What PyTorch's sentence means here, and the repair."""
    return next(
        ((Message(says), Message(repair)) for words, says, repair in _MEANINGS if words in (error or "")), (None, None)
    )


def backward(calls: Sequence[Call], request: Request, between: Sequence[str], output: str) -> Iterator[Note]:
    """What the calls left, as they were asked for; `between` names what is no leaf."""
    done = [call for call in calls if call.error is None]
    if len(done) > 1 and not request.zero_grad:
        yield from _grows(done)
    if len(done) > 1 and request.zero_grad:
        yield note("zero-grad", _ZEROED)
    if len(done) > 1 and not request.retain_graph:
        yield note("retain-graph", _NOT_FREED, y=output)
    if len(done) == 1 == len(calls):
        yield note("accumulate", _A_SECOND_CALL)
    if between:
        yield note("leaf", _LEAVES_ONLY, names=", ".join(between), first=between[0])


_ZEROED = N_(
    ".grad was set to zero before each call, so every call leaves the single gradient: that is what "
    "optimizer.zero_grad() does in a training loop."
)
_NOT_FREED = N_(
    "{y} could be gone back through again without retain_graph: no step on the way had saved a value that "
    "its derivative needs (an addition, say), so nothing was freed."
)
_A_SECOND_CALL = N_("A second call would not replace .grad but add to it: --calls 2 --retain-graph shows it.")
_LEAVES_ONLY = N_(
    "PyTorch keeps .grad for leaves only, the tensors that were made by you and not computed. What was "
    "computed on the way ({names}) passes its gradient on and does not keep it, unless "
    "{first}.retain_grad() was called before."
)


def _grows(done: Sequence[Call]) -> Iterator[Note]:
    name, gradient = next(iter(done[0].grads.items()))
    last = done[-1].grads.get(name)
    if last is None or not gradient.size:
        return
    largest = int(np.argmax(np.abs(np.nan_to_num(gradient))))
    where = tuple(int(k) for k in np.unravel_index(largest, gradient.shape))
    yield note(
        "accumulate",
        N_(
            ".backward() adds to .grad and does not replace it: one call gives {entry} = {one}, {count} calls give "
            "{all}. Set it to zero before each call ({name}.grad = None or optimizer.zero_grad()) if you want the "
            "single gradient."
        ),
        name=name,
        entry=f"{name}.grad{place(where)}",
        one=number(gradient[where]),
        count=len(done),
        all=number(last[where]),
    )
