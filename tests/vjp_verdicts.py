"""The verdicts of `vjp` on formulas that are given, without the rest of its answer."""

from __future__ import annotations

from collections.abc import Mapping

from gradcli.commands.closed_forms import ClosedForm
from gradcli.commands.derivative_methods import autograd, target
from gradcli.commands.problem import Problem
from gradcli.commands.verdicts import verdict_on
from gradcli.report import Compared
from gradcli.symbolic import Derived


def vjp_verdicts(problem: Problem, forms: Mapping[str, Derived]) -> list[Compared]:
    """One for each variable, PyTorch's numbers beside the formula and its Jacobian contracted with v."""
    targets = [target("vjp", name) for name in problem.wrt]
    numbers = autograd(problem, targets)
    return [verdict_on(problem, t, ClosedForm(forms[t.name].vjp, pair=forms[t.name]), numbers) for t in targets]
