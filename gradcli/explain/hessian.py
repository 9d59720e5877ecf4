"""Second derivatives -> what they mean: which way the slope itself changes, and why H need not be built for H·t."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gradcli.compare import FLAT
from gradcli.explain.slots import note, number, tensor
from gradcli.message import N_
from gradcli.report import Array, Compared, Note, Tensors
from gradcli.shapes import written


def hessian(blocks: Sequence[Compared], wrt: Sequence[str], output: str) -> Iterator[Note]:
    """`blocks` are named `a,b`, a's axes first."""
    whole = matrix_of({block.name: block.numbers for block in blocks}, wrt)
    if whole is None:
        return
    yield note(
        "hessian",
        N_(
            "The Hessian is the Jacobian of the gradient: row by row it says how each entry of the gradient moves "
            "when an input does. So autograd runs twice: once for the gradient with create_graph=True, once for each "
            "of its entries."
        ),
    )
    yield _symmetry(whole)
    yield from _curvature(whole, output)


def matrix_of(blocks: Mapping[str, Array | None], wrt: Sequence[str]) -> Array | None:
    """The blocks, named `a,b`, as one matrix over all entries of all variables; None where one is missing."""
    arrays = {name: block for name, block in blocks.items() if block is not None}
    if any(f"{a},{b}" not in arrays for a in wrt for b in wrt):
        return None
    size = {a: round(arrays[f"{a},{a}"].size ** 0.5) for a in wrt}
    return np.block([[arrays[f"{a},{b}"].reshape(size[a], size[b]) for b in wrt] for a in wrt])


def _symmetry(whole: Array) -> Note:
    apart = np.where(whole == whole.T, 0.0, np.abs(whole - whole.T))  # inf - inf, where the two are the same
    return note(
        "symmetric",
        N_(
            "The order of two derivatives does not matter, so the Hessian is symmetric (and the block x,w is the "
            "block w,x turned round): here it differs from its transpose by at most {difference}."
        ),
        difference=number(np.nanmax(apart, initial=0.0)),
    )


def _curvature(whole: Array, output: str) -> Iterator[Note]:
    if whole.size == 0 or len(whole) > 200 or not np.isfinite(whole).all():
        return
    values = np.linalg.eigvalsh((whole + whole.T) / 2)
    scale = max(float(np.abs(values).max()), 1e-300)
    if values.min() > FLAT * scale:
        sentence = N_(
            "Every eigenvalue of the Hessian is positive (the smallest is {low}): around this point {y} is "
            "curved upwards in every direction, as at a minimum."
        )
    elif values.max() < -FLAT * scale:
        sentence = N_(
            "Every eigenvalue of the Hessian is negative (the largest is {high}): around this point {y} is "
            "curved downwards in every direction, as at a maximum."
        )
    elif values.min() < -FLAT * scale and values.max() > FLAT * scale:
        sentence = N_(
            "The Hessian has eigenvalues from {low} to {high}, of both signs: around this point {y} is curved "
            "upwards in one direction and downwards in another, as at a saddle."
        )
    else:
        sentence = N_(
            "The Hessian's eigenvalues go from {low} to {high}: where one is 0, {y} is flat to second order in "
            "that direction."
        )
    yield note("curvature", sentence, y=output, low=number(values.min()), high=number(values.max()))


def hvp(blocks: Sequence[Compared], t: Tensors) -> Iterator[Note]:
    """What H·t is, and that it costs two passes."""
    for block in blocks:
        values = block.numbers
        if values is not None:
            yield note(
                "hvp",
                N_(
                    "H·t has the shape of {x}, {shape}: it says how fast {x}.grad moves when the inputs move along t. "
                    "For a small h, {x}.grad changes by about h*{result}."
                ),
                x=block.name,
                shape=written(values.shape),
                result=tensor(values),
            )
    size = sum(t_.size for t_ in t.values())
    yield note(
        "hvp-cost",
        N_(
            "The Hessian itself, {size}×{size} numbers, was never built: H·t is the gradient of the single number "
            "(gradient · t), so two passes are enough: g = grad(y, x, create_graph=True), then grad((g*t).sum(), x)."
        ),
        size=size,
    )
