"""Who may import whom, what a cold start may load, and that no text of a user is ever run as code.

Each guard has a twin: the same guard on a sample that breaks the rule, which must be caught.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import gradcli

PACKAGE = Path(gradcli.__file__).parent
ROOT = PACKAGE.parent
HEAVY = ("torch", "sympy", "scipy", "matplotlib")
RUNS_TEXT = {
    "eval",
    "exec",
    "compile",
    "sympify",
    "parse_expr",
    "S",
    "parse_latex",
    "parse_mathematica",
    "lambdify",
    "__import__",
}
"""Calls that run, or may run, the text that they are given."""
SYMPIFY_AT_HOME = "symbolic"
"""The only room that may call `sympify`, and never on anything but its own numbers and expressions."""
UNPICKLES = {"pickle", "cPickle", "dill", "shelve", "marshal", "joblib"}


# What a cold start loads


def loaded(*command: str, cwd: Path = ROOT) -> set[str]:
    """The top packages that a fresh Python imports for a command line: read from its own import log."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command], capture_output=True, text=True, timeout=120, cwd=cwd
    )
    return {m.group(1) for line in done.stderr.splitlines() if (m := re.match(r"import time:.*\|\s+(\w+)", line))}


def heavy(*command: str, cwd: Path = ROOT) -> set[str]:
    return loaded(*command, cwd=cwd) & set(HEAVY)


QUESTION = ("-m", "gradcli", "vjp", "(x+1)**2", "--x", "eye:3")
LIGHT: Sequence[tuple[str, ...]] = (
    ("-c", "import gradcli"),
    ("-c", "import gradcli.cli"),
    ("-c", "import gradcli.ops, gradcli.program, gradcli.syntax, gradcli.tensors, gradcli.compare, gradcli.render"),
    ("-c", "import gradcli.commands; gradcli.commands.COMMANDS"),
    ("-m", "gradcli"),
    ("-m", "gradcli", "--help"),
    ("-m", "gradcli", "vjp", "--help"),
    ("-m", "gradcli", "vjp", "(x+1"),
    ("-m", "gradcli", "vjp", "sotfmax(x)", "--x", "1,2"),
    ("-m", "gradcli", "vjp", "x @ w", "--x", "ones:2x3", "--w", "ones:2x3"),
    ("-m", "gradcli", "vjp", "x**2", "--z", "1,2"),
    ("-m", "gradcli", "vjp", "x**2", "--x", "1,2", "--formt", "json"),
    ("-m", "gradcli", "vjp", "eye(100000)*x", "--x", "1"),
)


@pytest.mark.parametrize("command", LIGHT, ids=" ".join)
def test_no_heavy_library_is_loaded_for(command: tuple[str, ...]) -> None:
    seen = loaded(*command)
    assert "gradcli" in seen
    assert seen & set(HEAVY) == set()


def test_a_question_loads_sympy_and_torch_and_the_guard_sees_it() -> None:
    assert {"sympy", "torch"} <= heavy(*QUESTION)


def test_symbolic_only_loads_sympy_and_no_torch() -> None:
    assert {"sympy", "torch"} & heavy(*QUESTION, "--symbolic-only") == {"sympy"}


@pytest.mark.parametrize("library", HEAVY)
def test_the_guard_of_cold_starts_can_fail(library: str, tmp_path: Path) -> None:
    """A package of that name in front of the real one, imported by a module like ours."""
    for name in (library, "light"):
        (tmp_path / name).mkdir()
    (tmp_path / library / "__init__.py").write_text("")
    (tmp_path / "light" / "__init__.py").write_text(f"def asked():\n    import {library}\n")
    assert heavy("-c", "import light", cwd=tmp_path) == set()
    assert heavy("-c", "import light; light.asked()", cwd=tmp_path) == {library}


# Who may import whom


def contracts(root: Path) -> tuple[int, str]:
    """The verdict of import-linter on the package under `root`, by the contracts in pyproject.toml."""
    program = (
        "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(no_cache=True))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, cwd=root)
    return done.returncode, done.stdout + done.stderr


def test_imports_go_one_way() -> None:
    status, said = contracts(ROOT)
    assert status == 0, said


@pytest.mark.parametrize("module, line", [
    ("shapes.py", "from gradcli.ops import TABLE"), ("ops/elementwise.py", "from gradcli.program import trace"),
    ("render/text.py", "import sympy"), ("symbolic/formulas.py", "import torch"),
        ("numeric/autograd.py", "from gradcli import symbolic"),
])  # fmt: skip
def test_an_import_against_the_way_is_caught(module: str, line: str, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "gradcli", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    spoilt = tmp_path / "gradcli" / module
    spoilt.write_text(spoilt.read_text() + f"\n{line}\n")
    status, said = contracts(tmp_path)
    assert status != 0
    assert "BROKEN" in said


# Text is never run


def runs_text(source: str, at_home: bool = False) -> list[str]:
    """The calls in a module that run a text, and its ways to unpickle, as `line: what`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = _called(node)
            if name == "sympify" and at_home and _harmless(node):
                continue
            if name == "compile" and _called_on(node) == "re":
                continue
            if name in RUNS_TEXT:
                found.append(f"{node.lineno}: {name}")
            if name in ("load", "loads") and _called_on(node) in UNPICKLES:
                found.append(f"{node.lineno}: {_called_on(node)}.{name}")
            found += [
                f"{node.lineno}: {k.arg}"
                for k in node.keywords
                if (k.arg, _constant(k.value)) in {("allow_pickle", True), ("weights_only", False), ("shell", True)}
            ]
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {a.name.split(".")[0] for a in node.names} | {(getattr(node, "module", None) or "").split(".")[0]}
            found += [f"{node.lineno}: import {name}" for name in sorted(names & UNPICKLES)]
    return found


def _called(node: ast.Call) -> str:
    return (
        node.func.attr
        if isinstance(node.func, ast.Attribute)
        else node.func.id
        if isinstance(node.func, ast.Name)
        else ""
    )


def _called_on(node: ast.Call) -> str:
    return node.func.value.id if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) else ""


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _harmless(node: ast.Call) -> bool:
    """A sympify of what is no text: SymPy reads text only where it is given one."""
    return not any(
        isinstance(a, (ast.Constant, ast.JoinedStr)) and isinstance(_constant(a), (str, type(None))) for a in node.args
    )


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_runs_a_text_or_unpickles(path: Path) -> None:
    assert runs_text(path.read_text(), at_home=SYMPIFY_AT_HOME in path.relative_to(PACKAGE).parts) == []


@pytest.mark.parametrize("line", [
    "eval(text)", "exec(text)", "compile(text, '', 'eval')", "sympy.sympify(text)",
        "sympy.parsing.sympy_parser.parse_expr(text)",
    "sympy.S(text)", "__import__(name)", "import pickle", "from pickle import loads",
        "numpy.load(f, allow_pickle=True)",
    "torch.load(f, weights_only=False)", "subprocess.run(text, shell=True)",
])  # fmt: skip
def test_a_line_that_runs_a_text_is_caught(line: str) -> None:
    assert runs_text(line) != []


@pytest.mark.parametrize("line", ["sympy.sympify('x')", "sympy.sympify(f'{text}')", "eval(text)"])
def test_a_text_for_sympify_is_caught_in_the_symbolic_room_too(line: str) -> None:
    assert runs_text(line, at_home=True) != []


def test_sympify_refuses_text_in_the_symbolic_room_when_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the walk over the source can't see: no string reaches SymPy's reader while a program is derived."""
    import sympy
    import sympy.parsing.sympy_parser as reader

    from gradcli.program import trace
    from gradcli.symbolic import derived
    from gradcli.syntax import parse

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a text reached SymPy's reader")

    monkeypatch.setattr(reader, "parse_expr", refuse)
    with pytest.raises(AssertionError, match="reached"):
        sympy.sympify("x + 1")
    text = 'S = einsum("ij,j->i", E, N); I = gelu(S, approximate="tanh"); beta = I*I; sum(beta)/Q'
    for form in derived(trace(parse(text), {"E": (2, 3), "N": (3,), "Q": ()}), ["E", "N", "Q"]):
        form.closed(entries=True)
