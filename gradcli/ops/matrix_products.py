"""Products of vectors, matrices and batches of them: sums of products, which the symbolic column contracts; and what an
einsum's letters mean, `...` and implicit outputs included."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from string import ascii_letters
from typing import Any

from gradcli.message import N_, NN_, GradcliError, Message, fault, joined
from gradcli.ops.row import Param, Row, ShapeColumn
from gradcli.ops.words import Operand, Place, Sum, Tensor, Words
from gradcli.shapes import Shape, axis, broadcast, size, written

A = Param("input")
B = Param("other")
PRODUCTS = ("matmul", "mm", "mv")
"""What @ is for vectors and matrices without a batch."""
A_MOMENT = 2_000
"""So many multiplications inside a product of matrices take as long as going through one entry, or less."""


def matmul_shape(a: Shape, b: Shape) -> Shape:
    if not a or not b:
        raise fault(
            "shape",
            N_("@ needs tensors with an axis, and one side is a scalar"),
            hint=N_("a scalar is multiplied with  *"),
        )
    inner_a, inner_b = a[-1], b[-2] if len(b) > 1 else b[0]
    if inner_a != inner_b:
        raise fault(
            "shape",
            N_("the inner sizes of @ differ: the left side is {a}, the right side is {b}"),
            hint=_matmul_repair(a, b),
            a=written(a),
            b=written(b),
        )
    if len(a) == 1 or len(b) == 1:
        return (*a[:-1], *(b[:-2] if len(b) > 1 else ()), *(b[-1:] if len(b) > 1 else ()))
    return (*broadcast(a[:-2], b[:-2]), a[-2], b[-1])


def _matmul_repair(a: Shape, b: Shape) -> str | None:
    if len(b) == 2 and a[-1] == b[-1]:
        return N_("transpose the right side:  @ (...).T")
    if len(a) == 2 and a[0] == (b[-2] if len(b) > 1 else b[0]):
        return N_("transpose the left side:  (...).T @")
    return None


def _matmul_work(a: Shape, b: Shape) -> int:
    return size(matmul_shape(a, b)) * a[-1] // A_MOMENT


def matmul_symbolic(s: Words, a: Tensor, b: Tensor) -> Tensor:
    row, column = a.rank > 1, b.rank > 1
    s.unify(a.dims[-1], b.dims[-2] if column else b.dims[0])
    batch = s.broadcast(a.dims[:-2] if row else (), b.dims[:-2] if column else ())
    dims = (*batch, *((a.dims[-2],) if row else ()), *((b.dims[-1],) if column else ()))

    def entry(*o: Place) -> Sum:
        k = s.index(a.dims[-1])
        lead = o[: len(batch)]
        left = (*batch_indices(lead, a, 2), *((o[len(batch)],) if row else ()), k) if row else (k,)
        right = (*batch_indices(lead, b, 2), k, o[-1]) if column else (k,)
        return [k], a.at(*left) * b.at(*right)

    return s.summed("z", dims, entry)


def batch_indices(lead: Sequence[Place], x: Tensor, inside: int) -> list[Place]:
    """The batch indices of x where the broadcast batch is at `lead`."""
    dims = x.dims[: max(x.rank - inside, 0)]
    own = lead[len(lead) - len(dims) :]
    return [0 if d == 1 else p for p, d in zip(own, dims, strict=True)]


def _shape_of_ranks(name: str, ranks: tuple[int, int], instead: str) -> ShapeColumn:
    def shape(a: Shape, b: Shape) -> Shape:
        if (len(a), len(b)) != ranks:
            words = {1: N_("a vector"), 2: N_("a matrix"), 3: N_("a batch of matrices")}
            raise fault(
                "shape",
                N_("{f} takes {first} and {second}; the dimensions here are {a} and {b}"),
                hint=instead,
                f=name,
                first=Message(words[ranks[0]]),
                second=Message(words[ranks[1]]),
                a=written(a),
                b=written(b),
            )
        return matmul_shape(a, b) if ranks != (3, 3) else _bmm_shape(a, b)

    return shape


def _bmm_shape(a: Shape, b: Shape) -> Shape:
    if a[0] != b[0]:
        raise fault("shape", N_("bmm: the batches differ, {a} and {b}"), a=a[0], b=b[0])
    return matmul_shape(a, b)


def _dot_shape(a: Shape, b: Shape) -> Shape:
    if len(a) != 1 or len(b) != 1 or a != b:
        raise fault(
            "shape",
            N_("dot takes two vectors of one length; the shapes are {a} and {b}"),
            hint=N_("sum(a*b) for tensors of any shape, a @ b for matrices"),
            a=written(a),
            b=written(b),
        )
    return ()


def _inner_shape(a: Shape, b: Shape) -> Shape:
    if a and b and a[-1] != b[-1]:
        raise fault("shape", N_("inner: the last sizes differ, {a} and {b}"), a=a[-1], b=b[-1])
    return (*a[:-1], *b[:-1]) if a and b else broadcast(a, b)


def _inner_symbolic(s: Words, a: Tensor, b: Tensor) -> Tensor:
    if not a.rank or not b.rank:
        return s.each(lambda u, w: u * w, a, b)
    s.unify(a.dims[-1], b.dims[-1])

    def entry(*o: Place) -> Sum:
        k = s.index(a.dims[-1])
        return [k], a.at(*o[: a.rank - 1], k) * b.at(*o[a.rank - 1 :], k)

    return s.summed("z", (*a.dims[:-1], *b.dims[:-1]), entry)


def _outer_shape(a: Shape, b: Shape) -> Shape:
    if len(a) != 1 or len(b) != 1:
        raise fault(
            "shape",
            N_("outer takes two vectors; the shapes are {a} and {b}"),
            hint=N_("flatten them first:  outer(a.flatten(), b.flatten())"),
            a=written(a),
            b=written(b),
        )
    return (*a, *b)


def _einsum_work(text: str, operands: tuple[Shape, ...]) -> int:
    largest, products = einsum_sizes(text, operands)
    return max(largest, products // A_MOMENT)


def _kron_shape(a: Shape, b: Shape) -> Shape:
    rank = max(len(a), len(b))
    return tuple(m * n for m, n in zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True))


def _kron_symbolic(s: Words, a: Tensor, b: Tensor) -> Tensor:
    rank = max(a.rank, b.rank)
    pa = (*(1,) * (rank - a.rank), *a.dims)
    pb = (*(1,) * (rank - b.rank), *b.dims)

    def entry(*o: Place) -> Operand:
        left = [0 if m == 1 else s.quotient(p, n) for p, m, n in zip(o, pa, pb, strict=True)]
        right = [0 if n == 1 else s.remainder(p, n) for p, n in zip(o, pb, strict=True)]
        return a.at(*left[rank - a.rank :]) * b.at(*right[rank - b.rank :])

    return s.tensor([m * n for m, n in zip(pa, pb, strict=True)], entry)


def _cross_shape(a: Shape, b: Shape, dim: int | None) -> Shape:
    shape = broadcast(a, b)
    dim = _cross_axis(a, dim)
    if not shape or len(a) != len(b) or not a[axis(dim, len(a))] == b[axis(dim, len(b))] == 3:
        raise fault("shape", N_("cross needs axes of size 3; the shapes are {a} and {b}"), a=written(a), b=written(b))
    return shape


def _cross_axis(a: Sequence[int], dim: int | None) -> int:
    """The axis that torch.cross takes: where none is given the first one of size 3."""
    return next((k for k, n in enumerate(a) if n == 3), -1) if dim is None else dim


def _cross_symbolic(s: Words, a: Tensor, b: Tensor, dim: int | None) -> Tensor:
    """The sum over j, k of ε[i,j,k] a[j] b[k]."""
    dims = s.broadcast(a.dims, b.dims)
    place = axis(_cross_axis([s.value(d) for d in a.dims], dim), len(dims))
    epsilon = s.constant(
        "epsilon", [[[(j - i) * (k - i) * (k - j) / 2 for k in range(3)] for j in range(3)] for i in range(3)]
    )

    def entry(*o: Place) -> Sum:
        j, k = s.index(dims[place]), s.index(dims[place])
        left, right = ([q if p == place else v for p, v in enumerate(o)] for q in (j, k))
        return [j, k], epsilon(o[place], j, k) * s.spread(a, left) * s.spread(b, right)

    return s.define("z", dims, entry)


def _read_equation(text: str, ranks: Sequence[int]) -> tuple[list[str], str]:
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


def _einsum_text(text: str, ranks: Sequence[int]) -> str:
    """The equation with everything written out, as every library reads it alike."""
    inputs, output = _read_equation(text, ranks)
    return ",".join(inputs) + "->" + output


def _einsum_shape(text: str, operands: tuple[Shape, ...]) -> Shape:
    """The output's shape; an axis of size 1 broadcasts, as in PyTorch."""
    inputs, output = _read_equation(text, [len(o) for o in operands])
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
    inputs, output = _read_equation(text, [len(o) for o in operands])
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


def _einsum_symbolic(s: Words, text: str, operands: tuple[Tensor, ...]) -> Tensor:
    """The sum over every letter that the output lacks."""
    inputs, output = _read_equation(text, [x.rank for x in operands])
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


# fmt: off
MATRIX_PRODUCTS: tuple[Row, ...] = (
    Row("matmul", "linear", N_("the product of matrices, vectors or batches of matrices: a @ b"), "x @ y",
        takes=(A, B), shape=matmul_shape, work=_matmul_work,
        torch=lambda t, a, b: a @ b, numpy=lambda n, a, b: a @ b, symbolic=matmul_symbolic),
    Row("mm", "linear", N_("the product of two matrices"), "mm(x, y)", takes=(A, B), aliases=("chain_matmul",),
        work=_matmul_work,
        shape=_shape_of_ranks("mm", (2, 2), N_("mv(A, x) for a matrix and a vector;  A @ x  for any of them")),
        numpy=lambda n, a, b: a @ b, symbolic=matmul_symbolic),
    Row("mv", "linear", N_("a matrix times a vector"), "mv(x, y)", takes=(A, Param("vec")),
        shape=_shape_of_ranks("mv", (2, 1), N_("mm(A, B) for two matrices;  A @ B  for any of them")),
        numpy=lambda n, a, b: a @ b, symbolic=matmul_symbolic),
    Row("bmm", "linear", N_("the product of two batches of matrices"), "bmm(x, y)", takes=(A, Param("mat2")),
        work=_matmul_work, shape=_shape_of_ranks("bmm", (3, 3), N_("A @ B  for matrices without a batch")),
        numpy=lambda n, a, b: a @ b, symbolic=matmul_symbolic),
    Row("dot", "linear", N_("the inner product of two vectors"), "dot(x, y)", takes=(A, Param("tensor")),
        shape=_dot_shape, aliases=("vdot",), symbolic=matmul_symbolic),
    Row("inner", "linear", N_("products summed over the last axis of both"), "inner(x, y)", takes=(A, B),
        shape=_inner_shape, work=lambda a, b: size(_inner_shape(a, b)) * (a[-1] if a and b else 1) // A_MOMENT,
        symbolic=_inner_symbolic),
    Row("outer", "linear", N_("all products of two vectors' entries"), "outer(x, y)", takes=(A, Param("vec2")),
        shape=_outer_shape, aliases=("ger",),
        symbolic=lambda s, a, b: s.tensor((*a.dims, *b.dims), lambda i, j: a.at(i) * b.at(j))),
    Row("einsum", "linear", N_("a sum of products, written with one letter an axis"), 'einsum("ij,j->i", x, y)',
        method=False, takes=(Param("equation", "text"), Param("operands", "tensors")), shape=_einsum_shape,
        work=_einsum_work,
        torch=lambda t, text, operands: t.einsum(_einsum_text(text, [o.dim() for o in operands]), *operands),
        numpy=lambda n, text, operands: n.einsum(
            _einsum_text(text, [o.ndim for o in operands]), *operands, optimize=True),
        symbolic=_einsum_symbolic),
    Row("kron", "linear", N_("the Kronecker product"), "kron(x, y)", takes=(A, B), shape=_kron_shape,
        torch=lambda t, a, b: t.kron(a.contiguous(), b.contiguous()), symbolic=_kron_symbolic),
    Row("cross", "linear", N_("the cross product of vectors of size 3, along dim or the first axis of that size"),
        "cross(x, y)", takes=(A, B, Param("dim", "dim", None)), shape=_cross_shape,
        torch=lambda t, a, b, dim: t.linalg.cross(a, b, dim=_cross_axis(a.shape, dim)),
        numpy=lambda n, a, b, dim: n.cross(a, b, axis=_cross_axis(a.shape, dim)),
        symbolic=_cross_symbolic),
)
# fmt: on
