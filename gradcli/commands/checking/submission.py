"""`--answer` -> what it is worth at a point: a formula over the inputs and v, or a tensor of so many typed digits."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numpy as np

from gradcli.commands.problem import Problem
from gradcli.commands.tensor_arguments import hinting_at_names, tensor
from gradcli.compare import HALF_UNITS, SUBMISSION, Tolerance
from gradcli.message import N_, GradcliError, Span, fault, message
from gradcli.program import Program, trace, values_of
from gradcli.report import Array, Tensors
from gradcli.request import Request, TensorText
from gradcli.streams import Stream
from gradcli.syntax import Tree, parse
from gradcli.syntax.tree import assigns, mentions
from gradcli.tensors import Stdin

_NUMBER = re.compile(r"(?<![\w.])[-+]?(\d++\.?+\d*+|\.\d++)(?:[eE]([-+]?\d++))?(?![\w.])")
_LITERAL = re.compile(r"[-+\d.eE,:;\s\[\]()]*")

ROUNDED = 0.2
"""A typed number may be off by so much of itself, if it is right to the digits that were typed."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What was answered. `names` are the tensors that it names; one without any holds at the user's point only.

    `unit` is half a unit of the last digit typed, entry by entry, where it is made of typed numbers.
    """

    request: Request
    text: str
    names: frozenset[str] = frozenset()
    tree: Tree | None = None
    constant: Array | None = None
    unit: Array | None = None

    def value(self, tensors: Tensors) -> Array:
        """Its worth at a point, float64: the inputs, v, the tangents and the program's own names, by name."""
        if self.constant is not None:
            return np.asarray(self.constant, dtype=np.float64)
        program = self.program(tensors)
        return np.asarray(values_of(program, self.used(tensors))[program.output.step], dtype=np.float64)

    def used(self, tensors: Tensors) -> Tensors:
        """Those of the tensors that it names."""
        return {name: tensors[name] for name in self.names}

    def program(self, tensors: Tensors) -> Program:
        """The answer as a program for tensors of these shapes."""
        assert self.tree is not None
        used = self.used(tensors)
        return trace(self.tree, {name: a.shape for name, a in used.items()}, self.request.seed, used)

    def allowed(self, correct: Array) -> Array:
        """How far it may be from what is right, entry by entry."""
        rtol, atol = self.request.rtol, self.request.atol
        if rtol is not None or atol is not None:
            return Tolerance(rtol or 0.0, 0.0, atol or 0.0).around(correct)
        allowed = SUBMISSION.around(correct)
        if self.unit is None or self.unit.size not in (1, correct.size):
            return allowed
        fitted = self.unit.reshape(correct.shape if self.unit.size == correct.size else ())
        return np.asarray(np.maximum(allowed, fitted * HALF_UNITS))


def read_submission(problem: Problem, tensors: Tensors) -> Submission:
    """The answer as it was given.

    Raises GradcliError where it is missing or cannot be understood, with its place in the answer's own text.
    """
    request = problem.request
    answer = request.answer
    if answer is None:
        raise fault(
            "option",
            N_("check needs --answer: a formula over the inputs and v, or a tensor"),
            hint=N_('--answer "2*x*v"'),
        )
    if not isinstance(answer, str):
        constant, text = _constant(answer, request), "tensor"
        if not isinstance(answer, (list, int, float)):
            return Submission(request, text, constant=constant)
        text = json.dumps(answer)
        return Submission(request, text, constant=constant, unit=_half_units(text, constant))
    text = _right_side(answer.strip())
    names = _names_in(text, tensors, problem.program)
    tree = parse(text, tuple(names)) if names and not text.startswith("@") else None
    known = ", ".join([*problem.program.inputs, problem.v_name])
    with hinting_at_names(message(N_("an answer may name {names}, and what the expression itself names"), names=known)):
        if tree is not None:
            submission = Submission(request, text, names, tree)
            submission.program(tensors)  # a mistake in it is told now
            return submission
        constant = _constant(text, request)
    return Submission(
        request, text, constant=constant, unit=_half_units(text, constant) if _LITERAL.fullmatch(text) else None
    )


def _constant(answer: TensorText, request: Request) -> Array:
    return tensor(answer, "--answer", Stdin(), Stream(request.seed, "answer"))


def _right_side(text: str) -> str:
    """The answer, unless it is an equation, as `dy/dx = 2x`."""
    left, sign, right = text.partition("=")
    whole = left.count("(") == left.count(")") and not re.search(r"[<>!;\n#]", left)  # no argument's = and no comment's
    if sign and whole and re.search(r"[/'∂∇]|\.grad", left) and not right.startswith("="):
        raise fault(
            "syntax",
            N_("an answer is the right side of an equation alone"),
            hint=N_("did you mean {repair} ?"),
            repair=right.strip(),
        ).at(Span(0, len(left) + 1), text)
    return text


def _names_in(text: str, tensors: Tensors, program: Program) -> frozenset[str]:
    """What the answer names; a name of the program's own that the answer assigns for itself is not one of them."""
    try:
        tree = parse(text, tuple(tensors))
    except GradcliError:
        return _names_in_broken_text(text, tensors)
    return (mentions(tree) & frozenset(tensors)) - (assigns(tree) - frozenset(program.inputs))


def _names_in_broken_text(text: str, tensors: Tensors) -> frozenset[str]:
    """What seems to be named by a text that is no program: `1,2:3,4` names nothing, and `2*(x` is told as a formula."""
    plain = re.sub(r"(?<![\w.])(\d+\.?\d*|\.\d+)(?=[^\W\d_])(?!e[-+]?\d)", r"\1 ", text)  # 2x, 3.5sin(x), not 2e5
    return frozenset(name for name in tensors if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", plain))


def _half_units(text: str, constant: Array) -> Array | None:
    """Half a unit of the last digit of each number that was typed with a point, but no more than a fifth of the number:
    a whole number is exact, and 0.0 is 0. None where the numbers are not the entries."""
    units = [
        0.5 * 10.0 ** (int(match[2] or 0) - len(match[1].partition(".")[2])) if "." in match[1] or match[2] else 0.0
        for match in _NUMBER.finditer(text)
    ]
    if len(units) != constant.size:
        return None
    return np.asarray(np.minimum(np.array(units).reshape(constant.shape), ROUNDED * np.abs(constant)))
