"""Program -> the function as it was typed, in LaTeX that compiles with amsmath. Knows no derivative and no library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any, assert_never

import numpy as np

from gradcli.binding import ATOM, FRACTION, MATRIX, NEGATIVE, POWER, PRODUCT, SUBSCRIPT, SUM, Binding
from gradcli.ops.latex_names import latex_escaped, latex_function, latex_name
from gradcli.ops.row import REQUIRED, Param, Row
from gradcli.program import Apply, Constant, Input, Program, Step, memoize
from gradcli.program.program import with_refs
from gradcli.report import Array
from gradcli.shapes import Shape

LIMIT = 2_000
"""About so many characters are written; the middle of a longer function is `\\cdots`."""
HALF = LIMIT // 2
MOST_ENTRIES = 16
"""A written tensor of more entries is not spelt out."""
MOST_DIGITS = 40

DOTS = r"\cdots"
COMMA = r",\, "
QUAD = r",\quad "


@dataclass(frozen=True, slots=True)
class Piece:
    """A subexpression in LaTeX. `head` is the beginning of a sum that may have been too long to be kept whole."""

    text: str
    bond: Binding
    head: str | None = None

    def at_least(self, bond: Binding) -> str:
        """The text, in brackets where it binds less; dots where it is too long to be part of anything."""
        if len(self.text) > HALF:
            return DOTS
        return self.text if self.bond >= bond else rf"\left({self.text}\right)"


@memoize
def latex(program: Program) -> str:
    """The function in LaTeX; steps with a name are written as assignments, in order, the output last."""
    pieces: list[Piece] = []
    read = set(program.used())
    names = _Names(program)
    for place, step in enumerate(program.steps[: program.output.step + 1]):
        pieces.append(_piece(step, place, program, pieces, names) if place in read else Piece("", ATOM))
    written = [f"{latex_name(name)} = {_whole(pieces[place])}" for place, name in _definitions(program)]
    output = program[program.output]
    last = _whole(pieces[-1])
    named = written and isinstance(output.how, Apply) and output.name is not None
    return _listed([*written, f"{latex_name(output.name)} = {last}" if named and output.name else last])


def defines(program: Program) -> bool:
    """Whether the function in LaTeX defines names, and is not the output alone."""
    return next(_definitions(program), None) is not None


def _definitions(program: Program) -> Iterator[tuple[int, str]]:
    """The steps on the way to the output that were given names, which are written as assignments."""
    for place in program.used()[:-1]:
        step = program.steps[place]
        if isinstance(step.how, Apply) and step.name is not None:
            yield place, step.name


def _whole(piece: Piece) -> str:
    return piece.text if len(piece.text) <= LIMIT else DOTS


def _listed(written: Sequence[str]) -> str:
    r"""The assignments apart by \quad; of too many the first and the last."""
    whole = QUAD.join(written)
    if len(whole) <= LIMIT:
        return whole
    first = _fitting(written[:-1])
    last = _fitting(written[: len(first) : -1]) if len(first) + 1 < len(written) else []
    return QUAD.join([*first, DOTS, *last[::-1]])


def _fitting(written: Sequence[str]) -> list[str]:
    """As many of them, from the first, as fill half of the space."""
    ends = accumulate(len(one) + len(QUAD) for one in written)
    return [one for one, end in zip(written, ends, strict=True) if end <= HALF]


class _Names:
    """Which name a step is read by: its own, unless the name has been given to another step in between."""

    def __init__(self, program: Program) -> None:
        self.steps = program.steps
        self.places: dict[str, list[int]] = {}
        for place, step in enumerate(program.steps):
            if step.name is not None:
                self.places.setdefault(step.name, []).append(place)

    def read(self, step: int, by: int, pieces: Sequence[Piece]) -> Piece:
        """The step as an operand of the step `by`."""
        name = self.steps[step].name
        if name is None:
            return pieces[step]
        if not any(step < other < by for other in self.places[name]):
            return _name(name)
        if isinstance(self.steps[step].how, Input):
            return Piece(rf"{{{latex_name(name)}}}_{{\mathrm{{in}}}}", SUBSCRIPT)
        return pieces[step]


def _name(name: str) -> Piece:
    text = latex_name(name)
    return Piece(text, SUBSCRIPT if "_{" in text else ATOM)


# Steps


def _piece(step: Step, place: int, program: Program, pieces: Sequence[Piece], names: _Names) -> Piece:
    match step.how:
        case Input(name):
            return _name(name)
        case Constant(value):
            return _constant(value, program.source[step.span.start : step.span.end])
        case Apply() as apply:
            return _applied(
                apply, [with_refs(a, lambda ref: names.read(ref.step, place, pieces)) for a in apply.arguments]
            )
        case _:
            assert_never(step.how)


def _applied(apply: Apply, arguments: list[Any]) -> Piece:
    row = apply.row
    own = _OWN.get(row.name)
    if own is not None and (piece := own(*arguments)) is not None:
        return piece
    tensors = [arguments[k] for k in row.tensor_places]
    plain = all(p.default == a for p, a in zip(row.takes, arguments, strict=True) if p not in row.tensors)
    pieces = [a for a in tensors if isinstance(a, Piece)]
    if row.latex is not None and plain and row.latex.count("{}") == len(pieces) == len(tensors):
        return _templated(row.latex, tensors)
    return _called(row, arguments)


def _templated(template: str, tensors: Sequence[Piece]) -> Piece:
    """The row's own LaTeX; an argument beside a sign is bracketed, every other stands between brackets already."""
    if template == "{}":
        return tensors[0]
    need = PRODUCT if re.search(r"[+-] \{\}", template) else SUM
    text = template.format(*(a.at_least(need) for a in tensors))
    bond = FRACTION if template.startswith(r"\frac") else POWER if template[1] == "^" else ATOM
    return Piece(text, PRODUCT if r"\bmod" in template else bond)


def _called(row: Row, arguments: Sequence[Any]) -> Piece:
    given = [_given(param, a) for param, a in zip(row.takes, arguments, strict=True)]
    inside = COMMA.join(g for g in given if g is not None)
    return Piece(rf"{latex_function(_SHORT.get(row.name, row.name))}\left({inside}\right)", ATOM)


def _given(param: Param, argument: Any) -> str | None:
    """An argument of a call; None where it need not be written."""
    if isinstance(argument, Piece):
        return argument.at_least(SUM)
    if isinstance(argument, tuple) and argument and all(isinstance(a, Piece) for a in argument):
        return rf"\left[{COMMA.join(a.at_least(SUM) for a in argument)}\right]"
    if param.default is REQUIRED:
        return _option(argument)
    same = argument is param.default or (argument is not None and argument == param.default)
    return None if same else rf"\mathrm{{{latex_escaped(param.name)}}}={_option(argument)}"


def _option(value: Any) -> str:
    match value:
        case bool() | None:
            return rf"\mathrm{{{value}}}"
        case Fraction() | float() | int():
            return _number(value).text
        case tuple():
            return rf"\left({COMMA.join(map(_option, value))}\right)"
        case _:
            return rf"\texttt{{{latex_escaped(str(value))}}}"


# Operations with a notation of their own


def _sum(sign: str) -> Callable[..., Piece]:
    def write(a: Piece, b: Piece) -> Piece:
        right = b.at_least(PRODUCT)
        left = a.text if len(a.text) <= HALF else f"{a.head} + {DOTS}" if a.head is not None else DOTS
        text = f"{left} {sign} {right}"
        return Piece(text, SUM, text if len(text) <= HALF else a.head)

    return write


def _infix(sign: str, bond: Binding) -> Callable[..., Piece]:
    def write(a: Piece, b: Piece) -> Piece:
        return Piece(f"{a.at_least(bond)} {sign} {b.at_least(bond.tighter)}", bond)

    return write


def _product(a: Piece, b: Piece) -> Piece:
    """A minus in front of the first factor needs no brackets, and is the whole product's."""
    negative = a.bond is NEGATIVE and len(a.text) <= HALF
    left = a.text if negative else a.at_least(PRODUCT)
    return Piece(rf"{left} \cdot {b.at_least(MATRIX)}", NEGATIVE if negative else PRODUCT)


def _fraction(a: Piece, b: Piece) -> Piece:
    return Piece(rf"\frac{{{a.at_least(SUM)}}}{{{b.at_least(SUM)}}}", FRACTION)


def _negative(a: Piece) -> Piece:
    return Piece(f"-{a.at_least(PRODUCT)}", NEGATIVE)


def _power(a: Piece, b: Piece) -> Piece:
    return _raised(a, b.at_least(SUM))


def _raised(a: Piece, exponent: str) -> Piece:
    return Piece(f"{a.at_least(SUBSCRIPT)}^{{{exponent}}}", POWER)


def _turned(a: Piece) -> Piece:
    return _raised(a, r"\top")


def _norm(x: Piece, p: Any, dim: Any, keepdim: bool) -> Piece | None:
    r"""`\left\|x\right\|_{1}`; None where axes are named, which the bars have no room for."""
    if dim is not None or keepdim:
        return None
    bars = rf"\left\|{x.at_least(SUM)}\right\|"
    return Piece(bars, ATOM) if p == 2 else Piece(f"{bars}_{{{_option(p)}}}", SUBSCRIPT)


def _index(x: Piece, items: Sequence[tuple[Any, ...]], tensors: Sequence[Piece]) -> Piece:
    read = COMMA.join(_item(item, tensors) for item in items)
    return Piece(f"{x.at_least(ATOM)}_{{{read}}}", SUBSCRIPT)


def _item(item: tuple[Any, ...], tensors: Sequence[Piece]) -> str:
    match item:
        case ("at", place):
            return str(place)
        case ("slice", start, stop, step):
            ends = f"{'' if start is None else start}:{'' if stop is None else stop}"
            return ends if step == 1 else f"{ends}:{step}"
        case ("tensor", int(k)):
            return tensors[k].at_least(SUM)
        case _:
            return r"\mathrm{None}"


def _stack(tensors: tuple[Piece, ...], dim: int) -> Piece | None:
    if dim != 0:
        return None
    return Piece(rf"\left[{COMMA.join(a.at_least(SUM) for a in tensors)}\right]", ATOM)


def _eye(n: int, m: int | None) -> Piece:
    return Piece(f"I_{{{n}}}" if m in (None, n) else rf"I_{{{n} \times {m}}}", SUBSCRIPT)


def _filled(digit: str) -> Callable[..., Piece]:
    def write(size: Shape) -> Piece:
        by = r" \times ".join(map(str, size))
        return Piece(rf"\mathbf{{{digit}}}_{{{by}}}", SUBSCRIPT) if size else Piece(digit, ATOM)

    return write


_OWN: Mapping[str, Callable[..., Piece | None]] = {
    "add": _sum("+"), "sub": _sum("-"), "mul": _product, "matmul": _infix(r"\,", MATRIX),
    "mm": _infix(r"\,", MATRIX), "mv": _infix(r"\,", MATRIX), "bmm": _infix(r"\,", MATRIX),
    "div": _fraction, "reciprocal": lambda a: _fraction(Piece("1", ATOM), a), "neg": _negative,
    "remainder": _infix(r"\bmod", PRODUCT),
    "pow": _power, "square": lambda a: _raised(a, "2"), "inv": lambda a: _raised(a, "-1"),
    "matrix_power": lambda a, k: _raised(a, str(k)),
    "T": _turned, "t": _turned, "mT": _turned, "norm": _norm, "index": _index, "stack": _stack, "tensor": lambda a: a,
    "eye": _eye, "ones": _filled("1"), "zeros": _filled("0"),
}  # fmt: skip
_SHORT = {"trace": "tr"}


# Names and numbers


def _constant(value: Any, source: str) -> Piece:
    if isinstance(value, np.ndarray):
        return _tensor(value, source)
    if isinstance(value, str):
        return Piece({"pi": r"\pi", "e": "e", "inf": r"\infty"}.get(value, rf"\mathrm{{{value}}}"), ATOM)
    return _numeral(source) if _NUMERAL.fullmatch(source) else _number(value)


_NUMERAL = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def _numeral(text: str) -> Piece:
    """A number as it is written, with a power of ten for an exponent."""
    digits, _, exponent = text.lower().partition("e")
    negative = digits.startswith("-")
    if len(digits) > MOST_DIGITS:
        return Piece("-" * negative + DOTS, NEGATIVE if negative else ATOM)
    if not exponent:
        return Piece(digits, NEGATIVE if negative else ATOM)
    power = f"10^{{{int(exponent)}}}"
    if digits in ("1", "-1"):
        return Piece(f"-{power}" if negative else power, NEGATIVE if negative else POWER)
    return Piece(rf"{digits} \cdot {power}", NEGATIVE if negative else PRODUCT)


def _number(value: Fraction | float | int) -> Piece:
    if isinstance(value, float) and not np.isfinite(value):
        text = r"\mathrm{nan}" if np.isnan(value) else r"\infty" if value > 0 else r"-\infty"
        return Piece(text, NEGATIVE if value < 0 else ATOM)
    if isinstance(value, float):
        return _numeral(f"{value:g}" if float(f"{value:g}") == value else repr(value))
    if isinstance(value, int) or value.denominator == 1:
        return _numeral(str(int(value)))
    top, bottom = _numeral(str(abs(value.numerator))).text, _numeral(str(value.denominator)).text
    text = rf"\frac{{{top}}}{{{bottom}}}"
    return Piece(f"-{text}", NEGATIVE) if value < 0 else Piece(text, FRACTION)


def _tensor(values: Array, source: str) -> Piece:
    """A list as a row or a matrix; what was drawn or is too large by what was typed."""
    if not source.lstrip().startswith(("[", "(")):
        return Piece(rf"\texttt{{{latex_escaped(source[:HALF])}}}", ATOM)
    if values.size > MOST_ENTRIES or values.ndim > 2 or values.size == 0:
        return Piece(rf"\left[{DOTS}\right]", ATOM)
    rows = [[_number(float(x)).text for x in row] for row in np.atleast_2d(values)]
    if values.ndim < 2:
        return Piece(rf"\left[{COMMA.join(rows[0])}\right]", ATOM)
    body = r" \\ ".join(" & ".join(row) for row in rows)
    return Piece(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", ATOM)
