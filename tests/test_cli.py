"""The command line: words -> question, errors, streams, exit statuses. The engine is the sample's."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import sample_commands
from typer.testing import CliRunner

from gradcli.cli import app
from gradcli.cli.entry import run
from gradcli.cli.options import BATCH_OPTIONS, DISPLAY_OPTIONS, REQUEST_OPTIONS
from gradcli.commands import Command
from gradcli.message import GradcliError
from gradcli.render.translation import english
from gradcli.shell_line import line_of

HERE = Path(__file__).parent
OPTIONS = (*REQUEST_OPTIONS.values(), *DISPLAY_OPTIONS.values())

# --- words ------------------------------------------------------------------------------------------------------------


with mock.patch.dict(app.COMMANDS, {"vjp": Command("vjp", "", tuple(REQUEST_OPTIONS), ())}):  # type: ignore[arg-type]
    EVERYTHING = app.commands()["vjp"]


def reading(*words: str) -> Any:
    """Typer's context of a command that has every option."""
    return EVERYTHING.make_context("vjp", list(words), obj=english)


def expression(*words: str) -> Any:
    return reading(*words).params["positional"]


def variables(*words: str) -> dict[str, str]:
    return dict(variable.split("=", 1) for variable in reading(*words).params["let"])


@pytest.mark.parametrize(
    "words",
    [
        ("x**2", "--x", "3"),
        ("x**2", "--x=3"),
        ("x**2", "x=3"),
        ("--x", "3", "x**2"),
        ("x**2", "--let", "x=3"),
        ("--x", "3", "--", "x**2"),
    ],
)
def test_a_variable_is_given_in_any_of_these_ways(words: tuple[str, ...]) -> None:
    assert expression(*words) == "x**2"
    assert variables(*words) == {"x": "3"}


@pytest.mark.parametrize(
    "typed", ["-x**2", "-h*x", "-V*x", "-3*x", "- x", "y = x**2", "--x**2", "-", "@program.txt", "x == 3"]
)
def test_the_first_positional_is_the_expression(typed: str) -> None:
    assert expression(typed, "--x", "-3") == typed
    assert variables(typed, "--x", "-3") == {"x": "-3"}


def test_after_two_dashes_nothing_is_an_option() -> None:
    assert expression("--", "--x") == "--x"


def test_a_value_may_hold_an_equals_sign() -> None:
    assert variables("x", "--x=a=b") == {"x": "a=b"}


def test_a_declared_option_wins_and_its_name_is_free_without_dashes() -> None:
    assert reading("x", "--v", "ones").params["v"] == "ones"
    assert variables("v", "v=2", "format=3") == {"v": "2", "format": "3"}


def test_names_are_normalised_as_python_does() -> None:
    assert variables("x", "ｘ=1") == {"x": "1"}


def test_flags_and_options_are_told_apart() -> None:
    params = reading("x", "--symbolic-only", "--no-color", "--dtype=float32", "--max_elements", "1e3").params
    assert (params["symbolic_only"], params["color"], params["strict"]) == (True, False, False)
    assert (params["dtype"], params["max_elements"]) == ("float32", 1000)


@pytest.mark.parametrize("words", [("vjp", "-h"), ("vjp", "x", "--help"), ("jvp", "--x", "-h", "x", "-h")])
def test_help_is_asked_for_by_its_own_words_alone(gradcli: Any, words: tuple[str, ...]) -> None:
    status, out, _ = gradcli(*words)
    assert status == 0 and out.startswith(f"Usage: gradcli {words[0]} EXPRESSION")


def test_typer_knows_every_option_as_it_is_declared() -> None:
    """Name, flag, default, help: the fields of Request, Display and Batch are the only place of each."""
    typed = app.commands()
    own = {name: (*command.options, *DISPLAY_OPTIONS) for name, command in app.COMMANDS.items()}
    own |= {"batch": tuple(BATCH_OPTIONS), "completions": ()}
    assert typed.keys() == own.keys()
    for name, names in own.items():
        params = {param.name: param for param in typed[name].params if param.name not in ("let", "positional")}
        assert tuple(params) == names
        for option in ((REQUEST_OPTIONS | DISPLAY_OPTIONS | BATCH_OPTIONS)[one] for one in names):
            param: Any = params[option.name]
            assert [*param.opts, *param.secondary_opts] == [option.flag]
            assert (param.help, param.default, param.multiple) == (
                option.help,
                option.default,
                option.kind == "tensors",
            )
            assert param.is_flag or param.metavar == option.metavar


@pytest.mark.parametrize(
    "words",
    [
        ("vjp", "x", "--x", "3"),
        ("vjp", "disagree"),
        ("vjp", "x", "--formt"),
        ("vjp", "deep"),
        ("vpj",),
        (),
        ("--help",),
        ("vjp", "x", "--format", "json", "--precision", "99"),
        ("-V",),
        ("completions", "tcsh"),
        ("jvp", "-h"),
    ],
)
def test_typers_runner_answers_as_the_console_does(gradcli: Any, words: tuple[str, ...]) -> None:
    found = CliRunner().invoke(app.application(), words)
    assert (found.exit_code, found.stdout, found.stderr) == gradcli(*words)


@pytest.mark.parametrize(
    "words, sentence, hint",
    [
        (["x", "--x"], "--x needs a value", "write  --x TENSOR"),
        (["x", "--x", "--v", "1"], "--x needs a value, but --v follows", "write  --x=--v  if that is the value"),
        (["x", "--x", "1", "--x", "2"], "x is given twice", None),
        (["x", "--seed", "1", "--seed", "2"], "--seed is given twice", None),
        (["x", "--quite"], "--quite needs a value", "did you mean  --quiet ?"),
        (
            ["x", "--symbolic-onyl"],
            "--symbolic-onyl is not an option, and a variable has no - in its name",
            "did you mean  --symbolic-only ?",
        ),
        (
            ["x", "--learning-rate", "1"],
            "--learning-rate is not an option, and a variable has no - in its name",
            "did you mean  --learning_rate ?",
        ),
        (
            ["x", "lambda=1.5"],
            "lambda is a reserved word of Python and cannot name a variable",
            "call it lambda_, in the expression too",
        ),
        (
            ["x", "--lambda", "1"],
            "lambda is a reserved word of Python and cannot name a variable",
            "call it lambda_, in the expression too",
        ),
        (
            ["x=[1.0,2.0]", "x**2"],
            "the expression comes first, before its variables",
            'write  gradcli vjp "x**2" "x=[1.0,2.0]"',
        ),
        (["x", "-x", "3"], "-x has one dash; options and variables have two", "write  --x 3"),
        (["x", "*", "y"], "one word too many: *", 'did you mean  gradcli vjp "x * y" ?'),
        (
            ["x*y", "notes"],
            "one word too many: notes",
            'an expression with spaces or * is quoted: "x * y"; a variable is --x TENSOR or x=TENSOR',
        ),
        (
            ["x", "--x", "a.npy", "b.npy"],
            "one word too many: b.npy",
            "a variable is one tensor, from one file, --x @b.npy; the shell makes several words of a "
            "pattern such as *.npy",
        ),
        (["x", "--x", "1", "2", "3"], "one word too many: 2", "did you mean  --x 1,2,3 ?"),
        (["x", "--x", "[1,", "2]"], "one word too many: 2]", 'did you mean  --x "[1, 2]" ?'),
        (["x", "--x", "eye", "5"], "one word too many: 5", "did you mean  --x eye:5 ?"),
        (["x", "--x", "ones", "2", "3"], "one word too many: 2", "did you mean  --x ones:2x3 ?"),
        (["x", "x", "=", "3"], "one word too many: x", "did you mean  x=3 ?"),
        (["x", "--x", "=", "3"], "one word too many: 3", "did you mean  --x 3 ?"),
        (["x", "--x:eye:3"], "one word too many: --x:eye:3", "did you mean  --x=eye:3 ?"),
        (["x*w", "--wrt", "x", "w"], "one word too many: w", "did you mean  --wrt x,w ?"),
        (["x", "-o", "out.json"], "-o has one dash; options and variables have two", "write  --output out.json"),
        (["x", "--format"], "--format needs a value", "write  --format text|json|latex|markdown|html"),
        (["x", "--json"], "--json needs a value", "write  --format json"),
        (["x", "--quiet=1"], "--quiet takes no value", "write  --quiet"),
        (
            ["-", "--x", "-"],
            "standard input can be read once, and - asks for it a second time",
            "read one of them from a file: @FILE",
        ),
    ],
)
def test_a_wrong_word_is_told_with_its_repair(words: list[str], sentence: str, hint: str | None) -> None:
    with pytest.raises(GradcliError) as raised:
        reading(*words)
    assert str(raised.value) == sentence
    assert (None if raised.value.hint is None else str(raised.value.hint)) == hint
    assert raised.value.source is not None and raised.value.span is not None


def test_a_line_is_quoted_as_a_shell_reads_it() -> None:
    line = line_of(["gradcli", "vjp", "x * y", "--x=eye(5)", "a$b"])
    assert line.text == """gradcli vjp "x * y" --x="eye(5)" 'a$b'"""


# --- the program ------------------------------------------------------------------------------------------------------

Answer = tuple[int, str, str]


@pytest.fixture
def gradcli(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """`gradcli(*words)` -> (exit status, stdout, stderr), in this process, with the sample's commands."""
    from gradcli.cli.entry import run

    def call(*words: str) -> Answer:
        status = run(words)
        out, err = capsys.readouterr()
        return status, out, err

    with sample_commands.standing_in():
        yield call


def test_an_answer_is_0_and_on_stdout(gradcli: Any) -> None:
    status, out, err = gradcli("vjp", "(x+1)**2", "--x", "eye:5", "--v", "ones")
    assert (status, err) == (0, "")
    assert "x.grad[i,j] = 2*v[i,j]*(1 + x[i,j])" in out


def test_a_disagreement_is_1(gradcli: Any) -> None:
    status, out, _ = gradcli("vjp", "disagree")
    assert status == 1
    assert "DISAGREE" in out


def test_gradcli_alone_shows_what_to_try(gradcli: Any) -> None:
    status, out, err = gradcli()
    assert (status, err) == (0, "")
    assert out.startswith("Usage: gradcli COMMAND") and out.count("\n  gradcli vjp") == 3


def test_help_names_every_option_of_the_command(gradcli: Any) -> None:
    status, out, _ = gradcli("vjp", "--help")
    assert status == 0
    assert all(option.flag in out for option in OPTIONS if option.name in sample_commands.OPTIONS)
    assert "EXPRESSION [--NAME TENSOR | NAME=TENSOR]... [OPTIONS]" in out
    assert gradcli("vjp", "x", "-h")[1] == out


def test_help_names_every_command(gradcli: Any) -> None:
    status, out, _ = gradcli("--help")
    assert status == 0
    assert all(f"\n  {name} " in out for name in ("vjp", "jvp", "batch"))


def test_the_version(gradcli: Any) -> None:
    assert gradcli("--version")[:2] == (0, "gradcli 0.1.0\n")


@pytest.mark.parametrize(
    "words, expected",
    [
        (
            ["vjp", "x**2", "--x", "3", "--formt", "json"],
            """\
error: --formt is not an option, and the expression has no variable formt
  gradcli vjp "x**2" --x 3 --formt json
                           ^^^^^^^^^^^^
hint: did you mean  --format json ?
""",
        ),
        (
            ["vjp", "x**2", "--unused", "3"],
            """\
error: the expression has no variable unused (it has: x)
""",
        ),
        (
            ["vjp", "x + seed", "--x", "3"],
            """\
error: no value for seed
hint: --seed is an option here (the seed of rand and randn); for the variable write  seed=TENSOR
""",
        ),
        (
            ["vjp", "x", "--format", "jsn"],
            """\
error: --format is one of text, json, latex, markdown, html, not "jsn"
  gradcli vjp x --format jsn
                ^^^^^^^^^^^^
hint: did you mean  --format json ?
""",
        ),
        (
            ["vjp", "x", "--precision=99"],
            """\
error: --precision is at most 17, not 99
  gradcli vjp x --precision=99
                ^^^^^^^^^^^^^^
""",
        ),
        (
            ["(x+1)**2", "--x", "eye:5"],
            """\
error: the command is missing before (x+1)**2
  gradcli "(x+1)**2" --x eye:5
          ^^^^^^^^^^
hint: did you mean  gradcli vjp "(x+1)**2" --x eye:5 ?
""",
        ),
        (
            ["-x**2", "--x", "3"],
            """\
error: the command is missing before -x**2
  gradcli "-x**2" --x 3
          ^^^^^^^
hint: did you mean  gradcli vjp "-x**2" --x 3 ?
""",
        ),
        (
            ["vpj", "x", "--x", "3"],
            """\
error: there is no command vpj
  gradcli vpj x --x 3
          ^^^
hint: did you mean  gradcli vjp x --x 3 ?
""",
        ),
        (
            ["vjp"],
            """\
error: gradcli vjp needs an expression
hint: for example  gradcli vjp "(x+1)**2" --x eye:5 --v ones
""",
        ),
        (
            ["vjp", "x", "--output", "answer.foo"],
            """\
error: the name answer.foo does not tell the format
hint: end it in .txt, .json, .tex, .md, .html, .npy, .npz, .csv, .tsv, or add  --format text
""",
        ),
        (
            ["batch", "--job", "3"],
            """\
error: gradcli batch has no option --job
  gradcli batch --job 3
                ^^^^^
hint: did you mean  --jobs ?
""",
        ),
    ],
)
def test_a_mistake_is_2_and_told_on_stderr(gradcli: Any, words: list[str], expected: str) -> None:
    assert gradcli(*words) == (2, "", expected)


def test_the_answer_so_far_stands_before_an_error_that_comes_late(gradcli: Any) -> None:
    status, out, err = gradcli("vjp", "late")
    assert (status, err) == (2, "error: too late\n")
    assert out.startswith("function")


def test_with_json_an_error_is_an_object_on_stdout(gradcli: Any) -> None:
    status, out, err = gradcli("vjp", "x", "--format", "json", "--precision", "99")
    assert (status, err) == (2, "")
    error = json.loads(out)["error"]
    assert error["exit_status"] == 2
    assert error["source"][slice(*error["span"])] == "--precision 99"


@pytest.mark.parametrize(
    "expression, status, told",
    [
        ("crash", 70, "gradcli has a defect: ZeroDivisionError: sample"),
        ("deep", 3, "error: the expression is nested too deeply"),
        ("memory", 3, "error: there is not enough memory for this question"),
        ("ctrl-c", 130, "gradcli: interrupted"),
    ],
)
def test_what_is_no_mistake_has_its_own_status(gradcli: Any, expression: str, status: int, told: str) -> None:
    found, _, err = gradcli("vjp", expression)
    assert found == status
    assert err.startswith(told) and err.count("\n") == 1


def test_quiet_is_the_gradient_alone(gradcli: Any) -> None:
    status, out, err = gradcli("vjp", "x", "--quiet")
    assert status == 0
    assert json.loads(out)[0] == [4.0, 2.0, 2.0, 2.0, 2.0]
    assert err == "note: v was left out.\n"


@pytest.mark.parametrize("suffix, beginning", [("json", "{"), ("tex", "% needs"), ("md", "# gradcli"), ("txt", "func")])
def test_an_output_file_is_written_by_its_suffix(gradcli: Any, tmp_path: Path, suffix: str, beginning: str) -> None:
    file = tmp_path / f"answer.{suffix}"
    assert gradcli("vjp", "x", "--output", str(file)) == (0, "", "")
    assert file.read_text(encoding="utf-8").startswith(beginning)


def test_an_explicit_format_wins_over_the_suffix(gradcli: Any, tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    gradcli("vjp", "x", "--output", str(file), "--format", "json")
    assert json.loads(file.read_text(encoding="utf-8"))["ok"]


def test_an_output_file_that_cannot_be_written_is_a_mistake(gradcli: Any, tmp_path: Path) -> None:
    status, _, err = gradcli("vjp", "x", "--output", str(tmp_path / "no" / "answer.json"))
    assert status == 2
    assert "cannot be written: No such file" in err


# --- Python -----------------------------------------------------------------------------------------------------------


def test_a_command_is_a_python_function(gradcli: Any) -> None:
    import gradcli as package
    from gradcli.report import Compared, Report

    report = package.vjp("(x+1)**2", {"x": [1, 2]}, v="ones", symbolic_only=False)
    assert isinstance(report, Report)
    assert report.of(Compared)[0].agrees
    assert package.vjp.__name__ == "vjp" and "the weighting vector v" in package.vjp.__doc__
    assert package.answer({"expr": "x", "inputs": {"x": 1}})["ok"]


def test_a_python_function_refuses_what_it_does_not_know(gradcli: Any) -> None:
    import gradcli as package

    with pytest.raises(GradcliError, match="vjp takes no option weights"):
        package.vjp("x", {"x": 1}, weights=1)
    with pytest.raises(GradcliError, match="--dtype is one of float64, float32"):
        package.vjp("x", {"x": 1}, dtype="half")
    with pytest.raises(AttributeError, match="gradcli has no function vpj"):
        package.vpj  # noqa: B018


# --- the process ------------------------------------------------------------------------------------------------------

_PROGRAM = "import sample_commands; sample_commands.install(); from gradcli.cli import main; main()"


def process(*words: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    paths = os.pathsep.join([str(HERE), str(HERE.parent)])
    environment = {**os.environ, "PYTHONPATH": paths, **options.pop("environment", {})}
    program = options.pop("program", _PROGRAM)
    return subprocess.run(
        [sys.executable, *([] if program is None else ["-c", program]), *words],
        env=environment,
        capture_output="stdout" not in options,
        timeout=60,
        check=False,
        **options,
    )


def test_a_pipe_gets_no_colour_codes() -> None:
    found = process("vjp", "x")
    assert found.returncode == 0
    assert b"\x1b" not in found.stdout


def test_a_reader_that_went_away_is_silent_and_0() -> None:
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    found = process("vjp", "x", stdout=writing_end, stderr=subprocess.PIPE)
    os.close(writing_end)
    assert (found.returncode, found.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("words", [("vjp", "x"), ("vjp", "x", "--format", "json"), ("--help",)])
def test_a_full_disk_is_one_clear_line(words: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        found = process(*words, stdout=full, stderr=subprocess.PIPE)
    assert found.returncode == 2
    assert found.stderr.decode() == "error: the answer could not be written: No space left on device\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_survives_any_encoding(encoding: str) -> None:
    found = process("vjp", "é→x", "--format", "json", environment={"PYTHONIOENCODING": encoding})
    assert json.loads(found.stdout.decode(encoding))["expression"] == "é→x"


def test_bytes_that_are_no_text_are_no_crash() -> None:
    found = process(b"vjp", b"\xff", b"--format", b"json")  # type: ignore[arg-type]
    assert found.returncode == 0
    json.loads(found.stdout)


_LOADED = """
import sys, sample_commands; sample_commands.install()
from gradcli.cli.entry import run
run(sys.argv[1:])
print("\\n".join(sys.modules), file=sys.stderr)
"""
_HEAVY = {"torch", "sympy", "scipy", "matplotlib", "rich", "numpy", "pydantic"}


@pytest.mark.parametrize("words", [(), ("--help",), ("vjp", "--help"), ("vjp", "x", "--formt"), ("vpj",)])
def test_help_and_a_typing_error_load_nothing_heavy(words: tuple[str, ...]) -> None:
    loaded = process(*words, program=_LOADED).stderr.decode().split()
    assert "gradcli.cli.entry" in loaded
    assert not _HEAVY & set(loaded)


def test_the_guard_above_can_fail() -> None:
    assert "numpy" in process("vjp", "x", program=_LOADED).stderr.decode().split()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "environment, words, coloured",
    [({}, (), True), ({"NO_COLOR": "1"}, (), False), ({}, ("--no-color",), False), ({"TERM": "dumb"}, (), False)],
)
def test_a_terminal_gets_colour_unless_it_is_refused(
    gradcli: Any, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: tuple[str, ...], coloured: bool
) -> None:
    for name, value in {"TERM": "xterm-256color", "NO_COLOR": "", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    gradcli("vjp", "x", *words)
    assert ("\x1b[" in terminal.getvalue()) is coloured


def test_a_tangent_is_given_once_for_each_variable() -> None:
    for words, word in (
        (["x*y", "--x", "1", "--y", "2", "--t", "x=1", "--t", "x=2"], "--t x"),
        (["x", "--x", "1", "--t", "1", "--t", "2"], "--t"),
    ):
        with redirect_stderr(io.StringIO()) as err:
            assert run(["jvp", *words]) == 2
        assert f"error: {word} is given twice" in err.getvalue()
    with redirect_stdout(io.StringIO()) as out:
        assert (
            run(["jvp", "x*y", "--x", "1", "--y", "2", "--t", "x=1", "--t", "y=2", "--quiet", "--symbolic-only"]) == 0
        )
    assert out.getvalue() == "4.0\n"
