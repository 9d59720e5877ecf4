"""Stages of the commands that ask for other closed forms than vjp's: the forms in their time, and the verdicts."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any, TypeVar

from gradcli.commands.needed_sizes import needed_sizes
from gradcli.commands.problem import Understood
from gradcli.commands.verdicts import in_time, judged, without_formula
from gradcli.compare import outside
from gradcli.message import N_, GradcliError, Message, fault, message
from gradcli.report import Array, Closed, Compared, Part, Question, Vjp, Warning
from gradcli.shapes import written

if TYPE_CHECKING:  # the doors open only when a command runs
    from gradcli.symbolic import Form

SMALL = 10_000
"""A matrix of at most so many entries is computed whole, by both sides."""

Forms = Mapping[str, "Form"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A closed form that is asked for: what the answer calls it, the method of Calculus that makes it, and of what.

    `matrix` where it has rows and columns, else it is a product.
    """

    name: str
    method: str
    arguments: tuple[Any, ...]
    matrix: bool


def question(asked: Understood, latex: str, wrt: tuple[str, ...] | None = None, weighted: bool = True) -> Question:
    """What is echoed at the head of the answer; without v where the command has none."""
    whole = asked.question(latex)
    v_given, v_shape = (whole.v_given, whole.v_shape) if weighted else (None, None)
    return replace(whole, wrt=whole.wrt if wrt is None else wrt, v_given=v_given, v_shape=v_shape)


def formed(
    asked: Understood,
    wanted: Sequence[Wanted],
    wrt: Sequence[str],
    tangents: Mapping[str, str] | None = None,
    unit: bool = False,
) -> Generator[Part, None, Forms]:
    """Yields each formula; returns them for evaluation. `unit`: v is 1, unwritten."""

    def derive() -> tuple[dict[str, Form], list[Closed]]:
        from gradcli import symbolic  # SymPy: a quarter of a second

        methods = [(one.method, one.arguments) for one in wanted]
        made = symbolic.forms(
            asked.program, wrt, methods, asked.weights, asked.output_name, tangents, unit, asked.request.layout
        )
        forms = {one.name: form for one, form in zip(wanted, made, strict=True)}
        return forms, [_written(one, forms[one.name], asked.request.entries) for one in wanted]

    forms = yield from in_time(asked, [one.name for one in wanted], derive)
    yield from needed_sizes(asked, list(forms.values()))
    return forms


def _written(one: Wanted, form: Form, entries: bool) -> Closed:
    from gradcli.symbolic import jacobian_part

    if one.matrix:
        return Closed(one.name, jacobian_part(form, entries), None)
    return Closed(one.name, None, product_part(form))


def product_part(form: Form) -> Vjp:
    """A form without rows as it is reported."""
    said = form.written
    return Vjp(said.left_side, said.text, said.latex, said.where, form.matrix)


def compared(
    asked: Understood,
    name: str,
    form: Form | None,
    known: Mapping[str, Array],
    pytorch: Array | None,
    by: str | None = None,
    silent: Message | None = None,
    order: int = 1,
) -> Compared:
    """The verdict for one form; `known` holds the inputs, v and the tangents by their names in the formula. `by` names
    one with which it is contracted; `silent` says why PyTorch has no numbers; `order` how often was differentiated."""
    if form is None:
        return Compared(name, None, pytorch, None, None, without_formula(asked))
    try:
        symbolic = form.value(known, by)
    except GradcliError as error:
        return Compared(name, None, pytorch, None, None, error.what)
    shaped = symbolic if pytorch is None else symbolic.reshape(pytorch.shape)
    verdict = judged(asked, name, form, known, shaped, pytorch, by=by, silent=silent, order=order)
    return verdict if by is not None else _within_pattern(form, verdict, symbolic)


def _within_pattern(form: Form, verdict: Compared, values: Array) -> Compared:
    """The verdict, unless the formula has an entry where the printed structure says that there is none."""
    pattern = form.pattern() if small(form.shape) else None
    if pattern is None or not outside(values.reshape(pattern.shape), pattern):
        return verdict
    reason = message(N_("the structure above says that entries are 0 which are other than 0"))
    return replace(verdict, agrees=False, reason=reason)


K = TypeVar("K")


def by_pytorch(forms: Forms, compute: Callable[[], Mapping[K, Array]]) -> tuple[Mapping[K, Array], Message | None]:
    """PyTorch's higher derivatives, or why it has none: what it does not implement is no mistake of the user's, and
    the formulas stand."""
    try:
        return compute(), None
    except GradcliError as error:
        if error.kind != "domain" or not forms:
            raise
        return {}, error.what


def warned(asked: Understood, gradients: Mapping[str, Array] | None = None, order: int = 1) -> Iterator[Warning]:
    """What to know of this point before trusting the numbers; `order` is how often was differentiated."""
    from gradcli import explain

    yield from explain.hazards(asked.program, asked.values, asked.wrt, gradients, order)


def small(*shapes: Sequence[int], most: int = SMALL) -> bool:
    """Whether matrices of these shapes are computed whole."""
    return sum(prod(shape) for shape in shapes) <= most


def shape_of(asked: Understood, name: str) -> tuple[int, ...]:
    ref = asked.program.variable(name)
    assert ref is not None
    return asked.program[ref].shape


def refuse_intermediate(asked: Understood, pairs: Iterable[tuple[str, str]]) -> None:
    """A gradient by x, differentiated by what is computed from x: how it depends on that is a matter of how it is
    written (the slope of m = tanh(x) is 1 - m**2 and also 1/cosh(x)**2), so that it has no one derivative."""
    for first, second in pairs:
        if asked.program.depends(second, first):
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


def refuse_without_weights(asked: Understood) -> None:
    """Second derivatives are of one number: of y, or of v·y where v is given."""
    if asked.guessed:
        raise fault(
            "shape",
            N_("{command} is of one number, and the output is {shape}"),
            hint=N_("--v ones  takes the sum of the output,  --v onehot:{place}  one entry of it"),
            command=asked.request.command,
            shape=written(asked.program.output_shape),
            place=",".join("0" * len(asked.program.output_shape)),
        )
