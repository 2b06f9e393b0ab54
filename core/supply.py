"""Where a training gets its sequences from: a task's batches, by a seed and a number, or one own sequence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count as counted
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.sequence import Sequence
from core.tasks import Task

_BATCHES = 2  # the stream of a seed that batches come from; the task's own sets come from 0 and 1


class Supply(msgspec.Struct, frozen=True, eq=False):
    """Batches of ``size`` sequences; without a task, the sequence ``own`` every time.

    Batch ``number`` depends on ``seed`` and ``number`` alone, so that a training can go on, go back and be done again.
    """

    task: Task | None
    own: Sequence
    size: int = 32
    seed: int = 0

    def batch(self, number: int) -> Sequence:
        """The batch of this number, from 0."""
        if self.task is None:
            return self.own
        return self.task.batch(np.random.default_rng((self.seed, _BATCHES, number)), self.size)

    def batches(self, first: int = 0) -> Iterator[Sequence]:
        """Endless batches, beginning with number ``first``."""
        return (self.batch(number) for number in counted(first))

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` sequences that are never learned from (a multiple of 4); without a task, the sequence itself."""
        return (self.own,) if self.task is None else self.task.held_out(count)

    def some_held_out(self, most: int) -> tuple[Sequence, ...]:
        """As many as there are, up to ``most``; none where there are not even four."""
        while most >= 4:
            try:
                return self.held_out(most)
            except DataError:
                most = most // 8 * 4
        return ()

    @property
    def metric(self) -> str:
        """What ``score`` counts; "" where nothing is right or wrong."""
        if self.task is not None:
            return self.task.metric
        return Task.metric if self.own.targets is not None and self.own.targets.ndim == 2 else ""

    def score(self, outputs: NDArray[Any], sequence: Sequence) -> tuple[int, int]:
        """How many answers are right, and how many were asked for, as the task counts them: outputs (T, B, O)."""
        return (self.task or Task()).score(outputs, sequence)
