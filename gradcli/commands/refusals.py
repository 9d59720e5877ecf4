"""Problems whose derivative is not defined as it was asked for -> the refusal, with a question that has an answer."""

from __future__ import annotations

from collections.abc import Iterable

from gradcli.commands.problem import Problem
from gradcli.message import N_, fault
from gradcli.shapes import is_one_number, written


def refuse_many_outputs(problem: Problem) -> None:
    """A gradient is of one number; PyTorch says it in its own words."""
    if is_one_number(problem.program.output_shape):
        return
    bare, source = problem.program.bare, problem.program.source
    text = "" if bare is None else source[bare.start : bare.end]
    pasteable = text and not set(text) & set('\n"$`\\!')
    raise fault(
        "shape",
        N_(
            'a gradient is of one number, and the output is {shape}: PyTorch says "grad can be implicitly created only '
            "for "
            'scalar outputs"'
        ),
        hint=N_('add it up:  gradcli grad "sum({text})"  or weigh its entries:  gradcli vjp "{text}" --v ones')
        if pasteable
        else N_("add it up with  .sum()  at the end, or weigh its entries:  gradcli vjp ... --v ones"),
        shape=written(problem.program.output_shape),
        text=text,
    )


def refuse_guessed_weights(problem: Problem) -> None:
    """Second derivatives are of one number: of y, or of v·y where v is given."""
    if problem.v_is_guessed:
        raise fault(
            "shape",
            N_("{command} is of one number, and the output is {shape}"),
            hint=N_("--v ones  takes the sum of the output,  --v onehot:{place}  one entry of it"),
            command=problem.request.command,
            shape=written(problem.program.output_shape),
            place=",".join("0" * len(problem.program.output_shape)),
        )


def refuse_intermediate(problem: Problem, pairs: Iterable[tuple[str, str]]) -> None:
    """A gradient by x, differentiated by what is computed from x: how it depends on that is a matter of how it is
    written (the slope of m = tanh(x) is 1 - m**2 and also 1/cosh(x)**2), so that it has no one derivative."""
    for first, second in pairs:
        if problem.program.depends(second, first):
            raise fault(
                "name",
                N_(
                    "{second} is computed from {first}: a derivative by {first} can be written with {second} or "
                    "without it, so it has no one derivative by {second}"
                ),
                hint=N_("ask for one of them:  --wrt {first}  or  --wrt {second}"),
                first=first,
                second=second,
            )
