"""Tensors as people give them -> float64 arrays."""

from gradcli.tensors.files import Stdin
from gradcli.tensors.read import read_program, read_tensor

__all__ = ["Stdin", "read_program", "read_tensor"]
