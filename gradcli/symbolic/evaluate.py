"""Formula + values -> numbers, by walking the very expression that is printed. Knows NumPy, no derivative rule.

A subexpression's value is an array with named axes: the indices it varies with. Products under a sum are contracted
pair by pair with matrix products, so that time and memory are those of a person's own NumPy code and the full
Jacobian is never built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from gradcli.message import N_, limit
from gradcli.report import Array
from gradcli.shapes import RAISE, allowed, needed
from gradcli.symbolic.derive import Formula
from gradcli.symbolic.dims import Index
from gradcli.symbolic.einsum import contract_pairs
from gradcli.symbolic.numpy_columns import applied, function, operands, power_log, to_the
from gradcli.symbolic.scalars import AtLeast, Entry, Flag, Pi, Sigma, as_float, free_indices
from gradcli.symbolic.tensor_graph import Graph, Node

MAX_ELEMENTS = 400_000_000
"""No intermediate array may be larger (3 GB): a limit, told before it is allocated."""
SPREAD = 4
"""A sum of terms whose broadcast is this many times its largest term is multiplied out under a summation."""


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """An array whose axes are indices."""

    axes: tuple[Index, ...]
    array: Array

    def on(self, axes: Sequence[Index]) -> Array:
        """The array with these axes, of size 1 where it does not vary."""
        mine = {k: p for p, k in enumerate(self.axes)}
        moved = self.array.transpose([mine[k] for k in axes if k in mine])
        return moved.reshape([self.array.shape[mine[k]] if k in mine else 1 for k in axes])


class Evaluator:
    """The values of a graph's formulas at one point; every tensor and subexpression is computed once."""

    def __init__(self, graph: Graph, point: Mapping[str, Array], printed: Mapping[str, Node] | None = None) -> None:
        """`printed` holds the definitions as they are printed, where that differs from how the graph has them."""
        self.graph, self.point = graph, point
        self.nodes = {**graph.nodes, **(printed or {})}
        self.tensors: dict[str, Array] = {}
        self.known: dict[Expr, Named] = {}

    def value(self, formula: Formula) -> Array:
        """The formula at every index, in the shape of its dims."""
        return self.at_all(formula.entry, formula.indices, formula.dims)

    def at_all(self, e: Expr, indices: Sequence[Expr], dims: Sequence[Expr]) -> Array:
        shape = tuple(self.graph.sizes.value(d) for d in dims)
        if 0 in shape:
            return np.zeros(shape)
        with np.errstate(all="ignore"):
            named = self.named(e)
            kept = [k for k in indices if isinstance(k, Index)]
            array = named.on(kept).reshape(self._with_ones(indices, named))
            array = np.asarray(array, dtype=np.float64)
            return array if array.shape == shape else np.array(np.broadcast_to(array, shape))

    @staticmethod
    def _with_ones(indices: Sequence[Expr], named: Named) -> list[int]:
        sizes = dict(zip(named.axes, named.array.shape, strict=True))
        return [sizes.get(k, 1) if isinstance(k, Index) else 1 for k in indices]

    # Tensors

    def tensor(self, name: str) -> Array:
        if name not in self.tensors:
            self.tensors[name] = self._computed(name)
        return self.tensors[name]

    def _computed(self, name: str) -> Array:
        node = self.nodes.get(name)
        if node is None or (node.kind == "leaf" and node.constant is None):
            return np.asarray(self.point[name], dtype=np.float64)
        if node.constant is not None:
            return node.constant
        if node.primitive is not None:
            return applied(node, self.tensor)
        return self.at_all(node.formula(), node.idx, node.dims)

    # Scalars

    def named(self, e: Expr) -> Named:
        """The value of a scalar expression at all of its indices."""
        found = self.known.get(e)
        if found is None:
            found = self.known[e] = self._named(e)
        return found

    def _named(self, e: Expr) -> Named:
        if isinstance(e, Index):
            return Named((e,), np.arange(self.graph.sizes.value(e.dim)))
        if e.is_Number or e.is_NumberSymbol:
            return Named((), np.asarray(int(e) if e.is_Integer and abs(e) < 2**62 else as_float(e)))
        if e is sympy.zoo:  # 1/0, the mean of no numbers
            return Named((), np.asarray(np.nan))
        if e.is_Symbol:
            return Named((), np.asarray(self.graph.sizes.values[e]))
        if isinstance(e, Entry):
            return self._entry(e)
        if isinstance(e, Sigma):
            return self._sigma(e)
        if isinstance(e, Pi):
            body = self.named(e.body)
            missing = prod(self._size(k) for k in e.bound if k not in body.axes)
            over = tuple(p for p, k in enumerate(body.axes) if k in e.bound)
            kept = tuple(k for k in body.axes if k not in e.bound)
            return Named(kept, np.prod(body.array, axis=over) ** missing)
        if e.is_Mul:
            return self._product(e.args)
        if e.is_Pow:
            return self._power(e)
        return self._together(function(e), *map(self.named, operands(e)))

    def _size(self, k: Index) -> int:
        return self.graph.sizes.value(k.dim)

    def _together(self, compute: Callable[..., Any], *parts: Named) -> Named:
        """An elementwise computation on parts that broadcast over their indices."""
        axes = _joined(parts)
        sizes = {k: s for part in parts for k, s in zip(part.axes, part.array.shape, strict=True)}
        self._within(prod(sizes.values()))
        return Named(axes, np.asarray(compute(*(part.on(axes) for part in parts))))

    @staticmethod
    def _within(elements: int) -> None:
        most = max(allowed(MAX_ELEMENTS), MAX_ELEMENTS)
        if elements > most:
            raise limit(
                N_("the formula needs an array of {n} numbers, more than {most}"),
                hint=RAISE,
                n=elements,
                most=most,
                count=needed(elements, MAX_ELEMENTS),
            )

    def _product(self, factors: Sequence[Expr]) -> Named:
        """A product; where a bracket is 0 the product is 0, even next to what is not finite."""
        flags = [self.named(f) for f in factors if isinstance(f, Flag)]
        values = self._values([f for f in factors if not isinstance(f, Flag)])
        parts = sorted(values, key=lambda v: v.array.ndim)
        result = reduce(lambda a, b: self._together(np.multiply, a, b), parts) if parts else flags.pop(0)
        for flag in flags:
            result = self._masked(result, flag)
        return result

    def _values(self, factors: Sequence[Expr]) -> list[Named]:
        """The factors' values; a**b log(a) is one factor, which PyTorch takes as 0 where a = 0 and b >= 0."""
        powers = {f.base: f for f in factors if f.is_Pow and not f.exp.is_Number}
        logs = [f for f in factors if isinstance(f, sympy.log) and f.args[0] in powers]
        pairs = [self._together(power_log, self.named(f.args[0]), self.named(powers[f.args[0]].exp)) for f in logs]
        taken = {*logs, *(powers[f.args[0]] for f in logs)}
        return [*pairs, *(self.named(f) for f in factors if f not in taken)]

    def _masked(self, value: Named, flag: Named) -> Named:
        if np.isfinite(value.array).all():
            return self._together(np.multiply, value, flag)
        return self._together(lambda v, f: np.where(f == 0, 0, v), value, flag)

    def _power(self, e: Expr) -> Named:
        base, exponent = e.as_base_exp()
        if base == sympy.E:
            return self._together(np.exp, self.named(exponent))
        b = self.named(base)
        if exponent == -1:
            compute: Callable[[Array], Any] = lambda a: 1.0 / a  # noqa: E731
        elif exponent == sympy.Rational(1, 2):
            compute = np.sqrt
        elif exponent == sympy.Rational(-1, 2):
            compute = lambda a: 1.0 / np.sqrt(a)  # noqa: E731
        elif exponent.is_Number:
            compute = lambda a: to_the(a, exponent)  # noqa: E731
        else:
            return self._together(lambda a, p: np.asarray(a, dtype=np.float64) ** p, b, self.named(exponent))
        zero_counts = exponent.is_negative and isinstance(base, Entry) and self._at_zero(base.name)
        return self._together((lambda a: np.where(a == 0, 0.0, compute(a))) if zero_counts else compute, b)

    def _at_zero(self, name: str) -> bool:
        node = self.nodes.get(name)
        return node is not None and node.primitive is not None and node.primitive.at_zero

    # Entries

    def _entry(self, e: Entry) -> Named:
        array = self.tensor(e.name)
        if all(
            k == 0 or (isinstance(k, Index) and self._size(k) == n) for k, n in zip(e.indices, array.shape, strict=True)
        ):
            simple = array[tuple(0 if k == 0 else slice(None) for k in e.indices)]
            axes = tuple(k for k in e.indices if isinstance(k, Index))
            if len(set(axes)) == len(axes):
                return Named(axes, simple)
        return self._gathered(array, [self.named(k) for k in e.indices])

    def _gathered(self, array: Array, places: Sequence[Named]) -> Named:
        """Entries at computed places; a place outside is drawn in, because a bracket beside it is 0 there."""
        drawn = [np.clip(p.array, 0, max(n - 1, 0)).astype(np.intp) for p, n in zip(places, array.shape, strict=True)]
        axes = _joined(places)
        if array.size == 0:  # an empty axis: a bracket beside it is 0 everywhere
            return Named((), np.zeros(()))
        if sum(len(p.axes) for p in places) == len(axes):
            for a in reversed(range(array.ndim)):
                array = np.take(array, drawn[a], axis=a)
            return Named(tuple(k for p in places for k in p.axes), array)
        return Named(axes, array[tuple(Named(p.axes, d).on(axes) for p, d in zip(places, drawn, strict=True))])

    # Sums

    def _sigma(self, e: Sigma) -> Named:
        bound = set(e.bound)
        terms = self._terms(e.body, bound)
        return reduce(lambda a, b: self._together(np.add, a, b), (self._summed(t, e.bound) for t in terms))

    def _terms(self, body: Expr, bound: set[Index]) -> list[Expr]:
        """The body as terms: a sum of terms among its factors is multiplied out where it would be far larger."""
        if body.is_Add:
            return [t for term in body.args for t in self._terms(term, bound)]
        if body.is_Mul:
            for place, factor in enumerate(body.args):
                if factor.is_Add and self._spreads(factor):
                    rest = body.args[:place] + body.args[place + 1 :]
                    return [t for term in factor.args for t in self._terms(sympy.Mul(term, *rest), bound)]
        return [body]

    def _spreads(self, e: Expr) -> bool:
        sizes = [prod(map(self._size, free_indices(t))) for t in e.args]
        return prod(map(self._size, free_indices(e))) > SPREAD * max(sizes)

    def _summed(self, term: Expr, bound: Sequence[Index]) -> Named:
        factors = list(sympy.Mul.make_args(term))
        running = self._running_sum(factors, bound)
        if running is not None:
            return running
        flags = [self.named(f) for f in factors if isinstance(f, Flag)]
        values = self._values([f for f in factors if not isinstance(f, Flag)])
        for flag in flags:
            values = [v if np.isfinite(v.array).all() else self._masked(v, flag) for v in values]
        parts = [(p.axes, p.array) for p in (*values, *flags)]
        missing = prod(self._size(k) for k in bound if not any(k in axes for axes, _ in parts))
        axes, array = contract_pairs(parts, frozenset(bound), self._within)
        return Named(axes, array * missing if missing != 1 else array)

    def _running_sum(self, factors: Sequence[Expr], bound: Sequence[Index]) -> Named | None:
        """The sum over k of [k <= m] f(k), which is a cumulative sum and not n² products."""
        if len(bound) != 1:
            return None
        k = bound[0]
        for flag in factors:
            if isinstance(flag, AtLeast) and k in flag.args:
                m = flag.args[1] if flag.args[0] == k else flag.args[0]
                rest = [f for f in factors if f is not flag]
                if isinstance(m, Index) and m.dim == k.dim and rest and not any(f.has(m) for f in rest):
                    inside = self._product(rest)
                    if k not in inside.axes:
                        return None
                    return self._accumulated(inside, k, m, backwards=flag.args[0] == k)
        return None

    @staticmethod
    def _accumulated(inside: Named, k: Index, m: Index, backwards: bool) -> Named:
        place = inside.axes.index(k)
        array = np.flip(inside.array, place) if backwards else inside.array
        array = np.cumsum(array, axis=place)
        axes = tuple(m if a == k else a for a in inside.axes)
        return Named(axes, np.flip(array, place) if backwards else array)


def _joined(parts: Sequence[Named]) -> tuple[Index, ...]:
    seen: dict[Index, None] = {}
    for part in sorted(parts, key=lambda p: -len(p.axes)):
        seen.update(dict.fromkeys(part.axes))
    return tuple(seen)
