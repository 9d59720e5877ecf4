"""The matrix rule for y = A @ B, where A and B are inputs or their transposes: told where these numbers bear it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradcli.explain.facts import Answered
from gradcli.explain.slots import note
from gradcli.message import N_
from gradcli.ops.matrix_products import PRODUCTS
from gradcli.program import Apply, Input, Ref
from gradcli.report import Array, Note

_ONE = N_("{y} is made by {product}, so {x}.grad = {rule}: the matrix rule, checked here on these numbers.")
_BOTH = N_(
    "{y} is made by {product}, so {x}.grad = {rule} and {other}.grad = {second}: the matrix rule, checked here on "
    "these numbers."
)


@dataclass(frozen=True, slots=True)
class Factor:
    """An input as it stands in the product: itself, or transposed."""

    name: str
    turned: bool
    value: Array

    @property
    def stands(self) -> Array:
        return self.value.T if self.turned else self.value

    def text(self, turn: bool = False) -> str:
        """As it stands, or transposed once more; a vector has no transpose."""
        return f"{self.name}.T" if self.turned != turn and self.value.ndim == 2 else self.name


def product(a: Answered) -> Iterator[Note]:
    """x.grad = v @ w.T and its kin."""
    factors = _factors(a)
    if factors is None:
        return
    left, right = factors
    rules = [(left.name, *_left(a, left, right)), (right.name, *_right(a, left, right))]
    borne_out = [(name, text) for name, text, *two in rules if name in a.moving and _equal(a, name, *two)]
    written = f"{left.text()} @ {right.text()}"
    if len(borne_out) == 2:
        (x, rule), (other, second) = borne_out
        yield note("matmul", _BOTH, y=a.y_name, product=written, x=x, rule=rule, other=other, second=second)
    elif borne_out:
        yield note("matmul", _ONE, y=a.y_name, product=written, x=borne_out[0][0], rule=borne_out[0][1])


def _factors(a: Answered) -> tuple[Factor, Factor] | None:
    """Both sides of the product that y is, if each is an input that is read nowhere else."""
    step = _product(a)
    if step is None:
        return None
    left, right = (_factor(a, ref) for ref in step.refs)
    if left is None or right is None or not (_read_once(a, left.name) and _read_once(a, right.name)):
        return None
    return (left, right) if left.value.ndim == 2 and right.value.ndim in (1, 2) else None


def _product(a: Answered) -> Apply | None:
    """The product that y is, or that something is added to."""
    top = a.made(a.program.output)
    if top is not None and top.operation == "add":
        sides = [a.made(ref) for ref in top.refs if a.program[ref].shape == a.y.shape]
        top = next((side for side in sides if side is not None and side.operation in PRODUCTS), None)
    return top if top is not None and top.operation in PRODUCTS else None


def _factor(a: Answered, ref: Ref) -> Factor | None:
    how, turned = a.program[ref].how, False
    if isinstance(how, Apply) and how.operation in ("T", "t", "mT") and len(a.program[ref].shape) == 2:
        how, turned = a.program[how.refs[0]].how, True
    return Factor(how.name, turned, a.point[how.name]) if isinstance(how, Input) else None


def _read_once(a: Answered, name: str) -> bool:
    ref = a.program.inputs[name]
    return sum(step.how.refs.count(ref) for step in a.program.steps if isinstance(step.how, Apply)) == 1


def _left(a: Answered, left: Factor, right: Factor) -> tuple[str, Array, Array]:
    """The rule for the left factor, and the two matrices that it multiplies."""
    v, b = a.v_name, right.stands
    if b.ndim == 1:
        first, second = (right.text(), v) if left.turned else (v, right.text())
        column, row = (b, a.v) if left.turned else (a.v, b)
        return f"outer({first}, {second})", column[:, np.newaxis], row[np.newaxis]
    return (f"{right.text()} @ {v}.T", b, a.v.T) if left.turned else (f"{v} @ {right.text(turn=True)}", a.v, b.T)


def _right(a: Answered, left: Factor, right: Factor) -> tuple[str, Array, Array]:
    v, b = a.v_name, left.stands
    return (f"{v}.T @ {left.text()}", a.v.T, b) if right.turned else (f"{left.text(turn=True)} @ {v}", b.T, a.v)


_LARGE = 1_000_000
"""Entries of a gradient, from which on products are compared by what they do to one vector."""


def _equal(a: Answered, name: str, first: Array, second: Array) -> bool:
    """Whether the gradient is first @ second. A large one is compared by a random vector r, gradient @ r with
    first @ (second @ r), as Freivalds does: a wrong entry shows, and no matrix is multiplied again."""
    known = a.gradients.get(name)
    if known is None or known.shape != (*first.shape[:-1], *second.shape[1:]):
        return False
    if known.size < _LARGE:
        return bool(np.allclose(known, first @ second, rtol=1e-4, atol=1e-5))
    r = np.random.default_rng(0).choice((-1.0, 1.0), known.shape[-1])
    scale = 1e-5 * float(np.abs(known).max()) * known.shape[-1] ** 0.5
    return bool(np.allclose(known @ r, first @ (second @ r), rtol=1e-4, atol=scale))
