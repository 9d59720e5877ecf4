"""What one operation is: a row of the table, its columns and its parameters; and what rows of one kind share, so that
a row says only what is particular. Imports no library but NumPy's names.

Every column that computes is a function whose first argument is the library it works with, so that reading the table
imports nothing: `torch(t, ...)` gets the module `torch`, `numpy(n, ...)` gets NumPy with SciPy's special functions
(`Numpy`), `sympy(sp, ...)` gets the module `sympy`, `scalar(s, ...)` and `derivative(s, ...)` get the words for
entries (words.ScalarWords) and `symbolic(s, ...)` those for whole tensors (words.Words).
The other arguments are the operation's parameters in the order of `takes`, all of them, always. That is why a column's
type says only what it returns: each row takes other parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from operator import attrgetter
from typing import Any, Literal, Protocol

import numpy

from gradcli.message import GradcliError
from gradcli.ops.words import Place, Scalar, ScalarWords, Words
from gradcli.report import Array
from gradcli.shapes import Shape, axes, broadcast

Torch = Any
"""The module torch. Only the numeric room imports it, and a Protocol of it would say half of its names again."""
TorchTensor = Any


class Functions(Protocol):
    """A library's functions of arrays, by their names."""

    def __getattr__(self, name: str) -> Callable[..., Array]: ...


class Numpy:
    """`n` in a row: NumPy's own names (`n.exp`, `n.where`) and SciPy's `n.special.erf`. Arrays are float64 (float32
    where --dtype says so), of any shape; booleans where NumPy answers in them.

    A column gets this, or a recorder that writes down what is called: it takes functions from `n` alone.
    """

    pi: float
    inf: float
    nan: float
    special: Functions
    linalg: Any  # pairs of arrays and an exception are among its names
    lib: Any

    def __getattr__(self, name: str) -> Callable[..., Array]:
        if name == "special":
            import scipy.special  # 30 ms that most questions do not need

            value: Any = scipy.special
        else:
            value = getattr(numpy, name)
        setattr(self, name, value)
        return value  # type: ignore[no-any-return]

    @staticmethod
    def mean(x: Array, **over: Any) -> Array:
        """As PyTorch: nan where there is no entry, without the warning that NumPy prints."""
        total = numpy.sum(x, **over)
        mean: Array = total / total.dtype.type(x.size // max(total.size, 1))
        return mean

    def var(self, x: Array, **over: Any) -> Array:
        """The mean square of what is left of x without its mean."""
        return self.mean((x - self.mean(x, **{**over, "keepdims": True})) ** 2, **over)


n = Numpy()


Kind = Literal[
    "tensor", "tensors", "index", "target", "dim", "dims", "sizes", "flag", "number", "integer", "text", "items"
]
Axes = int | tuple[int, ...] | None
"""What a `dim` or a `dims` parameter receives; None is all axes."""
Number = Fraction | float
"""What a `number` parameter receives."""

ShapeColumn = Callable[..., Shape]
TorchColumn = Callable[..., TorchTensor]
NumpyColumn = Callable[..., Array]
MaskColumn = Callable[..., Array | bool]
SympyColumn = Callable[..., Any]  # SymPy's expressions have no types
ScalarColumn = Callable[..., Any]  # a words.Operand: an expression of the symbolic room
SymbolicColumn = Callable[..., Any]  # a words.Tensor: the symbolic room's own, of which it knows more
WorkColumn = Callable[..., int]


def call(path: str) -> Callable[..., Any]:
    """The column that calls the library's function of this name with every argument: call("nn.functional.elu")."""
    function = attrgetter(path)
    return lambda library, *arguments: function(library)(*arguments)


def method(name: str) -> Callable[..., Any]:
    """The column that calls the first tensor's method of this name."""
    return lambda library, x, *arguments: getattr(x, name)(*arguments)


class Missing(Enum):
    """The default of a parameter that has none."""

    REQUIRED = "required"


REQUIRED = Missing.REQUIRED


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. What a column receives for it depends on `kind`:

    tensor    the library's own array (a Shape in the `shape` column); a number is taken as a 0-d tensor
    tensors   a tuple of those (`cat`, `stack`, `einsum`)
    index     a tensor of whole numbers (class targets, `gather`); target: one where its shape says that it is
    dim       an int; dims: an int, a tuple of ints or None; sizes: a tuple of ints
    items     what stands in `x[...]`, see gradcli.program.index
    flag      a bool; number: a Fraction (float in the torch and numpy columns), nan only with `nan`; integer: an int;
              text: a str, one of `choices` where there are any

    None is received only where it is the default. `by_name`: it is given by name only, for in PyTorch another
    parameter has its place. `follows`: the symbolic column takes what follows from sizes (`x.shape[0]`) as an
    expression in them; else it gets the number that it is now, and the formula holds for that size. Numbers of
    elementwise rows always follow.
    """

    name: str
    kind: Kind = "tensor"
    default: Any = REQUIRED
    choices: tuple[str, ...] = ()
    nan: bool = False
    by_name: bool = False
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Kink:
    """Where an operation, or its slope, has no derivative and PyTorch picks one: a mask over the result's shape, and
    the choice.

    `at(n, *arguments)` gets the same arguments as the numpy column; `says` completes "at ...: " for a person.
    """

    at: MaskColumn
    says: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """A documented region where PyTorch's own derivative is off by up to `bound` (relative to the true one), from this
    order on."""

    at: MaskColumn
    bound: float
    says: str
    order: int = 1


def at_zero(n: Numpy, x: Array, *options: Any) -> Any:
    """Where a kink is at 0."""
    return x == 0


def cancelling(
    partly: MaskColumn, wholly: MaskColumn, bound: float, says: str, order: int = 1
) -> tuple[Deviation, Deviation]:
    """Where digits of PyTorch's derivative cancel, up to `bound`, and where none of them is left."""
    return (
        Deviation(lambda n, *a: n.logical_and(partly(n, *a), n.logical_not(wholly(n, *a))), bound, says, order),
        Deviation(wholly, 1.0, says, order),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One operation.

    `torch` and `numpy` are the library's function of the row's name unless the row says otherwise.

    One of these gives its meaning: `scalar` (an elementwise formula in simpler functions), `sympy` (an elementwise
    function of its own, in the words that SymPy has for it: SymPy finds its partials; where it is in pieces, a kink
    belongs to the piece whose slope PyTorch takes there), or `symbolic` (sums, index maps, primitives). `derivative`
    holds partials that are not SymPy's, because PyTorch's are a choice of its own or another form loses no digits: one
    for each tensor, in terms of the arguments and the result, called as partial(s, *arguments, y); None is SymPy's.
    Beside them `sympy` says what they are checked against, if SymPy has it. `domain` holds one open interval a tensor,
    from which tests sample. `latex` has one `{}` for each tensor.
    `work` gets what `shape` gets: what the numeric columns cost, counted in entries that are gone through, where that
    is more than the entries that go in and come out.
    """

    name: str
    family: str
    doc: str
    example: str
    takes: tuple[Param, ...]
    shape: ShapeColumn
    torch: TorchColumn = None  # type: ignore[assignment]
    numpy: NumpyColumn = None  # type: ignore[assignment]
    scalar: ScalarColumn | None = None
    sympy: SympyColumn | None = None
    derivative: tuple[ScalarColumn | None, ...] | None = None
    symbolic: SymbolicColumn | None = None
    aliases: tuple[str, ...] = ()
    latex: str | None = None
    domain: tuple[tuple[float, float], ...] = ((-2.0, 2.0),)
    kinks: tuple[Kink, ...] = ()
    slope_kinks: tuple[Kink, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    work: WorkColumn | None = None
    method: bool = True
    differentiable: bool = True

    def __post_init__(self) -> None:
        for column in ("torch", "numpy"):
            if getattr(self, column) is None:
                object.__setattr__(self, column, call(self.name))

    @property
    def tensors(self) -> tuple[Param, ...]:
        """The parameters that hold tensors."""
        return tuple(p for p in self.takes if p.kind in ("tensor", "tensors", "index", "target"))

    @property
    def tensor_places(self) -> tuple[int, ...]:
        """Where among `takes` the tensors stand (polygamma's order comes before its tensor)."""
        return tuple(k for k, p in enumerate(self.takes) if p in self.tensors)


Interval = tuple[float, float]

X = Param("x")
AXIS = Param("dim", "dim", None)
DIMS = Param("dim", "dims", None)
KEEPDIM = Param("keepdim", "flag", False)


def elementwise(
    name: str,
    doc: str,
    *,
    example: str | None = None,
    derivative: ScalarColumn | tuple[ScalarColumn | None, ...] | None = None,
    tensors: str = "x",
    options: tuple[Param, ...] = (),
    domain: Interval | Sequence[Interval] = (-2.0, 2.0),
    check: Callable[..., GradcliError | None] | None = None,
    **rest: Any,
) -> Row:
    """A function of entries. `tensors` names its tensor parameters ("x", or "input other"), which broadcast; options
    follow them. Its example is the call of x, or of x and y. One `domain` serves all tensors, or one each. `check` gets
    what `shape` gets and returns the error of options that PyTorch would refuse (by a `fault`), or None."""
    names = tensors.split()

    def shape(*arguments: Any) -> Shape:
        if check is not None and (error := check(*arguments)) is not None:
            raise error
        return broadcast(*arguments[: len(names)])

    return Row(
        name,
        "elementwise",
        doc,
        example or f"{name}({', '.join('xy'[: len(names)])})",
        takes=(*map(Param, names), *options),
        shape=shape,
        derivative=(derivative,) if callable(derivative) else derivative,
        domain=(domain,) * len(names) if isinstance(domain[0], (int, float)) else tuple(domain),  # type: ignore[arg-type]
        **rest,
    )


def flat(s: ScalarWords, *arguments: Any) -> int:
    """The partial of a function in steps."""
    return 0


def mask(name: str, doc: str, **rest: Any) -> Row:
    """A comparison or a logical operation: 0 or 1 for each entry, with derivative zero everywhere."""
    function = call(name)
    return elementwise(
        name,
        doc,
        differentiable=False,
        torch=lambda t, *arguments: function(t, *arguments).to(arguments[0].dtype),
        **{"numpy": lambda n, *arguments: 1.0 * function(n, *arguments), **rest},
    )


def own_shape(x: Shape, dims: Axes) -> Shape:
    """x's own shape, once dims are known to be its axes."""
    axes(dims, len(x))
    return x


def deltas(s: Words, pairs: Iterable[tuple[Place, Place]]) -> Scalar:
    """1 where the two places of every pair are the same, else 0."""
    product = s.scalar.number(1)
    for a, b in pairs:
        product = product * s.delta(a, b)
    return product
