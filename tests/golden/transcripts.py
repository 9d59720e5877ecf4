"""The transcripts: `python -m tests.golden.transcripts` writes them anew from the cases below and from errors/*.txt.

A transcript's first line is the command, `$ gradcli ...`; the rest is what a person sees, at 80 columns, without
colour, with stdout first and stderr after it, and the exit status where it is not 0.
"""

from __future__ import annotations

import contextlib
import io
import shlex
import sys
from pathlib import Path
from unittest import mock

from gradcli.cli.entry import run

FOLDER = Path(__file__).parent

CASES = {
    # the first questions
    "first": 'vjp "(x+1)**2" --x "eye(5)" --v ones',
    "v-is-x": 'vjp z --z "linspace(-1,1,5)" --v z',
    "onehot": 'vjp "outer(x, x)" --x 1,2,3 --v onehot:0,2',
    "softmax-ones": 'vjp "softmax(x, dim=0)" --x 0.1,2 --v ones',
    "bias": 'vjp "x @ w.T + b" --x ones:3x2 --w 1,2:3,4 --b 1,1 --wrt b --v 1,2:3,4:5,6',
    "mean": 'vjp "y = x + 2; z = y*y*3; z.mean()" --x ones:2x2',
    "loop": 'vjp "y = x*2; while y.data.norm() < 1000: y = y*2" --x 1,-2,0.5 --v 0.1,1,0.0001',
    "intermediate": 'vjp "a = x.T; a @ x" --x "arange(4.0).reshape(4,1)" --wrt a --v ones',
    "kink": 'vjp "relu(x)" --x -1,0,2 --v ones',
    "index-input": 'vjp "cross_entropy(x, t)" --x 1,2,3:3,1,0 --t 2,0',
    "quiet": 'vjp "x*y" --x 1,2 --y 3,4 --v ones --quiet',
    # what a textbook prints
    "task-01-square": 'vjp "(X+1)**2" --X 1,2:3,4 --v ones --symbolic-only',
    "task-02-quadratic": 'vjp "x @ A @ x" --x 1,2 --A 1,2:3,4 --wrt x --symbolic-only',
    "task-03-least-squares": 'vjp "norm(A @ x - b)**2" --A 1,2:3,4:5,6 --x 1,1 --b 1,1,1 --wrt x --symbolic-only',
    "task-04-trace": 'vjp "trace(A @ X @ B)" --A 1,2:3,4 --X 1,0:2,1 --B 1,1:0,2 --wrt X --symbolic-only',
    "task-05-logdet": 'vjp "log(det(X))" --X 3,1:1,2 --symbolic-only',
    "task-06-softmax": 'vjp "softmax(x, dim=0)" --x 1,2,3 --v ones --symbolic-only',
    "task-07-logsumexp": 'vjp "logsumexp(x, dim=0)" --x 1,2,3 --symbolic-only',
    "task-08-logistic": 'vjp "sum(log(1 + exp(-y*(X @ w))))" '
    '--X 1,2:3,4:5,6 --w 0.1,0.2 --y 1,-1,1 --wrt w --symbolic-only',
    "task-09-weighted-linear": 'vjp "sum(V*(X @ W.T))" '
    '--V 1,2:3,4 --X 1,0,1:0,1,1 --W ones:2x3 --wrt W --symbolic-only',
    "task-10-sum-of-squares": 'vjp "sum(X**2, dim=1)" --X 1,2:3,4 --v ones --symbolic-only',
    "task-11-norm": 'vjp "norm(x)" --x 3,4 --symbolic-only',
    "task-12-outer": 'vjp "outer(a, b)" --a 1,2 --b 3,4,5 --v ones --symbolic-only',
    "task-13-inverse": 'vjp "inv(X)" --X 2,1:1,3 --v ones --symbolic-only',
    "task-14-cross-entropy": 'vjp "cross_entropy(x, t)" --x 1,2,3:3,1,0 --t 2,0 --symbolic-only',
    "task-15-layer-norm": 'vjp "layer_norm(x)" --x 1,2,4:3,1,0 --v ones --symbolic-only',
    "task-16-broadcast": 'vjp "X * b" --X 1,2:3,4 --b 5,6 --wrt b --v ones --symbolic-only',
    "attention": 'vjp "softmax(q @ k.T/sqrt(2), dim=1) @ u" '
    '--q 1,0:0,1 --k 1,2:3,4:5,6 --u 1,0:0,1:1,1 --wrt q --v ones --symbolic-only',
}  # fmt: skip


def seen(command: str) -> str:
    """What a person sees of `gradcli COMMAND`."""
    out, err = io.StringIO(), io.StringIO()
    sizes = {"COLUMNS": "80", "LINES": "24", "NO_COLOR": "1"}
    with mock.patch.dict("os.environ", sizes), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(shlex.split(command))
    ending = f"[exit {int(status)}]\n" if status else ""
    return f"$ gradcli {command}\n{out.getvalue()}{err.getvalue()}{ending}"


def stored() -> dict[Path, str]:
    """Every transcript's file and its command; a wrong input is a file of its own in errors/."""
    files = {FOLDER / f"{name}.txt": command for name, command in CASES.items()}
    for path in sorted((FOLDER / "errors").glob("*.txt")):
        files[path] = path.read_text().splitlines()[0].removeprefix("$ gradcli ")
    return files


def main() -> None:
    for path, command in stored().items():
        path.write_text(seen(command))
        sys.stderr.write(f"{path.relative_to(FOLDER)}\n")


if __name__ == "__main__":
    main()
