"""An answer of vjp's -> the sentences it deserves, the most important first, and its warnings: what v is and does in
every answer and which gradients are zero is said here, special v and operations beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from gradcli.compare import SAME_GRADIENT
from gradcli.explain import operations, special_v
from gradcli.explain.cautions import cautions
from gradcli.explain.facts import Facts
from gradcli.explain.slots import number
from gradcli.message import N_
from gradcli.program import Apply
from gradcli.report import Array, Note, Warning
from gradcli.shapes import by_layout, size, written

MOST = 6
"""An explanation has at most so many notes."""
Topic = Callable[[Facts], Iterator[Note]]

REFUSAL = "element 0 of tensors does not require grad and does not have a grad_fn"
_OUTPUTS, _INPUTS = "mnpqrstu", "ijklabcd"

_WEIGHTS = N_(
    "{v} has the shape of {y}, {shape}: one weight for each entry of {y}, {count} in all. "
    "Each entry of {x}.grad is the sum over all entries of {y} of {v} times d{y}/d{x}."
)
_OTHER_SHAPE = N_(
    "{v} has the shape of {y}, {shape}, and not of {x}, {xshape}: one weight for each entry of {y}, {count} in all. "
    "Each entry of {x}.grad is the sum over all entries of {y} of {v} times d{y}/d{x}."
)
_SCALAR = N_(
    "{y} is a single number, so {v} is one too, and {y}.backward() alone means {v} = 1: {x}.grad is d{y}/d{x} itself."
)
_FACTOR = N_("{y} is a single number, so {v} is one too, and a factor: {x}.grad is {weight} times d{y}/d{x}.")
_EINSUM = {
    "numerator": N_(
        "In one line: {x}.grad = einsum('{rows},{rows}{columns}->{columns}', {v}, J), where J = d{y}/d{x} has the "
        "shape {shape}; flattened, a row times a matrix: {v}.reshape(1, {m}) @ J.reshape({m}, {n})."
    ),
    "denominator": N_(
        "In one line: {x}.grad = einsum('{columns}{rows},{rows}->{columns}', J, {v}), where J = d{y}/d{x} has the "
        "shape {shape}; flattened, a matrix times a column: J.reshape({n}, {m}) @ {v}.reshape({m}, 1)."
    ),
}
_EQUAL = N_(
    "{y}.backward({v}) is ({v}*{y}).sum().backward(), the gradient of one number, the weighted sum of {y}'s entries: "
    "both were run here, and the largest difference is {difference}."
)
_EQUAL_TO_SUM = N_(
    "{y}.backward({v}) is ({v}*{y}).sum().backward(), the gradient of one number, and for {v} = 1 {y}.sum().backward"
    "(): all three were run here, and the largest difference is {difference}."
)
_EQUAL_SCALAR = N_(
    "{y}.backward({v}) is ({v}*{y}).backward(): both were run here, and the largest difference is {difference}."
)

_REFUSED = N_(
    "{y} does not depend on {x} by any differentiable step, so the gradient is zero. PyTorch refuses {y}.backward() "
    'here: "{refusal}".'
)
_NOT_REACHED = N_("{y} does not depend on {x} by any differentiable step, so {x}.grad is zero; PyTorch leaves it None.")
_FLAT = N_("Wherever {y} has a derivative by {x} it is 0, so {x}.grad is zero whatever {v} is.")
_NO_WEIGHT = N_("{v} is 0 everywhere, so it gives every derivative the weight 0.")
_INDEX = N_(
    "{x} holds indices or classes: whole numbers that can't move by a little, so it has no gradient and was left out."
)
_INTERMEDIATE = N_(
    "{a} is a value on the way, not a leaf: PyTorch keeps {a}.grad only if {a}.retain_grad() was called before "
    "backward, else it is None."
)
_UNTAKEN = N_(
    "where computes both branches, and backward multiplies the one not taken by 0: 0 times inf or nan is the nan in "
    "PyTorch's {x}.grad. The formula has only the branch that is taken."
)


def vjp(facts: Facts) -> Iterator[Note | Warning]:
    """The warnings of the point, then the notes."""
    yield from cautions(facts.program, facts.values, facts.wrt, facts.gradients)
    last = [note for topic in _LAST for note in topic(facts)]
    yield from _most_important([note for topic in _FIRST for note in topic(facts)], MOST - len(last))
    yield from last


def _most_important(notes: list[Note], room: int) -> list[Note]:
    """The notes there is room for: the first of every topic before the second of any."""
    seen: Counter[str] = Counter()
    ranks = []
    for note in notes:
        ranks.append(seen[note.topic])
        seen[note.topic] += 1
    kept = sorted(range(len(notes)), key=lambda k: (ranks[k], k))[:room]
    return [notes[k] for k in sorted(kept)]


# v


def weights(facts: Facts) -> Iterator[Note]:
    """What v weighs; of a scalar output v is a factor."""
    x = facts.wrt[0]
    if facts.one_number and facts.all_ones:
        yield facts.note("weights", _SCALAR, x=x)
    elif facts.one_number:
        yield facts.note("scalar-v", _FACTOR, x=x, weight=number(facts.v.item()))
    else:
        other = next((name for name in facts.wrt if facts.shape(name) != facts.y.shape), None)
        yield facts.note(
            "weights",
            _WEIGHTS if other is None else _OTHER_SHAPE,
            x=other or x,
            shape=written(facts.y.shape),
            xshape=written(facts.shape(other or x)),
            count=facts.y.size,
        )


def einsum(facts: Facts) -> Iterator[Note]:
    """The contraction with the actual shapes, and the same as the product of a matrix."""
    if facts.one_number or not facts.moving:
        return
    x = max(facts.moving, key=lambda name: len(facts.shape(name)))
    outer, inner = facts.y.shape, facts.shape(x)
    if len(outer) <= len(_OUTPUTS) and len(inner) <= len(_INPUTS):
        yield facts.note(
            "einsum",
            _EINSUM[facts.layout],
            x=x,
            rows=_OUTPUTS[: len(outer)],
            columns=_INPUTS[: len(inner)],
            shape=written(sum(by_layout(facts.layout, outer, inner), ())),
            m=size(outer),
            n=size(inner),
        )


def equivalence(facts: Facts) -> Iterator[Note]:
    """y.backward(v) is (v*y).sum().backward(), as it was computed for this answer."""
    equal = [e for e in facts.equivalences if e.name in facts.gradients]
    if not equal or not facts.moving:
        return
    plain = [e.plain_sum_max_abs_diff for e in equal if e.plain_sum_max_abs_diff is not None]
    difference = max(*(e.max_abs_diff for e in equal), *plain, 0.0)
    if difference <= SAME_GRADIENT * max(1.0, *(_largest(facts.gradients[e.name]) for e in equal)):
        sentence = _EQUAL_SCALAR if facts.one_number else _EQUAL_TO_SUM if plain else _EQUAL
        yield facts.note("equivalence", sentence, difference=number(difference))


def _largest(gradient: Array) -> float:
    return float(np.max(np.abs(gradient[np.isfinite(gradient)]), initial=0.0))


# Zero gradients


def zero(facts: Facts) -> Iterator[Note]:
    """Zero whatever the numbers are: no differentiable way, a derivative that is zero, or a v that is."""
    if not facts.moving:
        yield facts.note("zero", _REFUSED, x=", ".join(facts.wrt), refusal=REFUSAL)
        return
    for name in facts.wrt:
        if name not in facts.moving:
            yield facts.note("zero", _NOT_REACHED, x=name)
        elif _flat(facts, name):
            yield facts.note("zero", _FLAT, x=name)
    if facts.v.size and not np.any(facts.v):
        yield facts.note("zero", _NO_WEIGHT)


def _flat(facts: Facts, name: str) -> bool:
    structure, gradient = facts.structures.get(name), facts.gradients.get(name)
    if structure is None or gradient is None or gradient.size == 0:
        return False
    return structure.kind == "zero" and not np.any(gradient)


def left_out(facts: Facts) -> Iterator[Note]:
    """Inputs that are indices or classes."""
    yield from (
        facts.note("index-input", _INDEX, x=name)
        for name in facts.program.inputs
        if name in facts.program.whole_numbers
    )


def intermediate(facts: Facts) -> Iterator[Note]:
    """A gradient by a value on the way."""
    yield from (
        facts.note("intermediate", _INTERMEDIATE, a=name) for name in facts.wrt if name not in facts.program.inputs
    )


def untaken(facts: Facts) -> Iterator[Note]:
    """The nan that where() makes of a branch that was not taken."""
    steps = [facts.program.steps[place].how for place in facts.paths.carrying]
    if not any(isinstance(how, Apply) and how.operation == "where" for how in steps):
        return
    for part in facts.compared:
        if part.pytorch is None or part.symbolic is None:
            continue
        if np.any(np.isnan(part.pytorch) & np.isfinite(part.symbolic)):
            yield facts.note("where", _UNTAKEN, x=part.name)


_FIRST: tuple[Topic, ...] = (
    zero, weights, left_out, intermediate, special_v.v_is_input, special_v.one_hot, operations.softmax, untaken,
    special_v.diagonal, special_v.column_sums, operations.broadcast, operations.mean, operations.product,
    operations.total,
)  # fmt: skip
"""In the order in which they are told and in which they count."""
_LAST: tuple[Topic, ...] = (einsum, equivalence)
