"""Axis limits that hold still while stepping, and the texts at their ticks."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_SIGNS = 6  # a longer text has no room beside the axis
MOST_DECADES = 6  # labelled ticks on a logarithmic axis
ZERO_ROOM = 0.09  # of the axis, under the lowest decade, for zeros and underflow


class SteadyRange:
    """Limits that only grow: kept until the data leaves them, started afresh when ``key`` changes."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._limits: tuple[float, float] | None = None

    def fit(self, limits: tuple[float, float], key: Hashable) -> tuple[float, float]:
        """The limits to draw with, which hold ``limits``."""
        if key != self._key or self._limits is None:
            self._key, self._limits = key, limits
        low, high = self._limits
        self._limits = min(low, limits[0]), max(high, limits[1])
        return self._limits


@dataclass(frozen=True)
class LogAxis:
    """A logarithmic axis from 10^low to 10^high, with a row for zero under it and one for infinity above it."""

    low: int
    high: int

    @property
    def zero(self) -> float:
        """Where zeros and underflow stand."""
        return self.low - ZERO_ROOM * (self.high - self.low)

    @property
    def infinity(self) -> float:
        """Where what has overflowed stands."""
        return self.high + ZERO_ROOM * (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Positions and texts, at most about six."""
        step = max(1, ceil((self.high - self.low) / MOST_DECADES))
        if step > 2:
            step = 5 * ceil(step / 5)
        first = step * ceil(self.low / step)
        return [(n, f"10{str(n).translate(SUPERSCRIPTS)}") for n in range(first, self.high + 1, step)]


def decades(sizes: Sequence[float]) -> tuple[int, int]:
    """Whole decades around the non-zero finite ``sizes``, at least two of them; (-4, 0) when there is none."""
    logs = [log10(size) for size in sizes if isfinite(size) and size > 0]
    if not logs:
        return -4, 0
    low, high = floor(min(logs) + 1e-9), ceil(max(logs) - 1e-9)
    return (low, high) if high - low >= 2 else (high - 2, high)


def log_positions(values: NDArray, axis: LogAxis) -> NDArray:
    """Where ``values`` stand on ``axis``: zeros in the row under it, infinity above it, NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(np.abs(values))
    return np.where(np.isneginf(logs), axis.zero, np.where(np.isposinf(logs), axis.infinity, logs))


def linear_limits(low: float, high: float) -> tuple[float, float]:
    """Limits rounded outwards, symmetric where there are negative values; (0, 1) when there is nothing."""
    size = max(abs(low), abs(high))
    if not isfinite(size) or size == 0:
        return (0.0, 1.0) if low >= 0 else (-1.0, 1.0)
    top = rounded_up(size)
    return (0.0, top) if low >= 0 else (-top, top)


def rounded_up(size: float) -> float:
    """The next round number at or above ``size``; ``size`` itself when that is out of range."""
    power = 10.0 ** floor(log10(size))
    if power == 0 or not isfinite(10 * power):
        return size
    return next((m * power for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if m * power >= size * (1 - 1e-12)), 10 * power)


def linear_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """The two ends and the middle."""
    middle = (low + high) / 2
    ticks = [(value, f"{value:.4g}".replace("-", "−").replace("e−0", "e−")) for value in (low, middle, high)]
    return [(value, text if len(text) <= MOST_SIGNS or value != middle else "") for value, text in ticks]


def time_ticks(first: int, last: int, room: int) -> list[tuple[float, str]]:
    """Ticks at whole time steps counted from 1 among first < t <= last, at most ``room`` of them."""
    least = max(1, -(-(last - first) // max(room, 1)))
    step = next(m * 10**n for n in range(12) for m in (1, 2, 5) if m * 10**n >= least)
    start = first + 1 if step == 1 else step * ceil((first + 1) / step)
    if step == 2:
        start = (first + 1) | 1  # 1, 3, 5: beside 2 a 1 would stand too near
    steps = list(range(start, last + 1, step))
    if step > 2 and first == 0:
        steps.insert(0, 1)
    return [(t, str(t)) for t in steps]
