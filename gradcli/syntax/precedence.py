"""The arranged tokens of one expression -> its tree, by precedence climbing. Knows how tightly operators bind, which
names are modules and how deep anything may be nested; no shapes, no operations. Nothing is evaluated."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import get_args

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.ops.modules import MODULES
from gradcli.syntax import scan
from gradcli.syntax.mistakes import misplaced_tokens
from gradcli.syntax.scan import Token
from gradcli.syntax.statements import MAX_DEPTH, too_deep
from gradcli.syntax.tree import (
    Attribute,
    Binary,
    BinaryOperator,
    Call,
    Compare,
    CompareOperator,
    Dots,
    Expression,
    Flag,
    Name,
    Number,
    Sequence,
    Slice,
    Subscript,
    Text,
    Unary,
    UnaryOperator,
    walk,
)

_LEVELS: tuple[tuple[BinaryOperator, ...], ...] = (("|",), ("&",), ("+", "-"), ("*", "/", "//", "%", "@"))
"""Python's precedence, loosest first. Comparisons bind looser than all of these; signs and `**` tighter."""
_BINARY: Mapping[str, tuple[int, BinaryOperator]] = {s: (k, s) for k, signs in enumerate(_LEVELS) for s in signs}
_COMPARE: Mapping[str, CompareOperator] = {sign: sign for sign in get_args(CompareOperator)}
_UNARY: Mapping[str, UnaryOperator] = {sign: sign for sign in get_args(UnaryOperator)}
_FLAGS = {"True": True, "False": False, "None": None}
_ALSO_VARIABLES = ("F", "linalg", "special")
"""Modules only before a function: `F.T` is an attribute."""
_END = Token("newline", "", Span(0, 0))


def read_expression(source: str, tokens: list[Token], variables: Collection[str]) -> Expression:
    """The tree of one expression. `variables` are names that hide a module of the same name.

    Raises GradcliError: limit for what is nested too deep, syntax and name for what may stand there and means nothing.
    """
    _check_nesting(tokens)
    try:
        expression = _number(_Climber(source, tokens, variables).comparison())
    except RecursionError:  # a hundred brackets, and every one inside operators of all levels
        raise too_deep(tokens[0].span.to(tokens[-1].span)) from None
    _check_levels(expression)
    return expression


class _Climber:
    """Reads the tokens from left to right; `_here` is the next one, at `_place`. A method for each kind of part begins
    at the part's first token, and ends behind its last."""

    def __init__(self, source: str, tokens: list[Token], variables: Collection[str]) -> None:
        self._source, self._tokens, self._variables = source, [*tokens, _END], variables
        self._place, self._here = 0, self._tokens[0]

    def _next(self) -> Token:
        """The token that stands here; the one after it comes next."""
        token = self._here
        self._place += 1
        self._here = self._tokens[self._place]
        return token

    def _span(self, first: int) -> Span:
        """From the token at `first` to the one before this."""
        return self._tokens[first].span.to(self._tokens[self._place - 1].span)

    # ── operators ───────────────────────────────────────────────────────────────────────────────

    def comparison(self) -> Expression:
        """A whole expression: `a < b < c` is `(a < b) & (b < c)`."""
        firsts, signs = [self._place], list[CompareOperator]()
        operands = [self._chain(0)]
        while self._here.kind == "binary" and self._here.text in _COMPARE:
            signs.append(_COMPARE[self._next().text])
            firsts.append(self._place)
            operands.append(self._chain(0))
        if not signs:
            return operands[0]
        lasts = [*(first - 2 for first in firsts[1:]), self._place - 1]
        spans = [self._tokens[a].span.to(self._tokens[b].span) for a, b in zip(firsts, lasts, strict=True)]
        if any(_joins_masks(operand) and operand.span == span for operand, span in zip(operands, spans, strict=True)):
            raise misplaced_tokens.unbracketed_comparison(self._source, self._tokens[firsts[0] : self._place])
        pairs = [
            Compare(sign, _number(left), _number(right), first.to(last))
            for sign, (left, right), (first, last) in zip(signs, pairwise(operands), pairwise(spans), strict=True)
        ]
        result: Expression = pairs[0]
        for pair in pairs[1:]:
            result = Binary("&", result, pair, spans[0].to(pair.span))
        return result

    def _chain(self, loosest: int) -> Expression:
        """Operators of this level and tighter ones, those of one level in a loop: `a+b+c` may be of any length."""
        first, value = self._place, self._operand()
        while self._here.kind == "binary" and self._here.text in _BINARY:
            level, sign = _BINARY[self._here.text]
            if level < loosest:
                break
            self._next()
            value = Binary(sign, _number(value), _number(self._chain(level + 1)), self._span(first))
        return value

    def _operand(self) -> Expression:
        """Signs and powers: `-x**-2` is `-(x**(-2))`."""
        first = self._place
        if self._here.kind == "unary":
            sign = _UNARY[self._next().text]
            return Unary(sign, _number(self._operand()), self._span(first))
        value = self._primary()
        if self._here.kind == "binary" and self._here.text == "**":
            self._next()
            value = Binary("**", _number(value), _number(self._operand()), self._span(first))
        return value

    # ── what stands between them ────────────────────────────────────────────────────────────────

    def _primary(self) -> Expression:
        """A number, a name, a bracket, and all that is written behind it: `x.sum(0)[1].T`."""
        first, token = self._place, self._next()
        if token.kind == "open":
            value = self._brackets(token)
        elif token.kind == "name":
            value = self._call(first, token) if self._at_call() else Name(token.text, token.span)
        else:
            value = _literal(token)
        while self._here.kind in ("dot", "open"):
            value = self._member(first, value) if self._here.kind == "dot" else self._subscript(first, value)
        return value

    def _brackets(self, bracket: Token) -> Expression:
        first, items = self._place - 1, list[Expression]()
        while self._more():
            items.append(self.comparison())
        if bracket.text == "(" and len(items) == 1 and not self._ends_with_comma():
            return items[0]
        return Sequence(tuple(map(_number, items)), bracket.text == "(", self._span(first))

    def _more(self) -> bool:
        """Whether another item stands in this bracket; passes the comma before it, or else the bracket's end."""
        if self._here.kind == "comma":
            self._next()
        if self._here.kind != "close":
            return True
        self._next()
        return False

    def _ends_with_comma(self) -> bool:
        """Whether a comma stands before the bracket that was just closed."""
        return self._tokens[self._place - 2].kind == "comma"

    def _at_call(self) -> bool:
        return self._here.kind == "open" and self._here.text == "("

    def _call(self, first: int, name: Token, this: Expression | None = None, module: str = "") -> Call:
        """The call that begins with the token at `first`, from its bracket on; `this` is the object of a method."""
        self._next()
        arguments = [] if this is None else [this]
        keywords: dict[str, Expression] = {}
        in_order = True
        while self._more():
            if self._tokens[self._place + 1].kind != "equals":
                in_order = in_order and not keywords
                arguments.append(self.comparison())
                continue
            keyword, _ = self._next(), self._next()
            if keyword.text in keywords:
                raise fault("syntax", N_("the argument {name} is given twice"), name=keyword.text).at(keyword.span)
            keywords[keyword.text] = self.comparison()
        if not in_order:
            raise _unreadable("positional argument follows keyword argument", self._tokens[self._place - 1])
        pairs = tuple(keywords.items())
        return Call(name.text, tuple(arguments), pairs, this is not None, name.span, self._span(first), module)

    def _member(self, first: int, value: Expression) -> Expression:
        """`x.T`, `x.sum(0)`, `torch.sum(x)`, `math.pi`: what follows a dot."""
        self._next()
        name, module = self._next(), self._module(value)
        if self._at_call():
            call = self._call(first, name, None if module else _number(value), module)
            if name.text == "backward":
                raise misplaced_tokens.backward(self._source, call)
            return call
        if not module or module in _ALSO_VARIABLES:
            return Attribute(_number(value), name.text, name.span, self._span(first))
        if name.text == "newaxis":
            return Flag(None, self._span(first))
        return Name(name.text, self._span(first), module)

    def _module(self, value: Expression) -> str:
        """The module that a dotted name stands for, unless it begins with a variable; "" for what is none."""
        names: list[str] = []
        while isinstance(value, Attribute):
            names.append(value.name)
            value = value.value
        if not isinstance(value, Name) or (not value.module and value.id in self._variables):
            return ""
        dotted = ".".join([*filter(None, (value.module, value.id)), *reversed(names)])
        return dotted if dotted in MODULES else ""

    def _subscript(self, first: int, value: Expression) -> Subscript:
        self._next()
        value, items = _number(value), list[Expression | Slice | Dots]()
        while self._more():
            items.append(self._item())
        if len(items) == 1 and isinstance(items[0], Sequence) and items[0].tuple and not self._ends_with_comma():
            items = [*items[0].items]  # x[(0, 1)] is x[0, 1]
        return Subscript(value, tuple(items), self._span(first))

    def _item(self) -> Expression | Slice | Dots:
        first = self._place
        if self._here.text == "..." and self._tokens[first + 1].kind in ("comma", "close"):
            return Dots(self._next().span)
        bounds: list[Expression | None] = [None]
        while self._here.kind not in ("comma", "close"):
            if self._here.kind != "colon":
                bounds[-1] = _number(self.comparison())
            elif len(bounds) == 3:
                raise _unreadable("invalid syntax", self._here)
            else:
                self._next()
                bounds.append(None)
        start, stop, step = [*bounds, None, None][:3]
        return start if start is not None and len(bounds) == 1 else Slice(start, stop, step, self._span(first))


def _literal(token: Token) -> Number | Text | Flag:
    if token.kind == "text":
        return Text(token.text, token.span)
    if token.kind == "flag":
        return Flag(_FLAGS[token.text], token.span)
    if token.text == "...":
        raise misplaced_tokens.dots(token)
    return Number(scan.number(token.text), scan.integral(token.text), token.span)


def _joins_masks(value: Expression) -> bool:
    return isinstance(value, Binary) and value.operator in ("&", "|")


def _number(value: Expression) -> Expression:
    """The value where text has no meaning."""
    if isinstance(value, Text):
        raise fault(
            "syntax",
            N_("text is not a number"),
            hint=N_('text is only an argument of a function, as in einsum("ij,jk", a, b)'),
        ).at(value.span)
    return value


def _unreadable(reason: str, token: Token) -> GradcliError:
    return fault("syntax", N_("this cannot be read: {reason}"), reason=reason).at(token.span)


def _check_nesting(tokens: list[Token]) -> None:
    """Raises GradcliError (limit) where signs, powers, calls, indices and brackets lie too deep in one another."""
    outer: list[int] = []
    depth = 0
    for token in tokens:
        if token.kind in ("unary", "dot") or token.text == "**":
            depth += 1
        elif token.kind == "open":
            outer.append(depth)
            depth += 1
        elif token.kind == "close":
            depth = outer.pop() + 1
        elif token.kind in ("binary", "comma", "colon"):
            depth = outer[-1] + 1 if outer else 0
        if depth > MAX_DEPTH:
            raise too_deep(token.span)


def _check_levels(expression: Expression) -> None:
    """Raises GradcliError (limit) where the tree is too deep for the rooms that walk it. A chain of operators is one
    level: every walk takes it in a loop."""
    for node, depth in walk(expression):
        if depth > MAX_DEPTH:
            raise too_deep(node.span)
