"""Odd arguments: every function of the table, every option of every command, with values that nobody means.

    python -m tests.fuzzing.odd --records 20000 --lines 300

A record is a call of a row (or an operator, an index, a question about a shape) whose parameters hold None, texts,
huge numbers, tuples in tuples, dims out of range, tensors without entries, ...; some are asked with odd options, too.
Each is answered or refused in a sentence, and what `code` writes is run. `--lines`: so many go through the command
line; `--sweep`: every command about tensors of few entries.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, product
from random import Random
from typing import Any
from unittest import mock

import numpy as np

from gradcli.cli import entry
from gradcli.commands import COMMANDS
from gradcli.message import Exit, GradcliError, message
from gradcli.ops import TABLE
from gradcli.ops.row import REQUIRED, Param, Row
from gradcli.program import trace
from gradcli.render import error
from gradcli.syntax import parse
from tests.fuzzing import answers
from tests.fuzzing.guard import Tally

Record = dict[str, Any]

NUMBERS = (
    "0", "1", "-1", "2", "3", "-3", "7", "0.3", "-0.5", "1/3", "exp(2)", "asinh(-3)", "logit(0.3)", "log(-1)",
    "sqrt(2)", "1e308", "-1e308", "5e-324", "inf", "-inf", "nan", "pi", "10**10", "-10**10", "10**20", "-10**20",
    "10**400", "-10**400", "10**-400", "2**31", "2**63", "2**63-1", "-2**63", "100000", "1e999", "1/0", "0**-1",
    "0/0", "(-3)**0.5", "-0.0",
)  # fmt: skip
TEXTS = ("'mean'", "'sum'", "'none'", "'batchmean'", "'tanh'", "''", "'é'", "'ij->i'", "'i,i'", "'...'", "'->'", "'0'")
LISTS = (
    "()", "[]", "(0,)", "(1,)", "(-1,)", "(0,0)", "(0,1)", "(1,2)", "(0,-1)", "(-1,-1)", "(2,3)", "(3,2,1)", "(0,3)",
    "(10**20,)", "(10**10,10**10)", "(-10**20,1)", "(1,None)", "('a',1)", "(0.5,1)", "(True,1)", "((1,2),(3,))",
    "((),)", "([],)", "(nan,)", "(inf,1)", "[1,2]", "[0,-1]", "[[1,2],[3,4]]", "[True]", "[None]", "[1e30]", "[0.5]",
    "(1,)*3",
)  # fmt: skip
TENSORS = (
    "x", "y", "x > 0", "[x,x]", "(x,)", "(x,y)", "[x,[x,x]]", "x.shape", "x.shape[0]", "x.ndim", "x.numel()",
    "x.size()", "x.sum()", "zeros(0)", "ones(3,0)", "ones(0,3)", "sum(zeros(0))", "x.T", "x[None]", "x[0]", "-x",
    "eye(2)", "len(x)", "float(x)", "ones(2,3)[1]", "arange(3)", "x*0",
)  # fmt: skip
OTHERS = ("None", "True", "False", "...", "lambda: 1", "q")
SIZES = ("", "1", "2", "3", "2x2", "2x3", "3x2", "3x3", "1x1", "2x3x4", "0", "3x0", "0x3", "0x0", "1x0x2", "2x1", "1x3")
"""Shapes of inputs; the first is a number."""
ITEMS = (
    "0", "-1", "5", ":", "1:", "2:1", "::2", "::0", "::-1", "None", "...", "[0]", "[0,-1]", "[]", "[7]", "y", "x",
    "10**20", "10**20:", ":-10**20", "::10**30", "0.5", "'a'", "True", "x > 0", "(0,1)", "()", "inf", "nan:", "1e3",
)  # fmt: skip
INPUTS = (
    "zeros:10**20", "zeros:99999999999999999999", "eye:-1", "eye:2x", "linspace:0:1:-3", "linspace:0:inf:3",
    "linspace:1", "arange:1e30", "arange:0:10:0", "arange:nan", "full:2:x", "full:2:10**400", "randn:2x-3", "randn:",
    "rand:0.5", "[[]]", "[[],[]]", "ones:0x0x0", "onehot:3", "1,2:3", ",", ":", "1,,2", "x", "@", "@x.npy",
    "ones:2,3", "eye:1e2", "ones(2)*nan", "where(logit(0.3) > 0, 1, 2)", "sum(zeros(0))", "mean(zeros(0))",
    [[10**400]], [10**30], [True, False], [[1], []], {}, -0.0, 10**400, np.ones((0, 2)), np.array([1j]),
    np.array(["a"]), np.array(None), np.ones(2, dtype=bool), "1" * 400,
)  # fmt: skip
"""Inputs that are odd, not of an odd shape."""
OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "@", "<", ">=", "==", "!=", "&", "|")
QUESTIONS = (
    "x.size({})", "len({})", "float({})", "{}.item()", "{}.numel()", "{}.shape[{}]", "{}.dim()", "{}.T", "{}.mT",
    "{}.ndim", "size({}, {})", "-{}", "~{}", "[{}, {}]", "[[{}], [{}]]",
)  # fmt: skip
FRAMES = (
    "x**({})", "({})**x", "where(2 >= {}, x, 0)", "where({} > x, {}, x)", "[{}, 1]*x.sum()", "x/({})", "{}", "{}",
    "{}*x", "sum({})", "x*0 + {}", "y = {}; y*x", "where({} > 0, x, 0)", "u = {}; x", "exp({})", "x.reshape({})",
    "({}).flatten()", "[{}, x]", "max({})", "x[{}]", "softmax({}, -1)", "({}) @ y", "norm({})", "mean({})",
    "({}).prod()", "var({})", "cumsum({}, 0)", "amax({}, 0)", "sum({})", "cat([{}, x])", "std({}, 0)*x",
    "logsumexp({}, 0)", "u = {}; u*u", "u = {}; sum(u*x)", "u = {}; u**3", "({})*x", "({})[0]", "layer_norm({})",
    "({}).T @ x", "outer({}, x)", "det({})", "({}).reshape(-1)", "({}).sum(0)", "max({}, 0)", "{} @ {}",
)  # fmt: skip
ANY = (*NUMBERS, *TEXTS, *LISTS, *TENSORS, *OTHERS)

OPTIONS: dict[str, Sequence[Any]] = {
    "v": (
        "ones",
        "onehot:0",
        "onehot:",
        "onehot:-1",
        "1",
        "x",
        "zeros:0",
        "v",
        "nan",
        "[]",
        "sum(x)",
        "x*y",
        "10**400",
        "randn:2x3",
        "logit(0.3)*x",
        "eye:0",
        "(1,2)",
        "None",
        "x=1",
        np.ones(2),
        np.ones((2, 3)),
        np.array(["a"]),
        np.zeros(0),
    ),
    "wrt": ("x", "y", "x,x", "x,y", "u", "q", "", "x,", "x x", "pi", ["x"], ["x", "x", "x"], [], [1], {"x": 1}),
    "t": (
        {},
        "1",
        "ones",
        {"x": "randn:3"},
        {"x": "x"},
        {"x": "ones", "y": "ones"},
        {"": 1},
        {"x": None},
        {"x": {}},
        [],
        {"q": 1},
        "onehot:0",
        {"x": "onehot:0"},
        {"x": [[]]},
        ["x=1"],
        ["x=1", "1"],
        np.ones(2),
        np.zeros((3, 0)),
        {"x": np.ones((2, 2))},
    ),
    "order": (1, 2, 3, 1, 2, 0, -1, 13, 10**20, 0.5, True, "2"),
    "calls": (1, 2, 3, 0, 1000, 1001, "x", 10**400),
    "rtol": (0, 1e-9, "inf", "nan", -1, math.inf, 10**400),
    "atol": (0, 1, "inf", "nan", -1, math.nan),
    "seed": (0, 1, 2**31, 2**63, 10**20, -1, 0.5, "x", 10**400, "1e3", True),
    "time_limit": (0, 0.1, "nan", -1, 1e-9, math.nan, -math.inf, 10**400, "x", 2),
    "to": ("torch", "jax", "numpy", "dot", "mermaid", "svg", "", "Torch", "é"),
    "dtype": ("float32", "float64", "float16"),
    "device": ("cpu", "cpu", "cuda", "gpu"),
    "layout": ("numerator", "denominator", "x"),
    "of": ("vjp", "grad", "jacobian", "hessian", "jvp", "hvp"),
    "answer": (
        "v",
        "x",
        "2*x*v",
        "1",
        "[]",
        "0",
        "zeros:0",
        "inf",
        "y",
        "t*x",
        "delta(i,j)",
        "None",
        "10**400",
        "x.T",
        "(1,2)",
        "where(logit(0.3) > 0, v, 0)",
        [],
        [[1, 2], [3, 4]],
        "u",
        "v_",
        "eye(2)",
        "y = x",
    ),
}
"""For each option of a command, values that are right somewhere and values that are right nowhere."""

_USUAL: dict[str, Sequence[str]] = {
    "dim": ("0", "1", "-1"), "dims": ("0", "1", "-1", "(0,1)", "None"), "sizes": ("2", "(2,3)", "(3,)", "-1", "0"),
    "flag": ("True", "False"), "number": NUMBERS, "integer": ("0", "1", "2", "3", "-1"), "text": TEXTS,
    "items": ITEMS, "index": ("[0,1]", "y", "zeros(0)", "0"), "target": ("[0,1]", "y", "0"),
    "tensors": ("[x,y]", "(x,x)", "x", "[]"),
}  # fmt: skip
_ODD: dict[str, Sequence[str]] = {
    "dim": (*NUMBERS, *LISTS), "dims": (*LISTS, *NUMBERS), "sizes": (*LISTS, *NUMBERS), "integer": NUMBERS,
    "number": NUMBERS, "text": TEXTS, "tensor": (*TENSORS, *NUMBERS), "index": TENSORS, "tensors": (*LISTS, *TENSORS),
}  # fmt: skip


def records(seed: int, count: int) -> Iterator[Record]:
    """So many records, always the same ones for a seed."""
    random = Random(seed)
    rows = [row for row in TABLE.values() if row.name != "index"]
    for _ in range(count):
        yield record(random, random.choice(rows))


def record(random: Random, row: Row) -> Record:
    """One odd question about a row, or about the language."""
    maker = random.choice((*[_call] * 3, *[_example] * 3, _plain, _plain, _index, _operator, _question))
    text, inputs = maker(random, row)
    if not re.search(r"\b[xy]\b", text) and random.random() < 0.9:
        text = random.choice(("({})*x", "x - ({})", "x*0 + sum({})")).replace("{}", text)
    if random.random() < 0.4:
        text = random.choice(FRAMES).replace("{}", text)
    command = random.choice([name for name, known in COMMANDS.items() if known.variables])
    if command in ("hessian", "grad", "hvp") and random.random() < 0.6:
        text = f"sum({text})"
    used = {name: value for name, value in inputs.items() if re.search(rf"\b{name}\b", text)}
    asked: Record = {"command": command, "expr": text, "inputs": used}
    options = COMMANDS[command].options
    if "time_limit" in options:
        asked["time_limit"] = 2
    if command in ("jvp", "hvp") and used:
        asked["t"] = dict.fromkeys(used, "ones")
    if command == "check":
        asked["answer"] = random.choice(("v", "x", "2*x*v", text))
        asked["of"] = random.choice(("vjp", "vjp", "grad", "jacobian", "hessian", "jvp"))
    if command == "plot" and used:
        swept = random.choice(("linspace:-3:3:20", "linspace:0:0:3", "arange:5", "zeros:0", "1", "nan"))
        asked["inputs"] = {**used, min(used): swept}
    if command in ("code", "graph"):
        asked["to"] = random.choice(("torch", "jax", "numpy") if command == "code" else ("dot", "mermaid", "svg"))
    for name in options:
        if random.random() < 0.12 and name != "max_elements":
            asked[name] = random.choice(OPTIONS.get(name, (True,)))
    if random.random() < 0.1:
        answers.spoil(random, asked)
    return {name: value for name, value in asked.items() if value is not None or random.random() < 0.1}


def _inputs(random: Random) -> dict[str, Any]:
    first = random.choice(SIZES)
    second = first if random.random() < 0.6 else random.choice(SIZES)
    return {"x": _tensor(random, first), "y": _tensor(random, second)}


def _tensor(random: Random, sizes: str) -> Any:
    if random.random() < 0.06:
        return random.choice((*INPUTS, *NUMBERS, *LISTS))
    if not sizes:
        return random.choice((0.5, 2, "-1", "nan", "inf", True, "0", "1e200"))
    return f"{random.choice(('randn', 'randn', 'ones', 'zeros'))}:{sizes}"


def _call(random: Random, row: Row) -> tuple[str, dict[str, Any]]:
    """A call of the row's parameters, most of them with a value of their kind."""
    odd = random.choice((0, 1, 1, 1, 2))  # so many
    places = random.sample(range(len(row.takes)), min(odd, len(row.takes)))
    written = [(param, _argument(random, param, k in places)) for k, param in enumerate(row.takes)]
    while written and written[-1][0].default is not REQUIRED and random.random() < 0.4:
        written.pop()
    if random.random() < 0.04:
        written = written[1:] if random.random() < 0.5 else [*written, (Param("more"), random.choice(ANY))]
    name = random.choice((row.name, *row.aliases))
    named = len(written) if random.random() < 0.6 else random.randint(0, len(written))
    parts = [text if k < named else f"{param.name}={text}" for k, (param, text) in enumerate(written)]
    method = row.method and parts and named and random.random() < 0.3
    called = f"({parts[0]}).{name}({', '.join(parts[1:])})" if method else f"{name}({', '.join(parts)})"
    return called, _inputs(random)


def _argument(random: Random, param: Param, odd: bool) -> str:
    if odd:
        return random.choice(_ODD.get(param.kind, ANY) if random.random() < 0.6 else ANY)
    if param.kind == "tensor" and random.random() < 0.4:
        return random.choice(NUMBERS)
    return random.choice(_USUAL.get(param.kind, ("x", "x", "x", "y", "y", "x.flatten()")))


def _example(random: Random, row: Row) -> tuple[str, dict[str, Any]]:
    """The row's own example with one of its values odd, or with inputs of other shapes."""
    text = row.example
    inputs = {name: _tensor(random, sizes) for name, sizes in random.choice(fitting(row)).items()}
    if random.random() < 0.25 and inputs:
        inputs[random.choice(list(inputs))] = _tensor(random, random.choice(SIZES))
        return text, inputs
    found = list(_VALUE.finditer(text))
    if found:
        value = random.choice(found)
        text = text[: value.start()] + random.choice(ANY) + text[value.end() :]
    return text, {"x": "ones:2", **inputs}


def _plain(random: Random, row: Row) -> tuple[str, dict[str, Any]]:
    """The row's example as it is: its inputs and the options may be odd."""
    inputs = {name: _tensor(random, sizes) for name, sizes in random.choice(fitting(row)).items()}
    return row.example, {"x": _tensor(random, random.choice(SIZES)), **inputs}


_VALUE = re.compile(r"""\d+(?:\.\d+)?|"[^"]*"|'[^']*'|(?<=[ =,(])[(\[][^()\[\]]*[)\]]|\b[xywbz]\b(?!=)|True|False""")


@cache
def fitting(row: Row) -> tuple[dict[str, str], ...]:
    """Shapes of the inputs with which the row's example is a program, tensors without entries among them."""
    names = list(dict.fromkeys(re.findall(r"\b[xywbz]\b", row.example)))
    tree, found = parse(row.example, names), []
    for sizes in product(SIZES[:: 1 if len(names) < 3 else 3], repeat=len(names)):
        shapes = [tuple(map(int, s.split("x"))) if s else () for s in sizes]
        with contextlib.suppress(Exception):  # what breaks is for the records to find
            trace(tree, dict(zip(names, shapes, strict=True)), mending=False)
            found.append(dict(zip(names, sizes, strict=True)))
    return tuple(found) or ({},)


def _index(random: Random, _: Row) -> tuple[str, dict[str, Any]]:
    items = ", ".join(random.choice(ITEMS) for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3))))
    of = random.choice(("x", "x", "x", "x.shape", "ones(2,3)", "zeros(0)", "[x,x]", "2", "(1,2)"))
    return f"{of}[{items}]", _inputs(random)


def _operator(random: Random, _: Row) -> tuple[str, dict[str, Any]]:
    sides = [random.choice(("x", "x", "y", *ANY)) for _ in range(2)]
    return f" {random.choice(OPERATORS)} ".join(f"({s})" for s in sides), _inputs(random)


def _question(random: Random, _: Row) -> tuple[str, dict[str, Any]]:
    parts = random.choice(QUESTIONS).split("{}")
    return parts[0] + "".join(f"({random.choice(ANY)})" + part for part in parts[1:]), _inputs(random)


# Few entries or none, in every command

SHORT = (
    "x.flatten()", "x[:0]", "x*2", "sum(x)", "mean(x)", "prod(x)", "norm(x)", "var(x)", "u = x*2; x",
    "u = x*x; sum(u)", "cat([x.flatten(), x.flatten()])", "x.T @ x", "x[None]", "softmax(x, -1)", "cumsum(x, 0)",
    "x.reshape(-1)*3", "exp(x)", "x**3", "logsumexp(x, 0)", "x.sum()*x", "zeros(0).sum()*x", "x*ones(0)",
    "x.expand(2, *x.shape)", "einsum('...->', x)", "x.squeeze()", "sigmoid(x.sum(0))", "where(x > 0, x, -x)",
    "max(x)", "stack([x, x])", "x.mean(0, keepdim=True)", "det(x)", "2",
)  # fmt: skip
ASKED: dict[str, Sequence[Record]] = {
    "vjp": ({}, {"entries": True}, {"v": "onehot:0"}, {"wrt": "u"}, {"numeric_only": True}, {"symbolic_only": True},
            {"dtype": "float32"}, {"strict": True}),
    "jvp": ({"t": "ones"}, {"t": {}}, {"t": "onehot:0"}, {}),
    "jacobian": ({}, {"flat": True}, {"plot": True}, {"layout": "denominator", "plot": True, "flat": True},
                 {"entries": True}, {"wrt": "x,u", "flat": True}),
    "grad": ({}, {"order": 1}, {"order": 2}, {"order": 3}, {"wrt": "x,x"}, {"wrt": "u"}, {"entries": True}),
    "hessian": ({}, {"v": "ones"}, {"entries": True}, {"wrt": "u"}), "hvp": ({"t": "ones"}, {"t": "ones", "v": "ones"}),
    "check": tuple({"of": of, "answer": answer, "t": "ones"} for of in ("vjp", "jacobian", "hessian", "jvp", "grad")
                   for answer in ("v", "2*v", "0", "x", "zeros:0")),
    "backward": ({}, {"calls": 2}, {"calls": 2, "retain_graph": True, "zero_grad": True}), "steps": ({}, {"wrt": "u"}),
    "plot": ({}, {"order": 1}, {"order": 2}),
    "code": tuple({"to": to, **v} for to in ("torch", "jax", "numpy") for v in ({}, {"v": "onehot:0"}, {"wrt": "u"})),
    "graph": tuple({"to": to} for to in ("dot", "mermaid", "svg")),
}  # fmt: skip
FEW = ("", "1", "1x1", "0", "3x0", "0x3", "0x0", "1x0x2", "2")


def sweep() -> Iterator[Record]:
    """Every command about short programs of tensors with few entries, or none."""
    for text, sizes in product(SHORT, FEW):
        for command, asked in ((command, asked) for command, all_asked in ASKED.items() for asked in all_asked):
            yield {"command": command, "expr": text, "inputs": {"x": f"ones:{sizes}" if sizes else 0.5}, **asked}


# The command line


def lines(seed: int, count: int) -> Iterator[list[str]]:
    """So many command lines; a list in a list two thousand times over has no text."""
    for asked in records(seed, count):
        with contextlib.suppress(RecursionError):
            yield words(asked)


def words(asked: Record) -> list[str]:
    """A record as the words of a command line; what has no text is left out."""
    said = [str(asked.get("command", "vjp")), str(asked.get("expr"))]
    inputs = asked.get("inputs")
    for name, value in inputs.items() if isinstance(inputs, dict) else ():
        said += [f"--{name}", _typed(value)]
    for name, value in asked.items():
        if name in ("command", "expr", "inputs", "id") or value is None or value is False:
            continue
        flag = "--" + str(name).replace("_", "-")
        if name == "t" and isinstance(value, dict):
            said += [word for of, tensor in value.items() for word in (flag, f"{of}={_typed(tensor)}")]
        else:
            said += [flag] if value is True else [flag, _typed(value)]
    return [word.replace("\x00", "").encode("utf-8", "replace").decode() for word in said]


def _typed(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, list) else str(value)


def judged(asked: Record) -> None:
    """Answers a record, and runs the script that it gives.

    Raises GradcliError where the answer is an error, AssertionError where it is a defect.
    """
    told = answers.judged(asked)
    if "script" in told and told["script"]["to"] != "jax":
        _execute(told["script"]["text"])


def _execute(text: str) -> None:
    """Runs what gradcli wrote."""
    script = compile(text, "<script>", "exec")
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's own, of a log(-1)
        exec(script, {"__name__": "__main__"})  # noqa: S102


def answered(line: Sequence[str]) -> None:
    """Runs a command line in this process, and the script that it writes.

    Raises GradcliError where it is refused, AssertionError for any other end than an answer, a failed check, a mistake
    or a limit.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = entry.run(list(line))
    told = err.getvalue()
    good = status in (Exit.ANSWERED, Exit.CHECK_FAILED, Exit.MISTAKE, Exit.LIMIT)
    assert good and "Traceback" not in told and "Warning" not in told, f"{status}: {' '.join(told.split())[:160]}"
    if status in (Exit.MISTAKE, Exit.LIMIT):
        raise GradcliError("refused", message("{text}", text=told))
    if line[0] == "code" and "jax" not in line:
        _execute(out.getvalue())


@contextlib.contextmanager
def defects_raised() -> Iterator[None]:
    """Within this a defect is raised as it is, so that failures are counted by their places."""

    def again(error: Exception, _: Any) -> Any:
        raise error

    with mock.patch.object(error, "defect_object", again), mock.patch.object(entry, "_report_defect", again):
        yield


def main() -> int:
    """The run; returns the exit status."""
    parser = answers.argument_parser("odd", records=2000, memory=4096)
    parser.add_argument("--lines", type=int, default=0)
    parser.add_argument("--sweep", action="store_true", help="all commands about tensors of few entries, too")
    options = parser.parse_args()
    answers.prepare(options.memory)
    tally, commands = Tally(slow=options.slow, alarm=2 * options.slow), Counter[str]()
    with defects_raised():
        for record in chain(records(options.seed, options.records), sweep() if options.sweep else ()):
            commands[record["command"] if record.get("command") in tuple(COMMANDS) else "odd"] += 1
            tally.execute(lambda _, record=record: judged(record), answers.shown(record))  # type: ignore[misc]
        for line in lines(options.seed + 1, options.lines):
            tally.execute(lambda _, line=line: answered(line), repr(line).encode(), watching=False)  # type: ignore[misc]
    sys.stdout.write(f"odd arguments (seed {options.seed}): {tally.report()}{dict(commands.most_common(14))}\n")
    return int(bool(tally.found))


if __name__ == "__main__":
    sys.exit(main())
