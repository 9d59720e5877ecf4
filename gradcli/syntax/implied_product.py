"""Two operands side by side -> whether the `*` between them can be supplied, or why not and what to write. Accepts
`2x`, `3sin(x)`, `2(x+1)`, `(x+1)(x+2)`; refuses `1/2x`, which has two readings, and `sin x`, which is no product."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from gradcli.message import N_, GradcliError, Span, fault
from gradcli.ops import SPELLED
from gradcli.ops.foreign_names import renamed
from gradcli.syntax.mistakes import ROOM_FOR_A_HINT, mistake, patched
from gradcli.syntax.scan import Kind, Token, text_of
from gradcli.syntax.statements import outside

_TIGHT = ("/", "//", "%", "@", "**")
"""After these a product can be read in two ways."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two operands side by side: `left`, and the one that begins with `tokens[place]`. `before` is what stands in front
    of `left`. `role` is the bracket round them: in a list, an index or a call a forgotten comma may be as likely as a
    forgotten `*`. `names` are those that have a value."""

    source: str
    before: list[Token]
    left: list[Token]
    tokens: list[Token]
    place: int
    role: str
    names: Collection[str]

    @property
    def following(self) -> Token:
        return self.tokens[self.place]

    @property
    def span(self) -> Span:
        """Both of them."""
        return Span(self.left[0].span.start, self.tokens[extent(self.tokens, self.place)].span.end)

    @property
    def first(self) -> str:
        return text_of(self.source, self.left)

    @property
    def second(self) -> str:
        """The operand that begins at `place`, as written."""
        return self.source[self.following.span.start : self.span.end]

    @property
    def touching(self) -> bool:
        return self.left[-1].span.end == self.following.span.start

    @property
    def raised(self) -> bool:
        """Whether the left operand is an exponent written small: x²."""
        return bool(self.before) and self.before[-1].text == "**" and not self.before[-1].span.of(self.source)

    @property
    def signless(self) -> list[Token]:
        """What stands in front of the left operand and of its sign."""
        return self.before[:-1] if self.before and self.before[-1].kind == "unary" else self.before

    def check(self) -> None:
        """Raises GradcliError (syntax) unless the two are a product in one reading."""
        last, before, raised = self.left[-1], self.before, self.raised
        if self.following.text == "(" and last.kind == "close" and (made := self._module_call()) is not None:
            raise self._module(*made)
        listed = self.role in ("list", "index") or (self.role == "call" and last.kind != "number")
        if not (self._is_product() or self._has_values()) or (listed and not self.touching):
            raise self._missing_operator()
        is_power = bool(self.signless) and self.signless[-1].text == "**"
        if is_power and (not raised or self._is_function_power()):
            raise self._power_of_function()
        if before and before[-1].kind == "binary" and before[-1].text in _TIGHT and not raised:
            raise self._two_readings()

    def _is_product(self) -> bool:
        last, following = self.left[-1], self.following
        opening = following.text == "(" and following.kind == "operator"
        if last.kind == "number" and last.text != "...":
            return opening or (following.kind == "name" and not (self.touching and last.text.endswith(".")))
        if last.text == "pi" and last.span.end == last.span.start + 1:
            return self.touching and following.kind == "name"  # 2πr
        if last.kind == "close":
            return opening or (following.kind == "name" and (self.touching or last.text in (")", "]")))
        return False

    def _has_values(self) -> bool:
        """`x y`, `x sin(x)`, `2pi x`, where the names have values: no function stands there without its brackets."""
        following, known = self.following, (*self.names, "pi")
        if len(self.left) != 1 or self.left[0].kind != "name" or self.left[0].text not in known:
            return False
        called = [token.text for token in self.tokens[self.place + 1 : self.place + 2]] == ["("]
        return following.text == "(" or (following.kind == "name" and (called or following.text in known))

    def _is_function_power(self) -> bool:
        """`sin²(x)`, as against `x²y` and `(x+1)²(y)`."""
        base = self.signless[-2] if len(self.signless) > 1 else None
        if base is None or base.text in self.names:
            return False
        return base.kind == "name" and (self.following.text == "(" or len(base.text) > 1)

    # ── what is wrong, and the repair ───────────────────────────────────────────────────────────

    def _module_call(self) -> tuple[str, str] | None:
        """The class and the options of `nn.ReLU()`, which makes a module where a function is meant."""
        left = self.left
        opener = next((at for at, token in enumerate(left) if token.kind == "open"), 0)
        if not opener or left[opener - 1].kind != "name" or not left[opener - 1].text[0].isupper():
            return None
        name = left[opener - 1].text
        if opener == 1 and renamed(name) is None:
            return None
        return name, self.source[left[opener].span.end : left[-1].span.start].strip()

    def _module(self, name: str, options: str) -> GradcliError:
        function = renamed(name)
        what = N_("{module} makes a module: here functions are called with their tensors")
        if function is None:
            return fault("name", what, module=name).at(self.span)
        arguments = self.source[self.following.span.end : self.span.end - 1].strip()
        parameters = "w, b" if function == "linear" else options
        repair = f"{function}({', '.join(filter(None, (arguments, parameters)))})"
        return mistake(self.source, self.span, what, repair, kind="name", module=name)

    def _power_of_function(self) -> GradcliError:
        """`ln^2(x)`: the square of a function's value, or a product?"""
        base = self.signless[-2] if len(self.signless) > 1 else None
        if base is None or base.kind != "name" or base.text in (*self.names, "e", "pi"):
            return self._two_readings()
        argument = self.second if self.second.startswith("(") else f"({self.second})"
        sign = "-" if self.before[-1].kind == "unary" else ""
        exponent = sign + "".join(token.text for token in self.left)
        span = Span(base.span.start, self.span.end)
        written, function = span.of(self.source), renamed(base.text) or base.text
        if exponent == "-1" and f"a{function}" in SPELLED:
            return fault(
                "syntax",
                N_("{written} can be read in two ways: the inverse function, or one over the function's value"),
                hint=N_("write {one} or {other}"),
                written=written,
                one=patched(self.source, span, f"a{function}{argument}"),
                other=patched(self.source, span, f"1/{function}{argument}"),
            ).at(span)
        sentence = N_("{written} can be read in two ways: a power belongs after the function's argument")
        if function in SPELLED:
            value = f"{function}{argument}**{exponent}" if exponent != "-1" else f"1/{function}{argument}"
            return mistake(self.source, span, sentence, value, written=written)
        return fault(
            "syntax",
            sentence,
            hint=N_("write {power} for the power of a function's value, {product} for a product"),
            written=written,
            power=f"{function}{argument}**{exponent}",
            product=f"{base.text}**{exponent}*{self.second}",
        ).at(span)

    def _two_readings(self) -> GradcliError:
        product = f"{self.first}*{self.second}"
        return fault(
            "syntax",
            N_("{written} after {operator} can be read in two ways"),
            hint=N_("write {one} or {other}"),
            written=self.span.of(self.source),
            operator=self.before[-1].text,
            one=patched(self.source, self.span, f"({product})"),
            other=patched(self.source, self.span, product),
        ).at(self.span)

    def _missing_operator(self) -> GradcliError:
        last, following = self.left[-1], self.following
        slots: dict[str, Any] = {"first": self.first, "second": self.second}
        sentence = N_("an operator is missing between {first} and {second}")
        if [token.text for token in self.tokens[self.place + 1 : self.place + 2]] == ["="]:
            between = Span(last.span.end, following.span.start)
            return mistake(self.source, self.span, sentence, ", ", over=between, **slots)
        alone = last.text if len(self.left) == 1 and last.kind == "name" else ""
        function = "" if alone in self.names else alone if alone in SPELLED else alone and renamed(alone)
        if function and following.kind == "name":
            return mistake(self.source, self.span, sentence, f"{function}({self.second})", **slots)
        hint = None
        if len(self.first) + len(self.second) <= ROOM_FOR_A_HINT and "text" not in (last.kind, following.kind):
            hint = _likely_meanings(last.kind, len(self.left) == 1, following.kind, self.role)
        return fault("syntax", sentence, hint=hint, **slots).at(self.span)


def _likely_meanings(left: Kind, alone: bool, right: Kind, role: str) -> str:
    """The hint for two operands side by side, by the kinds of the tokens where they meet, and whether the left operand
    is that token alone."""
    if role == "call":
        return N_("write {first}, {second} for two arguments, {first}*{second} for a product")
    if role in ("list", "index") or (left == "number" and right == "number"):
        return N_("write {first}, {second} for two entries, {first}*{second} for a product")
    if left == "name" and alone and right == "number":
        return N_("write {first}*{second} for a product, {first}**{second} for a power")
    if left == "name" and alone:
        return N_("write {first}({second}) for a function's value, {first}*{second} for a product")
    return N_("write {first}*{second} for a product")


def check_root(source: str, tokens: list[Token], place: int) -> None:
    """Raises GradcliError (syntax) unless the root sign stands before a bracket: how far would it reach?"""
    if place + 1 < len(tokens) and tokens[place + 1].text == "(":
        return
    end = extent(tokens, place + 1) if place + 1 < len(tokens) else place
    span = tokens[place].span.to(tokens[end].span)
    operand = source[span.start + 1 : span.end].strip() or "x"
    raise mistake(source, span, N_("the root sign needs brackets, to say how far it reaches"), f"sqrt({operand})")


def extent(tokens: list[Token], place: int) -> int:
    """Where the operand that begins at `place` ends: its brackets, its call, its indices and attributes."""
    if tokens[place].text in ("(", "["):
        end = _closing(tokens, place)
    elif place + 1 < len(tokens) and tokens[place + 1].text == "(" and tokens[place].kind == "name":
        end = _closing(tokens, place + 1)
    else:
        end = place
    while end + 2 < len(tokens) and tokens[end + 1].text in (".", "["):
        end = _closing(tokens, end + 1) if tokens[end + 1].text == "[" else end + 2
    return end


def _closing(tokens: list[Token], opener: int) -> int:
    closers = (opener + at for at, token in outside(tokens[opener:]) if at and token.text in (")", "]"))
    return next(closers, len(tokens) - 1)
