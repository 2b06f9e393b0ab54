"""The adding problem (Hochreiter & Schmidhuber 1997): of many numbers two are marked; at the end, what is their sum?"""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from core.sequence import Sequence
from core.tasks.task import NumberTask


class AddingTask(NumberTask, frozen=True, tag="adding"):
    """``length`` steps, each a number from 0 to 1 and a mark; two are marked, and their sum is asked for."""

    length: Annotated[int, msgspec.Meta(ge=2, le=5000)] = 30

    metric = f"sums within {NumberTask.tolerance}"

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` sequences to learn from."""
        half, every = self.length // 2, np.arange(size)
        inputs = np.zeros((self.length, size, 2))
        inputs[:, :, 0] = generator.random((self.length, size))
        places = generator.integers(half, size=size), generator.integers(half, self.length, size=size)
        targets = np.full((self.length, size, 1), np.nan)
        targets[-1, :, 0] = sum(inputs[place, every, 0] for place in places)
        for place in places:
            inputs[place, every, 1] = 1.0
        return Sequence(inputs, targets=targets, name=f"add two of {self.length} numbers")
