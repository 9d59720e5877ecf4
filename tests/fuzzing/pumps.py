"""Long inputs of one repeated piece: each parser must refuse or read them in time that grows with their length.

    python -m tests.fuzzing.pumps --length 20000

A regular expression that tries every way of dividing a text, or a pass over the text inside a pass over it,
    shows itself
here as seconds of the processor's time. Prints every input that takes more than `--slow` and ends with status 1 then.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import product

PARTS = (
    "(", ")", "[", "]", "{", "}", "1", "111 ", "1.1", "1e1", "x", "xy", "x ", "x_", " ", "\n", "\t", ",", ", ", ":",
        ";", "=", "==", "+",
    "-", "*", "**", "^", "/", "\\", "'", '"', "|", "||", "‖", ".", "..", ".T", "@", "@ ", "#", "_", "~", "!", "?",
    "<", "&", "$", "\\frac{", "\\sum_",
    "\\sqrt", "x_{i}", "√", "∑", "∂", "∇", "²", "ᵀ", "sin ", "sin", "sum(", "x.sum(", "x[", "x=", ",dtype= ",
    "tensor([", "while x:", "f(x)=",
    "eye:", "nan", "-1 ", "1;", "0x", "dim=", "if x else ", "not ", "and ", "lambda x:", "a?b:", "d/dx ", "{1,",
    '{"expr":', "--x=", "--x ",
)  # fmt: skip
HEADS = ("", "x", "[1", "tensor([1")
TAILS = ("", "x", "1", ")", "])", "'", "\x00")


def pumps(length: int, pieces: Sequence[str] = PARTS) -> Iterator[bytes]:
    """One input for each head, repeated piece and tail."""
    for head, piece, tail in product(HEADS, pieces, TAILS):
        yield (head + piece * (length // len(piece)) + tail).encode()


def main() -> int:
    """The run; returns the exit status."""
    from tests.fuzzing.guard import Tally
    from tests.fuzzing.targets import TARGETS

    parser = argparse.ArgumentParser(prog="tests.fuzzing.pumps")
    parser.add_argument("--length", type=int, default=20_000)
    parser.add_argument("--slow", type=float, default=1.0)
    parser.add_argument("--target", choices=tuple(TARGETS))
    asked = parser.parse_args()
    sys.dont_write_bytecode = True
    failed = False
    for name in TARGETS if asked.target is None else (asked.target,):
        start = {"expression": b"\2", "file": b"\3"}.get(name, b"vjp\n" if name == "arguments" else b"")
        for piece in PARTS:  # a tally for each piece, so that each has its own failures
            tally = Tally(slow=asked.slow)
            for content in pumps(asked.length, (piece,)):
                tally.execute(TARGETS[name], start + content, watching=False)
            for kind, (content, how) in tally.found.items():
                where = f"{content[:40]!r}...{content[-12:]!r}"
                sys.stdout.write(f"{name} {piece!r}: {kind}: {where} {how.splitlines()[-1]}\n")
                sys.stdout.flush()
            failed |= bool(tally.found)
        sys.stdout.write(f"{name}: {len(PARTS) * len(HEADS) * len(TAILS)} inputs of {asked.length} characters\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
