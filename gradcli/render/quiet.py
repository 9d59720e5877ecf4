"""Parts of a report -> the gradient alone, with every digit, to be pasted as a tensor or read by a script."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.render.numbers import exact
from gradcli.report import Compared, Part


def lines_of(parts: Sequence[Part]) -> list[str]:
    """One line a variable, `name=` before it where there are several; PyTorch's values, or the formula's without it."""
    compared = [part for part in parts if isinstance(part, Compared)]
    found = [(part.name, part.symbolic if part.pytorch is None else part.pytorch) for part in compared]
    known = [(name, exact(array)) for name, array in found if array is not None]
    return [text if len(known) == 1 else f"{name}={text}" for name, text in known]
