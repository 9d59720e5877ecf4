"""Hostile and broken input: a complaint in time, nothing run, nothing written, nothing large allocated.

The guard that watches (`fuzzing.guard`) has twins here that prove that it notices what it is to forbid. Fuzzing in
earnest is on demand: `python -m tests.fuzzing.parsers`, `python -m tests.fuzzing.answers`.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzzing import answers, targets
from fuzzing.guard import Forbidden, Tally, TooSlow, timed, watched
from fuzzing.mutants import mutants
from fuzzing.pumps import pumps

from gradcli.cli import entry
from gradcli.commands.tensor_arguments import tensor
from gradcli.message import Exit, GradcliError
from gradcli.shapes import allowing
from gradcli.streams import Stream
from gradcli.tensors import Stdin
from gradcli.tensors.read import as_text, respell

MEGABYTE = 2**20
SECONDS = 2.0
"""Of the processor's time, for one wrong input."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(given: str, stdin: bytes = b"") -> Any:
    return tensor(given, "x", Stdin(io.BytesIO(stdin)), Stream(0, "inputs"))


@contextlib.contextmanager
def bounded(most: int = 32 * MEGABYTE) -> Iterator[None]:
    """Within this: in time, in little memory, and nothing run or written."""
    tracemalloc.start()
    try:
        with timed(SECONDS), watched():
            yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def refusal(given: str, stdin: bytes = b"") -> GradcliError:
    """The complaint about a tensor."""
    with contextlib.suppress(GradcliError):
        read("@nothing.npy"), read("[[1]]")  # what is imported late is imported now
    with bounded(), pytest.raises(GradcliError) as caught:
        read(given, stdin)
    assert caught.value.exit_status in (Exit.MISTAKE, Exit.LIMIT)
    assert str(caught.value) and not any(word in str(caught.value) for word in ("Traceback", "Error:"))
    return caught.value


# ── the guard can fail ──────────────────────────────────────────────────────────────────────────


class Payload:
    """What a pickle runs when it is loaded."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("ran",)


def test_the_payload_runs_where_pickles_are_loaded(folder: Path) -> None:
    np.save("evil.npy", np.array([Payload()], dtype=object), allow_pickle=True)
    np.load("evil.npy", allow_pickle=True)
    assert (folder / "ran").is_dir()


@pytest.mark.parametrize("act", [
    lambda: os.system("true"), lambda: subprocess.run(["true"], check=False), lambda: pickle.loads(pickle.dumps(print)),  # noqa: S301
    lambda: open("written", "w"), lambda: os.mkdir("made"), lambda: os.remove("nothing"),  # noqa: SIM115
    lambda: eval("1 + 1"),  # noqa: S307
])  # fmt: skip
def test_the_guard_notices_what_is_run_and_written(act: Callable[[], Any], folder: Path) -> None:
    with pytest.raises(Forbidden), watched():
        act()
    assert os.listdir(folder) == []


def test_the_guard_notices_an_endless_loop() -> None:
    with pytest.raises(TooSlow), timed(0.1):
        while True:
            pass


def test_a_failure_is_counted_with_its_smallest_input() -> None:
    tally = Tally()
    for content in (b"abc", b"a", b"ab"):
        tally.execute(lambda content: content.index(b"z"), content)
    assert (tally.executions, tally.refused, next(iter(tally.found.values()))[0]) == (3, 0, b"a")


# ── files ───────────────────────────────────────────────────────────────────────────────────────


def npy(descr: str = "'<f8'", shape: str = "(2, 3)", data: bytes = bytes(48), header: str | None = None) -> bytes:
    told = header if header is not None else f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + len(told).to_bytes(2, "little") + told.encode("latin-1") + data


def archive(members: dict[str, bytes], zeros: int = 0) -> bytes:
    """A packed .npz; every member is followed by so many megabytes of zeros."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            with file.open(name, "w", force_zip64=True) as member:
                member.write(content)
                for _ in range(zeros):
                    member.write(bytes(MEGABYTE))
    return stream.getvalue()


def saved(*arrays: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, *arrays, **options)
    return stream.getvalue()


def stored(array: Any) -> bytes:
    """An .npz that is not packed."""
    stream = io.BytesIO()
    np.savez(stream, array)
    return stream.getvalue()


BROKEN: dict[str, tuple[bytes, str]] = {
    "empty.npy": (b"", "empty"),
    "magic.npy": (b"\x93NUMPY", "damaged"),
    "cut.npy": (saved(np.eye(3))[:-1], "cut short"),
    "header.npy": (b"\x93NUMPY\x01\x00\xff\xff{'descr'", "damaged"),
    "code.npy": (npy(header="__import__('os').mkdir('ran')"), "damaged"),
    "terabytes.npy": (npy(shape="(1000000000000,)"), "1000000000000 entries"),
    "digits.npy": (npy(shape=f"({'9' * 5000},)"), "damaged"),
    "negative.npy": (npy(shape="(-1,)"), "damaged"),
    "empty_and_long.npy": (npy(shape="(0, 9999999999, 9999999999)"), "no entry"),
    "axes.npy": (npy(shape="(" + "1, " * 40 + ")"), "40 axes"),
    "objects.npy": (npy("'|O'"), "never unpickled"),
    "text.npy": (npy("'<U3'"), "not numbers"),
    "bytes.npy": (npy("'|S3'"), "not numbers"),
    "void.npy": (npy("'|V8'"), "not numbers"),
    "dates.npy": (npy("'<M8[ns]'"), "not numbers"),
    "records.npy": (npy("[('a', '<f4'), ('b', '<i4')]"), "not numbers"),
    "complex.npy": (npy("'<c16'"), "complex"),
    "bomb.npz": (archive({"a.npy": npy(shape="(134217728,)", data=b"")}, zeros=64), "134217728 entries"),
    "climbing.npz": (archive({"../../up.npy": npy(), "/etc/x.npy": npy()}), "several arrays"),
    "no_array.npz": (archive({"a.txt": b"1"}), "no array"),
    "inner_pickle.npz": (archive({"a.npy": saved(np.array([None]), allow_pickle=True)}), "never unpickled"),
    "members.npz": (archive({"a.npy": npy()}) + b"PK\x01\x02" * 65_536, "damaged"),
    "cut.npz": (archive({"a.npy": npy()})[:-30], "damaged"),
    "checksum.npz": (stored(np.ones(3)).replace(np.float64(1).tobytes(), np.float64(2).tobytes()), "damaged"),
    "utf16.csv": ("1,zwei".encode("utf-16"), "column 2"),
    "utf16_cut.csv": ("1,2".encode("utf-16")[:-1], "not a text"),
    "latin1.csv": ("1,é".encode("latin-1"), "not UTF-8"),
    "zeros.csv": (bytes(1000), "no numbers"),
    "wide.csv": (b"1," * 150_000, "entries"),
    "long.csv": (b"1\r" * 150_000, "entries"),
    "blanks.csv": (b"1 " * 150_000, "entries"),
    "wide.json": (b"[" + b"1," * 150_000 + b"1]", "entries"),
    "deep.json": (b"[" * 1_000_000, "deep"),
    "deep_objects.json": (b'{"a":' * 100_000, "deep"),
    "digits.json": (b"[" + b"9" * 100_000 + b"]", "largest float64"),
    "cut.json": (b"[1, 2", "line 1"),
    "text.json": (b'["a"]', "not a number"),
    "bytes.json": (b'["\xff"]', "not UTF-8"),
    "no_suffix": (b"\x00\x01\x02", "no numbers"),
    "pickle": (pickle.dumps(Payload()), "not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_time_and_in_little_memory(name: str, folder: Path) -> None:
    content, sentence = BROKEN[name]
    (folder / name).write_bytes(content)
    with allowing(100_000):
        assert sentence in str(refusal(f"@{name}"))
    assert os.listdir(folder) == [name]


@pytest.mark.parametrize("name", [name for name in BROKEN if BROKEN[name][0]])
def test_standard_input_refuses_the_same_content(name: str, folder: Path) -> None:
    with allowing(100_000):
        refusal("-", BROKEN[name][0])
    assert os.listdir(folder) == []


def test_no_more_is_unpacked_than_the_header_asks_for(folder: Path) -> None:
    """Twin: the whole member takes more than the bound."""
    (folder / "bomb.npz").write_bytes(archive({"a.npy": npy()}, zeros=64))
    read("@bomb.npz")
    with bounded():
        assert read("@bomb.npz").shape == (2, 3)
    tracemalloc.start()
    assert len(zipfile.ZipFile("bomb.npz").read("a.npy")) > 64 * MEGABYTE
    assert tracemalloc.get_traced_memory()[1] > 32 * MEGABYTE
    tracemalloc.stop()


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_a_file_cut_anywhere_is_refused(cut: int, folder: Path) -> None:
    for name, content in {"a.npy": saved(np.eye(3)), "a.npz": archive({"a.npy": saved(np.eye(3))})}.items():
        (folder / name).write_bytes(content[: min(cut, len(content) - 1)])
        refusal(f"@{name}")


# ── files that are none ─────────────────────────────────────────────────────────────────────────


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(folder: Path) -> None:
    os.mkfifo("pipe.npy")
    assert "pipe or a device" in str(refusal("@pipe.npy"))


def test_a_file_that_becomes_a_pipe_is_not_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.npy").write_bytes(npy())
    before = os.stat("a.npy")
    os.remove("a.npy")
    os.mkfifo("a.npy")
    monkeypatch.setattr(os, "stat", lambda path: before)
    assert "pipe or a device" in str(refusal("@a.npy"))


@pytest.mark.parametrize(("path", "sentence"), [
    ("@/dev/zero", "device"), ("@/dev/urandom", "device"), ("@/dev/full", "device"), ("@/dev/tty", ""), ("@/",
        "directory"),
    ("@loop", "symbolic links"), ("@loop/a.npy", ""), ("@a\0b", "not valid"), ("@~\0/x", "not valid"),
    ("@" + "a" * 5000, "too long"), ("@a/" * 2000, ""),
    ("@\udcff", "no file"), ("@/proc/self/mem", ""), ("@../../../../etc/passwd", ""), ("@~nobody/x.npy", ""),
])  # fmt: skip
def test_what_is_no_readable_file_is_told(path: str, sentence: str, folder: Path) -> None:
    os.symlink("loop", "loop")
    assert sentence in str(refusal(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(folder: Path) -> None:
    (folder / "a.npy").write_bytes(npy())
    os.chmod("a.npy", 0)
    assert "Permission denied" in str(refusal("@a.npy"))


def test_a_file_that_shrinks_while_it_is_read_is_cut_short(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.npy").write_bytes(npy())
    full = os.stat("a.npy")
    (folder / "a.npy").write_bytes(npy()[:-8])
    monkeypatch.setattr(os, "fstat", lambda _: full)
    assert "cut short" in str(refusal("@a.npy"))


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_an_endless_standard_input_is_cut_off(device: str) -> None:
    with open(device, "rb") as stream, allowing(100_000), bounded(), pytest.raises(GradcliError) as caught:
        tensor("-", "x", Stdin(stream), Stream(0, "inputs"))
    assert caught.value.exit_status == Exit.LIMIT


# ── PyTorch's files ─────────────────────────────────────────────────────────────────────────────


def weights(pickled: bytes, **more: bytes) -> bytes:
    """A file as PyTorch writes it, around a pickle."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in {"data.pkl": pickled, "version": b"3\n", "byteorder": b"little", **more}.items():
            file.writestr(f"a/{name}", content)
    return stream.getvalue()


def tangled(doublings: int) -> bytes:
    """A dictionary whose key is a pair of one pair twice, of one pair twice, ...: its hash visits every leaf."""
    pairs = b"".join(b"h%c\x86q%c" % (n, n + 1) for n in range(doublings))
    return b"\x80\x02})q\x00" + pairs + b"K\x01s."


def test_a_pickle_in_a_torch_file_is_not_run(folder: Path) -> None:
    """Twin: PyTorch runs it where it is not told to read weights only."""
    torch = pytest.importorskip("torch")
    torch.save(Payload(), "new.pt")
    torch.save({"w": torch.ones(1), "more": Payload()}, "hidden.pt")
    torch.save(Payload(), "old.pt", _use_new_zipfile_serialization=False)
    for name in ("new.pt", "hidden.pt", "old.pt"):
        assert "nothing is unpickled" in str(refusal(f"@{name}"))
    assert not (folder / "ran").exists()
    torch.load("new.pt", weights_only=False)
    assert (folder / "ran").is_dir()


@pytest.mark.parametrize(("content", "sentence"), [
    (weights(tangled(60)), "more than tensors"),
    (tangled(60), "more than tensors"),
    (weights(tangled(1), **{"data/0": bytes(64 * MEGABYTE)}), "megabytes"),
    (weights(b"\x80\x02."), "damaged"),
    (weights(b"\xff" * 100), "damaged"),
    (weights(b""), "damaged"),
    (b"PK" + bytes(100), "damaged"),
    (b"\x80\x02" + b"(" * 100_000, "damaged"),
    (bytes(1000), "damaged"),
], ids=["hash", "hash_alone", "bomb", "stop", "bytes", "nothing", "zip", "marks", "zeros"])  # fmt: skip
def test_a_hostile_torch_file_is_refused(content: bytes, sentence: str, folder: Path) -> None:
    pytest.importorskip("torch")
    (folder / "a.pt").write_bytes(content)
    with allowing(1_000_000):
        assert sentence in str(refusal("@a.pt"))


def test_few_shared_tuples_are_no_tangle(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    pair = (1, 2)
    torch.save({"w": torch.ones(2), "sizes": [pair] * 5}, "a.pt")
    assert read("@a.pt").tolist() == [1, 1]
    torch.save(torch.empty(2, device="meta"), "meta.pt")
    assert "no dense tensor" in str(refusal("@meta.pt"))


# ── command lines ───────────────────────────────────────────────────────────────────────────────

HOSTILE = [
    '__import__("os").mkdir("ran")', "x.__class__.__bases__[0].__subclasses__()", "(lambda: 1)()", "9**9**9",
        "(" * 10_000 + "x" + ")" * 10_000,
    "[" * 10_000, "eye(100000)*x", "x.reshape(10**12, -1)", "ones(10**9)", "x" + ".T" * 50_000, "-" * 50_000 + "x",
    "x" + "**2" * 30_000,
    "x; " * 50_000, "'" + "x" * 50_000, "x if x else x", "exec('1')", "open('/etc/passwd')", "[x for x in x]",
    "x := 1", "{x}", "x\x00",
    "zeros(0, 10**12, 10**12)", "x" + "1" * 50_000 + "x", "1" * 50_000, "1e" + "9" * 500, "@/dev/zero", "@/",
    "arange(inf)", "x + None",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20].encode("unicode_escape").decode())
def test_a_hostile_expression_is_refused_in_time(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry.run(["vjp", "nothing", "--x", "1"])
    capsys.readouterr()
    with bounded(64 * MEGABYTE):
        status = entry.run(["vjp", text, "--x", "1"])
    told = capsys.readouterr().err
    assert status in (Exit.MISTAKE, Exit.LIMIT), told
    assert told.startswith("error: ") and "Traceback" not in told
    assert os.listdir(folder) == []


@pytest.mark.parametrize("text", [text for text in HOSTILE if text not in ("9**9**9", "ones(10**9)", "1" * 50_000,
    "@/dev/zero", "@/")] + [
    "111 " * 200 + "x", "tensor([1" + ",dtype= " * 200 + "])", "[1" + " " * 100_000 + "1", "1" * 100_000 + "x",
        "1," * 50_000 + "x",
    "eye:99999999", "zeros:0x999999999999x999999999999", "1e999999999", "nan" * 30_000,
    "(" * 60_000 + "1" + ")" * 60_000,
], ids=lambda text: text[:20].encode("unicode_escape").decode())  # fmt: skip
def test_a_hostile_tensor_is_refused_in_time(text: str, folder: Path) -> None:
    refusal(text)
    assert os.listdir(folder) == []


def test_a_repair_is_looked_for_in_time() -> None:
    with timed(SECONDS):
        assert respell("111 " * 200 + "x") is None
        assert as_text("tensor([1" + ",dtype= " * 200 + "])") is not None
        assert as_text("[1" + " " * 100_000 + "1]") == "[1, 1]"


# ── a sample of the fuzzing ─────────────────────────────────────────────────────────────────────

FOUND = [
    ("expression", b"\x01x+None"), ("expression", b"\x02(x+y)*None"), ("expression", b"\x01arange(inf)*x"),
        ("expression", b"\x01arange(nan)"),
    ("expression", b"\x01" + b"x" * 3000), ("expression", b"\x00zeros(0,10**12,10**12)"), ("tensor", b"@~\x00/x"),
    ("tensor", b"@~a\x00:b"),
    ("tensor", b"arange(inf)"), ("tensor", b"zeros:0x99999999999x99999999999"), ("record",
    b'{"expr": "x[end]", "inputs": {"": "1,2,3"}}'),
    ("record", b'{"expr": "x", "inputs": {"x": 1}, "lang": ' + b"[" * 900 + b"]" * 900 + b"}"),
]  # fmt: skip
"""What a fuzzer found, and was mended."""


@pytest.mark.parametrize(("target", "content"), FOUND, ids=lambda what: repr(what)[:30])
def test_what_was_found_is_mended(target: str, content: bytes) -> None:
    tally = Tally(slow=SECONDS)
    tally.execute(targets.TARGETS[target], content, watching=False)
    assert tally.found == {}, tally.report()


@pytest.mark.parametrize("target", targets.TARGETS)
def test_whatever_a_parser_is_given_it_ends_in_time_or_complains(target: str, folder: Path) -> None:
    warm, tally, run = Tally(), Tally(), targets.TARGETS[target]
    for content in targets.seeds(target):  # what is imported late is imported now
        warm.execute(run, content, watching=False)
    for content in mutants(targets.seeds(target), targets.words(), 5, 400):
        tally.execute(run, content)
    assert tally.executions == 400
    assert tally.found == {}, tally.report()
    assert os.listdir(folder) == []


@pytest.mark.parametrize("target", ["expression", "tensor", "arguments"])
@pytest.mark.parametrize("piece", ["1", "111 ", "(", "x ", "|", "sin ", ",dtype= "])
def test_a_long_repetition_is_read_in_time_that_grows_with_its_length(target: str, piece: str) -> None:
    tally = Tally(slow=SECONDS)
    for content in pumps(8_000, (piece,)):
        tally.execute(targets.TARGETS[target], (b"vjp\n" if target == "arguments" else b"\2") + content, watching=False)
    assert tally.found == {}, tally.report()


def test_random_records_are_answered_or_refused() -> None:
    tally = Tally(slow=20.0, alarm=30.0)
    for record in answers.records(seed=3, count=40):
        tally.execute(
            lambda _, record=record: answers.judged(record), repr(record.get("expr")).encode(), watching=False
        )
    assert tally.executions == 40
    assert tally.found == {}, tally.report()


def test_planted_wrong_derivatives_are_caught_by_the_verdict() -> None:
    """A sample of `python -m tests.mutation`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "--only", "tanh."],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "caught" in done.stdout and "survived" not in done.stdout
