"""Text -> Tree. Knows neither shapes nor numbers. `parse` reads a program."""

from gradcli.syntax.parse import parse
from gradcli.syntax.tree import Tree

__all__ = ["Tree", "parse"]
