"""An object of plain lists, numbers and strings -> JSON text. Knows neither fields nor NumPy."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

from gradcli.visible import escaped


def several_lines(answer: Any) -> str:
    """The object over several lines, each tensor and each other list of plain things on one."""
    return _several_lines(answer, "")


def one_line(answer: Any) -> str:
    """The object on one line, as JSON Lines has it; no character in it acts on a screen."""
    return escaped(json.dumps(answer, ensure_ascii=False, allow_nan=False))


def _several_lines(value: Any, indent: str) -> str:
    deeper = indent + "  "
    if isinstance(value, dict) and value and not _is_small(value):
        items = (f"{deeper}{one_line(key)}: {_several_lines(item, deeper)}" for key, item in value.items())
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(deeper + _several_lines(item, deeper) for item in value) + f"\n{indent}]"
    return one_line(value)


def _is_small(value: dict[str, Any]) -> bool:
    """Whether it is read at a glance on one line: a shape, a place."""
    if any(isinstance(item, dict) for item in value.values()):
        return False
    written_so_far = accumulate(map(len, _ENCODER.iterencode(value)))  # piece by piece: a tensor is long before its end
    return all(length <= 72 for length in written_so_far)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
