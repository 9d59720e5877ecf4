"""A program -> source text for a library: each row's column is called with a library that writes down its calls.

The column is the only place that says how an operation is computed, so a script says the same. Beside its text every
value is there itself, so that a column may ask for a shape or compare a number, as it always may.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from gradcli.message import N_, fault
from gradcli.program.steps import Apply, Constant, Input, Program, Ref
from gradcli.program.values import number_of, options_as_floats
from gradcli.report import Array

SUM, PRODUCT, UNARY, POWER, ATOM = range(1, 6)
"""How strongly a piece of text holds together."""
LONGEST = 100_000
"""Numbers: a tensor of more entries is no text that anyone would read."""


class Spelled:
    """A value and how it is written."""

    def __init__(self, text: str, value: Any, bond: int = ATOM) -> None:
        self.text, self.value, self.bond = text, value, bond

    def at_least(self, bond: int) -> str:
        return self.text if self.bond >= bond else f"({self.text})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.value, name)
        if name in ("shape", "ndim", "requires_grad") or isinstance(found, (bool, int)):
            return found
        text = f"{self.at_least(ATOM)}.{name}"
        return Library(text, found) if callable(found) else Spelled(text, found)

    def __getitem__(self, items: Any) -> Spelled:
        value = self.value[_bare(items)]
        return Spelled(f"{self.at_least(ATOM)}[{_index(items)}]", value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __index__(self) -> int:
        return operator.index(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __hash__(self) -> int:
        return id(self)

    def __neg__(self) -> Spelled:
        return Spelled(f"-{self.at_least(POWER)}", -self.value, UNARY)

    def __pos__(self) -> Spelled:
        return self

    def __invert__(self) -> Spelled:
        return Spelled(f"~{self.at_least(POWER)}", ~self.value, UNARY)

    def __abs__(self) -> Spelled:
        return Spelled(f"abs({self.text})", abs(self.value))


def _binary(sign: str, compute: Callable[[Any, Any], Any], bond: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    left_bond, right_bond = {"**": (ATOM, UNARY), "&": (ATOM, ATOM), "|": (ATOM, ATOM)}.get(
        sign, (bond, bond + 1) if bond else (SUM, SUM)
    )

    def forward(a: Spelled, b: Any) -> Spelled:
        text = f"{a.at_least(left_bond)} {sign} {_as_spelled(b).at_least(right_bond)}"
        return Spelled(text.replace(" ** ", "**") if sign == "**" else text, compute(a.value, _bare(b)), bond)

    def backward(a: Spelled, b: Any) -> Spelled:
        return forward(_as_spelled(b), a)

    return forward, backward


_OPERATORS: Mapping[str, tuple[str, Callable[[Any, Any], Any], int]] = {
    "add": ("+", operator.add, SUM), "sub": ("-", operator.sub, SUM), "mul": ("*", operator.mul, PRODUCT),
    "truediv": ("/", operator.truediv, PRODUCT), "floordiv": ("//", operator.floordiv, PRODUCT),
    "mod": ("%", operator.mod, PRODUCT), "matmul": ("@", operator.matmul, PRODUCT), "pow": ("**", operator.pow, POWER),
    "lt": ("<", operator.lt, 0), "le": ("<=", operator.le, 0),
    "gt": (">", operator.gt, 0), "ge": (">=", operator.ge, 0),
    "eq": ("==", operator.eq, 0), "ne": ("!=", operator.ne, 0),
    "and": ("&", operator.and_, 0), "or": ("|", operator.or_, 0),
}  # fmt: skip
for _name, (_sign, _compute, _bond) in _OPERATORS.items():
    _forward, _backward = _binary(_sign, _compute, _bond)
    setattr(Spelled, f"__{_name}__", _forward)
    if _bond or _name in ("and", "or"):
        setattr(Spelled, f"__r{_name}__", _backward)

INFIX: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "matmul": operator.matmul,
    "neg": operator.neg,
}
"""Rows that a person writes with an operator."""


class Library:
    """A module or a function, and how it is written; a call is carried out and written down."""

    def __init__(self, text: str, real: Any) -> None:
        self.text, self.real = text, real

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found, text = getattr(self.real, name), f"{self.text}.{name}"
        return Spelled(text, found) if isinstance(found, float) else Library(text, found)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        value = self.real(*map(_bare, arguments), **{name: _bare(option) for name, option in options.items()})
        if isinstance(value, (bool, int, str)):
            return value
        written = [_as_spelled(a).text for a in arguments]
        written += [f"{name}={_as_spelled(o).text}" for name, o in options.items()]
        return Spelled(f"{self.text}({', '.join(written)})", value)


def _bare(argument: Any) -> Any:
    """The value alone."""
    if isinstance(argument, Spelled):
        return argument.value
    if isinstance(argument, Library):
        return argument.real
    if isinstance(argument, (tuple, list)) and type(argument) in (tuple, list):
        return type(argument)(map(_bare, argument))
    return argument


def _as_spelled(argument: Any) -> Spelled:
    if isinstance(argument, Spelled):
        return argument
    return Spelled(_text(argument), argument, UNARY if _text(argument).startswith("-") else ATOM)


def _text(argument: Any) -> str:
    match argument:
        case Library():
            return argument.text
        case type():
            return argument.__name__ if argument.__module__ == "builtins" else f"np.{argument.__name__}"
        case bool() | None | str() | int():
            return repr(argument)
        case Fraction() | float() | np.number():
            return _number(float(argument))
        case tuple():
            return f"({', '.join(_as_spelled(a).text for a in argument)}{',' if len(argument) == 1 else ''})"
        case list() | range():
            return f"[{', '.join(_as_spelled(a).text for a in argument)}]"
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
    return "..." if items is Ellipsis else _as_spelled(items).text


def made(library: str, array: Array, more: str = "") -> str:
    """The tensor as `torch`, `np` or `jnp` makes it: of its numbers, or of its shape where it has none."""
    if array.size == 0:
        return f"{library}.zeros({array.shape}{more})"
    return f"{library}.{'tensor' if library == 'torch' else 'array'}({literal(array)}{more})"


def literal(array: Array) -> str:
    """The numbers as nested lists, with every digit it takes."""
    if array.size > LONGEST:
        raise fault(
            "limit", N_("a tensor of {count} numbers is too large to be written into a script"), count=array.size
        )
    return _listed(array)


def _listed(array: Array) -> str:
    if array.ndim == 0:
        x = float(array)
        return repr(x) if math.isfinite(x) else f'float("{x}")'
    return f"[{', '.join(_listed(row) for row in array)}]"


class Speller:
    """The lines of a program, one for each value that has a name or is read more than once.

    `column` gets a row and its arguments, the library first, and calls the row's column; `tensor` writes a number as a
    tensor of the library, and `values` are the library's own tensors for every step.
    """

    def __init__(
        self,
        program: Program,
        names: Sequence[str],
        library: Library,
        column: Callable[..., Any],
        tensor: Callable[[Array], Spelled],
        values: Sequence[Any],
    ) -> None:
        self.program, self.names, self.library, self.column = program, names, library, column
        self.tensor, self.values = tensor, values
        self.lines: list[tuple[int, str, str]] = []  # the step, its name, its text
        self.spelled: dict[int, Spelled] = {}

    def spell(self, kept: set[int]) -> list[tuple[int, str, str]]:
        """Every line up to the output; the steps in `kept` have one whatever they are."""
        reads = self._reads()
        for place in sorted(reads):
            step = self.program.steps[place]
            if isinstance(step.how, Constant) and place == self.program.output.step:
                number = step.how.value if isinstance(step.how.value, np.ndarray) else number_of(step.how.value)
                self.lines.append((place, self.names[place], self.tensor(np.asarray(number)).text))
            if not isinstance(step.how, Apply):
                continue
            found = self._applied(place, step.how)
            if place in kept or step.name or reads[place] > 1 or place == self.program.output.step:
                self.lines.append((place, self.names[place], found.text))
                found = Spelled(self.names[place], self.values[place])
            self.spelled[place] = Spelled(found.text, self.values[place], found.bond)
        return self.lines

    def _reads(self) -> dict[int, int]:
        """How often each step that the output needs is read."""
        reads = {self.program.output.step: 0}
        for place in range(self.program.output.step, -1, -1):
            how = self.program.steps[place].how
            if place in reads and isinstance(how, Apply):
                for ref in how.refs:
                    reads[ref.step] = reads.get(ref.step, 0) + 1
        return reads

    def _applied(self, place: int, how: Apply) -> Spelled:
        moving = [r for r in how.refs if not self._is_number(r)]
        infix = INFIX.get(how.operation) if moving or len(how.refs) == 1 else None
        arguments = [self._argument(a, infix is not None and bool(moving)) for a in how.arguments]
        try:
            found = infix(*arguments) if infix else self.column(how.row, self.library, arguments)
        except (TypeError, AttributeError, ValueError, RuntimeError) as error:
            raise fault(
                "limit", N_("{name} cannot be written as a script: {why}"), name=how.operation, why=str(error)[:80]
            ) from None
        return found if isinstance(found, Spelled) else _as_spelled(found)

    def _is_number(self, ref: Ref) -> bool:
        how = self.program[ref].how
        return isinstance(how, Constant) and not isinstance(how.value, np.ndarray)

    def _argument(self, argument: Any, plain: bool) -> Any:
        if isinstance(argument, Ref):
            return self._read(argument, plain)
        if isinstance(argument, tuple) and argument and all(isinstance(a, Ref) for a in argument):
            return tuple(self._read(a, plain) for a in argument)
        return options_as_floats(argument)

    def _read(self, ref: Ref, plain: bool) -> Spelled:
        how = self.program[ref].how
        match how:
            case Input():
                return Spelled(self.names[ref.step], self.values[ref.step])
            case Constant(value) if not isinstance(value, np.ndarray):
                return _as_spelled(number_of(value)) if plain else self.tensor(np.asarray(number_of(value)))
            case Constant(value):
                return self.tensor(np.asarray(value))
        return self.spelled[ref.step]
