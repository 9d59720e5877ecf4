"""`gradcli vjp`: closed forms, values side by side, and the explanation, each as soon as it is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.commands.problem import GUESSED_ONES, Problem, understand
from gradcli.commands.verdicts import closed_forms, proven
from gradcli.compare import largest_difference
from gradcli.message import Message
from gradcli.report import Equivalence, Part, Warning, Weights
from gradcli.request import Request
from gradcli.shapes import LAYOUTS


def run(request: Request) -> Iterator[Part]:
    """The parts of `vjp`'s answer: the mathematics first, then what it means."""
    from gradcli import explain  # light, but not needed to list the commands

    problem = understand(request)
    parts: list[Part] = []
    for part in _computed(problem):
        parts.append(part)
        yield part
    yield from explain.vjp(
        explain.Facts(
            problem.program,
            problem.point,
            problem.values,
            problem.wrt,
            problem.v,
            problem.v_given,
            tuple(parts),
            problem.weights,
            request.layout or LAYOUTS[0],
        )
    )


def _computed(problem: Problem) -> Iterator[Part]:
    """Formulas, values, verdict, and the same gradient by other ways."""
    from gradcli import notation

    request = problem.request
    yield problem.question(notation.latex(problem.program))
    yield from (Warning("reading", note) for note in problem.program.notes)
    if problem.guessed:
        yield Warning("weights", Message(GUESSED_ONES))
    forms = yield from closed_forms(problem)
    yield Weights(problem.v, problem.y)
    if request.symbolic_only:
        yield from proven(problem, forms, None)
    else:
        from gradcli import numeric  # PyTorch: half a second, after the formulas are on the screen

        numbers = numeric.vjp(problem.program, problem.wrt, problem.point, problem.v, request.dtype, request.device)
        yield from proven(problem, forms, numbers)
        for name in problem.wrt:
            plain = None if numbers.plain is None else largest_difference(numbers.plain[name], numbers.grads[name])
            same = largest_difference(numbers.weighted[name], numbers.grads[name])
            yield Equivalence(name, np.asarray(numbers.weighted[name], dtype=np.float64), same, plain)
