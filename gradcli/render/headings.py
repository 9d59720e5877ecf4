"""How far another way to the same gradient is from it, as a sentence."""

from __future__ import annotations

from gradcli.message import N_, Message, message
from gradcli.render.number_text import number


def apart(name: str, difference: float) -> Message:
    """How far another way to the same gradient is from it."""
    if difference == 0:
        return message(N_("{name}.grad is the same"), name=name)
    return message(N_("{name}.grad differs by at most {difference}"), name=name, difference=number(difference, 2))
