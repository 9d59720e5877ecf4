"""What is remarkable about the operations on the way: softmax, stretched inputs, means, sums, products of matrices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gradcli.compare import ROUNDED_ZERO, is_product
from gradcli.explain.facts import Facts
from gradcli.explain.slots import number, tensor
from gradcli.message import N_
from gradcli.ops.matrix_products import PRODUCTS
from gradcli.program import Apply, Input, Ref
from gradcli.report import Array, Note
from gradcli.shapes import Shape, axes, axis, size, written

_SOFTMAX = N_(
    "The outputs of softmax sum to 1 along dim={dim} whatever {x} is, and here they all have the same weight: over "
    "them the entries of J add up to 0, so the gradient is exactly zero."
)
_SOFTMAX_ROUNDED = N_(
    "The outputs of softmax sum to 1 along dim={dim} whatever {x} is, and here they all have the same weight: over "
    "them the entries of J add up to 0, so the gradient is zero; the largest number here, {largest}, is rounding."
)
_LINES = N_(
    "Each of the {lines} lines along dim={dim} is a softmax of its own: J is zero between entries of different lines, "
    "so it is not the Jacobian of one softmax over all {count} entries."
)
_BROADCAST = N_(
    "{x} was stretched from {small} to {large}, each of its entries used several times, so its gradient is summed over "
    "the stretched axes ({axes}): {x}.grad = {gradient}."
)
_MEAN = N_("{operation} divides by N = {count}, so every derivative through it has the factor 1/{count} = {share}.")
_MEAN_LAST = N_(
    "{operation} divides by N = {count}, so every derivative through it has the factor 1/{count} = {share}; with a sum "
    "instead, {x}.grad would be {count} times as large."
)
_SUM = N_(
    "sum has the slope 1 in each of the {count} entries it adds, so it passes {v} = {weight} on to every one of them; "
    "mean would pass on 1/{count} of it."
)
_SOFT = ("softmax", "softmin")
_PRODUCT = N_("{y} is made by {product}, so {x}.grad = {rule}: the matrix rule, checked here on these numbers.")
_PRODUCT_BOTH = N_(
    "{y} is made by {product}, so {x}.grad = {rule} and {other}.grad = {second}: the matrix rule, checked here on "
    "these numbers."
)


# Softmax


def evenly_weighted_softmax(facts: Facts) -> int | None:
    """The axis along which y's softmax is weighted evenly, or summed; None where y is nothing of the kind."""
    top = facts.operation_of(facts.program.output)
    if top is None:
        return None
    if top.operation in _SOFT:
        along = axis(top.arguments[1] or 0, facts.y.ndim)
        return along if facts.v.size and np.all(facts.v == np.take(facts.v, [0], axis=along)) else None
    below = facts.operation_of(top.arguments[0]) if top.operation in ("sum", "mean") else None
    if below is None or below.operation not in _SOFT:
        return None
    rank = len(facts.program[top.arguments[0]].shape)
    along = axis(below.arguments[1] or 0, rank)
    return along if along in axes(top.arguments[1], rank) else None


def softmax(facts: Facts) -> Iterator[Note]:
    """Even weights give exactly zero, because the outputs sum to 1; and each line is a softmax of its own."""
    along = evenly_weighted_softmax(facts)
    if along is None:
        yield from _lines(facts)
        return
    gradients = [facts.gradients[name] for name in facts.moving if name in facts.gradients]
    largest = max((float(np.max(np.abs(g), initial=0.0)) for g in gradients), default=np.nan)
    if largest <= ROUNDED_ZERO:
        sentence = _SOFTMAX_ROUNDED if largest else _SOFTMAX
        yield facts.note("softmax", sentence, dim=along, x=", ".join(facts.moving), largest=number(largest))


def _lines(facts: Facts) -> Iterator[Note]:
    top = facts.operation_of(facts.program.output)
    if top is None or top.operation not in _SOFT or facts.y.ndim < 2 or not facts.y.size:
        return
    along = axis(top.arguments[1] or 0, facts.y.ndim)
    inside, lines = facts.program[top.arguments[0]].how, facts.y.size // facts.y.shape[along]
    if isinstance(inside, Input) and inside.name in facts.moving and lines > 1:
        yield facts.note("softmax", _LINES, lines=lines, dim=along, count=facts.y.size)


# Stretched inputs


def broadcast(facts: Facts) -> Iterator[Note]:
    """An input that was stretched to a larger shape has its gradient summed over the stretched axes."""
    for name in facts.moving:
        ref = facts.program.variable(name)
        stretched = (_broadcast_in(facts, place, ref) for place in sorted(facts.paths.carrying) if ref is not None)
        found = next((pair for pair in stretched if pair is not None), None)
        if found is not None and name in facts.gradients:
            shape, over = found
            yield facts.note(
                "broadcast",
                _BROADCAST,
                x=name,
                small=written(facts.shape(name)),
                large=written(shape),
                axes=", ".join(map(str, over)),
                gradient=tensor(facts.gradients[name]),
            )


def _broadcast_in(facts: Facts, place: int, ref: Ref) -> tuple[Shape, tuple[int, ...]] | None:
    """(the shape it was stretched to, the axes that this repeats), where the step reads the variable so."""
    step = facts.program.steps[place]
    if not isinstance(step.how, Apply) or ref not in step.how.refs or step.how.operation == "prelu":
        return None
    if step.how.row.family != "elementwise" and step.how.operation not in ("expand", "expand_as"):
        return None
    shape = facts.program[ref].shape
    lead = len(step.shape) - len(shape)
    over = tuple(k for k, n in enumerate(step.shape) if n > 1 and (k < lead or shape[k - lead] == 1))
    return (step.shape, over) if over else None


# Means and sums


def mean(facts: Facts) -> Iterator[Note]:
    """The factor 1/N of the last mean on the way."""
    for place in sorted(facts.paths.carrying, reverse=True):
        how = facts.program.steps[place].how
        if isinstance(how, Apply) and (count := _mean_count(facts, place, how)) > 1:
            sentence = _MEAN_LAST if place == facts.program.output.step else _MEAN
            yield facts.note(
                "mean", sentence, operation=how.operation, count=count, share=number(1 / count), x=facts.moving[0]
            )
            return


def _mean_count(facts: Facts, place: int, apply: Apply) -> int:
    """How many entries a mean, or a loss that ends in one, divides by."""
    shape = facts.program[apply.refs[0]].shape if apply.refs else ()
    if apply.operation == "mean":
        return size(shape) // max(size(facts.program.steps[place].shape), 1)
    options = {p.name: given for p, given in zip(apply.row.takes, apply.arguments, strict=True)}
    if apply.row.family != "loss" or options.get("reduction") not in ("mean", "batchmean"):
        return 1
    if options["reduction"] == "batchmean":
        return shape[0] if shape else 1
    if apply.operation in ("cross_entropy", "nll_loss"):
        return size(shape) // max(shape[min(len(shape) - 1, 1)], 1)
    return size(shape)


def total(facts: Facts) -> Iterator[Note]:
    """A sum passes its weight on to each term."""
    top = facts.operation_of(facts.program.output)
    if top is None or top.operation != "sum" or not facts.one_number or not facts.moving:
        return
    if evenly_weighted_softmax(facts) is not None:
        return
    count = size(facts.program[top.arguments[0]].shape)
    if count > 1:
        yield facts.note("sum", _SUM, count=count, weight=number(facts.v.item()))


# Products of matrices


@dataclass(frozen=True, slots=True)
class Factor:
    """A matrix, or a vector, as it stands in a product: what it is called, and its values."""

    name: str
    value: Array
    turned: bool = False

    @property
    def text(self) -> str:
        return f"{self.name}.T" if self.turned else self.name

    @property
    def T(self) -> Factor:
        """Its transpose; a vector has none."""
        return replace(self, value=self.value.T, turned=not self.turned) if self.value.ndim == 2 else self


def product(facts: Facts) -> Iterator[Note]:
    """The matrix rule for y = A @ B, x.grad = v @ w.T and its kin, where these numbers bear it out."""
    factors = _factors(facts)
    if factors is None:
        return
    left, right = factors
    v = Factor(facts.v_name, facts.v)
    rules = ((left, v, right.T), (right, left.T, v))
    borne_out = [(x.name, rule) for x, *two in rules if x.name in facts.moving and (rule := _rule(facts, x, *two))]
    written = f"{left.text} @ {right.text}"
    if len(borne_out) == 2:
        (x, rule), (other, second) = borne_out
        yield facts.note("matmul", _PRODUCT_BOTH, product=written, x=x, rule=rule, other=other, second=second)
    elif borne_out:
        yield facts.note("matmul", _PRODUCT, product=written, x=borne_out[0][0], rule=borne_out[0][1])


def _rule(facts: Facts, x: Factor, first: Factor, second: Factor) -> str | None:
    """first @ second, transposed if x is, where that is the gradient."""
    if x.turned:
        first, second = second.T, first.T
    a, b, text = first.value, second.value, f"{first.text} @ {second.text}"
    if a.ndim == b.ndim == 1:
        a, b, text = a[:, np.newaxis], b[np.newaxis], f"outer({first.text}, {second.text})"
    gradient = facts.gradients.get(x.name)
    return text if gradient is not None and is_product(gradient, a, b) else None


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
    if not isinstance(how, Input):
        return None
    factor = Factor(how.name, facts.point[how.name])
    return factor.T if turned else factor


def _read_once(facts: Facts, name: str) -> bool:
    ref = facts.program.inputs[name]
    return sum(step.how.refs.count(ref) for step in facts.program.steps if isinstance(step.how, Apply)) == 1
