"""Products of vectors, matrices and batches of them: sums of products, which the symbolic column contracts."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.message import N_, Message, fault
from gradcli.ops.row import Param, Row, ShapeColumn
from gradcli.ops.subscripts import einsum_shape, einsum_sizes, einsum_symbolic, einsum_text
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
        method=False, takes=(Param("equation", "text"), Param("operands", "tensors")), shape=einsum_shape,
        work=_einsum_work,
        torch=lambda t, text, operands: t.einsum(einsum_text(text, [o.dim() for o in operands]), *operands),
        numpy=lambda n, text, operands: n.einsum(
            einsum_text(text, [o.ndim for o in operands]), *operands, optimize=True),
        symbolic=einsum_symbolic),
    Row("kron", "linear", N_("the Kronecker product"), "kron(x, y)", takes=(A, B), shape=_kron_shape,
        torch=lambda t, a, b: t.kron(a.contiguous(), b.contiguous()), symbolic=_kron_symbolic),
    Row("cross", "linear", N_("the cross product of vectors of size 3, along dim or the first axis of that size"),
        "cross(x, y)", takes=(A, B, Param("dim", "dim", None)), shape=_cross_shape,
        torch=lambda t, a, b, dim: t.linalg.cross(a, b, dim=_cross_axis(a.shape, dim)),
        numpy=lambda n, a, b, dim: n.cross(a, b, axis=_cross_axis(a.shape, dim)),
        symbolic=_cross_symbolic),
)
# fmt: on
