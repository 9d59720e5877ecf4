"""Two columns of numbers -> a verdict: do they agree, and if not, is it a disagreement or is one side undefined?"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gradcli.message import N_, Message, message
from gradcli.report import Array, Compared


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two correct computations may differ: relative to the entry, and to the largest entry."""

    entry: float
    largest: float


TOLERANCES = {"float64": Tolerance(1e-9, 1e-10), "float32": Tolerance(1e-4, 1e-5)}
ROUNDING = 64.0
"""How many times the effect of one rounding two correct computations may differ by."""
JUMP = 1e-3
"""Two sides that are this far apart, relative to the largest entry, are not said to agree, whatever the reason."""
ONE_ROUNDING = {"float64": 2.0**-52, "float32": 2.0**-23}
"""How far apart numbers near 1 are."""
SMALLEST, LARGEST = {"float64": 1e-300, "float32": 1e-37}, {"float64": np.inf, "float32": 2.0**128}
"""What is nearer to 0 than the first has lost digits; what is larger than the second is infinite in that dtype."""


def outside(values: Array, pattern: Array) -> bool:
    """Whether an entry is not 0, beyond what roundings leave of a 0, where a pattern (of the same shape, True where an
    entry can be other than 0) has none."""
    finite = np.abs(values[np.isfinite(values)])
    return bool((np.abs(values[~pattern]) > JUMP * finite.max(initial=0.0)).any())


def side_by_side(
    name: str,
    symbolic: Array,
    pytorch: Array,
    dtype: str,
    *,
    shaken: Callable[[], Array] | None = None,
    terms: Callable[[], Array] | None = None,
    known: Callable[[], tuple[Message, float] | None] | None = None,
    jacobian: Array | None = None,
) -> Compared:
    """The verdict for one variable.

    `shaken` gives how far the formula's values move when the inputs are off by one rounding: where the problem is
    ill-conditioned, that is how far apart two correct answers may be.
    `terms` gives the size of what the formula adds up: where it cancels, a rounding of that is left of it.
    `known` gives a documented deviation of PyTorch with its bound relative to those terms, if one is met.
    `jacobian` holds the values that the printed Jacobian gave when it was contracted with v.
    """
    close = _close_throughout(symbolic, pytorch, dtype)
    if close is not None and (jacobian is None or _close_throughout(jacobian, symbolic, dtype) is not None):
        return Compared(name, symbolic, pytorch, close, True, None, None if jacobian is None else True)
    overflown = ~np.isfinite(pytorch) & np.isfinite(symbolic) & (np.abs(symbolic) >= LARGEST[dtype])
    undefined = (np.isnan(pytorch) & ~np.isnan(symbolic)) | overflown
    tolerance = _tolerance(symbolic, pytorch, dtype)
    difference = _difference(symbolic, pytorch)
    drift = np.zeros_like(symbolic) if jacobian is None else _difference(jacobian, symbolic)
    sizes = np.abs(symbolic)
    if terms is not None and _is_far(difference, drift, tolerance, undefined):
        sizes = np.maximum(sizes, terms())
        tolerance = tolerance + ROUNDING * ONE_ROUNDING[dtype] * np.nan_to_num(sizes, posinf=0.0)
    shaking = False
    if shaken is not None and _is_far(difference, drift, tolerance, undefined):
        shaking = True
        tolerance = tolerance + ROUNDING * np.nan_to_num(shaken(), posinf=0.0)
    outside = (difference > tolerance) & ~undefined
    checked = None if jacobian is None else bool(np.all(drift <= tolerance))
    largest = float(np.max(np.where(undefined, 0.0, difference), initial=0.0))

    def verdict(agrees: bool | None, reason: Message | None = None) -> Compared:
        return Compared(name, symbolic, pytorch, largest, agrees, reason, checked)

    if outside.any():
        documented = None if known is None else known()
        if documented is not None:
            says, bound = documented
            if bool(np.all(difference[outside] <= bound * sizes[outside])):
                return verdict(True, says)
        return verdict(False, _disagreement(outside, symbolic, pytorch))
    if overflown.any():
        return verdict(
            None,
            message(
                N_("{count} of {total} entries are too large for {dtype} numbers, where they are infinite"),
                count=int(overflown.sum()),
                total=undefined.size,
                dtype=dtype,
            ),
        )
    if undefined.any():
        return verdict(
            None,
            message(
                N_(
                    "PyTorch gives nan in {count} of {total} entries where the formula is finite: "
                    "it is undefined there, not the formula"
                ),
                count=int(undefined.sum()),
                total=undefined.size,
            ),
        )
    if shaking and largest > JUMP * max(float(_finite_sizes(one).max(initial=0.0)) for one in (symbolic, pytorch)):
        return verdict(
            None,
            message(
                N_(
                    "a rounding of the inputs moves the formula's values as far as the two sides are apart: at this "
                    "point nothing can be decided"
                )
            ),
        )
    return verdict(True)


def _is_far(difference: Array, drift: Array, tolerance: Array, undefined: Array) -> bool:
    """Whether some entry is outside what is allowed so far."""
    return bool((((difference > tolerance) & ~undefined) | (drift > tolerance)).any())


PIECE = 1 << 16
"""Entries that stay in the processor's cache from one operation to the next: a large tensor is compared in pieces,
three times as fast and without arrays of its own size in between."""


def _pieces(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Stretches of arrays of one shape, side by side."""
    flat = [a.reshape(-1) for a in arrays]
    for start in range(0, flat[0].size, PIECE):
        yield tuple(a[start : start + PIECE] for a in flat)


def _close_throughout(a: Array, b: Array, dtype: str) -> float | None:
    """The largest difference, where all entries are finite and within the tolerance; else None."""
    scale = max((float(np.abs(x).max()) for x in itertools.chain(*_pieces(a, b))), default=0.0)
    if not np.isfinite(scale):
        return None
    largest = 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        for one, other in _pieces(a, b):
            difference = np.abs(one - other)
            if not bool((difference <= _allowed(np.abs(other), scale, dtype)).all()):  # nan is not
                return None
            largest = max(largest, float(difference.max()))
    return largest


def _difference(a: Array, b: Array) -> Array:
    """|a - b|, 0 where both are the same infinity or both nan, infinite where only one is."""
    with np.errstate(invalid="ignore"):
        distance = np.asarray(np.abs(a - b))
        if np.isfinite(distance.max(initial=0.0)):  # a nan would be the largest
            return distance
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        return np.where(same, 0.0, np.nan_to_num(distance, nan=np.inf, posinf=np.inf))


def _finite_sizes(a: Array) -> Array:
    """|a|, 0 where it is not finite."""
    sizes = np.asarray(np.abs(a))
    return sizes if np.isfinite(sizes.max(initial=0.0)) else np.nan_to_num(sizes, nan=0.0, posinf=0.0)


def _tolerance(a: Array, b: Array, dtype: str) -> Array:
    sizes = _finite_sizes(b)
    return _allowed(sizes, max(float(s.max(initial=0.0)) for s in (_finite_sizes(a), sizes)), dtype)


def _allowed(sizes: Array, scale: float, dtype: str) -> Array:
    """How far entries of these sizes may be apart, where the largest is `scale`."""
    tolerance = TOLERANCES[dtype]
    return np.asarray(tolerance.entry * sizes + (tolerance.largest * scale + SMALLEST[dtype]))


def _disagreement(outside: Array, symbolic: Array, pytorch: Array) -> Message:
    place = tuple(int(k) for k in np.argwhere(outside)[0])
    return message(
        N_(
            "the two sides disagree in {count} of {total} entries; the first is at {place}: "
            "formula {a:.6g}, PyTorch {b:.6g}"
        ),
        count=int(outside.sum()),
        total=outside.size,
        place=list(place),
        a=float(symbolic[place]),
        b=float(pytorch[place]),
    )


def largest_difference(a: Array, b: Array) -> float:
    """max |a - b|; entries that are both nan do not count."""
    return max((float(_difference(one, other).max()) for one, other in _pieces(a, b)), default=0.0)
