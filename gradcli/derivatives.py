"""The kinds of derivative as a table, and the left side of its formula, as data. Knows no values and no library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gradcli.message import N_


@dataclass(frozen=True, slots=True)
class Headings:
    """`product` heads the formula of the result, `values` its numbers, `numeric` PyTorch's column, `matrix` a formula
    with rows and columns."""

    product: str
    values: str
    numeric: str
    matrix: str = N_("Jacobian of {output} by {name}")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of derivative of y by x.

    `order` is how often y is differentiated (of `partial` at least). `has_rows`: its formula has rows and columns; else
    it is a product of such a matrix with v or t. `weighted`: v weighs y's entries. `unit`: v may be left out, is then
    1 and is not written. `directed`: the variables move along t. `latex` is what its numbers are called in LaTeX, with
    {of} and {by}.
    """

    name: str
    order: int
    has_rows: bool
    weighted: bool
    unit: bool
    directed: bool
    latex: str
    headings: Headings


_MATRIX = Headings(
    N_("What {output}.backward({v}) leaves in {name}.grad"),
    N_("The Jacobian by {name} in numbers"),
    N_("PyTorch's rows"),
)
_VJP = Headings(
    N_("What {output}.backward({v}) leaves in {name}.grad"), N_("{name}.grad in numbers"), N_("PyTorch's .grad")
)
_GRAD = Headings(
    N_("The gradient by {name}"),
    N_("The gradient by {name} in numbers"),
    N_("PyTorch's .grad"),
    N_("The gradient of {output} by {name}"),
)
_PARTIAL = Headings(
    N_("The partial derivative {name}"),
    N_("The partial derivative by {name} in numbers"),
    N_("PyTorch's value"),
    N_("The partial derivative of {output} by {name}"),
)
_JVP = Headings(N_("How {output} moves with {name}: J·t"), N_("J·t in numbers"), N_("PyTorch's product"))
_HESSIAN = Headings(
    N_("The second derivatives by {name}"),
    N_("The second derivatives by {name} in numbers"),
    N_("PyTorch's rows"),
    N_("Second derivatives of {output} by {name}"),
)
_HVP = Headings(N_("The Hessian's product H·t for {name}"), N_("H·t for {name} in numbers"), N_("PyTorch's product"))

# fmt: off
_ROWS = (
    #    name     order  has_rows weighted unit   directed
    Kind("vjp",      1,  False,   True,    False, False, r"\bar{{{by}}}", _VJP),
    Kind("jvp",      1,  False,   False,   False, True,  r"J \, t", _JVP),
    Kind("grad",     1,  True,    False,   True,  False, r"\nabla_{{{by}}} {of}", _GRAD),
    Kind("partial",  1,  True,    False,   True,  False, r"\partial_{{{by}}} {of}", _PARTIAL),
    Kind("jacobian", 1,  True,    False,   False, False, r"\frac{{\partial {of}}}{{\partial {by}}}", _MATRIX),
    Kind("hessian",  2,  True,    True,    True,  False, r"\nabla^2_{{{by}}} {of}", _HESSIAN),
    Kind("hvp",      2,  False,   True,    True,  True,  r"\left(H t\right)_{{{by}}}", _HVP),
)
# fmt: on
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ROWS}

_HEADINGS_OF_COMMANDS: Mapping[str, Headings] = {
    "backward": Headings(
        N_("What one {output}.backward({v}) adds to {name}.grad"),
        N_("{name}.grad after the last call"),
        N_("PyTorch's .grad"),
    ),
    "check": Headings(
        N_("The right answer in closed form"),
        N_("The right answer at your point"),
        N_("PyTorch's value"),
        N_("The right answer in closed form"),
    ),
}
"""Of the commands that speak of a vjp, or of any kind, in words of their own."""


def kind_of(command: str, name: str = "") -> Kind:
    """What a command's answer for `name` is: `x,x,y` is a higher partial derivative; a vjp where nothing else is
    known."""
    return KINDS["partial"] if command == "grad" and "," in name else KINDS.get(command, KINDS["vjp"])


def headings(command: str, name: str = "") -> Headings:
    """The headings of a command's answer for `name`."""
    return _HEADINGS_OF_COMMANDS.get(command) or kind_of(command, name).headings


@dataclass(frozen=True, slots=True)
class Derivative:
    """A derivative of the tensor `of` by the variables `by`, one after the other; of a jvp `by` is empty, for all that
    move count."""

    kind: Kind
    of: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftSide:
    """What a formula says the value of: a derivative at indices, or at places once they are numbers.

    `rows` are indices of the tensor (of a Hessian those of the variable named first), `columns` those of the variable;
    a product has its one list in `columns`.
    """

    derivative: Derivative
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def text(self) -> str:
        """`d y[m] / d x[i]`, `d2 y / d x[m] d x[i]`, `x.grad[i]`, `dy[m]`, `(H t).x[i]`"""
        if not self.derivative.kind.has_rows:
            return self._product() + places(self.columns)
        (of, rows), below = self.above, self.below
        order = str(len(below)) if len(below) > 1 else ""
        return f"d{order} {of}{places(rows)} / " + " ".join(f"d {name}{places(at)}" for name, at in below)

    def _product(self) -> str:
        of, by = self.derivative.of, self.derivative.by
        match self.derivative.kind.name:
            case "vjp":
                return f"{by[0]}.grad"
            case "hvp":
                return f"(H t).{by[0]}"
            case _:
                return f"d{of}"

    @property
    def above(self) -> tuple[str, tuple[str, ...]]:
        """The tensor that is differentiated, and its indices."""
        return self.derivative.of, self.rows if len(self.derivative.by) == 1 else ()

    @property
    def below(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The variables that it is differentiated by, each with its indices."""
        by = self.derivative.by
        if len(by) == 1:
            return ((by[0], self.columns),)
        indices = (self.rows, self.columns) if self.derivative.kind.name == "hessian" else ((),) * len(by)
        return tuple(zip(by, indices, strict=True))

    def at(self, rows: Sequence[int], columns: Sequence[int]) -> LeftSide:
        """The same with numbers for its indices: one entry."""
        return replace(self, rows=tuple(map(str, rows)), columns=tuple(map(str, columns)))

    def whole(self) -> LeftSide:
        """The same without indices: the whole tensor."""
        return replace(self, rows=(), columns=())


def places(indices: Sequence[str]) -> str:
    """`[i,j]`; nothing where there are none."""
    return f"[{','.join(indices)}]" if indices else ""
