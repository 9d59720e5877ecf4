"""What a notebook shows of an answer."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import gradcli
from gradcli.render.notebook import html
from gradcli.report import Closed


class Seen(HTMLParser):
    """The tags, which must be closed in order, and the text as a reader sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, _: object) -> None:
        self.tags.add(tag)
        if tag not in ("hr", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


ASKED = {
    "vjp": lambda: gradcli.vjp("softmax(x, dim=0)*w", {"x": [1.0, 2.0], "w": [3.0, 4.0]}, v="ones"),
    "jacobian": lambda: gradcli.jacobian("x*a_b", {"x": [1.0, 2.0], "a_b": 3.0}, flat=True),
    "check": lambda: gradcli.check("x**2", {"x": [1.0, 2.0]}, v="ones", answer="x*v"),
    "steps": lambda: gradcli.steps("sum(x*exp(x))", {"x": [0.0, 1.0]}),
}


@pytest.mark.parametrize("command", ASKED)
def test_the_answer_is_well_formed_html_with_its_formulas_as_they_are(command: str) -> None:
    answer = ASKED[command]()
    seen = Seen()
    seen.feed(answer._repr_html_())
    assert seen.open == [] and "h1" in seen.tags
    for part in answer.of(Closed):
        for closed in (part.jacobian, part.vjp):
            if closed is not None:
                assert closed.latex in seen.text


def test_what_a_user_typed_is_never_markup() -> None:
    text = gradcli.vjp("where(x<1, x, -x) # <script>alert(1)</script>", {"x": [1.0, 2.0]})._repr_html_()
    assert "<script>" not in text and "&lt;script&gt;" in text


def test_the_formulas_alone_are_one_display() -> None:
    latex = gradcli.vjp("x**2", {"x": [1.0, 2.0]})._repr_latex_()
    assert latex.startswith("$$\\begin{aligned}\ny &= x^{2} \\\\\n") and latex.endswith("\\end{aligned}$$")
    assert latex.count("&=") == 3
    assert gradcli.functions("")._repr_latex_() == ""


def test_printing_an_answer_prints_what_the_command_line_prints() -> None:
    answer = gradcli.vjp("x**2", {"x": [1.0, 2.0]}, v="ones")
    assert str(answer).startswith("function  y = x**2\ninputs    x 2\n") and "they agree" in str(answer)
    assert html(answer.parts) == answer._repr_html_()
