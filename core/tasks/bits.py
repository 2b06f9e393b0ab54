"""Tasks on sequences of bits: whether the ones so far are odd in number, and which bit came some steps ago."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import numpy as np

from core.errors import DataError
from core.sequence import Sequence
from core.tasks.task import Draw, Ids, Steps, Task, of_tokens, test_rows, training_rows
from core.vocabulary import Vocabulary

BITS = Vocabulary(("0", "1"))
Length = Annotated[int, msgspec.Meta(ge=2, le=5000)]


class ParityTask(Task, frozen=True, tag="parity"):
    """Is the number of ones so far even or odd? Learned on ``length`` bits, tested on more, ``test_length``."""

    length: Length = 10
    test_length: Length = 20
    asked: Literal["every step", "last step"] = "every step"

    def __post_init__(self) -> None:
        if self.test_length <= self.length:
            raise DataError(
                f"test_length is {self.test_length}, expected more than length, which is {self.length}: "
                "longer sequences tell whether the rule was learned."
            )

    @property
    def vocabulary(self) -> Vocabulary:
        """0 and 1."""
        return BITS

    @property
    def labels(self) -> tuple[str, ...]:
        """The two answers."""
        return ("even", "odd")

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` sequences to learn from."""
        return self._sequence(generator.integers(2, size=(size, self.length)))

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` longer sequences."""
        return (self._sequence(test_rows(count, _bits(self.test_length), self.seed)),)

    def _sequence(self, bits: Ids) -> Sequence:
        targets = np.cumsum(bits, axis=1) % 2
        if self.asked == "last step":
            targets[:, :-1] = -1
        return of_tokens(bits, targets, BITS, self.labels, f"parity of {bits.shape[1]} bits")


class LagTask(Task, frozen=True, tag="lag"):
    """Which bit came ``lag`` steps ago? Asked at every step of ``length`` that has such a bit."""

    lag: Steps = 5
    length: Length = 20

    def __post_init__(self) -> None:
        if self.lag >= self.length:
            raise DataError(f"lag is {self.lag}, expected less than length, which is {self.length}. Make it shorter.")

    @property
    def vocabulary(self) -> Vocabulary:
        """0 and 1."""
        return BITS

    @property
    def labels(self) -> tuple[str, ...]:
        """The bits again."""
        return BITS.tokens

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` sequences to learn from."""
        return self._sequence(training_rows(generator, size, _bits(self.length), self.seed))

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` other sequences."""
        return (self._sequence(test_rows(count, _bits(self.length), self.seed)),)

    def _sequence(self, bits: Ids) -> Sequence:
        targets = np.full_like(bits, -1)
        targets[:, self.lag :] = bits[:, : -self.lag]
        return of_tokens(bits, targets, BITS, self.labels, f"the bit {self.lag} steps ago")


def _bits(length: int) -> Draw:
    return lambda generator, count: generator.integers(2, size=(count, length))
