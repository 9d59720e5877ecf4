"""What `gradcli` alone prints. Knows nothing else, to be there at once."""

from __future__ import annotations

from collections.abc import Callable

from gradcli.message import N_

FIRST_LINES = (
    'gradcli vjp "(x+1)**2" --x eye:5 --v ones',
    'gradcli vjp "sum(x @ w)" --x 1,2:3,4 --w 1,1',
    "gradcli vjp --help",
)


def front_page(say: Callable[..., str]) -> str:
    """What `gradcli` alone prints; `say` says a marked sentence."""
    lines = "\n".join(f"  {line}" for line in FIRST_LINES)
    first = usage("gradcli COMMAND EXPRESSION [--NAME TENSOR | NAME=TENSOR]... [OPTIONS]", say)
    return "\n".join([first, "", say(N_("Try:")), lines, ""])


def usage(pattern: str, say: Callable[..., str]) -> str:
    """The first line of every page of help."""
    return say(N_("Usage: {pattern}"), pattern=pattern)
