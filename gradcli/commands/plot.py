"""`gradcli plot`: a scalar function and its derivatives over one or two swept variables, formula and PyTorch alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from gradcli.commands.closed_forms import OutOfTime, within
from gradcli.commands.problem import Problem, understand
from gradcli.commands.tensor_arguments import tensor
from gradcli.compare import Evidence, verdict
from gradcli.explain.slots import warning
from gradcli.message import N_, fault, limit
from gradcli.program import Program, values_of
from gradcli.program.hazards import deviation
from gradcli.report import Array, Part, Tensors
from gradcli.report.exhibits import Curve, Plot
from gradcli.request import Request
from gradcli.shapes import is_one_number, written
from gradcli.streams import Stream
from gradcli.syntax.scan import one_line
from gradcli.tensors import Stdin

if TYPE_CHECKING:  # the door opens only when a formula is asked for
    from gradcli.symbolic import Form

RANGE = re.compile(r"\s*(torch\.)?(linspace|arange)\b")
MAX_POINTS = 10_000


def run(request: Request) -> Iterator[Part]:
    """The question, and the curves or surfaces."""
    sweeps = _sweeps(request)
    problem = understand(
        replace(request, inputs={**request.inputs, **{name: float(a.flat[0]) for name, a in sweeps.items()}})
    )
    _refuse(problem)
    inputs = {name: sweeps.get(name, a).shape for name, a in problem.point.items()}
    yield replace(problem.question(weighted=False), wrt=tuple(sweeps), inputs=inputs)
    points = _points(problem, sweeps)
    curves = tuple(_curves(problem, sweeps, points))
    yield Plot(tuple(sweeps.items()), curves)
    for curve in curves:
        if curve.agrees is False:
            yield warning(
                "disagreement",
                N_("{label}: the formula and PyTorch DISAGREE by up to {difference:.2g}"),
                label=curve.label,
                difference=curve.max_abs_diff,
            )


def _sweeps(request: Request) -> dict[str, Array]:
    """The variables given by a range, with their values."""
    texts = {name: text for name, text in request.inputs.items() if isinstance(text, str) and RANGE.match(text)}
    generator = Stream(request.seed, "inputs")
    sweeps = {name: tensor(text, name, Stdin(), generator) for name, text in texts.items()}
    if not sweeps:
        raise fault(
            "option", N_("plot needs a variable that is swept over a range"), hint=N_("write  --x linspace:-5:5:200")
        )
    if len(sweeps) > 2:
        raise fault(
            "option",
            N_("plot sweeps one variable or two, not {names}"),
            hint=N_("give the others one number each"),
            names=", ".join(sweeps),
        )
    for name, values in sweeps.items():
        if values.ndim != 1 or values.size < 2:
            raise fault(
                "shape",
                N_("{name} is swept over {shape}; a range has at least two numbers"),
                name=name,
                shape=written(values.shape),
            )
    count = int(np.prod([a.size for a in sweeps.values()]))
    if count > MAX_POINTS:
        raise limit(
            N_("{count} points are more than {most}"),
            hint=N_("fewer steps, as in  linspace:-5:5:100"),
            count=count,
            most=MAX_POINTS,
        )
    return sweeps


def _refuse(problem: Problem) -> None:
    if not is_one_number(problem.program.output_shape):
        raise fault(
            "shape",
            N_("plot draws one number for each point, and the output here is {shape}"),
            hint=N_("choose an entry,  (...)[0],  or add them up,  sum(...)"),
            shape=written(problem.program.output_shape),
        )
    if problem.program.loops:
        raise fault("option", N_("plot cannot sweep a while: the number of turns differs from point to point"))


def _points(problem: Problem, sweeps: Tensors) -> list[dict[str, Array]]:
    grid = product(*(values.astype(np.float64) for values in sweeps.values()))
    return [{**problem.point, **{name: np.asarray(x) for name, x in zip(sweeps, at, strict=True)}} for at in grid]


def _curves(problem: Problem, sweeps: Tensors, points: Sequence[Tensors]) -> Iterator[Curve]:
    from gradcli import notation

    shape = tuple(a.size for a in sweeps.values())
    output = problem.program.output.step
    f = np.array([values_of(problem.program, point)[output] for point in points], dtype=np.float64).reshape(shape)
    source = one_line(problem.program.source)
    label, formula = (source, "") if problem.program.bare is None else (problem.output_name, source)
    yield Curve(label, formula, notation.latex(problem.program), (), f)
    highest = problem.request.order or 1
    orders = [(name,) * k for k in range(1, highest + 1) for name in sweeps]
    yield from _derivatives(problem, orders, points, shape, tuple(sweeps))


def _derivatives(
    problem: Problem,
    orders: Sequence[tuple[str, ...]],
    points: Sequence[Tensors],
    shape: tuple[int, ...],
    names: tuple[str, ...],
) -> Iterator[Curve]:
    """Each derivative by its formula, checked at every point against PyTorch's; past the time limit PyTorch's alone."""
    from gradcli.numeric.products import partials  # PyTorch

    numbers = partials(problem.program, names, points, orders, problem.request.dtype)
    for order, pytorch in zip(orders, numbers, strict=True):
        left = _label(problem.output_name, order)
        derived = _symbolic(problem, order, points)
        if derived is None:
            yield Curve(left, "", "", order, pytorch.reshape(shape))
            continue
        form, values = derived
        written = form.written
        compared = verdict(
            Evidence(
                left,
                values,
                pytorch,
                problem.request.dtype,
                terms=partial(_along, form, form.magnitude, points),
                deviation=partial(_deviation, problem.program, points, len(order)),
            )
        )
        yield Curve(
            left, written.text, written.latex, order, values.reshape(shape), compared.max_abs_diff, compared.agrees
        )


def _symbolic(problem: Problem, order: tuple[str, ...], points: Sequence[Tensors]) -> tuple[Form, Array] | None:
    from gradcli.symbolic import Calculus

    try:
        with within(problem.request.time_limit):
            form = Calculus(problem.program, sorted(set(order)), problem.v_name, problem.output_name).partial(order)
            return form, _along(form, form.value, points)
    except (OutOfTime, RecursionError):
        return None


def _along(form: Form, compute: Callable[[Tensors], Array], points: Sequence[Tensors]) -> Array:
    """What a form has at each point, one after the other."""
    return np.array([compute({**point, form.weights: np.ones(())}) for point in points], dtype=np.float64)


def _deviation(program: Program, points: Sequence[Tensors], order: int) -> tuple[str, float] | None:
    """The largest documented deviation that is met on the way."""
    met = (deviation(program, values_of(program, point), order) for point in points)
    return max(filter(None, met), key=itemgetter(1), default=None)


def _label(output: str, order: tuple[str, ...]) -> str:
    """`dy/dx`, `d2y/dx2`"""
    power = "" if len(order) == 1 else str(len(order))
    return f"d{power}{output}/d{order[0]}{power}"
