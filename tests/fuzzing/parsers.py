"""The parsers and the inference of shapes on inputs that a fuzzer makes, on demand:

    python -m tests.fuzzing.parsers --runs 1000000 --seed 0

With atheris inputs grow by the coverage of gradcli's own code; `--engine random` changes the seeds blindly. Each target
runs in a process of its own in an empty directory and prints how many executions there were, how many of them ended in
a complaint, and every kind of failure with its smallest input: an exception other than GradcliError, more than a
second of the processor's time, more memory than `--memory`,
    anything run or written. Ends with status 1 if there was one.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

SHARES = {"expression": 0.3, "tensor": 0.2, "record": 0.2, "arguments": 0.15, "file": 0.15}


def main() -> int:
    """The run; returns the exit status."""
    parser = argparse.ArgumentParser(prog="tests.fuzzing.parsers")
    parser.add_argument("--runs", type=int, default=10_000, help="executions, of all targets together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("atheris", "random"), default="atheris")
    parser.add_argument("--target", choices=tuple(SHARES), help="one of them alone, with all the runs")
    parser.add_argument("--memory", type=int, default=1024, help="megabytes that a process may take beyond its start")
    parser.add_argument("--corpus", type=Path, help="a folder of folders, one a target, with more seeds")
    asked = parser.parse_args()
    if asked.target is None:
        return max(_alone(target, round(asked.runs * share), asked) for target, share in SHARES.items())
    sys.dont_write_bytecode = True
    corpus = [] if asked.corpus is None else sorted((asked.corpus / asked.target).glob("*"))
    more = [path.read_bytes() for path in corpus]
    sys.path.insert(0, str(Path(__file__).parents[2]))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        return (_by_coverage if asked.engine == "atheris" else _at_random)(asked, more, Path(folder))


def _alone(target: str, runs: int, asked: argparse.Namespace) -> int:
    """One target in a process of its own; its exit status."""
    words = [f"--{name}={value}" for name, value in vars(asked).items() if value is not None and name != "runs"]
    own = [sys.executable, "-m", "tests.fuzzing.parsers", *words, f"--runs={runs}", f"--target={target}"]
    return subprocess.run(own, check=False).returncode


def _at_random(asked: argparse.Namespace, more: list[bytes], _: Path) -> NoReturn:
    from tests.fuzzing import targets
    from tests.fuzzing.mutants import mutants

    one = _counted(asked, [*targets.seeds(asked.target), *more])
    for content in mutants([*targets.seeds(asked.target), *more], targets.words(), asked.seed, sys.maxsize):
        one(content)
    raise AssertionError("the count ends the process")


def _by_coverage(asked: argparse.Namespace, more: list[bytes], folder: Path) -> NoReturn:
    try:
        import atheris
    except ModuleNotFoundError:
        sys.exit("atheris is not installed: pip install atheris, or --engine random")
    with atheris.instrument_imports(include=["gradcli"]):
        targets = importlib.import_module("tests.fuzzing.targets")
    seeds = [*targets.seeds(asked.target), *more]
    (folder / "seeds").mkdir()
    for number, content in enumerate(seeds):
        (folder / "seeds" / str(number)).write_bytes(content)
    entries = {word.encode("utf-8", "surrogatepass") for word in targets.words()}
    escaped = ("".join(f"\\x{byte:02x}" for byte in entry) for entry in sorted(entries) if entry)
    (folder / "words").write_text("".join(f'"{entry}"\n' for entry in escaped))
    options = [f"-seed={asked.seed + 1}", "-max_len=400", "-len_control=0", "-timeout=100", "-rss_limit_mb=0",
               f"-dict={folder / 'words'}", "-verbosity=0", "-print_final_stats=0"]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(folder / "seeds")], _counted(asked, seeds))
    atheris.Fuzz()
    raise AssertionError("the count ends the process")


def _counted(asked: argparse.Namespace, seeds: list[bytes]) -> Callable[[bytes], None]:
    """What runs one input and, when there were enough, tells the counts and ends the process."""
    from tests.fuzzing.guard import Tally, bound_memory
    from tests.fuzzing.targets import TARGETS

    run, warm, tally, began = TARGETS[asked.target], Tally(), Tally(), time.process_time()
    for content in seeds:  # what is imported late is imported now
        warm.execute(run, content, watching=False)
    bound_memory(asked.memory * 2**20)

    def one(content: bytes) -> None:
        tally.execute(run, content)
        if tally.executions % 10_000 == 0:  # for a run that is stopped
            sys.stderr.write(f"{asked.target} {tally.executions}: {', '.join(tally.found) or 'nothing found'}\n")
        if tally.executions >= asked.runs:
            how = f"{asked.target} ({asked.engine}, seed {asked.seed}, {time.process_time() - began:.0f} s): "
            sys.stdout.write(how + tally.report())
            sys.stdout.flush()
            os._exit(bool(tally.found))

    return one


if __name__ == "__main__":
    sys.exit(main())
