"""The product of Jacobians over a span, J_t J_{t-1} ... J_{k+1}: what it does to a gradient on its way from t to k.

``lag`` is how many steps of the walk it spans; ``of`` and ``by`` choose a block of the product, dc_t/dc_k with the rest
of the state at k held. Everything is kept as logarithms (``graded``), so that 1e-300 and 1e300 stand in one curve.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import Cancelled
from core.frame import Sentence
from core.gradients.jacobians.graded import Graded, identity
from core.gradients.jacobians.jacobian import Cancel, Jacobians, Progress, singular_values
from core.gradients.jacobians.state_space import StatePart
from core.gradients.numbers import LN10, power_text
from core.run import Run

Array = NDArray[Any]
COSTLY = 48  # states wider than this have their singular values at fewer lags
MOST, MOST_COSTLY = 400, 40


class SpanProduct(msgspec.Struct, frozen=True, eq=False):
    """Products that all end at time step ``t`` and begin further and further back.

    ``lags`` (L,) ascend from 1; ``starts`` (L,) are the time steps k behind which they begin: -1 (or T, in a reverse
    walk) means the initial state. ``logs`` (L, n): logarithms to base 10 of the singular values, descending; -inf for
    zero, NaN where a Jacobian was not finite. ``norms`` (L,) and ``conditions`` (L,) are logarithms to base 10 as well;
    a condition is inf for a singular product. ``matrix`` (n, m) times 10 ** ``scale`` is the product over the longest
    lag.
    """

    block: str
    t: int
    rows: tuple[StatePart, ...]
    columns: tuple[StatePart, ...]
    lags: Array
    starts: Array
    logs: Array
    norms: Array
    conditions: Array
    matrix: Array
    scale: float
    sentence: Sentence

    @property
    def rate(self) -> float:
        """The factor a step by which the norm changes, by a line through its logarithm; NaN where there is none."""
        finite = np.isfinite(self.norms)
        if finite.sum() < 2:
            return float("nan")
        slope = np.polyfit(self.lags[finite], self.norms[finite], 1)[0]
        return float(10.0**slope)


def span_product(
    run: Run,
    block: str,
    t: int,
    back_to: int | None = None,
    of: str = "",
    by: str = "",
    sample: int = 0,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> SpanProduct:
    """The products that end at time step ``t`` and reach back to ``back_to`` (None: to the initial state).

    The last product is d(state after t)/d(state after back_to). Raises SessionError as ``Jacobians`` does, and for a
    span that is empty; Cancelled.
    """
    jacobians = Jacobians(run, block, sample)
    space = jacobians.space
    rows = (space.part(of),) if of else space.parts
    columns = (space.part(by or of),) if of else space.parts
    last, first = jacobians.span(t, back_to)
    wanted = chosen_lags(last - first, MOST if space.size <= COSTLY else MOST_COSTLY)
    logs, scaled, scale = [], np.eye(space.size), 0.0
    for lag, product in graded_products(jacobians, last, first, cancelled):
        if lag in wanted:
            scaled, scale = block_of(product, rows, columns)
            logs.append(_of_block(scaled, scale) if of else product.log_singular_values() / LN10)
        if progress is not None:
            progress(lag, last - first)
    values = np.array(logs)
    lags = np.array(sorted(wanted))
    with np.errstate(all="ignore"):
        conditions = np.where(np.isneginf(values[:, -1]), np.inf, values[:, 0] - values[:, -1])
    starts = np.array([t - jacobians.block.direction * lag for lag in lags])
    sentence = _sentence(jacobians.block.title, t, int(lags[-1]), rows, columns, values[-1])
    return SpanProduct(
        block, t, rows, columns, lags, starts, values, values[:, 0], conditions, scaled, scale / LN10, sentence
    )


def graded_products(
    jacobians: Jacobians, last: int, first: int, cancelled: Cancel | None = None
) -> Iterator[tuple[int, Graded]]:
    """Lag and *transposed* product for lags 1 to last - first: rows of the walk last, last - 1, ... first + 1.

    Raises Cancelled, asked at every step.
    """
    product = identity(jacobians.space.size)
    size = 64
    for stop in range(last + 1, first + 1, -size):
        start = max(stop - size, first + 1)
        for number, matrix in reversed(list(enumerate(jacobians.rows(slice(start, stop)), start))):
            if cancelled is not None and cancelled():
                raise Cancelled("The product of Jacobians was not computed to the end.")
            product = product.times(matrix.T)
            yield last - number + 1, product


def chosen_lags(count: int, most: int) -> set[int]:
    """All lags up to ``count``, or about ``most`` of them, closer together where they are short."""
    if count <= most:
        return set(range(1, count + 1))
    return {int(lag) for lag in np.round(np.geomspace(1, count, most))} | {
        int(lag) for lag in np.linspace(1, count, most)
    }


def block_of(product: Graded, rows: tuple[StatePart, ...], columns: tuple[StatePart, ...]) -> tuple[Array, float]:
    """A block of a transposed product the right way round, and the natural logarithm of its scale."""
    scaled, scale = product.scaled()
    return scaled.T[rows[0].first : rows[-1].last, columns[0].first : columns[-1].last], scale


def _of_block(scaled: Array, scale: float) -> Array:
    """Logarithms of the singular values of a block of the product, as far as its largest lets one see the others."""
    if np.isneginf(scale):
        return np.full(min(scaled.shape), -np.inf)
    values = singular_values(scaled)
    lost = values <= len(values) * np.finfo(float).eps * values[0]
    with np.errstate(all="ignore"):
        return np.where(lost, -np.inf, np.log10(values) + scale / LN10)


def _sentence(
    title: str, t: int, lag: int, rows: tuple[StatePart, ...], columns: tuple[StatePart, ...], values: Array
) -> Sentence:
    of, by = (", ".join(part.label for part in parts) for parts in (rows, columns))
    numbers = {
        "layer": title,
        "t": str(t + 1),
        "lag": str(lag),
        "of": of,
        "by": "" if of == by else f" (to {by})",
        "most": power_text(float(values[0])),
        "least": power_text(float(values[-1])),
    }
    if np.isnan(values).any():
        return Sentence("{layer}: within {lag} steps back from t = {t} a Jacobian is not finite.", numbers)
    if values[0] < 0:
        return Sentence(
            "{layer}: over {lag} steps back from t = {t} every gradient of {of} shrinks{by}: at best to {most} of its "
            "length, at worst to {least}.",
            numbers,
        )
    return Sentence(
        "{layer}: over {lag} steps back from t = {t} a gradient of {of} can have {most} times its length{by}; at "
        "worst it keeps {least}.",
        numbers,
    )
