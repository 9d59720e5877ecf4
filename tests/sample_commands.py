"""A table of commands that yields hand-made answers; as light to import as the real one has to be."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from gradcli import commands
from gradcli.request import Request


class Command(commands.Command):
    """One whose answers are made by hand."""

    def run(self, request: Request) -> Iterator[Any]:
        import sample

        yield from sample.run(request)


OPTIONS = ("v", "wrt", "strict", "entries", "symbolic_only", "dtype", "seed", "time_limit")
COMMANDS = {
    "vjp": Command(
        "vjp", "what y.backward(v) leaves in .grad", OPTIONS, ('gradcli vjp "(x+1)**2" --x eye:5 --v ones',)
    ),
    "jvp": Command("jvp", "how y moves when x moves", OPTIONS, ()),
}


def module() -> ModuleType:
    """The sample as a module `gradcli.commands`."""
    made = ModuleType("gradcli.commands")
    made.Command, made.COMMANDS = Command, COMMANDS  # type: ignore[attr-defined]
    return made


def install() -> None:
    """Puts the sample in the place of the real commands, in a process of its own."""
    sys.modules["gradcli.commands"] = module()


@contextmanager
def standing_in() -> Iterator[None]:
    """The sample in the place of the real commands: the table itself changes, so whoever holds it sees the sample."""
    from gradcli.commands import COMMANDS as real

    table: dict[str, Any] = real  # type: ignore[assignment]
    before = dict(table)
    table.clear()
    table.update(COMMANDS)
    try:
        yield
    finally:
        table.clear()
        table.update(before)
