"""Calls of every function of the operations table as text, drawn from its parameters and from PyTorch's own signatures,
and what gradcli and PyTorch make of the same text. `python -m tests.torch_calls [NAME...]` tries all of them.

The text is made here, so that PyTorch may evaluate it: `x.sum(dim=-1)` is Python."""

from __future__ import annotations

import inspect
import random
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import Any

import numpy as np
import torch

from gradcli.message import GradcliError
from gradcli.numeric.autograd import forward
from gradcli.ops import ROWS, SPELLED
from gradcli.ops.row import REQUIRED, Param, Row
from gradcli.program import trace, values_of
from gradcli.program.arguments import OTHER_NAMES
from gradcli.report import Array
from gradcli.shapes import Shape
from gradcli.symbolic import derived
from gradcli.syntax import parse
from tests.programs import OPTIONS

MODULES: dict[str, Any] = {
    "torch": torch,
    "F": torch.nn.functional,
    "torch.linalg": torch.linalg,
    "torch.special": torch.special,
}
SPACE = {"torch": torch, "F": torch.nn.functional, "inf": float("inf")}
NO_MATHEMATICS = (
    "out",
    "dtype",
    "layout",
    "device",
    "pin_memory",
    "memory_format",
    "generator",
    "names",
    "inplace",
    "size_average",
    "reduce",
    "_stacklevel",
    "self",
)
LETTERS = ("x", "y", "w", "b")
NOT_DRAWN = ("index", "einsum", "tensor", "arange", "linspace", "eye", "ones", "zeros", "full")
ONE: tuple[tuple[Shape, ...], ...] = (
    ((),),
    ((1,),),
    ((3,),),
    ((0,),),
    ((2, 3),),
    ((3, 3),),
    ((3, 2),),
    ((2, 3, 3),),
    ((2, 1, 3),),
    ((0, 3),),
    ((1, 1),),
)
TWO: tuple[tuple[Shape, ...], ...] = (
    ((), ()),
    ((3,), ()),
    ((), (3,)),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 3), (2, 3)),
    ((2, 3), (3, 2)),
    ((3, 3), (3,)),
    ((3, 3), (3, 3)),
    ((2, 3, 3), (3, 3)),
    ((2, 3, 3), (2, 3, 3)),
    ((2, 3, 3), (2, 3)),
    ((1,), (3,)),
    ((3,), (1,)),
    ((1,), ()),
    ((0,), (0,)),
    ((3,), (2,)),
    ((2, 3), (6,)),
    ((6,), (2, 3)),
    ((3, 2), (3, 2)),
    ((2, 3, 2), (2, 2)),
    ((2, 3), (2,)),
    ((1, 3), (2, 3)),
    ((3, 3, 2), (3, 3, 2)),
    ((2, 3), (0,)),
    ((2, 0), (0, 3)),
)
THREE: tuple[tuple[Shape, ...], ...] = (
    *(s * 3 for s in (((),), ((3,),), ((2, 3),))),
    ((2, 3), (3,), ()),
    ((3,), (), (3,)),
    ((2, 3), (4, 3), (4,)),
    ((1, 2, 5), (3, 2, 2), (3,)),
    ((2, 3), (3,), (3,)),
    ((2, 3), (4, 3), ()),
    ((3,), (4, 3), (4,)),
)


@dataclass(frozen=True)
class Call:
    """A text with the shapes of its tensors; `theirs` is what PyTorch evaluates (None: it has no such name)."""

    name: str
    text: str
    theirs: str | None
    shapes: tuple[Shape, ...]

    def __str__(self) -> str:
        return f"{self.text}  at {', '.join('x'.join(map(str, s)) or 'scalar' for s in self.shapes)}"


# What may be written


def homes(name: str) -> list[str]:
    """Where PyTorch has a function of this name."""
    return [module for module, found in MODULES.items() if callable(getattr(found, name, None))]


def spellings(name: str) -> Iterator[tuple[str, str | None]]:
    """(the function as gradcli reads it, the function that PyTorch has under it or under the name alone)"""
    found = homes(name)
    first = f"{found[0]}.{name}" if found else None
    yield name, first
    for module in found:
        yield f"{module}.{name}", f"{module}.{name}"


@cache
def keywords(name: str) -> dict[str, str]:
    """The keywords that PyTorch's function of this name takes, with a word for their kind."""
    found: dict[str, str] = {}
    for other in (name, f"special_{name}", f"linalg_{name}"):
        for schema in torch._C._jit_get_schemas_for_operator(f"aten::{other}"):
            for argument in schema.arguments[1:]:
                found.setdefault(argument.name, str(argument.type))
    function = getattr(torch.nn.functional, name, None)
    if inspect.isfunction(function):
        for parameter in list(inspect.signature(function).parameters.values())[1:]:
            found.setdefault(parameter.name, str(parameter.annotation))
    return {k: v for k, v in found.items() if k not in NO_MATHEMATICS}


def values(param: Param, row: Row) -> list[str]:
    """What is worth giving for an option."""
    listed = [options[param.name] for options in OPTIONS.get(row.name, ()) if param.name in options]
    match param.kind:
        case "dim":
            return ["0", "1", "-1", "-2", "2", "3", "-4"]
        case "dims":
            return ["0", "-1", "1", "2", "(0, 1)", "(-1, 0)", "(1,)", "()", "None", "(0, 0)", "[0, 1]"]
        case "sizes":
            return [
                "0",
                "1",
                "2",
                "(2, 3)",
                "(1, 3)",
                "(-1, 3)",
                "(3,)",
                "(6,)",
                "(-1,)",
                "(1, 0)",
                "(0, 1)",
                "(0, 2, 1)",
                "(0, 1, 2)",
                "(3, -1)",
                "()",
                "(2, 2, 3)",
            ]
        case "flag":
            return ["True", "False", "1"]
        case "integer":
            return ["0", "1", "-1", "2", "True", *listed]
        case "number":
            return ["0", "1", "2", "0.5", "-1", "inf", *listed]
        case "text":
            return ['"mean"', '"sum"', '"none"', '"batchmean"', '"tanh"', '"x"', *listed]
    return []


def by_type(kind: str) -> list[str]:
    """What is worth giving for a keyword of PyTorch's."""
    if "bool" in kind:
        return ["True", "False"]
    if "List[int]" in kind or "int[]" in kind or "SymInt" in kind:
        return ["0", "(0, 1)", "(0,)"]
    if "int" in kind:
        return ["0", "1", "-1", "2"]
    if "float" in kind or "number" in kind or "Scalar" in kind:
        return ["0", "1", "2", "0.5", "inf", "-inf"]
    if "str" in kind:
        return ['"mean"', '"sum"', '"none"', '"fro"', '"nuc"', '"trunc"', '"floor"', '"tanh"']
    return []


def arguments(row: Row, name: str) -> Iterator[list[str]]:
    """Argument lists, one option varied at a time; dim with keepdim; tensors are letters."""
    letters = iter(LETTERS)
    plain: list[str] = []
    options: list[Param] = []
    for param in row.takes:
        if param.kind in ("tensor", "index", "target"):
            plain += [next(letters)] if param.default is REQUIRED else []
        elif param.kind == "tensors":
            plain.append("[x, y]")
        elif param.default is REQUIRED:
            plain.append(values(param, row)[0])
            options.append(param)
        else:
            options.append(param)
    yield plain
    needed = [p for p in row.takes if p.default is REQUIRED]
    for param in options:
        for value in values(param, row):
            if param.default is REQUIRED:
                yield [value if p is param else a for p, a in zip(needed, plain, strict=True)]
                if param is needed[-1]:
                    yield [*plain[:-1], f"{param.name}={value}"]
            else:
                yield [*plain, f"{param.name}={value}"]
                if param is next(p for p in row.takes if p not in needed):
                    yield [*plain, value]
    spare = [p for p in options if p.default is not REQUIRED]
    for one, two in pairwise(spare):
        for a, b in product(values(one, row)[:9], values(two, row)[:4]):
            yield [*plain, a, b]
            yield [*plain, f"{one.name}={a}", f"{two.name}={b}"]
    if len(spare) > 2:
        for chosen in product(*(values(p, row)[:3] for p in spare)):
            yield [*plain, *chosen]
    for param in options:
        if param.kind in ("sizes", "dims"):
            head = [a for p, a in zip(needed, plain, strict=True) if p is not param]
            for several in ("2, 3", "1, 0", "0, 1", "-1, 3", "1, 2, 3", "0, 2, 1", "1, 1"):
                yield [*head, several]
    for keyword, kind in keywords(name).items():
        if keyword not in {p.name for p in row.takes}:
            for value in by_type(kind):
                yield [*plain, f"{keyword}={value}"]
                if needed and needed[-1].kind not in ("tensor", "tensors", "index", "target"):
                    yield [*plain[:-1], f"{keyword}={value}"]
            if "Tensor" in kind and len(plain) < 4 and keyword not in ("other", "exponent"):
                yield [*plain[:-1], f"{keyword}={plain[-1]}"] if len(plain) > 1 else [*plain, f"{keyword}=y"]
    for theirs, ours in OTHER_NAMES.items():
        for param in options:
            if param.name == ours:
                for value in values(param, row)[:6]:
                    yield [*(plain[:-1] if param.default is REQUIRED else plain), f"{theirs}={value}"]


def calls(name: str) -> Iterator[Call]:
    """Every call of one name, in every spelling, on every shape that is worth trying."""
    row = SPELLED[name]
    if row.name in NOT_DRAWN or row.family == "random":
        return
    seen = set()
    for given in arguments(row, name):
        used = [one for one in LETTERS if re.search(rf"\b{one}\b", " ".join(given))]
        shapes = {0: (), 1: ONE, 2: TWO, 3: THREE}.get(len(used), THREE)
        forms = [
            (f"{ours}({', '.join(given)})", f"{theirs}({', '.join(given)})" if theirs else None)
            for ours, theirs in spellings(name)
        ]
        if given[0] == "x" and row.method:
            method = f"x.{name}({', '.join(given[1:])})"
            attribute = hasattr(torch.Tensor, name) and not callable(getattr(torch.Tensor, name))
            forms.append((method, method if hasattr(torch.Tensor, name) and not attribute else None))
        for (ours, theirs), chosen in product(forms, shapes):
            if (ours, chosen) not in seen:
                seen.add((ours, chosen))
                yield Call(name, ours, theirs, chosen)


# What the two make of it


def point(call: Call, seed: int = 0) -> dict[str, Array]:
    """Inputs inside the domain of the row; whole numbers where classes or places are wanted."""
    row = SPELLED[call.name]
    used = [one for one in LETTERS if re.search(rf"\b{one}\b", call.text)]
    rng = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    domains = list(row.domain) * len(used)
    kinds = [p.kind for p in row.tensors] + ["tensor"] * len(used)
    for place, (letter, shape) in enumerate(zip(used, call.shapes, strict=False)):
        low, high = domains[place]
        values = rng.uniform(low + 0.01 * (high - low), high - 0.01 * (high - low), shape)
        whole = kinds[place] == "index" or (kinds[place] == "target" and len(shape) < len(call.shapes[0]))
        found[letter] = np.floor(rng.uniform(0, 2, shape)) if whole else values
    x = found.get("x", np.zeros(()))
    if row.name in ("cholesky", "logdet") and x.ndim > 1 and x.shape[-1] == x.shape[-2]:
        found["x"] = x @ np.swapaxes(x, -1, -2) + np.eye(x.shape[-1])
    return found


def by_pytorch(call: Call, at: dict[str, Array]) -> tuple[Array, dict[str, Array]]:
    """PyTorch's own value and, for weights drawn at random, its gradients."""
    row = SPELLED[call.name]
    kinds = dict(zip(LETTERS, [p.kind for p in row.tensors], strict=False))
    tensors = {}
    for letter, value in at.items():
        kind = kinds.get(letter, "tensor")
        whole = kind == "index" or (kind == "target" and value.ndim < at["x"].ndim)
        tensors[letter] = torch.tensor(value).long() if whole else torch.tensor(value, requires_grad=True)
    assert call.theirs is not None
    result = eval(call.theirs, {**SPACE, **tensors})  # noqa: S307  # the text is made here
    if isinstance(result, tuple):
        result = torch.stack(tuple(result)) if row.name == "slogdet" else result[0]
    result = torch.as_tensor(result)
    if not result.is_floating_point():
        result = result.to(torch.float64)
    leaves = {k: t for k, t in tensors.items() if t.requires_grad}
    grads = dict.fromkeys(leaves, None)
    if result.requires_grad:
        v = torch.tensor(weights(tuple(result.shape)))
        found = torch.autograd.grad(result, list(leaves.values()), v, allow_unused=True)
        grads = dict(zip(leaves, found, strict=True))
    return result.detach().numpy(force=True), {
        k: np.zeros(at[k].shape) if g is None else g.numpy(force=True) for k, g in grads.items()
    }


def weights(shape: Shape) -> Array:
    return np.random.default_rng(5).uniform(0.5, 1.5, shape)


def by_gradcli(call: Call, at: dict[str, Array], symbolic: bool) -> tuple[Array, dict[str, Array]]:
    """gradcli's value by NumPy, and its gradients: the formula's, or those of the row's PyTorch column.

    Raises GradcliError where it refuses."""
    program = trace(parse(call.text, tuple(at)), {k: a.shape for k, a in at.items()})
    with np.errstate(all="ignore"):
        value = values_of(program, at)[program.output.step]
    wrt = [k for k in at if k not in program.whole_numbers]
    v = weights(program.output_shape)
    if symbolic:
        return value, {form.name: np.asarray(form.contracted(at, v)) for form in derived(program, tuple(wrt), "v")}
    steps = forward(program, wrt, at, "float64")
    out = steps[program.output.step]
    grads: dict[str, Any] = dict.fromkeys(wrt)
    if out.requires_grad:
        inputs = [steps[program.inputs[k].step] for k in wrt]
        grads = dict(zip(wrt, torch.autograd.grad(out, inputs, torch.tensor(v), allow_unused=True), strict=True))
    return value, {k: np.zeros(at[k].shape) if g is None else g.numpy() for k, g in grads.items()}


def difference(call: Call, symbolic: bool = False) -> str | None:
    """What is wrong with gradcli's reading of the call; None where it is PyTorch's, or where it is refused."""
    at = point(call)
    try:
        ours = by_gradcli(call, at, symbolic)
    except GradcliError:
        return None
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        return f"gradcli fails: {type(error).__name__}: {str(error)[:80]}"
    if call.theirs is None:
        return "PyTorch has no such name"
    try:
        theirs = by_pytorch(call, at)
    except TypeError:
        return None  # a narrower signature: gradcli takes every parameter by its place and by its name
    except Exception as error:
        return f"PyTorch refuses: {str(error).splitlines()[0][:90]}"
    wrong = _apart("the value", ours[0], theirs[0])
    if wrong is not None or not np.isfinite(theirs[0]).all():  # where y is infinite, no derivative is to be compared
        return wrong
    return next(
        (found for k in ours[1] if k in theirs[1] and (found := _apart(f"{k}.grad", ours[1][k], theirs[1][k]))), None
    )


def _apart(what: str, ours: Array, theirs: Array) -> str | None:
    if ours.shape != theirs.shape:
        return f"{what} has the shape {ours.shape}, PyTorch's {theirs.shape}"
    if not np.allclose(ours, theirs, rtol=1e-7, atol=1e-9, equal_nan=True):
        return f"{what} is {_short(ours)}, PyTorch's {_short(theirs)}"
    return None


def _short(value: Array) -> str:
    return " ".join(np.array2string(value, precision=3).split())


def main(names: list[str]) -> None:
    """Every call of the names (default: all)."""
    torch.set_default_dtype(torch.float64)
    warnings.simplefilter("ignore")
    counts: Counter[str] = Counter()
    for name in names or [n for row in ROWS for n in (row.name, *row.aliases)]:
        shown: Counter[str] = Counter()
        drawn = list(calls(name))
        random.Random(1).shuffle(drawn)
        for call in drawn[:700]:
            counts["calls"] += 1
            try:
                found = difference(call)
            except Exception as error:
                found = f"DEFECT {type(error).__name__}: {error}"
            if found:
                kind = re.sub(r"[\d\s\[\].,()e+-]+", " ", found)[:60]
                counts[kind[:30]] += 1
                shown[kind] += 1
                if shown[kind] <= 2:
                    print(f"{call}   {found}")
    print(counts)


if __name__ == "__main__":
    main(sys.argv[1:])
