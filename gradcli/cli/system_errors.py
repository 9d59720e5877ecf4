"""What the system refuses -> a sentence and an exit status. Knows no question: files, pipes, memory, processes."""

from __future__ import annotations

import contextlib
import errno
import sys

from gradcli.message import N_, GradcliError, fault, limit

_NO_MORE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})
"""Refusals of a resource: open files, memory, processes."""

_UNWRITTEN = frozenset(
    {
        errno.ENOSPC,
        errno.EIO,
        errno.EFBIG,
        errno.EBADF,
        errno.EINVAL,
        errno.ENXIO,
        errno.ENODEV,
        getattr(errno, "EDQUOT", errno.ENOSPC),
    }
)
"""Refusals to take what is written to a stream that was open before."""


def complain(line: str) -> None:
    """A line on stderr. Where that is full or closed the line is lost; the answer and its status are not."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")


def refusal(error: OSError | MemoryError | RecursionError) -> GradcliError:
    """What the system refuses, as a person is told: never a defect, whatever it was asked for."""
    if isinstance(error, RecursionError):
        return limit(N_("the expression is nested too deeply"))
    if isinstance(error, MemoryError):
        return limit(N_("there is not enough memory for this question"))
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in _NO_MORE:
        return limit(N_("the system gives no more of what this question needs: {reason}"), reason=reason)
    if error.filename is None and error.errno in _UNWRITTEN:
        return fault("file", N_("the answer could not be written: {reason}"), reason=reason)
    if error.filename is None:
        return fault("file", N_("the system refused: {reason}"), reason=reason)
    return fault("file", N_("the system refused {file}: {reason}"), file=str(error.filename), reason=reason)
