"""A program -> source text for a library: each row's column is called with a library that writes down its calls.

The column is the only place that says how an operation is computed, so a script says the same. Beside its text every
value is there itself, so that a column may ask for a shape or compare a number, as it always may.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from gradcli.binding import ATOM, COMPARISON, POWER, PRODUCT, SUM, UNARY, Binding
from gradcli.message import N_, limit
from gradcli.program.program import Apply, Constant, Input, Program, Ref, all_refs, with_refs
from gradcli.program.size_values import SizeInteger, SizeNumber, evaluated, has_rule
from gradcli.program.values import number_of, options_as_floats
from gradcli.report import Array

LONGEST = 100_000
"""Numbers: a tensor of more entries is no text that anyone would read."""


class SourceValue:
    """A value and how it is written."""

    def __init__(self, text: str, value: Any, bond: Binding = ATOM) -> None:
        self.text, self.value, self.bond = text, value, bond

    def at_least(self, bond: Binding) -> str:
        return self.text if self.bond >= bond else f"({self.text})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.value, name)
        text = f"{self.at_least(ATOM)}.{name}"
        if name == "shape":
            return tuple(SpelledInt(n, f"{text}[{axis}]") for axis, n in enumerate(found))
        if name == "size" and isinstance(found, int):
            return SpelledInt(found, text)
        if name in ("ndim", "requires_grad") or isinstance(found, (bool, int)):
            return found
        return Library(text, found) if callable(found) else SourceValue(text, found)

    def __getitem__(self, items: Any) -> SourceValue:
        value = self.value[_bare(items)]
        return SourceValue(f"{self.at_least(ATOM)}[{_index(items)}]", value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __index__(self) -> int:
        return operator.index(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __neg__(self) -> SourceValue:
        return SourceValue(f"-{self.at_least(POWER)}", -self.value, UNARY)

    def __pos__(self) -> SourceValue:
        return self


def _binary(
    sign: str, compute: Callable[[Any, Any], Any], bond: Binding
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    left_bond, right_bond = {"**": (ATOM, UNARY), "&": (ATOM, ATOM), "|": (ATOM, ATOM)}.get(
        sign, (bond, bond.tighter) if bond else (SUM, SUM)
    )

    def forward(a: SourceValue, b: Any) -> SourceValue:
        text = f"{a.at_least(left_bond)} {sign} {as_spelled(b).at_least(right_bond)}"
        return SourceValue(text.replace(" ** ", "**") if sign == "**" else text, compute(a.value, _bare(b)), bond)

    def backward(a: SourceValue, b: Any) -> SourceValue:
        return forward(as_spelled(b), a)

    return forward, backward


_OPERATORS: Mapping[str, tuple[str, Callable[[Any, Any], Any], Binding]] = {
    "add": ("+", operator.add, SUM), "sub": ("-", operator.sub, SUM), "mul": ("*", operator.mul, PRODUCT),
    "truediv": ("/", operator.truediv, PRODUCT), "floordiv": ("//", operator.floordiv, PRODUCT),
    "mod": ("%", operator.mod, PRODUCT), "matmul": ("@", operator.matmul, PRODUCT), "pow": ("**", operator.pow, POWER),
    "lt": ("<", operator.lt, COMPARISON), "le": ("<=", operator.le, COMPARISON),
    "gt": (">", operator.gt, COMPARISON), "ge": (">=", operator.ge, COMPARISON),
    "eq": ("==", operator.eq, COMPARISON), "ne": ("!=", operator.ne, COMPARISON),
    "and": ("&", operator.and_, COMPARISON), "or": ("|", operator.or_, COMPARISON),
}  # fmt: skip
for _name, (_sign, _compute, _bond) in _OPERATORS.items():
    _forward, _backward = _binary(_sign, _compute, _bond)
    setattr(SourceValue, f"__{_name}__", _forward)
    if _bond or _name in ("and", "or"):
        setattr(SourceValue, f"__r{_name}__", _backward)


class SpelledInt(int):
    """A size and how it is written, so that a script holds for other sizes too: what is computed from it is, too."""

    text: str
    bond: Binding

    def __new__(cls, value: int, text: str, bond: Binding = ATOM) -> SpelledInt:
        number = super().__new__(cls, value)
        number.text, number.bond = text, bond
        return number

    def __neg__(self) -> Any:
        return as_int(-as_spelled(self))


def _int_binary(compute: Callable[[Any, Any], Any], neutral: int | None, swapped: bool) -> Callable[..., Any]:
    def operation(a: SpelledInt, b: Any) -> Any:
        if not isinstance(b, (int, float)):
            return NotImplemented
        if b == neutral and not isinstance(b, SpelledInt):
            return a
        left, right = (b, a) if swapped else (a, b)
        return as_int(compute(as_spelled(left), as_spelled(right)))

    return operation


def as_int(found: SourceValue) -> Any:
    """A spelled int as one that columns take for an int."""
    return SpelledInt(found.value, found.text, found.bond) if isinstance(found.value, int) else found


for _name, _neutral in {"add": 0, "sub": 0, "mul": 1, "truediv": None, "floordiv": 1, "mod": None, "pow": 1}.items():
    setattr(SpelledInt, f"__{_name}__", _int_binary(_OPERATORS[_name][1], _neutral, swapped=False))
    if _name in ("add", "sub", "mul", "truediv"):
        _other = {"add": 0, "mul": 1}.get(_name)
        setattr(SpelledInt, f"__r{_name}__", _int_binary(_OPERATORS[_name][1], _other, swapped=True))

INFIX: Mapping[str, Callable[..., Any]] = {
    **{name: _OPERATORS[name][1] for name in ("add", "sub", "mul", "pow", "matmul")},
    "div": operator.truediv,
    "neg": operator.neg,
}
"""Rows that a person writes with an operator."""

_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    sign: compute for sign, compute, _ in _OPERATORS.values() if sign in ("+", "-", "*", "/", "//", "%", "**")
}


class Library:
    """A module or a function, and how it is written; a call is carried out and written down."""

    def __init__(self, text: str, real: Any) -> None:
        self.text, self.real = text, real

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found, text = getattr(self.real, name), f"{self.text}.{name}"
        return SourceValue(text, found) if isinstance(found, float) else Library(text, found)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        value = self.real(*map(_bare, arguments), **{name: _bare(option) for name, option in options.items()})
        if isinstance(value, (bool, int, str)):
            return value
        written = [as_spelled(a).text for a in arguments]
        written += [f"{name}={as_spelled(o).text}" for name, o in options.items()]
        return SourceValue(f"{self.text}({', '.join(written)})", value)


def _bare(argument: Any) -> Any:
    """The value alone."""
    if isinstance(argument, SourceValue):
        return argument.value
    if isinstance(argument, Library):
        return argument.real
    if isinstance(argument, (tuple, list)) and type(argument) in (tuple, list):
        return type(argument)(map(_bare, argument))
    return argument


def as_spelled(argument: Any) -> SourceValue:
    """A value with how it is written."""
    if isinstance(argument, SourceValue):
        return argument
    if isinstance(argument, SpelledInt):
        return SourceValue(argument.text, int(argument), argument.bond)
    return SourceValue(_text(argument), argument, UNARY if _text(argument).startswith("-") else ATOM)


def _text(argument: Any) -> str:
    match argument:
        case Library() | SpelledInt():
            return argument.text
        case type():
            return argument.__name__ if argument.__module__ == "builtins" else f"np.{argument.__name__}"
        case bool() | None | str() | int():
            return repr(argument)
        case Fraction() | float() | np.number():
            return _number(float(argument))
        case tuple():
            return f"({', '.join(as_spelled(a).text for a in argument)}{',' if len(argument) == 1 else ''})"
        case list() | range():
            return f"[{', '.join(as_spelled(a).text for a in argument)}]"
        case slice():
            return f"slice({', '.join(_text(p) for p in (argument.start, argument.stop, argument.step))})"
        case np.ndarray():
            return literal(argument)
    return str(argument)


def _number(x: float) -> str:
    if math.isinf(x) or math.isnan(x):
        return f'float("{x}")'
    return str(int(x)) if x.is_integer() and abs(x) < 1e15 else repr(x)


def _index(items: Any) -> str:
    if isinstance(items, tuple):
        return ", ".join(map(_index, items)) if items else "()"
    if isinstance(items, slice):
        parts = ["" if p is None else _text(p) for p in (items.start, items.stop)]
        return ":".join(parts) + (f":{_text(items.step)}" if items.step not in (None, 1) else "")
    return "..." if items is Ellipsis else as_spelled(items).text


def made(library: str, array: Array, text: str | None = None, more: str = "") -> str:
    """The tensor as `torch`, `np` or `jnp` makes it: of its numbers (`text`, where they are written otherwise), or of
    its shape where it has none."""
    if array.size == 0:
        return f"{library}.zeros({array.shape}{more})"
    numbers = literal(array) if text is None else text
    return f"{library}.{'tensor' if library == 'torch' else 'array'}({numbers}{more})"


def literal(array: Array | float) -> str:
    """The numbers as nested lists, with every digit it takes."""
    array = np.asarray(array)
    if array.size > LONGEST:
        raise limit(N_("a tensor of {count} numbers is too large to be written into a script"), count=array.size)
    return _nested_list(array)


def _nested_list(array: Array) -> str:
    if array.ndim == 0:
        x = float(array)
        return repr(x) if math.isfinite(x) else f'float("{x}")'
    return f"[{', '.join(_nested_list(row) for row in array)}]"


class SourceWriter:
    """The lines of a program, one for each value that has a name or is read more than once.

    `column` gets a row and its arguments, the library first, and calls the row's column; `tensor` gets numbers and how
    they are written and makes a tensor of the library, and `values` are the library's own tensors for every step.
    """

    def __init__(
        self,
        program: Program,
        names: Sequence[str],
        library: Library,
        column: Callable[..., Any],
        tensor: Callable[[Array, str], SourceValue],
        values: Sequence[Any],
    ) -> None:
        self.program, self.names, self.library, self.column = program, names, library, column
        self.tensor, self.values = tensor, values
        self.lines: list[tuple[int, str, str]] = []  # the step, its name, its text
        self.spelled: dict[int, SourceValue] = {}

    def write(self, kept: set[int]) -> list[tuple[int, str, str]]:
        """Every line up to the output; the steps in `kept` have one whatever they are."""
        used = self.program.used(all_refs)
        reads = Counter(ref.step for place in used for ref in self.program.steps[place].how.refs)
        for place in used:
            step = self.program.steps[place]
            if isinstance(step.how, Constant) and place == self.program.output.step:
                self.lines.append((place, self.names[place], self._read(Ref(place), plain=False).text))
            if not isinstance(step.how, Apply):
                continue
            found = self._application(step.how)
            if place in kept or step.name or reads[place] > 1 or place == self.program.output.step:
                self.lines.append((place, self.names[place], found.text))
                found = SourceValue(self.names[place], self.values[place])
            self.spelled[place] = SourceValue(found.text, self.values[place], found.bond)
        return self.lines

    def _application(self, how: Apply) -> SourceValue:
        moving = [r for r in how.refs if not self._is_number(r)]
        infix = INFIX.get(how.operation) if moving or len(how.refs) == 1 else None
        arguments = [self._argument(a, infix is not None and bool(moving)) for a in how.arguments]
        try:
            found = infix(*arguments) if infix else self.column(how.row, self.library, arguments)
        except (TypeError, AttributeError, ValueError, RuntimeError) as error:
            raise limit(
                N_("{name} cannot be written as a script: {why}"), name=how.operation, why=str(error)[:80]
            ) from None
        return found if isinstance(found, SourceValue) else as_spelled(found)

    def _is_number(self, ref: Ref) -> bool:
        how = self.program[ref].how
        return isinstance(how, Constant) and not isinstance(how.value, np.ndarray)

    def _argument(self, argument: Any, plain: bool) -> Any:
        read = with_refs(argument, lambda ref: self._read(ref, plain))
        return self._option(argument) if read is argument else read

    def _option(self, argument: Any) -> Any:
        """An option as the columns take it; what follows from sizes is written so."""
        if isinstance(argument, tuple):
            return tuple(map(self._option, argument))
        if not has_rule(argument):
            return options_as_floats(argument)
        found = self._size(argument)
        return as_int(found) if isinstance(argument, int) else found

    def _size(self, number: SizeNumber | SizeInteger) -> SourceValue:
        """A number that follows from sizes, as it is computed from them."""
        found: SourceValue = evaluated(
            number.rule,
            lambda size: as_spelled(self._read(size.of, plain=False).shape[size.axis]),
            lambda known: as_spelled(int(known) if known.denominator == 1 else float(known)),
            _ARITHMETIC,
        )
        return found

    def _read(self, ref: Ref, plain: bool) -> SourceValue:
        how = self.program[ref].how
        match how:
            case Input():
                return SourceValue(self.names[ref.step], self.values[ref.step])
            case Constant(value) if not isinstance(value, np.ndarray):
                number = number_of(value)
                if has_rule(value):
                    size = self._size(value)
                    return size if plain else self.tensor(np.asarray(number), f"float({size.text})")
                return as_spelled(number) if plain else self.tensor(np.asarray(number), literal(number))
            case Constant(value):
                array = np.asarray(value)
                return self.tensor(array, literal(array))
        return self.spelled[ref.step]
