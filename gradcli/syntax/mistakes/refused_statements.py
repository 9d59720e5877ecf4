"""A statement that is not allowed -> what is wrong, where, and the repair."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import chain, count

from gradcli.message import N_, GradcliError, Message, Span, fault, message
from gradcli.ops import SPELLED
from gradcli.syntax.mistakes import (
    DID_YOU_MEAN,
    LEAVE_OUT,
    ROOM_FOR_A_HINT,
    fits_a_hint,
    mistake,
    patched,
    reserved_words,
)
from gradcli.syntax.scan import Token, text_of
from gradcli.syntax.tree import Bare, Call, Name, Statement

AUGMENTED = ("+=", "-=", "*=", "/=", "//=", "%=", "@=", "**=", "&=", "|=", "^=")

_ONLY = N_("{word} is not allowed: only expressions, assignments and while are")
_INSTEAD = {
    "for": N_("write the turns out, or count in a loop: i = 0; while i < 3: x = x*2; i = i + 1"),
    "def": N_("write only what the function returns, for example y = x**2"),
    "class": N_("write only expressions, for example y = x**2"),
    "import": N_("leave it out: every function is known by its name"),
    "from": N_("leave it out: every function is known by its name"),
    "if": N_("choose between values with where(condition, a, b)"),
    "elif": N_("choose between values with where(condition, a, b)"),
    "else": N_("choose between values with where(condition, a, b)"),
    "return": N_("leave the word out: the last statement is the output"),
    "yield": N_("leave the word out: the last statement is the output"),
    "pass": N_("leave it out, or write a statement that changes a variable: x = x*2"),
    "with": N_("leave it out; no gradient flows through x.detach()"),
    "del": N_("leave it out"),
    "global": N_("leave it out"),
    "assert": N_("leave it out"),
}


def statement(source: str, tokens: list[Token]) -> GradcliError:
    """The complaint about a statement that begins with a reserved word."""
    word = tokens[0]
    used_as_name = len(tokens) > 1 and tokens[1].kind == "operator" and tokens[1].text not in "([~.:"
    if used_as_name or word.text not in (*_INSTEAD, "try", "raise", "async", "await", "break", "continue", "nonlocal"):
        return reserved_words.word(source, tokens, 0)
    rest = _without(source, tokens)
    hint = LEAVE_OUT if rest else _INSTEAD.get(word.text)
    return fault("syntax", _ONLY, hint=hint, word=word.text, repair=rest).at(word.span)


def _without(source: str, tokens: list[Token]) -> str:
    """The program without its `import`, `def f(x):` or `return`; nothing where that is not clear."""
    after = {"import": (";", "\n"), "from": (";", "\n"), "def": (":",), "return": ("return",)}.get(tokens[0].text, ())
    ends = [at for sign in after if (at := source.find(sign, tokens[0].span.start)) >= 0]
    if not ends or source[: tokens[0].span.start].strip():
        return ""
    sign = next(sign for sign in after if source.startswith(sign, min(ends)))
    rest = source[min(ends) + len(sign) :].strip().removeprefix("return ").strip()
    return rest if fits_a_hint(rest) else ""


def empty_body() -> GradcliError:
    """The complaint about `while c:` with nothing after it."""
    return fault(
        "syntax",
        N_("the loop has no body: statements are missing after its colon"),
        hint=N_("write it on one line, while CONDITION: STATEMENTS, or indent the lines of the body"),
    )


def no_condition(tokens: list[Token]) -> GradcliError:
    """The complaint about `while:`."""
    return fault("syntax", N_("while has no condition"), hint=N_("write while CONDITION: STATEMENTS")).at(
        tokens[0].span.to(tokens[1].span)
    )


def no_colon(keyword: Token) -> GradcliError:
    """The complaint about a `while` without its colon."""
    sentence = N_("a colon is missing after the condition of while")
    return fault("syntax", sentence, N_("write while CONDITION: STATEMENTS")).at(keyword.span)


def augmented(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about `y += 1`."""
    name, value = text_of(source, tokens[:place]), text_of(source, tokens[place + 1 :])
    operator = tokens[place].text[:-1]
    value = value if len(tokens) == place + 2 else f"({value})"
    return mistake(
        source,
        tokens[place].span,
        N_("{operator}= is not allowed: nothing is changed in place"),
        f"{name} = {name} {operator} {value}",
        over=tokens[0].span.to(tokens[-1].span),
        operator=operator,
    )


def target(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about what stands before `=` where it is not one name."""
    span = tokens[0].span.to(tokens[max(place - 1, 0)].span)
    left, right = text_of(source, tokens[:place]), text_of(source, tokens[place + 1 :])
    if place == 0:
        return fault("syntax", N_("a name is missing before ="), N_("write y = {right}"), right=right).at(span)
    names = [token for token in tokens[:place] if token.text not in ("(", ")", "[", "]", ",")]
    if any(token.text == "," for token in tokens[:place]) and all(token.kind == "name" for token in names):
        return _unpacking(names, tokens[place + 1 :], right).at(span)
    if tokens[0].kind in ("flag", "word"):
        return fault(
            "syntax",
            N_("{name} is a reserved word and cannot be assigned"),
            hint=N_("use another name, for example {other}"),
            name=tokens[0].text,
            other=tokens[0].text.lower() + "_",
        ).at(span)
    return _odd_target(tokens, place, left, right).at(span)


def _unpacking(names: list[Token], value: list[Token], right: str) -> GradcliError:
    tensor = right if len(value) == 1 else f"({right})"
    repair = "; ".join(f"{name.text} = {tensor}[{place}]" for place, name in enumerate(names))
    return fault("syntax", N_("= assigns one name at a time: a tensor is not unpacked"), DID_YOU_MEAN, repair=repair)


def _odd_target(tokens: list[Token], place: int, left: str, right: str) -> GradcliError:
    if tokens[0].kind == "name" and tokens[1].text == "(":
        sentence = N_("functions are not defined: the left side of = must be one name")
        return fault("syntax", sentence, N_("write only y = {right}"), right=right)
    if tokens[0].kind == "name" and tokens[1].text in ("[", "."):
        return fault(
            "syntax",
            N_("{left} cannot be assigned: the left side of = must be one name, nothing is changed in place"),
            hint=N_("build a new tensor with where, cat or stack"),
            left=left,
        )
    sentence = N_("the left side of = must be one name to assign, not {left}")
    if re.fullmatch(r"d\w*\s*/\s*d\w+", left):  # dy/dx = x**2
        return fault("syntax", sentence, N_("write only {right}"), left=left, right=right)
    if place == 2 and all(token.kind == "name" for token in tokens[:2]):  # let y = x**2
        repair = f"{tokens[1].text} = {right}"
    elif len(tokens) == place + 2 and tokens[-1].kind == "name":
        repair = f"{right} = {left}"
    else:
        repair = f"{left} == {right}"
    return fault("syntax", sentence, DID_YOU_MEAN, left=left, repair=repair)


def lost(source: str, statement: Bare, following: Statement | None, names: Collection[str]) -> GradcliError:
    """The complaint about an expression that is not the last statement: nothing can use its value."""
    text = statement.span.of(source)
    return fault(
        "syntax",
        N_("the value of {text} is lost: only the last statement is the output"),
        _use_of(source, statement, following, names),
        text=text if len(text) <= ROOM_FOR_A_HINT else f"{text[:ROOM_FOR_A_HINT]}…",
    ).at(statement.span)


def _use_of(source: str, statement: Bare, following: Statement | None, names: Collection[str]) -> Message:
    """How the value could be used, or what is left without it."""
    span, value = statement.span, statement.value
    text = span.of(source)
    gap = source[span.end : following.span.start] if following is not None else ""
    if following is not None and source[following.span.start] in "+-" and not gap.strip():
        joined = patched(source, Span(span.end, following.span.start), " ")
        return message(_GOES_ON, repair=joined if "\n" not in joined and joined else f"({text} ...)")
    if isinstance(value, Call) and value.method and value.function[-1] == "_" and value.function != "requires_grad_":
        changed = value.arguments[0]
        if isinstance(changed, Name):
            after = source[value.name_span.end : span.end]
            repair = f"{changed.id} = {source[span.start : value.name_span.end - 1]}{after}"
            return message(DID_YOU_MEAN, repair=patched(source, span, repair))
    named = patched(source, span, f"{_free_name(names)} = {text}")
    rest = "" if following is None else patched(source, Span(span.start, following.span.start), "")
    if isinstance(value, Call) and value.function not in SPELLED:  # print(x), x.requires_grad_()
        return message(LEAVE_OUT, repair=rest) if rest else message(N_("leave it out"))
    if not rest:
        return message(N_("leave it out, or give it a name: {named}"), named=named)
    return message(N_("leave it out: {rest}  or give it a name: {named}"), rest=rest, named=named)


_GOES_ON = N_("an expression goes on over the end of a line only inside brackets: {repair}")


def _free_name(names: Collection[str]) -> str:
    """A name that is not taken."""
    return next(name for name in chain("abcdfgh", (f"a{k}" for k in count(1))) if name not in names)


def only_text(source: str, text: Token) -> GradcliError:
    """The complaint about a statement that is a text, as a docstring is."""
    rest = patched(source, text.span, "").lstrip("; ")
    return fault("syntax", N_("text is not a number"), LEAVE_OUT if rest else None, repair=rest).at(text.span)


def no_value(name: Token, sign: Token) -> GradcliError:
    """The complaint about `y =` with nothing after it."""
    sentence, hint = N_("an expression is missing after {name} ="), N_("write {name} = EXPRESSION")
    return fault("syntax", sentence, hint, name=name.text).at(name.span.to(sign.span))


def chained(source: str, tokens: list[Token], place: int) -> GradcliError:
    """The complaint about `a = b = x`."""
    name, middle, value = tokens[0].text, text_of(source, tokens[2:place]), text_of(source, tokens[place + 1 :])
    sentence, span = N_("= assigns one name at a time"), tokens[place].span
    if not middle or not value:
        return fault("syntax", N_("an expression is missing next to =")).at(span)
    if middle.isidentifier():
        return fault("syntax", sentence, DID_YOU_MEAN, repair=f"{middle} = {value}; {name} = {middle}").at(span)
    hint = N_("write {one} or {other}")
    return fault("syntax", sentence, hint, one=f"{name} = {middle}", other=f"{name} = {value}").at(span)
