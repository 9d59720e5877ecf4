"""The graph of a computation: named tensors, each with the scalar formula of one entry or a primitive's rule.

A tensor is its dims and a function from indices to a scalar: broadcasting, transposes, slices and every elementwise
function are index arithmetic and make no node. A node is a tensor with a name: an input, a constant, a definition
(a sum of a body over bound indices) or a primitive (softmax, inv: a value by NumPy and a Jacobian in index notation).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import Any

import sympy
from sympy import Expr, Symbol

from gradcli.ops.row import Row
from gradcli.report import Array
from gradcli.symbolic.deltas import total
from gradcli.symbolic.dims import ZERO, Dim, Index, Sizes, indices_for
from gradcli.symbolic.scalars import Entry, Pi, atoms, in_order


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A tensor as a formula: `entry` at the indices `idx` (0 for an axis of size 1). `at(i, j)` puts others in."""

    dims: tuple[Dim, ...]
    idx: tuple[Expr, ...]
    entry: Expr

    def at(self, *indices: Expr) -> Expr:
        """The entry at other indices."""
        places = zip(self.idx, map(sympy.sympify, indices), strict=True)
        return self.entry.xreplace({k: i for k, i in places if k is not ZERO and k != i})

    @property
    def rank(self) -> int:
        return len(self.dims)


JacobianRule = Callable[[tuple[Expr, ...], tuple[Expr, ...]], Expr]
"""(output indices, input indices) -> that entry of the primitive's Jacobian."""


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """What a primitive node is: the row that computes it, its arguments (nodes and options), and its Jacobians."""

    row: Row
    arguments: tuple[Any, ...]
    jacobians: tuple[tuple[Node, JacobianRule], ...]
    at_zero: bool = False
    """Where the value is 0, its reciprocal counts as 0 (PyTorch's choice for norm and std)."""


@dataclass(frozen=True, eq=False)
class Node:
    """A named tensor. `idx` are its indices (0 for an axis of size 1); a definition is the sum (or product) of `body`
    over `bound`. `asked_for`: the user wants the gradient of this intermediate, so it is never written out in
    others."""

    name: str
    dims: tuple[Dim, ...]
    idx: tuple[Expr, ...]
    bound: tuple[Index, ...] = ()
    body: Expr | None = None
    primitive: Primitive | None = None
    constant: Array | None = None
    product: bool = False
    asked_for: bool = False

    def __call__(self, *indices: Expr) -> Expr:
        return Entry(Symbol(self.name), *map(sympy.sympify, indices))

    @property
    def kind(self) -> str:
        if self.body is not None:
            return "definition"
        return "primitive" if self.primitive is not None else "leaf"

    @cached_property
    def formula(self) -> Expr:
        """The definition as one scalar in `idx`."""
        assert self.body is not None
        if not self.bound:
            return self.body
        return Pi(self.body, *self.bound) if self.product else total(self.body, self.bound)


@dataclass
class Graph:
    """The nodes in the order they were made (so every node's arguments come before it)."""

    sizes: Sizes
    taken: set[str] = field(default_factory=set)
    nodes: dict[str, Node] = field(default_factory=dict)
    _known: dict[Any, Node] = field(default_factory=dict)
    _used: set[Expr] = field(default_factory=set)

    def leaf(self, name: str, dims: tuple[Dim, ...], constant: Array | None = None) -> Node:
        """An input, or a constant tensor with its values."""
        return self._add(Node(self._name(name), dims, indices_for(dims, "i"), constant=constant))

    def constant(self, name: str, dims: tuple[Dim, ...], values: Array) -> Node:
        """The leaf with these values, made once."""
        key = ("constant", values.shape, values.tobytes())
        if key not in self._known:
            self._known[key] = self.leaf(name, dims, values)
        return self._known[key]

    def define(
        self,
        hint: str,
        dims: tuple[Dim, ...],
        entry: Callable[..., tuple[tuple[Index, ...], Expr]],
        product: bool = False,
        asked_for: bool = False,
    ) -> Node:
        """The node whose entry is the sum of a body over bound indices; `entry(*idx)` gives both. Indices that are
        another node's own are renewed: a derivative must tell the one from the other."""
        idx = indices_for(dims, "i")
        bound, body = entry(*idx)
        renewed = {k: Index(k.dim, k.name) for k in bound if k in self._used}
        bound, body = tuple(renewed.get(k, k) for k in bound), body.xreplace(renewed)
        key = ("define", dims, _numbered(body, (*idx, *bound)), product, tuple(k.dim for k in bound), asked_for)
        if key not in self._known:
            node = Node(self._name(hint), dims, idx, bound, body, product=product, asked_for=asked_for)
            self._known[key] = self._add(node)
        return self._known[key]

    def primitive(
        self,
        hint: str,
        dims: tuple[Dim, ...],
        row: Row,
        arguments: Sequence[Any],
        rules: Sequence[tuple[Node, Callable[[Node], JacobianRule]]],
        at_zero: bool = False,
    ) -> Node:
        """The node that `row` computes from `arguments`; each rule gets the node itself (its value) first."""
        key = ("primitive", row.name, tuple(a.name if isinstance(a, Node) else repr(a) for a in arguments))
        if key not in self._known:
            node = Node(self._name(hint), dims, indices_for(dims, "i"))
            jacobians = tuple((argument, rule(node)) for argument, rule in rules)
            primitive = Primitive(row, tuple(arguments), jacobians, at_zero)
            self._known[key] = self._add(replace(node, primitive=primitive))
        return self._known[key]

    def _add(self, node: Node) -> Node:
        assert node.name not in self.nodes, node.name
        self.nodes[node.name] = node
        self._used.update(node.idx, node.bound)
        return node

    def _name(self, hint: str) -> str:
        """`hint` if it is free, else with a number behind it."""
        name = next(name for k in count() if (name := f"{hint}{k or ''}") not in self.taken)
        self.taken.add(name)
        return name

    def as_node(self, tensor: Tensor, hint: str) -> Node:
        """The node that this tensor is, or a new definition of it."""
        entry = tensor.entry
        if isinstance(entry, Entry) and entry.indices == tensor.idx and self.nodes[entry.name].dims == tensor.dims:
            return self.nodes[entry.name]
        return self.define(hint, tensor.dims, lambda *i: ((), tensor.at(*i)))


def tensor_of(node: Node) -> Tensor:
    return Tensor(node.dims, node.idx, node(*node.idx))


def tensor(dims: tuple[Dim, ...], entry: Callable[..., Expr]) -> Tensor:
    """The tensor whose entry at fresh indices is `entry(*indices)`."""
    idx = indices_for(dims, "i")
    return Tensor(dims, idx, entry(*idx))


def _numbered(e: Expr, indices: Sequence[Expr]) -> Expr:
    """e with its indices numbered, so that two formulas that differ only in their indices are equal."""
    return e.xreplace({k: Symbol(f"#{n}", integer=True) for n, k in enumerate(indices) if k is not ZERO})


def entries_in(e: Expr) -> list[Entry]:
    """The entries of tensors in e, each once, in a fixed order; also those inside the indices of others."""
    return in_order(atoms(e, Entry))
