"""Stand-ins for modules that a library imports and that no question of ours needs, used by the console entry only.

Each stands under the module's name until something is wanted of it that it does not hold, and then brings in the
module itself, so that nothing can go missing:

* SymPy's abstract tensors. The first sum of a process imports them, with all of SymPy's group theory, just to ask
  whether a term is such a tensor: a tenth of the time of `--symbolic-only`, for a question whose answer is always no.
* PyTorch's rules for tensors without values (device "meta"), a quarter of `import torch`: they register shapes for
  compilers and exporters, in Python, operation by operation. What is computed on a device is C++ and not among them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

SET_ASIDE: Mapping[str, tuple[str, ...]] = {
    "sympy.tensor.tensor": ("TensExpr", "TensAdd"),
    "torch._meta_registrations": (),
}
"""The modules, each with the classes that are asked for though no value is ever one of theirs."""


class StandIn(ModuleType):
    """The module's name with those classes, empty, until more of it is wanted."""

    def __init__(self, name: str, classes: tuple[str, ...]) -> None:
        super().__init__(name)
        self.__dict__.update({one: type(one, (), {}) for one in classes})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        self.__dict__.update(vars(import_module(self.__name__)))
        return getattr(sys.modules[self.__name__], name)


def set_aside() -> None:
    """Puts the stand-ins in the modules' places, where those are not yet loaded."""
    for name, classes in SET_ASIDE.items():
        sys.modules.setdefault(name, StandIn(name, classes))
