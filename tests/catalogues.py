"""The catalogues: `python -m tests.catalogues [ru|zh]` brings them up to date with what the program marks.

Babel reads the marked sentences out of the source, each `gradcli/locale/LANGUAGE/LC_MESSAGES/gradcli.po` keeps its
translations, `gradcli.mo` beside it is written anew, and what a translator has yet to do is printed.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gradcli.request import LANGUAGES

PACKAGE = Path(__file__).parents[1] / "gradcli"
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
MARKS = {"N_": None, "NN_": (1, 2)}
"""How a sentence is marked: alone, or with its form for several."""


def po_of(language: str) -> Path:
    """Where the translations of a language are written."""
    return PACKAGE / "locale" / language / "LC_MESSAGES" / "gradcli.po"


def marked(package: Path = PACKAGE) -> Catalog:
    """Every marked sentence, with the files that say it."""
    found = Catalog()
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package.parent).as_posix()
        for line, sentence, _, _ in extract_from_file("python", str(path), MARKS):
            found.add(sentence, locations=[(where, line)])
    return found


def stored(language: str) -> Catalog:
    """The catalogue as it stands; an empty one for a language that has none yet."""
    path = po_of(language)
    with io.BytesIO(path.read_bytes() if path.exists() else b"") as file:
        return read_po(file, locale=language, domain="gradcli")


def updated(language: str, sentences: Catalog) -> Catalog:
    """The stored catalogue with the sentences of today; translations of those that are gone are dropped."""
    catalogue = stored(language)
    catalogue.update(sentences, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


class _Dateless(Catalog):
    """A catalogue whose head says nothing that changes from day to day or from one Babel to the next."""

    rule = ""
    """For the forms of several, as it is stored: each Babel words the same rule in its own way."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "gradcli"),
            ("Language", str(self.locale)),
            ("Plural-Forms", self.rule),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def settled(catalogue: Catalog) -> Catalog:
    """The same sentences and translations, as they are stored: with the files that say them and no lines."""
    head = f"# gradcli in {catalogue.locale.english_name}."
    own = _Dateless(locale=catalogue.locale, header_comment=head, fuzzy=False)
    own.rule = catalogue.plural_forms
    for message in catalogue:
        if message.id:
            files = [(file, 0) for file in dict.fromkeys(file for file, _ in message.locations)]
            own.add(message.id, message.string, files, message.flags, user_comments=message.user_comments)
    return own


def as_po(catalogue: Catalog) -> bytes:
    """The catalogue for translators."""
    with io.BytesIO() as file:
        write_po(file, settled(catalogue), width=118, no_location=True, sort_output=True)
        return file.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """The catalogue for gettext; what is not yet translated is left out and spoken in English."""
    spoken = settled(catalogue)
    for message in list(unfinished(spoken)):
        spoken.delete(message.id)
    with io.BytesIO() as file:
        write_mo(file, spoken)
        return file.getvalue()


def unfinished(catalogue: Catalog) -> Iterator[Message]:
    """The sentences without a translation, with one of too few forms, or with one that is marked as doubtful."""
    for message in catalogue:
        forms = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        wanted = catalogue.num_plurals if message.pluralizable else 1
        if message.id and (len(forms) != wanted or not all(forms) or message.fuzzy):
            yield message


def _write(path: Path, content: bytes) -> None:
    """In one step, for others may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(path.suffix + ".new")
    beside.write_bytes(content)
    os.replace(beside, path)


def main() -> None:
    sentences = marked()
    for language in sys.argv[1:] or TRANSLATED:
        catalogue = updated(language, sentences)
        _write(po_of(language), as_po(catalogue))
        _write(po_of(language).with_suffix(".mo"), as_mo(catalogue))
        for message in (missing := list(unfinished(catalogue))):
            sys.stderr.write(f"{language}: {message.id!r}\n")
        sys.stderr.write(f"{language}: {len(missing)} of {len(sentences)} sentences are unfinished\n")


if __name__ == "__main__":
    main()
