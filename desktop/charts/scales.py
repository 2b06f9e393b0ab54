"""Axes that suit their data: logarithmic where it spans decades, with rows for zeros and infinities, else linear."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from desktop.views.steady import LogAxis, linear_ticks, log_positions

LOG_FROM = 20.0  # the ratio of the largest to the smallest from which an axis is logarithmic
ROOM = 0.04  # of the axis, over and under the data


class Axis(msgspec.Struct, frozen=True):
    """Limits and ticks of an axis, and where numbers stand on it."""

    bottom: float
    top: float
    ticks: tuple[tuple[float, str], ...]
    log: LogAxis | None = None  # None: linear

    def places(self, numbers: ArrayLike) -> NDArray:
        """Where numbers stand; on a logarithmic axis by their size. NaN stays."""
        array = np.asarray(numbers, float)
        return array if self.log is None else log_positions(array, self.log)

    def log_places(self, logs: ArrayLike) -> NDArray:
        """Where numbers stand on a logarithmic axis that are given by their logarithms to base 10. NaN stays."""
        array = np.asarray(logs, float)
        if self.log is None:
            return array
        return np.where(np.isneginf(array), self.log.zero, np.where(np.isposinf(array), self.log.infinity, array))


def log_axis(numbers: Sequence[float]) -> Axis:
    """Whole decades around the sizes of all of them."""
    with np.errstate(divide="ignore"):
        return decade_axis(np.log10(np.abs(np.asarray(numbers, float))).tolist())


def decade_axis(logs: Sequence[float]) -> Axis:
    """Whole decades around numbers given by their logarithms to base 10, also beyond the range of numbers."""
    finite = [log for log in logs if math.isfinite(log)] or [-4.0, 0.0]
    low, high = math.floor(min(finite) + 1e-9), math.ceil(max(finite) - 1e-9)
    axis = LogAxis(min(low, high - 2), high)
    zeros, over = -math.inf in logs, math.inf in logs
    rules = [(axis.zero, "0")] * zeros + [(axis.infinity, "∞")] * over
    room = ROOM * (axis.high - axis.low)
    bottom = (axis.zero if zeros else float(axis.low)) - room
    top = (axis.infinity if over else float(axis.high)) + room
    return Axis(bottom, top, (*axis.ticks(), *rules), axis)


def linear_axis(numbers: Sequence[float]) -> Axis:
    """Round limits around all finite ones."""
    finite = [number for number in numbers if math.isfinite(number)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    step = _round_step((high - low) / 4 or abs(high) / 4 or 0.25)
    bottom, top = step * math.floor(low / step + 1e-9), step * math.ceil(high / step - 1e-9)
    count = max(1, round((top - bottom) / step))
    ticks = tuple((value, linear_ticks(value, value)[0][1]) for value in (bottom + n * step for n in range(count + 1)))
    room = ROOM * (top - bottom or step)
    return Axis(bottom - room, top + room, tuple((value, text) for value, text in ticks))


def fitting_axis(numbers: Sequence[float]) -> Axis:
    """A logarithmic axis for positive numbers that differ much, else a linear one."""
    sizes = [number for number in numbers if number > 0]
    spread = len(sizes) == len(numbers) and bool(sizes) and max(sizes) > LOG_FROM * min(sizes)
    return log_axis(numbers) if spread else linear_axis(numbers)


def _round_step(size: float) -> float:
    power = 10.0 ** math.floor(math.log10(size)) if size > 0 else 1.0
    return next((m * power for m in (1.0, 2.0, 2.5, 5.0) if m * power >= size * (1 - 1e-9)), 10.0 * power)
