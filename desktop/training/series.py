"""What was measured, as arrays that grow, and as few points as a chart has pixels for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.learning.course import Mark

Floats = NDArray[np.float64]


class Series:
    """Loss, gradient norm, clip events and scores by iteration; only new marks are looked at."""

    def __init__(self) -> None:
        self._rows = np.empty((64, 4))  # loss, norm, clipped, score
        self.count = 0

    def take(self, marks: Sequence[Mark]) -> None:
        """Take in what is new; fewer marks than before are those of another training."""
        if len(marks) < self.count:
            self.count = 0
        while len(marks) > len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        for number in range(self.count, len(marks)):
            mark = marks[number]
            score = np.nan if mark.score is None else mark.score
            self._rows[number] = mark.loss, mark.norm, mark.clipped, score
        self.count = len(marks)

    @property
    def losses(self) -> Floats:
        """Loss by iteration; NaN at 0."""
        return self._rows[: self.count, 0]

    @property
    def norms(self) -> Floats:
        """Gradient norm before clipping by iteration; NaN at 0."""
        return self._rows[: self.count, 1]

    @property
    def clipped(self) -> NDArray[np.intp]:
        """The iterations that were clipped."""
        return np.flatnonzero(self._rows[: self.count, 2])

    @property
    def scores(self) -> tuple[NDArray[np.intp], Floats]:
        """The iterations after which a score was taken, and these."""
        column = self._rows[: self.count, 3]
        there = np.flatnonzero(np.isfinite(column))
        return there, column[there]


def envelope(values: Floats, most: int) -> tuple[Floats, Floats]:
    """Places and values of at most 2 · ``most`` points: of each stretch its least and its greatest, in their order."""
    places = np.flatnonzero(~np.isnan(values))
    if len(places) <= 2 * most:
        return places.astype(float), values[places]
    edges = np.linspace(0, len(places), most + 1).astype(int)
    kept: list[int] = []
    for low, high in pairwise(edges):
        part = values[places[low:high]]
        kept.extend(sorted({low + int(part.argmin()), low + int(part.argmax())}))
    found = places[kept]
    return found.astype(float), values[found]


def thinned(places: NDArray[np.intp], span: int, most: int) -> Floats:
    """Of marks along ``span`` iterations at most one in each of ``most`` stretches, at its own place."""
    if len(places) <= most:
        return places.astype(float)
    _, first = np.unique(places * most // max(span, 1), return_index=True)
    return places[first].astype(float)
