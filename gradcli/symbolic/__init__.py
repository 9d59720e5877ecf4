"""Program -> formulas of its derivatives, and their values by NumPy. The only room that knows SymPy."""

from gradcli.symbolic.closed import Derived, derived

__all__ = ["Derived", "derived"]
