"""Program text -> Tree. Evaluates nothing. Of variables it knows the names that the caller gives, of operations which
names are functions (`2sin(x)`), and of shapes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from gradcli.message import N_, GradcliError, Message, Span, fault, limit, message
from gradcli.syntax.mistakes import DID_YOU_MEAN, ROOM_FOR_A_HINT, refused_statements
from gradcli.syntax.mistakes.textbook import typed
from gradcli.syntax.precedence import read_expression
from gradcli.syntax.roles import Arrangement, Names
from gradcli.syntax.scan import Token, scan
from gradcli.syntax.statements import Line, Loop, join_lines, statements
from gradcli.syntax.tree import Assign, Bare, Expression, Statement, Tree, While

MAX_CHARACTERS = 100_000
MAX_NODES = 20_000
"""Numbers, names and operators of a program together."""
MAX_NOTES = 10


def parse(source: str, variables: Collection[str] = ()) -> Tree:
    """The tree of a program.

    `variables` are the names of the inputs: one that is called like a module (`F`, `np`) hides it, so that `F.sum(0)`
    is a method of the variable. Raises GradcliError: syntax and name for mistakes, limit for what is too long or too
    deep; each with its span in `source`.
    """
    try:
        return _parse(source, variables)
    except GradcliError as error:
        raise _with_a_guess(error.at(source=source), variables) from None


def _with_a_guess(error: GradcliError, variables: Collection[str]) -> GradcliError:
    """The error with the text as it would be typed here, where it is mathematics as it stands on paper or in LaTeX."""
    source = error.source or ""
    guess = typed(source, variables) if error.kind == "syntax" and len(source) <= ROOM_FOR_A_HINT else None
    if guess is None:
        return error
    try:
        _parse(guess, variables)
    except GradcliError:
        return error
    error.hint = message(DID_YOU_MEAN, repair=guess)
    return error


def _parse(source: str, variables: Collection[str]) -> Tree:
    if len(source) > MAX_CHARACTERS:
        raise limit(
            N_("the expression has {count} characters; the limit is {most}"), count=len(source), most=MAX_CHARACTERS
        ).at(Span(MAX_CHARACTERS, len(source)))
    tokens = join_lines(source, _counted(scan(source)))
    lines, notes = statements(source, tokens)
    if not lines:
        empty = fault("syntax", N_("the expression is empty"), hint=N_("write one, for example (x+1)**2"))
        raise empty.at(Span(0, len(source)))
    hidden = frozenset({*variables, *_assigned(lines)})
    found = tuple([_statement(source, line, Names(frozenset(variables), hidden), notes) for line in lines])
    _refuse_lost(source, found, {token.text for token in tokens if token.kind == "name"}.union(variables))
    distinct = {str(note): note for note in notes}
    return Tree(source, found, tuple(distinct.values())[:MAX_NOTES])


def _refuse_lost(source: str, body: Sequence[Statement], names: Collection[str], last: bool = True) -> None:
    """Raises GradcliError (syntax) for an expression whose value nothing can use: it is not the last statement, nor
    the last of a loop that is."""
    for place, statement in enumerate(body):
        following = body[place + 1] if place + 1 < len(body) else None
        output = last and following is None
        if isinstance(statement, While):
            _refuse_lost(source, statement.body, names, output)
        elif isinstance(statement, Bare) and not output:
            raise refused_statements.lost(source, statement, following, names)


def _counted(tokens: Iterable[Token]) -> Iterator[Token]:
    """The same tokens, as long as they are not too many."""
    count = 0
    for token in tokens:
        count += token.kind != "newline" and token.text not in ("(", ")", "[", "]", ",", ";", ":")
        if count > MAX_NODES:
            raise limit(
                N_("the expression has more than {most} numbers, names and operators"),
                hint=N_("give large tensors as inputs, for example from a file: x=@x.npy"),
                most=MAX_NODES,
            ).at(token.span)
        yield token


def _assigned(lines: list[Line | Loop]) -> Iterator[str]:
    """Every name that the program assigns."""
    for line in lines:
        if isinstance(line, Loop):
            yield from _assigned(line.body)
        elif line.name is not None:
            yield line.name.text


def _statement(source: str, line: Line | Loop, names: Names, notes: list[Message]) -> Statement:
    if isinstance(line, Line):
        if line.name is None and len(line.tokens) == 1 and line.tokens[0].kind == "text":
            raise refused_statements.only_text(source, line.tokens[0])
        value = _expression(source, line.tokens, names, notes)
        span = line.tokens[0].span.to(line.tokens[-1].span)
        if line.name is None:
            return Bare(value, span)
        return Assign(line.name.text, value, line.name.span, line.name.span.to(span))
    condition = _expression(source, line.condition, names, notes)
    body = tuple([_statement(source, inner, names, notes) for inner in line.body])
    return While(condition, body, line.keyword.span.to(body[-1].span))


def _expression(source: str, tokens: list[Token], names: Names, notes: list[Message]) -> Expression:
    arrangement = Arrangement(source, tokens, names, notes)
    arrangement.read()
    return read_expression(source, arrangement.arranged, names.all)
