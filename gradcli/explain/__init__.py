"""An answer -> the sentences it deserves, with the user's own shapes and numbers. Computes no derivative itself."""

from gradcli.explain.cautions import hazards
from gradcli.explain.facts import Facts
from gradcli.explain.vjp import vjp

__all__ = ["Facts", "hazards", "vjp"]
