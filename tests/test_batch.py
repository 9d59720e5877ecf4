"""Records -> answers: one object a line, in order, whatever a line holds."""

from __future__ import annotations

import io
import json
import pickle
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sample_commands
from jsonschema import Draft202012Validator
from test_cli import process

from gradcli.schema import report_schema

_VALID = Draft202012Validator(report_schema())


@pytest.fixture
def answer() -> Iterator[Callable[[Any], Mapping[str, Any]]]:
    from gradcli.cli import records

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


@pytest.mark.parametrize("record, sentence, hint", [
    ([1], "a record is an object with the key expr, not [1]", None),
    ({}, "the record has no expr", 'write  "expr": "x**2"'),
    ({"expr": 3}, "expr is a text, not 3", 'write  "expr": "x**2"'),
    ({"expr": "x", "input": {}}, "vjp takes no key 'input'", "did you mean  inputs ?"),
    ({"expr": "x", "inputs": [1]}, "inputs is an object of tensors by name, not [1]",
     'write  "inputs": {"x": [1, 2]}'),
    ({"expr": "x", "command": "vpj"}, "there is no command 'vpj'", "did you mean  vjp ?"),
    ({"expr": "x", "command": ["vjp"]}, "there is no command ['vjp']", "the commands are vjp, jvp"),
    ({"expr": "x", "dtype": "float16"}, '--dtype is one of float64, float32, not "float16"',
     "did you mean  --dtype float64 ?"),
    ({"expr": "x", "strict": "yes"}, "strict is on or off (true or false), not yes", None),
    ({"expr": "x", "seed": True}, "--seed takes a whole number, not True", None),
    ({"expr": "x", "wrt": []}, "--wrt takes names separated by commas, not []", "write  --wrt x,w"),
    ({"expr": "-"}, "expr asks for standard input, which a record cannot read", None),
    ({"expr": "x", "inputs": {"x": "@-"}}, "x asks for standard input, which a record cannot read", None),
])
def test_a_wrong_record_is_told(answer: Any, record: Any, sentence: str, hint: str | None) -> None:
    told = answer(record)
    assert (told["ok"], told["error"]["message"], told["error"]["hint"]) == (False, sentence, hint)


@pytest.mark.parametrize("expression, kind, status", [
    ("crash", "defect", 70), ("deep", "limit", 3), ("late", "shape", 2),
])
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
    program = tmp_path / "program.py"  # a file, for processes begin by reading it
    program.write_text(_PROGRAM)
    found = process(str(program), "batch", *options, input=RECORDS, program=None)
    answers = lines(found)
    assert [told.get("id") for told in answers] == [1, None, 2, None, 3]
    assert [told["ok"] for told in answers] == [True, False, True, False, True]
    assert found.returncode == 1
    assert found.stderr == b""
    for told in answers:
        _VALID.validate(told)


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


# --- processes --------------------------------------------------------------------------------------------------------


def double(line: bytes) -> tuple[str, bool]:
    if line == b"sleep":
        time.sleep(60)
    if line == b"die":
        import os

        os._exit(9)
    return (line * 2).decode(), True


def give_up(line: bytes, reason: str) -> tuple[str, bool]:
    return f"{line.decode()}: {reason}", False


@pytest.mark.parametrize("jobs", [1, 3])
def test_answers_come_in_order_and_a_late_or_dead_process_costs_one_line(jobs: int) -> None:
    from gradcli.cli.pool import in_processes

    asked = [b"a", b"sleep", b"b", b"die", *(str(n).encode() for n in range(20))]
    found = list(in_processes(double, iter(asked), jobs, 1.0, give_up, b"warm"))
    assert [text for text, _ in found[:4]] == [
        "aa", "sleep: it took longer than 1 seconds", "bb", "die: its process ended with status 9",
    ]
    assert [text for text, _ in found[4:]] == [str(n) * 2 for n in range(20)]


def test_a_line_is_answered_before_the_next_is_written() -> None:
    import subprocess

    from test_cli import HERE

    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=HERE, env={**__import__("os").environ, "PYTHONPATH": f"{HERE}:{HERE.parent}"},
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
    from gradcli.cli import batch

    stream = io.TextIOWrapper(io.BytesIO(b'{"expr": "x"}\n' * 3))
    monkeypatch.setattr(sys, "stdin", stream)
    taken = batch._lines(None)
    next(taken)
    assert stream.buffer.tell() < 3 * 14
