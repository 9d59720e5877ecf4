"""Gradients that are zero, left out, or that PyTorch would not keep, and why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.explain.facts import Facts
from gradcli.explain.slots import comma_separated, note
from gradcli.message import N_
from gradcli.program import Apply
from gradcli.report import Note

REFUSAL = "element 0 of tensors does not require grad and does not have a grad_fn"

_REFUSED = N_(
    "{y} does not depend on {x} by any differentiable step, so the gradient is zero. PyTorch refuses {y}.backward() "
    'here: "{refusal}".'
)
_NOT_REACHED = N_("{y} does not depend on {x} by any differentiable step, so {x}.grad is zero; PyTorch leaves it None.")
_FLAT = N_("Wherever {y} has a derivative by {x} it is 0, so {x}.grad is zero whatever {v} is.")
_NO_WEIGHT = N_("{v} is 0 everywhere, so it gives every derivative the weight 0.")
_INDEX = N_(
    "{x} holds indices or classes: whole numbers that can't move by a little, so it has no gradient and was left out."
)
_INTERMEDIATE = N_(
    "{a} is a value on the way, not a leaf: PyTorch keeps {a}.grad only if {a}.retain_grad() was called before "
    "backward, else it is None."
)
_UNTAKEN = N_(
    "where computes both branches, and backward multiplies the one not taken by 0: 0 times inf or nan is the nan in "
    "PyTorch's {x}.grad. The formula has only the branch that is taken."
)


def zero(facts: Facts) -> Iterator[Note]:
    """Zero whatever the numbers are: no differentiable way, a derivative that is zero, or a v that is."""
    if not facts.moving:
        yield note("zero", _REFUSED, y=facts.y_name, x=comma_separated(facts.wrt), refusal=REFUSAL)
        return
    for name in facts.wrt:
        if name not in facts.moving:
            yield note("zero", _NOT_REACHED, y=facts.y_name, x=name)
        elif _flat(facts, name):
            yield note("zero", _FLAT, y=facts.y_name, x=name, v=facts.v_name)
    if facts.v.size and not np.any(facts.v):
        yield note("zero", _NO_WEIGHT, v=facts.v_name)


def _flat(facts: Facts, name: str) -> bool:
    structure, gradient = facts.structures.get(name), facts.gradients.get(name)
    if structure is None or gradient is None or gradient.size == 0:
        return False
    return structure.kind == "zero" and not np.any(gradient)


def left_out(facts: Facts) -> Iterator[Note]:
    """Inputs that are indices or classes."""
    yield from (
        note("index-input", _INDEX, x=name) for name in facts.program.inputs if name in facts.program.whole_numbers
    )


def intermediate(facts: Facts) -> Iterator[Note]:
    """A gradient by a value on the way."""
    yield from (note("intermediate", _INTERMEDIATE, a=name) for name in facts.wrt if name not in facts.program.inputs)


def untaken(facts: Facts) -> Iterator[Note]:
    """The nan that where() makes of a branch that was not taken."""
    steps = [facts.program.steps[place].how for place in facts.paths.carrying]
    if not any(isinstance(how, Apply) and how.operation == "where" for how in steps):
        return
    for part in facts.compared:
        if part.pytorch is None or part.symbolic is None:
            continue
        if np.any(np.isnan(part.pytorch) & np.isfinite(part.symbolic)):
            yield note("where", _UNTAKEN, x=part.name)
