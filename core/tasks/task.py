"""What every task is: a reproducible supply of sequences with targets, in two parts that share none of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.sequence import Sequence
from core.tokens import Kind
from core.vocabulary import Vocabulary

Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Steps = Annotated[int, msgspec.Meta(ge=1, le=5000)]
Array = NDArray[Any]
Ids = NDArray[np.int64]
Draw = Callable[[np.random.Generator, int], Ids]  # (count, K) whole numbers, each row one sequence's content

TRAINING, TEST = 0, 1  # the parts, and the streams of a seed that they are drawn from
_ONE_IN = 5  # of all contents, one in so many belongs to the test part
_FRUITLESS = 200  # so many draws without a new row mean that there is none


class Task(msgspec.Struct, frozen=True, tag_field="name"):
    """The settings of a task, as they stand under [task] of a scenario; ``seed`` fixes both parts.

    Sequences to learn from are drawn anew for each batch; those to be tested on are always the same for one seed, and
    none of them is ever learned from.
    """

    seed: Natural = 0

    metric: ClassVar[str] = "right answers"  # what ``score`` counts

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The tokens that are read; None where numbers are."""
        return None

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that are asked for; nothing where numbers are."""
        return ()

    @property
    def outputs(self) -> int:
        """How many outputs a network needs."""
        return len(self.labels)

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` sequences to learn from, (T, size, ·), drawn with ``generator``."""
        raise NotImplementedError

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` sequences to be tested on, as one or more batches. Raises DataError where there are not so many."""
        raise NotImplementedError

    def example(self) -> Sequence:
        """One sequence to look at."""
        generator = np.random.default_rng((self.seed, TEST))
        return self.batch(generator, 1)

    def score(self, outputs: Array, sequence: Sequence) -> tuple[int, int]:
        """How many answers are right, and how many were asked for: outputs (T, B, O) of a network on a sequence."""
        assert sequence.targets is not None
        mask = sequence.loss_mask
        return int(np.count_nonzero((outputs.argmax(axis=2) == sequence.targets) & mask)), int(np.count_nonzero(mask))


class NumberTask(Task, frozen=True):
    """A task that asks for one number, which is right where it is near enough.

    No two draws of real numbers are alike, so both parts are draws of streams of their own.
    """

    tolerance: ClassVar[float] = 0.1

    @property
    def outputs(self) -> int:
        """The number."""
        return 1

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` sequences."""
        raise NotImplementedError

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` sequences of the test part's stream."""
        return (self.batch(np.random.default_rng((self.seed, TEST)), count),)

    def score(self, outputs: Array, sequence: Sequence) -> tuple[int, int]:
        """How many numbers are near enough to their targets, and how many were asked for."""
        assert sequence.targets is not None
        mask = sequence.loss_mask
        away = np.abs(outputs - np.where(mask[..., None], sequence.targets, 0.0))
        near = (away <= self.tolerance).all(axis=2)
        return int(np.count_nonzero(near & mask)), int(np.count_nonzero(mask))


def training_rows(generator: np.random.Generator, count: int, draw: Draw, seed: int) -> Ids:
    """``count`` rows of the training part, (count, K); the same row may come again."""
    found: list[Ids] = []
    there = 0
    for _ in range(_FRUITLESS):
        rows = draw(generator, max(count - there, 1))
        found.append(rows[~is_held_out(rows, seed)])
        there += len(found[-1])
        if there >= count:
            return np.concatenate(found)[:count]
    raise DataError(
        "There is nothing to learn from: all sequences of this task belong to the test part. Make it larger."
    )


def test_rows(count: int, draw: Draw, seed: int) -> Ids:
    """``count`` different rows of the test part, (count, K), always the same for one seed. Raises DataError."""
    generator = np.random.default_rng((seed, TEST))
    found: dict[bytes, Ids] = {}
    fruitless = 0
    while len(found) < count and fruitless < _FRUITLESS:
        before, rows = len(found), draw(generator, max(count, 64))
        for row in rows[is_held_out(rows, seed)]:
            found.setdefault(row.tobytes(), row)
        fruitless = 0 if len(found) > before else fruitless + 1
    if len(found) < count:
        raise DataError(
            f"The test part of this task has {len(found)} different sequences, got a wish for {count}. "
            "Ask for fewer, or make the sequences longer."
        )
    return np.array(list(found.values())[:count])


def is_held_out(rows: Ids, seed: int) -> NDArray[np.bool_]:
    """(count,) which rows belong to the test part: it hangs on what they say and on the seed alone."""
    salt = str(seed).encode()
    return np.array([zlib.crc32(row.tobytes(), zlib.crc32(salt)) % _ONE_IN == 0 for row in rows], dtype=bool)


def of_tokens(
    ids: Ids, targets: Ids, vocabulary: Vocabulary, labels: tuple[str, ...], name: str, kind: Kind = "words"
) -> Sequence:
    """The sequence of token numbers (B, T) with classes (B, T), -1 where nothing is asked."""
    return Sequence(
        inputs=vocabulary.one_hot(ids.T),
        tokens=vocabulary.decode(ids[0]),
        targets=targets.T,
        target_labels=labels,
        vocabulary=vocabulary,
        kind=kind,
        name=name,
    )
