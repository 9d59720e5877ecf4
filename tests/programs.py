"""Random well-formed programs as text, drawn from the operations table, with inputs and a point where they are smooth.

A row of the elementwise and reduction families is drawn from its columns alone, so that a new row is drawn by being
there; the other families need a maker here (`MAKERS`), and `test_laws` says which row has none. Values are kept inside
each row's domain and away from its kinks, by wrapping an operand or by trying another row.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

from gradcli.message import GradcliError
from gradcli.ops import ROWS, TABLE
from gradcli.ops.row import REQUIRED, Row
from gradcli.ops.row import n as numpy_library
from gradcli.program import Apply, Program, trace, values_of
from gradcli.program.values import with_values
from gradcli.report import Array
from gradcli.shapes import Shape, broadcast, size
from gradcli.syntax import parse

Interval = tuple[float, float]
Maker = Callable[["Sketch"], str | None]

INPUTS = ("x", "y", "w", "A", "b")
WHOLE_INPUTS = ("k", "t")
NAMES = ("h", "z", "s", "f", "a", "c", "g", "m", "i", "p", "r", "l", "B", "mu", "out", "n_x", "g_z", "v")
"""What statements assign: letters that the formulas like to use are among them on purpose."""
MOST_INPUTS = 4
LARGEST_VALUE = 50.0
LARGEST_SIZE = 96
TRIES = 30
ANYWHERE: Interval = (-2.0, 2.0)
INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "floor_divide": "//", "remainder": "%",
    "gt": ">", "ge": ">=", "lt": "<", "le": "<=",
}  # fmt: skip
OPTIONS: Mapping[str, Sequence[Mapping[str, str]]] = {
    "addcmul": ({}, {"value": "2"}, {"value": "-0.5"}), "addcdiv": ({}, {"value": "2"}),
    "clamp": ({"min": "-1", "max": "1"}, {"min": "0"}, {"max": "1/2"}), "clamp_min": ({"min": "0.5"},),
    "clamp_max": ({"max": "1/3"},), "logit": ({}, {"eps": "0.01"}), "multigammaln": ({"p": "1"}, {"p": "2"}),
    "polygamma": ({"n": "1"}, {"n": "2"}), "softplus": ({}, {"beta": "2"}, {"beta": "2", "threshold": "1"}),
    "gelu": ({}, {"approximate": '"tanh"'}), "leaky_relu": ({}, {"negative_slope": "0.2"}),
    "elu": ({}, {"alpha": "2"}), "celu": ({}, {"alpha": "2"}), "threshold": ({"threshold": "0.5", "value": "-1"},),
    "hardtanh": ({}, {"min_val": "0", "max_val": "0.5"}), "hardshrink": ({}, {"lambd": "1"}),
    "softshrink": ({}, {"lambd": "1/4"}), "norm": ({}, {"p": "1"}, {"p": "3"}, {"p": "inf"}, {"p": "1.5"}),
    "var": ({}, {"correction": "0"}), "std": ({}, {"correction": "0"}),
}  # fmt: skip
"""Options that are worth drawing; where a row is not here, its defaults are taken."""


@dataclass(frozen=True)
class Drawn:
    """A program with a point and a weighting vector; `rows` are the operations it applies."""

    text: str
    point: Mapping[str, Array]
    v: Array
    rows: tuple[str, ...]

    @property
    def shapes(self) -> dict[str, Shape]:
        return {name: a.shape for name, a in self.point.items()}

    @property
    def program(self) -> Program:
        return trace(parse(self.text), self.shapes)

    @property
    def wrt(self) -> list[str]:
        """The inputs that are differentiated: all but indices and classes."""
        whole = self.program.whole_numbers
        return [name for name in self.point if name not in whole]

    @property
    def weights(self) -> str:
        """What v is called in the formulas: v_ where the program has a v of its own."""
        return "v_" if "v" in self.program.names else "v"

    def __repr__(self) -> str:
        return f"{self.text!r} at {self.shapes}"


def program(seed: int, **how: Any) -> Drawn:
    """The program of a seed: always the same one."""
    return draw(Random(seed), **how)


def programs(**how: Any) -> st.SearchStrategy[Drawn]:
    """Programs for hypothesis, by their seeds (choices of hypothesis's own would make the same small ones again)."""
    return st.integers(0, 2**32 - 1).map(lambda seed: program(seed, **how))


def draw(random: Random, rows: Sequence[str] | None = None, longest: int = 6, kinks: bool = False) -> Drawn:
    """A program of 1 to `longest` statements made of these rows (default: every row that can be drawn).

    `kinks`: points with zeros, ties and whole numbers, where some row may have no derivative.
    """
    sketch = Sketch(random, tuple(rows or DRAWABLE), kinks)
    for _ in range(max(random.randint(1, longest), random.randint(1, longest))):
        sketch.add_statement()
    return sketch.finished()


# Pieces, and the sketch that grows of them


@dataclass(frozen=True, eq=False)
class Piece:
    """A text that stands for a tensor anywhere an operand may stand, and its value at the point."""

    text: str
    value: Array

    @property
    def shape(self) -> Shape:
        return self.value.shape

    @property
    def rank(self) -> int:
        return self.value.ndim


class Unfit(Exception):
    """No small shape is what a maker asked for."""


@dataclass
class Sketch:
    """A program in the making. What a maker asks of it is given from what there is, or by a new input."""

    random: Random
    rows: tuple[str, ...]
    kinks: bool = False
    point: dict[str, Array] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    last: Piece | None = None

    def __post_init__(self) -> None:
        self.entries = np.random.default_rng(self.random.randint(0, 2**32 - 1))

    # Growing

    def add_statement(self) -> None:
        """One more operation, as a statement of its own or inside the next one."""
        for _ in range(TRIES):
            before = dict(self.point), list(self.pieces)
            piece = self.tried(self.call(TABLE[self.chosen_row()]))
            if piece is not None:
                self.accept(piece)
                return
            self.point, self.pieces = before

    def chosen_row(self) -> str:
        """A family first, so that the many elementwise rows do not crowd out the rest."""
        families: dict[str, list[str]] = {}
        for name in self.rows:
            families.setdefault(_crowd(TABLE[name]), []).append(name)
        crowds = sorted(families)
        (crowd,) = self.random.choices(crowds, [SHARES[c] for c in crowds])
        return self.random.choice(families[crowd])

    def call(self, row: Row) -> str | None:
        """The text of a call; None where it does not work out this time."""
        maker = MAKERS.get(row.name)
        try:
            if maker is not None:
                return maker(self)
            return self.elementwise(row) if row.family == "elementwise" else self.reduction(row)
        except Unfit:
            return None

    def tried(self, text: str | None) -> Piece | None:
        """The piece, if its value is a fair one."""
        if text is None:
            return None
        whole = "; ".join([*self.lines, text])
        point = self.used(whole)
        program = trace(parse(whole), {name: a.shape for name, a in point.items()})
        if size(program.output_shape) > LARGEST_SIZE or size(program.output_shape) == 0:
            return None
        try:
            values = values_of(program, point)
        except GradcliError as error:
            if error.kind == "domain":  # a singular matrix
                return None
            raise
        value = values[program.output.step]
        if not np.isfinite(value).all() or np.abs(value).max(initial=0.0) > LARGEST_VALUE:
            return None
        if not self.kinks and at_kink(program, values):
            return None
        return Piece(f"({text})", np.asarray(value, dtype=np.float64))

    def accept(self, piece: Piece) -> None:
        text = piece.text[1:-1]
        if len(text) > 60 or self.random.random() < 0.6:
            name = self.random.choice(NAMES)
            self.forget(name)
            self.lines.append(f"{name} = {text}")
            piece = Piece(name, piece.value)
        self.pieces.append(piece)
        self.last = piece

    def forget(self, name: str) -> None:
        """What `name` meant before can't be reached any more."""
        self.pieces = [p for p in self.pieces if not re.search(rf"\b{name}\b", p.text)]

    def used(self, text: str) -> dict[str, Array]:
        """The point of the inputs that a text names."""
        names = set(_names(text))
        return {name: a for name, a in self.point.items() if name in names}

    def finished(self) -> Drawn:
        if self.last is None or self.last not in self.pieces:
            self.last = self.tensor(lambda shape: True)
        text = "; ".join([*_needed(self.lines, self.last.text), _bare(self.last.text)])
        assigned = text.rpartition("; ")[0].rpartition("; ")[2].partition(" = ")[0]
        if assigned == _bare(self.last.text):  # a last assignment is the output
            text = text.rpartition("; ")[0]
        point = self.used(text)
        program = trace(parse(text), {name: a.shape for name, a in point.items()})
        if not set(program.inputs) - program.whole_numbers:
            self.last = self.tried(f"{self.last.text}*{self.new((), ANYWHERE).text}")
            return self.finished()
        rows = tuple(dict.fromkeys(s.how.operation for s in program.steps if isinstance(s.how, Apply)))
        return Drawn(text, point, self.entries.uniform(-1, 1, program.output_shape), rows)

    # What makers ask for

    def maybe(self, chance: float = 0.5) -> bool:
        return self.random.random() < chance

    def new(self, shape: Shape, domain: Interval) -> Piece:
        """A new input; a literal where there are inputs enough."""
        low, high = max(domain[0], -4.0), min(domain[1], 6.0)
        margin = 0.02 * (high - low)
        value = np.asarray(self.entries.uniform(low + margin, high - margin, shape))
        if self.kinks:  # zeros, ties and whole numbers
            halves = np.round(2 * value) / 2
            value = np.where((low < halves) & (halves < high), halves, value)
        free = [name for name in INPUTS if name not in self.point]
        if len(self.point) < MOST_INPUTS and free:
            self.point[free[0]] = value
            piece = Piece(free[0], value)
            self.pieces.append(piece)
            return piece
        value = np.round(value, 2)
        return Piece(str(value.tolist()), value)

    def whole(self, shape: Shape, below: int) -> str:
        """A tensor of whole numbers from 0 to below - 1, as a literal or an input."""
        value = self.entries.integers(0, below, shape)
        free = [name for name in WHOLE_INPUTS if name not in self.point]
        if free and self.maybe(0.3):
            self.point[free[0]] = value.astype(np.float64)
            return free[0]
        return str(value.tolist())

    def shape(self, least: int = 0, most: int = 3) -> Shape:
        return tuple(self.size() for _ in range(self.random.randint(least, most)))

    def size(self) -> int:
        return self.random.choice((1, 2, 2, 3, 3, 4))

    def tensor(self, fits: Callable[[Shape], bool] | Shape, domain: Interval = ANYWHERE, new: float = 0.2) -> Piece:
        """An operand of a shape that fits, with values in the domain."""
        wanted = fits if callable(fits) else lambda shape: shape == fits
        known = [p for p in self.pieces if wanted(p.shape)]
        if self.last is not None and self.last in known and self.maybe(0.6):
            return self.within(self.last, domain)  # so that programs grow deep and not only wide
        if known and not self.maybe(new):
            return self.within(self.random.choice(known), domain)
        shapes = itertools.product((1, 2, 3, 4), repeat=3)
        fitting = [fits] if not callable(fits) else [s for m in shapes for s in (m, m[1:], m[2:], ()) if fits(s)]
        if not fitting:
            raise Unfit
        return self.new(self.random.choice(fitting), domain)

    def within(self, piece: Piece, domain: Interval) -> Piece:
        low, high = domain
        if domain == ANYWHERE or (piece.value.min() > low and piece.value.max() < high):
            return piece
        low, high = max(low, -4.0), min(high, 6.0)
        margin = (high - low) / 20
        squashed = low + margin + (high - low - 2 * margin) / (1 + np.exp(-piece.value))
        start, width = f"{low + margin:.3g}", f"{high - low - 2 * margin:.3g}"
        return Piece(f"({start} + {width}*sigmoid({piece.text}))", squashed)

    def any(self, least: int = 0, most: int = 3, domain: Interval = ANYWHERE) -> Piece:
        return self.tensor(lambda shape: least <= len(shape) <= most, domain)

    def beside(self, shape: Shape, domain: Interval) -> Piece:
        """An operand that broadcasts with `shape`."""

        def fits(other: Shape) -> bool:
            try:
                return size(broadcast(shape, other)) <= LARGEST_SIZE // 2
            except GradcliError:
                return False

        known = [p for p in self.pieces if fits(p.shape)]
        if known and self.maybe(0.7):
            return self.within(self.random.choice(known), domain)
        if self.maybe(0.25):
            low, high = domain
            value = round(float(self.entries.uniform(max(low, -2) + 0.01, min(high, 4) - 0.01)), 1)
            if low < value < high:
                return Piece(f"({value})" if value < 0 else str(value), np.asarray(value))
        cut = self.random.randint(0, len(shape))
        return self.new(tuple(1 if self.maybe(0.2) else k for k in shape[cut:]), domain)

    def matrix(self, batched: bool = True) -> Piece:
        """A square matrix, or a batch of them."""

        def square(shape: Shape) -> bool:
            return len(shape) >= 2 and shape[-1] == shape[-2] and (batched or len(shape) == 2)

        if not any(square(p.shape) for p in self.pieces) and self.maybe():
            side = self.random.choice((2, 3, 3))
            return self.new((*((2,) if batched and self.maybe(0.3) else ()), side, side), ANYWHERE)
        return self.tensor(square)

    def regular(self, batched: bool = True, positive: bool = False) -> Piece:
        """A square matrix far from singular, with a positive determinant where that is asked for."""
        x = self.matrix(batched)
        signs, _ = np.linalg.slogdet(x.value)
        if np.linalg.cond(x.value).max() < 20 and (not positive or (signs > 0).all()) and self.maybe(0.7):
            return x
        n = x.shape[-1]
        return Piece(f"(tanh({x.text}) + {n + 1}*eye({n}))", np.tanh(x.value) + (n + 1) * np.eye(n))

    def dim(self, rank: int) -> int:
        return self.random.randrange(-rank, rank) if rank else 0

    def dims(self, rank: int) -> str | None:
        """One axis, several, or None for all."""
        if not rank or self.maybe(0.25):
            return None
        if self.maybe(0.3):
            chosen = self.random.sample(range(rank), self.random.randint(1, rank))
            return str(tuple(chosen))
        return str(self.dim(rank))

    def spelled(self, row: Row) -> str:
        """The row's name or one of its aliases."""
        return self.random.choice((row.name, row.name, *row.aliases))

    def option(self, row: Row) -> dict[str, str]:
        return dict(self.random.choice(OPTIONS.get(row.name, ({},))))

    # Whole families

    def elementwise(self, row: Row) -> str | None:
        domains = row.domain
        first = self.any(domain=domains[0])
        operands = [first]
        for domain in domains[1 : len(row.tensors)]:
            operands.append(self.beside(broadcast(*(p.shape for p in operands)), domain))
        self.random.shuffle(shuffled := list(range(len(operands))))
        if len({tuple(d) for d in domains}) == 1:
            operands = [operands[k] for k in shuffled]
        if row.name in INFIX and self.maybe(0.8):
            return f"{operands[0].text} {INFIX[row.name]} {operands[1].text}"
        return written_call(self, row, [p.text for p in operands], self.option(row))

    def reduction(self, row: Row) -> str | None:
        x = self.any()
        options = self.option(row)
        for param in row.takes[1:]:
            if param.name == "dim":
                dim = self.dims(x.rank) if param.kind == "dims" else None if self.maybe(0.2) else str(self.dim(x.rank))
                needed = param.default is REQUIRED or (x.rank > 1 and not any(p.name == "keepdim" for p in row.takes))
                if dim is not None or needed:
                    options["dim"] = dim or "0"
            elif param.name == "keepdim" and self.maybe(0.3) and (param.kind == "dims" or "dim" in options):
                options["keepdim"] = "True"
        return written_call(self, row, [x.text], options)


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("(") else text


def _names(text: str) -> list[str]:
    """The names in a text, not those in quotes."""
    return re.findall(r"[A-Za-z_]\w*", re.sub(r'"[^"]*"', "", text))


def _needed(lines: Sequence[str], last: str) -> list[str]:
    """The statements that the last one depends on."""
    wanted, kept = set(_names(last)), []
    for line in reversed(lines):
        name, _, value = line.partition(" = ")
        if name in wanted:
            kept.append(line)
            wanted = (wanted - {name}) | set(_names(value))
    return kept[::-1]


def written_call(sketch: Sketch, row: Row, tensors: Sequence[str], options: Mapping[str, str]) -> str:
    """`f(x, option=...)` or `x.f(...)`: tensors by position, options by name where they may be left out."""
    rest = iter(tensors)
    places, names = [], []
    for param in row.takes:
        if param in row.tensors:
            places.append(next(rest))
        elif param.name in options:
            (places if param.default is REQUIRED and not names else names).append(
                options[param.name]
                if param.default is REQUIRED and not names
                else f"{param.name}={options[param.name]}"
            )
    name = sketch.spelled(row)
    is_operand = re.fullmatch(r"[A-Za-z_]\w*|\(.*\)", places[0]) is not None and row.takes[0] in row.tensors
    if row.method and is_operand and sketch.maybe(0.4):
        return f"{places[0]}.{name}({', '.join([*places[1:], *names])})"
    return f"{sketch.random.choice(('', '', 'torch.'))}{name}({', '.join([*places, *names])})"


def at_kink(program: Program, values: Sequence[Array]) -> bool:
    """Whether some step has no derivative at these values."""
    for step in program.steps:
        if isinstance(step.how, Apply) and step.how.row.kinks:
            arguments = [with_values(a, values) for a in step.how.arguments]
            with np.errstate(all="ignore"):
                if any(np.any(kink.at(numpy_library, *arguments)) for kink in step.how.row.kinks):
                    return True
    return False


def deviation(program: Program, values: Sequence[Array]) -> float:
    """How far PyTorch's own derivative may be off (relatively) at these values, by what the rows document."""
    bound = 0.0
    for step in program.steps:
        if isinstance(step.how, Apply):
            arguments = [with_values(a, values) for a in step.how.arguments]
            first = [d for d in step.how.row.deviations if d.order == 1]
            with np.errstate(all="ignore"):
                met = [d.bound for d in first if np.any(d.at(numpy_library, *arguments))]
            bound = max([bound, *met])
    return bound


# Makers: one for each row that its columns alone do not draw


def _two(
    name: str,
    domains: tuple[Interval, Interval] = (ANYWHERE, ANYWHERE),
    reductions: Sequence[str] = ("mean", "sum", "none"),
) -> Maker:
    """A loss of two tensors of one shape."""

    def make(s: Sketch) -> str:
        x = s.any(1, 3, domains[0])
        y = s.tensor(x.shape, domains[1])
        options = [f'reduction="{s.random.choice(reductions)}"'] if s.maybe() else []
        if name in ("smooth_l1_loss", "huber_loss") and s.maybe():
            options.append(f"{'beta' if name == 'smooth_l1_loss' else 'delta'}=0.5")
        return f"{name}({', '.join([x.text, y.text, *options])})"

    return make


def _matmul(s: Sketch) -> str:
    a = s.any(1, 3)
    inner = a.shape[-1]
    ranks = s.random.choice(("vector", "matrix", "matrix", "batch"))
    if a.rank == 1 and s.maybe():
        b = s.tensor(lambda shape: len(shape) == 2 and shape[1] == inner)
        return f"{b.text} @ {a.text}"
    batch = a.shape[:-2] if a.rank == 3 and s.maybe(0.7) else (s.random.choice((1, 2)),)
    if a.rank == 3 and len(batch) == 1 and 1 not in (batch[0], a.shape[0]):
        batch = a.shape[:1]
    shape = {"vector": (inner,), "matrix": (inner, s.size()), "batch": (*batch, inner, s.size())}[ranks]
    b = s.tensor(lambda other: other == shape or (len(other) == 2 == len(shape) and other[0] == inner))
    return f"{a.text} @ {b.text}" if s.maybe(0.7) else f"matmul({a.text}, {b.text})"


def _mm(s: Sketch) -> str:
    a = s.any(2, 2)
    b = s.tensor(lambda shape: len(shape) == 2 and shape[0] == a.shape[1])
    return f"mm({a.text}, {b.text})"


def _mv(s: Sketch) -> str:
    a = s.any(2, 2)
    x = s.tensor(a.shape[1:])
    return f"{a.text}.mv({x.text})" if a.text[0] != "[" else f"mv({a.text}, {x.text})"


def _bmm(s: Sketch) -> str:
    a = s.any(3, 3)
    b = s.tensor(lambda shape: len(shape) == 3 and shape[0] == a.shape[0] and shape[1] == a.shape[2])
    return f"bmm({a.text}, {b.text})"


def _dot(s: Sketch) -> str:
    a = s.any(1, 1)
    return f"{s.random.choice(('dot', 'vdot'))}({a.text}, {s.tensor(a.shape).text})"


def _inner(s: Sketch) -> str:
    a = s.any(1, 2)
    b = s.tensor(lambda shape: 1 <= len(shape) <= 2 and shape[-1] == a.shape[-1])
    return f"inner({a.text}, {b.text})"


def _outer(s: Sketch) -> str:
    return f"{s.random.choice(('outer', 'ger'))}({s.any(1, 1).text}, {s.any(1, 1).text})"


EQUATIONS = (
    "i,i", "i,i->i", "i,j->ij", "i,j->ji", "ij->ji", "ij->i", "ij->", "ii", "ii->i", "ij,j", "ij,jk->ik", "ij,jk",
        "ij,ij", "ij,kj->ik",
    "ij,ik->jk", "bij,bjk->bik", "bij,jk->bik", "bij->bji", "bij->b", "bii->b", "i,j,k->ijk", "ij,j,jk->ik", "i,ij,j",
        "...i,...i->...",
    "...i->i...", "ij,...j->...i", "...ij,...jk->...ik",
)  # fmt: skip


def _einsum(s: Sketch) -> str | None:
    equation = s.random.choice(EQUATIONS)
    sizes: dict[str, int] = {}
    dots: Shape = s.random.choice(((), (2,))) if "..." in equation else ()
    operands = []
    for term in equation.split("->")[0].split(","):
        letters = term.replace("...", "")

        def fits(shape: Shape, term: str = term, letters: str = letters) -> bool:
            lead = len(shape) - len(letters)
            if lead != (len(dots) if "..." in term else 0):
                return False
            if "..." in term and (shape[:lead] if term.startswith("...") else shape[len(letters) :]) != dots:
                return False
            known = dict(sizes)
            return all(known.setdefault(c, k) == k for c, k in zip(letters, shape[lead:], strict=True))

        x = (
            s.tensor(fits)
            if any(fits(p.shape) for p in s.pieces)
            else s.new(
                (*dots, *(sizes.setdefault(c, s.size()) for c in letters))
                if "..." in term
                else tuple(sizes.setdefault(c, s.size()) for c in letters),
                ANYWHERE,
            )
        )
        sizes.update(zip(letters, x.shape[x.rank - len(letters) :], strict=True))
        operands.append(x)
    if any(p.text.lstrip("(").startswith("[") for p in operands):  # einsum takes tensors
        return None
    return f'einsum("{equation}", {", ".join(p.text for p in operands)})'


def _kron(s: Sketch) -> str:
    return f"kron({s.any(0, 2).text}, {s.any(0, 2).text})"


def _cross(s: Sketch) -> str | None:
    x = s.tensor(lambda shape: 3 in shape)
    dim = s.random.choice([a for a, k in enumerate(x.shape) if k == 3])
    y = s.tensor(x.shape)
    if x.text == y.text:  # 0 whatever x is, and everything behind it rounding
        return None
    return f"cross({x.text}, {y.text}, dim={dim})"


def _of_matrix(name: str, batched: bool = True, positive: bool = False, raw: bool = False, after: str = "") -> Maker:
    def make(s: Sketch) -> str:
        x = s.matrix(batched) if raw else s.regular(batched, positive)
        return f"{name}({x.text}){after}"

    return make


def _trace(s: Sketch) -> str:
    return f"trace({s.any(2, 2).text})"


def _solve(s: Sketch) -> str:
    a = s.regular()
    n = a.shape[-1]
    shapes = [(n,), (n, s.size())] if a.rank == 2 else [(a.shape[0], n, s.size()), (n, 2), (a.shape[0], n)]
    return f"solve({a.text}, {s.tensor(s.random.choice(shapes)).text})"


def _cholesky(s: Sketch) -> str:
    x = s.any(2, 3)
    if x.text[0] == "[":
        return f"cholesky(2*eye({x.shape[-1]}))*{s.any(0, 0).text}"
    return f"cholesky({x.text} @ {x.text}.mT + eye({x.shape[-2]}))"


def _matrix_power(s: Sketch) -> str:
    k = s.random.choice((0, 1, 2, 3, -1, -2))
    return f"matrix_power({(s.regular() if k < 0 else s.matrix()).text}, {k})"


# Moves


def _index(s: Sketch) -> str | None:
    x = s.any(1, 3)
    if x.text[0] == "[":
        return None
    items: list[str] = []
    lists = 0
    for n in x.shape:
        if s.maybe(0.15):
            items.append("None")
        kind = s.random.choice(("at", "slice", "slice", "slice", "whole", "list"))
        if kind == "at":
            items.append(str(s.random.randrange(-n, n)))
        elif kind == "slice":
            start = s.random.choice(("", "", str(s.random.randrange(-n, n))))
            stop = s.random.choice(("", "", str(s.random.randrange(-n, n + 1))))
            step = s.random.choice(("", "", "", f":{s.random.choice((1, 2, 3))}"))
            items.append(f"{start}:{stop}{step}")
        elif kind == "list" and not lists:
            lists += 1
            items.append(
                s.whole((s.random.randint(1, 4),), n)
                if s.maybe()
                else str([s.random.randrange(-n, n) for _ in range(s.random.randint(1, 3))])
            )
        else:
            items.append(":")
    if s.maybe(0.3):
        while items and items[-1] == ":":
            items.pop()
        items = items or ["..."]
    elif s.maybe(0.2) and items[0] == ":":
        items[0] = "..."
        items = [items[0], *(i for i in items[1:])]
        if len([i for i in items if i not in ("None", "...")]) != x.rank - 1:
            return None
    return f"{x.text}[{', '.join(items)}]"


def _method(write: Callable[[Sketch, Piece], str | None], least: int = 0, most: int = 3) -> Maker:
    """`x.something` of one tensor that is no literal."""

    def make(s: Sketch) -> str | None:
        x = s.any(least, most)
        return None if x.text[0] == "[" else write(s, x)

    return make


def _transpose(s: Sketch, x: Piece) -> str:
    return f"{x.text}.{s.random.choice(('transpose', 'swapaxes'))}({s.dim(x.rank)}, {s.dim(x.rank)})"


def _permute(s: Sketch, x: Piece) -> str:
    order = s.random.sample(range(x.rank), x.rank)
    return f"{x.text}.permute({', '.join(map(str, order))})"


def _sizes(s: Sketch, total: int) -> list[int]:
    sizes: list[int] = []
    while total > 1:
        divisors = [d for d in range(2, total + 1) if total % d == 0]
        sizes.append(s.random.choice(divisors))
        total //= sizes[-1]
    sizes = sizes if len(sizes) <= 3 else [prod(sizes[:-2]), *sizes[-2:]]
    if s.maybe(0.2):
        sizes.insert(s.random.randint(0, len(sizes)), 1)
    s.random.shuffle(sizes)
    return sizes


def _reshape(s: Sketch, x: Piece) -> str:
    sizes: list[Any] = _sizes(s, x.value.size) or [1]
    if s.maybe(0.4):
        sizes[s.random.randrange(len(sizes))] = -1
    name = s.random.choice(("reshape", "reshape", "view"))
    return f"{x.text}.{name}({', '.join(map(str, sizes))})"


def _flatten(s: Sketch, x: Piece) -> str:
    if x.rank < 2 or s.maybe():
        return f"{x.text}.{s.random.choice(('flatten', 'ravel'))}()"
    a = s.random.randrange(x.rank)
    return f"{x.text}.flatten({a}, {s.random.randrange(a, x.rank)})"


def _squeeze(s: Sketch, x: Piece) -> str:
    return f"{x.text}.squeeze({s.dim(x.rank)})" if x.rank and s.maybe() else f"{x.text}.squeeze()"


def _unsqueeze(s: Sketch, x: Piece) -> str:
    return f"{x.text}.unsqueeze({s.random.randrange(-x.rank - 1, x.rank + 1)})"


def _expand(s: Sketch, x: Piece) -> str:
    sizes = [s.random.choice((2, 3)) if n == 1 and s.maybe(0.8) else s.random.choice((-1, n)) for n in x.shape]
    lead = [s.size()] if x.rank < 3 and s.maybe(0.4) else []
    wanted = ", ".join(map(str, [*lead, *sizes] or [2]))
    return f"{x.text}.{s.random.choice(('expand', 'broadcast_to'))}(({wanted},))"


def _expand_as(s: Sketch, x: Piece) -> str:
    wanted = tuple(s.random.choice((2, 3)) if n == 1 else n for n in x.shape)
    return f"{x.text}.expand_as({s.tensor(((2,) if x.rank < 2 and s.maybe() else ()) + wanted).text})"


def _reshape_as(s: Sketch, x: Piece) -> str:
    sizes = ", ".join(map(str, _sizes(s, x.value.size)))
    return f"{x.text}.{s.random.choice(('reshape_as', 'view_as'))}(ones({sizes}))"


def _interleave(s: Sketch, x: Piece) -> str:
    dim = f", dim={s.dim(x.rank)}" if x.rank and s.maybe() else ""
    return f"{x.text}.repeat_interleave({s.random.choice((1, 2, 3))}{dim})"


def _repeat(s: Sketch, x: Piece) -> str:
    counts = [s.random.choice((1, 2, 3)) for _ in range(x.rank + (x.rank < 2 and s.maybe(0.3)))] or [2]
    return f"{x.text}.repeat({', '.join(map(str, counts))})"


def _cat(s: Sketch) -> str:
    x = s.any(1, 3)
    dim = s.random.randrange(x.rank)
    parts = [x]

    def joins(shape: Shape) -> bool:
        return len(shape) == x.rank and all(
            a == b for k, (a, b) in enumerate(zip(shape, x.shape, strict=True)) if k != dim
        )

    parts += [s.tensor(joins) for _ in range(s.random.choice((1, 1, 2)))]
    s.random.shuffle(parts)
    joined = ", ".join(p.text for p in parts)
    return f"{s.random.choice(('cat', 'concat'))}([{joined}], dim={s.random.choice((dim, dim - x.rank))})"


def _stack(s: Sketch) -> str:
    x = s.any(0, 2)
    parts = [x, *(s.tensor(x.shape) for _ in range(s.random.choice((0, 1, 1, 2))))]
    if s.maybe(0.4):
        return f"[{', '.join(p.text for p in parts)}]"
    return f"stack([{', '.join(p.text for p in parts)}], dim={s.random.randrange(-x.rank - 1, x.rank + 1)})"


def _flip(s: Sketch, x: Piece) -> str:
    over = s.random.sample(range(x.rank), s.random.randint(1, x.rank))
    return f"{x.text}.flip({', '.join(map(str, over))})"


def _roll(s: Sketch, x: Piece) -> str:
    shift = s.random.choice((1, 2, -1, 5))
    if s.maybe(0.2):
        return f"roll({x.text}, {shift})"
    if x.rank > 1 and s.maybe(0.2):
        return f"roll({x.text}, (1, -1), (0, 1))"
    return f"roll({x.text}, {shift}, {s.dim(x.rank)})"


def _diagonal(name: str, least: int, most: int) -> Maker:
    def write(s: Sketch, x: Piece) -> str:
        k = s.random.choice((0, 0, 1, -1))
        return f"{name}({x.text})" if k == 0 else f"{name}({x.text}, {k})"

    return _method(write, least, most)


# Layers and losses


def _cross_entropy(s: Sketch) -> str:
    x = s.any(1, 3)
    options = []
    if s.maybe(0.4):
        options.append(f'reduction="{s.random.choice(("mean", "sum", "none"))}"')
    if s.maybe(0.3):
        options.append("label_smoothing=0.1")
    classes = 0 if x.rank == 1 else 1
    if s.maybe(0.3):
        target = f"softmax({s.tensor(x.shape).text}, dim={classes})"
    else:
        target = s.whole(x.shape[:classes] + x.shape[classes + 1 :], x.shape[classes])
    return f"cross_entropy({', '.join([x.text, target, *options])})"


def _nll_loss(s: Sketch) -> str:
    x = s.any(1, 3)
    classes = 0 if x.rank == 1 else 1
    target = s.whole(x.shape[:classes] + x.shape[classes + 1 :], x.shape[classes])
    reduction = f', reduction="{s.random.choice(("sum", "none"))}"' if s.maybe(0.4) else ""
    return f"nll_loss(log_softmax({x.text}, dim={classes}), {target}{reduction})"


def _linear(s: Sketch) -> str:
    x = s.any(1, 3)
    w = s.tensor(lambda shape: len(shape) == 2 and shape[1] == x.shape[-1])
    bias = f", {s.tensor(w.shape[:1]).text}" if s.maybe() else ""
    return f"linear({x.text}, {w.text}{bias})"


def _layer_norm(s: Sketch) -> str:
    # over one entry it is 0/sqrt(eps), and PyTorch's 1e-14 for that 0 would be judged
    x = s.tensor(lambda shape: len(shape) >= 1 and shape[-1] > 1)
    if s.maybe(0.3):
        return f"layer_norm({x.text})"
    tail = x.shape[-s.random.randint(1, x.rank) :]
    rest = [s.tensor(tail).text for _ in range(s.random.choice((0, 1, 2)))]
    return f"layer_norm({', '.join([x.text, str(tail), *rest])})"


def _over(name: str) -> Maker:
    """A layer over some axes."""

    def make(s: Sketch) -> str:
        x = s.any(1, 3)
        over = tuple(s.random.sample(range(x.rank), s.random.randint(1, x.rank)))
        return f"{name}({x.text}, {over})" if s.maybe(0.7) else f"{name}({x.text})"

    return make


def _conv1d(s: Sketch) -> str | None:
    x = s.any(2, 3)
    channels, length = x.shape[-2:]
    w = s.tensor(lambda shape: len(shape) == 3 and shape[1] == channels and shape[2] <= max(length, 2))
    options = [f"{name}={k}" for name, k in (("stride", 2), ("padding", 1), ("dilation", 2)) if s.maybe(0.3)]
    padding, dilation = "padding=1" in options, 2 if "dilation=2" in options else 1
    if length + 2 * padding - dilation * (w.shape[2] - 1) < 1:
        return None
    bias = [s.tensor(w.shape[:1]).text] if s.maybe(0.3) else []
    return f"conv1d({', '.join([x.text, w.text, *bias, *options])})"


def _similarity(s: Sketch) -> str:
    x = s.any(1, 3)
    return f"cosine_similarity({x.text}, {s.tensor(x.shape).text}, dim={s.dim(x.rank)})"


def _normalize(s: Sketch) -> str:
    x = s.any(1, 3)
    p = s.random.choice(("", "", ", p=3", ", p=1"))
    return f"normalize({x.text}{p}, dim={s.dim(x.rank)})"


def _one_hot(s: Sketch) -> str:
    x = s.any(1, 2)
    n = s.random.choice((3, 4))
    return f"sum({x.text})*one_hot({s.whole((s.random.randint(1, 3),), n)}, {n})"


def _best(name: str) -> Maker:
    def make(s: Sketch) -> str | None:
        x = s.any(1, 1)
        return None if x.text[0] == "[" else f"{x.text}[{name}({s.tensor(x.shape).text}, dim=0)]"

    return make


def _where(s: Sketch) -> str:
    operands = [s.any(0, 3)]
    for _ in range(3):
        operands.append(s.beside(broadcast(*(p.shape for p in operands)), ANYWHERE))
    a, b, c, d = (p.text for p in operands)
    return f"where({a} {s.random.choice(('<', '>', '<=', '>='))} {b}, {c}, {d})"


def _prelu(s: Sketch) -> str:
    x = s.any(0, 3)
    return f"prelu({x.text}, {s.tensor(()).text})"


def _logic(name: str, sign: str | None) -> Maker:
    def make(s: Sketch) -> str:
        a, c = s.any(0, 2), s.random.choice(("0", "0.3"))
        b = s.beside(a.shape, ANYWHERE)
        left, right = f"({a.text} > {c})", f"({b.text} < {c})"
        mask = f"{left} {sign} {right}" if sign and s.maybe() else f"{name}({left}, {right})"
        return f"({mask})*{b.text}"

    return make


def _equal(name: str) -> Maker:
    def make(s: Sketch) -> str:
        a = s.any(0, 2)
        return f"{name}({a.text}, round({a.text}))*{a.text}"

    return make


def _source(write: Callable[[Sketch, int], str]) -> Maker:
    """A tensor made of numbers, times one that depends on inputs."""

    def make(s: Sketch) -> str:
        x = s.any(1, 3)
        return f"{x.text} * {write(s, x.shape[-1])}"

    return make


MAKERS: dict[str, Maker] = {
    # Entries
    "where": _where, "prelu": _prelu, "detach": lambda s: f"{s.any().text}*{s.any(0, 0).text}.detach()" if s.maybe()
        else f"detach({s.any().text})*{s.any(0, 0).text}",
    "logical_and": _logic("logical_and", "&"), "logical_or": _logic("logical_or", "|"),
        "logical_xor": _logic("logical_xor", None),
    "logical_not": lambda s: f"~({s.any().text} > 0.1)*{s.any(0, 0).text}", "eq": _equal("eq"), "ne": _equal("ne"),
    "isnan": lambda s: f"isnan({s.any().text})*{s.any(0, 0).text}",
        "isinf": lambda s: f"isinf({s.any().text})*{s.any(0, 0).text}",
    "isfinite": lambda s: f"isfinite({s.any().text})*{s.any(0, 0).text}",
    # Reductions
    "argmax": _best("argmax"), "argmin": _best("argmin"),
    # Linear algebra
    "matmul": _matmul, "mm": _mm, "mv": _mv, "bmm": _bmm, "dot": _dot, "inner": _inner, "outer": _outer,
        "einsum": _einsum,
    "kron": _kron, "cross": _cross, "trace": _trace, "det": _of_matrix("det", raw=True),
        "logdet": _of_matrix("logdet", positive=True),
    "slogdet": _of_matrix("slogdet", after="[1]"), "logabsdet": _of_matrix("logabsdet"),
        "sign_det": _of_matrix("sign_det"),
    "inv": _of_matrix("inv"), "solve": _solve, "cholesky": _cholesky, "matrix_power": _matrix_power,
    # Moves
    "index": _index, "T": _method(lambda s, x: f"{x.text}.T"), "t": _method(lambda s, x: f"{x.text}.t()", 0, 2),
    "mT": _method(lambda s, x: f"{x.text}.mT", 2, 3), "transpose": _method(_transpose, 1, 3),
        "permute": _method(_permute, 1, 3),
    "reshape": _method(_reshape), "flatten": _method(_flatten), "squeeze": _method(_squeeze),
        "unsqueeze": _method(_unsqueeze, 0, 2),
    "expand": _method(_expand, 0, 2), "expand_as": _method(_expand_as, 0, 2), "repeat": _method(_repeat, 0, 2),
    "reshape_as": _method(_reshape_as, 0, 2), "tile": _method(lambda s, x: f"{x.text}.tile({s.random.choice((1, 2))})"),
    "repeat_interleave": _method(_interleave, 0, 2), "diagonal": _diagonal("diagonal", 2, 3),
        "diag_embed": _diagonal("diag_embed", 1, 2),
    "cat": _cat, "stack": _stack, "flip": _method(_flip, 1, 3), "roll": _method(_roll, 1, 3),
        "diag": _diagonal("diag", 1, 2),
    "tril": _diagonal("tril", 2, 3), "triu": _diagonal("triu", 2, 3),
    # Neural
    "mse_loss": _two("mse_loss"), "l1_loss": _two("l1_loss"), "smooth_l1_loss": _two("smooth_l1_loss"),
        "huber_loss": _two("huber_loss"),
    "binary_cross_entropy": _two("binary_cross_entropy", ((0.05, 0.95), (0.05, 0.95))),
    "binary_cross_entropy_with_logits": _two("binary_cross_entropy_with_logits"),
        "soft_margin_loss": _two("soft_margin_loss"),
    "kl_div": _two("kl_div", (ANYWHERE, (0.05, 0.95)), ("mean", "sum", "none", "batchmean")),
    "cross_entropy": _cross_entropy, "nll_loss": _nll_loss, "linear": _linear, "layer_norm": _layer_norm,
    "standardize": _over("standardize"), "spread": _over("spread"), "conv1d": _conv1d, "cosine_similarity": _similarity,
    "normalize": _normalize, "one_hot": _one_hot,
    # Sources
    "eye": lambda s: f"{(x := s.matrix()).text} + eye({x.shape[-1]})",
    "ones": _source(lambda s, n: f"ones({n})"), "zeros": _source(lambda s, n: f"(1 - zeros({n}))"),
    "full": _source(lambda s, n: f"full(({n},), 0.5)"), "arange": _source(lambda s, n: f"arange({n})"),
    "linspace": _source(lambda s, n: f"linspace(-1, 1, {n})"),
        "ones_like": lambda s: f"{(x := s.any()).text} + ones_like({x.text})",
    "zeros_like": lambda s: f"{(x := s.any()).text} + zeros_like({x.text})",
    "full_like": lambda s: f"{(x := s.any()).text} + full_like({x.text}, 1/3)",
    "tensor": _source(lambda s, n: f"tensor({np.round(s.entries.uniform(-1, 1, n), 1).tolist()})"),
    "rand": _source(lambda s, n: f"rand({n})"), "randn": _source(lambda s, n: f"randn({n})"),
}  # fmt: skip


SHARES = {
    "elementwise": 4,
    "special": 1,
    "mask": 0.5,
    "reduction": 4,
    "linear": 3,
    "move": 4,
    "neural": 2,
    "source": 0.7,
}
"""How often a row of each crowd is drawn."""


def _crowd(row: Row) -> str:
    """Rows that are drawn from together."""
    if row.family == "elementwise":
        return (
            "mask"
            if not row.differentiable
            else "special"
            if row.domain != (ANYWHERE,) * len(row.domain)
            else "elementwise"
        )
    return {"loss": "neural", "layer": "neural", "random": "source"}.get(row.family, row.family)


DRAWABLE: tuple[str, ...] = tuple(
    row.name for row in ROWS if row.name in MAKERS or row.family in ("elementwise", "reduction")
)
SMOOTH: tuple[str, ...] = tuple(
    name
    for name in DRAWABLE
    if TABLE[name].differentiable
    and (not TABLE[name].kinks or name in ("sqrt", "pow", "asin", "acos", "acosh", "norm", "std"))
    and name not in ("where", "detach", "cholesky")
)
"""Rows with a derivative everywhere in their domain, and whose derivative is that of the value that they compute."""
