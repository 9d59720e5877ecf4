"""Bytes -> one execution of a parser: what a fuzzer may call with anything. Nothing here computes a derivative."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from gradcli.cli import batch, entry
from gradcli.cli.records import question_of
from gradcli.commands import COMMANDS, Command
from gradcli.message import Exit, GradcliError, message
from gradcli.ops import SPELLED
from gradcli.program import Program, trace, values_of
from gradcli.report import Array
from gradcli.request import Request
from gradcli.shapes import Shape, allowing
from gradcli.syntax import Tree, parse
from gradcli.tensors import Stdin, files, read_program, read_tensor
from gradcli.tensors.tensor_text import CONSTRUCTORS

SMALL = 100_000
"""Elements that a tensor may have here; the limits are met by small numbers as they would be by large ones."""
_SHAPES: tuple[Shape, ...] = ((), (3,), (2, 3), (3, 3), (3, 2), (1,), (2, 1, 3), (0,), (0, 3), (2, 2, 2, 2))
NAMES = re.compile(r"[^\W\d]\w*")
INPUTS = frozenset("x y z w a b c s k t h v u p q X Y Z W A B x1 x2 inp theta mu".split())  # noqa: SIM905


def expression(content: bytes) -> None:
    """Program text; the first byte deals shapes to the inputs that it names."""
    text = _text(content[1:])
    first = content[0] if content else 0
    names = [name for name in dict.fromkeys(NAMES.findall(text)) if name in INPUTS]
    shapes = {name: _SHAPES[(first + ord(name[0]) + len(name)) % len(_SHAPES)] for name in names}
    with allowing(SMALL):
        trace(parse(text, names), shapes, point={name: np.full(shape, 0.5) for name, shape in shapes.items()})


def tensor(content: bytes) -> None:
    """The text of a tensor, or what stands on standard input."""
    text = _text(content)
    with allowing(SMALL):
        read_tensor(text, name="x", evaluate=_evaluated, stdin=Stdin(io.BytesIO(content)))
        read_tensor("-", name="x", evaluate=_evaluated, stdin=Stdin(io.BytesIO(content)))


def record(content: bytes) -> None:
    """A line of JSON."""
    _, request = question_of(batch.record_of(content))
    _traced(request)


def arguments(content: bytes) -> None:
    """The words of a command line, apart by line ends; the answer itself is left out."""
    words = [_text(word) for word in content.split(b"\n")]
    out, err = io.StringIO(), io.StringIO()
    with _without_answers(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = entry.run(words)
    if status not in (Exit.ANSWERED, Exit.MISTAKE, Exit.LIMIT) or "Traceback" in err.getvalue():
        raise AssertionError(f"status {status}: {err.getvalue()}")
    if status:
        raise GradcliError("refused", message("refused"))


def file(content: bytes) -> None:
    """The content of a file; the first byte chooses its suffix. PyTorch's own format is PyTorch's to fuzz."""
    kinds = ("", ".npy", ".npz", ".csv", ".tsv", ".json")
    name = "file" + kinds[content[0] % len(kinds) if content else 0]
    if files.reader_for(name, content[1:]) is not files.READERS[".pt"]:
        with allowing(SMALL):
            files.reader_for(name, content[1:])(content[1:], name, None)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "expression": expression,
    "tensor": tensor,
    "record": record,
    "arguments": arguments,
    "file": file,
}


def _text(content: bytes) -> str:
    """As the operating system hands over an argument that is no UTF-8."""
    return content.decode("utf-8", "surrogateescape")


def _evaluated(tree: Tree) -> Array:
    program = trace(tree, {})
    with np.errstate(all="ignore"):
        return values_of(program, {})[program.output.step]


def _traced(request: Request) -> Program:
    """What `gradcli.commands.problem` does before anything is computed."""
    stdin = Stdin(io.BytesIO(b"1,2,3"))
    source = read_program(request.expression, stdin=stdin)
    parse(source, tuple(request.inputs))
    with allowing(min(request.max_elements, SMALL)):
        point = {
            name: read_tensor(given, name=name, evaluate=_evaluated, stdin=stdin)
            for name, given in request.inputs.items()
        }
        return trace(parse(source, tuple(point)), {n: a.shape for n, a in point.items()}, request.seed, point)


class _Traced:
    """A command that ends where its answer would begin."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def __getattr__(self, name: str) -> Any:
        return getattr(self._command, name)

    def run(self, request: Request) -> Iterator[Any]:
        if self._command.variables:
            _traced(request)
        return iter(())


_STUNTED = {name: _Traced(command) for name, command in COMMANDS.items()}


@contextlib.contextmanager
def _without_answers() -> Iterator[None]:
    """The command line as it is, but for the answers, the processes of `batch` and the handler of defects."""

    def broken(error: Exception, _: Any) -> int:
        raise error

    with (
        mock.patch("gradcli.cli.app.COMMANDS", _STUNTED),
        mock.patch("gradcli.cli.deliver.show", _unshown),
        mock.patch("gradcli.cli.batch.run", _unshown),
        mock.patch("gradcli.cli.entry._report_defect", broken),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x"))),
    ):
        yield


def _unshown(*_: Any, **__: Any) -> Exit:
    return Exit.ANSWERED


# Seeds and words


def seeds(target: str) -> list[bytes]:
    """Inputs to begin with: what the transcripts and their wrong inputs ask."""
    asked_for = list(_commands())
    if target == "arguments":
        return ["\n".join(words).encode() for words in asked_for]
    if target == "file":
        return list(_files())
    if target == "tensor":
        texts = {word.partition("=")[2] or word for words in asked_for for word in words[2:]}
        return [text.encode() for text in sorted(texts | {f"{maker}:2x3" for maker in CONSTRUCTORS})]
    expressions = [words[1] for words in asked_for if len(words) > 1]
    if target == "expression":
        return [bytes([k % len(_SHAPES)]) + text.encode() for k, text in enumerate(expressions)]
    return [_as_record(words) for words in asked_for if len(words) > 1]


def _commands() -> Iterator[list[str]]:
    folder = Path(__file__).parent.parent / "golden"
    for path in sorted(folder.rglob("*.txt")):
        yield shlex.split(path.read_text().splitlines()[0].removeprefix("$ gradcli "))


def _as_record(words: list[str]) -> bytes:
    import json

    given: dict[str, Any] = {"command": words[0], "expr": words[1], "inputs": {}}
    for flag, value in zip(words[2::2], words[3::2], strict=False):
        name = flag.lstrip("-").replace("-", "_")
        (given if name in COMMANDS["vjp"].options else given["inputs"])[name] = value
    return json.dumps(given).encode()


def _files() -> Iterator[bytes]:
    arrays = (np.eye(2), np.arange(3, dtype=">i2"), np.asfortranarray(np.ones((2, 3), np.float32)), np.array(["a"]))
    for array in arrays:
        for kind, save in ((1, np.save), (2, np.savez), (2, np.savez_compressed)):
            stream = io.BytesIO()
            save(stream, array)
            yield bytes([kind]) + stream.getvalue()
    for kind, text in (
        (3, "a,b\n1,2\n3,4"),
        (3, '"1","2"\n'),
        (4, "1\t2"),
        (5, "[[1,2],[3,NaN]]"),
        (0, "[1]"),
        (0, "1 2"),
    ):
        yield bytes([kind]) + text.encode()
        yield bytes([kind]) + text.encode("utf-16")


def words() -> list[str]:
    """What the languages are made of."""
    signs = "( ) [ ] { } , ; : . = == != <= + - * ** / // % @ ' \" ^ | & ~ ! ? _ \\ # \n \t"
    numbers = "1e9 99999999999 0x1 1j nan inf pi e NaN null true None True T .T ... onehot:0"
    written = 'dim= keepdim=True while def lambda import __class__ "expr" "inputs" "v" "wrt"'
    paper = "π × ² ᵀ Σ ∂ √ − \\frac \\sum x_{ij} － ﬁ 𝐱 \u202e \ud7ff \x00"
    spelled = [word for line in (signs, numbers, written, paper) for word in line.split(" ")]
    options = [f"--{name.replace('_', '-')}" for name in Request.__dataclass_fields__]
    return [*spelled, *SPELLED, *CONSTRUCTORS, *COMMANDS, *options]
