"""How much of a gradient is left after so many steps: |G[t, k]| / |G[t, t]| against the lag t - k (Bengio 1994)."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.block import path_title
from core.frame import Sentence
from core.gradients.itemised.loss_map import LossMap
from core.gradients.numbers import LN10, log10, power_text, ratio_text

Array = NDArray[Any]
FADED = 0.01  # of its start, below which a loss no longer counts as reaching a step


class Retention(msgspec.Struct, frozen=True, eq=False):
    """What is left of each loss's gradient at each lag, and the rate that fits all of it.

    ``decades`` (T, T): at [t, lag] log10 of |G[t, k]| / |G[t, t]|, -inf where it has vanished, NaN where the walk has
    begun later, where step t has no loss, or where its gradient starts with zero. Lags are counted as the layer walks.
    ``median``, ``least``, ``most`` (T,): over the losses, at each lag. ``rate`` is the factor a step of a line through
    the logarithms, 10^``start`` its height at lag 0; both are NaN where there are fewer than two lags to fit.
    ``fitted`` values were finite and not zero, ``left_out`` were not. ``spread`` is the line's root mean square error,
    in decades.
    """

    path: str
    decades: Array
    median: Array
    least: Array
    most: Array
    rate: float
    start: float
    spread: float
    fitted: int
    left_out: int
    sentence: Sentence

    def line(self, lags: Array) -> Array:
        """The fitted line at some lags, as log10."""
        with np.errstate(all="ignore"):
            return np.asarray(self.start + np.asarray(lags) * log10(np.array(self.rate)))


def retention(found: LossMap) -> Retention:
    """The retention of a map."""
    decades, inside = _over_lags(found)
    usable = np.isfinite(decades)
    left_out = int((inside & ~usable).sum())
    rate, start, spread = _fitted(decades, usable)
    least, median, most = _summary(decades)
    sentence = _sentence(found.path, rate, int(usable.sum()), left_out)
    return Retention(
        found.path, decades, median, least, most, rate, start, spread, int(usable.sum()), left_out, sentence
    )


def reach_sentence(found: LossMap, t: int) -> Sentence:
    """How far back the loss of step ``t`` reaches before less than 1 % of its gradient is left."""
    norms = found.over_lags(t)
    values = {
        "t": str(t + 1),
        "path": path_title(found.path),
        "least": f"{100 * FADED:g}",
        "steps": str(len(norms) - 1),
    }
    if not found.reached[t].any():
        return Sentence("No loss at t = {t} reaches {path}.", values)
    if not norms[0] > 0.0 or not np.isfinite(norms).all():
        return Sentence("The gradient of the loss at t = {t} is zero or not finite where it enters {path}.", values)
    left = norms / norms[0]
    lag = int(np.flatnonzero(left >= FADED)[-1])
    values |= {"lag": str(lag), "left": power_text(float(log10(left[-1]))), "most": ratio_text(float(left.max()))}
    if lag < len(norms) - 1:
        return Sentence("The loss at t = {t} reaches back {lag} steps in {path} until less than {least} % of its "
                        "gradient is left.", values)  # fmt: skip
    return Sentence("The loss at t = {t} reaches back all {steps} steps in {path}: {left} of its gradient is left at "
                    "the end.", values)  # fmt: skip


def _over_lags(found: LossMap) -> tuple[Array, NDArray[np.bool_]]:
    """log10 of what is left at [t, lag], and where a value is to be expected."""
    count = len(found.norms)
    decades, inside = np.full((count, count), np.nan), np.zeros((count, count), bool)
    for t in np.flatnonzero(found.reached.any(axis=1)):
        norms = log10(found.over_lags(int(t)))
        inside[t, : len(norms)] = True
        with np.errstate(all="ignore"):
            decades[t, : len(norms)] = norms - norms[0] if np.isfinite(norms[0]) else np.nan
    return decades, inside


def _fitted(decades: Array, usable: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Rate, height at lag 0 and spread of the line through all usable values."""
    lags = np.nonzero(usable)[1]
    if len(np.unique(lags)) < 2:
        return float("nan"), float("nan"), float("nan")
    values = decades[usable]
    slope, start = np.polyfit(lags, values, 1)
    spread = float(np.sqrt(np.mean((values - start - slope * lags) ** 2)))
    return float(np.exp(LN10 * slope)), float(start), spread


def _summary(decades: Array) -> Array:
    """Least, median and most over the losses at each lag, (3, T); NaN where there is none, zeros counted as -inf."""
    found = np.full((3, decades.shape[1]), np.nan)
    for lag, values in enumerate(decades.T):
        values = np.sort(values[~np.isnan(values)])
        if len(values):
            middle = values[[(len(values) - 1) // 2, len(values) // 2]]
            found[:, lag] = values[0], middle[0] if middle[0] == middle[1] else middle.mean(), values[-1]
    return found


def _sentence(path: str, rate: float, fitted: int, left_out: int) -> Sentence:
    values = {"path": path_title(path), "fitted": str(fitted), "out": str(left_out), "rate": ratio_text(rate)}
    if np.isnan(rate):
        return Sentence("There are too few values to fit how fast the gradient of {path} changes with the lag.", values)
    words = "A step back multiplies the gradient in {path} by {rate}, by a line fitted to {fitted} values"
    out = "; {out} that are zero or not finite are left out." if left_out else "."
    return Sentence(words + out, values)
