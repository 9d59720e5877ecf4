"""Completions: what a press of Tab offers in bash, zsh and fish themselves, and that the scripts are those of today."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_shells import Shell, fish_offers

from gradcli.cli.app import commands
from gradcli.cli.completions import FILES, script
from gradcli.cli.entry import run
from gradcli.ops import ROWS

FOLDER = Path(__file__).parents[1] / "completions"
CONSTRUCTED = {"eye:", "ones:", "zeros:", "full:", "linspace:", "arange:", "rand:", "randn:", "@"}

EXACTLY = {
    "gradcli jac": {"jacobian"},
    "gradcli ": set(commands()),
    "gradcli --v": {"--version"},
    "gradcli completions ": {"bash", "zsh", "fish"},
    'gradcli vjp "x @ w.T + b" ': {"--x", "--w", "--b"},
    'gradcli vjp "x @ w.T + b" --x 1 --w=2 ': {"--b"},
    'gradcli vjp --quiet "x*w" ': {"--x", "--w"},
    "gradcli vjp 'x*w' x=1 ": {"--w"},
    'gradcli vjp "x*w" --x 1 --w': {"--w", "--wrt"},
    'gradcli vjp "y = x + 2; z = y*y*3; z.mean()" ': {"--x"},
    'gradcli vjp "softmax(x, dim=0)*pi + 2e3 + 2k + torch.sum(x)" ': {"--x", "--k"},
    'gradcli vjp "where(x == 0, x, s)" ': {"--x", "--s"},
    'gradcli vjp "θ*x" ': {"--θ", "--x"},
    "gradcli vjp x+1 ": {"--x"},
    'gradcli vjp "x*w" --x ': CONSTRUCTED,
    'gradcli vjp "x*w" --x l': {"linspace:"},
    'gradcli vjp "lr*x" --lr=ey': {"--lr=eye:"},
    'gradcli vjp "x*w" x=ran': {"x=rand:", "x=randn:"},
    'gradcli vjp "x*w" --let x=ey': {"x=eye:"},
    'gradcli vjp "x*w" --x eye:5': set(),
    'gradcli vjp "x*w" --v o': {"ones", "ones:", "onehot:"},
    'gradcli vjp "x*w" --v ': CONSTRUCTED | {"ones", "onehot:", "x", "w"},
    'gradcli jvp "x*w" --t x=o': {"x=ones:"},
    'gradcli vjp "x*w" --wrt x,': {"x,x", "x,w"},
    "gradcli vjp x --format ": {"text", "json", "latex", "markdown", "html"},
    "gradcli vjp x --format=j": {"--format=json"},
    "gradcli vjp x --dtype=float6": {"--dtype=float64"},
    "gradcli vjp x --symbolic-only --form": {"--format"},
    "gradcli vjp x --seed ": set(),
    "gradcli vjp t*flat --t o": {"ones:"},
    "gradcli vjp t*flat --t 1 --flat e": {"eye:"},
    "gradcli jacobian t*flat --flat ": {"--t"},
    "gradcli graph x --to m": {"mermaid"},
    "gradcli code x --to t": {"torch"},
    "gradcli functions soft": {row.name for row in ROWS if row.name.startswith("soft")},
    "gradcli explain ki": {"kinks"},
    'gradcli vjp "x*w" --x @da': {"@data.npy"},
    'gradcli vjp "x*w" --x=@da': {"--x=@data.npy"},
    'gradcli vjp "x*w" --x file:da': {"file:data.npy"},
    "gradcli vjp x --output ans": {"answers"},
    "gradcli vjp @pro": {"@program.txt"},
    "gradcli batch que": {"questions.jsonl"},
}
BECOMES = {
    "gradcli jac": "gradcli jacobian ",
    "gradcli vjp x --x li": "gradcli vjp x --x linspace:",
    "gradcli vjp x --x=li": "gradcli vjp x --x=linspace:",
    "gradcli vjp x x=li": "gradcli vjp x x=linspace:",
    "gradcli vjp x --x @da": "gradcli vjp x --x @data.npy ",
    "gradcli vjp x --x file:da": "gradcli vjp x --x file:data.npy ",
    "gradcli vjp x --format=j": "gradcli vjp x --format=json ",
    "gradcli vjp x --v x=": "gradcli vjp x --v x=",
    'gradcli vjp "x*w" --x 1 ': 'gradcli vjp "x*w" --x 1 --w ',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files to be found."""
    here = tmp_path_factory.mktemp("shell")
    for name in ("data.npy", "program.txt", "questions.jsonl"):
        (here / name).touch()
    (here / "answers").mkdir()
    return here


def installed(name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")


@pytest.fixture(scope="module", params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest, folder: Path) -> Iterator[Shell]:
    installed(request.param)
    opened = Shell(request.param, FOLDER / FILES[request.param], folder)
    yield opened
    opened.close()


@pytest.mark.parametrize("line", EXACTLY)
def test_tab_offers(shell: Shell, line: str) -> None:
    assert shell.tab(line)[0] == EXACTLY[line]


@pytest.mark.parametrize("line", BECOMES)
def test_tab_writes(shell: Shell, line: str) -> None:
    assert shell.tab(line)[1] == BECOMES[line]


def test_options_are_offered_with_the_variables_that_are_left(shell: Shell) -> None:
    offered = shell.tab('gradcli vjp "softmax(x, dim=0) + pi" --')[0]
    assert {"--x", "--v", "--symbolic-only", "--no-color", "--help"} <= offered
    assert not {"--dim", "--pi", "--softmax", "--answer"} & offered


def test_fish_offers_the_same(folder: Path) -> None:
    installed("fish")
    assert fish_offers(FOLDER / FILES["fish"], list(EXACTLY), folder) == EXACTLY


@pytest.mark.parametrize("name", FILES)
def test_the_stored_script_is_todays(name: str) -> None:
    assert (FOLDER / FILES[name]).read_text() == script(name), "python -m gradcli.cli.completions"


@pytest.mark.parametrize("name", FILES)
def test_gradcli_prints_the_script(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completions", name]) == 0
    assert capsys.readouterr().out == script(name)


def test_an_unknown_shell_is_told_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completions", "tcsh"]) == 2
    assert "there are completions for bash, zsh, fish, not for tcsh" in capsys.readouterr().err
