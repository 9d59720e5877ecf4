"""The operations table: what each operation means, one row an operation. Knows no tree, no graph, no terminal."""

from __future__ import annotations

from gradcli.ops.activations import ACTIVATIONS
from gradcli.ops.comparisons import MASKS
from gradcli.ops.constructors import SOURCES
from gradcli.ops.elementwise import ELEMENTWISE
from gradcli.ops.index_maps import MOVES
from gradcli.ops.linear import LINEAR
from gradcli.ops.neural import NEURAL
from gradcli.ops.reductions import REDUCTIONS
from gradcli.ops.row import Row
from gradcli.ops.special import SPECIAL

ROWS: tuple[Row, ...] = (
    *ELEMENTWISE, *ACTIVATIONS, *SPECIAL, *MASKS, *REDUCTIONS, *LINEAR, *MOVES, *NEURAL, *SOURCES,
)  # fmt: skip
TABLE: dict[str, Row] = {row.name: row for row in ROWS}
"""Every row by its name."""
SPELLED: dict[str, Row] = {**{alias: row for row in ROWS for alias in row.aliases}, **TABLE}
"""Every row by its name and its aliases."""
