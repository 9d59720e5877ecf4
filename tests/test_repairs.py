"""A repair that is offered can be pasted: put in the place of what was wrong, it is understood."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex

import pytest
from golden.transcripts import FOLDER, stored

from gradcli.cli.entry import run

OFFERS = (
    r"did you mean\s+(?P<one>.*) \?",
    r"write (?P<one>.*) or (?P<other>.*)",
    r"leave (it|the call) out: (?P<one>.+)",
    r"gradcli differentiates the expression itself: (?P<one>.+)",
    r"write only the expression itself: (?P<one>.+)",
    r"write only (?P<one>y = .+)",
    r"an entry is read with square brackets, counted from 0: (?P<one>.+)",
    r"write (?P<one>.+) for a product, (?P<other>.+) for a power",
    r"write  (?P<one>gradcli .+|--\w+ .+)",
)
"""The hints that hold a text to paste; the others say in words what to do."""

IN_WORDS = {"unknown-parameter", "bare-eye", "file-without-at", "for-loop", "tensor-of-variables"}
"""Repairs of a part, and those that say in words what to do."""

WRONG = {path.stem: command for path, command in stored().items() if path.parent == FOLDER / "errors"}


def said(words: list[str]) -> tuple[int, str]:
    """The exit status and what was printed, as JSON where the command knows it."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        status = run(words)
    return int(status), out.getvalue()


def offered(hint: str) -> list[str]:
    """The texts that a hint offers for pasting."""
    for offer in OFFERS:
        if found := re.fullmatch(offer, hint):
            return [text.strip() for text in found.groupdict().values() if text]
    return []


def pasted(words: list[str], error: dict, text: str) -> list[str]:
    """The command line with the repair in it."""
    if text.startswith("gradcli "):
        return shlex.split(text.removesuffix(" --format json"))[1:]
    source, span = error["source"], error["span"]
    if source is not None and not source.startswith("gradcli "):  # the expression, or a tensor's text
        place = next(at for at, word in enumerate(words) if word.strip() == source.strip())
        new = shlex.split(text)[0] if text.startswith('"') else text
        return [*words[:place], new, *words[place + 1 :]]
    if source is None:  # an option's value: --v onez
        place = words.index(text.split()[0])
        return [*words[:place], *text.split(), *words[place + 2 :]]
    before, after = shlex.split(source[: span[0]])[1:], shlex.split(source[span[1] : -len(" --format json")])
    given = text.split()[0]
    if given in before:  # --x [1, 2]: the words from the option on are one value
        before, after = before[: before.index(given)], [word for word in after if word.startswith("--")]
    elif after and not after[0].startswith("--"):
        after = after[1:] if text.startswith("--") else after[2:]
    return [*before, *shlex.split(text), *after]


REPAIRS = []
for _name, _command in WRONG.items():
    _error = json.loads(said([*shlex.split(_command), "--format", "json"])[1] or "{}").get("error")
    if _error and _error["hint"] and _name not in IN_WORDS:
        REPAIRS += [(_name, _error, text) for text in offered(_error["hint"])]


@pytest.mark.parametrize(("name", "error", "text"), REPAIRS, ids=[f"{name}-{text}" for name, _, text in REPAIRS])
def test_a_repair_that_is_pasted_is_understood(name: str, error: dict, text: str) -> None:
    words = pasted(shlex.split(WRONG[name]), error, text)
    lighter = [] if words[0] == "check" else ["--symbolic-only"]  # a check asks PyTorch
    words = words if words[-1] in ("--help", "json") else [*words, *lighter, "--format", "json"]
    status, answer = said(words)
    assert status == 0, (words, answer)


def test_most_wrong_inputs_have_a_repair_to_paste() -> None:
    assert len({name for name, _, _ in REPAIRS}) > len(WRONG) / 2


def test_a_repair_that_is_wrong_is_noticed() -> None:
    name, error, _ = next(repair for repair in REPAIRS if repair[0] == "inner-sizes")
    assert said(pasted(shlex.split(WRONG[name]), error, "x @ w"))[0] == 2


@pytest.mark.parametrize(("expression", "note"), [
    ("max(x, 0)", "max(x, 0) is taken along dim=0, as in PyTorch; entry by entry it is maximum(x, 0)"),
    ("A**-1", "A**-1 is taken entry by entry, as 1/A; the inverse of a matrix is inv(A)"),
    ("A⁻¹", "A⁻¹ is taken entry by entry, as 1/A; the inverse of a matrix is inv(A)"),
    ("2x", "2x was read as 2*x"),
])  # fmt: skip
def test_what_is_taken_otherwise_than_it_looks_is_noted(expression: str, note: str) -> None:
    name = "A" if "A" in expression else "x"
    words = ["vjp", expression, f"{name}=2,1:1,3", "--v", "ones", "--symbolic-only", "--format", "json"]
    assert note in [warning["text"] for warning in json.loads(said(words)[1])["warnings"]]
