"""A derived formula + its graph -> the formula to print: intermediates that say little are written out in it, and
those that stay are listed. What is written out is evaluated so, too: nothing after this changes a formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sympy import Add, Expr, Mul

from gradcli.symbolic.contract import joined_digits, renewed, total
from gradcli.symbolic.derive import Formula
from gradcli.symbolic.dims import Index
from gradcli.symbolic.graph import Graph, Node
from gradcli.symbolic.scalars import Bound, Delta, Entry, Sigma
from gradcli.symbolic.tidy import tidy


@dataclass(frozen=True)
class Polished:
    """A formula, and the bodies of the definitions it needs, in an order in which each comes after what it uses."""

    formula: Formula
    nodes: tuple[Node, ...]


def polished(graph: Graph, formula: Formula) -> Polished:
    """The formula with every definition written out that is used once, in a place where it is only multiplied and
    added: inside a function, a power or a bracket a name reads better."""
    entry = sifted(formula.entry)
    bodies: dict[str, Expr] = {}
    while True:
        needed = _needed(graph, entry, bodies)
        name = _to_write_out(graph, entry, bodies, needed)
        if name is None:
            break
        node = graph.nodes[name]
        definition = bodies.get(name, node.formula())
        entry = _written_out(entry, node, definition)
        for other in needed:
            body = bodies.get(other) or _own_formula(graph.nodes[other])
            if other != name and body is not None and any(e.name == name for e in body.atoms(Entry)):
                bodies[other] = _written_out(body, node, definition)
    nodes = tuple(_with_body(graph.nodes[n], bodies.get(n)) for n in needed)
    return Polished(replace(formula, entry=sifted(tidy(entry))), nodes)


def _own_formula(node: Node) -> Expr | None:
    return node.formula() if node.body is not None else None


def _with_body(node: Node, body: Expr | None) -> Node:
    if body is None:
        return node
    return replace(node, bound=(), body=body, product=False)


def _needed(graph: Graph, entry: Expr, bodies: dict[str, Expr]) -> list[str]:
    """The nodes that the formula uses, directly or through another, sources first; inputs need no definition."""
    order: dict[str, None] = {}
    _visit(graph, sorted({e.name for e in entry.atoms(Entry)}), bodies, order)
    return list(order)


def _visit(graph: Graph, names: list[str], bodies: dict[str, Expr], order: dict[str, None]) -> None:
    for name in names:
        node = graph.nodes.get(name)
        if node is None or name in order or (node.kind == "leaf" and node.constant is None):
            continue
        _visit(graph, _sources(node, bodies), bodies, order)
        order[name] = None


def _sources(node: Node, bodies: dict[str, Expr]) -> list[str]:
    if node.body is not None:
        return sorted({e.name for e in bodies.get(node.name, node.body).atoms(Entry)})
    if node.primitive is not None:
        return [a.name for a in node.primitive.arguments if isinstance(a, Node)]
    return []


def _to_write_out(graph: Graph, entry: Expr, bodies: dict[str, Expr], needed: list[str]) -> str | None:
    """A definition that is read once, linearly, and not as a primitive's argument."""
    linear: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for e in (entry, *(bodies.get(n) or graph.nodes[n].formula() for n in needed if graph.nodes[n].body is not None)):
        for name, is_linear in _uses(e):
            (linear if is_linear else other)[name] += 1
    primitives = [p for n in needed if (p := graph.nodes[n].primitive) is not None]
    arguments = {a.name for p in primitives for a in p.arguments if isinstance(a, Node)}
    for name in reversed(needed):
        node = graph.nodes[name]
        if node.body is None or node.asked_for or name in arguments:
            continue
        plain = isinstance(bodies.get(name, node.body), Entry) and not node.bound
        if plain or (linear[name] == 1 and other[name] == 0 and not node.product):
            return name
    return None


def _uses(e: Expr, linear: bool = True) -> Iterator[tuple[str, bool]]:
    """Every entry in e with whether it is only multiplied, added and summed."""
    if isinstance(e, Entry):
        yield e.name, linear
    goes_on = linear and (e.is_Add or e.is_Mul or isinstance(e, Sigma))
    for argument in e.args[1:] if isinstance(e, Entry) else e.args:
        yield from _uses(argument, goes_on)


def _written_out(e: Expr, node: Node, definition: Expr) -> Expr:
    """e with each entry of the node replaced by its definition, and sums around it contracted again."""
    if isinstance(e, Entry) and e.name == node.name:
        places = {k: i for k, i in zip(node.idx, e.indices, strict=True) if isinstance(k, Index)}
        return renewed(definition).xreplace(places)
    if not e.args or not any(a.name == node.name for a in e.atoms(Entry)):
        return e
    arguments = [_written_out(a, node, definition) for a in e.args]
    if isinstance(e, Sigma):
        return total(arguments[0], e.bound)
    return e.func(*arguments)


def sifted(e: Expr) -> Expr:
    """f(m) delta(m, 0) as f(0) delta(m, 0): next to a delta that fixes an index, the index is what it is fixed to.

    And delta(i, floor(e/n)) delta(j, e mod n) as delta(n i + j, e): the two digits of e are e.
    """
    if isinstance(e, Bound):
        body = sifted(e.body)
        return e if body == e.body else type(e)(body, *e.bound)
    if e.is_Add:
        return Add(*map(sifted, e.args))
    if not e.is_Mul:
        return e
    factors = [sifted(f) if f.is_Add or isinstance(f, Bound) else f for f in e.args]
    for place, factor in enumerate(factors):
        fixed = _fixed(factor)
        if fixed:
            factors = [f if k == place else f.xreplace(fixed) for k, f in enumerate(factors)]
    return Mul(*joined_digits(factors))


def _fixed(factor: Expr) -> dict[Expr, Expr]:
    if isinstance(factor, Delta):
        for k, value in (factor.args, factor.args[::-1]):
            if isinstance(k, Index) and value.is_Integer:
                return {k: value}
    return {}
