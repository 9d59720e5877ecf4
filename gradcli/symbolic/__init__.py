"""Program -> formulas of its derivatives, and their values by NumPy. The only room that knows SymPy."""

from gradcli.symbolic.closed import Calculus, Derived, Form, derived, jacobian_part

__all__ = ["Calculus", "Derived", "Form", "derived", "jacobian_part"]
