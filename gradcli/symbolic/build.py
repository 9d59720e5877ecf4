"""Program -> graph. Each step's row says what it means, in the words of `vocabulary`."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Integer

from gradcli.ops.row import Param, Row
from gradcli.program import Apply, Constant, Input, Program, Step
from gradcli.program.program import with_refs
from gradcli.program.size_values import Rule, axis_sizes_in, evaluated, has_rule, plain, rules_in
from gradcli.program.values import constant_values
from gradcli.symbolic.calls import is_long_power
from gradcli.symbolic.dims import ZERO, Sizes
from gradcli.symbolic.scalars import Atomic, as_float, depth, number, weight
from gradcli.symbolic.tensor_graph import Graph, Node, Tensor, tensor, tensor_of
from gradcli.symbolic.vocabulary import Builder

MAX_OPERATIONS, NAMED = 60, 16
"""An elementwise result larger than this that is read more than once becomes a tensor of its own, with a name; sooner
where the program has given it one."""
LONG, DEEP = 120, 10
"""One that is longer, or nests more functions, becomes one though it is read only once: what is derived and printed
grows with the square of its size."""


ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
"""What numbers that follow from sizes are computed with, and a formula may be."""


@dataclass(frozen=True, slots=True)
class ProgramGraph:
    """A program as a graph: its output, and the node of each input and each variable of --wrt."""

    graph: Graph
    output: Tensor
    variables: dict[str, Node]


def build(program: Program, wrt: Sequence[str], taken: Iterable[str] = ()) -> ProgramGraph:
    """The graph of a program. It is walked again for as long as a walk learns which sizes must be equal."""
    sizes = Sizes({*program.inputs, *program.names, *taken})
    while True:
        before = sizes.equalities
        built = _Walk(program, wrt, Graph(sizes, set(taken))).built()
        if sizes.equalities == before:
            return built


class _Walk:
    """One walk over the steps."""

    def __init__(self, program: Program, wrt: Sequence[str], graph: Graph) -> None:
        self.program, self.graph = program, graph
        inside = {name: program.variable(name) for name in wrt if name not in program.inputs}
        self.intermediates = {ref.step: name for name, ref in inside.items() if ref is not None}
        """The steps that are variables of interest."""
        self.readers = Counter(ref.step for step in program.steps for ref in step.how.refs)
        self.numbers = constant_values(program.steps, range(len(program.steps)))

    def built(self) -> ProgramGraph:
        graph = self.graph
        graph.taken |= {*self.program.inputs, *self.program.names, *self.intermediates.values()}
        variables: dict[str, Node] = {}
        tensors: list[Tensor] = []
        for place, step in enumerate(self.program.steps):
            match step.how:
                case Input(name):
                    graph.taken.discard(name)
                    node = graph.leaf(name, graph.sizes.of(name, step.shape))
                    variables[name] = node
                    result = tensor_of(node)
                case Constant(value):
                    result = self.constant(value, tensors)
                case Apply() as apply:
                    result = self.apply(apply, tensors, self.name_of(step))
            if place in self.intermediates:
                name = self.intermediates[place]
                graph.taken.discard(name)
                here = result
                variables[name] = graph.define(name, here.dims, lambda *i, r=here: ((), r.at(*i)), asked_for=True)
                result = tensor_of(variables[name])
            elif self.deserves_name(place, result.entry):
                result = tensor_of(graph.as_node(result, Builder(graph, name=self.name_of(step)).letter("f")))
            tensors.append(result)
        self.pin(self.program.pinned, tensors)
        return ProgramGraph(graph, tensors[self.program.output.step], variables)

    def name_of(self, step: Step) -> str | None:
        """What the program calls a value; that of a variable of interest is kept for the last of its assignments."""
        return None if step.name in self.intermediates.values() else step.name

    def deserves_name(self, place: int, entry: Expr) -> bool:
        """Whether an elementwise result is too large to be written out each time that it is read; or read only once,
        but so long or so deep that a formula in it could be neither read nor derived in time."""
        if self.readers[place] > 1:
            most = NAMED if self.program.steps[place].name is not None else MAX_OPERATIONS
            return weight(entry, most + 1) > most
        return weight(entry, LONG + 1) > LONG or depth(entry) > DEEP

    def option(self, param: Param, argument: Any, row: Row, tensors: Sequence[Tensor]) -> Any:
        """An argument as the row's column takes it; what follows from sizes is an expression in them, or a number that
        holds for these."""
        if not any(rules_in(argument)):
            return argument
        if param.follows or (param.kind == "number" and row.family == "elementwise"):
            return self.in_sizes(argument, tensors)
        self.pin(rules_in(argument), tensors)
        return plain(argument)

    def in_sizes(self, value: Any, tensors: Sequence[Tensor]) -> Any:
        """What follows from sizes as an expression in them; other values as they are."""
        if isinstance(value, tuple):
            return tuple(self.in_sizes(item, tensors) for item in value)
        if not has_rule(value):
            return value
        try:
            size = evaluated(value.rule, lambda size: tensors[size.of.step].dims[size.axis], number, ARITHMETIC)
        except KeyError:  # a quotient without its remainder is no polynomial in the sizes
            self.pin([value.rule], tensors)
            return plain(value)
        return plain(value) if size.is_Number else sympy.expand(size)

    def pin(self, rules: Iterable[Rule], tensors: Sequence[Tensor]) -> None:
        """The sizes that these follow from become the numbers that they are."""
        for rule in rules:
            for size in axis_sizes_in(rule):
                dim = tensors[size.of.step].dims[size.axis]
                self.graph.sizes.fix(dim)
                self.graph.sizes.literal_shape |= bool(dim.is_Integer)

    def constant(self, value: Any, tensors: Sequence[Tensor]) -> Tensor:
        if isinstance(value, np.ndarray):
            if value.size == 1:
                return tensor(tuple(map(Integer, value.shape)), lambda *i: number(float(value.reshape(()))))
            dims = tuple(map(Integer, value.shape))
            return tensor_of(self.graph.leaf("c", dims, constant=value))
        if has_rule(value):
            entry = self.in_sizes(value, tensors)
            return tensor((), lambda: number(entry) if isinstance(entry, Fraction) else entry)
        named = {"pi": sympy.pi, "e": sympy.E, "inf": sympy.oo, "nan": sympy.nan}
        return tensor((), lambda: named[value] if isinstance(value, str) else number(value))

    def apply(self, apply: Apply, tensors: Sequence[Tensor], name: str | None) -> Tensor:
        number = self.numbers.get(len(tensors))
        if number is not None and not np.isfinite(number).all() and number.size == 1:
            dims = tuple(map(Integer, number.shape))
            return tensor_of(self.graph.constant("c", dims, number))  # 1/0: SymPy's algebra has no inf - inf
        shape = self.program.steps[len(tensors)].shape
        if 0 in shape:  # it has no entry that a formula could be about
            return tensor(tuple(map(Integer, shape)), lambda *i: ZERO)
        row, words = apply.row, Builder(self.graph, apply.row, name)
        arguments = [
            self.option(param, with_refs(a, lambda ref: tensors[ref.step]), row, tensors)
            for param, a in zip(row.takes, apply.arguments, strict=True)
        ]
        if row.symbolic is not None:
            result: Tensor = row.symbolic(words, *arguments)
            return result
        if not is_long_power(row.name, [a.entry for a in arguments if isinstance(a, Tensor)]):
            result = words.entrywise(row, arguments)
            if not result.entry.has(sympy.zoo, sympy.nan, sympy.I):  # x/0, (-3)**0.5: no float of SymPy's algebra
                return result
        return words.entrywise(row, list(map(self.opaque, arguments)))

    def opaque(self, argument: Any) -> Any:
        """A number as a tensor with a name, which no algebra looks into."""
        if not isinstance(argument, Tensor) or not argument.entry.is_number or argument.entry.has(Atomic):
            return argument
        number = self.graph.constant("c", (), np.asarray(as_float(argument.entry)))
        return Tensor(argument.dims, argument.idx, number())
