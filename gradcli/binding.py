"""How strongly a piece of a formula holds together, in every language that a formula is written in. Knows no language.

A piece that binds less than its place demands goes into brackets. This is the only ladder: what one language has no
word for (a matrix product beside a product) is a step that its writer does not use.
"""

from __future__ import annotations

from enum import IntEnum


class Binding(IntEnum):
    """From what falls apart most easily to what always stands whole."""

    COMPARISON = 0
    SUM = 1
    NEGATIVE = 2
    """What has a minus in front, as mathematics reads it: -ab is -(ab)."""
    PRODUCT = 3
    MATRIX = 4
    FRACTION = 5
    UNARY = 6
    """What has a sign in front, as a programming language reads it: -a*b is (-a)*b."""
    POWER = 7
    SUBSCRIPT = 8
    ATOM = 9

    @property
    def tighter(self) -> Binding:
        """The next step: what the right side of a - b and a / b demands."""
        return Binding(self + 1)


COMPARISON, SUM, NEGATIVE, PRODUCT, MATRIX, FRACTION, UNARY, POWER, SUBSCRIPT, ATOM = Binding
