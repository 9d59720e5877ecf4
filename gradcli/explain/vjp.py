"""An answer of vjp's -> the sentences it deserves, the most important first, and its warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from gradcli.explain import matrix_rule, operations, special_v, weights, zero_gradients
from gradcli.explain.cautions import cautions
from gradcli.explain.facts import Facts
from gradcli.report import Note, Warning

MOST = 6
"""An explanation has at most so many notes."""
Topic = Callable[[Facts], Iterator[Note]]

FIRST: tuple[Topic, ...] = (
    zero_gradients.zero, weights.weights, zero_gradients.left_out, zero_gradients.intermediate, special_v.v_is_input,
    special_v.one_hot, operations.softmax, zero_gradients.untaken, special_v.diagonal, special_v.column_sums,
    operations.broadcast, operations.mean, matrix_rule.product, operations.total,
)  # fmt: skip
"""In the order in which they are told and in which they count."""
LAST: tuple[Topic, ...] = (weights.einsum, weights.equivalence)


def vjp(facts: Facts) -> Iterator[Note | Warning]:
    """The warnings of the point, then the notes."""
    yield from cautions(facts.program, facts.values, facts.wrt, facts.gradients)
    last = [note for topic in LAST for note in topic(facts)]
    yield from _most_important([note for topic in FIRST for note in topic(facts)], MOST - len(last))
    yield from last


def _most_important(notes: list[Note], room: int) -> list[Note]:
    """The notes there is room for: the first of every topic before the second of any."""
    seen: Counter[str] = Counter()
    ranks = []
    for note in notes:
        ranks.append(seen[note.topic])
        seen[note.topic] += 1
    kept = sorted(range(len(notes)), key=lambda k: (ranks[k], k))[:room]
    return [notes[k] for k in sorted(kept)]
