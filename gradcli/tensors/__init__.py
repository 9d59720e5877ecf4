"""Tensors as people give them -> float64 arrays."""

from gradcli.tensors.files import MAX_BYTES, READERS, Stdin
from gradcli.tensors.nested import MAX_AXES, MAX_ENTRIES
from gradcli.tensors.read import Evaluate, read_program, read_tensor
from gradcli.tensors.tensor_text import CONSTRUCTORS

__all__ = [
    "CONSTRUCTORS", "MAX_AXES", "MAX_BYTES", "MAX_ENTRIES", "READERS", "Evaluate", "Stdin", "read_program",
    "read_tensor",
]  # fmt: skip
