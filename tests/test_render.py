"""Parts of a report -> text, LaTeX, Markdown, quiet: what a person sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sample

from gradcli.message import Message, Span, fault
from gradcli.render import array_text, latex, layout, markdown, quiet, text
from gradcli.render.answer import legend
from gradcli.render.as_json import as_object
from gradcli.render.error import as_text
from gradcli.render.json_text import one_line, several_lines
from gradcli.render.number_text import exact, number, plain
from gradcli.render.translation import speech
from gradcli.report import Closed, Compared, Definition, Entry, Jacobian, Note, Part, Structure, Vjp
from gradcli.request import Request

PARTS = tuple(sample.parts(Request("(x+1)**2")))


def shown(parts: tuple[Part, ...], width: int = 80) -> str:
    return "\n".join(line.text for lines in text.lines_of(parts, text.Look(width)) for line in lines)


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, expected",
    [
        (4.0, "4"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1 / 3, "0.333333"),
        (1e-7, "1e-7"),
        (-1.5e-7, "-1.5e-7"),
        (123456.7, "123457"),
        (1234567.0, "1234567"),
        (1e6, "1000000"),
        (1e12, "1e12"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_a_number_is_written_as_a_person_would(value: float, expected: str) -> None:
    assert number(value) == expected


def test_quiet_numbers_are_read_back_exactly() -> None:
    random = np.random.default_rng(0).normal(size=(3, 4)) * 10.0 ** np.arange(-6, 6).reshape(3, 4)
    assert np.array_equal(np.array(eval(exact(random))), random)  # noqa: S307


def test_float32_is_written_by_its_own_shortest_digits() -> None:
    assert exact(np.float32([0.1, -0.0])) == "[0.1, 0.0]"  # type: ignore[arg-type]
    assert plain(np.array([0.1], dtype=np.float32)) == [0.1]


def test_what_json_lacks_is_a_string() -> None:
    assert plain(np.array([[np.nan, np.inf], [-np.inf, 1.0]])) == [["NaN", "Infinity"], ["-Infinity", 1.0]]


# --- arrays -----------------------------------------------------------------------------------------------------------


def test_columns_are_aligned_at_the_decimal_point() -> None:
    assert array_text.lines_of(np.array([[102.4, 1024, 0.1024], [1, -2.5, 1e-12]]), 80) == [
        "[[102.4, 1024,   0.1024],",
        " [  1,     -2.5, 1e-12]]",
    ]


def test_a_long_array_shows_its_edges() -> None:
    lines = array_text.lines_of(np.arange(900.0).reshape(30, 30), 80)
    assert lines[0] == "[[  0,   1,   2, ...,  27,  28,  29],"
    assert lines[3] == " ...,"
    assert len(lines) == 7


def test_all_of_it_is_shown_when_asked() -> None:
    array = np.arange(900.0).reshape(30, 30)
    lines = array_text.lines_of(array, 60, full=True)
    assert max(map(len, lines)) <= 60
    assert np.array_equal(np.array(eval("".join(lines))), array)  # noqa: S307


@pytest.mark.parametrize("shape", [(), (3,), (12,), (1, 1), (3, 1), (2, 3, 4), (2, 2, 2, 2)])
def test_a_small_array_can_be_pasted(shape: tuple[int, ...]) -> None:
    array = np.arange(float(np.prod(shape))).reshape(shape) / 8
    assert np.array_equal(np.array(eval(" ".join(array_text.lines_of(array, 80)))), array)  # noqa: S307


@pytest.mark.parametrize("width", [24, 40, 60, 80])
@pytest.mark.parametrize("shape", [(50,), (9, 9), (3, 40), (5, 5, 5)])
def test_an_array_keeps_to_the_width(shape: tuple[int, ...], width: int) -> None:
    array = np.random.default_rng(0).normal(size=shape) * 100
    assert max(map(len, array_text.lines_of(array, width))) <= width


# --- formulas and prose -----------------------------------------------------------------------------------------------

LONG = "2*v[i,j]*(1 + x[i,j]) - Sum_r(v[i,r]*w[r,j])/n_x0 + Sum_{r,s}(v[r,s]*B[j,s]*B[r,i]) + exp(x[i,j])"


@pytest.mark.parametrize("width", [30, 40, 60])
def test_a_formula_is_broken_at_operators_and_loses_nothing(width: int) -> None:
    lines = layout.formula(LONG, width, "  x.grad[i,j] = ")
    assert "".join(lines).replace(" ", "") == ("x.grad[i,j] = " + LONG).replace(" ", "")
    assert max(map(len, lines)) <= width
    assert all(line.startswith("      ") for line in lines[1:])


def test_a_sum_is_broken_before_its_signs() -> None:
    assert [line.strip()[:2] for line in layout.formula(LONG, 60, "  x.grad[i,j] = ")[1:]] == ["- ", "+ "]


def test_a_name_is_never_cut() -> None:
    assert layout.formula("a" * 50, 20, "x = ") == ["x = " + "a" * 50]


def test_chinese_prose_breaks_anywhere_but_before_a_comma() -> None:
    lines = layout.wrap("这是一个很长的句子，没有空格，所以它必须在任何地方断开。", 20, "  ")
    assert max(map(layout.cells, lines)) <= 21
    assert not any(line.strip().startswith(("，", "。")) for line in lines)


# --- errors -----------------------------------------------------------------------------------------------------------


def test_an_error_points_at_its_place() -> None:
    error = fault(
        "shape", "the inner sizes of @ differ: x is {x}, w is {w}", hint="did you mean  x @ w.T ?", x="3×3", w="2×3"
    ).at(Span(0, 5), "x @ w + 1")
    assert (
        as_text(error, 80)
        == """\
error: the inner sizes of @ differ: x is 3×3, w is 2×3
  x @ w + 1
  ^^^^^
hint: did you mean  x @ w.T ?"""
    )


@pytest.mark.parametrize(
    "source, span, pointed",
    [
        ("a = x\nb = foo(a)\nb", Span(10, 13), ["  b = foo(a)", "      ^^^"]),
        ("变量 + foo", Span(5, 8), ["  变量 + foo", "         ^^^"]),
        ("x +", Span(3, 3), ["  x +", "     ^"]),
        ("f(\nx", Span(1, 4), ["  f(", "   ^"]),
        ("x\x1b[2J", Span(1, 2), ["  x␛[2J", "   ^"]),
    ],
)
def test_the_right_line_and_the_right_columns(source: str, span: Span, pointed: list[str]) -> None:
    assert as_text(fault("syntax", "wrong").at(span, source), 80).split("\n")[1:] == pointed


def test_a_long_line_is_shown_through_a_window() -> None:
    source = "x + " * 100 + "foo(x)" + " + y" * 100
    line, carets = as_text(fault("name", "unknown").at(Span(400, 403), source), 60).split("\n")[1:]
    assert len(line) <= 60 and line.strip().startswith("…") and line.endswith("…")
    assert line[carets.index("^") : len(carets)] == "foo"


# --- text -------------------------------------------------------------------------------------------------------------


def test_the_whole_answer() -> None:
    assert (
        shown(PARTS)
        == """\
function  y = (x+1)**2
inputs    x 5×5
output    y 5×5
weights   v 5×5, ones

Jacobian of y by x
  d y[m,n] / d x[i,j] = 2*(1 + x[i,j])*delta(i,m)*delta(j,n)
  shape      5×5×5×5: output axes [m,n] first, then input axes [i,j] (numerator
             layout); flattened: a 25×25 matrix
  structure  diagonal: 25 of 625 entries can be non-zero

What y.backward(v) leaves in x.grad
  x.grad[i,j] = 2*v[i,j]*(1 + x[i,j])
  x.grad      = 2*v*(x + 1)

  delta(i,m) is 1 where i = m, else 0 (Kronecker's delta)

At these numbers
  y =                  v =
  [[4, 1, 1, 1, 1],    [[1, 1, 1, 1, 1],
   [1, 4, 1, 1, 1],     [1, 1, 1, 1, 1],
   [1, 1, 4, 1, 1],     [1, 1, 1, 1, 1],
   [1, 1, 1, 4, 1],     [1, 1, 1, 1, 1],
   [1, 1, 1, 1, 4]]     [1, 1, 1, 1, 1]]

x.grad in numbers
  SymPy's formula      PyTorch's .grad
  [[4, 2, 2, 2, 2],    [[4, 2, 2, 2, 2],
   [2, 4, 2, 2, 2],     [2, 4, 2, 2, 2],
   [2, 2, 4, 2, 2],     [2, 2, 4, 2, 2],
   [2, 2, 2, 4, 2],     [2, 2, 2, 4, 2],
   [2, 2, 2, 2, 4]]     [2, 2, 2, 2, 4]]
  largest difference 0: they agree
  the Jacobian printed above, contracted with v, gives these numbers too

The same gradient by other ways
  (v*y).sum().backward()  x.grad is the same
  y.sum().backward()      x.grad is the same

Why
  • v weighs the 25 entries of y before they are added up.

note: v was left out."""
    )


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_text_keeps_to_the_width(width: int) -> None:
    assert max(map(len, shown(PARTS, width).split("\n"))) <= width


def test_a_narrow_screen_stacks_the_values() -> None:
    lines = shown(PARTS, 36).split("\n")
    assert lines.index("  SymPy's formula") < lines.index("  PyTorch's .grad")


def test_each_part_is_there_before_the_next_is_asked_for() -> None:
    asked = []

    def parts() -> object:
        for part in PARTS:
            asked.append(part)
            yield part

    lines = text.lines_of(parts())  # type: ignore[arg-type]
    next(lines)
    next(lines)
    assert len(asked) == 2


def test_where_lines_entries_and_legends() -> None:
    closed = Closed(
        "x",
        Jacobian(
            (5,),
            sample.left_side("jacobian", "", "i"),
            "s[i]*[x[i] > 0]/n_x0",
            "",
            (Definition("s", "softmax(x, dim=0)", "s"),),
            Structure("dense", 5, 5, False),
            None,
            (Entry((), (0,), "s[0]"), Entry((), (1,), "s[1]")),
        ),
        None,
    )
    told = shown((replace(sample.QUESTION, inputs={"x": (5,)}, output_shape=(), v_given=None), closed), 100)
    assert "    where s = softmax(x, dim=0)\n" in told
    assert "at most 5 of 5 entries can be non-zero" in told
    assert "5, the input's, for the output is a scalar; as a row (numerator layout): 1×5" in told
    assert "    d y / d x[0] = s[0]\n    d y / d x[1] = s[1]\n" in told
    assert "[condition] is 1 where the condition holds, else 0" in told
    assert "n_x0 is the size of axis 0 of x: 5" in told


def test_a_branch_in_braces_is_no_iverson_bracket() -> None:
    assert not list(legend(["{2*x[i] if x[i] > 0 else -1}"], {}))


def test_nothing_to_compare_says_why() -> None:
    told = shown((sample.QUESTION, Compared("x", np.ones(2), None, None, None, Message("PyTorch was not asked"))))
    assert "PyTorch was not asked" in told
    assert "agree" not in told


def test_a_program_is_shown_as_it_was_typed() -> None:
    program = "a = x + 2; b = a*a\nb.mean()"
    told = shown((replace(sample.QUESTION, expression=program, bare=None),))
    assert told.startswith("function  a = x + 2; b = a*a\n          b.mean()\n")
    assert shown((replace(sample.QUESTION, expression="sum(x, dim=0)"),)).startswith("function  y = sum(x, dim=0)\n")


def test_control_characters_are_shown_not_obeyed() -> None:
    assert "\x1b" not in shown((replace(sample.QUESTION, expression="x\x1b[2J"),))


# --- the other formats ------------------------------------------------------------------------------------------------


def test_quiet_names_the_variables_where_there_are_several() -> None:
    one, two = (Compared(name, np.ones(2), np.zeros(2), 1.0, False) for name in "xw")
    assert quiet.lines_of([one]) == ["[0.0, 0.0]"]
    assert quiet.lines_of([one, two]) == ["x=[0.0, 0.0]", "w=[0.0, 0.0]"]


def test_latex_has_balanced_environments_and_braces() -> None:
    told = "\n".join(latex.lines_of(PARTS))
    assert told.count(r"\begin{align*}") == told.count(r"\end{align*}") == 5
    assert told.replace(r"\{", "").count("{") == told.replace(r"\}", "").count("}")
    assert r"\frac{\partial {y}_{m,n}}{\partial {x}_{i,j}} &= 2 \left(1" in told
    assert r"{\bar{x}}_{i,j} &= 2 {v}_{i,j}" in told


@pytest.mark.parametrize(
    "prose, expected", [("50% of x_1 & y", r"50\% of x\_1 \& y"), ("a\\b^2", r"a\textbackslash{}b\textasciicircum{}2")]
)
def test_latex_prose_is_escaped(prose: str, expected: str) -> None:
    assert latex.escape(prose) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("x", "x"),
        ("w1", "w_{1}"),
        ("loss", r"\mathrm{loss}"),
        ("a_b", r"a_{\mathrm{b}}"),
        ("theta", r"\theta"),
        ("θ", r"\theta"),
    ],
)
def test_latex_names(name: str, expected: str) -> None:
    assert latex.latex_name(name) == expected


def test_markdown_has_closed_fences() -> None:
    told = list(markdown.lines_of(PARTS))
    assert sum(line.startswith("```") for line in told) % 2 == 0
    assert told.count("$$") == 4
    assert r"> note: v was left out." in told


def test_stars_in_prose_are_not_emphasis() -> None:
    note = Note("equivalence", Message("(v*y).sum() and x*y"))
    assert r"- (v\*y).sum() and x\*y" in list(markdown.lines_of((note,)))


def test_json_text_is_the_same_object_on_one_line_and_on_many() -> None:
    import json

    answer = as_object(PARTS)
    assert json.loads(several_lines(answer)) == json.loads(one_line(answer)) == answer
    assert "\n" not in one_line(answer)


def test_a_language_without_a_catalogue_is_english() -> None:
    assert speech("ru")(Message("{n} of it", {"n": Message("none")})) == "none of it"


def test_a_formula_without_a_jacobian_still_has_its_reason() -> None:
    closed = Closed(
        "x", None, Vjp(sample.left_side("vjp", "", "i"), "v[i]", "v", ()), Message("no closed form of the Jacobian")
    )
    told = shown((sample.QUESTION, closed))
    assert "x.grad[i] = v[i]" in told and "no closed form of the Jacobian" in told
