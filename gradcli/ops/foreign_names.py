"""Names of other libraries, languages and textbooks -> how the same is written here. For hints only: nothing is
computed from it, and a name of the operations table always comes first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gradcli.ops import SPELLED

RENAMED: Mapping[str, str] = {
    # textbooks and other languages
    "ln": "log", "lg": "log10", "sqr": "square", "pow2": "square", "sigma": "sigmoid", "σ": "sigmoid", "Σ": "sum",
    "Π": "prod", "Φ": "ndtr", "tr": "trace", "logistic": "sigmoid", "vec": "flatten", "magnitude": "norm",
    "product": "prod", "total": "sum", "summation": "sum", "average": "mean", "avg": "mean", "variance": "var",
    "stddev": "std",
    # NumPy, SciPy, MATLAB, Julia
    "power": "pow", "fabs": "abs", "nansum": "sum", "nanmean": "mean", "invert": "inv", "normcdf": "ndtr",
    "circshift": "roll", "ceiling": "ceil", "rint": "round", "mtimes": "matmul", "matrix": "tensor", "array": "tensor",
    "vector": "tensor", "ndarray": "tensor", "identity": "eye",
    # TensorFlow, JAX, Keras, SymPy
    "reduce_max": "amax", "reduce_min": "amin", "expand_dims": "unsqueeze", "global_norm": "norm", "constant": "tensor",
    "convert_to_tensor": "tensor", "Variable": "tensor", "matrix_transpose": "mT", "set_diag": "diag",
    "matrix_inverse": "inv", "Transpose": "T", "Determinant": "det", "ImmutableMatrix": "tensor",
    # modules of PyTorch, and losses by their short names
    "mse": "mse_loss", "l1": "l1_loss", "mae": "l1_loss", "nll": "nll_loss", "bceloss": "binary_cross_entropy",
    "bce": "binary_cross_entropy", "bcewithlogitsloss": "binary_cross_entropy_with_logits", "kldivloss": "kl_div",
}  # fmt: skip
"""The same arguments under another name."""

REWRITTEN: Mapping[str, str] = {
    "ctg": "1/tan({0})", "cot": "1/tan({0})", "cotan": "1/tan({0})", "sec": "1/cos({0})", "csc": "1/sin({0})",
    "cosec": "1/sin({0})", "acot": "pi/2 - atan({0})", "arccot": "pi/2 - atan({0})", "coth": "1/tanh({0})",
    "sech": "1/cosh({0})", "csch": "1/sinh({0})", "cbrt": "sign({0})*abs({0})**(1/3)", "root": "{0}**(1/{1})",
    "nthroot": "{0}**(1/{1})", "factorial": "exp(lgamma({0} + 1))", "gamma": "exp(lgamma({0}))",
    "Γ": "exp(lgamma({0}))", "Heaviside": "where({0} > 0, 1, 0)", "heaviside": "where({0} > 0, 1, 0)",
    "step": "where({0} > 0, 1, 0)", "ifelse": "where({0}, {1}, {2})", "select": "where({0}, {1}, {2})",
    "cond": "where({0}, {1}, {2})", "hadamard": "{0}*{1}", "times": "{0}*{1}", "plus": "{0} + {1}",
    "minus": "{0} - {1}", "mldivide": "solve({0}, {1})", "lstsq": "inv({0}.T @ {0}) @ {0}.T @ {1}",
    "linsolve": "solve({0}, {1})", "pinv": "inv({0}.T @ {0}) @ {0}.T", "transp": "{0}.T", "ctranspose": "{0}.T",
    "norm1": "norm({0}, 1)", "norm_1": "norm({0}, 1)", "norminf": "norm({0}, inf)", "norm_inf": "norm({0}, inf)",
    "hstack": "cat({0}, dim=-1)", "vstack": "stack({0})", "column_stack": "stack({0}, dim=1)",
    "append": "cat([{0}, {1}])", "rms": "sqrt(mean({0}**2))", "sumsq": "sum({0}**2)", "l2_loss": "sum({0}**2)/2",
    "real": "{0}", "print": "{0}", "list": "{0}", "to": "{0}", "cuda": "{0}", "cpu": "{0}", "numpy": "{0}",
    "tolist": "{0}", "astype": "{0}", "requires_grad_": "{0}", "half": "{0}", "copy": "{0}", "simplify": "{0}",
    "N": "{0}", "Rational": "({0}/{1})", "Integer": "{0}", "Float": "{0}", "cast": "{0}", "shape": "{0}.shape",
    "length": "len({0})", "sum2": "sum({0}**2)", "logn": "log({0})/log({1})", "logb": "log({0})/log({1})",
    "log_b": "log({0})/log({1})", "Max": "maximum({0}, {1})", "Min": "minimum({0}, {1})",
}  # fmt: skip
"""`{0}`, `{1}` are the arguments, a method's object the first. More arguments than there are slots are left out."""

OVERLOADED: Mapping[str, str] = {
    "max": "maximum({0}, {1})", "min": "minimum({0}, {1})", "amax": "maximum({0}, {1})", "amin": "minimum({0}, {1})",
    "log": "log({0})/log({1})", "sum": "{0} + {1}", "mean": "({0} + {1})/2", "atan": "atan2({0}, {1})",
    "arctan": "atan2({0}, {1})", "transpose": "{0}.T", "sqrt": "{0}**(1/{1})",
    "prod": "{0}*{1}", "square": "{0}**{1}",
}  # fmt: skip
"""What is meant where a function of the table is given other arguments than it takes: `max(x, y)`, `log(x, 2)`."""

ATTRIBUTES: Mapping[str, str] = {
    "I": "inv({0})", "A": "{0}", "t": "{0}.T", "size": "{0}.numel()", "length": "len({0})",
    "values": "{0}", "value": "{0}", "grad_fn": "{0}", "requires_grad": "{0}", "dtype": "{0}", "len": "len({0})",
}  # fmt: skip

DERIVATIVES = ("diff", "grad", "D", "derivative", "Derivative", "gradient", "jacobian", "hessian", "nabla", "d", "jac")
"""Functions that other tools differentiate with; here the command does."""

ATOM = re.compile(r"[\w.]+(\([^()]*\)|\[[^\[\]]*\])*|\([^()]*\)|\[[^\[\]]*\]")
"""Text that holds together beside any operator."""


_WITHOUT_UNDERSCORES = {name.replace("_", ""): name for name in SPELLED}


def renamed(name: str) -> str | None:
    """The name that a function of another library bears here, with the same arguments."""
    for other in (name, name.lower(), name.lower().removeprefix("reduce_"), name.lower().replace("_", "")):
        if other in SPELLED and other != name:
            return other
        if RENAMED.get(other) in SPELLED:
            return RENAMED[other]
    bare = name.lower().replace("_", "")  # LayerNorm, MSELoss, CrossEntropyLoss
    found = _WITHOUT_UNDERSCORES.get(bare) or _WITHOUT_UNDERSCORES.get(bare.removesuffix("loss"))
    return found if found != name else None


def rewritten(template: str, arguments: Sequence[str], alone: bool = True) -> str | None:
    """The template filled in, in brackets where it does not stand alone; None where arguments are missing."""
    if any(int(slot) >= len(arguments) for slot in re.findall(r"\{(\d)\}", template)):
        return None

    def operand(slot: re.Match[str]) -> str:
        text = arguments[int(slot[1])]
        before, after = template[: slot.start()], template[slot.end() :]
        argument = before.endswith(("(", "[", ", ")) and after.startswith((")", "]", ","))
        return text if argument or template == slot[0] or ATOM.fullmatch(text) else f"({text})"

    filled = re.sub(r"\{(\d)\}", operand, template)
    return filled if alone or ATOM.fullmatch(filled) else f"({filled})"
