"""Program + point -> numbers by PyTorch's autograd. The only room that knows PyTorch, and it knows no formula."""

from gradcli.numeric.autograd import Numbers, vjp

__all__ = ["Numbers", "vjp"]
