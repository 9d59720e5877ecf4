"""Formulas -> what their notation means, said once and only where it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from gradcli.message import N_, Message
from gradcli.shapes import Shape

_COMPARISONS = ("<", ">", "!=", "==")


def legend(formulas: Iterable[str], inputs: Mapping[str, Shape]) -> Iterator[Message]:
    """One sentence for each piece of notation in the formulas."""
    text = "\n".join(formulas)
    if "delta(" in text:
        yield Message(N_("delta(i,m) is 1 where i = m, else 0 (Kronecker's delta)"))
    if _has_iverson(text):
        yield Message(N_("[condition] is 1 where the condition holds, else 0"))
    if "Sum_" in text:
        yield Message(N_("Sum_r(...) adds up over every r"))
    for name, shape in inputs.items():
        for axis, n in enumerate(shape):
            if re.search(rf"\bn_{re.escape(name)}{axis}\b", text):
                yield Message(
                    N_("{size} is the size of axis {axis} of {name}: {n}"),
                    {"size": f"n_{name}{axis}", "axis": axis, "name": name, "n": n},
                )


def _has_iverson(text: str) -> bool:
    """Whether a comparison stands directly inside square brackets (inside braces it is the condition of a branch)."""
    opened: list[str] = []
    for at, character in enumerate(text):
        if character in "([{":
            opened.append(character)
        elif character in ")]}" and opened:
            opened.pop()
        elif opened and opened[-1] == "[" and text.startswith(_COMPARISONS, at):
            return True
    return False
