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

    asked = understand(request)
    moving = directions(asked)
    yield question(asked, notation.latex(asked.program), wrt=tuple(moving.t), weighted=False)
    yield from (Warning("reading", note) for note in asked.program.notes)
    name = ", ".join(moving.t)
    wanted = Wanted(name, "jvp", (tuple(moving.t),), matrix=False)
    forms = yield from formed(asked, [wanted], tuple(moving.t), moving.names)
    yield Tangents(moving.t, moving.given, asked.y)
    pytorch, pulled = None, None
    if not request.symbolic_only:
        from gradcli import numeric

        pytorch = numeric.jvp(asked.program, asked.point, moving.t, request.dtype, request.device)
        pulled = numeric.vjp(asked.program, tuple(moving.t), asked.point, asked.v, request.dtype, request.device).grads
    verdict = compared(asked, name, forms.get(name), {**asked.point, **moving.known}, pytorch)
    yield verdict
    yield from warned(asked)
    result = verdict.symbolic if pytorch is None else pytorch
    if result is not None:
        yield from explained(moving.t, asked.v, result, pulled, asked.output_name)
