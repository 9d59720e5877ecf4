"""The words of a command line and the environment -> the language to answer in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from gradcli.request import LANGUAGES


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
