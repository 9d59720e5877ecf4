"""`gradcli grad`: the gradient of a scalar, or its higher partial derivatives by scalar variables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import combinations_with_replacement, permutations
from math import comb

from gradcli.commands.closed_forms import (
    Wanted,
    by_pytorch,
    compared,
    formed,
    question,
    refuse_intermediate,
    shape_of,
    warned,
)
from gradcli.commands.problem import Problem, understand
from gradcli.message import N_, GradcliError, fault, limit
from gradcli.report import Array, Part, Warning
from gradcli.report.additions import Tangents
from gradcli.request import Request
from gradcli.shapes import is_one_number, written

MOST = 100
"""So many partial derivatives are answered at once."""


def run(request: Request) -> Iterator[Part]:
    """The parts of `grad`'s answer."""
    from gradcli import notation
    from gradcli.explain.grad import grad as explained

    problem = understand(replace(request, wrt=None if request.wrt is None else tuple(dict.fromkeys(request.wrt))))
    if not is_one_number(problem.program.output_shape):
        raise refusal(problem)
    problem = replace(problem, request=request)
    partials = _partials(problem)
    yield question(problem, notation.latex(problem.program), weighted=False)
    yield from (Warning("reading", note) for note in problem.program.notes)
    wanted = (
        _wanted_partials(partials) if partials else [Wanted(name, "jacobian", (name,), True) for name in problem.wrt]
    )
    forms = yield from formed(problem, wanted, problem.wrt, unit=True)
    yield Tangents({}, {}, problem.y)
    found = {}
    for one in wanted:
        names = partials.get(one.name, (one.name,))
        pytorch, silent = None, None
        if not request.symbolic_only:
            numbers, silent = by_pytorch(forms, partial(_by_pytorch, problem, names))
            pytorch = numbers.get(one.name)
        verdict = compared(
            problem, one.name, forms.get(one.name), problem.point, pytorch, silent=silent, order=len(names)
        )
        yield verdict
        value = verdict.symbolic if pytorch is None else pytorch
        if value is not None:
            found[one.name] = value
    order = max(map(len, partials.values()), default=1)
    yield from warned(problem, None if partials else found, order)
    yield from explained(found, partials, problem.y, problem.output_name)


def _by_pytorch(problem: Problem, names: tuple[str, ...]) -> Mapping[str, Array]:
    """The gradient by one variable, or the partial derivative by several, under the name that the answer gives it."""
    from gradcli import numeric

    if len(names) == 1:
        return numeric.vjp(problem.program, names, problem.point, problem.v, *problem.dtype_device).grads
    return {",".join(names): numeric.partial(problem.program, names, problem.point, *problem.dtype_device)}


def _partials(problem: Problem) -> dict[str, tuple[str, ...]]:
    """The higher partial derivatives that were asked for, by what the answer calls them; none for a plain gradient."""
    wrt, order = problem.request.wrt or problem.wrt, problem.request.order
    repeated = max(Counter(wrt).values()) > 1
    if order is None and not repeated:
        return {}
    if order is not None and repeated:
        raise fault(
            "option",
            N_("--order {order} and --wrt {names} ask for different derivatives"),
            hint=N_("--wrt {names}  is one derivative; --order {order} with each variable once is all of that order"),
            order=order,
            names=",".join(wrt),
        )
    for name in problem.wrt:
        if shape_of(problem, name) != ():
            raise fault(
                "shape",
                N_("higher partial derivatives are by scalar variables, and {name} is {shape}"),
                hint=N_("gradcli hessian  gives every second derivative of a tensor"),
                name=name,
                shape=written(shape_of(problem, name)),
            )
    refuse_intermediate(problem, permutations(problem.wrt, 2))
    if order is None:
        return {",".join(wrt): tuple(wrt)}
    if comb(len(wrt) + order - 1, order) > MOST:
        raise limit(
            N_("there are more than {most} partial derivatives of order {order}"),
            hint=N_("name one:  --wrt {example}"),
            most=MOST,
            order=order,
            example=",".join([wrt[0]] * order),
        )
    return {",".join(names): names for names in combinations_with_replacement(wrt, order)}


def _wanted_partials(partials: dict[str, tuple[str, ...]]) -> list[Wanted]:
    return [Wanted(name, "partial", (names,), True) for name, names in partials.items()]


def refusal(problem: Problem) -> GradcliError:
    """A gradient is of one number; PyTorch says it in its own words."""
    bare, source = problem.program.bare, problem.program.source
    text = "" if bare is None else source[bare.start : bare.end]
    pasteable = text and not set(text) & set('\n"$`\\!')
    return fault(
        "shape",
        N_(
            'a gradient is of one number, and the output is {shape}: PyTorch says "grad can be implicitly created only '
            "for "
            'scalar outputs"'
        ),
        hint=N_('add it up:  gradcli grad "sum({text})"  or weigh its entries:  gradcli vjp "{text}" --v ones')
        if pasteable
        else N_("add it up with  .sum()  at the end, or weigh its entries:  gradcli vjp ... --v ones"),
        shape=written(problem.program.output_shape),
        text=text,
    )
