"""Parts of a report -> the gradient alone, with every digit, to be pasted as a tensor or read by a script; of a
script or a graph, its text."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.message import N_, GradcliError, limit
from gradcli.render.number_text import exact
from gradcli.report import Array, Compared, Part, Question
from gradcli.report.additions import FlatJacobian
from gradcli.report.exhibits import Graph, Plot, Script, Visit
from gradcli.visible import visible


def lines_of(parts: Sequence[Part]) -> list[str]:
    """One line a variable, `name=` before it where there are several; PyTorch's values, or the formula's without it."""
    documents = [text for part in parts if (text := _document(part)) is not None]
    if documents:
        return [visible(text) for text in documents]
    known = [(name, exact(array)) for name, array in arrays(parts)]
    return [text if len(known) == 1 else f"{visible(name)}={text}" for name, text in known]


def arrays(parts: Sequence[Part]) -> list[tuple[str, Array]]:
    """Every gradient by its variable's name; of a plot, the swept variables and the curves; a Jacobian flattened where
    that was asked for.

    Raises GradcliError (limit) for a Jacobian or a Hessian of which only sums were computed: they are something else.
    """
    if any(isinstance(part, Compared) and not part.whole for part in parts):
        raise _too_large(parts)
    flat = {part.name: part.matrix for part in parts if isinstance(part, FlatJacobian) and part.matrix is not None}
    found = [(part.name, flat.get(part.name, part.numbers)) for part in parts if isinstance(part, Compared)]
    found += [(part.name, part.gradient) for part in parts if isinstance(part, Visit)]
    for part in parts:
        if isinstance(part, Plot):
            found += [*part.axes, *((curve.label, curve.values) for curve in part.curves)]
    return [(name, array) for name, array in found if array is not None]


def _too_large(parts: Sequence[Part]) -> GradcliError:
    if any(isinstance(part, Question) and part.command == "hessian" for part in parts):
        return limit(
            N_("the Hessian is too large to be computed entry by entry, so there is none to write"),
            hint=N_("gradcli hvp  gives its product with a direction at any size:  --t ones"),
        )
    return limit(
        N_("the Jacobian is too large to be computed entry by entry, so there is none to write"),
        hint=N_("gradcli vjp  gives its product with v at any size:  --v ones"),
    )


def _document(part: Part) -> str | None:
    """The text for another program, where the part is one."""
    if isinstance(part, Script):
        return part.text.rstrip("\n")
    if isinstance(part, Graph):
        from gradcli.render.graph_text import document  # which a gradient does not need

        return document(part).rstrip("\n")
    return None
