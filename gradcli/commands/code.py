"""`gradcli code --to torch|jax|numpy`: the computation as a script that runs as it is and prints the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.commands.graph import choose
from gradcli.commands.problem import Problem, understand
from gradcli.message import N_, fault, limit
from gradcli.ops.row import n as numpy_library
from gradcli.program import Ref
from gradcli.program.names import fresh_name, names_of, output_name
from gradcli.program.source_text import Library, SourceValue, SourceWriter, made
from gradcli.report import Array, Part, Tensors
from gradcli.report.exhibits import Script
from gradcli.request import Request
from gradcli.syntax.scan import one_line

if TYPE_CHECKING:  # the door opens only when a formula is asked for
    from gradcli.symbolic import Form

KINDS = ("torch", "jax", "numpy")
RESERVED = {"torch", "np", "jnp", "jax", "scipy", "print", "float", "abs", "int", "backward", "forward"}


def run(request: Request) -> Iterator[Part]:
    """The question, and the script."""
    to = choose(request.to, KINDS)
    problem = understand(request)
    yield problem.question()
    _refuse_names(problem)
    write = {"torch": _torch, "jax": _jax, "numpy": _numpy}[to]
    yield Script(to, "\n".join([*_head(problem), *write(problem)]) + "\n")


def _refuse_names(problem: Problem) -> None:
    for name in (*problem.program.inputs, *problem.program.names):
        if name in RESERVED or iskeyword(name):
            raise fault("name", N_("a script cannot have a variable called {name}: rename it"), name=name)


def _head(problem: Problem) -> list[str]:
    source = one_line(problem.program.source)
    return [f"# {source}", *(f"# {' '.join(str(note).split())}" for note in problem.program.notes)]


def _names(problem: Problem) -> Sequence[str]:
    """What the script calls every step."""
    return names_of(problem.program, output_name(problem.program))


def _y(problem: Problem) -> str:
    """What the script calls the output."""
    return _names(problem)[problem.program.output.step]


def _v(problem: Problem, library: str) -> str:
    if problem.v_given == "ones":
        return f"{library}.ones({problem.v.shape})"
    return made(library, problem.v)


# PyTorch


def _torch(problem: Problem) -> Iterator[str]:
    from gradcli.numeric.torch_source import torch_lines  # PyTorch

    names = _names(problem)
    script = torch_lines(problem.program, names, problem.wrt, problem.point, problem.request.dtype)
    leaves = {problem.program.variable(name).step: name for name in problem.wrt}  # type: ignore[union-attr]
    output = _y(problem)
    yield from ("import torch", "", f"torch.set_default_dtype(torch.{problem.request.dtype})", "")
    for name, value in problem.point.items():
        leaf = ", requires_grad=True" if name in problem.wrt else ""
        yield f"{name} = {made('torch', value, more=leaf)}"
    for place, name, text in script.lines:
        yield f"{name} = {text}"
        if place in leaves:
            moves = place in script.moving and any(
                problem.program.depends(leaves[place], other) for other in problem.wrt
            )
            yield f"{name}.retain_grad()" if moves else f"{name} = {name}.detach().requires_grad_()"
    yield from ("", f"{problem.v_name} = {_v(problem, 'torch')}")
    if problem.program.output.step in script.moving:
        yield f"{output}.backward({problem.v_name})"
    else:
        yield f"# {output} does not require a gradient: backward would refuse, and every gradient is zero"
    yield from ("", f'print("{output} =", {output}.tolist())')
    for place, name in leaves.items():
        zeros = f"torch.zeros({problem.program.steps[place].shape})"
        grad = f"{names[place]}.grad" if place in script.moving else zeros
        yield f'print("{name}.grad =", {grad}.tolist())'


# NumPy: the closed form


def _numpy(problem: Problem) -> Iterator[str]:
    from gradcli.symbolic import Calculus
    from gradcli.symbolic.numpy_script import conditions

    y = _y(problem)
    calculus = Calculus(problem.program, problem.wrt, problem.v_name, y)
    arguments = {**problem.point, problem.v_name: problem.v}
    functions = {name: fresh_name(f"{name}_grad", {*arguments, *problem.program.names}) for name in problem.wrt}
    by_values, by_formulas = conditions(calculus.vjp(problem.wrt[0]))
    forward = [f"def forward({', '.join(problem.point)}):", *_check(by_values), *_forward(problem, "np")]
    definitions = ["", "", *forward]
    for name, function in functions.items():
        head = [f"def {function}({', '.join(arguments)}):", *_check([*by_values, *by_formulas])]
        definitions += ["", "", *head, *_gradient_lines(problem, calculus.vjp(name), arguments)]
    yield "import numpy as np"
    yield from ["import scipy.special"] if "scipy.special." in "\n".join(definitions) else []
    yield from ("", *(f"{name} = {made('np', value)}" for name, value in problem.point.items()))
    yield f"{problem.v_name} = {_v(problem, 'np')}"
    yield from definitions
    yield from ("", "", f'print("{y} =", np.asarray(forward({", ".join(problem.point)})).tolist())')
    for name, function in functions.items():
        yield f'print("{name}.grad =", np.asarray({function}({", ".join(arguments)})).tolist())'


def _gradient_lines(problem: Problem, form: Form, arguments: Tensors) -> Iterator[str]:
    """The body of the function that gives one gradient by its closed form."""
    from gradcli.symbolic.numpy_script import numpy_script

    inside = {name: ref for name in problem.wrt if name not in arguments and (ref := problem.program.variable(name))}
    values = {**arguments, **{name: problem.values[ref.step] for name, ref in inside.items()}}
    lines, result = numpy_script(form, values)
    for name, text in (*_intermediates(problem, inside), *lines):
        yield f"    {name} = {text}".replace("np.special.", "scipy.special.")
    yield f"    return {result}".replace("np.special.", "scipy.special.")


def _check(needed: Sequence[str]) -> list[str]:
    """What a function of the script says where the sizes are others than it holds for."""
    holds = " and ".join(needed)
    return [f"    if not ({holds}):", f'        raise ValueError("this holds where {holds}")'] if needed else []


def _intermediates(problem: Problem, inside: Mapping[str, Ref]) -> list[tuple[str, str]]:
    """The definitions of the variables of --wrt that are no inputs, which a formula may name, and of what they need."""
    if not inside:
        return []
    lines = [(name, text) for _, name, text in _writer(problem, "np").write({ref.step for ref in inside.values()})]
    last = max((k for k, (name, _) in enumerate(lines) if name in inside), default=-1)  # y may need none of them
    return lines[: last + 1]


def _writer(problem: Problem, array: str) -> SourceWriter:
    """`array` is the library that makes its arrays, by the name that the script gives it."""

    def tensor(value: Array, text: str) -> SourceValue:
        return SourceValue(made(array, value, text), value)

    def column(row: Any, t: Any, arguments: Sequence[Any]) -> Any:
        spelled = row.numpy(t, *arguments)
        if array == "jnp" and not row.differentiable and isinstance(spelled, SourceValue):
            return SourceValue(f"jax.lax.stop_gradient({spelled.text})", spelled.value)
        return spelled

    library = Library(array, numpy_library)
    return SourceWriter(problem.program, _names(problem), library, column, tensor, problem.values)


def _forward(problem: Problem, library: str) -> list[str]:
    special = "jax.scipy.special." if library == "jnp" else "scipy.special."
    with np.errstate(all="ignore"):
        lines = _writer(problem, library).write(set())
    text = [f"    {name} = {source}".replace(f"{library}.special.", special) for _, name, source in lines]
    return [*text, f"    return {_y(problem)}"]


# JAX


NOT_IN_JAX = frozenset({"conv1d"})
"""Rows whose NumPy is not JAX's too: it has no sliding windows."""


def _jax(problem: Problem) -> Iterator[str]:
    inside = [name for name in problem.wrt if name not in problem.point]
    if inside:
        raise fault("name", N_("JAX has no gradient by a value on the way: --wrt {name} is no input"), name=inside[0])
    for step in problem.program.steps:
        operation = getattr(step.how, "operation", None)
        if operation in NOT_IN_JAX:
            raise limit(N_("{name} has no plain spelling in JAX"), hint=N_("--to torch  has one"), name=operation)
    fixed = [name for name in problem.point if name not in problem.wrt]
    yield from (
        "import jax",
        "",
        f'jax.config.update("jax_enable_x64", {problem.request.dtype == "float64"})',
        "import jax.numpy as jnp",
        "",
    )
    yield from (f"{name} = {made('jnp', problem.point[name])}" for name in (*fixed, *problem.wrt))
    yield f"{problem.v_name} = {_v(problem, 'jnp')}"
    yield from ("", "", f"def forward({', '.join(problem.wrt)}):", *_forward(problem, "jnp"))
    yield from (
        "",
        "",
        f"{_y(problem)}, backward = jax.vjp(forward, {', '.join(problem.wrt)})",
        f"{', '.join(f'{name}_grad' for name in problem.wrt)}, = backward({problem.v_name})",
        "",
        f'print("{_y(problem)} =", {_y(problem)}.tolist())',
    )
    yield from (f'print("{name}.grad =", {name}_grad.tolist())' for name in problem.wrt)
