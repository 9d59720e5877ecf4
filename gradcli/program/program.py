"""A program: steps of known shape, in the order they are computed, and the steps that a gradient flows through. Plain
data; every later room reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

import numpy as np

from gradcli.message import Message, Span
from gradcli.ops import TABLE
from gradcli.ops.row import Row
from gradcli.program.size_values import Ref as Ref
from gradcli.program.size_values import Rule, moved, refs_in, rules_in
from gradcli.report import Array
from gradcli.shapes import Shape

T = TypeVar("T")
P = ParamSpec("P")
Scalar = Fraction | float
"""A number known before anything runs: exact where it was written so."""


@dataclass(frozen=True, slots=True)
class Input:
    """A variable with a value of the user's."""

    name: str
    refs: ClassVar[tuple[Ref, ...]] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A number (a Fraction, a float, or one of the names pi, e, inf, nan) or a tensor of numbers."""

    value: Scalar | str | Array
    refs: ClassVar[tuple[Ref, ...]] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @property
    def _content(self) -> tuple[Any, ...]:
        """What two of them are compared by: 0 and -0 are two numbers, and nan is one."""
        value = self.value
        if isinstance(value, np.ndarray):
            return value.shape, value.tobytes()
        return type(value), repr(value), getattr(value, "rule", None)


@dataclass(frozen=True, slots=True)
class Apply:
    """A row of the table and its arguments, one for each parameter: Refs (or tuples of them) and plain options."""

    operation: str
    arguments: tuple[Any, ...]

    @property
    def row(self) -> Row:
        return TABLE[self.operation]

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Every step that is read, in order."""
        return tuple(r for a in self.arguments for r in (a if isinstance(a, tuple) else (a,)) if isinstance(r, Ref))


How = Input | Constant | Apply


@dataclass(frozen=True, slots=True)
class Step:
    """One value: how it comes about, its shape, the name it was given (its last, if any) and where it was written."""

    how: How
    shape: Shape
    span: Span
    name: str | None = None


@dataclass(frozen=True, eq=False)
class Program:
    """The whole computation. Two are equal if they are the same steps of the same text.

    `inputs` and `names` map a variable's and an assigned name to its step (an assigned name to its last assignment);
    `whole_numbers` are the inputs that are used as indices or class targets, so can't be differentiated.
    `pinned` are numbers that follow from sizes and decided what the steps are: the program is this one for as long as
    they are what they are now. `bare` is where its one expression stands in the text, None where the program has
    statements; `loops` says that it has a `while`, so that the steps are the path that was taken.
    """

    source: str
    steps: tuple[Step, ...]
    output: Ref
    inputs: Mapping[str, Ref]
    names: Mapping[str, Ref]
    whole_numbers: frozenset[str] = frozenset()
    notes: tuple[Message, ...] = ()
    pinned: tuple[Rule, ...] = ()
    bare: Span | None = None
    loops: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self._content == other._content

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self._content)

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """What was worked out from this very program, by the question (see `memoize`)."""
        return {}

    @property
    def _content(self) -> tuple[Any, ...]:
        inputs, names = tuple(self.inputs.items()), tuple(self.names.items())
        return self.source, self.steps, self.output, inputs, names, self.whole_numbers

    def __getitem__(self, ref: Ref) -> Step:
        return self.steps[ref.step]

    @property
    def output_shape(self) -> Shape:
        return self[self.output].shape

    def variable(self, name: str) -> Ref | None:
        """What `wrt NAME` means: the input of that name, else the last step that was assigned to it."""
        return self.inputs.get(name, self.names.get(name))

    def shape(self, name: str) -> Shape:
        """The shape of a variable, be it an input or a value on the way."""
        ref = self.variable(name)
        assert ref is not None, name
        return self[ref].shape

    def used(self, reads: Callable[[How], Iterable[Ref]] = lambda how: how.refs) -> list[int]:
        """The places of the steps that the output is made from, in order. `reads` says what each is made from; every
        step that it refers to, where nothing else is said."""
        return ancestors(self.steps, {self.output.step}, reads)

    def depends(self, name: str, on: str) -> bool:
        """Whether a variable's value is computed from that of another."""
        start, end = self.variable(on), self.variable(name)
        if start is None or end is None or name == on:
            return False
        moved = {start.step}
        for place in range(start.step + 1, end.step + 1):
            how = self.steps[place].how
            if isinstance(how, Apply) and any(ref.step in moved for ref in how.refs):
                moved.add(place)
        return end.step in moved


def with_refs(argument: Any, read: Callable[[Ref], Any]) -> Any:
    """An argument with its references read; an option as it is."""
    if isinstance(argument, Ref):
        return read(argument)
    if isinstance(argument, tuple) and argument and all(isinstance(a, Ref) for a in argument):
        return tuple(map(read, argument))
    return argument


def memoize(compute: Callable[Concatenate[Program, P], T]) -> Callable[Concatenate[Program, P], T]:
    """A function of a program, and of arguments that can be hashed, that is computed once for each. The answer is kept
    by the object, not by what the program says: to compare large constants would take longer than to compute anew."""

    @wraps(compute)
    def from_memo(program: Program, /, *arguments: P.args, **options: P.kwargs) -> T:
        question = (compute.__qualname__, arguments, *options.items())
        if question not in program.memo:
            program.memo[question] = compute(program, *arguments, **options)
        answer: T = program.memo[question]
        return answer

    return from_memo


def prune(program: Program) -> Program:
    """The program without the steps that nothing asks for (a loop's conditions, say); inputs and named steps stay."""
    wanted = {program.output.step, *(r.step for r in (*program.inputs.values(), *program.names.values()))}
    wanted |= {r.step for rule in program.pinned for r in refs_in(rule)}
    kept = ancestors(program.steps, wanted, all_refs)
    if len(kept) == len(program.steps):
        return program
    places = {old: Ref(new) for new, old in enumerate(kept)}
    steps = tuple(_moved(program.steps[old], places) for old in kept)
    return replace(
        program,
        steps=steps,
        output=places[program.output.step],
        inputs={name: places[r.step] for name, r in program.inputs.items()},
        names={name: places[r.step] for name, r in program.names.items()},
        pinned=tuple(moved(rule, places) for rule in program.pinned),
    )


def all_refs(how: How) -> tuple[Ref, ...]:
    """Every step that this one needs, for its value or for a size."""
    held = how.arguments if isinstance(how, Apply) else how.value if isinstance(how, Constant) else ()
    return (*how.refs, *(ref for rule in rules_in(held) for ref in refs_in(rule)))


def ancestors(
    steps: Sequence[Step], places: set[int], reads: Callable[[How], Iterable[Ref]] = lambda how: how.refs
) -> list[int]:
    """These places and those of every step that is read on the way to them, in order."""
    found = set(places)
    for place in range(max(places), -1, -1):
        if place in found:
            found.update(ref.step for ref in reads(steps[place].how))
    return sorted(found)


def _moved(step: Step, places: Mapping[int, Ref]) -> Step:
    match step.how:
        case Apply():
            return replace(step, how=replace(step.how, arguments=moved(step.how.arguments, places)))
        case Constant():
            return replace(step, how=Constant(moved(step.how.value, places)))
    return step


@dataclass(frozen=True, slots=True)
class Paths:
    """The steps on differentiable paths from the variables to the output, as PyTorch's autograd would record them."""

    reached: frozenset[int]
    carrying: frozenset[int]
    reach_output: bool
    """Whether the output requires a gradient."""


@memoize
def paths(program: Program, names: tuple[str, ...]) -> Paths:
    """Those of the variables of these names."""
    reached = _reached_from(program, {ref.step for name in names if (ref := program.variable(name)) is not None})
    return Paths(frozenset(reached), frozenset(_carrying(program) & reached), program.output.step in reached)


def _reached_from(program: Program, reached: set[int]) -> set[int]:
    for place, step in enumerate(program.steps):
        if isinstance(step.how, Apply) and any(r.step in reached for r in differentiable_refs(step.how, program)):
            reached.add(place)
    return reached


def _carrying(program: Program) -> set[int]:
    return set(program.used(lambda how: differentiable_refs(how, program) if isinstance(how, Apply) else ()))


def differentiable_refs(apply: Apply, program: Program) -> Iterator[Ref]:
    """The arguments that a derivative passes to: no indices, classes or conditions, and none of a comparison."""
    row = apply.row
    if not row.differentiable:
        return
    for param, argument in zip(row.takes, apply.arguments, strict=True):
        if param.kind == "index" or param.name == "condition" or (row.name == "index" and param.name == "tensors"):
            continue
        if param.kind == "target" and _classes(apply, argument, program):
            continue
        for ref in argument if isinstance(argument, tuple) else (argument,):
            if isinstance(ref, Ref):
                yield ref


def _classes(apply: Apply, target: Ref, program: Program) -> bool:
    """Probabilities have the scores' own shape, classes do not."""
    return program[target].shape != program[apply.arguments[0]].shape
