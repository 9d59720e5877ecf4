"""Tokens -> statements: lines, `;`, `while` and its body, the name before `=`. Knows nothing inside an expression but
which bracket closes which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gradcli.message import N_, GradcliError, Message, Span, fault, limit, message
from gradcli.syntax.mistakes import misplaced_tokens, refused_statements
from gradcli.syntax.scan import LINE_ENDS, Token, text_of

MAX_DEPTH = 100
"""Brackets within brackets, powers of powers, signs of signs; and what a tree of the program is deep, at most."""
MAX_LOOPS = 20
"""Loops within loops."""

_CLOSES = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Line:
    """An expression, with the name that `=` gives it, if any."""

    name: Token | None
    tokens: list[Token]


@dataclass(frozen=True, slots=True)
class Loop:
    """`while CONDITION: BODY`."""

    keyword: Token
    condition: list[Token]
    body: list[Line | Loop]


def join_lines(source: str, tokens: Iterable[Token]) -> list[Token]:
    """The tokens without the line ends that stand inside brackets.

    Raises GradcliError (syntax, limit) for brackets that do not match or lie too deep.
    """
    kept: list[Token] = []
    opened: list[Token] = []
    for token in tokens:
        if token.kind == "operator" and token.text in "([":
            opened.append(token)
            if len(opened) > MAX_DEPTH:
                raise too_deep(token.span)
        elif token.kind == "operator" and token.text in ")]":
            if not opened or opened[-1].text != _CLOSES[token.text]:
                raise misplaced_tokens.unbalanced(source, opened[-1] if opened else None, token)
            opened.pop()
        elif token.text == ";" and opened:
            raise misplaced_tokens.semicolon_inside(source, opened[-1], token)
        if not (opened and token.kind == "newline"):
            kept.append(token)
    if opened:
        raise misplaced_tokens.never_closed(source, opened)
    return kept


def too_deep(span: Span) -> GradcliError:
    """The complaint about an expression nested beyond MAX_DEPTH."""
    return limit(
        N_("the expression is nested more than {most} levels deep"),
        hint=N_("give parts of it names: a = ...; b = ...a..."),
        most=MAX_DEPTH,
    ).at(span)


@dataclass(slots=True)
class _Block:
    """A loop whose body stands on the lines below it: the loop's indent, and its body's once a line has shown it."""

    indent: int
    body: list[Line | Loop]
    inner: int | None = None


def statements(source: str, tokens: list[Token]) -> tuple[list[Line | Loop], list[Message]]:
    """The statements of a program and notes on how they were taken.

    A line indented deeper than the `while` above it belongs to that loop. After `while c:` on one line, everything up
    to the line's end is the body, but a bare expression at its end is read after the loop, where alone it can matter.
    """
    notes: list[Message] = []
    found: list[Line | Loop] = []
    blocks: list[_Block] = []
    for line in _split(tokens, "newline"):
        indent = _indent(source, line[0])
        while blocks and indent <= blocks[-1].indent:
            _check_body(blocks.pop(), line[0])
        into = _body_at(indent, blocks[-1], line[0]) if blocks else found
        loop = _read_line(source, line, into, notes)
        if loop is not None:
            blocks.append(_Block(indent, loop.body))
            if len(blocks) > MAX_LOOPS:
                raise too_deep(line[0].span)
    for block in blocks:
        _check_body(block, tokens[-1])
    return found, notes


def outside(tokens: list[Token]) -> Iterator[tuple[int, Token]]:
    """The tokens that stand in no bracket, with their places (a closing bracket counts as outside)."""
    depth = 0
    for place, token in enumerate(tokens):
        if token.kind == "operator":
            depth -= token.text in ")]"
            if depth == 0:
                yield place, token
            depth += token.text in "(["
        elif depth == 0:
            yield place, token


def _split(tokens: list[Token], at: str) -> list[list[Token]]:
    """The runs of tokens between separators; none is empty."""
    runs: list[list[Token]] = [[]]
    for token in tokens:
        if at == (token.text if token.kind == "operator" else token.kind):
            runs.append([])
        else:
            runs[-1].append(token)
    return [run for run in runs if run]


def _indent(source: str, token: Token) -> int:
    """How many columns stand before a line's first token."""
    start = max(source.rfind(end, 0, token.span.start) for end in LINE_ENDS) + 1
    return len(source[start : token.span.start].expandtabs())


def _check_body(block: _Block, after: Token) -> None:
    if not block.body:
        raise refused_statements.empty_body().at(after.span)


def _body_at(indent: int, block: _Block, first: Token) -> list[Line | Loop]:
    """The body that a line of this indent belongs to."""
    if block.inner is None:
        block.inner = indent
    if indent != block.inner:
        raise fault(
            "syntax",
            N_("this line is indented by {indent}, the lines of the loop above it by {inner}"),
            indent=indent,
            inner=block.inner,
        ).at(first.span)
    return block.body


def _read_line(source: str, line: list[Token], into: list[Line | Loop], notes: list[Message]) -> Loop | None:
    """Reads one line into a body; returns the loop whose body is on the lines below, if it ends with one."""
    bodies = [into]
    for part in _split(line, ";"):
        rest = part
        while rest and rest[0].kind == "word" and rest[0].text == "while":
            loop, rest = _loop(source, rest)
            bodies[-1].append(loop)
            bodies.append(loop.body)
            if len(bodies) > MAX_LOOPS:
                raise too_deep(loop.keyword.span)
            if not rest and part[-1] is line[-1]:
                return loop
        if rest:
            bodies[-1].append(_line(source, rest))
    if len(bodies) > 1:
        _free_the_last(source, bodies, notes)
    return None


def _free_the_last(source: str, bodies: list[list[Line | Loop]], notes: list[Message]) -> None:
    """A bare expression that ends a loop written on one line does nothing there: it is the output after the loop."""
    last = bodies[-1][-1] if bodies[-1] else None
    if len(bodies[-1]) < 2 or not isinstance(last, Line) or last.name is not None:
        return
    bodies[-1].pop()
    bodies[0].append(last)
    text = text_of(source, last.tokens)
    notes.append(message(N_("{text} was read after the loop; inside it, it would do nothing"), text=text))


def _loop(source: str, tokens: list[Token]) -> tuple[Loop, list[Token]]:
    """The loop that `while` begins, still without a body, and the tokens after its colon."""
    colon = next((place for place, token in outside(tokens) if _is(token, ":")), None)
    if colon is None:
        raise refused_statements.no_colon(tokens[0])
    if colon == 1:
        raise refused_statements.no_condition(tokens)
    return Loop(tokens[0], tokens[1:colon], []), tokens[colon + 1 :]


def _line(source: str, tokens: list[Token]) -> Line:
    if tokens[0].kind == "word":
        raise refused_statements.statement(source, tokens)
    for place, token in outside(tokens):
        if token.kind == "operator" and token.text in refused_statements.AUGMENTED:
            raise refused_statements.augmented(source, tokens, place)
        if _is(token, "="):
            return _assignment(source, tokens, place)
    return Line(None, tokens)


def _assignment(source: str, tokens: list[Token], place: int) -> Line:
    if place != 1 or tokens[0].kind != "name":
        raise refused_statements.target(source, tokens, place)
    if len(tokens) == 2:
        raise refused_statements.no_value(*tokens)
    value = tokens[2:]
    again = next((at for at, token in outside(value) if _is(token, "=")), None)
    if again is not None:
        raise refused_statements.chained(source, tokens, again + 2)
    return Line(tokens[0], value)


def _is(token: Token, text: str) -> bool:
    return token.kind == "operator" and token.text == text
