"""`gradcli graph`: the computation as a graph, with PyTorch's own `grad_fn` names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradcli.commands.problem import Problem, understand
from gradcli.message import N_, fault, nearest
from gradcli.program import Apply, Constant, Input, Step
from gradcli.program.names import source_of
from gradcli.report import Part
from gradcli.report.exhibits import Graph, Vertex
from gradcli.request import Request

KINDS = ("dot", "mermaid", "svg")


def run(request: Request) -> Iterator[Part]:
    """The graph of everything that the output is computed from."""
    to = choose(request.to, KINDS)
    problem = understand(request)
    from gradcli.numeric.step_gradients import grad_fns  # PyTorch

    names = grad_fns(problem.program, problem.wrt, problem.point, request.dtype)
    yield problem.question()
    yield _graph(problem, names, to)


def choose(to: str | None, kinds: Sequence[str]) -> str:
    """What `--to` names, the first if it was left out."""
    if to is None or to in kinds:
        return to or kinds[0]
    near = nearest(to.lower(), kinds)
    raise fault(
        "option",
        N_("--to is one of {choices}, not {to}"),
        hint=N_("did you mean  --to {near} ?") if near else None,
        choices=", ".join(kinds),
        to=to,
        near=near,
    )


def _graph(problem: Problem, grad_fns: Sequence[str | None], to: str) -> Graph:
    program = problem.program
    steps = program.used()
    places = {old: new for new, old in enumerate(steps)}
    vertices = tuple(_vertex(problem, program.steps[old], old, grad_fns[old]) for old in steps)
    edges = [(places[ref.step], places[old]) for old in steps for ref in program.steps[old].how.refs]
    return Graph(to, vertices, tuple(dict.fromkeys(edges)))


def _vertex(problem: Problem, step: Step, place: int, grad_fn: str | None) -> Vertex:
    written = source_of(problem.program, step)
    match step.how:
        case Input(name):
            return Vertex(name, name, "leaf", step.shape, grad_fn)
        case Constant(value):
            label = written if isinstance(value, np.ndarray) else f"{float(problem.values[place]):g}"
            return Vertex("", label, "constant", step.shape, None)
        case Apply():
            kind = "output" if place == problem.program.output.step else "step"
            label = f"{step.name} = {written}" if step.name else written
            return Vertex(step.name or "", label, kind, step.shape, grad_fn)
