"""`--t` -> the directions in which the variables move. Every mistake in it is told here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcli.commands.problem import Problem
from gradcli.commands.tensor_arguments import one_hot, round_to_dtype, tensor
from gradcli.message import N_, fault
from gradcli.program import Program
from gradcli.program.names import fresh_name
from gradcli.report import Array, Tensors
from gradcli.shapes import Shape, written
from gradcli.streams import Stream
from gradcli.tensors import Stdin


@dataclass(frozen=True, slots=True)
class Directions:
    """The tangent of every variable that moves, the text each was given by, and the name each has in a formula."""

    t: Tensors
    texts: Mapping[str, str]
    names: Mapping[str, str]

    @property
    def by_letter(self) -> Tensors:
        """The tangents by their names in a formula."""
        return {self.names[name]: t for name, t in self.t.items()}


STILL = Directions({}, {}, {})
"""Where nothing moves."""


def directions(problem: Problem) -> Directions:
    """The tangents that were given; the variables without one stay where they are.

    Raises GradcliError where one is missing, is of another shape, or belongs to no variable.
    """
    stdin, generator = Stdin(), Stream(problem.request.seed, "t")
    t, texts = {}, {}
    for name, text in _by_name(problem).items():
        shape = _shape(problem.program, name)
        t[name] = round_to_dtype(_tangent(text, name, shape, problem, stdin, generator), problem.request)
        texts[name] = text.strip() if isinstance(text, str) else "tensor"
    return Directions(t, texts, _letters(problem, tuple(t)))


def _by_name(problem: Problem) -> dict[str, Any]:
    request, names = problem.request, problem.wrt
    if request.t is None or (isinstance(request.t, Mapping) and not request.t):
        raise fault(
            "option",
            N_("{command} needs --t, the direction in which {name} moves"),
            hint=N_(
                "--t {name}=ones  moves every entry of {name} at the same speed; --t has the shape of {name}, {shape}"
            ),
            command=request.command,
            name=names[0],
            shape=written(_shape(problem.program, names[0])),
        )
    if isinstance(request.t, Mapping):
        return dict(request.t)
    if len(names) > 1:
        raise fault(
            "option",
            N_("--t does not say which variable moves; there are {names}"),
            hint=N_("write  --t {first}=TENSOR  (and again for each other variable that moves)"),
            names=", ".join(names),
            first=names[0],
        )
    return {names[0]: request.t}


def _shape(program: Program, name: str) -> Shape:
    ref = program.variable(name)
    if ref is None or name in program.whole_numbers:
        known = ", ".join(n for n in program.inputs if n not in program.whole_numbers)
        raise fault(
            "name",
            N_("--t {name}: there is no variable of that name that can move; there is {known}"),
            name=name,
            known=known,
        )
    return program[ref].shape


def _tangent(text: Any, name: str, shape: Shape, problem: Problem, stdin: Stdin, generator: Stream) -> Array:
    word = text.strip() if isinstance(text, str) else ""
    if word == "ones":
        return np.ones(shape)
    if word.startswith("onehot:"):
        t = one_hot(word, shape)
        if t is None:
            raise fault(
                "shape",
                N_("{text} is no entry of {name}, which is {shape}"),
                text=word,
                name=name,
                shape=written(shape),
            )
        return t
    t = tensor(text, f"--t {name}", stdin, generator, problem.point)
    if t.shape != shape:
        raise fault(
            "shape",
            N_("t is a direction for {name} and has its shape, {wanted}; the t given is {given}"),
            hint=N_("--t {name}=ones  is one of the right shape"),
            name=name,
            wanted=written(shape),
            given=written(t.shape),
        )
    return t


def _letters(problem: Problem, names: tuple[str, ...]) -> dict[str, str]:
    """`t` for the only variable that moves, else `t_x`; another name where the program has that one."""
    taken = {*problem.program.inputs, *problem.program.names, problem.v_name, problem.output_name}
    letters: dict[str, str] = {}
    for name in names:
        letters[name] = fresh_name("t" if len(names) == 1 else f"t_{name}", taken)
        taken.add(letters[name])
    return letters
