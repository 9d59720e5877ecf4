"""The NumPy that the table's numpy columns are called with: NumPy's own names, and SciPy's special functions as
`n.special`, imported when first used (erf, gamma and Bessel functions are better kept there than by us)."""

from __future__ import annotations

from typing import Any

import numpy


class Numpy:
    """`n` in a row: `n.exp`, `n.where`, `n.special.erf`."""

    def __getattr__(self, name: str) -> Any:
        if name == "special":
            import scipy.special  # 30 ms that most questions do not need

            value: Any = scipy.special
        else:
            value = getattr(numpy, name)
        setattr(self, name, value)
        return value

    @staticmethod
    def mean(x: Any, **over: Any) -> Any:
        """As PyTorch: nan where there is no entry, without the warning that NumPy prints."""
        total = numpy.sum(x, **over)
        return total / total.dtype.type(x.size // max(total.size, 1))

    def var(self, x: Any, **over: Any) -> Any:
        """The mean square of what is left of x without its mean."""
        return self.mean((x - self.mean(x, **{**over, "keepdims": True})) ** 2, **over)


n = Numpy()
