"""The one walk over the nodes of a formula: every class of nodes has its kind, and no algebra leaves one out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sympy

from gradcli.symbolic import diff, dims, scalars
from gradcli.symbolic.calls import SCALARS
from gradcli.symbolic.evaluate import Evaluator
from gradcli.symbolic.fold import KINDS, Algebra, fold, kind_of
from gradcli.symbolic.latex_writer import LatexWriter
from gradcli.symbolic.magnitude import Magnitude
from gradcli.symbolic.matrix import MatrixWriter
from gradcli.symbolic.numpy_script import Script
from gradcli.symbolic.operators import OPERATORS
from gradcli.symbolic.text_writer import TextWriter

BASES = {scalars.Unknown, scalars.Flag, scalars.Bound, dims.Ranged, dims._Division, diff.Slot, diff.Power}
"""What nodes have in common, and what stands in a formula only while it is differentiated."""


def nodes(kind: type = sympy.Expr) -> Iterator[type]:
    """The classes of expressions that are made here."""
    for below in kind.__subclasses__():
        if below.__module__.startswith("gradcli.") and below not in BASES:
            yield below
        yield from nodes(below)


def test_every_class_of_nodes_has_a_kind_of_its_own() -> None:
    own = {kind for kind in nodes() if not issubclass(kind, scalars.Atomic)}
    assert len(own) > 10
    assert own - set(KINDS) == {scalars.log}  # a call, as all functions are


def test_a_kind_is_a_method_of_every_algebra() -> None:
    assert set(KINDS.values()) == Algebra.__abstractmethods__
    for algebra in (Evaluator, Magnitude, Script, TextWriter, LatexWriter, MatrixWriter):
        assert not algebra.__abstractmethods__


def test_an_algebra_that_leaves_out_a_kind_cannot_be_made() -> None:
    partial = type("Partial", (Algebra,), dict.fromkeys(Algebra.__abstractmethods__ - {"where"}))
    with pytest.raises(TypeError, match="where"):
        partial()


def test_what_is_no_node_is_refused() -> None:
    with pytest.raises(StopIteration):
        kind_of(sympy.Integral)


def test_an_operator_is_one_of_a_kind_of_node() -> None:
    assert set(OPERATORS) <= set(KINDS)


def test_a_row_is_a_call() -> None:
    x = scalars.Entry(sympy.Symbol("x"))
    calls = (SCALARS.sigmoid(x), SCALARS.exp(x), SCALARS.log(x))
    names = type("Names", (Algebra,), {name: lambda self, e, name=name: name for name in Algebra.__abstractmethods__})
    assert {fold(call, names()) for call in calls} == {"call"}
