"""Text -> tree: what the language reads, what it refuses, and that every complaint points at its place."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradcli.message import Exit, GradcliError
from gradcli.syntax import parse
from gradcli.syntax.tree import (
    Assign,
    Attribute,
    Bare,
    Binary,
    Call,
    Compare,
    Dots,
    Flag,
    Name,
    Number,
    Sequence,
    Slice,
    Subscript,
    Text,
    Tree,
    Unary,
    While,
)


def shown(node: Any) -> str:
    """A tree on one line, with every bracket."""
    match node:
        case Tree():
            return "; ".join(map(shown, node.statements))
        case Number():
            return str(node.value)
        case Text() | Flag():
            return repr(node.value)
        case Name():
            return node.id
        case Unary():
            return f"({node.operator}{shown(node.operand)})"
        case Binary() | Compare():
            return f"({shown(node.left)} {node.operator} {shown(node.right)})"
        case Call():
            arguments = [*map(shown, node.arguments), *(f"{name}={shown(value)}" for name, value in node.keywords)]
            return f"{'.' if node.method else ''}{node.function}({', '.join(arguments)})"
        case Attribute():
            return f"{shown(node.value)}.{node.name}"
        case Slice():
            return ":".join("" if part is None else shown(part) for part in (node.start, node.stop, node.step))
        case Dots():
            return "..."
        case Subscript():
            return f"{shown(node.value)}[{', '.join(map(shown, node.items))}]"
        case Sequence():
            return ("tuple" if node.tuple else "list") + f"({', '.join(map(shown, node.items))})"
        case Assign():
            return f"{node.name} = {shown(node.value)}"
        case While():
            return f"while {shown(node.condition)}: {{{'; '.join(map(shown, node.body))}}}"
        case Bare():
            return shown(node.value)
    raise AssertionError(node)


def nodes(node: Any) -> Iterator[Any]:
    """Every node of a tree."""
    pending = [node]
    while pending:
        here = pending.pop()
        if isinstance(here, tuple):
            pending.extend(here)
        elif hasattr(here, "__slots__") and not isinstance(here, (str, int, Fraction)):
            yield here
            pending.extend(getattr(here, name) for name in here.__slots__ if name not in ("span", "name_span"))


def complaint(source: str) -> GradcliError:
    with pytest.raises(GradcliError) as caught:
        parse(source)
    return caught.value


def place(error: GradcliError) -> str:
    assert error.source is not None and error.span is not None
    return error.source[error.span.start : error.span.end]


# ── what is read ──────────────────────────────────────────────────────────────────────────────────

READ = {
    "(x+1)**2": "((x + 1) ** 2)",
    "2^3^2*x": "((2 ** (3 ** 2)) * x)",
    "-x^2": "(-(x ** 2))",
    "2^-1": "(2 ** (-1))",
    "y = x + 2; z = y*y*3; z.mean()": "y = (x + 2); z = ((y * y) * 3); .mean(z)",
    "y = x\n\n  y # the output\n": "y = x; y",
    "0 < x < 1": "((0 < x) & (x < 1))",
    "(x>0) & (y<1) | ~(z==2)": "(((x > 0) & (y < 1)) | (~(z == 2)))",
    "sum(x, dim=0, keepdim=True)": "sum(x, dim=0, keepdim=True)",
    "x.sum(0)": ".sum(x, 0)",
    "torch.sum(x)": "sum(x)",
    "torch.nn.functional.relu(x) + F.relu(x)": "(relu(x) + relu(x))",
    "torch.linalg.norm(x)": "norm(x)",
    "F.T @ F": "(F.T @ F)",
    "np.pi*x": "(pi * x)",
    "x[1:, ::2]": "x[1::, ::2]",
    "x[:, None, np.newaxis]": "x[::, None, None]",
    "x[[0, 1], ..., -1]": "x[list(0, 1), ..., (-1)]",
    "x[1,]": "x[1]",
    "amax(x.reshape(2, -1), dim=(1, 3))": "amax(.reshape(x, 2, (-1)), dim=tuple(1, 3))",
    "[[x, 1], [2, y]]": "list(list(x, 1), list(2, y))",
    "einsum('ij,jk', a, b)": "einsum('ij,jk', a, b)",
    "sum(x,\n    dim=0)": "sum(x, dim=0)",
    "x % 2 // 3": "((x % 2) // 3)",
    "\tx": "x",
}  # fmt: skip


@pytest.mark.parametrize(("source", "tree"), READ.items())
def test_a_program_is_read_as_python_reads_it_but_for_the_power(source: str, tree: str) -> None:
    read = parse(source)
    assert shown(read) == tree
    assert not read.notes


SPELLINGS = {
    "2×x": "2*x", "2·x − 3÷x": "2*x - 3/x", "sin(π*x)": "sin(pi*x)", "x² + y⁻¹": "x**2 + y**-1", "xⁿ": "x**n",
    "xᵀ @ x": "x.T @ x", "x₁ + x₂": "x1 + x2", "einsum(“i,i->”, x, x)": "einsum('i,i->', x, x)", "x ≤ 3": "x <= 3",
    "√(x+1)": "sqrt(x+1)", "（x＋1）": "(x+1)", "x[…, 0]": "x[..., 0]", "∞*x": "inf*x", "x\u00a0+\u200b1": "x + 1",
    "ﬁ + 1": "fi + 1",
}  # fmt: skip


@pytest.mark.parametrize(("source", "plain"), SPELLINGS.items())
def test_other_spellings_with_one_reading_are_read_without_a_note(source: str, plain: str) -> None:
    assert shown(parse(source)) == shown(parse(plain))
    assert not parse(source).notes


PRODUCTS = {
    "2x": "2*x", "cos(3x)": "cos(3*x)", "3sin(x)": "3*sin(x)", "2(x+1)": "2*(x+1)", "(x+1)(x+2)": "(x+1)*(x+2)",
    "2x^2": "2*x**2", "2 x": "2*x", "x[0](y+1)": "x[0]*(y+1)", "2πr": "2*pi*r", "x²y": "x**2*y", "f(x)(y)": "f(x)*y",
    "2x.T": "2*x.T", "2e": "2*e", "-2x/3": "-2*x/3", "(x+1)²(y)": "(x+1)**2*y",
}  # fmt: skip


@pytest.mark.parametrize(("source", "plain"), PRODUCTS.items())
def test_a_product_without_its_sign_is_read_and_told_where_it_has_one_reading(source: str, plain: str) -> None:
    assert shown(parse(source)) == shown(parse(plain))
    assert any("was read as" in str(note) for note in parse(source).notes)


def test_the_note_says_how_the_product_was_read() -> None:
    assert list(map(str, parse("2x + 2x").notes)) == ["2x was read as 2*x"]


def test_a_name_before_a_bracket_stays_a_call() -> None:
    assert shown(parse("x(y+1)")) == "x((y + 1))"


FACTORS = {
    "x(x+1)": "x*(x+1)", "y(x+1)(x-1)": "y*(x+1)*(x-1)", "x y": "x*y", "x sin(x)": "x*sin(x)", "2pi x": "2*pi*x",
    "a x + b": "a*x + b", "sin(x) cos(x)": "sin(x)*cos(x)", "sin(a x)": "sin(a*x)", "x[0] y[1]": "x[0]*y[1]",
    "x y^2": "x*y**2", "sum(x) x": "sum(x)*x",
}  # fmt: skip


@pytest.mark.parametrize(("source", "plain"), FACTORS.items())
def test_a_name_that_has_a_value_is_a_factor(source: str, plain: str) -> None:
    names = ("x", "y", "a", "b")
    assert shown(parse(source, names)) == shown(parse(plain, names))
    assert any("was read as" in str(note) for note in parse(source, names).notes)


@pytest.mark.parametrize("source", ["x(0)", "x(t)", "x(0, 1)", "sum(x+1)", "x(dim=1)"])
def test_what_may_be_a_call_is_no_product(source: str) -> None:
    (statement,) = parse(source, ("x", "t", "sum")).statements
    assert isinstance(statement, Bare) and isinstance(statement.value, Call)


@pytest.mark.parametrize("source", ["[x y]", "outer(x y)", "x 2", "1/x y", "x^2y", "x.T y", "sin x", "x[y x]"])
def test_a_factor_that_may_be_something_else_is_refused(source: str) -> None:
    with pytest.raises(GradcliError, match=r"operator is missing|two ways"):
        parse(source, ("x", "y"))


PAPER = {
    r"\frac{1}{1+e^{-x}}": "1/(1+e^(-x))", r"\sqrt[3]{x}": "(x)**(1/3)", r"\sin^2 x": "sin(x)**2",
    r"\left(x+1\right)^2": "(x+1)^2", r"x^\top A x": "x.T @ A @ x", r"\|x\|_2^2": "norm(x)^2",
    r"\mathbf{x}^T \mathbf{x}": "x.T @ x", r"\sum_{i=1}^n x_i^2": "sum(x^2)", r"\alpha x": "alpha x", "$x^2$": "x^2",
    "|x-1| + |x+1|": "abs(x-1) + abs(x+1)", "‖x‖²": "norm(x)²", "ln|x|": "log(abs(x))", "xᵀAx": "x.T @ A @ x",
    "x'Ax": "x.T @ A @ x", "x.*x": "x*x", "x.^2": "x^2", "A\\x": "solve(A, x)", "½x²": "(1/2)x²", "x⊙x": "x*x",
    "∑x": "sum(x)", "∛x": "x**(1/3)", "d/dx x^2": "x^2", "∇x": "x", "sin x cos x": "sin(x) cos(x)",
}  # fmt: skip


@pytest.mark.parametrize(("source", "plain"), PAPER.items())
def test_paper_and_latex_are_answered_with_what_to_type(source: str, plain: str) -> None:
    names = ("x", "A", "alpha")
    with pytest.raises(GradcliError) as raised:
        parse(source, names)
    assert str(raised.value.hint) == f"did you mean {plain} ?"
    parse(plain, names)


NUMBERS = {
    "0.1": (Fraction(1, 10), False), "1.": (1, False), ".5": (Fraction(1, 2), False), "2e3": (2000, False),
    "1e-5": (Fraction(1, 100000), False), "0x1f": (31, True), "1_000": (1000, True), "007": (7, True),
    "1.0507009873554804934193349852946": (Fraction("1.0507009873554804934193349852946"), False),
}  # fmt: skip


@pytest.mark.parametrize(("source", "number"), NUMBERS.items())
def test_numbers_are_kept_exactly(source: str, number: tuple[Fraction, bool]) -> None:
    (statement,) = parse(source).statements
    assert isinstance(statement, Bare) and isinstance(statement.value, Number)
    assert (statement.value.value, statement.value.integral) == number


LOOPS = {
    "y = x*2\nwhile norm(y) < 1000: y = y*2\ny.sum()": "y = (x * 2); while (norm(y) < 1000): {y = (y * 2)}; .sum(y)",
    "while y < 9:\n  y = y*2\n  z = y\nz": "while (y < 9): {y = (y * 2); z = y}; z",
    "while y < 9:\n  while z < 9:\n    z = z*2\n  y = z\ny": "while (y < 9): {while (z < 9): {z = (z * 2)}; y = z}; y",
    "while y < 9: y = y*2; z = y": "while (y < 9): {y = (y * 2); z = y}",
    "y = x[0:1]; while x[0:1] < 3: x = x*2": "y = x[0:1:]; while (x[0:1:] < 3): {x = (x * 2)}",
}  # fmt: skip


@pytest.mark.parametrize(("source", "tree"), LOOPS.items())
def test_loops_take_the_rest_of_their_line_or_the_lines_indented_below(source: str, tree: str) -> None:
    assert shown(parse(source)) == tree


def test_a_bare_expression_that_ends_a_loop_on_one_line_is_the_output_after_it() -> None:
    tree = parse("y = x; while norm(y) < 9: y = y*2; y.sum()")
    assert shown(tree) == "y = x; while (norm(y) < 9): {y = (y * 2)}; .sum(y)"
    assert "after the loop" in str(tree.notes[0])


def test_a_variable_hides_the_module_of_its_name() -> None:
    assert shown(parse("F.sum(0)", {"F"})) == ".sum(F, 0)"
    assert shown(parse("np = x; np.sum(0)")) == "np = x; .sum(np, 0)"
    assert shown(parse("F.sum(x, 0)")) == "sum(x, 0)"


@pytest.mark.parametrize(("text", "name"), {"x₁": "x1", "θ": "θ", " w ": "w", "π": "pi", "ﬁ": "fi"}.items())
def test_a_variable_has_the_name_that_the_program_will_use(text: str, name: str) -> None:
    assert next(node for node in nodes(parse(text)) if isinstance(node, Name)).id == name


# ── what is refused: the place and the repair ─────────────────────────────────────────────────────

REFUSED = [
    ("", "empty", "", ""),
    ("  # nothing", "empty", "  # nothing", ""),
    ("x +", "missing after +", "+", "x"),
    ("x ** ", "missing after **", "**", "x"),
    ("x++", "missing after +", "+", "x"),
    ("* x", "missing before *", "*", "x"),
    ("x * / y", "missing between * and /", "* /", ""),
    ("x +\n1", "missing after +", "+", "brackets"),
    ("==", "missing before ==", "==", ""),
    ("sin(x", "never closed", "(", "sin(x)"),
    ("x[0", "never closed", "[", "x[0]"),
    ("sin(x]", "closed by ]", "(x]", "sin(x)"),
    ("sin(x))", "closes nothing", ")", "sin(x)"),
    ("sum(x; y", "not closed before the ;", "(", "sum(x, y)"),
    ("a = sum(x; a*y", "not closed before the ;", "(", "a = sum(x); a*y"),
    ("1,5*x", "comma", "1,5", "1.5*x"),
    ("x, y", "one output", ",", "[x, y]"),
    ("x if x > 0 else 0", "where", "x if x > 0 else 0", "where(x > 0, x, 0)"),
    ("sum(x if c else y, 0)", "where", "x if c else y", "sum(where(c, x, y), 0)"),
    ("lambda x: x", "lambda is not allowed", "lambda", ""),
    ("asin(lambda/(n*d))", "reserved", "lambda", "asin(lambd/(n*d))"),
    ("class = 3", "reserved", "class", "class_"),
    ("[i*x for i in range(3)]", "not allowed", "for", "arange"),
    ("(y := x**2)", ":= is not allowed", ":=", "y = x**2; y + 1"),
    ("for i in range(3): x = x*2", "only expressions, assignments and while", "for", "while"),
    ("def f(x): return x", "only expressions, assignments and while", "def", "leave it out: x"),
    ("import torch", "only expressions", "import", "leave it out"),
    ("while True: pass", "pass is not allowed", "pass", "x = x*2"),
    ("while x < 3", "colon is missing", "while", "while CONDITION: STATEMENTS"),
    ("while x < 3:", "no body", ":", "indent"),
    ("while: x", "no condition", "while:", "CONDITION"),
    ("while x = 3: y = 2", "= does not stand", "=", "while x == 3"),
    ("f'{x}'", "prefix f", "f'", "leave the prefix out"),
    ("'a'*10**9", "text is not a number", "'a'", "einsum"),
    ("x > 0 and y > 0", "and is not allowed", "and", "(x > 0) & (y > 0)"),
    ("not x > 0", "not is not allowed", "not", "~(x > 0)"),
    ("x>0 & y<1", "bind tighter", "x>0 & y<1", "(x>0) & (y<1)"),
    ("|x - y|*2", "bars", "|x - y|", "abs(x - y)*2"),
    ("||x||", "bars", "||x||", "norm(x)"),
    ("x' @ y", "transpose", "'", "x.T @ y"),
    ("\\frac{1}{x}", "LaTeX", "\\frac{1}{x}", "1/x"),
    ("x!", "factorial", "!", "exp(lgamma(x+1))"),
    ("2 = x", "one name", "2", "x = 2"),
    ("x1, x2 = x; x1", "one name at a time", "x1, x2", "x1 = x[0]; x2 = x[1]"),
    ("a = b = x", "one name at a time", "=", "b = x; a = b"),
    ("y += 1", "in place", "+=", "y = y + 1"),
    ("y *= x + 1", "in place", "*=", "y = y * (x + 1)"),
    ("x[0] = 1", "in place", "x[0]", "where"),
    ("f(x) = x**2", "functions are not defined", "f(x)", "y = x**2"),
    ("x.__class__", "underscores", "__class__", "class"),
    ("__import__('os')", "underscores", "__import__", ""),
    ("f(*x)", "arguments with * are not allowed", "*", ""),
    ("f(dim=1, dim=2)", "given twice", "dim", ""),
    ("f(dim=1, x)", "positional argument follows keyword argument", ")", ""),
    ("y = x**2; y.backward()", "backward", "backward", "y = x**2; y"),
    ("ln^2(x)", "two ways", "ln^2(x)", "log(x)**2"),
    ("sin²(x)", "two ways", "sin²(x)", "sin(x)**2"),
    ("1/2x", "two ways", "2x", "1/(2*x) or 1/2*x"),
    ("2^3x", "two ways", "3x", "2^(3*x)"),
    ("x is y", "is is not allowed", "is", "=="),
    ("{1, 2}", "curly braces", "{", "[1, 2]"),
    ("x^{2}", "curly braces", "{", "x^2"),
    ("[1 2; 3 4]", "list of rows", "[1 2; 3 4]", "[[1, 2], [3, 4]]"),
    ("sqrt 8x (x-2)", "operator is missing", "sqrt 8", "sqrt(8x) (x-2)"),
    ("x y", "operator is missing", "x y", "x*y"),
    ("√2x", "root sign", "√2", "sqrt(2)"),
    ("2j*x", "complex", "2j", "2*j"),
    ("x\0", "null byte", "\0", ""),
    ("x ? 1 : 2", "no meaning", "?", "where"),
    ("½x", "no meaning", "½", "(1/2)x"),
    ("x => 1", "=> is not allowed", "=>", "x >= 1"),
    ('sum("abc', "never closed", '"', ""),
    ("x: 3", "colon", ":", ""),
    ("x[]", "index is empty", "[]", "x[0]"),
    ("x[0:4:2:1]", "invalid syntax", ":", ""),
    ("[1, ..., 5]", "only in an index", "...", "arange"),
    ("x.", "point", ".", "x"),
]


@pytest.mark.parametrize(("source", "sentence", "where", "hint"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_mistake_is_told_with_its_place_and_a_repair(source: str, sentence: str, where: str, hint: str) -> None:
    error = complaint(source)
    assert sentence in str(error)
    assert place(error) == where
    assert hint in str(error.hint or "")
    assert error.exit_status == Exit.MISTAKE and error.source == source


@pytest.mark.parametrize("source", [case[0] for case in REFUSED])
def test_a_repair_is_itself_read(source: str) -> None:
    hint = complaint(source).hint
    if hint is not None and hint.sentence in ("did you mean {repair} ?", "leave it out: {repair}"):
        parse(str(hint.values["repair"]))


def test_the_brackets_round_an_operand_belong_to_what_is_made_of_it() -> None:
    source = "(x + 1) < y <= (2)"
    spans = [node.span.of(source) for node in nodes(parse(source).statements) if isinstance(node, Compare)]
    assert sorted(set(spans)) == ["(x + 1) < y", "y <= (2)"]


def test_a_span_counts_the_characters_as_they_were_typed() -> None:
    error = complaint("θ² × “a” + 1")
    assert place(error) == "“a”"


# ── limits ────────────────────────────────────────────────────────────────────────────────────────

TOO_MUCH = {
    "brackets": "(" * 10_000 + "x" + ")" * 10_000,
    "unclosed": "[" * 50_000,
    "signs": "-" * 50_000 + "x",
    "powers": "**".join("x" * 5_000),
    "attributes": "x" + ".T" * 5_000,
    "indices": "x" + "[0]" * 5_000,
    "loops": "while x: " * 1_000 + "x = 1",
    "mixed": "(a|b&c+d*" * 90 + "x" + ")" * 90,
    "terms": " + ".join("x" * 15_000),
    "characters": "x" * 100_001,
    "digits": "1" * 5_000,
    "exponent": "1e999999999*x",
    "range": "1e400",
}  # fmt: skip


@pytest.mark.parametrize("source", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_is_too_much_is_a_limit_and_no_crash(source: str) -> None:
    error = complaint(source)
    assert (error.kind, error.exit_status) == ("limit", Exit.LIMIT)


def test_ten_thousand_brackets_are_refused_at_once() -> None:
    start = time.perf_counter()
    complaint(TOO_MUCH["brackets"])
    assert time.perf_counter() - start < 0.1


@pytest.mark.parametrize("operator", ["+", "-", "*", "@", "&", "|"])
def test_a_sum_of_five_thousand_terms_is_read_left_to_right(operator: str) -> None:
    (statement,) = parse(f" {operator} ".join(f"x{i}" for i in range(5_000))).statements
    assert isinstance(statement, Bare)
    node = statement.value
    for i in reversed(range(1, 5_000)):
        assert isinstance(node, Binary) and isinstance(node.right, Name)
        assert (node.operator, node.right.id) == (operator, f"x{i}")
        node = node.left
    assert isinstance(node, Name)


# ── laws ──────────────────────────────────────────────────────────────────────────────────────────

WORDS = st.sampled_from([
    *"()[]{}+-*/%@&|~^<>=,:;.!'\"\\ \n", "**", "//", "==", "<=", "...", "x", "y", "sin", "2", "1.5", "1e3", "²", "π",
    "√", "while ", "if ", "else ", "lambda ", "for ", "not ", "True", "torch.", ".T", "dim=", "0x1f", "\t",
    "“", "·", "ᵀ", "#",
])  # fmt: skip
PROGRAMS = st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=25).map("".join))


@settings(max_examples=1500, deadline=None)
@given(PROGRAMS)
@example("\udc80")
@example("x ٣")
@example("x'(")
def test_any_text_is_read_or_refused_with_a_place_in_it(source: str) -> None:
    try:
        tree = parse(source)
    except GradcliError as error:
        assert error.source == source and error.span is not None
        assert 0 <= error.span.start <= error.span.end <= len(source)
        assert str(error) and str(error.hint or "hint")
        return
    for node in nodes(tree.statements):
        assert 0 <= node.span.start < node.span.end <= len(source)
        if isinstance(node, Name):
            written = source[node.span.start : node.span.end]
            name = written.rpartition(".")[2]
            assert name in ("√", "∞", "ⁿ", "π") or normalize("NFKC", name) == node.id


def python(node: ast.expr) -> str:
    """How Python itself brackets an expression."""
    signs = {
        ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@", ast.USub: "-",
        ast.Invert: "~", ast.BitAnd: "&", ast.BitOr: "|", ast.Mod: "%", ast.FloorDiv: "//",
    }  # fmt: skip
    match node:
        case ast.BinOp():
            return f"({python(node.left)} {signs[type(node.op)]} {python(node.right)})"
        case ast.UnaryOp():
            return f"({signs[type(node.op)]}{python(node.operand)})"
        case ast.Name():
            return node.id
        case ast.Constant():
            return str(node.value)
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return f"{name}({python(argument)})"
    raise AssertionError(node)


OPERATORS = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "@", "&", "|"])


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(parts, OPERATORS, parts).map(lambda found: f"{found[0]} {found[1]} {found[2]}")
    long = st.tuples(st.lists(parts, min_size=18, max_size=22), st.sampled_from("+*&"), st.sampled_from("-*|")).map(
        lambda found: f" {found[2]} ".join([f" {found[1]} ".join(found[0]), "w", "u"] * 9)
    )
    around = [parts.map(form.format) for form in ("({})", "-{}", "~{}", "f({})")]
    return st.one_of(binary, long, *around)


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.sampled_from(["x", "y", "2", "31"]), _joined, max_leaves=12))
def test_precedence_is_pythons_however_long_the_sum(source: str) -> None:
    try:
        read = shown(parse(source))
    except GradcliError as error:
        assert error.kind == "limit"
        return
    assert read == python(ast.parse(source, mode="eval").body)
