"""Program -> graph. Each step's row says in its `symbolic` column what it means, in the words of `Builder`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Integer

from gradcli.ops import TABLE
from gradcli.ops.row import Param, Row
from gradcli.program import Apply, Constant, Input, Program, Ref, Step
from gradcli.program.size_values import Rule, axis_sizes_in, evaluated, has_rule, plain, rules_in
from gradcli.program.values import constant_values
from gradcli.shapes import axes
from gradcli.symbolic.deltas import total
from gradcli.symbolic.dims import ONE, ZERO, Dim, Index, Quotient, Remainder, Sizes, index_for, indices_for
from gradcli.symbolic.scalars import (
    NOTHING,
    SCALARS,
    AtLeast,
    Atomic,
    Bound,
    Delta,
    Equal,
    Place,
    Where,
    as_float,
    atomic,
    is_deep,
    is_long_power,
    number,
    own,
    softened,
    weight,
)
from gradcli.symbolic.tensor_graph import Graph, JacobianRule, Node, Tensor, tensor, tensor_of

MAX_OPERATIONS, NAMED = 60, 16
"""An elementwise result larger than this that is read more than once becomes a tensor of its own, with a name; sooner
where the program has given it one."""
LONG, DEEP = 120, 10
"""One that is longer, or nests more functions, becomes one though it is read only once: what is derived and printed
grows with the square of its size."""


ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
"""What numbers that follow from sizes are computed with, and a formula may be."""


@dataclass(frozen=True, slots=True)
class Built:
    """A program as a graph: its output, the tensor of every step, and the node of each variable of interest."""

    graph: Graph
    output: Tensor
    variables: dict[str, Node]


def build(program: Program, wrt: Sequence[str], taken: Iterable[str] = ()) -> Built:
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
        self.builder = Builder(graph)
        asked = {name: program.variable(name) for name in wrt if name not in program.inputs}
        self.asked = {ref.step: name for name, ref in asked.items() if ref is not None}
        self.readers = _readers(program)
        self.numbers = constant_values(program)

    def built(self) -> Built:
        graph = self.graph
        graph.taken |= {*self.program.inputs, *self.program.names, *self.asked.values()}
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
                    result = self.applied(apply, tensors, self.hint(step))
            if place in self.asked:
                name = self.asked[place]
                graph.taken.discard(name)
                here = result
                variables[name] = graph.define(name, here.dims, lambda *i, r=here: ((), r.at(*i)), asked_for=True)
                result = tensor_of(variables[name])
            elif self.deserves_name(place, result.entry):
                self.builder.hint = self.hint(step)
                result = tensor_of(graph.as_node(result, self.builder.name("f")))
            tensors.append(result)
        self.pin(self.program.pinned, tensors)
        return Built(graph, tensors[self.program.output.step], variables)

    def hint(self, step: Step) -> str | None:
        """What the program calls a value; a name that is asked for is kept for the last of its assignments."""
        return None if step.name in self.asked.values() else step.name

    def deserves_name(self, place: int, entry: Expr) -> bool:
        """Whether an elementwise result is too large to be written out each time that it is read; or read only once,
        but so long or so deep that a formula in it could be neither read nor derived in time."""
        if self.readers[place] > 1:
            most = NAMED if self.program.steps[place].name is not None else MAX_OPERATIONS
            return weight(entry, most + 1) > most
        return weight(entry, LONG + 1) > LONG or is_deep(entry, DEEP)

    def option(self, param: Param, argument: Any, row: Row, tensors: Sequence[Tensor]) -> Any:
        """An argument as the row's column takes it; what follows from sizes is an expression in them, or a number that
        holds for these."""
        if not any(rules_in(argument)):
            return argument
        if param.follows or (param.kind == "number" and row.family == "elementwise"):
            return self.followed(argument, tensors)
        self.pin(rules_in(argument), tensors)
        return plain(argument)

    def followed(self, value: Any, tensors: Sequence[Tensor]) -> Any:
        """What follows from sizes as an expression in them; other values as they are."""
        if isinstance(value, tuple):
            return tuple(self.followed(item, tensors) for item in value)
        if not has_rule(value):
            return value
        try:
            found = evaluated(value.rule, lambda size: tensors[size.of.step].dims[size.axis], number, ARITHMETIC)
        except KeyError:  # a quotient without its remainder is no polynomial in the sizes
            self.pin([value.rule], tensors)
            return plain(value)
        return plain(value) if found.is_Number else sympy.expand(found)

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
            followed = self.followed(value, tensors)
            return tensor((), lambda: number(followed) if isinstance(followed, Fraction) else followed)
        named = {"pi": sympy.pi, "e": sympy.E, "inf": sympy.oo, "nan": sympy.nan}
        return tensor((), lambda: named[value] if isinstance(value, str) else number(value))

    def applied(self, apply: Apply, tensors: Sequence[Tensor], name: str | None) -> Tensor:
        number = self.numbers.get(len(tensors))
        if number is not None and not np.isfinite(number).all() and number.size == 1:
            dims = tuple(map(Integer, number.shape))
            return tensor_of(self.graph.constant("c", dims, number))  # 1/0: SymPy's algebra has no inf - inf
        shape = self.program.steps[len(tensors)].shape
        if 0 in shape:  # it has no entry that a formula could be about
            return tensor(tuple(map(Integer, shape)), lambda *i: ZERO)
        self.builder.hint = name
        self.builder.row = apply.row
        arguments = [
            self.option(param, _filled(a, tensors), apply.row, tensors)
            for param, a in zip(apply.row.takes, apply.arguments, strict=True)
        ]
        if apply.row.symbolic is not None:
            result: Tensor = apply.row.symbolic(self.builder, *arguments)
            return result
        if is_long_power(apply.row.name, [a.entry for a in arguments if isinstance(a, Tensor)]):
            return self.builder.entrywise(apply.row, list(map(self.kept_apart, arguments)))
        result = self.builder.entrywise(apply.row, arguments)
        if result.entry.has(sympy.zoo, sympy.nan, sympy.I):  # x/0, (-3)**0.5: no float of SymPy's algebra
            return self.builder.entrywise(apply.row, list(map(self.kept_apart, arguments)))
        return result

    def kept_apart(self, argument: Any) -> Any:
        """A number as a tensor with a name, which no algebra looks into."""
        if not isinstance(argument, Tensor) or not argument.entry.is_number or argument.entry.has(Atomic):
            return argument
        number = self.graph.constant("c", (), np.asarray(as_float(argument.entry)))
        return Tensor(argument.dims, argument.idx, number())


def _filled(argument: Any, tensors: Sequence[Tensor]) -> Any:
    if isinstance(argument, Ref):
        return tensors[argument.step]
    if isinstance(argument, tuple) and argument and all(isinstance(a, Ref) for a in argument):
        return tuple(tensors[a.step] for a in argument)
    return argument


def _readers(program: Program) -> list[int]:
    count = [0] * len(program.steps)
    for step in program.steps:
        for ref in step.how.refs if isinstance(step.how, Apply) else ():
            count[ref.step] += 1
    return count


class Builder:
    """The vocabulary `s` of the table's `symbolic` columns: index maps, sums, primitives, and the scalars' words."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.sizes = graph, graph.sizes
        self.hint: str | None = None
        self.row: Row | None = None

    delta = staticmethod(Delta)
    same = staticmethod(Equal)
    total = staticmethod(total)
    at_least = staticmethod(AtLeast)
    quotient = staticmethod(Quotient)
    remainder = staticmethod(Remainder)
    index = staticmethod(index_for)
    scalar = SCALARS

    # Sizes

    def value(self, dim: Dim) -> int:
        """How large the axis is now."""
        return self.sizes.value(dim)

    def fix(self, dim: Dim) -> Dim:
        """The dim as a number; the formula then holds for this size."""
        return Integer(self.sizes.fix(sympy.sympify(dim)))

    def resolve(self, dim: Dim) -> Dim:
        """The dim with every equality applied that is known by now."""
        return self.sizes.resolve(sympy.sympify(dim))

    def unify(self, a: Dim, b: Dim) -> Dim:
        """One dim for two that the program needs to be equal: it is not defined where they differ."""
        return self.sizes.unify(a, b)

    def equal(self, a: Dim, b: Dim, broadcast: bool = False) -> Dim:
        """One dim for two that are equal here and need not be: the formula then holds where they are. `broadcast`: one
        of them might be 1 instead."""
        self.sizes.require(sympy.sympify(a), "==", sympy.sympify(b), broadcast)
        return self.sizes.unify(sympy.sympify(a), sympy.sympify(b))

    def needs_ones(self) -> None:
        """Notes that values, too, depend on which axes of the inputs are of size 1."""
        self.sizes.literal_shape = True

    def require(self, a: Dim, sign: str, b: Dim) -> None:
        """Notes what the formula needs: `a == b` or `a <= b`."""
        self.sizes.require(sympy.sympify(a), sign, sympy.sympify(b))

    def count(self, x: Tensor, over: Sequence[int]) -> Expr:
        """How many entries a reduction over these axes takes together."""
        return sympy.Mul(*(x.dims[a] for a in over))

    def unnamed(self) -> Builder:
        """The same vocabulary for a tensor that is only on the way to the one the program names."""
        other = Builder(self.graph)
        other.row = self.row
        return other

    def name(self, default: str) -> str:
        """What a new tensor is called: the name that the program assigns, else the letter customary for it."""
        if self.hint is None:
            return default
        if self.hint not in self.graph.nodes:
            self.graph.taken.discard(self.hint)  # kept free for the first tensor that is that assignment
        return self.hint

    # Elementwise

    def entrywise(self, row: Row, arguments: Sequence[Any]) -> Tensor:
        """A row of the elementwise family on tensors that broadcast."""
        tensors = [a for a in arguments if isinstance(a, Tensor)]

        def entry(*us: Expr) -> Expr:
            entries = iter(us)
            given = [next(entries) if isinstance(a, Tensor) else _symbolic_option(a) for a in arguments]
            if row.scalar is not None:
                return softened(own(row.scalar(SCALARS, *given)))
            return atomic(row.name)(*(NOTHING if a is None else a for a in given))

        return self.each(entry, *tensors)

    def each(self, entry: Callable[..., Expr], *tensors: Tensor) -> Tensor:
        """The tensor whose entries are `entry` of the tensors' entries, broadcast."""
        dims = self.broadcast(*(x.dims for x in tensors))
        like = next((x for x in tensors if x.dims == dims), None)  # its formula is then taken as it is, however long
        idx = indices_for(dims, "i") if like is None else like.idx
        return Tensor(dims, idx, sympy.sympify(entry(*(self.spread(x, idx) for x in tensors))))

    def call(self, name: str, *arguments: Any) -> Tensor:
        """Another row's meaning."""
        row = TABLE[name]
        if row.symbolic is None:
            return self.entrywise(row, arguments)
        other = Builder(self.graph)
        other.row, other.hint = row, self.hint
        result: Tensor = row.symbolic(other, *arguments)
        return result

    def broadcast(self, *dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
        rank = max(map(len, dims), default=0)
        result: list[Dim] = [ONE] * rank
        for one in dims:
            for place, dim in enumerate(one, rank - len(one)):
                if dim != 1:
                    result[place] = dim if result[place] == 1 else self.equal(result[place], dim, broadcast=True)
        return tuple(self.sizes.resolve(d) for d in result)

    @staticmethod
    def spread(x: Tensor, idx: Sequence[Expr]) -> Expr:
        """x's entry where the broadcast tensor is read at idx."""
        own_places = idx[len(idx) - x.rank :]
        return x.at(*(ZERO if d == 1 else i for d, i in zip(x.dims, own_places, strict=True)))

    def _dims(self, dims: Sequence[Any]) -> tuple[Dim, ...]:
        return tuple(map(self.resolve, dims))

    # Index maps

    def tensor(self, dims: Sequence[Dim], entry: Callable[..., Expr]) -> Tensor:
        return tensor(self._dims(dims), lambda *i: sympy.sympify(entry(*i)))

    @staticmethod
    def as_place(entry: Expr, dim: Dim) -> Expr:
        """An entry of a tensor of whole numbers as an index; a negative one counts from the end."""
        return Place(entry, dim)

    @staticmethod
    def choose(place: Expr, below: Expr, here: Expr, rest: Expr) -> Expr:
        """`here` where place < below, else `rest`: how pieces are joined."""
        return Where(AtLeast(sympy.expand(below - 1), place), here, rest)

    @staticmethod
    def pick(place: Expr, items: Sequence[Expr]) -> Expr:
        """The item whose number the place is."""
        if not isinstance(place, Index):
            return items[int(place)]
        return sympy.Add(*(Delta(place, Integer(k)) * item for k, item in enumerate(items)))

    # Sums and definitions

    def define(
        self, letter: str, dims: Sequence[Dim], entry: Callable[..., tuple[Sequence[Expr], Expr]], product: bool = False
    ) -> Tensor:
        """A named tensor whose entry is the sum (or product) of a body over indices; `entry` returns both."""

        def closed(*i: Expr) -> tuple[tuple[Index, ...], Expr]:
            over, body = entry(*i)
            return tuple(k for k in over if isinstance(k, Index)), sympy.sympify(body)

        return tensor_of(self.graph.define(self.name(letter), self._dims(dims), closed, product=product))

    def summed(self, letter: str, dims: Sequence[Dim], entry: Callable[..., tuple[Sequence[Expr], Expr]]) -> Tensor:
        """Like `define`, but the sum is contracted first: a sum that a delta decides makes no tensor of its own."""
        dims = self._dims(dims)
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
        """The sum (or product) over axes of `entry(x's entry, how many are summed)`."""
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
        """The indices of a tensor whose reduction is read at i, the reduced axes being at `bound`."""
        kept = iter(i)
        inside = iter(bound)
        full: list[Expr] = []
        for a in range(len(i) + (0 if keepdim else len(over))):
            if a in over:
                full.append(next(inside))
                if keepdim:
                    next(kept)
            else:
                full.append(next(kept))
        return full

    def constant(self, letter: str, values: Any) -> Node:
        """A tensor of known numbers."""
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
        """A named tensor that NumPy computes by a row's own column, with a Jacobian for each differentiable argument.

        Each rule is (argument's node, node -> (output indices, input indices) -> entry of the Jacobian).
        `at_zero`: where the value is 0, PyTorch's derivative takes its reciprocal as 0, and so does the formula.
        """
        used = TABLE[row] if row is not None else self.row
        assert used is not None
        return tensor_of(self.graph.primitive(self.name(letter), self._dims(dims), used, arguments, rules, at_zero))

    def node(self, x: Tensor, letter: str = "a") -> Node:
        """x as a named tensor."""
        return self.graph.as_node(x, letter)


def _symbolic_option(value: Any) -> Any:
    """An option as a scalar rule takes it."""
    return number(value) if isinstance(value, (Fraction, float, int)) and not isinstance(value, bool) else value
