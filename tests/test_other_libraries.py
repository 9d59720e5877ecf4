"""A function of another library has that library's meaning under its own name, or is refused: the same text is
evaluated by NumPy, SciPy and Python's math, for every name of the list of meanings; what is not on it is refused."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.special

from gradcli.message import GradcliError
from gradcli.ops import SPELLED
from gradcli.ops.modules import (
    DIFFERENT,
    ENTRIES,
    LINALG,
    MATH,
    MODULES,
    NAMED,
    NUMPY,
    NUMPY_LINALG,
    SCIPY,
    TORCH,
    TORCH_ITSELF,
    Meaning,
    meanings,
)
from gradcli.ops.row import Param, Row
from gradcli.program import trace, values_of
from gradcli.report import Array
from gradcli.shapes import Shape
from gradcli.syntax import parse

PREFIX = {NUMPY: "np", NUMPY_LINALG: "np.linalg", SCIPY: "scipy.special", MATH: "math"}
HOME: dict[str, Any] = {NUMPY: np, NUMPY_LINALG: np.linalg, SCIPY: scipy.special, MATH: math}
SPACE = {"np": np, "scipy": scipy, "math": math, "inf": math.inf}
SHAPES: tuple[Shape, ...] = ((), (3,), (1,), (2, 3), (3, 3), (2, 3, 3), (2, 1, 3))
VALUES = {
    "dim": ("0", "-1", "1", "None"), "dims": ("0", "-1", "(0, 1)", "None", "()"), "flag": ("True", "False"),
    "sizes": ("2", "(2, 3)", "(3, 2)", "(-1,)", "0", "(1, 0)", "None"), "integer": ("0", "1", "2"),
    "number": ("0", "1", "2", "0.5", "None"), "text": ("True", "False"), "tensor": ("x", "1.5"), "tensors": ("[x, y]",),
}  # fmt: skip
NAMES = [
    (library, name)
    for library in PREFIX
    for name in (*NAMED.get(library, {}), *(w.partition(":")[0] for w in ENTRIES.get(library, "").split()))
    if name not in ("rand", "randn")
]


def written(library: str, name: str) -> Iterator[tuple[str, tuple[Shape, ...]]]:
    """Calls by place and by name, drawn from what the library's function takes."""
    function = f"{PREFIX[library]}.{name}"
    for meaning in meanings(library, name):
        row = SPELLED[meaning.row]
        for given in arguments(row, meaning):
            text = f"{function}({', '.join(given)})"
            letters = [letter for letter in "xy" if letter in {c for g in given for c in _words(g)}]
            for shapes in product(SHAPES, repeat=len(letters)):
                yield text, shapes


def _words(text: str) -> list[str]:
    return "".join(c if c.isalpha() else " " for c in text.rpartition("=")[2]).split()


def arguments(row: Row, meaning: Meaning) -> Iterator[list[str]]:
    if not meaning.takes:
        yield ["x", "y"][: len(row.tensors)] if row.name != "where" else ["x > 0", "x", "y"]
        return
    words = [w for w in meaning.takes.split() if w != "|"]
    if meaning.takes.startswith("subscripts"):
        yield from (['"ij,jk->ik"', "x", "y"], ['"i,i"', "x", "y"], ['"ij->ji"', "x"])
        return
    params = {p.name: p for p in row.takes}
    ours = [(w.rstrip("!").partition(":")[0], params.get(w.partition(":")[2] or w)) for w in words]
    tensors = iter("xyxy")
    head = [
        next(tensors) if p.kind in ("tensor", "index") else VALUES[p.kind][0]
        for _, p in ours
        if p is not None and _needed(p)
    ]
    yield head
    rest = [(name, p) for name, p in ours if p is not None and not _needed(p)]
    options = [(name, p) for name, p in ours if p is not None and p.kind not in ("tensor", "tensors", "index")]
    for name, param in options:
        for value in VALUES[param.kind]:
            if _needed(param):
                place = [n for n, p in ours if p is not None and _needed(p)].index(name)
                yield [*head[:place], value, *head[place + 1 :]]
            else:
                yield [*head, f"{name}={value}"]
    for value in ("0", "1", "(1, 0)", "2"):
        yield [*head, value]
    for (one, p), (two, q) in product(rest, rest):
        if one < two:
            for a, b in product(VALUES[p.kind][:3], VALUES[q.kind][:2]):
                yield [*head, f"{one}={a}", f"{two}={b}"]


def _needed(param: Param) -> bool:
    return param.default is Param("").default


def point(library: str, name: str, shapes: tuple[Shape, ...]) -> dict[str, Array]:
    row = SPELLED[meanings(library, name)[0].row]
    rng = np.random.default_rng(3)
    found = {}
    for letter, shape, (low, high) in zip("xy", shapes, (*row.domain, *row.domain[-1:] * 2), strict=False):
        value = rng.uniform(low + 0.01, high - 0.01, shape)
        if name == "cholesky" and len(shape) > 1 and shape[-1:] * 2 == shape[-2:]:
            value = value @ np.swapaxes(value, -1, -2) + np.eye(shape[-1])
        found[letter] = value
    return found


@pytest.mark.parametrize("library, name", NAMES)
def test_the_name_means_what_its_library_means(library: str, name: str) -> None:
    if not hasattr(HOME[library], name):
        pytest.skip("newer or older than the library that is installed")
    answered = 0
    for text, shapes in written(library, name):
        at = point(library, name, shapes)
        try:
            program = trace(parse(text, tuple(at)), {k: a.shape for k, a in at.items()}, mending=False)
            with np.errstate(all="ignore"):
                ours = values_of(program, at)[program.output.step]
        except GradcliError:
            continue
        answered += 1
        if library == MATH and any(a.ndim for a in at.values()) and name not in ("prod", "fsum"):
            continue  # Python's functions take numbers; here they are taken entry by entry
        numbers = {k: a if a.ndim or library != MATH else float(a) for k, a in at.items()}
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = eval(text, {**SPACE, **numbers})  # noqa: S307  # the text is made here
        if isinstance(theirs, tuple):
            theirs = np.stack(theirs)
        theirs = np.asarray(theirs, dtype=float)
        assert ours.shape == theirs.shape, (text, shapes)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, err_msg=f"{text} {shapes}")
    assert answered


@pytest.mark.parametrize(
    "module", [m for m, libraries in MODULES.items() if not {TORCH, TORCH_ITSELF, LINALG} & set(libraries)]
)
def test_a_name_that_is_not_on_the_list_is_refused(module: str) -> None:
    (library,) = MODULES[module]
    for name, row in SPELLED.items():
        if meanings(library, name) or row.family in ("random", "source"):
            continue
        for text in (f"{module}.{name}(x)", f"{module}.{name}(x, y)", f"{module}.{name}(x, 2)"):
            names = ("x", "y") if "y)" in text else ("x",)
            with pytest.raises(GradcliError) as error:
                trace(parse(text, names), dict.fromkeys(names, (3, 3)), mending=False)
            assert error.value.exit_status in (2, 3)


@pytest.mark.parametrize("library, name", DIFFERENT)
def test_what_is_known_to_differ_is_refused_with_a_repair(library: str, name: str) -> None:
    module = next(m for m, libraries in MODULES.items() if libraries == (library,))
    text = f"{module}.{name}(x, y, w)" if name == "clamp" else f"{module}.{name}(x, y)"
    names = ("x", "y", "w") if name == "clamp" else ("x", "y")
    with pytest.raises(GradcliError) as error:
        trace(parse(text, names), dict.fromkeys(names, (3,)))
    assert "did you mean" in str(error.value.hint)


CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("jax.nn.gelu(x)", {"x": [1.0, 2.0]}, [0.8411919906082768, 1.9545976940877752]),
    ("jax.nn.gelu(x, approximate=False)", {"x": [1.0]}, [0.8413447460685429]),
    ("tf.nn.leaky_relu(x)", {"x": [-1.0, 2.0]}, [-0.2, 2]),
    ("jax.nn.leaky_relu(x)", {"x": [-1.0, 2.0]}, [-0.01, 2]),
    ("keras.activations.leaky_relu(x)", {"x": [-1.0, 2.0]}, [-0.2, 2]),
    ("jnp.var(x)", {"x": [1.0, 2, 4]}, 14 / 9),
    ("jnp.repeat(x, 2)", {"x": [1.0, 2]}, [1, 1, 2, 2]),
    ("tf.math.reduce_variance(x)", {"x": [1.0, 2, 4]}, 14 / 9),
    ("tf.cumsum(x)", {"x": [[1.0], [2]]}, [[1], [3]]),
    ("tf.nn.softmax(x)", {"x": [[0.0, 0], [1, 1]]}, [[0.5, 0.5], [0.5, 0.5]]),
    ("tf.linalg.diag(x)", {"x": [[1.0, 2]]}, [[[1, 0], [0, 2]]]),
    ("jax.nn.softmax(x)", {"x": [[0.0, 0], [1, 1]]}, [[0.5, 0.5], [0.5, 0.5]]),
    ("jax.lax.max(x, y)", {"x": [1.0, 3], "y": [2.0, 0]}, [2, 3]),
    ("torch.var(x)", {"x": [1.0, 2, 4]}, 7 / 3),
    ("np.size(x)", {"x": [[1.0, 2], [3, 4]]}, 4),
    ("sympy.Max(x, y)", {"x": [1.0, 3], "y": [2.0, 0]}, [2, 3]),
]


@pytest.mark.parametrize("text, at, value", CASES)
def test_libraries_that_are_not_installed_by_their_documentation(text: str, at: dict[str, Any], value: Any) -> None:
    point = {k: np.array(v) for k, v in at.items()}
    if text == "np.size(x)":
        text = "np.size(x)*x[0, 0]"
    program = trace(parse(text, tuple(point)), {k: a.shape for k, a in point.items()})
    np.testing.assert_allclose(values_of(program, point)[program.output.step], value)


@pytest.mark.parametrize("text", ["nn.gelu(x)", "special.kl_div(x, x)", "nn.softmax(x)"])
def test_a_module_of_two_libraries_is_refused_where_they_differ(text: str) -> None:
    with pytest.raises(GradcliError):
        trace(parse(text, ("x",)), {"x": (3,)})


@pytest.mark.parametrize("text", ["nn.relu(x)", "linalg.inv(x)", "special.expit(x)", "linalg.cross(x, x)"])
def test_a_module_of_two_libraries_is_read_where_they_agree(text: str) -> None:
    assert trace(parse(text, ("x",)), {"x": (3, 3)}).output_shape == (3, 3)


@pytest.mark.parametrize(
    "text, repair",
    [
        ("np.exp(x).std()", "np.std(np.exp(x))"),
        ("(jnp.exp(x)*2).repeat(2)", "jnp.repeat((jnp.exp(x)*2), 2)"),
        ("np.exp(x).T.var(axis=0)", "np.var(np.exp(x).T, axis=0)"),
    ],
)
def test_a_method_of_an_array_of_another_library_is_refused(text: str, repair: str) -> None:
    with pytest.raises(GradcliError) as error:
        trace(parse(text, ("x",)), {"x": (2, 3)})
    assert repair in str(error.value.hint)
    assert trace(parse(repair, ("x",)), {"x": (2, 3)})


@pytest.mark.parametrize("text", ["torch.exp(x).std()", "exp(x).var()", "(x*2).repeat(2, 2)", "np.exp(x).sum()"])
def test_a_method_that_is_pytorchs_or_the_same_is_read(text: str) -> None:
    assert trace(parse(text, ("x",)), {"x": (2, 3)})


@pytest.mark.parametrize(
    "text",
    [
        "np.flip()",
        "np.dot(x)",
        'np.reshape(x, "a")',
        "np.sum(x, axis=y)",
        "np.var(x, ddof=0, correction=0)",
        "np.sum()",
        "np.tile(x, y)",
        "np.cumsum(x, axis=0.5)",
        "jax.nn.gelu(x, approximate=2)",
        "np.sum(x, 0, 1)",
        "np.broadcast_to(x, (y, 2))",
        "np.squeeze(x, axis=7)",
        "np.linalg.norm(x, (1, 2))",
        "np.roll(x, 1, (0, y))",
    ],
)
def test_odd_arguments_are_refused_in_a_sentence(text: str) -> None:
    shapes = {"x": (2, 3), "y": (3,)}
    with pytest.raises(GradcliError) as error:
        trace(parse(text, tuple(shapes)), shapes)
    assert error.value.exit_status in (2, 3)
