"""The tokens of an expression -> the same, each knowing its part (unary or binary, which bracket is a call), with the
multiplication signs that were left out. Knows which token may follow which; not how tightly operators bind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gradcli.message import N_, Message, Span, message
from gradcli.ops import SPELLED
from gradcli.syntax import implied_product
from gradcli.syntax.mistakes import misplaced_tokens, reserved_words
from gradcli.syntax.scan import Kind, Token

Role = Literal["top", "group", "call", "list", "index"]

_UNARY = ("+", "-", "~")
_BINARY = ("**", "*", "/", "//", "%", "@", "+", "-", "&", "|", "<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True, slots=True)
class Names:
    """The names that have a value: those of the inputs, and these with every name that the program assigns."""

    inputs: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()


NO_NAMES = Names()


@dataclass(slots=True)
class Level:
    """An open bracket: its part, where it stands, and where the operand began that it belongs to."""

    role: Role
    place: int
    operand: int


@dataclass(slots=True)
class Arrangement:
    """What has been read so far. `ready` where an operand is expected; `operand` is where the last one began, `base`
    where the one began that the last `**` raises."""

    source: str
    names: Names
    tokens: list[Token] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    levels: list[Level] = field(default_factory=lambda: [Level("top", 0, 0)])
    ready: bool = True
    operand: int = 0
    base: int = 0

    @property
    def role(self) -> Role:
        return self.levels[-1].role

    @property
    def last(self) -> Token | None:
        return self.tokens[-1] if self.tokens else None

    def add(self, token: Token, kind: Kind | None = None) -> None:
        self.tokens.append(token if kind is None else Token(kind, token.text, token.span))


def arrange(source: str, tokens: list[Token], names: Names = NO_NAMES) -> tuple[list[Token], list[Message]]:
    """One expression's tokens with their parts, and a note for each multiplication sign that was supplied. `names`
    tell `x y` and `x(y + 1)`, which are products where x has a value, from a function without its brackets.

    Raises GradcliError (syntax) at the first token that cannot stand where it does.
    """
    so_far = Arrangement(source, names)
    for place, token in enumerate(tokens):
        match token.kind:
            case "word":
                raise reserved_words.word(source, tokens, place)
            case "operator":
                _operator(so_far, tokens, place)
            case _:
                _operand(so_far, tokens, place)
    if so_far.ready:
        raise misplaced_tokens.no_operand(source, tokens, len(tokens))
    return so_far.tokens, so_far.notes


def _operand(so_far: Arrangement, tokens: list[Token], place: int) -> None:
    token = tokens[place]
    if _after(so_far, "dot"):
        if token.kind != "name":
            raise misplaced_tokens.after_dot(token)
        so_far.add(token)
        return
    if not so_far.ready:
        _supply_times(so_far, tokens, place)
    so_far.operand = len(so_far.tokens)
    so_far.ready = False
    so_far.add(token)
    if token.text == "sqrt" and so_far.source[token.span.start] == "√":
        implied_product.check_root(so_far.source, tokens, place)


def _supply_times(so_far: Arrangement, tokens: list[Token], place: int) -> None:
    """Puts the `*` that was left out, where there is one reading only."""
    left = so_far.tokens[so_far.operand :]
    before = so_far.tokens[: so_far.operand]
    role = "group" if _takes_one_tensor(so_far) else so_far.role
    implied_product.check(so_far.source, before, left, tokens, place, role, so_far.names.all)
    here = tokens[place].span.start
    so_far.tokens.append(Token("binary", "*", Span(here, here)))
    first = left[0] if not implied_product.is_raised(before) else so_far.tokens[so_far.base]
    text = so_far.source[first.span.start : left[-1].span.end]
    right = implied_product.right_text(so_far.source, tokens, place)
    written = so_far.source[first.span.start : here] + right
    so_far.notes.append(message(N_("{written} was read as {read}"), written=written, read=f"{text}*{right}"))


def _takes_one_tensor(so_far: Arrangement) -> bool:
    """Whether the bracket is the call of a function to which no second tensor can be given: sin(2 pi x)."""
    level = so_far.levels[-1]
    row = SPELLED.get(so_far.tokens[level.place - 1].text) if level.role == "call" and level.place else None
    return row is not None and [param.kind for param in row.tensors] == ["tensor"]


def _operator(so_far: Arrangement, tokens: list[Token], place: int) -> None:
    token = tokens[place]
    if _after(so_far, "dot"):
        raise misplaced_tokens.after_dot(token)
    match token.text:
        case "(" | "[":
            _open(so_far, tokens, place)
        case ")" | "]":
            _close(so_far, tokens, place)
        case ",":
            _comma(so_far, tokens, place)
        case ":":
            if so_far.role != "index" or (so_far.ready and not _after(so_far, "open", "comma", "colon")):
                raise misplaced_tokens.colon(token)
            so_far.add(token, "colon")
            so_far.ready = True
        case "=":
            _keyword(so_far, tokens, place)
        case ".":
            if so_far.ready or place + 1 == len(tokens):
                raise misplaced_tokens.dot(so_far.source, token)
            so_far.add(token, "dot")
        case "...":
            if so_far.role != "index" or not so_far.ready:
                raise misplaced_tokens.dots(token)
            so_far.add(token, "number")
            so_far.ready = False
        case _:
            _sign(so_far, tokens, place)


def _sign(so_far: Arrangement, tokens: list[Token], place: int) -> None:
    token = tokens[place]
    if token.text == "<" and not so_far.ready and _is_arrow(so_far.source, tokens, place):
        raise misplaced_tokens.arrow(so_far.source, tokens, place)
    if token.text == "/" and (first := _one_as_exponent(tokens, place)) is not None:
        raise misplaced_tokens.root(so_far.source, tokens, first, place)
    if so_far.ready and token.text in _UNARY:
        so_far.add(token, "unary")
    elif token.text not in _BINARY:
        raise misplaced_tokens.foreign(so_far.source, tokens, place)
    elif so_far.ready:
        raise misplaced_tokens.no_operand(so_far.source, tokens, place)
    else:
        so_far.base = so_far.operand
        so_far.add(token, "binary")
        so_far.ready = True


def _one_as_exponent(tokens: list[Token], place: int) -> int | None:
    """Where the exponent begins of `x^1/2` and `x**-1/2`, in which nothing but the root can be meant by it."""
    numbers = [token.kind == "number" for token in tokens[max(place - 1, 0) : place + 2]]
    if numbers != [True, False, True] or tokens[place - 1].text != "1" or place < 2:
        return None
    first = place - 2 if tokens[place - 2].text == "-" else place - 1
    power = tokens[first - 1]
    return first if first and power.text == "**" and power.span.start < power.span.end else None


def _is_arrow(source: str, tokens: list[Token], place: int) -> bool:
    """Whether < and - are written as one sign, apart from what stands round them."""
    here, following = tokens[place], tokens[place + 1 : place + 2]
    together = bool(following) and following[0].text == "-" and following[0].span.start == here.span.end
    return together and source[here.span.start - 1].isspace() and source[following[0].span.end :][:1].isspace()


def _open(so_far: Arrangement, tokens: list[Token], place: int) -> None:
    token, last = tokens[place], so_far.last
    role: Role = "group" if token.text == "(" else "list"
    if not so_far.ready and last is not None:
        if token.text == "[" and last.kind not in ("number", "text"):
            role = "index"
        elif token.text == "(" and last.kind == "name" and not _factor(so_far, tokens, place):
            role = "call"
        else:
            _supply_times(so_far, tokens, place)
            so_far.ready = True
    if so_far.ready:
        so_far.operand = len(so_far.tokens)
    so_far.levels.append(Level(role, len(so_far.tokens), so_far.operand))
    so_far.add(token, "open")
    so_far.ready = True


def _factor(so_far: Arrangement, tokens: list[Token], place: int) -> bool:
    """Whether the name before this bracket is a factor, as in x(x+1): an input that is no function's name too, before
    a sum. x(0) may be an entry and x(t) a function of t, so these stay calls."""
    left = so_far.tokens[so_far.operand :]
    if len(left) != 1 or left[0].text not in so_far.names.inputs or left[0].text in SPELLED:
        return False
    inner = tokens[place + 1 : implied_product.extent(tokens, place)]
    depth, signs = 0, 0
    for at, token in enumerate(inner):
        if token.kind != "operator":
            continue
        depth += (token.text in "([") - (token.text in ")]")
        if depth == 0 and token.text in (",", "=", ":"):
            return False
        signs += depth == 0 and at > 0 and token.text in ("+", "-", "*", "/", "**")
    return signs > 0


def _close(so_far: Arrangement, tokens: list[Token], place: int) -> None:
    level = so_far.levels[-1]
    empty = len(so_far.tokens) == level.place + 1
    if empty and level.role == "index":
        raise misplaced_tokens.empty_index(so_far.tokens[level.place].span.to(tokens[place].span))
    if so_far.ready and not empty and not _after(so_far, "comma", "colon"):
        raise misplaced_tokens.no_operand(so_far.source, tokens, place)
    so_far.levels.pop()
    so_far.operand = level.operand
    so_far.add(tokens[place], "close")
    so_far.ready = False


def _comma(so_far: Arrangement, tokens: list[Token], place: int) -> None:
    if so_far.role == "top":
        raise misplaced_tokens.comma(so_far.source, tokens, place)
    if so_far.ready and not _after(so_far, "colon"):
        raise misplaced_tokens.no_operand(so_far.source, tokens, place)
    so_far.add(tokens[place], "comma")
    so_far.ready = True


def _after(so_far: Arrangement, *kinds: Kind) -> bool:
    """Whether the last token is of one of these kinds, after which nothing need stand."""
    return so_far.last is not None and so_far.last.kind in kinds


def _keyword(so_far: Arrangement, tokens: list[Token], place: int) -> None:
    """`dim=` in a call."""
    starts = so_far.role == "call" and place >= 2 and tokens[place - 1].kind == "name"
    if not starts or so_far.tokens[-2].kind not in ("open", "comma"):
        raise misplaced_tokens.equals(so_far.source, tokens[place])
    so_far.add(tokens[place], "equals")
    so_far.ready = True
