"""A printed formula read back from its text alone and evaluated entry by entry, with plain Python loops.

It knows nothing of the engine: a formula is the left side with its indices, a right side, and `where` lines. What a
reader has to know beside the text is this: an index of a sum runs over the shortest axis in which it stands alone
(to the size in `Sum_{r<2}` where one is written); next to a bracket or delta that is 0 a product is 0, whatever
else stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from gradcli.ops import TABLE
from gradcli.ops.row import REQUIRED
from gradcli.ops.row import n as numpy_library
from gradcli.program import trace, values_of
from gradcli.report import Array, Definition, Jacobian, Vjp
from gradcli.shapes import Shape
from gradcli.syntax import parse

TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\"[^\"]*\")"
    r"|(\*\*|>=|<=|==|!=|[-+*/%()\[\],{}<>=]))"
)
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
}  # fmt: skip
CONSTANTS = {"pi": np.pi, "e": np.e, "inf": np.inf, "nan": np.nan}

Node = tuple[Any, ...]
"""("number", x) ("name", s) ("text", s) ("entry", s, [..]) ("call", s, [..]) ("over", kind, [(index, size)], body)
("compare", sign, a, b) ("add", [..]) ("mul", [..], [below]) ("neg", a) ("mod", a, b) ("pow", a, b)"""


class Unreadable(Exception):
    """The text is no formula, or does not say what it means."""


# Text -> tree


def read(text: str) -> Node:
    """The tree of a formula."""
    reader = _Reader(_tokens(text), text)
    tree = reader.sum()
    reader.end()
    return tree


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(text.rstrip()):
        match = TOKEN.match(text, place)
        if match is None:
            raise Unreadable(f"{text[place:]!r} in {text!r}")
        place = match.end()
        kind = ("number", "name", "text", "sign")[next(k for k, g in enumerate(match.groups()) if g is not None)]
        found.append((kind, match.group(match.lastindex or 0)))
    return found


@dataclass
class _Reader:
    """Recursive descent over the tokens."""

    tokens: list[tuple[str, str]]
    text: str
    place: int = 0

    def peek(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> str:
        found = self.peek()
        if not found or (wanted is not None and found != wanted):
            raise Unreadable(f"expected {wanted!r}, found {found!r} at token {self.place} of {self.text!r}")
        self.place += 1
        return found

    def end(self) -> None:
        if self.place < len(self.tokens):
            raise Unreadable(f"{self.peek()!r} is left over in {self.text!r}")

    def sum(self) -> Node:
        terms = [self.signed()]
        while self.peek() in ("+", "-"):
            negative = self.take() == "-"
            term = self.product()
            terms.append(("neg", term) if negative else term)
        return terms[0] if len(terms) == 1 else ("add", terms)

    def signed(self) -> Node:
        if self.peek() == "-":
            self.take()
            return ("neg", self.product())
        return self.product()

    def product(self) -> Node:
        above, below = [self.power()], []
        while self.peek() in ("*", "/", "%"):
            sign = self.take()
            if sign == "%":
                above, below = [("mod", ("mul", above, below), self.power())], []
            else:
                (above if sign == "*" else below).append(self.power())
        return above[0] if len(above) == 1 and not below else ("mul", above, below)

    def power(self) -> Node:
        base = self.atom()
        if self.peek() != "**":
            return base
        self.take()
        negative = self.peek() == "-" and bool(self.take())
        exponent = self.power()
        return ("pow", base, ("neg", exponent) if negative else exponent)

    def atom(self) -> Node:
        if self.place >= len(self.tokens):
            raise Unreadable(f"{self.text!r} ends early")
        kind, found = self.tokens[self.place]
        self.place += 1
        if kind == "number":
            return ("number", float(found) if re.search(r"[.e]", found) else int(found))
        if kind == "text":
            return ("text", found[1:-1])
        if kind == "name":
            return self.named(found)
        if found == "(":
            inner = self.sum()
            self.take(")")
            return inner
        if found == "[":
            inner = self.comparison()
            self.take("]")
            if inner[0] != "compare":
                raise Unreadable(f"a bracket without a comparison in {self.text!r}")
            return inner
        raise Unreadable(f"{found!r} at token {self.place} of {self.text!r}")

    def comparison(self) -> Node:
        left = self.sum()
        if self.peek() in COMPARISONS:
            return ("compare", self.take(), left, self.sum())
        return left

    def named(self, name: str) -> Node:
        kind, _, rest = name.partition("_")
        if kind in ("Sum", "Prod") and (rest or self.peek() == "{") and name.endswith("_" + rest):
            return self.over(kind, rest)
        if self.peek() == "[":
            return ("entry", name, self.listed("[", "]"))
        if self.peek() == "(":
            return ("call", name, self.listed("(", ")"))
        return ("name", name)

    def over(self, kind: str, index: str) -> Node:
        indices = [("name", index)] if index else self.listed("{", "}")
        self.take("(")
        body = self.sum()
        self.take(")")
        # ("name", r), or ("compare", "<", r, size) where the range is written
        return ("over", kind, [(i[1], None) if i[0] == "name" else (i[2][1], i[3]) for i in indices], body)

    def listed(self, opening: str, closing: str) -> list[Node]:
        self.take(opening)
        items = [self.comparison()]
        while self.peek() == ",":
            self.take()
            items.append(self.comparison())
        self.take(closing)
        return items


# Tree -> number


@dataclass
class Reading:
    """The tensors that a formula may name: the inputs, v, and what its `where` lines define.

    `shapes` are those of every tensor that the answer names, as a person sees them beside the formula.
    """

    tensors: dict[str, Array]
    shapes: Mapping[str, Shape]
    sizes: dict[str, int] = field(default_factory=dict)

    def define(self, where: Sequence[Definition]) -> None:
        """Every `where` line, sizes first, the others in the order in which they stand."""
        for line in where:
            if (match := re.fullmatch(r"(\w+)\.shape\[(\d+)\]", line.formula)) is not None:
                self.sizes[line.name] = self.shapes[match.group(1)][int(match.group(2))]
        for line in where:
            if line.name in self.sizes:
                continue
            name, _, rest = line.name.partition("[")
            if rest or self._is_formula(line):
                self.tensors[name] = self.array(
                    line.formula, rest.removesuffix("]").split(",") if rest else [], self.shapes[name]
                )
            else:
                self.tensors[name] = self.called(line.formula)

    def _is_formula(self, line: Definition) -> bool:
        """A scalar's definition is a formula in entries; a primitive is a call on whole tensors."""
        match = re.fullmatch(r"(\w+)\((.*)\)", line.formula)
        if match is None:
            return re.fullmatch(r"\[[-+.,\[\]\d\seinfa]*\]", line.formula) is None
        first = match.group(2).split(",")[0]
        return match.group(1) not in TABLE or (
            self.shapes.get(first, ()) == () and TABLE[match.group(1)].family == "elementwise"
        )

    def called(self, text: str) -> Array:
        """`softmax(z, dim=1)` and `[1.0, 2.0]`: the calculator's own language."""
        names = [n for n in re.findall(r"[A-Za-z_]\w*", re.sub(r'"[^"]*"', "", text)) if n in self.tensors]
        known = {
            name: self.tensors[name] for name in names if not re.search(rf"\b{name}\(", text) or names.count(name) > 1
        }
        program = trace(parse(text), {name: a.shape for name, a in known.items()})
        return np.asarray(values_of(program, known)[program.output.step])

    def array(self, text: str, indices: Sequence[str], shape: Shape) -> Array:
        """The formula at every index; an index written 0 is an axis of size 1."""
        tree = read(text)
        result = np.empty(shape)
        for place in np.ndindex(shape):
            at = {name: k for name, k in zip(indices, place, strict=True) if name != "0"}
            result[place] = self.number(tree, at)
        return result

    def number(self, tree: Node, at: Mapping[str, int]) -> Any:
        """The value of a tree where the indices are `at`."""
        match tree:
            case ("number", value) | ("text", value):
                return value
            case ("name", name):
                return self.named(name, at)
            case ("entry", name, places):
                return self.entry(name, [self.number(p, at) for p in places])
            case ("neg", inner):
                return -self.number(inner, at)
            case ("add", terms):
                return sum((self.number(t, at) for t in terms[1:]), self.number(terms[0], at))
            case ("mul", above, below):
                return self.multiplied(above, below, at)
            case ("mod", a, b):
                return self.number(a, at) % self.number(b, at)
            case ("pow", a, b):
                return np.float64(self.number(a, at)) ** np.float64(self.number(b, at))
            case ("compare", sign, a, b):
                return int(COMPARISONS[sign](self.number(a, at), self.number(b, at)))
            case ("call", name, arguments):
                return self.call(name, arguments, at)
            case ("over", kind, indices, body):
                return self.over(kind, indices, body, at)
        raise Unreadable(str(tree))

    def named(self, name: str, at: Mapping[str, int]) -> Any:
        for known in (at, self.sizes):
            if name in known:
                return known[name]
        if name in self.tensors:
            return self.entry(name, [])
        if name == "None":
            return None
        if name not in CONSTANTS:
            raise Unreadable(f"{name} is not said to be anything")
        return np.float64(CONSTANTS[name])

    def entry(self, name: str, places: Sequence[Any]) -> Any:
        """An entry; nan for a place outside the tensor, so that only a bracket that is 0 may excuse it."""
        array = self.tensors[name]
        if len(places) != array.ndim:
            raise Unreadable(f"{name} has {array.ndim} axes and is read at {places}")
        whole = [int(p) + s if p < 0 and _is_value(p) else int(p) for p, s in zip(places, array.shape, strict=True)]
        inside = all(0 <= p < s for p, s in zip(whole, array.shape, strict=True))
        return np.float64(array[tuple(whole)] if inside else np.nan)

    def multiplied(self, above: Sequence[Node], below: Sequence[Node], at: Mapping[str, int]) -> Any:
        flags = [f for f in above if _is_flag(f)]
        if any(self.number(f, at) == 0 for f in flags):
            return 0
        result: Any = 1
        for factor in above:
            result = result * self.number(factor, at)
        for factor in below:
            result = np.float64(result) / np.float64(self.number(factor, at))
        return result

    def call(self, name: str, arguments: Sequence[Node], at: Mapping[str, int]) -> Any:
        if name == "where":
            condition, a, b = arguments
            return self.number(a if self.number(condition, at) != 0 else b, at)
        given = [self.number(a, at) for a in arguments]
        if name == "delta":
            return int(given[0] == given[1])
        row = TABLE[name]
        defaults = [p.default for p in row.takes[len(given) :]]
        if REQUIRED in defaults:
            raise Unreadable(f"{name} with {len(given)} arguments")
        options = [
            float(d) if p.kind == "number" and d is not None else d
            for p, d in zip(row.takes[len(given) :], defaults, strict=True)
        ]
        values = [np.float64(g) if p.kind == "tensor" else g for p, g in zip(row.takes, given, strict=False)]
        return np.float64(row.numpy(numpy_library, *values, *options))

    def over(self, kind: str, indices: Sequence[tuple[str, Node | None]], body: Node, at: Mapping[str, int]) -> Any:
        """A sum or product over its indices."""
        ranges = [range(self.extent(index, size, body, at)) for index, size in indices]
        result: Any = 0 if kind == "Sum" else 1
        for place in product(*ranges):
            value = self.number(body, {**at, **{index: k for (index, _), k in zip(indices, place, strict=True)}})
            result = result + value if kind == "Sum" else result * value
        return result

    def extent(self, index: str, size: Node | None, body: Node, at: Mapping[str, int]) -> int:
        """How many places an index takes: its written size, else that of the axes in which it stands alone."""
        if size is not None:
            return int(self.number(size, at))
        found = {self.tensors[name].shape[k] for name, k in _stands(index, body)}
        if not found:
            raise Unreadable(f"the range of {index} can't be told")
        return min(found)


def _stands(index: str, tree: Any) -> Iterator[tuple[str, int]]:
    """Every (tensor, axis) at which an index stands alone."""
    if isinstance(tree, (list, tuple)):
        if tree and tree[0] == "entry":
            yield from ((tree[1], k) for k, place in enumerate(tree[2]) if place == ("name", index))
        yield from (found for item in tree for found in _stands(index, item))


def _is_value(place: Any) -> bool:
    """Whether an index is a tensor's entry (where -1 counts from the end) and not index arithmetic."""
    return isinstance(place, np.floating)


def _is_flag(tree: Node) -> bool:
    """A bracket, a delta, or 1 - one of them."""
    if tree[0] == "add":
        return all(part[0] == "number" or _is_flag(part[1] if part[0] == "neg" else part) for part in tree[1])
    return tree[0] == "compare" or tree[:2] == ("call", "delta")


# Whole answers


def evaluated(
    formula: Jacobian | Vjp, shape: Shape, tensors: Mapping[str, Array], shapes: Mapping[str, Shape]
) -> Array:
    """The values that a printed formula and its `where` lines have, at every index of its left side."""
    reading = Reading(dict(tensors), {**shapes, **{name: a.shape for name, a in tensors.items()}})
    with np.errstate(all="ignore"):
        reading.define(formula.where)
        return reading.array(formula.formula, indices_of(formula.left_side.text()), shape)


def indices_of(left_side: str) -> list[str]:
    """`d y[m,n] / d x[i,0]` -> m, n, i, 0"""
    return [k for inside in re.findall(r"\[([^\]]*)\]", left_side) for k in inside.split(",")]
