"""Random programs, the formulas' values beside autograd's, on demand: `python -m tests.fuzz --programs 2000 --seed 0`.

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

from gradcli.compare import side_by_side
from gradcli.message import GradcliError, Message
from gradcli.numeric import vjp
from gradcli.program import values_of
from gradcli.symbolic import Derived, derived
from tests.programs import Drawn, deviation, program

SLOW = 2.0
ALARM = 10
SHAKEN = 2.0**-50


def judged(drawn: Drawn) -> list[str]:
    """What is wrong with the formulas of a program, a line each; none if they agree with autograd."""
    traced = drawn.program
    known = deviation(traced, values_of(traced, drawn.point))
    numbers = vjp(traced, drawn.wrt, drawn.point, drawn.v)
    return [line for form in derived(traced, drawn.wrt) for line in _compared(drawn, form, numbers.grads[form.name], known)]


def _compared(drawn: Drawn, form: Derived, pytorch: Any, known: float) -> list[str]:
    printed = form.closed()
    symbolic = form.value(drawn.point, drawn.v)
    shaken = {name: a * (1 + SHAKEN * np.where(np.arange(a.size) % 2, 1, -1).reshape(a.shape)) for name, a in drawn.point.items()}
    # in a composition the documented relative error of one row may grow
    said = (Message("documented"), 100 * known) if known else None
    verdict = side_by_side(form.name, symbolic, pytorch, "float64", known=said, shaken=lambda: form.value(shaken, drawn.v),
                           jacobian=form.contracted(drawn.point, drawn.v))
    lines = []
    if not verdict.agrees and not _off_by_documented(symbolic, pytorch, known):
        where = "; ".join(f"{d.name} = {d.formula}" for d in printed.vjp.where)
        lines.append(f"VJP {form.name}: {verdict.reason}\n    {printed.vjp.left_side} = {printed.vjp.formula}   where {where}")
    if not verdict.jacobian_checked and not np.isnan(symbolic).any():
        where = "; ".join(f"{d.name} = {d.formula}" for d in printed.jacobian.where)
        lines.append(f"J {form.name}: contracted, it differs from the VJP\n    {printed.jacobian.left_side} = {printed.jacobian.formula}   where {where}")
    return lines


def _off_by_documented(a: Any, b: Any, bound: float) -> bool:
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
    asked = parser.parse_args()
    warnings.simplefilter("error")
    signal.signal(signal.SIGALRM, _ring)
    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(asked.seed, asked.seed + asked.programs):
        drawn = program(seed, longest=asked.longest, kinks=asked.kinks)
        began = time.perf_counter()
        signal.alarm(ALARM)
        try:
            lines = judged(drawn)
        except GradcliError as error:
            lines, refusal = [], f"{error.kind}: {error}"
            refused[refusal] += 1
        except Exception as error:
            lines = [f"broke: {type(error).__name__}: {' '.join(str(error).split())[:200]}"]
        finally:
            signal.alarm(0)
        took = time.perf_counter() - began
        counts["slow"] += took > SLOW
        counts["wrong" if lines else "right"] += 1
        if lines or took > SLOW:
            sys.stdout.write(f"--- seed {seed} ({took:.1f} s): {drawn}\n" + "".join(f"  {line}\n" for line in lines))
            sys.stdout.flush()
    counts["right"] -= sum(refused.values())
    sys.stdout.write(f"right {counts['right']}  wrong {counts['wrong']}  refused {sum(refused.values())}  slow {counts['slow']}\n")
    for reason, count in refused.most_common():
        sys.stdout.write(f"  refused {count}: {reason}\n")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
