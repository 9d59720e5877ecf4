"""A command -> the headings of its answer. Knows no values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradcli.message import N_, Message, message
from gradcli.render.number_text import number


@dataclass(frozen=True, slots=True)
class Wording:
    """`product` heads the formula of the result, `values` its numbers, `numeric` PyTorch's column, `matrix` a formula
    with rows and columns."""

    product: str
    values: str
    numeric: str
    matrix: str = N_("Jacobian of {output} by {name}")


_BACKWARD = Wording(
    N_("What {output}.backward({v}) leaves in {name}.grad"), N_("{name}.grad in numbers"), N_("PyTorch's .grad")
)

_WORDINGS: Mapping[str, Wording] = {
    "vjp": _BACKWARD,
    "grad": Wording(
        N_("The gradient by {name}"),
        N_("The gradient by {name} in numbers"),
        N_("PyTorch's .grad"),
        N_("The gradient of {output} by {name}"),
    ),
    "jvp": Wording(N_("How {output} moves with {name}: J·t"), N_("J·t in numbers"), N_("PyTorch's product")),
    "jacobian": Wording(
        N_("What {output}.backward({v}) leaves in {name}.grad"),
        N_("The Jacobian by {name} in numbers"),
        N_("PyTorch's rows"),
    ),
    "hessian": Wording(
        N_("The second derivatives by {name}"),
        N_("The second derivatives by {name} in numbers"),
        N_("PyTorch's rows"),
        N_("Second derivatives of {output} by {name}"),
    ),
    "backward": Wording(
        N_("What one {output}.backward({v}) adds to {name}.grad"),
        N_("{name}.grad after the last call"),
        N_("PyTorch's .grad"),
    ),
    "check": Wording(
        N_("The right answer in closed form"),
        N_("The right answer at your point"),
        N_("PyTorch's value"),
        N_("The right answer in closed form"),
    ),
    "hvp": Wording(
        N_("The Hessian's product H·t for {name}"), N_("H·t for {name} in numbers"), N_("PyTorch's product")
    ),
}


_PARTIAL = Wording(
    N_("The partial derivative {name}"),
    N_("The partial derivative by {name} in numbers"),
    N_("PyTorch's value"),
    N_("The partial derivative of {output} by {name}"),
)


def wording(command: str, name: str = "") -> Wording:
    """The headings of a command's answer; those of `vjp` where it has none of its own. `name` is what was
    differentiated by: `x,x,y` for a higher partial derivative."""
    if command == "grad" and "," in name:
        return _PARTIAL
    return _WORDINGS.get(command, _BACKWARD)


def apart(name: str, difference: float) -> Message:
    """How far another way to the same gradient is from it."""
    if difference == 0:
        return message(N_("{name}.grad is the same"), name=name)
    return message(N_("{name}.grad differs by at most {difference}"), name=name, difference=number(difference, 2))
