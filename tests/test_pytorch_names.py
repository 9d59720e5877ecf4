"""Every name of the operations table means what PyTorch means by it: bare, with each module that PyTorch has it in, and
as a method. The texts are drawn from the parameters and from PyTorch's own signatures (see `torch_calls`); a sample of
each name's here, all of them by `python -m tests.torch_calls`."""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Iterator

import pytest
import torch

from gradcli.ops import ROWS
from tests.torch_calls import Call, calls, difference, homes

SAMPLE = 24
"""Calls of each name."""

DELIBERATE: list[tuple[str, str, str]] = [
    # the call, what is found, why it is so
    (
        r".*",
        r"PyTorch has no such name",
        "a function of torch.nn.functional and torch.special may be a method here, and some have a second name",
    ),
    (r"where\(", r"a boolean tensor", "a condition is any tensor: it holds where it is not 0"),
    (
        r"floor_divide|\.solve\(|solve\(",
        r"PyTorch refuses: (derivative|This function)",
        "div(rounding_mode='floor') and linalg.solve are the same functions, and can be differentiated",
    ),
    (
        r"soft_margin_loss",
        r"not differentiable with respect to argument 'target'",
        "the same formula is differentiated in the target, as it can be",
    ),
    (r"logsumexp\(.*\(\)", r"broadcast shape", "PyTorch's own rule for dim=() fails"),
    (r"layer_norm\(.*\(\)", r"at least 1-dimensional", "() stands for the last axis, where layer_norm(x) is written"),
    (
        r"^(kl_div|binary_cross_entropy_with_logits)\(",
        r"shape|value",
        "the bare name is that of torch.nn.functional, not the inner one",
    ),
    (r"one_hot", r"Class values must be smaller", "the numbers decide: PyTorch's own sentence is the refusal"),
    (r"cosine_similarity.*0", r"value is nan", "eps=0 of empty vectors: 0/0, where PyTorch takes 0"),
    (
        r"(var|std)\(.*(correction=|ddof=|, )(-1|2)\b",
        r"nan|inf|\.grad is|value is 0",
        "n - correction is not a count of anything here: it is 0 or less, or of no entries",
    ),
]


NAMES = [name for row in ROWS for name in (row.name, *row.aliases)]


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    torch.set_default_dtype(before)


def _sample(name: str, seed: int, most: int) -> list[Call]:
    drawn = [call for call in calls(name) if call.theirs is not None or not homes(name)]
    random.Random(f"{name}{seed}").shuffle(drawn)
    return drawn[:most]


def _deliberate(call: Call, found: str) -> bool:
    return any(re.search(text, str(call)) and re.search(what, found) for text, what, _ in DELIBERATE)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_means_what_pytorch_means_by_it(name: str) -> None:
    for call in _sample(name, 1, SAMPLE):
        found = difference(call)
        assert found is None or _deliberate(call, found), f"{call}: {found}"


@pytest.mark.parametrize("name", NAMES[::2])
def test_the_formula_of_the_gradient_is_pytorchs_too(name: str) -> None:
    for call in _sample(name, 2, 2):
        found = difference(call, symbolic=True)
        assert found is None or _deliberate(call, found) or ".grad" not in found, f"{call}: {found}"


@pytest.mark.parametrize(
    "text, theirs, shapes",
    [
        ("torch.cross(x, y)", "torch.linalg.cross(x, y)", ((3, 3), (3, 3))),
        ("diag_embed(x)", "torch.diag(x)", ((3, 3),)),
        ("torch.sum(x, dim=1)", "torch.sum(x, dim=0)", ((3, 3),)),
    ],
)
def test_another_meaning_would_be_seen(text: str, theirs: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    assert difference(Call(text.split("(")[0].split(".")[-1], text, theirs, shapes)) is not None
