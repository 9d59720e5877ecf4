"""Formula + values -> numbers, by walking the very expression that is printed. Knows no derivative rule.

A subexpression's value is an array with named axes: the indices it varies with. Products under a sum are contracted
pair by pair with matrix products, so that time and memory are those of a person's own NumPy code and the full
Jacobian is never built. The library it computes with is a parameter: one that writes down its calls makes a script.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from gradcli.report import Array
from gradcli.symbolic import calls
from gradcli.symbolic.derive import Formula
from gradcli.symbolic.dims import Index
from gradcli.symbolic.einsum import contract_pairs
from gradcli.symbolic.fold import Algebra, fold
from gradcli.symbolic.named_arrays import Arrays, NamedArray
from gradcli.symbolic.operators import OPERATORS
from gradcli.symbolic.scalars import AtLeast, Entry, Flag, Pi, Place, Sigma, Where, free_indices

SPREAD = 4
"""A sum of terms whose broadcast is this many times its largest term is multiplied out under a summation."""


class Evaluator(Arrays, Algebra[NamedArray]):
    """The values of a graph's formulas at one point; every tensor and subexpression is computed once."""

    def value(self, formula: Formula) -> Array:
        """The formula at every index, in the shape of its dims."""
        return self.at_all(formula.entry, formula.indices, formula.dims)

    def at_all(self, e: Expr, indices: Sequence[Expr], dims: Sequence[Expr]) -> Array:
        """An expression at all of its indices, float64."""
        shape = tuple(self.graph.sizes.value(d) for d in dims)
        if 0 in shape:
            return np.zeros(shape)
        with np.errstate(all="ignore"):
            array = np.asarray(self.whole(e, indices, dims), dtype=np.float64)
            return array if array.flags.writeable else array.copy()

    def whole(self, e: Expr, indices: Sequence[Expr], dims: Sequence[Expr]) -> Any:
        """An expression at all of its indices, in the shape of `dims`."""
        kept = [k for k in indices if isinstance(k, Index)]
        named = self.named(e)
        array = named.on(kept)
        if set(named.axes) != set(kept):
            array = self.np.broadcast_to(array, tuple(self.length(k) for k in kept))
        if len(kept) != len(dims):
            array = array if hasattr(array, "reshape") else self.np.asarray(array)
            array = array.reshape(tuple(self.dim(d) for d in dims))
        return array

    def named(self, e: Expr) -> NamedArray:
        """The value of a scalar expression at all of its indices."""
        if e not in self.known:
            self.known[e] = fold(e, self)
        return self.known[e]

    # Indices and entries

    def number(self, e: Expr) -> NamedArray:
        return NamedArray((), self.array(self.constant(e)))

    def size(self, e: Symbol) -> NamedArray:
        return NamedArray((), self.array(self.dim(e)))

    def index(self, e: Index) -> NamedArray:
        return NamedArray((e,), self.np.arange(self.length(e)))

    def place(self, e: Place) -> NamedArray:
        return self.together(
            lambda k, n: self.np.where(k < 0, k + n, k).astype(self.whole_numbers), *map(self.named, e.args)
        )

    def binary(self, e: Expr) -> NamedArray:
        """An operator on its two sides."""
        return self.together(OPERATORS[type(e)].compute, *map(self.named, e.args))

    quotient = remainder = binary

    def entry(self, e: Entry) -> NamedArray:
        tensor = self.tensor(e.name)
        spans = self.spans(e, tensor)
        if all(span or k == 0 for span, k in zip(spans, e.indices, strict=True)):
            axes = tuple(k for k in e.indices if isinstance(k, Index))
            if len(set(axes)) == len(axes):
                return NamedArray(axes, tensor if all(spans) else tensor[tuple(slice(None) if s else 0 for s in spans)])
        return self.gathered(e, tensor)

    def spans(self, e: Entry, tensor: Any) -> list[bool]:
        """For each place whether it is an index that runs over the whole axis."""
        return [isinstance(k, Index) and self.length(k) == n for k, n in zip(e.indices, tensor.shape, strict=True)]

    def gathered(self, e: Entry, tensor: Any) -> NamedArray:
        """Entries at computed places; a place outside is drawn in, because a bracket beside it is 0 there."""
        places = self.at(e)
        drawn = [np.clip(p.array, 0, max(n - 1, 0)).astype(np.intp) for p, n in zip(places, tensor.shape, strict=True)]
        if tensor.size == 0:  # an empty axis: a bracket beside it is 0 everywhere
            return NamedArray((), np.zeros(()))
        axes = self.joined(places)
        if sum(len(p.axes) for p in places) == len(axes):
            for a in reversed(range(tensor.ndim)):
                tensor = np.take(tensor, drawn[a], axis=a)
            return NamedArray(tuple(k for p in places for k in p.axes), tensor)
        return NamedArray(
            axes, tensor[tuple(NamedArray(p.axes, d).on(axes) for p, d in zip(places, drawn, strict=True))]
        )

    def at(self, e: Entry) -> list[NamedArray]:
        """The places that an entry is read at."""
        return [self.named(k) for k in e.indices]

    # Functions

    def flag(self, e: Expr) -> NamedArray:
        """A comparison as 1 or 0."""
        compare = OPERATORS[type(e)].compute
        return self.together(lambda a, b: 1.0 * compare(a, b), *map(self.named, e.args))

    delta = comparison = flag

    def where(self, e: Where) -> NamedArray:
        return self.together(self.chosen, *map(self.named, e.args))

    def chosen(self, condition: Any, a: Any, b: Any) -> Any:
        return self.np.where(condition != 0, a, b)

    def call(self, e: Expr) -> NamedArray:
        row, arguments = calls.row_of(e), calls.options(e)

        def compute(*values: Any) -> Any:
            for place, value in zip(row.tensor_places, values, strict=True):
                arguments[place] = self.floats(value)
            return row.numpy(self.rows, *arguments)

        return self.together(compute, *map(self.named, calls.operands(e)))

    def power(self, e: Expr) -> NamedArray:
        base, exponent = e.as_base_exp()
        value = self.named(base)
        if not exponent.is_Number:
            return self.together(lambda a, b: self.floats(a) ** b, value, self.named(exponent))
        raised = self.together(lambda a: self.raised(a, exponent), value)
        if self.is_zero_at_zero(e):
            return self.together(lambda a, r: self.np.where(a == 0, 0.0, r), value, raised)
        return raised

    def raised(self, a: Any, exponent: Expr) -> Any:
        if exponent.is_negative:
            return 1.0 / self.raised(a, -exponent)
        if exponent == 1:
            return a
        if exponent == sympy.Rational(1, 2):
            return self.np.sqrt(a)
        return self.floats(a) ** self.constant(exponent)

    def is_zero_at_zero(self, e: Expr) -> bool:
        """Whether 1/r is taken as 0 where the norm r is 0."""
        node = self.nodes.get(e.base.name) if isinstance(e.base, Entry) else None
        primitive = None if node is None else node.primitive
        return primitive is not None and primitive.at_zero and bool(e.exp.is_Number and e.exp.is_negative)

    # Sums and products of terms

    def total(self, e: Expr) -> NamedArray:
        return self.together(lambda *terms: reduce(operator.add, terms), *map(self.named, e.args))

    def product(self, e: Expr) -> NamedArray:
        return self.multiplied(e.args)

    def multiplied(self, factors: Sequence[Expr]) -> NamedArray:
        """A product; where a bracket is 0 the product is 0, even next to what is not finite."""
        flags, above, below = self.parts(factors)
        result = reduce(lambda a, b: self.together(operator.mul, a, b), above) if above else None
        for divisor in below:
            above_it = self.number(sympy.S.One) if result is None else result
            result = self.together(operator.truediv, above_it, divisor)
        for flag in flags:
            result = flag if result is None else self.masked(result, flag, factors)
        assert result is not None
        return result

    def parts(self, factors: Sequence[Expr]) -> tuple[list[NamedArray], list[NamedArray], list[NamedArray]]:
        """The brackets, and what stands above (the smallest first) and below the line; a**b log(a) is one factor, which
        PyTorch takes as 0 where a = 0 and b >= 0."""
        flags = [f for f in factors if isinstance(f, Flag)]
        powers = {f.base: f for f in factors if f.is_Pow and not f.exp.is_Number}
        logs = [f for f in factors if isinstance(f, sympy.log) and f.args[0] in powers]
        taken = {*flags, *logs, *(powers[f.args[0]] for f in logs)}
        above = [self.together(self.power_log, *map(self.named, powers[f.args[0]].as_base_exp())) for f in logs]
        below = []
        for f in factors:
            if f in taken:
                continue
            if self.divides(f):
                below.append(self.named(f.base**-f.exp))
            else:
                above.append(self.named(f))
        return [self.named(f) for f in flags], sorted(above, key=lambda part: len(part.axes)), below

    def divides(self, f: Expr) -> bool:
        """Whether a factor stands below the line."""
        return bool(f.is_Pow and f.exp.is_Number and f.exp.is_negative) and not self.is_zero_at_zero(f)

    def power_log(self, a: Any, b: Any) -> Any:
        return self.np.where((a == 0) & (b >= 0), 0.0, self.floats(a) ** b * self.np.log(a))

    def masked(self, value: NamedArray, flag: NamedArray, factors: Sequence[Expr]) -> NamedArray:
        """Times a bracket."""
        if self.is_finite(value, factors):
            return self.together(operator.mul, value, flag)
        return self.together(lambda a, f: self.np.where(f == 0, 0.0, a), value, flag)

    def is_finite(self, value: NamedArray, factors: Sequence[Expr]) -> bool:
        """Whether the value, which is made of these factors, is a number everywhere."""
        return bool(np.isfinite(value.array).all())

    # Sums and products over indices

    def product_over(self, e: Pi) -> NamedArray:
        body = self.named(e.body)
        over = tuple(p for p, k in enumerate(body.axes) if k in e.bound)
        missing = prod(self.length(k) for k in e.bound if k not in body.axes)
        kept = tuple(k for k in body.axes if k not in e.bound)
        array = self.np.prod(body.array, axis=over) if over else body.array
        return NamedArray(kept, array if missing == 1 else array**missing)

    def sum_over(self, e: Sigma) -> NamedArray:
        terms = [self.summed(term, e.bound) for term in self.terms(e.body)]
        return self.together(lambda *arrays: reduce(operator.add, arrays), *terms)

    def terms(self, body: Expr) -> list[Expr]:
        """The body as terms: a sum of terms among its factors is multiplied out where it would be far larger."""
        if body.is_Add:
            return [t for term in body.args for t in self.terms(term)]
        if body.is_Mul:
            for place, factor in enumerate(body.args):
                if factor.is_Add and self.spreads(factor):
                    rest = body.args[:place] + body.args[place + 1 :]
                    return [t for term in factor.args for t in self.terms(sympy.Mul(term, *rest))]
        return [body]

    def spreads(self, e: Expr) -> bool:
        sizes = [prod(map(self.length, free_indices(t))) for t in e.args]
        return prod(map(self.length, free_indices(e))) > SPREAD * max(sizes)

    def summed(self, term: Expr, bound: Sequence[Index]) -> NamedArray:
        factors = sympy.Mul.make_args(term)
        running = self.running_sum(factors, bound)
        if running is not None:
            return running
        flags, parts, below = self.parts(factors)
        parts += [self.together(lambda b: 1.0 / b, b) for b in below]
        for flag in flags:
            parts = [p if self.is_finite(p, factors) else self.masked(p, flag, factors) for p in parts]
        missing = prod(self.length(k) for k in bound if not any(k in p.axes for p in (*parts, *flags)))
        return self.contracted([*parts, *flags], bound, missing)

    def contracted(self, parts: Sequence[NamedArray], bound: Sequence[Index], missing: int) -> NamedArray:
        """The product of the parts, summed over the indices, `missing` times."""
        product = contract_pairs(parts, frozenset(bound), self.within)
        return NamedArray(product.axes, product.array * missing) if missing != 1 else product

    def running_sum(self, factors: Sequence[Expr], bound: Sequence[Index]) -> NamedArray | None:
        """The sum over k of [k <= m] f(k), which is a cumulative sum and not n² products."""
        if len(bound) != 1:
            return None
        k = bound[0]
        for flag in factors:
            if isinstance(flag, AtLeast) and k in flag.args:
                m = flag.args[1] if flag.args[0] == k else flag.args[0]
                rest = [f for f in factors if f is not flag]
                if isinstance(m, Index) and m.dim == k.dim and rest and not any(f.has(m) for f in rest):
                    inside = self.multiplied(rest)
                    if k not in inside.axes:
                        return None
                    return self.accumulated(inside, k, m, backwards=flag.args[0] == k)
        return None

    def accumulated(self, inside: NamedArray, k: Index, m: Index, backwards: bool) -> NamedArray:
        axis = inside.axes.index(k)
        array = self.np.flip(inside.array, axis) if backwards else inside.array
        array = self.np.cumsum(array, axis=axis)
        axes = tuple(m if a == k else a for a in inside.axes)
        return NamedArray(axes, self.np.flip(array, axis) if backwards else array)
