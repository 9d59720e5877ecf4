"""Records -> answers: one object a line, in order, whatever a line holds."""

from __future__ import annotations

import gc
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
import sample_commands
from jsonschema import Draft202012Validator
from test_cli import HERE, process

from gradcli.cli import batch, pool, records
from gradcli.program import Program, memoize, trace
from gradcli.schema import report_schema
from gradcli.symbolic import derived, memory
from gradcli.symbolic.memory import forget
from gradcli.syntax import parse

_VALID = Draft202012Validator(report_schema())


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}"}


@pytest.fixture
def answer() -> Iterator[Callable[[Any], Mapping[str, Any]]]:
    def checked(record: Any) -> Mapping[str, Any]:
        told = records.answer(record)
        _VALID.validate(json.loads(json.dumps(told)))
        return told

    with sample_commands.standing_in():
        yield checked


def test_a_record_is_answered_with_its_id(answer: Any) -> None:
    told = answer({"id": [1, "a"], "expr": "x**2", "inputs": {"x": [1, 2]}})
    assert (told["id"], told["ok"], told["command"]) == ([1, "a"], True, "vjp")


def test_inputs_may_be_arrays_and_options_may_be_null(answer: Any) -> None:
    assert answer({"expr": "x", "inputs": {"x": np.ones(3)}, "v": None, "wrt": ["x"], "symbolic_only": True})["ok"]


@pytest.mark.parametrize(
    "record, sentence, hint",
    [
        ([1], "a record is an object with the key expr, not [1]", None),
        ({}, "the record has no expr", 'write  "expr": "x**2"'),
        ({"expr": 3}, "expr is a text, not 3", 'write  "expr": "x**2"'),
        ({"expr": "x", "input": {}}, "vjp takes no key 'input'", "did you mean  inputs ?"),
        (
            {"expr": "x", "inputs": [1]},
            "inputs is an object of tensors by name, not [1]",
            'write  "inputs": {"x": [1, 2]}',
        ),
        ({"expr": "x", "command": "vpj"}, "there is no command 'vpj'", "did you mean  vjp ?"),
        ({"expr": "x", "command": ["vjp"]}, "there is no command ['vjp']", "the commands are vjp, jvp"),
        (
            {"expr": "x", "dtype": "float16"},
            '--dtype is one of float64, float32, not "float16"',
            "did you mean  --dtype float64 ?",
        ),
        ({"expr": "x", "strict": "yes"}, "strict is on or off (true or false), not yes", None),
        ({"expr": "x", "seed": True}, "--seed takes a whole number, not True", None),
        ({"expr": "x", "wrt": []}, "--wrt takes names separated by commas, not []", "write  --wrt x,w"),
    ],
)
def test_a_wrong_record_is_told(answer: Any, record: Any, sentence: str, hint: str | None) -> None:
    told = answer(record)
    assert (told["ok"], told["error"]["message"], told["error"]["hint"]) == (False, sentence, hint)


@pytest.mark.parametrize(
    "expression, kind, status", [("crash", "defect", 70), ("deep", "limit", 3), ("late", "shape", 2)]
)
def test_nothing_that_happens_inside_is_raised(answer: Any, expression: str, kind: str, status: int) -> None:
    error = answer({"id": 7, "expr": expression})["error"]
    assert (error["kind"], error["exit_status"]) == (kind, status)


def test_the_function_can_be_sent_to_a_process() -> None:
    pytest.importorskip("gradcli.commands").__dict__.get("COMMANDS") or pytest.skip("no commands yet")
    from gradcli.cli.records import answer

    assert pickle.loads(pickle.dumps(answer)) is answer  # noqa: S301


def lines(found: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found.stdout.splitlines()]


RECORDS = b"""\
{"id": 1, "expr": "x", "inputs": {"x": 3}}
not json

{"id": 2, "expr": "disagree"}
\xff\xfe
{"id": 3, "expr": "x"}
"""


@pytest.mark.parametrize("options", [(), ("--jobs", "2"), ("--timeout", "30")])
def test_a_bad_line_does_not_end_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    found = process(*program(tmp_path), *options, input=RECORDS, program=None)
    answers = lines(found)
    assert [told.get("id") for told in answers] == [1, None, 2, None, 3]
    assert [told["ok"] for told in answers] == [True, False, True, False, True]
    assert found.returncode == 1
    assert found.stderr == b""
    for told in answers:
        _VALID.validate(told)


def program(folder: Path) -> list[str]:
    """The command line whose commands are samples, as a file: processes begin by reading it."""
    file = folder / "program.py"
    file.write_text(_PROGRAM)
    return [str(file), "batch"]


_PROGRAM = """
import sample_commands; sample_commands.install()
from gradcli.cli import main
if __name__ == "__main__":
    main()
"""


def test_a_run_without_failures_is_0() -> None:
    assert process("batch", input=b'{"expr": "x"}\n').returncode == 0


def test_a_file_that_is_not_there_is_a_mistake() -> None:
    found = process("batch", "nowhere.jsonl")
    assert (found.returncode, found.stdout) == (2, b"")
    assert found.stderr.startswith(b"error: nowhere.jsonl cannot be read: No such file")


# --- lines that are no records ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, sentence",
    [
        (b"not json", "the line is not JSON: Expecting value"),
        (b'{"expr": "x", "inputs": {"x": 1, "x": 2}}', "the record has x twice"),
        (b"\xff\xfe\n", "the line is not UTF-8"),
        (b"[" * 100_000, "the line is nested too deeply"),
        (b'{"expr": "x", "inputs": {"x": NaN}}', "JSON has no number NaN"),
        (b'{"expr": "x", "inputs": {"x": [-Infinity]}}', "JSON has no number -Infinity"),
        (
            b'{"id": 1e999, "expr": "x", "inputs": {"x": 1}}',
            "the id is nested too deeply, or holds a number that JSON lacks",
        ),
        (b'{"expr": ' + b"9" * 5000 + b"}", "the line holds a whole number of too many digits"),
        (b"null", "a record is an object with the key expr, not None"),
        (b"", f"the line is longer than {batch.LONGEST_LINE} bytes"),
    ],
)
def test_a_hostile_line_has_its_error(line: bytes, sentence: str) -> None:
    text, good = batch.answer_line(line)
    told = json.loads(text)
    _VALID.validate(told)
    assert (told["ok"], told["error"]["message"], good) == (False, sentence, False)


def test_an_id_may_be_nested() -> None:
    nested = b"[" * 500 + b"]" * 500
    text, _ = batch.answer_line(b'{"id": ' + nested + b', "expr": "x", "inputs": {"x": 1}}')
    assert text.startswith('{"id": ' + nested.decode())


def test_a_line_that_is_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(batch, "LONGEST_LINE", 8)
    file = tmp_path / "lines"
    file.write_bytes(b"1234567\n" + b"x" * 30 + b"\n\n12345678\nlast")
    assert list(batch.lines_of(str(file))) == [b"1234567\n", b"", b"", b"last"]


# --- formulas that are kept -------------------------------------------------------------------------------------------

QUESTIONS = [
    {"expr": "(x+1)**2", "inputs": {"x": [[1, 2], [3, 4]]}, "v": "ones"},
    {"expr": "y = x\nwhile y.norm() < 100: y = y*2\ny", "inputs": {"x": [3.0, 4.0]}},
    {"expr": "x[t]*2.5", "inputs": {"x": [1.5, 2.5, 3.5], "t": [2, 0]}, "v": [1, -1]},
    {"expr": "relu(x) + abs(x)", "inputs": {"x": [0.0, 1.0, -1.0]}, "v": "onehot:0"},
    {"expr": "cross_entropy(z, t)", "inputs": {"z": [[0.1, 0.2, 0.7], [1, 2, 3]], "t": [2, 0]}},
    {"expr": "x*randn(2)", "inputs": {"x": [1.0, 2.0]}, "seed": 3},
    {"expr": "a = x.T; a @ x", "inputs": {"x": [[1.0, 2.0], [3.0, 5.0]]}, "wrt": "a", "v": "x"},
    {"expr": "x/norm(x)", "inputs": {"x": [0.0, 0.0]}, "entries": True},
    {"command": "hessian", "expr": "sum(x**3)", "inputs": {"x": [1.0, 2.0]}},
    {"command": "jacobian", "expr": "softmax(x, dim=0)", "inputs": {"x": [1.0, 2.0, 3.0]}},
    {"command": "jvp", "expr": "x*y", "inputs": {"x": [1.0, 2.0], "y": [3.0, 4.0]}, "t": {"x": [1.0, 0.0]}},
    {"command": "hvp", "expr": "sum(x**2*y)", "inputs": {"x": [1.0, 2.0], "y": [3.0, 4.0]}, "t": {"x": [1.0, 0.0]}},
    {"command": "grad", "expr": "x**2*y", "inputs": {"x": 2.0, "y": 3.0}, "wrt": "x,x,y"},
    {"command": "backward", "expr": "x**2", "inputs": {"x": [1.0, 2.0]}, "v": "ones", "calls": 2},
    {"command": "check", "expr": "sum(x**2)", "inputs": {"x": [1.0, 2.0]}, "answer": "2*x"},
]


def _other(value: Any) -> Any:
    """The inputs with other numbers; whole ones stay what they are, for they may be places."""
    if isinstance(value, list):
        return [_other(item) for item in value]
    return value * 1.25 + 0.5 if isinstance(value, float) else value


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["expr"])
def test_an_answer_is_the_same_whatever_was_asked_before(question: dict[str, Any]) -> None:
    forget()
    cold = json.dumps(records.answer(question))
    assert json.loads(cold)["ok"], cold
    assert json.dumps(records.answer(question)) == cold
    forget()
    other = {name: _other(value) for name, value in question["inputs"].items()}
    assert records.answer({**question, "inputs": other})["ok"]
    assert json.dumps(records.answer(question)) == cold


def test_an_expression_that_was_asked_before_is_not_derived_again(monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    asked = {"expr": "x*sin(x) + 1", "inputs": {"x": [1.0, 2.0]}}
    assert records.answer(asked)["ok"]
    with monkeypatch.context() as patch:
        patch.setattr(memory, "Calculus", None)
        assert records.answer({**asked, "inputs": {"x": [3.0, 4.0]}})["ok"]
        assert records.answer({**asked, "inputs": {"x": [3.0, 4.0, 5.0]}})["error"]["kind"] == "defect"


def test_no_more_is_kept_than_there_is_room_for() -> None:
    room = 1_024
    assert memory._forms.cache_parameters()["maxsize"] == room
    long = "x" + " + sin(x)" * memory.MOST_STEPS
    before = memory._forms.cache_info().currsize
    derived(trace(parse(long), {"x": (2,)}), ["x"])
    derived(trace(parse(f"x*randn({memory.MOST_NUMBERS + 1})"), {"x": ()}), ["x"])
    assert memory._forms.cache_info().currsize == before


def test_what_a_program_says_is_worked_out_once_and_goes_with_it() -> None:
    told: list[tuple[str, ...]] = []

    @memoize
    def asked(program: Program, *names: str) -> int:
        told.append(names)
        return len(program.steps)

    program = trace(parse("x + 1"), {"x": (2,)})
    assert asked(program) == asked(program) == asked(program, "x")
    assert told == [(), ("x",)]
    gone = weakref.ref(program)
    del program
    gc.collect()
    assert gone() is None


# --- processes --------------------------------------------------------------------------------------------------------


def double(line: bytes) -> tuple[str, bool]:
    word, _, place = line.decode().partition(" ")
    if word == "sleep":
        time.sleep(60)
    if word == "exit":
        os._exit(9)
    if word == "die" or (word == "once" and not Path(place).exists()):
        Path(place).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "pid":
        return str(os.getpid()), True
    return word * 2, True


def too_late(line: bytes, seconds: float) -> tuple[str, bool]:
    return f"{line.decode()}: longer than {seconds:g}", False


def dead(line: bytes, status: int | None) -> tuple[str, bool]:
    return f"{line.decode()}: ended with {status}", False


def map_in_processes(lines: Iterable[bytes], jobs: int, timeout: float | None = None) -> Iterator[tuple[str, bool]]:
    return pool.map_in_processes(double, lines, jobs, timeout, too_late, dead, b"warm")


@pytest.mark.parametrize("jobs", [1, 3])
def test_answers_come_in_order_and_a_late_or_deadly_line_costs_itself(jobs: int, tmp_path: Path) -> None:
    die, once = f"die {tmp_path}/a", f"once {tmp_path}/b"
    asked = ["a", "sleep", "b", die, "exit", once, *map(str, range(20))]
    found = list(map_in_processes((word.encode() for word in asked), jobs, 1.0))
    assert [text for text, _ in found] == [
        "aa",
        "sleep: longer than 1",
        "bb",
        f"{die}: ended with -9",
        "exit: ended with 9",
        "onceonce",
        *(str(n) * 2 for n in range(20)),
    ]
    assert [good for _, good in found] == [True, False, True, False, False, *[True] * 21]


def test_a_process_that_is_killed_between_two_lines_takes_none_with_it() -> None:
    asked: SimpleQueue[bytes | None] = SimpleQueue()
    found = map_in_processes(iter(asked.get, None), 1)
    for word in (b"pid", b"again"):
        asked.put(word)
    os.kill(int(next(found)[0]), signal.SIGKILL)
    for word in (b"later", None):
        asked.put(word)
    assert [text for text, _ in found] == ["againagain", "laterlater"]


def test_a_slow_line_stops_the_reading() -> None:
    """Memory stays bounded: so many lines are read while the first is answered, and no more."""
    read = 0

    def lines() -> Iterator[bytes]:
        nonlocal read
        for read in range(1, 10_001):
            yield b"sleep" if read == 1 else b"x"

    found = map_in_processes(lines(), 2, 2.0)
    assert next(found) == ("sleep: longer than 2", False)
    assert read <= 2 * (pool._AHEAD + 1)
    found.close()


# --- progress ---------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stderr, stdout, wanted", [(1, 0, True), (1, 1, False), (0, 0, False)])
def test_a_long_batch_shows_how_far_it_is_on_a_terminal_only(
    stderr: int, stdout: int, wanted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = io.StringIO, Terminal
    monkeypatch.setattr(sys, "stderr", streams[stderr]())
    monkeypatch.setattr(sys, "stdout", streams[stdout]())
    (tmp_path / "class.jsonl").write_text("not json\n" * 40)
    assert batch.run(str(tmp_path / "class.jsonl")) == 1
    assert sys.stdout.getvalue().count("\n") == 40  # type: ignore[attr-defined]
    assert ("40 answered, 40 failed" in sys.stderr.getvalue()) == wanted  # type: ignore[attr-defined]
    assert bool(sys.stderr.getvalue()) == wanted  # type: ignore[attr-defined]


# --- a stream ---------------------------------------------------------------------------------------------------------


def test_a_line_is_answered_before_the_next_is_written() -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=HERE,
        env=environment(),
    )
    assert program.stdin is not None and program.stdout is not None
    with program:
        for n in range(3):
            program.stdin.write(json.dumps({"id": n, "expr": "x"}).encode() + b"\n")
            program.stdin.flush()
            assert json.loads(program.stdout.readline())["id"] == n
        program.stdin.close()
    assert program.returncode == 0


def test_reading_is_one_line_at_a_time(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b'{"expr": "x"}\n' * 3))
    monkeypatch.setattr(sys, "stdin", stream)
    taken = batch.lines_of(None)
    next(taken)
    assert stream.buffer.tell() < 3 * 14


def test_a_record_cannot_raise_the_limits_of_the_machine_that_answers_it(answer: Any) -> None:
    told = answer({"expr": "x", "inputs": {"x": "zeros:10"}, "max_elements": 10**12})
    assert told["ok"] is False and "max_elements" in told["error"]["message"]
