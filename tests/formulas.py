"""Every formula in LaTeX that the tests' questions give, a JSON text a line, for KaTeX: `python -m tests.formulas`.

The questions are the golden transcripts', an example of each row of the operations table, and random programs.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator

import gradcli
from gradcli.message import GradcliError
from gradcli.ops import TABLE
from gradcli.render import markdown
from tests.golden.transcripts import CASES, seen
from tests.programs import program

_MATHS = re.compile(r"^\$\$\n(.*?)\n\$\$$|\$([^$\n]+)\$", re.M | re.S)
RANDOM = 150


def formulas() -> Iterator[str]:
    """Each formula once."""
    yield from dict.fromkeys(found for text in _texts() for found in _of(text))


def _of(text: str) -> Iterator[str]:
    """What stands between dollars in a Markdown text; a block of code holds none."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for display, inline in _MATHS.findall(prose):
        yield display or inline


def _texts() -> Iterator[str]:
    """Answers in Markdown."""
    for line in CASES.values():
        if "--quiet" not in line:
            yield seen(f"{line} --format markdown").partition("\n")[2]  # without the command line
    for row in TABLE.values():
        yield "\n".join(markdown.lines_of(gradcli.functions(row.name).parts))
    for seed in range(RANDOM):
        drawn = program(seed)
        try:
            answer = gradcli.vjp(drawn.text, dict(drawn.point), v=drawn.v, symbolic_only=True)
        except GradcliError:  # a singular matrix
            continue
        yield "\n".join(markdown.lines_of(answer.parts))


if __name__ == "__main__":
    for formula in formulas():
        sys.stdout.write(json.dumps(formula) + "\n")
