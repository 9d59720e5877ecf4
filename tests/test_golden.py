"""What a person sees: each stored transcript is what the command prints today."""

from __future__ import annotations

import pytest
from golden.transcripts import FOLDER, seen, stored

FILES = stored()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_the_transcript_is_what_is_printed(path) -> None:
    assert seen(FILES[path]) == path.read_text()


def test_a_changed_line_is_noticed() -> None:
    path = FOLDER / "first.txt"
    assert seen(FILES[path]) != path.read_text().replace("diagonal", "dense")


def test_every_stored_file_belongs_to_a_command() -> None:
    assert set(FOLDER.rglob("*.txt")) == set(FILES)
