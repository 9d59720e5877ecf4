"""What is written without quotes reaches the program as it was written, in every shell that is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gradcli.tensors import read_tensor

BARE = (
    "eye:5",
    "ones:2x3",
    "ones:2,3",
    "full:2x3:7",
    "linspace:-1:1:5",
    "arange:0:6:2",
    "1,2,3",
    "1,2:3,4",
    "1,2:",
    "-3",
    "1e-3",
    "rand:3",
    "x=eye:5",
    "--x=1,2:3,4",
    "onehot:0,2",
    "x,w",
    "@x.npy",
    "file:x.npy",
)
"""Tensors, variables and options as the documents write them, unquoted."""
QUOTED = ('"(x+1)**2"', '"eye(5)"', '"[[1,2],[3,4]]"', '"x*y"', '"sum(x, dim=0)"')
"""Expressions, and tensors written as calls or lists."""
SHELLS = ("bash", "zsh", "fish", "dash")


def words(shell: str, line: str, folder: Path) -> list[str]:
    """The words that a command gets from this shell."""
    line = f"printf '%s\\n' {line}"
    done = subprocess.run([shell, "-c", line], cwd=folder, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("1", "2", "x2", "e", "x.npy", "eye"):  # what a pattern could match
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    "shell",
    [
        pytest.param(shell, marks=pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed"))
        for shell in SHELLS
    ],
)
def test_a_tensor_with_colons_needs_no_quotes_and_an_expression_only_double_ones(shell: str, folder: Path) -> None:
    assert words(shell, " ".join(("--", *BARE, *QUOTED)), folder)[-len(BARE) - len(QUOTED) :] == [
        *BARE,
        *(word.strip('"') for word in QUOTED),
    ]


def test_an_unquoted_list_is_what_a_shell_may_change(folder: Path) -> None:
    assert words("sh", "x**2 [1,2]", folder) != ["x**2", "[1,2]"]


@pytest.mark.parametrize("text", [word for word in BARE if not word.startswith(("x", "-", "@", "file", "onehot"))])
def test_what_needs_no_quotes_is_a_tensor(text: str) -> None:
    assert read_tensor(text, name="x").size
