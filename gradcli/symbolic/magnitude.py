"""Formula + values -> how large its terms are before they cancel: what a difference of results is measured against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Expr

from gradcli.report import Array
from gradcli.symbolic.evaluate import Evaluator, Named
from gradcli.symbolic.numpy_columns import applied, function
from gradcli.symbolic.scalars import Above, AtLeast, Delta, Entry, Equal, Pi, Place, Sigma, Where, atoms, is_structural
from gradcli.symbolic.tensor_graph import Graph, Node

ROUNDING = 2.0**-52
"""How far apart numbers near 1 are."""


class Magnitude(Evaluator):
    """The same walk with every term taken as positive: what a formula that cancels is made of."""

    def __init__(self, graph: Graph, point: Mapping[str, Array], printed: Mapping[str, Node] | None = None) -> None:
        super().__init__(graph, point, printed)
        self.true = Evaluator(graph, point, printed)

    def _named(self, e: Expr) -> Named:
        if e.is_Add or e.is_Mul or isinstance(e, (Sigma, Pi)) or (e.is_Pow and e.exp.is_Integer and e.exp > 0):
            return super()._named(e)
        if isinstance(e, Where):
            condition, *branches = e.args
            return self._together(function(e), self.true.named(condition), *map(self.named, branches))
        if isinstance(e, Entry) and self._is_computed(e.name):
            return super()._entry(e)
        value = self.true.named(e)
        if isinstance(e, (Above, AtLeast, Equal)) and not is_structural(e):
            return self._together(np.maximum, value, self._close(*e.args))
        if isinstance(e, Delta) and self._is_chosen(e):
            return Named(value.axes, np.ones_like(value.array))
        return Named(value.axes, np.abs(value.array))

    def _close(self, a: Expr, b: Expr) -> Named:
        """1 where a rounding decides how two values compare: PyTorch may then have taken the other side."""
        apart = self._together(lambda u, w: np.abs(u - w), self.true.named(a), self.true.named(b))
        terms = self._together(np.add, self.named(a), self.named(b))
        return self._together(lambda d, t: (d <= 8 * ROUNDING * t).astype(np.float64), apart, terms)

    def _is_chosen(self, e: Expr) -> bool:
        """Whether the place was computed (argmax): of values that are equal up to a rounding PyTorch may have taken
        another."""
        return any(self._is_computed(entry.name) for place in atoms(e, Place) for entry in atoms(place, Entry))

    def _is_computed(self, name: str) -> bool:
        node = self.nodes.get(name)
        return node is not None and (node.body is not None or node.primitive is not None)

    def _computed(self, name: str) -> Array:
        """A primitive's value, and how far it moves anywhere by a rounding of each argument, counted in roundings: a
        mean taken off numbers that are all alike leaves nothing but that."""
        node = self.nodes.get(name)
        if node is None or node.primitive is None:
            return super()._computed(name)
        moving = {argument.name for argument, _ in node.primitive.jacobians}
        exact = self.true.tensor(name)
        moved = applied(node, lambda a: self.true.tensor(a) + (self._rounding(a) if a in moving else 0))
        with np.errstate(all="ignore"):
            far = np.nan_to_num(np.abs(moved - exact), posinf=0.0).max(initial=0.0)
            return np.asarray(np.abs(exact) + far / ROUNDING)

    def _rounding(self, name: str) -> Array:
        """One rounding of what a tensor adds up, upwards and downwards in turn."""
        size = np.abs(self.tensor(name))
        return np.asarray(size * ROUNDING * np.where(np.arange(size.size) % 2 == 0, 1.0, -1.0).reshape(size.shape))
