"""Program -> closed forms of its derivatives as text, LaTeX and values. The front of the symbolic room."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from sympy import Expr, Symbol

from gradcli.ops.row import REQUIRED
from gradcli.program import Program
from gradcli.report import Array, Closed, Definition, Jacobian, Vjp
from gradcli.report import Entry as EntryPart
from gradcli.symbolic import derive
from gradcli.symbolic.build import Built, build
from gradcli.symbolic.contract import total
from gradcli.symbolic.entries import entry_at, places
from gradcli.symbolic.evaluate import Evaluator
from gradcli.symbolic.graph import Graph, Node
from gradcli.symbolic.polish import Polished, polished
from gradcli.symbolic.scalars import Entry
from gradcli.symbolic.structure import structure_of
from gradcli.symbolic.writing import COLUMNS, DEFINED, ROWS, LatexWriter, Names, TextWriter, Writer

DECIMAL = re.compile(r"(?<![\w.])(\d+\.\d|\.\d)")
"""A decimal that the user typed; numbers in the formulas are then written so too."""
ENTRIES_SHOWN = 12
"""A Jacobian with at most so many entries has them written out without being asked."""


@dataclass(frozen=True)
class Derived:
    """The closed forms for one variable, as objects that can be printed and evaluated: the same ones for both."""

    name: str
    graph: Graph
    weights: str
    decimal: bool
    jacobian: Polished
    vjp: Polished

    def value(self, point: Mapping[str, Array], v: Array) -> Array:
        """The printed VJP formula at a point; float64, in the variable's shape."""
        return self._evaluator(self.vjp, point, v).value(self.vjp.formula)

    def contracted(self, point: Mapping[str, Array], v: Array) -> Array:
        """The printed Jacobian, contracted with v in symbols and evaluated: equal to `value` if both are right."""
        formula = self.jacobian.formula
        entry = total(Entry(Symbol(self.weights), *formula.rows) * formula.entry, formula.rows)
        evaluator = self._evaluator(self.jacobian, point, v)
        return evaluator.at_all(entry, formula.columns, formula.column_dims)

    def dense(self, point: Mapping[str, Array]) -> Array:
        """The whole Jacobian at a point, output axes first. For small sizes."""
        return self._evaluator(self.jacobian, point, None).value(self.jacobian.formula)

    def _evaluator(self, one: Polished, point: Mapping[str, Array], v: Array | None) -> Evaluator:
        known = dict(point) if v is None else {**point, self.weights: v}
        return Evaluator(self.graph, known, {node.name: node for node in one.nodes})

    def closed(self, entries: bool = False) -> Closed:
        """The formulas as text and LaTeX, with definitions, structure and, where they fit, entries."""
        return Closed(self.name, self._jacobian(entries), self._vjp())

    def _writers(self, one: Polished) -> tuple[Writer, Writer]:
        taken = {*self.graph.nodes, self.weights}
        return TextWriter(Names(taken), self.weights, self.decimal), LatexWriter(Names(taken), self.weights, self.decimal)

    def _jacobian(self, entries: bool) -> Jacobian:
        formula = self.jacobian.formula
        text, latex = self._writers(self.jacobian)
        known = text.names.given(formula.columns, COLUMNS, text.names.given(formula.rows, ROWS, {}))
        sizes = self.graph.sizes
        shape = tuple(map(sizes.value, formula.dims))
        above, below = self._places(text, formula.rows, known), self._places(text, formula.columns, known)
        return Jacobian(
            shape, f"d y{above} / d {self.name}{below}", text.write(formula.entry, known), latex.write(formula.entry, known),
            _definitions(self.graph, self.jacobian, text, latex), structure_of(self.graph, formula, formula.entry),
            entries=self._entries(text, shape) if entries or 1 < prod(shape) <= ENTRIES_SHOWN else None,
        )

    def _entries(self, text: Writer, shape: tuple[int, ...]) -> tuple[EntryPart, ...]:
        formula = self.jacobian.formula
        cut = len(formula.rows)
        return tuple(
            EntryPart(at[:cut], at[cut:], text.write(entry_at(formula.entry, formula.indices, at, self.graph.sizes), {}))
            for at in places(shape)
        )

    def _vjp(self) -> Vjp:
        formula = self.vjp.formula
        text, latex = self._writers(self.vjp)
        known = text.names.given(formula.columns, COLUMNS, {})
        left = f"{self.name}.grad{self._places(text, formula.columns, known)}"
        return Vjp(left, text.write(formula.entry, known), latex.write(formula.entry, known),
                   _definitions(self.graph, self.vjp, text, latex))

    @staticmethod
    def _places(text: Writer, indices: Sequence[Expr], known: dict[Expr, str]) -> str:
        return f"[{','.join(text.write(k, known) for k in indices)}]" if indices else ""


def derived(program: Program, wrt: Sequence[str], weights: str = "v") -> tuple[Derived, ...]:
    """The Jacobian and the VJP of a program with respect to each variable, in closed form.

    `weights` is the name that v has in the formulas.
    """
    built = build(program, wrt, taken={weights})
    decimal = DECIMAL.search(program.source) is not None
    return tuple(_derived(built, name, weights, decimal) for name in wrt)


def _derived(built: Built, name: str, weights: str, decimal: bool) -> Derived:
    x = built.variables[name]
    seed = Symbol(weights)
    by_v = derive.vjp(built.graph, built.output, x, lambda *o: Entry(seed, *o))
    whole = derive.jacobian(built.graph, built.output, x)
    return Derived(name, built.graph, weights, decimal, polished(built.graph, whole), polished(built.graph, by_v))


# Definitions


def _definitions(graph: Graph, one: Polished, text: Writer, latex: Writer) -> tuple[Definition, ...]:
    nodes = [_definition(node, text, latex) for node in one.nodes]
    symbols: set[Any] = set()
    for e in (one.formula.entry, *(node.formula() for node in one.nodes if node.body is not None)):
        symbols |= {s for s in e.free_symbols if s in graph.sizes.values}
    sizes = [_size(s, graph) for s in sorted(symbols, key=str)]
    return (*nodes, *sizes)


def _definition(node: Node, text: Writer, latex: Writer) -> Definition:
    if node.body is None:
        formula = _primitive_text(node)
        return Definition(node.name, formula, rf"\texttt{{{_escaped(formula)}}}")
    known = text.names.given(node.idx, DEFINED, {})
    indices = [text.write(k, known) for k in node.idx]
    left = f"{node.name}[{','.join(indices)}]" if indices else node.name
    return Definition(left, text.write(node.formula(), known), latex.write(node.formula(), known))


def _primitive_text(node: Node) -> str:
    """`softmax(z, dim=1)`: the row's call, options by name where they are not the default."""
    if node.constant is not None:
        return _constant_text(node.constant)
    assert node.primitive is not None
    row = node.primitive.row
    written = []
    for param, argument in zip(row.takes, node.primitive.arguments, strict=True):
        if isinstance(argument, Node):
            written.append(argument.name)
        elif param.default is REQUIRED or argument != param.default:
            value = repr(argument) if isinstance(argument, (str, bool, tuple, int)) or argument is None else f"{float(argument):g}"
            written.append(f"{param.name}={value}")
    return f"{row.name}({', '.join(written)})"


def _constant_text(values: Array) -> str:
    return str(values.tolist()) if values.size <= 64 else f"constants of shape {values.shape}"


def _size(symbol: Any, graph: Graph) -> Definition:
    """`n_x0` as `x.shape[0]`"""
    name = str(symbol)[2:]
    stem = name if name in graph.nodes else name.rstrip("0123456789")
    axis = name[len(stem) :] or "0"
    return Definition(str(symbol), f"{stem}.shape[{axis}]", rf"\texttt{{{_escaped(stem)}.shape[{axis}]}}")


def _escaped(text: str) -> str:
    return text.replace("_", r"\_").replace("{", r"\{").replace("}", r"\}")

