"""An answer -> the sentences it deserves, with the user's own shapes and numbers. Computes no derivative itself."""

from gradcli.explain.cautions import cautions
from gradcli.explain.facts import Facts
from gradcli.explain.vjp import vjp

__all__ = ["Facts", "cautions", "vjp"]
