"""Evidence -> a verdict: do two computations of one derivative agree, and if not, is that a disagreement, or is one of
them undefined there? Holds every tolerance of the house. Knows no program and no formula."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from gradcli.message import N_, Message, message
from gradcli.report import Array, Compared


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two numbers that should be one may be apart: relative to the entry, relative to the largest entry, and in
    all."""

    entry: float
    largest: float
    least: float = 0.0

    def allowed(self, sizes: Array, scale: float) -> Array:
        """For entries of these sizes, where the largest is `scale`."""
        return np.asarray(self.entry * sizes + (self.largest * scale + self.least))

    def around(self, a: Array) -> Array:
        """For each entry of an array; what is not finite has to be met exactly."""
        return self.allowed(_finite_sizes(a), _largest(a))


TOLERANCES = {"float64": Tolerance(1e-9, 1e-10, 1e-300), "float32": Tolerance(1e-4, 1e-5, 1e-37)}
"""Of two correct computations by dtype; what is nearer to 0 than the last number has lost digits."""
SUBMISSION = Tolerance(1e-6, 1e-9, 1e-12)
"""Of a right answer of a student's, who may have rounded constants."""
MISTAKE = Tolerance(1e-6, 1e-8, 1e-13)
"""Of a wrong answer, and what a mistake would have given."""
MULTIPLE = Tolerance(1e-5, 0.0)
"""Of a gradient that was added up several times, and so many times the first: float32 rounds at 1e-7 each time."""
MATRIX_RULE = Tolerance(1e-4, 0.0, 1e-5)
"""Of PyTorch's gradient, in float32 at worst, and a product of the same matrices in float64."""
MATRIX_TEXT = Tolerance(1e-9, 1e-10, 1e-10)
"""Of a formula and the same in matrix notation, where most numbers are near 1."""
SAME_GRADIENT = 1e-5
"""Two ways by which PyTorch computes one gradient differ by less, relative to its largest entry: float32 rounds at 1e-7
for each term."""
ROUNDED_ZERO = 1e-6
"""What is left of a zero by rounding, in float32 at worst."""
FLAT = 1e-8
"""An eigenvalue nearer to 0 than this, relative to the largest, may be 0."""
HALF_UNITS = 1 + 1e-9
"""So many halves of a unit of the last digit that was typed may be missing: the half itself is no exact number."""

LARGE_PRODUCT = 1_000_000
"""Entries of a matrix, from which on a product is compared by what it does to one vector."""

ROUNDING = 64.0
"""How many times the effect of one rounding two correct computations may differ by."""
CANCELLED = 4.0
"""How many roundings of the terms are left of a sum of them that is 0."""
SHAKEN = 4.0
"""By how many roundings an input is moved to see how far that moves a formula's values."""
JUMP = 1e-3
"""Two sides that are this far apart, relative to the largest entry, are not said to agree, whatever the reason."""
ONE_ROUNDING = {"float64": 2.0**-52, "float32": 2.0**-23}
"""How far apart numbers near 1 are."""
LARGEST = {"float64": np.inf, "float32": 2.0**128}
"""What is larger is infinite in that dtype."""


@dataclass(frozen=True)
class Evidence:
    """Two computations of the derivative that the answer calls `name`, arrays of one shape, and what a doubt is settled
    by, which is computed only where there is one.

    `jacobian` holds the values that the printed Jacobian gave when it was contracted with v.
    `terms` gives the size of what the formula adds up, entry by entry: where it cancels, a rounding of that is left.
    `shaken` gives the formula's values where the inputs are off by a few roundings (`slightly_off`): where the problem
    is ill-conditioned, that is how far apart two correct answers may be.
    `deviation` gives a documented deviation of PyTorch with its bound relative to those terms, if one is met.
    `excuse` says why there is nothing to agree on at this point, if so: the formula's values may be undefined there.
    """

    name: str
    symbolic: Array
    pytorch: Array
    dtype: str
    jacobian: Array | None = None
    terms: Callable[[], Array] | None = None
    perturbed: Callable[[], Array] | None = None
    deviation: Callable[[], tuple[str, float] | None] | None = None
    excuse: Callable[[bool | None], Message | None] | None = None


def verdict(evidence: Evidence) -> Compared:
    """Whether the two sides agree: True, False with the first place where they do not, or None where nothing can be
    decided at this point, with the reason."""
    e = evidence
    close = _close_throughout(e.symbolic, e.pytorch, e.dtype)
    if close is not None and (e.jacobian is None or _close_throughout(e.jacobian, e.symbolic, e.dtype) is not None):
        return Compared(e.name, e.symbolic, e.pytorch, close, True, None, None if e.jacobian is None else True)
    distances = _measure(e)
    agrees, reason = _decide(e, distances)
    excuse = None if agrees or e.excuse is None else e.excuse(agrees)
    if excuse is not None:
        agrees, reason = None, excuse
    checked = None if e.jacobian is None else not distances.jacobian_is_off
    return Compared(e.name, e.symbolic, e.pytorch, distances.largest, agrees, reason, checked)


@dataclass(frozen=True, slots=True)
class _Distances:
    """Entry by entry: how far the sides are apart (`difference`) and the contracted Jacobian from the formula
    (`drift`), how far they may be (`allowed`), the size of what is added up (`terms`), and where PyTorch has no number
    to compare with. `shaken`: the effect of roundings in the inputs had to be allowed."""

    difference: Array
    drift: Array
    allowed: Array
    terms: Array
    undefined: Array
    overflown: Array
    perturbed: bool = False

    @property
    def outside(self) -> Array:
        """Where the sides are further apart than they may be."""
        return np.asarray((self.difference > self.allowed) & ~self.undefined)

    @property
    def jacobian_is_off(self) -> bool:
        return bool((self.drift > self.allowed).any())

    @property
    def in_doubt(self) -> bool:
        return bool(self.outside.any()) or self.jacobian_is_off

    @property
    def largest(self) -> float:
        """The largest difference where both sides have a number."""
        return float(np.max(np.where(self.undefined, 0.0, self.difference), initial=0.0))


def _measure(e: Evidence) -> _Distances:
    """How far the sides are apart and may be; what costs time is asked only where there is a doubt."""
    overflown = ~np.isfinite(e.pytorch) & np.isfinite(e.symbolic) & (np.abs(e.symbolic) >= LARGEST[e.dtype])
    distances = _Distances(
        _difference(e.symbolic, e.pytorch),
        np.zeros_like(e.symbolic) if e.jacobian is None else _difference(e.jacobian, e.symbolic),
        TOLERANCES[e.dtype].allowed(_finite_sizes(e.pytorch), _largest(e.symbolic, e.pytorch)),
        np.abs(e.symbolic),
        (np.isnan(e.pytorch) & ~np.isnan(e.symbolic)) | overflown,
        overflown,
    )
    if e.terms is not None and distances.in_doubt:
        terms = np.maximum(distances.terms, e.terms())
        left = ROUNDING * ONE_ROUNDING[e.dtype] * np.nan_to_num(terms, posinf=0.0)
        distances = replace(distances, terms=terms, allowed=distances.allowed + left)
    if e.perturbed is not None and distances.in_doubt:
        with np.errstate(invalid="ignore"):
            moved = np.nan_to_num(np.abs(e.perturbed() - e.symbolic), posinf=0.0)
        distances = replace(distances, allowed=distances.allowed + ROUNDING * moved, perturbed=True)
    return distances


def _decide(e: Evidence, distances: _Distances) -> tuple[bool | None, Message | None]:
    outside, total = distances.outside, distances.difference.size
    if outside.any():
        documented = _known_deviation(e, distances, outside)
        return (True, documented) if documented is not None else (False, _disagreement(outside, e.symbolic, e.pytorch))
    if distances.overflown.any():
        count = int(distances.overflown.sum())
        return None, message(_OVERFLOWN, count=count, total=total, dtype=e.dtype)
    if distances.undefined.any():
        return None, message(_UNDEFINED, count=int(distances.undefined.sum()), total=total)
    if distances.perturbed and distances.largest > JUMP * _largest(e.symbolic, e.pytorch):
        return None, Message(_ILL_CONDITIONED)
    if distances.jacobian_is_off:
        return False, Message(_JACOBIAN_IS_OFF)
    return True, None


_OVERFLOWN = N_("{count} of {total} entries are too large for {dtype} numbers, where they are infinite")
_UNDEFINED = N_(
    "PyTorch gives nan in {count} of {total} entries where the formula is finite: "
    "it is undefined there, not the formula"
)
_ILL_CONDITIONED = N_(
    "a rounding of the inputs moves the formula's values as far as the two sides are apart: at this point nothing can "
    "be decided"
)
_JACOBIAN_IS_OFF = N_("the Jacobian printed above, contracted with the weights, gives other numbers than the formula")


def _known_deviation(e: Evidence, distances: _Distances, outside: Array) -> Message | None:
    """The deviation of PyTorch's own documentation that covers every entry outside, if one does."""
    met = None if e.deviation is None else e.deviation()
    if met is None or not np.all(distances.difference[outside] <= met[1] * distances.terms[outside]):
        return None
    return message(N_("agrees within PyTorch's documented error: {says}"), says=met[0])


def _disagreement(outside: Array, symbolic: Array, pytorch: Array) -> Message:
    place = first_place(outside)
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


# Other questions about two arrays


def alike(a: Array, b: Array, tolerance: Tolerance) -> bool:
    """Whether two arrays of one shape are the same within a tolerance of b; entries that are both nan, or the same
    infinity, are."""
    return a.shape == b.shape and not differs(a, b, tolerance.around(b)).any()


def differs(a: Array, b: Array, allowed: Array) -> Array:
    """The entries that are further apart than allowed."""
    return np.asarray(_difference(a, b) > allowed)


def is_product(whole: Array, first: Array, second: Array) -> bool:
    """Whether PyTorch's matrix is first @ second. A large one is compared by a random vector r, whole @ r with
    first @ (second @ r), as Freivalds does: a wrong entry shows, and no matrix is multiplied again."""
    if whole.shape != (*first.shape[:-1], *second.shape[1:]) or np.isnan(whole).any():
        return False
    if whole.size < LARGE_PRODUCT:
        return alike(whole, first @ second, MATRIX_RULE)
    r = np.random.default_rng(0).choice((-1.0, 1.0), whole.shape[-1])
    least = MATRIX_RULE.least * _largest(whole) * whole.shape[-1] ** 0.5
    return alike(whole @ r, first @ (second @ r), replace(MATRIX_RULE, least=least))


def largest_difference(a: Array, b: Array) -> float:
    """max |a - b|; entries that are both nan do not count."""
    return max((float(_difference(x, y).max()) for x, y in _pieces(a, b)), default=0.0)


def contradicts(values: Array, pattern: Array) -> bool:
    """Whether an entry is not 0, beyond what roundings leave of a 0, where a pattern (of the same shape, True where an
    entry can be other than 0) has none."""
    return bool((np.abs(values[~pattern]) > JUMP * _largest(values)).any())


def without_cancelled(total: Array, terms: Array) -> Array:
    """Sums of terms of this size altogether; 0 where they cancel but for their rounding."""
    return np.where(np.abs(total) <= terms * CANCELLED * ONE_ROUNDING["float64"], 0.0, total)


def slightly_off(a: Array, dtype: str) -> Array:
    """The array off by a few roundings in every entry, to one side and the other in turn."""
    signs = np.where(np.arange(a.size) % 2 == 0, 1.0, -1.0).reshape(a.shape)
    return np.asarray(a * (1 + signs * SHAKEN * ONE_ROUNDING[dtype]))


def first_place(mask: Array) -> tuple[int, ...]:
    """The first place where the mask holds."""
    return tuple(int(k) for k in np.argwhere(mask)[0])


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
    scale = max((float(np.abs(x).max()) for x in chain(*_pieces(a, b))), default=0.0)
    if not np.isfinite(scale):
        return None
    largest = 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        for x, y in _pieces(a, b):
            difference = np.abs(x - y)
            if not bool((difference <= TOLERANCES[dtype].allowed(np.abs(y), scale)).all()):  # nan is not
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


def _largest(*arrays: Array) -> float:
    """The size of the largest finite entry."""
    return max(float(_finite_sizes(a).max(initial=0.0)) for a in arrays)
