"""A question of the program's own: asked of `vjp`, answered, and shown with the command line that gives the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from gradcli.report import Array, Closed, Compared, Equivalence, Example, Note, Part, Question, Weights
from gradcli.request import Request

SHORT = (Question, Closed, Weights, Compared)
"""The kinds of parts that an example shows unless it is there for its explanation."""
LONG = (*SHORT, Equivalence, Note)


def answered(request: Request, kinds: tuple[type, ...] = SHORT) -> Example:
    """The question with the parts of its answer that matter here."""
    from gradcli.commands import vjp  # the whole of it, which a listing does not need

    return Example(line(request), tuple(part for part in vjp.run(request) if isinstance(part, kinds)))


def line(request: Request) -> str:
    """The command line that asks this."""
    return " ".join(("gradcli", request.command, quoted(request.expression), *_options(request)))


def _options(request: Request) -> Iterator[str]:
    for name, given in request.inputs.items():
        yield f"--{name} {quoted(given if isinstance(given, str) else spelled(np.asarray(given)))}"
    if request.v is not None:
        yield f"--v {quoted(str(request.v))}"
    if request.wrt is not None:
        yield f"--wrt {','.join(request.wrt)}"


def spelled(array: Array) -> str:
    """A tensor as it is typed: `3`, `1,2`, `1,2:3,4`, nested lists beyond."""
    if array.ndim == 0:
        return _number(float(array))
    if array.ndim == 1 and array.size > 1:
        return ",".join(map(_number, array))
    if array.ndim == 2 and array.shape[1] > 1:
        return ":".join(",".join(map(_number, row)) for row in array)
    return str(array.tolist()).replace(" ", "")


def _number(x: float) -> str:
    return f"{x:g}"


def quoted(text: str) -> str:
    """In quotes where a shell would read something into it."""
    if text and all(c.isalnum() or c in ".,:_=@/+-" for c in text):
        return text
    return f'"{text}"' if not set(text) & set('"$`\\!') else "'" + text.replace("'", "'\\''") + "'"


def values_of_parts(parts: tuple[Part, ...]) -> Mapping[str, Array]:
    """The gradients of an answer by variable: PyTorch's, or the formula's where it was not asked."""
    found = {}
    for part in parts:
        if isinstance(part, Compared):
            known = part.symbolic if part.pytorch is None else part.pytorch
            if known is not None:
                found[part.name] = known
    return found
