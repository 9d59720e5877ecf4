"""Whole answers to random records, right and hostile ones, on demand:

    python -m tests.fuzzing.answers --records 20000

Each goes through `gradcli.answer`. A failure is an exception, an error of the kind "defect", an answer that is no JSON,
more than `--slow` seconds of the processor's time (records ask for two seconds of symbolic work at most),
more memory than
`--memory`, anything run or written. Prints the counts and every kind of failure; ends with status 1 if there was one.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from gradcli import answer
from gradcli.commands import COMMANDS
from gradcli.message import GradcliError, message
from gradcli.render.json_text import one_line
from tests import programs
from tests.fuzzing import targets
from tests.fuzzing.guard import Tally, bound_memory
from tests.fuzzing.mutants import mutants

Record = dict[str, Any]

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 3, 1e308, -1e-320, math.nan, math.inf, 10**400, "", "x", "NaN", "Infinity", "nan",
        "eye:3",
    "eye:100000", "ones:0x3", "zeros:2x3", "randn:3", "1,2,3", "1,2:3,4", "[[1,2],[3]]", "-", "@nothing.npy", "@/",
    "@/dev/zero",
    "ones", "onehot:0", "onehot:9", "__import__('os')", "9**9**9", "(" * 200, [], [[]], [1, 2, 3], [[1, 2], [3, 4]],
    [1, [2]],
    ["a"], [None], [math.nan, 1], [[[[[[1]]]]]], {}, {"x": 1}, {"x": [1, 2]}, "x=1", b"1", 1j, {1, 2}, object, "\x00",
    "\ud800",
    "arange(6).reshape(2,3)", "linspace:-1:1:5", "1e400", "full:2:nan", [1] * 1000, "x,y", ["x"], "denominator",
    "vjp", "torch",
)  # fmt: skip
"""What may be given for anything."""
SIZES = (
    "1",
    "2,3",
    "1,2:3,4",
    "0,0",
    "eye:3",
    "randn:2x3",
    "randn:3x3",
    "0.5",
    "-1,0,2",
    "ones:1x3",
    "nan,1",
    "1e200,1",
    "zeros:0",
)


def deep(levels: int) -> Any:
    """A list in a list in a list."""
    value: Any = 1.0
    for _ in range(levels):
        value = [value]
    return value


def records(seed: int, count: int) -> Iterator[Record]:
    """So many records, always the same ones for a seed."""
    random = Random(seed)
    seeds = targets.seeds("expression")
    texts = mutants(seeds, targets.words(), seed, sys.maxsize)
    makers: tuple[Callable[[], Record], ...] = (
        lambda: _drawn(random),
        lambda: _drawn(random),
        lambda: _asked(random, random.choice(seeds)),
        lambda: _asked(random, random.choice(seeds)),
        lambda: _asked(random, next(texts)),
    )
    for _ in range(count):
        record = random.choice(makers)()
        record |= {"time_limit": 2} if "time_limit" in _options(record) else {}
        for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
            spoil(random, record)
        yield record


def _options(record: Record) -> tuple[str, ...]:
    return COMMANDS[record["command"]].options


def _drawn(random: Random) -> Record:
    """A program that is right, at a point where it is smooth."""
    drawn = programs.program(random.randrange(2**32), longest=random.choice((1, 2, 3, 6)))
    inputs = {name: value.tolist() for name, value in drawn.point.items()}
    command = random.choice(
        ("vjp", "vjp", "jacobian", "jvp", "backward", "steps", "code", "graph", "grad", "hessian", "check")
    )
    record: Record = {"command": command, "expr": drawn.text, "inputs": inputs}
    if "v" in COMMANDS[command].options and random.random() < 0.7:
        record["v"] = drawn.v.tolist()
    if command == "check":
        record["answer"] = random.choice(["v", "x", "2*x*v", "1", drawn.text])
    return record


def _asked(random: Random, content: bytes) -> Record:
    text = content[1:].decode("utf-8", "surrogateescape")
    names = [name for name in dict.fromkeys(targets.NAMES.findall(text)) if name in targets.INPUTS]
    inputs = {name: random.choice(SIZES) for name in names}
    return {"command": random.choice(list(COMMANDS)), "expr": text, "inputs": inputs}


def spoil(random: Random, record: Record) -> None:
    """One thing in it is replaced by something odd."""
    value = random.choice((*ODD, deep(40), deep(2000)))
    where = random.choice(("input", "input", "option", "option", "option", "expr", "command", "inputs", "key", "id"))
    if where == "input" and isinstance(record.get("inputs"), dict):
        record["inputs"][random.choice([*record["inputs"], "x", "", 1])] = value
    elif where == "option" and isinstance(record["command"], str) and record["command"] in COMMANDS:
        record[random.choice([*_options(record), "lang"])] = value
    elif where == "key":
        record[random.choice(["lang", "format", "output", "", 3, "__class__"])] = value
    else:
        record[where] = value


def judged(record: Record) -> dict[str, Any]:
    """The answer to the record.

    Raises GradcliError where the answer is an error, AssertionError where it is a defect.
    """
    told = answer(record)
    if "id" not in record:
        json.loads(one_line(told))
    if not told["ok"]:
        error = told["error"]
        assert error["kind"] != "defect", error["message"]
        raise GradcliError(error["kind"], message("{text}", text=error["message"]))
    return told


def shown(record: Record) -> bytes:
    """The record as it is named in a report."""
    try:
        return repr(record)[:3000].encode("utf-8", "replace")
    except RecursionError:
        return f"a record too deep to be shown: {sorted(map(str, record))}".encode()


def warm() -> None:
    """What is imported late is imported now: an import may write and run."""
    late = {"command": "hessian", "expr": "softsign(x)", "inputs": {"x": 0.5}}  # PyTorch loads its compiler for it
    for record in (late, *records(1, 30)):
        Tally().execute(lambda _, record=record: judged(record), b"", watching=False)  # type: ignore[misc]


def argument_parser(name: str, records: int, memory: int) -> argparse.ArgumentParser:
    """The options of a run, with how many records and megabytes it takes where nothing is said."""
    parser = argparse.ArgumentParser(prog=f"tests.fuzzing.{name}")
    parser.add_argument("--records", type=int, default=records)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--slow", type=float, default=10.0)
    parser.add_argument(
        "--memory", type=int, default=memory, help="megabytes that the process may take beyond its start"
    )
    return parser


def prepare(megabytes: int) -> None:
    """What a run does first: no warning may reach a person, and no answer may take more memory than this."""
    sys.dont_write_bytecode = True
    warnings.simplefilter("error")
    os.environ["OMP_NUM_THREADS"] = "1"
    tempfile.gettempdir()  # which tries to write, the first time that PyTorch asks
    warm()
    bound_memory(megabytes * 2**20)


def main() -> int:
    """The run; returns the exit status."""
    options = argument_parser("answers", records=1000, memory=2048).parse_args()
    prepare(options.memory)
    tally, commands = Tally(slow=options.slow, alarm=3 * options.slow), Counter[str]()
    for record in records(options.seed, options.records):
        commands[record["command"] if isinstance(record["command"], str) else "odd"] += 1
        before = len(tally.found)
        tally.execute(lambda _, record=record: judged(record), shown(record))  # type: ignore[misc]
        if tally.executions % 500 == 0 or len(tally.found) > before:
            found = ", ".join(tally.found) or "nothing found"
            sys.stderr.write(f"{tally.executions}: {tally.refused} refused; {found}\n")
    sys.stdout.write(f"whole answers (seed {options.seed}): {tally.report()}{dict(commands.most_common(12))}\n")
    return int(bool(tally.found))


if __name__ == "__main__":
    sys.exit(main())
