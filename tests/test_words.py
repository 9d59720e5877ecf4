"""The words that rows are written in: what their Protocols promise is what the symbolic room has."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, getattr_static, isfunction, signature
from typing import Any

import pytest

from gradcli.ops.words import ScalarWords, Words
from gradcli.symbolic.calls import Scalars
from gradcli.symbolic.vocabulary import Builder

INSIDE = {"letter", "entrywise"}
"""What the symbolic room keeps to itself."""


def vocabulary(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    return [p for p in signature(function).parameters.values() if p.name != "self"]


both = pytest.mark.parametrize(("protocol", "kind"), [(Words, Builder), (ScalarWords, Scalars)])


@both
def test_every_word_is_promised_and_every_promise_is_a_word(protocol: type, kind: type) -> None:
    assert vocabulary(kind) - INSIDE == vocabulary(protocol)


@both
def test_a_word_takes_what_it_promises_to_take(protocol: type, kind: type) -> None:
    words = [(getattr_static(protocol, name), getattr(kind, name)) for name in vocabulary(protocol)]
    functions = [(promised, word) for promised, word in words if isfunction(promised) and isfunction(word)]
    assert len(functions) > 5
    for promised, word in functions:
        for wanted, taken in zip(parameters(promised), parameters(word), strict=False):
            assert wanted.kind is Parameter.POSITIONAL_ONLY or wanted.name == taken.name, promised
            assert wanted.default == taken.default, promised
        assert all(p.default is not Parameter.empty for p in parameters(word)[len(parameters(promised)) :]), promised


@both
def test_every_word_says_what_it_means(protocol: type, kind: type) -> None:
    assert all(getattr_static(protocol, name).__doc__ for name in vocabulary(protocol))
