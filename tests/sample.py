"""Hand-made parts of a report: the renderers and the command line without the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcli.derivatives import KINDS, Derivative, LeftSide
from gradcli.message import Message, Span, fault
from gradcli.report import (
    Closed,
    Compared,
    Equivalence,
    Jacobian,
    Note,
    Part,
    Question,
    Structure,
    Vjp,
    Warning,
    Weights,
)
from gradcli.request import Request


def left_side(kind: str, rows: str = "", columns: str = "") -> LeftSide:
    """Of y by x; a letter is an index."""
    return LeftSide(Derivative(KINDS[kind], "y", ("x",)), tuple(rows), tuple(columns))


JACOBIAN = Jacobian(
    (5, 5, 5, 5),
    left_side("jacobian", "mn", "ij"),
    "2*(1 + x[i,j])*delta(i,m)*delta(j,n)",
    r"2 \left(1 + {x}_{i,j}\right) \delta_{i,m} \delta_{j,n}",
    (),
    Structure("diagonal", 25, 625, True),
)
VJP = Vjp(
    left_side("vjp", "", "ij"), "2*v[i,j]*(1 + x[i,j])", r"2 {v}_{i,j} \left(1 + {x}_{i,j}\right)", (), "2*v*(x + 1)"
)
QUESTION = Question(
    "vjp",
    "(x+1)**2",
    r"\left(x + 1\right)^{2}",
    {"x": (5, 5)},
    "float64",
    (5, 5),
    "ones",
    (5, 5),
    ("x",),
    bare=Span(0, 8),
)
GRADIENT = 2 * (np.eye(5) + 1)


def parts(request: Request) -> Iterator[Part]:
    """The whole answer to (x+1)**2 at eye(5), v = ones, whatever was asked."""
    yield replace(QUESTION, expression=request.expression)
    yield Closed("x", JACOBIAN, VJP)
    yield Weights(np.ones((5, 5)), (np.eye(5) + 1) ** 2)
    if request.symbolic_only:
        yield Compared("x", GRADIENT, None, None, None, Message("PyTorch was not asked (--symbolic-only)"))
    else:
        yield Compared("x", GRADIENT, GRADIENT, 0.0, True, jacobian_checked=True)
        yield Equivalence("x", GRADIENT, 0.0, 0.0)
    yield Note("weights", Message("v weighs the {n} entries of y before they are added up.", {"n": 25}))
    yield Warning("default-v", Message("v was left out."))


def run(request: Request) -> Iterator[Part]:
    """`parts`, with the errors and defects that the tests ask for by the expression."""
    for name in request.inputs:
        if name not in request.expression:
            raise fault("name", "the expression has no variable {name} (it has: {known})", name=name, known="x")
    if request.expression == "x + seed" and "seed" not in request.inputs:
        raise fault("name", "no value for {name}", name="seed")
    match request.expression:
        case "crash":
            raise ZeroDivisionError("sample")
        case "deep":
            raise RecursionError
        case "memory":
            raise MemoryError
        case "ctrl-c":
            raise KeyboardInterrupt
        case "late":
            yield QUESTION
            raise fault("shape", "too late")
        case "sleep":
            import time

            time.sleep(60)
        case "die":
            import os

            os._exit(9)
        case "disagree":
            yield QUESTION
            yield Compared("x", GRADIENT, GRADIENT + 1, 1.0, False)
            return
    yield from parts(request)
