"""Formula + values -> how large its terms are before they cancel: what a difference of results is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr

from gradcli.compare import ONE_ROUNDING
from gradcli.report import Array
from gradcli.symbolic.evaluate import Evaluator
from gradcli.symbolic.named_arrays import NamedArray
from gradcli.symbolic.scalars import Entry, Place, Where, atoms, is_structural
from gradcli.symbolic.tensor_graph import Graph, Node

_ROUNDING = ONE_ROUNDING["float64"]


class Magnitude(Evaluator):
    """The same walk with every term taken as positive: what a formula that cancels is made of."""

    def __init__(self, graph: Graph, point: Mapping[str, Array], printed: Mapping[str, Node] | None = None) -> None:
        super().__init__(graph, point, printed)
        self.true = Evaluator(graph, point, printed)

    def absolute(self, e: Expr) -> NamedArray:
        """The true value without its sign: what no cancellation goes into."""
        value = self.true.named(e)
        return NamedArray(value.axes, np.abs(value.array))

    number = size = index = place = quotient = remainder = call = absolute

    def power(self, e: Expr) -> NamedArray:
        return super().power(e) if e.exp.is_Integer and e.exp > 0 else self.absolute(e)

    def divides(self, f: Expr) -> bool:
        """Never: what stands below the line is a factor with its true value."""
        return False

    def where(self, e: Where) -> NamedArray:
        condition, *branches = e.args
        return self.together(self.chosen, self.true.named(condition), *map(self.named, branches))

    def entry(self, e: Entry) -> NamedArray:
        return super().entry(e) if self.is_computed(e.name) else self.absolute(e)

    def at(self, e: Entry) -> list[NamedArray]:
        return self.true.at(e)

    def comparison(self, e: Expr) -> NamedArray:
        """1, too, where a rounding decides how two values compare: PyTorch may then have taken the other side."""
        value = self.true.named(e)
        if is_structural(e):
            return value
        a, b = e.args
        apart = self.together(lambda u, w: np.abs(u - w), self.true.named(a), self.true.named(b))
        terms = self.together(np.add, self.named(a), self.named(b))
        close = self.together(lambda d, t: 1.0 * (d <= 8 * _ROUNDING * t), apart, terms)
        return self.together(np.maximum, value, close)

    def delta(self, e: Expr) -> NamedArray:
        """1 everywhere where the place was computed (argmax): of values that are equal up to a rounding PyTorch may
        have taken another."""
        value = self.true.named(e)
        computed = any(self.is_computed(entry.name) for place in atoms(e, Place) for entry in atoms(place, Entry))
        return NamedArray(value.axes, np.ones_like(value.array)) if computed else value

    def is_computed(self, name: str) -> bool:
        node = self.nodes.get(name)
        return node is not None and (node.body is not None or node.primitive is not None)

    def computed(self, name: str) -> Any:
        """A primitive's value, and how far it moves anywhere by a rounding of each argument, counted in roundings: a
        mean taken off numbers that are all alike leaves nothing but that."""
        node = self.nodes.get(name)
        if node is None or node.primitive is None:
            return super().computed(name)
        moving = {argument.name for argument, _ in node.primitive.jacobians}
        exact: Array = self.true.tensor(name)
        moved = self.primitive(node, lambda a: self.true.tensor(a) + (self.rounding(a) if a in moving else 0))
        with np.errstate(all="ignore"):
            far: float = np.nan_to_num(np.abs(moved - exact), posinf=0.0).max(initial=0.0)
            return np.asarray(np.abs(exact) + far / _ROUNDING)

    def rounding(self, name: str) -> Array:
        """One rounding of what a tensor adds up, upwards and downwards in turn."""
        size: Array = np.abs(self.tensor(name))
        return np.asarray(size * _ROUNDING * np.where(np.arange(size.size) % 2 == 0, 1.0, -1.0).reshape(size.shape))
