"""Tree + shapes of the inputs -> Program: every step's operation and shape, with every mistake of name or shape told
here, before anything heavy is loaded. Statements and loops; what stands in them is for `expressions`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, assert_never

from gradcli.message import N_, NN_, GradcliError, fault, limit, message, nearest
from gradcli.program.arguments import Argument
from gradcli.program.builder import ProgramBuilder
from gradcli.program.expressions import Expressions, Fits
from gradcli.program.program import Program, Ref, prune
from gradcli.program.values import extend_values
from gradcli.report import Array
from gradcli.shapes import Shape, written
from gradcli.syntax import parse
from gradcli.syntax import tree as t
from gradcli.syntax.tree import mentions

MAX_TURNS = 1_000
"""A while loop that has not ended by then is refused."""


def trace(
    tree: t.Tree,
    shapes: Mapping[str, Shape],
    seed: int = 0,
    point: Mapping[str, Array] | None = None,
    *,
    mending: bool = True,
) -> Program:
    """The program that `tree` means for inputs of these shapes; `rand` and `randn` are drawn here, from `seed`.

    `point` holds the inputs' values, which a `while` needs: it is run with them, and the path taken is the program.

    Raises GradcliError (name, shape, syntax) with its place in the source, and with a repair unless `mending` is off.
    """

    def fits(source: str, others: Mapping[str, Shape] | None) -> bool:
        return _has_a_shape(source, shapes, point) if others is None else _has_a_shape(source, others, None)

    try:
        return _Tracer(tree, ProgramBuilder(tree.source, shapes, seed), point, fits if mending else None).program()
    except GradcliError as error:
        raise error.at(source=tree.source) from None


def _has_a_shape(source: str, shapes: Mapping[str, Shape], point: Mapping[str, Array] | None) -> bool:
    """Whether the text is a program for inputs of these shapes, those that it does not use left out."""
    try:
        tree = parse(source, tuple(shapes))
        mentioned = mentions(tree)
        used = {name: shape for name, shape in shapes.items() if name in mentioned}
        trace(tree, used, point=point, mending=False)
    except GradcliError:
        return False
    return True


class _Tracer:
    """The walk over one tree's statements, in the order they are carried out."""

    def __init__(
        self, tree: t.Tree, builder: ProgramBuilder, point: Mapping[str, Array] | None, fits: Fits | None
    ) -> None:
        self.tree, self.builder, self.point = tree, builder, point
        self.expressions = Expressions(builder, fits)
        self.expressions.notes += tree.notes
        self.known: list[Array] = []

    def program(self) -> Program:
        value: Any = None
        for statement in self.tree.statements:
            result = self._statement(statement)
            value = value if result is None and isinstance(statement, t.While) else result  # a loop without a turn
        builder = self.builder
        output = builder.tensor(Argument(value, self.tree.statements[-1].span))
        self._all_used()
        return prune(
            Program(
                self.tree.source,
                tuple(builder.steps),
                output,
                inputs={name: builder.inputs[name] for name in builder.shapes if name in builder.inputs},
                names={name: v for name, v in self.expressions.assigned.items() if isinstance(v, Ref)},
                whole_numbers=frozenset(builder.whole_numbers),
                notes=tuple(self.expressions.notes),
                pinned=tuple(builder.pinned),
                bare=self.tree.bare,
                loops=self.tree.loops,
            )
        )

    def _all_used(self) -> None:
        used = sorted(self.builder.inputs)
        for name in self.builder.shapes:
            if name not in used:
                near = nearest(name, used)
                raise fault(
                    "name",
                    N_("the expression does not use {name}"),
                    hint=N_("did you mean {near} ?") if near else N_("it uses: {used}") if used else N_("leave it out"),
                    name=name,
                    near=near,
                    used=", ".join(used),
                )

    def _statement(self, statement: t.Statement) -> Any:
        match statement:
            case t.Bare(value):
                return self.expressions.value(value)
            case t.Assign(name, value):
                result = self.expressions.value(value)
                if isinstance(result, Ref):
                    self.builder.name(result, name)
                self.expressions.assigned[name] = result
                return result
            case t.While():
                return self._loop(statement)
            case _:
                assert_never(statement)

    def _loop(self, node: t.While) -> Any:
        """Define by run: the body is traced again for as long as the condition holds with the numbers given."""
        value: Any = None
        for turn in range(MAX_TURNS + 1):
            if not self._holds(node.condition):
                self.expressions.notes.append(
                    message(
                        NN_(
                            "the while loop ran {count} time with these numbers; the formulas hold for the path taken",
                            "the while loop ran {count} times with these numbers; the formulas hold for the path taken",
                        ),
                        count=turn,
                    )
                )
                return value
            for statement in node.body:
                value = self._statement(statement)
        raise limit(N_("the while loop did not end after {count} turns"), count=MAX_TURNS).at(node.condition.span)

    def _holds(self, condition: t.Expression) -> bool:
        """The condition's truth now."""
        argument = self.expressions.argument(condition)
        if isinstance(argument.value, (bool, Fraction)):
            return bool(self.builder.pinned_number(argument.value))
        ref = self.builder.tensor(argument)
        if self.point is None:
            raise fault("syntax", N_("while needs the inputs' values, and here only their shapes are known")).at(
                condition.span
            )
        self.builder.pin(ref)
        extend_values(self.known, self.builder.steps, self.point, self.tree.source)
        if self.known[ref.step].size != 1:
            raise fault(
                "shape",
                N_("the condition of while must be one number, and it is {shape}"),
                hint=N_("for example:  while y.norm() < 1000: ..."),
                shape=written(self.builder.shape(ref)),
            ).at(condition.span)
        return bool(self.known[ref.step].reshape(()))
