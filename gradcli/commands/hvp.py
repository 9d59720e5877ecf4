"""`gradcli hvp`: H·t, how the gradient moves when the variables move along t. The Hessian is never built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product

from gradcli.commands.closed_forms import (
    Wanted,
    by_pytorch,
    compared,
    formed,
    question,
    refuse_intermediate,
    refuse_without_weights,
    warned,
)
from gradcli.commands.problem import understand
from gradcli.commands.tangents import directions
from gradcli.report import Array, Compared, Part, Warning
from gradcli.report.additions import Tangents
from gradcli.request import Request


def run(request: Request) -> Iterator[Part]:
    """The parts of `hvp`'s answer."""
    from gradcli import notation
    from gradcli.explain.hessian import hvp as explained

    problem = understand(request)
    refuse_without_weights(problem)
    moving, unit = directions(problem), request.v is None
    refuse_intermediate(problem, product(moving.t, problem.wrt))
    yield question(problem, notation.latex(problem.program), weighted=not unit)
    yield from (Warning("reading", note) for note in problem.program.notes)
    wanted = [Wanted(name, "hvp", (name, tuple(moving.t)), matrix=False) for name in problem.wrt]
    involved = tuple(dict.fromkeys([*problem.wrt, *moving.t]))
    forms = yield from formed(problem, wanted, involved, moving.names, unit=unit)
    yield Tangents(moving.t, moving.given, problem.y)
    pytorch: Mapping[str, Array] = {}
    silent = None
    if not request.symbolic_only:
        from gradcli import numeric

        numbers = partial(
            numeric.hvp, problem.program, problem.wrt, problem.point, problem.v, moving.t, *problem.dtype_device
        )
        pytorch, silent = by_pytorch(forms, numbers)
    known = {**problem.point, problem.weights: problem.v, **moving.known}
    found: list[Compared] = []
    for name in problem.wrt:
        found.append(compared(problem, name, forms.get(name), known, pytorch.get(name), silent=silent, order=2))
        yield found[-1]
    yield from warned(problem, order=2)
    yield from explained(found, moving.t)
