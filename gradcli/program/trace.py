"""Tree + shapes of the inputs -> Program: every step's operation and shape, with every mistake of name or shape told
here, before anything heavy is loaded. Knows neither torch nor sympy nor the terminal."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, assert_never

import numpy as np

from gradcli.message import N_, NN_, GradcliError, Message, Span, fault, limit, message
from gradcli.ops import SPELLED
from gradcli.ops.libraries import n
from gradcli.ops.row import Row
from gradcli.program import meant
from gradcli.program.bind import Given, bind, option
from gradcli.program.index import index_arguments
from gradcli.program.steps import Apply, Constant, Input, Program, Ref, Step, pruned
from gradcli.program.values import NAMED, extend_values, number_of
from gradcli.report import Array
from gradcli.shapes import RAISE, Shape, allowed, check_strides, needed, size, written
from gradcli.syntax import parse
from gradcli.syntax import tree as t
from gradcli.syntax.stray import patched

MAX_EXACT_BITS = 4_096
"""An exact number longer than this is taken as a float: its digits are nobody's question."""
MAX_TURNS = 1_000
"""A while loop that has not ended by then is refused."""
MAX_ENTRIES = 100_000_000
"""No step may hold more entries; told from shapes, before anything is allocated."""

_BINARY: Mapping[str, str] = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floor_divide", "%": "remainder", "**": "pow", "@": "matmul",
    "&": "logical_and", "|": "logical_or", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne",
}  # fmt: skip
_EXACT: Mapping[str, Callable[[Fraction, Fraction], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip
_ATTRIBUTES = {"T": "T", "mT": "mT", "H": "T", "mH": "mT"}


def trace(
    tree: t.Tree, shapes: Mapping[str, Shape], seed: int = 0, point: Mapping[str, Array] | None = None, *,
    mending: bool = True,
) -> Program:
    """The program that `tree` means for inputs of these shapes; `rand` and `randn` are drawn here, from `seed`.

    `point` holds the inputs' values, which a `while` needs: it is run with them, and the path taken is the program.

    Raises GradcliError (name, shape, syntax) with its place in the source, and with a repair unless `mending` is off.
    """
    try:
        return _Tracer(tree, shapes, seed, point, mending).program()
    except GradcliError as error:
        raise error.at(source=tree.source) from None


class _Tracer:
    """The walk over one tree: the steps so far and what each name stands for now."""

    def __init__(
        self, tree: t.Tree, shapes: Mapping[str, Shape], seed: int, point: Mapping[str, Array] | None, mending: bool
    ) -> None:
        self.tree, self.shapes, self.point, self.mending = tree, shapes, point, mending
        self.known: list[Array] = []
        self.notes: list[Message] = list(tree.notes)
        self.random = np.random.default_rng(seed)
        self.steps: list[Step] = []
        self.inputs: dict[str, Ref] = {}
        self.assigned: dict[str, Any] = {}
        self.whole_numbers: set[str] = set()

    def program(self) -> Program:
        value: Any = None
        for statement in self.tree.statements:
            result = self.statement(statement)
            value = value if result is None and isinstance(statement, t.While) else result  # a loop without a turn
        output = self.tensor(Given(value, self.tree.statements[-1].span))
        self._all_used()
        names = {name: v for name, v in self.assigned.items() if isinstance(v, Ref)}
        inputs = {name: self.inputs[name] for name in self.shapes if name in self.inputs}
        whole = Program(
            self.tree.source, tuple(self.steps), output, inputs, names, frozenset(self.whole_numbers), tuple(self.notes)
        )
        return pruned(whole)

    def _all_used(self) -> None:
        for name in self.shapes:
            if name not in self.inputs:
                used = sorted(self.inputs)
                near = get_close_matches(name, used, n=1)
                raise fault(
                    "name", N_("the expression does not use {name}"),
                    hint=N_("did you mean {near} ?") if near else N_("it uses: {used}") if used else N_("leave it out"),
                    name=name, near=near[0] if near else "", used=", ".join(used),
                )

    # Statements

    def statement(self, statement: t.Statement) -> Any:
        match statement:
            case t.Bare(value):
                return self.value(value)
            case t.Assign(name, value, _, span):
                result = self.value(value)
                if isinstance(result, Ref):
                    result = self._name(result, name, span)
                self.assigned[name] = result
                return result
            case t.While():
                return self.loop(statement)
            case _:
                assert_never(statement)

    def loop(self, node: t.While) -> Any:
        """Define by run: the body is traced again for as long as the condition holds with the numbers given."""
        value: Any = None
        for turn in range(MAX_TURNS + 1):
            if not self.holds(node.condition):
                self.notes.append(message(
                    NN_("the while loop ran {count} time with these numbers; the formulas hold for the path taken",
                        "the while loop ran {count} times with these numbers; the formulas hold for the path taken"),
                    count=turn,
                ))
                return value
            for statement in node.body:
                value = self.statement(statement)
        raise limit(N_("the while loop did not end after {count} turns"), count=MAX_TURNS).at(node.condition.span)

    def holds(self, condition: t.Expression) -> bool:
        """The condition's truth now."""
        given = self.given(condition)
        if isinstance(given.value, (bool, Fraction)):
            return bool(given.value)
        ref = self.tensor(given)
        if self.point is None:
            raise fault(
                "syntax", N_("while needs the inputs' values, and here only their shapes are known")
            ).at(condition.span)
        extend_values(self.known, self.steps, self.point, self.tree.source)
        if self.known[ref.step].size != 1:
            raise fault(
                "shape", N_("the condition of while must be one number, and it is {shape}"),
                hint=N_("for example:  while y.norm() < 1000: ..."), shape=written(self.steps[ref.step].shape),
            ).at(condition.span)
        return bool(self.known[ref.step].reshape(()))

    def _name(self, ref: Ref, name: str, span: Span) -> Ref:
        """The step with the name it was assigned; a bare copy of an input (y = x) stays the input's step."""
        step = self.steps[ref.step]
        if isinstance(step.how, Apply):
            self.steps[ref.step] = replace(step, name=step.name or name)
        return ref

    # Expressions. A value is a Ref, or plain where it is known: Fraction, float, str, bool, None, or a tuple of values.

    def value(self, node: t.Expression) -> Any:
        match node:
            case t.Number(value):
                return value
            case t.Text(value) | t.Flag(value):
                return value
            case t.Name(name, span):
                return self.named(name, span)
            case t.Binary() | t.Compare():
                return self.binary(node)
            case t.Unary():
                return self.unary(node)
            case t.Call():
                return self.call(node)
            case t.Attribute():
                return self.attribute(node)
            case t.Subscript():
                return self.subscript(node)
            case t.Sequence():
                return self.sequence(node)
            case _:
                assert_never(node)

    def given(self, node: t.Expression) -> Given:
        return Given(self.value(node), node.span)

    def named(self, name: str, span: Span) -> Any:
        if name in self.assigned:
            return self.assigned[name]
        if name in self.shapes:
            return self.input(name, span)
        if name in NAMED:
            return self.add(Constant(name), (), span)
        raise self._unknown(name, span).at(span)

    def input(self, name: str, span: Span) -> Ref:
        if name not in self.inputs:
            self.inputs[name] = self.add(Input(name), self.shapes[name], span, name)
        return self.inputs[name]

    def _unknown(self, name: str, span: Span) -> GradcliError:
        if name in SPELLED:
            error = fault("name", N_("{name} is a function and must be called with its arguments"), name=name)
            error.hint = meant.uncalled(self.tree.source, name, span)
            return error
        error = fault("name", N_("{name} has no value: it is not given and not assigned before"), name=name)
        error.hint = meant.variable(self.tree.source, name, span, self._shapes_by_name())
        return error

    def _shapes_by_name(self) -> dict[str, Shape | None]:
        """Every name that has a value now."""
        assigned = {
            name: self.steps[value.step].shape if isinstance(value, Ref) else None
            for name, value in self.assigned.items()
        }
        return {**dict.fromkeys(NAMED), **self.shapes, **assigned}

    def binary(self, node: t.Binary | t.Compare) -> Any:
        """A chain of operators, left to right without recursion: a sum of 5,000 terms is that deep in the tree."""
        chain = [node]
        while isinstance(left := chain[-1].left, (t.Binary, t.Compare)):
            chain.append(left)
        value = self.value(chain[-1].left)
        for link in reversed(chain):
            value = self.operation(link, Given(value, link.left.span), self.given(link.right))
        return value

    def operation(self, node: t.Binary | t.Compare, a: Given, b: Given) -> Any:
        if isinstance(a.value, Fraction) and isinstance(b.value, Fraction):
            exact = self.exact(node, a.value, b.value)
            if exact is not None:
                return exact
        self._one_reading(node, a, b)
        try:
            result = self.apply(SPELLED[_BINARY[node.operator]], [a, b], {}, node.span)
        except GradcliError as error:
            if error.kind == "shape" and isinstance(a.value, Ref) and isinstance(b.value, Ref):
                shapes = [self.steps[g.value.step].shape for g in (a, b)]
                error.hint = self._mended(node.span, meant.ways_to_join(self.tree.source, node, *shapes)) or error.hint
            raise
        self._not_an_inverse(node, a, b)
        return result

    def _one_reading(self, node: t.Binary | t.Compare, a: Given, b: Given) -> None:
        """Refuses a product of matrices whose sign was left out: it may be `*` or `@`."""
        between = self.tree.source[a.span.end : b.span.start]
        if node.operator != "*" or between.strip("() \n") or not all(isinstance(g.value, Ref) for g in (a, b)):
            return
        ranks = sorted(len(self.steps[g.value.step].shape) for g in (a, b))
        if ranks[0] == 0 or ranks[1] < 2:
            return
        texts = [self.tree.source[span.start : span.end] for span in (Span(node.span.start, a.span.end), b.span)]
        left, right = self.tree.source[node.span.start : b.span.start].rstrip(" ("), texts[1]
        right = self.tree.source[len(left) + node.span.start : node.span.end].strip()
        raise fault(
            "syntax", N_("{written} can be read in two ways: entry by entry, or as the product of matrices"),
            hint=N_("write {one} or {other}"), written=self.tree.source[node.span.start : node.span.end],
            one=patched(self.tree.source, node.span, f"{left}*{right}"),
            other=patched(self.tree.source, node.span, f"{left} @ {right}"),
        ).at(node.span)

    def _not_an_inverse(self, node: t.Binary | t.Compare, a: Given, b: Given) -> None:
        """Notes that A**-1 is taken entry by entry, as PyTorch takes it."""
        if node.operator != "**" or b.value != Fraction(-1) or not isinstance(a.value, Ref):
            return
        shape = self.steps[a.value.step].shape
        if len(shape) > 1 and shape[-1] == shape[-2]:
            base = self.tree.source[a.span.start : a.span.end]
            self.notes.append(message(
                N_("{written} is taken entry by entry, as 1/{base}; the inverse of a matrix is inv({base})"),
                written=self.tree.source[node.span.start : node.span.end], base=base,
            ))

    def _mended(self, span: Span, ways: Iterable[str]) -> Message | None:
        """The first of several ways to write what stands at `span` with which the whole program has a shape, or else
        the first that has one by itself."""
        if not self.mending:
            return None
        names = {name: shape for name, shape in self._shapes_by_name().items() if shape is not None}
        alone: str | None = None
        source = self.tree.source
        bound = source[span.end :].lstrip().startswith((".", "["))
        for way in (f"({way})" if bound else way for way in ways):
            whole = f"{source[: span.start]}{way}{source[span.end :]}"
            if _has_a_shape(whole, self.shapes, self.point):
                return message(meant.DID_YOU_MEAN, repair=patched(source, span, way))
            if alone is None and _has_a_shape(way, names, None):
                alone = way
        return None if alone is None else message(meant.DID_YOU_MEAN, repair=patched(source, span, alone))

    def exact(self, node: t.Binary | t.Compare, a: Fraction, b: Fraction) -> Fraction | None:
        """Arithmetic of two known numbers, kept exact; None where it must be a float or an error of its own."""
        if node.operator in ("/", "//", "%") and b == 0:
            return None
        if node.operator == "/":
            return _bounded(a / b)
        if node.operator == "**":
            bits = max(a.numerator.bit_length(), a.denominator.bit_length())
            if b.denominator != 1 or bits * abs(b) > MAX_EXACT_BITS or (a == 0 and b < 0):
                return None
            return _bounded(Fraction(a ** int(b)))
        return _bounded(Fraction(_EXACT[node.operator](a, b))) if node.operator in _EXACT else None

    def unary(self, node: t.Unary) -> Any:
        signs = []
        inner: t.Expression = node
        while isinstance(inner, t.Unary):
            signs.append(inner)
            inner = inner.operand
        value = self.value(inner)
        for sign in reversed(signs):
            if sign.operator == "-":
                exact = isinstance(value, Fraction)
                value = -value if exact else self.apply(
                    SPELLED["neg"], [Given(value, sign.operand.span)], {}, sign.span
                )
            elif sign.operator == "~":
                value = self.apply(SPELLED["logical_not"], [Given(value, sign.operand.span)], {}, sign.span)
        return value

    def attribute(self, node: t.Attribute) -> Any:
        value = self.given(node.value)
        if node.name in _ATTRIBUTES:
            return self.apply(SPELLED[_ATTRIBUTES[node.name]], [value], {}, node.span)
        if node.name in ("shape", "ndim"):
            shape = self.steps[self.tensor(value).step].shape
            return tuple(map(Fraction, shape)) if node.name == "shape" else Fraction(len(shape))
        if node.name in ("data", "real"):
            return self.apply(SPELLED["detach" if node.name == "data" else "clone"], [value], {}, node.span)
        if node.name == "grad":
            raise fault("name", N_(".grad is what gradcli computes; leave it out of the expression")).at(node.name_span)
        error = fault("name", N_("a tensor has no attribute .{name} here"), name=node.name)
        error.hint = meant.attribute(self.tree.source, node)
        raise error.at(node.name_span)

    def sequence(self, node: t.Sequence) -> Any:
        literal = None if node.tuple else _literal(node)
        if literal is not None and literal.size:
            return self.add(Constant(literal), literal.shape, node.span)
        values = [self.given(item) for item in node.items]
        if node.tuple:
            return tuple(v.value for v in values)
        if not values:
            raise fault("shape", N_("an empty list has no shape here")).at(node.span)
        refs = tuple(self.tensor(v) for v in values)
        return self.apply(SPELLED["stack"], [Given(refs, node.span)], {}, node.span)

    def subscript(self, node: t.Subscript) -> Any:
        value = self.given(node.value)
        if isinstance(value.value, tuple):
            return self._of_tuple(node, value.value)
        ref = self.tensor(value)
        arguments = index_arguments(node, self.steps[ref.step].shape, self.value, self._index_tensor)
        return self.finish(SPELLED["index"], (ref, *arguments), node.span)

    def _of_tuple(self, node: t.Subscript, values: tuple[Any, ...]) -> Any:
        """`x.shape[0]`"""
        item = node.items[0]
        place = None if isinstance(item, (t.Slice, t.Dots)) else self.value(item)
        if len(node.items) == 1 and isinstance(place, Fraction) and place.denominator == 1:
            if -len(values) <= place < len(values):
                return values[int(place)]
            raise fault(
                "shape", NN_("index {i} is out of range: there is {count} size",
                             "index {i} is out of range: there are {count} sizes"),
                i=place, count=len(values),
            ).at(item.span)
        raise fault("syntax", N_("a shape is indexed by one whole number")).at(node.span)

    # Calls

    def call(self, node: t.Call) -> Any:
        if not node.method and (node.function in self.assigned or node.function in self.shapes):
            error = fault("syntax", N_("{name} is a tensor, not a function: it can't be called"), name=node.function)
            error.hint = meant.called_tensor(self.tree.source, node)
            raise error.at(node.name_span)
        static = self.static_call(node)
        if static is not None:
            return static
        row = SPELLED.get(node.function)
        if row is None or (node.method and not row.method):
            raise self._no_function(node).at(node.name_span)
        takes_many = any(p.kind == "tensors" for p in row.takes)
        arguments = [self._listed(a) if takes_many else self.given(a) for a in node.arguments]
        keywords = {name: self.given(value) for name, value in node.keywords}
        if row.name in ("max", "min") and not node.method and len(arguments) == 2:
            self._along_an_axis(node, arguments[1])
        try:
            return self.apply(row, arguments, keywords, node.span)
        except GradcliError as error:
            if error.kind == "name":
                error.hint = meant.overloaded(self.tree.source, node) or error.hint
            elif error.kind == "shape":
                ways = meant.ways_to_multiply(self.tree.source, node)
                error.hint = self._mended(node.span, ways) or error.hint
            raise

    def _along_an_axis(self, node: t.Call, dim: Given) -> None:
        """Notes that max(x, 0) is no relu: its 0 is an axis."""
        if isinstance(dim.value, Fraction) and isinstance(node.arguments[1], (t.Number, t.Unary)):
            source = self.tree.source
            first = source[node.arguments[0].span.start : node.arguments[0].span.end]
            self.notes.append(message(
                N_("{written} is taken along dim={dim}, as in PyTorch; entry by entry it is {other}"),
                written=source[node.span.start : node.span.end], dim=dim.value,
                other=f"{node.function}imum({first}, {dim.value})",
            ))

    def _listed(self, node: t.Expression) -> Given:
        """The list in cat([x, y]) as its items: they need not have one shape."""
        if isinstance(node, t.Sequence):
            return Given(tuple(self.value(item) for item in node.items), node.span)
        return self.given(node)

    def static_call(self, node: t.Call) -> Any:
        """`x.size(0)`, `x.numel()`, `len(x)`, `float(x)`: answered from the shape, or nothing to do."""
        if node.function not in ("size", "numel", "len", "dim", "ndim", "ndimension", "item", "float", "double"):
            return None
        if not node.arguments:
            raise self._no_function(node).at(node.name_span)
        value = self.value(node.arguments[0])
        if node.function in ("float", "double") and len(node.arguments) == 1:
            return value
        if isinstance(value, tuple):
            return Fraction(len(value))
        shape = self.steps[self.tensor(Given(value, node.arguments[0].span)).step].shape
        if node.function == "size":
            return self._sizes(node, shape)
        if node.function == "len" and not shape:
            raise fault("shape", N_("len of a scalar: it has no axis")).at(node.span)
        if node.function == "item":
            if size(shape) != 1:
                raise fault(
                    "shape", N_("item() needs one entry, and the tensor is {s}"), s=written(shape)
                ).at(node.span)
            return value
        return Fraction({"numel": size(shape), "len": shape[0] if shape else 0}.get(node.function, len(shape)))

    def _sizes(self, node: t.Call, shape: Shape) -> Any:
        if len(node.arguments) == 1:
            return tuple(map(Fraction, shape))
        place = self.value(node.arguments[1])
        if not isinstance(place, Fraction) or not -len(shape) <= place < len(shape):
            told = NN_("size: the tensor has {count} dimension", "size: the tensor has {count} dimensions")
            raise fault("shape", told, count=len(shape)).at(node.span)
        return Fraction(shape[int(place)])

    def _no_function(self, node: t.Call) -> GradcliError:
        error = fault("name", N_("there is no function called {name}"), name=node.function)
        names = list(self._shapes_by_name())
        error.hint = meant.factored_function(self.tree.source, node, names) or meant.function(self.tree.source, node)
        return error

    def apply(self, row: Row, positional: list[Given], keywords: Mapping[str, Given], span: Span) -> Any:
        bound = bind(row, positional, keywords, span)
        arguments: list[Any] = []
        for param in row.takes:
            given = bound[param.name]
            match param.kind:
                case "tensor":
                    arguments.append(None if given.value is None else self.tensor(given))
                case "index":
                    arguments.append(self._whole_number_tensor(given) if given.value is not None else None)
                case "target":
                    arguments.append(self._target(arguments[0], given))
                case "tensors":
                    arguments.append(self._tensors(given))
                case _:
                    arguments.append(option(row, param, self._plain(given)))
        return self.finish(row, tuple(arguments), span)

    def _target(self, scores: Ref, given: Given) -> Ref:
        """Classes where the target's shape is the scores' without the class axis, else probabilities."""
        ref = self.tensor(given)
        scored, target = self.steps[scores.step].shape, self.steps[ref.step].shape
        classes = target != scored and target == (scored[:1] + scored[2:] if len(scored) > 1 else ())
        return self._whole_number_tensor(given) if classes else ref

    def _plain(self, given: Given) -> Given:
        """A constant (`inf`, `-pi/2`) as a plain float, where an option and not a tensor is wanted."""
        if isinstance(given.value, tuple):
            return Given(tuple(self._plain(Given(v, given.span)).value for v in given.value), given.span)
        if not isinstance(given.value, Ref):
            return given
        how = self.steps[given.value.step].how
        if isinstance(how, Constant) and isinstance(how.value, np.ndarray) and how.value.ndim == 1:
            return Given(tuple(map(Fraction, how.value.tolist())), given.span)  # dim=[0, 1]
        if self.steps[given.value.step].shape != ():
            return given
        value = self._constant(given.value)
        return given if value is None else Given(value, given.span)

    def _constant(self, ref: Ref) -> float | None:
        how = self.steps[ref.step].how
        if isinstance(how, Constant):
            return None if isinstance(how.value, np.ndarray) else number_of(how.value)
        if isinstance(how, Input):
            return None
        known = {r.step: self._constant(r) for r in how.refs}
        if any(v is None for v in known.values()) or not how.refs:
            return None
        return float(how.row.numpy(n, *(np.asarray(known[a.step]) if isinstance(a, Ref) else a for a in how.arguments)))

    def _tensors(self, given: Given) -> tuple[Ref, ...]:
        values = given.value
        if isinstance(values, Ref):
            return (values,)
        if isinstance(values, (Fraction, float)):
            values = (values,)
        return tuple(self._member(Given(v, given.span)) for v in values)

    def _member(self, given: Given) -> Ref:
        """One of several tensors; a list among them is stacked."""
        if isinstance(given.value, tuple) and any(isinstance(v, Ref) for v in given.value):
            return self.apply(SPELLED["stack"], [given], {}, given.span)  # type: ignore[no-any-return]
        return self.tensor(given)

    def finish(self, row: Row, arguments: tuple[Any, ...], span: Span) -> Ref:
        """The step, with the shape its row says."""
        most = allowed(MAX_ENTRIES)
        try:
            shape = row.shape(*(self._shaped(a) for a in arguments))
            check_strides(shape, row.name, most)
        except GradcliError as error:
            raise error.at(span) from None
        if size(shape) > most:
            raise limit(
                N_("{f} would have {n} entries, more than {most}"), hint=RAISE,
                f=row.name, n=size(shape), most=most, count=needed(size(shape), MAX_ENTRIES),
            ).at(span)
        if row.family == "random":
            draw = self.random.random if row.name == "rand" else self.random.standard_normal
            return self.add(Constant(np.asarray(draw(shape))), shape, span)
        return self.add(Apply(row.name, arguments), shape, span)

    def _shaped(self, argument: Any) -> Any:
        if isinstance(argument, Ref):
            return self.steps[argument.step].shape
        if isinstance(argument, tuple) and argument and all(isinstance(a, Ref) for a in argument):
            return tuple(self.steps[a.step].shape for a in argument)
        return argument

    def add(self, how: Input | Constant | Apply, shape: Shape, span: Span, name: str | None = None) -> Ref:
        self.steps.append(Step(how, tuple(shape), span, name))
        return Ref(len(self.steps) - 1)

    def tensor(self, given: Given) -> Ref:
        """A value as a tensor: a number is a tensor without axes."""
        value = given.value
        if isinstance(value, Ref):
            return value
        if isinstance(value, (Fraction, float)) and not isinstance(value, bool):
            return self.add(Constant(value), (), given.span)
        if isinstance(value, tuple):
            numbers = _numbers([Given(v, given.span) for v in value])
            if numbers is not None and len(value):
                return self.add(Constant(numbers), numbers.shape, given.span)
        inner = self.tree.source[given.span.start + 1 : given.span.end - 1]
        stacked = isinstance(value, tuple) and any(isinstance(v, Ref) for v in value)
        what = {str: N_("text"), bool: N_("True or False"), type(None): N_("None")}.get(type(value), N_("a tuple"))
        raise fault(
            "syntax", N_("a tensor or a number is needed here, not {what}"), what=Message(what),
            hint=meant.DID_YOU_MEAN if stacked else None, repair=patched(self.tree.source, given.span, f"[{inner}]"),
        ).at(given.span)

    def _index_tensor(self, given: Given, n: int) -> Ref:
        """A tensor of places on an axis of size n; written ones are checked here and count from the start."""
        ref = self._whole_number_tensor(given)
        how = self.steps[ref.step].how
        if not isinstance(how, Constant) or not isinstance(how.value, np.ndarray):
            return ref
        for place in how.value.flat:
            if place != round(place):
                raise fault("syntax", N_("an index must be an integer, not {i}"), i=float(place)).at(given.span)
            if not -n <= place < n:
                raise fault(
                    "shape", N_("index {i} is out of range for an axis of size {n}: it goes from {low} to {high}"),
                    i=int(place), n=n, low=-n, high=n - 1,
                ).at(given.span)
        return self.add(Constant(np.where(how.value < 0, how.value + n, how.value)), how.value.shape, given.span)

    def _whole_number_tensor(self, given: Given) -> Ref:
        """A tensor that is used as an index or as classes: an input used so is left out of what is differentiated."""
        ref = self.tensor(given)
        how = self.steps[ref.step].how
        if isinstance(how, Input):
            self.whole_numbers.add(how.name)
        return ref


def _has_a_shape(source: str, shapes: Mapping[str, Shape], point: Mapping[str, Array] | None) -> bool:
    """Whether the text is a program for inputs of these shapes, those that it does not use left out."""
    try:
        tree = parse(source, tuple(shapes))
        used = {name: shape for name, shape in shapes.items() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", source)}
        trace(tree, used, point=point, mending=False)
    except GradcliError:
        return False
    return True


def _bounded(value: Fraction) -> Fraction | None:
    return value if max(value.numerator.bit_length(), value.denominator.bit_length()) <= MAX_EXACT_BITS else None


def _literal(node: t.Expression) -> np.ndarray[Any, np.dtype[Any]] | None:
    """Nested lists of written numbers as one array; None where anything else stands in them."""
    if isinstance(node, t.Number):
        return np.float64(node.value)  # type: ignore[return-value]
    if isinstance(node, t.Unary) and node.operator == "-" and isinstance(node.operand, t.Number):
        return np.float64(-node.operand.value)  # type: ignore[return-value]
    if not isinstance(node, t.Sequence) or not node.items:
        return None
    items = [_literal(i) for i in node.items]
    if any(i is None for i in items):
        return None
    shapes = [i.shape for i in items if i is not None]
    if len(set(shapes)) > 1:
        place = next(k for k, shape in enumerate(shapes) if shape != shapes[0])
        raise fault(
            "shape", N_("the rows of the list differ: row 0 is {a}, row {k} is {b}"),
            a=written(shapes[0]), b=written(shapes[place]), k=place,
        ).at(node.items[place].span)
    return np.array(items, dtype=np.float64)


def _numbers(values: list[Given]) -> np.ndarray[Any, np.dtype[Any]] | None:
    """A list of known numbers as an array; None where something in it is a tensor."""
    if not all(isinstance(v.value, (Fraction, float)) and not isinstance(v.value, bool) for v in values):
        return None
    return np.array([float(v.value) for v in values], dtype=np.float64)
