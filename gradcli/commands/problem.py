"""A request -> the question as it is understood: program, point, v. Every mistake of the user's is told here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from gradcli.commands.tensor_arguments import GUESSED_ONES, cotangent, is_boolean, round_to_dtype, tensor
from gradcli.message import N_, Message, fault
from gradcli.program import Program, Ref, trace, values_of
from gradcli.program.names import fresh_name
from gradcli.report import Array, Part, Question, Tensors, Value, Warning
from gradcli.request import Request
from gradcli.shapes import MOST, Shape, allowed, is_one_number, written
from gradcli.streams import Stream
from gradcli.syntax import Tree, parse
from gradcli.tensors import Stdin, read_program

MOST_KEPT, LONGEST_KEPT = 1_024, 2_000
"""So many programs are kept, of at most so many characters: the same text with tensors of the same shapes is the same
object, so that what was worked out from it is not worked out again."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A question that is understood: values are float64 arrays (rounded to float32 if the request says so).

    `point` holds the inputs, `values` the value of every step that the answer needs; `wrt` names the variables that are
    differentiated by. `v` has the output's shape, `v_given` is the text it was given by, `v_name` what the formulas
    call it; `v_is_guessed` where PyTorch would not have taken it for granted.
    """

    request: Request
    program: Program
    point: Tensors
    values: tuple[Array, ...]
    wrt: tuple[str, ...]
    v: Array
    v_given: str
    v_name: str
    v_is_guessed: bool

    @property
    def output_name(self) -> str:
        """What the answer calls the output: y, or another letter where the program has a y of its own."""
        others = {name for name, ref in self.program.names.items() if ref != self.program.output}
        taken = {*self.program.inputs, *self.wrt, *others}
        return next(name for name in ("y", "f", "z", "out", "output_") if name not in taken)

    @property
    def dtype_device(self) -> tuple[str, str]:
        """Of PyTorch's tensors."""
        return self.request.dtype, self.request.device

    @property
    def y(self) -> Array:
        """The output's value by NumPy."""
        return self.values[self.program.output.step]

    @property
    def value_part(self) -> Value:
        """The output's value as a part of an answer that has no v."""
        return Value(self.y)

    def shape(self, name: str) -> Shape:
        """The shape of a variable."""
        return self.program.shape(name)

    def question(self, weighted: bool = True) -> Question:
        """What is echoed at the head of the answer; without v where the command has none."""
        from gradcli import notation

        return Question(
            self.request.command,
            self.program.source,
            notation.latex(self.program),
            {name: value.shape for name, value in self.point.items()},
            self.request.dtype,
            self.program.output_shape,
            self.v_given if weighted else None,
            self.v.shape if weighted else None,
            self.wrt,
            output_name=self.output_name,
            v_name=self.v_name,
            bare=self.program.bare,
            defines=notation.defines(self.program),
        )


def opening(problem: Problem, weighted: bool = True, **changes: Any) -> Iterator[Part]:
    """The question, with changes to its fields, and what was assumed in reading it."""
    yield replace(problem.question(weighted), **changes)
    yield from (Warning("reading", note) for note in problem.program.notes)
    if weighted and problem.v_is_guessed:
        yield Warning("weights", Message(GUESSED_ONES))


def understand(request: Request) -> Problem:
    """Text -> program, tensors, v.

    Raises GradcliError for everything that is wrong with the question, before SymPy is loaded, and PyTorch but
    for another device than the CPU.
    """
    _refuse_impossible(request)
    stdin = Stdin()
    source = read_program(request.expression, stdin=stdin)
    _tree_of(source, tuple(request.inputs))  # its mistakes are told before a tensor's
    point = _point(request, stdin)
    program = _program_of(source, point, request.seed)
    _refuse_fractions(program, point, request.inputs)
    wrt = variables(program, request)
    values = tuple(values_of(program, point, _last_step(program, wrt)))
    v = cotangent(program, request, point, stdin)
    v_name = fresh_name("v", {*program.inputs, *program.names})
    return Problem(request, program, point, values, wrt, round_to_dtype(v.v, request), v.text, v_name, v.guessed)


def _point(request: Request, stdin: Stdin) -> dict[str, Array]:
    """The inputs' values."""
    generator = Stream(request.seed, "inputs")
    return {
        name: round_to_dtype(tensor(text, name, stdin, generator), request) for name, text in request.inputs.items()
    }


def _last_step(program: Program, wrt: tuple[str, ...]) -> Ref:
    """The last step whose value an answer needs."""
    return Ref(max(program.output.step, *(ref.step for name in wrt if (ref := program.variable(name)) is not None)))


def _refuse_impossible(request: Request) -> None:
    """Before anything is read or computed."""
    for name in request.inputs:
        if not isinstance(name, str):
            raise fault(
                "input",
                N_("inputs is an object of tensors by name, not {value}"),
                hint=N_('write  "inputs": {{"x": [1, 2]}}'),
                value=str(name),
            )
    if request.symbolic_only and request.numeric_only:
        raise fault(
            "option", N_("--symbolic-only and --numeric-only leave nothing to show"), hint=N_("leave one of them out")
        )
    if request.device != "cpu" and not request.symbolic_only:
        from gradcli.numeric.autograd import refuse_missing  # PyTorch, which alone knows

        refuse_missing(request.device)


def variables(program: Program, request: Request) -> tuple[str, ...]:
    """The variables to differentiate: those of --wrt, or every input that is not made of indices or classes."""
    if request.wrt is None:
        names = tuple(n for n in program.inputs if n not in program.whole_numbers)
        if not names and program.inputs:
            raise fault("name", N_("every input is used as an index or a class, so nothing can be differentiated"))
        if not names:
            raise fault(
                "name",
                N_("the expression has no variables, so there is nothing to differentiate"),
                hint=N_("name one in it and give it a value:  --x 3"),
            )
        return names
    for name in request.wrt:
        if program.variable(name) is None:
            known = [*program.inputs, *program.names]
            raise fault(
                "name",
                N_("--wrt {name}: the expression has no variable of that name; it has {known}"),
                name=name,
                known=", ".join(dict.fromkeys(known)),
            )
        if name in program.whole_numbers:
            raise fault(
                "name", N_("--wrt {name}: it is used as an index or a class, so it has no derivative"), name=name
            )
    return tuple(dict.fromkeys(request.wrt))


def _refuse_fractions(program: Program, point: Tensors, texts: Mapping[str, Any]) -> None:
    """What is used as an index or a class holds whole numbers."""
    for name in sorted(program.whole_numbers):
        if is_boolean(texts[name]):
            raise fault(
                "domain",
                N_("{name} is used as an index or a class and must hold whole numbers, not True and False"),
                hint=N_("where({name}, ..., 0)  keeps the shape, with 0 where it is false"),
                name=name,
            )
        if not np.array_equal(point[name], np.round(point[name])):
            raise fault("domain", N_("{name} is used as an index or a class and must hold whole numbers"), name=name)


# The program


def _tree_of(source: str, names: tuple[str, ...]) -> Tree:
    """The tree of an expression over the inputs of these names."""
    return _parse_once(source, names) if _is_short(source) else parse(source, names)


def _program_of(source: str, point: Tensors, seed: int) -> Program:
    """The program for inputs of these shapes; of their values only where they have a part in it (`while`)."""
    tree = _tree_of(source, tuple(point))
    shapes = {name: value.shape for name, value in point.items()}
    if tree.loops or not _is_short(source):
        return trace(tree, shapes, seed, point)
    return _straight(source, tuple(shapes.items()), seed, allowed(MOST))


@lru_cache(MOST_KEPT)
def _straight(source: str, shapes: tuple[tuple[str, Shape], ...], seed: int, _: int) -> Program:
    return trace(_tree_of(source, tuple(name for name, _ in shapes)), dict(shapes), seed)


_parse_once = lru_cache(MOST_KEPT)(parse)


def _is_short(source: str) -> bool:
    """Whether little is kept with it: few characters, and no tensor that is drawn and may be large."""
    return len(source) <= LONGEST_KEPT and "rand" not in source


# Problems whose derivative is not defined as it was asked for: the refusal, with a question that has an answer


def refuse_many_outputs(problem: Problem) -> None:
    """A gradient is of one number; PyTorch says it in its own words."""
    if is_one_number(problem.program.output_shape):
        return
    bare, source = problem.program.bare, problem.program.source
    text = "" if bare is None else bare.of(source)
    pasteable = text and not set(text) & set('\n"$`\\!')
    raise fault(
        "shape",
        N_(
            'a gradient is of one number, and the output is {shape}: PyTorch says "grad can be implicitly created only '
            'for scalar outputs"'
        ),
        hint=N_('add it up:  gradcli grad "sum({text})"  or weigh its entries:  gradcli vjp "{text}" --v ones')
        if pasteable
        else N_("add it up with  .sum()  at the end, or weigh its entries:  gradcli vjp ... --v ones"),
        shape=written(problem.program.output_shape),
        text=text,
    )


def refuse_guessed_weights(problem: Problem) -> None:
    """Second derivatives are of one number: of y, or of v·y where v is given."""
    if problem.v_is_guessed:
        raise fault(
            "shape",
            N_("{command} is of one number, and the output is {shape}"),
            hint=N_("--v ones  takes the sum of the output,  --v onehot:{place}  one entry of it"),
            command=problem.request.command,
            shape=written(problem.program.output_shape),
            place=",".join("0" * len(problem.program.output_shape)),
        )


def refuse_intermediate(problem: Problem, pairs: Iterable[tuple[str, str]]) -> None:
    """A gradient by x, differentiated by what is computed from x: how it depends on that is a matter of how it is
    written (the slope of m = tanh(x) is 1 - m**2 and also 1/cosh(x)**2), so that it has no one derivative."""
    for first, second in pairs:
        if problem.program.depends(second, first):
            raise fault(
                "name",
                N_(
                    "{second} is computed from {first}: a derivative by {first} can be written with {second} or "
                    "without it, so it has no one derivative by {second}"
                ),
                hint=N_("ask for one of them:  --wrt {first}  or  --wrt {second}"),
                first=first,
                second=second,
            )
