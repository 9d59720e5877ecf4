"""A form -> its matrix notation, parsed and run before it is shown: dropped where its values are not the form's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from gradcli.compare import MATRIX_TEXT, alike
from gradcli.message import GradcliError
from gradcli.program import trace, values_of
from gradcli.report import Array
from gradcli.symbolic.matrix import MatrixWriter, NoMatrix
from gradcli.symbolic.scalars import weight
from gradcli.symbolic.spelling import Names
from gradcli.symbolic.text_writer import TextWriter
from gradcli.syntax import parse

if TYPE_CHECKING:
    from gradcli.symbolic.form import Form

LONGEST = 160
"""A matrix text longer than this says less than the formula."""
CHECKED_ENTRIES = 100_000
"""A proposal is tried at small sizes; where a formula holds for those given only, it is tried at those unless the
tensors are larger than this in all."""
CHECKED_RESULT = 1_000_000
"""The same for what it gives: a Jacobian has as many entries as the output times the input."""


def verified_matrix(form: Form) -> str | None:
    """The proposal, if it is short, is understood, and equals the form at random points and other sizes."""
    bodies = [form.formula.entry, *(node.formula for node in form.inline_definitions.nodes if node.body is not None)]
    if sum(weight(body, LONGEST) for body in bodies) >= LONGEST:  # each operation and name is a character at least
        return None
    writer = MatrixWriter(TextWriter(Names(form.graph.taken), form.weights, form.decimal), form.printed, form.graph)
    like = form.formula.name if not form.formula.rows else form.weights
    try:
        text = writer.program(form.formula.entry, form.arranged.indices, like)
    except NoMatrix:
        return None
    return text if len(text) <= LONGEST and _holds(next(form.elsewhere(), form), text) else None


def _holds(form: Form, text: str) -> bool:
    """Whether the text, run as a program, gives the form's values at a random point where these are finite."""
    for known in _random_points(form):
        used = {name: a for name, a in known.items() if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)}
        try:
            wanted = form.value(known)
            if not np.isfinite(wanted).all():
                continue
            program = trace(parse(text, tuple(used)), {name: a.shape for name, a in used.items()})
            got = values_of(program, used)[program.output.step]
        except GradcliError:
            return False
        return alike(got, wanted, MATRIX_TEXT)
    return False


def _random_points(form: Form) -> Iterator[dict[str, Array]]:
    """Values for every input, v and tangent, in several ranges: most functions are defined in one of them."""
    shapes = form.shapes
    if sum(map(prod, shapes.values())) > CHECKED_ENTRIES or prod(form.shape) > CHECKED_RESULT:
        return
    generator = np.random.default_rng(1)
    for low, high in ((0.3, 0.9), (1.1, 2.0), (-0.9, 0.9)):
        point = {name: generator.uniform(low, high, shape) for name, shape in sorted(shapes.items())}
        for name, size in form.places.items():
            point[name] = generator.integers(0, size, shapes[name]).astype(np.float64)
        yield point
