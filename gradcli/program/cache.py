"""What is worked out from a program alone, kept with the program: a class asks one question many times."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from gradcli.program.program import Program

T = TypeVar("T")
P = ParamSpec("P")


def memoize(compute: Callable[Concatenate[Program, P], T]) -> Callable[Concatenate[Program, P], T]:
    """A function of a program, and of arguments that can be hashed, that is computed once for each. The answer is kept
    by the object, not by what the program says: to compare large constants would take longer than to compute anew."""

    @wraps(compute)
    def from_memo(program: Program, /, *arguments: P.args, **options: P.kwargs) -> T:
        question = (compute.__qualname__, arguments, *options.items())
        if question not in program.memo:
            program.memo[question] = compute(program, *arguments, **options)
        answer: T = program.memo[question]
        return answer

    return from_memo
