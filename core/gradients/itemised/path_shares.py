"""Where the gradient at one node comes from: this step's loss or other steps, and over which paths.

An adjoint is a sum over the edges to what reads the variable; each of these terms is a linear function of the reader's
own adjoint, which is again such a sum. Followed so, every path has its part of the gradient. Its share is
<part, total> / |total|^2: shares of one level add up to 1, and those below an edge to that edge's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.block import HEAD, path_title
from core.errors import Cancelled, SessionError
from core.frame import Sentence
from core.gradients.itemised.edges import Arriving, arriving_terms, edge_label, reader_time, takes_part
from core.gradients.itemised.loss_map import Cancel, sweep_of, total_adjoints
from core.gradients.itemised.reading import evaluator_at, of_sample
from core.gradients.itemised.shares import row_norms, shares_of
from core.gradients.numbers import ratio_text
from core.run import Run
from core.stages import time_read

Array = NDArray[Any]
Pull = Callable[[Array], Array]
MOST = 20_000  # paths in one tree


class PathShare(msgspec.Struct, frozen=True, eq=False):
    """One edge of a path: the equation of ``path`` at step ``t`` reads what stands before it.

    ``share`` of the gradient at the node that was asked for, and ``norm`` of that part; ``label`` in words. ``ways``
    are the edges behind it, the largest share first; empty where the tree ends or the readout is reached.
    """

    label: str
    path: str
    t: int
    share: float
    norm: float
    ways: tuple[PathShare, ...]


class PathShares(msgspec.Struct, frozen=True, eq=False):
    """What dL/d(variable) at one step is made of.

    ``total`` (H,) the adjoint, ``norm`` its length; ``from_this_loss`` and ``from_others`` are the shares of the step's
    own loss and of all others, and add up to 1; ``ways`` the edges that it comes over, the largest share first. Where
    the gradient is zero or not finite there are no shares (NaN) and no ways. ``sentence`` says it in words.
    """

    path: str
    t: int
    total: Array
    norm: float
    from_this_loss: float
    from_others: float
    ways: tuple[PathShare, ...]
    sentence: Sentence


def path_shares(
    run: Run,
    path: str,
    t: int,
    sample: int = 0,
    *,
    depth: int = 2,
    least: float = 0.0,
    cancelled: Cancel | None = None,
) -> PathShares:
    """The shares at one node; ``depth`` edges deep, following only edges whose share is at least ``least`` in size.

    Needs a complete run. Raises SessionError for a node without gradient, or where more than ``MOST`` paths would have
    to be followed; Cancelled.
    """
    if run.backward_done < run.steps:
        raise SessionError("Shares need the whole gradient. Walk the backward pass to its end first.")
    local = _own_loss(run, path, t, sample)
    total = total_adjoints(run, path, sample)[t]
    tree = _Tree(run, sample, total, least, cancelled)
    norm = float(row_norms(total[None])[0])
    found = norm > 0.0 and bool(np.isfinite(total).all())
    own, others = (float(share) for share in shares_of(np.stack([local, total - local]), total))
    ways = tree.ways(path, t, _itself, depth) if found else ()
    return PathShares(path, t, total, norm, own, others, ways, _sentence(path, t, norm, own, others, ways))


class _Tree:
    """Follows paths from one node on."""

    def __init__(self, run: Run, sample: int, total: Array, least: float, cancelled: Cancel | None) -> None:
        self._run, self._sample, self._total, self._least = run, sample, total, least
        self._cancelled = cancelled
        self._terms = arriving_terms(run.network)
        self._count = 0

    def ways(self, path: str, t: int, pull: Pull, depth: int) -> tuple[PathShare, ...]:
        """The edges to what reads a variable; ``pull`` carries a gradient from there to the node asked for."""
        if depth < 1 or path.startswith(f"{HEAD}/"):
            return ()
        terms = [term for term in self._terms.get(path, ()) if takes_part(self._run, term, t, self._sample)]
        found = [self._way(term, path, t, pull, depth) for term in terms]
        return tuple(sorted(found, key=lambda way: -abs(way.share)))

    def _way(self, term: Arriving, path: str, t: int, pull: Pull, depth: int) -> PathShare:
        self._check()
        run, reader_t = self._run, reader_time(self._run, term, t)
        adjoints = run.adjoints(term.reader)
        assert adjoints is not None

        def from_reader(gradient: Array) -> Array:
            return pull(self._sent(term, reader_t, gradient))

        part = from_reader(adjoints[reader_t, self._sample])
        share = float(shares_of(part[None], self._total)[0])
        deeper = self.ways(term.reader, reader_t, from_reader, depth - 1) if abs(share) >= self._least else ()
        norm = float(row_norms(part[None])[0])
        return PathShare(edge_label(run, term, path, t), term.reader, reader_t, share, norm, deeper)

    def _sent(self, term: Arriving, reader_t: int, gradient: Array) -> Array:
        """What an edge makes of a gradient at its reader."""
        adjoints = {term.contribution.reader: gradient}
        evaluator = evaluator_at(self._run, term.block, reader_t, adjoints)
        return of_sample(evaluator, term.contribution.expression, self._sample)

    def _check(self) -> None:
        self._count += 1
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("The paths were not followed to their end.")
        if self._count > MOST:
            raise SessionError(
                f"There are more than {MOST} paths of that length. Ask for shorter ones, or leave out small shares."
            )


def _itself(gradient: Array) -> Array:
    return gradient


def _own_loss(run: Run, path: str, t: int, sample: int) -> Array:
    """What the loss sends that reads the layer's output of this step, (H,)."""
    losses, node = sweep_of(run, path, sample)
    block = run.network.block(path.split("/")[0])
    if not 0 <= t < losses.sweep.count:
        raise SessionError(f"There is no step {t + 1}: the sequence has {losses.sweep.count}. Choose one of these.")
    for visit in losses.of_source(time_read(block, t, run.problem.steps)):
        rows = visit.values.get(node) if (visit.block, visit.t) == (block.name, t) else None
        if rows is not None:
            return rows[0]
    return np.zeros(node.width)


def _sentence(path: str, t: int, norm: float, own: float, others: float, ways: tuple[PathShare, ...]) -> Sentence:
    values = {"path": path_title(path), "t": str(t + 1), "norm": ratio_text(norm)}
    if not ways:
        return Sentence("The gradient of {path} at t = {t} is zero or not finite, so it has no shares.", values)
    values |= {"own": _percent(own), "others": _percent(others), "share": _percent(ways[0].share), "way": ways[0].label}
    return Sentence(
        "The gradient of {path} at t = {t} has norm {norm}: {own} % is this step's own loss, {others} % that of other "
        "steps. The strongest way is {way}, with {share} %.",
        values,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}".replace("-", "−")
