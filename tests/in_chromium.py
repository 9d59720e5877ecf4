"""Pages in a real browser, on demand: `pytest -n 0 tests/in_chromium.py`. The pictures lie in the folder it names."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from matplotlib.image import imread
from pages import Page
from test_html import COMMAND_LINES, page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


def chromium(*arguments: str) -> str:
    """What the browser writes of it."""
    assert CHROMIUM is not None
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=900,1400")
    return subprocess.run([CHROMIUM, *options, *arguments], capture_output=True, text=True, timeout=120).stdout


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", COMMAND_LINES)
def test_a_browser_mends_nothing_and_shows_the_page(command: str, language: str, tmp_path: Path) -> None:
    file, picture = tmp_path / "page.html", tmp_path / f"{command}-{language}.png"
    file.write_text(page(f"{COMMAND_LINES[command]} --lang {language}"), encoding="utf-8")
    ours, theirs = (Counter(Page.read(text).tags) for text in (file.read_text(), chromium("--dump-dom", file.as_uri())))
    del theirs["tbody"]  # which a browser adds to every table
    assert theirs == ours
    chromium(f"--screenshot={picture}", file.as_uri())
    assert len({tuple(colour) for colour in imread(picture).reshape(-1, 4)[::7]}) > 10
