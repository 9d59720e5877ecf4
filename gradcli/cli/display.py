"""The display options that were typed, and the suffix of a file -> how the answer is shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gradcli.cli.language import preferred
from gradcli.message import N_, fault
from gradcli.render.formats import NUMBER_FILES, SUFFIXES
from gradcli.request import Display

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
