"""Tree + shapes -> Program. Knows neither torch nor sympy nor the terminal."""

from gradcli.program.program import Apply, Constant, Input, Program, Ref, Step, memoize
from gradcli.program.tracing import trace
from gradcli.program.values import values_of

__all__ = ["Apply", "Constant", "Input", "Program", "Ref", "Step", "memoize", "trace", "values_of"]
