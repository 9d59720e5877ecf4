"""Which steps are masks, 0 or 1 in every entry whatever the inputs are; what | & ~ are for, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcli.ops.elementwise import MASKS
from gradcli.program.program import Apply, Constant, Input, Ref, Step
from gradcli.program.values import number_of

CONDITIONS = frozenset(row.name for row in MASKS)
_ZEROS_AND_ONES = frozenset({"ones", "zeros", "eye", "ones_like", "zeros_like", "one_hot"})
_KEEPING = frozenset({"mul", "prod", "max", "min", "amax", "amin", "maximum", "minimum", "detach", "clone", "abs"})
"""What is a mask where every tensor that it takes is one; so is a move of entries."""


def is_mask(steps: Sequence[Step], ref: Ref) -> bool:
    """Whether the step is a mask. An input is none, for the next point may have other numbers."""
    waiting = [ref]
    while waiting:
        how = steps[waiting.pop().step].how
        match how:
            case Input():
                return False
            case Constant(value):
                if not np.isin(value if isinstance(value, np.ndarray) else number_of(value), (0.0, 1.0)).all():
                    return False
            case Apply():
                if how.operation in CONDITIONS or how.operation in _ZEROS_AND_ONES:
                    continue
                if how.operation == "where":
                    waiting += how.refs[1:]
                elif how.operation == "index":
                    waiting += how.refs[:1]
                elif how.operation in _KEEPING or how.row.family == "move":
                    waiting += how.refs
                else:
                    return False
    return True
