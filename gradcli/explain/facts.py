"""What an explanation is made from: the question, the point, and the numbers of the answer. Computes no derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradcli.compare import first_place
from gradcli.explain.slots import note
from gradcli.message import Sentence
from gradcli.program import Apply, Program, Ref
from gradcli.program.hazards import kinks
from gradcli.program.program import Paths, paths
from gradcli.report import Array, Compared, Equivalence, Note, Structure, Tensors, numbers_of
from gradcli.shapes import Shape, is_one_number


@dataclass(frozen=True)
class Facts:
    """A question of vjp's with its answer.

    `values` are those of the steps up to the output; `v` has the output's shape, `v_given` is the text it was given by,
    `v_name` what the formulas call it and `y_name` what they call the output. `structures` say where each Jacobian can
    be non-zero, for those that have a closed form, in the layout.
    """

    program: Program
    point: Tensors
    values: Sequence[Array]
    wrt: tuple[str, ...]
    v: Array
    v_given: str
    v_name: str
    y_name: str
    layout: str
    structures: Mapping[str, Structure]
    compared: Sequence[Compared]
    equivalences: Sequence[Equivalence]

    @property
    def y(self) -> Array:
        return self.values[self.program.output.step]

    @property
    def one_number(self) -> bool:
        return is_one_number(self.y.shape)

    @cached_property
    def paths(self) -> Paths:
        """The steps between the variables and the output."""
        return paths(self.program, self.wrt)

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """The variables that the output depends on by differentiable steps."""
        return tuple(name for name in self.wrt if paths(self.program, (name,)).reach_output)

    @cached_property
    def gradients(self) -> Tensors:
        """PyTorch's `.grad` for each variable, or the formula's values where PyTorch was not asked."""
        return numbers_of(self.compared)

    def note(self, topic: str, sentence: Sentence, /, **slots: object) -> Note:
        """A sentence that may name y and v, as the formulas call them."""
        return note(topic, sentence, y=self.y_name, v=self.v_name, **slots)

    def shape(self, name: str) -> Shape:
        """The shape of a variable."""
        return self.program.shape(name)

    def diagonal(self, name: str) -> bool:
        """Whether each entry of y depends on one entry of the variable only, and each on another."""
        structure = self.structures.get(name)
        return structure is not None and (structure.kind == "diagonal" or structure.nonzero == structure.total == 1)

    @cached_property
    def has_kink(self) -> bool:
        """Whether a step on the way has no derivative at this point."""
        return next(kinks(self.program, self.values, self.wrt), None) is not None

    def operation_of(self, ref: Ref) -> Apply | None:
        """The operation that makes a step's value; None for an input or a constant."""
        how = self.program[ref].how
        return how if isinstance(how, Apply) else None

    @property
    def all_ones(self) -> bool:
        return bool(np.all(self.v == 1))

    @cached_property
    def one_hot_place(self) -> tuple[int, ...] | None:
        """The one entry of y that v weighs with 1, where it weighs all others with 0."""
        if self.v.size < 2 or np.count_nonzero(self.v) != 1:
            return None
        where = first_place(self.v)
        return where if self.v[where] == 1 else None
