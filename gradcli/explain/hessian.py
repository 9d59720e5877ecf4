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
    blocks_by_name = {block.name: block.numbers for block in blocks}
    if not blocks_by_name or any(block is None for block in blocks_by_name.values()):
        return
    yield note(
        "hessian",
        N_(
            "The Hessian is the Jacobian of the gradient: row by row it says how each entry of the gradient moves "
            "when an input does. So autograd runs twice: once for the gradient with create_graph=True, once for each "
            "of its entries."
        ),
    )
    yield from _symmetry({k: b for k, b in blocks_by_name.items() if b is not None}, wrt)
    yield from _curvature(matrix_of(blocks_by_name, wrt), output)


def matrix_of(blocks: Mapping[str, Array | None], wrt: Sequence[str]) -> Array | None:
    """The blocks, named `a,b`, as one matrix over all entries of all variables; None where one is missing."""
    arrays = {name: block for name, block in blocks.items() if block is not None}
    if any(f"{a},{b}" not in arrays for a in wrt for b in wrt):
        return None
    size = {a: round(arrays[f"{a},{a}"].size ** 0.5) for a in wrt}
    return np.block([[arrays[f"{a},{b}"].reshape(size[a], size[b]) for b in wrt] for a in wrt])


def _symmetry(blocks_by_name: Tensors, wrt: Sequence[str]) -> Iterator[Note]:
    worst = 0.0
    for a in wrt:
        for b in wrt:
            block, other = blocks_by_name[f"{a},{b}"], blocks_by_name[f"{b},{a}"]
            rank = _rank(blocks_by_name, a)
            turned = np.moveaxis(other, range(other.ndim - rank), range(rank, other.ndim)) if rank else other
            if turned.shape == block.shape:
                with np.errstate(invalid="ignore"):  # inf - inf, where the two are the same
                    apart = np.where(block == turned, 0.0, np.abs(block - turned))
                worst = max(worst, float(np.nanmax(apart, initial=0.0)))
    yield note(
        "symmetric",
        N_(
            "The order of two derivatives does not matter, so the Hessian is symmetric (and the block x,w is the "
            "block w,x turned round): here it differs from its transpose by at most {difference}."
        ),
        difference=number(worst),
    )


def _rank(blocks_by_name: Tensors, name: str) -> int:
    return blocks_by_name[f"{name},{name}"].ndim // 2


def _curvature(block: Array | None, output: str) -> Iterator[Note]:
    if block is None or not np.isfinite(block).all():
        return
    if block.size == 0 or len(block) > 200:
        return
    values = np.linalg.eigvalsh((block + block.T) / 2)
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
