"""Series of numbers of which the next one is asked for at every step."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.sequence import Sequence
from core.tasks.task import NumberTask

Wave = Literal["sine", "square", "two sines", "chaos"]
_PERIODS = 8.0, 24.0  # steps
_CHAOS = 3.9  # of the logistic map


class SeriesTask(NumberTask, frozen=True, tag="series"):
    """``length`` numbers from -1 to 1 of a ``wave``; period and phase are drawn anew for each sequence."""

    wave: Wave = "sine"
    length: Annotated[int, msgspec.Meta(ge=3, le=5000)] = 40

    metric = f"steps within {NumberTask.tolerance}"

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` sequences to learn from."""
        numbers = _numbers(generator, self.wave, self.length + 1, size)
        targets = numbers[1:, :, None].copy()
        return Sequence(numbers[:-1, :, None].copy(), targets=targets, name=f"{self.wave}, {self.length} steps")


def _numbers(generator: np.random.Generator, wave: Wave, length: int, size: int) -> NDArray[np.float64]:
    """(length, size) numbers from -1 to 1."""
    if wave == "chaos":
        return _chaos(generator, length, size)
    turns = [_turns(generator, length, size) for _ in range(2 if wave == "two sines" else 1)]
    waves = [np.sin(2 * np.pi * turn) for turn in turns]
    return np.sign(waves[0]) if wave == "square" else np.asarray(sum(waves) / len(waves))


def _turns(generator: np.random.Generator, length: int, size: int) -> NDArray[np.float64]:
    periods, phases = generator.uniform(*_PERIODS, size), generator.random(size)
    return np.arange(length)[:, None] / periods + phases


def _chaos(generator: np.random.Generator, length: int, size: int) -> NDArray[np.float64]:
    """The logistic map, x' = r x (1 - x), spread over -1 to 1: no noise, and yet nobody can tell it far ahead."""
    rows = np.empty((length, size))
    rows[0] = generator.uniform(0.1, 0.9, size)
    for t in range(1, length):
        rows[t] = _CHAOS * rows[t - 1] * (1.0 - rows[t - 1])
    return 2.0 * rows - 1.0
