"""README's recipe for more than one machine, run by a scheduler and two workers, one of which is killed. It needs
`dask.distributed`, which gradcli does not: without it this is skipped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from readme import PYTHON, README

import gradcli

pytestmark = pytest.mark.skipif(find_spec("distributed") is None, reason="dask.distributed is not installed")

RECIPE = next(block for block in PYTHON.findall(README.read_text()) if "dask" in block)
QUESTIONS = [
    {"id": n, "expr": f"sum(sin({n}*x)*x**{n % 5 + 2})", "inputs": {"x": [0.5, n / 10]}} if n % 10 else {"id": n}
    for n in range(120)
]

_HELD = """
import json, sys
from distributed import Client
with Client(scheduler_file=sys.argv[1]) as client:
    for _ in sys.stdin:
        print(json.dumps({name: len(keys) for name, keys in client.has_what().items()}), flush=True)
"""
"""Says, whenever it is asked, how many answers each worker holds."""


def started(*words: str, folder: Path) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(README.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=folder,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """A scheduler and two workers on loopback."""
    local = ("--host", "127.0.0.1", "--scheduler-file", "scheduler.json", "--no-dashboard")
    running = [started("-m", "dask", "scheduler", *local, "--port", "0", folder=tmp_path)]
    alone = ("--nthreads", "1", "--no-nanny")
    running += [started("-m", "dask", "worker", *local, *alone, "--name", name, folder=tmp_path) for name in "ab"]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def test_a_lost_worker_loses_no_answer(cluster: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    (tmp_path / "class.jsonl").write_text("".join(json.dumps(question) + "\n" for question in QUESTIONS))
    (tmp_path / "recipe.py").write_text(RECIPE)
    scheduler = tmp_path / "scheduler.json"
    while not scheduler.exists():
        time.sleep(0.1)
    asking = started("-c", _HELD, str(scheduler), folder=tmp_path)
    recipe = started("recipe.py", json.loads(scheduler.read_text())["address"], folder=tmp_path)
    held: dict[str, int] = {}
    while len(held) < 2 or min(held.values()) < 3:
        held = json.loads(_said(asking))
        assert recipe.poll() is None
    assert sum(held.values()) < len(QUESTIONS)
    cluster[1].send_signal(signal.SIGKILL)
    printed, _ = recipe.communicate(timeout=300)
    assert len(json.loads(_said(asking))) == 1
    asking.communicate()
    assert recipe.returncode == 0
    assert [json.loads(line) for line in printed.splitlines()] == [
        json.loads(json.dumps(gradcli.answer(question))) for question in QUESTIONS
    ]


def _said(asking: subprocess.Popen[str]) -> str:
    assert asking.stdin is not None and asking.stdout is not None
    asking.stdin.write("\n")
    asking.stdin.flush()
    return asking.stdout.readline()
