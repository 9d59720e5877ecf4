"""The modules that a function may be written with, and what its name means in each: `np.var` is NumPy's variance and
`torch.linalg.cross` not `torch.cross`. Data alone: how arguments are bound to it is for `program.foreign`.

A function of another library that is not here is refused, whatever PyTorch calls by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gradcli.message import N_
from gradcli.shapes import Shape

Library = str
"""PyTorch, NumPy, ...: as a person calls it, and the key of MEANINGS."""

TORCH, TORCH_ITSELF, LINALG = "PyTorch", "torch", "torch.linalg"
NUMPY, NUMPY_LINALG, SCIPY, SYMPY, MATH, CMATH = "NumPy", "numpy.linalg", "scipy.special", "SymPy", "math", "cmath"
JAX_NN, JAX_LAX, TF, KERAS, OPS = "jax.nn", "jax.lax", "TensorFlow", "keras.activations", "keras.ops"
JAVASCRIPT, NONE = "Math", ""

MODULES: Mapping[str, tuple[Library, ...]] = {
    "torch": (TORCH_ITSELF,),
    **dict.fromkeys(("F", "nn.functional", "torch.nn.functional", "torch.special", "torch.functional",
                     "torch.nn", "torch.Tensor", "torch.autograd", "torch.random"), (TORCH,)),
    "torch.linalg": (LINALG,), "linalg": (LINALG, NUMPY_LINALG), "special": (TORCH, SCIPY), "nn": (TORCH, JAX_NN),
    **dict.fromkeys(("np", "numpy", "jnp", "jax.numpy", "anp", "onp", "autograd.numpy", "mx.np", "cp", "cupy", "xp",
                     "tf.experimental.numpy", "np.random", "numpy.random", "jnp.random"), (NUMPY,)),
    **dict.fromkeys(("np.linalg", "numpy.linalg", "jnp.linalg", "jax.numpy.linalg", "anp.linalg"), (NUMPY_LINALG,)),
    **dict.fromkeys(("jax.nn", "flax.linen"), (JAX_NN,)), "jax.lax": (JAX_LAX,), "lax": (JAX_LAX,),
    **dict.fromkeys(("scipy.special", "sp.special", "jax.scipy.special", "jsp.special", "jax.numpy.special"), (SCIPY,)),
    **dict.fromkeys(("sympy", "sy", "sym", "sp"), (SYMPY,)), "math": (MATH,), "cmath": (CMATH,), "Math": (JAVASCRIPT,),
    **dict.fromkeys(("tf", "tf.nn", "tf.math", "tf.linalg", "tfm"), (TF,)),
    **dict.fromkeys(("tf.keras.activations", "keras.activations"), (KERAS,)), "keras.ops": (OPS,), "ops": (OPS,),
    **dict.fromkeys(("jax", "jax.scipy", "scipy", "random"), (NONE,)),
}  # fmt: skip
"""A module's name as it is written -> the libraries it may be. Where there are two, both must mean the same."""

PYTORCH = (TORCH, TORCH_ITSELF, LINALG)
"""The libraries whose functions are the table's unless the list of meanings says otherwise."""


def is_pytorch(module: str) -> bool:
    """Whether the module may be one of PyTorch's."""
    return any(library in PYTORCH for library in MODULES.get(module, ()))


Shapes = tuple[Shape, ...]
Options = Mapping[str, Any]
Fits = Callable[[Shapes, Options], bool]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A function of a library as an operation of the table.

    `takes` are its parameters in its own order: `a:x` is called a there and x in the table, `dtype!` can't be given
    here, `*operands:operands` takes all that is left, and what stands after `|` is given by name only. `sets` are the
    table's parameters that it leaves out; a value that is a function gets the first tensor's shape. `fits` says for
    which shapes of the tensors, and which options, the two are the same. `values` translates an option's values.
    """

    row: str
    takes: str
    sets: Mapping[str, Any]
    fits: Fits
    values: Mapping[Any, Any]


def _always(shapes: Shapes, options: Options) -> bool:
    return True


def means(text: str, fits: Fits = _always, values: Mapping[Any, Any] | None = None, **sets: Any) -> Meaning:
    """The meaning that is written as the table's name and the parameters."""
    row, _, takes = text.partition(" ")
    return Meaning(row, takes, sets, fits, values or {})


def _each(names: str, takes: str, fits: Fits = _always, **sets: Any) -> dict[str, Meaning]:
    """Functions, NAME or NAME:ROW, that take the same."""
    return {name: means(f"{row} {takes}", fits, **sets) for name, row in _pairs(names)}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for word in text.split():
        name, _, row = word.partition(":")
        yield name, row or name


def _has_ranks(*allowed: tuple[int, ...]) -> Fits:
    return lambda shapes, options: tuple(map(len, shapes)) in allowed


_VECTOR = _has_ranks((1,))


def _has_options(*names: str) -> Fits:
    return lambda shapes, options: all(name in options for name in names)


def _one_axis(name: str) -> Fits:
    """The option is one axis and not several, nor none."""
    return lambda shapes, options: not isinstance(options.get(name), tuple | None)


def _dot_is_matmul(shapes: Shapes, options: Options) -> bool:
    """NumPy's dot is the product of matrices as long as neither has a batch of them, or the second is a vector."""
    a, b = map(len, shapes)
    return 1 <= a <= 2 >= b >= 1 or (a > 0 and b == 1)


def _one_is_scalar(shapes: Shapes, options: Options) -> bool:
    return () in shapes


def _no_batch_of_vectors(shapes: Shapes, options: Options) -> bool:
    """PyTorch alone reads b as a batch of vectors where its rank is one less than A's."""
    a, b = map(len, shapes)
    return b == 1 or a <= b


def _squeezable(shapes: Shapes, options: Options) -> bool:
    """PyTorch alone leaves an axis that is longer than 1."""
    shape, dim = shapes[0], options.get("dim")
    named = () if dim is None else dim if isinstance(dim, tuple) else (dim,)
    return all(-len(shape) <= d < len(shape) and shape[int(d)] == 1 for d in named)


def _no_open_size(shapes: Shapes, options: Options) -> bool:
    """PyTorch alone reads -1 as the size that is there."""
    sizes = options.get("sizes")
    return all(n >= 0 for n in (sizes if isinstance(sizes, tuple) else (sizes,)))


def _norm_of_entries(shapes: Shapes, options: Options) -> bool:
    """Whether linalg.norm is a norm of entries: those of a vector, or Frobenius, but no other norm of a matrix."""
    dim, p = options.get("dim"), options.get("p")
    if dim is None:
        return p is None or len(shapes[0]) == 1
    return not isinstance(dim, tuple) or (len(dim) <= 2 and len(dim) > 0 and (p is None or len(dim) == 1))


def _size_for_each_axis(shapes: Shapes, options: Options) -> bool:
    sizes = options.get("sizes")
    sizes = sizes if isinstance(sizes, tuple) else (sizes,)
    return len(sizes) >= len(shapes[0]) and all(n >= 0 for n in sizes)


def _one_shift(shapes: Shapes, options: Options) -> bool:
    return "dims" in options or not isinstance(options.get("shifts"), tuple)


def _all_matrices(shapes: Shapes, options: Options) -> bool:
    return all(len(shape) >= 2 for shape in shapes)


def _same_rank(shapes: Shapes, options: Options) -> bool:
    return len(shapes[0]) == len(shapes[1])


def _has_axes(shapes: Shapes, options: Options) -> bool:
    return shapes[0] != ()


def _all_axes(shape: Shape) -> tuple[int, ...]:
    return tuple(range(len(shape)))


# Functions of entries, which mean the same wherever they are: the library's name, or NAME:ROW

CIRCULAR = "sin cos tan sinh cosh tanh "
INVERSE = "asin acos atan asinh acosh atanh "
_ARRAY = CIRCULAR + (
    "abs absolute:abs add subtract multiply divide negative reciprocal square sqrt exp expm1 log log2 log10 log1p "
    "logaddexp arcsin arccos arctan arctan2 arcsinh arccosh arctanh sign maximum minimum floor ceil trunc "
    "mod:remainder floor_divide power:pow greater greater_equal less less_equal equal:eq not_equal logical_and "
    "logical_or logical_xor logical_not isnan isinf isfinite ones_like zeros_like "
)

ENTRIES: Mapping[Library, str] = {
    NUMPY: _ARRAY
    + INVERSE
    + (
        "fabs:abs positive true_divide exp2 logaddexp2 atan2 pow deg2rad rad2deg radians:deg2rad degrees:rad2deg hypot "
        "copysign fmax fmin fix rint:round fmod remainder float_power:pow sinc i0 where "
    ),
    JAX_NN: "relu relu6 sigmoid silu swish softplus soft_sign:softsign log_sigmoid:logsigmoid mish selu tanh "
    "hard_sigmoid:hardsigmoid hard_silu:hardswish hard_swish:hardswish hard_tanh:hardtanh identity:clone ",
    JAX_LAX: CIRCULAR
    + INVERSE
    + (
        "abs add sub mul div neg exp exp2 expm1 log log1p sqrt rsqrt square sign floor ceil pow rem:fmod lgamma "
        "digamma erf erfc erf_inv:erfinv logistic:sigmoid reciprocal atan2 stop_gradient:detach "
    ),
    SCIPY: "expit logit log_expit:logsigmoid erf erfc erfcx erfinv ndtr log_ndtr ndtri gammaln digamma psi xlogy "
    "xlog1py entr i0 i0e i1 i1e exp2 expm1 log1p sinc round softplus ",
    SYMPY: CIRCULAR + INVERSE + "atan2 exp log sqrt Abs:abs sign floor ceiling:ceil erf erfc erfinv digamma Pow:pow ",
    MATH: CIRCULAR
    + INVERSE
    + (
        "exp exp2 expm1 log log2 log10 log1p sqrt pow fabs:abs floor ceil trunc fmod hypot atan2 copysign erf erfc "
        "lgamma degrees:rad2deg radians:deg2rad isnan isinf isfinite "
    ),
    CMATH: CIRCULAR + "atan asinh exp ",
    JAVASCRIPT: CIRCULAR + INVERSE + "exp expm1 log log10 log1p log2 sqrt abs floor ceil trunc sign pow hypot atan2 ",
    TF: CIRCULAR
    + INVERSE
    + (
        "abs add subtract multiply divide negative reciprocal square sqrt rsqrt exp expm1 log log1p sigmoid sign "
        "maximum minimum floor ceil round pow lgamma digamma erf erfc erfinv xlogy xlog1py softplus softsign atan2 "
        "floordiv:floor_divide floormod:remainder greater greater_equal less less_equal equal:eq not_equal logical_and "
        "logical_or logical_xor logical_not is_nan:isnan is_inf:isinf is_finite:isfinite identity:clone "
        "stop_gradient:detach ones_like zeros_like ndtri relu relu6 selu elu swish where "
    ),
    KERAS: "sigmoid tanh softplus softsign selu silu swish mish relu6 exponential:exp linear:clone relu "
    "log_sigmoid:logsigmoid ",
    OPS: _ARRAY + "where relu relu6 sigmoid silu swish softplus softsign log_sigmoid:logsigmoid selu mish erf "
    "erfinv rsqrt stop_gradient:detach ",
}

# Functions with options, or with a meaning of their own: the table's name and the parameters, likeliest first

_Meanings = str | Meaning | tuple[str | Meaning, ...]

_REDUCED = "a:x axis:dim dtype! out! keepdims:keepdim initial! where!"
_EXTREME = "a:x axis:dim out! keepdims:keepdim initial! where!"
_SPREAD = "a:x axis:dim dtype! out! ddof:correction keepdims:keepdim | where! mean!"
_PLACE = "a:x axis:dim out! | keepdims:keepdim"
_TANH = {True: "tanh", False: "none"}
_TRANSPOSES = ("T a:x axes!", "permute a:x axes:dims")

NAMED: Mapping[Library, Mapping[str, _Meanings]] = {
    LINALG: {
        "norm": means("norm A:x ord:p dim keepdim | dtype!", _norm_of_entries),
        "vector_norm": "norm x ord:p dim keepdim | dtype!",
        "cross": means("cross input other | dim", dim=-1),
        "diagonal": means("diagonal A:input | offset dim1 dim2", dim1=-2, dim2=-1),
    },
    NUMPY: {
        **_each("sum prod", _REDUCED),
        "mean": "mean a:x axis:dim dtype! out! keepdims:keepdim | where!",
        **_each("amax amin max:amax min:amin", _EXTREME),
        **{name: (means(f"{name} {_SPREAD}", correction=0), means(f"{name} {_SPREAD} correction", correction=0))
           for name in ("var", "std")},
        **_each("argmax argmin", _PLACE),
        **{name: (means(f"{name} a:x dtype! out!", _VECTOR, dim=0),
                  means(f"{name} a:x axis:dim dtype! out!", _one_axis("dim"))) for name in ("cumsum", "cumprod")},
        "clip": (means("clamp a:x a_min:min a_max:max", _has_options("min", "max")), "clamp a:x | min max"),
        **_each("round around:round", "a:x decimals! out!"),
        # Products
        "dot": (means("mul a:input b:other", _one_is_scalar), means("matmul a:input b:other", _dot_is_matmul)),
        "vdot": means("dot a:input b:tensor", _has_ranks((1, 1))),
        "matmul": "matmul x1:input x2:other", "inner": "inner a:input b:other",
        "outer": means("outer a:input b:vec2", _has_ranks((1, 1))), "kron": "kron a:input b:other",
        "cross": means("cross a:input b:other axisa! axisb! axisc! axis:dim", _same_rank, dim=-1),
        "einsum": "einsum subscripts:equation *operands:operands | optimize!",
        "trace": "trace a:input",
        # Moves
        "transpose": _TRANSPOSES, "permute_dims": _TRANSPOSES, "matrix_transpose": "mT x",
        "swapaxes": "transpose a:x axis1:dim0 axis2:dim1",
        "reshape": "reshape a:x shape:sizes order!", "ravel": "flatten a:x order!",
        "squeeze": means("squeeze a:x axis:dim", _squeezable),
        "expand_dims": "unsqueeze a:x axis:dim",
        "broadcast_to": means("expand array:x shape:sizes", _no_open_size),
        "tile": means("repeat A:x reps:sizes", _size_for_each_axis),
        "repeat": "repeat_interleave a:input repeats axis:dim",
        **_each("concatenate:cat concat:cat", "arrays:tensors axis:dim", _one_axis("dim"), dim=0),
        "stack": means("stack arrays:tensors axis:dim", dim=0),
        "flip": (means("flip m:x", dims=_all_axes), means("flip m:x axis:dims", _has_axes)),
        "roll": means("roll a:x shift:shifts axis:dims", _one_shift),
        "diag": "diag v:x k:diagonal",
        "diagonal": "diagonal a:input offset axis1:dim1 axis2:dim2",
        **_each("tril triu", "m:x k:diagonal"),
        # Sources
        "eye": "eye N:n M:m", "identity": "eye n",
        **_each("ones zeros", "shape:size dtype! order!", _has_options("size")),
        "full": "full shape:size fill_value dtype! order!",
        "full_like": "full_like a:x fill_value dtype!",
        "arange": "arange start stop:end step dtype!",
        "linspace": means("linspace start stop:end num:steps", steps=50),
        **_each("array:tensor asarray:tensor", "a:data dtype!"),
        **_each("rand randn", "*size:size"),
    },
    NUMPY_LINALG: {
        **_each("det inv slogdet cholesky", "a:input"), "matrix_power": "matrix_power a:input n",
        "solve": means("solve a:A b:b", _no_batch_of_vectors),
        "norm": means("norm x ord:p axis:dim keepdims:keepdim", _norm_of_entries),
        "vector_norm": "norm x | axis:dim keepdims:keepdim ord:p",
        "matmul": "matmul x1:input x2:other", "matrix_transpose": "mT x",
        "outer": means("outer x1:input x2:vec2", _has_ranks((1, 1))),
        "cross": means("cross x1:input x2:other | axis:dim", _same_rank, dim=-1),
        "diagonal": means("diagonal x:input | offset", dim1=-2, dim2=-1),
        "trace": "trace x:input",
    },
    JAX_NN: {
        "gelu": means("gelu x approximate", values=_TANH, approximate="tanh"),
        "leaky_relu": "leaky_relu x negative_slope",
        **_each("elu celu", "x alpha"),
        **_each("softmax log_softmax", "x axis:dim where!", _one_axis("dim"), dim=-1),
        "logsumexp": "logsumexp a:x axis:dim b! keepdims:keepdim",
        "one_hot": "one_hot x:tensor num_classes",
        "standardize": "standardize x:input axis:dim mean! variance! epsilon:eps",
    },
    SCIPY: {
        **{name: (means(f"{name} x", _VECTOR, dim=0), means(f"{name} x axis:dim", _one_axis("dim")))
           for name in ("softmax", "log_softmax")},
        "logsumexp": means("logsumexp a:x axis:dim b! keepdims:keepdim return_sign!", _has_axes),
        "polygamma": "polygamma n x", "multigammaln": "multigammaln a:x d:p",
    },
    SYMPY: {"Max": "maximum a:input b:other", "Min": "minimum a:input b:other"},
    MATH: {"prod": means("prod iterable:x", _VECTOR), "fsum": means("sum seq:x", _VECTOR)},
    JAVASCRIPT: {"max": "maximum a:input b:other", "min": "minimum a:input b:other"},
    JAX_LAX: {"max": "maximum x:input y:other", "min": "minimum x:input y:other"},
    TF: {
        **_each("reduce_sum:sum reduce_mean:mean reduce_prod:prod reduce_max:amax reduce_min:amin "
                "reduce_logsumexp:logsumexp", "input_tensor:x axis:dim keepdims:keepdim"),
        **_each("reduce_variance:var reduce_std:std", "input_tensor:x axis:dim keepdims:keepdim", correction=0),
        **_each("cumsum cumprod", "x axis:dim exclusive! reverse!", dim=0),
        **_each("argmax argmin", "input:x axis:dim", dim=0),
        **_each("softmax log_softmax", "logits:x axis:dim", dim=-1),
        "leaky_relu": means("leaky_relu features:x alpha:negative_slope", negative_slope=0.2),
        "gelu": means("gelu features:x approximate", values=_TANH), "silu": "silu features:x",
        "polygamma": "polygamma a:n x",
        "clip_by_value": "clamp t:x clip_value_min:min clip_value_max:max",
        "matmul": means("matmul a:input b:other transpose_a! transpose_b!", _all_matrices),
        "einsum": "einsum equation *inputs:operands",
        "transpose": ("T a:x perm!", "permute a:x perm:dims"),
        "matrix_transpose": "mT a:x",
        "reshape": "reshape tensor:x shape:sizes", "squeeze": means("squeeze input:x axis:dim", _squeezable),
        "expand_dims": "unsqueeze input:x axis:dim",
        "broadcast_to": means("expand input:x shape:sizes", _no_open_size),
        "tile": means("repeat input:x multiples:sizes", _size_for_each_axis),
        "repeat": "repeat_interleave input repeats axis:dim",
        "concat": "cat values:tensors axis:dim", "stack": "stack values:tensors axis:dim",
        "roll": "roll input:x shift:shifts axis:dims", "reverse": "flip tensor:x axis:dims",
        "diag": "diag_embed diagonal:input",
        "trace": "trace x:input", "logdet": "logdet matrix:input",
        **_each("det cholesky slogdet", "input"), "inv": "inv input adjoint!",
        "solve": means("solve matrix:A rhs:b", lambda shapes, options: len(shapes[0]) == len(shapes[1])),
        "norm": means("norm tensor:x ord:p axis:dim keepdims:keepdim", lambda shapes, options: (
            "p" not in options or not isinstance(options.get("dim"), tuple))),
        "cross": means("cross a:input b:other", lambda shapes, options: shapes[0] == shapes[1], dim=-1),
        "eye": "eye num_rows:n num_columns:m",
        "one_hot": "one_hot indices:tensor depth:num_classes",
        **_each("ones zeros", "shape:size", _has_options("size")),
        "fill": "full dims:size value:fill_value", "constant": "tensor value:data dtype!",
        "range": "arange start limit:end delta:step",
        "linspace": "linspace start stop:end num:steps",
    },
    KERAS: {
        **_each("softmax log_softmax", "x axis:dim", _one_axis("dim"), dim=-1),
        "gelu": means("gelu x approximate", values=_TANH), "elu": "elu x alpha",
        "leaky_relu": means("leaky_relu x negative_slope", negative_slope=0.2),
    },
    OPS: {
        **_each("sum mean prod max:amax min:amin amax amin logsumexp", "x axis:dim keepdims:keepdim"),
        **_each("var std", "x axis:dim keepdims:keepdim", correction=0),
        **_each("softmax log_softmax", "x axis:dim", _one_axis("dim"), dim=-1),
        "gelu": means("gelu x approximate", values=_TANH, approximate="tanh"), "elu": "elu x alpha",
        "leaky_relu": means("leaky_relu x negative_slope", negative_slope=0.2),
        "matmul": "matmul x1:input x2:other", "reshape": "reshape x newshape:sizes",
        "transpose": ("T x axes!", "permute x axes:dims"),
        "stack": means("stack x:tensors axis:dim", dim=0),
        "concatenate": means("cat xs:tensors axis:dim", dim=0), "repeat": "repeat_interleave x:input repeats axis:dim",
    },
}  # fmt: skip

DIFFERENT: Mapping[tuple[Library, str], tuple[str, str]] = {
    (MATH, "remainder"): (N_("x minus y times the nearest whole number to x/y"), "{0} - {1}*round({0}/{1})"),
    (SYMPY, "sinc"): (N_("sin(x)/x, without pi"), "sinc({0}/pi)"),
    (SYMPY, "frac"): (N_("x - floor(x)"), "{0} - floor({0})"),
    (SCIPY, "kl_div"): (N_("x*log(x/y) - x + y, entry by entry"), "{0}*log({0}/{1}) - {0} + {1}"),
    (JAX_LAX, "round"): (N_("halves rounded away from zero"), "sign({0})*floor(abs({0}) + 1/2)"),
    (JAX_LAX, "clamp"): (N_("clamp(min, x, max)"), "clamp({1}, {0}, {2})"),
    (JAVASCRIPT, "round"): (N_("halves rounded up"), "floor({0} + 1/2)"),
    **{
        (TORCH_ITSELF, name): (
            N_("an inner function of PyTorch's that takes its reduction as a number"),
            f"F.{name}({{0}}, {{1}})",
        )
        for name in ("kl_div", "binary_cross_entropy_with_logits")
    },
}
"""What a library means by a name where it isn't PyTorch's meaning, and how the same is written here."""


def meanings(library: Library, name: str) -> tuple[Meaning, ...]:
    """What a library's function means in the table, likeliest first; nothing where it is not known to be there."""
    named = NAMED.get(library, {}).get(name) or dict(_pairs(ENTRIES.get(library, ""))).get(name) or ()
    return tuple(means(m) if isinstance(m, str) else m for m in (named if isinstance(named, tuple) else (named,)))
