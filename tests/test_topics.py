"""`gradcli explain`: every topic and every message of PyTorch's has a page whose numbers were computed for it."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from gradcli.commands.explain import run
from gradcli.explain.pytorch_errors import KNOWN, page_for
from gradcli.explain.topics import TOPICS, topic
from gradcli.message import GradcliError
from gradcli.render.as_json import as_object
from gradcli.report import Part, disagrees
from gradcli.report.exhibits import Example, Listing, Page, Paragraph
from gradcli.request import Request
from gradcli.schema import report_schema

VALID = Draft202012Validator(report_schema())


def page(word: str) -> tuple[Part, ...]:
    return tuple(run(Request(word, "explain")))


def paragraphs(word: str) -> str:
    return " ".join(str(part.text) for part in page(word) if isinstance(part, Paragraph))


@pytest.mark.parametrize("word", [*(t.name for t in TOPICS), *(known.text for known in KNOWN)])
def test_every_page_has_prose_and_an_example_that_agrees(word: str) -> None:
    parts = page(word)
    assert isinstance(parts[0], Page)
    assert any(isinstance(part, Paragraph) for part in parts)
    assert any(isinstance(part, Example) for part in parts)
    assert not any(map(disagrees, parts))
    VALID.validate(json.loads(json.dumps(as_object(parts), allow_nan=False)))


def test_no_two_topics_answer_to_one_word() -> None:
    words = [word for t in TOPICS for word in (t.name, *t.aliases)]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    ("word", "numbers"),
    [
        ("weights", "[2, 40, 600]"),
        ("sum", "[12, 24]"),
        ("softmax", "[0.11318, -0.11318]"),
        ("broadcasting", "[5, 7, 9]"),
        ("kinks", "abs 0, relu 0, maximum(x, 0) 0.5, clamp(x, min=0) 1, norm [0, 0]"),
        ("kinks", "[nan, nan]"),
        ("leaf", "[3, 6]"),
    ],
)
def test_the_numbers_of_a_page(word: str, numbers: str) -> None:
    assert numbers in paragraphs(word)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("RuntimeError: grad can be implicitly created only for scalar outputs", "error-implicit"),
        (
            "RuntimeError: Mismatch in shape: grad_output[0] has a shape of torch.Size([4, 5]) and output[0] has a "
            "shape of torch.Size([5, 5]).",
            "error-mismatch",
        ),
        (
            "Trying to backward through the graph a second time (or directly access saved tensors after they have "
            "already been "
            "freed). Saved intermediate values of the graph are freed",
            "error-second-time",
        ),
        ("Only Tensors of floating point and complex dtype can require gradients", "error-floating"),
        ("element 0 of tensors does not require grad and does not have a grad_fn", "error-no-grad"),
        ("element 3 of tensors does not require grad and does not have a grad_fn", "error-no-grad"),
        ("a leaf Variable that requires grad is being used in an in-place operation.", "error-leaf-in-place"),
        ("a leaf Variable that requires grad has been used in an in-place operation.", "error-leaf-in-place"),
        ("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", "error-matmul"),
        (
            "UserWarning: The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
            "attribute won't "
            "be populated during autograd.backward().",
            "error-non-leaf",
        ),
        (
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            "[torch.DoubleTensor "
            "[3]] is at version 1; expected version 0 instead.",
            "error-in-place",
        ),
        ("grad can be implicity created only for scaler output", "error-implicit"),
    ],
)
def test_a_pasted_message_is_recognised(text: str, name: str) -> None:
    found = page_for(text)
    assert found is not None
    assert found.name == name


def test_the_shapes_of_a_message_are_in_its_page() -> None:
    parts = page("mat1 and mat2 shapes cannot be multiplied (2x5 and 4x5)")
    example = next(part for part in parts if isinstance(part, Example))
    assert example.line == 'gradcli vjp "x @ w.T" --x ones:2x5 --w ones:4x5 --v ones'
    assert "2×5" in paragraphs("mat1 and mat2 shapes cannot be multiplied (2x5 and 4x5)")


def test_what_is_neither_is_refused_with_the_nearest_topic() -> None:
    with pytest.raises(GradcliError) as told:
        page("wieghts")
    assert "gradcli explain weights" in str(told.value.hint)
    with pytest.raises(GradcliError):
        page("the weather in Paris in the spring of this year")


def test_without_a_word_the_topics_are_listed() -> None:
    (listing,) = page("")
    assert isinstance(listing, Listing)
    assert all(topic(item.name) is not None for item in listing.items)
    VALID.validate(as_object([listing]))
