"""The page: it is well-formed, stands alone, is in the reader's language, and sets every formula."""

from __future__ import annotations

import re
import shlex
from functools import cache

import pytest
from golden.transcripts import CASES, seen
from pages import Page

from gradcli.commands import COMMANDS
from gradcli.ops import TABLE
from gradcli.render.html_page import mathml
from gradcli.request import LANGUAGES

COMMAND_LINES = {shlex.split(line)[0]: line for line in reversed(CASES.values()) if "--lang" not in line}
COMMAND_LINES["jacobian"] = CASES["jacobian-plot"]


@cache
def page(command: str) -> str:
    """What the command prints with --format html."""
    return seen(f"{command} --format html").partition("\n")[2]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMAND_LINES)
def test_the_answer_of_every_command_is_a_page_of_its_own(command: str, language: str) -> None:
    text = page(f"{COMMAND_LINES[command]} --lang {language}")
    read = Page.read(text)
    assert text.startswith("<!DOCTYPE html>") and ("lang", language) in read.attributes
    assert read.active == []
    assert not re.search(r"https?://(?!www\.w3\.org/(2000/svg|1998/Math/MathML)\b)|@import|url\((?!#)", text)
    assert "math" in read.tags


def test_every_command_has_a_page_here() -> None:
    assert set(COMMAND_LINES) == set(COMMANDS)


def test_a_page_in_chinese_says_what_the_one_in_english_says() -> None:
    english, chinese = (Page.read(page(f'vjp "x**2" --x 1,2 --v ones --lang {code}')) for code in ("en", "zh"))
    assert english.tags == chinese.tags
    assert "Jacobian of y by x" in english.text and "y 对 x 的雅可比矩阵" in chinese.text


@pytest.mark.parametrize(
    "command",
    [
        'vjp "x**2 # <script>alert(1)</script>" --x 1,2',
        "vjp \"einsum('i,i->', x, x) # </pre><b onclick=x>\" --x 1,2",
        'check "x**2" --x 1,2 --v ones --answer "2*x*v # <img src=x>"',
    ],
)
def test_what_was_typed_is_text(command: str) -> None:
    text = page(command)
    assert "<script" not in text and "<img" not in text and "<b " not in text
    assert Page.read(text).active == []


def test_a_program_in_a_formula_is_text() -> None:
    assert "<script" not in mathml(r"\text{<script>a&b</script>} + \text{&#60;script&#62;}")
    assert "cross_entropy" in mathml(r"\operatorname{cross\_entropy}\left(x\right)")


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if name == row.name][::3])
def test_the_latex_of_functions_is_set_whole(name: str) -> None:
    text = page(f"functions {name}")
    formulas = re.findall(r"<math.*?</math>", text, re.S)
    assert not [formula for formula in formulas if re.search(r"\\[a-zA-Z]", formula)]


def test_drawings_are_svg() -> None:
    for command in ("plot", "graph", "jacobian"):
        assert "svg" in Page.read(page(COMMAND_LINES[command])).tags


@pytest.mark.parametrize(
    "inputs", ['"x**2" --x zeros:0', '"x**2" --x zeros:0x3', '"sum(x**2)" --x zeros:0', "x*y --x zeros:0 --y 2"]
)
@pytest.mark.parametrize("option", ["--plot", "--plot --flat", "--plot --layout denominator"])
def test_a_matrix_without_entries_is_an_empty_frame(inputs: str, option: str) -> None:
    assert "svg" in Page.read(page(f"jacobian {inputs} {option}")).tags


def test_many_numbers_are_a_text_and_few_are_a_table() -> None:
    few, many = page('vjp "x**2" --x 1,2 --v ones'), page('vjp "x**2" --x rand:30x30 --v ones')
    assert "<td>1</td>" in few and many.count("<td>") < 900 and "[[" in many
