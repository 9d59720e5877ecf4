"""`gradcli explain TOPIC | "pasted PyTorch error"`: a page, with its examples asked and answered on the spot."""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.commands.live_examples import LONG, SHORT, answered
from gradcli.explain.page import Answers, Topic
from gradcli.explain.pytorch_errors import recognised
from gradcli.explain.topics import TOPICS, topic
from gradcli.message import N_, GradcliError, Message, fault, nearest
from gradcli.report import Part
from gradcli.report.exhibits import Item, Listing, Page, Paragraph
from gradcli.request import Request


def run(request: Request) -> Iterator[Part]:
    """The list of topics, or one page."""
    word = request.expression.strip()
    if not word:
        yield Listing("topics", tuple(Item(t.name, Message(t.title)) for t in TOPICS))
        return
    found = topic(word) or recognised(word)
    if found is None:
        raise _unknown(word)
    yield from _page(found)


def _page(page: Topic) -> Iterator[Part]:
    yield Page(page.name, Message(page.title))
    yield from (Paragraph(said) for said in page.said)
    examples = []
    for one in page.asks:
        example = answered(one.request, LONG if one.explained else SHORT)
        examples.append(example.parts)
        if one.shown:
            yield example
    yield from (Paragraph(said) for said in page.then(Answers(examples)))


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
