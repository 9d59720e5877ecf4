"""argv -> exit status: whatever happens inside, a person gets one clear line and a script the right number."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from gradcli.cli.display import language, word_after
from gradcli.cli.front_page import front_page
from gradcli.cli.start_up import install_stand_ins, pause_collection
from gradcli.cli.system_errors import complain, refusal
from gradcli.message import N_, Exit, GradcliError
from gradcli.render.translation import Speak, speech
from gradcli.visible import visible


def main() -> NoReturn:
    """The console entry. It ends the process itself: tearing PyTorch down would take longer than the answer did."""
    pause_collection()
    install_stand_ins()
    _prepare_streams()
    os._exit(_flush(run(sys.argv[1:])))


main.__code__ = main.__code__.replace(co_stacksize=40_000)
"""Python lays its frames in chunks of 16 KB, and at the end of one a loop maps and unmaps memory at every call that it
makes: a fifth of the whole run where the import of PyTorch happens to lie at such a depth. A frame as large as this
one (320 KB) gets a chunk of 512 KB, in which everything that it calls has room."""


def run(words: Sequence[str]) -> int:
    """Everything but the end of the process; returns the exit status."""
    try:
        return _answer(words)
    except BrokenPipeError:
        return Exit.ANSWERED
    except OSError as error:
        return _report_refusal(error, words)


def _answer(words: Sequence[str]) -> int:
    """The same, where what is told of an error can be written."""
    try:
        return _perform(words)
    except GradcliError as error:
        return _report(error, words)
    except KeyboardInterrupt:
        complain(_speech(words).sentence(N_("gradcli: interrupted")))
        return Exit.INTERRUPTED
    except (MemoryError, RecursionError) as error:
        return _report(refusal(error), words)
    except OSError:
        raise
    except Exception as error:
        return _report_defect(error, words)


def _perform(words: Sequence[str]) -> int:
    if not words:
        sys.stdout.write(front_page(_speech(words).sentence))
        return Exit.ANSWERED

    from gradcli.cli.app import answer  # here, since a Ctrl-C while it is imported has to be answered too

    return answer(words, _speech(words))


def _report(error: GradcliError, words: Sequence[str]) -> int:
    if word_after("--format", words) == "json":
        from gradcli.render.error import as_object
        from gradcli.render.json_text import several_lines

        answer = as_object(error, _speech(words, {}))  # a script's language is the one it asks for
        sys.stdout.write(several_lines(answer) + "\n")
        return error.exit_status
    return _report_to_a_person(error, words)


def _report_to_a_person(error: GradcliError, words: Sequence[str]) -> int:
    from gradcli.render.error import as_text

    with contextlib.suppress(OSError):
        sys.stdout.flush()  # what was answered before the error stands before it
    complain(as_text(error, speak=_speech(words)))
    return error.exit_status


def _speech(words: Sequence[str], environment: Mapping[str, str] = os.environ) -> Speak:
    return speech(language(words, environment))


def _report_refusal(error: OSError, words: Sequence[str]) -> int:
    """One line on stderr, where the answer may be what could not be written."""
    if sys.stdout is sys.__stdout__:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in the buffer can go nowhere
    return _report_to_a_person(refusal(error), words)


def _report_defect(error: Exception, words: Sequence[str]) -> int:
    if os.environ.get("GRADCLI_DEBUG") == "1":
        import traceback

        sys.stderr.write(visible("".join(traceback.format_exception(error))))
        return Exit.DEFECT
    from gradcli.cli import requirements  # a library's fault may not look like one

    broken = requirements.unloadable_library(error) if isinstance(error, ImportError) else None
    complaint = broken or requirements.unmet_requirement()
    if complaint is not None:
        return _report(complaint, words)
    sentence = _speech(words).sentence(
        N_("gradcli has a defect: {kind}: {text} -- please report it and this command line (GRADCLI_DEBUG=1 shows it)"),
        kind=type(error).__name__,
        text=" ".join(str(error).split()),
    )
    complain(visible(sentence))
    return Exit.DEFECT


def _prepare_streams() -> None:
    """An odd byte, a narrow encoding or a closed stream must not end an answer."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115  (it lives as long as the process)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _flush(status: int) -> int:
    """The exit status once everything is written; a reader that went away (`| head`) is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = Exit.ANSWERED
    except OSError as error:
        status = _report_refusal(error, sys.argv[1:])
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    return status
