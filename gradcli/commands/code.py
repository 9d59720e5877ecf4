"""`gradcli code --to torch|jax|numpy`: the computation as a script that runs as it is and prints the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from keyword import iskeyword
from typing import Any

import numpy as np

from gradcli.commands.graph import choose
from gradcli.commands.problem import Problem, understand
from gradcli.message import N_, fault, limit
from gradcli.ops.libraries import n as numpy_library
from gradcli.program.names import fresh_name
from gradcli.program.single_step import names_of, output_name
from gradcli.program.source_text import Library, Spelled, Speller, made
from gradcli.report import Array, Part
from gradcli.report.exhibits import Script
from gradcli.request import Request
from gradcli.syntax.scan import one_line

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
    said = one_line(problem.program.source)
    return [f"# {said}", *(f"# {' '.join(str(note).split())}" for note in problem.program.notes)]


def _y(problem: Problem) -> str:
    """What the script calls the output."""
    return names_of(problem.program, output_name(problem.program))[problem.program.output.step]


def _v(problem: Problem, library: str) -> str:
    if problem.v_given == "ones":
        return f"{library}.ones({problem.v.shape})"
    return made(library, problem.v)


# PyTorch


def _torch(problem: Problem) -> Iterator[str]:
    from gradcli.numeric.torch_source import torch_lines  # PyTorch

    names = names_of(problem.program, output_name(problem.program))
    found = torch_lines(problem.program, names, problem.wrt, problem.point, problem.request.dtype)
    kept = {problem.program.variable(name).step: name for name in problem.wrt}  # type: ignore[union-attr]
    output = names[problem.program.output.step]
    yield from ("import torch", "", f"torch.set_default_dtype(torch.{problem.request.dtype})", "")
    for name, value in problem.point.items():
        leaf = ", requires_grad=True" if name in problem.wrt else ""
        yield f"{name} = {made('torch', value, more=leaf)}"
    for place, name, text in found.lines:
        yield f"{name} = {text}"
        if place in kept:
            moves = place in found.moving and any(problem.program.depends(kept[place], other) for other in problem.wrt)
            yield f"{name}.retain_grad()" if moves else f"{name} = {name}.detach().requires_grad_()"
    yield from ("", f"{problem.v_name} = {_v(problem, 'torch')}")
    if problem.program.output.step in found.moving:
        yield f"{output}.backward({problem.v_name})"
    else:
        yield f"# {output} does not require a gradient: backward would refuse, and every gradient is zero"
    yield from ("", f'print("{output} =", {output}.tolist())')
    for place, name in kept.items():
        zeros = f"torch.zeros({problem.program.steps[place].shape})"
        grad = f"{names[place]}.grad" if place in found.moving else zeros
        yield f'print("{name}.grad =", {grad}.tolist())'


# NumPy: the closed form


def _numpy(problem: Problem) -> Iterator[str]:
    from gradcli.symbolic import Calculus
    from gradcli.symbolic.numpy_script import conditions, numpy_script

    calculus = Calculus(problem.program, problem.wrt, problem.v_name, _y(problem))
    known = {**problem.point, problem.v_name: problem.v}
    named = {name: fresh_name(f"{name}_grad", {*known, *problem.program.names}) for name in problem.wrt}
    body: list[str] = []
    by_values, by_formulas = conditions(calculus.vjp(problem.wrt[0]))
    checked = _check([*by_values, *by_formulas])
    for name in problem.wrt:
        used = {
            **known,
            **{
                n: problem.values[ref.step]
                for n in problem.wrt
                if n not in known and (ref := problem.program.variable(n))
            },
        }
        lines, result = numpy_script(calculus.vjp(name), used)
        body += [
            "",
            "",
            f"def {named[name]}({', '.join(known)}):",
            *checked,
            *(f"    {n} = {text}" for n, text in _with_intermediates(problem, lines, result, known)),
            f"    return {result}",
        ]
    forward = _forward(problem, "np", numpy_library)
    special = "scipy.special." in "\n".join([*body, *forward]) or "np.special." in "\n".join([*body, *forward])
    yield from ("import numpy as np", *(["import scipy.special"] if special else []))
    yield from (
        "",
        *(f"{name} = {made('np', value)}" for name, value in problem.point.items()),
        f"{problem.v_name} = {_v(problem, 'np')}",
    )
    yield from ("", "", f"def forward({', '.join(problem.point)}):", *_check(by_values), *forward)
    yield from (line.replace("np.special.", "scipy.special.") for line in body)
    yield from ("", "", f'print("{_y(problem)} =", np.asarray(forward({", ".join(problem.point)})).tolist())')
    for name in problem.wrt:
        yield f'print("{name}.grad =", np.asarray({named[name]}({", ".join(known)})).tolist())'


def _check(needed: Sequence[str]) -> list[str]:
    """What a function of the script says where the sizes are others than it holds for."""
    holds = " and ".join(needed)
    return [f"    if not ({holds}):", f'        raise ValueError("this holds where {holds}")'] if needed else []


def _with_intermediates(
    problem: Problem, lines: Sequence[tuple[str, str]], result: str, known: Any
) -> list[tuple[str, str]]:
    """The definitions; a variable of --wrt that is no input is computed first, where the formula names it."""
    missing = [name for name in problem.wrt if name not in known]
    if not missing:
        return list(lines)
    from gradcli.program.source_text import Library as Recorder

    names = names_of(problem.program, output_name(problem.program))
    kept = {problem.program.variable(name).step for name in missing}  # type: ignore[union-attr]
    speller = _speller(problem, names, Recorder("np", numpy_library), "np")
    spelled = [(name, text.replace("np.special.", "scipy.special.")) for _, name, text in speller.spell(kept)]
    last = max((k for k, (name, _) in enumerate(spelled) if name in missing), default=-1)  # y may need none of them
    return [*spelled[: last + 1], *lines]


def _speller(problem: Problem, names: Sequence[str], library: Library, array: str) -> Speller:
    def tensor(value: Array, text: str) -> Spelled:
        return Spelled(made(array, value, text), value)

    def column(row: Any, t: Any, given: Sequence[Any]) -> Any:
        found = row.numpy(t, *given)
        if array == "jnp" and not row.differentiable and isinstance(found, Spelled):
            return Spelled(f"jax.lax.stop_gradient({found.text})", found.value)
        return found

    return Speller(problem.program, names, library, column, tensor, problem.values)


def _forward(problem: Problem, alias: str, library: Any) -> list[str]:
    names = names_of(problem.program, output_name(problem.program))
    with np.errstate(all="ignore"):
        lines = _speller(problem, names, Library(alias, library), alias).spell(set())
    special = "jax.scipy.special." if alias == "jnp" else "scipy.special."
    text = [f"    {name} = {source}".replace(f"{alias}.special.", special) for _, name, source in lines]
    return [*text, f"    return {names[problem.program.output.step]}"]


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
    yield from ("", "", f"def forward({', '.join(problem.wrt)}):", *_forward(problem, "jnp", numpy_library))
    yield from (
        "",
        "",
        f"{_y(problem)}, backward = jax.vjp(forward, {', '.join(problem.wrt)})",
        f"{', '.join(f'{name}_grad' for name in problem.wrt)}, = backward({problem.v_name})",
        "",
        f'print("{_y(problem)} =", {_y(problem)}.tolist())',
    )
    yield from (f'print("{name}.grad =", {name}_grad.tolist())' for name in problem.wrt)
