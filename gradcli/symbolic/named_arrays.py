"""Arrays with named axes, and a graph's tensors as such, in a library of arrays. Knows no formula's structure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from gradcli.message import N_, limit
from gradcli.ops.row import n as numpy_library
from gradcli.program.values import options_as_floats
from gradcli.report import Array
from gradcli.shapes import RAISE, allowed, needed
from gradcli.symbolic.dims import Dim, Index
from gradcli.symbolic.scalars import as_float
from gradcli.symbolic.tensor_graph import Graph, Node

MAX_ELEMENTS = 400_000_000
"""No intermediate array may be larger (3 GB): a limit, told before it is allocated."""


@dataclass(frozen=True, slots=True, eq=False)
class NamedArray:
    """An array whose axes are indices."""

    axes: tuple[Index, ...]
    array: Any  # of the library: NumPy's, or one that has its text with it

    def on(self, axes: Sequence[Index]) -> Any:
        """The array so that it broadcasts with others over `axes`."""
        mine = [k for k in axes if k in self.axes]
        array = self.array
        if tuple(mine) != self.axes:
            order = [self.axes.index(k) for k in mine]
            array = array.T if order == [1, 0] else array.transpose(*order)
        places = [slice(None) if k in self.axes else None for k in axes]
        while places and places[0] is None:
            places.pop(0)  # NumPy adds axes in front by itself
        return array if None not in places else array[tuple(places)]


class Arrays(ABC):
    """A graph's tensors at one point, each computed once, and what a library of arrays does in a way of its own."""

    def __init__(
        self,
        graph: Graph,
        point: Mapping[str, Array],
        printed: Mapping[str, Node] | None = None,
        np: Any = np,
        rows: Any = numpy_library,
    ) -> None:
        """`printed` holds the definitions as they are printed, where that differs from how the graph has them; `np` is
        the library that is computed with, `rows` what the rows' columns get."""
        self.graph, self.point, self.np, self.rows = graph, point, np, rows
        self.nodes = {**graph.nodes, **(printed or {})}
        self.tensors: dict[str, Any] = {}
        self.known: dict[Expr, NamedArray] = {}
        """The subexpressions that were computed."""
        self.lengths: dict[Index, int] = {}

    # Tensors

    def tensor(self, name: str) -> Any:
        if name not in self.tensors:
            self.tensors[name] = self.computed(name)
        return self.tensors[name]

    def computed(self, name: str) -> Any:
        """The tensor of this name: an input, or as its node says."""
        node = self.nodes.get(name)
        if node is None or (node.kind == "leaf" and node.constant is None):
            return np.asarray(self.point[name], dtype=np.float64)
        if node.constant is not None:
            return node.constant
        if node.primitive is not None:
            return self.primitive(node, self.tensor)
        return self.at_all(node.formula, node.idx, node.dims)

    def primitive(self, node: Node, tensor: Callable[[str], Any]) -> Any:
        """A primitive's row on the values of its tensors."""
        assert node.primitive is not None
        arguments = [tensor(a.name) if isinstance(a, Node) else options_as_floats(a) for a in node.primitive.arguments]
        with np.errstate(all="ignore"):
            return self.array(node.primitive.row.numpy(self.rows, *arguments))

    @abstractmethod
    def at_all(self, e: Expr, indices: Sequence[Expr], dims: Sequence[Expr]) -> Any:
        """An expression at all of its indices, in the shape of `dims`."""

    # What another library does in its own way

    whole_numbers: Any = int

    @staticmethod
    def array(value: Any) -> Any:
        """What a column gave, as an array of the library."""
        return np.asarray(value)

    @staticmethod
    def floats(value: Any) -> Any:
        """An array whose entries are no whole numbers to the library."""
        return np.asarray(value, dtype=np.float64)

    def constant(self, e: Expr) -> Any:
        """A number of the library."""
        if e is sympy.zoo:  # 1/0, the mean of no numbers
            return np.nan
        return int(e) if e.is_Integer and abs(e) < 2**62 else as_float(e)

    def dim(self, dim: Dim) -> int:
        """How large an axis is."""
        return self.graph.sizes.value(dim)

    def length(self, k: Index) -> int:
        """How many values an index has."""
        if k not in self.lengths:
            self.lengths[k] = self.dim(k.dim)
        return self.lengths[k]

    def joined(self, parts: Sequence[NamedArray]) -> tuple[Index, ...]:
        """The axes of what broadcasts over these: those of the largest first."""
        seen: dict[Index, None] = {}
        for part in sorted(parts, key=lambda p: -len(p.axes)):
            seen.update(dict.fromkeys(part.axes))
        return tuple(seen)

    def together(self, compute: Callable[..., Any], *parts: NamedArray) -> NamedArray:
        """An elementwise computation on parts that broadcast over their indices."""
        axes = self.joined(parts)
        self.within(prod(map(self.length, axes)))
        return NamedArray(axes, self.array(compute(*(part.on(axes) for part in parts))))

    @staticmethod
    def within(elements: int) -> None:
        most = max(allowed(MAX_ELEMENTS), MAX_ELEMENTS)
        if elements > most:
            raise limit(
                N_("the formula needs an array of {n} numbers, more than {most}"),
                hint=RAISE,
                n=elements,
                most=most,
                count=needed(elements, MAX_ELEMENTS),
            )
