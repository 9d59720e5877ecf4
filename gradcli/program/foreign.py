"""A call that is written with a module -> the operation that the module's library means by it, with its arguments
under the operation's own names. What each library means is in `ops.modules`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gradcli.message import N_, GradcliError, Message, fault
from gradcli.ops import SPELLED
from gradcli.ops.foreign_names import rewritten
from gradcli.ops.modules import DIFFERENT, MODULES, PYTORCH, Meaning, is_pytorch, meanings
from gradcli.ops.row import REQUIRED, Row
from gradcli.program.arguments import Argument, bind
from gradcli.program.builder import ProgramBuilder
from gradcli.program.program import Ref
from gradcli.shapes import Shape
from gradcli.syntax import tree as t
from gradcli.syntax.mistakes import DID_YOU_MEAN, mistake


@dataclass(frozen=True, slots=True)
class Bound:
    """An operation and the arguments that were given, by place or by the operation's own names."""

    row: Row
    positional: list[Argument]
    keywords: dict[str, Argument]


def is_known(node: t.Call) -> bool:
    """Whether the call has a module whose library has the function, in the table or in a meaning of its own."""
    libraries = MODULES.get(node.module, ())
    return bool(libraries) and (node.function in SPELLED or any(meanings(one, node.function) for one in libraries))


def is_entry_count(node: t.Call) -> bool:
    """Whether the call is NumPy's size(x), the number of entries, and not PyTorch's x.size()."""
    return bool(node.module) and not is_pytorch(node.module) and node.function == "size" and len(node.arguments) == 1


def takes_many(node: t.Call) -> bool:
    """Whether a list among the arguments is several tensors, as in cat([x, y])."""
    rows = [SPELLED.get(node.function)]
    rows += [SPELLED[m.row] for library in MODULES[node.module] for m in meanings(library, node.function)]
    return any(p.kind == "tensors" for row in rows if row is not None for p in row.takes)


def meaning_of(
    builder: ProgramBuilder, node: t.Call, positional: list[Argument], keywords: Mapping[str, Argument]
) -> Bound:
    """The operation that the call means.

    Raises GradcliError (name) where its library means nothing that is here, or two libraries mean two things.
    """
    libraries = MODULES[node.module]
    found = [
        (library, _in(library, builder, node, positional, keywords))
        for library in libraries
        if library in PYTORCH or meanings(library, node.function) or (library, node.function) in DIFFERENT
    ]
    for library, bound in found:
        if bound is None:
            raise _refusal(builder, node, library)
    if not found:
        raise _refusal(builder, node, libraries[0])
    if len(found) > 1 and not _alike(node, *(bound for _, bound in found if bound is not None)):
        raise _ambiguous(node, [library for library, _ in found])
    bound = found[0][1]
    assert bound is not None  # refused above
    return bound


def _in(
    library: str, builder: ProgramBuilder, node: t.Call, positional: list[Argument], keywords: Mapping[str, Argument]
) -> Bound | None:
    """The call as this library means it; None where that is not here."""
    if (library, node.function) in DIFFERENT:
        return None
    known = meanings(library, node.function)
    if not known:
        row = SPELLED.get(node.function) if library in PYTORCH else None
        return None if row is None else Bound(row, positional, dict(keywords))
    for meaning in known:
        bound = _bound(builder, node, meaning, positional, keywords)
        if bound is not None:
            return bound
    return None


def _bound(
    builder: ProgramBuilder,
    node: t.Call,
    meaning: Meaning,
    positional: Sequence[Argument],
    keywords: Mapping[str, Argument],
) -> Bound | None:
    row = SPELLED[meaning.row]
    ours = _by_name(row, meaning, positional, keywords, node)
    if ours is None or not _complete(row, meaning, ours):
        return None
    shapes = tuple(_shapes(builder, row, ours))
    for name, value in meaning.sets.items():
        if name not in ours:
            ours[name] = Argument(value(shapes[0]) if callable(value) else value, node.span)
    options = {
        p.name: builder.option_value(ours[p.name]).value for p in row.takes if p not in row.tensors and p.name in ours
    }
    if not _same_axes(row, shapes, options) or not meaning.fits(shapes, options):
        return None
    for name, value in options.items():
        if isinstance(value, bool) and value in meaning.values:
            ours[name] = Argument(meaning.values[value], ours[name].span)
    return Bound(row, [], ours)


def _complete(row: Row, meaning: Meaning, ours: dict[str, Argument]) -> bool:
    """Whether nothing is missing, and nothing is None that has another default in the table or the library."""
    if "p" in ours and ours["p"].value is None:  # ord=None is the default everywhere
        del ours["p"]
    defaults = {p.name: p.default for p in row.takes}
    if any(g.value is None and (name in meaning.sets or defaults[name] is not None) for name, g in ours.items()):
        return False
    return all(default is not REQUIRED or name in ours or name in meaning.sets for name, default in defaults.items())


def _same_axes(row: Row, shapes: tuple[Shape, ...], options: Mapping[str, Any]) -> bool:
    """Whether axes and sizes are whole numbers, as everywhere, and none of those that PyTorch alone takes: an axis of
    a number, and no axes for all of them."""
    for param in row.takes:
        value = options.get(param.name)
        if param.kind not in ("dim", "dims", "sizes") or value is None:
            continue
        if any(not isinstance(one, (int, Fraction)) for one in (value if isinstance(value, tuple) else (value,))):
            return False
        of_a_number = shapes[:1] == ((),) and row.name not in ("unsqueeze", "stack") and param.kind != "sizes"
        if of_a_number or (param.kind == "dims" and value == ()):
            return False
    return True


def _by_name(
    row: Row, meaning: Meaning, positional: Sequence[Argument], keywords: Mapping[str, Argument], node: t.Call
) -> dict[str, Argument] | None:
    """The arguments under the row's names; None where the library's function does not take them so."""
    words = meaning.takes.split() if meaning.takes else [f":{p.name}" for p in row.tensors]
    places = words[: words.index("|")] if "|" in words else words
    named = {word.lstrip("*").rstrip("!").partition(":")[0]: word for word in words if word != "|"}
    ours: dict[str, Argument] = {}
    pairs: list[tuple[str, Argument]] = []
    waiting = list(positional)
    for word in places:
        if word.startswith("*"):
            if waiting:
                pairs.append((word, Argument(tuple(g.value for g in waiting), node.span)))
            waiting = []
        elif waiting:
            pairs.append((word, waiting.pop(0)))
    if waiting or not named.keys() >= keywords.keys() or "" in keywords:
        return None
    pairs += [(named[name], argument) for name, argument in keywords.items()]
    for word, argument in pairs:
        if word.endswith("!"):
            if argument.value is not None and argument.value is not False:
                return None
            continue
        theirs, _, name = word.lstrip("*").partition(":")
        if (name or theirs) in ours:
            return None
        ours[name or theirs] = argument
    return ours


def _shapes(builder: ProgramBuilder, row: Row, ours: Mapping[str, Argument]) -> Iterator[Shape]:
    for param in row.tensors:
        argument = ours.get(param.name)
        if argument is not None and param.kind != "tensors":
            yield builder.shape(argument.value) if isinstance(argument.value, Ref) else ()


def _alike(node: t.Call, one: Bound, other: Bound) -> bool:
    """Whether two libraries mean the same by the call."""
    if one.row is not other.row:
        return False
    try:
        values = [
            {name: argument.value for name, argument in bind(b.row, b.positional, b.keywords, node.span).items()}
            for b in (one, other)
        ]
    except GradcliError:
        return False
    return values[0] == values[1]


def _refusal(builder: ProgramBuilder, node: t.Call, library: str) -> GradcliError:
    written = f"{node.module}.{node.function}"
    arguments = [a.span.of(builder.source) for a in node.arguments]
    theirs, template = DIFFERENT.get((library, node.function), (None, None))
    row = SPELLED.get(node.function)
    if theirs is not None and template is not None:
        whole = rewritten(template, arguments, builder.source.strip() == node.span.of(builder.source))
        return mistake(
            builder.source,
            node.name_span,
            N_("{written} is {theirs}, which is another function than PyTorch's {name}"),
            whole or "",
            over=node.span,
            hint=DID_YOU_MEAN if whole else None,
            kind="name",
            written=written,
            theirs=Message(theirs),
            name=node.function,
        )
    known = meanings(library, node.function)
    if known and row is None:
        return fault("name", N_("{written} is not taken with these arguments here"), written=written).at(node.span)
    assert row is not None  # is_known
    return fault(
        "name",
        N_("{written} with these arguments is not PyTorch's {name}, which is {meaning}")
        if known
        else N_("{written} is not known to be PyTorch's {name}, which is {meaning}"),
        hint=N_("PyTorch's own is written without the module, for example {example}"),
        written=written,
        name=node.function,
        meaning=Message(row.doc),
        example=row.example,
    ).at(node.span if known else node.name_span)


def _ambiguous(node: t.Call, libraries: Sequence[str]) -> GradcliError:
    return fault(
        "name",
        N_("{written} is one thing in {one} and another in {other}"),
        hint=N_("write the whole name of the module"),
        written=f"{node.module}.{node.function}",
        one=libraries[0],
        other=libraries[1],
    ).at(node.name_span)
