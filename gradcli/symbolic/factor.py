"""A formula -> the same formula as a person would write it: like terms together, common factors out.

Nothing here searches: each step looks at one sum's terms once. SymPy's `simplify` and `factor` are ten times slower
and gain nothing on these.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import sympy
from sympy import Add, Expr, Mul, Symbol

from gradcli.symbolic.deltas import outer_bound
from gradcli.symbolic.dims import ZERO
from gradcli.symbolic.scalars import Bound, Delta, in_order, weight


def tidy(e: Expr) -> Expr:
    """Equal sums made one (whatever their indices are called), then common factors pulled out of each sum of terms."""
    return factor_out(merge_sums(e))


def merge_sums(e: Expr, beside: Expr = ZERO) -> Expr:
    """e with sums that differ only in the names of their indices replaced by the first of them: one of `beside`, if it
    has such a one."""
    sums, others = outer_bound(e), outer_bound(beside)
    if not sums or len(sums) + len(others) < 2:
        return e
    first: dict[Expr, Bound] = {canonical(sigma): sigma for sigma in others}
    replaced: dict[Expr, Expr] = {}
    for sigma in sums:
        known = first.setdefault(canonical(sigma), sigma)
        if known is not sigma:
            replaced[sigma] = known
    return e.xreplace(replaced) if replaced else e


def canonical(sigma: Bound) -> Expr:
    """The sum with its indices numbered so that sums which differ only in their names become equal."""
    return _numbered(sigma)[0]


def _numbered(sigma: Bound) -> tuple[Expr, int]:
    """The canonical sum, and how deep it nests: each depth has numbers of its own, or an outer index would be taken
    for an inner one."""
    inner = {s: _numbered(s) for s in outer_bound(sigma.body)}
    depth = 1 + max((deep for _, deep in inner.values()), default=0)
    body = sigma.body.xreplace({s: named for s, (named, _) in inner.items()}) if inner else sigma.body
    orders = permutations(sigma.bound) if len(sigma.bound) <= 3 else (sigma.bound,)
    candidates = [
        body.xreplace({k: Symbol(f"#{depth}.{n}:{k.dim}", integer=True) for n, k in enumerate(order)})
        for order in orders
    ]
    numbers = (Symbol(f"#{depth}.{n}") for n in range(len(sigma.bound)))
    return type(sigma)(in_order(candidates)[0], *numbers), depth


def factor_out(e: Expr) -> Expr:
    """The factors that every term shares in front; looks inside products and sums over an index too."""
    if not e.is_Add:
        return _inside(e, factor_out)
    terms = [factor_out(t) for t in e.args]
    shared = _shared(terms)
    if not shared:
        return _shorter(Add(*terms))
    rest = Add(*(_divided(t, shared) for t in terms))
    return Mul(*(base**n for base, n in shared.items()), factor_out(rest))


def group_places(e: Expr) -> Expr:
    """Terms at one given place together: a delta(i,0) + b delta(i,0) + c delta(i,1) as (a + b) delta(i,0) +
    c delta(i,1)."""
    if not e.is_Add:
        return _inside(e, group_places)
    places: dict[tuple[Expr, ...], list[Expr]] = {}
    for term in e.args:
        factors = Mul.make_args(term)
        at = tuple(f for f in factors if isinstance(f, Delta) and any(a.is_Integer for a in f.args))
        places.setdefault(at, []).append(Mul(*(f for f in factors if f not in at)) if at else term)
    if all(len(terms) == 1 for at, terms in places.items() if at):
        return e
    return Add(*(Mul(*at, factor_out(Add(*terms))) if at else Add(*terms) for at, terms in places.items()))


def _inside(e: Expr, rewrite: Callable[[Expr], Expr]) -> Expr:
    """e with the sums of terms rewritten that are its factors, or stand under a sum over an index."""
    if isinstance(e, Bound):
        body = rewrite(e.body)
        return e if body == e.body else type(e)(body, *e.bound)
    return Mul(*(rewrite(f) if f.is_Add or isinstance(f, Bound) else f for f in e.args)) if e.is_Mul else e


def _shorter(e: Expr) -> Expr:
    """The sum multiplied out, where that cancels: (1 - y)*s - (1 - s)*y is s - y."""
    if not e.is_Add or weight(e, CANCELLED + 1) > CANCELLED:
        return e
    if not any(f.is_Add for t in e.args for f in Mul.make_args(t)):
        return e
    flat = sympy.expand_mul(e)
    return flat if len(Add.make_args(flat)) < len(e.args) or weight(flat) < weight(e) else e


CANCELLED = 80
"""A sum larger than this is not searched for terms that cancel."""


def _shared(terms: list[Expr]) -> dict[Expr, Expr]:
    """The non-numeric factors that all terms have, each with its least exponent."""
    shared = _factors(terms[0])
    for term in terms[1:]:
        powers = _factors(term)
        shared = {
            base: min(n, powers[base], key=abs) for base, n in shared.items() if base in powers and n * powers[base] > 0
        }
    return shared


def _factors(term: Expr) -> dict[Expr, Expr]:
    powers: dict[Expr, Expr] = {}
    for factor in Mul.make_args(term):
        base, exponent = _power(factor)
        if not factor.is_Number:
            powers[base] = powers.get(base, ZERO) + exponent
    return powers


def _power(factor: Expr) -> tuple[Expr, Expr]:
    """base and whole exponent; a root or an exponential is a base of its own."""
    if factor.is_Pow and factor.exp.is_Integer:
        return factor.base, factor.exp
    return factor, sympy.S.One


def _divided(term: Expr, shared: dict[Expr, Expr]) -> Expr:
    """The term without the shared factors; taken out one by one, as SymPy's division may put them together anew."""
    left = []
    for factor in Mul.make_args(term):
        base, exponent = _power(factor)
        left.append(base ** (exponent - shared[base]) if base in shared else factor)
    return Mul(*left)
