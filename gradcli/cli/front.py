"""What `gradcli` alone prints. Knows nothing else, to be there at once."""

from __future__ import annotations

FIRST_LINES = (
    'gradcli vjp "(x+1)**2" --x eye:5 --v ones',
    'gradcli vjp "sum(x @ w)" --x 1,2:3,4 --w 1,1',
    "gradcli vjp --help",
)


def front_page() -> str:
    """What `gradcli` alone prints."""
    lines = "\n".join(f"  {line}" for line in FIRST_LINES)
    return f"Usage: gradcli COMMAND EXPRESSION [--NAME TENSOR | NAME=TENSOR]... [OPTIONS]\n\nTry:\n{lines}\n"
