"""Tensors as people give them -> float64 arrays, and back to text."""

from gradcli.tensors.files import MAX_BYTES, READERS, Stdin
from gradcli.tensors.nested import MAX_AXES, MAX_ENTRIES, write_tensor
from gradcli.tensors.read import Evaluate, read_program, read_tensor
from gradcli.tensors.text import CONSTRUCTORS

__all__ = [
    "CONSTRUCTORS", "MAX_AXES", "MAX_BYTES", "MAX_ENTRIES", "READERS", "Evaluate", "Stdin", "read_program",
    "read_tensor", "write_tensor",
]  # fmt: skip
