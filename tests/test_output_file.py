"""`--output FILE`: what each suffix writes is read back, and a file that cannot be written leaves nothing behind."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradcli.cli.entry import run
from gradcli.cli.output_file import write_file
from gradcli.message import GradcliError
from gradcli.render.quiet import lines_of
from gradcli.report import Compared
from gradcli.tensors import read_tensor

MATRIX = ["vjp", "x**2", "--x", "1,2:3,4.5", "--v", "ones"]
TWO = ["vjp", "x*y", "--x", "1,2", "--y", "3,4", "--v", "ones"]


def asked(*words: str) -> tuple[int, str, str]:
    """The exit status, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(words)
    return int(status), out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("suffix", ["npy", "npz", "csv", "tsv"])
def test_a_file_of_numbers_is_read_back_by_the_next_command(suffix: str) -> None:
    assert asked(*MATRIX, "--output", f"g.{suffix}")[:2] == (0, "")
    np.testing.assert_array_equal(read_tensor(f"@g.{suffix}", name="x"), [[2, 4], [6, 9]])


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
@pytest.mark.parametrize("array", [
    np.array([1e-300, 1e300, -0.1, np.nan, np.inf, -np.inf]), np.array([[0.1, 1/3], [-5e-324, 1.7e308]]),
    np.array([[1.0, 2.0, 3.0]]), np.array([7.0]),
])  # fmt: skip
def test_a_table_keeps_every_digit(suffix: str, array: np.ndarray) -> None:
    from gradcli.render.number_files import WRITERS

    Path(f"g.{suffix}").write_bytes(WRITERS[suffix]([("x", array)]))
    np.testing.assert_array_equal(read_tensor(f"@g.{suffix}", name="x"), array)


def test_several_variables_are_the_arrays_of_an_npz_and_the_columns_of_a_table() -> None:
    assert asked(*TWO, "--output", "g.npz")[0] == asked(*TWO, "--output", "g.csv")[0] == 0
    np.testing.assert_array_equal(read_tensor("@g.npz:y", name="x"), [1, 2])
    assert Path("g.csv").read_text() == "x,y\n3.0,1.0\n4.0,2.0\n"


@pytest.mark.parametrize(("words", "sentence", "hint"), [
    ([*TWO, "--output", "g.npy"], "a .npy file holds one array, and there are 2: x, y", "choose one:  --wrt x"),
    (["vjp", "x**2", "--x", "ones:2x2x2", "--v", "ones", "--output", "g.csv"], "a table has two axes", ".npy or .json"),
    (["vjp", "x*y", "--x", "1,2", "--y", "3", "--v", "ones", "--output", "g.csv"], "holds one array", ".npz"),
    (["explain", "v", "--output", "g.npy"], "the answer holds no numbers for a .npy file", ".txt"),
    ([*MATRIX, "--output", "g.svg"], "draws no picture", "gradcli jacobian"),
    ([*MATRIX, "--output", "g.xyz"], "the name g.xyz does not tell the format", ".npy"),
    ([*MATRIX, "--output", "no/g.json"], "no/g.json cannot be written: No such file", "mkdir -p no"),
])  # fmt: skip
def test_what_cannot_be_written_is_told_and_leaves_nothing(words: list[str], sentence: str, hint: str) -> None:
    status, out, err = asked(*words)
    assert (status, out) == (2, "")
    assert sentence in err and hint in err
    assert list(Path().iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_disk_is_one_line_and_status_2() -> None:
    assert asked(*MATRIX, "--output", "/dev/full", "--quiet") == (
        2,
        "",
        "error: /dev/full cannot be written: No space left on device\n",
    )


def test_a_file_that_was_there_survives_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("g.json").write_text("before")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(GradcliError, match="No space left"):
        write_file("g.json", b"after")
    assert [path.name for path in Path().iterdir()] == ["g.json"]
    assert Path("g.json").read_text() == "before"


def test_a_link_and_the_rights_of_a_file_are_kept() -> None:
    Path("real.json").write_text("before")
    os.chmod("real.json", 0o640)
    os.symlink("real.json", "link.json")
    write_file("link.json", b"after")
    assert Path("link.json").is_symlink() and Path("real.json").read_text() == "after"
    assert Path("real.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("array", [
    np.array([0.1, -0.0, np.nan, np.inf]), np.zeros((0, 3)), np.array(3.0), np.array([[1e-300], [1e300]]),
    np.float32([[0.1, 1/3]]),
])  # fmt: skip
def test_quiet_is_pasted_back_as_a_tensor(array: np.ndarray) -> None:
    (line,) = lines_of([Compared("x", array, None, None, None)])
    np.testing.assert_array_equal(read_tensor(line, name="x").astype(array.dtype), array, strict=True)


def test_quiet_is_never_empty() -> None:
    for words in (["explain", "weights"], ["functions", "sin"], ["plot", "x**2", "--x", "linspace:0:1:3"]):
        assert asked(*words, "--quiet")[1].strip()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_latex_compiles(tmp_path: Path) -> None:
    assert (
        asked("vjp", "softmax(x @ w, dim=1)", "--x", "1,2:3,4", "--w", "1,0:0,1", "--v", "ones", "--output", "g.tex")[0]
        == 0
    )
    body = Path("g.tex").read_text()
    Path("all.tex").write_text(
        body
        if "\\documentclass" in body
        else "\\documentclass{article}\\usepackage{amsmath,amssymb}\\begin{document}\n" + body + "\\end{document}\n"
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-800:]


def test_json_in_a_file_is_the_json_on_the_screen() -> None:
    asked(*MATRIX, "--output", "g.json")
    assert json.loads(Path("g.json").read_text()) == json.loads(asked(*MATRIX, "--format", "json")[1])


def test_a_killed_reader_is_no_error() -> None:
    line = f"cd {Path(__file__).parents[1]} && {sys.executable} -m gradcli functions | head -1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
