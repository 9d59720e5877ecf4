"""Tensor text, values and files -> float64 arrays, and back."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gradcli.message import Exit, GradcliError
from gradcli.render.number_text import exact
from gradcli.syntax import Tree
from gradcli.tensors import Stdin, read_program, read_tensor
from gradcli.tensors.nested import MAX_ENTRIES


def read(given: Any, **options: Any) -> Any:
    return read_tensor(given, name="x", **options)


def complaint(given: Any, **options: Any) -> GradcliError:
    with pytest.raises(GradcliError) as caught:
        read(given, **options)
    return caught.value


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ── text ────────────────────────────────────────────────────────────────────────────────────────

TEXTS: dict[str, Any] = {
    "-3": -3, "1e-3": 0.001, "nan": np.nan, "-inf": -np.inf, "pi": np.pi, "−3": -3, " 1_000. ": 1000,
    "[[1,2],[3,4]]": [[1, 2], [3, 4]], "[1., .5, +3, nan]": [1, 0.5, 3, np.nan], "[1,2,]": [1, 2], "(1, 2)": [1, 2],
    "[]": np.zeros(0), "[[],[]]": np.zeros((2, 0)), "[True, False]": [1, 0], "[\n1,\n2]": [1, 2], "[１，２]": [1, 2],
    "1,2,3": [1, 2, 3], "1,2:3,4": [[1, 2], [3, 4]], "1,2:": [[1, 2]], "1:2": [[1], [2]], "1,": [1],
    "eye:3": np.eye(3), "eye:2x3": np.eye(2, 3), "ones:2x3": np.ones((2, 3)), "ones:2,3": np.ones((2, 3)),
    "ones:2×3": np.ones((2, 3)), "zeros:3": np.zeros(3), "zeros:0x3": np.zeros((0, 3)),
    "full:2x3:7": np.full((2, 3), 7), "full:2:-inf": [-np.inf, -np.inf], "linspace:-1:1:5": np.linspace(-1, 1, 5),
    "linspace:-pi:pi:3": [-np.pi, 0, np.pi], "arange:6": np.arange(6), "arange:1:6": np.arange(1, 6),
    "arange:0:6:2": [0, 2, 4], "arange:3:0:-1": [3, 2, 1], "arange:3:0": [],
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), TEXTS.items())
def test_a_plain_text_is_a_float64_array_without_evaluating_anything(text: str, value: Any) -> None:
    array = read(text)
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, np.array(value, dtype=np.float64), strict=True)


PRINTED = {
    "tensor([1., 2.])": [1, 2],
    "tensor([[ 1.0000, -0.5000],\n        [ 2.0000,  3.0000]], dtype=torch.float64)": [[1, -0.5], [2, 3]],
    "tensor([1., 2.], dtype=torch.float64, requires_grad=True)": [1, 2],
    "tensor([6., 8.], grad_fn=<MulBackward0>)": [6, 8],
    "torch.tensor([1, 2])": [1, 2],
    "np.array([[1, 2], [3, 4]])": [[1, 2], [3, 4]],
    "array([1.e-03, 2.e+00], dtype=float32)": [1e-3, 2],
    "[[1. 2.]\n [3. 4.]]": [[1, 2], [3, 4]],
    "[ 1.  -2.   0.5]": [1, -2, 0.5],
}


@pytest.mark.parametrize("text", PRINTED)
def test_what_pytorch_and_numpy_print_can_be_pasted(text: str) -> None:
    np.testing.assert_array_equal(read(text), PRINTED[text])
    np.testing.assert_array_equal(read_tensor("-", name="x", stdin=Stdin(io.BytesIO(text.encode()))), PRINTED[text])


def test_random_tensors_are_drawn_from_the_generator_one_after_the_other() -> None:
    generator = np.random.default_rng(7)
    first, second = read("randn:2x2", generator=generator), read("randn:2x2", generator=generator)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, np.random.default_rng(7).standard_normal((2, 2)))
    np.testing.assert_array_equal(read("rand:3"), read("rand:3"))


def test_anything_else_is_an_expression_for_the_caller_to_evaluate() -> None:
    seen: list[Tree] = []

    def evaluate(tree: Tree) -> Any:
        seen.append(tree)
        return np.arange(4, dtype=np.float32)

    for text in ["eye(5)", "arange(4.0).reshape(4,1)", "arange(-pi, pi, 0.01)", "[1,2]*3", "(3)", "[sin(1), 2]"]:
        np.testing.assert_array_equal(read(text, evaluate=evaluate), [0, 1, 2, 3])
    assert [tree.source for tree in seen][:2] == ["eye(5)", "arange(4.0).reshape(4,1)"]


MISTAKES = [
    ("", "empty", "x=3"),
    ("[[1,2],[3]]", "x[1] has length 1, x[0] has length 2", ""),
    ("[1,[2]]", "x[1] is a list where one number is expected", ""),
    ("[[1],2]", "x[1] is one number where a list of 1 is expected", ""),
    ("[1.0, 2.0", "the bracket [ of x is never closed", "[1.0, 2.0]"),
    ("[[1,2],[3,4]", "never closed", "[[1,2],[3,4]]"),
    ("[1,2)", "closed by )", "[1,2]"),
    ("eye", "eye alone does not say the size of x", 'eye:5 or "eye(5)"'),
    ("ones", "ones alone", "ones:2x3"),
    ("linspace", "linspace alone", "linspace:-1:1:5"),
    ("eye:-3", "eye:-3 does not say", "eye:5"),
    ("eye:2x2x2", "does not say", "eye:5"),
    ("ones:2:3", "does not say", "ones:2x3"),
    ("full:3", "does not say", "full:2x3:7"),
    ("linspace:0:1:2.5", "does not say", "linspace:-1:1:5"),
    ("linspace:0:inf:5", "does not say", "linspace:-1:1:5"),
    ("arange:0:1:0", "step of x is zero", ""),
    ("1,2:3", "differ in length", ""),
    ("1,,2", "empty", ""),
    ("1,a,3", "'a' in x is not a number", "1,2,3"),
    ("1 2 3", "not how a tensor is written", "1,2,3"),
    ("1;2;3", "not how a tensor is written", "1:2:3"),
    ("[1 2; 3 4]", "not how a tensor is written", "1,2:3,4"),
    ("{1, 2}", "not how a tensor is written", '"[1, 2]"'),
    ("eye 5", "not how a tensor is written", "eye:5"),
    ("ones 2 3", "not how a tensor is written", "ones:2x3"),
    ("x.npy", "no tensor", "@x.npy"),
    ("a.csv b.csv", "one file", "@a.csv"),
    ("__import__('os').system('echo pwned')", "x cannot be read", ""),
    ("'abc'", "text is not a number", ""),
    ("2j", "complex", ""),
    ("[" * 50_000, "deep", ""),
]


@pytest.mark.parametrize(("text", "sentence", "hint"), MISTAKES, ids=[case[0][:30] for case in MISTAKES])
def test_a_mistake_in_a_tensor_is_told_with_a_repair(text: str, sentence: str, hint: str) -> None:
    error = complaint(text)
    assert sentence in str(error)
    assert hint in str(error.hint or "")
    assert error.exit_status == Exit.MISTAKE


TOO_LARGE = [
    "eye:100000", "ones:1000000x100", "arange:1e300", "linspace:0:1:1e12", "full:99999x99999:1", "1e400", "9" * 400,
]  # fmt: skip


@pytest.mark.parametrize("text", TOO_LARGE)
def test_what_is_too_large_is_refused_before_anything_is_made(text: str) -> None:
    start = time.perf_counter()
    error = complaint(text)
    assert (error.kind, error.exit_status) == ("limit", Exit.LIMIT)
    assert time.perf_counter() - start < 0.1


# ── values ──────────────────────────────────────────────────────────────────────────────────────

VALUES: list[tuple[Any, Any]] = [
    (3, 3), (True, 1), ([[1, 2], [3, 4.5]], [[1, 2], [3, 4.5]]), (np.float32(3), 3), (np.arange(3), [0, 1, 2]),
    (["NaN", "Infinity", "-Infinity"], [np.nan, np.inf, -np.inf]), ([np.ones(2), np.zeros(2)], [[1, 1], [0, 0]]),
    (range(3), [0, 1, 2]), (np.array([True]), [1]), (np.asfortranarray(np.eye(2)), np.eye(2)),
]  # fmt: skip


@pytest.mark.parametrize(("given", "value"), VALUES)
def test_python_values_are_taken_as_float64(given: Any, value: Any) -> None:
    np.testing.assert_array_equal(read(given), np.array(value, dtype=np.float64), strict=True)


def test_a_tensor_is_a_new_array() -> None:
    given = np.eye(2)
    read(given)[0, 0] = 5
    assert given[0, 0] == 1


REFUSED_VALUES: list[tuple[Any, str]] = [
    (1j, "complex"), (np.array([1j]), "complex"), (np.array([None]), "object"), (np.array(["a"]), "not numbers"),
    ([1, None], "x[1] is null"), ([["a"]], "x[0][0] is 'a'"), ({"a": 1}, "dict"), (10**400, "too large"),
    (b"ab", "bytes"), ([[1, 2], [3]], "x[1] has length 1"), (None, "null"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "sentence"), REFUSED_VALUES, ids=[case[1] for case in REFUSED_VALUES])
def test_values_that_are_no_real_numbers_are_refused(given: Any, sentence: str) -> None:
    assert sentence in str(complaint(given))


# ── files ───────────────────────────────────────────────────────────────────────────────────────


def saved(save: Callable[..., None], *arrays: Any, **named: Any) -> bytes:
    stream = io.BytesIO()
    save(stream, *arrays, **named)
    return stream.getvalue()


GRID = [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
NPY = saved(np.save, np.array(GRID))
FILES: dict[str, tuple[bytes, Any]] = {
    "a.npy": (NPY, GRID),
    "fortran.npy": (saved(np.save, np.asfortranarray(GRID)), GRID),
    "big_endian.npy": (saved(np.save, np.arange(3, dtype=">i2")), [0, 1, 2]),
    "half.npy": (saved(np.save, np.ones(2, dtype=np.float16)), [1, 1]),
    "number.npy": (saved(np.save, np.float64(3)), 3),
    "one.npz": (saved(np.savez, w=np.eye(2)), np.eye(2)),
    "two.npz:b": (saved(np.savez_compressed, w=np.eye(2), b=np.ones(1)), [1]),
    "column.csv": (b"1\n2\n3\n", [1, 2, 3]),
    "table.csv": (b"a,b\n1,2\n3,4", [[1, 2], [3, 4]]),
    "row.csv": (b"1,2,3", [[1, 2, 3]]),
    "quoted.csv": (b'"a, b","c"\r\n"1","2"\r\n', [[1, 2]]),
    "excel.csv": ("\ufeff1,2\n".encode(), [[1, 2]]),
    "savetxt.csv": (b"# x y\n1.0 2.0\n3 4\n", [[1, 2], [3, 4]]),
    "nan.csv": (b"nan,inf\n", [[np.nan, np.inf]]),
    "tabs.tsv": (b"1\t2\n3\t4\n", [[1, 2], [3, 4]]),
    "lists.json": (b'[[1, 2], [NaN, "Infinity"]]', [[1, 2], [np.nan, np.inf]]),
    "number.json": (b"3", 3),
    "npy_without_suffix": (NPY, GRID),
    "npz_without_suffix": (saved(np.savez, w=np.eye(2)), np.eye(2)),
    "json.txt": (b"[1, 2]", [1, 2]),
    "csv.txt": (b"1,2\n3,4\n", [[1, 2], [3, 4]]),
}


@pytest.mark.parametrize("prefix", ["@", "file:"])
@pytest.mark.parametrize("file", FILES)
def test_a_file_is_read_by_its_suffix_or_its_content(file: str, prefix: str, folder: Path) -> None:
    content, value = FILES[file]
    (folder / file.split(":")[0]).write_bytes(content)
    np.testing.assert_array_equal(read(prefix + file), np.array(value, dtype=np.float64), strict=True)


BAD_FILES: dict[str, tuple[bytes, str]] = {
    "cut.npy": (NPY[:-9], "cut short"),
    "garbage.npy": (b"garbage", "damaged"),
    "pickle.npy": (saved(np.save, np.array([None]), allow_pickle=True), "never unpickled"),
    "complex.npy": (saved(np.save, np.array([1j])), "complex"),
    "text.npy": (saved(np.save, np.array(["a"])), "not numbers"),
    "records.npy": (saved(np.save, np.zeros(2, dtype=[("a", "f4")])), "not numbers"),
    "garbage.npz": (b"PK garbage", "damaged"),
    "several.npz": (saved(np.savez, w=np.eye(2), b=np.ones(1)), "several arrays: b, w"),
    "several.npz:z": (saved(np.savez, w=np.eye(2), b=np.ones(1)), "no array z"),
    "empty.csv": (b"", "empty"),
    "headings.csv": (b"a,b\n", "no numbers, only line 1: a,b"),
    "ragged.csv": (b"1,2\n3", "line 2 has length 1"),
    "letter.csv": (b"1,2\n3,z", "line 2, column 2"),
    "hole.csv": (b"1,,3", "line 1, column 2 of hole.csv is empty"),
    "semicolon.csv": (b"1,5;2,5\n", "semicolons"),
    "bytes.csv": (b"1\xff\x00", "not a text"),
    "object.json": (b'{"a": 1}', "object"),
    "open.json": (b"[1,", "line 1, column 4"),
    "deep.json": (b"[" * 100_000, "deep"),
    "null.json": (b"[1, null]", "null"),
    "ragged.json": (b"[[1], [2, 3]]", "differ in length"),
}


@pytest.mark.parametrize("file", BAD_FILES)
def test_a_bad_file_is_told_by_its_name_and_the_variables(file: str, folder: Path) -> None:
    content, sentence = BAD_FILES[file]
    (folder / file.split(":")[0]).write_bytes(content)
    error = complaint(f"@{file}")
    assert sentence in str(error)
    assert file.split(":")[0] in str(error) and "x" in str(error)
    assert error.exit_status == Exit.MISTAKE


def test_a_header_that_promises_too_much_allocates_nothing(folder: Path) -> None:
    huge = NPY.replace(b"(2, 3)", b"(9999999, 9999)").replace(b"          \n", b" \n", 1)
    (folder / "huge.npy").write_bytes(huge[:8] + (len(huge) - 58).to_bytes(2, "little") + huge[10:])
    assert complaint("@huge.npy").kind == "limit"


def test_a_missing_file_gets_the_nearest_name(folder: Path) -> None:
    (folder / "weights.npy").write_bytes(NPY)
    error = complaint("@weigths.npy")
    assert "there is no file weigths.npy" in str(error) and "@weights.npy" in str(error.hint)


def test_directories_pipes_and_devices_are_no_files(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert "directory" in str(complaint("@."))
    assert "pipe or a device" in str(complaint("@pipe"))
    assert "pipe or a device" in str(complaint("@/dev/null"))
    assert "missing after @" in str(complaint("@"))


def test_a_torch_file_is_read_with_weights_only(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save(torch.eye(2, dtype=torch.float32), "t.pt")
    torch.save({"w": torch.ones(1), "b": torch.zeros(2)}, "state.pt")
    torch.save(torch.nn.Linear(1, 1), "module.pt")
    torch.save(torch.ones(1).expand(MAX_ENTRIES + 1), "expanded.pt")
    (folder / "garbage.pt").write_bytes(b"garbage")
    np.testing.assert_array_equal(read("@t.pt"), np.eye(2), strict=True)
    np.testing.assert_array_equal(read("@state.pt:b"), np.zeros(2), strict=True)
    np.testing.assert_array_equal(read(torch.eye(2, requires_grad=True)), np.eye(2), strict=True)
    assert "nothing is unpickled" in str(complaint("@module.pt"))
    assert "damaged" in str(complaint("@garbage.pt"))
    assert complaint("@expanded.pt").kind == "limit"


# ── stdin ───────────────────────────────────────────────────────────────────────────────────────

PIPED: list[tuple[bytes, Any]] = [
    (b"[[1.0, 2.0], [3.0, 4.0]]\n", [[1, 2], [3, 4]]), (b"1.5\n", 1.5), (b"1,2,3\n", [1, 2, 3]), (b"eye:2", np.eye(2)),
    (b"1,2\n3,4\n", [[1, 2], [3, 4]]), (b"1\n2\n", [1, 2]), (b'[1,\n "NaN"]', [1, np.nan]), (NPY, GRID),
]  # fmt: skip


@pytest.mark.parametrize(("content", "value"), PIPED)
@pytest.mark.parametrize("text", ["-", "@-"])
def test_standard_input_is_read_by_its_content(text: str, content: bytes, value: Any) -> None:
    array = read(text, stdin=Stdin(io.BytesIO(content)))
    np.testing.assert_array_equal(array, np.array(value, dtype=np.float64), strict=True)


def test_standard_input_is_read_once_a_command() -> None:
    stdin = Stdin(io.BytesIO(b"1"))
    read_tensor("-", name="x", stdin=stdin)
    with pytest.raises(GradcliError, match="x has already taken: w cannot"):
        read_tensor("@-", name="w", stdin=stdin)
    assert "empty" in str(complaint("-", stdin=Stdin(io.BytesIO(b" \n"))))


def test_a_program_may_stand_in_a_file_or_on_standard_input(folder: Path) -> None:
    (folder / "p.txt").write_text("y = x**2\ny.sum()\n")
    assert read_program("x**2") == "x**2"
    assert read_program("-x**2") == "-x**2"
    assert read_program("@p.txt") == "y = x**2\ny.sum()\n"
    assert read_program("-", stdin=Stdin(io.BytesIO(b"x"))) == "x"


# ── laws ────────────────────────────────────────────────────────────────────────────────────────

FLOATS = arrays(np.float64, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
SINGLES = arrays(np.float32, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))


@settings(deadline=None)
@given(FLOATS)
def test_what_is_written_is_read_back_exactly(array: Any) -> None:
    np.testing.assert_array_equal(read(exact(array)), array, strict=True)


@settings(deadline=None)
@given(SINGLES)
def test_float32_is_written_with_the_digits_it_needs(array: Any) -> None:
    np.testing.assert_array_equal(read(exact(array)).astype(np.float32), array, strict=True)


def test_a_round_trip_is_short() -> None:
    assert exact(np.array([0.1, np.inf])) == "[0.1, inf]"
    assert exact(np.float32([0.1])) == "[0.1]"
    assert exact(np.zeros((0, 3))) == "zeros:0x3"


PIECES = st.sampled_from([
    *"[](),:-+.@ \nx×e'", "1", "2.5", "nan", "inf", "eye", "ones", "full:", "arange:", "1e9", "pi",
])  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.one_of(st.text(max_size=20), st.lists(PIECES, max_size=12).map("".join)))
@example("file:\0")
def test_any_text_is_a_float64_array_or_a_mistake(text: str) -> None:
    if text.strip() in ("-", "@-"):
        return
    try:
        array = read(text)
    except GradcliError as error:
        assert str(error)
        return
    assert array.dtype == np.float64


WHOLE = {
    "a.npy": NPY, "a.npz": saved(np.savez_compressed, w=np.eye(3)), "a.csv": b"a,b\n1,2\n3,4\n",
    "a.json": b"[[1,2],[3,4]]",
}  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_damaged_file_is_a_mistake_and_no_crash(file: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[file])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    try:
        array = read("-", stdin=Stdin(io.BytesIO(bytes(content[:cut] if data.draw(st.booleans()) else content))))
    except GradcliError as error:
        assert str(error)
        return
    assert array.dtype == np.float64


def test_an_archive_that_unpacks_without_end_is_refused(folder: Path) -> None:
    with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", NPY.replace(b"(2, 3)", b"(9, 9)") + bytes(10_000_000))
    assert read("@bomb.npz").shape == (9, 9)


def test_json_and_tensor_text_agree() -> None:
    for value in [[1, 2], [[1.5], [-2]], 3, []]:
        np.testing.assert_array_equal(read(json.dumps(value)), read(value), strict=True)
