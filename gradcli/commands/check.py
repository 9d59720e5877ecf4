"""`gradcli check`: is my answer right? Decided by values, at the user's point and at random ones, never by text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from gradcli.commands.checking.known_mistakes import named
from gradcli.commands.checking.submission import Answer, read_answer
from gradcli.commands.checking.trials import Asked, Trial, trials
from gradcli.commands.closed_forms import Wanted, compared, formed, question, shape_of
from gradcli.commands.grad import refusal
from gradcli.commands.problem import GUESSED_ONES, Understood, understand
from gradcli.commands.tangents import directions
from gradcli.message import N_, NN_, Message, fault, message
from gradcli.report import Array, Part, Value, Warning, Weights, arranged
from gradcli.report.additions import Tangents, Verdict
from gradcli.request import Request
from gradcli.shapes import LAYOUTS, by_layout, is_one_number, size, written

RTOL, ATOL = 1e-6, 1e-9
"""How far a right formula may be off: of the entry, and of the largest entry."""

_RANDOM = {
    (False, False): N_("compared at your point and at {count} random points of the same shapes"),
    (False, True): N_(
        "compared at your point and at {count} random points of the same shapes with {kept}, as at yours"
    ),
    (True, False): N_("compared at your point and at {count} random points of the same shapes, each with a random v"),
    (True, True): N_(
        "compared at your point and at {count} random points of the same shapes with {kept}, as at yours, each with a "
        "random v"
    ),
}
"""By whether the answer names v, and whether something of the given tensors is kept."""


def run(request: Request) -> Iterator[Part]:
    """The parts of `check`'s answer."""
    from gradcli import notation

    understood = understand(request)
    _refuse_without_gradient(understood)
    asked = _asked(understood)
    answer = read_answer(understood, asked.known(understood.point, understood.v, asked.t))
    weighted = request.of in ("vjp", "hessian")
    yield question(understood, notation.latex(understood.program), (asked.name,), weighted=weighted)
    yield from (Warning("reading", note) for note in understood.program.notes)
    if understood.guessed and request.of == "vjp":
        yield Warning("weights", Message(GUESSED_ONES))
    if weighted:
        yield Weights(understood.v, understood.y)
    elif asked.moving is None:
        yield Value(understood.y)
    else:
        yield Tangents(asked.t, asked.moving.given, understood.y)
    tried, kept = trials(asked, answer)
    yield _verdict(asked, answer, tried, kept)
    yield from _closed(asked)


def _closed(asked: Asked) -> Iterator[Part]:
    """The right answer in closed form, and its value at the user's point by both sides."""
    u = asked.understood
    wanted = Wanted(_spoken(asked), *asked.method, asked.of in ("jacobian", "hessian"))
    forms = yield from formed(u, [wanted], asked.variables, asked.tangents, unit=asked.unit)
    known = {**u.point, u.weights: u.v, **asked.named(asked.t)}
    yield compared(u, wanted.name, forms.get(wanted.name), known, asked.by_pytorch(u.point, u.v, asked.t))


def _asked(u: Understood) -> Asked:
    of = u.request.of
    if of == "grad" and not is_one_number(u.program.output_shape):
        raise refusal(u)
    if of == "hessian":
        if len(u.wrt) > (1 if u.request.wrt is None else 2):
            raise _which_block(u)
        return Asked(u, of, u.wrt[0], u.wrt[-1], None, None)
    if of == "jvp":
        moving = directions(u)
        return Asked(u, of, ", ".join(moving.t), "", moving, None)
    if len(u.wrt) > 1:
        raise _which(u)
    return Asked(u, of, u.wrt[0], "", None, u.request.layout)


def _refuse_without_gradient(u: Understood) -> None:
    """A point at which PyTorch's gradient is known to be wrong, or is one of nothing."""
    from gradcli.explain.cautions import singular, undefined

    if np.isnan(u.y).any():
        for warning in undefined(u.program, u.values):
            raise fault(
                "domain",
                N_("no answer can be judged at this point. {why}"),
                hint=N_("give numbers at which the function has a value"),
                why=warning.text,
            )
    for warning in singular(u.program, u.values):
        raise fault(
            "domain",
            N_("no answer can be judged at this point. {why}"),
            hint=N_("give a matrix whose determinant is not 0"),
            why=warning.text,
        )


def _which(u: Understood) -> Exception:
    return fault(
        "option",
        N_("the answer is for one variable, and there are {names}"),
        hint=N_("say which:  --wrt {first}"),
        names=", ".join(u.wrt),
        first=u.wrt[0],
    )


def _which_block(u: Understood) -> Exception:
    return fault(
        "option",
        N_("the answer is for one block of second derivatives, and there are those by {names}"),
        hint=N_("say which:  --wrt {first}  for {first} twice,  --wrt {first},{second}  for the mixed ones"),
        names=", ".join(u.wrt),
        first=u.wrt[0],
        second=u.wrt[1],
    )


# The verdict


def _verdict(asked: Asked, answer: Answer, tried: Sequence[Trial], kept: Message | None) -> Verdict:
    where = _compared_at(asked, answer, tried, kept)
    for layout, says in _layouts(asked):
        fitted = [layout(t.yours, t.correct.shape) for t in tried]
        if all(
            f is not None and not _differs(asked, answer, f, t.correct).any()
            for f, t in zip(fitted, tried, strict=True)
        ):
            return Verdict(
                _spoken(asked), answer.text, asked.of, True, says, where, yours=tried[0].yours, correct=tried[0].correct
            )
    return _wrong(asked, answer, tried, where)


def _wrong(asked: Asked, answer: Answer, tried: Sequence[Trial], where: Message) -> Verdict:
    mistake = named(asked, answer, tried)
    worst = next(t for t in tried if _shaped(t.yours, t.correct.shape) is None or _bad(asked, answer, t).any())
    says, first = _difference(asked, answer, worst)
    return Verdict(
        _spoken(asked),
        answer.text,
        asked.of,
        False,
        says,
        where,
        None if mistake is None else mistake.kind,
        None if mistake is None else mistake.says,
        worst.yours,
        worst.correct,
        None if worst.own else _point(asked, answer, worst),
        first,
    )


def _difference(asked: Asked, answer: Answer, t: Trial) -> tuple[Message, tuple[int, ...] | None]:
    yours = _shaped(t.yours, t.correct.shape)
    if yours is None:
        return message(
            N_("wrong: the right answer has the shape {wanted}, yours has {given}"),
            wanted=written(t.correct.shape),
            given=written(t.yours.shape),
        ), None
    bad = _bad(asked, answer, t)
    first = tuple(int(k) for k in np.argwhere(bad)[0])
    place = f"[{','.join(map(str, first))}]" if first else ""
    said = (
        NN_(
            "wrong: {count} of {total} entries differs: {place}, yours {a:.6g}, correct {b:.6g}",
            "wrong: {count} of {total} entries differ; the first is {place}, yours {a:.6g}, correct {b:.6g}",
        )
        if first
        else N_("wrong: yours is {a:.6g}, correct is {b:.6g}")
    )
    return message(
        said, count=int(bad.sum()), total=bad.size, place=place, a=float(yours[first]), b=float(t.correct[first])
    ), first


def _bad(asked: Asked, answer: Answer, t: Trial) -> Array:
    yours = _shaped(t.yours, t.correct.shape)
    return np.ones(t.correct.shape, dtype=bool) if yours is None else _differs(asked, answer, yours, t.correct)


def _differs(asked: Asked, answer: Answer, yours: Array, correct: Array) -> Array:
    """Where the answer is off by more than it may be."""
    request, scale = asked.understood.request, float(np.abs(correct[np.isfinite(correct)]).max(initial=0.0))
    allowed = RTOL * np.abs(correct) + ATOL * scale + 1e-12
    if request.rtol is not None or request.atol is not None:
        allowed = (request.rtol or 0.0) * np.abs(correct) + (request.atol or 0.0)
    elif answer.unit is not None and answer.unit.size == correct.size:
        allowed = np.maximum(answer.unit.reshape(correct.shape) * (1 + 1e-9), allowed)
    elif answer.unit is not None and answer.unit.size == 1:
        allowed = np.maximum(answer.unit.reshape(()) * (1 + 1e-9), allowed)
    same = (yours == correct) | (np.isnan(yours) & np.isnan(correct))
    with np.errstate(invalid="ignore"):
        return np.asarray(~same & ~(np.abs(yours - correct) <= allowed))


# Layouts and points


Layout = Callable[[Array, tuple[int, ...]], Array | None]


def _shaped(yours: Array, shape: tuple[int, ...]) -> Array | None:
    """The answer in the right shape; one number stands for every entry."""
    if yours.shape == shape:
        return yours
    return np.full(shape, float(yours)) if yours.ndim == 0 else None


_FLAT = {
    "numerator": N_("right: the flattened matrix, in numerator layout"),
    "denominator": N_("right: the flattened matrix, in denominator layout"),
}


def _layouts(asked: Asked) -> Iterator[tuple[Layout, Message]]:
    """The ways in which an answer may lie, and how each is told: in the layout that was said, else in either."""
    yield _shaped, message(N_("right"))
    if asked.of not in ("jacobian", "hessian"):
        return
    yield partial(_flat, asked), Message(_FLAT[asked.layout or LAYOUTS[0]])
    if asked.of == "jacobian" and asked.layout is None:
        yield partial(_turned, asked), message(N_("right, in denominator layout: the flattened matrix, transposed"))
        yield partial(_moved, asked), message(N_("right, in denominator layout: the input's axes first"))


def _flat(asked: Asked, yours: Array, shape: tuple[int, ...]) -> Array | None:
    rows, columns = by_layout(asked.layout, *_sizes(asked))
    return yours.reshape(shape) if yours.shape == (rows, columns) else None


def _turned(asked: Asked, yours: Array, shape: tuple[int, ...]) -> Array | None:
    rows, columns = _sizes(asked)
    return yours.T.reshape(shape) if yours.shape == (columns, rows) else None


def _moved(asked: Asked, yours: Array, shape: tuple[int, ...]) -> Array | None:
    axes = min(yours.ndim, len(shape) - len(asked.understood.program.output_shape))
    back = arranged(yours, axes, "denominator")
    return back if back.shape == shape else None


def _sizes(asked: Asked) -> tuple[int, int]:
    """How many entries the output and the variable have; of a Hessian's block, its two variables."""
    u = asked.understood
    rows = shape_of(u, asked.name) if asked.second else u.program.output_shape
    return size(rows), size(shape_of(u, asked.second or asked.name))


def _compared_at(asked: Asked, answer: Answer, tried: Sequence[Trial], kept: Message | None) -> Message:
    count = len(tried) - 1
    if count:
        by_v = bool(answer.names & asked.weight_names) and asked.of in ("vjp", "hessian")
        return message(_RANDOM[by_v, kept is not None], count=count, kept=kept)
    if answer.names:
        return message(N_("compared at your point only: at random points the two sides are not both numbers"))
    request = asked.understood.request
    if answer.unit is not None and request.rtol is None and request.atol is None:
        return message(N_("compared at your point only, to half a unit of the last digit that was typed"))
    return message(N_("compared at your point only, for the answer names no variable"))


def _point(asked: Asked, answer: Answer, t: Trial) -> dict[str, Array]:
    """The inputs of a counterexample, and what else the answer names."""
    u = asked.understood
    weights = {u.weights: t.v} if answer.names & asked.weight_names else {}
    return {**t.point, **weights, **asked.named(t.t)}


def _spoken(asked: Asked) -> str:
    return f"{asked.name},{asked.second}" if asked.of == "hessian" else asked.name
