"""What the user can ask: the table of commands. A command is the list of its stages; heavy rooms load when it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from gradcli.message import N_
from gradcli.shapes import allowing

if TYPE_CHECKING:  # help and completions list the commands without NumPy
    from gradcli.report import Part
    from gradcli.request import Request


@dataclass(frozen=True, slots=True)
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
        return _within_size(iter(import_module(f"gradcli.commands.{self.name}").run(request)), request.max_elements)


def _within_size(parts: Iterator[Part], most: int) -> Iterator[Part]:
    """The same parts, each made while a tensor may have so many elements; what is not finite is no warning."""
    from numpy import errstate  # help and completions list the commands without it

    while True:
        with allowing(most), errstate(all="ignore"):
            part = next(parts, None)
        if part is None:
            return
        yield part


_HOW = ("symbolic_only", "numeric_only", "device", "max_elements", "dtype", "seed", "time_limit")
"""How the two sides are computed: options of every command that gives a formula and numbers."""

_PICTURES = dict.fromkeys((".png", ".svg", ".pdf"), "picture")

COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command(
            "vjp",
            N_("what y.backward(v) leaves in .grad: the Jacobian, the vector-Jacobian product, and why"),
            ("v", "wrt", "layout", "strict", "entries", *_HOW),
            ('gradcli vjp "(x+1)**2" --x eye:5 --v ones', 'gradcli vjp "softmax(x, dim=0)" --x 0.1,2 --v onehot:0'),
        ),
        Command(
            "jvp",
            N_("J*t: how y moves when x moves along t"),
            ("t", *_HOW),
            (
                'gradcli jvp "x**2" --x 1,2,3 --t 1,0,0',
                'gradcli jvp "A @ x" --A 1,2:3,4 --x 1,2 --t A=eye:2 --t x=ones',
            ),
        ),
        Command(
            "jacobian",
            N_("the whole Jacobian: formula, entries, numbers, and a picture of where it can be non-zero"),
            ("wrt", "layout", "flat", "plot", "entries", *_HOW),
            (
                'gradcli jacobian "A @ x" --A 1,2:3,4 --x 1,2 --wrt x --flat',
                'gradcli jacobian "cumsum(x, 0)" --x 1,2,3,4 --plot',
            ),
            files=_PICTURES,
        ),
        Command(
            "grad",
            N_("the gradient of a scalar, and its higher partial derivatives"),
            ("wrt", "order", "layout", "entries", *_HOW),
            (
                'gradcli grad "norm(A @ x)**2" --A 1,2:3,4 --x 1,2 --wrt x',
                'gradcli grad "x**3*y**2" --x 2 --y 3 --wrt x,x,y',
            ),
        ),
        Command(
            "hessian",
            N_("every second derivative of a scalar, the mixed ones between variables too"),
            ("v", "wrt", "entries", *_HOW),
            ('gradcli hessian "w[0]**2 + w[1]**2" --w 1,2', 'gradcli hessian "x @ A @ x" --x 1,2 --A 1,2:3,4 --wrt x'),
        ),
        Command(
            "hvp",
            N_("H*t: how the gradient moves when x moves along t, without the Hessian"),
            ("t", "v", "wrt", *_HOW),
            (
                'gradcli hvp "3*x[0]**2 + 4*x[0]*x[1] + x[1]**2" --x 1,2 --t 1,1',
                'gradcli hvp "x @ A @ x" --x 1,2 --A eye:2 --t x=1,0',
            ),
        ),
        Command(
            "check",
            N_("is my answer right? says which mistake a wrong one looks like"),
            ("answer", "of", "v", "t", "wrt", "layout", "rtol", "atol", "seed", "time_limit"),
            (
                'gradcli check "(x+1)**2" --x eye:5 --v ones --answer "2*(x+1)*v"',
                'gradcli check "A @ x" --A 1,2:3,4 --x 1,2 --wrt x --of jacobian --answer A',
            ),
        ),
        Command(
            "backward",
            N_("what several .backward() calls leave in .grad, and PyTorch's own errors explained"),
            ("v", "wrt", "calls", "retain_graph", "zero_grad", *_HOW[1:]),
            (
                'gradcli backward "(x+1)**2" --x eye:5 --v ones --calls 2 --retain-graph',
                'gradcli backward "x**2" --x 3 --calls 2',
            ),
        ),
        Command(
            "steps",
            N_("the chain rule value by value: local derivative, incoming and outgoing gradient"),
            ("v", "wrt", "layout", "strict", *_HOW[2:]),
            ('gradcli steps "sum(x * exp(x))" --x 0,1', 'gradcli steps "y = x + 2; z = y*y*3; z.mean()" --x ones:2x2'),
        ),
        Command(
            "plot",
            N_("the function and its derivative over a range, in the terminal or as a picture"),
            ("order", "dtype", "seed", "time_limit"),
            (
                'gradcli plot "tanh(x)" --x linspace:-3:3:100',
                'gradcli plot "sin(x)*y" --x linspace:0:6:50 --y linspace:-1:1:40 --output s.png',
            ),
            files=_PICTURES,
        ),
        Command(
            "code",
            N_("the same computation as a script: PyTorch, JAX, or NumPy with the closed form"),
            ("to", "v", "wrt", "strict", "dtype", "seed", "time_limit"),
            (
                'gradcli code "(x+1)**2" --x eye:5 --to numpy',
                'gradcli code "sum(x @ w)" --x 1,2:3,4 --w 1,1 --output script.py',
            ),
            files={".py": ""},
        ),
        Command(
            "graph",
            N_("the computation graph as DOT, Mermaid or SVG, with PyTorch's grad_fn names"),
            ("to", "wrt", "dtype", "seed"),
            (
                'gradcli graph "mean((x @ w)**2)" --x eye:2 --w 1,2:3,4 --to mermaid',
                'gradcli graph "x*exp(x)" --x 1 --output graph.svg',
            ),
            files={".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".svg": "svg"},
        ),
        Command(
            "explain",
            N_("a topic, or a pasted PyTorch error message, explained on a small live example"),
            (),
            ("gradcli explain weights", 'gradcli explain "grad can be implicitly created only for scalar outputs"'),
            positional="TOPIC",
            required=False,
            variables=False,
        ),
        Command(
            "functions",
            N_("every function: meaning, parameters, shapes, derivative, kinks, with an example that is run"),
            (),
            ("gradcli functions", "gradcli functions softmax"),
            positional="NAME",
            required=False,
            variables=False,
        ),
    )
}
