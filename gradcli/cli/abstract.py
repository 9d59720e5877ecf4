"""A stand-in for SymPy's module of abstract tensors, used by the console entry only.

The first sum of a process imports that module, with all of SymPy's group theory, just to ask whether a term is such a
tensor: a tenth of the time of `--symbolic-only`, for a question whose answer is always no. The stand-in holds the two
names that are asked for; whatever else is wanted of it brings in the module itself.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

NAME = "sympy.tensor.tensor"


class StandIn(ModuleType):
    """The module's name with two empty classes, until more of it is wanted."""

    TensExpr = type("TensExpr", (), {})
    TensAdd = type("TensAdd", (), {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
        self.__dict__.update(vars(import_module(NAME)))
        return getattr(sys.modules[NAME], name)


def stand_in() -> None:
    """Takes the module's place, where it is not yet loaded."""
    sys.modules.setdefault(NAME, StandIn(NAME))
