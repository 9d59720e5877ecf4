"""`--layout` is how a Jacobian lies in every way out: the denominator's is the numerator's with the axes exchanged."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formula_text import Reading, evaluated, indices_of, read
from programs import Drawn, program

import gradcli
from gradcli.cli.entry import run
from gradcli.commands import COMMANDS
from gradcli.program import trace, values_of
from gradcli.render import as_json, latex, markdown, number_files, quiet, sparsity_sentences
from gradcli.render.formats import Look
from gradcli.report import Array, Closed, Compared, Jacobian, Note, Question, Report
from gradcli.report.additions import FlatJacobian, Heatmap, Verdict
from gradcli.symbolic import derived
from gradcli.syntax import parse

LAYOUTS = ("numerator", "denominator")
WRITTEN: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("A @ x", {"A": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]], "x": [1.0, 2.0]}),
    ("x @ A", {"A": [[1.0, 2.0], [3.0, 4.5]], "x": [1.0, 2.0]}),
    ("softmax(x, dim=0)", {"x": [0.1, 2.0, 0.7]}),
    ("cumsum(x, 0)", {"x": [1.0, 2.0, 3.0, 4.0]}),
    ("A @ B", {"A": [[1.0, 2.0, 0.5]], "B": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}),
    ("A.T", {"A": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}),
    ("(x**2).sum(1)", {"x": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}),
    ("outer(x, y)", {"x": [1.0, 2.0], "y": [3.0, 4.0, 5.0]}),
    ("x[1:]*c", {"x": [1.0, 2.0, 3.0], "c": 2.0}),
    ("sum(x**3)", {"x": [1.0, 2.0]}),
    ("h = A @ x; h/norm(h)", {"A": [[1.0, 2.0], [3.0, 4.0]], "x": [1.0, 0.5]}),
    ("x**2", {"x": 3.0}),
    ("stack([x[0]*x[1]])", {"x": [2.0, 3.0]}),
)
DRAWN = range(24)


def cases() -> list[Any]:
    return [
        *(pytest.param(text, point, id=text) for text, point in WRITTEN),
        *(pytest.param(*asked(program(seed, longest=3)), id=f"drawn {seed}") for seed in DRAWN),
    ]


def asked(drawn: Drawn) -> tuple[str, Mapping[str, Any]]:
    return drawn.text, {name: a.tolist() for name, a in drawn.point.items()}


def both(command: str, expression: str, point: Mapping[str, Any], **options: Any) -> tuple[Report, Report]:
    ask = getattr(gradcli, command)
    return tuple(ask(expression, point, layout=layout, **options) for layout in LAYOUTS)  # type: ignore[return-value]


def exchanged(whole: Any, outputs: int) -> Array:
    """What a Jacobian in numerator layout is in denominator layout."""
    array = np.asarray(whole)
    return np.moveaxis(array, range(outputs), range(array.ndim - outputs, array.ndim))


def same(got: Any, wanted: Array) -> None:
    assert np.shape(got) == wanted.shape
    np.testing.assert_allclose(np.asarray(got), wanted, rtol=1e-9, atol=1e-12)


def jacobians(report: Report) -> dict[str, Jacobian]:
    return {part.name: part.jacobian for part in report.of(Closed) if part.jacobian is not None}


# Numbers


@pytest.mark.parametrize(("expression", "point"), cases())
def test_the_numbers_of_every_way_out_are_those_with_the_axes_exchanged(
    expression: str, point: Mapping[str, Any]
) -> None:
    one, other = both("jacobian", expression, point)
    outputs = len(one.of(Question)[0].output_shape)
    told, also = as_json.as_object(one.parts), as_json.as_object(other.parts)
    files = [np.load(io.BytesIO(number_files.content(report.parts, "npz"))) for report in (one, other)]
    typed = [
        dict(zip(told["wrt"], map(number_of, quiet.lines_of(report.parts)), strict=True)) for report in (one, other)
    ]
    for part, turned in zip(one.of(Compared), other.of(Compared), strict=True):
        assert (part.agrees, turned.agrees) == (True, True)
        wanted = exchanged(part.pytorch, outputs)
        same(turned.pytorch, wanted)
        same(turned.symbolic, exchanged(part.symbolic, outputs))
        same(also["jacobians"][part.name]["pytorch"], wanted)
        same(exchanged(told["jacobians"][part.name]["symbolic"], outputs), wanted)
        same(files[1][part.name], exchanged(files[0][part.name], outputs))
        same(typed[1][part.name], exchanged(typed[0][part.name], outputs))


def number_of(line: str) -> Array:
    """The tensor of a line that --quiet wrote."""
    return np.asarray(ast.literal_eval(line.partition("=")[2] or line))


@pytest.mark.parametrize(("expression", "point"), cases())
def test_matrices_tables_and_pictures_are_transposed(expression: str, point: Mapping[str, Any]) -> None:
    one, other = both("jacobian", expression, point, flat=True, plot=True)
    for flat, turned in zip(one.of(FlatJacobian), other.of(FlatJacobian), strict=True):
        assert (flat.layout, turned.layout, turned.shape) == (*LAYOUTS, flat.shape[::-1])
        assert flat.matrix is not None and turned.matrix is not None
        same(turned.matrix, flat.matrix.T)
        if flat.picture is not None and turned.picture is not None:
            assert turned.picture == tuple(map("".join, zip(*flat.picture, strict=True)))
    for heat, turned in zip(one.of(Heatmap), other.of(Heatmap), strict=True):
        same(turned.values, heat.values.T)
        assert heat.pattern is not None and turned.pattern is not None
        assert (turned.pattern == heat.pattern.T).all()
    if len(one.of(FlatJacobian)) == 1:
        tables = [
            np.loadtxt(io.BytesIO(number_files.content(r.parts, "csv")), delimiter=",", ndmin=2) for r in (one, other)
        ]
        same(tables[1], tables[0].T)


@pytest.mark.parametrize(("expression", "point"), [one for one in WRITTEN if len(one[1]) == 1])
def test_latex_and_markdown_hold_the_numbers_that_lie_so(expression: str, point: Mapping[str, Any]) -> None:
    one, other = both("jacobian", expression, point)
    (part,) = one.of(Compared)
    outputs = len(one.of(Question)[0].output_shape)
    wanted = exchanged(part.pytorch, outputs)
    if 1 <= wanted.ndim <= 2:
        said = "\n".join(latex.lines_of(other.parts, Look(digits=17)))
        *_, matrix = re.findall(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", said)
        rows = [[float(x) for x in row.split("&")] for row in matrix.split(r"\\")]
        same(np.array(rows).reshape(wanted.shape), wanted)
    if outputs and wanted.ndim > outputs:
        assert "denominator layout" in "\n".join(markdown.lines_of(other.parts))


# Formulas


@pytest.mark.parametrize(("expression", "point"), cases())
def test_the_formulas_read_back_lie_as_the_sentence_says(expression: str, point: Mapping[str, Any]) -> None:
    for report in both("jacobian", expression, point, entries=True):
        (question,) = report.of(Question)
        values = {part.name: part.symbolic for part in report.of(Compared)}
        known = {name: np.asarray(a, dtype=np.float64) for name, a in point.items()}
        shapes = shapes_in(question, known)
        for name, one in jacobians(report).items():
            value = values[name]
            if value is None or value.size > 200:
                continue
            assert one.shape == value.shape
            order = order_of(str(sparsity_sentences.arrangement(one, question)), one, question)
            outputs = len(question.output_shape)
            told = evaluated(one, tuple(np.array(one.shape, dtype=int)[np.argsort(order)]), known, shapes)
            same(told.transpose(order), value)
            if one.matrix is not None:
                same(run_as_a_program(one.matrix, {**known, "v": np.ones(question.output_shape)}), value)
            assert one.entries is not None
            reading = Reading(dict(known), {**shapes, **{n: a.shape for n, a in known.items()}})
            with np.errstate(all="ignore"):
                reading.define(one.where)
                for entry in one.entries:
                    same(reading.number(read(entry.formula), {}), np.asarray(value[entry.row + entry.column]))
                    place = [int(k) for k in indices_of(sparsity_sentences.at(one, entry).text()) if k]
                    assert tuple(place[k] for k in order) == entry.row + entry.column
            rows = len(one.entries[0].row)
            assert rows == (outputs if one.layout == "numerator" else len(one.shape) - outputs)


def order_of(sentence: str, one: Jacobian, question: Question) -> list[int]:
    """Which index of the left side an axis has, by what the sentence says."""
    outputs, axes = len(question.output_shape), list(range(len(one.shape)))
    if outputs in (0, len(axes)):
        assert f"({one.layout} layout)" in sentence or not axes
        return axes
    axis = r"(output|input) axes (\[.*?\])"
    first = re.search(rf": {axis} first, then {axis} \((\w+) layout", sentence)
    assert first is not None and first[5] == one.layout and first[1] != first[3]
    indices = re.findall(r"\[[^\]]*\]", one.left_side.text())
    assert [first[2], first[4]] == (indices if first[1] == "output" else indices[::-1])
    return axes if first[1] == "output" else [*axes[outputs:], *axes[:outputs]]


def shapes_in(question: Question, known: Mapping[str, Array]) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor that an answer may name."""
    traced = trace(parse(question.expression), {name: a.shape for name, a in known.items()})
    forms = derived(traced, question.wrt, output=question.output_name)
    return {
        name: tuple(map(form.jacobian.graph.sizes.value, node.dims))
        for form in forms
        for name, node in form.jacobian.graph.nodes.items()
    }


def run_as_a_program(source: str, known: Mapping[str, Array]) -> Array:
    used = {name: a for name, a in known.items() if re.search(rf"(?<![\w.]){name}(?!\w)", source)}
    made = trace(parse(source, tuple(used)), {name: a.shape for name, a in used.items()})
    return np.asarray(values_of(made, used)[made.output.step])


@pytest.mark.parametrize(
    ("expression", "n"),
    [("cumsum(x, 0)", 2000), ("x**2", 2000), ("outer(x, x)", 200), ("softmax(x, dim=0)", 2000), ("x[1:]", 2000)],
)
def test_the_structure_of_what_is_too_large_to_be_counted_is_the_same(expression: str, n: int) -> None:
    """Its kinds are those of a transposed matrix too."""
    made = trace(parse(expression), {"x": (n,)})
    one, other = (derived(made, ["x"], layout=layout)[0].jacobian for layout in LAYOUTS)
    assert other.shape == tuple(np.roll(one.shape, 1))
    assert one.structure == other.structure


# Sentences


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("expression", "point"), WRITTEN)
def test_the_product_of_the_explanation_is_run_and_gives_the_gradient(
    expression: str, point: Mapping[str, Any], layout: str
) -> None:
    report = gradcli.vjp(expression, point, layout=layout)
    wanted = {part.name: part.pytorch for part in report.of(Compared)}
    whole = {part.name: part.pytorch for part in gradcli.jacobian(expression, point, layout=layout).of(Compared)}
    v = np.ones(report.of(Question)[0].output_shape)
    for note in (part for part in report.of(Note) if part.topic == "einsum"):
        said = str(note.text)
        name, call, shape, product = re.search(  # type: ignore[union-attr]
            r"(\w+)\.grad = (einsum\(.*?\)), where J = .* has the shape (\S+); .*: (\S+ @ \S+|.*)\.$", said
        ).groups()
        assert shape == "×".join(map(str, np.shape(whole[name])))
        here = {"einsum": np.einsum, "J": whole[name], "v": v, "__builtins__": {}}
        same(eval(call, dict(here)), np.asarray(wanted[name]))  # noqa: S307
        same(eval(product, dict(here)).ravel(), np.asarray(wanted[name]).ravel())  # noqa: S307


@pytest.mark.parametrize(("layout", "word", "sums"), [("numerator", "row", "column"), ("denominator", "column", "row")])
def test_rows_and_columns_are_called_what_they_are(layout: str, word: str, sums: str) -> None:
    inputs = {"A": [[1, 2], [3, 4]], "x": [1, 2]}
    told = " ".join(str(n.text) for n in gradcli.vjp("A @ x", inputs, v="onehot:0", layout=layout).of(Note))
    assert f"picks one {word} of the Jacobian" in told
    told = " ".join(str(n.text) for n in gradcli.vjp("A @ x", inputs, v="ones", layout=layout).of(Note))
    assert f"{sums} sums of J" in told
    told = " ".join(str(n.text) for n in gradcli.jacobian("A @ x", inputs, wrt=("x",), layout=layout).of(Note))
    assert f"gives the {word} J" in told and f"sum of all 2 {word}s, [4, 6]" in told
    assert ("axes of y first" in told) == (layout == "numerator")


# Every command


def laid_out(told: Any) -> list[Any]:
    """Every object of an answer that says how it lies."""
    if isinstance(told, list):
        return [one for item in told for one in laid_out(item)]
    if not isinstance(told, dict):
        return []
    return [*([told] if "layout" in told else []), *(one for item in told.values() for one in laid_out(item))]


QUESTIONS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "check": ("A @ x", {"of": "jacobian", "answer": "A", "wrt": ("x",)}),
    "grad": ("sum(A @ x, 0, keepdim=True)", {}),
}


@pytest.mark.parametrize("command", [name for name, one in COMMANDS.items() if "layout" in one.options])
def test_every_command_with_the_option_says_how_each_jacobian_lies(command: str) -> None:
    point = {"A": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "x": [1.0, 2.0]}
    expression, options = QUESTIONS.get(command, ("A @ x", {}))
    numerator, denominator = (as_json.as_object(one.parts) for one in both(command, expression, point, **options))
    pairs = list(zip(laid_out(numerator), laid_out(denominator), strict=True))
    assert pairs
    for one, other in pairs:
        assert (one["layout"], other["layout"]) == LAYOUTS
        assert one["shape"] != other["shape"] and sorted(one["shape"]) == sorted(other["shape"])
        if other.get("entries"):
            assert [[*e["row"], *e["column"]] for e in other["entries"]] == [*map(list, np.ndindex(*other["shape"]))]
        if one.get("matrix") == "A":
            assert other["matrix"] == "A.T"


@pytest.mark.parametrize(
    "command", [name for name, one in COMMANDS.items() if "layout" in one.options and name != "check"]
)
@pytest.mark.parametrize(("expression", "point"), WRITTEN[:3])
def test_the_numerator_is_what_is_meant_where_nothing_is_said(
    command: str, expression: str, point: Mapping[str, Any]
) -> None:
    ask = getattr(gradcli, command)
    asked = f"sum({expression})" if command == "grad" else expression
    assert str(ask(asked, point)) == str(ask(asked, point, layout="numerator"))


def test_the_question_of_the_card_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["jacobian", "A @ x", "--A", "1,2:3,4:5,6", "--x", "1,2", "--wrt", "x", "--layout", "denominator"]
    assert run([*words, "--quiet"]) == 0
    assert capsys.readouterr().out == "[[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]\n"
    for suffix in ("npy", "csv", "tex", "md", "json", "svg"):
        assert run([*words, "--output", str(tmp_path / f"j.{suffix}")]) == 0
    assert np.load(tmp_path / "j.npy").tolist() == [[1, 3, 5], [2, 4, 6]]
    assert (tmp_path / "j.csv").read_text() == "1.0,3.0,5.0\n2.0,4.0,6.0\n"
    assert r"1 & 3 & 5 \\ 2 & 4 & 6" in (tmp_path / "j.tex").read_text()
    assert "`A.T`" in (tmp_path / "j.md").read_text()


# check


def answers(report: Report) -> dict[str, Any]:
    """What an answer shows of the one Jacobian, by its way out."""
    (part,) = report.of(Compared)
    (jacobian,) = jacobians(report).values()
    told = as_json.as_object(report.parts)["jacobians"][part.name]
    (line,) = quiet.lines_of(report.parts)
    return {"json": told["pytorch"], "quiet": line, "matrix": jacobian.matrix}


@pytest.mark.parametrize(("expression", "point"), [pytest.param(e, p, id=e) for e, p in WRITTEN])
def test_check_takes_each_way_out_in_its_own_layout_and_refuses_the_other(
    expression: str, point: Mapping[str, Any]
) -> None:
    first = next(iter(point))
    pair = both("jacobian", expression, point, wrt=(first,), flat=False)
    flat = both("jacobian", expression, point, wrt=(first,), flat=True)
    values = [np.asarray(report.of(Compared)[0].pytorch) for report in pair]
    differ = values[0].shape != values[1].shape or not np.allclose(*values)
    for own, report, matrix in zip(LAYOUTS, pair, flat, strict=True):
        for way, answer in [*answers(report).items(), ("flat", quiet.lines_of(matrix.parts)[0])]:
            if answer is None:
                continue
            for layout in LAYOUTS:
                checked = gradcli.check(expression, point, of="jacobian", wrt=(first,), answer=answer, layout=layout)
                (verdict,) = checked.of(Verdict)
                unlike = differ or (way == "flat" and not square_and_symmetric(matrix))
                assert verdict.agrees is (layout == own or not unlike), (way, own, layout, str(verdict.says))
                if not verdict.agrees:
                    assert verdict.mistake == "transposed" and f"{own} layout" in str(verdict.explained)


def square_and_symmetric(report: Report) -> bool:
    matrix = np.asarray(report.of(FlatJacobian)[0].matrix)
    return matrix.shape[0] == matrix.shape[1] and np.allclose(matrix, matrix.T)


def test_a_jacobian_is_right_in_either_where_no_layout_was_said() -> None:
    inputs = {"A": [[1, 2], [3, 4]], "x": [1, 2]}
    for answer in ("A", "A.T"):
        (verdict,) = gradcli.check("A @ x", inputs, of="jacobian", wrt=("x",), answer=answer).of(Verdict)
        assert verdict.agrees is True


# The laws can fail


def test_a_command_that_forgets_the_layout_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcli.commands.derivative_methods.arranged", lambda whole, axes, layout: whole)
    with pytest.raises((AssertionError, ValueError)):
        test_the_numbers_of_every_way_out_are_those_with_the_axes_exchanged(*WRITTEN[0])


def test_a_sentence_that_forgets_the_layout_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "gradcli.render.sparsity_sentences.by_layout", lambda layout, output, variable: (output, variable)
    )
    with pytest.raises((AssertionError, ValueError)):
        test_the_formulas_read_back_lie_as_the_sentence_says(*WRITTEN[0])
