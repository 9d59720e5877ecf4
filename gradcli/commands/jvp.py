"""`gradcli jvp`: J·t, how y moves when its variables move along t."""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.commands.closed_forms import Wanted, compared, formed, question, warned
from gradcli.commands.problem import understand
from gradcli.commands.tangents import directions
from gradcli.report import Part, Warning
from gradcli.report.additions import Tangents
from gradcli.request import Request


def run(request: Request) -> Iterator[Part]:
    """The parts of `jvp`'s answer."""
    from gradcli import notation
    from gradcli.explain.jvp import jvp as explained

    problem = understand(request)
    moving = directions(problem)
    yield question(problem, notation.latex(problem.program), wrt=tuple(moving.t), weighted=False)
    yield from (Warning("reading", note) for note in problem.program.notes)
    name = ", ".join(moving.t)
    wanted = Wanted(name, "jvp", (tuple(moving.t),), matrix=False)
    forms = yield from formed(problem, [wanted], tuple(moving.t), moving.names)
    yield Tangents(moving.t, moving.given, problem.y)
    pytorch, pulled = None, None
    if not request.symbolic_only:
        from gradcli import numeric

        pytorch = numeric.jvp(problem.program, problem.point, moving.t, request.dtype, request.device)
        pulled = numeric.vjp(
            problem.program, tuple(moving.t), problem.point, problem.v, request.dtype, request.device
        ).grads
    verdict = compared(problem, name, forms.get(name), {**problem.point, **moving.known}, pytorch)
    yield verdict
    yield from warned(problem)
    result = verdict.symbolic if pytorch is None else pytorch
    if result is not None:
        yield from explained(moving.t, problem.v, result, pulled, problem.output_name)
