"""A formula over at most two indices -> matrix notation, in the calculator's own language, or nothing.

Indices are vertices, tensors with two of them are edges: a summed index between two matrices is a product, at the end
of one a matrix times a vector, alone a dot product. What comes out is only a proposal: `matrix_check`
parses and evaluates it, and drops it if it differs from the formula.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

import sympy
from sympy import Expr

from gradcli.binding import ATOM, COMPARISON, POWER, PRODUCT, SUM, UNARY
from gradcli.symbolic import calls
from gradcli.symbolic.dims import Index
from gradcli.symbolic.fold import Algebra, fold
from gradcli.symbolic.matrix_text import (
    Axes,
    Value,
    chained,
    divided,
    is_one,
    links,
    times,
    transposed,
    with_statements,
)
from gradcli.symbolic.operators import OPERATORS
from gradcli.symbolic.scalars import Above, AtLeast, Delta, Entry, Equal, Place, Sigma, Where, atoms, free_indices
from gradcli.symbolic.spelling import is_negative, primitive_text
from gradcli.symbolic.tensor_graph import Graph, Node
from gradcli.symbolic.text_writer import TextWriter

_EXP_OF_LOG = re.compile(r"exp\(log_(softmax\([^()]*\))\)")
_PLAIN_CHAIN = re.compile(r"[\w.]+( @ [\w.]+)*")


class NoMatrix(Exception):
    """The formula has no matrix notation here."""


class MatrixWriter(Algebra[Value]):
    """Formulas as matrix notation. `nodes` are the definitions that a formula may name."""

    def __init__(self, text: TextWriter, nodes: dict[str, Node], graph: Graph) -> None:
        self.text, self.nodes, self.leaves = text, nodes, graph.nodes
        self.origin = graph.sizes.origin
        self.used: dict[str, Value] = {}
        self.order: Axes = ()

    def program(self, e: Expr, columns: Sequence[Expr], like: str) -> str:
        """The whole text: a statement for each intermediate that is read twice, then the expression.

        `like` is a tensor of the result's shape. Raises NoMatrix.
        """
        last = self.laid_out(e, columns, like)
        return _EXP_OF_LOG.sub(r"\1", with_statements(self.used, last))

    def laid_out(self, e: Expr, columns: Sequence[Expr], like: str) -> str:
        """The expression as an array with these indices as its axes."""
        out = tuple(k for k in columns if isinstance(k, Index))
        if len(out) > 2:
            raise NoMatrix
        before, self.order = self.order, out
        value = self.value(e)
        self.order = before
        return self.shaped(value, columns, out, like)

    def shaped(self, value: Value, columns: Sequence[Expr], out: Axes, like: str) -> str:
        """The text with the axes of the variable, those of size 1 among them."""
        if value.axes != out and set(value.axes) == set(out):
            value = transposed(value)
        if value.axes != out:
            ones = f"ones_like({like})"
            return times(self.aligned(value, out).at_least(PRODUCT), ones)
        if len(columns) == len(out):
            return value.text
        if not out:
            return f"{value.at_least(ATOM)}.reshape({', '.join('1' for _ in columns)})"
        places = ", ".join(":" if isinstance(k, Index) else "None" for k in columns)
        return value.column if value.column and places == ":, None" else f"{value.at_least(ATOM)}[{places}]"

    # Expressions

    def value(self, e: Expr) -> Value:
        """The expression as an array over its own free indices."""
        if not free_indices(e) and not atoms(e, Entry):
            return self.constant(e)
        return fold(e, self)

    def unwritten(self, e: Expr) -> Value:
        """What has no matrix notation."""
        raise NoMatrix

    index = place = quotient = remainder = product_over = unwritten

    def constant(self, e: Expr) -> Value:
        text, holds = self.text.piece(e)
        for symbol in sorted(e.free_symbols & self.origin.keys(), key=attrgetter("name")):
            tensor, axis = self.origin[symbol]
            text = text.replace(symbol.name, f"{tensor}.shape[{axis}]")
        return Value(text, (), holds)

    number = size = constant

    def entry(self, e: Entry) -> Value:
        self.define(e.name)
        axes = tuple(k for k in e.indices if isinstance(k, Index))
        if axes == e.indices:
            if len(axes) == 2 and axes[0] == axes[1]:
                return Value(f"diag({e.name})", axes[:1])
            if len(set(axes)) != len(axes) or len(axes) > 2:
                raise NoMatrix
            return Value(e.name, axes)
        places = [":" if isinstance(k, Index) else str(k) for k in e.indices]
        plain = all(isinstance(k, Index) or k.is_Integer for k in e.indices)
        if not plain or len(axes) > 2 or len(set(axes)) != len(axes):
            raise NoMatrix
        keeps = e.name if places == [":", "0"] and self.is_column(e.name) else None
        return Value(f"{e.name}[{', '.join(places)}]", axes, column=keeps)

    def is_column(self, name: str) -> bool:
        node = self.nodes.get(name) or self.leaves.get(name)
        return node is not None and len(node.dims) == 2 and node.dims[1] == 1

    def define(self, name: str) -> None:
        """A statement for a named intermediate, once, after those it needs itself."""
        node = self.nodes.get(name)
        if node is None or name in self.used:
            return
        if node.primitive is not None:
            for argument in node.primitive.arguments:
                if isinstance(argument, Node):
                    self.define(argument.name)
            self.used[name] = Value(primitive_text(node), ())
        elif node.body is not None:
            text = self.laid_out(node.formula, node.idx, name)
            holds = ATOM if is_one(text) else PRODUCT if _PLAIN_CHAIN.fullmatch(text) else COMPARISON
            self.used[name] = Value(text, (), holds)
        else:
            raise NoMatrix

    def comparison(self, e: Above | AtLeast | Equal) -> Value:
        axes, (a, b) = self.together(e.args)
        return Value(f"{a.at_least(SUM)} {OPERATORS[type(e)].text} {b.at_least(SUM)}", axes, COMPARISON)

    def where(self, e: Where) -> Value:
        axes, values = self.together(e.args)
        return Value(f"where({', '.join(v.text for v in values)})", axes)

    def call(self, e: Expr) -> Value:
        row, tensors = calls.row_of(e), calls.operands(e)
        if row.tensor_places != tuple(range(len(tensors))):
            raise NoMatrix
        axes, values = self.together(tensors)
        options = map(self.text.argument, calls.arguments(e)[len(tensors) :])
        return Value(f"{row.name}({', '.join([*(v.text for v in values), *options])})", axes)

    def together(self, parts: Sequence[Expr]) -> tuple[Axes, list[Value]]:
        """Values that broadcast, and the axes of what they give."""
        values = list(map(self.value, parts))
        axes = self.union(values)
        return axes, [self.aligned(value, axes) for value in values]

    def power(self, e: Expr) -> Value:
        base, exponent = e.as_base_exp()
        if exponent.is_Number and exponent.is_negative:
            return self.multiplied((e,), ())
        if exponent == sympy.Rational(1, 2):
            inside = self.value(base)
            return Value(f"sqrt({inside.text})", inside.axes)
        if exponent.is_Number:
            raised = self.value(base)
            return Value(f"{raised.at_least(ATOM)}**{self.constant(exponent).at_least(ATOM)}", raised.axes, POWER)
        axes, (b, p) = self.together((base, exponent))
        return Value(f"{b.at_least(ATOM)}**{p.at_least(ATOM)}", axes, POWER)

    def delta(self, e: Delta) -> Value:
        a, b = e.args
        if isinstance(a, Index) and isinstance(b, Index):
            return Value(f"eye({self.constant(a.dim).text})", (a, b))
        for one, place in ((a, b), (b, a)):
            if isinstance(one, Index) and isinstance(place, Place):
                target = self.value(place.args[0])
                if len(target.axes) <= 1:
                    return Value(f"one_hot({target.text}, {self.constant(place.args[1]).text})", (*target.axes, one))
        raise NoMatrix

    # Sums of terms

    def total(self, e: Expr) -> Value:
        ordered = self.text.ordered(e)
        negative = [is_negative(t) for t in ordered]
        terms = [self.value(-t if minus else t) for t, minus in zip(ordered, negative, strict=True)]
        axes = self.union(terms)
        if not any(negative) and (shared := self.shared(terms, axes)) is not None:
            return shared
        text = ""
        for term, minus in zip(terms, negative, strict=True):
            laid = self.aligned(term, axes)
            text += (" - " if minus else " + ") + laid.at_least(PRODUCT if minus else SUM)
        return Value(text.removeprefix(" + ") if text.startswith(" + ") else "-" + text.removeprefix(" - "), axes, SUM)

    def shared(self, terms: Sequence[Value], axes: Axes) -> Value | None:
        """A @ x + A.T @ x as (A + A.T) @ x: one common factor at the end, or at the front, of every product."""
        if len(terms) < 2 or not all(
            len(t.chain) > 1 and t.text == chained(t.chain).text and t.axes == axes for t in terms
        ):
            return None
        for end in (-1, 0):
            common = terms[0].chain[end]
            if all(t.chain[end].text == common.text for t in terms):
                rest = [chained(t.chain[:-1] if end else t.chain[1:]) for t in terms]
                if len({len(r.axes) for r in rest}) == 1:
                    inner = Value(" + ".join(r.at_least(SUM) for r in rest), rest[0].axes, SUM)
                    return chained((inner, common) if end else (common, inner))
        return None

    # Products

    def product(self, e: Expr) -> Value:
        return self.multiplied(e.args, ())

    def sum_over(self, e: Sigma) -> Value:
        return self.multiplied(sympy.Mul.make_args(e.body), e.bound)

    def multiplied(self, factors: Sequence[Expr], bound: Sequence[Index]) -> Value:
        """The product of the factors, summed over `bound`."""
        coefficient, above, below = self.text.parts(factors)
        values = [self.value(f) for f in self.text.by_kind(above)]
        while bound:
            k = min(bound, key=lambda b: (len(_neighbours(values, b)), _length(values, b), b.name))
            values = self.eliminated(values, k)
            bound = [b for b in bound if b is not k]
        scalars = [v for v in values if not v.axes]
        result = self.hadamard([v for v in values if v.axes]) if any(v.axes for v in values) else None
        return self.scaled(coefficient, scalars, result, [self.value(f) for f in below])

    def eliminated(self, values: list[Value], k: Index) -> list[Value]:
        """The values with index k summed over."""
        here = [v for v in values if k in v.axes]
        rest = [v for v in values if k not in v.axes]
        vectors = [v for v in here if v.axes == (k,)]
        others = self.ends(here, rest, k)
        groups = [[v for v in here if set(v.axes) == {k, a}] for a in others]
        if len(groups) > 2 or not here:
            raise NoMatrix
        if not groups:
            return [*rest, self.dotted(vectors)]
        if len(groups) == 1:
            (a,) = others
            matrix = self.hadamard(groups[0], (a, k) if vectors else groups[0][0].axes)
            if not vectors:
                place = matrix.axes.index(k)
                text = f"sum({matrix.text}, dim={place}"
                return [*rest, Value(text + ")", (a,), column=text + ", keepdim=True)" if place == 1 else None)]
            return [*rest, chained((*links(matrix), self.hadamard(vectors)))]
        left, right = self.hadamard(groups[0], (others[0], k)), self.hadamard(groups[1], (k, others[1]))
        if vectors:
            weighted = self.hadamard(vectors)
            left = Value(f"{left.at_least(UNARY)}*{weighted.at_least(UNARY)}", left.axes, PRODUCT)
        return [*rest, chained((*links(left), *links(right)))]

    def ends(self, values: Sequence[Value], rest: Sequence[Value], k: Index) -> list[Index]:
        """The indices that k joins, in the order that needs fewer transposes, now or when the product meets a matrix
        of the rest with the same axes; else as the result has them."""

        def transposes(order: list[Index]) -> int:
            wanted = {(order[0], k), (k, order[-1])} if len(order) > 1 else {(order[0], k)}
            met = sum(v.axes == tuple(order[::-1]) for v in rest) if len(order) == 2 else 0
            return sum(len(v.axes) == 2 and v.axes not in wanted for v in values) + met

        found = sorted(_neighbours(values, k), key=lambda a: (self.order.index(a) if a in self.order else 9, a.name))
        return min((found, found[::-1]), key=transposes) if found else found

    def dotted(self, vectors: Sequence[Value]) -> Value:
        if len(vectors) == 1:
            return Value(f"sum({vectors[0].text})", ())
        if len(vectors) == 2 and not any(v.holds == COMPARISON for v in vectors):
            return chained(tuple(vectors), ())
        return Value(f"sum({self.hadamard(vectors).text})", ())

    def hadamard(self, values: Sequence[Value], axes: Axes | None = None) -> Value:
        """The product entry by entry; a row times a column is their outer product."""
        wanted = axes if axes is not None else self.union(values)
        if len(values) == 1:
            return self.aligned(values[0], wanted)
        if len(wanted) == 2 and all(len(v.axes) == 1 for v in values):
            sides = [[v for v in values if v.axes == (a,)] for a in wanted]
            if all(sides):
                left, right = (self.hadamard(side) for side in sides)
                return Value(f"outer({left.text}, {right.text})", wanted)
        eyes = [v for v in values if v.text.startswith("eye(") and len(v.axes) == 2]
        if eyes and len(wanted) == 2 and all(len(v.axes) == 1 for v in values if v is not eyes[0]):
            inside = self.hadamard([replace(v, axes=wanted[:1]) for v in values if v is not eyes[0]])
            return Value(f"diag({inside.text})", wanted)
        laid = [self.aligned(v, wanted) for v in values]
        texts = [v.at_least(UNARY) if v.chain or v.holds < PRODUCT else v.text for v in laid]
        return Value("*".join(texts), wanted, PRODUCT)

    def union(self, values: Sequence[Value]) -> Axes:
        """All axes: in the order of the result, where it has them; else as the first matrix has them."""
        seen: dict[Index, None] = {}
        for value in sorted(values, key=lambda v: -len(v.axes)):
            seen.update(dict.fromkeys(value.axes))
        if len(seen) > 2:
            raise NoMatrix
        if all(k in self.order for k in seen):
            return tuple(k for k in self.order if k in seen)
        return tuple(seen)

    def aligned(self, value: Value, axes: Axes) -> Value:
        """The value so that it broadcasts against an array with these axes."""
        if value.axes == axes or not value.axes:
            return value
        if len(axes) == 2 and value.axes == axes[::-1]:
            return transposed(value)
        if len(axes) == 2 and value.axes == axes[1:]:
            return value
        if len(axes) == 2 and value.axes == axes[:1]:
            return Value(value.column or f"{value.at_least(ATOM)}[:, None]", axes)
        raise NoMatrix

    def scaled(
        self, coefficient: Expr, scalars: Sequence[Value], result: Value | None, below: Sequence[Value]
    ) -> Value:
        """number * scalars * result / below."""
        result, below = divided(result, below)
        sign = "-" if coefficient.is_negative else ""
        up, down = abs(coefficient).as_numer_denom()
        fronts = [] if up == 1 else [self.constant(up).text]
        fronts += [s.at_least(POWER) for s in scalars]
        bottoms = [] if down == 1 else [Value(self.constant(down).text, ())]
        axes = self.union([*([result] if result else []), *below])
        chain: tuple[Value, ...] = ()
        laid = None if result is None else self.aligned(result, axes)
        if laid is not None:
            chain = laid.chain if not fronts and not sign and not below and down == 1 else ()
            as_it_is = laid.holds >= PRODUCT and (laid.chain or not below or " @ " not in laid.text)
            fronts.append(laid.text if as_it_is else laid.at_least(UNARY))
        text = "*".join(fronts) or "1"
        divisors = [*bottoms, *(self.aligned(b, axes) for b in below)]
        if divisors:
            inside = "*".join(d.at_least(POWER) for d in divisors)
            top = f"({text})" if result is not None and result.chain else text
            text = f"{top}/{inside if len(divisors) == 1 else f'({inside})'}"
        if not sign and not divisors and len(fronts) == 1:
            only = laid or (scalars[0] if scalars else None)
            return only if only is not None else Value(text, axes)
        column = text.replace(laid.text, laid.column) if laid is not None and laid.column else None
        return Value(sign + text, axes, SUM if sign else PRODUCT, chain, column if not divisors or not below else None)


def _length(values: Sequence[Value], k: Index) -> int:
    """How long what k joins is: of two products the one with the plain matrix is written first, as backward does it."""
    return sum(len(v.text) for v in values if k in v.axes)


def _neighbours(values: Sequence[Value], k: Index) -> set[Index]:
    return {a for v in values if k in v.axes for a in v.axes if a is not k}
