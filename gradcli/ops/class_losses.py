"""Losses of classes and of their probabilities, as nn.functional has them: a formula, then `reduction`."""

from __future__ import annotations

from fractions import Fraction

from gradcli.message import N_, fault
from gradcli.ops.libraries import Numpy, Torch, TorchTensor
from gradcli.ops.losses import INPUT, REDUCTION, TARGET, loss_shape, numpy_reduce, reduce_symbolic, same_shape
from gradcli.ops.row import Number, Param, Row
from gradcli.ops.softmax import largest
from gradcli.ops.words import Operand, Place, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, written

BATCHED = Param("reduction", "text", "mean", ("mean", "sum", "none", "batchmean"), by_name=True)


def _holds_classes(x: Shape, target: Shape) -> bool:
    """Whether the target holds class numbers: its shape is the input's without the class axis."""
    return target == _without_class_axis(x) and target != x


def _without_class_axis(x: Shape) -> Shape:
    return (x[0], *x[2:]) if len(x) > 1 else ()


def _shape_without_class(x: Shape) -> Shape:
    """What is left of scores without their class axis, once there is a class."""
    if x[_class_axis(len(x))] == 0:
        raise fault("shape", N_("the scores are {x}: there is no class"), x=written(x))
    return _without_class_axis(x)


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
    return loss_shape(_shape_without_class(x), reduction)


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
        return reduce_symbolic(s, loss, reduction)
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
        return numpy_reduce(n, (1 - smoothing) * score - smoothing * n.mean(logs, axis=a), reduction)
    losses = -n.sum(((1 - smoothing) * target + 1 / x.shape[a] * smoothing) * logs, axis=a)
    return numpy_reduce(n, losses, reduction)


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
    return loss_shape(_shape_without_class(x), reduction)


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
        return s.each(lambda u: u / x.dims[0], reduce_symbolic(s, losses, "sum"))
    return reduce_symbolic(s, losses, reduction)


# fmt: off
CLASS_LOSSES: tuple[Row, ...] = (
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
        numpy=lambda n, x, y, reduction: numpy_reduce(n, _numpy_negative_score(n, x, y), reduction),
        symbolic=lambda s, x, y, reduction: reduce_symbolic(s, _negative_score(s, x, y), reduction)),
    Row("kl_div", "loss", N_("y (log y - x) for log-probabilities x and probabilities y"), "kl_div(x, y)", method=False,
        takes=(INPUT, TARGET, BATCHED), shape=lambda x, y, reduction: loss_shape(same_shape("kl_div", x, y), reduction),
        torch=lambda t, x, y, reduction: t.nn.functional.kl_div(x, y, reduction="none").mean() if reduction == "mean"
        else t.nn.functional.kl_div(x, y, reduction=reduction),  # its own "mean" warns on every call
        numpy=lambda n, x, y, reduction: n.sum(n.special.xlogy(y, y) - y * x) / x.shape[0] if reduction == "batchmean"
        else numpy_reduce(n, n.special.xlogy(y, y) - y * x, reduction),
        symbolic=_kl_div_symbolic,
        domain=((-2.0, 2.0), (0.05, 0.95))),
)
# fmt: on
