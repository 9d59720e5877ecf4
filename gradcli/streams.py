"""A seed and a purpose -> a stream of random numbers of its own. Knows no tensors of the question."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np

Purpose = Literal["inputs", "program", "t", "v", "trials", "answer"]
_NUMBERS: dict[Purpose, int] = {"inputs": 0, "program": 1, "t": 2, "v": 3, "trials": 4, "answer": 5}


class Stream:
    """The draws of one purpose, one after the other. NumPy's generators load with the first draw: most questions draw
    nothing."""

    def __init__(self, seed: int, purpose: Purpose) -> None:
        self.seed, self.purpose = seed, purpose

    @cached_property
    def _generator(self) -> np.random.Generator:
        # the inputs' number is 0, so that theirs are the draws of numpy.random.default_rng(seed)
        return np.random.default_rng((self.seed, _NUMBERS[self.purpose]))

    def random(self, shape: Sequence[int]) -> np.ndarray[Any, np.dtype[Any]]:
        """float64, uniform from 0 to 1."""
        return self._generator.random(shape)

    def standard_normal(self, shape: Sequence[int]) -> np.ndarray[Any, np.dtype[Any]]:
        """float64, of mean 0 and variance 1."""
        return self._generator.standard_normal(shape)

    def uniform(self, low: float, high: float, shape: Sequence[int]) -> np.ndarray[Any, np.dtype[Any]]:
        """float64, uniform from `low` to `high`."""
        return self._generator.uniform(low, high, shape)

    def choice(self, among: Any, shape: Sequence[int]) -> Any:
        """Members of a sequence (or numbers below an int), each as likely as another."""
        return self._generator.choice(among, shape)

    def integers(self, low: int, high: int, shape: Sequence[int] | None = None) -> Any:
        """Integers from `low` up to, not including, `high`; one of them without a shape."""
        return self._generator.integers(low, high, shape)
