"""Products of deltas, entries and sums, summed over indices -> the same without deltas over a summed index.

`total(e, over)` is the sum of e over the indices `over`. A delta over a summed index is solved for it: delta(k, e)
replaces k by e, times a bracket for each end of k's range that e may leave. What no delta decides stays a Sigma.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import sympy
from sympy import Add, Expr, Integer, Mul

from gradcli.symbolic.dims import (
    ONE,
    ZERO,
    Dim,
    Index,
    Quotient,
    Remainder,
    in_range,
    index_for,
    is_nonnegative,
    stretches,
)
from gradcli.symbolic.scalars import AtLeast, Bound, Delta, Sigma, atoms, free_indices, in_order

ROW = "m"
"""What a Jacobian's row indices are called until they are printed."""

PIECES = 64
"""A stack of at most so many pieces is taken apart."""

B = TypeVar("B", bound=Bound)
Solution = tuple[dict[Expr, Expr], Expr, tuple[Index, ...]]
"""What replaces which index, the factor that stands for the ranges, and the indices that are new."""


def total(e: Expr, over: Iterable[Expr], seeds_first: bool = False) -> Expr:
    """The sum of e over `over` (literal 0 among them, an axis of size 1, needs no sum).

    `seeds_first`: a Jacobian's seeds delta(o, m) are solved before other deltas; its entries are then written in its
    row indices (`y[m % n]`) where they would be in its column indices.
    """
    return _total(e, tuple(k for k in over if isinstance(k, Index)), seeds_first)


def _total(e: Expr, over: tuple[Index, ...], seeds_first: bool) -> Expr:
    if e == 0:
        return ZERO
    if not over:
        return e
    factors = join_digits(list(Mul.make_args(e)))
    opened = _opened(factors, over)
    if opened is not None:
        terms, over = opened
        return Add(*(_total(term, over, seeds_first) for term in terms))
    deltas = [f for f in factors if isinstance(f, Delta) and not free_indices(f).isdisjoint(over)]
    for delta in sorted(deltas, key=_is_seed, reverse=seeds_first):
        solution = solve(delta, over)
        if solution is not None:
            rest, over = _substituted(factors, delta, solution, over)
            return _total(rest, over, seeds_first)
    k = _piece_index(factors, over)
    if k is not None:
        rest_over = tuple(other for other in over if other is not k)
        pieces = (e.xreplace({k: Integer(n)}) for n in range(int(k.dim)))
        return Add(*(_total(piece, rest_over, seeds_first) for piece in pieces))
    return _closed(factors, over)


def _opened(factors: Sequence[Expr], over: tuple[Index, ...]) -> tuple[list[Expr], tuple[Index, ...]] | None:
    """Where a factor hides a delta over a summed index: the terms in which that is a factor, and the indices that they
    are summed over."""
    for place, factor in enumerate(factors):
        if isinstance(factor, Delta) or not _hides_delta(factor, over):
            continue
        others = (*factors[:place], *factors[place + 1 :])
        if factor.is_Add:
            return [Mul(*others) * term for term in factor.args], over
        if isinstance(factor, Sigma):
            fresh = renew_sum(factor)
            return [Mul(*others) * fresh.body], over + fresh.bound
        if factor.is_Pow and factor.base.is_Add and factor.exp.is_Integer and 1 < factor.exp < 4:
            return [Mul(*others, factor.expand())], over
    return None


def _piece_index(factors: Sequence[Expr], over: Sequence[Index]) -> Index | None:
    """A summed index that tells stacked pieces apart inside a function, sin(delta(k,0)*x + delta(k,1)*y): such a sum is
    written out piece by piece."""
    hidden = (delta for f in factors if not isinstance(f, Delta) for delta in in_order(atoms(f, Delta)))
    for delta in hidden:
        for k, place in (delta.args, delta.args[::-1]):
            if isinstance(k, Index) and k in over and place.is_Integer and k.dim.is_Integer and k.dim <= PIECES:
                return k
    return None


def _is_seed(delta: Expr) -> bool:
    return any(isinstance(k, Index) and k.name == ROW for k in free_indices(delta))


def _hides_delta(e: Expr, over: Sequence[Index]) -> bool:
    return any(not free_indices(d).isdisjoint(over) for d in atoms(e, Delta))


def _substituted(
    factors: Sequence[Expr], delta: Expr, solution: Solution, over: tuple[Index, ...]
) -> tuple[Expr, tuple[Index, ...]]:
    """The product without the delta that was solved, and the indices that are left."""
    replaced, ranges, new = solution
    rest = Mul(*(f.xreplace(replaced) for f in factors if f is not delta), ranges)
    return rest, (*(k for k in over if k not in replaced), *new)


def solve(delta: Expr, over: tuple[Index, ...]) -> Solution | None:
    """The delta solved for one or more summed indices, or None if it can't be (it then stays a factor)."""
    a, b = delta.args
    if isinstance(a, Index) and isinstance(b, Index) and a.dim == b.dim:  # nearly every delta
        k = next(k for k in over if k is a or k is b)
        return {k: b if k is a else a}, ONE, ()
    for side, value in ((a, b), (b, a)):
        if isinstance(side, (Quotient, Remainder)) and (solution := _solve_division(side, value, over)):
            return solution
    return _solve_affine(sympy.expand(a - b), over)


def _solve_division(division: Quotient | Remainder, value: Expr, over: tuple[Index, ...]) -> Solution | None:
    """delta(floor(k/n), a): k = a*n + l with a new l; delta(k mod n, b): k = l*n + b."""
    k, n = division.args
    if not isinstance(k, Index) or k not in over or value.has(k):
        return None
    if isinstance(division, Quotient):
        new, ranges = index_for(n), ONE
        place = value * n + new
    else:
        count = stretches(k.dim, n)
        new = index_for(Quotient(sympy.expand(k.dim + n - 1), n) if count is None else count)
        ranges = _range_factor(value, n)
        place = new * n + value
    return {k: place}, ranges * _range_factor(place, k.dim), ((new,) if isinstance(new, Index) else ())


def _solve_affine(difference: Expr, over: tuple[Index, ...]) -> Solution | None:
    """0 = c1*k1 + c2*k2 + ... + rest, solved for the summed indices that occur linearly and nowhere else."""
    linear = [(k, difference.coeff(k)) for k in over if difference.has(k)]
    linear = [(k, c) for k, c in linear if c != 0 and not c.has(Index) and not (difference - c * k).has(k)]
    if len(linear) > 1 and (solution := _solve_radix(difference, linear)):
        return solution
    for k, c in linear:
        if c in (1, -1):
            value = sympy.expand(-(difference - c * k) * c)
            return {k: value}, _range_factor(value, k.dim), ()
    if len(linear) != 1:
        return None
    ((k, c),) = linear
    sign = 1 if c.is_positive else -1
    e = sympy.expand(-sign * (difference - c * k))
    exact = Delta(Remainder(e, sign * c), ZERO)
    return {k: Quotient(e, sign * c)}, exact * _range_factor(e, sympy.expand(k.dim * sign * c)), ()


def _solve_radix(difference: Expr, linear: list[tuple[Index, Expr]]) -> Solution | None:
    """c*k + l = e with l running below c: the digits of e, l = e mod c and k = floor(e/c) (and so on upwards)."""
    for l, unit in linear:  # noqa: E741  l is the low digit
        if unit not in (1, -1):
            continue
        others = [(k, c * unit) for k, c in linear if k is not l]
        if not all(sympy.expand(c / l.dim).is_integer and c.is_positive for _, c in others):
            continue
        digits = sympy.expand(sum((c * k for k, c in others), ZERO) + l)
        e = sympy.expand(digits - difference * unit)
        if any(e.has(k) for k, _ in linear):
            continue
        upper = sympy.expand(sum((c / l.dim * k for k, c in others), ZERO))
        inner = _solve_affine(sympy.expand(upper - Quotient(e, l.dim)), tuple(k for k, _ in others))
        if inner is None:
            continue
        replaced, ranges, new = inner
        low = () if is_nonnegative(e) else (AtLeast(e, ZERO),)
        return {**replaced, l: Remainder(e, l.dim)}, Mul(ranges, *low), new
    return None


def _range_factor(e: Expr, dim: Dim) -> Expr:
    """[0 <= e][e < dim], leaving out what can be proved; constants stand on the right side of each bracket."""
    low, high = in_range(e, dim)
    varying, constant = _split(e)
    factor: Expr = ONE
    if not low:
        factor *= AtLeast(varying, -constant)
    if not high:
        factor *= AtLeast(sympy.expand(dim - 1 - constant), varying)
    return factor


def _split(e: Expr) -> tuple[Expr, Expr]:
    """The part of e that varies with an index, and the rest."""
    varying = [t for t in Add.make_args(sympy.expand(e)) if t.has(Index)]
    return Add(*varying), sympy.expand(e - Add(*varying))


def _closed(factors: list[Expr], over: tuple[Index, ...]) -> Expr:
    """Factors without a delta to solve: what does not vary goes out, what is independent goes apart."""
    over, factors = _merged(over, factors)
    outside = [f for f in factors if free_indices(f).isdisjoint(over)]
    inside = [f for f in factors if not free_indices(f).isdisjoint(over)]
    parts: list[Expr] = []
    left = list(over)
    while left:
        group, members = _component(left[0], inside, left)
        left = [k for k in left if k not in group]
        parts.append(_sum_of(Mul(*members), group) if members else Mul(*(k.dim for k in group)))
    return Mul(*outside, *parts)


def _merged(over: tuple[Index, ...], factors: list[Expr]) -> tuple[tuple[Index, ...], list[Expr]]:
    """Sums that are factors and vary with a summed index join the sum."""
    result: list[Expr] = []
    for factor in factors:
        if isinstance(factor, Sigma) and not free_indices(factor).isdisjoint(over):
            fresh = renew_sum(factor)
            over = over + fresh.bound
            result.extend(Mul.make_args(fresh.body))
        else:
            result.append(factor)
    return over, result


def _component(first: Index, factors: list[Expr], over: Sequence[Index]) -> tuple[list[Index], list[Expr]]:
    group, members = {first}, []
    waiting = list(factors)
    while grown := [f for f in waiting if not free_indices(f).isdisjoint(group)]:
        members += grown
        waiting = [f for f in waiting if not any(f is g for g in grown)]
        group |= {k for f in grown for k in over if k in free_indices(f)}
    return [k for k in over if k in group], members


def _sum_of(body: Expr, over: list[Index]) -> Expr:
    """Sigma, with the number in front of the body taken out; a bracket that every index satisfies is gone already."""
    numbers: list[Expr] = []
    others: list[Expr] = []
    for factor in Mul.make_args(body):
        content, rest = factor.primitive() if factor.is_Add else (factor, ONE) if factor.is_Number else (ONE, factor)
        numbers.append(content)
        others.append(rest)
    return Mul(*numbers) * Sigma(Mul(*others), *over)


def renew(e: Expr) -> Expr:
    """The same formula with new bound indices, so that it can be merged with what already uses its own."""
    if isinstance(e, Bound):
        return renew_sum(e)
    inner = {s: renew(s) for s in outer_bound(e)}
    return e.xreplace(inner) if inner else e


def renew_sum(e: B) -> B:
    """A sum or a product with new indices, and those inside it."""
    fresh = {k: Index(k.dim, k.name) for k in e.bound}
    return type(e)(renew(e.body).xreplace(fresh), *fresh.values())


def outer_bound(e: Expr) -> list[Bound]:
    """The sums and products in e that do not stand inside another, each once, in a fixed order."""
    if isinstance(e, Bound):
        return [e]
    if not e.has(Bound):
        return []
    found: dict[Bound, None] = {}
    for argument in e.args:
        found.update(dict.fromkeys(outer_bound(argument)))
    return list(found)


def join_digits(factors: list[Expr]) -> list[Expr]:
    """Pairs of deltas over quotient and remainder of one expression as one delta, where the low digit is one:
    delta(floor(e/n), i) delta(e mod n, l) is delta(e, n i + l) for 0 <= l < n, and 0 for any other l."""
    halves = {division.args: (delta, value) for delta, division, value in _divisions(factors, Quotient)}
    for delta, division, value in _divisions(factors, Remainder) if halves else ():
        if division.args in halves:
            other, high = halves[division.args]
            e, n = division.args
            low = value.xreplace({Quotient(e, n): high})
            rest = [f for f in factors if f is not delta and f is not other]
            joined = Mul(Delta(e, high * n + low), _range_factor(low, n))
            return join_digits([*rest, *Mul.make_args(joined)])
    return factors


def _divisions(factors: Sequence[Expr], kind: type[Expr]) -> Iterator[tuple[Expr, Expr, Expr]]:
    """The deltas with a quotient (or a remainder) on one side: the delta, that side, the other."""
    for delta in factors:
        if isinstance(delta, Delta):
            for side, value in (delta.args, delta.args[::-1]):
                if isinstance(side, kind):
                    yield delta, side, value
