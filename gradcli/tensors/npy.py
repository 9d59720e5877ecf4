"""The bytes of .npy and .npz files -> float64 arrays. Nothing is unpickled."""

from __future__ import annotations

import io
import lzma
import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy_format

from gradcli.message import N_, GradcliError, fault
from gradcli.report import Array
from gradcli.tensors.nested import check_size, not_real, real

NPY_MAGIC = b"\x93NUMPY"
ZIP_MAGIC = b"PK"

DAMAGED_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError,
)  # fmt: skip
"""What zipfile and its decompressors raise for a damaged, encrypted or unknown archive."""
_NO_HEADER = (ValueError, SyntaxError, TypeError, tokenize.TokenError, RecursionError, MemoryError)
"""What NumPy's reader raises for a header that is none: it takes it for a Python literal."""
_LONGEST_HEADER = 10_000
"""Bytes, as NumPy itself reads of a file that is not trusted."""
_MOST_MEMBERS = 65_535
"""Of an archive: each takes zipfile ten microseconds, before any is asked for."""


def npy(content: bytes, file: str) -> Array:
    """The array of a `.npy`.

    Raises GradcliError (file) for a damaged file, for Python objects (they would have to be unpickled), (input) for
    complex numbers, (limit).
    """
    return _npy(io.BytesIO(content), file)


def _npy(stream: IO[bytes], file: str) -> Array:
    """NumPy reads the header; the data is read here, when its size is known to be allowed. No more is taken from the
    stream, which may unpack without an end, than that."""
    start = io.BytesIO(stream.read(_LONGEST_HEADER))
    shape, fortran_order, dtype = _header(start, file)
    if dtype.hasobject:
        raise fault(
            "file",
            N_("{file} holds Python objects, which are never unpickled; only numbers are read"),
            hint=N_('save it as numbers: numpy.save("{file}", array.astype(float))'),
            file=file,
        )
    if dtype.kind == "c":
        raise not_real(file)
    if dtype.kind not in "fiub":
        code = "records" if dtype.names else dtype.str
        raise fault("file", N_("{file} holds {dtype}, not numbers"), file=file, dtype=code)
    check_size(shape, file)
    needed, data = math.prod(shape) * dtype.itemsize, start.read()
    data += stream.read(max(needed + 1 - len(data), 0))  # behind the last one an archive compares its checksum
    if len(data) < needed:
        raise fault(
            "file",
            N_("{file} is cut short: its shape needs {needed} bytes, it holds {found}"),
            file=file,
            needed=needed,
            found=len(data),
        )
    return real(np.frombuffer(data[:needed], dtype).reshape(shape, order="F" if fortran_order else "C"), file)


def _header(stream: IO[bytes], file: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and dtype of a `.npy`; the stream then stands at its data."""
    try:
        version = npy_format.read_magic(stream)
        read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
        with warnings.catch_warnings(action="ignore"):  # of a file that Python 2 wrote
            shape, fortran_order, dtype = read(stream, max_header_size=_LONGEST_HEADER)
    except _NO_HEADER:
        raise damaged(file, "npy") from None
    if not all(0 <= n < 2**63 for n in shape):
        raise damaged(file, "npy")
    return shape, fortran_order, dtype


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
