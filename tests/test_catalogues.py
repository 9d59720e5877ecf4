"""The catalogues: every marked sentence is translated, its slots and plural forms fit, and what is stored is fresh."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from catalogues import TRANSLATED, as_mo, as_po, marked, po_of, stored, unfinished, updated

from gradcli.message import Plural
from gradcli.render.layout import cells, wrap
from gradcli.render.translation import speech

SENTENCES = marked()


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (list, tuple)) else (message.string,)


def slots(sentence: str) -> set[tuple[str | None, ...]]:
    """What is filled in, and how: `{a:.6g}`, `{text!r}`."""
    return {(name, *how) for _, name, *how in string.Formatter().parse(sentence) if name is not None}


def misfit(catalogue: Catalog) -> Iterator[str]:
    """The translations that do not fill the slots of their sentence. A form that stands for 21 as for 1 says which."""
    for told in catalogue:
        source = told.id if isinstance(told.id, tuple) else (told.id,)
        wanted = set().union(*map(slots, source))
        yield from (form for form in forms(told) if told.id and form and slots(form) != wanted)


def lone(sentence: str, translation: str | tuple[str, ...]) -> Catalog:
    catalogue = Catalog(locale="ru")
    catalogue.add(sentence if isinstance(translation, str) else (sentence, sentence), translation)
    return catalogue


# Complete, fitting and fresh


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    assert [told.id for told in unfinished(updated(language, SENTENCES))] == [], "python -m tests.catalogues"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_fills_the_slots_of_its_sentence(language: str) -> None:
    assert list(misfit(stored(language))) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_stored_catalogue_is_todays(language: str) -> None:
    path = po_of(language)
    assert path.read_bytes() == as_po(updated(language, SENTENCES)), "python -m tests.catalogues"
    assert path.with_suffix(".mo").read_bytes() == as_mo(stored(language)), "python -m tests.catalogues"


def test_what_is_missing_doubtful_or_misspelt_is_noticed() -> None:
    doubtful = lone("none", "нет")
    doubtful["none"].flags.add("fuzzy")
    for catalogue in (lone("none", ""), lone("{count} entry", ("элемент", "элемента")), doubtful):
        assert len(list(unfinished(catalogue))) == 1
    assert list(unfinished(lone("none", "нет"))) == []
    assert list(misfit(lone("{name} is {a:.6g}", "{name} = {a}"))) == ["{name} = {a}"]
    assert list(misfit(lone("{name} is {a:.6g}", "{a:.6g} = {name}"))) == []
    assert as_mo(lone("none", "нет")) != as_mo(lone("none", "никакой"))


def test_what_is_unfinished_is_spoken_in_english() -> None:
    nothing = as_mo(Catalog(locale="ru"))
    assert as_mo(lone("none", "")) == as_mo(lone("{count} entry", ("", "", ""))) == nothing
    assert as_mo(lone("none", "нет")) != nothing


def test_a_sentence_that_is_not_in_the_catalogue_is_noticed() -> None:
    sentences = marked()
    sentences.add("a new sentence")
    assert as_po(updated("ru", sentences)) != po_of("ru").read_bytes()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_number_chooses_the_form_that_the_language_has_for_it(language: str) -> None:
    plurals = [told for told in stored(language) if told.pluralizable]
    category = Locale(language).plural_form
    assert len(plurals) > 5
    for told in plurals:
        spoken = {n: speech(language).counted(Plural(*told.id), n) for n in range(1, 130)}
        assert {spoken[n] for n in spoken} == set(forms(told))
        chosen = {(category(n), spoken[n]) for n in spoken}
        assert len(chosen) == len({kind for kind, _ in chosen})


def test_russian_counts_as_russians_do() -> None:
    told = Plural("{count} value is not finite", "{count} values are not finite")
    said = [speech("ru").sentence(told, count=n).split()[1] for n in (1, 2, 5, 11, 21, 22, 112)]
    assert said == ["значение", "значения", "значений", "значений", "значение", "значения", "значений"]


# On the screen


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_are_wrapped_to_the_screen(language: str, width: int) -> None:
    for told in stored(language):
        for form in forms(told) if told.id else ():
            lines = wrap(form, width, "  • ", "    ")
            assert all(cells(line) <= width or not re.search(r"\S\s", line[4:].strip()) for line in lines), lines
            assert not [line for line in lines[1:] if line.strip()[:1] in "，。、；：！？）」』》”—"], lines
            assert not [line for line in lines if line[-1:] in "（「『《“"], lines
