"""The JSON Schema that every answer validates against. Knows no validator."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def report_schema() -> dict[str, Any]:
    """The schema of `gradcli/report/1` (draft 2020-12): every answer, and the error object."""
    schema: dict[str, Any] = json.loads(files(__name__).joinpath("report-1.json").read_text(encoding="utf-8"))
    return schema
