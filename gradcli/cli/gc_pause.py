"""Python's garbage collection during start-up: off while the heavy libraries are imported, on again once they are in.

Importing PyTorch and SymPy allocates so much that automatic collections cost a quarter of the whole run, and find
nothing: what an import leaves is there to stay.
"""

from __future__ import annotations

import gc

_paused = False


def pause() -> None:
    """Called by the console entry only, before anything heavy."""
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
