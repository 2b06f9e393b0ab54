"""Counts of verdicts per path, and the worst that was met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core.gradients.proof.measure import VERDICTS, Measured

MOST_FAILURES = 100
Place = tuple[Measured, int, int]


@dataclass(frozen=True, eq=False)
class PathSummary:
    """What was found for one parameter, input, initial value or variable."""

    path: str
    count: int
    worst: float  # largest relative error among what could be resolved; NaN where nothing could
    verdicts: Mapping[str, int]
    methods: Mapping[str, int]


@dataclass(eq=False)
class _Counts:
    worst: float = float("nan")
    verdicts: Counter[str] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)


class Tally:
    """Gathers blocks of measured gradients."""

    def __init__(self) -> None:
        self.worst: Place | None = None
        self.failures: list[Place] = []
        self._worst_error = -1.0
        self._counts: dict[str, _Counts] = {}

    def add(self, measured: Measured) -> None:
        """Count a block."""
        paths = np.array([site.path for site in measured.sites])
        for path in dict.fromkeys(paths.tolist()):
            self._count(path, measured, np.flatnonzero(paths == path))
        for number, sample in np.argwhere(measured.codes == VERDICTS.index("differs")):
            if len(self.failures) < MOST_FAILURES:
                self.failures.append((measured, int(number), int(sample)))

    def paths(self) -> tuple[PathSummary, ...]:
        """The counts per path, in the order they were first met."""
        return tuple(
            PathSummary(path, sum(found.verdicts.values()), found.worst, found.verdicts, found.methods)
            for path, found in self._counts.items()
        )

    def _count(self, path: str, measured: Measured, numbers: np.ndarray) -> None:
        counts = self._counts.setdefault(path, _Counts())
        codes, complex_step = measured.codes[numbers], measured.complex_step[numbers]
        for code, verdict in enumerate(VERDICTS):
            counts.verdicts[verdict] += int((codes == code).sum())
        counts.methods["central difference"] += int((~complex_step).sum())
        counts.methods["complex step"] += int(complex_step.sum())
        resolved = np.where(codes <= VERDICTS.index("differs"), measured.error[numbers], -1.0)
        number, sample = np.unravel_index(int(resolved.argmax()), resolved.shape)
        largest = float(resolved[number, sample])
        if largest >= 0.0:
            counts.worst = float(np.fmax(counts.worst, largest))
        if largest > self._worst_error:
            self._worst_error, self.worst = largest, (measured, int(numbers[number]), int(sample))
