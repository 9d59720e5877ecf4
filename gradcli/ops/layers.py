"""Layers, as nn.functional has them: linear, normalisations, a convolution, one_hot."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gradcli.message import N_, fault
from gradcli.ops.reductions import kept_axes_match, numpy_norm, reduced_to_0, reducing_primitive
from gradcli.ops.row import Deviation, Number, Numpy, Param, Row, call, deltas, own_shape
from gradcli.ops.words import Jacobian, Node, Operand, Place, Scalar, Sum, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, axes, broadcast, reduced, size, written

INPUT = Param("input")
W, BIAS = Param("weight", default=None), Param("bias", default=None)
_CLAMPED = N_("where a norm is below eps, PyTorch differentiates the norm and divides by eps")
_AN_ENTRY = 100
"""Multiplications of a window that take as long as going through one entry."""


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


def _linear_symbolic(s: Words, x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
    product = (s if b is None else s.unnamed()).call("matmul", x, s.tensor(w.dims[::-1], lambda i, j: w.at(j, i)))
    return product if b is None else s.each(lambda u, v: u + v, product, b)


def _layer_norm_shape(x: Shape, normalized: Shape, w: Shape | None, b: Shape | None, eps: Number) -> Shape:
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


def _last_axes(rank: int, normalized: Shape) -> tuple[int, ...]:
    return tuple(range(rank - max(len(normalized), 1), rank))


def _layer_norm_symbolic(
    s: Words, x: Tensor, normalized: Shape, w: Tensor | None, b: Tensor | None, eps: Number
) -> Tensor:
    h = _standardize_symbolic(s if w is None and b is None else s.unnamed(), x, _last_axes(x.rank, normalized), eps)
    if w is not None:
        h = s.each(lambda u, v: u * v, h, w)
    return h if b is None else s.each(lambda u, v: u + v, h, b)


def _numpy_layer_norm(n: Numpy, x: Array, normalized: Shape, w: Array | None, b: Array | None, eps: float) -> Array:
    h = _numpy_standardize(n, x, _last_axes(x.ndim, normalized), eps)
    return (h if w is None else h * w) + (0 if b is None else b)


def _standardize_symbolic(s: Words, x: Tensor, over: tuple[int, ...], eps: Number) -> Tensor:
    """∂h[o]/∂x[i] = (δ - 1/n - h[o] h[i]/n)/σ over the normalised axes."""
    source = s.node(x)
    count = s.count(x, over)
    sigma = s.node(_spread_symbolic(s.unnamed(), x, over, eps))

    def rule(h: Node) -> Jacobian:
        def entry(o: Sequence[Place], i: Sequence[Place]) -> Operand:
            inside = deltas(s, ((o[a], i[a]) for a in over))
            local = inside - 1 / count - h(*o) * h(*i) / count
            return kept_axes_match(s, o, i, over, True) * local / sigma(*reduced_to_0(i, over))

        return entry

    return s.primitive("h", x.dims, (source, over, eps), (source, rule), row="standardize")


def _spread_symbolic(s: Words, x: Tensor, over: tuple[int, ...], eps: Number) -> Tensor:
    """∂σ[o]/∂x[i] = (x[i] - mean)/(n σ[o]) where the other axes match."""
    count = s.count(x, over)

    def local(sigma: Scalar, u: Scalar, i: Sequence[Place]) -> Scalar:
        mean = s.node(s.unnamed().reduce(x, over, True, lambda u, n: u / n, "mu"))
        return (u - mean(*reduced_to_0(i, over))) / count / sigma

    return reducing_primitive(s, "sigma", x, over, True, local, (over, eps), row="spread")


def _numpy_standardize(n: Numpy, x: Array, over: tuple[int, ...], eps: float) -> Array:
    over = axes(over, x.ndim)
    return (x - n.mean(x, axis=over, keepdims=True)) / n.sqrt(n.var(x, axis=over, keepdims=True) + eps)


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


def _conv_symbolic(
    s: Words, x: Tensor, w: Tensor, b: Tensor | None, stride: int, padding: int, dilation: int
) -> Tensor:
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

    def entry(*o: Place) -> Sum:
        c, r = s.index(w.dims[1]), s.index(w.dims[2])
        place = stride * o[-1] + dilation * r - padding
        inside = s.at_least(place, 0) * s.at_least(x.dims[-1] - 1, place) if padding else 1
        signal = x.at(*o[:-2], c, place if x.dims[-1] != 1 else 0)
        return [c, r], signal * w.at(0 if w.dims[0] == 1 else o[-2], c, r) * inside

    y = (s if b is None else s.unnamed()).summed("z", (*x.dims[:-2], w.dims[0], length), entry)
    return y if b is None else s.each(lambda u, v: u + v, y, s.tensor((*b.dims, 1), lambda i, j: b.at(i)))


def _numpy_conv(n: Numpy, x: Array, w: Array, b: Array | None, stride: int, padding: int, dilation: int) -> Array:
    padded = n.pad(x, [(0, 0)] * (x.ndim - 1) + [(padding, padding)])
    width = dilation * (w.shape[2] - 1) + 1
    windows = n.lib.stride_tricks.sliding_window_view(padded, width, axis=-1)[..., ::stride, ::dilation]
    y = n.einsum("...cmr,ocr->...om", windows, w)
    return y if b is None else y + b[:, None]


def _similarity_symbolic(s: Words, a: Tensor, b: Tensor, dim: int, eps: Number) -> Tensor:
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


def _numpy_similarity(n: Numpy, a: Array, b: Array, dim: int, eps: float) -> Array:
    shape = broadcast(tuple(a.shape), tuple(b.shape))
    a, b = (x if tuple(x.shape) == shape else n.broadcast_to(x, shape) for x in (a, b))
    norm_a, norm_b = (n.maximum(n.sqrt(n.sum(x * x, axis=dim)), eps) for x in (a, b))
    similarity: Array = n.sum(a * b, axis=dim) / (norm_a * norm_b)
    return similarity


def _has_small_norm(n: Numpy, a: Array, b: Array, dim: int, eps: float) -> Array:
    """Where a norm is below eps."""
    return n.minimum(*(numpy_norm(n, x, 2, dim, False) for x in n.broadcast_arrays(a, b))) < eps


def _one_hot_shape(x: Shape, count: int) -> Shape:
    if count < 1:
        raise fault(
            "shape",
            N_("one_hot needs to know how many classes there are, 1 or more, not {count}"),
            hint=N_("the shape of the result does not depend on the numbers in it"),
            count=count,
        )
    return (*x, count)


# fmt: off
LAYERS: tuple[Row, ...] = (
    Row("linear", "layer", N_("x @ w.T + b, as nn.Linear has it"), "linear(x, w)", method=False,
        takes=(INPUT, Param("weight"), BIAS), shape=_linear_shape, torch=call("nn.functional.linear"),
        numpy=lambda n, x, w, b: x @ w.T + (0 if b is None else b), symbolic=_linear_symbolic),
    Row("layer_norm", "layer", N_("x minus its mean, over its standard deviation, along the last axes"),
        "layer_norm(x)", method=False,
        takes=(INPUT, Param("normalized_shape", "sizes", ()), W, BIAS, Param("eps", "number", Fraction(1, 100_000))),
        shape=_layer_norm_shape,
        torch=lambda t, x, normalized, w, b, eps: t.nn.functional.layer_norm(x, normalized or x.shape[-1:], w, b, eps),
        numpy=_numpy_layer_norm, symbolic=_layer_norm_symbolic),
    Row("standardize", "layer", N_("layer_norm over the given axes, without weights"), "standardize(x, (-1,))",
        method=False,
        takes=(INPUT, Param("dim", "sizes", (-1,)), Param("eps", "number", Fraction(1, 100_000))),
        shape=lambda x, dim, eps: own_shape(x, dim),
        torch=lambda t, x, dim, eps: (x - x.mean(dim, True)) / (x.var(dim, correction=0, keepdim=True) + eps).sqrt(),
        numpy=_numpy_standardize, symbolic=lambda s, x, dim, eps: _standardize_symbolic(s, x, axes(dim, x.rank), eps)),
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
        shape=_conv_shape, numpy=_numpy_conv, symbolic=_conv_symbolic, work=_conv_work,
        torch=call("nn.functional.conv1d")),
    Row("cosine_similarity", "layer", N_("the inner product over the product of the norms"),
        "cosine_similarity(x, y, dim=0)", method=False,
        takes=(Param("x1"), Param("x2"), Param("dim", "dim", 1), Param("eps", "number", Fraction(1, 10**8))),
        shape=lambda a, b, dim, eps: reduced(broadcast(a, b), axes(dim, len(broadcast(a, b))), False),
        torch=call("nn.functional.cosine_similarity"), numpy=_numpy_similarity, symbolic=_similarity_symbolic,
        deviations=(Deviation(_has_small_norm, 1.0, _CLAMPED),)),
    Row("normalize", "layer", N_("x over its norm along an axis"), "normalize(x, dim=0)", method=False,
        takes=(INPUT, Param("p", "number", Fraction(2)), Param("dim", "dim", 1),
               Param("eps", "number", Fraction(1, 10**12))),
        shape=lambda x, p, dim, eps: own_shape(x, dim), torch=call("nn.functional.normalize"),
        numpy=lambda n, x, p, dim, eps: x / n.maximum(numpy_norm(n, x, p, dim, True), eps),
        symbolic=lambda s, x, p, dim, eps: s.each(
            lambda u, r: u / s.scalar.clamp_min(r, s.scalar.number(eps)),
            x, s.unnamed().call("norm", x, p, dim, True))),
    Row("one_hot", "layer", N_("1 at the class, 0 elsewhere, along a new last axis"), "one_hot(argmax(x, dim=0), 3)",
        method=False, differentiable=False,
        takes=(Param("tensor", "index"), Param("num_classes", "integer")), shape=_one_hot_shape,
        torch=lambda t, x, k: t.nn.functional.one_hot(x.long(), k).to(t.get_default_dtype()),
        numpy=lambda n, x, k: 1.0 * (x[..., None] == n.arange(k)),
        symbolic=lambda s, x, k: s.tensor((*x.dims, k), lambda *o: s.delta(s.as_place(x.at(*o[:-1]), k), o[-1]))),
)
# fmt: on
