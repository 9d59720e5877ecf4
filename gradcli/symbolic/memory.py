"""A question about a program -> its closed forms, kept: with other numbers the same program has the same formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from gradcli.program import Constant, Program
from gradcli.symbolic import diff
from gradcli.symbolic.form import Derived, Form
from gradcli.symbolic.formulas import Calculus

MOST_KEPT = 1_024
"""So many questions are kept, those asked last: a class asks few, each with many numbers."""
MOST_STEPS, MOST_NUMBERS = 100, 10_000
"""A program of more steps, or with larger constant tensors, is derived anew each time: what is kept is small."""

Wanted = tuple[str, tuple[Any, ...]]
"""A method of Calculus and its arguments."""


def forms(
    program: Program,
    wrt: Sequence[str],
    wanted: Sequence[Wanted],
    tangents: Mapping[str, str] | None = None,
    **options: Any,
) -> tuple[Form, ...]:
    """The forms that are wanted, in that order; the other arguments are those of Calculus. No input's value is asked
    for, so that none can have a part in a formula."""
    make = _forms if _is_small(program) else _forms.__wrapped__
    return make(program, tuple(wrt), tuple(wanted), tuple((tangents or {}).items()), **options)


def derived(
    program: Program, wrt: Sequence[str], weights: str = "v", output: str = "y", layout: str | None = None
) -> tuple[Derived, ...]:
    """The Jacobian and the VJP of a program with respect to each variable, in closed form.

    `weights` is the name that v has in the formulas, `output` the name of y, `layout` how the Jacobian lies.
    """
    wanted = [(method, (name,)) for name in wrt for method in ("jacobian", "vjp")]
    found = iter(forms(program, wrt, wanted, weights=weights, output=output, layout=layout))
    return tuple(Derived(name, next(found), next(found)) for name in wrt)


@lru_cache(MOST_KEPT)
def _forms(
    program: Program,
    wrt: tuple[str, ...],
    wanted: tuple[Wanted, ...],
    tangents: tuple[tuple[str, str], ...],
    **options: Any,
) -> tuple[Form, ...]:
    calculus = Calculus(program, wrt, tangents=dict(tangents), **options)
    return tuple(getattr(calculus, method)(*arguments) for method, arguments in wanted)


def forget() -> None:
    """Keeps nothing any more: for who changes the operations themselves."""
    _forms.cache_clear()
    diff.forget()


def _is_small(program: Program) -> bool:
    numbers = (getattr(s.how.value, "size", 1) for s in program.steps if isinstance(s.how, Constant))
    return len(program.steps) <= MOST_STEPS and sum(numbers) <= MOST_NUMBERS
