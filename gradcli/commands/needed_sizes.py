"""Forms -> a warning where they hold for some sizes only, though the program is defined for others, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gradcli.commands.problem import Problem
from gradcli.message import N_, GradcliError, message
from gradcli.program import Program, trace
from gradcli.report import Warning
from gradcli.shapes import Shape
from gradcli.syntax import parse

if TYPE_CHECKING:  # the door opens only when a formula is derived
    from gradcli.symbolic import Form


def needed_sizes(problem: Problem, forms: Sequence[Form]) -> Iterator[Warning]:
    """The warning, if it is needed. What a loop decided is said elsewhere."""
    fixed = forms[0].graph.sizes.fixed() if forms and not problem.program.loops else {}
    free = {axis: n for axis, n in fixed.items() if _may_grow(problem.program, *axis)}
    if free:
        sizes = ", ".join(f"{name}.shape[{axis}] = {n}" for (name, axis), n in free.items())
        sentence = N_("the formulas hold for {sizes}; for other sizes they are others")
        yield Warning("sizes", message(sentence, sizes=sizes))


def _may_grow(program: Program, name: str, axis: int) -> bool:
    """Whether the program is defined where this axis of an input is longer."""
    shapes = {other: program[ref].shape for other, ref in program.inputs.items()}
    n = shapes[name][axis]
    return any(_is_defined(program, {**shapes, name: _with(shapes[name], axis, m)}) for m in (n + 1, 2 * n))


def _with(shape: Shape, axis: int, n: int) -> Shape:
    return (*shape[:axis], n, *shape[axis + 1 :])


def _is_defined(program: Program, shapes: Mapping[str, Shape]) -> bool:
    try:
        trace(parse(program.source, tuple(shapes)), shapes, mending=False)
    except GradcliError:
        return False
    return True
