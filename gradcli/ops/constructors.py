"""Tensors made from numbers: eye, ones, arange and the like. They depend on no input."""

from __future__ import annotations

from math import ceil, inf
from sys import float_info
from typing import Any

from gradcli.message import N_, fault, limit
from gradcli.ops.row import Param, Row, X
from gradcli.ops.words import Tensor, Words
from gradcli.shapes import Shape

SIZES = Param("size", "sizes", (), follows=True)
FILL = Param("fill_value", "number", nan=True, follows=True)
MAX_SIDE = 1 << 40
"""No axis may be longer: sizes are multiplied before anything is allocated."""


def _sizes_shape(size: tuple[int, ...]) -> Shape:
    if any(n < 0 for n in size):
        raise fault("shape", N_("a size must be a number from 0 on, not {size}"), size=size)
    if any(n > MAX_SIDE for n in size):
        raise limit(N_("a size may be {most} at most"), most=MAX_SIDE)
    return size


def _bounds(start: Any, end: Any, step: Any) -> tuple[Any, Any, Any]:
    """arange(n) counts from 0; arange(a, b) from a."""
    return (0, start, step) if end is None else (start, end, step)


def _arange_shape(start: Any, end: Any, step: Any) -> Shape:
    low, high, by = _bounds(start, end, step)
    try:
        count = (high - low) / by
    except (ZeroDivisionError, OverflowError):
        count = inf
    if not 0 <= count < inf:
        raise fault(
            "shape",
            N_("arange from {low} to {high} in steps of {by} never arrives"),
            low=_as_float(low),
            high=_as_float(high),
            by=_as_float(by),
        )
    return _sizes_shape((ceil(count),))


def _as_float(number: Any) -> float:
    return float(number) if isinstance(number, float) or abs(number) <= float_info.max else inf if number > 0 else -inf


def _arange_symbolic(s: Words, start: Any, end: Any, step: Any) -> Tensor:
    low, _, by = _bounds(start, end, step)
    number = s.scalar.number
    return s.tensor(_arange_shape(start, end, step), lambda *i: number(low) + number(by) * (i[0] if i else 0))


def _linspace_symbolic(s: Words, start: Any, end: Any, steps: int) -> Tensor:
    number = s.scalar.number
    by = (number(end) - number(start)) / (steps - 1) if steps > 1 else 0
    return s.tensor((steps,), lambda i: number(start) + by * i)


def _random_row(name: str, doc: str) -> Row:
    def never(*_: Any) -> Any:
        raise AssertionError("drawn when the program is traced, so that both sides see the same numbers")

    return Row(
        name,
        "random",
        doc,
        f"{name}(2, 3)",
        takes=(SIZES,),
        shape=_sizes_shape,
        torch=never,
        numpy=never,
        symbolic=never,
        method=False,
        differentiable=False,
    )


# fmt: off
SOURCES: tuple[Row, ...] = (
    Row("eye", "source", N_("the identity matrix"), "eye(3)",
        takes=(Param("n", "integer", follows=True), Param("m", "integer", None, follows=True)), method=False,
        shape=lambda n, m: _sizes_shape((n, n if m is None else m)), differentiable=False,
        torch=lambda t, n, m: t.eye(n, n if m is None else m, dtype=t.get_default_dtype()),
        symbolic=lambda s, n, m: s.tensor((n, n if m is None else m), lambda i, j: s.delta(i, j))),
    Row("ones", "source", N_("a tensor of ones"), "ones(2, 3)", takes=(SIZES,), shape=_sizes_shape, method=False,
        differentiable=False, symbolic=lambda s, size: s.tensor(size, lambda *i: 1)),
    Row("zeros", "source", N_("a tensor of zeros"), "zeros(2, 3)", takes=(SIZES,), shape=_sizes_shape, method=False,
        differentiable=False, symbolic=lambda s, size: s.tensor(size, lambda *i: 0)),
    Row("full", "source", N_("a tensor filled with one number"), "full((2, 3), 7)", method=False, differentiable=False,
        takes=(Param("size", "sizes", follows=True), FILL), shape=lambda size, value: _sizes_shape(size),
        symbolic=lambda s, size, value: s.tensor(size, lambda *i: s.scalar.number(value))),
    Row("arange", "source", N_("numbers from start up to, not including, end"), "arange(0, 3, 0.5)",
        method=False, differentiable=False,
        takes=(Param("start", "number"), Param("end", "number", None), Param("step", "number", 1)), shape=_arange_shape,
        torch=lambda t, *arguments: t.arange(*_bounds(*arguments), dtype=t.get_default_dtype()),
        numpy=lambda n, *arguments: n.arange(*_bounds(*arguments), dtype=float), symbolic=_arange_symbolic),
    Row("linspace", "source", N_("numbers evenly spaced from start to end, both included"), "linspace(-1, 1, 5)",
        method=False, takes=(Param("start", "number"), Param("end", "number"), Param("steps", "integer")),
        differentiable=False, shape=lambda start, end, steps: _sizes_shape((steps,)), symbolic=_linspace_symbolic),
    Row("ones_like", "source", N_("ones in the shape of a tensor"), "ones_like(x)", takes=(X,),
        shape=lambda x: x, differentiable=False, symbolic=lambda s, x: s.tensor(x.dims, lambda *i: 1)),
    Row("zeros_like", "source", N_("zeros in the shape of a tensor"), "zeros_like(x)", takes=(X,),
        shape=lambda x: x, differentiable=False, symbolic=lambda s, x: s.tensor(x.dims, lambda *i: 0)),
    Row("full_like", "source", N_("one number in the shape of a tensor"), "full_like(x, 7)", takes=(X, FILL),
        shape=lambda x, value: x, differentiable=False,
        symbolic=lambda s, x, value: s.tensor(x.dims, lambda *i: s.scalar.number(value))),
    Row("tensor", "source", N_("the tensor itself: torch.tensor([1, 2]) as it is written in PyTorch"), "tensor([1, 2])",
        takes=(Param("data"),), shape=lambda x: x,
        torch=lambda t, x: x, numpy=lambda n, x: x, symbolic=lambda s, x: x,
        aliases=("as_tensor", "FloatTensor", "asarray")),
    _random_row("rand", N_("numbers drawn evenly from 0 to 1, by --seed")),
    _random_row("randn", N_("numbers drawn from the standard normal distribution, by --seed")),
)
# fmt: on
