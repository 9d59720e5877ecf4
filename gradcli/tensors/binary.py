"""The bytes of .npy, .npz and .pt files -> float64 arrays. Nothing is unpickled but by PyTorch with weights only."""

from __future__ import annotations

import io
import lzma
import math
import re
import struct
import zipfile
import zlib
from typing import Any

import numpy as np

from gradcli.message import N_, GradcliError, fault
from gradcli.report import Array
from gradcli.shapes import allowed
from gradcli.tensors.nested import MAX_ENTRIES, check_size, not_real, real

NPY_MAGIC = b"\x93NUMPY"
ZIP_MAGIC = b"PK"
_PICKLE_MAGIC = b"\x80\x02"

_DTYPE = re.compile(r"[<>=|]?(f(2|4|8|16)|[iu](1|2|4|8)|b1|\?)")
_DAMAGED_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError,
)  # fmt: skip
"""What zipfile and its decompressors raise for a damaged, encrypted or unknown archive."""
_HEADER = 2**16


def npy(content: bytes, file: str) -> Array:
    """The array of a `.npy`.

    The header is read here, not by NumPy, whose reader allocates what a damaged header promises. Raises GradcliError
    (file) for a damaged file, for Python objects (they would have to be unpickled), (input) for complex numbers.
    """
    header, data = _npy_parts(content, file)
    described = re.search(r"'descr'\s*:\s*(?:'([^']*)'|(\[))", header)
    shaped = re.search(r"'shape'\s*:\s*\(([0-9, ]*)\)", header)
    order = re.search(r"'fortran_order'\s*:\s*(True|False)", header)
    if not (described and shaped and order):
        raise _damaged(file, "npy")
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
    shape = tuple(int(n) for n in shaped[1].replace(" ", "").split(",") if n)
    return _filled(data, np.dtype(code), shape, "F" if order[1] == "True" else "C", file)


def _npy_parts(content: bytes, file: str) -> tuple[str, bytes]:
    """The header and the data of a `.npy`."""
    if not content.startswith(NPY_MAGIC):
        raise _damaged(file, "npy")
    width = 2 if content[6:7] == b"\x01" else 4
    start = 8 + width
    length = int.from_bytes(content[8:start], "little")
    if length > 100_000 or len(content) < start + length:
        raise _damaged(file, "npy")
    return content[start : start + length].decode("latin-1"), content[start + length :]


def _filled(data: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any, file: str) -> Array:
    check_size(shape, file)
    needed = math.prod(shape) * dtype.itemsize
    if len(data) < needed:
        raise fault(
            "file", N_("{file} is cut short: its shape needs {needed} bytes, it holds {found}"),
            file=file, needed=needed, found=len(data),
        )
    return real(np.frombuffer(data[:needed], dtype).reshape(shape, order=order), file)


def _damaged(file: str, form: str) -> GradcliError:
    return fault(
        "file", N_("{file} is not a readable .{form} file: it is damaged or something else"), file=file, form=form
    )


def npz(content: bytes, file: str, key: str | None) -> Array:
    """One array of a `.npz`; `key` may be left out where it holds one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
            chosen = choose(sorted(members), key, file)
            with archive.open(members[chosen]) as member:
                return npy(member.read(allowed(MAX_ENTRIES) * 8 + _HEADER), f"{file}:{chosen}")
    except _DAMAGED_ZIP:
        raise _damaged(file, "npz") from None


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
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    except _DAMAGED_ZIP:
        return False


def pt(content: bytes, file: str, key: str | None) -> Array:
    """A tensor that `torch.save` wrote, alone or in a dictionary."""
    import torch  # half a second; only PyTorch reads its own format, and no other room may know it but `numeric`

    try:
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # of a damaged file torch.load says so in a dozen kinds of exception
        if content[:2] in (ZIP_MAGIC, _PICKLE_MAGIC) and "weights" in str(error).lower():
            raise fault(
                "file", N_("{file} holds more than tensors; only weights are read, nothing is unpickled"),
                hint=N_('save the tensor alone: torch.save(x, "{file}")'), file=file,
            ) from None
        raise _damaged(file, "pt") from None
    if isinstance(found, dict):
        tensors = {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}
        found = tensors[choose(sorted(tensors), key, file)]
    if not isinstance(found, torch.Tensor) or found.layout != torch.strided or found.is_quantized:
        raise fault("file", N_("{file} holds no dense tensor"), file=file)
    if found.is_complex():
        raise not_real(file)
    check_size(tuple(found.shape), file)
    return real(found.detach().double().numpy(), file)
