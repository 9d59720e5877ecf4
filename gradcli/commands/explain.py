"""`gradcli explain TOPIC | "pasted PyTorch error"`: a page, with its examples asked and answered on the spot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

import numpy as np

from gradcli.explain.page import Topic
from gradcli.explain.pytorch_errors import page_for
from gradcli.explain.slots import number
from gradcli.explain.topics import TOPICS, topic
from gradcli.message import N_, GradcliError, Message, fault, nearest
from gradcli.report import Array, Closed, Compared, Equivalence, Note, Part, Question, Weights, numbers_of
from gradcli.report.exhibits import Example, Item, Listing, Page, Paragraph
from gradcli.request import Request
from gradcli.shell_line import quote

SHOWN = (Question, Closed, Weights, Compared)
"""The kinds of parts that an example shows."""
EXPLAINED = (Equivalence, Note)
"""Those of an example that is there for its explanation."""


def run(request: Request) -> Iterator[Part]:
    """The list of topics, or one page."""
    word = request.expression.strip()
    if not word:
        yield Listing("topics", tuple(Item(t.name, Message(t.title)) for t in TOPICS))
        return
    page = topic(word) or page_for(word)
    if page is None:
        raise _unknown(word)
    yield from _page(page)


def _page(page: Topic) -> Iterator[Part]:
    yield Page(page.name, Message(page.title))
    yield from (Paragraph(text if isinstance(text, Message) else Message(text)) for text in page.paragraphs)
    grads = []
    for question in page.asks:
        example = example_of(question.request, question.explained)
        grads.append(numbers_of(part for part in example.parts if isinstance(part, Compared)))
        if question.shown:
            yield example
    if page.conclusion is not None:
        yield Paragraph(page.conclusion(grads))


def _unknown(word: str) -> GradcliError:
    names = {name: t.name for t in TOPICS for name in (t.name, *t.aliases)}
    near = nearest(word.lower(), names)
    return fault(
        "name",
        N_("{word} is no topic and no message of PyTorch's that is known"),
        hint=N_("did you mean  gradcli explain {near} ?") if near else N_("gradcli explain  lists the topics"),
        word=word if len(word) <= 60 else word[:57] + "...",
        near=names[near] if near else "",
    )


# An example


def example_of(request: Request, explained: bool = False) -> Example:
    """The question with the parts of its answer that matter here; of another command than vjp, all but its notes."""
    from gradcli.commands import COMMANDS  # which lists the commands that use this

    wanted = (*SHOWN, *(EXPLAINED if explained else ())) if request.command == "vjp" else object
    parts = [part for part in COMMANDS[request.command].run(request) if isinstance(part, wanted)]
    return Example(line(request), tuple(_brief(part) for part in parts if explained or not isinstance(part, Note)))


def _brief(part: Part) -> Part:
    """A closed form without its entries one by one: the formula is what the page is about."""
    if isinstance(part, Closed) and part.jacobian is not None:
        return replace(part, jacobian=replace(part.jacobian, entries=None))
    return part


def line(request: Request) -> str:
    """The command line that asks this."""
    return " ".join(("gradcli", request.command, quote(request.expression), *_inputs(request), *_options(request)))


def _inputs(request: Request) -> Iterator[str]:
    for name, value in request.inputs.items():
        yield f"--{name} {quote(value if isinstance(value, str) else tensor_text(np.asarray(value)))}"


def _options(request: Request) -> Iterator[str]:
    for option in fields(request):
        value = getattr(request, option.name)
        if "help" not in option.metadata or value == option.default:
            continue
        flag = "--" + option.name.replace("_", "-")
        if value is True:
            yield flag
        elif isinstance(value, Mapping):
            yield from (f"{flag} {quote(f'{name}={text}')}" for name, text in value.items())
        else:
            yield f"{flag} {quote(','.join(value) if isinstance(value, tuple) else str(value))}"


def tensor_text(array: Array) -> str:
    """A tensor as it is typed: `3`, `1,2`, `1,2:3,4`, nested lists beyond."""
    if array.ndim == 0:
        return number(array)
    if array.ndim == 1 and array.size > 1:
        return ",".join(map(number, array))
    if array.ndim == 2 and array.shape[1] > 1:
        return ":".join(",".join(map(number, row)) for row in array)
    return str(array.tolist()).replace(" ", "")
