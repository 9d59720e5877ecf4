"""The question, as data. Every option of every command is declared here once; the command line, batch, the help and
the Python functions derive from these fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from gradcli.message import N_
from gradcli.shapes import LAYOUTS, MOST

if TYPE_CHECKING:
    import numpy as np

LANGUAGES = ("en", "zh", "ru")
"""The languages that an answer can be told in."""

TensorText: TypeAlias = "str | float | Sequence[Any] | np.ndarray[Any, Any]"
"""A tensor as a person gives it: text (`eye:5`), a number, nested lists, or a NumPy array."""

Kind = Literal["flag", "integer", "number", "word", "names", "tensor", "tensors"]
"""What an option's value is: on or off, a number, a text (of `choices`, where there are any), names separated by
commas, a tensor, or a tensor by the name of a variable."""


def option(
    default: Any,
    help: str,
    *,
    kind: Kind = "word",
    metavar: str | None = None,
    choices: tuple[str, ...] = (),
    least: float = -inf,
    most: float = inf,
) -> Any:
    """A field that the command line and batch offer as `--name`; a number lies between `least` and `most`."""
    metavar = metavar or "|".join(choices) or _METAVARS.get(kind, "TENSOR")
    metadata = {"help": help, "kind": kind, "metavar": metavar, "choices": choices, "least": least, "most": most}
    return field(default=default, metadata=metadata)


_METAVARS = {"integer": "N", "number": "NUMBER", "names": "NAMES", "word": "TEXT"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    `inputs` maps a variable's name to a tensor: text, nested lists or an array. `v` is the weighting vector in the same
    forms; text may also be `ones`, `onehot:I,J` or an expression over the inputs. `wrt` names the variables that are
    differentiated (None: every input that is not an index or a class target).
    """

    expression: str
    command: str = "vjp"
    inputs: Mapping[str, TensorText] = field(default_factory=dict)
    v: TensorText | None = option(None, N_("the weighting vector v, of the output's shape"), kind="tensor")
    wrt: tuple[str, ...] | None = option(
        None, N_("variables to differentiate, as x,w (default: all inputs)"), kind="names"
    )
    strict: bool = option(
        False, N_("refuse to guess v = ones for an output that is not a scalar, as PyTorch does"), kind="flag"
    )
    entries: bool = option(False, N_("write out every entry of the Jacobian, however many"), kind="flag")
    symbolic_only: bool = option(False, N_("formulas and their values only; PyTorch is not loaded"), kind="flag")
    numeric_only: bool = option(
        False, N_("PyTorch's numbers only; no formula is derived and nothing is compared"), kind="flag"
    )
    device: str = option("cpu", N_("where PyTorch computes"), choices=("cpu", "cuda"))
    max_elements: int = option(MOST, N_("elements that a tensor may have at most"), least=1, kind="integer")
    dtype: str = option("float64", N_("the numbers' type"), choices=("float64", "float32"))
    seed: int = option(0, N_("the seed of rand and randn"), least=0, kind="integer")
    time_limit: float = option(
        20.0,
        N_("seconds for the symbolic work; past it only numbers are given"),
        metavar="SECONDS",
        least=0,
        kind="number",
    )
    t: Mapping[str, TensorText] | TensorText | None = option(
        None,
        N_("the tangent t: a direction of the inputs, as x=TENSOR (repeatable), or a tensor where one variable moves"),
        metavar="[NAME=]TENSOR",
        kind="tensors",
    )
    layout: str | None = option(
        None,
        N_("whose axes come first in a Jacobian: the output's (numerator, the default) or the input's (denominator)"),
        choices=LAYOUTS,
    )
    flat: bool = option(False, N_("print the flattened Jacobian, a matrix"), kind="flag")
    plot: bool = option(
        False, N_("draw the flattened Jacobian: its heat map, and where it can be non-zero"), kind="flag"
    )
    order: int | None = option(None, N_("all partial derivatives of that order"), least=1, most=12, kind="integer")
    calls: int = option(1, N_("how many times .backward() is called"), least=1, most=1000, kind="integer")
    retain_graph: bool = option(False, N_("call .backward(retain_graph=True)"), kind="flag")
    zero_grad: bool = option(False, N_("set .grad to zero before each call"), kind="flag")
    answer: TensorText | None = option(
        None,
        N_("the answer to be checked: a formula over the inputs and v, or a tensor"),
        metavar="ANSWER",
        kind="tensor",
    )
    of: str = option("vjp", N_("what the answer is said to be"), choices=("vjp", "grad", "jacobian", "hessian", "jvp"))
    rtol: float | None = option(
        None, N_("how far a right answer may be off, relative to the entry"), least=0, kind="number"
    )
    atol: float | None = option(None, N_("how far a right answer may be off, in all"), least=0, kind="number")
    to: str | None = option(
        None, N_("what is written: torch, jax or numpy by code; dot, mermaid or svg by graph"), metavar="FORMAT"
    )


@dataclass(frozen=True, slots=True)
class Display:
    """How the answer is shown; nothing here changes a number."""

    format: str = option("text", N_("how to write the answer"), choices=("text", "json", "latex", "markdown", "html"))
    quiet: bool = option(False, N_("only the gradient, pasteable as a tensor"), kind="flag")
    full: bool = option(False, N_("print every value, however many"), kind="flag")
    precision: int = option(6, N_("significant digits of printed values"), least=1, most=17, kind="integer")
    output: str | None = option(None, N_("write the answer to a file; its suffix sets the format"), metavar="FILE")
    lang: str | None = option(
        None, N_("the language to answer in (default: the locale's; in JSON and in Python English)"), choices=LANGUAGES
    )
    color: bool = option(True, N_("no colour, not even on a terminal"), kind="flag")


@dataclass(frozen=True)
class Batch:
    """How `batch` reads its records."""

    jobs: int = option(1, N_("how many processes answer"), least=1, most=1024, kind="integer")
    timeout: float | None = option(
        None,
        N_("seconds for one record; past it the record fails and the rest goes on"),
        metavar="SECONDS",
        least=0,
        kind="number",
    )
    allow_files: bool = option(False, N_("let records read files in the working directory and below"), kind="flag")
