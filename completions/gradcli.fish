# fish completion for gradcli. Written by  gradcli completions fish ; no Python is started.

function __gradcli_commands
    printf '%s\n' 'vjp	what y.backward(v) leaves in .grad: the Jacobian, the vector-Jacobian product, and why
jvp	J*t: how y moves when x moves along t
jacobian	the whole Jacobian: formula, entries, numbers, and a picture of where it can be non-zero
grad	the gradient of a scalar, and its higher partial derivatives
hessian	every second derivative of a scalar, the mixed ones between variables too
hvp	H*t: how the gradient moves when x moves along t, without the Hessian
check	is my answer right? says which mistake a wrong one looks like
backward	what several .backward() calls leave in .grad, and PyTorch\'s own errors explained
steps	the chain rule value by value: local derivative, incoming and outgoing gradient
plot	the function and its derivative over a range, in the terminal or as a picture
code	the same computation as a script: PyTorch, JAX, or NumPy with the closed form
graph	the computation graph as DOT, Mermaid or SVG, with PyTorch\'s grad_fn names
explain	a topic, or a pasted PyTorch error message, explained on a small live example
functions	every function: meaning, parameters, shapes, derivative, kinks, with an example that is run
batch	one question a line, JSON in and JSON out
completions	the script that completes commands, options and variables in bash, zsh or fish'
end

function __gradcli_positional
    switch $argv[1]
        case 'vjp' 'jvp' 'jacobian' 'grad' 'hessian' 'hvp' 'check' 'backward' 'steps' 'plot' 'code' 'graph'
            printf '%s\n' 'expression'
        case 'explain'
            printf '%s\n' 'topic'
        case 'functions'
            printf '%s\n' 'name'
        case 'batch'
            printf '%s\n' 'file'
        case 'completions'
            printf '%s\n' 'shell'
    end
end

function __gradcli_variables
    switch $argv[1]
        case 'vjp' 'jvp' 'jacobian' 'grad' 'hessian' 'hvp' 'check' 'backward' 'steps' 'plot' 'code' 'graph'
            printf '%s\n' 'yes'
    end
end

function __gradcli_options
    switch $argv[1]
        case 'vjp'
            printf '%s\n' '--v	the weighting vector v, of the output\'s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--layout	whose axes come first in a Jacobian: the output\'s (numerator, the default) or the input\'s (denominator)
--strict	refuse to guess v = ones for an output that is not a scalar, as PyTorch does
--entries	write out every entry of the Jacobian, however many
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch\'s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'jvp'
            printf '%s\n' '--t	the tangent t: a direction of the inputs, as x=TENSOR (repeatable), or a tensor where one variable moves
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch\'s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'jacobian'
            printf '%s\n' '--wrt	variables to differentiate, as x,w (default: all inputs)
--layout	whose axes come first in a Jacobian: the output\'s (numerator, the default) or the input\'s (denominator)
--flat	print the flattened Jacobian, a matrix
--plot	draw the flattened Jacobian: its heat map, and where it can be non-zero
--entries	write out every entry of the Jacobian, however many
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch\'s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'grad'
            printf '%s\n' '--wrt	variables to differentiate, as x,w (default: all inputs)
--order	all partial derivatives of that order
--layout	whose axes come first in a Jacobian: the output\'s (numerator, the default) or the input\'s (denominator)
--entries	write out every entry of the Jacobian, however many
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch\'s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'hessian'
            printf '%s\n' '--v	the weighting vector v, of the output\'s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--entries	write out every entry of the Jacobian, however many
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch\'s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'hvp'
            printf '%s\n' '--t	the tangent t: a direction of the inputs, as x=TENSOR (repeatable), or a tensor where one variable moves
--v	the weighting vector v, of the output\'s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--symbolic-only	formulas and their values only; PyTorch is not loaded
--numeric-only	PyTorch\'s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'check'
            printf '%s\n' '--answer	the answer to be checked: a formula over the inputs and v, or a tensor
--of	what the answer is said to be
--v	the weighting vector v, of the output\'s shape
--t	the tangent t: a direction of the inputs, as x=TENSOR (repeatable), or a tensor where one variable moves
--wrt	variables to differentiate, as x,w (default: all inputs)
--layout	whose axes come first in a Jacobian: the output\'s (numerator, the default) or the input\'s (denominator)
--rtol	how far a right answer may be off, relative to the entry
--atol	how far a right answer may be off, in all
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'backward'
            printf '%s\n' '--v	the weighting vector v, of the output\'s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--calls	how many times .backward() is called
--retain-graph	call .backward(retain_graph=True)
--zero-grad	set .grad to zero before each call
--numeric-only	PyTorch\'s numbers only; no formula is derived and nothing is compared
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'steps'
            printf '%s\n' '--v	the weighting vector v, of the output\'s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--layout	whose axes come first in a Jacobian: the output\'s (numerator, the default) or the input\'s (denominator)
--strict	refuse to guess v = ones for an output that is not a scalar, as PyTorch does
--device	where PyTorch computes
--max-elements	elements that a tensor may have at most
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'plot'
            printf '%s\n' '--order	all partial derivatives of that order
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'code'
            printf '%s\n' '--to	what is written: torch, jax or numpy by code; dot, mermaid or svg by graph
--v	the weighting vector v, of the output\'s shape
--wrt	variables to differentiate, as x,w (default: all inputs)
--strict	refuse to guess v = ones for an output that is not a scalar, as PyTorch does
--dtype	the numbers\' type
--seed	the seed of rand and randn
--time-limit	seconds for the symbolic work; past it only numbers are given
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'graph'
            printf '%s\n' '--to	what is written: torch, jax or numpy by code; dot, mermaid or svg by graph
--wrt	variables to differentiate, as x,w (default: all inputs)
--dtype	the numbers\' type
--seed	the seed of rand and randn
--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--let	a variable, whatever its name, as NAME=TENSOR
--help	what the command takes, with examples'
        case 'explain' 'functions'
            printf '%s\n' '--format	how to write the answer
--quiet	only the gradient, pasteable as a tensor
--full	print every value, however many
--precision	significant digits of printed values
--output	write the answer to a file; its suffix sets the format
--lang	the language to answer in (default: the locale\'s; in JSON and in Python English)
--no-color	no colour, not even on a terminal
--help	what the command takes, with examples'
        case 'batch'
            printf '%s\n' '--jobs	how many processes answer
--timeout	seconds for one record; past it the record fails and the rest goes on
--allow-files	let records read files in the working directory and below
--help	what the command takes, with examples'
        case 'completions'
            printf '%s\n' '--help	what the command takes, with examples'
    end
end

function __gradcli_takes
    switch $argv[1]
        case '*:--v'
            printf '%s\n' 'weights'
        case '*:--wrt'
            printf '%s\n' 'names'
        case '*:--layout'
            printf '%s\n' 'words numerator denominator'
        case '*:--strict' '*:--entries' '*:--symbolic-only' '*:--numeric-only' '*:--quiet' '*:--full' '*:--no-color' '*:--flat' '*:--plot' '*:--retain-graph' '*:--zero-grad' '*:--allow-files' '*:--help'
            printf '%s\n' 'flag'
        case '*:--device'
            printf '%s\n' 'words cpu cuda'
        case '*:--max-elements' '*:--seed' '*:--time-limit' '*:--precision' '*:--order' '*:--rtol' '*:--atol' '*:--calls' '*:--jobs' '*:--timeout'
            printf '%s\n' 'nothing'
        case '*:--dtype'
            printf '%s\n' 'words float64 float32'
        case '*:--format'
            printf '%s\n' 'words text json latex markdown html'
        case '*:--output'
            printf '%s\n' 'file'
        case '*:--lang'
            printf '%s\n' 'words en zh ru'
        case '*:--t'
            printf '%s\n' 'tangent'
        case '*:--answer'
            printf '%s\n' 'tensor'
        case '*:--of'
            printf '%s\n' 'words vjp grad jacobian hessian jvp'
        case 'code:--to'
            printf '%s\n' 'words torch jax numpy'
        case 'graph:--to'
            printf '%s\n' 'words dot mermaid svg'
        case '*:--let'
            printf '%s\n' 'binding'
    end
end

function __gradcli_functions
    printf '%s\n' 'add	the sum, x + y
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
remainder	what is left of x after division by y, with the sign of y (Python\'s x % y)
floor_divide	x/y rounded down (Python\'s x // y)
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
lgamma	the logarithm of the gamma function\'s size
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
outer	all products of two vectors\' entries
einsum	a sum of products, written with one letter an axis
kron	the Kronecker product
cross	the cross product of vectors of size 3, along dim or the first axis of that size
trace	the sum of a matrix\'s diagonal
det	the determinant
logdet	the logarithm of the determinant (nan where it is negative)
slogdet	the pair [sign, log|det|]; slogdet(A)[1] is the logarithm
logabsdet	the logarithm of the determinant\'s magnitude
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
expand_as	axes of size 1 repeated to another tensor\'s shape
reshape_as	the same entries, row by row, in another tensor\'s shape
repeat	the tensor laid next to itself
tile	the tensor laid next to itself along its last axes
repeat_interleave	each entry repeated, along an axis or in one row of all entries
cat	tensors joined along an axis they have
stack	tensors of one shape joined along a new axis
flip	axes reversed
roll	entries shifted round along axes
diag	a vector as a diagonal matrix, or a matrix\'s diagonal
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
end

function __gradcli_topics
    printf '%s\n' 'weights	What is v in y.backward(v)?
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
end

function __gradcli_not_variables
    printf '%s\n' 'pi e inf nan torch np numpy math F True False None while if and or not'
end

function __gradcli_constructors
    printf '%s\n' 'eye: ones: zeros: full: linspace: arange: rand: randn:'
end

# The variables of an expression: its names that are neither called, nor assigned, nor known.
function __gradcli_names
    set -l bare (string replace -ra '"[^"]*"|\'[^\']*\'' ' ' -- "$argv[1]" | string collect)
    set bare (string replace -ra '(?<![\w.])[0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?' ' ' -- $bare | string collect)
    set -l known (__gradcli_not_variables | string split ' ')
    set -a known (string match -ra '(*UCP)(?<![\w.])\w++(?=\s*=(?!=))' -- $bare)
    for name in (string match -ra '(*UCP)(?<![\w.])(?!\d)\w++(?!\s*\()' -- $bare)
        if not contains -- $name $known
            set -a known $name
            echo $name
        end
    end
end

function __gradcli_offer_files # PREFIX PATH
    for path in (__fish_complete_path "$argv[2]" | string replace -r '\t.*' '')
        echo $argv[1]$path
    end
end

function __gradcli_offer_tensor # PREFIX TYPED
    switch $argv[2]
        case '@*'
            __gradcli_offer_files $argv[1]@ (string sub -s 2 -- $argv[2])
        case 'file:*'
            __gradcli_offer_files $argv[1]file: (string sub -s 6 -- $argv[2])
        case '*'
            printf "$argv[1]%s\ta tensor\n" (__gradcli_constructors | string split ' ')
            printf '%s@\ta file\n' $argv[1]
    end
end

# What may stand behind an option: what the option takes, what comes before the value in this word, the value, and the
# variables.
function __gradcli_offer_value # TAKES PREFIX TYPED NAMES...
    set -l prefix $argv[2]
    set -l typed $argv[3]
    switch $argv[1]
        case 'words *'
            printf "$prefix%s\n" (string split ' ' -- $argv[1])[2..-1]
        case file
            __gradcli_offer_files "$prefix" "$typed"
        case names
            set -l before (string match -r '.*,' -- $typed)
            for name in $argv[4..-1]
                printf '%s%s%s\n' "$prefix" "$before" $name
            end
        case weights
            printf "$prefix%s\tthe weights\n" ones onehot: $argv[4..-1]
            __gradcli_offer_tensor "$prefix" "$typed"
        case tangent binding
            if string match -q '*=*' -- $typed
                set -l parts (string split -m1 = -- $typed)
                __gradcli_offer_tensor "$prefix$parts[1]=" "$parts[2]"
            else
                for name in $argv[4..-1]
                    printf '%s%s=\ta variable\n' "$prefix" $name
                end
                test $argv[1] = tangent; and __gradcli_offer_tensor "$prefix" "$typed"
            end
        case tensor
            __gradcli_offer_tensor "$prefix" "$typed"
    end
end

# What an option takes; one that is not declared is a variable.
function __gradcli_taken # COMMAND OPTION
    if string match -q -- "$argv[2]"\t'*' (__gradcli_options $argv[1])
        __gradcli_takes "$argv[1]:$argv[2]"
    else if test -n "$(__gradcli_variables $argv[1])"
        echo tensor
    end
end

function __gradcli_offer_positional # COMMAND TYPED
    switch (__gradcli_positional $argv[1])
        case name
            __gradcli_functions
        case topic
            __gradcli_topics
        case shell
            printf '%s\n' bash zsh fish
        case file
            __gradcli_offer_files '' "$argv[2]"
        case '*'
            string match -q '@*' -- $argv[2]; and __gradcli_offer_files @ (string sub -s 2 -- $argv[2])
    end
end

function __gradcli_offer
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l command $words[2]
    if test (count $words) -lt 2
        if string match -q -- '-*' $typed
            printf '%s\n' --help\t'the commands' --version\t'the version'
        else
            __gradcli_commands
        end
        return
    end
    set -l taken ''
    set -l expression ''
    set -l read ''
    set -l given
    for word in $words[3..-1]
        if test -n "$taken"
            test "$taken" = binding; and set -a given (string replace -r '=.*' '' -- $word)
            set taken ''
        else if string match -qr '^--[A-Za-z_][\w-]*=' -- $word
            set -a given (string replace -r '^--([^=]*)=.*' '$1' -- $word)
        else if string match -qr '^--[A-Za-z_][\w-]*$' -- $word
            set -a given (string sub -s 3 -- $word)
            set taken (__gradcli_taken $command $word)
            test "$taken" = flag; and set taken ''
        else if test -z "$read"
            set expression (string trim -c '"\'' -- $word)
            set read yes
        else if string match -qr '^\w+=($|[^=])' -- $word
            set -a given (string replace -r '=.*' '' -- $word)
        end
    end
    set -l names (__gradcli_names "$expression")
    set -l left
    for name in $names
        contains -- $name $given; or set -a left $name
    end
    if test -n "$taken"
        __gradcli_offer_value "$taken" '' "$typed" $names
    else if string match -qr '^--[A-Za-z_][\w-]*=' -- $typed
        set -l parts (string split -m1 = -- $typed)
        __gradcli_offer_value "$(__gradcli_taken $command $parts[1])" "$parts[1]=" "$parts[2]" $names
    else if test -n "$read"; and string match -qr '^\w+=($|[^=])' -- $typed
        set -l parts (string split -m1 = -- $typed)
        __gradcli_offer_tensor "$parts[1]=" "$parts[2]"
    else if test -z "$read"; and not string match -q -- '-*' $typed
        __gradcli_offer_positional $command "$typed"
    else
        if test -n "$typed"; and not string match -q -- '-*' $typed
            for name in $left
                printf '%s=\ta variable\n' $name
            end
        end
        for name in $left
            printf '%s\ta variable\n' --$name
        end
        if string match -q -- '-*' $typed; or test (count $left) -eq 0
            __gradcli_options $command
        end
    end
end

complete -c gradcli -f -a '(__gradcli_offer)'
