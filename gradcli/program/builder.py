"""Rows and their arguments -> steps of known shape: the program as far as it is written. Knows values, not the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import isfinite
from typing import Any

import numpy as np

from gradcli.message import N_, GradcliError, Message, Span, fault, limit
from gradcli.ops import SPELLED
from gradcli.ops.row import Row
from gradcli.program.arguments import Argument, bind, option
from gradcli.program.index import check_place
from gradcli.program.program import Apply, Constant, Input, Ref, Step, ancestors, with_refs
from gradcli.program.size_values import Rule, SizeNumber, axis_sizes, plain, rules_in
from gradcli.program.values import CONDITIONS, as_array, constant_values, number_of
from gradcli.shapes import RAISE, Shape, allowed, check_axes, check_strides, needed, size
from gradcli.streams import Stream
from gradcli.syntax.mistakes import DID_YOU_MEAN, patched
from gradcli.syntax.scan import LARGEST, out_of_range

MAX_ENTRIES = 100_000_000
"""No step may hold more entries; told from shapes, before anything is allocated."""

MAX_HELD = 5 * MAX_ENTRIES
"""Nor may all of them together: they are kept until the answer is there."""
LONGEST_WHOLE = 2**63 - 1
"""What libraries count with."""


def _wholes(arguments: Iterable[Any]) -> Iterator[int]:
    """Every whole number among the options."""
    for argument in arguments:
        if isinstance(argument, int):
            yield argument
        elif isinstance(argument, tuple):
            yield from _wholes(argument)


def _refuse_over(most: int, entries: int, sentence: str, row: Row, span: Span) -> None:
    """Raises GradcliError (limit) for more entries than are allowed."""
    if entries > allowed(most):
        count = needed(entries, most)
        raise limit(sentence, hint=RAISE, f=row.name, n=entries, most=allowed(most), count=count).at(span)


class ProgramBuilder:
    """The steps so far, for inputs of these shapes; `rand` and `randn` are drawn here, from `seed`."""

    def __init__(self, source: str, shapes: Mapping[str, Shape], seed: int) -> None:
        self.source, self.shapes = source, shapes
        self.random = Stream(seed, "program")
        self.steps: list[Step] = []
        self.inputs: dict[str, Ref] = {}
        self.whole_numbers: set[str] = set()
        self.pinned: list[Rule] = []
        self.steps_pinned: set[int] = set()
        self.held = 0
        self.numbers: dict[int, float] = {}

    def add(self, how: Input | Constant | Apply, shape: Shape, span: Span, name: str | None = None) -> Ref:
        self.steps.append(Step(how, tuple(shape), span, name))
        return Ref(len(self.steps) - 1)

    def input(self, name: str, span: Span) -> Ref:
        if name not in self.inputs:
            self.inputs[name] = self.add(Input(name), self.shapes[name], span, name)
        return self.inputs[name]

    def shape(self, ref: Ref) -> Shape:
        return self.steps[ref.step].shape

    def sizes(self, ref: Ref) -> tuple[SizeNumber, ...]:
        """The shape as numbers that know what they are the size of."""
        return axis_sizes(ref, self.shape(ref))

    def pinned_number(self, value: Any) -> Any:
        """The value without the sizes that it follows from: the program is what it is for as long as they stay."""
        self.pinned += rules_in(value)
        return plain(value)

    def pin(self, ref: Ref) -> None:
        """The same for every size that a step's value follows from."""
        waiting = [ref.step]
        while waiting:
            place = waiting.pop()
            if place in self.steps_pinned:
                continue
            self.steps_pinned.add(place)
            how = self.steps[place].how
            if isinstance(how, Constant):
                self.pinned_number(how.value)
            waiting += [read.step for read in how.refs]

    def name(self, ref: Ref, name: str) -> None:
        """Gives a step the name it is assigned; a bare copy of an input (y = x) stays the input's step."""
        step = self.steps[ref.step]
        if isinstance(step.how, Apply):
            self.steps[ref.step] = replace(step, name=step.name or name)

    # A row with its arguments

    def apply(self, row: Row, positional: list[Argument], keywords: Mapping[str, Argument], span: Span) -> Ref:
        """The row's step.

        Raises GradcliError (name, shape, syntax) where the row does not take these arguments.
        """
        bound = bind(row, positional, keywords, span)
        arguments: list[Any] = []
        for param in row.takes:
            argument = bound[param.name]
            match param.kind:
                case "tensor" | "index" if argument.value is param.default is None:
                    arguments.append(None)
                case "tensor":
                    arguments.append(self.tensor(argument))
                case "index":
                    arguments.append(self._whole_number_tensor(argument))
                case "target":
                    arguments.append(self._target(arguments[0], argument))
                case "tensors":
                    arguments.append(self._tensors(argument))
                case _:
                    self._within_range(argument)
                    arguments.append(option(row, param, self.option_value(argument)))
        return self.finish(row, tuple(arguments), span)

    def finish(self, row: Row, arguments: tuple[Any, ...], span: Span) -> Ref:
        """The step of a row with all of its arguments, with the shape its row says."""
        most = allowed(MAX_ENTRIES)
        if any(abs(whole) > LONGEST_WHOLE for whole in _wholes(arguments)):
            raise limit(N_("a whole number is {most} at most"), most=LONGEST_WHOLE).at(span)
        try:
            shape = row.shape(*(self._shaped(a) for a in arguments))
            check_axes(len(shape), row.name)
            check_strides(shape, row.name, most)
        except GradcliError as error:
            raise error.at(span) from None
        _refuse_over(MAX_ENTRIES, size(shape), N_("{f} would have {n} entries, more than {most}"), row, span)
        self._refuse_long_work(row, arguments, shape, span)
        if row.family == "random":
            draw = self.random.random if row.name == "rand" else self.random.standard_normal
            return self.add(Constant(np.asarray(draw(shape))), shape, span)
        return self.add(Apply(row.name, arguments), shape, span)

    def _refuse_long_work(self, row: Row, arguments: tuple[Any, ...], shape: Shape, span: Span) -> None:
        """Told from shapes and options, before the work begins."""
        work = 0 if row.work is None else row.work(*(self._shaped(a) for a in arguments))
        sentence = N_("{f} would need as much work as {n} entries, more than {most}")
        _refuse_over(MAX_ENTRIES, work, sentence, row, span)
        self.held += size(shape)
        sentence = N_("the values up to here would have {n} entries together, more than {most}")
        _refuse_over(MAX_HELD, self.held, sentence, row, span)

    def _shaped(self, argument: Any) -> Any:
        return with_refs(argument, self.shape)

    def number(self, argument: Argument) -> float | None:
        """What the operators before made of written numbers alone; None where anything else has a part in it."""
        value = argument.value
        if isinstance(value, float):
            return value
        if isinstance(value, Fraction):
            return float(value) if abs(value) < LARGEST else None
        if not isinstance(value, Ref):
            return None
        how = self.steps[value.step].how
        if isinstance(how, Constant):
            return None if isinstance(how.value, np.ndarray) else number_of(how.value)
        return self.numbers.get(value.step)

    # A value as a tensor

    def tensor(self, argument: Argument) -> Ref:
        """A value as a tensor: a number is a tensor without axes.

        Raises GradcliError (syntax) for a value that is none.
        """
        value = argument.value
        if isinstance(value, Ref):
            return value
        if isinstance(value, (Fraction, float)) and not isinstance(value, bool):
            self._within_range(argument)
            return self.add(Constant(value), (), argument.span)
        if isinstance(value, tuple):
            self._within_range(argument)
            numbers = as_array(self.pinned_number(value))
            if numbers is not None and len(value):
                return self.add(Constant(numbers), numbers.shape, argument.span)
        inner = self.source[argument.span.start + 1 : argument.span.end - 1]
        stacked = isinstance(value, tuple) and any(isinstance(v, Ref) for v in value)
        what = {str: N_("text"), bool: N_("True or False"), type(None): N_("None")}.get(type(value), N_("a tuple"))
        raise fault(
            "syntax",
            N_("a tensor or a number is needed here, not {what}"),
            what=Message(what),
            hint=DID_YOU_MEAN if stacked else None,
            repair=patched(self.source, argument.span, f"[{inner}]"),
        ).at(argument.span)

    def _within_range(self, argument: Argument) -> None:
        """Refuses exact numbers that are no float64: `10**400`; what is computed first is exact: `10**400/10**399`."""
        for value in argument.value if isinstance(argument.value, tuple) else (argument.value,):
            if isinstance(value, Fraction) and abs(value) >= LARGEST:
                raise out_of_range(argument.span.of(self.source), argument.span)

    def index_tensor(self, argument: Argument, n: Fraction | int) -> Ref:
        """A tensor of places on an axis of size n; written ones are checked here and count from the start, which holds
        for this size if one of them was negative."""
        ref = self._whole_number_tensor(argument)
        how = self.steps[ref.step].how
        if isinstance(how, Apply) and how.operation in CONDITIONS:
            raise fault(
                "shape",
                N_(
                    "{mask} is a condition: it would pick as many entries as it is true for, and a formula "
                    "needs a shape that is known before the numbers are"
                ),
                hint=N_("where({mask}, ..., 0)  keeps the shape, with 0 where it is false"),
                mask=argument.span.of(self.source),
            ).at(argument.span)
        if not isinstance(how, Constant) or not isinstance(how.value, np.ndarray):
            return ref
        for place in how.value.flat:
            check_place(place, n, argument.span)
        if (how.value >= 0).all():
            return ref
        size = int(self.pinned_number(n))
        return self.add(Constant(np.where(how.value < 0, how.value + size, how.value)), how.value.shape, argument.span)

    def _whole_number_tensor(self, argument: Argument) -> Ref:
        """A tensor that is used as an index or as classes: an input used so is left out of what is differentiated."""
        ref = self.tensor(argument)
        how = self.steps[ref.step].how
        if isinstance(how, Input):
            self.whole_numbers.add(how.name)
        return ref

    def _target(self, scores: Ref, argument: Argument) -> Ref:
        """Classes where the target's shape is the scores' without the class axis, else probabilities."""
        ref = self.tensor(argument)
        scored, target = self.shape(scores), self.shape(ref)
        classes = target != scored and target == (scored[:1] + scored[2:] if len(scored) > 1 else ())
        return self._whole_number_tensor(argument) if classes else ref

    def _tensors(self, argument: Argument) -> tuple[Ref, ...]:
        values = argument.value
        if isinstance(values, Ref):
            return (values,)
        if not isinstance(values, tuple):
            values = (values,)
        if not values:
            raise fault("shape", N_("an empty list has no shape here")).at(argument.span)
        return tuple(self._member(Argument(v, argument.span)) for v in values)

    def _member(self, argument: Argument) -> Ref:
        """One of several tensors; a list among them is stacked."""
        if isinstance(argument.value, tuple) and any(isinstance(v, Ref) for v in argument.value):
            return self.apply(SPELLED["stack"], [argument], {}, argument.span)
        return self.tensor(argument)

    # A value as an option

    def option_value(self, argument: Argument) -> Argument:
        """An option's value as it is known before anything is computed: of a constant (`inf`, `-pi/2`) its float."""
        if isinstance(argument.value, tuple):
            values = (self.option_value(Argument(v, argument.span)).value for v in argument.value)
            return Argument(tuple(values), argument.span)
        if not isinstance(argument.value, Ref):
            return argument
        how = self.steps[argument.value.step].how
        if isinstance(how, Constant) and isinstance(how.value, np.ndarray) and how.value.ndim == 1:
            places = how.value.tolist()  # dim=[0, 1]
            return Argument(tuple(Fraction(p) if isfinite(p) else p for p in places), argument.span)
        if self.shape(argument.value) != ():
            return argument
        value = self._constant(argument.value)
        if value is None:
            return argument
        self.pin(argument.value)
        return Argument(value, argument.span)

    def _constant(self, ref: Ref) -> float | None:
        """The number that operators and functions make of numbers alone; None where anything else has a part in it."""
        places = ancestors(self.steps, {ref.step})
        sources = [how for place in places if not (how := self.steps[place].how).refs]
        if not all(isinstance(how, Constant) and not isinstance(how.value, np.ndarray) for how in sources):
            return None
        return float(constant_values(self.steps, places)[ref.step])
