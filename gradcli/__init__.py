"""gradcli: a gradient calculator for the command line.

From Python: `gradcli.vjp("(x+1)**2", {"x": [1, 2]}, v="ones")` gives a Report, and so does every other command by
its name; `gradcli.answer({"expr": "x**2", "inputs": {"x": 3}})` gives the JSON object. Nothing is imported until used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the name that type checkers know; typing itself takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

    from gradcli.message import GradcliError

__version__ = "0.1.0"

__all__ = ["GradcliError", "__version__"]


def __getattr__(name: str) -> Any:
    """The public functions, made when they are first asked for. A module of the package stays a module."""
    from importlib import import_module
    from importlib.util import find_spec

    if name == "GradcliError":
        return import_module("gradcli.message").GradcliError
    if name.startswith("_") or find_spec(f"{__name__}.{name}") is not None:
        raise AttributeError(name)
    api = import_module("gradcli.api")  # NumPy and the table of commands
    if name == "explain_topic":  # gradcli.explain is the room of that name
        return api.function("explain")
    if name == "answer" or name in api.COMMANDS:
        return api.answer if name == "answer" else api.function(name)
    raise AttributeError(f"gradcli has no function {name}")
