"""The shape and the structure of a Jacobian -> sentences. Knows layouts by name; no width, no format."""

from __future__ import annotations

from gradcli.derivatives import LeftSide, places
from gradcli.message import N_, NN_, Message, message
from gradcli.report import Entry, Jacobian, Question, Structure
from gradcli.shapes import LAYOUTS, Shape, by_layout, size, written

_KINDS = {
    "diagonal": N_("diagonal"),
    "block-diagonal": N_("block diagonal"),
    "banded": N_("banded"),
    "dense": N_("dense"),
    "zero": N_("zero"),
    "sparse": N_("sparse"),
    "triangular": N_("triangular"),
    "rank-one": N_("dense, of rank one (an outer product)"),
}


def structure(part: Structure) -> Message:
    """How many entries can be non-zero: `diagonal: 25 of 625 entries can be non-zero`."""
    kind = Message(_KINDS.get(part.kind, part.kind))
    if part.kind == "zero" or part.nonzero == 0:
        return message(NN_("zero: its one entry is 0", "zero: every one of the {count} entries is 0"), count=part.total)
    if part.exact:
        return message(
            N_("{kind}: {nonzero} of {total} entries can be non-zero"),
            kind=kind,
            nonzero=part.nonzero,
            total=part.total,
        )
    return message(
        N_("{kind}: at most {nonzero} of {total} entries can be non-zero"),
        kind=kind,
        nonzero=part.nonzero,
        total=part.total,
    )


_OF_ONE_NUMBER = {
    "numerator": N_("{shape}, the input's, for the output is a scalar; as a row (numerator layout): {rows}×{columns}"),
    "denominator": N_(
        "{shape}, the input's, for the output is a scalar; as a column (denominator layout): {rows}×{columns}"
    ),
}
_BY_ONE_NUMBER = {
    "numerator": N_(
        "{shape}, the output's, for the input is a scalar; as a column (numerator layout): {rows}×{columns}"
    ),
    "denominator": N_(
        "{shape}, the output's, for the input is a scalar; as a row (denominator layout): {rows}×{columns}"
    ),
}
_OF_MANY_BY_MANY = {
    "numerator": N_(
        "{shape}: output axes {of} first, then input axes {by} (numerator layout); flattened: a {rows}×{columns} matrix"
    ),
    "denominator": N_(
        "{shape}: input axes {by} first, then output axes {of} (denominator layout); "
        "flattened: a {rows}×{columns} matrix"
    ),
}


def arrangement(part: Jacobian, question: Question) -> Message:
    """Which axes come first, how it is flattened, and what the layout is called."""
    if len(part.left_side.derivative.by) == 2:
        return _second(part.shape, part.left_side)
    if not part.shape:
        return message(N_("one number, for the output and the input are scalars"))
    axes = len(question.output_shape)
    sentences = _OF_MANY_BY_MANY if 0 < axes < len(part.shape) else _BY_ONE_NUMBER if axes else _OF_ONE_NUMBER
    first, _ = by_layout(part.layout, axes, len(part.shape) - axes)
    return message(
        sentences[part.layout or LAYOUTS[0]],
        shape=written(part.shape),
        of=places(part.left_side.rows),
        by=places(part.left_side.columns),
        rows=size(part.shape[:first]),
        columns=size(part.shape[first:]),
    )


def readable_name(name: str) -> str:
    """`x,w`, by which it was differentiated twice, as `x, w`."""
    return ", ".join(part.strip() for part in name.split(","))


def at(part: Jacobian, entry: Entry) -> LeftSide:
    """`d y[m] / d x[i]` with numbers for its indices: `d y[0] / d x[2]`."""
    return part.left_side.at(*by_layout(part.layout, entry.row, entry.column))


def _second(shape: Shape, side: LeftSide) -> Message:
    """The axes of the variable that is named first, then those of the other."""
    if not shape:
        return message(N_("one number"))
    outer = len(side.rows)
    rows, columns = size(shape[:outer]), size(shape[outer:])
    return message(
        N_(
            "{shape}: axes {of} of the variable named first, then axes {by} of the other; flattened: a "
            "{rows}×{columns} matrix"
        ),
        shape=written(shape),
        of=places(side.rows) or "[]",
        by=places(side.columns) or "[]",
        rows=rows,
        columns=columns,
    )
