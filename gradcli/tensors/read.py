"""A tensor as a person gives it -> float64 array: text (typed, or as PyTorch and NumPy print it), file, stdin, number,
nested lists, array. Knows no variable but the name in its messages; expressions are parsed here and evaluated by
whoever is given as `evaluate`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.message import N_, GradcliError, Message, Span, fault, message
from gradcli.report import Array
from gradcli.streams import Stream
from gradcli.syntax import Tree, parse
from gradcli.syntax.scan import uncommented
from gradcli.tensors import files
from gradcli.tensors.files import Stdin
from gradcli.tensors.nested import from_lists, real
from gradcli.tensors.tensor_text import plain, read_text
from gradcli.tensors.text_tables import decoded

Evaluate = Callable[[Tree], Array]

_FILE_LIKE = re.compile(r"[^()\[\]*+=,]*\.(npy|npz|csv|tsv|json|pt|pth|txt)(:\w+)?", re.IGNORECASE)

_STANDARD_INPUT = N_("standard input")
"""What a reader calls it: a file without a name."""
LONGEST = 1_000
"""Characters of a text that is worth a repair."""
_WRAPPED = re.compile(r"(?:(?:torch|np|numpy|jnp)\.)?(?:tensor|array|Tensor|Array)\((.*)\)", re.DOTALL)
_DETAILS = re.compile(
    r"(?:,\s*+(?:dtype|device|requires_grad|grad_fn|size|shape|weak_type)\s*+=(?:\([^()=]*+\)|[^=\[\](),]++)*+)+$"
)
_ROOM_FOR_DETAILS = 300
_NUMBER = r"[-+]?(?:\d++\.?+\d*+|\.\d++)(?:[eE][-+]?\d++)?"  # possessive: a text that is no row is told at once
_APART = re.compile(r"[\[\]\s\d.eE+\-naif]+")
_ROWS = re.compile(rf"\s*+{_NUMBER}(?:[\s,]++{_NUMBER})*+(?:\s*+;\s*+{_NUMBER}(?:[\s,]++{_NUMBER})*+)*+\s*+;?\s*+")
_CONSTRUCTED = re.compile(r"(eye|ones|zeros|rand|randn|arange)[\s_]*(\d+)(?:(?:\s*[x,×*]\s*|\s+)(\d+))?")


def read_tensor(
    value: Any,
    *,
    name: str,
    evaluate: Evaluate | None = None,
    stdin: Stdin | None = None,
    generator: Stream | None = None,
) -> Array:
    """The tensor that a person gave for the variable `name`, as a new float64 array of any shape, () for a number.

    `value` is a number, nested lists, a NumPy array, a PyTorch tensor, or text: a number (`-3`, `nan`, `pi`), lists
    (`[[1,2],[3,4]]`), rows (`1,2:3,4`), a constructor (`eye:5`), a file (`@x.npy`, `file:x.npy`), stdin (`-`, `@-`), or
    an expression without variables, which is parsed and handed to `evaluate`. `generator` draws `rand:3` and `randn:3`;
    give one stream to all variables of a question. Integers and bools become floats.

    Raises GradcliError: input (a mistake in the value), file, syntax and whatever `evaluate` raises, limit.
    """
    if not isinstance(value, str):
        return _from_value(value, name)
    text = value.strip()
    if not text:
        raise fault("input", N_("the value of {name} is empty"), hint=N_("write {name}=3 or {name}=eye:5"), name=name)
    if text in ("-", "@-"):
        return _from_stdin((stdin or Stdin()).read(name), name, evaluate, generator)
    file = re.match(r"(?:@|file:)\s*(.*)", text, re.DOTALL)
    if file is not None:
        return _named(name, lambda: files.read_file(file[1]))
    array = read_text(as_text(plain(uncommented(text))), name, generator or Stream(0, "inputs"))
    return array if array is not None else _from_expression(text, name, evaluate)


def read_program(text: str, *, stdin: Stdin | None = None) -> str:
    """The text of a program: itself, or the content of `@FILE`, `@-` or `-`.

    Raises GradcliError (file, input, limit).
    """
    if text.strip() in ("-", "@-"):
        content, file = (stdin or Stdin()).read("the expression"), "-"
    elif text.startswith("@"):
        file = text[1:].strip()
        content = files.content_of(file)
    else:
        return text
    return decoded(content, file)


def _from_value(value: Any, name: str) -> Array:
    if isinstance(value, (np.ndarray, np.generic)):
        return real(np.asarray(value), name)
    if hasattr(value, "detach") and hasattr(value, "tolist"):
        return from_lists(value.detach().tolist(), name)  # a PyTorch tensor, without importing PyTorch to ask
    return from_lists(_without_arrays(value), name)


def _without_arrays(value: Any) -> Any:
    """Lists in which rows may be arrays, as lists of lists."""
    if isinstance(value, (list, tuple)) and any(isinstance(row, np.ndarray) for row in value):
        return [row.tolist() if isinstance(row, np.ndarray) else row for row in value]
    return value


def _from_stdin(content: bytes, name: str, evaluate: Evaluate | None, generator: Stream | None) -> Array:
    """One line is tensor text, so that what `--quiet` prints can be piped; more lines are lists, JSON or a table."""
    written = content.strip()
    if not written:
        raise fault("input", N_("standard input is empty: there is no value for {name}"), name=name)
    lists = written.startswith((b"[", b"tensor(", b"array("))
    if written.isascii() and (lists or len(written.splitlines()) == 1):
        text = as_text(plain(written.decode("ascii")))
        array = read_text(text, name, generator or Stream(0, "inputs"))
        if array is not None:
            return array
        if not text.startswith("["):
            return _from_expression(text, name, evaluate)
    return _named(name, lambda: files.reader_for("-", content)(content, _STANDARD_INPUT, None))


def _named(name: str, read: Callable[[], Array]) -> Array:
    """What `read` gives; a mistake in it is told with the variable's name."""
    try:
        return read()
    except GradcliError as error:
        raise _about(name, error) from None


def _about(name: str, error: GradcliError) -> GradcliError:
    reason = Message(error.what.sentence, {slot: _spoken(said) for slot, said in error.what.values.items()})
    what: Message = message(N_("the value of {name} cannot be read: {reason}"), name=name, reason=reason)
    return GradcliError(error.kind, what, hint=error.hint, source=error.source, span=error.span)


def _spoken(said: object) -> object:
    return Message(_STANDARD_INPUT) if isinstance(said, str) and said == _STANDARD_INPUT else said


def _from_expression(text: str, name: str, evaluate: Evaluate | None) -> Array:
    if _FILE_LIKE.fullmatch(text):
        sentence = N_("{text} is no tensor: {name} is one tensor, from one file")
        raise fault(
            "input", sentence, hint=N_("to read a file write @{file}"), text=text, name=name, file=text.split()[0]
        )
    repair = respell(text)
    if repair is not None:
        raise fault(
            "input",
            N_("'{text}' is not how a tensor is written"),
            hint=N_("did you mean {repair} ?"),
            text=text,
            repair=repair,
        ).at(Span(0, len(text)), text)
    try:
        tree = parse(text)
        if evaluate is None:
            raise fault(
                "input", N_("an expression is not allowed here"), hint=N_("write numbers, a list, a file or eye:5")
            )
        return real(np.asarray(evaluate(tree)), name)
    except GradcliError as error:
        if error.kind == "name" and str(error.hint or "").startswith("give it as"):
            error.hint = message(
                N_(
                    "write numbers, {name}=1,2,3, a constructor, {name}=eye:3, a file, {name}=@x.npy, "
                    "or an expression without variables"
                ),
                name=name,
            )
        raise _about(name, error.at(source=text)) from None


def as_text(text: str) -> str:
    """`tensor([1., 2.], requires_grad=True)` as `[1., 2.]`, `[[1. 2.] [3. 4.]]` with commas; other text as it is."""
    wrapped = _WRAPPED.fullmatch(text)
    inner = _without_details(wrapped[1]).strip() if wrapped else text
    if wrapped and not inner.startswith("["):
        return text
    if inner.startswith("[") and "," not in inner and _APART.fullmatch(inner):
        return re.sub(r"(?<=[\d.fn\]]) (?=[-+.\din\[])", ", ", " ".join(inner.split()).replace(" ]", "]"))
    return inner


def _without_details(inside: str) -> str:
    return inside[:-_ROOM_FOR_DETAILS] + _DETAILS.sub("", inside[-_ROOM_FOR_DETAILS:])


def respell(text: str) -> str | None:
    """`1 2 3`, `1 2; 3 4`, `{1,2}`, `eye 5` as they are written here; None where it is none of these."""
    bare = text.strip().replace("\n", ";")
    if len(bare) > LONGEST:
        return None
    if re.fullmatch(r"\{[-+\d.eE,;\s{}]*\}", bare):
        return f'"{bare.replace("{", "[").replace("}", "]")}"'
    made = _CONSTRUCTED.fullmatch(bare)
    if made:
        return f"{made[1]}:{made[2]}" + (f"x{made[3]}" if made[3] else "")
    if bare[:1] == "[" and bare[-1:] == "]" and ";" in bare:
        bare = bare[1:-1]
    elif not re.search(r"[\s;]", bare):
        return None
    if not _ROWS.fullmatch(bare):
        return None
    rows = [",".join(re.split(r"[\s,]+", row.strip())) for row in bare.strip(" ;").split(";")]
    return ":".join(rows) if len(rows) > 1 else rows[0]
