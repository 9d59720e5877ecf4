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
from gradcli.request import LANGUAGES

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
    # what people ask, and find in the explanation
    "question-01-twice": 'backward "(inp+1).pow(2)" --inp eye:5 --v ones --calls 2 --retain-graph',
    "question-01-transposed": 'vjp "(inp+1).pow(2).t()" --inp eye:4x5 --v ones',
    "question-02-arguments": 'vjp "3*a + 2*b**2 + log(c)" --a 1,2,3 --b 3,4,5 --c 6,7,8 --v .1,1,1e-4',
    "question-03-weights": 'vjp "a*b" --a 10,10 --b 20,20 --v 2,2',
    "question-03-scalar-v": 'vjp "a*b" --a 10,10 --b 20,20 --v 2',
    "question-04-weighted-sum": 'vjp "x**2" --x 1,2,3 --v 3,2,1',
    "question-05-without-v": 'backward "a**2 + 2" --a ones:3',
    "question-05-guessed": 'vjp "a**2 + 2" --a ones:3',
    "question-05-mean": 'vjp "mean(a)" --a ones:3',
    "question-06-which-product": 'vjp "x**2" --x 1,2,3:4,5,6 --v ones',
    "question-07-one-large-weight": 'vjp "x**2" --x "arange(1., 11.).reshape(2, 5)" --v 100,1,1,1,1:1,1,1,1,1',
    "question-08-outer": 'vjp "outer(x, x)" --x 1,2,3,4 --v ones',
    "question-08-v-like-x": 'vjp "outer(x, x)" --x 1,2,3,4 --v 1,1,1,1',
    "question-09-softmax": 'jacobian "softmax(x, dim=0)" --x .1,2',
    "question-09-batch": 'jacobian "softmax(x, dim=1)" --x 0,1:2,3',
    "question-10-from-one-hot": 'jacobian "2*x" --x 1,2',
    "question-10-two-variables": 'vjp "3*a**3 - b**2" --a 2,3 --b 6,4 --v ones',
    "question-11-linear": 'vjp "X @ W.T" --X 1,2:3,4:5,6 --W 1,0:0,1 --wrt W --v ones',
    "question-12-bias": 'vjp "z + b" --z zeros:2x3 --b 0,0,0 --wrt b --v 1,2,3:4,5,6',
    "question-13-dimensions": 'jacobian "(x**2).sum(1)" --x 1,2:3,4 --flat',
    "question-14-layout": 'jacobian "A @ x" --A 1,2:3,4 --x 1,1 --wrt x --flat --layout denominator',
    "question-14-norm": 'grad "norm(A @ x)**2" --A 1,2:3,4 --x 1,1 --wrt x',
    "question-14-rows": 'vjp "A @ x" --A 5,1:1,5 --x 1,1 --wrt x --v ones',
    "question-15-accumulate": "explain accumulate",
    "question-16-nothing-saved": 'backward "x + 2" --x 1 --calls 2',
    "question-16-saved": 'backward "x*x" --x 1 --calls 2',
    "question-17-not-a-leaf": 'backward "a = x**2; b = 3*a; sum(b)" --x 1,2',
    "question-18-norm": 'vjp "norm(x)" --x 0,0',
    "question-18-root": 'vjp "x.pow(2).sum().sqrt()" --x 0,0',
    "question-18-maximum": 'vjp "maximum(x, 0)" --x 0,1 --v ones',
    "question-18-clamp": 'vjp "clamp(x, min=0)" --x 0,1 --v ones',
    "question-18-ties": 'vjp "max(x)" --x 2,2,1',
    "question-19-where": 'vjp "where(x > 0, sqrt(x), x)" --x -1,-4 --v ones',
    "question-20-hvp": 'hvp "3*x[0]**2 + 4*x[0]*x[1] + x[1]**2" --x 1,2 --t 1,1',
    "question-20-hessian": 'hessian "w[0]**2 + w[1]**2" --w 1,2',
    "hessian-scalars": 'hessian "x**2*y + sin(y*z)" --x 1 --y 2 --z 0.5',
    # every other command
    "check-right": 'check "(x+1)**2" --x eye:5 --v ones --answer "2*(x+1)*v"',
    "check-wrong": 'check "sigmoid(w @ x + b)" --w 1,2 --x 0.5,1 --b 0.1 --wrt w --answer x',
    "check-symmetric": 'check "x @ A @ x" --A 2,1:1,3 --x 1,-2 --wrt x --answer "2*A @ x"',
    "check-tensor": 'check "x**2" --x 1,2,3 --v ones --answer 2.0,4.1,6',
    "jvp": 'jvp "A @ x" --A 1,2:3,4 --x 1,2 --t A=eye:2 --t x=ones',
    "grad-partials": 'grad "x**3*y**2" --x 2 --y 3 --order 2',
    "jacobian-plot": 'jacobian "relu(x) @ w" --x -1,2:3,4 --w 1,2:0,1 --wrt x --plot',
    "steps": 'steps "y = x + 2; z = y*y*3; z.mean()" --x ones:2x2',
    "plot": 'plot "tanh(x)" --x linspace:-3:3:40',
    "graph": 'graph "mean((x @ w)**2)" --x eye:2 --w 1,2:3,4 --to mermaid',
    "code-torch": 'code "(x+1)**2" --x eye:2 --to torch',
    "code-numpy": 'code "softmax(x, dim=0)" --x 1,2 --v onehot:0 --to numpy',
    "functions": "functions softmax",
    "explain": "explain",
    "explain-error": 'explain "Trying to backward through the graph a second time"',
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
CASES |= {
    f"{language}-{name}": f"{command} --lang {language}"
    for language in LANGUAGES[1:]
    for name, command in {
        "square": 'vjp "(x+1)**2" --x 1,2:3,4 --v ones',
        "softmax": 'vjp "softmax(x, dim=0)" --x 0.1,2',
        "kinks": 'vjp "relu(x)" --x -1,0,0',
        "twice": 'backward "x**2" --x 3 --calls 2',
        "wrong-answer": 'check "(x+1)**2" --x 1,2 --v ones --answer "2*x*v"',
        "steps": 'steps "sum(x*exp(x))" --x 0,1',
        "page": "explain kinks",
        "function": "functions sqrt",
        "inner-sizes": 'vjp "x @ w" --x ones:2x3 --w ones:2x3',
    }.items()
}


def seen(command: str) -> str:
    """What a person sees of `gradcli COMMAND`."""
    out, err = io.StringIO(), io.StringIO()
    sizes = {"COLUMNS": "80", "LINES": "24", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
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
