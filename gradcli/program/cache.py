"""What is worked out from a program alone, kept with the program: a class asks one question many times."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from gradcli.program.program import Program

T = TypeVar("T")
P = ParamSpec("P")


def once(compute: Callable[Concatenate[Program, P], T]) -> Callable[Concatenate[Program, P], T]:
    """A function of a program, and of names beside it, that is computed once for each. It is kept by the object, not by
    what the program says: to compare large constants would take longer than to compute anew."""

    @wraps(compute)
    def kept(program: Program, /, *beside: P.args, **named: P.kwargs) -> T:
        asked = (compute.__qualname__, beside, *named.items())
        if asked not in program.told:
            program.told[asked] = compute(program, *beside, **named)
        answer: T = program.told[asked]
        return answer

    return kept
