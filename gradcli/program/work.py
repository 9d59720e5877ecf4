"""How much work a program is, told from its shapes before anything is computed."""

from __future__ import annotations

from gradcli.message import N_, limit
from gradcli.program.builder import MAX_ENTRIES
from gradcli.program.program import Program
from gradcli.shapes import RAISE, allowed, needed, size

MAX_PASSES = 10_000_000_000
"""Entries that the backward passes of one question may go through together."""
A_STEP = 10_000
"""A step of a pass takes as long as going through so many entries, be its tensor as small as it likes."""


def passes(program: Program, count: int) -> int:
    """The entries that so many backward passes go through."""
    return count * sum(size(step.shape) + A_STEP for step in program.steps)


def fits(program: Program, rows: int, columns: int) -> bool:
    """Whether a matrix is computed with a pass for each of its rows."""
    return rows * columns <= allowed(MAX_ENTRIES) and passes(program, rows) <= allowed(MAX_PASSES)


def refuse_large(program: Program, rows: int, columns: int) -> None:
    """Raises GradcliError (limit) for a matrix that does not fit."""
    if not fits(program, rows, columns):
        raise limit(
            N_("a matrix of {rows} rows and {columns} columns is too large to be computed entry by entry"),
            hint=RAISE,
            rows=rows,
            columns=columns,
            count=max(needed(rows * columns, MAX_ENTRIES), needed(passes(program, rows), MAX_PASSES)),
        )


def refuse_many(program: Program, count: int) -> None:
    """Raises GradcliError (limit) for so many backward passes that they would take too long."""
    work = passes(program, count)
    if work > allowed(MAX_PASSES):
        raise limit(
            N_("{calls} backward passes through these tensors would take too long"),
            hint=RAISE,
            calls=count,
            count=needed(work, MAX_PASSES),
        )
