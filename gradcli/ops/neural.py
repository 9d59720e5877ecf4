"""Losses and layers as PyTorch's nn.functional has them. A loss is its formula, then `reduction`."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from gradcli.message import N_, fault
from gradcli.ops.families import Deviation, Kink, Param
from gradcli.ops.reductions import largest, numpy_norm
from gradcli.ops.row import Row
from gradcli.shapes import Shape, axes, broadcast, reduced, size, written

REDUCTION = Param("reduction", "text", "mean", ("mean", "sum", "none"), by_name=True)
BATCHED = Param("reduction", "text", "mean", ("mean", "sum", "none", "batchmean"), by_name=True)
INPUT, TARGET = Param("input"), Param("target")


def _after(shape: Shape, reduction: str) -> Shape:
    if reduction == "batchmean" and not shape:
        raise fault("shape", N_("batchmean divides by the size of the first axis, and the tensor is a scalar"))
    return shape if reduction == "none" else ()


def _reduced(s: Any, x: Any, reduction: str) -> Any:
    if reduction == "none":
        return x
    return s.call("sum" if reduction == "sum" else "mean", x, None, False)


def _numpy_reduced(n: Any, x: Any, reduction: str) -> Any:
    return x if reduction == "none" else n.sum(x) if reduction == "sum" else n.mean(x)


def _pointwise(
    name: str,
    doc: str,
    numpy: Callable[..., Any],
    entry: Callable[..., Any],
    options: tuple[Param, ...] = (),
    example: str | None = None,
    kinks: tuple[Kink, ...] = (),
    slope_kinks: tuple[Kink, ...] = (),
    domain: Any = ((-2.0, 2.0), (-2.0, 2.0)),
    latex: str | None = None,
    torch: Callable[..., Any] | None = None,
) -> Row:
    """A loss of two tensors, entry by entry, then `reduction`.

    Called as numpy(n, x, y, *options) and entry(s.scalar, x, y, *options).
    """

    def shape(x: Shape, y: Shape, *rest: Any) -> Shape:
        for param, value in zip(options, rest, strict=False):
            if value < 0 or (param.name == "delta" and value == 0):
                raise fault(
                    "option",
                    N_("{f} does not take {name}={value}: it is a distance"),
                    f=name,
                    name=param.name,
                    value=float(value),
                )
        return _after(_same(name, x, y), rest[-1])

    return Row(
        name,
        "loss",
        doc,
        example or f"{name}(x, y)",
        takes=(INPUT, TARGET, *options, REDUCTION),
        latex=latex,
        shape=shape,
        torch=torch
        or (
            lambda t, x, y, *rest: getattr(t.nn.functional, name)(
                x, y, reduction=rest[-1], **{p.name: v for p, v in zip(options, rest, strict=False)}
            )
        ),
        numpy=lambda n, x, y, *rest: _numpy_reduced(n, numpy(n, x, y, *rest[:-1]), rest[-1]),
        symbolic=lambda s, x, y, *rest: _reduced(
            s, s.each(lambda u, w: entry(s.scalar, u, w, *(s.scalar.number(v) for v in rest[:-1])), x, y), rest[-1]
        ),
        kinks=kinks,
        slope_kinks=slope_kinks,
        domain=domain,
        method=False,
    )


def _same(name: str, x: Shape, y: Shape) -> Shape:
    """PyTorch warns when a loss broadcasts, because it is nearly always a mistake; here it is told."""
    if x != y:
        raise fault(
            "shape",
            N_("{f} takes two tensors of one shape; they are {a} and {b}"),
            hint=N_("if it was meant, write the loss out, e.g. mean((x - y)**2), which broadcasts"),
            f=name,
            a=written(x),
            b=written(y),
        )
    return broadcast(x, y)


def _smooth(s: Any, x: Any, y: Any, beta: Any) -> Any:
    d = s.abs(x - y)
    return d if beta == 0 else s.where(s.lt(d, beta), (x - y) ** 2 / (2 * beta), d - beta / 2)


def _huber(s: Any, x: Any, y: Any, delta: Any) -> Any:
    d = s.abs(x - y)
    return s.where(s.le(d, delta), (x - y) ** 2 / 2, delta * (d - delta / 2))


def _numpy_smooth(n: Any, x: Any, y: Any, beta: float) -> Any:
    d = n.abs(x - y)
    return d if beta == 0 else n.where(d < beta, d * d / (2 * beta), d - beta / 2)


def _torch_soft_margin(t: Any, x: Any, y: Any, reduction: str) -> Any:
    """PyTorch's own refuses to be differentiated in the target; then the same formula is."""
    if not y.requires_grad:
        return t.nn.functional.soft_margin_loss(x, y, reduction=reduction)
    losses = t.logaddexp(t.zeros_like(x), -x * y)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


# Cross entropy


def _classes(x: Shape, target: Shape) -> bool:
    """Whether the target holds class numbers: its shape is the input's without the class axis."""
    return target == _without_class(x) and target != x


def _without_class(x: Shape) -> Shape:
    return (x[0], *x[2:]) if len(x) > 1 else ()


def _cross_shape(x: Shape, target: Shape, reduction: str, smoothing: Any) -> Shape:
    if not x or not (_classes(x, target) or target == x):
        raise fault(
            "shape",
            N_(
                "cross_entropy: for scores of shape {x} the target is classes of shape {c} "
                "or probabilities of shape {x}, not {y}"
            ),
            x=written(x),
            c=written(_without_class(x)),
            y=written(target),
        )
    return _after(_scored(x), reduction)


def _nll_shape(x: Shape, target: Shape, reduction: str) -> Shape:
    if not x or not _classes(x, target):
        raise fault(
            "shape",
            N_("nll_loss: for log-probabilities of shape {x} the target is classes of shape {c}, not {y}"),
            x=written(x),
            c=written(_without_class(x)),
            y=written(target),
        )
    return _after(_scored(x), reduction)


def _scored(x: Shape) -> Shape:
    """What is left of scores without their class axis, once there is a class."""
    if x[min(len(x) - 1, 1)] == 0:
        raise fault("shape", N_("the scores are {x}: there is no class"), x=written(x))
    return _without_class(x)


def _hot(x: Shape, count: int) -> Shape:
    if count < 1:
        raise fault(
            "shape",
            N_("one_hot needs to know how many classes there are, 1 or more, not {count}"),
            hint=N_("the shape of the result does not depend on the numbers in it"),
            count=count,
        )
    return (*x, count)


def _class_axis(x: Any) -> int:
    return 0 if x.rank == 1 else 1


def _picked(s: Any, scores: Any, target: Any) -> Any:
    """-scores[.., target[..], ..]"""
    a = _class_axis(scores)
    for k, d in enumerate(target.dims):
        s.unify(d, scores.dims[k if k < a else k + 1])

    def entry(*o: Any) -> Any:
        place = s.as_place(target.at(*o), scores.dims[a])
        return -scores.at(*o[:a], place, *o[a:])

    return s.tensor(target.dims, entry)


def _cross_entropy(s: Any, x: Any, target: Any, reduction: str, smoothing: Any) -> Any:
    a = _class_axis(x)
    logs = s.unnamed().call("log_softmax", x, a)
    shapes = tuple(s.value(d) for d in x.dims), tuple(s.value(d) for d in target.dims)
    if _classes(*shapes):
        loss = _picked(s, logs, target)
        if smoothing:
            spread = s.unnamed().reduce(logs, a, False, lambda u, n: -u / n)
            loss = s.each(
                lambda p, q: (1 - s.scalar.number(smoothing)) * p + s.scalar.number(smoothing) * q, loss, spread
            )
        return _reduced(s, loss, reduction)
    rate = s.scalar.number(smoothing)
    weights = s.each(lambda p: (1 - rate) * p + rate / x.dims[a], target)
    product = s.each(lambda p, q: -p * q, weights, logs)
    if reduction == "none":
        return s.reduce(product, a, False, lambda u, n: u)
    total = s.call("sum", product, None, False)
    count = s.count(x, [k for k in range(x.rank) if k != a])
    return total if reduction == "sum" else s.each(lambda u: u / count, total)


def _numpy_cross_entropy(n: Any, x: Any, target: Any, reduction: str, smoothing: float) -> Any:
    a = 0 if x.ndim == 1 else 1
    top = largest(n, x, a)
    logs = x - top - n.log(n.sum(n.exp(x - top), axis=a, keepdims=True))
    if _classes(x.shape, target.shape):
        picked = -n.take_along_axis(logs, n.expand_dims(target.astype(int), a), a).squeeze(a)
        return _numpy_reduced(n, (1 - smoothing) * picked - smoothing * n.mean(logs, axis=a), reduction)
    losses = -n.sum(((1 - smoothing) * target + 1 / x.shape[a] * smoothing) * logs, axis=a)
    return _numpy_reduced(n, losses, reduction)


def _numpy_nll(n: Any, x: Any, target: Any, reduction: str) -> Any:
    a = min(x.ndim - 1, 1)
    picked = -n.take_along_axis(x, n.expand_dims(target.astype(int), a), a).squeeze(a)
    return _numpy_reduced(n, picked, reduction)


def _class_target(t: Any, x: Any, target: Any) -> Any:
    return target.long() if _classes(tuple(x.shape), tuple(target.shape)) else target


# Layers


def _along(x: Shape, dims: int | tuple[int, ...]) -> Shape:
    """x's own shape, once dims are known to be its axes."""
    axes(dims, len(x))
    return x


def _linear_shape(x: Shape, w: Shape, b: Shape | None) -> Shape:
    if len(w) != 2 or not x or x[-1] != w[-1]:
        raise fault(
            "shape",
            N_("linear(x, w): x is {x} and w is {w}; w is (out, in) and x ends in the same in"),
            x=written(x),
            w=written(w),
        )
    shape = (*x[:-1], w[0])
    if b is not None:
        broadcast(shape, b)
    return shape


def _linear(s: Any, x: Any, w: Any, b: Any) -> Any:
    product = (s if b is None else s.unnamed()).call("matmul", x, s.tensor(w.dims[::-1], lambda i, j: w.at(j, i)))
    return product if b is None else s.each(lambda u, v: u + v, product, b)


def _norm_shape(x: Shape, normalized: Any, w: Shape | None, b: Shape | None, eps: Any) -> Shape:
    if not x:
        raise fault("shape", N_("layer_norm needs an axis, and the tensor is a scalar"))
    if normalized != () and tuple(x[len(x) - len(normalized) :]) != tuple(normalized):
        raise fault(
            "shape",
            N_("layer_norm: the tensor is {x}, so it can't be normalised over {n}"),
            x=written(x),
            n=written(normalized),
        )
    over = normalized or x[-1:]
    for name, given in (("weight", w), ("bias", b)):
        if given is not None and given != tuple(over):
            raise fault(
                "shape",
                N_("layer_norm: the {name} has the shape that is normalised over, {n}, not {s}"),
                name=name,
                n=written(tuple(over)),
                s=written(given),
            )
    return x


def _normalised_axes(rank: int, normalized: Any) -> tuple[int, ...]:
    return tuple(range(rank - max(len(normalized), 1), rank))


def _layer_norm(s: Any, x: Any, normalized: Any, w: Any, b: Any, eps: Any) -> Any:
    h = _standardized(s if w is None and b is None else s.unnamed(), x, _normalised_axes(x.rank, normalized), eps)
    if w is not None:
        h = s.each(lambda u, v: u * v, h, w)
    return h if b is None else s.each(lambda u, v: u + v, h, b)


def _standardized(s: Any, x: Any, over: tuple[int, ...], eps: Any) -> Any:
    """∂h[o]/∂x[i] = (δ - 1/n - h[o] h[i]/n)/σ over the normalised axes."""
    source = s.node(x)
    count = s.count(x, over)
    sigma = s.node(
        s.unnamed().primitive(
            "sigma",
            s.reduced(x, over, True),
            (source, over, eps),
            (
                source,
                lambda y: (
                    lambda o, i: (
                        _outside(s, o, i, over) * (source(*i) - _mean(s, x, over)(*_kept(i, over))) / count / y(*o)
                    )
                ),
            ),
            row="spread",
        )
    )

    def rule(h: Any) -> Any:
        def entry(o: Any, i: Any) -> Any:
            inside = s.scalar.number(1)
            for a in over:
                inside = inside * s.delta(o[a], i[a])
            return _outside(s, o, i, over) * (inside - 1 / count - h(*o) * h(*i) / count) / sigma(*_kept(i, over))

        return entry

    return s.primitive("h", x.dims, (source, over, eps), (source, rule), row="standardize")


def _mean(s: Any, x: Any, over: tuple[int, ...]) -> Any:
    return s.node(s.unnamed().reduce(x, over, True, lambda u, n: u / n, "mu"))


def _outside(s: Any, o: Any, i: Any, over: tuple[int, ...]) -> Any:
    product = s.scalar.number(1)
    for a, (p, q) in enumerate(zip(o, i, strict=True)):
        product = product * (1 if a in over else s.delta(p, q))
    return product


def _kept(i: Any, over: tuple[int, ...]) -> list[Any]:
    return [0 if a in over else p for a, p in enumerate(i)]


def _numpy_standardized(n: Any, x: Any, over: tuple[int, ...], eps: float) -> Any:
    over = axes(over, x.ndim)
    return (x - n.mean(x, axis=over, keepdims=True)) / n.sqrt(n.var(x, axis=over, keepdims=True) + eps)


def _numpy_layer_norm(n: Any, x: Any, normalized: Any, w: Any, b: Any, eps: float) -> Any:
    h = _numpy_standardized(n, x, _normalised_axes(x.ndim, normalized), eps)
    return (h if w is None else h * w) + (0 if b is None else b)


def _conv_shape(x: Shape, w: Shape, b: Shape | None, stride: int, padding: int, dilation: int) -> Shape:
    if len(x) not in (2, 3) or len(w) != 3 or x[-2] != w[1]:
        raise fault(
            "shape",
            N_("conv1d: x is {x} and w is {w}; x is (batch, in, length) and w is (out, in, width)"),
            hint=N_("a plain vector:  conv1d(x[None, None], w[None, None])"),
            x=written(x),
            w=written(w),
        )
    if min(stride, dilation, padding + 1) < 1:
        raise fault("shape", N_("conv1d: stride and dilation are 1 or more, and padding is 0 or more"))
    if b is not None and b != (w[0],):
        raise fault(
            "shape",
            N_("conv1d: the bias has one number for each of the {count} outputs, and is {b}"),
            count=w[0],
            b=written(b),
        )
    if 0 in w or x[-1] == 0:  # PyTorch refuses, or gives an output of another shape than it should
        raise fault(
            "shape",
            N_("conv1d: x is {x} and w is {w}, and nothing can be correlated without entries"),
            x=written(x),
            w=written(w),
        )
    length = (x[-1] + 2 * padding - dilation * (w[2] - 1) - 1) // stride + 1
    if length < 1:
        raise fault("shape", N_("conv1d: the width {w} does not fit into the length {x}"), w=w[2], x=x[-1])
    return (*x[:-2], w[0], length)


def _conv_work(x: Shape, w: Shape, b: Shape | None, stride: int, padding: int, dilation: int) -> int:
    """The padded signal, which most of a long stride passes over, or the products of a wide window."""
    padded = size(x[:-1]) * (x[-1] + 2 * padding)
    return max(padded, size(_conv_shape(x, w, b, stride, padding, dilation)) * w[1] * w[2] // _AN_ENTRY)


_AN_ENTRY = 100
"""Multiplications of a window that take as long as going through one entry."""


def _conv(s: Any, x: Any, w: Any, b: Any, stride: int, padding: int, dilation: int) -> Any:
    """y[b,o,m] = Σ over c, r of x[b, c, stride*m + dilation*r - padding] w[o,c,r], zero outside x."""
    s.unify(x.dims[-2], w.dims[1])
    shape = _conv_shape(tuple(map(s.value, x.dims)), tuple(map(s.value, w.dims)), None, stride, padding, dilation)
    if stride == 1 and x.dims[-1] != 1 and shape[-1] > 1:
        length = x.dims[-1] + 2 * padding - dilation * (w.dims[2] - 1)
        s.require(2, "<=", length)
    else:
        s.fix(x.dims[-1])
        s.fix(w.dims[2])
        length = shape[-1]

    def entry(*o: Any) -> Any:
        c, r = s.index(w.dims[1]), s.index(w.dims[2])
        place = stride * o[-1] + dilation * r - padding
        inside = s.at_least(place, 0) * s.at_least(x.dims[-1] - 1, place) if padding else 1
        signal = x.at(*o[:-2], c, place if x.dims[-1] != 1 else 0)
        return [c, r], signal * w.at(0 if w.dims[0] == 1 else o[-2], c, r) * inside

    y = (s if b is None else s.unnamed()).summed("z", (*x.dims[:-2], w.dims[0], length), entry)
    return y if b is None else s.each(lambda u, v: u + v, y, s.tensor((*b.dims, 1), lambda i, j: b.at(i)))


def _numpy_conv(n: Any, x: Any, w: Any, b: Any, stride: int, padding: int, dilation: int) -> Any:
    padded = n.pad(x, [(0, 0)] * (x.ndim - 1) + [(padding, padding)])
    width = dilation * (w.shape[2] - 1) + 1
    windows = n.lib.stride_tricks.sliding_window_view(padded, width, axis=-1)[..., ::stride, ::dilation]
    y = n.einsum("...cmr,ocr->...om", windows, w)
    return y if b is None else y + b[:, None]


def _numpy_similarity(n: Any, a: Any, b: Any, dim: int, eps: float) -> Any:
    shape = broadcast(tuple(a.shape), tuple(b.shape))
    a, b = (x if tuple(x.shape) == shape else n.broadcast_to(x, shape) for x in (a, b))
    norms = (n.maximum(n.sqrt(n.sum(x * x, axis=dim)), eps) for x in (a, b))
    return n.sum(a * b, axis=dim) / (next(norms) * next(norms))


def _similarity(s: Any, a: Any, b: Any, dim: int, eps: Any) -> Any:
    for m, n in zip(a.dims[::-1], b.dims[::-1], strict=False):  # which of the two is stretched is written in NumPy
        if m == 1 or n == 1:
            s.needs_ones()
        else:
            s.require(m, "==", n)
    dims = s.broadcast(a.dims, b.dims)  # PyTorch broadcasts first, so that the norms are taken along the same axis
    a, b = (x if tuple(x.dims) == tuple(dims) else s.tensor(dims, lambda *o, x=x: s.spread(x, o)) for x in (a, b))
    norms = [s.unnamed().call("norm", x, Fraction(2), dim, False) for x in (a, b)]
    product = s.unnamed().call("sum", s.each(lambda u, v: u * v, a, b), dim, False)
    return s.each(
        lambda z, p, q: z / (s.scalar.clamp_min(p, s.scalar.number(eps)) * s.scalar.clamp_min(q, s.scalar.number(eps))),
        product,
        *norms,
    )


def _short(n: Any, a: Any, b: Any, dim: int, eps: float) -> Any:
    """Where a norm is below eps."""
    return n.minimum(*(numpy_norm(n, x, 2, dim, False) for x in n.broadcast_arrays(a, b))) < eps


_CLAMPED = N_("where a norm is below eps, PyTorch differentiates the norm and divides by eps")

W, BIAS = Param("weight", default=None), Param("bias", default=None)
_AT = N_("the loss has no derivative where input and target are equal; PyTorch takes 0")

# fmt: off
NEURAL: tuple[Row, ...] = (
    # Losses of two tensors of one shape
    _pointwise("mse_loss", N_("the mean of squared differences"),
               lambda n, x, y: (x - y) ** 2, lambda s, x, y: (x - y) ** 2),
    _pointwise("l1_loss", N_("the mean of absolute differences"),
               lambda n, x, y: n.abs(x - y), lambda s, x, y: s.abs(x - y),
               kinks=(Kink(lambda n, x, y, reduction: n.any(x == y), _AT),)),
    _pointwise("smooth_l1_loss", N_("squared where the difference is below beta, absolute beyond"),
               _numpy_smooth, _smooth, options=(Param("beta", "number", 1.0, by_name=True),),
               slope_kinks=(Kink(lambda n, x, y, beta, reduction: n.any(n.abs(x - y) == beta), N_(
                   "smooth_l1_loss has no second derivative where abs(x - y) is beta; PyTorch takes 0")),)),
    _pointwise("huber_loss", N_("half the square where the difference is below delta, linear beyond"),
               lambda n, x, y, d: n.where(n.abs(x - y) <= d, (x - y) ** 2 / 2, d * (n.abs(x - y) - d / 2)), _huber,
               options=(Param("delta", "number", 1.0, by_name=True),),
               slope_kinks=(Kink(lambda n, x, y, delta, reduction: n.any(n.abs(x - y) == delta), N_(
                   "huber_loss has no second derivative where abs(x - y) is delta; PyTorch takes 0")),)),
    _pointwise("binary_cross_entropy", N_("-(y log x + (1 - y) log(1 - x)) for probabilities x"),
               lambda n, x, y: -(y * n.maximum(n.log(x), -100) + (1 - y) * n.maximum(n.log1p(-x), -100)),
               lambda s, x, y: -(y * s.log(x) + (1 - y) * s.log(1 - x)), domain=((0.05, 0.95), (0.05, 0.95))),
    _pointwise("binary_cross_entropy_with_logits", N_("binary cross-entropy of sigmoid(x), computed without overflow"),
               lambda n, x, y: n.logaddexp(0, x) - x * y,
               lambda s, x, y: s.softplus(x, s.number(1), s.number(float("inf"))) - x * y),
    _pointwise("soft_margin_loss", N_("log(1 + exp(-y x)) for labels y of 1 and -1"),
               lambda n, x, y: n.logaddexp(0, -x * y),
               lambda s, x, y: s.softplus(-x * y, s.number(1), s.number(float("inf"))),
               torch=_torch_soft_margin),
    # Classes
    Row("cross_entropy", "loss", N_("-log softmax at the target class (or averaged with target probabilities)"),
        "cross_entropy(x, y)",
        takes=(INPUT, Param("target", "target"), REDUCTION,
               Param("label_smoothing", "number", Fraction(0), by_name=True)),
        shape=_cross_shape, method=False,
        torch=lambda t, x, y, reduction, smoothing: t.nn.functional.cross_entropy(
            x, _class_target(t, x, y), reduction=reduction, label_smoothing=smoothing),
        numpy=_numpy_cross_entropy, symbolic=_cross_entropy),
    Row("nll_loss", "loss", N_("-x at the target class, for x that holds log-probabilities"),
        "nll_loss(log_softmax(x, dim=1), y)",
        takes=(INPUT, Param("target", "index"), REDUCTION), shape=_nll_shape, method=False,
        torch=lambda t, x, y, reduction: t.nn.functional.nll_loss(x, y.long(), reduction=reduction),
        numpy=_numpy_nll, symbolic=lambda s, x, y, reduction: _reduced(s, _picked(s, x, y), reduction)),
    Row("kl_div", "loss", N_("y (log y - x) for log-probabilities x and probabilities y"), "kl_div(x, y)", method=False,
        takes=(INPUT, TARGET, BATCHED), shape=lambda x, y, reduction: _after(_same("kl_div", x, y), reduction),
        torch=lambda t, x, y, reduction: t.nn.functional.kl_div(x, y, reduction="none").mean() if reduction == "mean"
        else t.nn.functional.kl_div(x, y, reduction=reduction),  # its own "mean" warns on every call
        numpy=lambda n, x, y, reduction: n.sum(n.special.xlogy(y, y) - y * x) / x.shape[0] if reduction == "batchmean"
        else _numpy_reduced(n, n.special.xlogy(y, y) - y * x, reduction),
        symbolic=lambda s, x, y, reduction: s.each(lambda u: u / x.dims[0], _reduced(s, _kl(s, x, y), "sum"))
        if reduction == "batchmean" else _reduced(s, _kl(s, x, y), reduction),
        domain=((-2.0, 2.0), (0.05, 0.95))),
    # Layers
    Row("linear", "layer", N_("x @ w.T + b, as nn.Linear has it"), "linear(x, w)", method=False,
        takes=(INPUT, Param("weight"), BIAS), shape=_linear_shape,
        torch=lambda t, x, w, b: t.nn.functional.linear(x, w, b),
        numpy=lambda n, x, w, b: x @ w.T + (0 if b is None else b), symbolic=_linear),
    Row("layer_norm", "layer", N_("x minus its mean, over its standard deviation, along the last axes"),
        "layer_norm(x)", method=False,
        takes=(INPUT, Param("normalized_shape", "sizes", ()), W, BIAS, Param("eps", "number", Fraction(1, 100_000))),
        shape=_norm_shape,
        torch=lambda t, x, normalized, w, b, eps: t.nn.functional.layer_norm(x, normalized or x.shape[-1:], w, b, eps),
        numpy=_numpy_layer_norm, symbolic=_layer_norm),
    Row("standardize", "layer", N_("layer_norm over the given axes, without weights"), "standardize(x, (-1,))",
        method=False,
        takes=(INPUT, Param("dim", "sizes", (-1,)), Param("eps", "number", Fraction(1, 100_000))),
        shape=lambda x, dim, eps: _along(x, dim),
        torch=lambda t, x, dim, eps: (x - x.mean(dim, True)) / (x.var(dim, correction=0, keepdim=True) + eps).sqrt(),
        numpy=_numpy_standardized, symbolic=lambda s, x, dim, eps: _standardized(s, x, axes(dim, x.rank), eps)),
    Row("spread", "layer", N_("the square root of variance plus eps over the given axes, which are kept"),
        "spread(x, (-1,))", method=False,
        takes=(INPUT, Param("dim", "sizes", (-1,)), Param("eps", "number", Fraction(1, 100_000))),
        shape=lambda x, dim, eps: reduced(x, axes(dim, len(x)), True),
        torch=lambda t, x, dim, eps: (x.var(dim, correction=0, keepdim=True) + eps).sqrt(),
        numpy=lambda n, x, dim, eps: n.sqrt(n.var(x, axis=axes(dim, x.ndim), keepdims=True) + eps),
        symbolic=lambda s, x, dim, eps: s.each(
            lambda u: s.scalar.sqrt(u + s.scalar.number(eps)), s.call("var", x, tuple(dim), 0, True))),
    Row("conv1d", "layer", N_("cross-correlation along the last axis, as PyTorch has it"), "conv1d(x, w)", method=False,
        takes=(INPUT, Param("weight"), BIAS,
               Param("stride", "integer", 1), Param("padding", "integer", 0), Param("dilation", "integer", 1)),
        shape=_conv_shape, numpy=_numpy_conv, symbolic=_conv, work=_conv_work,
        torch=lambda t, x, w, b, stride, padding, dilation: t.nn.functional.conv1d(x, w, b, stride, padding, dilation)),
    Row("cosine_similarity", "layer", N_("the inner product over the product of the norms"),
        "cosine_similarity(x, y, dim=0)", method=False,
        takes=(Param("x1"), Param("x2"), Param("dim", "dim", 1), Param("eps", "number", Fraction(1, 10**8))),
        shape=lambda a, b, dim, eps: reduced(broadcast(a, b), axes(dim, len(broadcast(a, b))), False),
        torch=lambda t, a, b, dim, eps: t.nn.functional.cosine_similarity(a, b, dim, eps),
        numpy=_numpy_similarity, symbolic=_similarity, deviations=(Deviation(_short, 1.0, _CLAMPED),)),
    Row("normalize", "layer", N_("x over its norm along an axis"), "normalize(x, dim=0)", method=False,
        takes=(INPUT, Param("p", "number", Fraction(2)), Param("dim", "dim", 1),
               Param("eps", "number", Fraction(1, 10**12))),
        shape=lambda x, p, dim, eps: _along(x, dim),
        torch=lambda t, x, p, dim, eps: t.nn.functional.normalize(x, p, dim, eps),
        numpy=lambda n, x, p, dim, eps: x / n.maximum(numpy_norm(n, x, p, dim, True), eps),
        symbolic=lambda s, x, p, dim, eps: s.each(
            lambda u, r: u / s.scalar.clamp_min(r, s.scalar.number(eps)),
            x, s.unnamed().call("norm", x, p, dim, True))),
    Row("one_hot", "layer", N_("1 at the class, 0 elsewhere, along a new last axis"), "one_hot(argmax(x, dim=0), 3)",
        method=False, differentiable=False,
        takes=(Param("tensor", "index"), Param("num_classes", "integer")), shape=_hot,
        torch=lambda t, x, k: t.nn.functional.one_hot(x.long(), k).to(t.get_default_dtype()),
        numpy=lambda n, x, k: 1.0 * (x[..., None] == n.arange(k)),
        symbolic=lambda s, x, k: s.tensor((*x.dims, k), lambda *o: s.delta(s.as_place(x.at(*o[:-1]), k), o[-1]))),
)
# fmt: on


def _kl(s: Any, x: Any, y: Any) -> Any:
    return s.each(lambda u, w: w * (s.scalar.log(w) - u), x, y)
