"""A file or stdin -> float64 array, by suffix and, where that does not say, by content. Knows no tensor text."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO, Literal

from gradcli.message import N_, GradcliError, fault, nearest
from gradcli.report import Array
from gradcli.tensors import npy, pt, text_tables
from gradcli.tensors.nested import check_bytes

MAX_BYTES = 512 * 2**20
"""Of one file: 50 million numbers in float64 are 400 MB."""

Reach = Literal["everything", "working directory", "nothing"]
"""What may be read: every file and standard input, the files in the working directory and below, or neither."""

_reach: ContextVar[Reach] = ContextVar("reach", default="everything")

Reader = Callable[[bytes, str, str | None], Array]
"""Content, the file's name for messages, and the key after the colon."""

READERS: dict[str, Reader] = {
    ".npy": lambda content, file, key: npy.npy(content, file),
    ".npz": npy.npz,
    ".pt": pt.pt,
    ".pth": pt.pt,
    ".csv": lambda content, file, key: text_tables.table(content, file, ","),
    ".tsv": lambda content, file, key: text_tables.table(content, file, "\t"),
    ".json": lambda content, file, key: text_tables.json_lists(content, file),
}


@contextmanager
def reaching(reach: Reach) -> Iterator[None]:
    """In the block only so much is read, whoever asks."""
    before = _reach.set(reach)
    try:
        yield
    finally:
        _reach.reset(before)


def _refuse_out_of_reach(file: str, path: str) -> None:
    """Raises GradcliError (file), which tells nothing of what is there."""
    reach = _reach.get()
    if reach == "nothing":
        raise fault(
            "file",
            N_("a record reads no file, and {file} is one"),
            hint=N_("gradcli batch --allow-files  lets records read files in the working directory and below"),
            file=file,
        )
    if reach == "working directory" and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(".")):
        raise fault(
            "file",
            N_("{file} is not in the working directory or below, where a record may read"),
            hint=N_("run  gradcli batch --allow-files  in a directory that holds it"),
            file=file,
        )


class Stdin:
    """Standard input, which can be read once a command."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream, self._taken_by = stream, ""

    def read(self, name: str) -> bytes:
        """All of it, for the variable `name`.

        Raises GradcliError (file) where records are read from it, (input) for the second that asks or where it is
        closed, (limit) for more than MAX_BYTES.
        """
        if _reach.get() != "everything":
            raise fault(
                "file",
                N_("a record cannot read standard input"),
                hint=N_("write the numbers into the record, or as @FILE with  gradcli batch --allow-files"),
            )
        if self._taken_by:
            raise fault(
                "input",
                N_("- reads standard input, which {first} has already taken: {name} cannot read it too"),
                hint=N_("write it to a file and give {name} as @FILE"),
                first=self._taken_by,
                name=name,
            )
        self._taken_by = name
        try:
            return _read_all(self._stream or standard_input(), "-")
        except OSError as error:
            raise _unreadable("-", error) from None


def standard_input() -> BinaryIO:
    """Standard input as bytes.

    Raises GradcliError (input) where the program was started without one (`<&-`).
    """
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None or stream.closed:
        raise fault("input", N_("standard input is closed, so there is nothing to read"))
    return stream  # type: ignore[no-any-return]


def read_file(path: str) -> Array:
    """The tensor in a file: `x.npy`, `x.npz`, `x.npz:key`, `x.csv`, `x.tsv`, `x.json`, `x.pt`.

    Raises GradcliError (file, limit) naming the file. A `.npy` is never unpickled, a `.pt` read with weights only.
    """
    file, key = _split_key(path)
    content = content_of(file)
    if not content:
        raise fault("file", N_("{file} is empty"), file=file)
    return reader_for(file, content)(content, file, key)


def reader_for(file: str, content: bytes) -> Reader:
    """Who reads this content: by the suffix of the file's name, else by its first bytes."""
    by_name = READERS.get(Path(file).suffix.lower())
    if by_name is not None:
        return by_name
    if content.startswith(npy.NPY_MAGIC):
        return READERS[".npy"]
    if content.startswith(npy.ZIP_MAGIC):
        return READERS[".pt" if npy.is_pt(content) else ".npz"]
    return READERS[".json" if content.lstrip()[:1] in (b"[", b"{") else ".csv"]


def _split_key(path: str) -> tuple[str, str | None]:
    """`f.npz:key` apart, unless a file of the whole name exists; a Windows drive is no file."""
    file, colon, key = path.rpartition(":")
    if colon and len(file) > 1 and (_reach.get() == "nothing" or not os.path.exists(_from_home(path))):
        return file, key
    return path, None


def content_of(file: str) -> bytes:
    """The bytes of a regular file of bearable size.

    Raises GradcliError (file): missing (with the nearest name), a directory, a pipe or device, unreadable; (limit).
    """
    if not file:
        raise fault("file", N_("a file name is missing after @"), hint=N_("write @x.npy"))
    path = _from_home(file)
    try:
        _refuse_out_of_reach(file, path)
        status = os.stat(path)
        _check_regular(file, status)
        with open(path, "rb", opener=_at_once) as stream:
            status = os.fstat(stream.fileno())
            _check_regular(file, status)  # again, for it may be another one by now
            if status.st_size == 0:  # a file of /proc, which does not know its length
                return _read_all(stream, file)
            return stream.read(status.st_size)
    except FileNotFoundError:
        raise _missing(file, path) from None
    except ValueError:  # a null byte in the name
        raise fault("file", N_("the file name {file} is not valid"), file=repr(file)) from None
    except OSError as error:
        raise _unreadable(file, error) from None


def _unreadable(file: str, error: OSError) -> GradcliError:
    return fault("file", N_("{file} cannot be read: {reason}"), file=file, reason=error.strerror or str(error))


def _from_home(path: str) -> str:
    """The path with its ~ spelled out; one that no system can name stays, and is told where it is opened."""
    try:
        return os.path.expanduser(path)
    except ValueError:
        return path


def _at_once(path: str, flags: int) -> int:
    """The file, opened without waiting for whoever may write to a pipe."""
    return os.open(path, flags | os.O_NONBLOCK) if hasattr(os, "O_NONBLOCK") else os.open(path, flags)


def _read_all(stream: BinaryIO, file: str) -> bytes:
    """All of a stream; a plain read would allocate the most for a single byte.

    Raises GradcliError (limit) where there are more bytes than MAX_BYTES.
    """
    content = bytearray()
    while chunk := stream.read(_CHUNK):
        content += chunk
        check_bytes(len(content), file, MAX_BYTES)
    return bytes(content)


_CHUNK = 2**20


def _check_regular(file: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise fault("file", N_("{file} is a directory, not a file"), file=file)
    if not stat.S_ISREG(status.st_mode):
        raise fault(
            "file", N_("{file} is a pipe or a device, not a file"), hint=N_("read standard input with -"), file=file
        )
    check_bytes(status.st_size, file, MAX_BYTES)


def _missing(file: str, path: str) -> GradcliError:
    folder, base = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return fault("file", N_("there is no file {file}: its directory does not exist"), file=file)
    near = nearest(base, sorted(names))
    if near is None:
        return fault("file", N_("there is no file {file}"), file=file)
    path = os.path.join(os.path.dirname(file), near)
    return fault("file", N_("there is no file {file}"), N_("did you mean @{nearest} ?"), file=file, nearest=path)
