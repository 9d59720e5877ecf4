"""Topics -> pages. Every number in a page comes out of an answer."""

from __future__ import annotations

from gradcli.explain.page import Topic, ask, conclude, count, grad
from gradcli.message import N_

TOPICS: tuple[Topic, ...] = (
    Topic(
        "weights",
        N_("What is v in y.backward(v)?"),
        (
            N_(
                "y has many entries, and each of them has a gradient of its own. backward gives one gradient, so "
                "they have to be added up, and v says how much each of them counts: v[m] is the weight of y[m]. "
                "That is why v has the shape of y, not of x."
            ),
            N_(
                "PyTorch calls it gradient, grad_tensors or grad_outputs: if y goes on into a loss, v is the "
                "gradient of the loss by y, and backward carries it on to x by the chain rule."
            ),
        ),
        (ask("x**2", x="1,2,3", v="1,10,100"), ask("x**2", x="1,2,3", v="ones", shown=False)),
        conclude(
            N_(
                "With v = [1, 10, 100] the gradient is {grad}: each derivative 2x, times its own weight. "
                "With v = ones it is {ones}."
            ),
            grad=grad(0),
            ones=grad(1),
        ),
        ("v", "gradient", "grad_outputs", "vector"),
    ),
    Topic(
        "sum",
        N_("y.backward(v) is (v*y).sum().backward()"),
        (
            N_(
                "A weighted sum of the entries of y is one number, and its gradient is the weighted sum of their "
                "gradients. So y.backward(v) needs no theory of its own: multiply y by v entry by entry, add "
                "everything up, and take the gradient of that number. v is held constant."
            ),
        ),
        (ask("(x+1)**2", x="1,2", v="3,4", explained=True),),
        conclude(
            N_("Both ways were run above: y.backward(v) and (v*y).sum().backward() leave {grad} in x.grad."),
            grad=grad(0),
        ),
        ("equivalence", "weighted-sum"),
    ),
    Topic(
        "scalar",
        N_("Why does backward() ask for v unless y is a scalar?"),
        (
            N_(
                "The gradient of one number by x has the shape of x: there is nothing to choose, and y.backward() "
                "is y.backward(1). A y of several entries has a gradient for each, and only you know how they are "
                "to be weighed. PyTorch does not guess."
            ),
        ),
        (ask("x**2", x="1,2,3", v="ones"), ask("sum(x**2)", x="1,2,3", shown=False)),
        conclude(
            N_(
                "For y = x**2 with v = ones the answer is {ones}; for its sum, without any v, it is "
                "{total}: the same, for v = ones means the sum."
            ),
            ones=grad(0),
            total=grad(1),
        ),
        ("implicit", "scalar-output"),
    ),
    Topic(
        "accumulate",
        N_(".grad adds up"),
        (
            N_(
                "backward adds its gradient to what .grad already holds. So a second call without zeroing doubles "
                "it, and one loss cut into several backward calls gives the same gradient as their sum. Between "
                "training steps it has to be set to zero: optimizer.zero_grad()."
            ),
        ),
        (ask("(x+1)**2", command="backward", x="eye:2", v="ones", calls=2, retain_graph=True),),
        aliases=("zero-grad", "zero_grad"),
    ),
    Topic(
        "retain-graph",
        N_("Why does a second backward fail?"),
        (
            N_(
                "Going forward, PyTorch keeps the values that backward will need; going backward, it frees them. "
                "x*x keeps x, so a second backward finds nothing and raises; x + 2 keeps nothing, so it can be "
                "repeated. retain_graph=True keeps them for one more call."
            ),
        ),
        (ask("x*x", command="backward", x="3", calls=2),),
        aliases=("second-time", "retain_graph"),
    ),
    Topic(
        "leaf",
        N_("Why is .grad None in the middle?"),
        (
            N_(
                "A leaf is a tensor that you made and that requires a gradient; what is computed from it is not a "
                "leaf. backward leaves .grad only in leaves, for the gradients in between are needed once and then "
                "freed. a.retain_grad() keeps the one of a; gradcli has it as --wrt a, and all of them as gradcli "
                "steps."
            ),
        ),
        (ask("a = 3*x; (a*a).mean()", x="1,2", wrt=("a",)), ask("a = 3*x; (a*a).mean()", x="1,2", shown=False)),
        conclude(
            N_("Here a.grad would be {a} (with a.retain_grad()), while x.grad is {x}."), a=grad(0, "a"), x=grad(1)
        ),
        ("non-leaf", "retain-grad", "retain_grad"),
    ),
    Topic(
        "jacobian",
        N_("What are the dimensions of the Jacobian?"),
        (
            N_(
                "J holds the derivative of every entry of y by every entry of x, so it has the axes of y and then "
                "those of x: y of 2 and x of 2×2 make J 2×2×2. Flattened, it is a matrix with a row for each entry "
                "of y and a column for each entry of x. backward never builds it: it gives one weighted sum of its "
                "rows."
            ),
        ),
        (
            ask("(x**2).sum(1)", x="1,2:3,4", v="ones"),
            ask("(x**2).sum(1)", x="1,2:3,4", v="onehot:0", shown=False),
            ask("(x**2).sum(1)", x="1,2:3,4", v="onehot:1", shown=False),
        ),
        conclude(
            N_(
                "v = onehot:0 picks the first row of J, {first}; v = onehot:1 the second, {second}; v = "
                "ones their sum, {both}."
            ),
            first=grad(1),
            second=grad(2),
            both=grad(0),
        ),
        ("dimensions", "shape"),
    ),
    Topic(
        "vjp-or-jvp",
        N_("v·J or J·t?"),
        (
            N_(
                "v·J is a sum over the outputs: v has the shape of y, the result that of x. This is backward, "
                "reverse mode: one run gives the derivatives of one number by all inputs, which is what training "
                "needs. J·t is a sum over the inputs: t has the shape of x, the result that of y. This is forward "
                "mode: one run tells how all outputs move when x moves along t."
            ),
            N_(
                "For the whole J take the mode with fewer runs: as many as y has entries in reverse mode, as "
                "many as x has in forward mode."
            ),
        ),
        (
            ask("w @ x", w="1,2,3:4,5,6", x="1,1,1", v="1,10", wrt=("x",)),
            ask("w @ x", command="jvp", w="1,2,3:4,5,6", x="1,1,1", t={"x": "1,0,0"}),
        ),
        conclude(N_("Here v is as long as y, 2, and x.grad as long as x, 3: {grad}."), grad=grad(0)),
        ("vjp", "jvp", "forward-mode", "reverse-mode"),
    ),
    Topic(
        "layout",
        N_("A or its transpose? Numerator and denominator layout"),
        (
            N_(
                "For y = A x books write dy/dx = A or A transposed, and both are right: in numerator layout the "
                "rows are the entries of y, in denominator layout those of x. gradcli names the layout wherever it "
                "prints a matrix; its J has the axes of y first (numerator), with --layout denominator those of x."
            ),
        ),
        (ask("A @ x", A="1,2:3,4", x="5,6", v="1,0", wrt=("x",)),),
        conclude(N_("Whatever the layout, x.grad has the shape of x: {grad}."), grad=grad(0)),
        ("numerator", "denominator", "transpose"),
    ),
    Topic(
        "second-order",
        N_("Second derivatives"),
        (
            N_(
                "The gradient is a function of x too, and its Jacobian is the Hessian H. PyTorch gets there by a "
                "backward through backward, create_graph=True. H has the axes of x twice; where only the product "
                "H·t is wanted, gradcli hvp never builds it."
            ),
        ),
        (ask("3*x[0]**2 + 4*x[0]*x[1] + x[1]**2", command="hessian", x="1,1"),),
        aliases=("hessian", "hvp", "create-graph"),
    ),
    Topic(
        "broadcasting",
        N_("The gradient of what was broadcast"),
        (
            N_(
                "Broadcasting uses an entry several times, and the derivatives of all its uses are added up. So "
                "the gradient of a broadcast tensor is summed over the axes it was stretched along, and has its "
                "own shape again. This is why the gradient of a bias is a sum over the batch."
            ),
        ),
        (ask("x + b", x="0,0,0:0,0,0", b="1,1,1", v="1,2,3:4,5,6"),),
        conclude(
            N_(
                "b stands in both rows of y, so b.grad = {b} adds up the rows of v; x stands once in each "
                "place, so x.grad = {x} is v itself."
            ),
            b=grad(0, "b"),
            x=grad(0),
        ),
        ("broadcast", "bias"),
    ),
    Topic(
        "softmax",
        N_("Why is the gradient of softmax zero?"),
        (
            N_(
                "The outputs of softmax add up to 1 whatever x is, so their plain sum does not move: v = ones "
                "gives zero. A loss weighs them differently. The entries of J are s[m]*(delta(i,m) - s[i]), so J "
                "is not diagonal: each output depends on every input of its line."
            ),
        ),
        (ask("softmax(x, dim=0)", x="0.1,2", v="ones"), ask("softmax(x, dim=0)", x="0.1,2", v="onehot:0")),
        conclude(
            N_(
                "With v = ones x.grad is {ones}: zero, up to rounding. With v = onehot:0 it is {one}: the "
                "first row of J, whose entries add up to 0."
            ),
            ones=grad(0),
            one=grad(1),
        ),
    ),
    Topic(
        "kinks",
        N_("Where there is no derivative"),
        (
            N_(
                "At a kink the slopes on both sides differ, and PyTorch picks a value, function by function. "
                "Formulas that are equal everywhere can differ there, for backward follows the steps and not the "
                "function. gradcli says so whenever your numbers hit a kink."
            ),
        ),
        (
            ask("relu(x)", x="0"),
            ask("abs(x)", x="0", shown=False),
            ask("maximum(x, 0)", x="0", shown=False),
            ask("clamp(x, min=0)", x="0", shown=False),
            ask("norm(x)", x="0,0", shown=False),
            ask("sqrt(sum(x**2))", x="0,0", shown=False),
        ),
        conclude(
            N_(
                "PyTorch's choices at x = 0, each run for this page: abs {abs}, relu {relu}, maximum(x, 0) {maximum}, "
                "clamp(x, min=0) {clamp}, norm {norm}, and sqrt(sum(x**2)), which is the same function, {root}."
            ),
            relu=grad(0),
            abs=grad(1),
            maximum=grad(2),
            clamp=grad(3),
            norm=grad(4),
            root=grad(5),
        ),
        ("kink", "relu", "subgradient", "nan"),
    ),
    Topic(
        "mean",
        N_("sum or mean?"),
        (N_("A mean is the sum divided by the number of entries N, and so is its gradient: every entry counts 1/N."),),
        (ask("sum(x**2)", x="0,1,2,3", shown=False), ask("mean(x**2)", x="0,1,2,3")),
        conclude(
            N_(
                "sum gives {total}, mean gives {mean}: the same divided by the number of entries, {count}. "
                "A learning rate found for one is wrong for the other."
            ),
            total=grad(0),
            mean=grad(1),
            count=count(1),
        ),
    ),
    Topic(
        "matmul",
        N_("The gradient of a linear layer"),
        (
            N_(
                "y = x @ w.T is what nn.Linear computes. dy[m,n]/dw[k,l] is x[m,l] where n = k, else 0; "
                "summed with v over m and n this is v.T @ x. "
                "The transposes are bookkeeping: the sum runs over the axis that v and the other factor share."
            ),
        ),
        (ask("x @ w.T", x="1,2:3,4", w="1,0:0,1:1,1", v="ones"),),
        conclude(
            N_(
                "x.grad = v @ w = {x} and w.grad = v.T @ x = {w}: the only products of v with the other "
                "factor that have the right shapes."
            ),
            x=grad(0),
            w=grad(0, "w"),
        ),
        ("linear", "weight-matrix"),
    ),
    Topic(
        "where",
        N_("The nan that where() lets through"),
        (
            N_(
                "where(c, a, b) computes both a and b and picks. Backward gives the branch that was not "
                "picked the gradient 0, and goes on through it: "
                "0 times the infinite slope of a sqrt is nan. The formula has only the branch that was picked."
            ),
        ),
        (
            ask("where(x > 0, sqrt(x), x)", x="-1,4"),
            ask("where(x > 0, sqrt(where(x > 0, x, 1)), x)", x="-1,4", shown=False),
        ),
        conclude(
            N_(
                "With the argument of sqrt made harmless first, where(x > 0, sqrt(where(x > 0, x, 1)), x), "
                "PyTorch gives {safe}."
            ),
            safe=grad(1),
        ),
    ),
    Topic(
        "detach",
        N_("What detach() cuts"),
        (
            N_(
                "x.detach() has the value of x and is a constant for backward: no gradient flows through it. "
                "Comparisons, argmax and rounding cut the graph too, or have the derivative 0."
            ),
        ),
        (ask("x*x.detach()", x="1,2,3", v="ones"), ask("x*x", x="1,2,3", v="ones", shown=False)),
        conclude(
            N_("x*x.detach() has the gradient {part}, x itself, for only the first factor moves; x*x has {whole}."),
            part=grad(0),
            whole=grad(1),
        ),
        ("no_grad", "constant"),
    ),
)


def topic(word: str) -> Topic | None:
    """The topic of that name or alias."""
    bare = "-".join(word.lower().split())
    return next((t for t in TOPICS if bare in (t.name, *t.aliases)), None)
