"""The bytes of .npy and .npz files -> float64 arrays. Nothing is unpickled."""

from __future__ import annotations

import io
import lzma
import math
import re
import struct
import zipfile
import zlib
from typing import IO, Any

import numpy as np

from gradcli.message import N_, GradcliError, fault
from gradcli.report import Array
from gradcli.tensors.nested import check_size, not_real, real

NPY_MAGIC = b"\x93NUMPY"
ZIP_MAGIC = b"PK"

_DTYPE = re.compile(r"[<>=|]?(f(2|4|8|16)|[iu](1|2|4|8)|b1|\?)")
DAMAGED_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError,
)  # fmt: skip
"""What zipfile and its decompressors raise for a damaged, encrypted or unknown archive."""
_LONGEST_HEADER = 100_000
_MOST_DIGITS = 30
"""Of one size; int() itself refuses thousands."""
_MOST_MEMBERS = 65_535
"""Of an archive: each takes zipfile ten microseconds, before any is asked for."""


def npy(content: bytes, file: str) -> Array:
    """The array of a `.npy`.

    Raises GradcliError (file) for a damaged file, for Python objects (they would have to be unpickled), (input) for
    complex numbers, (limit).
    """
    return _npy(io.BytesIO(content), file)


def _npy(stream: IO[bytes], file: str) -> Array:
    """The header is read here, not by NumPy, whose reader allocates what a damaged header promises; no more is taken
    from the stream, which may unpack without an end, than the header needs."""
    header = _header(stream, file)
    described = re.search(r"'descr'\s*:\s*(?:'([^']*)'|(\[))", header)
    shaped = re.search(r"'shape'\s*:\s*\(([0-9, ]*)\)", header)
    order = re.search(r"'fortran_order'\s*:\s*(True|False)", header)
    if not (described and shaped and order):
        raise damaged(file, "npy")
    code = described[1] or "records"
    if "O" in code:
        raise fault(
            "file", N_("{file} holds Python objects, which are never unpickled; only numbers are read"),
            hint=N_('save it as numbers: numpy.save("{file}", array.astype(float))'), file=file,
        )
    if re.fullmatch(r"[<>=|]?c[0-9]+", code):
        raise not_real(file)
    if not _DTYPE.fullmatch(code):
        raise fault("file", N_("{file} holds {dtype}, not numbers"), file=file, dtype=code)
    sizes = [n for n in shaped[1].replace(" ", "").split(",") if n]
    if any(len(n) > _MOST_DIGITS for n in sizes):
        raise damaged(file, "npy")
    return _filled(stream, np.dtype(code), tuple(map(int, sizes)), "F" if order[1] == "True" else "C", file)


def _header(stream: IO[bytes], file: str) -> str:
    """The header of a `.npy`; its data follows."""
    start = stream.read(8)
    if not start.startswith(NPY_MAGIC):
        raise damaged(file, "npy")
    length = int.from_bytes(stream.read(2 if start[6:7] == b"\x01" else 4), "little")
    header = stream.read(length) if length <= _LONGEST_HEADER else b""
    if len(header) < length:
        raise damaged(file, "npy")
    return header.decode("latin-1")


def _filled(stream: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...], order: Any, file: str) -> Array:
    check_size(shape, file)
    needed = math.prod(shape) * dtype.itemsize
    data = stream.read(needed + 1)  # behind the last one an archive compares its checksum
    if len(data) < needed:
        raise fault(
            "file", N_("{file} is cut short: its shape needs {needed} bytes, it holds {found}"),
            file=file, needed=needed, found=len(data),
        )
    return real(np.frombuffer(data[:needed], dtype).reshape(shape, order=order), file)


def damaged(file: str, form: str) -> GradcliError:
    return fault(
        "file", N_("{file} is not a readable .{form} file: it is damaged or something else"), file=file, form=form
    )


def npz(content: bytes, file: str, key: str | None) -> Array:
    """One array of a `.npz`; `key` may be left out where it holds one."""
    try:
        with archive_of(content) as archive:
            members = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
            chosen = choose(sorted(members), key, file)
            with archive.open(members[chosen]) as member:
                return _npy(member, f"{file}:{chosen}")
    except DAMAGED_ZIP:
        raise damaged(file, "npz") from None


def archive_of(content: bytes) -> zipfile.ZipFile:
    """The archive; raises one of DAMAGED_ZIP."""
    if content.count(b"PK\x01\x02") > _MOST_MEMBERS:
        raise zipfile.BadZipFile
    return zipfile.ZipFile(io.BytesIO(content))


def choose(keys: list[str], key: str | None, file: str) -> str:
    """The key that is meant among those of a file."""
    if not keys:
        raise fault("file", N_("{file} holds no array"), file=file)
    if key is None and len(keys) == 1:
        return keys[0]
    if key in keys:
        return str(key)
    shown, example = ", ".join(keys[:20]), f"@{file}:{keys[0]}"
    if key is None:
        sentence = N_("{file} holds several arrays: {keys}")
    else:
        sentence = N_("{file} holds no array {key}; it holds {keys}")
    raise fault("file", sentence, hint=N_("write {example}"), file=file, key=key, keys=shown, example=example)


def is_pt(content: bytes) -> bool:
    """Whether a zip archive is one of PyTorch's."""
    try:
        with archive_of(content) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    except DAMAGED_ZIP:
        return False
