"""Program -> closed forms of its derivatives as text, LaTeX and values. The front of the symbolic room."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from math import prod
from operator import attrgetter
from typing import Any

import sympy
from sympy import Add, Expr, Symbol

from gradcli.frozen import dataclass
from gradcli.program import Program
from gradcli.report import Array, Closed, Definition, Jacobian, Structure, Vjp
from gradcli.report import Entry as EntryPart
from gradcli.symbolic import derive
from gradcli.symbolic.build import build
from gradcli.symbolic.contract import total
from gradcli.symbolic.derive import Formula
from gradcli.symbolic.dims import Dim
from gradcli.symbolic.entries import entry_at, places, size_at
from gradcli.symbolic.evaluate import Evaluator
from gradcli.symbolic.graph import Graph, Node, Tensor
from gradcli.symbolic.in_latex import LatexWriter
from gradcli.symbolic.in_text import TextWriter
from gradcli.symbolic.magnitude import Magnitude
from gradcli.symbolic.polish import Polished, polished
from gradcli.symbolic.proposal import verified_matrix
from gradcli.symbolic.scalars import Entry, Place, atoms
from gradcli.symbolic.spelling import COLUMNS, DEFINED, ROWS, Names, primitive_text
from gradcli.symbolic.structure import pattern_of, structure_of
from gradcli.symbolic.tidy import merged, tidy
from gradcli.symbolic.writing import Writer

DECIMAL = re.compile(r"(?<![\w.])(\d+\.\d|\.\d)")
"""A decimal that the user typed; numbers in the formulas are then written so too."""
ENTRIES_SHOWN, ENTRY_SIZE = 12, 25
"""A Jacobian with at most so many entries, each of at most about so many numbers and letters, has them written out
without being asked."""


@dataclass(frozen=True, eq=False)
class Form:
    """One closed form, as an object that is printed and evaluated: the same expression for both.

    `head` is its left-hand side, with {rows} and {columns} where its indices stand. What is symbols only is worked out
    once; a form may be asked for its value at many points.
    """

    head: str
    graph: Graph
    weights: str
    decimal: bool
    polished: Polished
    others: Mapping[str, tuple[Dim, ...]]
    """What else than inputs the formula may name, v and tangents, with their dims."""

    @property
    def formula(self) -> Formula:
        return self.polished.formula

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Rows first, then columns, in numbers."""
        return tuple(map(self.graph.sizes.value, self.formula.dims))

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor that must be given before the formula has a value."""
        leaves = {n.name: n.dims for n in self.graph.nodes.values() if n.kind == "leaf" and n.constant is None}
        return {name: tuple(map(self.graph.sizes.value, dims)) for name, dims in {**leaves, **self.others}.items()}

    @cached_property
    def places(self) -> dict[str, int]:
        """The inputs that hold indices or classes, and how many there are to choose from."""
        bodies = [self.formula.entry, *(n.formula() for n in self.graph.nodes.values() if n.body is not None)]
        found = {p for body in bodies for p in atoms(body, Place)}
        named = {e.name: self.graph.sizes.value(p.args[1]) for p in found for e in atoms(p.args[0], Entry)}
        return {name: size for name, size in named.items() if name in self.shapes}

    def value(self, known: Mapping[str, Array], by: str | None = None) -> Array:
        """The printed formula in numbers; `known` holds the inputs, and v and tangents by the names they have in it.
        `by` names one with which it is summed over its rows, in symbols: contracted with v a Jacobian is the VJP."""
        return self._at_all(self.evaluator(known), by)

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
        named = {node.name: node for node in self.polished.nodes}
        for node in vjp.polished.nodes:
            other = named.get(node.name, node)
            if other is not node and (other.idx, other.bound, other.body) != (node.idx, node.bound, node.body):
                return None
        columns = zip(self.formula.columns, vjp.formula.columns, strict=True)
        contraction = self.contraction(self.weights).xreplace({a: b for a, b in columns if a != b})
        return merged(contraction, vjp.formula.entry)

    def magnitude(self, known: Mapping[str, Array], by: str | None = None) -> Array:
        """`value` with every term that is added taken as positive: how large what cancels in it is."""
        nodes = {node.name: node for node in self.polished.nodes}
        return self._at_all(Magnitude(self.graph, known, nodes), by)

    def _at_all(self, evaluator: Evaluator, by: str | None) -> Array:
        if by is None:
            return evaluator.value(self.formula)
        return evaluator.at_all(self.contraction(by), self.formula.columns, self.formula.column_dims)

    def evaluator(self, known: Mapping[str, Array]) -> Evaluator:
        return Evaluator(self.graph, known, {node.name: node for node in self.polished.nodes})

    def written(self) -> Written:
        """The formula as text and LaTeX with its definitions."""
        return self._written

    def entries(self) -> tuple[EntryPart, ...]:
        """Every entry with numbers for its indices."""
        return self._few_entries if prod(self.shape) <= ENTRIES_SHOWN else self._entries()

    @cached_property
    def is_small(self) -> bool:
        """Whether a person would like to see every entry."""
        return 1 < prod(self.shape) <= ENTRIES_SHOWN and size_at(self.formula.entry, self.graph.sizes) <= ENTRY_SIZE

    def matrix(self) -> str | None:
        """The formula in matrix notation: a program of the calculator's own that has been run and gave its values."""
        return self._matrix

    def structure(self) -> Structure:
        """Where it can be non-zero."""
        return self._structure

    @cached_property
    def _contractions(self) -> dict[str, Expr]:
        return {}

    @cached_property
    def _beside(self) -> dict[Form, Expr | None]:
        return {}

    @cached_property
    def _written(self) -> Written:
        text, latex = self._writers()
        known = self._named(text)
        head = self.head.format(rows=self._places(text, self.formula.rows, known),
                                columns=self._places(text, self.formula.columns, known))
        written = text.write(self.formula.entry, known)
        return Written(head, written, latex.write(self.formula.entry, known), _definitions(self, text, latex, written))

    def _entries(self) -> tuple[EntryPart, ...]:
        text, _ = self._writers()
        formula, cut = self.formula, len(self.formula.rows)
        return tuple(
            EntryPart(
                at[:cut], at[cut:], text.write(entry_at(formula.entry, formula.indices, at, self.graph.sizes), {})
            )
            for at in places(self.shape)
        )

    @cached_property
    def _few_entries(self) -> tuple[EntryPart, ...]:
        return self._entries()

    @cached_property
    def _matrix(self) -> str | None:
        return verified_matrix(self)

    @cached_property
    def _structure(self) -> Structure:
        return structure_of(self.graph, self.formula, self.formula.entry)

    def pattern(self) -> Array | None:
        """Its structure entry by entry, flattened: True where it can be non-zero; None where it is too large."""
        return pattern_of(self.graph, self.formula)

    def _writers(self) -> tuple[Writer, Writer]:
        names = Names(self.graph.taken, {**{n.name: n.dims for n in self.graph.nodes.values()}, **self.others})
        return TextWriter(names, self.weights, self.decimal), LatexWriter(names, self.weights, self.decimal)

    def _named(self, text: Writer) -> dict[Expr, str]:
        return text.names.given(self.formula.columns, COLUMNS, text.names.given(self.formula.rows, ROWS, {}))

    @staticmethod
    def _places(text: Writer, indices: Sequence[Expr], known: dict[Expr, str]) -> str:
        return f"[{','.join(text.write(k, known) for k in indices)}]" if indices else ""


@dataclass(frozen=True)
class Written:
    """A formula in words: its left side, itself as text and as LaTeX, and the `where` lines it needs."""

    left_side: str
    text: str
    latex: str
    where: tuple[Definition, ...]


@dataclass(frozen=True)
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
        printed = (*self.jacobian.polished.nodes, *self.vjp.polished.nodes)
        evaluator = Evaluator(self.vjp.graph, known, {node.name: node for node in printed})
        return evaluator.value(formula), evaluator.at_all(contraction, formula.columns, formula.column_dims)

    def closed(self, entries: bool = False) -> Closed:
        """The formulas as text and LaTeX, with definitions, structure and, where they fit, entries."""
        vjp = self.vjp.written()
        matrix = self.vjp.matrix()
        return Closed(
            self.name, jacobian_part(self.jacobian, entries), Vjp(vjp.left_side, vjp.text, vjp.latex, vjp.where, matrix)
        )


def jacobian_part(form: Form, entries: bool = False) -> Jacobian:
    """A form with rows and columns as it is reported."""
    said, shape = form.written(), form.shape
    shown = form.entries() if entries or form.is_small else None
    return Jacobian(shape, said.left_side, said.text, said.latex, said.where, form.structure(), form.matrix(), shown)


class Calculus:
    """The derivatives of one program: each method gives a closed form. y is the output, v its weights."""

    def __init__(self, program: Program, wrt: Sequence[str], weights: str = "v", output: str = "y",
                 tangents: Mapping[str, str] | None = None, unit: bool = False) -> None:
        """`wrt` names every variable that will be differentiated; `tangents` what the tangent of each is called.
        `unit`: the output is one number and its weight 1, which is then not written."""
        self.wrt, self.unit = tuple(dict.fromkeys(wrt)), unit
        self._printed: dict[str, Polished] = {}
        self._tensors: dict[str, Tensor] = {}
        self._rows: dict[str, dict[str, Formula]] = {}
        self._along: dict[tuple[str, ...], dict[str, Formula]] = {}
        self.weights, self.output = weights, output
        self.tangents = dict(tangents or {})
        self.decimal = DECIMAL.search(program.source) is not None
        self.built = build(program, wrt, taken={weights, *self.tangents.values()})

    def jacobian(self, name: str) -> Form:
        """∂y[m]/∂x[i]"""
        return self._form(f"d {self.output}{{rows}} / d {name}{{columns}}", self._polished(name))

    def vjp(self, name: str) -> Form:
        """Σ_m v[m] ∂y[m]/∂x[i]"""
        if self._is_scalar:  # v times the gradient, with the same definitions
            gradient = self._polished(name)
            entry = self._weight * gradient.formula.entry
            found = Polished(replace(gradient.formula, entry=entry), gradient.nodes)
        else:
            found = polished(self.built.graph, self._gradients[name])
        return self._form(f"{name}.grad{{columns}}", found)

    def jvp(self, names: Sequence[str]) -> Form:
        """Σ_i ∂y[m]/∂x[i] t[i], added up over the variables that move."""
        moving = [(self._jacobians[name], Symbol(self.tangents[name])) for name in names]
        terms = [total(f.entry * Entry(t, *f.columns), f.columns) for f, t in moving]
        first = moving[0][0]
        found = Formula(self.output, (), first.rows, (), first.row_dims, tidy(Add(*terms)))
        return self._form(f"d{self.output}{{columns}}", polished(self.built.graph, found))

    def hessian(self, a: str, b: str) -> Form:
        """∂²(v·y)/∂a[m]∂b[i]; for a scalar output v is 1 or weighs it."""
        if a not in self._rows:
            self._rows[a] = derive.jacobians(self.built.graph, self._gradient_tensor(a), self._variables)
        one = polished(self.built.graph, self._rows[a][b])
        return self._form(f"d2 {self.output} / d {a}{{rows}} d {b}{{columns}}", one)

    def hvp(self, name: str, moving: Sequence[str]) -> Form:
        """Σ over the moving variables a of Σ_m t_a[m] ∂²(v·y)/∂a[m]∂b[i]: the Hessian is never built."""
        if tuple(moving) not in self._along:
            outputs = [(self._gradient_tensor(a), _weighted_by(self.tangents[a])) for a in moving]
            self._along[tuple(moving)] = derive.vjps(self.built.graph, outputs, self._variables)
        return self._form(f"(H t).{name}{{columns}}", polished(self.built.graph, self._along[tuple(moving)][name]))

    def partial(self, names: Sequence[str]) -> Form:
        """The mixed partial of a scalar by scalar variables, one after the other: x, x, y is ∂³f/∂x²∂y."""
        graph, output = self.built.graph, self.built.output
        for name in names:
            found = derive.vjps(graph, [(output, lambda: sympy.S.One)], [self.built.variables[name]])[name]
            output = derive.gradient_tensor(graph, found)
        order = f"d{len(names)} {self.output} / " if len(names) > 1 else f"d {self.output} / "
        return self._form(order + " ".join(f"d {n}" for n in names), polished(graph, found))

    @property
    def _is_scalar(self) -> bool:
        return not self.built.output.dims

    @property
    def _weight(self) -> Expr:
        """What weighs a scalar output."""
        return sympy.S.One if self.unit else Entry(Symbol(self.weights))

    def _polished(self, name: str) -> Polished:
        """The Jacobian as it is printed, worked out once."""
        if name not in self._printed:
            self._printed[name] = polished(self.built.graph, self._jacobians[name])
        return self._printed[name]

    @cached_property
    def _jacobians(self) -> dict[str, Formula]:
        return derive.jacobians(self.built.graph, self.built.output, self._variables)

    @cached_property
    def _gradients(self) -> dict[str, Formula]:
        if self._is_scalar:
            return {n: replace(f, entry=self._weight * f.entry) for n, f in self._jacobians.items()}
        return derive.vjps(self.built.graph, [(self.built.output, _weighted_by(self.weights))], self._variables)

    def _gradient_tensor(self, name: str) -> Tensor:
        """The gradient as a tensor to be differentiated again, one for all blocks."""
        if name not in self._tensors:
            self._tensors[name] = derive.gradient_tensor(self.built.graph, self._gradients[name])
        return self._tensors[name]

    @property
    def _variables(self) -> list[Node]:
        return [self.built.variables[name] for name in self.wrt]

    def _form(self, head: str, one: Polished) -> Form:
        others = {self.weights: self.built.output.dims}
        others.update({t: self.built.variables[n].dims for n, t in self.tangents.items()})
        return Form(head, self.built.graph, self.weights, self.decimal, one, others)


def _weighted_by(name: str) -> derive.Seed:
    """Each entry of an output weighed with that of the tensor of this name."""
    return lambda *o: Entry(Symbol(name), *o)


# Definitions


def _definitions(form: Form, text: Writer, latex: Writer, written: str) -> tuple[Definition, ...]:
    """What the formula names, and the sizes that stand in it or in those."""
    graph, one = form.graph, form.polished
    nodes = [_definition(node, text, latex) for node in one.nodes]
    said = " ".join([written, *(d.formula for d in nodes)])
    words = set(re.findall(r"\w+", said))
    sizes = [_size(s, graph) for s in sorted(graph.sizes.values, key=attrgetter("name")) if s.name in words]
    return (*nodes, *sizes)


def _definition(node: Node, text: Writer, latex: Writer) -> Definition:
    if node.body is None:
        formula = primitive_text(node)
        return Definition(node.name, formula, rf"\texttt{{{_escaped(formula)}}}")
    known = text.names.given(node.idx, DEFINED, {})
    indices = [text.write(k, known) for k in node.idx]
    left = f"{node.name}[{','.join(indices)}]" if indices else node.name
    return Definition(left, text.write(node.formula(), known), latex.write(node.formula(), known))


def _size(symbol: Any, graph: Graph) -> Definition:
    """`n_x0` as `x.shape[0]`"""
    tensor, axis = graph.sizes.origin[symbol]
    text = f"{tensor}.shape[{axis}]"
    return Definition(str(symbol), text, rf"\texttt{{{_escaped(text)}}}")


def _escaped(text: str) -> str:
    return text.replace("_", r"\_").replace("{", r"\{").replace("}", r"\}")

