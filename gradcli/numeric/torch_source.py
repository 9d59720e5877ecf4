"""A program -> the lines of a PyTorch script: each row's own call, written down while it is carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gradcli.numeric.autograd import graph
from gradcli.program import Program
from gradcli.program.source_text import Library, SourceValue, SourceWriter, made
from gradcli.report import Array


@dataclass(frozen=True, slots=True)
class Lines:
    """(step, name, source) of every line, and which steps require a gradient and are reached by backward."""

    lines: tuple[tuple[int, str, str], ...]
    moving: frozenset[int]


def torch_lines(
    program: Program, names: Sequence[str], wrt: Sequence[str], point: Mapping[str, Array], dtype: str
) -> Lines:
    """The program in PyTorch's words; the steps of `wrt` have a line each."""
    with graph(program, wrt, point, dtype) as (values, y, _):
        moving: frozenset[int] = frozenset()
        if y.requires_grad:
            for value in values:
                if value.requires_grad:
                    value.retain_grad()
            y.backward(torch.ones_like(y), retain_graph=True)
            moving = frozenset(k for k, value in enumerate(values) if value.requires_grad and value.grad is not None)
        own_lines = {ref.step for name in wrt if (ref := program.variable(name)) is not None}
        writer = SourceWriter(
            program, names, Library("torch", torch), lambda row, t, arguments: row.torch(t, *arguments), _tensor, values
        )
        return Lines(tuple(writer.write(own_lines)), moving)


def _tensor(array: Array, text: str) -> SourceValue:
    return SourceValue(made("torch", np.asarray(array), text), torch.tensor(array, dtype=torch.get_default_dtype()))
