"""Products of matrices and what linear algebra makes of them. Batched where PyTorch's are; sums are contracted,
the rest are primitives whose Jacobian is written in terms of the result or of the inverse
(Matrix Cookbook, sections 2-4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcli.message import N_, Message, fault
from gradcli.ops.families import Param
from gradcli.ops.row import Row
from gradcli.ops.subscripts import einsum_shape, einsum_sizes, einsum_symbolic, einsum_text
from gradcli.shapes import Shape, axis, broadcast, size, written

A = Param("input")
B = Param("other")

# Shapes


def _matmul(a: Shape, b: Shape) -> Shape:
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


A_MOMENT = 2_000
"""So many multiplications inside a product of matrices take as long as going through one entry, or less."""


def _products(a: Shape, b: Shape) -> int:
    return size(_matmul(a, b)) * a[-1] // A_MOMENT


def _factored(x: Shape, *_: Any) -> int:
    """Of each square matrix: its size cubed."""
    return size(x) * x[-1] // A_MOMENT


def _einsum_work(text: str, operands: tuple[Shape, ...]) -> int:
    largest, products = einsum_sizes(text, operands)
    return max(largest, products // A_MOMENT)


def _matmul_repair(a: Shape, b: Shape) -> str | None:
    if len(b) == 2 and a[-1] == b[-1]:
        return N_("transpose the right side:  @ (...).T")
    if len(a) == 2 and a[0] == (b[-2] if len(b) > 1 else b[0]):
        return N_("transpose the left side:  (...).T @")
    return None


def _exactly(name: str, ranks: tuple[int, int], instead: str) -> Any:
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
        return _matmul(a, b) if ranks != (3, 3) else _bmm(a, b)

    return shape


def _bmm(a: Shape, b: Shape) -> Shape:
    if a[0] != b[0]:
        raise fault("shape", N_("bmm: the batches differ, {a} and {b}"), a=a[0], b=b[0])
    return _matmul(a, b)


def _dot(a: Shape, b: Shape) -> Shape:
    if len(a) != 1 or len(b) != 1 or a != b:
        raise fault(
            "shape",
            N_("dot takes two vectors of one length; the shapes are {a} and {b}"),
            hint=N_("sum(a*b) for tensors of any shape, a @ b for matrices"),
            a=written(a),
            b=written(b),
        )
    return ()


def _inner(a: Shape, b: Shape) -> Shape:
    if a and b and a[-1] != b[-1]:
        raise fault("shape", N_("inner: the last sizes differ, {a} and {b}"), a=a[-1], b=b[-1])
    return (*a[:-1], *b[:-1]) if a and b else broadcast(a, b)


def _outer(a: Shape, b: Shape) -> Shape:
    if len(a) != 1 or len(b) != 1:
        raise fault(
            "shape",
            N_("outer takes two vectors; the shapes are {a} and {b}"),
            hint=N_("flatten them first:  outer(a.flatten(), b.flatten())"),
            a=written(a),
            b=written(b),
        )
    return (*a, *b)


def _square(x: Shape) -> Shape:
    if len(x) < 2 or x[-1] != x[-2]:
        raise fault("shape", N_("a square matrix is needed, and the tensor is {s}"), s=written(x))
    return x


def _trace(x: Shape) -> Shape:
    if len(x) != 2:
        raise fault("shape", N_("trace takes a matrix, and the tensor is {s}"), s=written(x))
    return ()


def _solve(a: Shape, b: Shape) -> Shape:
    _square(a)
    if _vector_side(a, b):
        return (*broadcast(a[:-2], b[:-1]), b[-1]) if a[-1] == b[-1] else _no_solve(a, b)
    return (*broadcast(a[:-2], b[:-2]), *b[-2:]) if b and a[-1] == b[-2] else _no_solve(a, b)


def _vector_side(a: Any, b: Any) -> bool:
    """Whether b is (a batch of) vectors, by PyTorch's rule."""
    return len(b) == 1 or (len(a) - 1 == len(b) and tuple(a[:-1]) == tuple(b))


def _no_solve(a: Shape, b: Shape) -> Shape:
    raise fault(
        "shape", N_("solve(A, b): A is {a} and b is {b}; their first sizes must agree"), a=written(a), b=written(b)
    )


def _cross(a: Shape, b: Shape, dim: int | None) -> Shape:
    shape = broadcast(a, b)
    dim = _cross_axis(a, dim)
    if not shape or len(a) != len(b) or not a[axis(dim, len(a))] == b[axis(dim, len(b))] == 3:
        raise fault("shape", N_("cross needs axes of size 3; the shapes are {a} and {b}"), a=written(a), b=written(b))
    return shape


def _cross_axis(a: Sequence[Any], dim: int | None) -> int:
    """The axis that torch.cross takes: where none is given the first one of size 3."""
    return next((k for k, n in enumerate(a) if n == 3), -1) if dim is None else dim


def _kron(a: Shape, b: Shape) -> Shape:
    rank = max(len(a), len(b))
    return tuple(m * n for m, n in zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True))


# Meaning


def _matmul_symbolic(s: Any, a: Any, b: Any) -> Any:
    row, column = a.rank > 1, b.rank > 1
    s.unify(a.dims[-1], b.dims[-2] if column else b.dims[0])
    batch = s.broadcast(a.dims[:-2] if row else (), b.dims[:-2] if column else ())
    dims = (*batch, *((a.dims[-2],) if row else ()), *((b.dims[-1],) if column else ()))

    def entry(*o: Any) -> Any:
        k = s.index(a.dims[-1])
        lead = o[: len(batch)]
        left = (*_batch(lead, a, 2), *((o[len(batch)],) if row else ()), k) if row else (k,)
        right = (*_batch(lead, b, 2), k, o[-1]) if column else (k,)
        return [k], a.at(*left) * b.at(*right)

    return s.summed("z", dims, entry)


def _batch(lead: tuple[Any, ...], x: Any, inside: int) -> list[Any]:
    """The batch indices of x where the broadcast batch is at `lead`."""
    dims = x.dims[: max(x.rank - inside, 0)]
    own = lead[len(lead) - len(dims) :]
    return [0 if d == 1 else p for p, d in zip(own, dims, strict=True)]


def _inner_symbolic(s: Any, a: Any, b: Any) -> Any:
    if not a.rank or not b.rank:
        return s.each(lambda u, w: u * w, a, b)
    s.unify(a.dims[-1], b.dims[-1])

    def entry(*o: Any) -> Any:
        k = s.index(a.dims[-1])
        return [k], a.at(*o[: a.rank - 1], k) * b.at(*o[a.rank - 1 :], k)

    return s.summed("z", (*a.dims[:-1], *b.dims[:-1]), entry)


def _trace_symbolic(s: Any, x: Any) -> Any:
    m, n = (s.value(d) for d in x.dims)
    dim = x.dims[0] if m <= n else x.dims[1]
    if m == n:
        s.equal(*x.dims)
    else:
        s.require(dim, "<=", x.dims[1] if m <= n else x.dims[0])

    def entry() -> Any:
        k = s.index(dim)
        return [k], x.at(k, k)

    return s.summed("z", (), entry)


def _squared(s: Any, x: Any) -> None:
    s.unify(x.dims[-1], x.dims[-2])


def _inverse(s: Any, x: Any) -> Any:
    """∂B[m,n]/∂X[i,j] = -B[m,i] B[j,n]"""
    _squared(s, x)
    source = s.node(x, "A")

    def rule(y: Any) -> Any:
        return lambda o, i: -_same_batch(s, o[:-2], i[:-2]) * y(*i[:-2], o[-2], i[-2]) * y(*i[:-2], i[-1], o[-1])

    return s.primitive("B", x.dims, (source,), (source, rule), row="inv")


def _same_batch(s: Any, o: Any, i: Any) -> Any:
    product = s.scalar.number(1)
    for p, q in zip(o, i, strict=True):
        product = product * s.delta(p, q)
    return product


def _determinant(s: Any, x: Any, local: Any, letter: str, row: str) -> Any:
    """∂det/∂X = det inv(X)ᵀ, ∂logdet/∂X = inv(X)ᵀ: local(y) times B[j,i]."""
    _squared(s, x)
    source = s.node(x, "A")

    def rule(y: Any) -> Any:
        def entry(o: Any, i: Any) -> Any:
            b = s.node(_inverse(s.unnamed(), x))
            return _same_batch(s, o, i[:-2]) * local(y(*o)) * b(*i[:-2], i[-1], i[-2])

        return entry

    return s.primitive(letter, x.dims[:-2], (source,), (source, rule), row=row)


def _solve_symbolic(s: Any, a: Any, b: Any) -> Any:
    """Y = inv(A) b: ∂Y[m]/∂b[i] = B[m,i], ∂Y[m]/∂A[i,j] = -B[m,i] Y[j]."""
    _squared(s, a)
    vector = _vector_side([s.value(d) for d in a.dims], [s.value(d) for d in b.dims])
    s.unify(a.dims[-1], b.dims[-1] if vector else b.dims[-2])
    left, right = s.node(a, "A"), s.node(b, "b")
    batch = s.broadcast(a.dims[:-2], b.dims[:-1] if vector else b.dims[:-2])
    dims = (*batch, b.dims[-1]) if vector else (*batch, *b.dims[-2:])
    count = len(batch)

    def inverse(lead: Any, m: Any, i: Any) -> Any:
        return s.node(_inverse(s.unnamed(), a))(*_batch(lead, a, 2), m, i)

    def batches(lead: Any, given: Any, x: Any, inside: int) -> Any:
        return _same_batch(s, _batch(lead, x, inside), given)

    def by_b(y: Any) -> Any:
        inside = 1 if vector else 2
        return lambda o, i: (
            batches(o[:count], i[: len(i) - inside], b, inside)
            * inverse(o[:count], o[count], i[len(i) - inside])
            * (1 if vector else s.delta(o[-1], i[-1]))
        )

    def by_a(y: Any) -> Any:
        tail = () if vector else (slice(-1, None),)
        return lambda o, i: (
            -batches(o[:count], i[:-2], a, 2)
            * inverse(o[:count], o[count], i[-2])
            * y(*o[:count], i[-1], *(o[tail[0]] if tail else ()))
        )

    return s.primitive("u", dims, (left, right), (left, by_a), (right, by_b))


def _cholesky(s: Any, x: Any) -> Any:
    """dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ the lower triangle with half the diagonal; dA is symmetric, as PyTorch takes it."""
    _squared(s, x)
    source = s.node(x, "A")

    def rule(y: Any) -> Any:
        def entry(o: Any, i: Any) -> Any:
            lead = i[:-2]
            b = s.node(_inverse(s.unnamed(), s.tensor(x.dims, y)))
            k = s.index(x.dims[-1])
            half = s.at_least(k, o[-1]) - s.delta(k, o[-1]) / 2
            both = b(*lead, k, i[-2]) * b(*lead, o[-1], i[-1]) + b(*lead, k, i[-1]) * b(*lead, o[-1], i[-2])
            return _same_batch(s, o[:-2], lead) * s.total(y(*lead, o[-2], k) * half * both / 2, [k])

        return entry

    return s.primitive("L", x.dims, (source,), (source, rule))


def _kron_symbolic(s: Any, a: Any, b: Any) -> Any:
    rank = max(a.rank, b.rank)
    pa = (*(1,) * (rank - a.rank), *a.dims)
    pb = (*(1,) * (rank - b.rank), *b.dims)

    def entry(*o: Any) -> Any:
        left = [0 if m == 1 else s.quotient(p, n) for p, m, n in zip(o, pa, pb, strict=True)]
        right = [0 if n == 1 else s.remainder(p, n) for p, n in zip(o, pb, strict=True)]
        return a.at(*left[rank - a.rank :]) * b.at(*right[rank - b.rank :])

    return s.tensor([m * n for m, n in zip(pa, pb, strict=True)], entry)


def _cross_symbolic(s: Any, a: Any, b: Any, dim: int | None) -> Any:
    """The sum over j, k of ε[i,j,k] a[j] b[k]."""
    dims = s.broadcast(a.dims, b.dims)
    place = axis(_cross_axis([s.value(d) for d in a.dims], dim), len(dims))
    epsilon = s.constant(
        "epsilon", [[[(j - i) * (k - i) * (k - j) / 2 for k in range(3)] for j in range(3)] for i in range(3)]
    )

    def entry(*o: Any) -> Any:
        j, k = s.index(dims[place]), s.index(dims[place])
        left, right = ([q if p == place else v for p, v in enumerate(o)] for q in (j, k))
        return [j, k], epsilon(o[place], j, k) * s.spread(a, left) * s.spread(b, right)

    return s.define("z", dims, entry)


def _singular(compute: Any, *matrices: Any) -> Any:
    from numpy.linalg import LinAlgError  # the library that is given may only write down how it is called

    try:
        return compute(*matrices)
    except LinAlgError as error:
        raise fault(
            "domain", N_("the matrix is singular: it has no inverse"), hint=N_("check its rank; det is 0")
        ) from error


def _numpy_logdet(n: Any, x: Any) -> Any:
    sign, logabsdet = n.linalg.slogdet(x)
    return n.where(sign > 0, logabsdet, n.where(sign == 0, -n.inf, n.nan))


def _not_definite(n: Any, x: Any) -> Any:
    try:
        return n.linalg.cholesky(x)
    except n.linalg.LinAlgError as error:
        raise fault("domain", N_("the matrix is not positive definite, so it has no Cholesky factor")) from error


# fmt: off
LINEAR: tuple[Row, ...] = (
    # Products
    Row("matmul", "linear", N_("the product of matrices, vectors or batches of matrices: a @ b"), "x @ y",
        takes=(A, B), shape=_matmul, work=_products,
        torch=lambda t, a, b: a @ b, numpy=lambda n, a, b: a @ b, symbolic=_matmul_symbolic),
    Row("mm", "linear", N_("the product of two matrices"), "mm(x, y)", takes=(A, B), aliases=("chain_matmul",),
        work=_products,
        shape=_exactly("mm", (2, 2), N_("mv(A, x) for a matrix and a vector;  A @ x  for any of them")),
        torch=lambda t, a, b: t.mm(a, b), numpy=lambda n, a, b: a @ b, symbolic=_matmul_symbolic),
    Row("mv", "linear", N_("a matrix times a vector"), "mv(x, y)", takes=(A, Param("vec")),
        shape=_exactly("mv", (2, 1), N_("mm(A, B) for two matrices;  A @ B  for any of them")),
        torch=lambda t, a, b: t.mv(a, b), numpy=lambda n, a, b: a @ b, symbolic=_matmul_symbolic),
    Row("bmm", "linear", N_("the product of two batches of matrices"), "bmm(x, y)", takes=(A, Param("mat2")),
        work=_products,
        shape=_exactly("bmm", (3, 3), N_("A @ B  for matrices without a batch")),
        torch=lambda t, a, b: t.bmm(a, b), numpy=lambda n, a, b: a @ b, symbolic=_matmul_symbolic),
    Row("dot", "linear", N_("the inner product of two vectors"), "dot(x, y)",
        takes=(A, Param("tensor")), shape=_dot, aliases=("vdot",),
        torch=lambda t, a, b: t.dot(a, b), numpy=lambda n, a, b: n.dot(a, b), symbolic=_matmul_symbolic),
    Row("inner", "linear", N_("products summed over the last axis of both"), "inner(x, y)", takes=(A, B), shape=_inner,
        work=lambda a, b: size(_inner(a, b)) * (a[-1] if a and b else 1) // A_MOMENT,
        torch=lambda t, a, b: t.inner(a, b), numpy=lambda n, a, b: n.inner(a, b), symbolic=_inner_symbolic),
    Row("outer", "linear", N_("all products of two vectors' entries"), "outer(x, y)",
        takes=(A, Param("vec2")), shape=_outer, aliases=("ger",),
        torch=lambda t, a, b: t.outer(a, b), numpy=lambda n, a, b: n.outer(a, b),
        symbolic=lambda s, a, b: s.tensor((*a.dims, *b.dims), lambda i, j: a.at(i) * b.at(j))),
    Row("einsum", "linear", N_("a sum of products, written with one letter an axis"), 'einsum("ij,j->i", x, y)',
        method=False, takes=(Param("equation", "text"), Param("operands", "tensors")), shape=einsum_shape,
        work=_einsum_work,
        torch=lambda t, text, operands: t.einsum(einsum_text(text, [o.dim() for o in operands]), *operands),
        numpy=lambda n, text, operands: n.einsum(
            einsum_text(text, [o.ndim for o in operands]), *operands, optimize=True),
        symbolic=einsum_symbolic),
    Row("kron", "linear", N_("the Kronecker product"), "kron(x, y)", takes=(A, B), shape=_kron,
        torch=lambda t, a, b: t.kron(a.contiguous(), b.contiguous()), numpy=lambda n, a, b: n.kron(a, b),
        symbolic=_kron_symbolic),
    Row("cross", "linear", N_("the cross product of vectors of size 3, along dim or the first axis of that size"),
        "cross(x, y)", takes=(A, B, Param("dim", "dim", None)), shape=_cross,
        torch=lambda t, a, b, dim: t.linalg.cross(a, b, dim=_cross_axis(a.shape, dim)),
        numpy=lambda n, a, b, dim: n.cross(a, b, axis=_cross_axis(a.shape, dim)),
        symbolic=_cross_symbolic),
    # Square matrices
    Row("trace", "linear", N_("the sum of a matrix's diagonal"), "trace(x)", takes=(A,), shape=_trace,
        torch=lambda t, x: t.trace(x), numpy=lambda n, x: n.trace(x), symbolic=_trace_symbolic),
    Row("det", "linear", N_("the determinant"), "det(x)", takes=(A,), shape=lambda x: _square(x)[:-2], work=_factored,
        torch=lambda t, x: t.linalg.det(x), numpy=lambda n, x: n.linalg.det(x),
        symbolic=lambda s, x: _determinant(s, x, lambda y: y, "d", "det")),
    Row("logdet", "linear", N_("the logarithm of the determinant (nan where it is negative)"),
        "logdet(x @ x.T + eye(3))", takes=(A,), shape=lambda x: _square(x)[:-2], work=_factored,
        torch=lambda t, x: t.logdet(x), numpy=_numpy_logdet,
        symbolic=lambda s, x: _determinant(s, x, lambda y: 1, "l", "logdet")),
    Row("slogdet", "linear", N_("the pair [sign, log|det|]; slogdet(A)[1] is the logarithm"), "slogdet(x)[1]",
        takes=(A,), shape=lambda x: (2, *_square(x)[:-2]), work=_factored,
        torch=lambda t, x: t.stack(tuple(t.linalg.slogdet(x))), numpy=lambda n, x: n.stack(n.linalg.slogdet(x)),
        symbolic=lambda s, x: s.call("stack", (
            _determinant(s.unnamed(), x, lambda y: 0, "g", "sign_det"),
            _determinant(s.unnamed(), x, lambda y: 1, "l", "logabsdet")), 0)),
    Row("logabsdet", "linear", N_("the logarithm of the determinant's magnitude"), "logabsdet(x)", takes=(A,),
        shape=lambda x: _square(x)[:-2], work=_factored,
        torch=lambda t, x: t.linalg.slogdet(x)[1], numpy=lambda n, x: n.linalg.slogdet(x)[1],
        symbolic=lambda s, x: _determinant(s, x, lambda y: 1, "l", "logabsdet")),
    Row("sign_det", "linear", N_("the sign of the determinant"), "sign_det(x)", takes=(A,), differentiable=False,
        shape=lambda x: _square(x)[:-2], work=_factored,
        torch=lambda t, x: t.linalg.slogdet(x)[0].detach(), numpy=lambda n, x: n.linalg.slogdet(x)[0],
        symbolic=lambda s, x: _determinant(s, x, lambda y: 0, "g", "sign_det")),
    Row("inv", "linear", N_("the inverse matrix"), "inv(x)", takes=(A,), shape=_square, aliases=("inverse",),
        work=_factored,
        torch=lambda t, x: t.linalg.inv(x), numpy=lambda n, x: _singular(n.linalg.inv, x), symbolic=_inverse),
    Row("solve", "linear", N_("the x with A @ x = b"), "solve(x, y)", takes=(Param("A"), Param("b")), shape=_solve,
        work=lambda a, b: _factored(a) + size(_solve(a, b)) * a[-1] // A_MOMENT,
        torch=lambda t, a, b: t.linalg.solve(a, b),
        numpy=lambda n, a, b: _singular(n.linalg.solve, a, b[..., None])[..., 0] if _vector_side(a.shape, b.shape)
        else _singular(n.linalg.solve, a, b), symbolic=_solve_symbolic),
    Row("cholesky", "linear", N_("the lower triangular L with L @ L.T = A"), "cholesky(x @ x.T + eye(3))",
        takes=(A,), shape=_square, work=_factored,
        torch=lambda t, x: t.linalg.cholesky(x), numpy=_not_definite, symbolic=_cholesky),
    Row("matrix_power", "linear", N_("a square matrix times itself, n times"), "matrix_power(x, 3)",
        takes=(A, Param("n", "integer")), shape=lambda x, n: _square(x),
        work=lambda x, n: _factored(x) * abs(n).bit_length(),
        torch=lambda t, x, k: t.linalg.matrix_power(x, k),
        numpy=lambda n, x, k: _singular(n.linalg.matrix_power, x, k), symbolic=lambda s, x, k: _power(s, x, k)),
)
# fmt: on


def _power(s: Any, x: Any, k: int) -> Any:
    _squared(s, x)
    if k == 0:
        return s.tensor(x.dims, lambda *o: s.delta(o[-2], o[-1]))
    base = _inverse(s.unnamed(), x) if k < 0 else x
    result = base
    for _ in range(abs(k) - 1):
        result = _matmul_symbolic(s.unnamed(), result, base)
    return result
