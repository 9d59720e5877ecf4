"""Laws of the contraction of deltas: what it writes has the values of what it was given, at every place."""

from __future__ import annotations

from itertools import product

import pytest
from sympy import Expr, Integer, Mul, Symbol, expand

from gradcli.symbolic.deltas import join_digits, total
from gradcli.symbolic.dims import Index, Quotient, Remainder, Sizes
from gradcli.symbolic.entries import write_out
from gradcli.symbolic.scalars import Delta, Entry, Sigma

N = Integer(3)


@pytest.mark.parametrize("shift", range(-2, 3))
@pytest.mark.parametrize("swapped", [False, True])
def test_joined_digits_are_the_two_digits_also_where_one_is_out_of_range(shift: int, swapped: bool) -> None:
    """delta(floor(e/3), i) delta(e mod 3, l + shift): no e has a digit below 0 or above 2."""
    e, i, low = Index(Integer(9), "e"), Index(N, "i"), Index(N, "l")
    factors = [Delta(Quotient(e, N), i), Delta(Remainder(e, N), low + shift)]
    joined = join_digits(factors[::-1] if swapped else factors)
    assert not Mul(*joined).has(Quotient, Remainder)
    for at in product(range(9), range(3), range(3)):
        place = dict(zip((e, i, low), map(Integer, at), strict=True))
        assert Mul(*joined).xreplace(place) == Mul(*factors).xreplace(place), at


M, J, K = (Index(N, name) for name in "mjk")


def entry(name: str, *indices: Expr) -> Expr:
    return Entry(Symbol(name), *indices)


SUMMANDS = [
    Sigma(entry("x", K) * entry("A", J, K), K) * Sigma(entry("y", K) * entry("A", J, K), K),
    Sigma(entry("x", K) * Delta(J, K), K) * Sigma(entry("A", J, K), K),
    Delta(M, J) * Sigma(entry("A", J, K), K) * Sigma(entry("A", K, J), K),
    (Delta(M, J) + Delta(J, Integer(0))) * entry("x", J),
    Delta(M, J + 1) * entry("x", J),
    Delta(J, M + 1) * entry("x", M),
    entry("x", M) * 2,
    Delta(2 * J, M) * entry("x", J),
]


@pytest.mark.parametrize("summand", SUMMANDS)
def test_a_contracted_sum_is_the_sum_written_out(summand: Expr) -> None:
    """Also where two sums in a product have one index, which is renewed then."""
    plain = write_out(Sigma(summand, J), Sizes())
    contracted = write_out(total(summand, (J,)), Sizes())
    for at in range(3):
        assert expand((plain - contracted).xreplace({M: Integer(at)})) == 0
