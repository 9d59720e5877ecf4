"""Limits: told from shapes and numbers before the work begins, each with exit status 3, and nothing else has it."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from fuzzing.guard import timed

from gradcli import answer
from gradcli.cli import entry
from gradcli.commands.functions import _fitting as fitting
from gradcli.message import Exit, GradcliError, Message
from gradcli.numeric.autograd import computing
from gradcli.ops import ROWS
from gradcli.ops.matrix_products import einsum_sizes
from gradcli.ops.row import Row, n
from gradcli.program import Apply, Program, trace
from gradcli.program.builder import ProgramBuilder
from gradcli.program.program import Constant
from gradcli.program.values import values_of, with_values
from gradcli.syntax import parse

HUGE = (10**5, 2 * 10**8, 10**12, 2**62, 2**63, 10**30)
SECONDS = 5.0
"""Of the processor's time, for what takes a few hundredths of it."""


def _enlarged(arguments: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The arguments with one whole number, or with all of them, far larger."""
    places = [k for k, a in enumerate(arguments) if _is_whole(a)]
    for huge in (sign * h for h in HUGE for sign in (1, -1)):
        for chosen in {*((k,) for k in places), tuple(places)}:
            yield tuple(_large(a, huge) if k in chosen else a for k, a in enumerate(arguments))


def _is_whole(argument: Any) -> bool:
    if isinstance(argument, tuple):
        return bool(argument) and all(map(_is_whole, argument))
    return isinstance(argument, (int, Fraction)) and not isinstance(argument, bool)


def _large(argument: Any, huge: int) -> Any:
    if isinstance(argument, tuple):
        return tuple(_large(a, huge) for a in argument)
    return Fraction(huge) if isinstance(argument, Fraction) else huge


def _asked(row: Row) -> Iterator[tuple[Program, list[Any], Apply]]:
    """The row's example: the program, the values of its steps, and the step of the row."""
    found = next(fitting(row), None)
    if found is None:
        return
    program, point = found
    for step in program.steps:
        if isinstance(step.how, Apply) and step.how.operation == row.name:
            yield program, values_of(program, point), step.how
            return


def _ends(column: Any, library: Any, arguments: tuple[Any, ...], values: list[Any]) -> None:
    """The column ends in time, and its backward pass; that a library refuses is an end."""
    refused = (GradcliError, ValueError, OverflowError, IndexError, TypeError, ArithmeticError)
    with timed(SECONDS), contextlib.suppress(*refused), computing("float64"), np.errstate(all="ignore"):
        found = column(library, *(with_values(a, values) for a in arguments))
        if isinstance(found, torch.Tensor):
            found.sum().backward()


@pytest.mark.parametrize("row", [r for r in ROWS if r.family != "random"], ids=lambda r: r.name)
def test_no_option_of_a_row_is_so_large_that_the_work_never_ends(row: Row) -> None:
    """The whole table: with each whole number far larger the row is refused, or is computed at once."""
    for program, values, apply in _asked(row):
        tensors = [torch.tensor(np.array(v), dtype=torch.float64, requires_grad=True) for v in values]
        for arguments in _enlarged(apply.arguments):
            builder = ProgramBuilder(program.source, {}, 0)
            builder.steps = list(program.steps)
            try:
                builder.finish(row, arguments, program.steps[-1].span)
            except GradcliError as error:
                assert error.exit_status in (Exit.LIMIT, Exit.MISTAKE)
                continue
            _ends(row.numpy, n, arguments, values)
            _ends(row.torch, torch, arguments, tensors)


def test_the_work_of_what_was_found_is_told_at_once() -> None:
    records: list[dict[str, Any]] = [
        {"expr": "multigammaln(x, 100000000)", "inputs": {"x": 1e9}},
        {"expr": "multigammaln(x, 100000)", "inputs": {"x": "full:10000:1e9"}},
        {"expr": "conv1d(x[None, None], ones(1, 1, 1), stride=10**9, padding=10**9)", "inputs": {"x": "1,2"}},
        {"expr": "einsum('i,j,ik,jk->', x, x, y, y)", "inputs": {"x": "ones:20000", "y": "ones:20000x1"}},
        {"expr": "x @ x", "inputs": {"x": "ones:7000x7000"}},
        {"expr": "inv(x)", "inputs": {"x": "eye:7000"}},
        {"command": "jacobian", "expr": "x*ones(1000000)", "inputs": {"x": 2}, "plot": True, "flat": True},
        {"command": "check", "of": "jacobian", "expr": "x**2", "inputs": {"x": "ones:50000"}, "answer": "2*x"},
        {"command": "check", "of": "hessian", "expr": "sum(x**2)", "inputs": {"x": "ones:50000"}, "answer": "2*x"},
        {
            "command": "backward",
            "expr": "sum(x**2)",
            "inputs": {"x": "ones:10000000"},
            "calls": 1000,
            "retain_graph": True,
        },
        {"expr": "+".join("x" * 40), "inputs": {"x": "ones:50000000"}},
    ]
    answer({"expr": "x @ x", "inputs": {"x": "eye:2"}})  # what is imported late is imported now
    for record in records:
        with timed(SECONDS):
            told = answer({**record, "numeric_only": True} if "command" not in record else record)
        if record.get("plot"):
            assert "entry by entry" in told["warnings"][-1]["text"]
        else:
            assert (told["error"]["kind"], told["error"]["exit_status"]) == ("limit", Exit.LIMIT), record


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────


def _sizes(seed: int, count: int) -> Iterator[tuple[str, float | None]]:
    """Powers and products of written numbers, each with the logarithm to base 10 of what it is worth."""
    random = Random(seed)
    for _ in range(count):
        a = random.choice((2, 3, 7, 10, 1.5, 99, 0.5, 0.1))
        b = random.choice((2, 9, 30, 300, 308, 1000, 5000, 10**6, 10**9))
        sign, k = random.choice(("", "-")), random.randint(-3, 3)
        yield f"{a}**{sign}{b}*10**{k}", math.log10(a) * (-b if sign else b) + k
        yield f"{sign}{a}e{random.randint(1, 290)}*1e{b % 290}", None
        yield f"{a}**{b}**{random.choice((1, 2, 9))}", None


def test_a_finite_number_is_its_own_or_a_limit_and_never_infinity() -> None:
    limits = 0
    for text, size in _sizes(3, 60):
        try:
            program = trace(parse(f"{text}*x"), {"x": ()})
        except GradcliError as error:
            assert error.kind == "limit", text
            limits += 1
            assert size is None or not -300 < size < 308, text
            continue
        value = float(values_of(program, {"x": np.array(1.0)})[program.output.step])
        assert math.isfinite(value), text
        if size is not None and -290 < size < 300:
            assert math.isclose(math.log10(value), size, abs_tol=1e-9), text
    assert 30 < limits < 150


@pytest.mark.parametrize("text", ["x*(0**-1)", "x/0", "x*inf", "exp(x*1000)", "x*pi*inf", "-inf*x", "inf**2*x"])
def test_what_is_infinite_stays_infinite(text: str) -> None:
    program = trace(parse(text), {"x": ()})
    assert math.isinf(values_of(program, {"x": np.array(1.0)})[program.output.step])


def test_numbers_on_the_way_may_be_larger_than_a_float() -> None:
    program = trace(parse("10**400/10**399*x"), {"x": ()})
    how = next(s.how for s in program.steps if isinstance(s.how, Constant))
    assert how.value == 10


# ── einsum ──────────────────────────────────────────────────────────────────────────────────────


def test_the_work_of_an_einsum_is_that_of_its_pairs() -> None:
    assert einsum_sizes("ij,jk->ik", ((3, 5), (5, 7))) == (21, 1 + 105)
    assert einsum_sizes("i,j,k->", ((4,), (5,), (6,)))[0] == 1
    assert einsum_sizes("ia,ja,kb,lb->ijkl", ((2, 9), (3, 9), (4, 8), (5, 8)))[0] == 192
    assert einsum_sizes("i,j,ij->", ((100,), (100,), (100, 100)))[0] == 10_000


# ── the status ──────────────────────────────────────────────────────────────────────────────────


KINDS = ("syntax", "name", "shape", "domain", "file", "option", "input", "record", "install", "limit")


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_and_nothing_else_has_the_status_of_a_limit(kind: str) -> None:
    error = GradcliError(kind, Message("no"))
    assert (error.exit_status == Exit.LIMIT) == (kind == "limit")
    error.kind = "limit"
    assert error.exit_status == Exit.LIMIT


WRONG = [
    "vjp x***2 --x 1",
    "vjp x+y --x 1",
    "vjp x@x --x 1",
    "vjp x --x @none.npy",
    "vjp x --x 1 --dtype float16",
    "vjp inv(x) --x zeros:2x2",
    "vjp x --x eye:100000",
    "vjp 9**9**9*x --x 1",
    "vjp x" + "+x" * 60_000 + " --x 1",
    "vjp " + "(" * 9999 + "x --x 1",
    "vjp ones(10**12)*x --x 1",
    "vjp while --x 1",
    "jacobian x**2 --x ones:200 --quiet",
    "hessian sum(x**2) --x ones:200 --quiet",
    "jacobian x**2 --x ones:2000 --output j.png",
    "jacobian x**2 --x ones:200 --output j.npy",
    "code x --x ones:200000",
    "code conv1d(x,w) --x ones:1x1x5 --w ones:1x1x2 --to jax",
    "plot x --x linspace:0:1:20000",
    "grad x*y*z*w --x 1 --y 1 --z 1 --w 1 --order 12",
    "functions nothing",
    "explain nothing-at-all",
    "batch none.jsonl",
    "vpj x",
]


@pytest.mark.parametrize("line", WRONG, ids=lambda line: line[:40])
def test_the_status_of_every_error_follows_from_its_kind(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word.replace("while", "while x>0: x=x+1") for word in line.split(" ")]
    status = entry.run([*words, "--format", "json"] if "--output" not in words and words[0] != "batch" else words)
    told = capsys.readouterr()
    if told.out:
        error = json.loads(told.out)["error"]
        assert error["exit_status"] == status == (3 if error["kind"] == "limit" else 2)
        if "--quiet" in words:
            assert "too large" in error["message"] and "instead" not in error["message"]
    else:
        assert status in (2, 3) and told.err.startswith("error: ")


def test_a_question_about_the_table_is_not_empty() -> None:
    """The law above draws: rows with whole numbers among their options there are many."""
    asked = [apply for row in ROWS if row.family != "random" for _, _, apply in _asked(row)]
    assert sum(any(map(_is_whole, apply.arguments)) for apply in asked) > 25


_NEW_AXES = {
    "a list": lambda count: "x + " + "[" * count + "1" + "]" * count,
    "a list of tensors": lambda count: "[" * count + "x" + "]" * count,
    "an index": lambda count: "x[" + "None," * count + "]",
    "a shape": lambda count: f"reshape(x, {[1] * count})",
}


@pytest.mark.parametrize("way", _NEW_AXES)
def test_a_program_has_as_many_axes_as_numpy_counts(way: str) -> None:
    most = trace(parse(_NEW_AXES[way](64)), {"x": ()})
    assert values_of(most, {"x": np.array(1.0)})[most.output.step].ndim == 64
    with pytest.raises(GradcliError, match="65 axes; the limit is 64") as told:
        trace(parse(_NEW_AXES[way](65)), {"x": ()})
    assert told.value.exit_status is Exit.LIMIT


@pytest.mark.parametrize(
    "text",
    [
        "where(" + "0<(" * 40 + "x" + ")<1" * 40 + ", x, 1)",
        "a = x > 0; " + "a = a*a; " * 60 + "where(a | a, x, 1)",
        "a = 2*pi; " + "a = a + sqrt(a); " * 60 + "leaky_relu(x, a)",
    ],
    ids=["comparisons in comparisons", "a mask of masks", "an option made of numbers"],
)
def test_what_stands_in_two_places_is_computed_and_looked_at_once(text: str) -> None:
    with timed(SECONDS):
        assert len(trace(parse(text), {"x": (2,)}).steps) < 500


def test_the_middle_of_a_chained_comparison_is_one_step() -> None:
    assert len(trace(parse("0 < rand(2) < 2*x < y"), {"x": (2,), "y": (2,)}).steps) == len(
        trace(parse("a = rand(2); b = 2*x; (0 < a) & (a < b) & (b < y)"), {"x": (2,), "y": (2,)}).steps
    )
