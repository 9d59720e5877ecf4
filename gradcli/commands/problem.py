"""A request -> the question as it is understood: program, point, v. Every mistake of the user's is told here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import numpy as np

from gradcli.message import N_, NN_, GradcliError, Message, fault
from gradcli.program import Program, Ref, trace, values_of
from gradcli.program.names import fresh_name
from gradcli.report import Array, Question
from gradcli.request import Request
from gradcli.shapes import MOST, Shape, allowed, is_one_number, written
from gradcli.streams import Stream
from gradcli.syntax import Tree, parse
from gradcli.syntax.mentions import mentions
from gradcli.syntax.scan import uncommented
from gradcli.tensors import Stdin, read_program, read_tensor
from gradcli.tensors.tensor_text import CONSTRUCTORS

MOST_KEPT, LONGEST_KEPT = 1_024, 2_000
"""So many programs are kept as they were understood, of at most so many characters."""
GUESSED_ONES = N_(
    "v was left out, so v = ones was taken; PyTorch itself refuses here: "
    '"grad can be implicitly created only for scalar outputs"'
)


@dataclass(frozen=True, slots=True)
class Understood:
    """The question with everything known: values are float64 arrays (rounded to float32 if that was asked)."""

    program: Program
    point: Mapping[str, Array]
    values: tuple[Array, ...]
    wrt: tuple[str, ...]
    v: Array
    v_given: str
    weights: str
    guessed: bool
    request: Request

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

    def question(self, latex: str) -> Question:
        """What is echoed at the head of the answer."""
        from gradcli import notation

        return Question(
            self.request.command,
            self.program.source,
            latex,
            {name: value.shape for name, value in self.point.items()},
            self.request.dtype,
            self.program.output_shape,
            self.v_given,
            self.v.shape,
            self.wrt,
            output_name=self.output_name,
            v_name=self.weights,
            bare=self.program.bare,
            defines=notation.defines(self.program),
        )


def understand(request: Request) -> Understood:
    """Text -> program, tensors, v.

    Raises GradcliError for everything that is wrong with the question, before anything heavy is loaded.
    """
    _refuse_impossible(request)
    stdin, generator = Stdin(), Stream(request.seed, "inputs")
    source = read_program(request.expression, stdin=stdin)
    _parsed(source, tuple(request.inputs))  # its mistakes are told before a tensor's
    rounded = np.float32 if request.dtype == "float32" else np.float64
    point = {
        name: tensor(given, name, stdin, generator).astype(rounded, copy=False).astype(np.float64, copy=False)
        for name, given in request.inputs.items()
    }
    program = _program(source, point, request.seed)
    _whole_numbers(program, point, request.inputs)
    wrt = variables(program, request)
    last = max(program.output.step, *(program.variable(name).step for name in wrt))  # type: ignore[union-attr]
    values = tuple(values_of(program, point, Ref(last)))
    weights = fresh_name("v", {*program.inputs, *program.names})
    v, given, guessed = _weights(program, request, point, stdin, Stream(request.seed, "v"))
    v = v.astype(rounded, copy=False).astype(np.float64, copy=False)
    return Understood(program, point, values, wrt, v, given, weights, guessed, request)


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


def _program(source: str, point: Mapping[str, Array], seed: int) -> Program:
    """The program; one that was read before for tensors of these shapes is the same object, unless the inputs' values
    have a part in it (`while`)."""
    tree = _parsed(source, tuple(point))
    shapes = {name: value.shape for name, value in point.items()}
    if tree.loops or not _is_short(source):
        return trace(tree, shapes, seed, point)
    return _straight(source, tuple(shapes.items()), seed, allowed(MOST))


@lru_cache(MOST_KEPT)
def _straight(source: str, shapes: tuple[tuple[str, Shape], ...], seed: int, _: int) -> Program:
    return trace(_parsed(source, tuple(name for name, _ in shapes)), dict(shapes), seed)


def _parsed(source: str, names: tuple[str, ...]) -> Tree:
    return _tree(source, names) if _is_short(source) else parse(source, names)


_tree = lru_cache(MOST_KEPT)(parse)


def _is_short(source: str) -> bool:
    """Whether little is kept with it: few characters, and no tensor that is drawn and may be large."""
    return len(source) <= LONGEST_KEPT and "rand" not in source


def tensor(given: Any, name: str, stdin: Stdin, generator: Stream, point: Mapping[str, Array] | None = None) -> Array:
    """A tensor as given: text, lists or an array; an expression may use the variables of `point`."""

    def evaluate(tree: Tree) -> Array:
        inputs, mentioned = dict(point or {}), mentions(tree)
        used = {name: inputs[name] for name in inputs if name in mentioned}
        program = trace(tree, {n: a.shape for n, a in used.items()}, int(generator.integers(0, 2**31)), used)
        return values_of(program, used)[program.output.step]

    return read_tensor(given, name=name, evaluate=evaluate, stdin=stdin, generator=generator)


def variables(program: Program, request: Request) -> tuple[str, ...]:
    """The variables to differentiate: those asked for, or every input that is not made of indices or classes."""
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


def _whole_numbers(program: Program, point: Mapping[str, Array], given: Mapping[str, Any]) -> None:
    for name in sorted(program.whole_numbers):
        if _is_true_or_false(given[name]):
            raise fault(
                "domain",
                N_("{name} is used as an index or a class and must hold whole numbers, not True and False"),
                hint=N_("where({name}, ..., 0)  keeps the shape, with 0 where it is false"),
                name=name,
            )
        if not np.array_equal(point[name], np.round(point[name])):
            raise fault("domain", N_("{name} is used as an index or a class and must hold whole numbers"), name=name)


def _is_true_or_false(given: Any) -> bool:
    if isinstance(given, str):
        return re.search(r"\b(True|False|true|false)\b", given) is not None
    return np.asarray(given).dtype == bool


def _weights(
    program: Program, request: Request, point: Mapping[str, Array], stdin: Stdin, generator: Stream
) -> tuple[Array, str, bool]:
    """(v, how it was given, whether it had to be guessed)."""
    shape = program.output_shape
    if request.v is None:
        one = is_one_number(shape)
        if not one and request.strict:
            raise fault(
                "shape",
                N_("grad can be implicitly created only for scalar outputs: the output is {shape}, so v must be given"),
                hint=N_("--v ones  adds the outputs up;  --v onehot:{place}  picks one row of the Jacobian"),
                shape=written(shape),
                place=",".join("0" * len(shape)),
            )
        return np.ones(shape), "1" if one else "ones", not one
    text = uncommented(request.v).strip() if isinstance(request.v, str) else None
    if text == "ones":
        return np.ones(shape), "ones", False
    if text is not None and text.startswith("onehot:"):
        return _one_hot(text, shape), text, False
    if text is not None and text.isidentifier() and text not in point and text not in CONSTRUCTORS:
        raise _no_such_weights(text, point, len(shape))
    v = _v_tensor(request, point, stdin, generator)
    if v.shape != shape:
        if v.size == 1 and shape == ():
            return v.reshape(()), text or "tensor", False
        raise _misfit(v.shape, shape, program)
    return v, text or "tensor", False


def _v_tensor(request: Request, point: Mapping[str, Array], stdin: Stdin, generator: Stream) -> Array:
    try:
        return tensor(request.v, "v", stdin, generator, point)
    except GradcliError as error:
        if error.kind == "name" and error.hint is None:
            error.hint = Message(
                N_("v is a tensor of the output's shape, `ones`, `onehot:0,2` or an expression over the inputs")
            )
        raise


def _no_such_weights(text: str, point: Mapping[str, Array], rank: int) -> GradcliError:
    if text == "onehot":
        return fault(
            "name",
            N_("--v onehot does not say which entry of the output"),
            hint=N_("did you mean  --v onehot:{place} ?"),
            place=",".join("0" * max(rank, 1)),
        )
    near = get_close_matches(text, ["ones", *point], n=1, cutoff=0.5)
    return fault(
        "name",
        N_("--v {text}: that is no variable and no tensor"),
        hint=N_("did you mean  --v {near} ?")
        if near
        else N_(
            "v is a tensor of the output's shape:  --v ones,  --v onehot:0,  --v 1,2,3,  "
            "or an expression over the inputs"
        ),
        text=text,
        near=near[0] if near else "",
    )


def _one_hot(text: str, shape: tuple[int, ...]) -> Array:
    """`onehot:0,2`: 1 at that entry of the output, 0 elsewhere."""
    v = np.zeros(shape)
    try:
        place = tuple(int(p) for p in text.removeprefix("onehot:").split(",") if p.strip())
        if len(place) != len(shape):
            raise IndexError
        v[place] = 1.0
    except (ValueError, IndexError):
        raise fault(
            "shape",
            N_("{text} is no entry of the output, which is {shape}"),
            hint=NN_(
                "one whole number for its {count} axis, counted from 0",
                "one whole number for each of its {count} axes, counted from 0",
            ),
            text=text,
            shape=written(shape),
            count=len(shape),
        ) from None
    return v


def _misfit(given: tuple[int, ...], wanted: tuple[int, ...], program: Program) -> GradcliError:
    inputs = [n for n, ref in program.inputs.items() if program[ref].shape == given]
    if inputs and wanted != ():
        hint = N_(
            "v weighs the outputs, not the inputs: it has the shape of the whole expression, not of {name};  "
            "--v ones  is one of the right shape"
        )
    elif wanted == ():
        hint = N_("for a scalar output v is one number:  --v 1")
    elif given == ():
        hint = N_(
            "one number does not stand for all of them, as PyTorch does not stretch v;  --v full:{size}:2  is 2 "
            "for every entry,  --v ones  1"
        )
    else:
        hint = N_("--v ones  is one of the right shape")
    return fault(
        "shape",
        N_("v has the shape of the output, which is {wanted}; the v given is {given}"),
        hint=hint,
        wanted=written(wanted),
        given=written(given),
        name=inputs[0] if inputs else "",
        size="x".join(map(str, wanted)),
    )
