"""Parameters and optimiser states of some iterations of a training, within a budget of memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
BUDGET_BYTES = 64 * 1024 * 1024
LEAST = 8  # kept however large they are


class Checkpoint(msgspec.Struct, frozen=True, eq=False):
    """What a training stood at after ``number`` iterations."""

    number: int
    parameters: Arrays
    optimiser_state: Arrays


class Checkpoints:
    """Every n-th iteration; n doubles whenever there is no more room."""

    def __init__(self, first: Checkpoint, budget_bytes: int = BUDGET_BYTES) -> None:
        self.every = 1
        self._kept = {first.number: first}
        self._most = max(LEAST, budget_bytes // max(1, _bytes(first)))

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, checkpoint: Checkpoint) -> None:
        """Keep it, where it is one of those to keep."""
        while checkpoint.number % self.every == 0 and len(self._kept) >= self._most:
            self.every *= 2
            self._kept = {number: kept for number, kept in self._kept.items() if number % self.every == 0}
        if checkpoint.number % self.every == 0:
            self._kept[checkpoint.number] = checkpoint

    def before(self, number: int) -> Checkpoint:
        """The last one up to ``number``."""
        return self._kept[max(kept for kept in self._kept if kept <= number)]


def _bytes(checkpoint: Checkpoint) -> int:
    arrays = (*checkpoint.parameters.values(), *checkpoint.optimiser_state.values())
    return sum(array.nbytes for array in arrays)
