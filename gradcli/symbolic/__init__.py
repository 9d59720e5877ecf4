"""Program -> formulas of its derivatives, and their values by NumPy. The only room that knows SymPy."""

from gradcli.symbolic.form import Derived, Form, jacobian_part, vjp_part
from gradcli.symbolic.formulas import Calculus
from gradcli.symbolic.memory import derived, forms

__all__ = ["Calculus", "Derived", "Form", "derived", "forms", "jacobian_part", "vjp_part"]
