"""The tokens of an expression -> the same, each knowing its part (unary or binary, which bracket is a call), with the
multiplication signs that were left out. Knows which token may follow which; not how tightly operators bind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gradcli.message import N_, Message, Span, message
from gradcli.ops import SPELLED
from gradcli.syntax.implied_product import Neighbours, check_root, extent
from gradcli.syntax.mistakes import misplaced_tokens, reserved_words
from gradcli.syntax.scan import Kind, Token
from gradcli.syntax.statements import outside

Role = Literal["top", "group", "call", "list", "index"]

_UNARY = ("+", "-", "~")
_BINARY = ("**", "*", "/", "//", "%", "@", "+", "-", "&", "|", "<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True, slots=True)
class Names:
    """The names that have a value: those of the inputs, and these with every name that the program assigns."""

    inputs: frozenset[str]
    all: frozenset[str]


@dataclass(slots=True)
class Level:
    """An open bracket: its part, where it stands, and where the operand began that it belongs to."""

    role: Role
    place: int
    operand: int


@dataclass(slots=True)
class Arrangement:
    """The tokens of an expression as they were typed, and what of them has been read so far: `arranged`, and a note
    for each multiplication sign that was supplied. `names` tell `x y` and `x(y + 1)`, which are products where x has a
    value, from a function without its brackets. `ready` where an operand is expected; `operand` is where the last one
    began, `base` where the one began that the last `**` raises."""

    source: str
    tokens: list[Token]
    names: Names
    notes: list[Message]
    arranged: list[Token] = field(default_factory=list)
    levels: list[Level] = field(default_factory=lambda: [Level("top", 0, 0)])
    ready: bool = True
    operand: int = 0
    base: int = 0

    @property
    def role(self) -> Role:
        return self.levels[-1].role

    @property
    def last(self) -> Token | None:
        return self.arranged[-1] if self.arranged else None

    def read(self) -> None:
        """Arranges all of the tokens.

        Raises GradcliError (syntax) at the first token that cannot stand where it does.
        """
        for place, token in enumerate(self.tokens):
            match token.kind:
                case "word":
                    raise reserved_words.word(self.source, self.tokens, place)
                case "operator":
                    self._operator(place)
                case _:
                    self._operand(place)
        if self.ready:
            raise misplaced_tokens.no_operand(self.source, self.tokens, len(self.tokens))

    def _add(self, token: Token, kind: Kind | None = None) -> None:
        self.arranged.append(token if kind is None else Token(kind, token.text, token.span))

    def _operand(self, place: int) -> None:
        token = self.tokens[place]
        if self._after("dot"):
            if token.kind != "name":
                raise misplaced_tokens.after_dot(token)
            self._add(token)
            return
        if not self.ready:
            self._supply_times(place)
        self.operand = len(self.arranged)
        self.ready = False
        self._add(token)
        if token.text == "sqrt" and self.source[token.span.start] == "√":
            check_root(self.source, self.tokens, place)

    def _supply_times(self, place: int) -> None:
        """Puts the `*` that was left out, where there is one reading only."""
        left, before = self.arranged[self.operand :], self.arranged[: self.operand]
        role = "group" if self._takes_one_tensor() else self.role
        pair = Neighbours(self.source, before, left, self.tokens, place, role, self.names.all)
        pair.check()
        here = self.tokens[place].span.start
        self.arranged.append(Token("binary", "*", Span(here, here)))
        first = self.arranged[self.base] if pair.raised else left[0]
        text = self.source[first.span.start : left[-1].span.end]
        written = self.source[first.span.start : pair.span.end]
        self.notes.append(message(N_("{written} was read as {read}"), written=written, read=f"{text}*{pair.second}"))

    def _takes_one_tensor(self) -> bool:
        """Whether the bracket is the call of a function to which no second tensor can be given: sin(2 pi x)."""
        level = self.levels[-1]
        row = SPELLED.get(self.arranged[level.place - 1].text) if level.role == "call" and level.place else None
        return row is not None and [param.kind for param in row.tensors] == ["tensor"]

    def _operator(self, place: int) -> None:
        token = self.tokens[place]
        if self._after("dot"):
            raise misplaced_tokens.after_dot(token)
        match token.text:
            case "(" | "[":
                self._open(place)
            case ")" | "]":
                self._close(place)
            case ",":
                self._comma(place)
            case ":":
                if self.role != "index" or (self.ready and not self._after("open", "comma", "colon")):
                    raise misplaced_tokens.colon(token)
                self._add(token, "colon")
                self.ready = True
            case "=":
                self._keyword(place)
            case ".":
                if self.ready or place + 1 == len(self.tokens):
                    raise misplaced_tokens.dot(self.source, token)
                self._add(token, "dot")
            case "...":
                if self.role != "index" or not self.ready:
                    raise misplaced_tokens.dots(token)
                self._add(token, "number")
                self.ready = False
            case _:
                self._sign(place)

    def _sign(self, place: int) -> None:
        token = self.tokens[place]
        if token.text == "<" and not self.ready and _is_arrow(self.source, self.tokens, place):
            raise misplaced_tokens.arrow(self.source, self.tokens, place)
        if token.text == "/" and (first := _one_as_exponent(self.tokens, place)) is not None:
            raise misplaced_tokens.root(self.source, self.tokens, first, place)
        if self.ready and token.text in _UNARY:
            self._add(token, "unary")
        elif token.text not in _BINARY:
            raise misplaced_tokens.foreign(self.source, self.tokens, place)
        elif self.ready:
            raise misplaced_tokens.no_operand(self.source, self.tokens, place)
        else:
            self.base = self.operand
            self._add(token, "binary")
            self.ready = True

    def _open(self, place: int) -> None:
        token, last = self.tokens[place], self.last
        role: Role = "group" if token.text == "(" else "list"
        if not self.ready and last is not None:
            if token.text == "[" and last.kind not in ("number", "text"):
                role = "index"
            elif token.text == "(" and last.kind == "name" and not self._factor(place):
                role = "call"
            else:
                self._supply_times(place)
                self.ready = True
        if self.ready:
            self.operand = len(self.arranged)
        self.levels.append(Level(role, len(self.arranged), self.operand))
        self._add(token, "open")
        self.ready = True

    def _factor(self, place: int) -> bool:
        """Whether the name before this bracket is a factor, as in x(x+1): an input that is no function's name too,
        before a sum. x(0) may be an entry and x(t) a function of t, so these stay calls."""
        left = self.arranged[self.operand :]
        if len(left) != 1 or left[0].text not in self.names.inputs or left[0].text in SPELLED:
            return False
        inner = outside(self.tokens[place + 1 : extent(self.tokens, place)])
        signs = [(at, token.text) for at, token in inner if token.kind == "operator"]
        separated = any(sign in (",", "=", ":") for _, sign in signs)
        return not separated and any(at > 0 and sign in ("+", "-", "*", "/", "**") for at, sign in signs)

    def _close(self, place: int) -> None:
        level = self.levels[-1]
        empty = len(self.arranged) == level.place + 1
        if empty and level.role == "index":
            raise misplaced_tokens.empty_index(self.arranged[level.place].span.to(self.tokens[place].span))
        if self.ready and not empty and not self._after("comma", "colon"):
            raise misplaced_tokens.no_operand(self.source, self.tokens, place)
        self.levels.pop()
        self.operand = level.operand
        self._add(self.tokens[place], "close")
        self.ready = False

    def _comma(self, place: int) -> None:
        if self.role == "top":
            raise misplaced_tokens.comma(self.source, self.tokens, place)
        if self.ready and not self._after("colon"):
            raise misplaced_tokens.no_operand(self.source, self.tokens, place)
        self._add(self.tokens[place], "comma")
        self.ready = True

    def _after(self, *kinds: Kind) -> bool:
        """Whether the last token is of one of these kinds, after which nothing need stand."""
        return self.last is not None and self.last.kind in kinds

    def _keyword(self, place: int) -> None:
        """`dim=` in a call."""
        starts = self.role == "call" and place >= 2 and self.tokens[place - 1].kind == "name"
        if not starts or self.arranged[-2].kind not in ("open", "comma"):
            raise misplaced_tokens.equals(self.source, self.tokens[place])
        self._add(self.tokens[place], "equals")
        self.ready = True


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
