"""A program that was derived at some sizes, tried at others: what is printed, its matrix notation and the exported
NumPy gradient beside PyTorch's own. On demand: `python -m tests.resized --programs 2000 --seed 0`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

import numpy as np

from gradcli.commands import code
from gradcli.message import GradcliError, Message
from gradcli.numeric import vjp
from gradcli.program import Program, trace, values_of
from gradcli.program.names import fresh_name
from gradcli.report import Array
from gradcli.report.exhibits import Script
from gradcli.request import Request
from gradcli.shapes import Shape
from gradcli.symbolic import Derived, derived
from gradcli.symbolic.form import Form
from gradcli.syntax import parse
from tests.formula_text import Unreadable, evaluated
from tests.programs import Drawn, at_kink, deviation, program

CLOSE = 1e-6
FINE = ("skipped: ", "compared: ", "refused: ")
READABLE = 300
"""A formula with more entries takes plain loops too long."""

SIZED: tuple[tuple[str, Mapping[str, Shape]], ...] = (
    ("sum((x - mean(x))**2)/(x.shape[0] - 1)", {"x": (3,)}),
    ("sum((X @ w - y)**2)/(2*len(y))", {"X": (3, 2), "w": (2,), "y": (3,)}),
    ("n = x.shape[0]; C = eye(n) - ones(n, n)/n; sum((C @ x)**2)", {"x": (4,)}),
    ("softmax(Q @ K.T/sqrt(Q.shape[-1]), dim=-1) @ V", {"Q": (3, 4), "K": (5, 4), "V": (5, 2)}),
    ("x.view(x.shape[0], -1) @ ones(x.shape[1]*x.shape[2])", {"x": (2, 3, 2)}),
    ("x.view(x.shape[1], x.shape[0]) @ y", {"x": (3, 3), "y": (3,)}),
    ("x.reshape(A.shape[0], A.shape[1])*A", {"x": (6,), "A": (2, 3)}),
    ("x.reshape(2, -1).sum(0)", {"x": (6,)}),
    ("x.reshape(2, 3)[0]", {"x": (2, 3)}),
    ("x.expand(y.shape[0], -1)*y[:, None]", {"x": (3,), "y": (4,)}),
    ("x.repeat(y.shape[0]).sum()*y[0]", {"x": (3,), "y": (2,)}),
    ("x[x.shape[0] - 1]*x[0]", {"x": (3,)}),
    ("x[: x.shape[0]//2].sum()", {"x": (6,)}),
    ("x[: y.shape[0]]*y", {"x": (6,), "y": (3,)}),
    ("x[1 - x.shape[0]:]**2", {"x": (4,)}),
    ("x[:2].sum() + x[1:].prod()", {"x": (4,)}),
    ("clamp(x, 0, 1/x.shape[0])", {"x": (4,)}),
    ("leaky_relu(x, 1/x.numel())", {"x": (4,)}),
    ("roll(x, 1)*x", {"x": (4,)}), ("roll(x, -2)*x", {"x": (4,)}), ("roll(x, 7)*x", {"x": (4,)}),
    ("trace(A @ B)", {"A": (3, 3), "B": (3, 3)}), ("trace(A)", {"A": (2, 3)}), ("diag(A)**2", {"A": (3, 4)}),
    ("x**x.shape[0]", {"x": (3,)}), ("full((x.shape[0],), 1/x.shape[0]) @ x", {"x": (3,)}),
    ("where(x.shape[0] > 2, x, x**2)", {"x": (3,)}), ("x.flatten()[::2]", {"x": (2, 3)}),
    ("x.squeeze()**2", {"x": (3, 1, 2)}), ("x*y", {"x": (3,), "y": (3,)}), ("x*y", {"x": (1, 3), "y": (2, 3)}),
    ("x @ [1, 2, 3]", {"x": (2, 3)}), ("x + ones_like(x)*x.numel()", {"x": (2, 3)}),
    ("i = 0; s = 0*x[0]; while i < x.shape[0]: s = s + x[0]*i; i = i + 1\ns", {"x": (3,)}),
    ("w = x.sum(); w/(x.size(0)*x.size(1))", {"x": (2, 3)}), ("mean(x)*x.shape[0]**2", {"x": (3,)}),
    ("x[k]*x.shape[0]", {"x": (3,), "k": ()}), ("layer_norm(x, (x.shape[-1],))", {"x": (2, 3)}),
    ("norm(A.mean(0))*A1.mean()", {"A": (2, 3), "A1": (3,)}), ("var(x, dim=0)/x.shape[0]", {"x": (3, 2)}),
    ("log(relu(x) + 1)*x + x.abs().sum()", {"x": (3,)}), ("x.expand_as(y)*y", {"x": (3,), "y": (3,)}),
    ("conv1d(x[None, None], w[None, None]).sum()", {"x": (5,), "w": (2,)}), ("x.squeeze(0)*2", {"x": (1, 3)}),
    ("x.squeeze().max(dim=0)", {"x": (1,)}), ("x[-3:]*2", {"x": (4,)}),
    ("kron(x, y)[:, :2]", {"x": (3,), "y": (2, 3)}),
    ("x[[-1]]*2", {"x": (1,)}), ("cosine_similarity(x, y, dim=0)", {"x": (3,), "y": (3,)}),
    ("cross_entropy(x, softmax(x, dim=0), label_smoothing=0.1)", {"x": (4,)}),
    ("m = diag(x, 1); m[2, :]*x.shape[0]", {"x": (3,)}), ("kl_div(y, exp(y), reduction='batchmean')", {"y": (3,)}),
)  # fmt: skip
"""Programs that write sizes, or whose formulas depend on them."""


def faults(text: str, point: Mapping[str, Array], wrt: list[str], random: Random) -> Iterator[str]:
    """What is wrong at other sizes with what was derived at this point, a line each; "skipped: ..." where the program
    has no value or no derivative there, "compared: ..." for what was."""
    traced = trace(parse(text), {name: a.shape for name, a in point.items()}, point=point)
    weights = fresh_name("v", {*traced.inputs, *traced.names})
    forms = derived(traced, wrt, weights)
    script = exported(text, point, wrt)
    others = list(forms[0].vjp.elsewhere())
    if not others:
        yield "skipped: it holds at these sizes only"
    for other in others:
        there = elsewhere(other, point, random)
        yield from _at(text, there, wrt, weights, forms, script, random)
    yield from _anywhere(text, point, wrt, weights, script, random)


def elsewhere(other: Form, point: Mapping[str, Array], random: Random) -> dict[str, Array]:
    """Values for the inputs at other sizes, made of those given."""
    return {name: drawn(other.shapes[name], point[name], random, other.places.get(name)) for name in point}


def drawn(shape: Shape, like: Array, random: Random, classes: int | None = None) -> Array:
    """A tensor of that shape with entries as in another; whole numbers below `classes` where it holds such."""
    draw = np.random.default_rng(random.randrange(2**32))
    if classes is not None:
        return draw.integers(0, classes, shape).astype(np.float64)
    entries = draw.choice(np.asarray(like).reshape(-1), shape) * draw.uniform(0.8, 1.2, shape)
    return np.asarray(entries, dtype=np.float64)


def gradient(traced: Program, wrt: list[str], point: Mapping[str, Array], v: Array) -> Mapping[str, Array]:
    """PyTorch's gradients.

    Raises GradcliError (domain) where a rounding decides them, as at a matrix without an inverse.
    """
    found = vjp(traced, tuple(wrt), point, v).grads
    near = vjp(traced, tuple(wrt), {name: a * (1 + 1e-12) if name in wrt else a for name, a in point.items()}, v).grads
    if not all(close(near[name], a, 1e-7) for name, a in found.items()):
        raise GradcliError("domain", Message("ill-conditioned"))
    return found


def _at(
    text: str,
    point: Mapping[str, Array],
    wrt: list[str],
    weights: str,
    forms: tuple[Derived, ...],
    script: Mapping[str, Any],
    random: Random,
) -> Iterator[str]:
    try:
        there = trace(parse(text), {name: a.shape for name, a in point.items()}, point=point)
        values = values_of(there, point)
        v = np.random.default_rng(random.randrange(2**32)).uniform(-2, 2, there.output_shape)
        found = gradient(there, wrt, point, v)
    except GradcliError as error:
        yield f"skipped: {error.kind}"
        return
    if at_kink(there, values) or not all(np.isfinite(a).all() for a in (values[there.output.step], *found.values())):
        yield "skipped: no derivative"
        return
    bound = max(CLOSE, 100 * deviation(there, values))
    for form in forms:
        for what, got in _read(form, point, v, weights, script, found[form.name].shape):
            yield "compared: " + what.partition(" ")[0]
            if isinstance(got, Exception) or not close(got, found[form.name], bound):
                shapes = {name: a.shape for name, a in point.items()}
                yield f"{what} of {text!r} by {form.name} at {shapes}: {got!r}, PyTorch {found[form.name]!r}"


def _read(
    form: Derived, point: Mapping[str, Array], v: Array, weights: str, script: Mapping[str, Any], shape: Shape
) -> Iterator[tuple[str, Any]]:
    """(what, its value or the exception) for each way in which the gradient is said."""
    said = form.closed().vjp
    assert said is not None
    known = {**point, weights: v}
    other = next((f for f in form.vjp.elsewhere() if all(f.shapes[n] == a.shape for n, a in point.items())), None)
    if other is not None and np.prod(shape) <= READABLE:
        sizes = other.graph.sizes
        nodes = (*other.graph.nodes.values(), *other.inline_definitions.nodes)
        yield (
            "formula",
            tried(
                lambda: evaluated(said, shape, known, {node.name: tuple(map(sizes.value, node.dims)) for node in nodes})
            ),
        )
    if said.matrix is not None:
        yield f"matrix {said.matrix}", tried(lambda: run(said.matrix or "", known))
    yield "script", tried(lambda: np.asarray(script[f"{form.name}_grad"](**point, **{weights: v})))


def run(text: str, known: Mapping[str, Array]) -> Array:
    used = {name: a for name, a in known.items() if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)}
    read: Program = trace(parse(text, tuple(used)), {name: a.shape for name, a in used.items()})
    return values_of(read, used)[read.output.step]


def tried(compute: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            return compute()
    except (Unreadable, GradcliError, ValueError, IndexError, TypeError, ZeroDivisionError) as error:
        return error


def exported(text: str, point: Mapping[str, Array], wrt: list[str]) -> Mapping[str, Any]:
    """The names that the exported script defines."""
    request = Request(text, command="code", inputs=dict(point), wrt=tuple(wrt), to="numpy")
    source = next(part.text for part in code.run(request) if isinstance(part, Script))
    space: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        exec(compile(source.partition("\nprint(")[0], "script", "exec"), space)  # noqa: S102  (it is our own)
    return space


def _anywhere(
    text: str, point: Mapping[str, Array], wrt: list[str], weights: str, script: Mapping[str, Any], random: Random
) -> Iterator[str]:
    """At sizes that no formula chose, the exported gradient is right or refuses."""
    for _ in range(3):
        there = {name: drawn(shape, point[name], random) for name, shape in other_shapes(point, random).items()}
        try:
            traced = trace(parse(text), {name: a.shape for name, a in there.items()}, point=there)
            values = values_of(traced, there)
            v = np.random.default_rng(random.randrange(2**32)).uniform(-2, 2, traced.output_shape)
            found = gradient(traced, wrt, there, v)
        except GradcliError:
            continue
        y = values[traced.output.step]
        if at_kink(traced, values) or not all(np.isfinite(a).all() for a in (y, *found.values())):
            continue
        bound = max(CLOSE, 100 * deviation(traced, values))
        wanted = {**{f"{name}_grad": found[name] for name in wrt}, "forward": y}
        for name, want in wanted.items():
            known = there if name == "forward" else {**there, weights: v}
            got = tried(partial(script[name], **known))
            yield "refused: script anywhere" if isinstance(got, Exception) else "compared: script anywhere"
            if not isinstance(got, Exception) and not close(np.asarray(got), want, bound):
                shapes = {name: a.shape for name, a in there.items()}
                yield f"{name} of {text!r} at {shapes}: {got!r}, PyTorch {want!r}"


def other_shapes(point: Mapping[str, Array], random: Random) -> dict[str, Shape]:
    """Other sizes for the inputs: each axis by itself, or the same size in two places still the same."""
    if random.random() < 0.5:
        renamed = {n: max(1, n + random.choice((-1, 1, 2))) for a in point.values() for n in a.shape if n != 1}
        return {name: tuple(renamed.get(n, n) for n in a.shape) for name, a in point.items()}
    return {name: tuple(max(1, n + random.choice((-2, -1, 0, 1, 2))) for n in a.shape) for name, a in point.items()}


def close(a: Array, b: Array, tolerance: float) -> bool:
    scale = max(float(np.abs(b[np.isfinite(b)]).max(initial=0.0)), 1e-3)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True))


def sized(one: Drawn, random: Random) -> str:
    """The program with its last value joined to numbers that follow from sizes."""
    name = random.choice(list(one.point))
    rank = one.point[name].ndim
    size = f"{name}.shape[{random.randrange(rank)}]" if rank else f"{name}.numel()"
    head, _, last = one.text.rpartition("; ")
    last = re.sub(r"^\w+ = ", "", last)
    ways = ("({last})/{size}", "({last})*({size} - 1)", "({last}) - {size}**2", "({last})/sqrt({size} + 1)")
    return (f"{head}; " if head else "") + random.choice(ways).format(last=last, size=size)


def main() -> int:
    """The run; returns the exit status."""
    parser = argparse.ArgumentParser(prog="tests.resized")
    parser.add_argument("--programs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    counts: Counter[str] = Counter()
    for seed in range(chosen.seed, chosen.seed + chosen.programs):
        one, random = program(seed, longest=4), Random(seed)
        text = sized(one, random)
        try:
            lines = list(faults(text, one.point, one.wrt, random))
        except GradcliError as error:
            lines = [f"skipped: {error.kind}"]
        wrong = [line for line in lines if not line.startswith(FINE)]
        counts.update(line for line in lines if line.startswith(FINE))
        counts["wrong" if wrong else "right"] += 1
        for line in wrong:
            sys.stdout.write(f"seed {seed}: {line}\n")
    sys.stdout.write(f"{dict(counts)}\n")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
