"""Parts of a report -> the bytes of a file of numbers: .npy, .npz, .csv, .tsv. What it writes our own reader reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gradcli.message import N_, GradcliError, fault
from gradcli.render.formats import FORMATS
from gradcli.render.quiet import arrays
from gradcli.report import Array, Part
from gradcli.shapes import written

Named = Sequence[tuple[str, Array]]


def content(parts: Sequence[Part], kind: str) -> bytes:
    """The gradient alone, or what is drawn, as a file of this kind: npy, npz, csv, tsv.

    Raises GradcliError (option) where there are no numbers, or more than such a file holds.
    """
    named = arrays(parts)
    if not named:
        raise fault(
            "option",
            N_("the answer holds no numbers for a .{kind} file"),
            hint=N_("end its name in one of {suffixes}"),
            kind=kind,
            suffixes=", ".join(one.suffix for one in FORMATS.values()),
        )
    return WRITERS[kind](named)


def _npy(named: Named) -> bytes:
    if len(named) > 1:
        raise _several(named, "npy")
    stream = io.BytesIO()
    np.save(stream, named[0][1], allow_pickle=False)
    return stream.getvalue()


def _npz(named: Named) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **dict(named))  # type: ignore[arg-type]
    return stream.getvalue()


def _several(named: Named, kind: str) -> GradcliError:
    names = ", ".join(name for name, _ in named)
    return fault(
        "option",
        N_("a .{kind} file holds one array, and there are {count}: {names}"),
        hint=N_("end its name in .npz, or choose one:  --wrt {first}"),
        kind=kind,
        count=len(named),
        names=names,
        first=named[0][0].partition(",")[0],
    )


def _table(separator: str) -> Callable[[Named], bytes]:
    def rows(named: Named) -> bytes:
        columns = len(named) > 1
        if columns and not (all(a.ndim == 1 for _, a in named) and len({a.size for _, a in named}) == 1):
            raise _several(named, "csv")
        array = np.stack([a for _, a in named], axis=1) if columns else np.atleast_1d(named[0][1])
        if array.ndim > 2:
            raise fault(
                "option",
                N_("a table has two axes, and {name} is {shape}"),
                hint=N_("end the name in .npy or .json"),
                name=named[0][0],
                shape=written(array.shape),
            )
        text = io.StringIO(newline="")
        put = csv.writer(text, delimiter=separator, lineterminator="\n")
        if columns:
            put.writerow([name for name, _ in named])
        put.writerows([[str(x + 0.0) for x in np.atleast_1d(row)] for row in array])
        return text.getvalue().encode()

    return rows


WRITERS: Mapping[str, Callable[[Named], bytes]] = {"npy": _npy, "npz": _npz, "csv": _table(","), "tsv": _table("\t")}
"""By the suffix of the file's name."""
