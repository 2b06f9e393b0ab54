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

from core.block import path_title
from core.errors import SessionError
from core.frame import Sentence
from core.gradients.backward.loss_sweep import LossSweep
from core.gradients.backward.sweep import Progress
from core.gradients.itemised.shares import directions, row_norms, shares_of
from core.plan.nodes import Node
from core.run import Run
from core.stages import time_read

Array = NDArray[Any]
Cancel = Callable[[], bool]


class LossMap(msgspec.Struct, frozen=True, eq=False):
    """How much of the loss of each step reaches a variable at each step.

    ``norms`` (T, T): at [t, k] the Euclidean norm of dL_t/d(variable at k). ``reached`` (T, T): whether L_t depends on
    it at all; elsewhere the norm is 0, which within reach means that the gradient has vanished. ``along`` (T, T): the
    component of dL_t/d(variable at k) in the direction of the sum over all t, so that a column adds up to ``totals``
    (T,), the norm of that sum; NaN where the sum is zero or not finite. A row is one loss, a column one step.

    ``entries`` (T,) are the steps at which the losses enter, t itself but for a layer that hands on its steps as it
    walks them; ``direction`` is -1 for a layer that walks from the last step to the first.
    """

    path: str
    norms: Array
    along: Array
    reached: NDArray[np.bool_]
    totals: Array
    entries: NDArray[np.intp]
    direction: int = 1

    def shares(self, k: int) -> Array:
        """By which part each L_t makes up the gradient at step ``k``, (T,): they add up to 1 and may be negative."""
        with np.errstate(all="ignore"):
            return np.asarray(self.along[:, k] / self.totals[k])

    def over_lags(self, t: int) -> Array:
        """The norms of dL_t at lag 0, 1, …, from where the loss enters back to where the layer's walk begins."""
        first = int(self.entries[t])
        return self.norms[t, first::-1] if self.direction > 0 else self.norms[t, first:]


class Contributions(msgspec.Struct, frozen=True, eq=False):
    """What the gradient of a variable at one step is made of.

    ``parts`` (T, H): dL_t/d(variable at ``k``) for each t; ``total`` (H,) their sum; ``norms`` (T,) their lengths;
    ``shares`` (T,): <part, total> / |total|^2, which add up to 1; NaN where the total is zero or not finite.
    ``sentence`` says it in words.
    """

    path: str
    k: int
    parts: Array
    total: Array
    norms: Array
    shares: Array
    sentence: Sentence


def loss_map(
    run: Run, path: str, sample: int = 0, *, progress: Progress | None = None, cancelled: Cancel | None = None
) -> LossMap:
    """The map of one variable, "l0/h", for one sequence of the batch; one backward pass for all losses.

    Needs the forward half of the run. Beside the map itself, 17 T^2 bytes, it takes about ``loss_sweep.MEMORY`` bytes
    whatever T is. Raises SessionError for a variable that no gradient reaches, a run without loss, or one whose forward
    half is not complete; Cancelled, as soon as ``cancelled`` says so at a step.
    """
    losses, node = sweep_of(run, path, sample)
    count, sources = losses.sweep.count, np.array(losses.sources, np.intp)
    totals = total_adjoints(run, path, sample)
    units = directions(totals)
    norms, along, reached = (np.zeros((len(sources), count), kind) for kind in (float, float, bool))
    with np.errstate(all="ignore"):
        for first, last, k, rows in _rows(losses, path, node, progress, cancelled):
            norms[first:last, k], reached[first:last, k] = row_norms(rows), True
            along[first:last, k] = rows @ units[k]
    block = run.network.block(path.split("/")[0])
    entries = np.array([time_read(block, t, run.problem.steps) for t in range(count)], np.intp)
    norms, along, reached = (by_time(rows, sources, count) for rows in (norms, along, reached))
    along[:, np.isnan(units[:, 0])] = np.nan
    return LossMap(path, norms, along, reached, row_norms(totals), entries, block.direction)


def contributions(run: Run, path: str, k: int, sample: int = 0, *, cancelled: Cancel | None = None) -> Contributions:
    """What each loss sends to a variable at step ``k``. Raises as ``loss_map`` does."""
    losses, node = sweep_of(run, path, sample)
    parts = np.zeros((losses.sweep.count, node.width))
    for first, last, at, rows in _rows(losses, path, node, None, cancelled):
        if at == k:
            parts[losses.sources[first:last]] = rows
    with np.errstate(all="ignore"):
        total = parts.sum(axis=0)
    shares = shares_of(parts, total)
    return Contributions(path, k, parts, total, row_norms(parts), shares, _made_of(path, k, parts, shares))


def total_adjoints(run: Run, path: str, sample: int = 0) -> Array:
    """dL/d(variable) of one sequence by time, (T, H): the run's own where it has walked back, else walked here."""
    found = run.adjoints(path)
    if run.backward_done == run.steps and found is not None:
        return np.asarray(found[: run.problem.length(sample), sample])
    losses, node = sweep_of(run, path, sample)
    total = np.zeros((losses.sweep.count, node.width))
    for visit in losses.together():
        rows = visit.values.get(node) if visit.block == path.split("/")[0] else None
        if rows is not None:
            total[visit.t] = rows[0]
    return total


def sweep_of(run: Run, path: str, sample: int) -> tuple[LossSweep, Node]:
    """The walk back of all losses, and the node of a variable's adjoint in it. Raises SessionError."""
    block, _, name = path.partition("/")
    known = run.network.has_variable(path)
    node = run.network.block(block).plan.layout.lowered.adjoints.get(name) if known else None
    if node is None:
        raise SessionError(f"No gradient reaches {path}, so there is nothing to itemise. Choose another variable.")
    return LossSweep(run, sample, {block: [node]}), node


def _rows(
    losses: LossSweep, path: str, node: Node, progress: Progress | None, cancelled: Cancel | None
) -> Iterator[tuple[int, int, int, Array]]:
    """For every step that losses reach: numbers first <= r < last of these, k, and dL_t/d(variable at k), (n, H)."""
    block = path.split("/")[0]
    for visit in losses.visits(progress, cancelled):
        rows = visit.values.get(node) if visit.block == block else None
        if rows is not None:
            yield visit.first, visit.last, visit.t, rows


def by_time(rows: Array, sources: NDArray[np.intp], count: int) -> Array:
    """Rows of sources as rows of time steps, zeros where there is no loss."""
    if len(sources) == count:
        return rows
    found = np.zeros((count, *rows.shape[1:]), rows.dtype)
    found[sources] = rows
    return found


def _made_of(path: str, k: int, parts: Array, shares: Array) -> Sentence:
    values = {"path": path_title(path), "k": str(k + 1), "count": str(int(parts.any(axis=1).sum()))}
    if values["count"] == "0":
        return Sentence("No loss sends a gradient to {path} at step {k}.", values)
    if not np.isfinite(shares).all():
        return Sentence("The gradient of {path} at step {k} adds up to zero or is not finite.", values)
    strongest = int(np.abs(shares).argmax())
    values |= {"t": str(strongest + 1), "share": f"{100 * shares[strongest]:.0f}".replace("-", "−")}
    return Sentence("The gradient of {path} at step {k} comes from {count} losses; that of step {t} makes up {share} % "
                    "of it.", values)  # fmt: skip
