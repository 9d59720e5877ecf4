"""What every formula must obey, over random programs drawn from the operations table.

Autograd, finite differences and the printed text itself are the referees; none of them shares a rule with the engine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gradcli.message import GradcliError
from gradcli.ops import TABLE
from gradcli.program import trace, values_of
from gradcli.report import Array
from gradcli.symbolic import Derived, derived
from gradcli.syntax import parse
from tests.formula_text import Reading, Unreadable, evaluated, read
from tests.fuzz import VERDICTS, asked_by, judged
from tests.programs import DRAWABLE, SMOOTH, Drawn, program, programs

LOOSE = 1e-5
"""How closely finite differences follow a derivative, relative to its largest entry."""
TIGHT = 1e-9
"""How closely two exact computations agree, relative to the largest entry."""
STEP = 1e-4
READABLE = 150
"""A Jacobian with more entries takes plain loops too long."""


def law(examples: int) -> Any:
    """The same examples in every run, as many as this."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def close(a: Array, b: Array, tolerance: float) -> bool:
    """Whether two arrays agree relative to the largest entry; nan only agrees with nan."""
    scale = np.abs(b[np.isfinite(b)]).max(initial=0.0)
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * max(scale, 1e-3), equal_nan=True))


def directional(drawn: Drawn, name: str, t: Array, step: float) -> float:
    """(⟨v, f(x + h t)⟩ - ⟨v, f(x - h t)⟩)/2h by the values alone, without a derivative."""

    def weighted(side: float) -> float:
        point = {**drawn.point, name: drawn.point[name] + side * step * t}
        traced = drawn.program
        return float(np.sum(drawn.v * values_of(traced, point)[traced.output.step]))

    ahead, here, ancestors = weighted(1), weighted(0), weighted(-1)
    left, right = (here - ancestors) / step, (ahead - here) / step
    assume(np.isfinite([left, right]).all())
    assume(abs(right - left) <= 0.05 * max(abs(left), abs(right), 1.0))  # no kink and no cliff nearby
    return (ahead - ancestors) / (2 * step)


# Three ways to one number


@law(70)
@given(programs())
def test_the_vjp_formula_and_the_contracted_jacobian_equal_autograd(drawn: Drawn) -> None:
    assert judged(drawn) == []


@law(30)
@given(programs(kinks=True))
def test_at_kinks_and_ties_the_formulas_take_pytorchs_choice(drawn: Drawn) -> None:
    assert judged(drawn) == []


@pytest.mark.parametrize("command", [command for command in VERDICTS if command != "vjp"])
@law(10)
@given(programs(longest=4))
def test_every_command_that_compares_finds_its_formula_right(command: str, drawn: Drawn) -> None:
    assert _answered(command, drawn, inner=False) == []


@pytest.mark.parametrize("command", ["vjp", "jacobian", "hessian"])
@law(15)
@given(programs(longest=4))
def test_so_it_does_by_values_on_the_way(command: str, drawn: Drawn) -> None:
    assert _answered(command, drawn, inner=True) == []


def _answered(command: str, drawn: Drawn, inner: bool) -> list[str]:
    try:
        return asked_by(command, drawn, inner)
    except GradcliError:  # a name that only indexes, a matrix without an inverse
        return []


@law(40)
@given(programs(rows=SMOOTH, longest=4), st.integers(0, 2**32 - 1))
def test_the_formulas_follow_finite_differences(drawn: Drawn, seed: int) -> None:
    for form in forms_of(drawn):
        t = np.random.default_rng(seed).uniform(-1, 1, drawn.point[form.name].shape)
        coarse, fine = (directional(drawn, form.name, t, h) for h in (STEP, STEP / 2))
        slope = (4 * fine - coarse) / 3
        assume(abs(fine - coarse) <= 1e-4 * max(abs(slope), 1e-3))
        gradient = form.value(drawn.point, drawn.v)
        size = max(np.abs(gradient * t).sum(), 1e-3)
        assert abs(np.sum(gradient * t) - slope) <= LOOSE * size
        assert abs(np.sum(form.contracted(drawn.point, drawn.v) * t) - slope) <= LOOSE * size


@law(30)
@given(programs(longest=4), st.integers(0, 2**32 - 1))
def test_the_jacobian_and_the_vjp_are_adjoint(drawn: Drawn, seed: int) -> None:
    """⟨v, J t⟩ = ⟨Jᵀ v, t⟩"""
    for form in forms_of(drawn):
        t = np.random.default_rng(seed).uniform(-1, 1, drawn.point[form.name].shape)
        whole = form.jacobian.value(drawn.point)
        pushed = np.tensordot(whole, t, t.ndim)
        pulled = form.value(drawn.point, drawn.v)
        assert close(np.sum(drawn.v * pushed), np.sum(pulled * t), TIGHT * (1 + np.abs(whole).sum()))


def names(text: str, name: str) -> bool:
    """Whether a program names a variable."""
    return re.search(rf"\b{name}\b", text) is not None


# The printed text


def shapes_in(form: Derived) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor that an answer may name."""
    shapes = {}
    for graph in (form.jacobian.graph, form.vjp.graph):
        shapes |= {name: tuple(map(graph.sizes.value, node.dims)) for name, node in graph.nodes.items()}
    return shapes


def forms_of(drawn: Drawn) -> tuple[Derived, ...]:
    return derived(drawn.program, drawn.wrt, drawn.weights)


def unlike_its_text(drawn: Drawn) -> list[str]:
    """The formulas whose printed text, read back, has other values than the formula (or can't be read)."""
    wrong = []
    for form in forms_of(drawn):
        printed = form.closed()
        cases = [
            (
                printed.vjp,
                drawn.point[form.name].shape,
                {**drawn.point, drawn.weights: drawn.v},
                form.value(drawn.point, drawn.v),
            ),
            (printed.jacobian, printed.jacobian.shape, drawn.point, None),
        ]
        for formula, shape, tensors, value in cases:
            if np.prod(shape) > READABLE:
                continue
            try:
                got = evaluated(formula, shape, tensors, shapes_in(form))
            except Unreadable as error:
                wrong.append(f"{formula.left_side.text()} = {formula.formula} where {formula.where}: {error}")
                continue
            if not close(got, form.jacobian.value(drawn.point) if value is None else value, TIGHT):
                wrong.append(f"{formula.left_side.text()} = {formula.formula} where {formula.where}: {got}")
    return wrong


@law(50)
@given(programs(longest=4))
def test_the_printed_text_read_back_has_the_values_of_the_formula(drawn: Drawn) -> None:
    assert unlike_its_text(drawn) == []


@law(30)
@given(programs(longest=3))
def test_every_explicit_entry_read_back_is_the_jacobians(drawn: Drawn) -> None:
    for form in forms_of(drawn):
        jacobian = form.closed(entries=True).jacobian
        whole = form.jacobian.value(drawn.point)
        assume(whole.size <= READABLE)
        assert jacobian is not None and jacobian.entries is not None
        reading = Reading(dict(drawn.point), {**shapes_in(form), **drawn.shapes})
        got = np.empty(whole.shape)
        with np.errstate(all="ignore"):
            reading.define(jacobian.where)
            for entry in jacobian.entries:
                got[entry.row + entry.column] = reading.number(read(entry.formula), {})
        assert close(got, whole, TIGHT)


@pytest.mark.parametrize("text", [
    "sum(x[:2])*x", "exp(sum(x[:-1]**2))", "mean(x[1:])*x", "exp(x[:2] @ y[1:3])", "x[[-2, 1]]*y[:2]",
    "exp(sum(cat([x, y[:2]])**2))", "x.repeat(2)*2",
    "prod(x[:1])", "cumprod(x, 0)", "roll(x, 1)", "flip(x, 0)", "kron(x, y)", "outer(x, y).reshape(2, 8)", "x/norm(x)",
    "amax(x)*x", "sum(x > 0)*x", "softplus(x, 2)", "where(x > y, x**2, -y)", "clamp(x, min=0)", "x*[1, 2, 3, 4]",
    "layer_norm(cumprod(x, 0))", "cross_entropy([x, y], [1, 0])", "diag(x) @ y", "h = layer_norm(x, (4,), y); h*h",
])  # fmt: skip
def test_the_printed_text_of_a_hard_case_says_what_it_means(text: str) -> None:
    rng = np.random.default_rng(0)
    point = {name: rng.uniform(0.2, 1.5, 4) for name in ("x", "y") if names(text, name)}
    v = rng.uniform(-1, 1, trace(parse(text), {name: a.shape for name, a in point.items()}).output_shape)
    assert unlike_its_text(Drawn(text, point, v, ())) == []


@pytest.mark.parametrize("text, spoilt", [
    ("v[i]*x[i]", "v[i]*x[j]"), ("Sum_r(x[r])", "Sum_r(x[r]*x[r])"), ("x[i]*delta(i,m)", "x[i]"), ("2*x[i]", "x[i]**2"),
])  # fmt: skip
def test_the_reader_of_texts_tells_two_formulas_apart(text: str, spoilt: str) -> None:
    reading = Reading({"x": np.array([3.0, 5.0]), "v": np.array([7.0, 11.0])}, {})
    at = {"i": 0, "j": 1, "m": 1}
    assert reading.number(read(text), at) != reading.number(read(spoilt), at)


@pytest.mark.parametrize("text", ["x[i", "2*", "Sum_r(x[r]", "[x[i]]", "x[i] y[i]", "$"])
def test_the_reader_of_texts_refuses_what_is_no_formula(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


# What must not matter


PRINTER = """
import sys
from gradcli.symbolic import derived
from tests.programs import program
for seed in range({programs}):
    drawn = program(seed)
    for form in derived(drawn.program, drawn.wrt, drawn.weights):
        closed = form.closed()
        print(seed, closed.jacobian.formula, closed.jacobian.latex, closed.jacobian.where)
        print(seed, closed.vjp.formula, closed.vjp.latex, closed.vjp.where)
"""


def test_the_text_does_not_depend_on_the_hash_seed() -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", PRINTER.format(programs=25)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("0", "1", "20240607")
    ]
    texts = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert texts[0].count("\n") > 50
    assert texts[0] == texts[1] == texts[2]


@law(25)
@given(programs(longest=4))
def test_the_order_of_the_inputs_does_not_change_values(drawn: Drawn) -> None:
    turned = trace(parse(drawn.text), dict(reversed(drawn.shapes.items())))
    last_first = derived(turned, drawn.wrt[::-1], drawn.weights)
    values = {form.name: form.value(drawn.point, drawn.v) for form in last_first}
    for form in forms_of(drawn):
        assert close(values[form.name], form.value(drawn.point, drawn.v), TIGHT)


GENERIC = [
    *(TABLE[name].example for name in ("sin", "sigmoid", "relu", "maximum", "where", "softplus", "gelu", "atan2",
        "lerp")),
    "(x+1)**2", "x*y", "x@w", "w@x", "x.T@w@x", "sum((w@x - y)**2)", "softmax(x, dim=0)", "softmax(w, dim=1)@x",
    "log_softmax(w, dim=-1)", "x/norm(x)", "mean(w, dim=0)", "var(x)", "std(w, dim=1, keepdim=True)*w", "layer_norm(w)",
    "amax(w, dim=1)", "cumsum(x, 0)", "prod(x)", "cumprod(x, 0)", "logsumexp(w, dim=1)", "w - w.T", "trace(w@w)",
        "inv(w)",
    "logdet(w@w.T)", "solve(w, x)", "x[:, None] - y[None, :]", "x[1:] - x[:-1]", "flip(x, 0)", "diag(x)@w", "tril(w)@x",
    "cat([x, y])*2", "[x, y]", "outer(x, y)", "kron(x, y)", "einsum('ij,j->i', w, x)",
        "exp(-sum((x[:, None] - y[None, :])**2))",
    "mse_loss(x, y)", "cosine_similarity(x, y, dim=0)", "w.flatten()*2", "cross_entropy(w, softmax(w, dim=1))",
        "roll(x, 1)",
]  # fmt: skip


@pytest.mark.parametrize("text", GENERIC)
def test_one_formula_serves_every_size(text: str) -> None:
    """x and y are vectors and w a square matrix, of 3 and of 5; only sizes as symbols may tell them apart."""
    printed = []
    for n in (3, 5):
        shapes = {name: shape for name, shape in {"x": (n,), "y": (n,), "w": (n, n)}.items() if names(text, name)}
        forms = [form.closed() for form in derived(trace(parse(text), shapes), list(shapes))]
        printed.append([(f.jacobian.formula, f.jacobian.where, f.vjp.formula, f.vjp.where) for f in forms])
    assert printed[0] == printed[1]


# The generator


@pytest.mark.parametrize("name", [row.name for row in TABLE.values()])
def test_every_row_can_be_drawn(name: str) -> None:
    """A new row outside the elementwise and reduction families needs a maker in tests/programs.py."""
    assert name in DRAWABLE
    if TABLE[name].family == "random":  # drawn once, a constant in the program
        assert f"{name}(" in program(3, rows=[name]).text
    else:
        assert any(name in program(seed, rows=[name], kinks=True).rows for seed in range(5))


def test_a_seed_is_a_program() -> None:
    assert [repr(program(seed)) for seed in range(20)] == [repr(program(seed)) for seed in range(20)]
    assert len({program(seed).text for seed in range(100)}) > 90
