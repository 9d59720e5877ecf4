"""A tensor as a person gives it -> its values: text, nested lists, an array, or an expression over the variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcli.program import trace, values_of
from gradcli.report import Array
from gradcli.request import Request, TensorText
from gradcli.shapes import Shape
from gradcli.streams import Stream
from gradcli.syntax import Tree
from gradcli.syntax.tree import mentions
from gradcli.tensors import Stdin, read_tensor


def tensor(
    text: TensorText, name: str, stdin: Stdin, generator: Stream, point: Mapping[str, Array] | None = None
) -> Array:
    """The tensor's values, float64. An expression may use the variables of `point`; `name` is what an error calls it.

    Raises GradcliError for what is no tensor.
    """

    def evaluate(tree: Tree) -> Array:
        inputs, mentioned = dict(point or {}), mentions(tree)
        used = {name: inputs[name] for name in inputs if name in mentioned}
        program = trace(tree, {n: a.shape for n, a in used.items()}, int(generator.integers(0, 2**31)), used)
        return values_of(program, used)[program.output.step]

    return read_tensor(text, name=name, evaluate=evaluate, stdin=stdin, generator=generator)


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
