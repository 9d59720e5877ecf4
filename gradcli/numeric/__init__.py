"""Program + point -> numbers by PyTorch's autograd. The only room that knows PyTorch, and it knows no formula."""

from gradcli.numeric.autograd import Numbers, vjp
from gradcli.numeric.products import hessian, hvp, jvp, partial, rows

__all__ = ["Numbers", "hessian", "hvp", "jvp", "partial", "rows", "vjp"]
