"""GradcliError -> what a person reads on stderr, and the JSON object that a script reads."""

from __future__ import annotations

from shutil import get_terminal_size
from typing import Any

from gradcli.message import N_, Exit, GradcliError
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
    hint = None if error.hint is None else speak(error.hint)
    span = None if error.span is None else [error.span.start, error.span.end]
    return _object(error.kind, speak(error.what), error.exit_status, hint, error.source, span)


def defect_object(error: Exception, speak: Speak = english) -> dict[str, Any]:
    """What is not the user's mistake, as an error object: one bad question does not end a batch."""
    sentence, text = N_("gradcli has a defect: {kind}: {text}"), " ".join(str(error).split())
    return _object("defect", speak.sentence(sentence, kind=type(error).__name__, text=text), Exit.DEFECT)


def _object(
    kind: str,
    message: str,
    status: Exit,
    hint: str | None = None,
    source: str | None = None,
    span: list[int] | None = None,
) -> dict[str, Any]:
    error = {"kind": kind, "message": message, "hint": hint, "source": source, "span": span, "exit_status": int(status)}
    return {"schema": SCHEMA, "ok": False, "error": error}
