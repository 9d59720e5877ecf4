"""A closed form -> NumPy source that computes it: the very expression that is printed, with its indices as axes.

It is the evaluator with a NumPy that writes down how it is called (program.source_text), so every piece has its value
beside its text. Only what a script must hold for is decided otherwise: every value and every size, not those of now.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from gradcli.binding import ATOM, PRODUCT, UNARY
from gradcli.ops.row import n as numpy_library
from gradcli.program.source_text import Library, SourceValue, as_int, as_spelled, made
from gradcli.report import Array
from gradcli.symbolic.dims import Dim, Index, Quotient, Remainder, in_range
from gradcli.symbolic.evaluate import Evaluator
from gradcli.symbolic.fold import fold
from gradcli.symbolic.form import Form
from gradcli.symbolic.named_arrays import NamedArray
from gradcli.symbolic.scalars import Entry, Flag, Place, as_float
from gradcli.symbolic.spelling import is_negative

FINITE = {"Abs", "sin", "cos", "tanh", "atan", "sigmoid", "erf", "relu", "sign", "softsign", "Where", "Place"}
"""Functions that are numbers for all numbers (`exp` overflows)."""
LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


def numpy_script(form: Form, known: Mapping[str, Array]) -> tuple[list[tuple[str, str]], str]:
    """(name, source) for every definition in order, and the source of the formula itself, in the shape of its axes.

    `known` holds the inputs and the weights by the names the formula has for them: they are the script's variables.
    """
    script = Script(form, known)
    with np.errstate(all="ignore"):
        result = script.whole(form.formula.entry, form.formula.indices, form.formula.dims)
    return script.lines, as_spelled(result).text


def conditions(form: Form) -> tuple[list[str], list[str]]:
    """What the values need of the sizes to be what was derived, and what the formulas need beyond that, in the script's
    words."""
    script, sizes = Script(form, {}), form.graph.sizes
    needed: tuple[list[str], list[str]] = ([], [])
    for (a, sign, b), broadcast in sizes.conditions.items():
        if not sizes.follows(a, sign, b):
            left, right = (as_spelled(script.dim(size)).text for size in (a, b))
            needed[broadcast].append(f"{left} {sign} {right}")
    literal = (f"{tensor}.shape[{axis}] == {n}" for (tensor, axis), n in sizes.literal.items())
    needed[not sizes.literal_shape].extend(literal)
    return needed


class Script(Evaluator):
    """One formula's source; the arrays of its pieces are `SourceValue`."""

    whole_numbers = Library("int", int)

    def __init__(self, form: Form, known: Mapping[str, Array]) -> None:
        super().__init__(form.graph, known, form.printed, Library("np", np), Library("np", numpy_library))
        self.others = form.others
        self.tensors = {name: SourceValue(name, np.asarray(a, dtype=np.float64)) for name, a in known.items()}
        self.lines: list[tuple[str, str]] = []
        self.order: dict[Index, int] = {}
        self.bracketed = False
        """Whether a bracket stands beside what is written now: places outside a tensor count as 0 then."""

    def named(self, e: Expr) -> NamedArray:
        return fold(e, self)  # an expression may be written otherwise where it stands again

    def at_all(self, e: Expr, indices: Sequence[Expr], dims: Sequence[Expr]) -> Any:
        return self.whole(e, indices, dims)

    def whole(self, e: Expr, indices: Sequence[Expr], dims: Sequence[Expr]) -> Any:
        before, self.order = self.order, {k: p for p, k in enumerate(indices) if isinstance(k, Index)}
        source = super().whole(e, indices, dims)
        self.order = before
        return source

    # Tensors and sizes

    def tensor(self, name: str) -> SourceValue:
        if name not in self.tensors:
            source = as_spelled(self.computed(name))
            self.lines.append((name, source.text))
            self.tensors[name] = SourceValue(name, np.asarray(source.value))
        tensor: SourceValue = self.tensors[name]
        return tensor

    def computed(self, name: str) -> Any:
        constant = self.nodes[name].constant
        return super().computed(name) if constant is None else SourceValue(made("np", constant), constant)

    @staticmethod
    def array(value: Any) -> SourceValue:
        return as_spelled(value)

    @staticmethod
    def floats(value: Any) -> Any:
        return value

    def dim(self, dim: Dim) -> int:
        """A size of now, written as what it is the size of."""
        size: int = int(dim) if dim.is_Integer else as_int(self.named(dim).array)
        return size

    def size(self, e: Symbol) -> NamedArray:
        tensor, axis = self.graph.sizes.origin[e]
        return NamedArray((), SourceValue(f"{tensor}.shape[{axis}]", self.graph.sizes.values[e]))

    def constant(self, e: Expr) -> SourceValue:
        if e is sympy.pi:
            return SourceValue("np.pi", np.pi)
        if e is sympy.zoo:  # 1/0, the mean of no numbers
            return SourceValue('float("nan")', np.nan)
        if e.is_Integer and abs(e) < 2**53:
            return SourceValue(str(int(e)), int(e), UNARY if e < 0 else ATOM)
        if e.is_Rational and abs(e.p) < 10**9 and e.q < 10**9:
            return SourceValue(f"{e.p}/{e.q}", as_float(e), PRODUCT)
        x = as_float(e)
        return SourceValue(repr(x) if np.isfinite(x) else f'float("{x}")', x, UNARY if x < 0 else ATOM)

    def joined(self, parts: Sequence[NamedArray]) -> tuple[Index, ...]:
        """The axes in the order of the result's; those that are summed over last."""
        seen = dict.fromkeys(k for part in parts for k in part.axes)
        return tuple(sorted(seen, key=lambda k: self.order.get(k, len(self.order))))

    # Entries

    def spans(self, e: Entry, tensor: Any) -> list[bool]:
        """Whether they are equal wherever the formula holds, and not by chance."""
        return [isinstance(k, Index) and self.same(k.dim, dim) for k, dim in zip(e.indices, self.dims(e), strict=True)]

    def dims(self, e: Entry) -> tuple[Dim, ...]:
        return self.nodes[e.name].dims if e.name in self.nodes else tuple(self.others[e.name])

    def same(self, a: Dim, b: Dim) -> bool:
        return a == b or bool(self.graph.sizes.resolve(a - b) == 0)

    def gathered(self, e: Entry, tensor: Any) -> NamedArray:
        places = self.at(e)
        axes = self.joined(places)
        drawn = zip(places, e.indices, self.dims(e), strict=True)
        return NamedArray(axes, tensor[tuple(self.inside(p.on(axes), k, dim) for p, k, dim in drawn)])

    def inside(self, place: SourceValue, index: Expr, dim: Dim) -> SourceValue:
        """A place, drawn in where it may lie outside (a bracket beside it is 0 there)."""
        if isinstance(index, Place):  # it is data
            return place
        if index.is_Integer and self.bracketed and not in_range(index, dim)[1]:
            last = self.dim(dim) - 1
            return SourceValue(f"min({index}, {as_spelled(last).text})", min(int(index), last))
        inside = index.is_Integer or all(in_range(index, dim))
        found: SourceValue = place if inside else self.np.clip(place, 0, self.dim(dim) - 1)
        if np.asarray(found.value).dtype.kind == "i":
            return found
        if np.ndim(found.value) == 0:
            return SourceValue(f"int({found.text})", int(found.value))
        whole: SourceValue = found.astype(self.whole_numbers)
        return whole

    # Sums and products

    def total(self, e: Expr) -> NamedArray:
        """Terms with a minus in front are subtracted, and stand after the others."""
        first, *rest = sorted(e.args, key=is_negative)
        total = self.named(first)
        for term in rest:
            minus = is_negative(term)
            total = self.together(operator.sub if minus else operator.add, total, self.named(-term if minus else term))
        return total

    def parts(self, factors: Sequence[Expr]) -> tuple[list[NamedArray], list[NamedArray], list[NamedArray]]:
        before, self.bracketed = self.bracketed, self.bracketed or any(isinstance(f, Flag) for f in factors)
        parts = super().parts(factors)
        self.bracketed = before
        return parts

    def is_finite(self, value: NamedArray, factors: Sequence[Expr]) -> bool:
        """Whether the value is a number wherever those of the inputs are: with other numbers, too."""
        return all(map(self.is_number, factors))

    def is_number(self, e: Expr) -> bool:
        if isinstance(e, Entry):
            node = self.nodes.get(e.name)
            return node is None or node.kind == "leaf" or (node.body is not None and self.is_number(node.body))
        if e.is_Pow and not (e.exp.is_Integer and e.exp.is_positive):
            return bool(e.base.is_Symbol and e.exp.is_Integer)  # 1/n
        if isinstance(e, (Flag, Index, Quotient, Remainder)):
            return True
        if isinstance(e, sympy.Function) and type(e).__name__ not in FINITE:
            return False
        return all(map(self.is_number, e.args))

    def contracted(self, parts: Sequence[NamedArray], bound: Sequence[Index], missing: int) -> NamedArray:
        """The numbers in front, then one sum or one einsum."""
        scalars = [as_spelled(p.array) for p in parts if not p.axes]
        arrays = [p for p in parts if p.axes]
        if missing != 1:
            scalars.append(as_spelled(missing))
        axes = tuple(k for k in self.joined(arrays) if k not in bound)
        source = [*scalars, *([self.contraction(arrays, axes)] if arrays else [])]
        return NamedArray(axes, reduce(operator.mul, source or [SourceValue("1.0", 1.0)]))

    def contraction(self, parts: Sequence[NamedArray], axes: tuple[Index, ...]) -> SourceValue:
        """The parts' product summed over all axes but these."""
        if len(parts) == 1:
            over = tuple(place for place, k in enumerate(parts[0].axes) if k not in axes)
            whole = {} if len(over) == len(parts[0].axes) else {"axis": over[0] if len(over) == 1 else over}
            summed: SourceValue = parts[0].array.sum(**whole) if over else parts[0].array
            return summed
        letter = dict(zip(self.joined(parts), LETTERS, strict=False))
        operands = ",".join("".join(letter[k] for k in p.axes) for p in parts)
        text = f"{operands}->{''.join(letter[k] for k in axes)}"
        product: SourceValue = self.np.einsum(
            text, *(p.array for p in parts), **({"optimize": True} if len(parts) > 2 else {})
        )
        return product
