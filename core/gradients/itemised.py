"""The gradient at each step, itemised by the loss it comes from: G[t, k] = dL_t/dh_k (RNNbow, arXiv 1907.12545).

Everything is the total derivative, as ``Run.adjoints`` gives it: what a variable does in its own step is in it. Shape
letters: ``T`` steps of the sequence, ``H`` size of the variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import SessionError
from core.gradients.loss_sweep import LossSweep
from core.gradients.sweep import Progress
from core.norms import norms
from core.plan.nodes import Node
from core.run import Run

Array = NDArray[Any]
Cancel = Callable[[], bool]
_SAFE = 1e-140, 1e140  # norms whose squares neither underflow nor overflow


class LossMap(msgspec.Struct, frozen=True, eq=False):
    """How much of the loss of each step reaches a variable at each step.

    ``norms`` (T, T): at [t, k] the Euclidean norm of dL_t/d(variable at k). ``reached`` (T, T): whether L_t depends on
    it at all; elsewhere the norm is 0, which within reach means that the gradient has vanished. ``along`` (T, T): the
    component of dL_t/d(variable at k) in the direction of the sum over all t, so that a column adds up to ``totals``
    (T,), the norm of that sum; NaN where the sum is zero or not finite. A row is one loss, a column one step.
    """

    path: str
    norms: Array
    along: Array
    reached: NDArray[np.bool_]
    totals: Array

    def shares(self, k: int) -> Array:
        """By which part each L_t makes up the gradient at step ``k``, (T,): they add up to 1 and may be negative."""
        with np.errstate(all="ignore"):
            return np.asarray(self.along[:, k] / self.totals[k])


class Contributions(msgspec.Struct, frozen=True, eq=False):
    """What the gradient of a variable at one step is made of.

    ``parts`` (T, H): dL_t/d(variable at ``k``) for each t; ``total`` (H,) their sum; ``shares`` (T,): <part, total> /
    |total|^2, which add up to 1; NaN where the total is zero or not finite.
    """

    path: str
    k: int
    parts: Array
    total: Array
    shares: Array


def loss_map(
    run: Run, path: str, sample: int = 0, *, progress: Progress | None = None, cancelled: Cancel | None = None
) -> LossMap:
    """The map of one variable, "l0/h", for one sequence of the batch; one backward pass for all losses.

    Raises SessionError for a variable that no gradient reaches, a run without loss, or one whose forward half is not
    complete; Cancelled.
    """
    losses, node = _sweep_of(run, path, sample)
    count = losses.sweep.count
    totals = total_adjoints(run, path, sample)
    units = _directions(totals)
    found, along, reached = np.zeros((count, count)), np.zeros((count, count)), np.zeros((count, count), bool)
    for sources, k, rows in _rows(losses, path, node, progress, cancelled):
        found[sources, k], reached[sources, k] = row_norms(rows), True
        with np.errstate(all="ignore"):
            along[sources, k] = rows @ units[k]
    along[:, np.isnan(units[:, 0])] = np.nan
    return LossMap(path, found, along, reached, row_norms(totals))


def contributions(run: Run, path: str, k: int, sample: int = 0, *, cancelled: Cancel | None = None) -> Contributions:
    """What each loss sends to a variable at step ``k``. Raises as ``loss_map`` does."""
    losses, node = _sweep_of(run, path, sample)
    parts: Array | None = None
    for sources, at, rows in _rows(losses, path, node, None, cancelled):
        if at == k:
            parts = np.zeros((losses.sweep.count, rows.shape[-1])) if parts is None else parts
            parts[sources] = rows
    size = run.network.block(path.split("/")[0]).cell.variable_sizes[path.split("/")[1]]
    parts = np.zeros((losses.sweep.count, size)) if parts is None else parts
    with np.errstate(all="ignore"):
        total = parts.sum(axis=0)
    return Contributions(path, k, parts, total, shares_of(parts, total))


def shares_of(parts: Array, total: Array) -> Array:
    """<part, total> / |total|^2 for parts (N, ·) of a total (·): they add up to 1 where the parts do to the total.

    NaN where the total is zero or not finite. Nothing overflows or underflows on the way.
    """
    unit, size = _directions(total[None])[0], row_norms(total[None])[0]
    with np.errstate(all="ignore"):
        return np.asarray((parts / size) @ unit)


def total_adjoints(run: Run, path: str, sample: int = 0) -> Array:
    """dL/d(variable) of one sequence by time, (T, H): the run's own where it has walked back, else walked here."""
    count = run.problem.length(sample)
    found = run.adjoints(path)
    if run.backward_done == run.steps and found is not None:
        return np.asarray(found[:count, sample])
    losses, node = _sweep_of(run, path, sample)
    total = np.zeros((count, node.width))
    for visit in losses.together():
        rows = visit.values.get(node) if visit.block == path.split("/")[0] else None
        if rows is not None:
            total[visit.t] = rows[0]
    return total


def _sweep_of(run: Run, path: str, sample: int) -> tuple[LossSweep, Node]:
    block, name = path.split("/")
    node = run.network.block(block).plan.layout.lowered.adjoints.get(name)
    if node is None:
        raise SessionError(f"No gradient reaches {path}, so there is nothing to itemise. Choose another variable.")
    return LossSweep(run, sample, {block: [node]}), node


def _rows(
    losses: LossSweep, path: str, node: Node, progress: Progress | None, cancelled: Cancel | None
) -> Iterator[tuple[list[int], int, Array]]:
    """For every step that losses reach: the time steps of these, k, and dL_t/d(variable at k), (n, H)."""
    block = path.split("/")[0]
    for visit in losses.visits(progress, cancelled):
        rows = visit.values.get(node) if visit.block == block else None
        if rows is not None:
            yield losses.sources[visit.first : visit.last], visit.t, rows


def row_norms(rows: Array) -> Array:
    """Euclidean norms over the last axis: the fast way, and with care where squares leave the range of numbers."""
    with np.errstate(all="ignore"):
        found = np.sqrt(np.einsum("...i,...i->...", rows, rows))
    doubtful = ~((found > _SAFE[0]) & (found < _SAFE[1]))
    if doubtful.any():
        found[doubtful] = norms(rows[doubtful])
    return np.asarray(found)


def _directions(rows: Array) -> Array:
    """Vectors of length 1, (N, H); NaN for zero and for what is not finite."""
    with np.errstate(all="ignore"):
        scaled = rows / np.abs(rows).max(axis=-1, keepdims=True)
        return np.asarray(scaled / norms(scaled)[..., None])
