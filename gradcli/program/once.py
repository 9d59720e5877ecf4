"""What is worked out from a program alone, kept for as long as the program is: a class asks one question many times."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from gradcli.program.steps import Program

T = TypeVar("T")
P = ParamSpec("P")


def once(compute: Callable[Concatenate[Program, P], T]) -> Callable[Concatenate[Program, P], T]:
    """A function of a program, and of names beside it, that is computed once for each. What it returns may not hold the
    program, which would then be kept for ever."""
    found: WeakKeyDictionary[Program, dict[Hashable, T]] = WeakKeyDictionary()

    @wraps(compute)
    def kept(program: Program, /, *beside: P.args, **named: P.kwargs) -> T:
        answers, asked = found.setdefault(program, {}), (beside, *named.items())
        if asked not in answers:
            answers[asked] = compute(program, *beside, **named)
        return answers[asked]

    return kept
