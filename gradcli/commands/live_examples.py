"""A question of the program's own: asked, answered, and shown with the command line that gives the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

import numpy as np

from gradcli.report import Array, Closed, Compared, Equivalence, Note, Part, Question, Weights
from gradcli.report.exhibits import Example
from gradcli.request import Request

SHORT = (Question, Closed, Weights, Compared)
"""The kinds of parts that an example shows unless it is there for its explanation."""
LONG = (*SHORT, Equivalence, Note)
"""With the explanation too."""


def answered(request: Request, kinds: tuple[type, ...] = SHORT) -> Example:
    """The question with the parts of its answer that matter here; of another command than vjp, all but its notes."""
    from gradcli.commands import COMMANDS  # which lists the commands that use this

    parts = COMMANDS[request.command].run(request)
    wanted = kinds if request.command == "vjp" else object
    return Example(
        line(request),
        tuple(
            _brief(part) for part in parts if isinstance(part, wanted) and (Note in kinds or not isinstance(part, Note))
        ),
    )


def _brief(part: Part) -> Part:
    """A closed form without its entries one by one: the formula is what the page is about."""
    if isinstance(part, Closed) and part.jacobian is not None:
        return replace(part, jacobian=replace(part.jacobian, entries=None))
    return part


def line(request: Request) -> str:
    """The command line that asks this."""
    return " ".join(("gradcli", request.command, quoted(request.expression), *_inputs(request), *_options(request)))


def _inputs(request: Request) -> Iterator[str]:
    for name, given in request.inputs.items():
        yield f"--{name} {quoted(given if isinstance(given, str) else spelled(np.asarray(given)))}"


def _options(request: Request) -> Iterator[str]:
    for one in fields(request):
        given = getattr(request, one.name)
        if "help" not in one.metadata or given == one.default:
            continue
        flag = "--" + one.name.replace("_", "-")
        if given is True:
            yield flag
        elif isinstance(given, Mapping):
            yield from (f"{flag} {quoted(f'{name}={text}')}" for name, text in given.items())
        else:
            yield f"{flag} {quoted(','.join(given) if isinstance(given, tuple) else str(given))}"


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
