# bash completion for gradcli (bash 3.2 or later). Written by  gradcli completions bash ; no Python is started.

_gradcli_commands() {
    REPLY='vjp	what y.backward(v) leaves in .grad: the Jacobian, the vector-Jacobian product, and why
jvp	J*t: how y moves when x moves along t
jacobian	the whole Jacobian: formula, entries, numbers, and a picture of where it can be non-zero
grad	the gradient of a scalar, and its higher partial derivatives
hessian	every second derivative of a scalar, the mixed ones between variables too
hvp	H*t: how the gradient moves when x moves along t, without the Hessian
check	is my answer right? says which mistake a wrong one looks like
backward	what several .backward() calls leave in .grad, and PyTorch'\''s own errors explained
steps	the chain rule value by value: local derivative, incoming and outgoing gradient
plot	the function and its derivative over a range, in the terminal or as a picture
code	the same computation as a script: PyTorch, JAX, or NumPy with the closed form
graph	the computation graph as DOT, Mermaid or SVG, with PyTorch'\''s grad_fn names
explain	a topic, or a pasted PyTorch error message, explained on a small live example
functions	every function: meaning, parameters, shapes, derivative, kinks, with an example that is run
batch	one question a line, JSON in and JSON out
completions	the script that completes commands, options and variables in bash, zsh or fish'
}

_gradcli_positional() {
    REPLY=
    case $1 in
        vjp|jvp|jacobian|grad|hessian|hvp|check|backward|steps|plot|code|graph)
            REPLY='expression' ;;
        explain)
            REPLY='topic' ;;
        functions)
            REPLY='name' ;;
        batch)
            REPLY='file' ;;
        completions)
            REPLY='shell' ;;
    esac
}

_gradcli_variables() {
    REPLY=
    case $1 in
        vjp|jvp|jacobian|grad|hessian|hvp|check|backward|steps|plot|code|graph)
            REPLY='yes' ;;
    esac
}

_gradcli_options() {
    REPLY=
    case $1 in
        vjp)
            REPLY='--v	the weighting vector v, of the output'\''s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--layout	whose axes come first in a Jacobian: the output'\''s (numerator, the default) or the input'\''s (denominator)
--strict	refuse to guess v = ones for an output that is not a scalar, as PyTorch does
--entries	write out every entry of the Jacobian, however many
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch'\''s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        jvp)
            REPLY='--t	the tangent t: a direction of the inputs, as x=TENSOR (repeatable), or a tensor where one variable moves
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch'\''s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        jacobian)
            REPLY='--wrt	variables to differentiate, as x,w (default: all inputs)
--layout	whose axes come first in a Jacobian: the output'\''s (numerator, the default) or the input'\''s (denominator)
--flat	print the flattened Jacobian, a matrix
--plot	draw the flattened Jacobian: its heat map, and where it can be non-zero
--entries	write out every entry of the Jacobian, however many
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch'\''s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        grad)
            REPLY='--wrt	variables to differentiate, as x,w (default: all inputs)
--order	all partial derivatives of that order
--layout	whose axes come first in a Jacobian: the output'\''s (numerator, the default) or the input'\''s (denominator)
--entries	write out every entry of the Jacobian, however many
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch'\''s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        hessian)
            REPLY='--v	the weighting vector v, of the output'\''s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--entries	write out every entry of the Jacobian, however many
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch'\''s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        hvp)
            REPLY='--t	the tangent t: a direction of the inputs, as x=TENSOR (repeatable), or a tensor where one variable moves
--v	the weighting vector v, of the output'\''s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch'\''s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        check)
            REPLY='--answer	the answer to be checked: a formula over the inputs and v, or a tensor
--of	what the answer is said to be
--v	the weighting vector v, of the output'\''s shape
--t	the tangent t: a direction of the inputs, as x=TENSOR (repeatable), or a tensor where one variable moves
--wrt	variables to differentiate, as x,w (default: all inputs)
--layout	whose axes come first in a Jacobian: the output'\''s (numerator, the default) or the input'\''s (denominator)
--rtol	how far a right answer may be off, relative to the entry
--atol	how far a right answer may be off, in all
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        backward)
            REPLY='--v	the weighting vector v, of the output'\''s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--calls	how many times .backward() is called
--retain-graph	call .backward(retain_graph=True)
--zero-grad	set .grad to zero before each call
--numeric-only	PyTorch'\''s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        steps)
            REPLY='--v	the weighting vector v, of the output'\''s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--layout	whose axes come first in a Jacobian: the output'\''s (numerator, the default) or the input'\''s (denominator)
--strict	refuse to guess v = ones for an output that is not a scalar, as PyTorch does
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        plot)
            REPLY='--order	all partial derivatives of that order
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        code)
            REPLY='--to	what is written: torch, jax or numpy by code; dot, mermaid or svg by graph
--v	the weighting vector v, of the output'\''s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--strict	refuse to guess v = ones for an output that is not a scalar, as PyTorch does
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        graph)
            REPLY='--to	what is written: torch, jax or numpy by code; dot, mermaid or svg by graph
--wrt	variables to differentiate, as x,w (default: all inputs)
--dtype	the numbers'\'' type
--seed	the seed of rand and randn
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples' ;;
        explain|functions)
            REPLY='--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale'\''s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--help	what the command takes, with examples' ;;
        batch)
            REPLY='--jobs	how many processes answer
--timeout	seconds for one record; past it the record fails and the rest goes on
--allow-files	let records read files in the working directory and below
--help	what the command takes, with examples' ;;
        completions)
            REPLY='--help	what the command takes, with examples' ;;
    esac
}

_gradcli_takes() {
    REPLY=
    case $1 in
        *:--v)
            REPLY='weights' ;;
        *:--wrt)
            REPLY='names' ;;
        *:--layout)
            REPLY='words numerator denominator' ;;
        *:--strict|*:--entries|*:--symbolic-only|*:--numeric-only|*:--quiet|*:--full|*:--no-color|*:--flat|*:--plot|*:--retain-graph|*:--zero-grad|*:--allow-files|*:--help)
            REPLY='flag' ;;
        *:--device)
            REPLY='words cpu cuda' ;;
        *:--max-elements|*:--seed|*:--time-limit|*:--precision|*:--order|*:--rtol|*:--atol|*:--calls|*:--jobs|*:--timeout)
            REPLY='nothing' ;;
        *:--dtype)
            REPLY='words float64 float32' ;;
        *:--format)
            REPLY='words text json latex markdown html' ;;
        *:--output)
            REPLY='file' ;;
        *:--lang)
            REPLY='words en zh ru' ;;
        *:--t)
            REPLY='tangent' ;;
        *:--answer)
            REPLY='tensor' ;;
        *:--of)
            REPLY='words vjp grad jacobian hessian jvp' ;;
        code:--to)
            REPLY='words torch jax numpy' ;;
        graph:--to)
            REPLY='words dot mermaid svg' ;;
        *:--let)
            REPLY='binding' ;;
    esac
}

_gradcli_functions() {
    REPLY='add	the sum, x + y
sub	the difference, x - y
mul	the product, x*y
div	the quotient, x/y
neg	the negative, -x
clone	x itself: a copy, or x laid out anew in memory
detach	x as a constant: its value stays, its derivative is 0
reciprocal	1/x
square	x squared
addcmul	x + value*y*z
addcdiv	x + value*y/z
lerp	the point between x and y at the given share of the way, x + weight*(y - x)
pow	x to the power y
sqrt	the square root
rsqrt	1 over the square root
exp	e to the power x
exp2	2 to the power x
expm1	e^x - 1, exact near 0
log	the natural logarithm
log2	the logarithm to base 2
log10	the logarithm to base 10
log1p	log(1 + x), exact near 0
logaddexp	log(e^x + e^y), without overflow
logaddexp2	log2(2^x + 2^y), without overflow
sin	the sine
cos	the cosine
tan	the tangent
asin	the arc sine
acos	the arc cosine
atan	the arc tangent
atan2	the angle of the point (y, x) seen from the origin: atan(x/y) in the right quadrant
sinh	the hyperbolic sine
cosh	the hyperbolic cosine
tanh	the hyperbolic tangent
asinh	the inverse hyperbolic sine
acosh	the inverse hyperbolic cosine
atanh	the inverse hyperbolic tangent
deg2rad	degrees as radians
rad2deg	radians as degrees
hypot	the length of the vector (x, y), without overflow
abs	the absolute value
sign	-1, 0 or 1 as x is negative, zero or positive
copysign	the size of x with the sign of y
maximum	the larger of x and y
minimum	the smaller of x and y
fmax	the larger of x and y; a nan gives way to the other
fmin	the smaller of x and y; a nan gives way to the other
clamp	x kept between min and max
clamp_min	x, but at least min
clamp_max	x, but at most max
where	x where the condition holds (is not 0), else y
floor	x rounded down
ceil	x rounded up
round	x rounded to the nearest whole number, halves to the even one
trunc	x rounded towards 0
frac	what trunc leaves of x, with its sign
fmod	what is left of x after division by y, with the sign of x
remainder	what is left of x after division by y, with the sign of y (Python'\''s x % y)
floor_divide	x/y rounded down (Python'\''s x // y)
sigmoid	the logistic function, 1/(1 + e^-x)
logsigmoid	the logarithm of sigmoid
softplus	a smooth relu, log(1 + e^(beta*x))/beta
silu	x times sigmoid(x), also called swish
gelu	x times the normal distribution function of x
mish	x times tanh(softplus(x))
softsign	x/(1 + |x|)
tanhshrink	x - tanh(x)
celu	x where positive, else alpha*(e^(x/alpha) - 1): elu without a kink
relu	x where x is positive, else 0
leaky_relu	x where x is positive, else negative_slope*x
prelu	x where x is positive, else weight*x; one weight, or one for each column
elu	x where x is positive, else alpha*(e^x - 1)
selu	elu with the two constants that keep mean 0 and variance 1
threshold	x where x is above the threshold, else value
relu6	x kept between 0 and 6
hardtanh	x kept between min_val and max_val
hardsigmoid	x/6 + 1/2 kept between 0 and 1
hardswish	x times hardsigmoid(x)
hardshrink	x where |x| is above lambd, else 0
softshrink	x moved towards 0 by lambd, and 0 where |x| is at most lambd
xlogy	x*log(y), and 0 where x is 0
xlog1py	x*log(1 + y), and 0 where x is 0
entr	the entropy -x*log(x), and 0 at 0
logit	log(x/(1 - x)), the inverse of sigmoid; with eps, x is first kept in [eps, 1 - eps]
sinc	sin(pi*x)/(pi*x), and 1 at 0
erf	the error function
erfc	1 - erf(x), exact in the tail
erfcx	e^(x^2)*erfc(x), without underflow
erfinv	the inverse of erf
ndtr	the distribution function of the standard normal distribution
log_ndtr	the logarithm of ndtr
ndtri	the inverse of ndtr: quantiles of the standard normal distribution
lgamma	the logarithm of the gamma function'\''s size
multigammaln	the logarithm of the gamma function of p dimensions
digamma	the derivative of lgamma
polygamma	the n-th derivative of digamma
i0	the modified Bessel function of order 0
i1	the modified Bessel function of order 1
i0e	e^-|x|*i0(x), without overflow
i1e	e^-|x|*i1(x), without overflow
gt	1 where x > y, else 0
ge	1 where x >= y, else 0
lt	1 where x < y, else 0
le	1 where x <= y, else 0
eq	1 where x equals y, else 0
ne	1 where x differs from y, else 0
logical_and	1 where both hold (x & y), else 0
logical_or	1 where at least one holds (x | y), else 0
logical_xor	1 where exactly one holds, else 0
logical_not	1 where x does not hold (~x), else 0
isnan	1 where x is not a number, else 0
isinf	1 where x is inf or -inf, else 0
isfinite	1 where x is an ordinary number, else 0
sum	the sum over axes (all of them without dim)
mean	the mean over axes (all of them without dim)
prod	the product over an axis (all of them without dim)
cumsum	sums of the first entries along an axis
cumprod	products of the first entries along an axis
var	the variance; correction=1 divides by n - 1
std	the standard deviation; correction=1 divides by n - 1
norm	the p-norm of the entries, p = 2 unless given
amax	the largest entry over axes; ties share the gradient
amin	the smallest entry over axes; ties share the gradient
argmax	where the largest entry is; it has no derivative
argmin	where the smallest entry is; it has no derivative
max	the largest entry; with dim, of each line along it (its value, not its place)
min	the smallest entry; with dim, of each line along it (its value, not its place)
softmax	e^x over its sum along an axis
softmin	softmax of -x
log_softmax	the logarithm of softmax
logsumexp	log of the sum of e^x over axes
matmul	the product of matrices, vectors or batches of matrices: a @ b
mm	the product of two matrices
mv	a matrix times a vector
bmm	the product of two batches of matrices
dot	the inner product of two vectors
inner	products summed over the last axis of both
outer	all products of two vectors'\'' entries
einsum	a sum of products, written with one letter an axis
kron	the Kronecker product
cross	the cross product of vectors of size 3, along dim or the first axis of that size
trace	the sum of a matrix'\''s diagonal
det	the determinant
logdet	the logarithm of the determinant (nan where it is negative)
slogdet	the pair [sign, log|det|]; slogdet(A)[1] is the logarithm
logabsdet	the logarithm of the determinant'\''s magnitude
sign_det	the sign of the determinant
inv	the inverse matrix
solve	the x with A @ x = b
cholesky	the lower triangular L with L @ L.T = A
matrix_power	a square matrix times itself, n times
index	entries picked by numbers, slices, None, ... and lists
T	the transpose: all axes in reverse
t	the transpose of a matrix
mT	the transpose of the last two axes
transpose	two axes exchanged
permute	the axes in another order
reshape	the same entries, row by row, in another shape
flatten	axes joined into one
squeeze	axes of size 1 taken out
unsqueeze	a new axis of size 1
expand	axes of size 1 repeated to the sizes given
expand_as	axes of size 1 repeated to another tensor'\''s shape
reshape_as	the same entries, row by row, in another tensor'\''s shape
repeat	the tensor laid next to itself
tile	the tensor laid next to itself along its last axes
repeat_interleave	each entry repeated, along an axis or in one row of all entries
cat	tensors joined along an axis they have
stack	tensors of one shape joined along a new axis
flip	axes reversed
roll	entries shifted round along axes
diag	a vector as a diagonal matrix, or a matrix'\''s diagonal
diagonal	the diagonals of two axes, along a new last axis
diag_embed	the last axis laid on the diagonal of two new axes, 0 elsewhere
tril	the lower triangle, zero above the diagonal
triu	the upper triangle, zero below the diagonal
mse_loss	the mean of squared differences
l1_loss	the mean of absolute differences
smooth_l1_loss	squared where the difference is below beta, absolute beyond
huber_loss	half the square where the difference is below delta, linear beyond
binary_cross_entropy	-(y log x + (1 - y) log(1 - x)) for probabilities x
binary_cross_entropy_with_logits	binary cross-entropy of sigmoid(x), computed without overflow
soft_margin_loss	log(1 + exp(-y x)) for labels y of 1 and -1
cross_entropy	-log softmax at the target class (or averaged with target probabilities)
nll_loss	-x at the target class, for x that holds log-probabilities
kl_div	y (log y - x) for log-probabilities x and probabilities y
linear	x @ w.T + b, as nn.Linear has it
layer_norm	x minus its mean, over its standard deviation, along the last axes
standardize	layer_norm over the given axes, without weights
spread	the square root of variance plus eps over the given axes, which are kept
conv1d	cross-correlation along the last axis, as PyTorch has it
cosine_similarity	the inner product over the product of the norms
normalize	x over its norm along an axis
one_hot	1 at the class, 0 elsewhere, along a new last axis
eye	the identity matrix
ones	a tensor of ones
zeros	a tensor of zeros
full	a tensor filled with one number
arange	numbers from start up to, not including, end
linspace	numbers evenly spaced from start to end, both included
ones_like	ones in the shape of a tensor
zeros_like	zeros in the shape of a tensor
full_like	one number in the shape of a tensor
tensor	the tensor itself: torch.tensor([1, 2]) as it is written in PyTorch
rand	numbers drawn evenly from 0 to 1, by --seed
randn	numbers drawn from the standard normal distribution, by --seed'
}

_gradcli_topics() {
    REPLY='weights	What is v in y.backward(v)?
sum	y.backward(v) is (v*y).sum().backward()
scalar	Why does backward() ask for v unless y is a scalar?
accumulate	.grad adds up
retain-graph	Why does a second backward fail?
leaf	Why is .grad None in the middle?
jacobian	What are the dimensions of the Jacobian?
vjp-or-jvp	v·J or J·t?
layout	A or its transpose? Numerator and denominator layout
second-order	Second derivatives
broadcasting	The gradient of what was broadcast
softmax	Why is the gradient of softmax zero?
kinks	Where there is no derivative
mean	sum or mean?
matmul	The gradient of a linear layer
where	The nan that where() lets through
detach	What detach() cuts'
}

_gradcli_not_variables() {
    REPLY='pi e inf nan torch np numpy math F True False None while if and or not'
}

_gradcli_constructors() {
    REPLY='eye: ones: zeros: full: linspace: arange: rand: randn:'
}

# The line up to the cursor -> _words, without their quotes; the last one is being typed. _open: it is inside a quote,
# and _before is what stands before that quote.
_gradcli_split() {
    local rest=${COMP_LINE:0:COMP_POINT} word= begun=
    local blank='^[[:space:]]+' double='^"(([^"\]|\\.)*)("?)' single="^'([^']*)('?)" escaped='^\\(.)' plain="^[^[:space:]\"'\\]+"
    local LC_ALL=C
    _words=() _open= _before=
    while [[ -n $rest ]]; do
        if [[ $rest =~ $blank ]]; then
            [[ -n $begun ]] && _words+=("$word")
            word= begun=
        elif [[ $rest =~ $double ]]; then
            [[ -z ${BASH_REMATCH[3]} ]] && _open='"' _before=$word
            word+=${BASH_REMATCH[1]} begun=1
        elif [[ $rest =~ $single ]]; then
            [[ -z ${BASH_REMATCH[2]} ]] && _open="'" _before=$word
            word+=${BASH_REMATCH[1]} begun=1
        elif [[ $rest =~ $escaped ]]; then
            word+=${BASH_REMATCH[1]} begun=1
        elif [[ $rest =~ $plain ]]; then
            word+=${BASH_REMATCH[0]} begun=1
        else
            rest=
        fi
        rest=${rest:${#BASH_REMATCH[0]}}
    done
    _words+=("$word")
}

# The variables of an expression -> _names: its names that are neither called, nor assigned, nor known.
_gradcli_names() {
    local rest=$1 REPLY kept known=' ' assigned=' ' name
    local string="^(\"[^\"]*\"|'[^']*')" number='^[0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?' member='^\.[[:space:]]*[A-Za-z_][A-Za-z0-9_]*'
    local word="^[^][(){}<>+*/%^@&|~,;:!?=.#\$\"'\`\\[:space:]0-9-][^][(){}<>+*/%^@&|~,;:!?=.#\$\"'\`\\[:space:]-]*"
    local called='^[[:space:]]*\(' given='^[[:space:]]*=([^=]|$)' LC_ALL=C
    _gradcli_not_variables
    known+="$REPLY "
    _names=()
    while [[ -n $rest ]]; do
        if [[ $rest =~ $string || $rest =~ $number || $rest =~ $member ]]; then
            rest=${rest:${#BASH_REMATCH[0]}}
        elif [[ $rest =~ $word ]]; then
            name=${BASH_REMATCH[0]} rest=${rest:${#BASH_REMATCH[0]}}
            if [[ $rest =~ $given ]]; then
                assigned+="$name "
            elif [[ ! $rest =~ $called && $known$assigned != *" $name "* ]]; then
                _names+=("$name")
                known+="$name "
            fi
        else
            rest=${rest:1}
        fi
    done
}

# Every offer is a word that may be typed; one that is whole ends in a blank.
_gradcli_offer_lines() {
    local line
    while IFS= read -r line; do
        _offers+=("${line%%$'\t'*} ")
    done <<<"$1"
}

_gradcli_offer_files() {
    local path quoted
    while IFS= read -r path; do
        if [[ -n $_open ]]; then quoted=$path; else printf -v quoted %q "$path"; fi
        if [[ -d $path ]]; then _offers+=("$1$quoted/"); else _offers+=("$1$quoted "); fi
    done < <(compgen -f -- "$2")
}

_gradcli_offer_tensor() {
    local prefix=$1 typed=$2 REPLY word
    case $typed in
        @*) _gradcli_offer_files "$prefix@" "${typed:1}" ;;
        file:*) _gradcli_offer_files "${prefix}file:" "${typed:5}" ;;
        *)
            _gradcli_constructors
            for word in $REPLY @; do _offers+=("$prefix$word"); done ;;
    esac
}

# What may stand behind an option: what the option takes, what comes before the value in this word, and the value.
_gradcli_offer_value() {
    local prefix=$2 typed=$3 word
    case $1 in
        words*) for word in ${1#words }; do _offers+=("$prefix$word "); done ;;
        file) _gradcli_offer_files "$prefix" "$typed" ;;
        names)
            [[ $typed == *,* ]] && prefix=$prefix${typed%,*},
            for word in "${_names[@]}"; do _offers+=("$prefix$word"); done ;;
        weights)
            _offers+=("${prefix}ones " "${prefix}onehot:")
            for word in "${_names[@]}"; do _offers+=("$prefix$word "); done
            _gradcli_offer_tensor "$prefix" "$typed" ;;
        tangent | binding)
            if [[ $typed == *=* ]]; then
                _gradcli_offer_tensor "$prefix${typed%%=*}=" "${typed#*=}"
            else
                for word in "${_names[@]}"; do _offers+=("$prefix$word="); done
                [[ $1 == tangent ]] && _gradcli_offer_tensor "$prefix" "$typed"
            fi ;;
        tensor) _gradcli_offer_tensor "$prefix" "$typed" ;;
    esac
}

# What an option takes; one that is not declared is a variable.
_gradcli_taken() {
    _gradcli_options "$1"
    if [[ $'\n'$REPLY == *$'\n'"$2"$'\t'* ]]; then
        _gradcli_takes "$1:$2"
    else
        _gradcli_variables "$1"
        REPLY=${REPLY:+tensor}
    fi
}

_gradcli_offer_positional() {
    local REPLY
    _gradcli_positional "$1"
    case $REPLY in
        name) _gradcli_functions; _gradcli_offer_lines "$REPLY" ;;
        topic) _gradcli_topics; _gradcli_offer_lines "$REPLY" ;;
        shell) _offers+=('bash ' 'zsh ' 'fish ') ;;
        file) _gradcli_offer_files '' "$2" ;;
        *) [[ $2 == @* ]] && _gradcli_offer_files @ "${2:1}" ;;
    esac
}

_gradcli_offer_variables() {
    local name
    for name in "${_names[@]}"; do
        [[ $_given == *" $name "* ]] || _offers+=("$1$name$2")
    done
}

_gradcli_offer() {
    local command=${_words[1]} typed=$1 last=$((${#_words[@]} - 1)) at=2 taken= word expression= read=
    local option='^--[A-Za-z_][A-Za-z0-9_-]*$' joined='^--[A-Za-z_][A-Za-z0-9_-]*=' binding='^[A-Za-z_][A-Za-z0-9_]*=($|[^=])' REPLY _given=' ' _names
    while ((at < last)); do
        word=${_words[at]} at=$((at + 1))
        if [[ -n $taken ]]; then
            [[ $taken == binding ]] && _given+="${word%%=*} "
            taken=
        elif [[ $word =~ $joined ]]; then
            word=${word%%=*} _given+="${word#--} "
        elif [[ $word =~ $option ]]; then
            _given+="${word#--} "
            _gradcli_taken "$command" "$word"
            taken=${REPLY#flag}
        elif [[ -z $read ]]; then
            expression=$word read=1
        elif [[ $word =~ $binding ]]; then
            _given+="${word%%=*} "
        fi
    done
    _gradcli_names "$expression"
    if [[ -n $taken ]]; then
        _gradcli_offer_value "$taken" '' "$typed"
    elif [[ $typed =~ $joined ]]; then
        _gradcli_taken "$command" "${typed%%=*}"
        _gradcli_offer_value "$REPLY" "${typed%%=*}=" "${typed#*=}"
    elif [[ -n $read && $typed =~ $binding ]]; then
        _gradcli_offer_tensor "${typed%%=*}=" "${typed#*=}"
    elif [[ -z $read && $typed != -* ]]; then
        _gradcli_offer_positional "$command" "$typed"
    else
        [[ -n $typed && $typed != -* ]] && _gradcli_offer_variables '' =
        _gradcli_offer_variables -- ' '
        if [[ $typed == -* || ${#_offers[@]} -eq 0 ]]; then
            _gradcli_options "$command"
            _gradcli_offer_lines "$REPLY"
        fi
    fi
}

# The meanings beside the words, where readline only lists them.
_gradcli_explain() {
    local lines REPLY at word line room=$((${COLUMNS:-80} - 1))
    if [[ ${#_words[@]} -eq 2 ]]; then
        _gradcli_commands
        lines=$REPLY
    else
        _gradcli_options "${_words[1]}"
        lines=$REPLY
        _gradcli_positional "${_words[1]}"
        case $REPLY in
            name) _gradcli_functions ;;
            topic) _gradcli_topics ;;
            *) REPLY= ;;
        esac
        lines+=$'\n'$REPLY
    fi
    lines=$'\n'$lines$'\n'
    for at in "${!COMPREPLY[@]}"; do
        word=${COMPREPLY[at]% }
        [[ $lines == *$'\n'"$word"$'\t'* ]] || continue
        line=${lines#*$'\n'"$word"$'\t'}
        printf -v line '%-18s  %s' "$word" "${line%%$'\n'*}"
        COMPREPLY[at]=${line:0:room}
    done
}

_gradcli() {
    local _words _open _before _offers=() REPLY typed cut= mark part offer
    _gradcli_split
    while [[ ${#_words[@]} -gt 1 && ${_words[0]} != "$1" ]]; do _words=("${_words[@]:1}"); done
    typed=${_words[${#_words[@]} - 1]}
    if [[ ${#_words[@]} -le 2 ]]; then
        _gradcli_commands
        _gradcli_offer_lines "$REPLY"
        [[ $typed == -* ]] && _offers=('--help ' '--version ')
    else
        _gradcli_offer "$typed"
    fi
    if [[ -n $_open ]]; then
        cut=$_before
    else
        for mark in : =; do # readline replaces only what follows the last of these, but an @ before it too
            part=${typed%"${typed##*$mark}"}
            [[ $COMP_WORDBREAKS == *$mark* && ${#part} -gt ${#cut} ]] && cut=$part
        done
    fi
    COMPREPLY=()
    for offer in "${_offers[@]}"; do
        [[ $offer == "$typed"* ]] && COMPREPLY+=("${offer#"$cut"}")
    done
    if [[ ${COMP_TYPE:-9} -eq 63 && ${#COMPREPLY[@]} -gt 1 ]]; then _gradcli_explain; fi
    return 0
}

complete -o nospace -F _gradcli gradcli
