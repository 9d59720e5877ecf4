"""What linear algebra makes of square matrices. Batched where PyTorch's are; primitives whose Jacobian is written in
terms of the result or of the inverse (Matrix Cookbook, sections 2-4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.message import N_, fault
from gradcli.ops.matrix_products import A_MOMENT, batch_indices, matmul_symbolic
from gradcli.ops.row import Numpy, Param, Row, call, deltas
from gradcli.ops.words import Jacobian, Node, Operand, Place, Scalar, Sum, Tensor, Words
from gradcli.report import Array
from gradcli.shapes import Shape, broadcast, size, written

A = Param("input")


def _square_shape(x: Shape) -> Shape:
    if len(x) < 2 or x[-1] != x[-2]:
        raise fault("shape", N_("a square matrix is needed, and the tensor is {s}"), s=written(x))
    return x


def _batch_shape(x: Shape) -> Shape:
    return _square_shape(x)[:-2]


def _factoring_work(x: Shape, *_: Any) -> int:
    """Of each square matrix: its size cubed."""
    return size(x) * x[-1] // A_MOMENT


def _trace_shape(x: Shape) -> Shape:
    if len(x) != 2:
        raise fault("shape", N_("trace takes a matrix, and the tensor is {s}"), s=written(x))
    return ()


def _trace_symbolic(s: Words, x: Tensor) -> Tensor:
    m, n = (s.value(d) for d in x.dims)
    dim = x.dims[0] if m <= n else x.dims[1]
    if m == n:
        s.equal(x.dims[0], x.dims[1])
    else:
        s.require(dim, "<=", x.dims[1] if m <= n else x.dims[0])

    def entry() -> Sum:
        k = s.index(dim)
        return [k], x.at(k, k)

    return s.summed("z", (), entry)


def _unify_sides(s: Words, x: Tensor) -> None:
    s.unify(x.dims[-1], x.dims[-2])


def _same_batch(s: Words, o: Sequence[Place], i: Sequence[Place]) -> Scalar:
    return deltas(s, zip(o, i, strict=True))


def _determinant_symbolic(s: Words, x: Tensor, local: Callable[[Scalar], Operand], letter: str, row: str) -> Tensor:
    """∂det/∂X = det inv(X)ᵀ, ∂logdet/∂X = inv(X)ᵀ: local(y) times B[j,i]."""
    _unify_sides(s, x)
    source = s.node(x, "A")

    def rule(y: Node) -> Jacobian:
        def entry(o: Sequence[Place], i: Sequence[Place]) -> Operand:
            b = s.node(_inverse_symbolic(s.unnamed(), x))
            return _same_batch(s, o, i[:-2]) * local(y(*o)) * b(*i[:-2], i[-1], i[-2])

        return entry

    return s.primitive(letter, x.dims[:-2], (source,), (source, rule), row=row)


def _numpy_logdet(n: Numpy, x: Array) -> Array:
    sign, logabsdet = n.linalg.slogdet(x)
    return n.where(sign > 0, logabsdet, n.where(sign == 0, -n.inf, n.nan))


def _inverse_symbolic(s: Words, x: Tensor) -> Tensor:
    """∂B[m,n]/∂X[i,j] = -B[m,i] B[j,n]"""
    _unify_sides(s, x)
    source = s.node(x, "A")

    def rule(y: Node) -> Jacobian:
        return lambda o, i: -_same_batch(s, o[:-2], i[:-2]) * y(*i[:-2], o[-2], i[-2]) * y(*i[:-2], i[-1], o[-1])

    return s.primitive("B", x.dims, (source,), (source, rule), row="inv")


def _with_inverse(compute: Callable[..., Array], *arguments: Any) -> Array:
    """What NumPy computes by an inverse. Raises GradcliError (domain) where there is none."""
    from numpy.linalg import LinAlgError  # the library that is given may only write down how it is called

    try:
        return compute(*arguments)
    except LinAlgError as error:
        raise fault(
            "domain", N_("the matrix is singular: it has no inverse"), hint=N_("check its rank; det is 0")
        ) from error


def _solve_shape(a: Shape, b: Shape) -> Shape:
    _square_shape(a)
    vector = _is_vectors(a, b)
    if not b or a[-1] != (b[-1] if vector else b[-2]):
        raise fault(
            "shape", N_("solve(A, b): A is {a} and b is {b}; their first sizes must agree"), a=written(a), b=written(b)
        )
    return (*broadcast(a[:-2], b[:-1]), b[-1]) if vector else (*broadcast(a[:-2], b[:-2]), *b[-2:])


def _is_vectors(a: Sequence[int], b: Sequence[int]) -> bool:
    """Whether b is (a batch of) vectors, by PyTorch's rule."""
    return len(b) == 1 or (len(a) - 1 == len(b) and tuple(a[:-1]) == tuple(b))


def _solve_symbolic(s: Words, a: Tensor, b: Tensor) -> Tensor:
    """Y = inv(A) b: ∂Y[m]/∂b[i] = B[m,i], ∂Y[m]/∂A[i,j] = -B[m,i] Y[j]."""
    _unify_sides(s, a)
    vector = _is_vectors([s.value(d) for d in a.dims], [s.value(d) for d in b.dims])
    s.unify(a.dims[-1], b.dims[-1] if vector else b.dims[-2])
    left, right = s.node(a, "A"), s.node(b, "b")
    batch = s.broadcast(a.dims[:-2], b.dims[:-1] if vector else b.dims[:-2])
    dims = (*batch, b.dims[-1]) if vector else (*batch, *b.dims[-2:])
    count = len(batch)

    def inverse(lead: Sequence[Place], m: Place, i: Place) -> Scalar:
        return s.node(_inverse_symbolic(s.unnamed(), a))(*batch_indices(lead, a, 2), m, i)

    def batches(lead: Sequence[Place], own: Sequence[Place], x: Tensor, inside: int) -> Scalar:
        return _same_batch(s, batch_indices(lead, x, inside), own)

    def by_b(y: Node) -> Jacobian:
        inside = 1 if vector else 2
        return lambda o, i: (
            batches(o[:count], i[: len(i) - inside], b, inside)
            * inverse(o[:count], o[count], i[len(i) - inside])
            * (1 if vector else s.delta(o[-1], i[-1]))
        )

    def by_a(y: Node) -> Jacobian:
        return lambda o, i: (
            -batches(o[:count], i[:-2], a, 2)
            * inverse(o[:count], o[count], i[-2])
            * y(*o[:count], i[-1], *(() if vector else o[-1:]))
        )

    return s.primitive("u", dims, (left, right), (left, by_a), (right, by_b))


def _numpy_cholesky(n: Numpy, x: Array) -> Array:
    try:
        factor: Array = n.linalg.cholesky(x)
    except n.linalg.LinAlgError as error:
        raise fault("domain", N_("the matrix is not positive definite, so it has no Cholesky factor")) from error
    return factor


def _cholesky_symbolic(s: Words, x: Tensor) -> Tensor:
    """dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ the lower triangle with half the diagonal; dA is symmetric, as PyTorch takes it."""
    _unify_sides(s, x)
    source = s.node(x, "A")

    def rule(y: Node) -> Jacobian:
        def entry(o: Sequence[Place], i: Sequence[Place]) -> Operand:
            lead = i[:-2]
            b = s.node(_inverse_symbolic(s.unnamed(), s.tensor(x.dims, y)))
            k = s.index(x.dims[-1])
            half = s.at_least(k, o[-1]) - s.delta(k, o[-1]) / 2
            both = b(*lead, k, i[-2]) * b(*lead, o[-1], i[-1]) + b(*lead, k, i[-1]) * b(*lead, o[-1], i[-2])
            return _same_batch(s, o[:-2], lead) * s.total(y(*lead, o[-2], k) * half * both / 2, [k])

        return entry

    return s.primitive("L", x.dims, (source,), (source, rule))


def _power_symbolic(s: Words, x: Tensor, k: int) -> Tensor:
    _unify_sides(s, x)
    if k == 0:
        return s.tensor(x.dims, lambda *o: s.delta(o[-2], o[-1]))
    base = _inverse_symbolic(s.unnamed(), x) if k < 0 else x
    result = base
    for _ in range(abs(k) - 1):
        result = matmul_symbolic(s.unnamed(), result, base)
    return result


# fmt: off
SQUARE_MATRICES: tuple[Row, ...] = (
    Row("trace", "linear", N_("the sum of a matrix's diagonal"), "trace(x)", takes=(A,), shape=_trace_shape,
        symbolic=_trace_symbolic),
    Row("det", "linear", N_("the determinant"), "det(x)", takes=(A,), shape=_batch_shape, work=_factoring_work,
        torch=call("linalg.det"), numpy=call("linalg.det"),
        symbolic=lambda s, x: _determinant_symbolic(s, x, lambda y: y, "d", "det")),
    Row("logdet", "linear", N_("the logarithm of the determinant (nan where it is negative)"),
        "logdet(x @ x.T + eye(3))", takes=(A,), shape=_batch_shape, work=_factoring_work, numpy=_numpy_logdet,
        symbolic=lambda s, x: _determinant_symbolic(s, x, lambda y: 1, "l", "logdet")),
    Row("slogdet", "linear", N_("the pair [sign, log|det|]; slogdet(A)[1] is the logarithm"), "slogdet(x)[1]",
        takes=(A,), shape=lambda x: (2, *_batch_shape(x)), work=_factoring_work,
        torch=lambda t, x: t.stack(tuple(t.linalg.slogdet(x))), numpy=lambda n, x: n.stack(n.linalg.slogdet(x)),
        symbolic=lambda s, x: s.call("stack", (
            _determinant_symbolic(s.unnamed(), x, lambda y: 0, "g", "sign_det"),
            _determinant_symbolic(s.unnamed(), x, lambda y: 1, "l", "logabsdet")), 0)),
    Row("logabsdet", "linear", N_("the logarithm of the determinant's magnitude"), "logabsdet(x)", takes=(A,),
        shape=_batch_shape, work=_factoring_work,
        torch=lambda t, x: t.linalg.slogdet(x)[1], numpy=lambda n, x: n.linalg.slogdet(x)[1],
        symbolic=lambda s, x: _determinant_symbolic(s, x, lambda y: 1, "l", "logabsdet")),
    Row("sign_det", "linear", N_("the sign of the determinant"), "sign_det(x)", takes=(A,), differentiable=False,
        shape=_batch_shape, work=_factoring_work,
        torch=lambda t, x: t.linalg.slogdet(x)[0].detach(), numpy=lambda n, x: n.linalg.slogdet(x)[0],
        symbolic=lambda s, x: _determinant_symbolic(s, x, lambda y: 0, "g", "sign_det")),
    Row("inv", "linear", N_("the inverse matrix"), "inv(x)", takes=(A,), shape=_square_shape, aliases=("inverse",),
        work=_factoring_work, torch=call("linalg.inv"), numpy=lambda n, x: _with_inverse(n.linalg.inv, x),
        symbolic=_inverse_symbolic),
    Row("solve", "linear", N_("the x with A @ x = b"), "solve(x, y)", takes=(Param("A"), Param("b")),
        shape=_solve_shape, work=lambda a, b: _factoring_work(a) + size(_solve_shape(a, b)) * a[-1] // A_MOMENT,
        torch=call("linalg.solve"),
        numpy=lambda n, a, b: _with_inverse(n.linalg.solve, a, b[..., None])[..., 0] if _is_vectors(a.shape, b.shape)
        else _with_inverse(n.linalg.solve, a, b),
        symbolic=_solve_symbolic),
    Row("cholesky", "linear", N_("the lower triangular L with L @ L.T = A"), "cholesky(x @ x.T + eye(3))", takes=(A,),
        shape=_square_shape, work=_factoring_work, torch=call("linalg.cholesky"), numpy=_numpy_cholesky,
        symbolic=_cholesky_symbolic),
    Row("matrix_power", "linear", N_("a square matrix times itself, n times"), "matrix_power(x, 3)",
        takes=(A, Param("n", "integer")), shape=lambda x, n: _square_shape(x),
        work=lambda x, n: _factoring_work(x) * abs(n).bit_length(), torch=call("linalg.matrix_power"),
        numpy=lambda n, x, k: _with_inverse(n.linalg.matrix_power, x, k), symbolic=_power_symbolic),
)
# fmt: on
