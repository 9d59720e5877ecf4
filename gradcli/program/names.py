"""A program -> names for its values, and any one of its steps as a program of its own, whose inputs are so called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import count

from gradcli.program.program import Apply, Constant, Input, Program, Ref, Step
from gradcli.program.size_values import moved, plain
from gradcli.syntax.scan import one_line


def fresh_name(name: str, taken: Collection[str]) -> str:
    """The name, with as many underscores behind it as make it no other's."""
    while name in taken:
        name += "_"
    return name


def output_name(program: Program) -> str:
    """The name that the output was given, else y, or another where the program has a y of its own."""
    taken = {*program.inputs, *program.names}
    return program[program.output].name or _unused(("y", "f", "out", "output", "result_"), taken)


def names_of(program: Program, output: str) -> tuple[str, ...]:
    """A name for each step, no two alike: the one it was given, `output` for the output, else t1, t2, ..."""
    taken = {step.name for step in program.steps if step.name} | set(program.inputs) | {output, "v"}
    names: list[str] = []
    temporaries = (f"t{k}" for k in count(1))
    for place, step in enumerate(program.steps):
        if isinstance(step.how, Input):
            name = step.how.name
        elif isinstance(step.how, Constant) and place != program.output.step:
            name = ""
        elif step.name is not None and step.name not in names:
            name = step.name
        elif place == program.output.step:
            name = output if output not in names else _unused((f"{output}{k}" for k in count(2)), taken)
        elif step.name is not None:
            name = _unused((f"{step.name}_{k}" for k in count(2)), {*taken, *names})
        else:
            name = _unused(temporaries, taken)
        names.append(name)
    return tuple(names)


def _unused(names: Iterable[str], taken: Collection[str]) -> str:
    """The first of these names that is not taken."""
    return next(name for name in names if name not in taken)


def single_step(program: Program, place: int, names: Sequence[str]) -> Program:
    """The step by itself: what it reads are inputs, called by their names; constants stay what they are."""
    how = program.steps[place].how
    assert isinstance(how, Apply), how
    reads = list(dict.fromkeys(how.refs))
    places = {old.step: Ref(new) for new, old in enumerate(reads)}
    steps = [_leaf(program[ref], names[ref.step]) for ref in reads]
    here = replace(how, arguments=moved(plain(how.arguments), places))
    steps.append(replace(program.steps[place], how=here, name=None))
    inputs = {names[ref.step]: places[ref.step] for ref in reads if not isinstance(program[ref].how, Constant)}
    whole = frozenset(name for name in inputs if name in program.whole_numbers)
    return Program(source_of(program, program.steps[place]), tuple(steps), Ref(len(reads)), inputs, {}, whole)


def _leaf(step: Step, name: str) -> Step:
    if not isinstance(step.how, Constant):
        return replace(step, how=Input(name), name=None)
    return replace(step, how=Constant(plain(step.how.value)))  # the step whose size it was may not be here


def source_of(program: Program, step: Step) -> str:
    """How the step was written."""
    return one_line(step.span.of(program.source))
