"""How the process begins and ends: what each question may load, that nothing of it happens outside the console entry,
and what a person is told when a library is missing or Ctrl-C comes early."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gradcli.cli import requirements, start_up
from gradcli.message import Exit

ROOT = Path(__file__).parent.parent
QUESTION = ("vjp", "(x+1)**2", "--x", "eye:3", "--v", "ones")


def process(*words: str, program: str | None = None, front: Path | None = None, **more: Any) -> Any:
    """`python -m gradcli`, or a program; packages of the folder `front` come before the installed ones."""
    paths = os.pathsep.join(map(str, ([front] if front else []) + [ROOT]))
    start = ["-m", "gradcli"] if program is None else ["-c", program]
    return subprocess.run(
        [sys.executable, *start, *words],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **more,
    )


# --- what a question may load -----------------------------------------------------------------------------------------

_INSTALLED = """
import sys
places = {m.partition(".")[0] for m, v in list(sys.modules.items())
          if "site-packages" in (getattr(v, "__file__", None) or "")}
print(*sorted(places), file=sys.stderr)
"""
_ASK = "import sys\nfrom gradcli.cli.entry import run\nrun(sys.argv[1:])\n"


def installed(program: str, *words: str) -> set[str]:
    """The installed packages that a fresh process has loaded at its end."""
    return set(process(*words, program=program + _INSTALLED).stderr.splitlines()[-1].split()) - {"gradcli"}


def beyond(words: tuple[str, ...], libraries: str, extra: str = "") -> set[str]:
    """What a question loads beyond what importing these libraries does."""
    return installed(extra + _ASK, *words) - installed(libraries)


_TYPER = "import typer; from pydantic import Field, TypeAdapter"
"""The second is what Typer reads a value with."""
_PYTORCH = f"{_TYPER}; import numpy, rich.cells, torch, torch.fx.experimental.symbolic_shapes"
"""The last is what PyTorch itself imports for y.backward(v)."""
DOORS = {
    "nothing": ((), ""),
    "help": (("vjp", "--help"), "import typer"),
    "a word that is wrong": (("vjp", "x", "--formt"), "import typer"),
    "an option that is wrong": (("vjp", "x", "--formt", "json"), "import typer"),
    "an expression that is wrong": (("vjp", "(x+1", "--x", "3"), f"{_TYPER}; import numpy"),
    "a name that is wrong": (("vjp", "x**2", "--z", "3"), f"{_TYPER}; import numpy"),
    "symbolic-only": ((*QUESTION, "--symbolic-only"), f"{_TYPER}; import numpy, sympy, rich.cells"),
    "numeric-only": ((*QUESTION, "--numeric-only"), _PYTORCH),
    "vjp": (QUESTION, _PYTORCH),
}  # fmt: skip


@pytest.mark.parametrize("words, libraries", DOORS.values(), ids=DOORS)
def test_a_question_loads_no_library_but_its_own(words: tuple[str, ...], libraries: str) -> None:
    assert beyond(words, libraries) == set()


@pytest.mark.parametrize("words, libraries", [DOORS["a word that is wrong"], DOORS["symbolic-only"]])
def test_a_library_too_many_is_seen(words: tuple[str, ...], libraries: str) -> None:
    assert "hypothesis" in beyond(words, libraries, extra="import hypothesis\n")


def test_numeric_only_derives_nothing() -> None:
    found = process(*QUESTION, "--numeric-only", program=_ASK + "print(*sys.modules, file=sys.stderr)").stderr.split()
    assert "gradcli.numeric" in found
    assert not {"gradcli.symbolic", "gradcli.symbolic.formulas"} & set(found)


# --- only the console entry is in a hurry -----------------------------------------------------------------------------

_AS_A_LIBRARY = """
import gc, sys, threading
import gradcli
assert gradcli.vjp("(x+1)**2", {"x": [1, 2]}, v="ones").parts
kinds = {type(sys.modules[name]).__name__ for name in ("sympy.tensor.tensor", "torch._meta_registrations")}
print(gc.isenabled(), gc.get_freeze_count(), threading.active_count(), *kinds)
"""


def test_a_library_call_leaves_the_process_as_it_was() -> None:
    assert process(program=_AS_A_LIBRARY).stdout == "True 0 1 module\n"


def test_the_console_entry_does_hurry() -> None:
    hurried = _AS_A_LIBRARY.replace(
        "import gradcli\n",
        "import gradcli\nfrom gradcli.cli import start_up\nstart_up.pause_collection(); start_up.install_stand_ins()\n",
    )
    assert process(program=hurried).stdout == "False 0 1 StandIn\n"


def test_a_stand_in_gives_way_to_the_module_itself() -> None:
    told = process(
        program="""
from gradcli.cli import start_up
start_up.install_stand_ins()
import sympy, sys
x = sympy.Symbol("x")
print(x + x + 1, type(sys.modules["sympy.tensor.tensor"]).__name__)
from sympy.tensor.tensor import TensorIndexType, tensor_indices, TensorHead, TensExpr
L = TensorIndexType("L", dim=4)
i, j = tensor_indices("i j", L)
A = TensorHead("A", [L, L])
print(type(sys.modules["sympy.tensor.tensor"]).__name__, isinstance(A(i, j) + A(j, i), TensExpr))
import torch
print(type(sys.modules["torch._meta_registrations"]).__name__)
from torch._meta_registrations import meta_index_Tensor
x = torch.ones(2, 3, device="meta")
print(type(sys.modules["torch._meta_registrations"]).__name__, tuple(torch.linalg.qr(x).R.shape))
"""
    )
    assert told.stdout == "2*x + 1 StandIn\nmodule True\nStandIn\nmodule (2, 3)\n"


_EVERY_ROW = """
import sys
from hashlib import sha256
from itertools import islice
import numpy as np
from gradcli.commands.functions import _fitting
from gradcli.message import GradcliError
from gradcli.numeric import hvp, jvp, vjp
from gradcli.ops import ROWS

def numbers(program, point):
    t = {name: np.cos(np.arange(a.size, dtype=float)).reshape(a.shape) for name, a in point.items()}
    v = np.cos(np.ones(program.output_shape))
    first = vjp(program, list(point), point, v)
    found = hvp(program, list(point), point, v, t)
    yield from (*first.grads.values(), jvp(program, point, t), *found.values())

for row in ROWS:
    told = sha256()
    for program, point in islice(_fitting(row), 3) if row.differentiable else ():
        try:
            for found in numbers(program, point):
                told.update(found.tobytes())
        except GradcliError as error:
            told.update(str(error).encode())
    print(row.name, told.hexdigest())
print(type(sys.modules["torch._meta_registrations"]).__name__)
"""


def test_pytorch_computes_the_same_bits_with_what_is_set_aside() -> None:
    *whole, last = process(program=_EVERY_ROW).stdout.splitlines()
    hurried = process(
        program="from gradcli.cli import start_up\nstart_up.install_stand_ins()\n" + _EVERY_ROW
    ).stdout.splitlines()
    assert (last, hurried.pop()) == ("module", "StandIn")
    assert hurried == whole and len(whole) > 190


_EVERYTHING = """
import sys
from gradcli.commands import COMMANDS
from gradcli.api import answer

for command in ("vjp", "jvp", "jacobian", "grad", "hessian", "hvp", "backward", "steps", "graph", "code"):
    asked = {"expr": "sum((x @ w)**2 * exp(x)) + cumsum(x, 0)[1]", "inputs": {"x": [1, 2], "w": [3, 4]}}
    t = {"t": {"x": "ones", "w": "ones"}} if "t" in COMMANDS[command].options else {}
    print(answer(asked | {"command": command} | t))
print([type(sys.modules[name]).__name__ for name in ("sympy.tensor.tensor", "torch._meta_registrations")])
"""


def test_every_command_answers_the_same_with_and_without_what_is_set_aside() -> None:
    whole = process(program=_EVERYTHING).stdout.splitlines()
    hurried = process(
        program="from gradcli.cli import start_up\nstart_up.install_stand_ins()\n" + _EVERYTHING
    ).stdout.splitlines()
    assert len(whole) == 11 and all("'ok': True" in told for told in whole[:-1])
    assert hurried[:-1] == whole[:-1]
    assert (whole[-1], hurried[-1]) == ("['module', 'module']", "['StandIn', 'StandIn']")


_VERSIONS = [(library, module, version) for (library, module), tried in start_up.TRIED.items() for version in tried]


@pytest.mark.parametrize(("library", "module", "version"), _VERSIONS)
def test_a_module_is_set_aside_for_the_versions_it_was_tried_with_and_no_other(
    monkeypatch: pytest.MonkeyPatch, library: str, module: str, version: str
) -> None:
    def stands_in(told: str) -> bool:
        monkeypatch.setitem(sys.modules, library, SimpleNamespace(__version__=told))
        return start_up.StandIns().find_spec(module) is not None

    assert all(map(stands_in, (f"{version}.0", f"{version}.1+cpu", version)))
    assert not any(map(stands_in, (f"{version}.0a0+git1", f"{version}9.0", f"{version}.dev", "1.2.0", "99.0", "", "x")))


def test_nothing_is_set_aside_of_a_version_that_was_not_tried() -> None:
    change = "import gradcli.cli.start_up as start_up\nstart_up.TRIED = {key: ('0.1',) for key in start_up.TRIED}\n"
    told = process(program=change + "start_up.install_stand_ins()\n" + _EVERYTHING).stdout.splitlines()
    assert told[-1] == "['module', 'module']"


def test_the_installed_versions_were_tried() -> None:
    for (library, _), tried in start_up.TRIED.items():
        assert metadata.version(library).startswith(tuple(f"{version}." for version in tried))


# --- libraries that are missing ---------------------------------------------------------------------------------------


def in_front(folder: Path, package: str, source: str) -> Path:
    (folder / package).mkdir()
    (folder / package / "__init__.py").write_text(source)
    return folder


def missing(package: str) -> str:
    return f"raise ModuleNotFoundError('No module named {package}', name='{package}')"


@pytest.mark.parametrize("package", ["torch", "sympy", "numpy"])
def test_a_missing_library_is_told_with_how_to_install_it(package: str, tmp_path: Path) -> None:
    found = process(*QUESTION, front=in_front(tmp_path, package, missing(package)))
    told, hint = found.stderr.splitlines()
    assert found.returncode == Exit.MISTAKE
    assert told.startswith(f"error: gradcli needs {package}") and told.endswith("which is not installed")
    assert hint.startswith(f'hint: python -m pip install "{package}')


def test_without_pytorch_the_formulas_stand_and_symbolic_only_is_whole(tmp_path: Path) -> None:
    front = in_front(tmp_path, "torch", missing("torch"))
    assert "x.grad[i,j] = 2*v[i,j]*(x[i,j] + 1)" in process(*QUESTION, front=front).stdout
    whole = process(*QUESTION, "--symbolic-only", front=front)
    assert (whole.returncode, whole.stderr) == (0, "")


def test_a_broken_library_is_told_with_its_own_reason(tmp_path: Path) -> None:
    front = in_front(tmp_path, "torch", "raise ImportError('libgomp.so.1: cannot open shared object file')")
    found = process(*QUESTION, "--format", "json", front=front)
    error = json.loads(found.stdout)["error"]
    assert (found.returncode, found.stderr, error["kind"]) == (2, "", "install")
    assert error["message"].endswith("libgomp.so.1: cannot open shared object file")


@pytest.mark.parametrize(
    "version, told",
    [
        ("1.9", "gradcli needs sympy<1.15,>=1.13, and 1.9 is installed"),
        ("1.15", "gradcli needs sympy<1.15,>=1.13, and 1.15 is installed"),
        ("1.13.2rc1", None),
        ("1.14.0+local", None),
        (None, "gradcli needs sympy<1.15,>=1.13, which is not installed"),
    ],
)
def test_a_version_out_of_bounds_is_told(
    monkeypatch: pytest.MonkeyPatch, version: str | None, told: str | None
) -> None:
    def installed_version(name: str) -> str:
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, "requires", lambda _: ["sympy<1.15,>=1.13", "nothing>=9 ; extra == 'plot'"])
    monkeypatch.setattr(metadata, "version", installed_version)
    complaint = requirements.unmet_requirement()
    assert (None if complaint is None else str(complaint)) == told


# --- Ctrl-C and readers that go away ----------------------------------------------------------------------------------

_CTRL_C = f"import os, time\nos.kill(os.getpid(), {int(signal.SIGINT)})\ntime.sleep(60)\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself Ctrl-C there")
@pytest.mark.parametrize("package", ["numpy", "sympy", "torch"])
def test_ctrl_c_while_a_library_is_imported(package: str, tmp_path: Path) -> None:
    found = process(*QUESTION, front=in_front(tmp_path, package, _CTRL_C))
    assert (found.returncode, found.stderr) == (130, "gradcli: interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself Ctrl-C there")
@pytest.mark.parametrize("room, function", [("symbolic", "derived"), ("numeric", "vjp")])
def test_ctrl_c_in_the_middle_of_the_work(room: str, function: str) -> None:
    interrupted = f"import gradcli.{room}\ndef work(*_, **__):\n    " + _CTRL_C.replace("\n", "\n    ")
    program = f"{interrupted}\ngradcli.{room}.{function} = work\nfrom gradcli.cli import main\nmain()"
    found = process(*QUESTION, program=program)
    assert (found.returncode, found.stderr) == (130, "gradcli: interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself Ctrl-C there")
def test_ctrl_c_before_the_first_word_is_read(tmp_path: Path) -> None:
    (tmp_path / "errno.py").write_text("")
    (tmp_path / "contextlib.py").write_text(_CTRL_C)  # the first import of the entry that is not yet in
    program = f"import sys\nsys.modules.pop('contextlib', None)\nsys.path.insert(0, {str(tmp_path)!r})\n"
    found = process(program=program + "from gradcli.cli import main\nmain()")
    assert (found.returncode, found.stderr) == (130, "gradcli: interrupted\n")


def test_a_reader_that_wants_one_line_is_no_error() -> None:
    asking = subprocess.Popen(
        [sys.executable, "-m", "gradcli", *QUESTION], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert asking.stdout is not None and asking.stderr is not None
    assert asking.stdout.readline().startswith(b"function")
    asking.stdout.close()
    assert (asking.wait(120), asking.stderr.read()) == (0, b"")
    asking.stderr.close()
