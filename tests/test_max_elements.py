"""Sizes that are refused before anything is allocated, the option that allows them, one side without the other, where
PyTorch computes, and what a large tensor does not cost."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gradcli
from gradcli.commands import COMMANDS
from gradcli.compare import LARGE_PRODUCT
from gradcli.message import Exit, GradcliError
from gradcli.numeric.autograd import computing
from gradcli.render.text import lines_of
from gradcli.report import Closed, Compared, Equivalence, Report
from gradcli.shapes import MOST, allowed, allowing, needed

MEGABYTE = 2**20


@contextmanager
def little_memory(most: int = 4 * MEGABYTE) -> Iterator[None]:
    """The block takes at most so many bytes; NumPy's arrays count."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def ask(expression: str, x: Any, **options: Any) -> Any:
    return gradcli.vjp(expression, {"x": x}, **options)


# --- limits -----------------------------------------------------------------------------------------------------------


def header_of(shape: tuple[int, ...]) -> bytes:
    """A .npy file that promises a tensor and holds none."""
    content = BytesIO()
    np.lib.format.write_array_header_1_0(content, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return content.getvalue()


@pytest.mark.parametrize(
    "expression, x",
    [
        ("x", f"ones:{MOST + 1}"),
        ("x", "eye:100000"),
        ("x", "arange:1e15"),
        ("x", "linspace:0:1:1000000000"),
        ("x", "randn:100000x100000"),
        ("x", "ones(100000, 100000)"),
        ("x", "@huge.npy"),
        ("x + eye(100000)", "1"),
        ("outer(x, x)", "ones:20000"),
        ("x.reshape(20000, 1) + x", "ones:20000"),
        ("x.expand(30000, 20000)", "ones:20000"),
        ("kron(x, x)", "ones:200x200"),
    ],
)
def test_a_size_that_is_refused_allocates_nothing(
    expression: str, x: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("huge.npy").write_bytes(header_of((MOST + 1,)))
    gradcli.vjp("x", {"x": 1})  # what is imported is not counted
    with little_memory(), pytest.raises(GradcliError) as raised:
        ask(expression, x)
    assert raised.value.exit_status == Exit.LIMIT
    assert "--max-elements" in str(raised.value.hint)


def test_the_memory_of_a_size_that_is_allowed_is_seen() -> None:
    with pytest.raises(AssertionError), little_memory():
        ask("x", "ones:1000000", symbolic_only=True)


def test_max_elements_lowers_and_raises_the_limit() -> None:
    with pytest.raises(GradcliError, match="x would be 11, which is 11 entries; the limit is 10") as raised:
        ask("x", "ones:11", max_elements=10)
    assert str(raised.value.hint).endswith("--max-elements 11")
    assert ask("x", "ones:11", max_elements=11).of(Compared)[0].agrees
    with pytest.raises(GradcliError, match="outer would have 121 entries, more than 22") as raised:
        ask("outer(x, x)", "ones:11", max_elements=11)
    assert str(raised.value.hint).endswith("--max-elements 61")
    assert ask("outer(x, x)", "ones:11", max_elements=61).of(Compared)[0].agrees


def test_a_raised_limit_ends_with_its_question() -> None:
    parts = COMMANDS["vjp"].run(gradcli.request.Request("x", inputs={"x": "ones:3"}, max_elements=2 * MOST))
    next(parts)
    assert allowed(MOST) == MOST
    with allowing(7):
        assert (allowed(MOST), allowed(2 * MOST)) == (7, 14)
    assert allowed(MOST) == MOST


@pytest.mark.parametrize("elements, limit", [(1, MOST), (MOST + 1, MOST), (10**9, 2 * MOST), (10**12 + 7, 8 * MOST)])
def test_what_a_hint_allows_is_enough_and_no_less_is(elements: int, limit: int) -> None:
    with allowing(needed(elements, limit)):
        assert allowed(limit) >= elements
    with allowing(needed(elements, limit) - 1):
        assert allowed(limit) < elements


# --- one side without the other ---------------------------------------------------------------------------------------

NUMERIC = {
    "vjp": ("x**2", {}), "jvp": ("x**2", {"t": "1,2"}), "jacobian": ("x**2", {}), "grad": ("sum(x**3)", {}),
    "hessian": ("sum(x**3)", {}), "hvp": ("sum(x**3)", {"t": "1,2"}), "backward": ("x**2", {"calls": 2}),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMERIC)
def test_numeric_only_gives_the_same_numbers_and_no_formula(name: str) -> None:
    expression, options = NUMERIC[name]
    whole, alone = (
        getattr(gradcli, name)(expression, {"x": [1.0, 2.0]}, numeric_only=only, **options) for only in (False, True)
    )
    for both, one in zip(whole.of(Compared), alone.of(Compared), strict=True):
        assert np.array_equal(both.pytorch, one.pytorch) and both.agrees is True
        assert (one.symbolic, one.agrees) == (None, None) and "nothing was compared" in str(one.reason)
    assert all(part.jacobian is None and part.vjp is None for part in alone.of(Closed))


def test_numeric_only_and_symbolic_only_are_refused_together() -> None:
    with pytest.raises(GradcliError, match="leave nothing to show"):
        ask("x", "1", symbolic_only=True, numeric_only=True)


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if "symbolic_only" in command.options])
def test_every_command_that_leaves_one_side_out_can_leave_out_the_other(name: str) -> None:
    assert {"numeric_only", "device", "max_elements"} <= set(COMMANDS[name].options)


# --- where PyTorch computes -------------------------------------------------------------------------------------------


def test_a_device_that_pytorch_lacks_is_told_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(GradcliError, match="cannot compute on cuda here: this PyTorch is built without CUDA"):
        ask("x", "@no_such_file.npy", device="cuda")
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    with pytest.raises(GradcliError, match="cannot compute on cuda here: it finds no device"):
        ask("x", "1", device="cuda")
    assert ask("x**2", "3", device="cuda", symbolic_only=True).of(Compared)[0].symbolic == 6.0


def test_every_tensor_that_is_made_is_on_the_device() -> None:
    with computing("float32", "meta"):  # PyTorch's device without memory, which every PyTorch has
        made = (torch.tensor(1.0), torch.eye(2), torch.arange(3), torch.zeros(2), torch.ones_like(torch.eye(2)))
        assert {t.device.type for t in made} == {"meta"}
    assert torch.eye(2).device.type == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("name", NUMERIC)
def test_a_gpu_gives_the_numbers_of_the_processor(name: str) -> None:
    expression, options = NUMERIC[name]
    report = getattr(gradcli, name)(expression, {"x": [1.0, 2.0]}, device="cuda", **options)
    assert all(part.agrees for part in report.of(Compared))


# --- what large tensors cost ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [5_000, 50_000])
@pytest.mark.parametrize("text", ["(x+1)**2", "softmax(x, dim=0)", "cumsum(x, dim=0)", "flip(x, 0)*x"])
def test_a_long_vector_never_has_its_jacobian_built(text: str, n: int) -> None:
    ask(text, "linspace:-1:1:10")  # what is imported is not counted
    with little_memory(most=60 * 8 * n + 4 * MEGABYTE):
        assert ask(text, f"linspace:-1:1:{n}").of(Compared)[0].agrees


def shown(report: Report) -> list[str]:
    return [" ".join(line.text.split()) for lines in lines_of(report.parts) for line in lines]


def test_a_million_elements_are_compared_on_both_sides_and_shown_truncated() -> None:
    report = ask("sin(x)*x", "linspace:-3:3:1000000", v="ones")
    (verdict,) = report.of(Compared)
    assert verdict.agrees is True and verdict.jacobian_checked is True and verdict.symbolic.size == 1_000_000
    assert report.of(Equivalence)[0].max_abs_diff == 0.0
    assert len(shown(report)) < 60 and max(map(len, shown(report))) < 200


def test_a_product_too_large_to_be_built_twice_is_still_checked() -> None:
    n = int(LARGE_PRODUCT**0.5)
    report = gradcli.vjp("A @ B", {"A": f"randn:{n}x{n}", "B": f"randn:{n}x{n}"}, v="ones")
    assert "A.grad = v @ B.T and B.grad = A.T @ v: the matrix rule, checked here" in " ".join(shown(report))
