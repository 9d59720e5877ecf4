"""The function as it was typed, in LaTeX: brackets where they are needed, names, lengths, and that it would compile."""

from __future__ import annotations

import re
from time import perf_counter

import pytest

from gradcli.message import GradcliError
from gradcli.notation import LIMIT, latex, latex_name
from gradcli.ops import ROWS
from gradcli.ops.latex_names import latex_name as formulas_name
from gradcli.ops.row import Row
from gradcli.program import trace
from gradcli.syntax import parse

Shapes = dict[str, tuple[int, ...]]


def written(source: str, **shapes: tuple[int, ...]) -> str:
    given = shapes or {name: (3,) for name in ("x", "y") if re.search(rf"\b{name}\b", source)}
    return latex(trace(parse(source, tuple(given)), given))


def faults(text: str) -> list[str]:
    """Why LaTeX would refuse the text: braces, \\left without \\right, environments, two scripts on one base."""
    bare = re.sub(r"\\[\\{}_#$%&]", "", text.replace(r"\textbackslash{}", "").replace(r"\textasciitilde{}", ""))
    found = [] if bare.count("{") == bare.count("}") else ["braces"]
    if len(re.findall(r"\\left(?![a-z])", text)) != len(re.findall(r"\\right(?![a-z])", text)):
        found.append("left and right")
    if text.count(r"\begin") != text.count(r"\end"):
        found.append("environments")
    script = re.compile(r"([_^])\{[^{}]*\}\1")
    while (inner := re.sub(r"(?<![_^])\{([^{}]*)\}", r"(\1)", bare)) != bare:
        bare = inner
    if script.search(bare):
        found.append("double script")
    depth = 0
    for c in re.sub(r"\\[{}]", "", text):
        depth += (c == "{") - (c == "}")
        if depth < 0:
            found.append("braces out of order")
    return found


# --- operators --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source, expected", [
    ("x + y", "x + y"),
    ("x - (y - x)", r"x - \left(y - x\right)"),
    ("(x - y) - x", "x - y - x"),
    ("x - -y", r"x - \left(-y\right)"),
    ("-x**2", "-x^{2}"),
    ("(-x)**2", r"\left(-x\right)^{2}"),
    ("-2*x", r"-2 \cdot x"),
    ("x*-2", r"x \cdot \left(-2\right)"),
    ("y - (-2*x)", r"y - \left(-2 \cdot x\right)"),
    ("(-2*x)**2", r"\left(-2 \cdot x\right)^{2}"),
    ("(x + 1)**2", r"\left(x + 1\right)^{2}"),
    ("(x + y)*x", r"\left(x + y\right) \cdot x"),
    ("x*(y*x)", r"x \cdot \left(y \cdot x\right)"),
    ("x/(y + 1)", r"\frac{x}{y + 1}"),
    ("(x/y)**2", r"\left(\frac{x}{y}\right)^{2}"),
    ("2**x**y", "2^{x^{y}}"),
    ("(2**x)**y", r"\left(2^{x}\right)^{y}"),
    ("x**-1", "x^{-1}"),
    ("x^2", "x^{2}"),
    ("exp(x)**2", r"\left(e^{x}\right)^{2}"),
    ("square(x + 1)", r"\left(x + 1\right)^{2}"),
    ("sin(x)**2", r"\sin\left(x\right)^{2}"),
    ("log1p(-x)", r"\ln\left(1 + \left(-x\right)\right)"),
    ("(x*y) @ x", r"\left(x \cdot y\right) \, x"),
    ("x*(y @ x)", r"x \cdot y \, x"),
    ("x @ y * x", r"x \, y \cdot x"),
    ("x > 0", r"\left[x > 0\right]"),
    ("(x > 0)*y", r"\left[x > 0\right] \cdot y"),
    ("x % 2", r"x \bmod 2"),
])  # fmt: skip
def test_brackets_stand_where_they_are_needed(source: str, expected: str) -> None:
    assert written(source) == expected


@pytest.mark.parametrize(
    "source, expected",
    [
        ("sqrt(x + 1)", r"\sqrt{x + 1}"),
        ("abs(x)", r"\left|x\right|"),
        ("norm(x)", r"\left\|x\right\|"),
        ("norm(x, 1)", r"\left\|x\right\|_{1}"),
        ("norm(x, inf)", r"\left\|x\right\|_{\infty}"),
        ("norm(x, dim=0)", r"\operatorname{norm}\left(x,\, \mathrm{dim}=0\right)"),
        ("x.mean()", r"\operatorname{mean}\left(x\right)"),
        ("log_softmax(x, dim=0)", r"\operatorname{log\_softmax}\left(x,\, \mathrm{dim}=0\right)"),
        ("clamp(x, min=0)", r"\operatorname{clamp}\left(x,\, \mathrm{min}=0\right)"),
        ("cat([x, y])", r"\operatorname{cat}\left(\left[x,\, y\right]\right)"),
        ("[x, y]", r"\left[x,\, y\right]"),
        ("maximum(x, 0)", r"\max\left(x, 0\right)"),
        ("where(x > 0, x, y)", r"\operatorname{where}\left(\left[x > 0\right],\, x,\, y\right)"),
        ("x[0]", "x_{0}"),
        ("x[1:, None]", r"x_{1:,\, \mathrm{None}}"),
        ("x[::2]", "x_{::2}"),
        ("(x + y)[0]", r"\left(x + y\right)_{0}"),
        ("x[1:][0]", r"\left(x_{1:}\right)_{0}"),
        ("x[0]**2", "x_{0}^{2}"),
        ("x[[0, 1]]", r"x_{\left[0,\, 1\right]}"),
        ("eye(3) @ x", r"I_{3} \, x"),
        ("x*ones(3)", r"x \cdot \mathbf{1}_{3}"),
    ],
)
def test_functions_and_indices_have_their_notation(source: str, expected: str) -> None:
    assert written(source) == expected


@pytest.mark.parametrize(
    "source, expected",
    [
        ("A.T @ A", r"A^{\top} \, A"),
        ("inv(A).T", r"\left(A^{-1}\right)^{\top}"),
        ("(A @ A).T", r"\left(A \, A\right)^{\top}"),
        ("A[1:, :]", r"A_{1:,\, :}"),
        ("A.T[0]", r"\left(A^{\top}\right)_{0,\, :}"),
        ("det(A)*trace(A)", r"\det\left(A\right) \cdot \operatorname{tr}\left(A\right)"),
        ("A*[[1, 2], [3, 4.5]]", r"A \cdot \begin{bmatrix} 1 & 2 \\ 3 & 4.5 \end{bmatrix}"),
    ],
)
def test_matrices_have_their_notation(source: str, expected: str) -> None:
    assert written(source, A=(2, 2)) == expected


@pytest.mark.parametrize("source, expected", [
    ("0.1*x", r"0.1 \cdot x"), ("1e-3*x", r"10^{-3} \cdot x"), ("2.5e4*x", r"2.5 \cdot 10^{4} \cdot x"),
    ("x/3", r"\frac{x}{3}"), ("x*(1/3)", r"x \cdot \frac{1}{3}"), ("x**(1/2)", r"x^{\frac{1}{2}}"),
    ("x*(2*3)", r"x \cdot 6"), ("pi*x + e", r"\pi \cdot x + e"),
])  # fmt: skip
def test_numbers_are_written_as_they_were_typed(source: str, expected: str) -> None:
    assert written(source) == expected


# --- names ------------------------------------------------------------------------------------------------------------


def test_named_steps_are_written_as_assignments() -> None:
    assert written("y = x + 2; z = y*y*3; z.mean()", x=(2, 2)) == (
        r"y = x + 2,\quad z = y \cdot y \cdot 3,\quad \operatorname{mean}\left(z\right)"
    )


def test_a_named_output_of_several_statements_keeps_its_name() -> None:
    assert written("a = x*2; b = a + 1", x=(2,)) == r"a = x \cdot 2,\quad b = a + 1"


def test_one_assignment_is_its_right_side() -> None:
    assert written("z = x**2") == "x^{2}"


def test_what_the_output_is_not_made_from_is_left_out() -> None:
    assert written("a = x*2; b = x + 1; b*3", x=(2,)) == r"b = x + 1,\quad b \cdot 3"


def test_a_name_that_was_given_away_is_not_read_again() -> None:
    assert written("a = x; x = x + 1; a*x", x=(2,)) == r"x = x + 1,\quad {x}_{\mathrm{in}} \cdot x"
    assert written("a = x + 1; b = a; a = a*2; a*b", x=(2,)) == (
        r"a = x + 1,\quad a = a \cdot 2,\quad a \cdot \left(x + 1\right)"
    )


@pytest.mark.parametrize("name, expected", [
    ("x", "x"), ("theta", r"\theta"), ("θ", r"\theta"), ("Γ", r"\Gamma"), ("x1", "x_{1}"), ("theta2", r"\theta_{2}"),
    ("weight", r"\mathrm{weight}"), ("x_new", r"x_{\mathrm{new}}"), ("w_1_2", r"w_{\mathrm{1,2}}"),
    ("x1_new", r"\mathrm{x1\_new}"), ("_x", r"\mathrm{\_x}"), ("_", r"\mathrm{\_}"),
])  # fmt: skip
def test_names_are_letters_greek_or_upright(name: str, expected: str) -> None:
    assert latex_name(name) == expected
    assert not faults(latex_name(name))


@pytest.mark.parametrize("name", ["x", "W", "theta", "alpha1", "x1", "x_new", "n_x0", "weight", "Sigma"])
def test_the_function_and_its_formulas_write_names_alike(name: str) -> None:
    assert latex_name(name) == formulas_name(name)


def test_a_name_with_a_subscript_is_bracketed_under_an_index() -> None:
    assert written("x1[0]**2", x1=(3,)) == r"\left(x_{1}\right)_{0}^{2}"


# --- length -----------------------------------------------------------------------------------------------------------


def test_a_sum_of_5000_terms_is_abbreviated_and_quick() -> None:
    program = trace(parse("+".join(f"x*{k}" for k in range(5000)), ("x",)), {"x": (3,)})
    start = perf_counter()
    text = latex(program)
    assert perf_counter() - start < 2
    assert text.startswith(r"x \cdot 0 + x \cdot 1 + ")
    assert text.endswith(r"+ \cdots + x \cdot 4999")
    assert len(text) <= LIMIT


@pytest.mark.parametrize("source", [
    "; ".join(f"a{k} = sin({f'a{k - 1}' if k else 'x'})" for k in range(900)),
    "; ".join(f"a{k} = x" + "*x" * 400 for k in range(3)) + "; a0 + a1 + a2",
    "sin(" * 90 + "x" + ")" * 90,
    f"sin({'+'.join(['x'] * 900)})*{'*'.join(['x'] * 900)}",
    "x**" + "(" + "+".join(["x"] * 2000) + ")",
    f"cat([{', '.join(['x'] * 800)}])",
])  # fmt: skip
def test_a_long_function_stays_short_and_whole(source: str) -> None:
    text = written(source, x=(3,))
    assert len(text) <= LIMIT + 100
    assert not faults(text)


# --- all of the table -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_operation_would_compile(row: Row) -> None:
    names = [name for name in ("x", "y", "a", "b", "w", "t") if re.search(rf"\b{name}\b", row.example)]
    for shape in ((3, 3), (3,), (), (3, 3, 3)):
        try:
            text = written(row.example, **dict.fromkeys(names, shape)) if names else written(row.example)
        except GradcliError:
            continue
        assert not faults(text), text
        return


@pytest.mark.parametrize("text, fault", [
    ("x_{0}_{1}", "double script"), ("e^{x}^{2}", "double script"), ("{x", "braces"), (r"\left(x", "left and right"),
    (r"\mathbf{1}_{\mathrm{in}}_{2}", "double script"), ("}{", "braces out of order"),
])  # fmt: skip
def test_the_guard_sees_what_would_not_compile(text: str, fault: str) -> None:
    assert fault in faults(text)
