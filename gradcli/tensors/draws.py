"""A seed -> random tensors. NumPy's generators load with the first draw: most questions draw nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from gradcli.report import Array


class Draws:
    """The draws of `numpy.random.default_rng(seed)`, one after the other."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    @cached_property
    def generator(self) -> np.random.Generator:
        """NumPy's generator behind it."""
        return np.random.default_rng(self.seed)

    def random(self, shape: Sequence[int]) -> Array:
        """Uniform between 0 and 1."""
        return self.generator.random(shape)

    def standard_normal(self, shape: Sequence[int]) -> Array:
        """Of mean 0 and variance 1."""
        return self.generator.standard_normal(shape)

    def integers(self, below: int) -> int:
        """A whole number from 0 on."""
        return int(self.generator.integers(below))
