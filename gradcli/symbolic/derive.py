"""Graph -> formulas of derivatives, by reverse mode over the named tensors.

One rule serves every definition: the adjoint of U gets, for each entry U[e] in a body, the partial of the body with
respect to that entry, times delta(e, u), times the adjoint of the defined tensor, summed over its indices. A primitive
gives its Jacobian itself. Seeded with v this is the VJP; seeded with deltas, the Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import sympy
from sympy import Add, Expr, Mul

from gradcli.symbolic.deltas import ROW, outer_bound, total
from gradcli.symbolic.diff import partial
from gradcli.symbolic.dims import Dim, Index, Quotient, Remainder, indices_for
from gradcli.symbolic.factor import tidy
from gradcli.symbolic.scalars import (
    AtLeast,
    Bound,
    Delta,
    Entry,
    Pi,
    Sigma,
    Where,
    atoms,
    free_indices,
    in_order,
    weight,
)
from gradcli.symbolic.tensor_graph import Graph, Node, Tensor, entries_in

INLINE_OPERATIONS, LONGEST_INLINE = 40, 120
"""A Jacobian's adjoint larger than the first gets a name: a chain of n softmaxes would double it n times. A VJP's gets
one where it holds a sum, or is larger than the second."""


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """A closed form: the entry at `rows + columns` (output indices, then input indices; a VJP has no rows)."""

    name: str
    rows: tuple[Expr, ...]
    columns: tuple[Expr, ...]
    row_dims: tuple[Dim, ...]
    column_dims: tuple[Dim, ...]
    entry: Expr

    @property
    def indices(self) -> tuple[Expr, ...]:
        return self.rows + self.columns

    @property
    def dims(self) -> tuple[Dim, ...]:
        return self.row_dims + self.column_dims


Seed = Callable[..., Expr]
"""An output's indices -> what its entry there is weighed with."""


def vjps(graph: Graph, outputs: Sequence[tuple[Tensor, Seed]], variables: Sequence[Node]) -> dict[str, Formula]:
    """x.grad[i] = Σ_m v[m] ∂y[m]/∂x[i] for each variable by its name, added up over the outputs, in one pass back.
    Adjoints of intermediates are named where they hold a sum."""
    entries = _Pass(graph, variables).adjoints_of(variables, outputs)
    return {x.name: Formula(x.name, (), x.idx, (), x.dims, entries[x.name]) for x in variables}


def jacobians(graph: Graph, y: Tensor, variables: Sequence[Node]) -> dict[str, Formula]:
    """∂y[m]/∂x[i] for free m and i, for each variable by its name, all with the same rows. Where index arithmetic is
    left, the shorter of two ways to solve the deltas."""
    rows = indices_for(y.dims, ROW)
    seeded: list[tuple[Tensor, Seed]] = [(y, lambda *o: Mul(*map(Delta, o, rows)))]
    entries = _Pass(graph, variables, rows, y.dims).adjoints_of(variables, seeded)
    left = [name for name, entry in entries.items() if entry.has(Quotient, Remainder, AtLeast)]
    if left:
        others = _Pass(graph, variables, rows, y.dims, seeds_first=True).adjoints_of(variables, seeded)
        entries |= {name: min(entries[name], others[name], key=weight) for name in left}
    return {x.name: Formula(x.name, rows, x.idx, y.dims, x.dims, entries[x.name]) for x in variables}


class _Pass:
    """One pass back through the graph: what each node's adjoint is made of so far, for the nodes that depend on a
    variable. A Jacobian's adjoints vary with its `rows`, too."""

    def __init__(
        self,
        graph: Graph,
        variables: Sequence[Node],
        rows: tuple[Expr, ...] = (),
        row_dims: tuple[Dim, ...] = (),
        seeds_first: bool = False,
    ) -> None:
        self.graph, self.rows, self.row_dims, self.seeds_first = graph, rows, row_dims, seeds_first
        self.needed = dependents(graph, {x.name for x in variables})
        self.adjoints: dict[str, list[Expr]] = {}

    def adjoints_of(self, variables: Sequence[Node], outputs: Sequence[tuple[Tensor, Seed]]) -> dict[str, Expr]:
        """The adjoint of every variable: one pass serves them all."""
        for y, seed in outputs:
            out = indices_for(y.dims, "o")  # not y's own: y may be a node, whose indices are the adjoint's
            self.through_body(y.at(*out), out, seed(*out))
        found: dict[str, Expr] = {x.name: sympy.S.Zero for x in variables}
        for node in reversed(list(self.graph.nodes.values())):
            if node.name not in self.adjoints:
                continue
            bar = tidy(Add(*self.adjoints.pop(node.name)))
            if node.name in found:
                found[node.name] = bar
            if node.kind != "leaf":
                self.through(node, self.named(node, bar))
        return found

    def through(self, node: Node, bar: Expr) -> None:
        """Adds to the adjoints of what a node is made of."""
        if node.primitive is None:
            assert node.body is not None
            others = _others(node) if node.product and bar != 0 else sympy.S.One
            self.through_body(node.body, (*node.idx, *node.bound), bar * others)
            return
        for argument, rule in node.primitive.jacobians:
            if argument.name in self.needed:
                # the primitive's own indices are renewed: its argument may be read twice
                columns = argument.idx if argument is not node else indices_for(argument.dims)
                self.push(argument, rule(node.idx, columns) * bar, node.idx)

    def through_body(self, body: Expr, over: tuple[Expr, ...], bar: Expr) -> None:
        if bar == 0:
            return
        for entry in entries_in(body):
            if entry.name not in self.needed:
                continue
            slope = partial(body, entry)
            if slope != 0:
                source = self.graph.nodes[entry.name]
                self.push(source, Mul(*map(Delta, entry.indices, source.idx), slope, bar), over)

    def push(self, node: Node, contribution: Expr, over: tuple[Expr, ...]) -> None:
        """Adds the sum of a contribution to a node's adjoint."""
        summed = total(contribution, over, self.seeds_first)
        if summed != 0:
            self.adjoints.setdefault(node.name, []).append(summed)

    def named(self, node: Node, bar: Expr) -> Expr:
        """The adjoint as an entry of a new tensor where it is worth a name, else as it is."""
        most = INLINE_OPERATIONS if self.rows else LONGEST_INLINE
        worth = (not self.rows and bar.has(Bound)) or weight(bar, most + 1) > most
        if not worth or isinstance(bar, Entry):
            return bar
        bound, body = (bar.bound, bar.body) if isinstance(bar, Sigma) else ((), bar)
        body, indices = name_sums(self.graph, body), self.rows + node.idx
        hint = f"{'G' if self.rows else 'g'}_{node.name}"
        adjoint = self.graph.define(hint, self.row_dims + node.dims, lambda *i: (bound, _instance(body, indices, i)))
        return adjoint(*indices)


def dependents(graph: Graph, names: Collection[str]) -> set[str]:
    """The nodes of these names and every node whose value depends on one of them."""
    found = set(names)
    for node in graph.nodes.values():
        read = [a.name for a, _ in node.primitive.jacobians] if node.primitive is not None else []
        read += [e.name for e in atoms(node.body, Entry)] if node.body is not None else []
        if not found.isdisjoint(read):
            found.add(node.name)
    return found


def _others(node: Node) -> Expr:
    """The product without the factor at `node.bound`: what a product's partial is, also where a factor is 0."""
    assert node.body is not None
    if not node.bound:
        return sympy.S.One
    again = tuple(Index(k.dim, k.name) for k in node.bound)
    same = Mul(*map(Delta, again, node.bound))
    return Pi(Where(same, sympy.S.One, _instance(node.body, node.bound, again)), *again)


def _instance(e: Expr, indices: tuple[Expr, ...], at: tuple[Expr, ...]) -> Expr:
    return e.xreplace({k: a for k, a in zip(indices, at, strict=True) if k != a})


def name_sums(graph: Graph, e: Expr) -> Expr:
    """e with every sum as an entry of a defined tensor, so that it can be differentiated again."""
    replaced: dict[Expr, Expr] = {}
    for part in outer_bound(e):
        body = name_sums(graph, part.body)
        free = tuple(in_order(free_indices(body).difference(part.bound)))
        node = graph.define(
            "z",
            tuple(k.dim for k in free),
            lambda *i, f=free, b=body, p=part: (p.bound, _instance(b, f, i)),
            product=isinstance(part, Pi),
        )
        replaced[part] = node(*free)
    return e.xreplace(replaced) if replaced else e


def gradient_tensor(graph: Graph, formula: Formula) -> Tensor:
    """A gradient's closed form as a tensor of the graph: the engine differentiates it like any other."""
    return Tensor(formula.column_dims, formula.columns, name_sums(graph, formula.entry))
