"""The words of a formula: names for indices, numbers, and the calls of primitives. Knows no order and no brackets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from gradcli.ops.row import REQUIRED
from gradcli.report import Array
from gradcli.symbolic.dims import Index
from gradcli.symbolic.scalars import Entry, as_float, atoms
from gradcli.symbolic.tensor_graph import Node

ROWS, COLUMNS, BOUND, DEFINED = "mnpqMNPQ", "ijklIJKL", "rstuRSTU", "abcdABCD"


class Names:
    """Names for indices: letters by what an index is for, never a tensor's name."""

    def __init__(self, taken: set[str], dims: Mapping[str, tuple[Any, ...]] | None = None) -> None:
        """`taken` are all tensors' names; `dims` their sizes, from which a reader can tell what an index runs over."""
        self.taken, self.dims = taken, dims or {}

    def is_range_evident(self, k: Index, body: Expr) -> bool:
        """Whether the index stands alone in axes of its own size, and in no other, so that its range need not be
        said."""
        sizes = [
            self.dims[e.name][axis]
            for e in atoms(body, Entry)
            for axis, place in enumerate(e.indices)
            if place == k and axis < len(self.dims.get(e.name, ()))
        ]
        return bool(sizes) and all(size == k.dim for size in sizes)

    def letters(self, alphabet: str, used: set[str]) -> Iterator[str]:
        """Free letters of an alphabet, then numbered ones."""
        for letter in chain(alphabet, (f"{alphabet[0]}{k}" for k in range(1, 65))):
            if letter not in self.taken and letter not in used:
                yield letter

    def named(self, indices: Sequence[Expr], alphabet: str, known: Mapping[Expr, str]) -> dict[Expr, str]:
        """`known` with a name for each index that has none."""
        letters = self.letters(alphabet, set(known.values()))
        fresh = [k for k in indices if isinstance(k, Index) and k not in known]
        return {**known, **dict(zip(fresh, letters, strict=False))}


def primitive_text(node: Node) -> str:
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
            plain = isinstance(argument, (str, bool, tuple, int)) or argument is None
            value = repr(argument) if plain else f"{float(argument):g}"
            written.append(f"{param.name}={value}")
    return f"{row.name}({', '.join(written)})"


def _constant_text(values: Array) -> str:
    whole = np.array_equal(values, np.round(values)) and np.abs(values).max(initial=0) < 2**53
    shown = values.astype(np.int64) if whole else values
    return str(shown.tolist()) if values.size <= 64 else f"constants of shape {values.shape}"


def number_text(e: Expr, decimal: bool) -> str:
    """An exact number as people write it: 3, 1/3, 0.05 where decimals were typed, 6.02e23."""
    if not e.is_Rational:
        return {sympy.oo: "inf", -sympy.oo: "-inf", sympy.nan: "nan"}.get(e) or repr(float(e))
    value = Fraction(int(e.p), int(e.q))
    if not 1e-300 < abs(as_float(e)) < 1e300 and value != 0:
        return f"{Decimal(value.numerator) / Decimal(value.denominator):.15e}"
    if value.denominator == 1:
        return str(value.numerator) if abs(value.numerator) < 10**15 else repr(float(value))
    if decimal and terminates(e):
        return repr(float(value))
    text, digits = str(value), repr(float(value))
    return digits if len(text) > 16 or (terminates(e) and len(digits) < len(text)) else text


def terminates(e: Expr) -> bool:
    """True if the number is a decimal of at most 16 digits, so that its float's shortest form is exactly it."""
    return bool(abs(as_float(e)) < 1e300 and Fraction(repr(float(e))) == Fraction(int(e.p), int(e.q)))


def is_negative(term: Expr) -> bool:
    coefficient, _ = term.as_coeff_Mul()
    return bool(coefficient.is_negative)


def is_constant(term: Expr) -> bool:
    return not term.has(Entry) and not term.has(Index)
