"""A closed form -> NumPy source that computes it: the very expression that is printed, with its indices as axes.

It goes through the expression as `evaluate` does, with a NumPy that writes down how it is called (program.spelled), so
every piece has its value beside its text; sums of products become `np.einsum`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from gradcli.binding import ATOM, PRODUCT, UNARY
from gradcli.ops.libraries import n as numpy_library
from gradcli.program.source_text import Library, Spelled, SpelledInt, as_int, as_spelled, made
from gradcli.program.values import options_as_floats
from gradcli.report import Array
from gradcli.symbolic.dims import Dim, Index, Quotient, Remainder, in_range
from gradcli.symbolic.form import Form
from gradcli.symbolic.numpy_columns import options_of, row_of
from gradcli.symbolic.scalars import (
    Above,
    AtLeast,
    Atomic,
    Delta,
    Entry,
    Equal,
    Flag,
    Pi,
    Place,
    Sigma,
    Where,
    as_float,
)
from gradcli.symbolic.tensor_graph import Node

FINITE = {"Abs", "sin", "cos", "tanh", "atan", "sigmoid", "erf", "relu", "sign", "softsign", "Where", "Place"}
"""Functions that are numbers for all numbers (`exp` overflows)."""
LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


@dataclass(frozen=True, slots=True, eq=False)
class Axed:
    """A piece of source whose array has these indices as its axes."""

    axes: tuple[Index, ...]
    said: Spelled

    def on(self, axes: Sequence[Index]) -> Spelled:
        """The array so that it broadcasts with others over `axes`."""
        mine = [k for k in axes if k in self.axes]
        said = self.said
        if tuple(mine) != self.axes:
            order = [self.axes.index(k) for k in mine]
            said = said.T if order == [1, 0] else said.transpose(*order)
        wanted = [slice(None) if k in self.axes else None for k in axes]
        while wanted and wanted[0] is None:
            wanted.pop(0)  # NumPy adds axes in front by itself
        return said if None not in wanted else said[tuple(wanted)]


def numpy_script(form: Form, known: Mapping[str, Array], alias: str = "np") -> tuple[list[tuple[str, str]], str]:
    """(name, source) for every definition in order, and the source of the formula itself, in the shape of its axes.

    `known` holds the inputs and the weights by the names the formula has for them: they are the script's variables.
    """
    with np.errstate(all="ignore"):
        return _Script(form, known, alias).written()


def conditions(form: Form) -> tuple[list[str], list[str]]:
    """What the values need of the sizes to be what was derived, and what the formulas need beyond that, in the script's
    words."""
    script, sizes = _Script(form, {}, "np"), form.graph.sizes
    needed: tuple[list[str], list[str]] = ([], [])
    for (a, sign, b), broadcast in sizes.conditions.items():
        if not sizes.follows(a, sign, b):
            needed[broadcast].append(f"{script.size(a)} {sign} {script.size(b)}")
    literal = (f"{tensor}.shape[{axis}] == {n}" for (tensor, axis), n in sizes.literal.items())
    needed[not sizes.literal_shape].extend(literal)
    return needed


class _Script:
    """One formula's source, each tensor by its name."""

    def __init__(self, form: Form, known: Mapping[str, Array], alias: str) -> None:
        self.form, self.alias = form, alias
        self.library, self.np = Library(alias, numpy_library), Library(alias, np)
        self.nodes = {**form.graph.nodes, **{node.name: node for node in form.polished.nodes}}
        self.tensors = {name: Spelled(name, np.asarray(a, dtype=np.float64)) for name, a in known.items()}
        self.lines: list[tuple[str, str]] = []
        self.order: dict[Index, int] = {}
        self.bracketed = False
        """Whether a bracket stands beside what is written now: places outside a tensor count as 0 then."""

    def written(self) -> tuple[list[tuple[str, str]], str]:
        formula = self.form.formula
        return self.lines, self._whole(formula.entry, formula.indices, formula.dims).text

    def _whole(self, e: Expr, indices: Sequence[Expr], dims: Sequence[Expr]) -> Spelled:
        """An expression at all of its indices."""
        before, self.order = self.order, {k: p for p, k in enumerate(indices) if isinstance(k, Index)}
        kept = [k for k in indices if isinstance(k, Index)]
        axed = self._axed(e)
        said = axed.on(kept)
        if set(axed.axes) != set(kept):
            said = self.np.broadcast_to(said, tuple(self._size(k) for k in kept))
        if len(kept) != len(dims):
            said = said if isinstance(said.value, np.ndarray) else self.np.asarray(said)
            said = said.reshape(tuple(self._dim(d) for d in dims))
        self.order = before
        return said

    def size(self, dim: Dim) -> str:
        """A size as it is written."""
        return as_spelled(self._dim(dim)).text

    def _size(self, k: Index) -> int:
        return self._dim(k.dim)

    def _dim(self, dim: Dim) -> int:
        """A size of now, written as what it is the size of."""
        if dim.is_Integer:
            return int(dim)
        if dim.is_Symbol:
            tensor, axis = self.form.graph.sizes.origin[dim]
            return SpelledInt(self.form.graph.sizes.values[dim], f"{tensor}.shape[{axis}]")
        found: int
        if dim.is_Pow:
            found = self._dim(dim.base) ** int(dim.exp)
        elif dim.is_Mul:
            found = reduce(operator.mul, map(self._dim, dim.args))
        elif isinstance(dim, (Quotient, Remainder)):
            a, b = (as_spelled(self._dim(part)) for part in dim.args)
            found = as_int((operator.floordiv if isinstance(dim, Quotient) else operator.mod)(a, b))
        else:
            assert dim.is_Add, dim
            first, *rest = sorted(dim.args, key=lambda t: bool(t.as_coeff_Mul()[0].is_negative))
            found = self._dim(first)
            for term in rest:
                found = found - self._dim(-term) if term.as_coeff_Mul()[0].is_negative else found + self._dim(term)
        return found

    # Tensors

    def _tensor(self, name: str) -> Spelled:
        if name not in self.tensors:
            said = self._defined(self.nodes[name])
            self.lines.append((name, said.text))
            self.tensors[name] = Spelled(name, np.asarray(said.value))
        return self.tensors[name]

    def _defined(self, node: Node) -> Spelled:
        if node.constant is not None:
            return Spelled(made(self.alias, np.asarray(node.constant)), np.asarray(node.constant, dtype=np.float64))
        if node.primitive is not None:
            given = [
                self._tensor(a.name) if isinstance(a, Node) else options_as_floats(a) for a in node.primitive.arguments
            ]
            found = node.primitive.row.numpy(self.library, *given)
            return (
                found if isinstance(found, Spelled) else Spelled(f"{self.alias}.asarray({found!r})", np.asarray(found))
            )
        return self._whole(node.formula(), node.idx, node.dims)

    # Expressions

    def _axed(self, e: Expr) -> Axed:
        if isinstance(e, Index):
            return Axed((e,), self.np.arange(self._size(e)))
        if e.is_Number or e.is_NumberSymbol or e is sympy.zoo:
            return Axed((), self._number(e))
        if e.is_Symbol:
            return Axed((), as_spelled(self._dim(e)))
        if isinstance(e, Entry):
            return self._entry(e)
        if isinstance(e, Sigma):
            terms = e.body.args if e.body.is_Add else (e.body,)
            return self._together(lambda *t: reduce(operator.add, t), *(self._summed(t, e.bound) for t in terms))
        if isinstance(e, Pi):
            return self._multiplied(e)
        if e.is_Mul:
            return self._product(e.args)
        if e.is_Pow:
            return self._power(e)
        if e.is_Add:
            return self._sum(e)
        return self._function(e)

    def _number(self, e: Expr) -> Spelled:
        if e is sympy.pi:
            return Spelled(f"{self.alias}.pi", np.pi)
        if e is sympy.zoo:  # 1/0, the mean of no numbers
            return Spelled('float("nan")', np.nan, ATOM)
        if e.is_Integer and abs(e) < 2**53:
            return Spelled(str(int(e)), float(e), UNARY if e < 0 else ATOM)
        if e.is_Rational and abs(e.p) < 10**9 and e.q < 10**9:
            return Spelled(f"{e.p}/{e.q}", as_float(e), PRODUCT)
        x = as_float(e)
        return Spelled(repr(x) if np.isfinite(x) else f'float("{x}")', x, UNARY if x < 0 else ATOM)

    def _joined(self, parts: Sequence[Axed]) -> tuple[Index, ...]:
        seen = dict.fromkeys(k for part in parts for k in part.axes)
        return tuple(sorted(seen, key=lambda k: self.order.get(k, len(self.order))))

    def _together(self, compute: Callable[..., Any], *parts: Axed) -> Axed:
        axes = self._joined(parts)
        found = compute(*(part.on(axes) for part in parts))
        return Axed(axes, found)

    def _sum(self, e: Expr) -> Axed:
        """Terms with a minus in front are subtracted, and stand after the others."""
        terms = sorted(e.args, key=lambda t: bool(t.as_coeff_Mul()[0].is_negative))
        total = self._axed(terms[0])
        for term in terms[1:]:
            if term.as_coeff_Mul()[0].is_negative:
                total = self._together(operator.sub, total, self._axed(-term))
            else:
                total = self._together(operator.add, total, self._axed(term))
        return total

    def _product(self, factors: Sequence[Expr]) -> Axed:
        flags, tops, bottoms = self._parts(factors)
        result: Axed | None = reduce(lambda a, b: self._together(operator.mul, a, b), tops) if tops else None
        for below in bottoms:
            one = Axed((), Spelled("1.0", 1.0)) if result is None else result
            result = self._together(operator.truediv, one, below)
        finite = all(map(self._is_finite, factors))
        for flag in flags:
            result = flag if result is None else self._masked(result, flag, finite)
        assert result is not None
        return result

    def _parts(self, factors: Sequence[Expr]) -> tuple[list[Axed], list[Axed], list[Axed]]:
        """The brackets, and what stands above and below the line."""
        flags = [self._axed(f) for f in factors if isinstance(f, Flag)]
        before, self.bracketed = self.bracketed, self.bracketed or bool(flags)
        tops, bottoms = self._factors([f for f in factors if not isinstance(f, Flag)])
        self.bracketed = before
        return flags, tops, bottoms

    def _factors(self, factors: Sequence[Expr]) -> tuple[list[Axed], list[Axed]]:
        """What stands above and below the line; a**b log(a) is one factor, 0 where a is 0 and b is not negative."""
        powers = {f.base: f for f in factors if f.is_Pow and not f.exp.is_Number}
        logs = [f for f in factors if isinstance(f, sympy.log) and f.args[0] in powers]
        taken = {*logs, *(powers[f.args[0]] for f in logs)}
        tops = [self._together(self._power_log, self._axed(f.args[0]), self._axed(powers[f.args[0]].exp)) for f in logs]
        bottoms = []
        for f in factors:
            if f in taken:
                continue
            if f.is_Pow and f.exp.is_Number and f.exp.is_negative and not self._counts_zero(f):
                bottoms.append(self._axed(f.base**-f.exp))
            else:
                tops.append(self._axed(f))
        return tops, bottoms

    def _power_log(self, a: Any, b: Any) -> Any:
        return self.np.where((a == 0) & (b >= 0), 0.0, a**b * self.np.log(a))

    def _masked(self, value: Axed, flag: Axed, finite: bool) -> Axed:
        """Times a bracket; where it is 0 the product is 0, even next to what is not finite."""
        if finite:
            return self._together(operator.mul, value, flag)
        return self._together(lambda f, a: self.np.where(f == 0, 0.0, a), flag, value)

    def _is_finite(self, e: Expr) -> bool:
        """Whether the value is a number wherever those of the inputs are: with other numbers, too."""
        if isinstance(e, Entry):
            node = self.nodes.get(e.name)
            if node is None or node.kind == "leaf":
                return True
            return node.body is not None and self._is_finite(node.body)
        if e.is_Pow and not (e.exp.is_Integer and e.exp.is_positive):
            return bool(e.base.is_Symbol and e.exp.is_Integer)  # 1/n
        if isinstance(e, (Flag, Index, Quotient, Remainder)):
            return True
        if isinstance(e, sympy.Function) and type(e).__name__ not in FINITE:
            return False
        return all(map(self._is_finite, e.args))

    def _power(self, e: Expr) -> Axed:
        base, exponent = e.as_base_exp()
        if base == sympy.E:
            return self._together(self.np.exp, self._axed(exponent))
        b = self._axed(base)
        if not exponent.is_Number:
            return self._together(operator.pow, b, self._axed(exponent))
        raised = self._together(lambda a: self._to_the(a, exponent), b)
        if self._counts_zero(e):
            return self._together(lambda a, r: self.np.where(a == 0, 0.0, r), b, raised)
        return raised

    def _to_the(self, a: Any, exponent: Expr) -> Any:
        if exponent.is_negative:
            return 1.0 / self._to_the(a, -exponent)
        if exponent == 1:
            return a
        if exponent == sympy.Rational(1, 2):
            return self.np.sqrt(a)
        return a ** self._number(exponent)

    def _counts_zero(self, e: Expr) -> bool:
        """Whether 1/r is taken as 0 where the norm r is 0."""
        node = self.nodes.get(e.base.name) if isinstance(e.base, Entry) else None
        return bool(
            e.exp.is_Number
            and e.exp.is_negative
            and node is not None
            and node.primitive is not None
            and node.primitive.at_zero
        )

    def _function(self, e: Expr) -> Axed:
        own = self._own(e)
        if own is not None:
            return self._together(own, *map(self._axed, e.args))
        if not isinstance(e, Atomic):
            row = row_of(e)
            return self._together(lambda *u: row.numpy(self.library, *u), *map(self._axed, e.args))
        given = options_of(e)

        def call(*values: Any) -> Any:
            for place, value in zip(e.row.tensor_places, values, strict=True):
                given[place] = value
            return e.row.numpy(self.library, *given)

        return self._together(call, *(self._axed(e.args[k]) for k in e.row.tensor_places))

    def _own(self, e: Expr) -> Callable[..., Any] | None:
        found: Mapping[type, Callable[..., Any]] = {
            Delta: lambda a, b: 1.0 * (a == b),
            Equal: lambda a, b: 1.0 * (a == b),
            Above: lambda a, b: 1.0 * (a > b),
            AtLeast: lambda a, b: 1.0 * (a >= b),
            Where: lambda c, a, b: self.np.where(c != 0, a, b),
            Quotient: operator.floordiv,
            Remainder: operator.mod,
            Place: lambda k, size: self.np.where(k < 0, k + size, k).astype(Library("int", int)),
        }
        return found.get(type(e))

    # Entries and sums

    def _entry(self, e: Entry) -> Axed:
        tensor, dims = self._tensor(e.name), self._dims(e.name)
        spans = [isinstance(k, Index) and self._same(k.dim, dim) for k, dim in zip(e.indices, dims, strict=True)]
        if all(span or k == 0 for span, k in zip(spans, e.indices, strict=True)):
            axes = tuple(k for k in e.indices if isinstance(k, Index))
            if len(set(axes)) == len(axes):
                whole = tensor[tuple(slice(None) if span else 0 for span in spans)] if not all(spans) else tensor
                return Axed(axes, whole)
        places = [self._axed(k) for k in e.indices]
        axes = self._joined(places)
        drawn = [self._inside(p.on(axes), k, dim) for p, k, dim in zip(places, e.indices, dims, strict=True)]
        return Axed(axes, tensor[tuple(drawn)])

    def _dims(self, name: str) -> tuple[Dim, ...]:
        return self.nodes[name].dims if name in self.nodes else tuple(self.form.others[name])

    def _same(self, a: Dim, b: Dim) -> bool:
        """Whether two sizes are equal wherever the formula holds, and not by chance."""
        return a == b or bool(self.form.graph.sizes.resolve(a - b) == 0)

    def _inside(self, place: Spelled, index: Expr, dim: Dim) -> Spelled:
        """A place, drawn in where it may lie outside (a bracket beside it is 0 there)."""
        if isinstance(index, Place):  # it is data
            return place
        if index.is_Integer and self.bracketed and not in_range(index, dim)[1]:
            last = self._dim(dim) - 1
            return Spelled(f"min({index}, {as_spelled(last).text})", min(int(index), last))
        inside = index.is_Integer or all(in_range(index, dim))
        found = place if inside else self.np.clip(place, 0, self._dim(dim) - 1)
        if np.asarray(found.value).dtype.kind == "i":
            return found
        whole = Spelled(f"int({found.text})", int(found.value)) if np.ndim(found.value) == 0 else None
        return found.astype(Library("int", int)) if whole is None else whole

    def _summed(self, term: Expr, bound: Sequence[Index]) -> Axed:
        factors = list(sympy.Mul.make_args(term))
        flags, tops, bottoms = self._parts(factors)
        tops += [self._together(operator.truediv, Axed((), Spelled("1.0", 1.0)), b) for b in bottoms]
        if not all(map(self._is_finite, factors)):
            for flag in flags:
                tops = [self._masked(part, flag, finite=False) for part in tops]
        numbers = [p.said for p in tops if not p.axes and np.ndim(p.said.value) == 0]
        parts = [p for p in (*tops, *flags) if p.axes]
        missing = prod(self._size(k) for k in bound if not any(k in p.axes for p in parts))
        said = [*numbers, *([as_spelled(missing)] if missing != 1 else [])]
        axes, summed = self._contracted(parts, bound)
        scaled = reduce(operator.mul, [*said, summed] if summed is not None else said or [Spelled("1.0", 1.0)])
        return Axed(axes, scaled)

    def _contracted(self, parts: Sequence[Axed], bound: Sequence[Index]) -> tuple[tuple[Index, ...], Spelled | None]:
        if not parts:
            return (), None
        every = self._joined(parts)
        kept = tuple(k for k in every if k not in bound)
        if len(parts) == 1:
            over = tuple(p for p, k in enumerate(parts[0].axes) if k in bound)
            left = tuple(k for k in parts[0].axes if k not in bound)
            said = parts[0].said
            return left, (
                said if not over else said.sum() if not left else said.sum(axis=over[0] if len(over) == 1 else over)
            )
        letter = dict(zip(every, LETTERS, strict=False))
        text = ",".join("".join(letter[k] for k in p.axes) for p in parts) + "->" + "".join(letter[k] for k in kept)
        return kept, self.np.einsum(text, *(p.said for p in parts), **({"optimize": True} if len(parts) > 2 else {}))

    def _multiplied(self, e: Pi) -> Axed:
        body = self._axed(e.body)
        over = tuple(p for p, k in enumerate(body.axes) if k in e.bound)
        missing = prod(self._size(k) for k in e.bound if k not in body.axes)
        kept = tuple(k for k in body.axes if k not in e.bound)
        said: Any = self.np.prod(body.said, axis=over) if over else body.said
        return Axed(kept, said if missing == 1 else said**missing)
