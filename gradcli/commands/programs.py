"""Source text and shapes -> the tree and the program; the same text with tensors of the same shapes is the same object,
so that what was worked out from it is not worked out again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from gradcli.program import Program, trace
from gradcli.report import Array
from gradcli.shapes import MOST, Shape, allowed
from gradcli.syntax import Tree, parse

MOST_KEPT, LONGEST_KEPT = 1_024, 2_000
"""So many programs are kept, of at most so many characters."""


def tree_of(source: str, names: tuple[str, ...]) -> Tree:
    """The tree of an expression over the inputs of these names."""
    return _tree(source, names) if _is_short(source) else parse(source, names)


def program_of(source: str, point: Mapping[str, Array], seed: int) -> Program:
    """The program for inputs of these shapes; of their values only where they have a part in it (`while`)."""
    tree = tree_of(source, tuple(point))
    shapes = {name: value.shape for name, value in point.items()}
    if tree.loops or not _is_short(source):
        return trace(tree, shapes, seed, point)
    return _straight(source, tuple(shapes.items()), seed, allowed(MOST))


@lru_cache(MOST_KEPT)
def _straight(source: str, shapes: tuple[tuple[str, Shape], ...], seed: int, _: int) -> Program:
    return trace(tree_of(source, tuple(name for name, _ in shapes)), dict(shapes), seed)


_tree = lru_cache(MOST_KEPT)(parse)


def _is_short(source: str) -> bool:
    """Whether little is kept with it: few characters, and no tensor that is drawn and may be large."""
    return len(source) <= LONGEST_KEPT and "rand" not in source
