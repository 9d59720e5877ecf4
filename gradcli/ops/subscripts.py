"""einsum's letters: what an equation means for operands of given shapes, `...` and implicit outputs included."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from string import ascii_letters
from typing import Any

from gradcli.message import N_, NN_, GradcliError, fault, joined
from gradcli.ops.words import Place, Sum, Tensor, Words
from gradcli.shapes import Shape, written


def read_equation(text: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each operand's axes and of the output's; `...` is written out with letters of its own.

    Raises GradcliError (syntax) for an equation that does not fit the operands.
    """
    left, arrow, right = text.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise fault(
            "syntax",
            NN_(
                "einsum: the equation names {count} operand, and {b} are given",
                "einsum: the equation names {count} operands, and {b} are given",
            ),
            count=len(terms),
            b=len(ranks),
        )
    spare = [c for c in ascii_letters if c not in text]
    width = max(
        (rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True) if "..." in term),
        default=0,
    )
    if width < 0:
        raise _misfit(text)
    dots = "".join(spare[:width])
    inputs = [_expand_dots(term, rank, dots, text) for term, rank in zip(terms, ranks, strict=True)]
    if arrow:
        output = right.replace("...", dots)
    else:
        once = sorted(c for c in set("".join(inputs)) - set(dots) if "".join(inputs).count(c) == 1)
        output = dots + "".join(once)
    if any(c not in "".join(inputs) for c in output) or len(set(output)) < len(output):
        raise _misfit(text)
    return inputs, output


def _expand_dots(term: str, rank: int, dots: str, text: str) -> str:
    letters = term.replace("...", "")
    if letters and not (letters.isascii() and letters.isalpha()):
        raise _misfit(text)
    if "..." not in term:
        if len(term) != rank:
            raise fault(
                "shape",
                NN_(
                    "einsum: {term} has {a} letters for an operand with {count} dimension",
                    "einsum: {term} has {a} letters for an operand with {count} dimensions",
                ),
                term=term,
                a=len(term),
                count=rank,
            )
        return term
    here = rank - len(letters)
    if here < 0:
        raise _misfit(text)
    return term.replace("...", dots[len(dots) - here :] if here else "")


def _misfit(text: str) -> GradcliError:
    return fault(
        "syntax",
        N_("einsum: the equation {text} can't be read"),
        hint=N_('for example: einsum("ij,jk->ik", a, b)'),
        text=text,
    )


def einsum_text(text: str, ranks: Sequence[int]) -> str:
    """The equation with everything written out, as every library reads it alike."""
    inputs, output = read_equation(text, ranks)
    return ",".join(inputs) + "->" + output


def einsum_shape(text: str, operands: tuple[Shape, ...]) -> Shape:
    """The output's shape; an axis of size 1 broadcasts, as in PyTorch."""
    inputs, output = read_equation(text, [len(o) for o in operands])
    sizes: dict[str, int] = {}
    for letters, shape in zip(inputs, operands, strict=True):
        own: dict[str, int] = {}
        for letter, n in zip(letters, shape, strict=True):
            if own.setdefault(letter, n) != n:  # a diagonal does not broadcast
                raise fault(
                    "shape",
                    N_("einsum: {letter} is repeated in one operand, where it is {a} and {b}"),
                    letter=letter,
                    a=own[letter],
                    b=n,
                )
            if sizes.get(letter, 1) not in (1, n) and n != 1:
                raise fault(
                    "shape",
                    N_("einsum: {letter} is {a} in one operand and {b} in another ({shapes})"),
                    letter=letter,
                    a=sizes[letter],
                    b=n,
                    shapes=joined(", ", map(written, operands)),
                )
            sizes[letter] = max(n, sizes.get(letter, 1)) if n != 0 else 0
    return tuple(sizes[c] for c in output)


def einsum_sizes(text: str, operands: tuple[Shape, ...]) -> tuple[int, int]:
    """Of the operands joined from left to right: the entries of the largest value on the way, and all products."""
    inputs, output = read_equation(text, [len(o) for o in operands])
    sizes: dict[str, int] = {}
    for letters, shape in zip(inputs, operands, strict=True):
        for letter, n in zip(letters, shape, strict=True):
            sizes[letter] = max(n, sizes.get(letter, 1))
    held, largest, products = set(inputs[0]), 1, 1
    for place, letters in enumerate(inputs[1:], 1):
        together = held | set(letters)
        held = together & set("".join(inputs[place + 1 :]) + output)
        products += prod(sizes[c] for c in together)
        largest = max(largest, prod(sizes[c] for c in held))
    return largest, products


def einsum_symbolic(s: Words, text: str, operands: tuple[Tensor, ...]) -> Tensor:
    """The sum over every letter that the output lacks."""
    inputs, output = read_equation(text, [x.rank for x in operands])
    dims: dict[str, Any] = {}
    for letters, x in zip(inputs, operands, strict=True):
        for letter, d in zip(letters, x.dims, strict=True):
            known = dims.get(letter, 1)
            dims[letter] = known if d == 1 else d if known == 1 else s.equal(known, d, broadcast=True)
    summed = sorted(set(dims) - set(output))

    def entry(*o: Place) -> Sum:
        at = {**dict(zip(output, o, strict=True)), **{c: s.index(dims[c]) for c in summed}}
        body = s.scalar.number(1)
        for letters, x in zip(inputs, operands, strict=True):
            body = body * x.at(*(0 if d == 1 else at[c] for c, d in zip(letters, x.dims, strict=True)))
        return [at[c] for c in summed], body

    if not summed:
        return s.tensor([dims[c] for c in output], lambda *o: entry(*o)[1])
    return s.summed("z", [dims[c] for c in output], entry)
