"""The display options that were typed, the suffix of a file and the environment -> how the answer is shown, and in
which language."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from gradcli.message import N_, fault
from gradcli.render.formats import NUMBER_FILES, SUFFIXES
from gradcli.request import LANGUAGES, Display

_PICTURES = (".svg", ".png", ".pdf")


def suffix_of(path: str | None) -> str:
    """`.json`, in small letters; empty where there is none."""
    return "" if path is None or "." not in path else "." + path.rpartition(".")[2].lower()


def display(typed: Mapping[str, Any], files: Mapping[str, str]) -> Display:
    """To a person in the language of their locale; a script's JSON does not depend on it. A file's suffix sets the
    format, unless a format was typed; `files` are the suffixes of the command's own."""
    options = Display(**typed)
    if options.output is not None and "format" not in typed:
        options = replace(options, format=_format(options, files))
    if options.lang is not None or options.format == "json":
        return options
    return replace(options, lang=preferred(os.environ))


def _format(options: Display, files: Mapping[str, str]) -> str:
    suffix = suffix_of(options.output)
    if suffix.removeprefix(".") in NUMBER_FILES:
        return SUFFIXES[suffix]
    if suffix in files:
        return "picture" if files[suffix] == "picture" else "text"
    if suffix in _PICTURES and not files and not options.quiet:
        raise fault(
            "option",
            N_("this command draws no picture"),
            hint=N_("gradcli jacobian, plot and graph do; an answer ends in {suffixes}"),
            suffixes=", ".join(SUFFIXES),
        )
    if suffix not in SUFFIXES and not options.quiet:
        raise fault(
            "option",
            N_("the name {output} does not tell the format"),
            hint=N_("end it in {suffixes}, or add  --format text"),
            output=options.output,
            suffixes=", ".join([*files, *SUFFIXES]),
        )
    return SUFFIXES.get(suffix, "text")


# The language


def language(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """The one asked for by `--lang`, be the other words understood or not; else the environment's."""
    code = word_after("--lang", words)
    return code if code in LANGUAGES else preferred(environment)


def word_after(flag: str, words: Sequence[str]) -> str | None:
    """The value of an option among words that may not have been understood."""
    following = (value for word, value in pairwise(words) if word == flag)
    joined = (word.removeprefix(flag + "=") for word in words if word.startswith(flag + "="))
    return next(following, next(joined, None))


def preferred(environment: Mapping[str, str]) -> str:
    """What the locale says, as gettext reads it; English where it names no language that is spoken here."""
    return next((code for code in _codes(environment) if code in LANGUAGES), "en")


def _codes(environment: Mapping[str, str]) -> Iterator[str]:
    """Codes like `ru`, the dearest first; in the locale C the list of LANGUAGE does not count."""
    locale = next((named for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (named := environment.get(name))), "")
    if locale not in ("C", "POSIX"):
        for named in (*environment.get("LANGUAGE", "").split(":"), locale):
            yield re.split(r"[_.@-]", named, maxsplit=1)[0].lower()
