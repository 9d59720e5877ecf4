"""A quicker start, for the console entry only: modules that no question of ours needs are stood in for, and Python's
garbage collection is off while the heavy libraries are imported.

A stand-in stands under the module's name until something is wanted of it that it does not hold, and then brings in the
module itself, so that nothing can go missing:

* SymPy's abstract tensors. The first sum of a process imports them, with all of SymPy's group theory, just to ask
  whether a term is such a tensor: a tenth of the time of `--symbolic-only`, for a question whose answer is always no.
* PyTorch's rules for tensors without values (device "meta"), a quarter of `import torch`: they register shapes for
  compilers and exporters, in Python, operation by operation. What is computed on a device is C++ and not among them.

These are private matters of the libraries, so a module is set aside only for the versions that this was tried with;
any other version is imported as it is.

Importing PyTorch and SymPy allocates so much that automatic collections cost a quarter of the whole run, and find
nothing: what an import leaves is there to stay.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

TRIED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("sympy", "sympy.tensor.tensor"): ("1.13", "1.14"),
    ("torch", "torch._meta_registrations"): ("2.13",),
}
"""Library, module, and the versions it was tried with."""

CLASSES: Mapping[str, tuple[str, ...]] = {"sympy.tensor.tensor": ("TensExpr", "TensAdd")}
"""The classes that are asked for in a module, though no value is ever one of theirs."""


class StandIn(ModuleType):
    """The module's name with those classes, empty, until more of it is wanted."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        self.__dict__.update(vars(import_module(self.__name__)))
        return getattr(sys.modules[self.__name__], name)


class StandIns:
    """Gives a stand-in for a module of the table when it is first imported: the library is in by then, and tells its
    version."""

    def __init__(self) -> None:
        self._left = {module: (library, versions) for (library, module), versions in TRIED.items()}

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        library, versions = self._left.pop(name, ("", ()))
        if _version(library) not in versions:
            return None
        return ModuleSpec(name, self)  # type: ignore[arg-type]  # to be a Loader takes importlib.abc, ten milliseconds

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__.update({name: type(name, (), {}) for name in CLASSES.get(module.__name__, ())})


def _version(library: str) -> str | None:
    """`2.13` of 2.13.1+cpu; None of what is no release."""
    version = str(getattr(sys.modules.get(library), "__version__", ""))
    release = re.fullmatch(r"(\d+\.\d+)(\.\d+)*(\+.*)?", version)
    return release and release[1]


def install_stand_ins() -> None:
    """From now on the stand-ins come in the modules' places, where those are not yet loaded."""
    sys.meta_path.insert(0, StandIns())


_paused = False


def pause_collection() -> None:
    """Called before anything heavy is imported."""
    global _paused
    _paused = True
    gc.disable()


def settle() -> None:
    """What was imported will stay: look at it no more, and collect again. Does nothing unless paused."""
    global _paused
    if _paused:
        _paused = False
        gc.freeze()
        gc.enable()
