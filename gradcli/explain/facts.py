"""What an explanation is made from: the question, the point, and the numbers of the answer. Computes no derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gradcli.compare import first_place
from gradcli.program import Apply, Program, Ref
from gradcli.program.hazards import kinks
from gradcli.program.program import Paths, paths
from gradcli.report import Array, Compared, Equivalence, Structure
from gradcli.shapes import LAYOUTS, Shape, is_one_number


@dataclass(frozen=True)
class Facts:
    """A question of vjp's with its answer.

    `values` are every step's; `v` has the output's shape, `v_given` is the text it was given by, `v_name` what the
    formulas call it and `y_name` what they call the output. `structures` say where each Jacobian can be non-zero, for
    those that have a closed form, in the layout.
    """

    program: Program
    point: Mapping[str, Array]
    values: Sequence[Array]
    wrt: tuple[str, ...]
    v: Array
    v_given: str
    v_name: str = "v"
    y_name: str = "y"
    layout: str = LAYOUTS[0]
    structures: Mapping[str, Structure] = field(default_factory=dict)
    compared: tuple[Compared, ...] = ()
    equivalences: tuple[Equivalence, ...] = ()

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
    def gradients(self) -> Mapping[str, Array]:
        """PyTorch's `.grad` for each variable, or the formula's values where PyTorch was not asked."""
        return {one.name: np.asarray(one.numbers, np.float64) for one in self.compared if one.numbers is not None}

    def shape(self, name: str) -> Shape:
        """The shape of a variable, be it an input or an intermediate."""
        ref = self.program.variable(name)
        assert ref is not None, name
        return self.program[ref].shape

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
