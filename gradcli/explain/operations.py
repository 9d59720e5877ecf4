"""What is remarkable about the operations on the way: softmax, matrix products, stretched inputs, means and sums."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.explain.answered import Answered
from gradcli.explain.writing import listed, number, tensor
from gradcli.message import N_, message
from gradcli.program import Apply, Input, Ref
from gradcli.report import Array, Note
from gradcli.shapes import Shape, axes, axis, size, written

_SOFT = ("softmax", "softmin")
_WHOLE = 8


def _made(a: Answered, ref: Ref) -> Apply | None:
    how = a.program[ref].how
    return how if isinstance(how, Apply) else None


def constant_under_softmax(a: Answered) -> int | None:
    """The axis along which y's softmax is weighted evenly (or summed), or None."""
    top = _made(a, a.program.output)
    if top is None:
        return None
    if top.operation in _SOFT:
        along = axis(top.arguments[1] or 0, a.y.ndim)
        even = a.v.ndim > 0 and bool(np.all(a.v == np.take(a.v, [0], axis=along)))
        return along if even else None
    below = _made(a, top.arguments[0]) if top.operation in ("sum", "mean") else None
    if below is None or below.operation not in _SOFT:
        return None
    rank = len(a.program[top.arguments[0]].shape)
    along = axis(below.arguments[1] or 0, rank)
    return along if rank and along in axes(top.arguments[1], rank) else None


def softmax(a: Answered) -> Iterator[Note]:
    """Even weights give exactly zero, because the outputs sum to 1; and each line is a softmax of its own."""
    along = constant_under_softmax(a)
    if not a.moving:
        return
    if along is None:
        yield from _lines(a)
        return
    largest = max((float(np.max(np.abs(a.gradients[name]), initial=0.0)) for name in a.moving if name in a.gradients), default=np.nan)
    if largest <= 1e-6:
        yield Note("softmax", message(
            N_("The outputs of softmax sum to 1 along dim={dim} whatever {x} is, and all of them are weighted equally here: the entries of J "
               "add up to 0 over them, so the gradient is exactly zero (the largest number here is {largest}, by rounding)."),
            dim=along, x=listed(a.moving), largest=number(largest)))


def _lines(a: Answered) -> Iterator[Note]:
    top = _made(a, a.program.output)
    if top is None or top.operation not in _SOFT or a.y.ndim < 2:
        return
    along = axis(top.arguments[1] or 0, a.y.ndim)
    inside = a.program[top.arguments[0]].how
    lines = a.y.size // max(a.y.shape[along], 1)
    if isinstance(inside, Input) and inside.name in a.moving and lines > 1:
        yield Note("softmax", message(
            N_("Each of the {lines} lines along dim={dim} is a softmax of its own: J is zero between entries of different lines, "
               "so it is not the Jacobian of one softmax over all {count} entries."),
            lines=lines, dim=along, count=a.y.size))


# Matrix products


def product(a: Answered) -> Iterator[Note]:
    """The rule for y = A @ B, where A and B are inputs or their transposes: proven on these numbers before it is told."""
    found = _product_step(a)
    if found is None:
        return
    left, right = (_operand(a, ref) for ref in found.arguments[:2])
    if left is None or right is None or left[0] == right[0] or _readers(a, left[0]) != 1 or _readers(a, right[0]) != 1:
        return
    rules = [rule for name, rule in ((left[0], _left_rule(a, left, right)), (right[0], _right_rule(a, left, right)))
             if name in a.moving and _holds(a, name, rule[1])]
    for name, rule in zip([n for n in (left[0], right[0]) if n in a.moving], rules, strict=False):
        yield Note("matmul", message(
            N_("The matrix rule: {x}.grad = {rule}, for {y} is made by {product}."),
            x=name, rule=rule[0], y=a.y_name, product=_text(left) + " @ " + _text(right)))


def _product_step(a: Answered) -> Apply | None:
    """The product that y is, or to which only something is added."""
    top = _made(a, a.program.output)
    if top is not None and top.operation == "add":
        shapes = [a.program[r].shape for r in top.refs]
        tops = [_made(a, r) for r, s in zip(top.refs, shapes, strict=True) if s == a.program.output_shape]
        top = next((t for t in tops if t is not None and t.operation in ("matmul", "mm")), None)
    if top is None or top.operation not in ("matmul", "mm", "mv") or len(a.program[top.refs[0]].shape) != 2:
        return None
    return top if len(a.program[top.refs[1]].shape) in (1, 2) else None


def _operand(a: Answered, ref: Ref) -> tuple[str, bool, Array] | None:
    """(the input, whether it stands transposed, its value)."""
    how, turned = a.program[ref].how, False
    if isinstance(how, Apply) and how.operation in ("T", "t", "mT") and len(a.program[ref].shape) == 2:
        how, turned = a.program[how.refs[0]].how, True
    return (how.name, turned, a.point[how.name]) if isinstance(how, Input) else None


def _readers(a: Answered, name: str) -> int:
    ref = a.program.inputs[name]
    return sum(step.how.refs.count(ref) for step in a.program.steps if isinstance(step.how, Apply))


def _text(operand: tuple[str, bool, Array], turn: bool = False) -> str:
    return f"{operand[0]}.T" if operand[1] != turn else operand[0]


def _stands(operand: tuple[str, bool, Array]) -> Array:
    return operand[2].T if operand[1] else operand[2]


def _left_rule(a: Answered, left: tuple[str, bool, Array], right: tuple[str, bool, Array]) -> tuple[str, Array]:
    v, p = a.v_name, _stands(right)
    if p.ndim == 1:
        text = f"outer({_text(right)}, {v})" if left[1] else f"outer({v}, {_text(right)})"
        return text, np.outer(p, a.v) if left[1] else np.outer(a.v, p)
    if left[1]:
        return f"{_text(right)} @ {v}.T", p @ a.v.T
    return f"{v} @ {_text(right, turn=True)}", a.v @ p.T


def _right_rule(a: Answered, left: tuple[str, bool, Array], right: tuple[str, bool, Array]) -> tuple[str, Array]:
    v, p = a.v_name, _stands(left)
    if right[1]:
        return f"{v}.T @ {_text(left)}", a.v.T @ p
    return f"{_text(left, turn=True)} @ {v}", p.T @ a.v


def _holds(a: Answered, name: str, value: Array) -> bool:
    known = a.gradients.get(name)
    return known is not None and known.shape == value.shape and bool(np.allclose(known, value, rtol=1e-4, atol=1e-5))


# Stretched inputs


def broadcast(a: Answered) -> Iterator[Note]:
    """An input that was stretched to a larger shape has its gradient summed over the stretched axes."""
    for name in a.moving:
        ref = a.program.variable(name)
        found = next((f for place in sorted(a.paths.carrying) if (f := _stretched(a, place, ref)) is not None), None)
        if found is None or name not in a.gradients:
            continue
        shape, over = found
        yield Note("broadcast", message(
            N_("{x} was stretched from {small} to {large}, each of its entries used several times, so its gradient is summed over the "
               "stretched axes ({axes}): {x}.grad = {gradient}."),
            x=name, small=written(a.shape(name)), large=written(shape), axes=listed(list(map(str, over))), gradient=tensor(a.gradients[name])))


def _stretched(a: Answered, place: int, ref: Ref | None) -> tuple[Shape, tuple[int, ...]] | None:
    """(the shape it was stretched to, the axes that this repeats), where the step reads the variable so."""
    step = a.program.steps[place]
    if not isinstance(step.how, Apply) or ref is None or ref not in step.how.refs or step.how.operation == "prelu":
        return None
    if step.how.row.family != "elementwise" and step.how.operation not in ("expand", "expand_as"):
        return None
    shape = a.program[ref].shape
    lead = len(step.shape) - len(shape)
    over = tuple(k for k, n in enumerate(step.shape) if n > 1 and (k < lead or shape[k - lead] == 1))
    return (step.shape, over) if over else None


# Means and sums


def mean(a: Answered) -> Iterator[Note]:
    """The factor 1/N."""
    for place in sorted(a.paths.carrying, reverse=True):
        how = a.program.steps[place].how
        count = _averaged(a, place, how) if isinstance(how, Apply) else 1
        if isinstance(how, Apply) and count > 1:
            said = N_(
                "{operation} divides by N = {count}, so every derivative through it has the factor 1/{count} = {share}; "
                "with a sum instead, {x}.grad would be {count} times as large."
            ) if place == a.program.output.step else N_(
                "{operation} divides by N = {count}, so every derivative through it has the factor 1/{count} = {share}."
            )
            yield Note("mean", message(said, operation=how.operation, count=count, share=number(1 / count), x=a.moving[0]))
            return


def _averaged(a: Answered, place: int, apply: Apply) -> int:
    """How many entries a mean, or a loss that ends in one, divides by."""
    if apply.operation == "mean":
        return size(a.program[apply.refs[0]].shape) // max(size(a.program.steps[place].shape), 1)
    reduction = {p.name: v for p, v in zip(apply.row.takes, apply.arguments, strict=True)}.get("reduction")
    if apply.row.family != "loss" or reduction not in ("mean", "batchmean"):
        return 1
    shape = a.program[apply.refs[0]].shape
    if reduction == "batchmean":
        return shape[0] if shape else 1
    if apply.operation in ("cross_entropy", "nll_loss"):
        return size(shape) // (shape[min(len(shape) - 1, 1)] or 1)
    return size(shape)


def total(a: Answered) -> Iterator[Note]:
    """A sum passes its weight on to each term."""
    top = _made(a, a.program.output)
    if top is None or not a.scalar or top.operation != "sum" or not a.moving or constant_under_softmax(a) is not None:
        return
    count = size(a.program[top.arguments[0]].shape)
    if count > 1:
        yield Note("sum", message(
            N_("sum has the slope 1 in each of the {count} entries it adds, so it passes {v} = {weight} on to every one of them; "
               "mean would pass on 1/{count} of it."),
            count=count, v=a.v_name, weight=number(float(a.v))))
