"""Parts of an answer -> a stream or a file in the format asked for, and the exit status."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from json import dumps
from shutil import get_terminal_size
from typing import TextIO

from gradcli.cli.output_file import write_file
from gradcli.cli.start_up import settle
from gradcli.cli.status_line import watch
from gradcli.cli.system_errors import complain
from gradcli.message import N_, Exit
from gradcli.render.formats import FORMATS, NUMBER_FILES, Look, document
from gradcli.render.layout import COLOURS, Line
from gradcli.render.translation import speech
from gradcli.report import Compared, Part, Warning, disagrees
from gradcli.request import Display
from gradcli.visible import visible


def show(parts: Iterable[Part], display: Display) -> Exit:
    """Writes the answer: text as its parts become known, any other format when all of it is."""
    seen: list[Part] = []
    remembered = _remember(watch(parts, speech(display.lang)), seen)
    if display.format == "picture":
        _picture(remembered, seen, display)
    elif display.format in NUMBER_FILES:
        from gradcli.render import number_files  # which an answer on the screen does not need

        write_file(str(display.output), number_files.content(list(remembered), display.format))
        _warn(seen, display)
    elif display.quiet:
        from gradcli.render import quiet

        lines = quiet.lines_of(list(remembered))
        _write("".join(line + "\n" for line in lines) if lines else document("text", seen, _look(display)), display)
        _warn(seen, display)
    elif FORMATS[display.format].streams and display.output is None:
        _stream(remembered, display)
    else:
        _write(document(display.format, list(remembered), _look(display)), display)
    failed = any(map(disagrees, seen))
    return Exit.CHECK_FAILED if failed else Exit.ANSWERED


def _picture(parts: Iterable[Part], seen: Sequence[Part], display: Display) -> None:
    from tempfile import TemporaryDirectory

    from gradcli import figure  # matplotlib, which may be missing, is told before anything is computed

    figure.ready()
    path = str(display.output)
    with TemporaryDirectory() as folder:
        picture = os.path.join(folder, "picture." + path.rpartition(".")[2].lower())
        figure.save(list(parts), picture, speech(display.lang).sentence)
        with open(picture, "rb") as file:
            write_file(path, file.read())
    _warn(seen, display)


def _remember(parts: Iterable[Part], seen: list[Part]) -> Iterator[Part]:
    """The same parts, remembered; the first values to come mean that every heavy library is in."""
    for part in parts:
        if isinstance(part, Compared):
            settle()
        seen.append(part)
        yield part
    settle()


def _stream(parts: Iterable[Part], display: Display) -> None:
    from gradcli.render import text  # each answer is written in one format: the others are left unread

    put = _coloured() if _has_colour(display) else _plain
    for lines in text.lines_of(parts, _look(display, _width(sys.stdout))):
        put(lines)
        sys.stdout.flush()


def _look(display: Display, width: int = 80) -> Look:
    return Look(width, display.precision, display.full, speech(display.lang))


def _plain(lines: Sequence[Line]) -> None:
    sys.stdout.write("".join(line.text + "\n" for line in lines))


def _coloured() -> Callable[[Sequence[Line]], None]:
    from rich.console import Console  # 40 ms that a pipe does not wait for
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=True)

    def put(lines: Sequence[Line]) -> None:
        for line in lines:
            console.print(Text.assemble(*((piece, COLOURS[style]) for piece, style in line.pieces)))

    return put


def _has_colour(display: Display) -> bool:
    return display.color and sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int:
    """The terminal's width; of a pipe 80 columns, or COLUMNS where it is set."""
    return max(get_terminal_size((80, 24)).columns if stream.isatty() or "COLUMNS" in os.environ else 80, 20)


def _write(answer: str, display: Display) -> None:
    if display.output is None:
        fit = {"json": encodable, "html": _in_utf8}.get(display.format)
        sys.stdout.write(fit(answer, sys.stdout) if fit else answer)
        return
    write_file(display.output, answer.encode("utf-8", errors="backslashreplace"))


def encodable(answer: str, stream: TextIO) -> str:
    r"""JSON that the stream's encoding can carry: characters it lacks are written \uXXXX, as JSON allows."""
    try:
        answer.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return re.sub(r"[^\x00-\x7f]+", lambda odd: dumps(odd[0])[1:-1], answer)
    return answer


def _in_utf8(page: str, stream: TextIO) -> str:
    """A page as UTF-8, which it declares; in any other encoding what is not ASCII is written as references."""
    if codecs.lookup(stream.encoding or "utf-8").name == "utf-8":
        return page
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _warn(parts: Iterable[Part], display: Display) -> None:
    """Warnings, where the answer itself has no room for them."""
    speak = speech(display.lang)
    for part in parts:
        if isinstance(part, Warning):
            complain(visible(speak.sentence(N_("note: ")) + speak(part.text)))
