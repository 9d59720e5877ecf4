"""PyTorch's error messages -> pages: what each means here, with a live example of the computation as it was meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

from gradcli.explain.page import Topic, ask, conclude, grad
from gradcli.message import N_, message
from gradcli.shapes import Shape, size, written

ALIKE = 0.6
"""How alike a text and a known message have to be, where no pattern finds it."""
SMALL = 64
"""An example takes the shapes of the message if they have no more entries."""


@dataclass(frozen=True, slots=True)
class KnownError:
    """One message: as PyTorch words it, a pattern that finds it and its variants, and the page, or what makes the page
    of a match."""

    text: str
    pattern: str
    page: Topic | Callable[[re.Match[str] | None], Topic]

    def about(self, match: re.Match[str] | None) -> Topic:
        """The page, with what the message says of shapes."""
        return self.page if isinstance(self.page, Topic) else self.page(match)


def page_for(text: str) -> Topic | None:
    """The page for a pasted message, or None."""
    bare = " ".join(text.split())
    for error in KNOWN:
        match = re.search(error.pattern, bare, re.IGNORECASE)
        if match is not None:
            return error.about(match)
    if len(bare) < 15:
        return None
    likeness, best = max(
        ((SequenceMatcher(None, bare.lower(), k.text.lower()).ratio(), n) for n, k in enumerate(KNOWN))
    )
    return KNOWN[best].about(None) if likeness >= ALIKE else None


def _mismatch(match: re.Match[str] | None) -> Topic:
    v_shape, y_shape = (_shape(match["given"]), _shape(match["wanted"])) if match and match["given"] else ((2,), (3,))
    small_shape = y_shape if 0 < size(y_shape) <= SMALL else (3,)
    return Topic(
        "error-mismatch",
        N_("Mismatch in shape: grad_output and output"),
        (
            message(
                N_(
                    "v was {given}, and y is {wanted}. v holds one weight for each entry of y, so it must have y's "
                    "shape, {wanted}; it never has x's shape, unless x and y happen to be of one shape, and it is not "
                    "broadcast."
                ),
                given=written(v_shape),
                wanted=written(y_shape),
            ),
        ),
        (ask("x**2", x=f"ones:{'x'.join(map(str, small_shape))}", v="ones"),),
    )


def _sizes(match: re.Match[str] | None) -> Topic:
    a, b = (_shape(match["a"]), _shape(match["b"])) if match and match["a"] else ((2, 3), (2, 3))
    right = len(a) == len(b) == 2 and a[1] == b[1] and size(a) <= SMALL and size(b) <= SMALL
    ones = (
        {"x": f"ones:{'x'.join(map(str, a))}", "w": f"ones:{'x'.join(map(str, b))}"}
        if right
        else {"x": "ones:2x3", "w": "ones:4x3"}
    )
    return Topic(
        "error-matmul",
        N_("mat1 and mat2 shapes cannot be multiplied"),
        (
            message(
                N_(
                    "The left matrix is {a} and the right one {b}; in x @ w the columns of x meet the rows of w, and "
                    "these numbers must be equal. Often one of them wants to be transposed: x @ w.T."
                ),
                a=written(a),
                b=written(b),
            ),
        ),
        (ask("x @ w.T", v="ones", x=ones["x"], w=ones["w"]),),
    )


def _broadcast(match: re.Match[str] | None) -> Topic:
    a, b = (match["m"], match["n"]) if match and match["m"] else ("3", "4")
    return Topic(
        "error-broadcast",
        N_("The size of tensor a must match the size of tensor b"),
        (
            message(
                N_(
                    "Shapes are compared from the last axis backwards; two sizes fit if they are equal or one of them "
                    "is 1. Here {a} meets {b}. An axis of size 1 is made with x[:, None] or x.unsqueeze(0)."
                ),
                a=a,
                b=b,
            ),
        ),
        (ask("x[:, None] + w", x="1,2,3", w="1,2", v="ones"),),
        conclude(
            N_("With x[:, None] the sum is 3×2, and each entry of x is used twice: x.grad = {grad}."), grad=grad(0)
        ),
    )


def _shape(text: str) -> Shape:
    return tuple(int(n) for n in re.findall(r"\d+", text))


_SIZE = r"torch\.Size\((?P<{}>\[[^\]]*\])\)"
KNOWN: tuple[KnownError, ...] = (
    KnownError(
        "grad can be implicitly created only for scalar outputs",
        r"implicitly created only for (scalar|real)",
        Topic(
            "error-implicit",
            N_("grad can be implicitly created only for scalar outputs"),
            (
                N_(
                    "y has more than one entry, and each has a gradient of its own. backward() without an "
                    "argument means v = 1, which fits only a single number. "
                    "Say how the entries are weighed: y.backward(v) with v of the shape of y."
                ),
                N_(
                    "If y is a loss, it was meant to be one number: take loss.mean() or loss.sum() first. The usual "
                    "cause is a loss with reduction='none', or one loss for each device."
                ),
            ),
            (ask("x**2", x="1,2,3", v="ones"), ask("mean(x**2)", x="1,2,3")),
            conclude(N_("v = ones, the sum, gives {ones}; the mean gives {mean}."), ones=grad(0), mean=grad(1)),
        ),
    ),
    KnownError(
        "Mismatch in shape: grad_output[0] has a shape of torch.Size([4, 5]) and output[0] has a shape of "
        "torch.Size([5, 5]).",
        rf"mismatch in shape: grad_output.*?(?:{_SIZE.format('given')}.*?{_SIZE.format('wanted')}|$)",
        _mismatch,
    ),
    KnownError(
        "Trying to backward through the graph a second time",
        r"backward through the graph a second time|saved (tensors|intermediate).*freed",
        Topic(
            "error-second-time",
            N_("Trying to backward through the graph a second time"),
            (
                N_(
                    "backward frees the values that it saved going forward, so the same graph can be gone through "
                    "once. Either compute y again before the second backward, or call the first one with "
                    "retain_graph=True; then both gradients add up in .grad."
                ),
                N_(
                    "In a training loop the usual cause is a tensor that is carried from one round to the next "
                    "with its history: cut it with .detach()."
                ),
            ),
            (
                ask("x*x", command="backward", x="3", calls=2),
                ask("x*x", command="backward", x="3", calls=2, retain_graph=True),
            ),
        ),
    ),
    KnownError(
        "Only Tensors of floating point and complex dtype can require gradients",
        r"only tensors of floating point",
        Topic(
            "error-floating",
            N_("Only Tensors of floating point and complex dtype can require gradients"),
            (
                N_(
                    "A derivative asks what happens when x moves by a little, and a whole number cannot. "
                    "torch.tensor([1, 2, 3]) holds integers; torch.tensor([1., 2., 3.]) or x.float() does not. Indices "
                    "and class numbers have no gradient, and need none."
                ),
            ),
            (ask("x**2", x="1,2,3", v="ones"),),
            conclude(N_("gradcli takes the numbers you give as floats: x.grad = {grad}."), grad=grad(0)),
        ),
    ),
    KnownError(
        "element 0 of tensors does not require grad and does not have a grad_fn",
        r"does not require grad and does not have a grad_fn",
        Topic(
            "error-no-grad",
            N_("element 0 of tensors does not require grad and does not have a grad_fn"),
            (
                N_(
                    "y does not hang together with anything that requires a gradient. Either no input has "
                    "requires_grad=True, or the way from x to y was cut: by .detach(), .item(), .numpy(), "
                    "torch.no_grad(), a comparison, argmax, or by making a new tensor with torch.tensor(...)."
                ),
            ),
            (ask("x.detach()**2", x="1,2,3", v="ones"), ask("x**2", x="1,2,3", v="ones", shown=False)),
            conclude(N_("Cut off, x.grad is {cut}; without detach it is {whole}."), cut=grad(0), whole=grad(1)),
        ),
    ),
    KnownError(
        "a leaf Variable that requires grad is being used in an in-place operation.",
        r"leaf variable that requires grad.*in-?place|view of a leaf variable",
        Topic(
            "error-leaf-in-place",
            N_("a leaf Variable that requires grad is being used in an in-place operation"),
            (
                N_(
                    "x += 1, x[0] = 0 or x.add_(1) would overwrite the very values by which the gradient is "
                    "asked. Write x = x + 1, which makes a new tensor; "
                    "or, to update a parameter without recording it, do it under torch.no_grad()."
                ),
            ),
            (ask("a = x + 1; a**2", x="1,2,3", v="ones"),),
            conclude(
                N_("The step without in-place, a = x + 1, is differentiated like any other: x.grad = {grad}."),
                grad=grad(0),
            ),
        ),
    ),
    KnownError(
        "one of the variables needed for gradient computation has been modified by an inplace operation",
        r"modified by an in-?place operation",
        Topic(
            "error-in-place",
            N_("one of the variables needed for gradient computation has been modified by an inplace operation"),
            (
                N_(
                    "A value that backward needs was overwritten after it was saved: exp keeps its result, a "
                    "product keeps both factors. "
                    "Replace the in-place step (y += 1, y[0] = 0, relu_) by one that makes a new tensor."
                ),
            ),
            (ask("a = exp(x); b = a + 1; a*b", x="0,1", v="ones"),),
        ),
    ),
    KnownError(
        "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
        r"shapes cannot be multiplied(?: \((?P<a>\d+x\d+) and (?P<b>\d+x\d+)\))?"
        r"|mat1 dim 1 must match mat2 dim 0|size mismatch, m1",
        _sizes,
    ),
    KnownError(
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
        "populated during autograd.backward().",
        r"tensor that is not a leaf|\.grad attribute .*(won't|not) be populated",
        Topic(
            "error-non-leaf",
            N_("The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"),
            (
                N_(
                    "backward leaves .grad only in leaves: tensors that you made with requires_grad=True. What "
                    "is computed from them has .grad None, unless "
                    "a.retain_grad() was called before backward. x.to(device) or x*2 makes a tensor that is no leaf."
                ),
            ),
            (ask("a = 3*x; (a*a).mean()", x="1,2", wrt=("a",)),),
            conclude(
                N_("--wrt a shows what a.grad would be: {grad}. gradcli steps shows every one."), grad=grad(0, "a")
            ),
        ),
    ),
    KnownError(
        "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True",
        r"not have been used in the graph",
        Topic(
            "error-unused",
            N_("One of the differentiated Tensors appears to not have been used in the graph"),
            (
                N_(
                    "y was computed without this tensor, or from a copy of it made before. Its gradient is zero; "
                    "torch.autograd.grad raises instead, unless allow_unused=True, and then gives None."
                ),
            ),
            (ask("sum(x**2) + 0*sum(w)", x="1,2", w="3,4"),),
            conclude(N_("w is there but has no effect: w.grad = {grad}."), grad=grad(0, "w")),
        ),
    ),
    KnownError(
        "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0",
        r"size of tensor a(?: \((?P<m>\d+)\))? must match the size of tensor b(?: \((?P<n>\d+)\))?",
        _broadcast,
    ),
)
