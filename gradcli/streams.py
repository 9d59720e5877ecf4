"""A seed and a purpose -> a stream of random numbers of its own. Knows no tensors of the question."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

Purpose = Literal["inputs", "program", "t", "v", "trials", "answer"]
"""In the order of the numbers that set them apart."""


class Stream:
    """The draws of one purpose, one after the other, by the methods of numpy.random.Generator, which loads with the
    first draw: most questions draw nothing."""

    def __init__(self, seed: int, purpose: Purpose) -> None:
        self.seed, self.purpose = seed, purpose

    @cached_property
    def _generator(self) -> np.random.Generator:
        # the inputs' number is 0, so that theirs are the draws of numpy.random.default_rng(seed)
        return np.random.default_rng((self.seed, get_args(Purpose).index(self.purpose)))

    def __getattr__(self, draw: str) -> Any:
        return getattr(self._generator, draw)
