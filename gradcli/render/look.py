"""How an answer is written, in any format. Knows no answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcli.render.translation import Speak, english


@dataclass(frozen=True, slots=True)
class Look:
    """How wide, how precise, how complete, in which language."""

    width: int = 80
    digits: int = 6
    full: bool = False
    speak: Speak = field(default=english)
