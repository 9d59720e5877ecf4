"""A name that is wanted and the names that are taken -> a name. Knows no step."""

from __future__ import annotations

from collections.abc import Collection


def fresh_name(name: str, taken: Collection[str]) -> str:
    """The name, with as many underscores behind it as make it no other's."""
    while name in taken:
        name += "_"
    return name
