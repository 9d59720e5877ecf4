"""Languages: who decides which one is spoken, and how it is spoken."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from unittest import mock

import pytest

import gradcli
from gradcli.cli.display import preferred
from gradcli.cli.entry import run
from gradcli.cli.records import answer
from gradcli.commands import COMMANDS
from gradcli.figure.picture import legible
from gradcli.render.layout import cells, wrap
from gradcli.render.translation import speech

RECORD = {"expr": "(x+1)**2", "inputs": {"x": [1, 2]}, "v": "ones", "symbolic_only": True}


# Who decides


@pytest.mark.parametrize("environment, language", [
    ({}, "en"), ({"LANG": "C"}, "en"), ({"LANG": "C.UTF-8"}, "en"), ({"LANG": "de_DE.UTF-8"}, "en"),
    ({"LANG": "ru_RU.UTF-8"}, "ru"), ({"LANG": "zh_CN.GB18030"}, "zh"), ({"LANG": "zh_TW"}, "zh"),
    ({"LANG": "ru"}, "ru"),
    ({"LANG": "ru_RU.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"), ({"LC_MESSAGES": "zh_CN", "LC_ALL": "ru_RU"}, "ru"),
    ({"LANG": "ru_RU", "LC_ALL": "C"}, "en"), ({"LANG": "ru_RU", "LC_ALL": ""}, "ru"),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "de:zh_CN:ru"}, "zh"), ({"LANG": "ru_RU", "LANGUAGE": "en:ru"}, "en"),
    ({"LANG": "C", "LANGUAGE": "ru"}, "en"), ({"LANGUAGE": "ru"}, "ru"), ({"LANG": "ru_RU", "LANGUAGE": ""}, "ru"),
    ({"LANG": "ruritanian"}, "en"),
])  # fmt: skip
def test_the_locale_names_the_language(environment: dict[str, str], language: str) -> None:
    assert preferred(environment) == language


def seen(command: str, capsys: pytest.CaptureFixture[str], **environment: str) -> str:
    silent = dict.fromkeys(("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"), "")
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
def test_a_person_is_answered_in_the_language_of_the_locale(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert is_russian(seen(command, capsys, LANG="ru_RU.UTF-8"))
    assert not is_russian(seen(command, capsys, LANG="C.UTF-8"))
    if command.split()[:1] and command.split()[0] in COMMANDS:
        assert is_russian(seen(f"{command} --lang ru", capsys, LANG="en_US.UTF-8"))
        assert not is_russian(seen(f"{command} --lang=en", capsys, LANG="ru_RU.UTF-8"))


@pytest.mark.parametrize("command", ['vjp "x**2" --x 1,2 --symbolic-only', 'vjp "x +" --x 1'])
def test_json_is_english_unless_it_is_asked_for_otherwise(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = {lang: seen(f"{command} --format json --lang {lang}", capsys) for lang in ("en", "ru")}
    assert seen(f"{command} --format json", capsys, LANG="ru_RU.UTF-8") == told["en"]
    assert is_russian(told["ru"])
    assert shape_of(json.loads(told["ru"])) == shape_of(json.loads(told["en"]))


def shape_of(value: object) -> object:
    """The keys, kinds and formulas of an answer; sentences left out."""
    if isinstance(value, dict):
        spoken = ("text", "message", "hint", "reason")
        return {key: shape_of(inner) for key, inner in value.items() if key not in spoken}
    return [shape_of(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("record", [RECORD, {**RECORD, "expr": "x +"}, {**RECORD, "expr": 3}])
def test_a_record_is_answered_in_its_own_language(record: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    assert not is_russian(json.dumps(answer(record), ensure_ascii=False))
    assert is_russian(json.dumps(answer({**record, "lang": "ru"}), ensure_ascii=False))
    assert re.search("[一-鿿]", json.dumps(answer({**record, "lang": "zh"}), ensure_ascii=False))


def test_a_python_function_answers_in_the_language_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    told = {lang: gradcli.vjp("x**2", {"x": [1, 2]}, symbolic_only=True, lang=lang) for lang in (None, "en", "ru")}
    assert str(told[None]) == str(told["en"])
    assert not is_russian(str(told["en"]) + told["en"]._repr_html_())
    assert is_russian(str(told["ru"]))
    assert is_russian(told["ru"]._repr_html_())
    with pytest.raises(gradcli.GradcliError, match="an operand is missing"):
        gradcli.vjp("x +", {"x": 1})
    with pytest.raises(gradcli.GradcliError, match="one of en, zh, ru"):
        gradcli.vjp("x", {"x": 1}, lang="de")


def test_english_loads_no_catalogue() -> None:
    program = (
        "from gradcli.render.translation import speech; speech('en'), speech(None)\nimport sys; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "gradcli.render.translation" in done.stdout
    assert "gettext" not in done.stdout.split()
    done = subprocess.run(
        [sys.executable, "-c", program.replace("'en'", "'ru'")], capture_output=True, text=True, timeout=60, check=True
    )
    assert "gettext" in done.stdout.split()


# How it is spoken


def test_a_picture_says_in_english_what_no_font_can_draw() -> None:
    def chinese(sentence: str, **values: object) -> str:
        return "雅可比矩阵 {name}".format(**values)

    assert legible(chinese, [])("Jacobian by {name}", name="x") == "Jacobian by x"
    assert legible(chinese, ["SimHei"])("Jacobian by {name}", name="x") == "雅可比矩阵 x"
    assert is_russian(legible(speech("ru").sentence, [])("note: "))


def test_an_empty_sentence_is_not_the_catalogues_head() -> None:
    assert speech("ru").sentence("") == ""


def test_chinese_breaks_between_characters_and_never_before_a_closing_mark() -> None:
    text = "v 的形状与 y 相同（5×5）：y 的每个元素都有一个权重，共 25 个；「列之和」x.grad 是“加权和”。"
    for width in range(12, 60):
        lines = wrap(text, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert max(map(cells, lines)) <= width
        assert not any(line[0] in "，。；：）」”" or line[-1] in "（「“" for line in lines)
        assert width - max(map(cells, lines)) <= 4
