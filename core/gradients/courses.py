"""The course of a gradient on its way back: where it starts, where it falls or rises, and by what.

Rows are in walking order, so that "back" is towards row 0 in every walk. Shape letters: ``S`` steps, ``H`` units.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.gradients.itemised.loss_map import total_adjoints
from core.gradients.itemised.shares import row_norms
from core.run import Run

Array = NDArray[Any]


class Course(msgspec.Struct, frozen=True, eq=False, dict=True):
    """dL/d(variable) of one sequence, ``rows`` (S, H), and the time steps of these."""

    path: str
    rows: Array
    times: range

    @property
    def name(self) -> str:
        """The variable."""
        return self.path.split("/")[1]

    @cached_property
    def norms(self) -> list[float]:
        """Euclidean norms, (S,)."""
        return [float(norm) for norm in row_norms(self.rows)]

    @cached_property
    def first(self) -> int:
        """The row where it starts: the last one that a gradient reaches; -1 where none does."""
        found = np.flatnonzero(np.array(self.norms) != 0.0)
        return int(found[-1]) if found.size else -1

    @property
    def start(self) -> float:
        """Its norm there; 0 where there is none."""
        return self.norms[self.first] if self.first >= 0 else 0.0

    def falls_below(self, ratio: float) -> int | None:
        """The first row on the way back where the norm is below ``ratio`` of its start."""
        return self._first(lambda norm: norm < ratio * self.start)

    def rises_above(self, ratio: float) -> int | None:
        """The first row on the way back where the norm is above ``ratio`` times its start."""
        return self._first(lambda norm: norm > ratio * self.start)

    def first_broken(self) -> int | None:
        """The first row on the way back that is not finite."""
        return self._first(lambda norm: not np.isfinite(norm))

    def _first(self, is_met: Any) -> int | None:
        return next((row for row in range(self.first, -1, -1) if is_met(self.norms[row])), None)

    def keeps_less(self, ratio: float, until: int) -> tuple[int, float] | None:
        """The first row, down to ``until``, that keeps less than ``ratio`` of the norm behind it, and how much."""
        for row in range(self.first - 1, until - 1, -1):
            if self.norms[row] < ratio * self.norms[row + 1]:
                return row, self.norms[row] / self.norms[row + 1]
        return None

    def grows_most(self, until: int) -> tuple[int, float]:
        """The row, down to ``until``, to which the norm grows most from the row behind it, and by what."""
        growths = {row: self.norms[row] / (self.norms[row + 1] or 1.0) for row in range(until, self.first)}
        row = max(growths, key=growths.__getitem__)
        return row, growths[row]

    def first_small(self, factors: Array, ratio: float, until: int) -> tuple[int, tuple[int, ...]] | None:
        """The first row on the way to ``until`` with factors of its direct path below ``ratio``, and their units.

        The units that lose most of the gradient there come first.
        """
        for row in range(self.first, until, -1):
            small = np.flatnonzero(np.abs(factors[row]) < ratio)
            if small.size:
                lost = np.abs(self.rows[row, small]) * (1.0 - np.abs(factors[row, small]))
                return row, tuple(small[np.argsort(-lost, kind="stable")].tolist())
        return None


def course_of(run: Run, path: str, sample: int = 0) -> Course:
    """The course of a variable's gradient. Raises SessionError as ``total_adjoints`` does."""
    block = run.network.block(path.split("/")[0])
    rows = total_adjoints(run, path, sample)
    if block.reverse:
        return Course(path, rows[::-1], range(len(rows) - 1, -1, -1))
    return Course(path, rows, range(len(rows)))
