"""A tensor as a person gives it -> its values: text, nested lists, an array, or an expression over the variables; of
`--v` the weights of the output's entries, a cotangent. Every mistake in it is told here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcli.message import N_, NN_, GradcliError, Message, fault, nearest
from gradcli.program import Program, trace, values_of
from gradcli.report import Array, Tensors
from gradcli.request import Request, TensorText
from gradcli.shapes import Shape, is_one_number, written
from gradcli.streams import Stream
from gradcli.syntax import Tree
from gradcli.syntax.scan import uncommented
from gradcli.syntax.tree import mentions
from gradcli.tensors import Stdin, read_tensor
from gradcli.tensors.tensor_text import CONSTRUCTORS

GUESSED_ONES = N_(
    "v was left out, so v = ones was taken; PyTorch itself refuses here: "
    '"grad can be implicitly created only for scalar outputs"'
)


def tensor(text: TensorText, name: str, stdin: Stdin, generator: Stream, point: Tensors | None = None) -> Array:
    """The tensor's values, float64. An expression may use the variables of `point`; `name` is what an error calls it.

    Raises GradcliError for what is no tensor.
    """

    def evaluate(tree: Tree) -> Array:
        inputs, mentioned = dict(point or {}), mentions(tree)
        used = {name: inputs[name] for name in inputs if name in mentioned}
        program = trace(tree, {n: a.shape for n, a in used.items()}, int(generator.integers(0, 2**31)), used)
        return values_of(program, used)[program.output.step]

    return read_tensor(text, name=name, evaluate=evaluate, stdin=stdin, generator=generator)


@contextmanager
def hinting_at_names(hint: Message) -> Iterator[None]:
    """A name that may not stand in the tensors read in the block is told with this hint."""
    try:
        yield
    except GradcliError as error:
        if error.kind == "name" and error.hint is None:
            error.hint = hint
        raise


def one_hot(text: str, shape: Shape) -> Array | None:
    """`onehot:0,2`: 1 at that entry of a tensor of this shape and 0 elsewhere; None where it has no such entry."""
    a = np.zeros(shape)
    try:
        place = tuple(int(p) for p in text.removeprefix("onehot:").split(",") if p.strip())
        if len(place) != len(shape):
            return None
        a[place] = 1.0
    except (ValueError, IndexError):
        return None
    return a


def round_to_dtype(a: Array, request: Request) -> Array:
    """The values that PyTorch's dtype can hold, as float64."""
    dtype = np.float32 if request.dtype == "float32" else np.float64
    return a.astype(dtype, copy=False).astype(np.float64, copy=False)


def is_boolean(text: Any) -> bool:
    """Whether a tensor was given as True and False."""
    if isinstance(text, str):
        return re.search(r"\b(True|False|true|false)\b", text) is not None
    return np.asarray(text).dtype == bool


@dataclass(frozen=True, slots=True)
class Cotangent:
    """v of the output's shape, float64; how it was given, or what was taken where it was left out; and whether that had
    to be guessed."""

    v: Array
    text: str
    guessed: bool = False


def cotangent(program: Program, request: Request, point: Tensors, stdin: Stdin) -> Cotangent:
    """v as it was given, 1 or ones where it was left out.

    Raises GradcliError where it is no tensor of the output's shape, and with --strict where it would be guessed.
    """
    shape = program.output_shape
    if request.v is None:
        return _left_out(shape, request.strict)
    text = uncommented(request.v).strip() if isinstance(request.v, str) else "tensor"
    if text == "ones":
        return Cotangent(np.ones(shape), text)
    if text.startswith("onehot:"):
        v = one_hot(text, shape)
        if v is None:
            raise _no_such_entry(text, shape)
        return Cotangent(v, text)
    if isinstance(request.v, str) and text.isidentifier() and text not in point and text not in CONSTRUCTORS:
        raise _no_such_tensor(text, point, len(shape))
    hint = N_("v is a tensor of the output's shape, `ones`, `onehot:0,2` or an expression over the inputs")
    with hinting_at_names(Message(hint)):
        v = tensor(request.v, "v", stdin, Stream(request.seed, "v"), point)
    if v.size == 1 and shape == ():
        v = v.reshape(())
    if v.shape != shape:
        raise _misfit(v.shape, shape, program)
    return Cotangent(v, text or "tensor")


def _left_out(shape: Shape, strict: bool) -> Cotangent:
    if is_one_number(shape):
        return Cotangent(np.ones(shape), "1")
    if strict:
        raise fault(
            "shape",
            N_("grad can be implicitly created only for scalar outputs: the output is {shape}, so v must be given"),
            hint=N_("--v ones  adds the outputs up;  --v onehot:{place}  picks one row of the Jacobian"),
            shape=written(shape),
            place=",".join("0" * len(shape)),
        )
    return Cotangent(np.ones(shape), "ones", guessed=True)


def _no_such_tensor(text: str, point: Tensors, rank: int) -> GradcliError:
    if text == "onehot":
        return fault(
            "name",
            N_("--v onehot does not say which entry of the output"),
            hint=N_("did you mean  --v onehot:{place} ?"),
            place=",".join("0" * max(rank, 1)),
        )
    near = nearest(text, ["ones", *point])
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
        near=near,
    )


def _no_such_entry(text: str, shape: Shape) -> GradcliError:
    return fault(
        "shape",
        N_("{text} is no entry of the output, which is {shape}"),
        hint=NN_(
            "one whole number for its {count} axis, counted from 0",
            "one whole number for each of its {count} axes, counted from 0",
        ),
        text=text,
        shape=written(shape),
        count=len(shape),
    )


def _misfit(shape: Shape, wanted: Shape, program: Program) -> GradcliError:
    inputs = [n for n, ref in program.inputs.items() if program[ref].shape == shape]
    if inputs and wanted != ():
        hint = N_(
            "v weighs the outputs, not the inputs: it has the shape of the whole expression, not of {name};  "
            "--v ones  is one of the right shape"
        )
    elif wanted == ():
        hint = N_("for a scalar output v is one number:  --v 1")
    elif shape == ():
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
        given=written(shape),
        name=inputs[0] if inputs else "",
        size="x".join(map(str, wanted)),
    )
