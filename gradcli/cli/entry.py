"""argv -> exit status: whatever happens inside, a person gets one clear line and a script the right number."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import NoReturn

from gradcli.cli import collector
from gradcli.cli.front import front_page
from gradcli.message import N_, Exit, GradcliError, Message, fault, limit


def main() -> NoReturn:
    """The console entry. It ends the process itself: tearing PyTorch down would take longer than the answer did."""
    collector.pause()
    _prepare_streams()
    os._exit(_flushed(run(sys.argv[1:])))


def run(words: Sequence[str]) -> int:
    """Everything but the end of the process; returns the exit status."""
    try:
        return _performed(words)
    except GradcliError as error:
        return _told(error, words)
    except KeyboardInterrupt:
        sys.stderr.write("gradcli: interrupted\n")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return Exit.ANSWERED
    except MemoryError:
        return _told(limit(N_("there is not enough memory for this question")), words)
    except RecursionError:
        return _told(limit(N_("the expression is nested too deeply")), words)
    except OSError as error:
        return _unwritable(error) if error.errno in _WRITING_FAILED else _defect(error)
    except Exception as error:
        return _defect(error)


_WRITING_FAILED = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT)


def _performed(words: Sequence[str]) -> int:
    if not words:
        sys.stdout.write(front_page())
        return Exit.ANSWERED

    from gradcli.cli.app import program  # 50 ms, in which a Ctrl-C has to be answered too
    from gradcli.cli.verbs import verbs
    from gradcli.commands import COMMANDS

    asked = program(verbs(COMMANDS), words)
    return asked() if callable(asked) else asked


def _told(error: GradcliError, words: Sequence[str]) -> int:
    from gradcli.render.error import as_object, as_text
    from gradcli.render.speech import speech

    speak = speech(_asked_for("--lang", words) or "en")
    if _asked_for("--format", words) == "json":
        from gradcli.render.json_text import written

        sys.stdout.write(written(as_object(error, speak)) + "\n")
        return error.exit_status
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()  # what was answered before the error stands before it
    sys.stderr.write(as_text(error, speak=speak) + "\n")
    return error.exit_status


def _asked_for(flag: str, words: Sequence[str]) -> str | None:
    """The value of an option among words that may not have been understood."""
    following = (value for word, value in pairwise(words) if word == flag)
    joined = (word.removeprefix(flag + "=") for word in words if word.startswith(flag + "="))
    return next(following, next(joined, None))


def _unwritable(error: OSError) -> int:
    if sys.stdout is sys.__stdout__:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in the buffer can go nowhere
    reason = error.strerror or type(error).__name__
    return _told(fault("file", N_("the answer could not be written: {reason}"), reason=reason), ())


def _defect(error: Exception) -> int:
    if os.environ.get("GRADCLI_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
        return Exit.DEFECT
    told = Message(
        N_("gradcli has a defect: {kind}: {text} -- please report it and this command line (GRADCLI_DEBUG=1 shows it)"),
        {"kind": type(error).__name__, "text": " ".join(str(error).split())},
    )
    sys.stderr.write(f"{told}\n")
    return Exit.DEFECT


def _prepare_streams() -> None:
    """An odd byte, a narrow encoding or a closed stream must not end an answer."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115  (it lives as long as the process)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _flushed(status: int) -> int:
    """The exit status once everything is written; a reader that went away (`| head`) is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = Exit.ANSWERED
    except OSError as error:
        status = _unwritable(error)
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    return status
