"""An object of plain lists, numbers and strings -> JSON text. Knows neither fields nor NumPy."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from gradcli.visible import escaped


def several_lines(value: Any, indent: str = "") -> str:
    """The object over several lines, each tensor and each other list of plain things on one."""
    deeper = indent + "  "
    if isinstance(value, dict) and value and not _is_small(value):
        items = (f"{deeper}{one_line(key)}: {several_lines(item, deeper)}" for key, item in value.items())
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(deeper + several_lines(item, deeper) for item in value) + f"\n{indent}]"
    return one_line(value)


def one_line(answer: Any) -> str:
    """The object on one line, as JSON Lines has it; no character in it acts on a screen."""
    return escaped(_dump(answer))


def _is_small(value: dict[str, Any]) -> bool:
    """Whether it is read at a glance on one line: a shape, a place."""
    return not any(isinstance(item, dict) for item in value.values()) and len(_dump(value)) <= 72


_dump = partial(json.dumps, ensure_ascii=False, allow_nan=False)
