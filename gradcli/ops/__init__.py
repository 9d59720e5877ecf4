"""The operations table: what each operation means, one row an operation. Knows no tree, no graph, no terminal."""

from __future__ import annotations

from gradcli.ops.activations import ACTIVATIONS
from gradcli.ops.constructors import SOURCES
from gradcli.ops.elementwise import ELEMENTWISE, MASKS
from gradcli.ops.extremes import EXTREMES
from gradcli.ops.indexing import INDEXING, JOINING
from gradcli.ops.layers import LAYERS
from gradcli.ops.losses import LOSSES
from gradcli.ops.matrix_products import MATRIX_PRODUCTS
from gradcli.ops.reductions import REDUCTIONS
from gradcli.ops.reshapes import RESHAPES
from gradcli.ops.row import Row
from gradcli.ops.shifts import SHIFTS
from gradcli.ops.special import SPECIAL
from gradcli.ops.square_matrices import SQUARE_MATRICES

ROWS: tuple[Row, ...] = (
    *ELEMENTWISE, *ACTIVATIONS, *SPECIAL, *MASKS, *REDUCTIONS, *EXTREMES, *MATRIX_PRODUCTS, *SQUARE_MATRICES,
    *INDEXING, *RESHAPES, *JOINING, *SHIFTS, *LOSSES, *LAYERS, *SOURCES,
)  # fmt: skip
TABLE: dict[str, Row] = {row.name: row for row in ROWS}
"""Every row by its name."""
SPELLED: dict[str, Row] = {**{alias: row for row in ROWS for alias in row.aliases}, **TABLE}
"""Every row by its name and its aliases."""
