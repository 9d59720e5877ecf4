"""The page: it is well-formed, stands alone, is in the reader's language, and sets every formula."""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stdout
from functools import cache
from itertools import pairwise

import pytest
from golden.transcripts import CASES, seen
from pages import Page

from gradcli.cli.entry import run
from gradcli.commands import COMMANDS
from gradcli.ops import TABLE
from gradcli.render.mathml import mathml
from gradcli.render.svg import svg
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
    levels = [int(tag[1]) for tag in read.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and 1 not in levels[1:]
    assert all(below <= above + 1 for above, below in pairwise(levels))


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


@pytest.mark.parametrize(
    ("language", "colour", "dot", "tile"),
    [
        ("en", "the larger |entry|", "a dot is 0 at these numbers, an empty one is 0 at any", "about 2×2 entries"),
        ("ru", "тем больше |элемент|", "с точкой — 0 при этих числах, пустая — 0 при любых", "за 2×2 элементов"),
        ("zh", "|元素| 越大", "带点的格子在这组数值处为 0，空白的格子恒为 0", "约 2×2 个元素"),
    ],
)
def test_a_picture_of_a_matrix_says_what_its_colours_and_marks_mean(
    language: str, colour: str, dot: str, tile: str
) -> None:
    few, many = (
        Page.read(page(f'jacobian "relu(x)*4" --x {x} --plot --lang {language}')).text for x in ("-1,2", "ones:120")
    )
    assert all(text in few for text in (colour, dot, "0..1", "3..4")) and tile not in few
    assert tile in many and "?" not in few


@pytest.mark.parametrize("command", ["explain", "explain weights", "functions", "functions softmax", "vjp x**2 --x 1"])
def test_the_title_is_the_command(command: str) -> None:
    title, heading = (re.search(f"<{tag}>(.*?)</{tag}>", page(command))[1] for tag in ("title", "h1"))
    assert title == f"gradcli {command}".partition(" --")[0] and title.startswith(heading)
    assert heading.startswith(f"gradcli {command.split()[0]}")


def test_what_is_not_finite_has_a_mark_of_its_own() -> None:
    text = page('jacobian "log(x)*w" --x 0,1,nan --w 0,2,3 --wrt x --plot')
    assert text.count(">?</text>") == 6 and text.count("fill-opacity") == 1 + len(KEY)
    assert "a cell with ? is not finite" in text


def test_the_lowest_cell_of_a_surface_is_no_undefined_one() -> None:
    text = page('plot "log(x)*y" --x linspace:0:1:3 --y linspace:1:2:2')
    first = text.partition("</svg>")[0]
    assert first.count(">?</text>") == 2 and first.count("fill-opacity") == 4 + len(KEY)
    assert "the stronger the colour, the larger the value" in text and "-1.39..-1.04" in text


KEY = range(4)
"""The colours that a drawing explains."""


def axis(text: str) -> list[str]:
    """The ends of the axis below the first curve."""
    _, _, left, _, right = re.findall("([^<>]*)</text>", text.partition("</svg>")[0])
    return [left, right]


def test_the_ends_of_an_axis_stand_where_they_belong() -> None:
    assert (
        axis(page('plot "exp(x)" --x linspace:3:-3:9'))
        == axis(page('plot "exp(x)" --x linspace:-3:3:9'))
        == ["-3", "3"]
    )


def test_the_boxes_of_a_graph_are_as_wide_as_their_text() -> None:
    wide, narrow = (svg([[label]], ["white"], [False], []) for label in ("叶子节点没有梯度", "leaf, no grad..."))
    assert re.findall('width="([^"]*)"', wide) == re.findall('width="([^"]*)"', narrow)


def test_two_graphs_have_no_id_in_common() -> None:
    ids = [re.findall(' id="([^"]*)"', page(f'graph "{expression}" --x 1,2')) for expression in ("sum(x)", "sum(x**2)")]
    assert [len(names) for names in ids] == [1, 1] and ids[0] != ids[1]


def test_a_point_without_neighbours_is_a_dot() -> None:
    assert page('plot "where(x==0, 1, x/0)" --x linspace:-1:1:3').partition("</svg>")[0].count("<circle") == 1


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1251", "utf-8"])
def test_a_page_is_the_utf8_that_it_declares_whatever_the_encoding_of_stdout(encoding: str) -> None:
    line = ("vjp", "x**2 # é中", "--x", "1,2", "--lang", "ru", "--format", "html")
    with io.TextIOWrapper(io.BytesIO(), encoding) as stream, redirect_stdout(stream):
        run(line)
        stream.flush()
        text = Page.read(stream.buffer.getvalue().decode("utf-8")).text
    assert "é中" in text and "Якоби" in text


def test_many_numbers_are_a_text_and_few_are_a_table() -> None:
    few, many = page('vjp "x**2" --x 1,2 --v ones'), page('vjp "x**2" --x rand:30x30 --v ones')
    assert "<td>1</td>" in few and many.count("<td>") < 900 and "[[" in many
