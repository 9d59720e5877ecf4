"""`gradcli explain TOPIC | "pasted PyTorch error"`: a page, with its examples asked and answered on the spot."""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.commands.live_examples import LONG, SHORT, example_of
from gradcli.explain.page import Answers, Topic
from gradcli.explain.pytorch_errors import page_for
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
    page = topic(word) or page_for(word)
    if page is None:
        raise _unknown(word)
    yield from _page(page)


def _page(page: Topic) -> Iterator[Part]:
    yield Page(page.name, Message(page.title))
    yield from (Paragraph(text if isinstance(text, Message) else Message(text)) for text in page.paragraphs)
    examples = []
    for question in page.asks:
        example = example_of(question.request, LONG if question.explained else SHORT)
        examples.append(example.parts)
        if question.shown:
            yield example
    if page.conclusion is not None:
        yield Paragraph(page.conclusion.about(Answers(examples)))


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
