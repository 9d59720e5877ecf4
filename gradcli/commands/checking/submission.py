"""`--answer` -> what it is worth at a point: a formula over the inputs and v, or a tensor of so many typed digits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gradcli.commands.problem import Problem
from gradcli.commands.tensor_arguments import tensor
from gradcli.message import N_, GradcliError, Span, fault, message
from gradcli.program import Program, trace, values_of
from gradcli.report import Array
from gradcli.streams import Stream
from gradcli.syntax import Tree, parse
from gradcli.syntax.tree import assigns, mentions
from gradcli.tensors import Stdin

_NUMBER = re.compile(r"(?<![\w.])[-+]?(\d++\.?+\d*+|\.\d++)(?:[eE]([-+]?\d++))?(?![\w.])")
_LITERAL = re.compile(r"[-+\d.eE,:;\s\[\]()]*")

ROUNDED = 0.2
"""A typed number may be off by so much of itself, if it is right to the digits that were typed."""

Tensors = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Submission:
    """What was answered. `names` are the tensors that it names; one without any holds at the user's point only.

    `value` is its worth at a point (the inputs, v, the tangents and the program's own names by name); `unit` is half a
    unit of the last digit typed, entry by entry, where it is made of typed numbers.
    """

    text: str
    names: frozenset[str]
    tree: Tree | None
    constant: Array | None
    unit: Array | None

    def value(self, tensors: Tensors, seed: int = 0) -> Array:
        if self.constant is not None:
            return self.constant
        program = self.program(tensors, seed)
        return values_of(program, {name: tensors[name] for name in self.names})[program.output.step]

    def program(self, tensors: Tensors, seed: int = 0) -> Program:
        """The answer as a program for tensors of these shapes."""
        assert self.tree is not None
        used = {name: tensors[name] for name in self.names}
        return trace(self.tree, {name: a.shape for name, a in used.items()}, seed, used)


def read_submission(problem: Problem, tensors: Tensors) -> Submission:
    """The answer as it was given.

    Raises GradcliError where it is missing or cannot be understood, with its place in the answer's own text.
    """
    answer = problem.request.answer
    if answer is None:
        raise fault(
            "option",
            N_("check needs --answer: a formula over the inputs and v, or a tensor"),
            hint=N_('--answer "2*x*v"'),
        )
    if not isinstance(answer, str):
        constant = tensor(answer, "--answer", Stdin(), Stream(problem.request.seed, "answer"))
        return Submission(
            json.dumps(answer) if isinstance(answer, (list, int, float)) else "tensor",
            frozenset(),
            None,
            constant,
            _half_units(json.dumps(answer), constant) if isinstance(answer, (list, int, float)) else None,
        )
    text = _right_side(answer.strip())
    names = _names_in(text, tensors, problem.program)
    if names and not text.startswith("@"):
        submission = Submission(text, names, parse(text, tuple(names)), None, None)
        _hinting_at_names(problem, lambda: submission.program(tensors))  # a mistake in it is told now
        return submission
    constant = _hinting_at_names(
        problem, lambda: tensor(text, "--answer", Stdin(), Stream(problem.request.seed, "answer"))
    )
    return Submission(
        text, frozenset(), None, constant, _half_units(text, constant) if _LITERAL.fullmatch(text) else None
    )


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


T = TypeVar("T")


def _hinting_at_names(problem: Problem, read: Callable[[], T]) -> T:
    """What `read` gives; a name that the answer may not use is told with those that it may."""
    try:
        return read()
    except GradcliError as error:
        if error.kind == "name" and error.hint is None:
            names = ", ".join([*problem.program.inputs, problem.v_name])
            error.hint = message(N_("an answer may name {names}, and what the expression itself names"), names=names)
        raise


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
