"""A closed form: one expression that is written as text and as LaTeX, evaluated and looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

import numpy as np
from sympy import Expr, Symbol

from gradcli.derivatives import Derivative, LeftSide
from gradcli.ops.latex_names import latex_escaped
from gradcli.report import Array, Closed, Definition, Jacobian, Structure, Vjp
from gradcli.report import Entry as EntryPart
from gradcli.shapes import by_layout
from gradcli.symbolic.deltas import total
from gradcli.symbolic.derive import Formula
from gradcli.symbolic.dims import Dim
from gradcli.symbolic.entries import entry_at, size_at
from gradcli.symbolic.evaluate import Evaluator
from gradcli.symbolic.factor import merge_sums
from gradcli.symbolic.inline import Polished
from gradcli.symbolic.latex_writer import LatexWriter
from gradcli.symbolic.magnitude import Magnitude
from gradcli.symbolic.matrix_check import verified_matrix
from gradcli.symbolic.scalars import Entry, Place, atoms
from gradcli.symbolic.sparsity import pattern_of, structure_of
from gradcli.symbolic.spelling import COLUMNS, DEFINED, ROWS, Names, primitive_text
from gradcli.symbolic.tensor_graph import Graph, Node
from gradcli.symbolic.text_writer import TextWriter
from gradcli.symbolic.writer import Writer

ENTRIES_SHOWN, ENTRY_SIZE = 12, 25
"""A Jacobian with at most so many entries, each of at most about so many numbers and letters, has them written out
without being asked."""


@dataclass(frozen=True, eq=False)
class Form:
    """One closed form, as an object that is printed and evaluated: the same expression for both.

    What is symbols only is worked out once; a form may be asked for its value at many points.
    """

    derivative: Derivative
    graph: Graph
    weights: str
    decimal: bool
    inline_definitions: Polished
    others: Mapping[str, tuple[Dim, ...]]
    """What else than inputs the formula may name, v and tangents, with their dims."""
    layout: str | None = None
    """How a Jacobian lies, wherever it has a shape; None for what is none."""
    _contractions: dict[str, Expr] = field(default_factory=dict, init=False)
    _beside: dict[Form, Expr | None] = field(default_factory=dict, init=False)

    @property
    def formula(self) -> Formula:
        """The formula; of a Jacobian the rows are the output's, with which it is contracted, in any layout."""
        return self.inline_definitions.formula

    @property
    def printed(self) -> dict[str, Node]:
        """The definitions that are printed with it."""
        return {node.name: node for node in self.inline_definitions.nodes}

    @cached_property
    def arranged(self) -> Formula:
        """The formula with the rows and columns that it has in its layout."""
        f = self.formula
        rows, columns = by_layout(self.layout, (f.rows, f.row_dims), (f.columns, f.column_dims))
        return Formula(f.name, rows[0], columns[0], rows[1], columns[1], f.entry)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Rows first, then columns, in numbers."""
        return tuple(map(self.graph.sizes.value, self.arranged.dims))

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor that must be given before the formula has a value."""
        leaves = {n.name: n.dims for n in self.graph.nodes.values() if n.kind == "leaf" and n.constant is None}
        return {name: tuple(map(self.graph.sizes.value, dims)) for name, dims in {**leaves, **self.others}.items()}

    @cached_property
    def places(self) -> dict[str, int]:
        """The inputs that hold indices or classes, and how many there are to choose from."""
        bodies = [self.formula.entry, *(n.formula for n in self.graph.nodes.values() if n.body is not None)]
        found = {p for body in bodies for p in atoms(body, Place)}
        named = {e.name: self.graph.sizes.value(p.args[1]) for p in found for e in atoms(p.args[0], Entry)}
        return {name: size for name, size in named.items() if name in self.shapes}

    def elsewhere(self) -> Iterator[Form]:
        """The same form at other sizes."""
        for sizes in self.graph.sizes.elsewhere():
            yield replace(self, graph=replace(self.graph, sizes=sizes))

    def value(self, known: Mapping[str, Array], by: str | None = None) -> Array:
        """The printed formula in numbers; `known` holds the inputs, and v and tangents by the names they have in it.
        `by` names one with which it is summed over its rows, in symbols: contracted with v a Jacobian is the VJP."""
        return self._at_all(Evaluator(self.graph, known, self.printed), by)

    def contraction(self, by: str) -> Expr:
        """The formula summed over its rows with the vector of that name."""
        if by not in self._contractions:
            by_symbols = Entry(Symbol(by), *self.formula.rows) * self.formula.entry
            self._contractions[by] = total(by_symbols, self.formula.rows)
        return self._contractions[by]

    def contraction_beside(self, vjp: Form) -> Expr | None:
        """`contraction` with v at the indices of a VJP, sums that are equal to one of the VJP's being that sum; None
        where a name means another tensor there."""
        if vjp not in self._beside:
            self._beside[vjp] = self._moved_beside(vjp)
        return self._beside[vjp]

    def _moved_beside(self, vjp: Form) -> Expr | None:
        for node in vjp.inline_definitions.nodes:
            other = self.printed.get(node.name, node)
            if other is not node and (other.idx, other.bound, other.body) != (node.idx, node.bound, node.body):
                return None
        columns = zip(self.formula.columns, vjp.formula.columns, strict=True)
        contraction = self.contraction(self.weights).xreplace({a: b for a, b in columns if a != b})
        return merge_sums(contraction, vjp.formula.entry)

    def magnitude(self, known: Mapping[str, Array], by: str | None = None) -> Array:
        """`value` with every term that is added taken as positive: how large what cancels in it is."""
        return self._at_all(Magnitude(self.graph, known, self.printed), by)

    def _at_all(self, evaluator: Evaluator, by: str | None) -> Array:
        if by is None:
            return evaluator.value(self.arranged)
        return evaluator.at_all(self.contraction(by), self.formula.columns, self.formula.column_dims)

    @cached_property
    def written(self) -> Written:
        """The formula as text and LaTeX with its definitions."""
        text, latex = (
            writer.naming(self.formula.rows, ROWS).naming(self.formula.columns, COLUMNS) for writer in self._writers()
        )
        rows, columns = (tuple(map(text.write, indices)) for indices in (self.formula.rows, self.formula.columns))
        entry, formula = self.formula.entry, text.write(self.formula.entry)
        left = LeftSide(self.derivative, rows, columns)
        return Written(left, formula, latex.write(entry), self._definitions(formula))

    @cached_property
    def few_entries(self) -> tuple[EntryPart, ...] | None:
        """Every entry, where a person would like to see them all unasked."""
        few = 1 < prod(self.shape) <= ENTRIES_SHOWN and size_at(self.formula.entry, self.graph.sizes) <= ENTRY_SIZE
        return self.entries() if few else None

    def entries(self) -> tuple[EntryPart, ...]:
        """Every entry with numbers for its indices."""
        text, _ = self._writers()
        formula, cut = self.arranged, len(self.arranged.rows)
        return tuple(
            EntryPart(at[:cut], at[cut:], text.write(entry_at(formula.entry, formula.indices, at, self.graph.sizes)))
            for at in np.ndindex(*self.shape)
        )

    @cached_property
    def matrix(self) -> str | None:
        """The formula in matrix notation: a program of the calculator's own that has been run and gave its values."""
        return verified_matrix(self)

    @cached_property
    def structure(self) -> Structure:
        """Where it can be non-zero."""
        return structure_of(self.graph, self.arranged, self.formula.entry)

    def pattern(self) -> Array | None:
        """Its structure entry by entry, flattened: True where it can be non-zero; None where it is too large."""
        return pattern_of(self.graph, self.arranged)

    def _writers(self) -> tuple[Writer, Writer]:
        names = Names(self.graph.taken, {**{n.name: n.dims for n in self.graph.nodes.values()}, **self.others})
        return TextWriter(names, self.weights, self.decimal), LatexWriter(names, self.weights, self.decimal)

    def _definitions(self, formula: str) -> tuple[Definition, ...]:
        """What the formula names, and the sizes that stand in it or in those."""
        text, latex = self._writers()
        nodes = [_definition(node, text, latex) for node in self.inline_definitions.nodes]
        named = set(re.findall(r"\w+", " ".join([formula, *(d.formula for d in nodes)])))
        sizes = sorted(self.graph.sizes.origin.items(), key=lambda size: size[0].name)
        return (*nodes, *(_size(s.name, *axis) for s, axis in sizes if s.name in named))


@dataclass(frozen=True, slots=True)
class Written:
    """A formula in words: its left side, itself as text and as LaTeX, and the `where` lines it needs."""

    left_side: LeftSide
    text: str
    latex: str
    where: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """The Jacobian and the VJP for one variable."""

    name: str
    jacobian: Form
    vjp: Form

    def value(self, point: Mapping[str, Array], v: Array) -> Array:
        """The printed VJP formula at a point; float64, in the variable's shape."""
        return self.vjp.value({**point, self.vjp.weights: v})

    def contracted(self, point: Mapping[str, Array], v: Array) -> Array:
        """The printed Jacobian, contracted with v in symbols and evaluated: equal to `value` if both are right."""
        return self.jacobian.value({**point, self.jacobian.weights: v}, by=self.jacobian.weights)

    def values(self, point: Mapping[str, Array], v: Array) -> tuple[Array, Array]:
        """`value` and `contracted`; what the two formulas have in common is computed once."""
        known, formula = {**point, self.vjp.weights: v}, self.vjp.formula
        contraction = self.jacobian.contraction_beside(self.vjp)
        if contraction is None:
            return self.value(point, v), self.contracted(point, v)
        evaluator = Evaluator(self.vjp.graph, known, {**self.jacobian.printed, **self.vjp.printed})
        return evaluator.value(formula), evaluator.at_all(contraction, formula.columns, formula.column_dims)

    def closed(self, entries: bool = False) -> Closed:
        """The formulas as text and LaTeX, with definitions, structure and, where they fit, entries."""
        return Closed(self.name, jacobian_part(self.jacobian, entries), vjp_part(self.vjp))


def jacobian_part(form: Form, entries: bool = False) -> Jacobian:
    """A form with rows and columns as it is reported."""
    text, each = form.written, form.entries() if entries else form.few_entries
    return Jacobian(
        form.shape, text.left_side, text.text, text.latex, text.where, form.structure, form.matrix, each, form.layout
    )


def vjp_part(form: Form) -> Vjp:
    """A form without rows as it is reported."""
    text = form.written
    return Vjp(text.left_side, text.text, text.latex, text.where, form.matrix)


# Definitions


def _definition(node: Node, text: Writer, latex: Writer) -> Definition:
    if node.body is None:
        formula = primitive_text(node)
        return Definition(node.name, formula, rf"\texttt{{{latex_escaped(formula)}}}")
    text, latex = (writer.naming(node.idx, DEFINED) for writer in (text, latex))
    indices = list(map(text.write, node.idx))
    left = text.subscripted(node.name, indices) if indices else node.name
    return Definition(left, text.write(node.formula), latex.write(node.formula))


def _size(name: str, tensor: str, axis: int) -> Definition:
    """`n_x0` as `x.shape[0]`"""
    text = f"{tensor}.shape[{axis}]"
    return Definition(name, text, rf"\texttt{{{latex_escaped(text)}}}")
