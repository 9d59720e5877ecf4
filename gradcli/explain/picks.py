"""What is remarkable about this v and this Jacobian together: v equal to an input, a one-hot v, v = 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.explain.answered import Answered
from gradcli.explain.operations import constant_under_softmax
from gradcli.explain.writing import number, place, tensor
from gradcli.message import N_, message
from gradcli.report import Array, Note


def input_as_weights(a: Answered) -> str | None:
    """The input that v is: named so, or equal by value where that can be no coincidence of constant tensors."""
    if a.v_given in a.point:
        return a.v_given if np.array_equal(a.point[a.v_given], a.v) else None
    varied = a.v.size > 1 and not np.all(a.v == a.v.flat[0]) and a.picked is None
    same = [name for name, value in a.point.items() if value.shape == a.v.shape and np.array_equal(value, a.v)]
    return same[0] if varied and same and a.v_given != "ones" else None


def v_is_input(a: Answered) -> Iterator[Note]:
    """The answer is then x*f'(x) and not f'(x)."""
    source = input_as_weights(a)
    if source is None:
        return
    names = [name for name in a.moving if a.diagonal(name) and name in a.gradients and a.shape(name) == a.v.shape]
    if not names:
        yield Note("v-is-x", message(
            N_("{v} is {source} itself, so the derivatives are weighted with the entries of {source}; {v} = 1 weighs them equally."),
            v=a.v_name, source=source))
    for name in sorted(names, key=lambda name: name != source):
        own = N_(
            "{v} is {x} itself, so {x}.grad is {x}*f'({x}) and not f'({x}). Divided by {x} it is f'({x}) = {derivative}; with {v} = 1 "
            "that is what {x}.grad holds."
        )
        others = N_(
            "{v} is {source}, so {x}.grad is {source}*d{y}/d{x}. Divided by {source} it is d{y}/d{x} = {derivative}; with {v} = 1 "
            "that is what {x}.grad holds."
        )
        yield Note("v-is-x", message(
            own if name == source and len(a.point) == 1 else others, v=a.v_name, y=a.y_name, x=name, source=source,
            derivative=tensor(_divided(a.gradients[name], a.v), undefined="0/0")))


def _divided(gradient: Array, v: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(np.where(v == 0, np.nan, gradient / v))


def one_hot(a: Answered) -> Iterator[Note]:
    """v picks one row of the Jacobian."""
    if a.picked is None:
        return
    for name in a.moving:
        if name in a.gradients:
            yield Note("one-hot", message(
                N_("{v} is 1 at {place} and 0 elsewhere, so it picks one row of the Jacobian: {x}.grad is the gradient of the single "
                   "number {y}{place}, {gradient}."),
                v=a.v_name, y=a.y_name, x=name, place=place(a.picked), gradient=tensor(a.gradients[name])))


def diagonal(a: Answered) -> Iterator[Note]:
    """Entry by entry: with v = 1 the ordinary derivative."""
    if a.scalar or a.picked is not None or constant_under_softmax(a) is not None or not np.any(a.v):
        return
    told = input_as_weights(a)
    for name in a.moving:
        gradient = a.gradients.get(name)
        if not a.diagonal(name) or gradient is None or (told is not None and a.shape(name) == a.v.shape):
            continue
        yield _ones(a, name, gradient) if a.all_ones else _weighted(a, name, gradient)


def _ones(a: Answered, x: str, gradient: Array) -> Note:
    return Note("diagonal", message(
        N_("Each entry of {y} depends on one entry of {x} only, so the Jacobian is diagonal and {v} = 1 gives the ordinary derivative, "
           "entry by entry: {derivative}."),
        y=a.y_name, x=x, v=a.v_name, derivative=tensor(gradient)))


def _weighted(a: Answered, x: str, gradient: Array) -> Note:
    known = gradient.shape == a.v.shape and bool(np.all(a.v != 0)) and bool(np.all(np.isfinite(gradient / a.v)))
    said = N_(
        "Each entry of {y} depends on one entry of {x} only, so {x}.grad is {v} times d{y}/d{x}, entry by entry: "
        "{weights} times {derivative} is {gradient}."
    ) if known else N_("Each entry of {y} depends on one entry of {x} only, so {x}.grad is {v} times d{y}/d{x}, entry by entry.")
    return Note("diagonal", message(
        said, y=a.y_name, x=x, v=a.v_name, weights=tensor(a.v), derivative=tensor(gradient / a.v if known else gradient),
        gradient=tensor(gradient)))


def column_sums(a: Answered) -> Iterator[Note]:
    """Where an entry of x moves several entries of y, v = 1 adds them up."""
    if a.scalar or not a.all_ones or constant_under_softmax(a) is not None:
        return
    for name in a.moving:
        structure, gradient = a.structures.get(name), a.gradients.get(name)
        if structure is None or gradient is None or not (structure.exact or structure.kind == "dense"):
            continue
        if structure.nonzero > gradient.size > 0:  # so some column of J has two entries that are not 0
            yield Note("column-sums", message(
                N_("The Jacobian is not diagonal: {nonzero} of its {total} entries can be non-zero, and an entry of {x} moves several "
                   "entries of {y}. So {v} = 1 gives column sums of J, the gradient of {y}.sum(), and not the derivative of one "
                   "entry of {y}: {x}.grad{place} = {sum} adds up {count} of them."),
                x=name, y=a.y_name, v=a.v_name, nonzero=structure.nonzero, total=structure.total,
                place=place((0,) * gradient.ndim), sum=number(float(gradient.flat[0])), count=a.count))


__all__ = ["column_sums", "diagonal", "input_as_weights", "one_hot", "v_is_input"]
