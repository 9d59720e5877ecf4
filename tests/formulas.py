"""Every formula in LaTeX that the tests' questions give, a JSON text a line, for KaTeX: `python -m tests.formulas`.

The questions are the golden transcripts', an example of each row of the operations table, and random programs.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise

import gradcli
from gradcli.message import GradcliError
from gradcli.ops import TABLE
from gradcli.render import markdown
from gradcli.report import Part
from tests.golden.transcripts import CASES
from tests.programs import program

_MATHS = re.compile(r"^\$\$\n(.*?)\n\$\$$|\$([^$\n]+)\$", re.M | re.S)
RANDOM = 150


def formulas() -> Iterator[str]:
    """Each formula once."""
    seen: set[str] = set()
    for answer in _answers():
        for found in _of(answer.parts):
            if found not in seen:
                seen.add(found)
                yield found


def _of(parts: Iterable[Part]) -> Iterator[str]:
    """What stands between dollars in the Markdown; a block of code holds none."""
    prose = re.sub(r"^```.*?^```", "", "\n".join(markdown.lines_of(parts)), flags=re.M | re.S)
    for display, inline in _MATHS.findall(prose):
        yield display or inline


def _answers() -> Iterator[gradcli.api.Answer]:
    for line in CASES.values():
        command, expression, *given = shlex.split(line)
        inputs = {n[2:]: v for n, v in pairwise(given) if n.startswith("--") and n[2:] != "v"}
        yield from _told(command, expression, {n: v for n, v in inputs.items() if not v.startswith("--")})
    for row in TABLE.values():
        yield from _told("functions", row.name, {})
    for seed in range(RANDOM):
        drawn = program(seed)
        yield from _told("vjp", drawn.text, dict(drawn.point), v=drawn.v, symbolic_only=True)


def _told(command: str, expression: str, inputs: dict[str, object], **options: object) -> Iterator[gradcli.api.Answer]:
    try:
        yield getattr(gradcli, command)(expression, inputs, **options)
    except GradcliError:
        return


if __name__ == "__main__":
    for formula in formulas():
        sys.stdout.write(json.dumps(formula) + "\n")
