"""Program -> closed forms of its derivatives, one pass back for all variables. The front of the symbolic room."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import sympy
from sympy import Add, Expr, Symbol

from gradcli.derivatives import KINDS, Derivative
from gradcli.program import Program
from gradcli.shapes import LAYOUTS, is_one_number
from gradcli.symbolic import derive
from gradcli.symbolic.build import build
from gradcli.symbolic.deltas import total
from gradcli.symbolic.derive import Formula
from gradcli.symbolic.factor import tidy
from gradcli.symbolic.form import Form
from gradcli.symbolic.inline import Polished, inline_definitions
from gradcli.symbolic.scalars import Entry
from gradcli.symbolic.tensor_graph import Node, Tensor
from gradcli.syntax.scan import words

DECIMAL = re.compile(r"\d*\.\d")
"""A decimal that the user typed; numbers in the formulas are then written so too."""


class Calculus:
    """The derivatives of one program: each method gives a closed form. y is the output, v its weights."""

    def __init__(
        self,
        program: Program,
        wrt: Sequence[str],
        weights: str = "v",
        output: str = "y",
        tangents: Mapping[str, str] | None = None,
        unit: bool = False,
        layout: str | None = None,
    ) -> None:
        """`wrt` names every variable that will be differentiated; `tangents` what the tangent of each is called.
        `unit`: the output is one number and its weight 1, which is then not written. `layout` is that of Jacobians."""
        self.layout = layout or LAYOUTS[0]
        self.wrt, self.unit = tuple(dict.fromkeys(wrt)), unit and is_one_number(program.output_shape)
        self._printed: dict[str, Polished] = {}
        self._tensors: dict[str, Tensor] = {}
        self._rows: dict[str, dict[str, Formula]] = {}
        self._along: dict[tuple[str, ...], dict[str, Formula]] = {}
        self.weights, self.output = weights, output
        self.tangents = dict(tangents or {})
        self.decimal = any(map(DECIMAL.match, words(program.source)))
        self.built = build(program, wrt, taken={weights, *self.tangents.values()})

    def jacobian(self, name: str) -> Form:
        """∂y[m]/∂x[i]"""
        return self._form("jacobian", (name,), self._polished(name), self.layout)

    def vjp(self, name: str) -> Form:
        """Σ_m v[m] ∂y[m]/∂x[i]"""
        if self._is_scalar:  # v times the gradient, with the same definitions
            gradient = self._polished(name)
            entry = self._weight * gradient.formula.entry
            found = Polished(replace(gradient.formula, entry=entry), gradient.nodes)
        else:
            found = inline_definitions(self.built.graph, self._gradients[name])
        return self._form("vjp", (name,), found)

    def jvp(self, names: Sequence[str]) -> Form:
        """Σ_i ∂y[m]/∂x[i] t[i], added up over the variables that move."""
        moving = [(self._jacobians[name], Symbol(self.tangents[name])) for name in names]
        terms = [total(f.entry * Entry(t, *f.columns), f.columns) for f, t in moving]
        first = moving[0][0]
        found = Formula(self.output, (), first.rows, (), first.row_dims, tidy(Add(*terms)))
        return self._form("jvp", (), inline_definitions(self.built.graph, found))

    def hessian(self, a: str, b: str) -> Form:
        """∂²(v·y)/∂a[m]∂b[i]; for a scalar output v is 1 or weighs it."""
        if a not in self._rows:
            self._rows[a] = derive.jacobians(self.built.graph, self._gradient_tensor(a), self._variables)
        return self._form("hessian", (a, b), inline_definitions(self.built.graph, self._rows[a][b]))

    def hvp(self, name: str, moving: Sequence[str]) -> Form:
        """Σ over the moving variables a of Σ_m t_a[m] ∂²(v·y)/∂a[m]∂b[i]: the Hessian is never built."""
        if tuple(moving) not in self._along:
            outputs = [(self._gradient_tensor(a), _weighted_by(self.tangents[a])) for a in moving]
            self._along[tuple(moving)] = derive.vjps(self.built.graph, outputs, self._variables)
        return self._form("hvp", (name,), inline_definitions(self.built.graph, self._along[tuple(moving)][name]))

    def partial(self, names: Sequence[str]) -> Form:
        """The mixed partial of one number by variables that are one, one after the other: x, x, y is ∂³f/∂x²∂y."""
        graph, output = self.built.graph, self.built.output
        for name in names:
            found = derive.vjps(graph, [(output, _one)], [self.built.variables[name]])[name]
            output = derive.gradient_tensor(graph, found)
        return self._form("partial", tuple(names), inline_definitions(graph, found))

    @property
    def _is_scalar(self) -> bool:
        return not self.built.output.dims

    @property
    def _weight(self) -> Expr:
        """What weighs a scalar output."""
        return sympy.S.One if self.unit else Entry(Symbol(self.weights))

    def _polished(self, name: str) -> Polished:
        """The Jacobian as it is printed, worked out once."""
        if name not in self._printed:
            self._printed[name] = inline_definitions(self.built.graph, self._jacobians[name])
        return self._printed[name]

    @cached_property
    def _jacobians(self) -> dict[str, Formula]:
        return derive.jacobians(self.built.graph, self.built.output, self._variables)

    @cached_property
    def _gradients(self) -> dict[str, Formula]:
        if self._is_scalar:
            return {n: replace(f, entry=self._weight * f.entry) for n, f in self._jacobians.items()}
        weight = _one if self.unit else _weighted_by(self.weights)
        return derive.vjps(self.built.graph, [(self.built.output, weight)], self._variables)

    def _gradient_tensor(self, name: str) -> Tensor:
        """The gradient as a tensor to be differentiated again, one for all blocks."""
        if name not in self._tensors:
            self._tensors[name] = derive.gradient_tensor(self.built.graph, self._gradients[name])
        return self._tensors[name]

    @property
    def _variables(self) -> list[Node]:
        return [self.built.variables[name] for name in self.wrt]

    def _form(self, kind: str, by: tuple[str, ...], one: Polished, layout: str | None = None) -> Form:
        others = {self.weights: self.built.output.dims}
        others.update({t: self.built.variables[n].dims for n, t in self.tangents.items()})
        derivative = Derivative(KINDS[kind], self.output, by)
        return Form(derivative, self.built.graph, self.weights, self.decimal, one, others, layout)


def _one(*_: Expr) -> Expr:
    """The weight 1 of an output that is one number, with or without axes."""
    return sympy.S.One


def _weighted_by(name: str) -> derive.Seed:
    """Each entry of an output weighed with that of the tensor of this name."""
    return lambda *o: Entry(Symbol(name), *o)
