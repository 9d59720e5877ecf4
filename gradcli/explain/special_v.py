"""What is remarkable about this v and this Jacobian together: v equal to an input, a one-hot v, v = 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.explain.facts import Facts
from gradcli.explain.operations import evenly_weighted_softmax
from gradcli.explain.slots import number, place, tensor
from gradcli.message import N_
from gradcli.report import Array, Note

_OWN = N_(
    "{v} is {x} itself, so {x}.grad is {x}*f'({x}) and not f'({x}). Divided by {x} it is f'({x}) = {derivative}; "
    "with {v} = 1 that is what {x}.grad holds."
)
_OTHERS = N_(
    "{v} is {source}, so {x}.grad is {source}*d{y}/d{x}. Divided by {source} it is d{y}/d{x} = {derivative}; "
    "with {v} = 1 that is what {x}.grad holds."
)
_MIXED = N_(
    "{v} is {source}, so {x}.grad adds up the derivatives d{y}/d{x} weighted with the entries of {source}; "
    "{v} = 1 weighs them equally."
)
_ONE_HOT = {
    "numerator": N_(
        "{v} is 1 at {place} and 0 elsewhere, so it picks one row of the Jacobian: {x}.grad is the gradient of the "
        "single number {y}{place}, {gradient}."
    ),
    "denominator": N_(
        "{v} is 1 at {place} and 0 elsewhere, so it picks one column of the Jacobian: {x}.grad is the gradient of the "
        "single number {y}{place}, {gradient}."
    ),
}
_DERIVATIVE = N_(
    "Each entry of {y} depends on one entry of {x} only, so the Jacobian is diagonal and {v} = 1 gives the ordinary "
    "derivative, entry by entry: {derivative}."
)
_DERIVATIVE_IF_ANY = N_(
    "Each entry of {y} depends on one entry of {x} only, so the Jacobian is diagonal and {v} = 1 gives the ordinary "
    "derivative, entry by entry, wherever there is one."
)
_WEIGHTED = N_(
    "Each entry of {y} depends on one entry of {x} only, so {x}.grad is {v} times d{y}/d{x}, entry by entry: "
    "{weights} times {derivative} is {gradient}."
)
_WEIGHTED_IF_ANY = N_(
    "Each entry of {y} depends on one entry of {x} only, so {x}.grad is {v} times d{y}/d{x}, entry by entry."
)
_COLUMN_SUMS = {
    "numerator": N_(
        "The Jacobian is not diagonal: {nonzero} of its {total} entries can be non-zero, and one entry of {x} can move "
        "several entries of {y}. So {v} = 1 gives column sums of J, the gradient of {y}.sum(), and not the derivative "
        "of one entry of {y}: {x}.grad{place} = {sum} is the sum of d{y}/d{x}{place} over all {count} entries of {y}."
    ),
    "denominator": N_(
        "The Jacobian is not diagonal: {nonzero} of its {total} entries can be non-zero, and one entry of {x} can move "
        "several entries of {y}. So {v} = 1 gives row sums of J, the gradient of {y}.sum(), and not the derivative "
        "of one entry of {y}: {x}.grad{place} = {sum} is the sum of d{y}/d{x}{place} over all {count} entries of {y}."
    ),
}


def input_as_weights(facts: Facts) -> str | None:
    """The input that v is: named so, or equal by value where that is no coincidence of constant tensors."""
    if facts.v_given in facts.point:
        return facts.v_given if np.array_equal(facts.point[facts.v_given], facts.v) else None
    varied = facts.v.size > 1 and not np.all(facts.v == facts.v.flat[0]) and facts.one_hot_place is None
    return (
        next((name for name, value in facts.point.items() if np.array_equal(value, facts.v)), None) if varied else None
    )


def v_is_input(facts: Facts) -> Iterator[Note]:
    """Where the Jacobian is diagonal the answer is then x*f'(x), and not f'(x)."""
    source = input_as_weights(facts)
    if source is None or not facts.moving:
        return
    names = [
        name
        for name in facts.moving
        if facts.diagonal(name) and name in facts.gradients and facts.shape(name) == facts.v.shape
    ]
    for name in sorted(names, key=lambda name: name != source):
        yield facts.note(
            "v-is-x",
            _OWN if name == source and len(facts.point) == 1 else _OTHERS,
            x=name,
            source=source,
            derivative=tensor(_over(facts.gradients[name], facts.v), undefined="0/0"),
        )
    if not names and facts.v_given == source:
        yield facts.note("v-is-x", _MIXED, x=facts.moving[0], source=source)


def _over(gradient: Array, v: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(np.where(v == 0, np.nan, gradient / v))


def one_hot(facts: Facts) -> Iterator[Note]:
    """v picks one row of the Jacobian, a column in denominator layout."""
    if facts.one_hot_place is None:
        return
    for name in facts.moving:
        if name in facts.gradients:
            yield facts.note(
                "one-hot",
                _ONE_HOT[facts.layout],
                x=name,
                place=place(facts.one_hot_place),
                gradient=tensor(facts.gradients[name]),
            )


def diagonal(facts: Facts) -> Iterator[Note]:
    """Entry by entry: with v = 1 the ordinary derivative."""
    if (
        facts.one_number
        or facts.one_hot_place is not None
        or evenly_weighted_softmax(facts) is not None
        or not np.any(facts.v)
    ):
        return
    is_told = input_as_weights(facts) is not None
    for name in facts.moving:
        if facts.diagonal(name) and name in facts.gradients and not (is_told and facts.shape(name) == facts.v.shape):
            yield _entry_by_entry(facts, name, facts.gradients[name])


def _entry_by_entry(facts: Facts, x: str, gradient: Array) -> Note:
    smooth = not facts.has_kink and bool(np.all(np.isfinite(gradient)))
    if facts.all_ones:
        sentence = _DERIVATIVE if smooth else _DERIVATIVE_IF_ANY
        return facts.note("diagonal", sentence, x=x, derivative=tensor(gradient))
    if not smooth or gradient.shape != facts.v.shape or np.any(facts.v == 0):
        return facts.note("diagonal", _WEIGHTED_IF_ANY, x=x)
    return facts.note(
        "diagonal",
        _WEIGHTED,
        x=x,
        weights=tensor(facts.v),
        derivative=tensor(_over(gradient, facts.v)),
        gradient=tensor(gradient),
    )


def column_sums(facts: Facts) -> Iterator[Note]:
    """Where an entry of x moves several entries of y, v = 1 adds them up."""
    if facts.one_number or not facts.all_ones or evenly_weighted_softmax(facts) is not None:
        return
    for name in facts.moving:
        structure, gradient = facts.structures.get(name), facts.gradients.get(name)
        if structure is None or gradient is None or not (structure.exact or structure.kind == "dense"):
            continue
        if structure.nonzero > gradient.size > 0:  # so some column of J has two entries that can be non-zero
            yield facts.note(
                "column-sums",
                _COLUMN_SUMS[facts.layout],
                x=name,
                nonzero=structure.nonzero,
                total=structure.total,
                place=place((0,) * gradient.ndim),
                sum=number(gradient.flat[0]),
                count=facts.y.size,
            )
