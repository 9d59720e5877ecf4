"""The matrix rule for y = A @ B, where A and B are inputs or their transposes: told where these numbers bear it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradcli.compare import is_product
from gradcli.explain.facts import Facts
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


def product(facts: Facts) -> Iterator[Note]:
    """x.grad = v @ w.T and its kin."""
    factors = _factors(facts)
    if factors is None:
        return
    left, right = factors
    rules = [(left.name, *_left(facts, left, right)), (right.name, *_right(facts, left, right))]
    borne_out = [(name, text) for name, text, *two in rules if name in facts.moving and _equal(facts, name, *two)]
    written = f"{left.text()} @ {right.text()}"
    if len(borne_out) == 2:
        (x, rule), (other, second) = borne_out
        yield note("matmul", _BOTH, y=facts.y_name, product=written, x=x, rule=rule, other=other, second=second)
    elif borne_out:
        yield note("matmul", _ONE, y=facts.y_name, product=written, x=borne_out[0][0], rule=borne_out[0][1])


def _factors(facts: Facts) -> tuple[Factor, Factor] | None:
    """Both sides of the product that y is, if each is an input that is read nowhere else."""
    step = _product(facts)
    if step is None:
        return None
    left, right = (_factor(facts, ref) for ref in step.refs)
    if left is None or right is None or not (_read_once(facts, left.name) and _read_once(facts, right.name)):
        return None
    return (left, right) if left.value.ndim == 2 and right.value.ndim in (1, 2) else None


def _product(facts: Facts) -> Apply | None:
    """The product that y is, or that something is added to."""
    top = facts.operation_of(facts.program.output)
    if top is not None and top.operation == "add":
        sides = [facts.operation_of(ref) for ref in top.refs if facts.program[ref].shape == facts.y.shape]
        top = next((side for side in sides if side is not None and side.operation in PRODUCTS), None)
    return top if top is not None and top.operation in PRODUCTS else None


def _factor(facts: Facts, ref: Ref) -> Factor | None:
    how, turned = facts.program[ref].how, False
    if isinstance(how, Apply) and how.operation in ("T", "t", "mT") and len(facts.program[ref].shape) == 2:
        how, turned = facts.program[how.refs[0]].how, True
    return Factor(how.name, turned, facts.point[how.name]) if isinstance(how, Input) else None


def _read_once(facts: Facts, name: str) -> bool:
    ref = facts.program.inputs[name]
    return sum(step.how.refs.count(ref) for step in facts.program.steps if isinstance(step.how, Apply)) == 1


def _left(facts: Facts, left: Factor, right: Factor) -> tuple[str, Array, Array]:
    """The rule for the left factor, and the two matrices that it multiplies."""
    v, b = facts.v_name, right.stands
    if b.ndim == 1:
        first, second = (right.text(), v) if left.turned else (v, right.text())
        column, row = (b, facts.v) if left.turned else (facts.v, b)
        return f"outer({first}, {second})", column[:, np.newaxis], row[np.newaxis]
    return (
        (f"{right.text()} @ {v}.T", b, facts.v.T) if left.turned else (f"{v} @ {right.text(turn=True)}", facts.v, b.T)
    )


def _right(facts: Facts, left: Factor, right: Factor) -> tuple[str, Array, Array]:
    v, b = facts.v_name, left.stands
    return (f"{v}.T @ {left.text()}", facts.v.T, b) if right.turned else (f"{left.text(turn=True)} @ {v}", b.T, facts.v)


def _equal(facts: Facts, name: str, first: Array, second: Array) -> bool:
    """Whether the gradient is first @ second."""
    gradient = facts.gradients.get(name)
    return gradient is not None and is_product(gradient, first, second)
