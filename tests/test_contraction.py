"""Laws of the contraction of deltas: what it writes has the values of what it was given, at every place."""

from __future__ import annotations

from itertools import product

import pytest
from sympy import Integer, Mul

from gradcli.symbolic.contract import joined_digits
from gradcli.symbolic.dims import Index, Quotient, Remainder
from gradcli.symbolic.scalars import Delta

N = Integer(3)


@pytest.mark.parametrize("shift", range(-2, 3))
@pytest.mark.parametrize("swapped", [False, True])
def test_joined_digits_are_the_two_digits_also_where_one_is_out_of_range(shift: int, swapped: bool) -> None:
    """delta(floor(e/3), i) delta(e mod 3, l + shift): no e has a digit below 0 or above 2."""
    e, i, low = Index(Integer(9), "e"), Index(N, "i"), Index(N, "l")
    factors = [Delta(Quotient(e, N), i), Delta(Remainder(e, N), low + shift)]
    joined = joined_digits(factors[::-1] if swapped else factors)
    assert not Mul(*joined).has(Quotient, Remainder)
    for at in product(range(9), range(3), range(3)):
        place = dict(zip((e, i, low), map(Integer, at), strict=True))
        assert Mul(*joined).xreplace(place) == Mul(*factors).xreplace(place), at
