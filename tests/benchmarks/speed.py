"""How fast and how large, measured on demand: `python -m tests.benchmarks.speed [--quick]`.

Every figure is a ratio within one run, because machines drift: start-up to `python -c "import torch, sympy"`,
evaluation to PyTorch's own VJP of the same program, memory to the size of the inputs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
import torch

from gradcli.numeric.autograd import computing, forward
from gradcli.program import Program, trace
from gradcli.report import Array
from gradcli.symbolic import derived
from gradcli.syntax import parse

COMMANDS = {
    "vjp, whole process": ["-m", "gradcli", "vjp", "(x+1)**2", "--x", "eye:5", "--v", "ones"],
    "vjp --symbolic-only": ["-m", "gradcli", "vjp", "(x+1)**2", "--x", "eye:5", "--v", "ones", "--symbolic-only"],
    "usage error": ["-m", "gradcli", "vjp", "(x+1", "--x", "3"],
    "vjp --help": ["-m", "gradcli", "vjp", "--help"],
}
GROWTH = {
    "(x+1)**2": (lambda n: {"x": (n,)}, (10, 1_000, 100_000, 1_000_000, 10_000_000)),
    "x @ w.T": (lambda n: {"x": (n, n), "w": (n, n)}, (10, 100, 300, 1_000)),
    "softmax(x, dim=1)": (lambda n: {"x": (n, n)}, (10, 100, 1_000, 3_000)),
    "layer_norm(x)": (lambda n: {"x": (n, n)}, (10, 100, 1_000)),
    "softmax(q @ k.T, dim=1) @ u": (lambda n: {"q": (n, 64), "k": (n, 64), "u": (n, 64)}, (10, 100, 1_000)),
}  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="small sizes and few runs")
    quick = options.parse_args().quick
    print("whole process, ratio to: python -c 'import torch, sympy'")
    for name, ratio in startup(runs=3 if quick else 7):
        print(f"  {name:24} {ratio:.2f}")
    print("\nderive (ms), evaluate the VJP formula (ms and ratio to PyTorch's VJP), peak memory (ratio to the inputs)")
    for line in growth(largest=100_000 if quick else 10_000_000):
        print("  " + line)
    print("\nderive as the program gets deeper (ms)")
    for line in depth():
        print("  " + line)
    print("\nentries of the Jacobian: the closed form, and SymPy's Matrix.jacobian of explicit entries (ms)")
    for line in naive():
        print("  " + line)


def startup(runs: int) -> Iterator[tuple[str, float]]:
    base = ["-c", "import torch, sympy"]
    for name, command in COMMANDS.items():
        yield name, median(_seconds(command) / _seconds(base) for _ in range(runs))


def _seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
    return time.perf_counter() - start


def growth(largest: int) -> Iterator[str]:
    for text, (shapes_of, sizes) in GROWTH.items():
        for n in sizes:
            shapes = shapes_of(n)
            if max(int(np.prod(s)) for s in shapes.values()) > largest:
                continue
            yield _grown(text, n, shapes)


def _grown(text: str, n: int, shapes: dict[str, tuple[int, ...]]) -> str:
    rng = np.random.default_rng(0)
    point = {name: rng.uniform(0.5, 1.5, shape) for name, shape in shapes.items()}
    program = trace(parse(text), shapes)
    first = next(iter(shapes))
    v = rng.uniform(-1, 1, program.output_shape)
    derive = _best(lambda: derived(program, [first]), 3)
    form = derived(program, [first])[0]
    ours = _best(lambda: form.value(point, v), 3)
    theirs = _best(lambda: _pytorch(program, first, point, v), 3)
    tracemalloc.start()
    form.value(point, v)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    memory = peak / sum(a.nbytes for a in point.values())
    times = f"derive {derive * 1e3:6.1f}   value {ours * 1e3:8.2f}   / PyTorch {ours / theirs:5.2f}"
    return f"{text:28} n={n:<9} {times}   memory {memory:5.1f}"


def _pytorch(program: Program, name: str, point: dict[str, Array], v: Array) -> None:
    """PyTorch's own VJP: forward once and backward once."""
    with computing("float64"):
        y = forward(program, [name], point, "float64")[program.output.step]
        y.backward(torch.tensor(v))


def depth() -> Iterator[str]:
    for layers in (4, 8, 16, 32):
        text = "h = x; " + "; ".join(f"h = tanh(h @ w{k})" for k in range(layers)) + "; h.sum()"
        shapes = {"x": (2, 3), **{f"w{k}": (3, 3) for k in range(layers)}}
        yield f"{layers:3} tanh layers      {_derive_ms(text, shapes, 'w0'):8.1f}"
    for chain in (2, 4, 8):
        text = "h = x; " + "; ".join("h = softmax(h, dim=1)" for _ in range(chain)) + "; h"
        yield f"{chain:3} softmaxes        {_derive_ms(text, {'x': (2, 3)}, 'x'):8.1f}"


def _derive_ms(text: str, shapes: dict[str, tuple[int, ...]], name: str) -> float:
    program = trace(parse(text), shapes)
    return _best(lambda: derived(program, [name]), 2) * 1e3


def naive() -> Iterator[str]:
    import sympy

    for n in (4, 16, 64):
        program = trace(parse("(x+1)**2"), {"x": (n,)})
        ours = _best(lambda p=program: derived(p, ["x"]), 2) * 1e3

        def explicit(size: int = n) -> object:
            x = sympy.symbols(f"x:{size}")
            return sympy.Matrix([(s + 1) ** 2 for s in x]).jacobian(x)

        yield f"(x+1)**2 n={n:<4} closed form {ours:8.1f}   Matrix.jacobian {_best(explicit, 1) * 1e3:8.1f}"


def _best(run: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return min(took)


if __name__ == "__main__":
    main()
