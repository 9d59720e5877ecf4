"""`gradcli functions`: what it says of a row is derived, and its example was run."""

from __future__ import annotations

import json

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from gradcli.commands.functions import run
from gradcli.message import GradcliError
from gradcli.ops import ROWS, SPELLED, TABLE, foreign_names
from gradcli.ops.row import Row
from gradcli.render.as_json import as_object
from gradcli.report import Closed, Compared, Part, disagrees
from gradcli.report.exhibits import Example, Function, Listing
from gradcli.request import Request
from gradcli.schema import report_schema

VALID = Draft202012Validator(report_schema())


def page(name: str) -> tuple[Part, ...]:
    return tuple(run(Request(name, "functions")))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_has_a_page_whose_example_runs_and_agrees(row: Row) -> None:
    parts = page(row.name)
    function = parts[0]
    assert isinstance(function, Function)
    assert function.shapes or function.value is not None
    if row.differentiable and function.shapes:
        example = parts[1]
        assert isinstance(example, Example)
        assert any(isinstance(part, Closed) and part.jacobian is not None for part in example.parts)
    assert not any(map(disagrees, parts))
    VALID.validate(json.loads(json.dumps(as_object(parts), allow_nan=False)))


def test_the_derivative_is_the_engine_s() -> None:
    example = page("softmax")[1]
    assert isinstance(example, Example)
    closed = next(part for part in example.parts if isinstance(part, Closed))
    assert closed.jacobian is not None
    assert closed.jacobian.formula == "s[i]*(delta(i,m) - s[m])"
    compared = next(part for part in example.parts if isinstance(part, Compared))
    assert compared.pytorch is not None
    assert abs(float(np.sum(compared.pytorch))) < 1e-12


def test_an_alias_names_its_row_and_a_slip_is_repaired() -> None:
    function = page("torch.subtract")[0]
    assert isinstance(function, Function)
    assert function.name == "sub"
    with pytest.raises(GradcliError) as told:
        page("sofmax")
    assert "softmax" in str(told.value.hint)


def test_the_list_has_every_row_once() -> None:
    (listing,) = page("")
    assert isinstance(listing, Listing)
    assert [item.name for item in listing.items] == list(TABLE)
    VALID.validate(as_object([listing]))


def test_no_name_of_another_library_is_a_function_here() -> None:
    assert not SPELLED.keys() & {*foreign_names.RENAMED, *foreign_names.REWRITTEN}
