"""What an explanation is made from: the question, the point, and the numbers of the answer. Computes no derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradcli.explain.paths import Paths
from gradcli.program import Program
from gradcli.report import Array, Closed, Compared, Equivalence, Part, Structure
from gradcli.shapes import Shape, size


@dataclass(frozen=True)
class Answered:
    """A question of vjp's with its answer.

    `values` are every step's, `v` has the output's shape and `v_given` is the text it was given by; `v_name` and
    `y_name` are what the formulas call v and the output. `parts` are the parts of the answer so far.
    """

    program: Program
    point: Mapping[str, Array]
    values: Sequence[Array]
    wrt: tuple[str, ...]
    v: Array
    v_given: str
    parts: tuple[Part, ...]
    v_name: str = "v"
    y_name: str = "y"

    @property
    def y(self) -> Array:
        return self.values[self.program.output.step]

    @property
    def scalar(self) -> bool:
        return self.y.ndim == 0

    @cached_property
    def paths(self) -> Paths:
        """The steps between the variables and the output."""
        return Paths(self.program, self.wrt)

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """The variables that the output depends on by differentiable steps."""
        return tuple(name for name in self.wrt if Paths(self.program, (name,)).reach_output)

    @cached_property
    def gradients(self) -> Mapping[str, Array]:
        """PyTorch's `.grad` for each variable, or the formula's values where PyTorch was not asked."""
        found = {}
        for part in self.parts:
            if isinstance(part, Compared):
                known = part.symbolic if part.pytorch is None else part.pytorch
                if known is not None:
                    found[part.name] = np.asarray(known, dtype=np.float64)
        return found

    @cached_property
    def structures(self) -> Mapping[str, Structure]:
        """Where each Jacobian can be non-zero, for those that have a closed form."""
        closed = [p for p in self.parts if isinstance(p, Closed) and p.jacobian is not None]
        return {p.name: p.jacobian.structure for p in closed if p.jacobian is not None and p.jacobian.structure is not None}

    @cached_property
    def equivalences(self) -> tuple[Equivalence, ...]:
        return tuple(part for part in self.parts if isinstance(part, Equivalence))

    @cached_property
    def compared(self) -> tuple[Compared, ...]:
        return tuple(part for part in self.parts if isinstance(part, Compared))

    def shape(self, name: str) -> Shape:
        """The shape of a variable, be it an input or an intermediate."""
        ref = self.program.variable(name)
        assert ref is not None, name
        return self.program[ref].shape

    def diagonal(self, name: str) -> bool:
        """Whether each entry of y depends on one entry of the variable only, and each on another."""
        structure = self.structures.get(name)
        return structure is not None and (structure.kind == "diagonal" or structure.nonzero == structure.total == 1)

    @property
    def all_ones(self) -> bool:
        return bool(np.all(self.v == 1))

    @cached_property
    def picked(self) -> tuple[int, ...] | None:
        """The one entry of y that v weighs with 1, where it weighs all others with 0."""
        if self.v.size < 2 or np.count_nonzero(self.v) != 1:
            return None
        where = tuple(int(k) for k in np.argwhere(self.v)[0])
        return where if self.v[where] == 1 else None

    @property
    def count(self) -> int:
        return size(self.program.output_shape)
