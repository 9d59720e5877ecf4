"""How a text is read: what has one meaning is answered with it, what has another on paper is refused with a repair that
works, and what has none (a comment, the name of a module, an axis of one entry) changes nothing."""

from __future__ import annotations

import io
import json
import random
import re
from contextlib import redirect_stderr, redirect_stdout
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gradcli.cli.entry import run
from gradcli.commands import COMMANDS
from gradcli.message import Exit, GradcliError
from gradcli.ops import TABLE
from gradcli.program import Program, trace, values_of
from gradcli.shapes import is_one_number
from gradcli.symbolic import forms
from gradcli.syntax import parse
from gradcli.syntax.mistakes.textbook import without_bars
from gradcli.syntax.tree import mentions

POINT = {"x": np.array(-1.75), "y": np.array(0.625), "w": np.array([0.5, -2.0, 3.0])}


def call(*words: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the answer as JSON."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        status = run([*words, "--format", "json"])
    return status, json.loads(out.getvalue())


def traced(source: str, names: str = "xyw") -> Program:
    """The program over those of the inputs that it uses."""
    tree = parse(source, tuple(names))
    return trace(tree, {name: POINT[name].shape for name in sorted(mentions(tree) & set(names))})


def worth(source: str) -> np.ndarray[Any, Any]:
    program = traced(source)
    return values_of(program, {name: POINT[name] for name in program.inputs})[program.output.step]


def complaint(source: str) -> GradcliError:
    with pytest.raises(GradcliError) as raised:
        traced(source)
    return raised.value


# Bars


def with_bars(draw: random.Random, depth: int = 2) -> tuple[str, str]:
    """A sum, as it stands on paper and as it is typed; a bar stands in bars only after a sign or in brackets."""
    paper, typed = zip(*(_product(draw, depth) for _ in range(draw.randint(1, 3))), strict=True)
    sign = draw.choice([" + ", "-", " - "])
    return sign.join(paper), sign.join(typed)


def _product(draw: random.Random, depth: int) -> tuple[str, str]:
    factors = [_factor(draw, depth) for _ in range(draw.randint(1, 3))]
    paper, typed = factors[0]
    for left, (more, plain) in pairwise(factors):
        implied = draw.random() < 0.6 and (more.startswith("|") or left[0].endswith("|"))
        paper += more if implied else f"*{more}"
        typed += f"*{plain}"
    return paper, typed


def _factor(draw: random.Random, depth: int) -> tuple[str, str]:
    kind = draw.choice(["bars", "bars", "leaf", "brackets", "power"]) if depth else "leaf"
    if kind == "leaf":
        leaf = draw.choice(["x", "y", "2", "3.5"])
        return leaf, leaf
    paper, typed = with_bars(draw, depth - 1)
    if kind == "brackets":
        return f"({paper})", f"({typed})"
    if "|" in paper:  # |a|b|c| would be two absolute values
        paper = f"({paper})"
    power = "**2" if kind == "power" else ""
    return f"|{paper}|{power}", f"abs({typed}){power}"


def test_bars_mean_an_absolute_value_and_are_never_a_silent_or() -> None:
    draw, seen = random.Random(7), 0
    for _ in range(400):
        paper, typed = with_bars(draw)
        if "|" not in paper or not re.search("[xy]", typed):
            continue
        seen += 1
        repair = without_bars(paper, ("x", "y"))
        assert repair is not None, paper
        np.testing.assert_allclose(worth(repair), worth(typed), err_msg=f"{paper} -> {repair}")
        error = complaint(paper)
        if error.hint is not None and "repair" in error.hint.values and len(paper) < 60:
            np.testing.assert_allclose(worth(str(error.hint.values["repair"])), worth(typed), err_msg=paper)
    assert seen > 200


@pytest.mark.parametrize(
    ("paper", "typed"),
    {
        "2|x|+1": "2*abs(x)+1",
        "3|x|x": "3*abs(x)*x",
        "|x|": "abs(x)",
        "-|x|": "-abs(x)",
        "|x+1|": "abs(x+1)",
        "|x|**2": "abs(x)**2",
        "2*|x|": "2*abs(x)",
        "||w||": "norm(w)",
        "2||w||**2": "2*norm(w)**2",
        "|x|/2": "abs(x)/2",
        "|x||y|": "abs(x)*abs(y)",
        "|x - |y||": "abs(x - abs(y))",
        "||x| - |y||": "abs(abs(x) - abs(y))",
        "x|y|": "x*abs(y)",
        "sin|x|": "sin(abs(x))",
        "‖w‖": "norm(w)",
        "sum(|w|, dim=0)": "sum(abs(w), dim=0)",
        "|w @ w|": "abs(w @ w)",
        "a = 2; a|x|a": "a = 2; a*abs(x)*a",
        "exp(-|x|)": "exp(-abs(x))",
    }.items(),
)
def test_bars_are_answered_with_what_to_type(paper: str, typed: str) -> None:
    assert str(complaint(paper).hint) == f"did you mean {typed} ?"
    answer = re.sub(r"[wy]", "x", paper)
    status, told = call("check", "sum(abs(x))", "x=[-3, 2]", "--answer", answer)
    assert status == Exit.MISTAKE and re.search(r"abs\(|norm\(", told["error"]["hint"])


MASKS = [
    "x > 0",
    "x <= y",
    "~(w > 0)",
    "(x > 0)*(y > 0)",
    "isnan(w)",
    "(w > 0)[0]",
    "where(x > 0, 1, 0)",
    "w.gt(0)",
    "1",
    "(w > 0).reshape(3)",
    "(x < 1) & (y < 1)",
    "0 < x < 1",
]
NUMBERS = ["x", "w", "2", "x + 1", "x*(x > 0)", "w[0]", "where(x > 0, x, 0)", "sum(w > 0)", "sin(x)", "-(x > 0)"]


def test_or_and_not_are_of_masks_and_numbers_are_refused_with_a_repair() -> None:
    for sign, join in (("|", np.logical_or), ("&", np.logical_and)):
        for left in MASKS + NUMBERS:
            for right in MASKS + NUMBERS:
                source = f"({left}) {sign} ({right})"
                if not re.search("[xyw]", source):
                    continue
                if left in NUMBERS or right in NUMBERS:
                    error = complaint(source)
                    assert error.hint is not None, source
                    source = str(error.hint.values["repair"])
                assert np.array_equal(worth(source), join(known(left), known(right))), source
    for mask in MASKS[:-2]:
        if mask != "1":
            assert np.array_equal(worth(f"~({mask})"), ~known(mask).astype(bool))
    for number in NUMBERS:
        if number != "2":
            assert np.array_equal(worth(str(complaint(f"~({number})").hint.values["repair"])), known(number) == 0)


def known(source: str) -> np.ndarray[Any, Any]:
    return np.asarray(float(source)) if source in "12" else worth(source)


# An output of one entry


@pytest.mark.parametrize("x", ["-4.0", "[-4.0]", "[[-4.0]]"])
@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("vjp", "--strict"), "vjp"),
        (("grad",), None),
        (("hessian",), None),
        (("hvp", "--t", "1 + 0*x"), None),
        (("backward",), None),
        (("backward", "--calls", "2", "--retain-graph"), None),
        (("steps", "--strict"), None),
        (("check", "--answer", "2*x*v"), None),
        (("check", "--of", "grad", "--answer", "2*x"), None),
        (("check", "--of", "hessian", "--answer", "2"), None),
        (("code", "--to", "numpy", "--strict"), None),
    ],
)
def test_pytorch_takes_an_output_of_one_entry_for_a_number(words: tuple[str, ...], key: str | None, x: str) -> None:
    command, *options = words
    status, answer = call(command, "x*x", f"x={x}", *options)
    assert status == Exit.ANSWERED, answer
    assert not any("refuses" in warning["text"] for warning in answer.get("warnings", ()))
    assert "single number" in json.dumps(answer) or "explanation" not in answer or command != "vjp"
    if command == "vjp":
        assert answer["v"]["given"] == "1" and np.all(np.array(answer["v"]["value"]) == 1)
        assert np.array(answer["gradients"]["x"]["vjp"]["pytorch"]).ravel() == [-8]


@pytest.mark.parametrize("expression", ["x**3", "[x**3]", "[[x**3]]"])
def test_a_curve_is_drawn_of_an_output_of_one_entry(expression: str) -> None:
    status, answer = call("plot", expression, "x=linspace:0:1:5", "--order", "2")
    assert status == Exit.ANSWERED
    assert [round(curve["values"][-1], 12) for curve in answer["plot"]["curves"]] == [1, 3, 6]
    assert call("grad", expression, "x=2", "--order", "2")[1]["gradients"]["x,x"]["pytorch"] == 12


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (2,), (0,), (1, 3)])
def test_one_number_is_one_entry(shape: tuple[int, ...]) -> None:
    import torch

    assert is_one_number(shape) == (torch.zeros(shape).numel() == 1)


def test_a_second_derivative_of_one_entry_is_written_without_its_weight() -> None:
    program = trace(parse("w[:1]**3", ("w",)), {"w": (3,)})
    form = forms(program, ["w"], [("hessian", ("w", "w"))], unit=True)[0]
    assert "v" not in form.written.text


# Names with their modules


def examples() -> list[tuple[str, str]]:
    """Every row with its example, in which the function stands with its module."""
    found = []
    for row in TABLE.values():
        call_of = re.match(r"(\w+)\(", row.example)
        if call_of is not None and call_of[1] == row.name:
            found.append((row.name, f"torch.{row.example}"))
    return found


SHAPES = [(), (3,), (3, 3), (2, 3), (1, 3, 5), (3, 2)]


def shapes_for(source: str) -> dict[str, tuple[int, ...]] | None:
    """Shapes of the inputs with which the example is a program, the first that is found."""
    names = sorted({name for name in re.findall(r"(?<![\w.\"'])[a-zA-Z]\w*(?!\w*[(=])", source) if len(name) == 1})
    for seed in range(200):
        draw = random.Random(seed)
        shapes = {name: draw.choice(SHAPES) for name in names}
        try:
            program = trace(parse(source, tuple(names)), shapes, mending=False)
        except GradcliError:
            continue
        return {name: shapes[name] for name in program.inputs}
    return None


def steps(program: Program) -> list[object]:
    return [(step.how, step.shape) for step in program.steps]


def test_a_function_with_its_module_is_the_function_whatever_is_called_so() -> None:
    tried = 0
    for name, example in examples():
        shapes = shapes_for(example)
        if shapes is None or not shapes:
            continue
        tried += 1
        other = trace(parse(f"q_ = {example}; w_ = {example}; [q_, w_]", tuple(shapes)), shapes)
        again = trace(parse(f"{name} = {example}; w_ = {example}; [{name}, w_]", tuple(shapes)), shapes)
        assert steps(again) == steps(other), name
        first = next(iter(shapes))
        renamed = re.sub(rf"(?<![\w.\"']){first}(?![\w(=])", name, example)
        if renamed != example:
            own = {name if given == first else given: shape for given, shape in shapes.items()}
            program, plain = trace(parse(renamed, tuple(own)), own), trace(parse(example, tuple(shapes)), shapes)
            assert [s.shape for s in program.steps] == [s.shape for s in plain.steps], renamed
            assert name in program.inputs
    assert tried > 120


@pytest.mark.parametrize(
    ("source", "inputs", "value"),
    [
        ("cos = torch.cos(t0); cos + torch.cos(2*t0)", {"t0": 1.0}, np.cos(1) + np.cos(2)),
        ("F.relu(relu) + torch.relu(-relu)", {"relu": -2.0}, 2.0),
        ("exp.exp()", {"exp": 0.5}, np.exp(0.5)),
        ("math.e*e", {"e": 2.0}, 2 * np.e),
        ("pi = 3*x; torch.pi*pi", {"x": 1.0}, 3 * np.pi),
        ("torch.nn.functional.softplus(softplus)", {"softplus": 1.0}, np.log1p(np.e)),
    ],
)
def test_a_name_with_its_module_is_the_modules(source: str, inputs: dict[str, float], value: float) -> None:
    point = {name: np.array(number) for name, number in inputs.items()}
    program = trace(parse(source, tuple(point)), dict.fromkeys(point, ()))
    assert values_of(program, point)[program.output.step] == pytest.approx(value)


def test_a_variable_is_still_no_function_without_the_module() -> None:
    with pytest.raises(GradcliError, match="cos is a tensor"):
        trace(parse("cos(cos)", ("cos",)), {"cos": ()})


# Comments


REMARKS = (
    "# for a while",
    "# y = x; z",
    "# dy/dx = 2x, v and t",
    "# while x: x | |y| = 0.5",
    '# "a" (see [1',
    "# x @ T.T",
)
QUESTIONS: dict[str, tuple[str, ...]] = {
    "check": ("--answer", "2*x*v{}"),
    "jvp": ("--t", "1 + 0*x{}"),
    "hvp": ("--t", "1 + 0*x{}"),
    "backward": ("--v", "x{}"),
    "vjp": ("--v", "x{}"),
    "hessian": ("--v", "ones{}"),
    "steps": ("--v", "1{}"),
}


def without_echo(answer: Any) -> Any:
    """The answer without the texts that echo what was typed."""
    if isinstance(answer, dict):
        return {
            key: without_echo(value)
            for key, value in answer.items()
            if key not in ("expression", "answer", "given", "source", "span")
        }
    return [without_echo(value) for value in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("explain", "functions")])
@pytest.mark.parametrize("expression", ["x**2 + softmax(x, dim=0)*3", "(x == 1) + 2*x"])
def test_a_comment_and_a_keyword_change_nothing_but_the_echo(command: str, expression: str) -> None:
    x = "linspace(0, 1, 3)" if command == "plot" else "2.0"
    options = [word.format("") for word in QUESTIONS.get(command, ())]
    plain = call(command, expression, f"x={x}", *options)
    for remark in REMARKS:
        options = [word.format(f" {remark}") for word in QUESTIONS.get(command, ())]
        told = call(command, f"{expression} {remark}", f"x={x}", *options)
        assert told[0] == plain[0] != Exit.DEFECT
        assert without_echo(told[1]) == without_echo(plain[1]), remark


@pytest.mark.parametrize("remark", ["", *REMARKS])
def test_a_bare_expression_is_known_by_its_tree(remark: str) -> None:
    for expression in ("softmax(x, dim=0)", "x == 1", "(x\n+ 1)", "sum(x, dim=0, keepdim=True)"):
        tree = parse(f"{expression} {remark}", ("x",))
        assert tree.bare is not None and not tree.loops
        assert tree.source[tree.bare.start : tree.bare.end] == expression
    for program in ("y = x", "a = x; a", "while x < 3: x = 2*x"):
        assert parse(f"{program} {remark}", ("x",)).bare is None
    status, answer = call("grad", f"softmax(x, dim=0) {remark}", "x=1,2")
    assert status == Exit.MISTAKE and 'gradcli grad "sum(softmax(x, dim=0))"' in answer["error"]["hint"]


# Expressions whose value is lost


def test_an_expression_that_nothing_can_use_is_refused_and_the_repairs_work() -> None:
    draw = random.Random(3)
    for _ in range(60):
        lines = [f"{name} = x*{k}" for k, name in enumerate("pqr"[: draw.randint(0, 3)], 1)]
        lines.insert(draw.randint(0, len(lines)), draw.choice(["x**2", "sin(x)", "x", "(x + 1)*2", "x.exp()"]))
        whole = draw.choice(["; ", "\n", " ;\n"]).join([*lines, "x**3"])
        error = complaint(whole)
        assert error.kind == "syntax" and "is lost" in str(error)
        for repair in error.hint.values.values() if error.hint is not None and "\n" not in whole else ():
            assert worth(str(repair)) == worth("x**3"), whole
    assert worth("x**2\n") == worth("x**2;") == worth("a = x; a**2")


@pytest.mark.parametrize(
    ("source", "hint"),
    {
        "x**2\n+ x": "x**2 + x",
        "x.add_(1); x**2": "x = x.add(1); x**2",
        "print(x); x**2": "leave it out: x**2",
        '"text"; x**2': "leave it out: x**2",
        "a = x; a; a**2": "leave it out: a = x; a**2",
    }.items(),
)
def test_a_lost_value_is_answered_with_what_was_meant(source: str, hint: str) -> None:
    assert hint in str(complaint(source).hint)


# Spellings of other languages


@pytest.mark.parametrize(
    ("source", "repairs"),
    {
        "x^1/2": ("x^(1/2)", "x^(1)/2"),
        "y**-1/2": ("y**(-1/2)", "y**(-1)/2"),
        "x <- 3": ("x < -3",),
        "not x": ("(x == 0)",),
        "!x": ("(x == 0)",),
        "!(x > 0)": ("~(x > 0)",),
        "(x > 0) && (x < 1)": ("(x > 0) & (x < 1)",),
        "<x, y>": ("sum((x)*(y))",),
        "not x > 0": ("~(x > 0)",),
    }.items(),
)
def test_what_means_another_thing_elsewhere_is_refused_with_repairs_that_work(
    source: str, repairs: tuple[str, ...]
) -> None:
    hint = str(complaint(source).hint)
    for repair in repairs:
        assert repair in hint
        worth(repair)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("-x**2", -(1.75**2)),
        ("2**-x", 2**1.75),
        ("-7 % 3 + 0*x", 2),
        ("-7 // 2 + 0*x", -4),
        ("x // 1", -2),
        ("x % 1", 0.25),
        ("2**3**2 + 0*x", 512),
        ("2^3^2 + 0*x", 512),
        ("-2 < x < 0", 1),
        ("x == x == 1", 0),
        ("1e2x", -175),
        ("2(x+1)", -1.5),
        ("x − 1", -2.75),
        ("２＊x", -3.5),
        ("e^x", np.exp(-1.75)),
        ("1/4*x", -0.4375),
        ("x²", 1.75**2),
        ("x--1", -0.75),
        ("y**0.5*2", 2 * 0.625**0.5),
        ("7/2*x", -6.125),
    ],
)
def test_an_operator_means_what_it_means_in_python(source: str, value: float) -> None:
    assert worth(source) == pytest.approx(value)
