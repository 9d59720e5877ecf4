"""Tree + shapes -> Program. Knows neither torch nor sympy nor the terminal."""

from gradcli.program.once import once
from gradcli.program.steps import Apply, Constant, Input, Program, Ref, Step
from gradcli.program.trace import trace
from gradcli.program.values import values_of

__all__ = ["Apply", "Constant", "Input", "Program", "Ref", "Step", "once", "trace", "values_of"]
