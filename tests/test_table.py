"""Every row of the operations table, tested by being there: its text, its shape, its value beside PyTorch's, and its
derivative beside autograd's on several shapes. And the other way round: a mistake planted in a row is caught.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch

from gradcli.commands.problem import understand
from gradcli.message import GradcliError
from gradcli.numeric.autograd import forward
from gradcli.ops import ROWS, SPELLED, TABLE
from gradcli.ops.reshapes import reshape_symbolic
from gradcli.ops.row import REQUIRED, Row
from gradcli.ops.row import n as numpy_library
from gradcli.program import Apply, Program, trace, values_of
from gradcli.program.values import with_values
from gradcli.report import Array, Compared
from gradcli.request import Request
from gradcli.shapes import Shape
from gradcli.symbolic import derived
from gradcli.symbolic.calls import atomic
from gradcli.symbolic.memory import forget
from gradcli.syntax import parse
from tests.programs import INFIX, OPTIONS
from tests.vjp_verdicts import vjp_verdicts

ROUNDING = 1e-12
"""How closely two ways of computing a value agree, relative to the largest entry."""
APPROXIMATE = {"polygamma": 2e-9}
"""Rows whose value PyTorch only approximates (its trigamma function is good to 6e-10)."""


@dataclass(frozen=True)
class Case:
    """A program around one row: its text, its inputs' shapes, and where they are sampled (default: from -2 to 2)."""

    text: str
    shapes: dict[str, Shape]
    domains: dict[str, tuple[float, float]] = field(default_factory=dict)
    whole: dict[str, int] = field(default_factory=dict)

    def point(self, seed: int = 0) -> dict[str, Array]:
        """Inputs inside the domain; those in `whole` hold whole numbers below the one given."""
        rng = np.random.default_rng(seed)
        point = {}
        for name, shape in self.shapes.items():
            if name in self.whole:
                point[name] = rng.integers(0, self.whole[name], shape).astype(float)
                continue
            low, high = self.domains.get(name, (-2.0, 2.0))
            margin = 0.01 * (high - low)
            point[name] = rng.uniform(low + margin, high - margin, shape)
        return point

    @property
    def program(self) -> Program:
        return trace(parse(self.text), self.shapes)

    def __str__(self) -> str:
        return f"{self.text} {','.join('x'.join(map(str, s)) or 'scalar' for s in self.shapes.values())}"


# Cases by family. Those of elementwise rows and reductions follow from the columns.

SHAPES: tuple[Shape, ...] = ((), (3,), (1,), (2, 3), (2, 1, 3))
PAIRS: tuple[tuple[Shape, ...], ...] = (
    ((3,), (3,), (3,)),
    ((2, 3), (3,), ()),
    ((2, 1), (1, 3), (2, 3)),
    ((), (2, 2), (2,)),
    ((2, 1, 3), (4, 1), (1,)),
)
LETTERS = ("x", "y", "w")


def elementwise_cases(row: Row) -> Iterator[Case]:
    """The row on shapes that broadcast, with each of its options."""
    letters = LETTERS[: len(row.tensors)]
    domains = dict(zip(letters, row.domain, strict=True))
    shapes = [(s,) for s in SHAPES] if len(letters) == 1 else [p[: len(letters)] for p in PAIRS]
    if row.name == "prelu":
        shapes = [((3,), ()), ((2, 3), (3,)), ((2, 3), ())]
    for options, chosen in itertools.product(OPTIONS.get(row.name, ({},)), shapes):
        rest = iter(letters)
        arguments = [
            next(rest) if p in row.tensors else f"{p.name}={options[p.name]}" if p.name in options else ""
            for p in row.takes
        ]
        if row.name == "polygamma":
            arguments[0] = options["n"]
        yield Case(
            f"{row.name}({', '.join(a for a in arguments if a)})", dict(zip(letters, chosen, strict=True)), domains
        )


def reduction_cases(row: Row) -> Iterator[Case]:
    """The row over no axis, each axis, and several, with and without keepdim, with each of its options."""
    dim = next(p for p in row.takes if p.name == "dim")
    keeps = any(p.name == "keepdim" for p in row.takes)
    for options, shape in itertools.product(OPTIONS.get(row.name, ({},)), ((), (3,), (2, 3), (3, 2, 2), (2, 1, 3))):
        overs: list[Any] = list(range(-len(shape), len(shape)))
        if dim.kind == "dims" and len(shape) > 1:
            overs += [(0, 1), (-1, 0)]
        if dim.default is not REQUIRED and (keeps or len(shape) < 2):
            overs.append(None)
        if not shape and dim.default is REQUIRED:
            overs.append(0)
        for over, keepdim in itertools.product(overs, (False, True) if keeps else (False,)):
            if keepdim and over is None and dim.kind == "dim":
                continue
            given = [f"{k}={v}" for k, v in options.items()]
            given += [] if over is None else [f"dim={over}"]
            given += ["keepdim=True"] if keepdim else []
            case = Case(f"{row.name}({', '.join(['x', *given])})", {"x": shape})
            if row.name not in ("var", "std") or _several(case, options):
                yield case


def _several(case: Case, options: Any) -> bool:
    """Whether a variance divides by more than nothing."""
    output = case.program.output_shape
    summed = np.prod(case.shapes["x"]) / max(np.prod(output), 1)
    return bool(summed > 1)


V, M, S, C, BATCH = (3,), (2, 3), (3, 3), (3, 2), (2, 3, 3)
POSITIVE = (0.05, 0.95)
WRITTEN: dict[str, list[Case]] = {
    # Entries
    "where": [Case("where(x > y, w, y)", {"x": M, "y": V, "w": ()}), Case("where(x < 0, x**2, -x)", {"x": M})],
    "detach": [Case("x*detach(y)", {"x": M, "y": V}), Case("x.detach()*x", {"x": V})],
    # Places of extremes
    "argmax": [Case("x[argmax(y)]", {"x": V, "y": V}), Case("x*one_hot(argmax(x, dim=1), 3)", {"x": M})],
    "argmin": [Case("x[argmin(y, dim=0)]", {"x": V, "y": V}), Case("x*one_hot(argmin(x, dim=-1), 3)", {"x": M})],
    # Products
    "matmul": [Case("x @ y", {"x": a, "y": b}) for a, b in (
        (V, V), (M, V), (V, C), (M, C), (BATCH, C), (BATCH, V), (M, BATCH), (BATCH, BATCH), ((1, 2, 3), BATCH),
            ((4, 1, 2, 3), BATCH),
        ((1,), (1,)), ((3, 1), (1, 3)), ((1, 3), V), ((2, 1, 3), (3, 1)))] + [Case("x @ x", {"x": S}),
            Case("x.T @ x", {"x": M})],
    "mm": [Case("mm(x, y)", {"x": M, "y": C}), Case("x.mm(x)", {"x": S}), Case("mm(x, y)", {"x": (2, 1), "y": (1, 1)})],
    "mv": [Case("mv(x, y)", {"x": M, "y": V}), Case("x.mv(y)", {"x": (1, 3), "y": V})],
    "bmm": [Case("bmm(x, y)", {"x": (2, 4, 3), "y": BATCH}), Case("bmm(x, x)", {"x": BATCH}),
        Case("bmm(x, y)", {"x": (1, 1, 2), "y": (1, 2, 1)})],
    "dot": [Case("dot(x, y)", {"x": V, "y": V}), Case("x.dot(x)", {"x": V}), Case("dot(x, y)", {"x": (1,), "y": (1,)})],
    "inner": [Case("inner(x, y)", {"x": a, "y": b}) for a, b in ((V, V), (M, V), (M, S), (BATCH, M), ((), V),
        ((2, 1), (3, 1)))],
    "outer": [Case("outer(x, y)", {"x": V, "y": (2,)}), Case("outer(x, x)", {"x": V}),
        Case("ger(x, y)", {"x": (1,), "y": V})],
    "einsum": [Case(f'einsum("{text}", {", ".join(LETTERS[: len(shapes)])})', dict(zip(LETTERS, shapes, strict=False)))
        for text, shapes in (
        ("ij,jk->ik", (M, C)), ("ij,jk", (M, C)), ("ij,j", (M, V)), ("ii", (S,)), ("ii->i", (S,)), ("ij->ji", (M,)),
            ("ij->", (M,)),
        ("i,j->ji", (V, (2,))), ("bij,bjk->bik", (BATCH, BATCH)), ("bij,jk->bik", (BATCH, C)),
            ("i,ij,j->", ((2,), M, V)),
        ("...i,...i->...", (M, M)), ("...ij,...jk->...ik", (BATCH, BATCH)), ("...i->i...", (BATCH,)),
            ("i,i,i->i", (V, V, V)),
        ("ij,ij->j", ((1, 3), M)), ("bii->b", (BATCH,)), ("ij,kj->ikj",
            (M, (4, 3))))] + [Case('einsum("ij,jk->ik", x, x)', {"x": S})],
    "kron": [Case("kron(x, y)", {"x": a, "y": b}) for a, b in ((V, V), (M, (2, 2)), (V, M), (M, V), ((), V),
        ((1, 2), (2, 1)))] + [Case("kron(x, x)", {"x": (2, 2)})],
    "cross": [Case("cross(x, y)", {"x": a, "y": b}) for a, b in ((V, V), (M, M), ((1, 3), (2, 3)))] + [
        Case("cross(x, y)", {"x": S, "y": S}), Case("cross(x, y, dim=0)", {"x": C, "y": C}),
        Case("cross(x, y, dim=1)", {"x": (2, 3, 2), "y": (2, 3, 2)})],
    "trace": [Case("trace(x)", {"x": s}) for s in (S, M, C, (1, 1), (1, 3))],
    "det": [Case("det(x)", {"x": s}) for s in (S, BATCH, (1, 1), (2, 2, 2, 2))],
    "logdet": [Case("logdet(tanh(x) + 4*eye(3))", {"x": s}) for s in (S, BATCH)] + [Case("logdet(x)", {"x": (1, 1)},
        {"x": (0.5, 2)})],
    "slogdet": [Case("slogdet(x)[1]", {"x": S}), Case("slogdet(x)", {"x": S}), Case("slogdet(x)[1, 0]", {"x": BATCH})],
    "logabsdet": [Case("logabsdet(x)", {"x": S}), Case("logabsdet(x)", {"x": BATCH})],
    "sign_det": [Case("sign_det(x)*x", {"x": S}), Case("sum(sign_det(x))*x", {"x": BATCH})],
    "inv": [Case("inv(x)", {"x": s}) for s in (S, BATCH, (1, 1))] + [Case("inv(x) @ x.T", {"x": S})],
    "solve": [Case("solve(tanh(x) + 4*eye(3), y)", {"x": a, "y": b}) for a, b in (
        (S, V), (S, C), (BATCH, C), (BATCH, (2, 3, 1)), (BATCH, (2, 3)), ((1, 3, 3), (2, 3, 2)),
            (S, (2, 3, 2)))] + [Case("solve(x, x.T)", {"x": S})],
    "cholesky": [Case("cholesky(x @ x.mT + eye(3))", {"x": S}), Case("cholesky(x @ x.mT + eye(3))", {"x": BATCH}),
        Case("cholesky(x*x)", {"x": (1, 1)})],
    "matrix_power": [Case(f"matrix_power(tanh(x) + 3*eye(3), {k})", {"x": s}) for k in (0, 1, 2, 3, -1, -2)
        for s in (S, BATCH)],
    # Moves
    "index": [Case(f"x[{items}]", {"x": s}) for items, s in (
        ("0", V), ("-1", V), ("1:", V), (":-1", V), ("::2", V), ("-2:", V), ("1:1", V), ("...", M), ("None", V),
            (":, None", V), ("0, 1", M),
        ("1", M), (":, 1", M), ("1:, ::2", M), ("..., -1", BATCH), ("0, ..., None", BATCH), ("[2, 0]", V),
            ("[2, 0, 0]", V), ("[-1, 1]", V),
        (":, [0, 2]", M), ("[0, 1], [2, 0]", M), ("tensor([[0, 1], [0, 1]])", M), ("[1, 0], :, 1", BATCH),
            ("0, :, [1, 2]", BATCH), ("[0, 1], :, 0", BATCH), ("[0, 1], 0, :, [1, 0]", (2, 2, 3, 2)),
                ("0, None, [1, 2]", BATCH), ("[1], None, 0", BATCH),
        ("[0, 1], None, [1, 0]", M), ("0, [1, 1]", BATCH), (":, [0, 1], 0, [1, 2]", (2, 2, 2, 3)), ("0", (1, 3)),
            (":, 0", (3, 1)))]
        + [Case("x[k]", {"x": V, "k": (4,)}, whole={"k": 3}), Case("x[:, k]", {"x": M, "k": (2,)}, whole={"k": 3}),
            Case("x[1:] - x[:-1]", {"x": (5,)})],
    "T": [Case("x.T", {"x": s}) for s in ((), V, M, BATCH, (1, 3))],
    "t": [Case("x.t()", {"x": s}) for s in ((), V, M, (1, 3))],
    "mT": [Case("x.mT", {"x": s}) for s in (M, BATCH, (3, 1))],
    "transpose": [Case(f"x.transpose({a}, {b})", {"x": s}) for a, b,
        s in ((0, 1, M), (0, -1, BATCH), (1, 1, BATCH), (-2, 0, (2, 3, 4)))],
    "permute": [Case(f"x.permute({order})", {"x": s}) for order,
        s in (("1, 0", M), ("2, 0, 1", (2, 3, 4)), ("(0, 2, 1)", (1, 3, 2)), ("-1, 0, 1", (2, 3, 4)))],
    "reshape": [Case(f"sin(x).reshape({sizes})*2", {"x": s}) for sizes, s in (
        ("6", M), ("-1", M), ("3, 2", M), ("1, 6", M), ("2, 1, 3", M), ("2, -1", (3, 4)), ("4, 3", (2, 6)),
            ("2, 3, 2", (3, 4)), ("1", ()), ("1, 1", (1,)), ("6, 1, 3", (2, 3, 3)))],
    "flatten": [Case(f"x.flatten({a})", {"x": s}) for a, s in (("", M), ("", ()), ("1", (2, 3, 2)), ("0, 1", (2, 3, 2)),
        ("-2, -1", (2, 3, 2)), ("1, 1", M))],
    "squeeze": [Case(f"x.squeeze({a})", {"x": s}) for a, s in (("", (1, 3, 1)), ("0", (1, 3)), ("0", M), ("-1", (3, 1)),
        ("", V))],
    "unsqueeze": [Case(f"x.unsqueeze({a})", {"x": s}) for a, s in ((0, V), (-1, V), (1, M), (0, ()), (-2, M))],
    "expand": [Case(f"x.expand({a})", {"x": s}) for a, s in (("2, 3", (1, 3)), ("2, 3", V), ("-1, 4", (3, 1)),
        ("4", ()), ("2, 3, 2", (3, 1)))],
    "expand_as": [Case("x.expand_as(y)", {"x": a, "y": b}) for a, b in (((1, 3), M), (V, M), ((), V), (M, M))],
    "reshape_as": [Case("x.reshape_as(y)", {"x": a, "y": b}) for a, b in ((M, (6,)), (M, (3, 2)), (M, M), ((1,), ()))],
    "tile": [Case(f"x.tile({a})", {"x": s}) for a, s in (("2", V), ("2", M), ("2, 1", M), ("2, 2", V), ("2", ()))],
    "repeat_interleave": [Case(f"x.repeat_interleave({a})", {"x": s}) for a, s in (
        ("2", V), ("2", M), ("3, dim=1", M), ("2, dim=0", M), ("2", ()), ("2, dim=-1", (3, 1)), ("1", V))],
    "diagonal": [Case(f"x.diagonal({a})", {"x": s}) for a, s in (("", S), ("", M), ("1", M), ("-1", S), ("", BATCH),
        ("0, 1, 2", BATCH), ("1, -1, -2", BATCH), ("", (1, 1)))],
    "diag_embed": [Case(f"diag_embed({a})", {"x": s}) for a, s in (("x", V), ("x", M), ("x, 1", M), ("x, -2", V),
        ("x, 0, 0, 1", M), ("x, 1, 0, -1", M), ("x", (1,)))],
    "repeat": [Case(f"x.repeat({a})", {"x": s}) for a, s in (("2", V), ("2, 3", M), ("2, 2", V), ("3", (1,)), ("2", ()),
        ("1, 2", M))],
    "cat": [Case("cat([x, y])", {"x": V, "y": (2,)}), Case("cat([x, y, x], dim=1)", {"x": M, "y": (2, 1)}),
        Case("cat([x, sin(x)], dim=-1)", {"x": BATCH}),
            Case("cat([x, x])", {"x": (1,)}), Case("cat([x[1:], x[:1]])", {"x": V})],
    "stack": [Case("stack([x, y])", {"x": V, "y": V}), Case("[x, y, x]", {"x": (), "y": ()}),
        Case("stack([x, y], dim=-1)", {"x": M, "y": M}),
              Case("stack([x], dim=1)", {"x": V}), Case("[[x, y], [x + y, x*y]]", {"x": (), "y": ()})],
    "flip": [Case(f"x.flip({a})", {"x": s}) for a, s in (("0", V), ("0, 1", M), ("-1", BATCH), ("0", (1, 3)))],
    "roll": [Case(f"roll({a})", {"x": s}) for a, s in (("x, 1", V), ("x, 1", M), ("x, -1, 0", M), ("x, 5, 1", M),
        ("x, (1, 2), (0, 1)", S), ("x, 1, 0", (1, 3)))],
    "diag": [Case(f"diag({a})", {"x": s}) for a, s in (("x", V), ("x, 1", V), ("x, -2", V), ("x", S), ("x", M),
        ("x, 1", M), ("x, -1", S), ("x", (1,)), ("x", (1, 3)))],
    "tril": [Case(f"tril({a})", {"x": s}) for a, s in (("x", S), ("x, 1", M), ("x, -1", C), ("x", BATCH),
        ("x", (1, 3)))],
    "triu": [Case(f"triu({a})", {"x": s}) for a, s in (("x", S), ("x, 1", M), ("x, -1", C), ("x", BATCH),
        ("x", (3, 1)))],
    # Losses
    **{name: [Case(f"{name}({a})", {"x": s, "y": s}) for a in ("x, y", 'x, y, reduction="sum"',
        'x, y, reduction="none"') for s in (V, M, ())]
       for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits",
           "soft_margin_loss")},
    "binary_cross_entropy": [Case(f"binary_cross_entropy(x, y{a})", {"x": s, "y": s}, {"x": POSITIVE, "y": POSITIVE})
                             for a in ("", ', reduction="sum"', ', reduction="none"') for s in (V, M)],
    "kl_div": [Case(f"kl_div(x, y{a})", {"x": s, "y": s}, {"y": POSITIVE})
               for a in ("", ', reduction="batchmean"', ', reduction="sum"', ', reduction="none"') for s in (V, M)],
    "cross_entropy": [
        *(Case(f"cross_entropy(x, t{a})", {"x": s, "t": t}, whole={"t": k})
            for a in ("", ', reduction="sum"', ', reduction="none"', ", label_smoothing=0.1")
          for s, t, k in ((V, (), 3), (M, (2,), 3), ((2, 3, 2), (2, 2), 3))),
        *(Case(f"cross_entropy(x, softmax(y, dim={d}){a})", {"x": s, "y": s})
            for a in ("", ', reduction="none"', ", label_smoothing=0.1") for s, d in ((V, 0), (M, 1), ((2, 3, 2), 1)))],
    "nll_loss": [Case(f"nll_loss(log_softmax(x, dim={d}), t{a})", {"x": s, "t": t}, whole={"t": 3})
        for a in ("", ', reduction="sum"', ', reduction="none"')
                 for s, t, d in ((V, (), 0), (M, (2,), 1), ((2, 3, 2), (2, 2), 1))],
    # Layers
    "linear": [Case("linear(x, w)", {"x": s, "w": (4, 3)}) for s in (V, M, BATCH)] + [Case("linear(x, w, b)",
        {"x": s, "w": (4, 3), "b": (4,)}) for s in (V, M, (1, 3))],
    "layer_norm": [Case("layer_norm(x)", {"x": s}) for s in (V, M, BATCH)] + [
        Case("layer_norm(x, (3,), w, b)", {"x": M, "w": V, "b": V}), Case("layer_norm(x, (2, 3))", {"x": M}),
            Case("layer_norm(x, (3,), w)", {"x": BATCH, "w": V}),
        Case("layer_norm(x, (3, 3), w, b, eps=0.1)", {"x": BATCH, "w": S, "b": S})],
    "standardize": [Case(f"standardize(x{a})", {"x": s}) for a,
        s in (("", V), ("", M), (", (0,)", M), (", (0, 1)", M), (", (0, -1)", BATCH), (", (1,), eps=0.1", BATCH))],
    "spread": [Case(f"spread(x{a})", {"x": s}) for a, s in (("", V), ("", M), (", (0,)", M), (", (0, 1)", M),
        (", (1,), eps=0.1", BATCH))],
    "conv1d": [Case(f"conv1d({a})", dict(zip(("x", "w", "b"), s, strict=False))) for a, s in (
        ("x, w", ((2, 5), (3, 2, 2))), ("x, w", ((2, 1, 5), (1, 1, 3))), ("x, w, b", ((2, 2, 4), (3, 2, 2), (3,))),
            ("x, w, padding=1", ((1, 4), (1, 1, 3))),
        ("x, w, stride=2", ((2, 5), (1, 2, 2))), ("x, w, dilation=2", ((2, 6), (2, 2, 2))),
            ("x, w, stride=2, padding=1, dilation=2", ((2, 6), (2, 2, 2))), ("x, w", ((1, 3), (1, 1, 3))))],
    "cosine_similarity": [Case(f"cosine_similarity(x, y{a})", {"x": s, "y": t}) for a, s,
        t in ((", dim=0", V, V), ("", M, M), (", dim=0", M, M), (", dim=-1", BATCH, BATCH), ("", M, (1, 3)))],
    "normalize": [Case(f"normalize(x{a})", {"x": s}) for a, s in ((", dim=0", V), ("", M), (", dim=0", M), (", p=3", M),
        (", p=1, dim=-1", BATCH))],
    "one_hot": [Case("x*one_hot([0, 2], 3)", {"x": M}), Case("x[0]*one_hot(k, 4)", {"x": V, "k": (2,)},
        whole={"k": 4})],
    # Sources
    "eye": [Case("x*eye(3)", {"x": S}), Case("eye(2, 3)*x", {"x": M}), Case("eye(2) @ x", {"x": M})],
    "ones": [Case("ones(2, 3)*x", {"x": V}), Case("ones(2) @ x", {"x": M})],
        "zeros": [Case("x + zeros(2, 3)", {"x": V})],
    "full": [Case("full((2, 3), 7)*x", {"x": V}), Case("full(3, 1/2)*x", {"x": V})],
    "arange": [Case("x*arange(3)", {"x": V}), Case("x*arange(0, 3, 0.5)[::2]", {"x": V}),
        Case("x*arange(1, 4)", {"x": V})],
    "linspace": [Case("x*linspace(-1, 1, 3)", {"x": V}), Case("x*linspace(0, 1, 1)", {"x": V})],
    "ones_like": [Case("x*ones_like(y)", {"x": V, "y": M}), Case("ones_like(x)", {"x": M})],
        "zeros_like": [Case("x + zeros_like(x)", {"x": M})],
    "full_like": [Case("x*full_like(x, 7)", {"x": M})], "tensor": [Case("x*tensor([1, 2, 3])", {"x": V})],
    "rand": [Case("x*rand(2, 3)", {"x": V})], "randn": [Case("x*randn(3)", {"x": V})],
}  # fmt: skip


def cases(row: Row) -> list[Case]:
    """Every case of a row; none for a row of another family that is not written down above."""
    written = WRITTEN.get(row.name, [])
    if written or row.family not in ("elementwise", "reduction"):
        return written
    return list(elementwise_cases(row) if row.family == "elementwise" else reduction_cases(row))


MOVING = [
    Case(
        text,
        {name: (2, 2) if name == "A" else (4,) for name in "xyA" if re.search(rf"\b{name}\b", text)},
        dict.fromkeys("xyA", (0.5, 2.0)),
    )
    for text in (
        "x[1:]",
        "x[::2]",
        "x[1::2]*y[::2][:2]",
        "flip(x, 0)",
        "roll(x, 1, 0)",
        "x.repeat(2)",
        "cumsum(x, 0)",
        "x.reshape(2, 2) @ x.reshape(2, 2)",
        "A.reshape(4).reshape(2, 2) @ A",
        "cat([x, y, x])",
        "sin(cat([x, y]))",
        "stack([x, y])**2",
        "trace(A @ A)",
        "einsum('ij,jk,ki->', A, A, A)",
        "sum(A)*A",
        "(sum(x)*x).sum()",
        "diag(A)",
        "diag(x)",
        "tril(A)",
        "A[0] * A[:, 1]",
        "sum(x[:2])*sum(y[1:])",
        "(A @ A + A).sum(0)",
        "mean(A, dim=1)",
        "prod(x)",
        "norm(A @ A)",
        "(sum(x, 0) + x)**2",
        "softmax(A, dim=1) @ A",
        "A.T.reshape(4)",
        "flip(A.reshape(4), 0).reshape(2, 2)",
        "x[[0, 2, 2]]",
        "x[-1:]*sum(x)",
        "A.permute(1, 0).flatten()[1:]",
        "conv1d(x.reshape(1, 1, 4), y.reshape(1, 1, 4)[:, :, :2])",
        "outer(x, x).sum(0)",
        "x.view(2, 2).T.flatten()",
        "tile(x, (2,))[1:7]",
        "cumsum(flip(x, 0), 0)",
        "x.reshape(2,2).repeat(2,1)[1]",
        "x[:3].sum() * x[1:]",
        "x.sum()*ones(3)",
        "sin(stack([x, y])).sum(0)",
        "(stack([x, y])**3).sum(0)",
        "x.expand(3, 4).sum(0)*y",
        "x.reshape(2, 2).T.reshape(4)[1:]",
        "A.reshape(4)[1:3].reshape(2, 1)",
        "sin(stack([x, y]).T.reshape(8))",
        "x[1:].reshape(3, 1).expand(3, 2).reshape(6)[1:5]",
        "exp(sum(stack([x, y]), 0))",
        "x*sin(stack([x, y]))",
        "x.reshape(4, 1).expand(4, 2).reshape(8)",
    )
]
"""Programs that move entries about: what a wrong line of the contraction is noticed by."""
CASES = [pytest.param(case, id=str(case)) for case in itertools.chain(*map(cases, ROWS), MOVING)]
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
each_case = pytest.mark.parametrize("case", CASES)


# Every row


@each_row
def test_the_row_has_cases(row: Row) -> None:
    """A new row outside the elementwise and reduction families is written into `WRITTEN`."""
    assert len(cases(row)) >= 1
    if row.family != "random":
        assert all(
            any(isinstance(s.how, Apply) and s.how.operation == row.name for s in case.program.steps)
            for case in cases(row)
        )


@each_row
def test_the_row_says_what_it_is(row: Row) -> None:
    assert len(row.doc) > 2
    assert not row.doc.endswith(".")
    assert len(row.domain) >= 1 and all(low < high for low, high in row.domain)
    assert [row.scalar, row.sympy or row.derivative, row.symbolic].count(None) == 2


@each_row
def test_the_names_of_the_row_find_it(row: Row) -> None:
    assert TABLE[row.name] is row
    assert all(SPELLED[alias] is row for alias in row.aliases)
    assert len({row.name, *row.aliases}) == 1 + len(row.aliases)


def test_no_name_means_two_rows() -> None:
    names = [name for row in ROWS for name in (row.name, *row.aliases)]
    assert sorted(names) == sorted(set(names))


EXAMPLE_SHAPES: dict[str, list[dict[str, Shape]]] = {
    "": [{"x": (3, 3), "y": (3, 3), "w": (3, 3)}, {"x": (3,), "y": (3,), "w": (3,)}, {"x": (2, 3), "y": (3,)},
        {"x": (2, 3, 3), "y": (2, 3, 3)}],
    "expand": [{"x": (1, 3)}], "conv1d": [{"x": (2, 5), "w": (3, 2, 2)}], "nll_loss": [{"x": (3, 3), "y": (3,)}],
        "multigammaln": [{"x": (3,)}],
}  # fmt: skip


@each_row
def test_the_example_of_the_row_is_a_program_that_uses_it(row: Row) -> None:
    assert _traced_example(row) is not None


def _traced_example(row: Row) -> Program | None:
    """The first shapes for which the example is a program."""
    for shapes in EXAMPLE_SHAPES.get(row.name, EXAMPLE_SHAPES[""]):
        used = {name: shape for name, shape in shapes.items() if re.search(rf"\b{name}\b", row.example)}
        try:
            program = trace(parse(row.example), used)
        except GradcliError:
            continue
        names = {s.how.operation for s in program.steps if isinstance(s.how, Apply)}
        if row.name in names or row.family == "random":
            return program
    return None


@each_row
def test_every_alias_makes_the_same_program(row: Row) -> None:
    for case, alias in itertools.product(cases(row)[:2], row.aliases):
        written = case.text.replace(f"{row.name}(", f"{alias}(").replace(f".{row.name}", f".{alias}")
        if written == case.text or (f".{alias}" in written and "(" not in written.split(f".{alias}")[1][:1]):
            continue  # the row is written as an operator or an attribute here
        assert trace(parse(written), case.shapes).steps[-1].how == case.program.steps[-1].how


@pytest.mark.parametrize("name, sign", INFIX.items())
def test_every_operator_is_its_row(name: str, sign: str) -> None:
    shapes = {"x": (2, 3), "y": (3,)}
    assert trace(parse(f"x {sign} y"), shapes).steps[-1].how == trace(parse(f"{name}(x, y)"), shapes).steps[-1].how


# Values and derivatives


@each_case
def test_the_value_by_numpy_is_pytorchs(case: Case) -> None:
    program, point = case.program, case.point()
    ours = values_of(program, point)
    with double():
        theirs = forward(program, [], point, "float64")
    for step, a, b in zip(program.steps, ours, theirs, strict=True):
        assert a.shape == tuple(b.shape) == step.shape
        scale = max(float(np.abs(a[np.isfinite(a)]).max(initial=0.0)), 1.0)
        off = APPROXIMATE.get(step.how.operation, ROUNDING) if isinstance(step.how, Apply) else ROUNDING
        np.testing.assert_allclose(a, b.numpy(), rtol=off, atol=off * scale)


@contextmanager
def double() -> Iterator[None]:
    """PyTorch's own constructors in float64, as the product has them."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@each_case
def test_the_derivative_is_autograds(case: Case) -> None:
    for found in verdicts(case):
        assert found.agrees, found.reason
        assert found.jacobian_checked


def verdicts(case: Case, seed: int = 0) -> list[Compared]:
    """The product's own verdict for every input that is differentiated, v drawn at random."""
    point = case.point(seed)
    v = np.random.default_rng(seed + 1).uniform(-1, 1, case.program.output_shape)
    problem = understand(Request(case.text, inputs=point, v=v))
    forms = {form.name: form for form in derived(problem.program, problem.wrt, problem.v_name)}
    return vjp_verdicts(problem, forms)


# Planted mistakes


def planted(monkeypatch: pytest.MonkeyPatch, name: str, **columns: Any) -> None:
    """The row with other columns, in the table, for one test."""
    atomic.cache_clear()
    forget()
    monkeypatch.setitem(TABLE, name, replace(TABLE[name], **columns))


@pytest.fixture(autouse=True)
def _clean_functions() -> Iterator[None]:
    yield
    atomic.cache_clear()
    forget()


RIGHT_INDEX: Any = TABLE["index"].symbolic


def _shifted(s: Any, x: Any, items: Any, tensors: Any) -> Any:
    """x[1:] that begins one too early."""
    wrong = tuple(
        ("slice", (item[1] or 0) - 1, item[2] - 1 if item[2] else -1, item[3]) if item[0] == "slice" else item
        for item in items
    )
    return RIGHT_INDEX(s, x, wrong, tensors)


def _softmax_without_delta(s: Any, x: Any, dim: Any) -> Any:
    source = s.node(x)
    return s.primitive("s", x.dims, (source, dim), (source, lambda y: lambda o, i: y(*o) * (1 - y(*i))))


def _swapped_matmul(s: Any, a: Any, b: Any) -> Any:
    def entry(*o: Any) -> Any:
        k = s.index(a.dims[-1])
        return [k], a.at(o[0], k) * b.at(o[1], k)  # b transposed

    s.unify(a.dims[-1], b.dims[-1])
    s.unify(b.dims[0], b.dims[1])
    return s.summed("z", (a.dims[0], b.dims[1]), entry)


def _inverse_transposed(s: Any, x: Any) -> Any:
    s.unify(x.dims[-1], x.dims[-2])
    source = s.node(x, "A")
    return s.primitive("B", x.dims, (source,), (source, lambda y: lambda o, i: -y(o[0], i[1]) * y(i[0], o[1])))


def _sum_backwards(s: Any, x: Any, dim: int) -> Any:
    def entry(*o: Any) -> Any:
        k = s.index(x.dims[0])
        return [k], x.at(k) * s.at_least(k, o[0])

    return s.define("z", x.dims, entry)


def _flat_by_columns(s: Any, x: Any, sizes: Any) -> Any:
    return reshape_symbolic(s, s.tensor(x.dims[::-1], lambda i, j: x.at(j, i)), sizes)


MISTAKES: dict[str, tuple[str, dict[str, Any], Case]] = {
    "sigmoid: y*(1 + y)": ("sigmoid", {"derivative": (lambda s, u, y: y * (1 + y),)}, Case("sigmoid(x)", {"x": V})),
    "relu: 1 below 0": ("relu", {"sympy": lambda sp, u: sp.Piecewise((u, u < 0), (0, True))},
        Case("relu(x)", {"x": (5,)})),
    "abs: without its sign": ("abs", {"sympy": lambda sp, u: u}, Case("abs(x)*x", {"x": (5,)})),
    "atan2: the arguments exchanged": ("atan2", {"sympy": lambda sp, a, b: sp.atan2(b, a)},
        Case("atan2(x, y)", {"x": V, "y": V})),
    "sub: added": ("sub", {"scalar": lambda s, a, b: a + b}, Case("x - y", {"x": V, "y": V})),
    "div: upside down": ("div", {"scalar": lambda s, a, b: b / a},
        Case("x/y", {"x": V, "y": V}, {"x": (0.5, 2), "y": (0.5, 2)})),
    "log10: the natural logarithm": ("log10", {"scalar": lambda s, u: s.log(u)},
        Case("log10(x)", {"x": V}, {"x": (0.5, 2)})),
    "erf: a wrong value inside": ("softplus", {"numpy": lambda n, x, beta, threshold: n.logaddexp(0, x) + 0.1},
        Case("softplus(x)**2", {"x": V})),
    "mean: without 1/n": ("mean", {"symbolic": lambda s, x, dim, keepdim: s.reduce(x, dim, keepdim, lambda u, n: u)},
        Case("mean(x)", {"x": V})),
    "sum: over the wrong axis": ("sum", {"symbolic": lambda s, x, dim,
        keepdim: s.reduce(x, 1 - dim, keepdim, lambda u, n: u)}, Case("sum(x, dim=0)*y", {"x": S, "y": V})),
    "cumsum: from the other end": ("cumsum", {"symbolic": _sum_backwards}, Case("cumsum(x, 0)", {"x": V})),
    "softmax: a missing delta": ("softmax", {"symbolic": _softmax_without_delta}, Case("softmax(x, dim=0)", {"x": V})),
    "matmul: an index exchanged": ("matmul", {"symbolic": _swapped_matmul}, Case("x @ y", {"x": S, "y": S})),
    "inv: transposed": ("inv", {"symbolic": _inverse_transposed}, Case("inv(x)", {"x": S})),
    "outer: the factors exchanged": ("outer", {"symbolic": lambda s, a,
        b: s.tensor((*b.dims, *a.dims), lambda i, j: a.at(j) * b.at(i))}, Case("outer(x, y)", {"x": V, "y": V})),
    "index: a slice off by one": ("index", {"symbolic": _shifted}, Case("x[1:3]", {"x": (4,)})),
    "T: not transposed": ("T", {"symbolic": lambda s, x: x}, Case("x.T*y", {"x": S, "y": S})),
    "reshape: by columns": ("reshape", {"symbolic": _flat_by_columns}, Case("x.reshape(9)*y", {"x": S, "y": (9,)})),
    "flip: off by one": ("flip", {"symbolic": lambda s, x, dims: s.tensor(x.dims,
        lambda p: x.at(s.remainder(x.dims[0] - p, x.dims[0])))}, Case("flip(x, 0)", {"x": V})),
    "tril: without its diagonal": ("tril", {"symbolic": lambda s, x,
        k: s.tensor(x.dims, lambda i, j: x.at(i, j) * s.at_least(i, j + 1))}, Case("tril(x)", {"x": S})),
    "where: the branches exchanged": ("where", {"scalar": lambda s, c, a, b: s.where(s.ne(c, 0), b, a)},
        Case("where(x > 0, x**2, -x)", {"x": (5,)})),
    "mse_loss: halved": ("mse_loss", {"symbolic": lambda s, x, y,
        r: s.call("mean", s.each(lambda u, w: (u - w) ** 2 / 2, x, y), None, False)},
            Case("mse_loss(x, y)", {"x": V, "y": V})),
    "layer_norm: over the first axis": ("layer_norm", {"symbolic": lambda s, x, *_: s.call("standardize", x, (0,), 0)},
        Case("layer_norm(x)", {"x": S})),
    "detach: not a constant": ("detach", {"derivative": (lambda s, u, y: 1,)}, Case("x*detach(x)", {"x": V})),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_caught(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, columns, case = MISTAKES[mistake]
    assert all(found.agrees for found in verdicts(case))
    planted(monkeypatch, name, **columns)
    assert any(found.agrees is False for found in verdicts(case))


def test_a_wrong_value_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case("sinh(x)", {"x": V})
    test_the_value_by_numpy_is_pytorchs(case)
    planted(monkeypatch, "sinh", numpy=lambda n, x: n.cosh(x))
    with pytest.raises(AssertionError):
        test_the_value_by_numpy_is_pytorchs(case)


def test_arguments_reach_every_column_in_the_order_of_takes() -> None:
    """What `with_values` gives the columns, for a row with a tensor behind an option."""
    program = trace(parse("polygamma(2, x)"), {"x": V})
    step = program.steps[-1].how
    assert isinstance(step, Apply)
    x = np.array([1.0, 2.0, 3.0])
    order, tensor = (with_values(a, [x]) for a in step.arguments)
    assert (order, tensor is x) == (2, True)
    np.testing.assert_allclose(step.row.numpy(numpy_library, order, tensor), values_of(program, {"x": x})[-1])
