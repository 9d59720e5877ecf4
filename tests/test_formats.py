"""The list of formats: what can be asked for is what can be written, and an answer is said block by block."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
import sample

import gradcli
from gradcli.render import number_files, text
from gradcli.render.answer import blocks_of
from gradcli.render.formats import FORMATS, NUMBER_FILES, SUFFIXES, Look, document
from gradcli.report import Part, disagrees
from gradcli.request import Display, Request

PARTS = tuple(sample.parts(Request("(x+1)**2")))


def test_the_formats_that_are_offered_are_those_that_are_written() -> None:
    (offered,) = (field.metadata["choices"] for field in fields(Display) if field.name == "format")
    assert offered == tuple(FORMATS)
    assert set(NUMBER_FILES) == set(number_files.WRITERS)


def test_no_suffix_stands_for_two_formats() -> None:
    assert len(SUFFIXES) == len(FORMATS) + len(NUMBER_FILES)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_writes_a_whole_answer(name: str) -> None:
    assert "x" in document(name, PARTS, Look())


def test_a_block_is_there_before_the_next_part_is_known() -> None:
    known: list[Part] = []

    def parts() -> Any:
        for part in PARTS:
            known.append(part)
            yield part

    lines = text.lines_of(parts())
    next(lines)
    assert len(known) == 1


def test_the_words_of_an_answer_are_its_commands() -> None:
    headings = [str(block.text) for block in blocks_of(PARTS) if type(block).__name__ == "Heading"]
    assert headings[:2] == ["Jacobian of y by x", "What y.backward(v) leaves in x.grad"]


def test_a_checked_jacobian_has_its_own_name_in_latex() -> None:
    answer = gradcli.check("A @ x", {"A": [[1, 2], [3, 4]], "x": [1, 2]}, wrt="x", of="jacobian", answer="A")
    assert r"\frac{\partial y}{\partial x} &= \begin{pmatrix}" in document("latex", answer.parts, Look())


def test_the_sample_holds_no_failed_check() -> None:
    assert not any(map(disagrees, PARTS))
