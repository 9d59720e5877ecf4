"""What the user can ask: the table of commands. A command is the list of its stages; heavy rooms load when it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from gradcli.message import N_

if TYPE_CHECKING:  # help and completions list the commands without NumPy
    from gradcli.report import Part
    from gradcli.request import Request


@dataclass(frozen=True)
class Command:
    """One command: its help line, the fields of Request that it offers, and examples that run."""

    name: str
    summary: str
    options: tuple[str, ...]
    examples: tuple[str, ...]
    positional: str = "EXPRESSION"
    required: bool = True
    variables: bool = True
    files: Mapping[str, str] = field(default_factory=dict)
    """What a file's suffix stands for, where the command writes files of its own: the value of `to`, or "picture"."""

    def run(self, request: Request) -> Iterator[Part]:
        """The parts of the answer, each as soon as it is known."""
        return import_module(f"gradcli.commands.{self.name}").run(request)  # type: ignore[no-any-return]


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command(
            "vjp",
            N_("what y.backward(v) leaves in .grad: the Jacobian, the vector-Jacobian product, and why"),
            ("v", "wrt", "strict", "entries", "symbolic_only", "dtype", "seed", "time_limit"),
            ('gradcli vjp "(x+1)**2" --x eye:5 --v ones', 'gradcli vjp "softmax(x, dim=0)" --x 0.1,2 --v onehot:0'),
        ),
        Command(
            "functions",
            N_("every function: meaning, parameters, shapes, derivative, kinks, with an example that is run"),
            (), ("gradcli functions", "gradcli functions softmax"), positional="NAME", required=False, variables=False,
        ),
    )
}
