"""A derived formula + its graph -> the formula to print: intermediates that say little are written out in it, and
those that stay are listed. What is written out is evaluated so, too: nothing after this changes a formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr, Integer, Mul

from gradcli.symbolic.deltas import join_digits, renew, total
from gradcli.symbolic.derive import Formula
from gradcli.symbolic.dims import Index
from gradcli.symbolic.factor import group_places, tidy
from gradcli.symbolic.scalars import AtLeast, Bound, Delta, Entry, Place, Sigma, atoms, is_structural, weight
from gradcli.symbolic.tensor_graph import Graph, Node

READABLE = 80
"""No definition is written into another where the two have more operations than this."""


@dataclass(frozen=True, slots=True)
class Polished:
    """A formula, and the bodies of the definitions it needs, in an order in which each comes after what it uses."""

    formula: Formula
    nodes: tuple[Node, ...]


def inline_definitions(graph: Graph, formula: Formula) -> Polished:
    """The formula with every definition written out that is used once, in a place where it is only multiplied and
    added: inside a function, a power or a bracket a name reads better. A definition that is only another name goes."""
    work = _Work(graph, sift(_in_bounds(graph, formula.entry)))
    for name in work.needed():
        if work.is_alias(name):
            work.write_out(name, list(work.bodies))
    needed = work.needed()
    readers = work.single_linear_readers(needed)
    for name in reversed(needed):
        if name in readers and work.stays_readable(name, readers[name]):
            reader = readers[name]
            work.write_out(name, [reader])
            readers = {other: reader if by == name else by for other, by in readers.items()}
    nodes = tuple(
        replace(graph.nodes[n], bound=(), body=work.bodies[n], product=False) if n in work.bodies else graph.nodes[n]
        for n in work.needed()
    )
    return Polished(replace(formula, entry=group_places(sift(tidy(work.bodies[""])))), nodes)


def _in_bounds(graph: Graph, e: Expr) -> Expr:
    """e without brackets that ask whether an axis is as long as the program needs it: x[1] is not there otherwise."""
    asked = [b for b in atoms(e, AtLeast) if is_structural(b) and not b.has(Index, Place)]
    known = {b: Integer(graph.sizes.value(b.args[0] - b.args[1]) >= 0) for b in asked}
    return e.xreplace(known) if known else e


class _Work:
    """A formula (under the name "") and the bodies of the definitions it may use, while they are written into it."""

    def __init__(self, graph: Graph, entry: Expr) -> None:
        self.graph = graph
        self.bodies: dict[str, Expr] = {"": entry}

    def needed(self) -> list[str]:
        """The nodes that the formula uses, directly or through another, sources first; inputs need no definition."""
        order: dict[str, None] = {}
        self._visit(names_in(self.bodies[""]), order)
        return list(order)

    def _visit(self, names: Sequence[str], order: dict[str, None]) -> None:
        for name in names:
            node = self.graph.nodes.get(name)
            if node is None or name in order or (node.kind == "leaf" and node.constant is None):
                continue
            self._visit(names_in(self.body(name)) if node.body is not None else _arguments(node), order)
            order[name] = None

    def body(self, name: str) -> Expr:
        if name not in self.bodies:
            self.bodies[name] = self.graph.nodes[name].formula
        return self.bodies[name]

    def is_alias(self, name: str) -> bool:
        node = self.graph.nodes[name]
        return (
            node.body is not None
            and not node.asked_for
            and isinstance(self.body(name), Entry)
            and not any(name in _arguments(other) for other in self.graph.nodes.values())  # a primitive needs its name
        )

    def stays_readable(self, name: str, reader: str) -> bool:
        """A chain of layers is told layer by layer, not as one formula nested as deep as the chain is long."""
        return weight(self.bodies[name]) + weight(self.bodies[reader]) <= READABLE

    def write_out(self, name: str, readers: Sequence[str]) -> None:
        definition = self.bodies.pop(name)
        for reader in readers:
            if reader != name:
                self.bodies[reader] = _substitute(self.bodies[reader], self.graph.nodes[name], definition)

    def single_linear_readers(self, needed: Sequence[str]) -> dict[str, str]:
        """For each definition that is read once, linearly, and not by a primitive: who reads it."""
        linear: Counter[str] = Counter()
        other: Counter[str] = Counter(a for n in needed for a in _arguments(self.graph.nodes[n]))
        reader: dict[str, str] = {}
        for place in ("", *(n for n in needed if self.graph.nodes[n].body is not None)):
            for name, is_linear in _uses(self.bodies[place]):
                (linear if is_linear else other)[name] += 1
                reader[name] = place
        return {
            name: reader[name]
            for name in needed
            if linear[name] == 1 and other[name] == 0 and not (node := self.graph.nodes[name]).asked_for
            if node.body is not None and not node.product
        }


def names_in(e: Expr) -> list[str]:
    """The tensors an expression reads, sorted."""
    return sorted({entry.name for entry in atoms(e, Entry)})


def _arguments(node: Node) -> list[str]:
    return [a.name for a in node.primitive.arguments if isinstance(a, Node)] if node.primitive is not None else []


def _uses(e: Expr, linear: bool = True) -> Iterator[tuple[str, bool]]:
    """Every entry in e with whether it is only multiplied, added and summed."""
    if isinstance(e, Entry):
        yield e.name, linear
    goes_on = linear and (e.is_Add or e.is_Mul or isinstance(e, Sigma))
    for argument in e.args[1:] if isinstance(e, Entry) else e.args:
        yield from _uses(argument, goes_on)


def _substitute(e: Expr, node: Node, definition: Expr) -> Expr:
    """e with each entry of the node replaced by its definition, and sums around it contracted again."""
    if isinstance(e, Entry) and e.name == node.name:
        places = {k: i for k, i in zip(node.idx, e.indices, strict=True) if isinstance(k, Index)}
        return renew(definition).xreplace(places)
    if not e.args or not any(a.name == node.name for a in atoms(e, Entry)):
        return e
    arguments = [_substitute(a, node, definition) for a in e.args]
    if isinstance(e, Sigma):
        return total(arguments[0], e.bound)
    return e.func(*arguments)


def sift(e: Expr) -> Expr:
    """f(m) delta(m, 0) as f(0) delta(m, 0): next to a delta that fixes an index, the index is what it is fixed to.

    And delta(i, floor(e/n)) delta(j, e mod n) as delta(n i + j, e): the two digits of e are e.
    """
    if isinstance(e, Bound):
        body = sift(e.body)
        return e if body == e.body else type(e)(body, *e.bound)
    if e.is_Add:
        return Add(*map(sift, e.args))
    if not e.is_Mul:
        return e
    factors = [sift(f) if f.is_Add or isinstance(f, Bound) else f for f in e.args]
    for place, factor in enumerate(factors):
        fixed = _fixed(factor)
        if fixed:
            factors = [f if k == place else f.xreplace(fixed) for k, f in enumerate(factors)]
    return Mul(*join_digits(factors))


def _fixed(factor: Expr) -> dict[Expr, Expr]:
    if isinstance(factor, Delta):
        for k, value in (factor.args, factor.args[::-1]):
            if isinstance(k, Index) and value.is_Integer:
                return {k: value}
    return {}
