"""Copying after a delay: some symbols, a stretch of nothing, and then they are asked for again, in their order."""

from __future__ import annotations

from itertools import product
from string import ascii_uppercase
from typing import Annotated

import msgspec
import numpy as np

from core.sequence import Sequence
from core.tasks.task import Ids, Steps, Task, is_held_out, of_tokens, test_rows, training_rows
from core.vocabulary import Vocabulary

NOTHING, RECALL = "·", "?"
_FEW = 4096  # strings that are listed rather than drawn


class CopyTask(Task, frozen=True, tag="copy"):
    """``count`` of ``symbols`` letters, ``delay`` steps of nothing, then as many steps at which they are asked for."""

    symbols: Annotated[int, msgspec.Meta(ge=2, le=26)] = 4
    count: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    delay: Steps = 20

    metric = "recalled symbols"

    @property
    def vocabulary(self) -> Vocabulary:
        """The letters, the sign for nothing, and the one that asks."""
        return Vocabulary((*self.labels, NOTHING, RECALL))

    @property
    def labels(self) -> tuple[str, ...]:
        """The letters."""
        return tuple(ascii_uppercase[: self.symbols])

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` sequences to learn from."""
        return self._sequence(training_rows(generator, size, self._draw, self.seed))

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` other sequences; all there are where there are fewer, as of short strings."""
        if self.symbols**self.count > _FEW:
            return (self._sequence(test_rows(count, self._draw, self.seed)),)
        every = np.array(list(product(range(self.symbols), repeat=self.count)))
        return (self._sequence(every[is_held_out(every, self.seed)][:count]),)

    def _draw(self, generator: np.random.Generator, count: int) -> Ids:
        return generator.integers(self.symbols, size=(count, self.count))

    def _sequence(self, strings: Ids) -> Sequence:
        size, blank = len(strings), np.full((len(strings), self.delay), self.symbols)
        ids = np.concatenate([strings, blank, np.full_like(strings, self.symbols + 1)], axis=1)
        silent = np.full((size, self.count + self.delay), -1)
        targets = np.concatenate([silent, strings], axis=1)
        return of_tokens(ids, targets, self.vocabulary, self.labels, f"copy {self.count} after {self.delay} steps")
