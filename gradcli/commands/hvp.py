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

    asked = understand(request)
    refuse_without_weights(asked)
    moving, unit = directions(asked), request.v is None
    refuse_intermediate(asked, product(moving.t, asked.wrt))
    yield question(asked, notation.latex(asked.program), weighted=not unit)
    yield from (Warning("reading", note) for note in asked.program.notes)
    wanted = [Wanted(name, "hvp", (name, tuple(moving.t)), matrix=False) for name in asked.wrt]
    involved = tuple(dict.fromkeys([*asked.wrt, *moving.t]))
    forms = yield from formed(asked, wanted, involved, moving.names, unit=unit)
    yield Tangents(moving.t, moving.given, asked.y)
    pytorch: Mapping[str, Array] = {}
    silent = None
    if not request.symbolic_only:
        from gradcli import numeric

        numbers = partial(numeric.hvp, asked.program, asked.wrt, asked.point, asked.v, moving.t, *asked.dtype_device)
        pytorch, silent = by_pytorch(forms, numbers)
    known = {**asked.point, asked.weights: asked.v, **moving.known}
    found: list[Compared] = []
    for name in asked.wrt:
        found.append(compared(asked, name, forms.get(name), known, pytorch.get(name), silent=silent, order=2))
        yield found[-1]
    yield from warned(asked, order=2)
    yield from explained(found, moving.t)
