"""Sequences of different lengths in bulk: each one's own steps moved to the front, and back.

Once the steps of every sequence begin at row 0, padding stands behind them: forward nothing reads it, and backward,
where nothing arrives, it sends zeros.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.padding import Padding

Array = NDArray[Any]


class Rolling:
    """How the rows of one block's walk are moved; without ``padding`` they stay where they are."""

    def __init__(self, padding: Padding | None, steps: int) -> None:
        self._padding, self._steps = padding, steps

    def to_front(self, rows: Array) -> Array:
        """Rows (S, *batch, ·) with each sequence's own steps first."""
        return self._rolled(rows, 1)

    def back(self, rows: Array) -> Array:
        """Rows of own steps first put back where they belong; for gradients, which are zero in padding."""
        return self._rolled(rows, -1)

    def filled(self, rows: Array) -> Array:
        """The same for values, with what stands in padding: zeros, or the last value carried on."""
        if self._padding is None:
            return rows
        found = np.array(self._rolled(rows, -1))
        for step in range(self._steps):
            self._padding.fill(found, step, step)
        return found

    def _rolled(self, rows: Array, sign: int) -> Array:
        """Every sequence's rows ``sign`` times the number of steps earlier at which its walk begins."""
        if self._padding is None or not self._padding.starts.any():
            return rows
        flat = rows.reshape(self._steps, len(self._padding.starts), -1)
        begins = (np.arange(self._steps)[:, None] + sign * self._padding.starts) % self._steps
        return np.take_along_axis(flat, begins[..., None], axis=0).reshape(rows.shape)
