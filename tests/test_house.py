"""The house itself: a module is named for the thing in it, and its name stands in one room."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePath

import gradcli
from gradcli.commands import COMMANDS

PACKAGE = Path(gradcli.__file__).parent
MODULES = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if not path.stem.startswith("__")]


def twice(modules: Iterable[PurePath]) -> dict[str, list[str]]:
    """The module names that stand in several rooms. What `explain` says of a command is named for the command, and a
    room's chief thing may have the room's name."""
    places = defaultdict(list)
    for module in modules:
        if module.parts[0] == "explain" and module.stem in COMMANDS:
            continue
        places[module.stem].append(str(module.parent))
    return {name: rooms for name, rooms in places.items() if len(rooms) > 1}


def shadows(modules: Iterable[PurePath]) -> list[str]:
    """The modules that have the name of one of the standard library's; a command's file is named as the command."""
    return [str(module) for module in modules if module.stem in sys.stdlib_module_names and module.stem not in COMMANDS]


def test_a_module_name_stands_in_one_room() -> None:
    assert len(MODULES) > 100
    assert twice(MODULES) == {}


def test_no_module_shadows_the_standard_library() -> None:
    assert shadows(MODULES) == []


def test_a_second_room_and_a_shadow_are_found() -> None:
    planted = [PurePath("render/text.py"), PurePath("tensors/text.py"), PurePath("render/json.py"), *MODULES]
    assert set(twice(planted)) == {"text"}
    assert shadows(planted) == ["render/json.py"]
