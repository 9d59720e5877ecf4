"""Random programs, the formulas' values beside autograd's, on demand: `python -m tests.fuzz --programs 2000 --seed 0`;
with `--command hessian` another command's verdicts on them, with `--inner` by the names that the program assigns.

Prints how many were right, wrong, refused (with the reasons) and slow, and each wrong one with its formula. Ends with
status 1 if anything was wrong or broke.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import warnings
from collections import Counter
from typing import Any

import numpy as np

import gradcli
from gradcli.commands import COMMANDS
from gradcli.commands.problem import understand
from gradcli.message import GradcliError
from gradcli.report import Compared
from gradcli.report.exhibits import Visit
from gradcli.request import Request
from gradcli.symbolic import Derived, derived
from tests.programs import Drawn, deviation, program
from tests.vjp_verdicts import vjp_verdicts

VERDICTS = ("vjp", "jvp", "jacobian", "backward", "hessian", "hvp", "steps")
"""Commands that compare a formula with PyTorch for a program whatever its shape."""
SLOW = 2.0
"""Seconds of the processor's time that a program may take without being called slow."""
ALARM = 10
"""After so many it is given up."""


def judged(drawn: Drawn) -> list[str]:
    """What the product finds wrong with its own formulas for a program, a line each."""
    problem = understand(Request(drawn.text, inputs=drawn.point, v=drawn.v))
    forms = {form.name: form for form in derived(problem.program, problem.wrt, problem.v_name)}
    documented = deviation(problem.program, problem.values)
    return [line for found in vjp_verdicts(problem, forms) for line in _wrong(found, forms[found.name], documented)]


def asked_by(command: str, drawn: Drawn, inner: bool = False) -> list[str]:
    """What the verdicts of a command say is wrong with it, a line each. `inner`: by the names that the program
    assigns (a Hessian by the first)."""
    options: dict[str, Any] = {}
    if "t" in COMMANDS[command].options:
        draw = np.random.default_rng(1)
        options["t"] = {name: draw.uniform(-1, 1, np.shape(drawn.point[name])) for name in drawn.wrt}
    if inner and drawn.program.names:
        options["wrt"] = tuple(drawn.program.names)[: 1 if command == "hessian" else None]
    if "v" in COMMANDS[command].options:
        options["v"] = drawn.v
    answer = getattr(gradcli, command)(drawn.text, drawn.point, time_limit=ALARM, **options)
    visited = [operand.compared for visit in answer.of(Visit) for operand in visit.operands]
    return [
        f"{command} {found.name}: {found.reason or 'the formula contracted is another one'}"
        for found in (*answer.of(Compared), *visited)
        if found.agrees is False or found.jacobian_checked is False
    ]


def _wrong(found: Compared, form: Derived, documented: float) -> list[str]:
    if found.symbolic is None:  # a singular matrix has no inverse: the product says so and compares nothing
        assert found.reason is not None
        raise GradcliError("domain", found.reason)
    printed = form.closed()
    lines = []
    if not found.agrees and not _as_documented(found.symbolic, found.pytorch, documented):
        lines.append(f"VJP {form.name}: {found.reason}\n    {_said(printed.vjp)}")
    if not found.jacobian_checked:
        lines.append(f"J {form.name}: contracted with v it differs from the VJP\n    {_said(printed.jacobian)}")
    return lines


def _said(formula: Any) -> str:
    where = "; ".join(f"{d.name} = {d.formula}" for d in formula.where)
    return f"{formula.left_side.text()} = {formula.formula}" + (f"   where {where}" if where else "")


def _as_documented(a: Any, b: Any, bound: float) -> bool:
    """Whether a documented error of one row explains the difference; later operations may enlarge it."""
    scale = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
    return bool(bound and np.abs(a - b).max(initial=0.0) <= 100 * bound * scale)


def _ring(*_: Any) -> None:
    raise TimeoutError(f"more than {ALARM} seconds")


def main() -> int:
    """The run; returns the exit status."""
    parser = argparse.ArgumentParser(prog="tests.fuzz")
    parser.add_argument("--programs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=int, default=6)
    parser.add_argument("--kinks", action="store_true", help="points where some operation has no derivative, too")
    parser.add_argument("--inner", action="store_true", help="by the names that the programs assign")
    parser.add_argument("--command", choices=[name for name in COMMANDS if name in VERDICTS], default="vjp")
    options = parser.parse_args()
    warnings.simplefilter("error")
    signal.signal(signal.SIGPROF, _ring)
    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(options.seed, options.seed + options.programs):
        drawn = program(seed, longest=options.longest, kinks=options.kinks)
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, ALARM)
        try:
            plain = options.command == "vjp" and not options.inner
            lines = judged(drawn) if plain else asked_by(options.command, drawn, options.inner)
        except GradcliError as error:
            lines, refusal = [], f"{error.kind}: {error}"
            refused[refusal] += 1
        except Exception as error:
            lines = [f"broke: {type(error).__name__}: {' '.join(str(error).split())[:200]}"]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - began
        counts["slow"] += took > SLOW
        counts["wrong" if lines else "right"] += 1
        if lines or took > SLOW:
            sys.stdout.write(f"--- seed {seed} ({took:.1f} s): {drawn}\n" + "".join(f"  {line}\n" for line in lines))
            sys.stdout.flush()
    counts["right"] -= sum(refused.values())
    told = {**{word: counts[word] for word in ("right", "wrong", "slow")}, "refused": sum(refused.values())}
    sys.stdout.write("  ".join(f"{word} {count}" for word, count in told.items()) + "\n")
    for reason, count in refused.most_common():
        sys.stdout.write(f"  refused {count}: {reason}\n")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
