"""An expression of the tree -> its value: a Ref to a step, or plain where it is known before anything is computed
(Fraction, float, str, bool, None, or a tuple of values). Knows the names that have a value, not statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, assert_never

import numpy as np

from gradcli.message import N_, GradcliError, Message, Span, fault
from gradcli.ops import SPELLED
from gradcli.ops.row import Row, n
from gradcli.program import ambiguous, foreign, repairs, size_values
from gradcli.program.arguments import Argument
from gradcli.program.builder import ProgramBuilder
from gradcli.program.index import index_arguments
from gradcli.program.program import Constant, Ref
from gradcli.program.size_values import joined
from gradcli.program.values import NAMED, exact, is_mask, literal, refuse_outside
from gradcli.shapes import Shape
from gradcli.syntax import tree as t
from gradcli.syntax.mistakes import did_you_mean, misplaced_tokens
from gradcli.syntax.mistakes.textbook import without_bars

Fits = Callable[[str, Mapping[str, Shape] | None], bool]
"""Whether a text is a program for inputs of these shapes; None stands for the inputs of the program that is traced."""

_BINARY: Mapping[str, str] = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floor_divide", "%": "remainder", "**": "pow", "@": "matmul",
    "&": "logical_and", "|": "logical_or", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne",
}  # fmt: skip
_ATTRIBUTES = {"T": "T", "mT": "mT", "H": "T", "mH": "mT", "data": "detach", "real": "clone"}


class Expressions:
    """The walk over expressions: it adds their steps to the builder. `fits` tries repairs; None leaves them out."""

    def __init__(self, builder: ProgramBuilder, fits: Fits | None) -> None:
        self.builder, self.source, self.fits = builder, builder.source, fits
        self.assigned: dict[str, Any] = {}
        self.notes: list[Message] = []

    def value(self, node: t.Expression) -> Any:
        match node:
            case t.Number(value) | t.Text(value) | t.Flag(value):
                return value
            case t.Name():
                return self._name(node)
            case t.Binary() | t.Compare():
                return self._chain(node)
            case t.Unary():
                return self._unary(node)
            case t.Call():
                return self._call(node)
            case t.Attribute():
                return self._attribute(node)
            case t.Subscript():
                return self._subscript(node)
            case t.Sequence():
                return self._sequence(node)
            case _:
                assert_never(node)

    def argument(self, node: t.Expression) -> Argument:
        return Argument(self.value(node), node.span)

    # Names

    def _name(self, node: t.Name) -> Any:
        name, span = node.id, node.span
        hidden = name in self.assigned or name in self.builder.shapes
        if node.module and hidden and name in NAMED:  # by its digits, for its name is the variable's in the formulas
            return self.builder.add(Constant(NAMED[name]), (), span)
        if name in self.assigned and not node.module:
            return self.assigned[name]
        if name in self.builder.shapes and not node.module:
            return self.builder.input(name, span)
        if name in NAMED:
            return self.builder.add(Constant(name), (), span)
        raise self._unknown(name, span).at(span)

    def _unknown(self, name: str, span: Span) -> GradcliError:
        if name in SPELLED:
            hint = repairs.uncalled(self.source, name, span)
            return fault("name", N_("{name} is a function and must be called with its arguments"), hint, name=name)
        hint = repairs.variable(self.source, name, span, self._shapes_by_name())
        return fault("name", N_("{name} has no value: it is not given and not assigned before"), hint, name=name)

    def _shapes_by_name(self) -> dict[str, Shape | None]:
        """Every name that has a value now; None for what is no tensor."""
        assigned = {
            name: self.builder.shape(value) if isinstance(value, Ref) else None for name, value in self.assigned.items()
        }
        return {**dict.fromkeys(NAMED), **self.builder.shapes, **assigned}

    # Operators

    def _chain(self, node: t.Binary | t.Compare) -> Any:
        """A chain of operators, left to right without recursion: a sum of 5,000 terms is that deep in the tree."""
        chain = [node]
        while isinstance(left := chain[-1].left, (t.Binary, t.Compare)):
            chain.append(left)
        value = self.value(chain[-1].left)
        shared: t.Expression = node
        middle = Argument(None, node.span)
        for link in reversed(chain):
            right = link.right
            if isinstance(right, t.Compare) and right.left is shared:  # the b of a < b < c, which is computed once
                before, shared, middle = middle, right.right, self.argument(right.right)
                operand = Argument(self._operation(right, before, middle), right.span)
            else:
                shared, operand = right, self.argument(right)
                middle = operand
            value = self._operation(link, Argument(value, link.left.span), operand)
        return value

    def _operation(self, node: t.Binary | t.Compare, a: Argument, b: Argument) -> Any:
        if isinstance(a.value, Fraction) and isinstance(b.value, Fraction):
            known = exact(node.operator, a.value, b.value)
            if known is not None:
                return joined(node.operator, a.value, b.value, known)
        if node.operator in ("&", "|"):
            self._check_masks(node, a, b)
        if isinstance(a.value, Ref) and isinstance(b.value, Ref):
            return self._of_tensors(node, a, b, (self.builder.shape(a.value), self.builder.shape(b.value)))
        result = self.builder.apply(SPELLED[_BINARY[node.operator]], [a, b], {}, node.span)
        self._refuse_overflow(node, a, b, result)
        if isinstance(a.value, Ref):
            self._note(ambiguous.note_on_inverse(self.source, node, a.span, self.builder.shape(a.value), b))
        return result

    def _refuse_overflow(self, node: t.Binary | t.Compare, a: Argument, b: Argument, result: Ref) -> None:
        """Raises GradcliError (limit) where numbers make one that is finite and too large; else remembers it."""
        first, second = self.builder.number(a), self.builder.number(b)
        if first is None or second is None or node.operator not in _BINARY:
            return
        with np.errstate(all="ignore"):
            value = float(SPELLED[_BINARY[node.operator]].numpy(n, np.asarray(first), np.asarray(second)))
        try:
            refuse_outside(node.operator, first, second, value)
        except GradcliError as error:
            raise error.at(node.span) from None
        self.builder.numbers[result.step] = value

    def _of_tensors(self, node: t.Binary | t.Compare, a: Argument, b: Argument, shapes: tuple[Shape, Shape]) -> Ref:
        ambiguous.refuse_two_readings(self.source, node, a.span, b.span, shapes)
        try:
            result = self.builder.apply(SPELLED[_BINARY[node.operator]], [a, b], {}, node.span)
            self._refuse_overflow(node, a, b, result)
            return result
        except GradcliError as error:
            if error.kind == "shape":
                ways = repairs.ways_to_join(self.source, node, *shapes)
                error.hint = self._repaired(node.span, ways) or error.hint
            raise

    def _check_masks(self, node: t.Binary | t.Compare, a: Argument, b: Argument) -> None:
        """Raises GradcliError (syntax) for | and & of anything but masks: numbers have no or, and bars are no brackets
        here."""
        odd = [operand for operand in (a, b) if not self._is_mask(operand)]
        if not odd:
            return
        source, whole = self.source, node.span
        names = {name for name in self._shapes_by_name() if name not in NAMED}
        joins = any(isinstance(operand.value, Ref) and operand not in odd for operand in (a, b))
        mended = without_bars(source, names) if node.operator == "|" and not joins else None
        if mended is not None and (self.fits is None or self.fits(mended, None)):
            raise misplaced_tokens.bars(source, whole, names=names)
        hint = None
        left, sign, right = source[a.span.end : b.span.start].partition(node.operator)
        if sign:
            first, second = source[whole.start : a.span.end] + left.rstrip(), right.lstrip() + b.span.of(source)
            second += source[b.span.end : whole.end]
            first, second = (
                f"({text} != 0)" if operand in odd else text for text, operand in ((first, a), (second, b))
            )
            hint = self._repaired(whole, [f"{first} {sign} {second}"])
        raise fault(
            "syntax",
            N_("{sign} joins masks, which are 0 or 1 in each entry as comparisons are; {operand} is none"),
            hint,
            sign=node.operator,
            operand=odd[0].span.of(source),
        ).at(whole)

    def _is_mask(self, operand: Argument) -> bool:
        if isinstance(operand.value, Ref):
            return is_mask(self.builder.steps, operand.value)
        return not isinstance(operand.value, Fraction) or operand.value in (0, 1)

    def _unary(self, node: t.Unary) -> Any:
        signs = []
        inner: t.Expression = node
        while isinstance(inner, t.Unary):
            signs.append(inner)
            inner = inner.operand
        value = self.value(inner)
        for sign in reversed(signs):
            if sign.operator == "-" and isinstance(value, Fraction):
                value = joined("*", Fraction(-1), value, -value)
            elif sign.operator == "~" and not self._is_mask(Argument(value, sign.operand.span)):
                raise self._no_mask(sign)
            elif sign.operator != "+":
                row = SPELLED["neg" if sign.operator == "-" else "logical_not"]
                value = self.builder.apply(row, [Argument(value, sign.operand.span)], {}, sign.span)
        return value

    def _no_mask(self, sign: t.Unary) -> GradcliError:
        operand = sign.operand.span.of(self.source)
        return fault(
            "syntax",
            N_("~ negates a mask, which is 0 or 1 in each entry as a comparison is; {operand} is none"),
            self._repaired(sign.span, [f"({operand} == 0)"]),
            operand=operand,
        ).at(sign.span)

    # Lists, attributes, indices

    def _sequence(self, node: t.Sequence) -> Any:
        numbers = None if node.tuple else literal(node)
        if numbers is not None and numbers.size:
            return self.builder.add(Constant(numbers), numbers.shape, node.span)
        values = [self.argument(item) for item in node.items]
        if node.tuple:
            return tuple(v.value for v in values)
        if not values:
            raise fault("shape", N_("an empty list has no shape here")).at(node.span)
        refs = tuple(map(self.builder.tensor, values))
        return self.builder.apply(SPELLED["stack"], [Argument(refs, node.span)], {}, node.span)

    def _attribute(self, node: t.Attribute) -> Any:
        value = self.argument(node.value)
        if node.name in _ATTRIBUTES:
            return self.builder.apply(SPELLED[_ATTRIBUTES[node.name]], [value], {}, node.span)
        if node.name in ("shape", "ndim"):
            sizes = self.builder.sizes(self.builder.tensor(value))
            return sizes if node.name == "shape" else Fraction(len(sizes))
        if node.name == "grad":
            raise fault("name", N_(".grad is what gradcli computes; leave it out of the expression")).at(node.name_span)
        hint = repairs.attribute(self.source, node)
        raise fault("name", N_("a tensor has no attribute .{name} here"), hint, name=node.name).at(node.name_span)

    def _subscript(self, node: t.Subscript) -> Any:
        ambiguous.refuse_pair(self.source, node)
        value = self.argument(node.value)
        if isinstance(value.value, tuple):
            return size_values.entry_of_tuple(
                node, value.value, lambda item: self.builder.pinned_number(self.value(item))
            )
        ref = self.builder.tensor(value)
        arguments = index_arguments(node, self.builder.sizes(ref), self.value, self.builder.index_tensor)
        return self.builder.finish(SPELLED["index"], (ref, *arguments), node.span)

    # Calls

    def _call(self, node: t.Call) -> Any:
        if node.bare and (node.function in self.assigned or node.function in self.builder.shapes):
            sentence = N_("{name} is a tensor, not a function: it can't be called")
            hint = repairs.called_tensor(self.source, node)
            raise fault("syntax", sentence, hint, name=node.function).at(node.name_span)
        if node.function in size_values.QUERIES:
            return self._shape_query(replace(node, function="numel") if foreign.is_entry_count(node) else node)
        ambiguous.refuse_method_of_an_array(self.source, node)
        if foreign.is_known(node):
            return self._of_a_module(node)
        row = SPELLED.get(node.function)
        if row is SPELLED["index"]:
            raise fault("name", N_("an index is written with brackets"), hint=N_("write  x[0]")).at(node.name_span)
        if row is None or (node.method and not row.method):
            raise self._no_function(node)
        return self._apply(node, row, *self._arguments(node, any(p.kind == "tensors" for p in row.takes)))

    def _of_a_module(self, node: t.Call) -> Any:
        """`np.var(x)`, `torch.linalg.cross(x, y)`: what the module's library means by the name."""
        arguments, keywords = self._arguments(node, foreign.takes_many(node))
        if node.function == "norm" and arguments and isinstance(arguments[0].value, Ref):
            ambiguous.refuse_matrix_norm(self.source, node, self.builder.shape(arguments[0].value))
        meaning = foreign.meaning_of(self.builder, node, arguments, keywords)
        return self._apply(node, meaning.row, meaning.positional, meaning.keywords)

    def _apply(self, node: t.Call, row: Row, arguments: list[Argument], keywords: dict[str, Argument]) -> Ref:
        if row.name in ("max", "min") and not node.method and len(arguments) == 2:
            self._note(ambiguous.note_on_max(self.source, node, arguments[1]))
        if row.name == "norm" and arguments and isinstance(arguments[0].value, Ref):
            ambiguous.refuse_matrix_norm(self.source, node, self.builder.shape(arguments[0].value))
        try:
            return self.builder.apply(row, arguments, keywords, node.span)
        except GradcliError as error:
            if error.kind == "name":
                error.hint = repairs.overloaded(self.source, node) or error.hint
            elif error.kind == "shape":
                ways = repairs.ways_to_multiply(self.source, node)
                error.hint = self._repaired(node.span, ways) or error.hint
            raise

    def _shape_query(self, node: t.Call) -> Any:
        """`x.size(0)`, `x.numel()`, `len(x)`, `float(x)`"""
        if not node.arguments:
            raise self._no_function(node)
        value = self.argument(node.arguments[0])
        if node.function in ("float", "double") and len(node.arguments) == 1:
            return value.value
        if isinstance(value.value, tuple):
            return Fraction(len(value.value))
        return size_values.answer(node, value.value, self.builder.sizes(self.builder.tensor(value)), self.value)

    def _arguments(self, node: t.Call, many: bool) -> tuple[list[Argument], dict[str, Argument]]:
        """By place and by name. Where a list may be many tensors, as in cat([x, y]), it is its items: they need not
        have one shape."""

        def argument(item: t.Expression) -> Argument:
            if many and isinstance(item, t.Sequence):
                return Argument(tuple(map(self.value, item.items)), item.span)
            return self.argument(item)

        return list(map(argument, node.arguments)), {name: argument(value) for name, value in node.keywords}

    def _no_function(self, node: t.Call) -> GradcliError:
        hint = repairs.factored_function(self.source, node, list(self._shapes_by_name()))
        hint = hint or repairs.function(self.source, node)
        return fault("name", N_("there is no function called {name}"), hint, name=node.function).at(node.name_span)

    # What is said beside the value

    def _note(self, note: Message | None) -> None:
        if note is not None:
            self.notes.append(note)

    def _repaired(self, span: Span, ways: Iterable[str]) -> Message | None:
        """The first of several ways to write what stands at `span` with which the whole program has a shape, or else
        the first that has one by itself."""
        if self.fits is None:
            return None
        source = self.source
        names = {name: shape for name, shape in self._shapes_by_name().items() if shape is not None}
        bound = source[span.end :].lstrip().startswith((".", "["))
        alone: str | None = None
        for way in (f"({way})" if bound else way for way in ways):
            if self.fits(f"{source[: span.start]}{way}{source[span.end :]}", None):
                return did_you_mean(source, span, way)
            if alone is None and self.fits(way, names):
                alone = way
        return None if alone is None else did_you_mean(source, span, alone)
