"""Numerically careful functions on NumPy arrays.

All accept complex input and branch on the real part, so that a complex step through them is exact: the imaginary part
carries the derivative. Shapes follow NumPy's broadcasting.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.inexact]


def sigmoid(x: Array) -> Array:
    """The logistic function 1 / (1 + exp(-x)); exp may overflow to infinity, which rightly gives 0."""
    if not np.iscomplexobj(x):
        with np.errstate(over="ignore"):
            return 1.0 / (1.0 + np.exp(-x))
    small = np.exp(np.where(x.real < 0, x, -x))
    return np.where(x.real < 0, small, 1.0) / (1.0 + small)


def softplus(x: Array) -> Array:
    """log(1 + exp(x)) without overflow."""
    return np.where(x.real > 0, x, 0.0) + _log1p(np.exp(np.where(x.real > 0, -x, x)))


def _log1p(x: Array) -> Array:
    """log(1 + x); NumPy's complex log1p loses tiny imaginary parts, so they are carried by the derivative."""
    if not np.iscomplexobj(x):
        return np.log1p(x)
    return np.log1p(x.real) + 1j * np.arctan2(x.imag, 1.0 + x.real)


def relu(x: Array) -> Array:
    """x where x > 0, else 0."""
    return np.where(x.real > 0, x, 0.0)


def elu(x: Array, alpha: float) -> Array:
    """x where x > 0, else alpha (exp(x) - 1)."""
    return np.where(x.real > 0, x, alpha * np.expm1(np.where(x.real > 0, 0.0, x)))


def clip(x: Array, low: float, high: float) -> Array:
    """x, but not below ``low`` and not above ``high``."""
    return np.where(x.real < low, low, np.where(x.real > high, high, x))


def side(x: Array, low: float, high: float) -> NDArray[np.int8]:
    """-1 where ``clip`` stands at ``low``, 1 where it stands at ``high``, else 0."""
    return (x.real > high).astype(np.int8) - (x.real < low).astype(np.int8)


def step(x: Array) -> Array:
    """1 where x > 0, else 0."""
    return (x.real > 0).astype(x.real.dtype)


def sign(x: Array) -> Array:
    """-1, 0 or 1."""
    return np.sign(x.real)


def absolute(x: Array) -> Array:
    """The absolute value, by the sign of the real part."""
    return np.where(x.real < 0, -x, x)


def where(condition: Array, yes: Array, no: Array) -> Array:
    """``yes`` where the condition is not zero, else ``no``."""
    return np.where(condition.real != 0, yes, no)


def maximum(a: Array, b: Array) -> Array:
    """The larger one by real part; ``a`` where they are equal."""
    return np.where(a.real >= b.real, a, b)


def minimum(a: Array, b: Array) -> Array:
    """The smaller one by real part; ``a`` where they are equal."""
    return np.where(a.real <= b.real, a, b)


def modulo(a: Array, b: Array) -> Array:
    """The remainder of a / b with the sign of b."""
    return a - np.floor(a.real / b.real) * b


def compare(function: np.ufunc, a: Array, b: Array) -> Array:
    """1 where the comparison of the real parts holds, else 0."""
    return function(a.real, b.real).astype(np.result_type(a.real, b.real))


def softmax(x: Array) -> Array:
    """exp(x) / sum(exp(x)) over the last axis."""
    exponentials = np.exp(x - x.real.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def softmax_cross_entropy(z: Array, target: Array) -> Array:
    """-sum(target * log(softmax(z))) over the last axis, (..., 1); ``target`` rows of zeros give 0."""
    shifted = z - z.real.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return (target * (log_sum - shifted)).sum(axis=-1, keepdims=True)


def logistic_cross_entropy(z: Array, target: Array) -> Array:
    """-sum(target * log(sigmoid(z)) + (1 - target) * log(1 - sigmoid(z))) over the last axis, (..., 1)."""
    return (softplus(z) - target * z).sum(axis=-1, keepdims=True)


def normalise(x: Array, epsilon: float) -> Array:
    """(x - mean) / sqrt(variance + epsilon) over the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + epsilon)


def matmul(matrix: Array, vector: Array) -> Array:
    """matrix (..., m, n) times vector (..., n): (..., m)."""
    if matrix.ndim == 2:
        return vector @ matrix.T
    return np.matmul(matrix, vector[..., None])[..., 0]


def outer(a: Array, b: Array) -> Array:
    """a (..., m) times b (..., n): (..., m, n)."""
    return a[..., :, None] * b[..., None, :]


def transpose(matrix: Array) -> Array:
    """The last two axes exchanged."""
    return np.swapaxes(matrix, -1, -2)


def concat(*vectors: Array) -> Array:
    """The vectors behind each other on the last axis; batch axes broadcast."""
    batch = np.broadcast_shapes(*(vector.shape[:-1] for vector in vectors))
    return np.concatenate([np.broadcast_to(v, (*batch, v.shape[-1])) for v in vectors], axis=-1)


def part(*args: Any) -> Array:
    """Piece number ``args[-1]`` of the concatenation ``args[0]``; the pieces stand behind it."""
    whole, *pieces, index = args
    first = sum(piece.shape[-1] for piece in pieces[: int(index)])
    return whole[..., first : first + pieces[int(index)].shape[-1]]


def pad(vector: Array, like: Array, first: int, last: int) -> Array:
    """Zeros of the size of ``like`` with ``vector`` at first:last."""
    result = np.zeros((*vector.shape[:-1], like.shape[-1]), dtype=vector.dtype)
    result[..., first:last] = vector
    return result
