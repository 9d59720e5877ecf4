"""Losses of two tensors of one shape, as nn.functional has them: a formula of entries, then `reduction`."""

from __future__ import annotations

from typing import Any

from gradcli.message import N_, fault
from gradcli.ops.libraries import Numpy, Torch, TorchTensor
from gradcli.ops.row import Kink, NumpyColumn, Param, Row, ScalarColumn, TorchColumn
from gradcli.ops.words import Scalar, ScalarWords, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, written

REDUCTION = Param("reduction", "text", "mean", ("mean", "sum", "none"), by_name=True)
INPUT, TARGET = Param("input"), Param("target")
_EQUAL = N_("the loss has no derivative where input and target are equal; PyTorch takes 0")


def loss_shape(shape: Shape, reduction: str) -> Shape:
    if reduction == "batchmean" and not shape:
        raise fault("shape", N_("batchmean divides by the size of the first axis, and the tensor is a scalar"))
    return shape if reduction == "none" else ()


def reduce_symbolic(s: Words, x: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return x
    return s.call("sum" if reduction == "sum" else "mean", x, None, False)


def numpy_reduce(n: Numpy, x: Array, reduction: str) -> Array:
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
        return loss_shape(same_shape(name, x, y), values[-1])

    def torch_loss(t: Torch, x: TorchTensor, y: TorchTensor, *values: Any) -> TorchTensor:
        given = {param.name: value for param, value in zip(options, values, strict=False)}
        return getattr(t.nn.functional, name)(x, y, reduction=values[-1], **given)

    def symbolic(s: Words, x: Tensor, y: Tensor, *values: Any) -> Tensor:
        numbers = [s.scalar.number(value) for value in values[:-1]]
        return reduce_symbolic(s, s.each(lambda u, w: entry(s.scalar, u, w, *numbers), x, y), values[-1])

    return Row(
        name,
        "loss",
        doc,
        f"{name}(x, y)",
        takes=(INPUT, TARGET, *options, REDUCTION),
        shape=shape,
        torch=torch or torch_loss,
        numpy=lambda n, x, y, *values: numpy_reduce(n, numpy(n, x, y, *values[:-1]), values[-1]),
        symbolic=symbolic,
        method=False,
        **rest,
    )


def same_shape(name: str, x: Shape, y: Shape) -> Shape:
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
)
# fmt: on
