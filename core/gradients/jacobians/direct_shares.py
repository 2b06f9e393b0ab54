"""How much of the truth a direct path tells: the product of its factors beside the full product of Jacobians.

The full product is d(state_t)/d(state_k) with the rest of the state at k held, all ways counted: also those through
gates and through other parts of the state. Both are matrices; the direct one is diagonal. The share is
<direct, full> / ||full||^2, as for all parts of a whole here: 1 where the direct path is everything, 0 where it says
nothing, and it may lie outside.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import SessionError
from core.frame import Sentence
from core.gradients.jacobians.direct_paths import DirectPath, paths_of
from core.gradients.jacobians.jacobian import Cancel, Jacobians, Progress
from core.gradients.jacobians.products import block_of, graded_products
from core.gradients.numbers import LN10, power_text, ratio_text
from core.run import Run

Array = NDArray[Any]


class DirectShare(msgspec.Struct, frozen=True, eq=False):
    """A direct path against the full product, both ending at time step ``t``, over lags (L,) of the walk.

    ``direct`` (L, H): logarithms to base 10 of the direct path's absolute product, unit by unit; ``diagonal`` (L, H):
    of the full product's diagonal, the same units with all ways counted. ``direct_norms``, ``full_norms`` (L,): of
    their Frobenius norms. ``shares`` (L,): how much of the truth the direct path tells, NaN where the truth is zero.
    """

    path: DirectPath
    t: int
    lags: Array
    direct: Array
    diagonal: Array
    direct_norms: Array
    full_norms: Array
    shares: Array
    sentence: Sentence


def direct_share(
    run: Run,
    block: str,
    state: str,
    t: int,
    back_to: int | None = None,
    sample: int = 0,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> DirectShare:
    """The direct path of a state over one step at a time, against the full product from ``t`` back to ``back_to``.

    Raises SessionError for a state without a direct path of delay 1, and as ``span_product`` does; Cancelled.
    """
    jacobians = Jacobians(run, block, sample)
    found = [path for path in paths_of(jacobians) if (path.state, path.delay) == (state, 1)]
    if not found:
        raise SessionError(
            f"{state} of {jacobians.block.title} has no direct path: its equation does not read {state}[-1] element by "
            "element. Choose another variable, or look at the full product."
        )
    last, first = jacobians.span(t, back_to)
    part = (jacobians.space.part(state),)
    fulls = []
    for lag, product in graded_products(jacobians, last, first, cancelled):
        fulls.append(block_of(product, part, part))
        if progress is not None:
            progress(lag, last - first)
    return _compared(jacobians, found[0], t, last, fulls)


def _compared(
    jacobians: Jacobians, path: DirectPath, t: int, last: int, fulls: list[tuple[Array, float]]
) -> DirectShare:
    logs, signs = path.log_products(last)[: len(fulls)], path.signs(last)[: len(fulls)]
    rows = [_one(log * LN10, sign, *full) for log, sign, full in zip(logs, signs, fulls, strict=True)]
    diagonal, direct_norms, full_norms, shares = (np.array(column) for column in zip(*rows, strict=True))
    lags = np.arange(1, len(fulls) + 1)
    numbers = (float(direct_norms[-1]), float(full_norms[-1]), float(shares[-1]))
    sentence = _sentence(jacobians.block.title, path, t, len(fulls), *numbers)
    return DirectShare(path, t, lags, logs, diagonal, direct_norms, full_norms, shares, sentence)


def _one(logs: Array, signs: Array, full: Array, scale: float) -> tuple[Array, float, float, float]:
    """At one lag: log10 of the full diagonal and of both norms, and the share."""
    peak = float(logs.max())
    with np.errstate(all="ignore"):
        direct = signs * np.exp(logs - peak) if np.isfinite(peak) else np.zeros_like(signs)
        size, whole = np.linalg.norm(direct), np.linalg.norm(full)
        diagonal = (np.log(np.abs(np.diagonal(full))) + scale) / LN10
        direct_norm, full_norm = (np.log(size) + peak) / LN10, (np.log(whole) + scale) / LN10
        share = np.exp(peak - scale) * (direct @ np.diagonal(full)) / whole**2 if np.isfinite(peak) else 0.0 / whole
    return diagonal, float(direct_norm), float(full_norm), float(share)


def _sentence(title: str, path: DirectPath, t: int, lag: int, direct: float, full: float, share: float) -> Sentence:
    values = {
        "layer": title,
        "state": path.state,
        "t": str(t + 1),
        "lag": str(lag),
        "direct": power_text(direct),
        "full": power_text(full),
        "share": ratio_text(100 * share),
    }
    if np.isnan(share):
        return Sentence("{layer}: over {lag} steps back from t = {t} nothing of {state} comes through at all.", values)
    return Sentence(
        "{layer}: over {lag} steps back from t = {t} the direct path of {state} has norm {direct}, all ways together "
        "{full}; the direct path tells {share} % of it.",
        values,
    )
