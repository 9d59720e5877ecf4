"""The words that a row's symbolic columns are written in: index maps, sums and primitives, made of a graph's tensors.

`ops.words` says what each of them means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Integer

from gradcli.ops import TABLE
from gradcli.ops.row import Row
from gradcli.shapes import axes
from gradcli.symbolic.calls import NOTHING, SCALARS, atomic, use_stable_functions
from gradcli.symbolic.deltas import total
from gradcli.symbolic.dims import ONE, ZERO, Dim, Index, Quotient, Remainder, index_for, indices_for
from gradcli.symbolic.scalars import AtLeast, Bound, Delta, Equal, Place, Where, number
from gradcli.symbolic.tensor_graph import Graph, JacobianRule, Node, Tensor, tensor, tensor_of


class Builder:
    """The vocabulary `s` of the table's `symbolic` columns: index maps, sums, primitives, and the scalars' words."""

    def __init__(self, graph: Graph, row: Row | None = None, name: str | None = None) -> None:
        """`row` is the one that speaks, `name` what the program calls its result."""
        self.graph, self.sizes, self.row, self.name = graph, graph.sizes, row, name

    delta = staticmethod(Delta)
    same = staticmethod(Equal)
    total = staticmethod(total)
    at_least = staticmethod(AtLeast)
    quotient = staticmethod(Quotient)
    remainder = staticmethod(Remainder)
    index = staticmethod(index_for)
    as_place = staticmethod(Place)
    scalar = SCALARS

    # Sizes

    def value(self, dim: Dim) -> int:
        return self.sizes.value(dim)

    def fix(self, dim: Dim) -> Dim:
        return Integer(self.sizes.fix(dim))

    def resolve(self, dim: Dim) -> Dim:
        return self.sizes.resolve(dim)

    def unify(self, a: Dim, b: Dim) -> Dim:
        return self.sizes.unify(a, b)

    def equal(self, a: Dim, b: Dim, broadcast: bool = False) -> Dim:
        self.sizes.require(a, "==", b, broadcast)
        return self.sizes.unify(a, b)

    def needs_ones(self) -> None:
        self.sizes.literal_shape = True

    def require(self, a: Dim, sign: str, b: Dim) -> None:
        self.sizes.require(a, sign, b)

    def count(self, x: Tensor, over: Sequence[int]) -> Expr:
        return sympy.Mul(*(x.dims[a] for a in over))

    def unnamed(self) -> Builder:
        return Builder(self.graph, self.row)

    def letter(self, default: str) -> str:
        """What a new tensor is called: the name that the program assigns, else the letter customary for it."""
        if self.name is None:
            return default
        if self.name not in self.graph.nodes:
            self.graph.taken.discard(self.name)  # kept free for the first tensor that is that assignment
        return self.name

    # Elementwise

    def entrywise(self, row: Row, arguments: Sequence[Any]) -> Tensor:
        """A row of the elementwise family on tensors that broadcast."""
        tensors = [a for a in arguments if isinstance(a, Tensor)]

        def entry(*us: Expr) -> Expr:
            entries = iter(us)
            scalars = [next(entries) if isinstance(a, Tensor) else _symbolic_option(a) for a in arguments]
            if row.scalar is not None:
                return use_stable_functions(row.scalar(SCALARS, *scalars))
            return atomic(row.name)(*(NOTHING if a is None else a for a in scalars))

        return self.each(entry, *tensors)

    def each(self, entry: Callable[..., Expr], *tensors: Tensor) -> Tensor:
        dims = self.broadcast(*(x.dims for x in tensors))
        like = next((x for x in tensors if x.dims == dims), None)  # its formula is then taken as it is, however long
        idx = indices_for(dims, "i") if like is None else like.idx
        return Tensor(dims, idx, sympy.sympify(entry(*(self.spread(x, idx) for x in tensors))))

    def call(self, name: str, *arguments: Any) -> Tensor:
        row = TABLE[name]
        if row.symbolic is None:
            return self.entrywise(row, arguments)
        result: Tensor = row.symbolic(Builder(self.graph, row, self.name), *arguments)
        return result

    def broadcast(self, *dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
        rank = max(map(len, dims), default=0)
        result: list[Dim] = [ONE] * rank
        for axes_of_one in dims:
            for place, dim in enumerate(axes_of_one, rank - len(axes_of_one)):
                if dim != 1:
                    result[place] = dim if result[place] == 1 else self.equal(result[place], dim, broadcast=True)
        return tuple(map(self.resolve, result))

    @staticmethod
    def spread(x: Tensor, idx: Sequence[Expr]) -> Expr:
        own_places = idx[len(idx) - x.rank :]
        return x.at(*(ZERO if d == 1 else i for d, i in zip(x.dims, own_places, strict=True)))

    # Index maps

    def tensor(self, dims: Sequence[Dim], entry: Callable[..., Expr]) -> Tensor:
        return tensor(tuple(map(self.resolve, dims)), lambda *i: sympy.sympify(entry(*i)))

    @staticmethod
    def choose(place: Expr, below: Expr, here: Expr, rest: Expr) -> Expr:
        return Where(AtLeast(sympy.expand(below - 1), place), here, rest)

    @staticmethod
    def pick(place: Expr, items: Sequence[Expr]) -> Expr:
        if not isinstance(place, Index):
            return items[int(place)]
        return sympy.Add(*(Delta(place, Integer(k)) * item for k, item in enumerate(items)))

    # Sums and definitions

    def define(
        self, letter: str, dims: Sequence[Dim], entry: Callable[..., tuple[Sequence[Expr], Expr]], product: bool = False
    ) -> Tensor:
        def closed(*i: Expr) -> tuple[tuple[Index, ...], Expr]:
            over, body = entry(*i)
            return tuple(k for k in over if isinstance(k, Index)), sympy.sympify(body)

        resolved = tuple(map(self.resolve, dims))
        return tensor_of(self.graph.define(self.letter(letter), resolved, closed, product=product))

    def summed(self, letter: str, dims: Sequence[Dim], entry: Callable[..., tuple[Sequence[Expr], Expr]]) -> Tensor:
        dims = tuple(map(self.resolve, dims))
        idx = indices_for(dims, "i")
        over, body = entry(*idx)
        if sympy.sympify(body).has(Delta):
            contracted = total(body, over)
            if not contracted.has(Bound):
                return Tensor(dims, idx, contracted)
        return self.define(letter, dims, lambda *i: (over, body.xreplace(dict(zip(idx, i, strict=True)))))

    def reduce(
        self,
        x: Tensor,
        dim: Any,
        keepdim: bool,
        entry: Callable[[Expr, Dim], Expr],
        letter: str = "z",
        product: bool = False,
    ) -> Tensor:
        over = axes(dim, x.rank)
        dims = self.reduced(x, over, keepdim)
        count = self.count(x, over)

        def body(*i: Expr) -> tuple[Sequence[Expr], Expr]:
            bound = [index_for(x.dims[a]) for a in over]
            return bound, entry(x.at(*self.inserted(i, over, bound, keepdim)), count)

        return self.define(letter, dims, body, product=product)

    @staticmethod
    def reduced(x: Tensor, over: Sequence[int], keepdim: bool) -> tuple[Dim, ...]:
        return tuple(ONE if a in over else d for a, d in enumerate(x.dims) if keepdim or a not in over)

    @staticmethod
    def inserted(i: Sequence[Expr], over: Sequence[int], bound: Sequence[Expr], keepdim: bool) -> list[Expr]:
        full = list(i)
        for a, k in zip(over, bound, strict=True):
            full[a : a + keepdim] = [k]
        return full

    def constant(self, letter: str, values: Any) -> Node:
        array = np.asarray(values, dtype=np.float64)
        return self.graph.constant(letter, tuple(map(Integer, array.shape)), array)

    # Primitives

    def primitive(
        self,
        letter: str,
        dims: Sequence[Dim],
        arguments: Sequence[Any],
        *rules: tuple[Node, Callable[[Node], JacobianRule]],
        row: str | None = None,
        at_zero: bool = False,
    ) -> Tensor:
        used = TABLE[row] if row is not None else self.row
        assert used is not None
        resolved = tuple(map(self.resolve, dims))
        return tensor_of(self.graph.primitive(self.letter(letter), resolved, used, arguments, rules, at_zero))

    def node(self, x: Tensor, letter: str = "a") -> Node:
        return self.graph.as_node(x, letter)


def _symbolic_option(value: Any) -> Any:
    """An option as a scalar rule takes it."""
    return number(value) if isinstance(value, (Fraction, float, int)) and not isinstance(value, bool) else value
