"""Planted wrong derivatives, on demand: `python -m tests.mutation` shows which the product's own verdict catches.

Each mistake is planted in a process of its own: in a column of one row of the operations table (the formulas';
PyTorch's stays right), or as a line of the delta contraction. A few programs are then asked by `vjp`, and it is
caught where one of them disagrees (exit status 1); it may also break the derivation outright. The contraction is asked
by `hessian`, too. With `--tests` tests are asked instead: the table's of the row, or of every row that moves entries,
and those of the contraction and of second derivatives. Prints the counts and every survivor; ends with status 1 if
there is one that is not known to change no derivative (`EQUIVALENT`).
"""

from __future__ import annotations

import argparse
import inspect
import os
import re
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, islice
from random import Random
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import sympy

import gradcli
from gradcli.commands.functions import _fitting as fitting
from gradcli.message import GradcliError
from gradcli.ops import ROWS
from gradcli.ops.row import Row
from gradcli.report import Array, Compared
from gradcli.symbolic import deltas
from gradcli.symbolic.tensor_graph import Tensor
from gradcli.symbolic.vocabulary import Builder
from tests import programs
from tests.test_deltas import (
    SUMMANDS,
    test_a_contracted_sum_is_the_sum_written_out,
    test_joined_digits_are_the_two_digits_also_where_one_is_out_of_range,
)
from tests.test_second_order import BLOCKS, test_a_block_of_the_hessian_is_double_backward
from tests.test_table import MOVING, cases, test_the_derivative_is_autograds

Question = Callable[[], bool]
"""Whether a mistake is noticed by it."""
Plant = Callable[[], None]

PROGRAMS = 4
"""Drawn for each row, beside its example."""
SECONDS = 20
"""Of the processor's time for one mistake."""
CAUGHT, BROKE, SURVIVED, LATE, VOID = "caught", "broke", "survived", "late", "void"
"""`void`: no formula of these programs was changed by it, so that there was no mistake to be caught."""
_changed = False
"""Whether a planted mistake made a formula another one, in this process."""


@dataclass(frozen=True)
class Mistake:
    """One planted mistake: where, which, how it is made, and what is asked then."""

    where: str
    what: str
    plant: Plant
    questions: Sequence[Question]


# Mistakes in a formula


def _without_a_factor(e: Any) -> Any:
    """The last factor dropped, where there are two."""
    e = sympy.sympify(e)
    return sympy.Mul(*e.args[:-1]) if e.is_Mul else e


def _noted(right: Any, wrong: Any) -> Any:
    """The wrong formula; whether it is another one is remembered."""
    global _changed
    _changed = _changed or sympy.sympify(right) != sympy.sympify(wrong)
    return wrong


FORMULAS: Mapping[str, Callable[[Any], Any]] = {
    "doubled": lambda e: 2 * e,
    "negated": lambda e: -e,
    "a factor dropped": _without_a_factor,
}


def _of(column: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    def wrong(*arguments: Any) -> Any:
        right = column(*arguments)
        return _noted(right, change(right))

    return wrong


def _put(row: Row, column: str, value: Any) -> Plant:
    return lambda: object.__setattr__(row, column, value)


def row_mistakes(row: Row, questions: Sequence[Question]) -> Iterator[Mistake]:
    """Wrong columns of one row."""
    if row.derivative is not None:
        yield from _in_partials(row, questions)
    if row.sympy is not None and (row.derivative is None or None in row.derivative):
        yield from _in_words(row, questions)
    if row.scalar is not None:
        for what, change in FORMULAS.items():
            yield Mistake(f"{row.name}.scalar", what, _put(row, "scalar", _of(row.scalar, change)), questions)
        if len(row.tensors) == 2:
            yield Mistake(
                f"{row.name}.scalar", "arguments swapped", _put(row, "scalar", _backwards(row.scalar)), questions
            )
    if row.symbolic is not None:
        yield from _in_entries(row, questions)


def _backwards(column: Callable[..., Any]) -> Callable[..., Any]:
    return lambda s, a, b, *rest: _noted(column(s, a, b, *rest), column(s, b, a, *rest))


def _instead(right: Callable[..., Any], wrong: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: _noted(right(*arguments), wrong(*arguments))


def _in_partials(row: Row, questions: Sequence[Question]) -> Iterator[Mistake]:
    partials = row.derivative or ()
    for place, column in enumerate(partials):
        if column is None:  # SymPy's
            continue
        for what, change in {**FORMULAS, "zero": lambda e: 0 * e, "one more": lambda e: e + 1}.items():
            wrong = (*partials[:place], _of(column, change), *partials[place + 1 :])
            yield Mistake(f"{row.name}.derivative[{place}]", what, _put(row, "derivative", wrong), questions)
    for a, b in combinations(range(len(partials)), 2):
        if partials[a] is None or partials[b] is None:
            continue
        swapped = list(partials)
        swapped[a], swapped[b] = _instead(partials[a], partials[b]), _instead(partials[b], partials[a])
        yield Mistake(
            f"{row.name}.derivative", f"{a} and {b} swapped", _put(row, "derivative", tuple(swapped)), questions
        )


def _in_words(row: Row, questions: Sequence[Question]) -> Iterator[Mistake]:
    """The function that SymPy differentiates."""
    column = row.sympy
    assert column is not None
    for what, change in {**FORMULAS, "a constant": lambda e: 0 * e}.items():
        yield Mistake(f"{row.name}.sympy", what, _put(row, "sympy", _of(column, change)), questions)
    more = lambda sp, *of: _noted(right := column(sp, *of), right + sum(of[k] for k in row.tensor_places))  # noqa: E731
    yield Mistake(f"{row.name}.sympy", "its slope one more", _put(row, "sympy", more), questions)
    if len(row.tensors) == 2:
        yield Mistake(f"{row.name}.sympy", "arguments swapped", _put(row, "sympy", _backwards(column)), questions)


def _in_entries(row: Row, questions: Sequence[Question]) -> Iterator[Mistake]:
    """The entry of the result, its indices, and the Jacobians of primitives."""
    column = row.symbolic
    assert column is not None
    for what, change in FORMULAS.items():
        yield Mistake(f"{row.name}.symbolic", what, _put(row, "symbolic", _entry_of(column, change)), questions)
    for what, indices in {"two axes swapped": _swapped, "an axis reversed": _reversed}.items():
        yield Mistake(f"{row.name}.symbolic", what, _put(row, "symbolic", _tensor_of(column, indices)), questions)
    if "primitive" in inspect.getsource(sys.modules[column.__module__]) and _has_rules(column):
        for what, change in FORMULAS.items():
            wrong = lambda s, *rest, change=change: column(_Wrong(s, change), *rest)  # noqa: E731
            yield Mistake(f"{row.name}.symbolic", f"its Jacobian {what}", _put(row, "symbolic", wrong), questions)


def _entry_of(column: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    return _tensor_of(column, lambda x: Tensor(x.dims, x.idx, sympy.sympify(change(x.entry))))


def _tensor_of(column: Callable[..., Any], change: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    def wrong(*arguments: Any) -> Any:
        right = column(*arguments)
        changed = change(right)
        _noted(right.entry, changed.entry)
        return changed

    return wrong


def _has_rules(column: Callable[..., Any]) -> bool:
    """Whether the column makes a primitive, itself or by a function of its file."""
    source = inspect.getsource(column)
    file = vars(sys.modules[column.__module__])
    called = [
        file[name] for name in re.findall(r"\b_\w+", source) if callable(file.get(name)) and file[name] is not column
    ]
    return "s.primitive(" in source or any("s.primitive(" in inspect.getsource(f) for f in called)


def _swapped(x: Tensor) -> Tensor:
    """Its first two axes of one length, read the wrong way round."""
    for a, b in combinations(range(x.rank), 2):
        if x.dims[a] == x.dims[b] != 1:
            return Tensor(x.dims, x.idx, x.entry.xreplace({x.idx[a]: x.idx[b], x.idx[b]: x.idx[a]}))
    return x


def _reversed(x: Tensor) -> Tensor:
    """Its last axis, read from the end."""
    for i, dim in zip(x.idx[::-1], x.dims[::-1], strict=True):
        if dim != 1:
            return Tensor(x.dims, x.idx, x.entry.xreplace({i: dim - 1 - i}))
    return x


class _Wrong:
    """A builder whose primitives have wrong Jacobians."""

    def __init__(self, right: Builder, change: Callable[[Any], Any]) -> None:
        self._right, self._change = right, change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._right, name)

    def primitive(self, letter: str, dims: Any, arguments: Any, *rules: Any, **options: Any) -> Any:
        changed = [(node, lambda y, rule=rule: _of(rule(y), self._change)) for node, rule in rules]
        return self._right.primitive(letter, dims, arguments, *changed, **options)


# Mistakes in the contraction

LINES: Mapping[str, tuple[str, str]] = {
    "the range is dropped": ("    low, high = in_range(e, dim)\n    varying",
        "    low, high = True, True\n    varying"),
    "the lower range is dropped": ("    if not low:\n        factor *=", "    if False:\n        factor *="),
    "the upper range is dropped": ("    if not high:\n        factor *=", "    if False:\n        factor *="),
    "the upper range is one too long": ("sympy.expand(dim - 1 - constant)", "sympy.expand(dim - constant)"),
    "the upper range is one too short": ("sympy.expand(dim - 1 - constant)", "sympy.expand(dim - 2 - constant)"),
    "the lower range is off by one": ("AtLeast(varying, -constant)", "AtLeast(varying, 1 - constant)"),
    "a sign is lost": ("value = sympy.expand(-(difference - c * k) * c)",
    "value = sympy.expand((difference - c * k) * c)"),
    "solved off by one": ("value = sympy.expand(-(difference - c * k) * c)",
                          "value = sympy.expand(-(difference - c * k) * c) + 1"),
    "a plain delta solved for 0": ("return {k: b if k is a else a}, ONE, ()", "return {k: ZERO}, ONE, ()"),
    "a step is not divided by": ("{k: Quotient(e, sign * c)}", "{k: e}"),
    "a remainder is let through": ("exact = Delta(Remainder(e, sign * c), ZERO)", "exact = ONE"),
    "digits swapped": ("l: Remainder(e, l.dim)}", "l: Quotient(e, l.dim)}"),
    "a quotient solved with the wrong unit": ("place = value * n + new", "place = value + new"),
    "a remainder solved with the wrong unit": ("place = new * n + value", "place = new + value"),
    "joined digits lose their unit": ("Delta(e, high * n + low)", "Delta(e, high + low)"),
    "joined digits lose their range": ("joined = Mul(Delta(e, high * n + low), _range_factor(low, n))",
                                       "joined = Delta(e, high * n + low)"),
    "a sum keeps its first term only": ("term for term in factor.args]", "term for term in factor.args[:1]]"),
    "the other factors are lost in a sum": ("[Mul(*others) * term for", "[term for"),
    "the number in front is lost": ("return Mul(*numbers) * Sigma", "return Sigma"),
    "a free sum is not multiplied by": ("else Mul(*(k.dim for k in group))", "else ONE"),
    "independent factors are lost": ("return Mul(*outside, *parts)", "return Mul(*parts)"),
    "indices are not renewed": ("fresh = {k: Index(k.dim, k.name) for k in e.bound}",
    "fresh = {k: k for k in e.bound}"),
    "the last piece is left out": ("for n in range(int(k.dim))", "for n in range(int(k.dim) - 1)"),
    "a square is taken as its base": ("factor.expand())], over", "factor.base.expand())], over"),
    "the ranges of a solution are lost": ("if f is not delta), ranges)", "if f is not delta))"),
    "new indices are not summed": ("(*(k for k in over if k not in replaced), *new)",
                                   "(*(k for k in over if k not in replaced),)"),
}  # fmt: skip


def moving_questions() -> list[Question]:
    """Programs that move entries about."""
    moves = [row.name for row in ROWS if row.family == "move" and row.name in programs.DRAWABLE]
    drawn = [programs.draw(Random(seed), rows=moves, longest=3) for seed in range(40)]
    return [
        *(partial(disagrees, case.text, case.point()) for case in MOVING),
        *(partial(disagrees, one.text, one.point, one.v) for one in drawn),
        *(partial(disagrees, case.text, case.point(), command="hessian") for case in MOVING),
    ]


def moving_tests() -> list[Question]:
    """The tests of programs that move entries about."""
    moved = [case for row in ROWS if row.family == "move" for case in cases(row)]
    digits = [(shift, swapped) for shift in range(-2, 3) for swapped in (False, True)]
    return [
        *(partial(fails, test_the_derivative_is_autograds, case) for case in (*MOVING, *moved)),
        *(partial(fails, test_joined_digits_are_the_two_digits_also_where_one_is_out_of_range, *d) for d in digits),
        *(partial(fails, test_a_contracted_sum_is_the_sum_written_out, summand) for summand in SUMMANDS),
        *(partial(fails, test_a_block_of_the_hessian_is_double_backward, *block) for block in BLOCKS),
    ]


def contraction_mistakes(questions: Sequence[Question]) -> Iterator[Mistake]:
    """Wrong lines of the contraction."""
    source = inspect.getsource(deltas)
    for what, (right, wrong) in LINES.items():
        assert right in source, f"the contraction has no line {right!r} any more"
        planted = compile(source.replace(right, wrong), "<planted>", "exec")
        yield Mistake("contract", what, lambda code=planted: _exchange(code), questions)


def _exchange(planted: CodeType) -> None:
    """The contraction's functions do what the planted ones do, also for the modules that have imported them."""
    wrong = {**vars(deltas)}
    exec(planted, wrong)  # noqa: S102
    for name, function in vars(deltas).items():
        at_home = isinstance(function, FunctionType) and function.__module__ == deltas.__name__
        if at_home and not hasattr(function, "__wrapped__"):
            function.__code__ = wrong[name].__code__


# The verdict


def questions_of(row: Row) -> list[Question]:
    """Programs in which the row has a derivative: its example, and some that are drawn."""
    drawn = (
        [programs.draw(Random(seed), rows=[row.name], longest=1 + seed % 2) for seed in range(PROGRAMS)]
        if row.name in programs.DRAWABLE
        else []
    )
    return [
        *(partial(disagrees, one.text, one.point, one.v) for one in drawn),
        *(partial(disagrees, row.example, point) for _, point in islice(fitting(row), 2)),
    ]


def disagrees(text: str, point: Mapping[str, Array], v: Any = None, command: str = "vjp") -> bool:
    """Whether the product's own verdict on its answer is no."""
    if v is None:
        shape = gradcli.vjp(text, dict(point), numeric_only=True).parts[0].output_shape  # type: ignore[union-attr]
        v = np.random.default_rng(1).normal(size=shape)
    try:
        verdicts = getattr(gradcli, command)(text, dict(point), v=v, time_limit=SECONDS).of(Compared)
    except GradcliError:
        return False
    return any(found.agrees is False or found.jacobian_checked is False for found in verdicts)


def fails(test: Callable[..., None], *arguments: Any) -> bool:
    """Whether a test notices it."""
    try:
        test(*arguments)
    except AssertionError:
        return True
    return False


def outcome(mistake: Mistake) -> str:
    """What becomes of the mistake, in a process of its own, where alone it is planted."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os._exit(FIRST + OUTCOMES.index(_seen(mistake)))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return LATE if os.WTERMSIG(status) == signal.SIGPROF else BROKE
    return OUTCOMES[os.WEXITSTATUS(status) - FIRST]


FIRST, OUTCOMES = 40, (SURVIVED, CAUGHT, BROKE, VOID)
"""By a process' exit status, from 40 on: none that Python ends with, as where a mistake could not be planted."""


def _seen(mistake: Mistake) -> str:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # whose signal ends the process
    broke = False
    mistake.plant()
    for question in mistake.questions:
        try:
            if question():
                return CAUGHT
        except Exception:
            broke = True
    return BROKE if broke else SURVIVED if _changed or mistake.where == "contract" else VOID


def mistakes(tests: bool) -> Iterator[Mistake]:
    """Every mistake, those of the table first, with what is to notice it."""
    for row in ROWS:
        if row.differentiable:
            asked = [partial(fails, test_the_derivative_is_autograds, case) for case in cases(row)]
            yield from row_mistakes(row, asked if tests else questions_of(row))
    yield from contraction_mistakes(moving_tests() if tests else moving_questions())


_SYMMETRIC = "two axes have one length by construction only where the result is symmetric: x @ x.T, solve(x, x)"
EQUIVALENT: Mapping[tuple[str, str], str] = {
    **{(f"{name}.symbolic", "two axes swapped"): _SYMMETRIC for name in ("linear", "inner", "solve", "conv1d")},
    ("fmax.sympy", "arguments swapped"): "x and y change places only where they are equal; a test does notice it",
    ("hypot.sympy", "negated"): "so is the result that its slope x/y is written in; a test of the value does notice it",
    ("contract", "joined digits lose their range"): "no digit of the programs leaves its range; a test does notice it",
    ("contract", "indices are not renewed"): "no sums of the programs share an index; a test does notice it",
}
"""Mistakes that change no derivative, and why."""


def main() -> int:
    """The run; returns the exit status."""
    parser = argparse.ArgumentParser(prog="tests.mutation")
    parser.add_argument("--only", default="", help="mistakes whose place begins with this")
    parser.add_argument("--tests", action="store_true", help="ask the table's tests, not the product's verdict")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    disagrees("x*2", {"x": np.ones(2)})  # the libraries are imported once, before the processes part
    counts: Counter[str] = Counter()
    left = []
    for mistake in mistakes(asked.tests):
        if not mistake.where.startswith(asked.only):
            continue
        found = outcome(mistake)
        counts[found] += 1
        if found in (SURVIVED, LATE):
            known = EQUIVALENT.get((mistake.where, mistake.what))
            left += [] if known else [mistake]
            sys.stdout.write(f"{found}: {mistake.where}: {mistake.what}{f' ({known})' if known else ''}\n")
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    sys.stdout.write(f"{sum(counts.values())} mistakes: {told}; {len(left)} not caught and not explained\n")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
