"""What a notebook shows of an answer."""

from __future__ import annotations

import pytest
from pages import Page

import gradcli
from gradcli.render.html_page import notebook
from gradcli.report import Closed
from gradcli.request import LANGUAGES

ASKED = {
    "vjp": lambda: gradcli.vjp("softmax(x, dim=0)*w", {"x": [1.0, 2.0], "w": [3.0, 4.0]}, v="ones"),
    "jacobian": lambda: gradcli.jacobian("x*a_b", {"x": [1.0, 2.0], "a_b": 3.0}, flat=True),
    "check": lambda: gradcli.check("x**2", {"x": [1.0, 2.0]}, v="ones", answer="x*v"),
    "steps": lambda: gradcli.steps("sum(x*exp(x))", {"x": [0.0, 1.0]}),
}


@pytest.mark.parametrize("command", ASKED)
def test_the_answer_is_well_formed_and_every_formula_of_it_is_set(command: str) -> None:
    answer = ASKED[command]()
    page = Page.read(answer._repr_html_())
    assert "h1" in page.tags and "style" in page.tags
    forms = [form for part in answer.of(Closed) for form in (part.jacobian, part.vjp) if form is not None]
    assert page.tags.count("math") > len(forms)


def test_plots_and_graphs_are_drawn() -> None:
    x = {"x": [0.0, 1.0, 2.0]}
    for answer in (gradcli.plot("x**2", {"x": "linspace:0:1:9"}), gradcli.graph("sum(x**2)", x)):
        assert "svg" in Page.read(answer._repr_html_()).tags


def test_what_a_user_typed_is_never_markup() -> None:
    text = gradcli.vjp("where(x<1, x, -x) # <script>alert(1)</script>", {"x": [1.0, 2.0]})._repr_html_()
    assert "<script>" not in text and "&lt;script&gt;" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_names_its_language(language: str) -> None:
    answer = gradcli.vjp("x**2", {"x": [1.0, 2.0]}, lang=language)
    assert ("lang", language) in Page.read(answer._repr_html_()).attributes


def test_the_formulas_alone_are_one_display() -> None:
    latex = gradcli.vjp("x**2", {"x": [1.0, 2.0]})._repr_latex_()
    assert latex.startswith("$$\\begin{aligned}\ny &= x^{2} \\\\\n") and latex.endswith("\\end{aligned}$$")
    assert latex.count("&=") == 3
    assert gradcli.functions("")._repr_latex_() == ""


def test_printing_an_answer_prints_what_the_command_line_prints() -> None:
    answer = gradcli.vjp("x**2", {"x": [1.0, 2.0]}, v="ones")
    assert str(answer).startswith("function  y = x**2\ninputs    x 2\n") and "they agree" in str(answer)
    assert notebook(answer.parts) == answer._repr_html_()
