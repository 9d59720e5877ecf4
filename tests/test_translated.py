"""Nothing that a person reads is left in English: every word of every answer is a marked sentence's."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shlex
import string
from pathlib import Path
from unittest import mock

import pytest
from catalogues import MARKS, PACKAGE, marked
from golden.transcripts import stored as transcripts

from gradcli.cli import deliver, entry
from gradcli.cli.app import commands
from gradcli.cli.completions import FILES
from gradcli.cli.entry import run
from gradcli.cli.options import DISPLAY_OPTIONS, REQUEST_OPTIONS
from gradcli.commands import COMMANDS
from gradcli.explain.topics import TOPICS
from gradcli.message import message
from gradcli.ops import SPELLED
from gradcli.render.translation import Speak, english, speech

SENTENCES = marked()
TYPED = commands()


# A language that only marks


def _outside(sentence: str) -> str:
    """The sentence with all but its slots in « »."""
    told = ""
    for text, name, form, conversion in string.Formatter().parse(sentence):
        text = text.replace("{", "{{").replace("}", "}}")
        told += f"«{text}»" if text.strip() else text
        if name is not None:
            told += "{" + name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "") + "}"
    return told


def _noted(sentence: str) -> str:
    """The same; a sentence that nobody marked has no translation, and stays without « »."""
    said = re.search("[a-z]{3}", re.sub(r"\{[^{}]*\}", "", sentence))
    return sentence if said and sentence not in MARKED else _outside(sentence)


MARKED = {form for told in SENTENCES if told.id for form in ([told.id] if isinstance(told.id, str) else told.id)}
MARKING = Speak(_noted, lambda told, count: _noted(told.english(count)))
"""A language in which a sentence is itself in « »: what stands outside was never marked."""
KNOWN = {
    *SPELLED,
    *COMMANDS,
    "batch",
    "completions",
    *FILES,
    *(word for topic in TOPICS for word in topic.name.split("-")),
    *(parameter.name for row in SPELLED.values() for parameter in row.takes),
    "gradcli",
    "grad",
    "grad_fn",
    "shape",
    "eye",
    "inf",
    "nan",
    "ones",
    "onehot",
    "Sum_r",
    "delta",
    "None",
    "True",
    "False",
    "help",
    "softmax",
    *(
        word
        for option in (REQUEST_OPTIONS | DISPLAY_OPTIONS).values()
        for word in (*option.name.split("_"), *option.choices)
    ),
}
"""Words of the calculator's language and of PyTorch's, which are the same in every language."""
ANSWERS = (
    'vjp "(x+1)**2" --x 1,2 --v ones',
    'vjp "relu(x)" --x -1,0',
    'vjp "x/y" --x 1 --y 0 --symbolic-only --entries',
    'vjp "softmax(x, dim=0)" --x 1,2 --v ones --format markdown',
    'vjp "softplus(x)" --x 30',
    'jvp "x**2" --x 1,2 --t 1,0',
    'jacobian "A @ x" --A 1,2:3,4 --x 1,2 --wrt x --layout denominator',
    'grad "x**3*y**2" --x 2 --y 3 --wrt x,x,y',
    'hessian "x @ x" --x 1,2',
    'hvp "x @ x" --x 1,2 --t 1,1',
    'check "x**2" --x 1,2 --v ones --answer "2*x*v"',
    'check "x**2" --x 1,2 --v ones --answer x --format markdown',
    'backward "x**2" --x 3 --calls 2 --retain-graph',
    'steps "x*exp(x)" --x 1',
    'steps "x*x" --x 1 --format markdown',
    'plot "tanh(x)" --x linspace:-3:3:9',
    'plot "x*y" --x linspace:0:1:9 --y linspace:0:1:9',
    "explain",
    "explain weights",
    "explain softmax",
    "explain kinks",
    "functions",
    "functions softmax",
    "functions softplus",
    'vjp "x +" --x 1',
    'vjp "sotfmax(x)" --x 1',
    'vjp "x @ w" --x ones:2x3 --w ones:2x3',
    "vjp x --x 1 --seed y",
    "completions tcsh",
    "nosuch x",
    "",
)
MISTAKES = tuple(command for path, command in transcripts().items() if path.parent.name == "errors")
PROSE_OF_OTHERS = re.compile(
    r"Trying to backward .*|element 0 of tensors .*|and does not have a grad_fn|U\+\w+ [^)]*\)"
)
"""PyTorch's own sentences, and Unicode's names of characters."""


def told_in(command: str, speak: Speak) -> str:
    """The answer to a command where every language is the one given."""
    out = io.StringIO()

    def said(*_: object) -> Speak:
        return speak

    with (
        mock.patch.object(entry, "speech", said),
        mock.patch.object(deliver, "speech", said),
        mock.patch.dict("os.environ", {"COLUMNS": "1000"}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
    ):
        run(shlex.split(command))
    return out.getvalue()


def unmarked(command: str, speak: Speak) -> set[str]:
    """The words of an answer that no sentence says, that are not the question's and no names in capitals."""
    text = PROSE_OF_OTHERS.sub("", re.sub(r"«[^«»]*»", " ", told_in(command, speak)))
    own = words(" ".join([command, *re.findall(r"\$ gradcli .*", text)]))
    own |= {word + "_" for word in own} | {word.strip("_") for word in own}
    told = re.sub(r"(?m)\$ gradcli .*|^```\w+$|^# gradcli|^\$\$\n.*\n\$\$$|\$[^$\n]+\$|'[a-z]+,[a-z>-]+'", "", text)
    return {word for word in words(told) - own - KNOWN if not word.isupper()}


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]\w{2,}", text))


@pytest.mark.parametrize("command", [*ANSWERS, *MISTAKES])
def test_every_word_of_an_answer_is_a_marked_sentences(command: str) -> None:
    assert unmarked(command, MARKING) == set()


@pytest.mark.parametrize("command", ANSWERS)
def test_words_that_nobody_marked_are_noticed(command: str) -> None:
    assert unmarked(command, english) != set()


@pytest.mark.parametrize("to", ["dot", "mermaid", "svg"])
def test_what_stands_in_the_boxes_of_a_graph_is_marked(to: str) -> None:
    command = f'graph "exp(x) + 1" --x 1,2 --to {to}'
    assert "«leaf, »AccumulateGrad" in told_in(command, MARKING)
    assert told_in(command, speech("ru")).count("лист, AccumulateGrad") == 1


@pytest.mark.parametrize("name", TYPED)
def test_every_word_of_help_is_a_marked_sentences(name: str) -> None:
    params = [f"{p.opts} {p.secondary_opts} {p.metavar} {p.default}" for p in TYPED[name].params]
    own = words(" ".join([*params, str(TYPED[name].epilog)]))
    assert unmarked(f"{name} --help", MARKING) - own == set()
    assert unmarked(f"{name} --help", english) - own != set()


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_is_marked_can_be_read_out_of_the_source(path: Path) -> None:
    assert unreadable(path.read_text()) == []


@pytest.mark.parametrize("line", ["say(N_(f'no {name}'))", "f'{say(N_(\"no\"))}'", "N_(text)", "NN_('one', text)"])
def test_a_mark_that_cannot_be_read_is_noticed(line: str) -> None:
    assert unreadable(line) == [1]


def unreadable(source: str) -> list[int]:
    """Lines with a mark on what is no literal sentence, or in an f-string, into which Babel does not look."""
    tree = ast.parse(source)
    inside = {id(node) for f in ast.walk(tree) if isinstance(f, ast.JoinedStr) for node in ast.walk(f)}
    marks = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS]
    return [
        node.lineno
        for node in marks
        if id(node) in inside or not all(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in node.args)
    ]


def test_a_message_in_a_slot_is_spoken_too() -> None:
    assert MARKING(message("error: {what}", what=message("note: "))) == "«error: »«note: »"
