"""Python's `ast` of one expression -> our tree, through a white list of node kinds. Knows no shapes, no operations."""

from __future__ import annotations

import ast
from collections.abc import Collection

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.ops.modules import MODULES
from gradcli.syntax import scan
from gradcli.syntax.mistakes import misplaced_tokens
from gradcli.syntax.mistakes.mistake import patched
from gradcli.syntax.skeleton import Chain, Skeleton
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
)

PREFIXES = frozenset(MODULES)
"""Modules that a function may be written with; `F.T` stays an attribute, and a variable named F stays a variable."""

_BINARY: dict[type[ast.operator], BinaryOperator] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], UnaryOperator] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
_COMPARE: dict[type[ast.cmpop], CompareOperator] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_SIGNS: dict[str, BinaryOperator] = {sign: sign for sign in _BINARY.values()}


class Reader:
    """Reads the nodes of one skeleton. `variables` are names that hide a module of the same name."""

    def __init__(self, source: str, bones: Skeleton, variables: Collection[str]) -> None:
        self._source, self._bones, self._variables = source, bones, variables
        self._depth = 0

    def expression(self) -> Expression:
        """The whole expression.

        Raises GradcliError (syntax, name) for what is grammatical Python and means nothing here.
        """
        return self._tensor(self._bones.node)

    def _read(self, node: ast.expr) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise too_deep(self._bones.span(node))
        value = self._kind(node)
        self._depth -= 1
        return value

    def _kind(self, node: ast.expr) -> Expression:
        match node:
            case ast.Constant():
                return self._literal(node)
            case ast.Name():
                return Name(self._bones.first(node).text, self._bones.span(node))
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return Unary(_UNARY[type(op)], self._tensor(operand), self._bones.span(node))
            case ast.BinOp():
                return self._chain(node)
            case ast.Compare():
                return self._compare(node)
            case ast.Call():
                chain = self._bones.chains.get(node.col_offset)
                return self._call(node) if chain is None else self._long(node, chain)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.List(elts=items):
                return Sequence(tuple([self._tensor(item) for item in items]), False, self._bones.span(node))
            case ast.Tuple(elts=items):
                return Sequence(tuple([self._tensor(item) for item in items]), True, self._bones.span(node))
        raise fault("syntax", N_("this is not allowed in an expression")).at(self._bones.span(node))

    def _tensor(self, node: ast.expr) -> Expression:
        """A node where text has no meaning."""
        value = self._read(node)
        if isinstance(value, Text):
            raise fault(
                "syntax",
                N_("text is not a number"),
                hint=N_('text is only an argument of a function, as in einsum("ij,jk", a, b)'),
            ).at(value.span)
        return value

    def _literal(self, node: ast.Constant) -> Expression:
        token = self._bones.first(node)
        match token.kind:
            case "text":
                return Text(token.text, token.span)
            case "flag":
                return Flag({"True": True, "False": False}.get(token.text), token.span)
            case _ if token.text == "...":
                raise misplaced_tokens.dots(token)
            case _:
                return Number(scan.number(token.text), scan.integral(token.text), token.span)

    def _chain(self, node: ast.BinOp) -> Expression:
        """Left-deep operators, in a loop: `a+b+c` may be as long as it likes."""
        spine: list[ast.BinOp] = []
        leftmost: ast.expr = node
        while isinstance(leftmost, ast.BinOp):
            spine.append(leftmost)
            leftmost = leftmost.left
        value = self._tensor(leftmost)
        for link in reversed(spine):
            value = Binary(_BINARY[type(link.op)], value, self._tensor(link.right), self._bones.span(link))
        return value

    def _long(self, node: ast.Call, chain: Chain) -> Expression:
        """A sum or product that was read as the arguments of a call."""
        tokens = self._bones.tokens
        value = self._tensor(node.args[0])
        ends = [place - 1 for place in chain.operators[1:]] + [chain.last]
        for place, end, argument in zip(chain.operators, ends, node.args[1:], strict=True):
            span = tokens[chain.first].span.to(tokens[end].span)
            value = Binary(_SIGNS[tokens[place].text], value, self._tensor(argument), span)
        return value

    def _compare(self, node: ast.Compare) -> Expression:
        """`a < b < c` is `(a < b) & (b < c)`."""
        operands = [node.left, *node.comparators]
        for operand in operands:
            self._check_mask(node, operand)
        values = [self._tensor(operand) for operand in operands]
        result: Expression | None = None
        for place, op in enumerate(node.ops):
            left, right = values[place], values[place + 1]
            span = self._bones.span(operands[place]).to(self._bones.span(operands[place + 1]))
            one = Compare(_COMPARE[type(op)], left, right, self._bones.span(node) if len(node.ops) == 1 else span)
            result = one if result is None else Binary("&", result, one, self._bones.span(operands[0]).to(span))
        assert result is not None  # Python's Compare has at least one operator
        return result

    def _check_mask(self, node: ast.Compare, operand: ast.expr) -> None:
        """Refuses `x > 0 & y > 0`, which Python reads as `x > (0 & y) > 0`."""
        bones = self._bones
        chain = bones.chains.get(operand.col_offset)
        folded = chain is not None and bones.tokens[chain.operators[0]].text in "&|"
        plain = isinstance(operand, ast.BinOp) and isinstance(operand.op, (ast.BitAnd, ast.BitOr))
        if not (folded or plain) or bones.in_brackets(operand):
            return
        first, last = bones.starts[node.col_offset], bones.last_place(node)
        raise fault(
            "syntax",
            N_("& and | bind tighter than comparisons: each comparison needs brackets"),
            hint=N_("did you mean {repair} ?"),
            repair=self._bracketed(first, last),
        ).at(bones.span(node))

    def _bracketed(self, first: int, last: int) -> str:
        """The comparison with brackets round what stands between its & and |."""
        parts, start, depth = [], first, 0
        tokens = self._bones.tokens
        for place in range(first, last + 1):
            depth += (tokens[place].kind == "open") - (tokens[place].kind == "close")
            if depth == 0 and tokens[place].kind == "binary" and tokens[place].text in "&|":
                parts += [self._text(start, place - 1), tokens[place].text]
                start = place + 1
        parts.append(self._text(start, last))
        repair = " ".join(part if part in ("&", "|") else f"({part})" for part in parts)
        return patched(self._source, tokens[first].span.to(tokens[last].span), repair)

    def _text(self, first: int, last: int) -> str:
        return self._source[self._bones.tokens[first].span.start : self._bones.tokens[last].span.end]

    def _call(self, node: ast.Call) -> Expression:
        function = node.func
        if isinstance(function, ast.Name):
            token = self._bones.first(function)
            return self._called(node, token.text, token.span, None)
        if not isinstance(function, ast.Attribute):
            raise fault("syntax", N_("this is not a function")).at(self._bones.span(function))
        token = self._bones.tokens[self._bones.last_place(function)]
        if token.text == "backward":
            raise self._backward(node, function, token.span)
        if module := self._module(function.value):
            return self._called(node, token.text, token.span, None, module)
        return self._called(node, token.text, token.span, self._tensor(function.value))

    def _called(self, node: ast.Call, name: str, name_span: Span, this: Expression | None, module: str = "") -> Call:
        before = () if this is None else (this,)
        arguments = tuple([self._read(argument) for argument in node.args])
        keywords: dict[str, Expression] = {}
        for keyword in node.keywords:
            token = self._bones.first(keyword)
            if token.text in keywords:
                raise fault("syntax", N_("the argument {name} is given twice"), name=token.text).at(token.span)
            keywords[token.text] = self._read(keyword.value)
        span = self._bones.span(node)
        return Call(name, before + arguments, tuple(keywords.items()), this is not None, name_span, span, module)

    def _backward(self, node: ast.Call, function: ast.Attribute, span: Span) -> GradcliError:
        whole = self._bones.span(node)
        start = self._bones.span(function.value)
        last = self._bones.starts[function.col_offset]
        value = self._source[self._bones.tokens[last].span.start : span.start].rstrip().rstrip(".").rstrip()
        return fault(
            "name",
            N_("gradcli calls backward itself: the program only computes the output"),
            hint=N_("leave the call out: {repair}"),
            repair=patched(self._source, Span(min(whole.start, start.start), whole.end), value),
        ).at(span)

    def _attribute(self, node: ast.Attribute) -> Expression:
        token = self._bones.tokens[self._bones.last_place(node)]
        module = self._module(node.value)
        if module and module not in ("F", "linalg", "special"):
            if token.text == "newaxis":
                return Flag(None, self._bones.span(node))
            return Name(token.text, self._bones.span(node), module)
        return Attribute(self._tensor(node.value), token.text, token.span, self._bones.span(node))

    def _module(self, node: ast.expr) -> str | None:
        """The module that a dotted name stands for, unless it begins with a variable."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(self._bones.tokens[self._bones.last_place(node)].text)
            node = node.value
        if not isinstance(node, ast.Name) or self._bones.first(node).text in self._variables:
            return None
        dotted = ".".join([self._bones.first(node).text, *reversed(names)])
        return dotted if dotted in PREFIXES else None

    def _subscript(self, node: ast.Subscript) -> Expression:
        index = node.slice
        items = index.elts if isinstance(index, ast.Tuple) else [index]
        return Subscript(self._tensor(node.value), tuple([self._item(item) for item in items]), self._bones.span(node))

    def _item(self, node: ast.expr) -> Expression | Slice | Dots:
        if isinstance(node, ast.Constant) and self._bones.first(node).text == "...":
            return Dots(self._bones.span(node))
        if not isinstance(node, ast.Slice):
            return self._tensor(node)
        start, stop, step = [
            None if part is None else self._tensor(part) for part in (node.lower, node.upper, node.step)
        ]
        return Slice(start, stop, step, self._bones.span(node))
