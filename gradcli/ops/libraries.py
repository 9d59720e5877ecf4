"""What the numeric columns are called with: `n`, NumPy with SciPy's special functions, and `t`, PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy

from gradcli.report import Array

Torch = Any
"""The module torch. Only the numeric room imports it, and a Protocol of it would say half of its names again."""
TorchTensor = Any


class Functions(Protocol):
    """A library's functions of arrays, by their names."""

    def __getattr__(self, name: str) -> Callable[..., Array]: ...


class Numpy:
    """`n` in a row: NumPy's own names (`n.exp`, `n.where`) and SciPy's `n.special.erf`. Arrays are float64 (float32
    where --dtype says so), of any shape; booleans where NumPy answers in them.

    A column gets this, or a recorder that writes down what is called: it takes functions from `n` alone.
    """

    pi: float
    inf: float
    nan: float
    special: Functions
    linalg: Any  # pairs of arrays and an exception are among its names
    lib: Any

    def __getattr__(self, name: str) -> Callable[..., Array]:
        if name == "special":
            import scipy.special  # 30 ms that most questions do not need

            value: Any = scipy.special
        else:
            value = getattr(numpy, name)
        setattr(self, name, value)
        return value  # type: ignore[no-any-return]

    @staticmethod
    def mean(x: Array, **over: Any) -> Array:
        """As PyTorch: nan where there is no entry, without the warning that NumPy prints."""
        total = numpy.sum(x, **over)
        mean: Array = total / total.dtype.type(x.size // max(total.size, 1))
        return mean

    def var(self, x: Array, **over: Any) -> Array:
        """The mean square of what is left of x without its mean."""
        return self.mean((x - self.mean(x, **{**over, "keepdims": True})) ** 2, **over)


n = Numpy()
