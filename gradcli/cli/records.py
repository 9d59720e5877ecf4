"""A record (a question as a mapping) -> the answer as an object of the schema. Knows no stream and no process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gradcli.cli.options import DISPLAY_OPTIONS, REQUEST_OPTIONS, read_options
from gradcli.cli.system_errors import refusal
from gradcli.commands import COMMANDS
from gradcli.message import N_, GradcliError, Span, fault, nearest
from gradcli.request import LANGUAGES, Request

if TYPE_CHECKING:
    from gradcli.commands import Command

_OWN_KEYS = ("id", "command", "expr", "inputs")
_NOT_A_RECORDS = ("max_elements",)
"""Who runs the records sets the limits of their machine; the records may be anybody's."""


def answer(record: Mapping[str, Any], *, allow_files: bool = False) -> dict[str, Any]:
    """The answer to one record, or its error object; never raises for what a record can hold.

    Keys: `id` (given back), `command` (default "vjp"), `expr`, `inputs` {name: nested lists, a number or tensor text},
    and every option of the command by its field's name (`v`, `wrt`, `dtype`, ...).

    A record may be anybody's: it reads no standard input, and files only with `allow_files`, in the working directory
    and below.
    """
    return answer_with_verdict(record, allow_files)[0]


def answer_with_verdict(record: Mapping[str, Any], allow_files: bool = False) -> tuple[dict[str, Any], bool]:
    """The answer, and whether it is good: answered, and no check failed."""
    from gradcli.render import as_json  # NumPy and the renderer, which asking for the function alone does not need
    from gradcli.render.error import as_object, defect_object
    from gradcli.render.translation import speech
    from gradcli.report import disagrees
    from gradcli.tensors.files import reaching

    speak = speech(language_of(record))
    own_id = {"id": record["id"]} if isinstance(record, Mapping) and "id" in record else {}
    try:
        command, request = question_of(record)
        with reaching("working directory" if allow_files else "nothing"):
            parts = tuple(command.run(request))
        return {**own_id, **as_json.as_object(parts, speak)}, not any(map(disagrees, parts))
    except GradcliError as error:
        refused = as_object(_excerpt(error, record), speak)
    except (OSError, MemoryError, RecursionError) as error:
        refused = as_object(refusal(error), speak)
    except Exception as error:
        refused = defect_object(error, speak)
    return {**own_id, **refused}, False


def _excerpt(error: GradcliError, record: Mapping[str, Any]) -> GradcliError:
    """The error with no more of a file's text than its place needs; the text of a record its author knows."""
    text = record.get("expr") if isinstance(record, Mapping) else None
    if error.source is None or not (isinstance(text, str) and text.startswith("@")):
        return error
    if error.span is None:
        error.source = None
        return error
    start = max(error.source.rfind("\n", 0, error.span.start) + 1, error.span.start - _BESIDE)
    line_end = error.source.find("\n", error.span.start)
    end = min(len(error.source) if line_end < 0 else line_end, error.span.start + 2 * _BESIDE)
    error.span = Span(error.span.start - start, max(min(error.span.end, end), error.span.start) - start)
    error.source = error.source[start:end]
    return error


_BESIDE = 40
"""So many characters of a file stand on the left of a mistake, and twice as many from there on."""


def language_of(record: object) -> str:
    """What a record asks to be answered in, be the rest of it understood or not; never what the environment says."""
    language = record.get("lang") if isinstance(record, Mapping) else None
    return language if language in LANGUAGES else "en"


def question_of(record: Mapping[str, Any]) -> tuple[Command, Request]:
    """The question of a record.

    Raises GradcliError where a key is unknown, missing or does not hold what it should.
    """
    if not isinstance(record, Mapping):
        raise fault("record", N_("a record is an object with the key expr, not {value}"), value=_short(record))
    command = _command(record.get("command", "vjp"))
    options = (*(name for name in command.options if name not in _NOT_A_RECORDS), "lang")
    for key in record:
        if key not in options and key not in _OWN_KEYS:
            near = nearest(str(key), [*_OWN_KEYS, *options])
            raise fault(
                "record",
                N_("{command} takes no key {key}"),
                hint=None if near is None else N_("did you mean  {near} ?"),
                command=command.name,
                key=_short(key),
                near=near,
            )
    inputs, expression = _inputs(record.get("inputs")), _expression(record, command)
    typed = {name: record[name] for name in options if record.get(name) is not None}
    values = read_options(REQUEST_OPTIONS | DISPLAY_OPTIONS, typed)
    values.pop("lang", None)  # no part of the question
    return command, Request(expression, command.name, inputs, **values)


def _command(name: Any) -> Command:
    if not isinstance(name, str) or name not in COMMANDS:
        near = nearest(str(name), COMMANDS)
        raise fault(
            "record",
            N_("there is no command {name}"),
            hint=N_("the commands are {commands}") if near is None else N_("did you mean  {near} ?"),
            name=_short(name),
            near=near,
            commands=", ".join(COMMANDS),
        )
    return COMMANDS[name]


def _expression(record: Mapping[str, Any], command: Command) -> str:
    text = record.get("expr")
    if text is None and not command.required:
        return ""
    if not isinstance(text, str):
        sentence = N_("the record has no expr") if text is None else N_("expr is a text, not {value}")
        raise fault("record", sentence, hint=N_('write  "expr": "x**2"'), value=_short(text))
    return text


def _inputs(inputs: Any) -> dict[str, Any]:
    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping):
        raise fault(
            "record",
            N_("inputs is an object of tensors by name, not {value}"),
            hint=N_('write  "inputs": {{"x": [1, 2]}}'),
            value=_short(inputs),
        )
    return dict(inputs)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
