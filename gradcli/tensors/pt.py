"""The bytes of a .pt file -> float64 array. PyTorch reads its own format, weights only: nothing else is unpickled."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from gradcli.message import N_, GradcliError, fault
from gradcli.report import Array
from gradcli.tensors.nested import check_bytes, check_size, not_real, real
from gradcli.tensors.npy import DAMAGED_ZIP, ZIP_MAGIC, archive_of, choose, damaged

MOST_UNPACKED = 512 * 2**20
"""Bytes that an archive may hold. PyTorch packs nothing: its own archives hold what they are long."""
_PICKLE_MAGIC = b"\x80\x02"
_PICKLES = 5
"""So many stand one behind the other in a file that PyTorch wrote before 1.6."""
_MOST_SHARED = 30
"""Tuples that stand in others more than once. Each may double what a hash of the last one has to visit."""


def pt(content: bytes, file: str, key: str | None) -> Array:
    """A tensor that `torch.save` wrote, alone or in a dictionary."""
    _refuse_bombs(content, file)
    import torch  # half a second; only PyTorch reads its own format, and no other room may know it but `numeric`

    try:
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # of a damaged file torch.load says so in a dozen kinds of exception
        if content[:2] in (ZIP_MAGIC, _PICKLE_MAGIC) and "weights" in str(error).lower():
            raise _more_than_tensors(file) from None
        raise damaged(file, "pt") from None
    if isinstance(found, dict):
        tensors = {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}
        found = tensors[choose(sorted(tensors), key, file)]
    if not isinstance(found, torch.Tensor) or found.layout != torch.strided or found.is_quantized or found.is_meta:
        raise fault("file", N_("{file} holds no dense tensor"), file=file)
    if found.is_complex():
        raise not_real(file)
    check_size(tuple(found.shape), file)
    try:
        return real(found.detach().double().numpy(), file)
    except (RuntimeError, TypeError):  # of bits that are no numbers
        raise fault("file", N_("{file} holds no dense tensor"), file=file) from None


def _more_than_tensors(file: str) -> GradcliError:
    return fault(
        "file",
        N_("{file} holds more than tensors; only weights are read, nothing is unpickled"),
        hint=N_('save the tensor alone: torch.save(x, "{file}")'),
        file=file,
    )


def _refuse_bombs(content: bytes, file: str) -> None:
    """Raises GradcliError for what PyTorch would unpack without an end (limit), or hash without one (file)."""
    try:
        pickles = list(_pickles(content, file))
        tangled = any(map(_is_tangled, pickles))
    except (*DAMAGED_ZIP, KeyError, IndexError, AttributeError):
        raise damaged(file, "pt") from None
    if tangled:
        raise _more_than_tensors(file)


def _pickles(content: bytes, file: str) -> Iterator[io.BytesIO]:
    if not content.startswith(ZIP_MAGIC):
        yield io.BytesIO(content)
        return
    with archive_of(content) as archive:
        check_bytes(sum(member.file_size for member in archive.infolist()), file, MOST_UNPACKED)
        for name in archive.namelist():
            if name.endswith("data.pkl"):
                yield io.BytesIO(archive.read(name))


def _is_tangled(stream: io.BytesIO) -> bool:
    """Whether tuples are put into one another so often that the last one, as a key, would be hashed for years."""
    from pickletools import genops  # tables of its own, which no other file waits for

    tuples: set[Any] = set()
    shared = 0
    for _ in range(_PICKLES):
        before = ""
        for code, argument, _place in genops(stream):
            if "PUT" in code.name:
                if before == "TUPLE":
                    tuples.add(argument)
                continue
            again = code.name.endswith("GET") and argument in tuples
            shared += again
            before = "TUPLE" if again else code.name.rstrip("123")
        if stream.read(1) != _PICKLE_MAGIC[:1]:
            break
        stream.seek(-1, io.SEEK_CUR)
    return shared > _MOST_SHARED
