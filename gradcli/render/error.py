"""GradcliError -> what a person reads on stderr, and the JSON object that a script reads."""

from __future__ import annotations

from shutil import get_terminal_size
from typing import Any

from gradcli.message import N_, Exit, GradcliError, message
from gradcli.render.layout import point_at
from gradcli.render.translation import Speak, english
from gradcli.visible import visible

SCHEMA = "gradcli/report/1"
"""The same as gradcli.report's, which imports NumPy; an error does not wait for that."""


def as_text(error: GradcliError, width: int | None = None, speak: Speak = english) -> str:
    """The sentence, the place with a caret under it, the repair."""
    columns = get_terminal_size().columns if width is None else width
    lines = [visible(speak.sentence(N_("error: {what}"), what=speak(error.what)))]
    if error.source is not None and error.span is not None:
        lines += ["  " + line for line in point_at(error.source, error.span, max(columns - 2, 20))]
    if error.hint is not None:
        lines.append(visible(speak.sentence(N_("hint: {hint}"), hint=speak(error.hint))))
    return "\n".join(lines)


def as_object(error: GradcliError, speak: Speak = english) -> dict[str, Any]:
    """The error object of the schema."""
    return {
        "schema": SCHEMA,
        "ok": False,
        "error": {
            "kind": error.kind,
            "message": speak(error.what),
            "hint": None if error.hint is None else speak(error.hint),
            "source": error.source,
            "span": None if error.span is None else [error.span.start, error.span.end],
            "exit_status": int(error.exit_status),
        },
    }


def defect_object(error: Exception, speak: Speak = english) -> dict[str, Any]:
    """What is not the user's mistake, as an error object: one bad question does not end a batch."""
    text = message(
        N_("gradcli has a defect: {kind}: {text}"), kind=type(error).__name__, text=" ".join(str(error).split())
    )
    return {
        "schema": SCHEMA,
        "ok": False,
        "error": {
            "kind": "defect",
            "message": speak(text),
            "hint": None,
            "source": None,
            "span": None,
            "exit_status": int(Exit.DEFECT),
        },
    }
