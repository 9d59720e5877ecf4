"""Formulas and PyTorch's numbers -> a verdict for each derivative: the evidence is gathered here, `compare` decides."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from gradcli.commands.closed_forms import NOT_DERIVED, ClosedForm, Forms
from gradcli.commands.derivative_methods import NOT_ASKED, Numbers, Target
from gradcli.commands.problem import Problem
from gradcli.commands.tangents import STILL, Directions
from gradcli.compare import Evidence, contradicts, slightly_off, verdict
from gradcli.message import N_, GradcliError, Message, message
from gradcli.program import hazards
from gradcli.report import Array, Compared, Part, Tensors

SMALL = 10_000
"""A matrix of at most so many entries is computed whole, by both sides."""


def is_small(*shapes: Sequence[int], most: int = SMALL) -> bool:
    """Whether matrices of these shapes are computed whole."""
    return sum(prod(shape) for shape in shapes) <= most


def verdicts(
    problem: Problem, targets: Sequence[Target], forms: Forms, numbers: Numbers, directions: Directions = STILL
) -> Generator[Part, None, list[Compared]]:
    """Yields the verdict on each derivative, and returns them."""
    compared = []
    for target in targets:
        compared.append(verdict_on(problem, target, forms.get(target.name), numbers, directions.by_letter))
        yield compared[-1]
    return compared


def verdict_on(
    problem: Problem,
    target: Target,
    formula: ClosedForm | None,
    numbers: Numbers,
    tangents: Tensors | None = None,
    along: str | None = None,
) -> Compared:
    """The verdict on one derivative; `tangents` by their names in the formula, `along` the name of one (or v's) with
    which the rows of a matrix are contracted."""
    pytorch = numbers.values.get(target.name)
    if formula is None:
        return Compared(target.name, pytorch=pytorch, reason=_without_formula(problem), whole=along is None)
    weighted = target.kind.weighted or along == problem.v_name
    tensors = {**problem.point, **({problem.v_name: problem.v} if weighted else {}), **(tangents or {})}
    try:
        symbolic, contracted = formula.values(tensors, along)
    except GradcliError as error:
        return Compared(target.name, pytorch=pytorch, reason=error.what, whole=along is None)
    if pytorch is None:
        compared = Compared(target.name, symbolic, reason=numbers.missing or Message(NOT_ASKED))
    else:
        shaped = symbolic.reshape(pytorch.shape)
        compared = verdict(_evidence(problem, target, formula, tensors, (shaped, pytorch, contracted), along))
    if along is not None:
        return replace(compared, whole=False)
    return _within_pattern(formula, compared, symbolic) if target.kind.has_rows else compared


def _without_formula(problem: Problem) -> Message:
    """Why there is nothing to compare."""
    return Message(NOT_DERIVED if problem.request.numeric_only else N_("there is no formula to compare"))


def _within_pattern(formula: ClosedForm, compared: Compared, values: Array) -> Compared:
    """The verdict, unless the formula has an entry where the printed structure says that there is none."""
    pattern = formula.form.pattern() if is_small(formula.form.shape) else None
    if pattern is None or not contradicts(values.reshape(pattern.shape), pattern):
        return compared
    reason = message(N_("the structure above says that entries are 0 which are other than 0"))
    return replace(compared, agrees=False, reason=reason)


def _evidence(
    problem: Problem,
    target: Target,
    formula: ClosedForm,
    tensors: Tensors,
    sides: tuple[Array, Array, Array | None],
    along: str | None,
) -> Evidence:
    """`sides` are the formula's values, PyTorch's, and those of the Jacobian contracted with v."""
    symbolic, pytorch, contracted = sides
    shape, dtype = symbolic.shape, problem.request.dtype

    def perturbed() -> Array:
        nudged = {name: slightly_off(a, dtype) if name in problem.point else a for name, a in tensors.items()}
        return formula.form.value(nudged, along).reshape(shape)

    return Evidence(
        target.name,
        symbolic,
        pytorch,
        dtype,
        contracted,
        terms=lambda: _terms(problem, formula, tensors, along).reshape(shape),
        perturbed=perturbed,
        deviation=lambda: hazards.deviation(problem.program, problem.values, target.order),
        excuse=lambda agrees: _excuse(problem, symbolic, agrees, target.order),
    )


def _excuse(problem: Problem, symbolic: Array, agrees: bool | None, order: int) -> Message | None:
    """Why there may be nothing to agree on at this point: what is undefined there. (At a kink the first derivative is
    PyTorch's choice on both sides, if the formula has a value; a higher one may be another on each.)"""
    program, values, wrt = problem.program, problem.values, problem.wrt
    if np.isnan(problem.y).any():
        return message(N_("the function has no value at this point (nan), so there is no derivative to agree on"))
    if order > 1 and any(hazards.kinks(program, values, wrt, order)):
        return message(
            N_("the function has a kink at this point, so there is no derivative of order {order} to agree on"),
            order=order,
        )
    if agrees is None:
        return None
    if np.isnan(symbolic).any() and any(hazards.kinks(program, values, wrt)):
        return message(N_("the formula has no value at this kink, where PyTorch takes a slope of its own"))
    if any(hazards.undefined(program, values)):
        return message(N_("a value on the way is not finite at this point, where the two sides may differ"))
    return None


def _terms(problem: Problem, formula: ClosedForm, tensors: Tensors, along: str | None) -> Array:
    """The size of what the formula adds up; where that is 0 and PyTorch cancels to it, of v and the values."""
    floor = 0.0
    if formula.form.formula.entry == 0:
        largest = max((float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) for a in problem.values), default=0.0)
        others = [float(np.abs(a).max(initial=0.0)) for name, a in tensors.items() if name not in problem.point]
        floor = max(largest, 1.0) * max(others, default=1.0)
    return np.asarray(formula.form.magnitude(tensors, along) + floor)
