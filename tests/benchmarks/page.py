"""gradcli beside what a person would use instead, as whole processes: `python -m tests.benchmarks.page --write`.

Every program answers for (x+1)**2 with v = 1 at a vector of n entries, the sizes in turn and the programs in turn, and
each figure is the median ratio to a plain PyTorch script of the same round: machines drift, ratios less. `--others
PYTHON` names an interpreter that has JAX and HIPS autograd. `--write` puts the table into README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

README = Path(__file__).parents[2] / "README.md"
MARKED = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- /benchmarks -->)", re.DOTALL)
SIZES = (25, 250, 2_500)
PATIENCE = 60.0
"""Seconds for one process; what takes longer is said to."""
RECORDS = 200

_TORCH = "import torch; torch.set_default_dtype(torch.float64); x = torch.linspace(-1, 1, {n}, requires_grad=True)"
_JAX = (
    "import jax, jax.numpy as jnp; jax.config.update('jax_enable_x64', True); x = jnp.linspace(-1, 1, {n});"
    "f = lambda x: (x + 1)**2; "
)


@dataclass(frozen=True)
class Program:
    """What is run, what it answers with, and the interpreter that runs it."""

    name: str
    gives: str
    arguments: tuple[str, ...]
    other: bool = False
    questions: int = 1


def script(name: str, gives: str, source: str, other: bool = False) -> Program:
    return Program(name, gives, ("-c", source), other)


def asking(name: str, gives: str, *options: str) -> Program:
    words = ("-m", "gradcli", "vjp", "(x+1)**2", "--x", "linspace:-1:1:{n}", "--v", "ones", *options)
    return Program(name, gives, words)


PROGRAMS = (
    script("PyTorch, `y.backward(v)`", "numbers of v·J",
           f"{_TORCH}; ((x + 1)**2).backward(torch.ones({{n}})); print(x.grad)"),
    script("`torch.autograd.functional.jacobian`", "numbers of J",
           f"{_TORCH}; print(torch.autograd.functional.jacobian(lambda x: (x + 1)**2, x))"),
    script("JAX, `jax.vjp`", "numbers of v·J", _JAX + "print(jax.vjp(f, x)[1](jnp.ones({n})))", True),
    script("JAX, `jax.jacrev`", "numbers of J", _JAX + "print(jax.jacrev(f)(x))", True),
    script("HIPS autograd, `jacobian`", "numbers of J",
           "import autograd, autograd.numpy as np; x = np.linspace(-1, 1, {n});"
           "print(autograd.jacobian(lambda x: (x + 1)**2)(x))", True),
    script("SymPy, `Matrix.jacobian`", "n² formulas",
           "import sympy; x = sympy.symbols('x:{n}'); print(sympy.Matrix([(s + 1)**2 for s in x]).jacobian(x))"),
    asking("gradcli vjp", "formulas of J and v·J, both numbers, verdict, explanation"),
    asking("gradcli vjp --symbolic-only", "formulas and their numbers", "--symbolic-only"),
    asking("gradcli vjp --numeric-only", "PyTorch's numbers, explanation", "--numeric-only"),
    Program("gradcli batch", f"the whole answer as JSON, a question of {RECORDS}",
            ("-m", "gradcli", "batch", "{records}"), questions=RECORDS),
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One process: seconds and peak memory in MiB; None where it was stopped."""

    seconds: float | None
    memory: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=5, help="rounds")
    options.add_argument("--others", default=sys.executable, help="an interpreter that has JAX and HIPS autograd")
    options.add_argument("--write", action="store_true", help="write the table into README.md")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = page(measured(chosen.runs, chosen.others, Path(folder)))
    print(table)
    if chosen.write:
        text = README.read_text(encoding="utf-8")
        README.write_text(MARKED.sub(lambda found: found[1] + table + found[2], text), encoding="utf-8")


def measured(runs: int, others: str, folder: Path) -> dict[tuple[str, int], list[Run]]:
    """Every program at every size, in turn; a first round at the smallest only warms the caches."""
    found: dict[tuple[str, int], list[Run]] = {}
    for turn in range(runs + 1):
        for n in SIZES if turn else SIZES[:1]:
            print(f"round {turn} of {runs}, n = {n}", file=sys.stderr)
            records = folder / f"{n}.jsonl"
            records.write_text("".join(f"{json.dumps(record(n, k))}\n" for k in range(RECORDS)))
            for program in PROGRAMS:
                if stopped(found.get((program.name, n), ())):
                    continue
                words = [word.replace("{n}", str(n)).replace("{records}", str(records)) for word in program.arguments]
                one = run([others if program.other else sys.executable, *words])
                if turn or one.seconds is None:
                    found.setdefault((program.name, n), []).append(one)
    return found


def record(n: int, k: int) -> dict[str, object]:
    return {"id": k, "expr": "(x+1)**2", "inputs": {"x": f"linspace:-1:{k + 1}:{n}"}, "v": "ones"}


def stopped(runs: Sequence[Run]) -> bool:
    return any(one.seconds is None for one in runs)


def run(command: list[str]) -> Run:
    """The process by the operating system's own account; a failure is no figure. gradcli is the installed one."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as told:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told, cwd=tempfile.gettempdir())
        ended, status, used = 0, 0, None
        while not ended and time.perf_counter() - start < PATIENCE:
            time.sleep(0.002)
            ended, status, used = os.wait4(child.pid, os.WNOHANG)
        took = time.perf_counter() - start
        if not ended:
            child.kill()
            child.wait()
            return Run(None, 0.0)
        child.returncode = os.waitstatus_to_exitcode(status)  # reaped here, for its memory
        if child.returncode:
            told.seek(0)
            raise SystemExit(f"{command}\n{told.read().decode()}")
        return Run(took, used.ru_maxrss / 1024)


def page(found: dict[tuple[str, int], list[Run]]) -> str:
    """The table, in Markdown."""
    head = "".join(f" n = {n:,} |" for n in SIZES)
    lines = [f"| from the shell, (x+1)**2 of n entries | answer |{head} memory |"]
    lines += ["|---|---|" + "--:|" * (len(SIZES) + 1)]
    lines += [f"| {p.name} | {p.gives} |" + "".join(f" {cell} |" for cell in cells(p, found)) for p in PROGRAMS]
    return _SAID + "\n\n" + "\n".join(lines) + "\n"


_SAID = """\
Beside what one would use instead, as whole processes from the shell: ratios to the plain PyTorch script of the same
round (`python -m tests.benchmarks.page --write` measures them anew; smaller is better). JAX and HIPS autograd start
faster. gradcli is done before the plain script, which imports the same PyTorch, because it does not collect garbage
while libraries load, leaves PyTorch's rules for compilers unloaded and does not tear down what it loaded. What grows
with n² where J is written out does not where J is one formula."""


def cells(program: Program, found: dict[tuple[str, int], list[Run]]) -> Iterator[str]:
    """Time at each size and memory at the largest, as ratios to the first program."""
    for n in SIZES:
        base, mine = found[PROGRAMS[0].name, n], found[program.name, n]
        if stopped(mine):
            yield f"> {PATIENCE / seconds(base):.0f}"
        else:
            ratios = [a.seconds / b.seconds for a, b in zip(mine, base, strict=True) if a.seconds and b.seconds]
            yield figure(median(ratios) / program.questions)
    largest = SIZES[-1]
    memory = [one.memory for one in found[program.name, largest]]
    yield (
        ""
        if stopped(found[program.name, largest])
        else figure(median(memory) / median(one.memory for one in found[PROGRAMS[0].name, largest]))
    )


def seconds(runs: Sequence[Run]) -> float:
    return median(one.seconds for one in runs if one.seconds is not None)


def figure(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


if __name__ == "__main__":
    main()
