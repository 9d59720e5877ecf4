"""Languages: nothing that a person reads is left in English, and who decides which language it is."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from unittest import mock

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from catalogues import TRANSLATED, as_mo, as_po, marked, po_of, stored, unfinished, updated

import gradcli
from gradcli.cli import entry, show
from gradcli.cli.entry import run
from gradcli.cli.language import preferred
from gradcli.cli.records import answer
from gradcli.commands import COMMANDS
from gradcli.message import NN_, N_, Plural, message
from gradcli.ops import SPELLED
from gradcli.render.layout import cells, wrapped
from gradcli.render.speech import Speak, english, speech

SENTENCES = marked()
RECORD = {"expr": "(x+1)**2", "inputs": {"x": [1, 2]}, "v": "ones", "symbolic_only": True}


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (list, tuple)) else (message.string,)


def slots(sentence: str) -> set[tuple[str, str | None]]:
    """What is filled in, and how: `{a:.6g}`."""
    return {(name, form) for _, name, form, _ in string.Formatter().parse(sentence) if name is not None}


def misfit(catalogue: Catalog) -> Iterator[str]:
    """The translations that do not fill the slots of their sentence; a number that only chooses may stay unsaid."""
    for told in catalogue:
        source = told.id if isinstance(told.id, tuple) else (told.id,)
        wanted = set().union(*map(slots, source))
        spare = {("count", "")} if told.pluralizable else set()
        yield from (form for form in forms(told) if told.id and form and (slots(form) ^ wanted) - spare)


def lone(sentence: str, translation: str | tuple[str, ...]) -> Catalog:
    catalogue = Catalog(locale="ru")
    catalogue.add(sentence if isinstance(translation, str) else (sentence, sentence), translation)
    return catalogue


# The catalogues


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
    told = NN_("{count} value is not finite", "{count} values are not finite")
    said = [speech("ru").sentence(told, count=n).split()[1] for n in (1, 2, 5, 11, 21, 22, 112)]
    assert said == ["значение", "значения", "значений", "значений", "значение", "значения", "значений"]


# What is not marked


def _outside(sentence: str) -> str:
    """The sentence with all but its slots in « »."""
    told = ""
    for text, name, form, _ in string.Formatter().parse(sentence):
        text = text.replace("{", "{{").replace("}", "}}")
        told += f"«{text}»" if text.strip() else text
        told += "" if name is None else f"{{{name}:{form}}}" if form else f"{{{name}}}"
    return told


MARKING = Speak(_outside, lambda told, count: _outside(told.english(count)))
"""A language in which a sentence is itself in « »: what stands outside was never marked."""
KNOWN = {*SPELLED, *COMMANDS, "gradcli", "grad", "grad_fn", "shape", "inf", "nan", "ones", "onehot", "one_hot", "where"}
"""Words of the calculator's language and of PyTorch's, which are the same in every language."""
ANSWERS = (
    'vjp "(x+1)**2" --x eye:3 --v ones', 'vjp "relu(x)" --x -1,0', 'vjp "x/y" --x 1 --y 0 --symbolic-only --entries',
    'vjp "softmax(x, dim=0)" --x 1,2 --v ones --format markdown', 'vjp "softplus(x)" --x 30',
    'jvp "x**2" --x 1,2 --t 1,0', 'jacobian "A @ x" --A 1,2:3,4 --x 1,2 --wrt x --layout denominator',
    'grad "x**3*y**2" --x 2 --y 3 --wrt x,x,y', 'hessian "x @ x" --x 1,2', 'hvp "x @ x" --x 1,2 --t 1,1',
    'check "x**2" --x 1,2 --v ones --answer "2*x*v"', 'check "x**2" --x 1,2 --v ones --answer x --format markdown',
    'backward "x**2" --x 3 --calls 2 --retain-graph', 'steps "x*exp(x)" --x 1', 'steps "x*x" --x 1 --format markdown',
    'plot "tanh(x)" --x linspace:-3:3:9', 'plot "x*y" --x linspace:0:1:9 --y linspace:0:1:9', "explain",
    "explain weights", "explain softmax", "explain kinks", "functions", "functions softmax", "functions softplus",
    'vjp "x +" --x 1', 'vjp "sotfmax(x)" --x 1', 'vjp "x @ w" --x ones:2x3 --w ones:2x3', "vjp x --x 1 --seed y",
    "completions tcsh", "nosuch x",
)
PROSE_OF_PYTORCH = re.compile(r"Trying to backward .*|element 0 of tensors .*|and does not have a grad_fn")


def unmarked(command: str, speak: Speak) -> set[str]:
    """The words of an answer that no sentence says, that are not in the question either, and that the language lacks."""
    out = io.StringIO()

    def said(*_: object) -> Speak:
        return speak

    with (
        mock.patch.object(entry, "speech", said), mock.patch.object(show, "speech", said),
        mock.patch.dict("os.environ", {"COLUMNS": "1000"}),
        contextlib.redirect_stdout(out), contextlib.redirect_stderr(out),
    ):
        run(shlex.split(command))
    text = re.sub(r"«[^«»]*»", "", out.getvalue())
    text = re.sub(r"(?m)^.*(\$ gradcli|`{3}|\\text).*$", "", PROSE_OF_PYTORCH.sub("", text))
    return set(re.findall(r"[A-Za-z_]{3,}", text)) - KNOWN - set(re.findall(r"\w+", command))


@pytest.mark.parametrize("command", ANSWERS)
def test_every_word_of_an_answer_is_a_marked_sentences(command: str) -> None:
    assert unmarked(command, MARKING) == set()


@pytest.mark.parametrize("command", ANSWERS)
def test_words_that_nobody_marked_are_noticed(command: str) -> None:
    assert unmarked(command, english) != set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_word_of_help_is_a_marked_sentences(name: str) -> None:
    kept = re.compile(r"[A-Z]+|text|json|latex|markdown|numerator|denominator|float\w*|h|help|version|en|zh|ru|no|let")
    flags = {word for option in COMMANDS[name].options for word in option.split("_")} | {"format", "quiet", "full"}
    own = {*flags, "precision", "output", "lang", "color", "OPTIONS", "NAME", "TENSOR"}
    examples = set(re.findall(r"\w+", " ".join(COMMANDS[name].examples)))
    assert {w for w in unmarked(f"{name} --help", MARKING) - own - examples if not kept.fullmatch(w)} == set()


# Who decides


@pytest.mark.parametrize("environment, language", [
    ({}, "en"), ({"LANG": "C"}, "en"), ({"LANG": "C.UTF-8"}, "en"), ({"LANG": "de_DE.UTF-8"}, "en"),
    ({"LANG": "ru_RU.UTF-8"}, "ru"), ({"LANG": "zh_CN.GB18030"}, "zh"), ({"LANG": "zh_TW"}, "zh"), ({"LANG": "ru"}, "ru"),
    ({"LANG": "ru_RU.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"), ({"LC_MESSAGES": "zh_CN", "LC_ALL": "ru_RU"}, "ru"),
    ({"LANG": "ru_RU", "LC_ALL": "C"}, "en"), ({"LANG": "ru_RU", "LC_ALL": ""}, "ru"),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "de:zh_CN:ru"}, "zh"), ({"LANG": "ru_RU", "LANGUAGE": "en:ru"}, "en"),
    ({"LANG": "C", "LANGUAGE": "ru"}, "en"), ({"LANGUAGE": "ru"}, "ru"), ({"LANG": "ru_RU", "LANGUAGE": ""}, "ru"),
    ({"LANG": "ruritanian"}, "en"),
])  # fmt: skip
def test_the_locale_names_the_language(environment: dict[str, str], language: str) -> None:
    assert preferred(environment) == language


def seen(command: str, capsys: pytest.CaptureFixture[str], **environment: str) -> str:
    silent = {name: "" for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")}
    with mock.patch.dict(os.environ, {**silent, **environment}):
        run(shlex.split(command))
    said = capsys.readouterr()
    return said.out + said.err


def is_russian(text: str) -> bool:
    return re.search("[а-яё]{4}", text) is not None


@pytest.mark.parametrize("command", [
    'vjp "x**2" --x 1 --symbolic-only', 'vjp "x +" --x 1', "vjp --help", "--help", "nosuch", "explain", "functions",
    'vjp "x**2" --x 1 --symbolic-only --format markdown', "",
])  # fmt: skip
def test_a_person_is_answered_in_the_language_of_the_locale(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert is_russian(seen(command, capsys, LANG="ru_RU.UTF-8"))
    assert not is_russian(seen(command, capsys, LANG="C.UTF-8"))
    if command:
        assert is_russian(seen(f"{command} --lang ru", capsys, LANG="en_US.UTF-8")) or command in ("nosuch", "--help")
        assert not is_russian(seen(f"{command} --lang=en", capsys, LANG="ru_RU.UTF-8")) or command in ("nosuch", "--help")


@pytest.mark.parametrize("command", ['vjp "x**2" --x 1,2 --symbolic-only', 'vjp "x +" --x 1'])
def test_json_is_english_unless_it_is_asked_for_otherwise(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = {lang: seen(f"{command} --format json --lang {lang}", capsys) for lang in ("en", "ru")}
    assert seen(f"{command} --format json", capsys, LANG="ru_RU.UTF-8") == told["en"]
    assert is_russian(told["ru"])
    assert shape_of(json.loads(told["ru"])) == shape_of(json.loads(told["en"]))


def shape_of(value: object) -> object:
    """The keys, kinds and formulas of an answer; sentences left out."""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in value.items() if key not in ("text", "message", "hint", "reason")}
    return [shape_of(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("record", [RECORD, {**RECORD, "expr": "x +"}, {**RECORD, "expr": 3}])
def test_a_record_is_answered_in_its_own_language(record: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    assert not is_russian(json.dumps(answer(record), ensure_ascii=False))
    assert is_russian(json.dumps(answer({**record, "lang": "ru"}), ensure_ascii=False))
    assert re.search("[一-鿿]", json.dumps(answer({**record, "lang": "zh"}), ensure_ascii=False))


def test_a_python_functions_report_has_no_language_until_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    with pytest.raises(gradcli.GradcliError, match="an operand is missing"):
        gradcli.vjp("x +", {"x": 1})


def test_english_loads_no_catalogue() -> None:
    program = "from gradcli.render.speech import speech; speech('en'), speech(None)\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "gradcli.render.speech" in done.stdout
    assert "gettext" not in done.stdout.split()
    done = subprocess.run(
        [sys.executable, "-c", program.replace("'en'", "'ru'")], capture_output=True, text=True, timeout=60, check=True
    )
    assert "gettext" in done.stdout.split()


# How it is spoken


def test_a_message_in_a_slot_is_spoken_too() -> None:
    inner = message(N_("note: "))
    assert MARKING(message(N_("error: {what}"), what=inner)) == "«error: »«note: »"


def test_an_empty_sentence_is_not_the_catalogues_head() -> None:
    assert speech("ru").sentence("") == ""


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_are_wrapped_to_the_screen(language: str, width: int) -> None:
    for told in stored(language):
        for form in forms(told) if told.id else ():
            lines = wrapped(form, width, "  • ", "    ")
            assert all(cells(line) <= width or not re.search(r"\S\s", line[4:].strip()) for line in lines), lines
            assert not [line for line in lines[1:] if line.strip()[:1] in "，。、；：！？）」』》”—"], lines
            assert not [line for line in lines if line[-1:] in "（「『《“"], lines


def test_chinese_breaks_between_characters_and_never_before_a_closing_mark() -> None:
    text = "v 的形状与 y 相同（5×5）：y 的每个元素都有一个权重，共 25 个；「列之和」x.grad 是“加权和”。"
    for width in range(12, 60):
        lines = wrapped(text, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert max(map(cells, lines)) <= width
        assert not any(line[0] in "，。；：）」”" or line[-1] in "（「“" for line in lines)
        assert width - max(map(cells, lines)) <= 4


TOLD: Callable[..., str] = speech("ru").sentence


def test_headings_are_translated() -> None:
    assert is_russian(TOLD(N_("Why")))
