"""What is shipped: the wheel holds what the program reads, it declares what it imports, and it runs from the wheel."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SHARED = (
    "share/bash-completion/completions/gradcli",
    "share/zsh/site-functions/_gradcli",
    "share/fish/vendor_completions.d/gradcli.fish",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, made by the declared backend."""
    folder = tmp_path_factory.mktemp("dist")
    program = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def wheel(folder: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def shipped(suffixes: tuple[str, ...]) -> set[str]:
    """The package's files in the checkout."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / "gradcli").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name.endswith(suffixes)
    }


def test_the_wheel_holds_every_file_of_the_package(built: Path) -> None:
    names = set(wheel(built).namelist())
    assert {"gradcli/py.typed", "gradcli/schema/report-1.json", "gradcli/cli/shells/_gradcli"} <= names
    assert shipped(("",)) <= names


def test_the_wheel_holds_completions(built: Path) -> None:
    opened = wheel(built)
    names = {name.partition(".data/data/")[2]: name for name in opened.namelist() if ".data/data/" in name}
    assert set(names) == set(SHARED)
    assert opened.read(names[SHARED[0]]) == (ROOT / "completions" / "gradcli.bash").read_bytes()


def test_the_wheel_holds_nothing_else(built: Path) -> None:
    tops = {name.partition("/")[0] for name in wheel(built).namelist()}
    assert {top.partition("-")[0] for top in tops} == {"gradcli"}


def test_the_sdist_can_be_built_and_tested_from(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "completions/gradcli.bash", "tests/test_packaging.py"} <= names
    assert shipped((".py", ".json")) <= names


def test_the_wheel_runs_without_the_checkout(built: Path, tmp_path: Path) -> None:
    wheel(built).extractall(tmp_path)
    program = (
        "import gradcli, gradcli.schema; from gradcli.cli.entry import run; print(gradcli.__file__); "
        "gradcli.schema.report_schema(); raise SystemExit(run(['completions', 'fish']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[0]).is_relative_to(tmp_path)


def test_the_metadata_says_what_it_is(built: Path) -> None:
    opened = wheel(built)
    metadata = opened.read(next(n for n in opened.namelist() if n.endswith("/METADATA"))).decode()
    for line in (
        "Name: gradcli",
        "Requires-Python: >=3.11",
        "Provides-Extra: plot",
        "Provides-Extra: test",
        "Description-Content-Type: text/markdown",
    ):
        assert f"\n{line}\n" in metadata
    assert (
        "gradcli = gradcli.cli:main"
        in opened.read(next(n for n in opened.namelist() if n.endswith("/entry_points.txt"))).decode()
    )


# Declared and imported


def declared(*extras: str) -> set[str]:
    asked = [*PROJECT["dependencies"], *(one for extra in extras for one in PROJECT["optional-dependencies"][extra])]
    return {re.split(r"[^\w.-]", one, maxsplit=1)[0].lower() for one in asked}


def imported(source: str) -> Iterator[str]:
    """The top packages that a module's text imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def undeclared(source: str, *extras: str) -> set[str]:
    of = packages_distributions()
    foreign = set(imported(source)) - set(sys.stdlib_module_names) - {"gradcli"}
    return {name for name in foreign if not {d.lower() for d in of.get(name, [name])} & declared(*extras)}


@pytest.mark.parametrize("path", sorted((ROOT / "gradcli").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_undeclared_is_imported(path: Path) -> None:
    extras = ("plot",) if "figure" in path.parts else ()
    assert undeclared(path.read_text(), *extras) == set()


def test_an_undeclared_import_is_noticed() -> None:
    assert undeclared("def late():\n    import jsonschema\n") == {"jsonschema"}
    assert undeclared("import matplotlib.figure") == {"matplotlib"}


def test_everything_declared_is_imported() -> None:
    of = packages_distributions()
    names = {name for path in (ROOT / "gradcli").rglob("*.py") for name in imported(path.read_text())}
    assert declared("plot") <= {d.lower() for name in names for d in of.get(name, [])}


def test_what_the_tests_import_is_declared_for_them() -> None:
    own = {path.stem for path in (ROOT / "tests").rglob("*.py")} | {"golden", "tests", "benchmarks", "fuzzing"}
    names = {name for path in (ROOT / "tests").glob("*.py") for name in imported(path.read_text())} - own
    assert {name for name in names if undeclared(f"import {name}", "plot", "test")} == set()
