"""Products of many matrices whose singular values span more decades than a number can: kept as Q exp(L) M.

Q is orthogonal, L are logarithms, the rows of M have length 1. A factor from the left is taken in by a QR decomposition
whose columns are sorted by their size first (the "UDT" form of Loh & Gubernatis 1992, pre-pivoted as in Tomas, Chang,
Scalettar & Bai 2012), so that small singular values are never formed as differences of large numbers. Singular values
come from one-sided Jacobi rotations of the rows of exp(L) M (Demmel & Veselic 1992), which need only ratios of row
lengths and find small values as exactly as large ones. Shape letter: ``N`` size of the matrices.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SWEEPS = 40  # of Jacobi rotations; convergence is quadratic, so a handful is enough
PREPARATIONS = 8
_EPSILON = float(np.finfo(float).eps)
_STRAIGHT = 1e-9  # cosine between rows whose square no length feels
_NARROW = 7.0  # range of logarithms within which a plain decomposition is as exact


class Graded(msgspec.Struct, frozen=True, eq=False):
    """A product of matrices: ``left`` (N, N) orthogonal, ``logs`` (N,), ``right`` (N, N) with rows of length 1 or 0."""

    left: Array
    logs: Array
    right: Array

    def times(self, factor: Array) -> Graded:
        """``factor`` @ this product. A factor that is not finite makes all of it NaN."""
        if not np.isfinite(factor).all():
            size = len(self.logs)
            return Graded(np.full((size, size), np.nan), np.full(size, np.nan), np.full((size, size), np.nan))
        return self if np.isnan(self.logs).any() else self._taken(factor @ self.left)

    def _taken(self, columns: Array) -> Graded:
        with np.errstate(all="ignore"):
            lengths = self.logs + np.log(np.linalg.norm(columns, axis=0))
            order = np.argsort(-lengths, kind="stable")
            own, left, upper = ranked_qr(columns[:, order])
            order = order[own]
            logs, rows = _unit_rows(np.log(np.abs(upper)) + self.logs[order], np.sign(upper))
            right = rows @ self.right[order]
            sizes = np.linalg.norm(right, axis=1)
            right = np.where(sizes[:, None] > 0, right / sizes[:, None], 0.0)
            return Graded(left, np.where(sizes > 0, logs + np.log(sizes), -np.inf), right)

    def scaled(self) -> tuple[Array, float]:
        """The product as a matrix with entries near 1, and the natural logarithm of what it must be multiplied by."""
        peak = float(self.logs.max())
        if not np.isfinite(peak):
            return (self.left * self.logs[0] * 0.0 if np.isnan(peak) else np.zeros_like(self.left)), peak
        return (self.left * np.exp(self.logs - peak)) @ self.right, peak

    def log_singular_values(self) -> Array:
        """Natural logarithms of the singular values, (N,), descending; -inf for zero, NaN where it is not finite."""
        return log_singular_values(self.logs[None], self.right[None])[0]


def identity(size: int) -> Graded:
    """The product of no matrices."""
    return Graded(np.eye(size), np.zeros(size), np.eye(size))


def ranked_qr(matrix: Array) -> tuple[NDArray[np.intp], Array, Array]:
    """An order of the columns, and Q, R of the matrix with its columns in it: those that others make up come last.

    Their rows of R are zero. Whether a column is one of these is told to rounding, against the size of its own row and
    column: a unit whose derivative is 1e-20 is not taken for one whose derivative is 0.
    """
    order = np.arange(matrix.shape[1])
    left, upper, doubtful = _sorted_qr(matrix)
    if doubtful:
        made_up = _made_up(matrix)
        order = np.concatenate([order[~made_up], order[made_up]])
        left, upper, _ = _sorted_qr(matrix[:, order])
        upper[len(order) - int(made_up.sum()) :] = 0.0
    return order, left, upper


def _sorted_qr(matrix: Array) -> tuple[Array, Array, bool]:
    """Q, R, and whether some column may be made up of those before it.

    Rows are sorted by size on the way, so that small rows keep their relative accuracy (Cox & Higham 1998).
    """
    sizes = np.abs(matrix).max(axis=1)
    order = np.argsort(-sizes, kind="stable")
    q, r = np.linalg.qr(matrix[order])
    left = np.empty_like(q)
    left[order] = q
    columns = np.linalg.norm(matrix, axis=0)
    limits = len(r) * _EPSILON * sizes[order] * (columns / (columns.max(initial=0.0) or 1.0))
    return left, r, bool((np.abs(np.diagonal(r)) <= limits).any())


def _made_up(matrix: Array) -> NDArray[np.bool_]:
    """Which columns are combinations of those before them; scaling rows and columns does not change that."""
    rows = np.abs(matrix).max(axis=1, keepdims=True)
    scaled = matrix / np.where(rows > 0, rows, 1.0)
    columns = np.linalg.norm(scaled, axis=0)
    scaled = scaled / np.where(columns > 0, columns, 1.0)
    basis, count = np.zeros_like(scaled), 0
    found = np.zeros(len(columns), bool)
    for number, rest in enumerate(scaled.T):
        for _ in range(2):  # once more, for what rounding has left
            rest = rest - basis[:, :count] @ (rest @ basis[:, :count])
        size = np.linalg.norm(rest)
        found[number] = size <= 8 * len(columns) * _EPSILON
        if not found[number]:
            basis[:, count], count = rest / size, count + 1
    return found


def _unit_rows(logs: Array, signs: Array) -> tuple[Array, Array]:
    """Rows given by logarithms and signs as the logarithm of the largest entry, and the rows divided by it."""
    peaks = logs.max(axis=1)
    finite = np.isfinite(peaks)
    shifted = logs - np.where(finite, peaks, 0.0)[:, None]
    return np.where(finite, peaks, -np.inf), np.where(finite[:, None], signs * np.exp(shifted), 0.0)


def log_singular_values(logs: Array, rows: Array) -> Array:
    """Logarithms of the singular values of exp(logs) * rows for a stack of such: (L, N) and (L, N, N) -> (L, N).

    One-sided Jacobi: pairs of rows are turned until all stand at right angles; then their lengths are the values.
    """
    found = np.full(np.shape(logs), np.nan)
    for number, (own, matrix) in enumerate(zip(logs, rows, strict=True)):
        if np.isfinite(matrix).all() and not np.isnan(own).any():
            kept = own > -np.inf
            found[number, : kept.sum()] = _of_kept(own[kept], matrix[kept])
            found[number, kept.sum() :] = -np.inf
    return -np.sort(-found, axis=1)


def _of_kept(logs: Array, rows: Array) -> Array:
    """The same for one matrix without rows of zeros."""
    if not len(logs):
        return logs
    if np.ptp(logs) < _NARROW:
        peak = logs.max()
        with np.errstate(all="ignore"):
            return np.log(np.linalg.svd(np.exp(logs - peak)[:, None] * rows, compute_uv=False)) + peak
    logs, rows = _prepared(logs, rows)
    for _ in range(SWEEPS):
        if _orthogonal(rows):
            break
        for first, second in _rounds(len(rows)):
            _turn(logs, rows, first, second)
    return logs


def _prepared(logs: Array, rows: Array) -> tuple[Array, Array]:
    """A matrix with the same singular values and rows of length 1 that are nearer to right angles.

    QR of the transpose and of the result in turn, as the QR algorithm for eigenvalues; only ratios of rows are formed.
    """
    for _ in range(PREPARATIONS):
        order = np.argsort(-logs, kind="stable")
        logs = logs[order]
        lower = np.asarray(np.linalg.qr(rows[order].T, mode="r")).T
        with np.errstate(all="ignore"):
            inner = np.tril(lower * np.exp(np.minimum(logs[:, None] - logs[None, :], 0.0)))
        upper = np.asarray(np.linalg.qr(inner, mode="r"))
        with np.errstate(all="ignore"):
            peaks, scaled = _unit_rows(np.log(np.abs(upper)) + logs, np.sign(upper))
        sizes = np.linalg.norm(scaled, axis=1)
        if not sizes.all():
            break
        logs, rows = peaks + np.log(sizes), scaled / sizes[:, None]
    return logs, rows


def _orthogonal(rows: Array) -> bool:
    """Whether all rows stand at right angles, as far as it matters to their lengths."""
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, 0.0)
    return bool(np.abs(cosines).max(initial=0.0) <= _STRAIGHT)


def _turn(logs: Array, rows: Array, first: Array, second: Array) -> None:
    """Turn disjoint pairs of rows to right angles; of each pair the longer one is the first."""
    swap = logs[first] < logs[second]
    longer, shorter = np.where(swap, second, first), np.where(swap, first, second)
    a, b = rows[longer], rows[shorter]
    cosine = np.einsum("pn,pn->p", a, b)
    with np.errstate(all="ignore"):
        ratio = np.exp(logs[shorter] - logs[longer])
        slope = (ratio**2 - 1.0) / (2.0 * cosine)  # (b² - a²) / (2ab cos) times the ratio b/a
        turn = np.where(slope < 0, -1.0, 1.0) / (np.abs(slope) + np.sqrt(ratio**2 + slope**2))
        turn = np.where(np.abs(cosine) > _EPSILON, turn, 0.0)
    shrink = -0.5 * np.log1p((turn * ratio) ** 2)
    _store(logs, rows, longer, a - (turn * ratio**2)[:, None] * b, shrink)
    _store(logs, rows, shorter, b + turn[:, None] * a, shrink)


def _store(logs: Array, rows: Array, where: Array, turned: Array, shrink: Array) -> None:
    sizes = np.sqrt(np.einsum("pn,pn->p", turned, turned))
    with np.errstate(all="ignore"):
        logs[where] += np.log(sizes) + shrink
        rows[where] = np.where(sizes[:, None] > 0, turned / sizes[:, None], 0.0)


@cache
def _rounds(size: int) -> tuple[tuple[Array, Array], ...]:
    """All pairs of rows in rounds of disjoint pairs, as in a tournament."""
    players = list(range(size + size % 2))
    found = []
    for _ in range(len(players) - 1):
        half = len(players) // 2
        pairs = [(p, q) for p, q in zip(players[:half], players[half:][::-1], strict=True) if max(p, q) < size]
        if pairs:
            found.append((np.array([p for p, _ in pairs]), np.array([q for _, q in pairs])))
        players = [players[0], players[-1], *players[1:-1]]
    return tuple(found)
