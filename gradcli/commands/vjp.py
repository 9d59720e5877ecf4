"""`gradcli vjp`: closed forms, values side by side, and the explanation, each as soon as it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradcli.commands.closed_forms import Forms, closed_forms, structures
from gradcli.commands.derivative_methods import Numbers, target
from gradcli.commands.problem import Problem, opening, understand
from gradcli.commands.verdicts import verdicts
from gradcli.compare import largest_difference
from gradcli.explain.facts import Facts
from gradcli.explain.vjp import vjp
from gradcli.report import Compared, Equivalence, Part, Weights
from gradcli.request import Request
from gradcli.shapes import LAYOUTS


def run(request: Request) -> Iterator[Part]:
    """The parts of `vjp`'s answer: the mathematics first, then what it means."""
    problem = understand(request)
    yield from opening(problem)
    targets = [target("vjp", name) for name in problem.wrt]
    forms = yield from closed_forms(problem, targets, paired=True)
    yield Weights(problem.v, problem.y)
    numbers, equivalences = _autograd(problem)
    compared = yield from verdicts(problem, targets, forms, numbers)
    yield from equivalences
    yield from vjp(_facts(problem, forms, compared, equivalences))


def _autograd(problem: Problem) -> tuple[Numbers, Sequence[Equivalence]]:
    """What y.backward(v) leaves, and the same gradients by other ways."""
    if problem.request.symbolic_only:
        return Numbers(), ()
    from gradcli import numeric  # PyTorch: half a second, after the formulas are on the screen

    leaves = numeric.vjp(problem.program, problem.wrt, problem.point, problem.v, *problem.dtype_device)
    equivalences = []
    for name in problem.wrt:
        plain = None if leaves.plain is None else largest_difference(leaves.plain[name], leaves.grads[name])
        difference = largest_difference(leaves.weighted[name], leaves.grads[name])
        equivalences.append(Equivalence(name, np.asarray(leaves.weighted[name], dtype=np.float64), difference, plain))
    return Numbers({name: np.asarray(grad, dtype=np.float64) for name, grad in leaves.grads.items()}), equivalences


def _facts(problem: Problem, forms: Forms, compared: Sequence[Compared], equivalences: Sequence[Equivalence]) -> Facts:
    return Facts(
        problem.program,
        problem.point,
        problem.values,
        problem.wrt,
        problem.v,
        problem.v_given,
        problem.v_name,
        problem.output_name,
        problem.request.layout or LAYOUTS[0],
        structures(forms),
        compared,
        equivalences,
    )
