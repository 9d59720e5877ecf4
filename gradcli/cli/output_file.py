"""The answer -> a file, whole or not at all: it is written beside its name and takes it when it is complete."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from gradcli.message import N_, GradcliError, fault


def write_file(path: str, content: bytes) -> None:
    """Writes the file; a device or a pipe is written to directly, a link is followed.

    Raises GradcliError (file) with the reason; then what was there before is still there.
    """
    target = os.path.realpath(os.path.expanduser(path))
    try:
        mode = _mode(target)
        if path.startswith("/dev/") or (mode is not None and not stat.S_ISREG(mode)):
            _fill(path, os.O_WRONLY | os.O_APPEND | _AT_ONCE, content)  # /dev/stdout may be others' file too
            return
        beside = os.path.join(os.path.dirname(target), f".{os.path.basename(target)[:200]}.{os.getpid()}")
        try:
            _fill(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, content)
            if mode is not None:
                os.chmod(beside, stat.S_IMODE(mode))
            os.replace(beside, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise
    except BrokenPipeError:  # the reader has gone: for `run` to be silent about
        raise
    except OSError as error:
        raise _unwritable(path, target, error) from None
    except ValueError:  # a null byte in the name
        raise fault("file", N_("the file name {file} is not valid"), file=repr(path)) from None


_AT_ONCE = getattr(os, "O_NONBLOCK", 0)
"""A pipe that nobody reads is refused, not waited for."""


def _mode(target: str) -> int | None:
    """What is there now; None where nothing is."""
    try:
        return os.stat(target).st_mode
    except FileNotFoundError:
        return None


def _fill(path: str, flags: int, content: bytes) -> None:
    descriptor = os.open(path, flags, 0o666)
    if flags & _AT_ONCE:
        os.set_blocking(descriptor, True)
    with open(descriptor, "wb") as file:
        file.write(content)


def _unwritable(path: str, target: str, error: OSError) -> GradcliError:
    folder = os.path.dirname(path)
    if error.errno == errno.ENXIO and stat.S_ISFIFO(_mode(target) or 0):
        return fault("file", N_("{path} is a pipe that nobody reads"), hint=N_("start its reader first"), path=path)
    missing = isinstance(error, FileNotFoundError) and not os.path.isdir(os.path.dirname(target))
    return fault(
        "file",
        N_("{path} cannot be written: {reason}"),
        hint=N_("there is no directory {folder}; make it first:  mkdir -p {folder}") if missing else None,
        path=path,
        reason=error.strerror or str(error),
        folder=folder,
    )
