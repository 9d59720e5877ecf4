"""Losses as nn.functional has them: a formula, of entries or of classes and their probabilities, then `reduction`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gradcli.message import N_, fault
from gradcli.ops.extremes import largest
from gradcli.ops.row import Kink, Number, Numpy, NumpyColumn, Param, Row, ScalarColumn, Torch, TorchColumn, TorchTensor
from gradcli.ops.words import Operand, Place, Scalar, ScalarWords, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, written

REDUCTION = Param("reduction", "text", "mean", ("mean", "sum", "none"), by_name=True)
INPUT, TARGET = Param("input"), Param("target")
_EQUAL = N_("the loss has no derivative where input and target are equal; PyTorch takes 0")


def _loss_shape(shape: Shape, reduction: str) -> Shape:
    if reduction == "batchmean" and not shape:
        raise fault("shape", N_("batchmean divides by the size of the first axis, and the tensor is a scalar"))
    return shape if reduction == "none" else ()


def _reduce_symbolic(s: Words, x: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return x
    return s.call("sum" if reduction == "sum" else "mean", x, None, False)


def _numpy_reduce(n: Numpy, x: Array, reduction: str) -> Array:
    if reduction == "none":
        return x
    return n.sum(x) if reduction == "sum" else n.mean(x)


def _loss(
    name: str,
    doc: str,
    numpy: NumpyColumn,
    entry: ScalarColumn,
    options: tuple[Param, ...] = (),
    torch: TorchColumn | None = None,
    **rest: Any,
) -> Row:
    """A loss of two tensors, entry by entry, then `reduction`.

    Called as numpy(n, x, y, *options) and entry(s.scalar, x, y, *options).
    """

    def shape(x: Shape, y: Shape, *values: Any) -> Shape:
        for param, value in zip(options, values, strict=False):
            if value < 0 or (param.name == "delta" and value == 0):
                raise fault(
                    "option",
                    N_("{f} does not take {name}={value}: it is a distance"),
                    f=name,
                    name=param.name,
                    value=float(value),
                )
        return _loss_shape(_same_shape(name, x, y), values[-1])

    def torch_loss(t: Torch, x: TorchTensor, y: TorchTensor, *values: Any) -> TorchTensor:
        given = {param.name: value for param, value in zip(options, values, strict=False)}
        return getattr(t.nn.functional, name)(x, y, reduction=values[-1], **given)

    def symbolic(s: Words, x: Tensor, y: Tensor, *values: Any) -> Tensor:
        numbers = [s.scalar.number(value) for value in values[:-1]]
        return _reduce_symbolic(s, s.each(lambda u, w: entry(s.scalar, u, w, *numbers), x, y), values[-1])

    return Row(
        name,
        "loss",
        doc,
        f"{name}(x, y)",
        takes=(INPUT, TARGET, *options, REDUCTION),
        shape=shape,
        torch=torch or torch_loss,
        numpy=lambda n, x, y, *values: _numpy_reduce(n, numpy(n, x, y, *values[:-1]), values[-1]),
        symbolic=symbolic,
        method=False,
        **rest,
    )


def _same_shape(name: str, x: Shape, y: Shape) -> Shape:
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
    return x


def _smooth_l1(s: ScalarWords, x: Scalar, y: Scalar, beta: Scalar) -> Scalar:
    d = s.abs(x - y)
    return d if beta == 0 else s.where(s.lt(d, beta), (x - y) ** 2 / (2 * beta), d - beta / 2)


def _huber(s: ScalarWords, x: Scalar, y: Scalar, delta: Scalar) -> Scalar:
    d = s.abs(x - y)
    return s.where(s.le(d, delta), (x - y) ** 2 / 2, delta * (d - delta / 2))


def _numpy_smooth_l1(n: Numpy, x: Array, y: Array, beta: float) -> Array:
    d = n.abs(x - y)
    return d if beta == 0 else n.where(d < beta, d * d / (2 * beta), d - beta / 2)


def _torch_soft_margin(t: Torch, x: TorchTensor, y: TorchTensor, reduction: str) -> TorchTensor:
    """PyTorch's own refuses to be differentiated in the target; then the same formula is."""
    if not y.requires_grad:
        return t.nn.functional.soft_margin_loss(x, y, reduction=reduction)
    losses = t.logaddexp(t.zeros_like(x), -x * y)
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.mean()


BATCHED = Param("reduction", "text", "mean", ("mean", "sum", "none", "batchmean"), by_name=True)


def _holds_classes(x: Shape, target: Shape) -> bool:
    """Whether the target holds class numbers: its shape is the input's without the class axis."""
    return target == _without_class_axis(x) and target != x


def _without_class_axis(x: Shape) -> Shape:
    return (x[0], *x[2:]) if len(x) > 1 else ()


def _shape_without_class(x: Shape, reduction: str) -> Shape:
    """The shape of a loss of scores, once there is a class."""
    if x[_class_axis(len(x))] == 0:
        raise fault("shape", N_("the scores are {x}: there is no class"), x=written(x))
    return _loss_shape(_without_class_axis(x), reduction)


def _cross_entropy_shape(x: Shape, target: Shape, reduction: str, smoothing: Number) -> Shape:
    if not x or not (_holds_classes(x, target) or target == x):
        raise fault(
            "shape",
            N_(
                "cross_entropy: for scores of shape {x} the target is classes of shape {c} "
                "or probabilities of shape {x}, not {y}"
            ),
            x=written(x),
            c=written(_without_class_axis(x)),
            y=written(target),
        )
    return _shape_without_class(x, reduction)


def _cross_entropy_symbolic(s: Words, x: Tensor, target: Tensor, reduction: str, smoothing: Number) -> Tensor:
    a = _class_axis(x.rank)
    logs = s.unnamed().call("log_softmax", x, a)
    shapes = tuple(s.value(d) for d in x.dims), tuple(s.value(d) for d in target.dims)
    if _holds_classes(*shapes):
        loss = _negative_score(s, logs, target)
        if smoothing:
            spread = s.unnamed().reduce(logs, a, False, lambda u, n: -u / n)
            loss = s.each(
                lambda p, q: (1 - s.scalar.number(smoothing)) * p + s.scalar.number(smoothing) * q, loss, spread
            )
        return _reduce_symbolic(s, loss, reduction)
    rate = s.scalar.number(smoothing)
    weights = s.each(lambda p: (1 - rate) * p + rate / x.dims[a], target)
    product = s.each(lambda p, q: -p * q, weights, logs)
    if reduction == "none":
        return s.reduce(product, a, False, lambda u, n: u)
    total = s.call("sum", product, None, False)
    count = s.count(x, [k for k in range(x.rank) if k != a])
    return total if reduction == "sum" else s.each(lambda u: u / count, total)


def _numpy_cross_entropy(n: Numpy, x: Array, target: Array, reduction: str, smoothing: float) -> Array:
    a = _class_axis(x.ndim)
    top = largest(n, x, a)
    logs = x - top - n.log(n.sum(n.exp(x - top), axis=a, keepdims=True))
    if _holds_classes(x.shape, target.shape):
        score = _numpy_negative_score(n, logs, target)
        return _numpy_reduce(n, (1 - smoothing) * score - smoothing * n.mean(logs, axis=a), reduction)
    losses = -n.sum(((1 - smoothing) * target + 1 / x.shape[a] * smoothing) * logs, axis=a)
    return _numpy_reduce(n, losses, reduction)


def _class_target(t: Torch, x: TorchTensor, target: TorchTensor) -> TorchTensor:
    return target.long() if _holds_classes(tuple(x.shape), tuple(target.shape)) else target


def _nll_shape(x: Shape, target: Shape, reduction: str) -> Shape:
    if not x or not _holds_classes(x, target):
        raise fault(
            "shape",
            N_("nll_loss: for log-probabilities of shape {x} the target is classes of shape {c}, not {y}"),
            x=written(x),
            c=written(_without_class_axis(x)),
            y=written(target),
        )
    return _shape_without_class(x, reduction)


def _class_axis(rank: int) -> int:
    return 0 if rank == 1 else 1


def _negative_score(s: Words, scores: Tensor, target: Tensor) -> Tensor:
    """-scores[.., target[..], ..]"""
    a = _class_axis(scores.rank)
    for k, d in enumerate(target.dims):
        s.unify(d, scores.dims[k if k < a else k + 1])

    def entry(*o: Place) -> Operand:
        place = s.as_place(target.at(*o), scores.dims[a])
        return -scores.at(*o[:a], place, *o[a:])

    return s.tensor(target.dims, entry)


def _numpy_negative_score(n: Numpy, scores: Array, target: Array) -> Array:
    a = _class_axis(scores.ndim)
    return -n.take_along_axis(scores, n.expand_dims(target.astype(int), a), a).squeeze(a)


def _kl_div_symbolic(s: Words, x: Tensor, y: Tensor, reduction: str) -> Tensor:
    losses = s.each(lambda u, w: w * (s.scalar.log(w) - u), x, y)
    if reduction == "batchmean":
        return s.each(lambda u: u / x.dims[0], _reduce_symbolic(s, losses, "sum"))
    return _reduce_symbolic(s, losses, reduction)


# fmt: off
LOSSES: tuple[Row, ...] = (
    _loss("mse_loss", N_("the mean of squared differences"),
               lambda n, x, y: (x - y) ** 2, lambda s, x, y: (x - y) ** 2),
    _loss("l1_loss", N_("the mean of absolute differences"),
               lambda n, x, y: n.abs(x - y), lambda s, x, y: s.abs(x - y),
               kinks=(Kink(lambda n, x, y, reduction: n.any(x == y), _EQUAL),)),
    _loss("smooth_l1_loss", N_("squared where the difference is below beta, absolute beyond"),
               _numpy_smooth_l1, _smooth_l1, options=(Param("beta", "number", 1.0, by_name=True),),
               slope_kinks=(Kink(lambda n, x, y, beta, reduction: n.any(n.abs(x - y) == beta), N_(
                   "smooth_l1_loss has no second derivative where abs(x - y) is beta; PyTorch takes 0")),)),
    _loss("huber_loss", N_("half the square where the difference is below delta, linear beyond"),
               lambda n, x, y, d: n.where(n.abs(x - y) <= d, (x - y) ** 2 / 2, d * (n.abs(x - y) - d / 2)), _huber,
               options=(Param("delta", "number", 1.0, by_name=True),),
               slope_kinks=(Kink(lambda n, x, y, delta, reduction: n.any(n.abs(x - y) == delta), N_(
                   "huber_loss has no second derivative where abs(x - y) is delta; PyTorch takes 0")),)),
    _loss("binary_cross_entropy", N_("-(y log x + (1 - y) log(1 - x)) for probabilities x"),
               lambda n, x, y: -(y * n.maximum(n.log(x), -100) + (1 - y) * n.maximum(n.log1p(-x), -100)),
               lambda s, x, y: -(y * s.log(x) + (1 - y) * s.log(1 - x)), domain=((0.05, 0.95), (0.05, 0.95))),
    _loss("binary_cross_entropy_with_logits", N_("binary cross-entropy of sigmoid(x), computed without overflow"),
               lambda n, x, y: n.logaddexp(0, x) - x * y,
               lambda s, x, y: s.softplus(x, s.number(1), s.number(float("inf"))) - x * y),
    _loss("soft_margin_loss", N_("log(1 + exp(-y x)) for labels y of 1 and -1"),
               lambda n, x, y: n.logaddexp(0, -x * y),
               lambda s, x, y: s.softplus(-x * y, s.number(1), s.number(float("inf"))),
               torch=_torch_soft_margin),
    Row("cross_entropy", "loss", N_("-log softmax at the target class (or averaged with target probabilities)"),
        "cross_entropy(x, y)",
        takes=(INPUT, Param("target", "target"), REDUCTION,
               Param("label_smoothing", "number", Fraction(0), by_name=True)),
        shape=_cross_entropy_shape, method=False,
        torch=lambda t, x, y, reduction, smoothing: t.nn.functional.cross_entropy(
            x, _class_target(t, x, y), reduction=reduction, label_smoothing=smoothing),
        numpy=_numpy_cross_entropy, symbolic=_cross_entropy_symbolic),
    Row("nll_loss", "loss", N_("-x at the target class, for x that holds log-probabilities"),
        "nll_loss(log_softmax(x, dim=1), y)",
        takes=(INPUT, Param("target", "index"), REDUCTION), shape=_nll_shape, method=False,
        torch=lambda t, x, y, reduction: t.nn.functional.nll_loss(x, y.long(), reduction=reduction),
        numpy=lambda n, x, y, reduction: _numpy_reduce(n, _numpy_negative_score(n, x, y), reduction),
        symbolic=lambda s, x, y, reduction: _reduce_symbolic(s, _negative_score(s, x, y), reduction)),
    Row("kl_div", "loss", N_("y (log y - x) for log-probabilities x and probabilities y"), "kl_div(x, y)", method=False,
        takes=(INPUT, TARGET, BATCHED),
        shape=lambda x, y, reduction: _loss_shape(_same_shape("kl_div", x, y), reduction),
        torch=lambda t, x, y, reduction: t.nn.functional.kl_div(x, y, reduction="none").mean() if reduction == "mean"
        else t.nn.functional.kl_div(x, y, reduction=reduction),  # its own "mean" warns on every call
        numpy=lambda n, x, y, reduction: n.sum(n.special.xlogy(y, y) - y * x) / x.shape[0] if reduction == "batchmean"
        else _numpy_reduce(n, n.special.xlogy(y, y) - y * x, reduction),
        symbolic=_kl_div_symbolic,
        domain=((-2.0, 2.0), (0.05, 0.95))),
)
# fmt: on
