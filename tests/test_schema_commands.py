"""Every command's answer, of the command line and of batch, against the command's own branch of the schema."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gradcli.cli.app import commands
from gradcli.cli.batch import answer_line
from gradcli.cli.entry import run
from gradcli.cli.options import REQUEST_OPTIONS
from gradcli.commands import COMMANDS
from gradcli.schema import report_schema

VALID = Draft202012Validator(report_schema())

MORE: Mapping[str, tuple[str, ...]] = {
    "vjp": (
        'gradcli vjp "relu(x)" --x 0,1',
        'gradcli vjp "log(x)" --x=-1,1',
        'gradcli vjp "sqrt(x)" --x 0,inf',
        'gradcli vjp "x**2" --x 1,2 --symbolic-only',
        'gradcli vjp "x**2" --x 1,2 --numeric-only',
        'gradcli vjp "exp(sin(x))" --x 1,2 --time-limit 0',
        'gradcli vjp "x > 0" --x 1,2',
        'gradcli vjp "A @ x" --A 1,2:3,4 --x 1,2 --entries --layout denominator',
        'gradcli vjp "softplus(x)" --x 30',
        'gradcli vjp "x*ones(0)" --x 2',
        'gradcli vjp "x[k]" --x 1,2 --k 1',
        'gradcli vjp "x" --x nan,inf --v inf,nan',
    ),
    "jvp": ('gradcli jvp "relu(x)" --x 0 --t 1', 'gradcli jvp "x**2" --x 1,2 --t 1,0 --numeric-only'),
    "jacobian": (
        'gradcli jacobian "tanh(x)" --x linspace:0:1:200',
        'gradcli jacobian "relu(x)" --x 0,1 --flat',
        'gradcli jacobian "A @ B" --A 1,2:3,4 --B eye:2 --layout denominator --flat --entries',
        'gradcli jacobian "x**2" --x 1,2 --numeric-only',
        'gradcli jacobian "x**2" --x 1,2 --time-limit 0',
    ),
    "grad": (
        'gradcli grad "norm(x)" --x 0,0',
        'gradcli grad "x*y" --x 1 --y 2 --order 2',
        'gradcli grad "sum(x**2)" --x 1,2 --symbolic-only',
        'gradcli grad "abs(x)" --x 0 --wrt x,x',
    ),
    "hessian": (
        'gradcli hessian "x*y" --x 1 --y 2',
        'gradcli hessian "sum(relu(x))" --x 0,1',
        'gradcli hessian "sum(x**3)" --x linspace:0:1:200',
        'gradcli hessian "sum(x**2)" --x 1,2 --numeric-only',
    ),
    "hvp": ('gradcli hvp "sum(abs(x))" --x 0,1 --t 1,1',),
    "check": (
        'gradcli check "x**2" --x 1,2 --answer x --v 3,4',
        'gradcli check "x**2" --x 1,2 --answer "[1, 2, 3]" --v 1,1',
        'gradcli check "A @ x" --A 1,2:3,4 --x 1,2 --wrt x --of jacobian --answer A --layout denominator',
        'gradcli check "sum(x**2)" --x 1,2 --of hessian --answer "2*eye(2)"',
        'gradcli check "sum(x**2)" --x 1,2 --of grad --answer "x" --time-limit 0',
        'gradcli check "x**2" --x 1,2 --of jvp --t 1,0 --answer "2*x*t"',
    ),
    "backward": (
        'gradcli backward "x**2" --x 1,2',
        'gradcli backward "a = x**2; sum(a)" --x 1,2 --calls 2',
        'gradcli backward "sum(relu(x))" --x 0,1 --numeric-only',
    ),
    "steps": (
        'gradcli steps "relu(x)" --x 0,1 --v ones',
        'gradcli steps "A @ x" --A 1,2:3,4 --x 1,2 --layout denominator',
        'gradcli steps "exp(x)" --x 1 --time-limit 0',
    ),
    "plot": ('gradcli plot "1/x" --x linspace:-1:1:5', 'gradcli plot "x**3" --x linspace:0:1:5 --order 2'),
    "code": ('gradcli code "A @ x" --A 1,2:3,4 --x 1,2 --to torch', 'gradcli code "x**2" --x 1 --to jax'),
    "graph": ('gradcli graph "x*2" --x 1,2', 'gradcli graph "x*2" --x 1,2 --to svg'),
    "explain": ("gradcli explain", "gradcli explain layout"),
    "functions": ("gradcli functions relu", "gradcli functions eye", "gradcli functions softplus"),
}
"""Questions beside the examples of the help: with warnings, limits, no formula, no numbers, verdicts that are none."""

PUBLIC: Mapping[str, str] = {
    "vjp": "inputs.x.shape inputs.x.dtype output.shape output.value v.shape v.value v.given gradients.x.jacobian.shape "
    "gradients.x.jacobian.layout gradients.x.jacobian.formula gradients.x.jacobian.latex "
    "gradients.x.jacobian.where gradients.x.jacobian.matrix gradients.x.jacobian.entries.0.row "
    "gradients.x.jacobian.entries.0.column gradients.x.jacobian.entries.0.formula "
    "gradients.x.jacobian.structure.kind gradients.x.vjp.formula gradients.x.vjp.latex gradients.x.vjp.matrix "
    "gradients.x.vjp.where gradients.x.vjp.symbolic gradients.x.vjp.pytorch gradients.x.vjp.max_abs_diff "
    "gradients.x.vjp.agrees gradients.x.vjp.reason equivalence.x.weighted_sum equivalence.x.max_abs_diff "
    "explanation.0.topic explanation.0.text warnings",
    "jvp": "jvp.formula jvp.pytorch jvp.agrees t.x.value t.x.given",
    "jacobian": "jacobians.x.shape jacobians.x.layout jacobians.x.structure.nonzero jacobians.x.flattened.layout "
    "jacobians.x.entries.0.row jacobians.x.agrees jacobians.x.reason",
    "grad": "gradients.x.formula gradients.x.symbolic gradients.x.agrees",
    "hessian": "hessian.w.w.formula hessian.w.w.pytorch hessian.w.w.agrees",
    "hvp": "hvp.x.formula hvp.x.agrees t.x.value",
    "check": "checks.x.agrees checks.x.says checks.x.mistake checks.x.yours checks.x.correct checks.x.where "
    "closed.x.formula closed.x.pytorch",
    "backward": "calls.0.grads.x calls.0.error intermediates gradients.x.agrees",
    "steps": "steps.0.operands.0.jacobian.layout steps.0.operands.0.agrees steps.0.gradient",
    "plot": "plot.axes.0.values plot.curves.0.values plot.curves.1.max_abs_diff",
    "code": "script.to script.text",
    "graph": "graph.vertices graph.edges graph.text",
    "explain": "topic title text examples.0.line examples.0.answer.gradients",
    "functions": "functions.0.name",
}
"""Keys that an example of a command has, by their way through the answer."""

WRONG = {
    "a variable is unknown": ('{command} "x*zz" --x 1,2', 2),
    "the text ends early": ('{command} "(x" --x 1,2', 2),
    "a value is missing": ('{command} "x*y" --x 1', 2),
    "an option does not exist": ('{command} "x" --x 1 --formt y', 2),
    "a shape does not fit": ('{command} "x + y" --x 1,2 --y 1,2,3', 2),
    "it is too large": ('{command} "x" --x linspace:0:1:99999999', 3),
}
"""Questions that are refused, and the exit status."""


def lines(name: str) -> tuple[str, ...]:
    return (*COMMANDS[name].examples, *MORE.get(name, ()))


def words_of(line: str) -> list[str]:
    """What stands behind `gradcli`, without the file that is written."""
    words = shlex.split(line)[1:]
    at = words.index("--output") if "--output" in words else len(words)
    return words[:at] + words[at + 2 :]


def on_the_command_line(line: str, capsys: Any) -> tuple[int, Any]:
    """The exit status, and the JSON on stdout."""
    status = run([*words_of(line), "--format", "json"])
    return status, json.loads(capsys.readouterr().out, parse_constant=lambda text: pytest.fail(f"{text} is not JSON"))


def in_batch(line: str) -> Any:
    """What batch answers to the same question."""
    name, *words = words_of(line)
    context = commands()[name].make_context(name, words)
    argv = context.meta["argv"]
    record: dict[str, Any] = {"id": 7, "command": name, "inputs": {given.name: given.value for given in argv.variables}}
    record |= {} if argv.expression is None else {"expr": argv.expression}
    record |= {
        option: context.params[option] for option in {given.name for given in argv.arguments} & set(REQUEST_OPTIONS)
    }
    if "t" in record:
        pairs = [text.partition("=")[::2] for text in record["t"]]
        record["t"] = dict(pairs) if all(sign for _, sign in pairs) else record["t"][0]
    text, _ = answer_line(json.dumps(record).encode())
    assert "\n" not in text
    return json.loads(text)


def branches(command: str) -> list[Draft202012Validator]:
    """The command's own branches of the schema."""
    schema = report_schema()
    names = [ref["$ref"].rpartition("/")[2] for ref in schema["then"]["oneOf"]]
    own = [name for name in names if schema["$defs"][name]["properties"]["command"]["const"] == command]
    return [VALID.evolve(schema={"$ref": f"#/$defs/{name}"}) for name in own]


def unlike_its_schema(name: str, told: Any) -> list[str]:
    """What is wrong with an answer of a command; none where it has the command's own branch and keeps to it."""
    own = branches(name)
    if not own:
        return [f"the schema has no branch for {name}"]
    if told.get("command") != name or told.get("ok") is not True:
        return [f"no answer of {name}: {told}"]
    if not any(branch.is_valid(told) for branch in own):
        return [str(error.message) for branch in own for error in branch.iter_errors(told)]
    return [error.message for error in VALID.iter_errors(told)]


def samples() -> list[Any]:
    return [pytest.param(name, line, id=line) for name in COMMANDS for line in lines(name)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_sample_questions_and_a_branch(name: str) -> None:
    assert lines(name) and branches(name) and PUBLIC[name]


def test_every_branch_is_a_commands() -> None:
    schema = report_schema()
    of = [
        schema["$defs"][ref["$ref"].rpartition("/")[2]]["properties"]["command"]["const"]
        for ref in schema["then"]["oneOf"]
    ]
    assert set(of) == set(COMMANDS)


@pytest.mark.parametrize(("name", "line"), samples())
def test_every_answer_keeps_to_its_commands_branch(name: str, line: str, capsys: Any) -> None:
    status, told = on_the_command_line(line, capsys)
    assert status in (0, 1)
    assert unlike_its_schema(name, told) == []


@pytest.mark.parametrize(("name", "line"), samples())
def test_batch_answers_as_the_command_line_does(name: str, line: str, capsys: Any) -> None:
    _, told = on_the_command_line(line, capsys)
    also = in_batch(line)
    assert also.pop("id") == 7
    assert also == told


@pytest.mark.parametrize("name", COMMANDS)
def test_the_public_keys_are_there(name: str, capsys: Any) -> None:
    told = [on_the_command_line(line, capsys)[1] for line in COMMANDS[name].examples]
    assert [key for key in PUBLIC[name].split() if not any(has(one, key.split(".")) for one in told)] == []
    assert all({"schema", "command", "ok"} <= one.keys() for one in told)


def has(told: Any, way: list[str]) -> bool:
    """Whether an answer has something at the end of a way through it."""
    if not way:
        return True
    if isinstance(told, list):
        return int(way[0]) < len(told) and has(told[int(way[0])], way[1:])
    return isinstance(told, dict) and way[0] in told and has(told[way[0]], way[1:])


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", [name for name, one in COMMANDS.items() if one.variables])
def test_every_error_is_an_object_of_the_schema(name: str, wrong: str, capsys: Any) -> None:
    text, exit_status = WRONG[wrong]
    line = "gradcli " + text.format(command=name) + (" --t 1" if "t" in COMMANDS[name].options else "")
    status, told = on_the_command_line(line + (" --answer x" if name == "check" else ""), capsys)
    assert status == told["error"]["exit_status"] == exit_status
    assert VALID.is_valid(told) and told["ok"] is False
    if wrong != "an option does not exist":
        also = in_batch(line)
        assert VALID.is_valid(also) and also["error"]["exit_status"] == status


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[1]",
        b'{"id": 1}',
        b'{"expr": 3}',
        b'{"expr": "x", "command": "vpj"}',
        b'{"expr": "x", "tt": 1}',
        b'{"expr": "x", "inputs": {"x": NaN}}',
        b'{"expr": "x", "inputs": [1]}',
        b"\xff",
        b'{"expr": "x", "lang": "ru"}',
    ],
)
def test_every_broken_line_of_batch_is_answered_by_an_error_of_the_schema(line: bytes) -> None:
    text, good = answer_line(line)
    VALID.validate(json.loads(text))
    assert not good


def answers(told: Any, key: str) -> Iterator[Any]:
    if isinstance(told, dict):
        yield from (value for name, value in told.items() if name == key)
        told = list(told.values())
    if isinstance(told, list):
        yield from (value for item in told for value in answers(item, key))


def test_the_samples_hold_every_verdict_and_warnings(capsys: Any) -> None:
    asked = [line for name in ("vjp", "check", "jacobian", "hessian") for line in lines(name)]
    told = [on_the_command_line(line, capsys)[1] for line in asked]
    assert {True, False, None} <= set(answers(told, "agrees"))
    kinds = {warning["kind"] for warnings in answers(told, "warnings") for warning in warnings}
    assert {"size", "time", "weights"} <= kinds


# The tests can fail


def test_a_command_without_a_branch_is_found(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "planted", replace(COMMANDS["grad"], name="planted"))  # type: ignore[arg-type]
    with pytest.raises(AssertionError):
        test_every_branch_is_a_commands()
    with pytest.raises(AssertionError):
        test_every_command_has_sample_questions_and_a_branch("planted")
    told = on_the_command_line(COMMANDS["grad"].examples[0], capsys)[1]
    assert unlike_its_schema("planted", {**told, "command": "planted"}) == ["the schema has no branch for planted"]


def test_an_answer_with_another_commands_fields_is_found(capsys: Any) -> None:
    told = on_the_command_line(COMMANDS["grad"].examples[0], capsys)[1]
    assert unlike_its_schema("grad", told) == []
    assert unlike_its_schema("hvp", {**told, "command": "hvp"}) != []
    for key in told:
        assert unlike_its_schema("grad", {k: v for k, v in told.items() if k != key}) != [], key
    assert unlike_its_schema("grad", {**told, "t": {}}) != []
